#!/usr/bin/env python3
"""tests/observability/exemplars.py: asks Prometheus for the exemplars of every histogram of the last hour, and Jaeger for the traces that they name."""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

PROMETHEUS, JAEGER = "http://127.0.0.1:29090", "http://127.0.0.1:26686"
MOST = 20  # traces of one histogram


def ask(url, **query):
    with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(query)}" if query else url, timeout=60) as answer:
        return json.load(answer)


def is_kept(trace):
    try:
        return bool(ask(f"{JAEGER}/api/v3/traces/{trace}"))
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return False
        raise


def main():
    names = [name for name in ask(f"{PROMETHEUS}/api/v1/label/__name__/values")["data"] if name.endswith("_bucket") and name.startswith(("rpc_", "db_", "crossdock_"))]
    now, named, kept = time.time(), 0, 0
    for name in names:
        found = ask(f"{PROMETHEUS}/api/v1/query_exemplars", query=name, start=now - 3600, end=now)["data"]
        traces = sorted({one["labels"]["trace_id"] for series in found for one in series["exemplars"]})[:MOST]
        there = sum(is_kept(trace) for trace in traces)
        print(f"{name}: {len(traces)} exemplars, {there} of them in Jaeger")
        named, kept = named + len(traces), kept + there
    return 0 if len(names) > 5 and named > 50 and kept * 100 >= named * 99 else 1


if __name__ == "__main__":
    sys.exit(main())
