#!/usr/bin/env python3
"""Does the test bed itself work? Sends every signal as Crossdock does, and reads each back from the real backends. Takes a minute and a half, most of it the alert's own minute."""
import json
import os
import pathlib
import sys
import time

import requests
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode
from prometheus_client import CollectorRegistry, Gauge, Histogram, start_http_server

JAEGER, PROMETHEUS, ALERTS, COLLECTOR = "http://127.0.0.1:26686", "http://127.0.0.1:29090", "http://127.0.0.1:29093", "http://127.0.0.1:24317"
CACHE = pathlib.Path(os.environ.get("CROSSDOCK_OBS_CACHE", pathlib.Path.home() / ".cache/crossdock-obs"))
STATE = pathlib.Path(os.environ.get("CROSSDOCK_OBS_STATE", CACHE / "run"))
failed = 0


def check(name, ask, within=20):
    """Asks until it is true."""
    global failed
    until, found = time.time() + within, None
    while not found and time.time() < until:
        try:
            found = ask()
        except (requests.RequestException, KeyError, IndexError, ValueError, FileNotFoundError):
            pass
        if not found:
            time.sleep(0.2)
    failed += not found
    print(f"{'ok  ' if found else 'FAIL'} {name}", flush=True)


def spans(trace_id):
    answer = requests.get(f"{JAEGER}/api/v3/traces/{trace_id}", timeout=5).json()
    return [span for resource in answer["result"]["resourceSpans"] for scope in resource["scopeSpans"] for span in scope["spans"]]


def prometheus(path, **parameters):
    return requests.get(PROMETHEUS + path, params=parameters, timeout=5).json()["data"]


def exemplars(series):
    found = prometheus("/api/v1/query_exemplars", query=series, start=time.time() - 300, end=time.time() + 5)
    return [exemplar["labels"]["trace_id"] for one in found for exemplar in one["exemplars"]]


run = f"proof-{int(time.time())}"
resource = Resource.create({"service.name": run})

provider = TracerProvider(resource=resource)
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=COLLECTOR, insecure=True)))
tracer = provider.get_tracer("proof")
with tracer.start_as_current_span("enqueue", kind=SpanKind.PRODUCER) as cause:
    with tracer.start_as_current_span("store", kind=SpanKind.CLIENT):
        pass
with tracer.start_as_current_span("work", kind=SpanKind.SERVER, links=[Link(cause.get_span_context(), {"why": "queued"})]) as work:
    work.set_status(Status(StatusCode.ERROR, "boom"))
CAUSE, WORK = (format(span.get_span_context().trace_id, "032x") for span in (cause, work))

check("a trace with its child", lambda: {span["name"] for span in spans(CAUSE)} == {"enqueue", "store"})
check("a link between traces, with its attributes", lambda: [
    link for span in spans(WORK) for link in span.get("links", []) if link["traceId"] == CAUSE and link["attributes"][0]["key"] == "why"])
calls = f'traces_span_metrics_calls_total{{service_name="{run}", span_name="work"}}'
check("numbers counted from spans", lambda: prometheus("/api/v1/query", query=calls)["result"])
check("their exemplars", lambda: WORK in exemplars(f'traces_span_metrics_duration_milliseconds_bucket{{service_name="{run}"}}'))
check("Jaeger's monitor answers from them", lambda: requests.get(f"{JAEGER}/api/metrics/calls", timeout=5, params={
    "service": run, "spanKind": "server", "lookback": 600000, "step": 1000, "ratePer": 60000}).json()["metrics"])

registry = CollectorRegistry()
Histogram("proof_seconds", "Proof", registry=registry).observe(0.03, {"trace_id": WORK})
Gauge("crossdock_draft_orders", "Proof", ["state"], registry=registry).labels("dead").set(1)
server, _ = start_http_server(0, addr="127.0.0.1", registry=registry)
target = STATE / "targets/proof.json"
target.write_text(json.dumps([{"targets": [f"127.0.0.1:{server.server_port}"], "labels": {"run": run}}]))
check("a scraped exemplar opens its trace", lambda: [each for each in exemplars(f'proof_seconds_bucket{{run="{run}"}}') if spans(each)])
check("an alert that shipped rules raise reaches Alertmanager, after its minute", lambda: [
    alert for alert in requests.get(ALERTS + "/api/v2/alerts", timeout=5).json() if alert["labels"]["alertname"] == "CrossdockOrdersDead"], 90)
target.unlink()

meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=COLLECTOR, insecure=True))], resource=resource)
meters.get_meter("proof").create_counter("proof.sent", unit="1").add(3)
meters.shutdown()
check("a number by OTLP", lambda: prometheus("/api/v1/query", query=f'otlp_proof_sent_total{{service_name="{run}"}} == 3')["result"])

logs = LoggerProvider(resource=resource)
logs.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(endpoint=COLLECTOR, insecure=True)))
logs.get_logger("proof").emit(LogRecord(timestamp=time.time_ns(), context=trace.set_span_in_context(work), severity_number=SeverityNumber.WARN, body=run))
check("a log with its trace", lambda: any(run in line and WORK in line for line in (STATE / "signals.jsonl").open()))
sys.exit(f"{failed} failed" if failed else 0)
