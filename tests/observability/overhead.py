#!/usr/bin/env python3
"""tests/observability/overhead.py CROSSDOCK [ROUNDS [LINES]]: what telemetry costs. In each round three fresh services take the same lines in, in turn: telling
nobody, telling the bed's collector of a tenth of the traces and of all metrics, and telling a collector that is away. Prints medians and their ratios."""

import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time

AWAY = "http://127.0.0.1:9"
HOW = {
    "off": [],
    "on, 10 %": ["--otlp", "http://127.0.0.1:24317", "--sample", "0.1", "--metrics", "127.0.0.1:0"],
    "on, backend away": ["--otlp", AWAY, "--sample", "0.1", "--metrics", "127.0.0.1:0"],
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def rate(binary, lines, arguments):
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        serve = [binary, "serve", "--insecure", "--log", "error", "--listen", f"127.0.0.1:{port}", "--data-dir", data, *arguments]
        server = subprocess.Popen(serve)
        try:
            bench = [binary, "bench", "ingest", "--lines", str(lines), "--address", f"http://127.0.0.1:{port}", "--output", "json"]
            while True:
                told = subprocess.run(bench, capture_output=True, text=True)
                if told.returncode == 0:
                    break
                if server.poll() is not None:
                    sys.exit(f"the service ended: {told.stderr}")
                time.sleep(0.2)
            said = json.loads(told.stdout)
            return said["lines"] * 1000 / said["milliseconds"]
        finally:
            server.kill()
            server.wait()


def main(binary, rounds="5", lines="200000"):
    rates = {name: [] for name in HOW}
    for _ in range(int(rounds)):
        for name, arguments in HOW.items():
            rates[name].append(rate(binary, int(lines), arguments))
    for name, own in rates.items():
        ratios = [one / off for one, off in zip(own, rates["off"])]
        print(json.dumps({"bench": "telemetry", "what": name, "lines_per_second": round(statistics.median(own)), "ratio": round(statistics.median(ratios), 3)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
