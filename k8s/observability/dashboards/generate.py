#!/usr/bin/env python3
"""Makes the dashboards that Grafana reads, NAME.json, from source/NAME.yaml. With --check it only says whether they are as the sources say.

A source has rows of panels; source/parts.yaml has the rows that several dashboards share, with %names% that each of them fills in."""
import json
import pathlib
import sys
import urllib.parse

import yaml

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE / "source"
PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24
HEIGHTS = {"stat": 4, "table": 9, "timeseries": 8}


def filled(node, values):
    """The node with every %name% in its texts replaced."""
    if isinstance(node, dict):
        return {key: filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(value, values) for value in node]
    if isinstance(node, str):
        for name, value in values.items():
            node = node.replace(f"%{name}%", value)
    return node


def traces(operation):
    """From a panel to the traces of the time that it shows, in whatever Jaeger was chosen."""
    query = {"refId": "A", "queryType": "search", "service": "${process}"} | ({"operation": operation} if operation else {})
    pane = {"a": {"datasource": "${jaeger}", "queries": [query], "range": {"from": "${__from}", "to": "${__to}"}}}
    text = urllib.parse.quote(json.dumps(pane, separators=(",", ":")), safe="${}_.")
    return {"title": "Traces of this time", "url": f"/explore?schemaVersion=1&orgId=1&panes={text}", "targetBlank": True}


def target(index, show, kind, exemplars):
    found = {"refId": chr(ord("A") + index), "expr": show["expr"].strip(), "legendFormat": show.get("legend", "__auto"), "datasource": PROMETHEUS}
    if kind != "timeseries":
        found["instant"] = True
    if kind == "table":
        found["format"] = "table"
    if exemplars:
        found["exemplar"] = True
    return found


def panel(ident, source, place):
    kind = source.get("type", "timeseries")
    histogram = any("_bucket" in show["expr"] for show in source["show"])
    defaults = {"unit": source["unit"], "links": [traces(source.get("operation"))]}
    if kind == "timeseries":
        defaults["custom"] = {"fillOpacity": 10, "showPoints": "never"}
    made = {
        "id": ident,
        "type": kind,
        "title": source["title"],
        "description": " ".join(source["says"].split()),
        "datasource": PROMETHEUS,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [target(index, show, kind, histogram and kind == "timeseries") for index, show in enumerate(source["show"])],
    }
    if kind == "timeseries":
        made["options"] = {"legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]}, "tooltip": {"mode": "multi", "sort": "desc"}}
    if kind == "stat":
        made["options"] = {"colorMode": "none", "graphMode": "area", "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    if kind == "table":
        made["transformations"] = [{"id": "organize", "options": {"excludeByName": {"Time": True}, "renameByName": {"Value": source["value"]}}}]
    return made


def panels(rows):
    made, top = [], 0
    for row in rows:
        made.append({"id": len(made) + 1, "type": "row", "title": row["row"], "collapsed": False, "gridPos": {"h": 1, "w": WIDTH, "x": 0, "y": top}, "panels": []})
        top, left, height = top + 1, 0, 0
        for source in row["panels"]:
            width, high = source.get("width", 8), HEIGHTS[source.get("type", "timeseries")]
            if left + width > WIDTH:
                top, left, height = top + height, 0, 0
            made.append(panel(len(made) + 1, source, {"h": high, "w": width, "x": left, "y": top}))
            left, height = left + width, max(height, high)
        top += height
    return made


def variable(name, source):
    if "of" in source:
        return {"name": name, "label": source["label"], "type": "datasource", "query": source["of"], "refresh": 1, "current": {}}
    made = {
        "name": name,
        "label": source["label"],
        "type": "query",
        "datasource": PROMETHEUS,
        "query": {"query": source["query"], "refId": name},
        "refresh": 2,
        "sort": 1,
        "current": {},
    }
    if source.get("every", True):
        made |= {"includeAll": True, "multi": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"}}
    return made


def dashboard(name, source, parts):
    rows = []
    for row in source["rows"]:
        rows += filled(parts["rows"][row["use"]], row.get("with", {})) if "use" in row else [row]
    chosen = ["datasource", "jaeger", "process", *source.get("variables", [])]
    return {
        "uid": f"crossdock-{name}",
        "title": f"Crossdock: {source['title']}",
        "description": " ".join(source["says"].split()),
        "tags": ["crossdock"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": source.get("from", "now-6h"), "to": "now"},
        "links": [{"type": "dashboards", "title": "Crossdock", "tags": ["crossdock"], "asDropdown": True, "keepTime": True, "includeVars": True, "targetBlank": False, "url": ""}],
        "annotations": {"list": [{"name": "Alerts", "datasource": PROMETHEUS, "enable": True, "iconColor": "red", "expr": "max by (alertname) (ALERTS{alertname=~\"Crossdock.+\", alertstate=\"firing\"})"}]},
        "templating": {"list": [variable(each, parts["variables"][each]) for each in chosen]},
        "panels": panels(rows),
    }


def main():
    parts = yaml.safe_load((SOURCE / "parts.yaml").read_text())
    made = {}
    for file in sorted(SOURCE.glob("*.yaml")):
        if file.stem != "parts":
            text = json.dumps(dashboard(file.stem, yaml.safe_load(file.read_text()), parts), indent=1, ensure_ascii=False) + "\n"
            made[HERE / f"{file.stem}.json"] = text
    there = {file: file.read_text() for file in HERE.glob("*.json")}
    if "--check" not in sys.argv:
        for file in there.keys() - made.keys():
            file.unlink()
        for file, text in made.items():
            file.write_text(text)
    elif there != made:
        wrong = sorted(file.name for file in there.keys() | made.keys() if there.get(file) != made.get(file))
        sys.exit(f"not as the sources say: {', '.join(wrong)}; run {pathlib.Path(__file__).relative_to(HERE.parents[2])}")


main()
