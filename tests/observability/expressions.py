"""Every expression that is shipped, with where it stands; and what a dashboard's variables stand for when one is tried."""
import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "k8s/observability"
BUILT_IN = {"__interval": "1m", "__rate_interval": "1m", "__range": "5m"}


def dashboards():
    """Every dashboard, by its file."""
    return {file: json.loads(file.read_text()) for file in sorted((SHIPPED / "dashboards").glob("*.json"))}


def variables(dashboard):
    return {each["name"] for each in dashboard["templating"]["list"]}


def label_values(variable):
    """The selector and the label of a variable that lists values; nothing of one that does not."""
    if variable["type"] != "query":
        return None
    return re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"]).groups()


def of_dashboards():
    """(where, expression) of every panel, annotation and variable."""
    for file, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                yield f"{file.stem}: {panel['title']}: {target['refId']}", target["expr"]
        for annotation in dashboard["annotations"]["list"]:
            yield f"{file.stem}: annotation {annotation['name']}", annotation["expr"]
        for variable in filter(label_values, dashboard["templating"]["list"]):
            yield f"{file.stem}: variable {variable['name']}", label_values(variable)[0]


def rules():
    """Every recording and alert rule."""
    for file in sorted((SHIPPED / "rules").glob("*.yaml")):
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from group["rules"]


def filled(expression):
    """The expression as Grafana would send it with everything chosen."""
    return re.sub(r"\$\{?(\w+)\}?", lambda found: BUILT_IN.get(found[1], ".*"), expression)
