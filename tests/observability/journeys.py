#!/usr/bin/env python3
"""tests/observability/journeys.py CROSSDOCK ADDRESS: asks a Crossdock for the journeys of what was ordered and came, and Jaeger whether the traces of
their steps hang together, by parents and links, from the receipt to the demand line. Fails if more than one in a thousand does not.

What was not sent yet when a process was killed is lost, and with it the links of those spans. GetJourney's own span is linked to every step, from the rows:
it holds such a journey together. Both are counted."""

import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request

JAEGER = "http://127.0.0.1:26686"
# What goes on later has traces of its own, which no row names: they are searched for.
JOURNEY = "crossdock.execution.v1.ExecutionService/GetJourney"
LATER = ["follow governance", "follow master-data", "follow demand-signal", "follow recommendation-writeback", "follow execution-feedback", "plan"]


def ask(path, **query):
    url = f"{JAEGER}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return [span for part in json.load(answer)["result"]["resourceSpans"] for scope in part["scopeSpans"] for span in scope["spans"]]
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return []
        raise


class Traces:
    """Which traces are connected."""

    def __init__(self):
        self.above, self.seen, self.found = {}, set(), 0

    def root(self, of):
        while self.above.get(of, of) != of:
            of = self.above[of]
        return of

    def join(self, one, other):
        self.above[self.root(one)] = self.root(other)

    def take(self, spans):
        for span in spans:
            for link in span.get("links", []):
                self.join(span["traceId"], link["traceId"])

    def broken(self, journeys):
        return sorted(key for key, steps in journeys.items() if len({self.root(step) for step in steps}) > 1)

    def look(self, trace):
        if trace not in self.seen:
            self.seen.add(trace)
            spans = ask(f"/api/v3/traces/{trace}")
            self.found += bool(spans)
            self.take(span for span in spans if not span["name"].endswith(JOURNEY))


def named(name, now):
    stamp = lambda at: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    span = {"query.start_time_min": stamp(now - 3600), "query.start_time_max": stamp(now + 60), "query.num_traces": 100000}
    for service in ("crossdock", "crossdock-demo"):
        yield from ask("/api/v3/traces", **{"query.service_name": service, "query.operation_name": name}, **span)


def crossdock(*arguments):
    told = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in told.splitlines()]


def trace(event):
    return event.get("traceparent", "--").split("-")[1]


def main(binary, address):
    at = ["--address", address, "--connection", "operator", "--output", "json"]
    posted = crossdock(binary, "recommendations", "--state", "posted", "--limit", "0", *at)
    journeys = {}
    for line in posted:
        key = line["envelope"]["key"]
        # What a change is for, is what the order was for.
        if "target" in line["recommendation_status"]:
            continue
        events = [event for told in crossdock(binary, "journey", key, *at) for event in told.get("events", [told])]
        if {"receipt", "demand_line"} <= {event["kind"] for event in events}:
            journeys[key] = [trace(event) for event in events if trace(event)]
    traces, now = Traces(), time.time()
    for name in LATER:
        traces.take(named(name, now))
    for step in {step for steps in journeys.values() for step in steps}:
        traces.look(step)
    print(f"{len(journeys)} journeys of {len(traces.seen)} traces, {traces.found} of them in Jaeger")
    alone = traces.broken(journeys)
    print(f"connected by the links of their steps: {len(journeys) - len(alone)}")
    traces.take(named(JOURNEY, now))
    broken = traces.broken(journeys)
    print(f"connected once they were asked for: {len(journeys) - len(broken)} {broken[:3] or ''}")
    return 0 if len(journeys) > 100 and len(broken) * 1000 <= len(journeys) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
