#!/usr/bin/env python3
"""Checks what is shipped without running any of it: dashboards, rules, runbooks, and that each names only what there is."""
import collections
import json
import re
import sys

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

import expressions
from expressions import ROOT

UNITS = {"s", "d", "short", "percentunit", "reqps", "ops", "bytes"}
SUFFIXES = {"s": "_seconds", "By": "_bytes", "d": "_days"}
problems = []


def say(where, what):
    problems.append(f"{where}: {what}")


def not_in_schema(asked, known, path=""):
    """What Grafana's own types do not give back of a dashboard that they have read."""
    if isinstance(asked, dict) and isinstance(known, dict):
        for key, value in asked.items():
            if key in known:
                yield from not_in_schema(value, known[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif isinstance(asked, list) and isinstance(known, list) and len(asked) == len(known):
        for index, pair in enumerate(zip(asked, known)):
            yield from not_in_schema(*pair, f"{path}[{index}]")
    elif asked != known:
        yield path


def twice(values):
    return [value for value, count in collections.Counter(values).items() if count > 1]


def check_panel(where, panel):
    if panel["type"] == "row":
        return
    defaults = panel["fieldConfig"]["defaults"]
    if len(panel.get("description", "")) < 20:
        say(where, "has no description that says what it shows")
    if defaults.get("unit") not in UNITS:
        say(where, f"unit {defaults.get('unit')} is none of {', '.join(sorted(UNITS))}")
    if not any("/explore?" in link["url"] and "%22datasource%22%3A%22${jaeger}" in link["url"] for link in defaults["links"]):
        say(where, "has no link to traces")
    if not panel["targets"] or twice(target["refId"] for target in panel["targets"]):
        say(where, "has no target, or two with one refId")
    for target in panel["targets"]:
        if panel["type"] == "timeseries" and "_bucket" in target["expr"] and not target.get("exemplar"):
            say(where, "shows a histogram without its exemplars")


def overlap(one, other):
    a, b = one["gridPos"], other["gridPos"]
    return a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]


def check_dashboard(name, dashboard):
    for path in not_in_schema(dashboard, json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))):
        say(name, f"Grafana's schema does not know {path}")
    if dashboard["uid"] != f"crossdock-{name}" or not dashboard["title"] or len(dashboard.get("description", "")) < 20:
        say(name, "uid, title or description is missing")
    panels = dashboard["panels"]
    if twice(panel["id"] for panel in panels):
        say(name, "two panels have one id")
    for index, panel in enumerate(panels):
        check_panel(f"{name}: {panel['title']}", panel)
        for other in panels[index + 1 :]:
            if overlap(panel, other):
                say(name, f"{panel['title']} and {other['title']} are on top of each other")
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(dashboard)))
    for variable in {each for each in used if not each.startswith("__")} ^ expressions.variables(dashboard):
        say(name, f"variable {variable} is used and not there, or there and not used")


def check_alerts():
    pages = {file.name: file.read_text() for file in (ROOT / "docs/runbooks").glob("*.md")}
    boards = {dashboard["uid"] for dashboard in expressions.dashboards().values()}
    tested = collections.defaultdict(set)
    for file in (ROOT / "tests/observability/rules").glob("*.yaml"):
        for test in yaml.safe_load(file.read_text())["tests"]:
            for case in test["alert_rule_test"]:
                tested[case["alertname"]].add("fires" if case.get("exp_alerts") else "stays silent")
    named = set()
    for alert in (rule for rule in expressions.rules() if "alert" in rule):
        name, notes = alert["alert"], alert["annotations"]
        page = notes["runbook"].removeprefix("docs/runbooks/")
        named.add(page)
        if name not in pages.get(page, ""):
            say(name, f"{notes['runbook']} is not there, or does not name it")
        if notes["dashboard"] not in boards or alert["labels"].get("severity") not in ("page", "ticket"):
            say(name, "its dashboard is not there, or its severity is neither page nor ticket")
        for missing in {"fires", "stays silent"} - tested[name]:
            say(name, f"no test in which it {missing}")
    for page in pages.keys() - named:
        say(f"docs/runbooks/{page}", "no alert names it")


def documented():
    """What docs/metrics.md says there is: Prometheus' name and labels of each."""
    found = {}
    for line in (ROOT / "docs/metrics.md").read_text().splitlines():
        row = re.fullmatch(r"\| `([\w.]+)` \| (\w+) \| (\S+) \| (.+?) \| .+ \|", line)
        if not row:
            continue
        name, kind, unit, labels = row.groups()
        flat, suffix = name.replace(".", "_"), SUFFIXES.get(unit.strip("`"), "")
        flat = flat.removesuffix(suffix) + suffix
        labels = {label.replace(".", "_") for label in re.findall(r"`([\w.]+)`", labels)} | {"job", "instance"}
        names = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}[kind]
        found |= {flat + end: labels | ({"le"} if end == "_bucket" else set()) for end in names}
    return found


def check_names():
    there = documented()
    every = list(expressions.of_dashboards()) + [(rule.get("alert") or rule["record"], rule["expr"]) for rule in expressions.rules()]
    for where, expression in every:
        for name, selector in re.findall(r"\b((?:crossdock|rpc|db|process)_\w+)(?:\{([^}]*)\})?", expression):
            if name not in there:
                if name not in {label for labels in there.values() for label in labels}:
                    say(where, f"{name} is not in docs/metrics.md")
                continue
            for label in set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector)) - there[name]:
                say(where, f"{name} has no label {label}")


register_default_plugins()
for file, dashboard in expressions.dashboards().items():
    check_dashboard(file.stem, dashboard)
check_alerts()
check_names()
# For promtool: it parses every expression of a rule file, and rules are the one thing that it takes expressions in.
print(json.dumps({"groups": [{"name": "dashboards", "rules": [
    {"record": "x", "labels": {"where": where}, "expr": expressions.filled(expression)} for where, expression in expressions.of_dashboards()]}]}))
sys.exit("\n".join(problems) if problems else 0)
