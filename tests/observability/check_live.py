#!/usr/bin/env python3
"""Asks a running Prometheus, after a workload that makes every number appear: every expression of the dashboards and rules parses, runs and
returns data. What may be empty in a workload where nothing goes wrong stands in may_be_empty.txt. `check_live.py URL` names another Prometheus."""
import pathlib
import re
import sys

import requests

import expressions

PROMETHEUS = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:29090"
HERE = pathlib.Path(__file__).resolve().parent
# Metrics, perhaps with one matcher of a label: NAME or NAME{label="value"}.
MAY_BE_EMPTY = {line.split("#")[0].strip() for line in (HERE / "may_be_empty.txt").read_text().splitlines()} - {""}
problems = []


def ask(path, **parameters):
    return requests.get(PROMETHEUS + path, params=parameters, timeout=30).json()


def nodes(node):
    """Every node of a parsed expression."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from nodes(value)


def selectors(tree):
    return [node for node in nodes(tree) if node.get("type") in ("vectorSelector", "matrixSelector") and node.get("name")]


def written(selector):
    """A selector as text, without the name as a matcher."""
    matchers = [each for each in selector["matchers"] if each["name"] != "__name__"]
    inner = ", ".join(f'{each["name"]}{each["type"]}"{each["value"]}"' for each in matchers)
    return selector["name"] + (f"{{{inner}}}" if inner else "")


def excused(selector):
    return selector["name"] in MAY_BE_EMPTY or any(
        f'{selector["name"]}{{{each["name"]}{each["type"]}"{each["value"]}"}}' in MAY_BE_EMPTY for each in selector["matchers"])


def labels(name):
    return set(ask("/api/v1/labels", **{"match[]": name})["data"])


def check_grouping(where, tree):
    """by(...) takes any word for a label: a wrong one would show one line where there should be many."""
    for node in nodes(tree):
        if node.get("type") == "aggregation" and not node.get("without"):
            of = [each["name"] for each in selectors(node)]
            known = set().union(*(labels(name) for name in of))
            made = any(each.get("func", {}).get("name") in ("label_replace", "label_join") for each in nodes(node) if each.get("type") == "call")
            for label in set(node.get("grouping") or []) - known:
                if known and not made:
                    problems.append(f"{where}: no label {label} on {', '.join(of)}")


def check(where, expression, must_return=True):
    """Every selector finds something, and the whole too where it is not a condition that normally does not hold."""
    query = expressions.filled(expression)
    parsed = ask("/api/v1/parse_query", query=query)
    if parsed["status"] != "success":
        return problems.append(f"{where}: {parsed['error']}: {query}")
    found = selectors(parsed["data"])
    for selector in found:
        text = written(selector)
        if not excused(selector) and not ask("/api/v1/query", query=f"last_over_time({text}[1h])").get("data", {}).get("result"):
            problems.append(f"{where}: nothing is called {text}")
    check_grouping(where, parsed["data"])
    answer = ask("/api/v1/query", query=query)
    if answer["status"] != "success":
        problems.append(f"{where}: {answer['error']}: {query}")
    elif must_return and not answer["data"]["result"] and not any(excused(selector) for selector in found):
        problems.append(f"{where}: returns nothing: {query}")


def check_variables():
    for file, dashboard in expressions.dashboards().items():
        for variable in filter(expressions.label_values, dashboard["templating"]["list"]):
            selector, label = expressions.label_values(variable)
            if not ask(f"/api/v1/label/{label}/values", **{"match[]": selector})["data"]:
                problems.append(f"{file.stem}: variable {variable['name']}: no value of {label}")


checked = 0
for where, expression in expressions.of_dashboards():
    check(where, expression)
    checked += 1
for rule in expressions.rules():
    # offset: what was before the workload is not there.
    check(rule.get("alert") or rule["record"], re.sub(r"\boffset \w+", "", rule["expr"]), must_return="record" in rule)
    checked += 1
check_variables()
print("\n".join(problems))
print(f"{checked} expressions, {len(problems)} problems")
sys.exit(bool(problems))
