"""Objects that cannot work, and what `kubectl apply` says of them."""

ERP = {"roles": ["erp"]}
JWT = {"issuer": "sso", "subject": "erp"}
LEVELS = [{"name": "buyer", "principals": ["ann"]}]


def rule(**more):
    return {"name": "small", "stage": "line", "when": "value <= 5000", "levels": ["buyer"], **more}


def writeback(**more):
    return {"writeback": {"levels": LEVELS, **more}}


def fallback(**more):
    return writeback(fallbacks=[{"connection": "planner", "after": "26h", "mode": "last_good_run", "expire_after": "3d", **more}])


def route(**more):
    return {"routes": [{"name": "all", "team": "data", **more}]}


# Kind, name, spec, and what is said.
REFUSED = [
    ("Connection", "crossdock", ERP, "metadata.name is a name that Crossdock itself goes by; take another"),
    ("Connection", "crossdock-operator", ERP, "metadata.name is a name that Crossdock itself goes by; take another"),
    ("Connection", "erp.eu", ERP, "metadata.name is the name of the connection: 1 to 40 of a-z, 0-9 and - such as erp-eu"),
    ("Connection", "e" * 41, ERP, "metadata.name is the name of the connection: 1 to 40 of a-z, 0-9 and - such as erp-eu"),
    ("Connection", "erp", {}, "spec.roles: Required value"),
    ("Connection", "erp", {"roles": []}, "spec.roles in body should have at least 1 items"),
    ("Connection", "erp", {"roles": ["erpp"]}, 'supported values: "erp", "planning", "warehouse", "transport", "supplier", "buyer", "operator"'),
    ("Connection", "erp", {"roles": ["erp", "erp"]}, 'spec.roles[1]: Duplicate value: "erp"'),
    ("Connection", "erp", {**ERP, "rolls": 1}, 'unknown field "spec.rolls"'),
    ("Connection", "erp", {**ERP, "name": "erp"}, 'unknown field "spec.name"'),
    ("Connection", "erp", {**ERP, "default_unit": "ea"}, "spec.default_unit in body should match"),
    ("Connection", "erp", {**ERP, "limits": {"in_flight": 0}}, "should be greater than or equal to 1"),
    ("Connection", "erp", {**ERP, "authentication": {}}, "say exactly one of certificate, token and jwt"),
    ("Connection", "erp", {**ERP, "authentication": {"token": {}, "jwt": JWT}}, "say exactly one of certificate, token and jwt"),
    ("Connection", "erp", {**ERP, "authentication": {"certificate": []}}, "should have at least 1 items"),
    ("Connection", "erp", {**ERP, "authentication": {"jwt": {"issuer": "sso"}}},
     "any token of the issuer would do: name a subject, or claims that it has to have"),
    ("Connection", "erp", {**ERP, "authentication": {"jwt": {"issuer": "sso", "claims": {}}}},
     "any token of the issuer would do: name a subject, or claims that it has to have"),
    ("Connection", "desk", {"roles": ["buyer"], "names_principals": True, "authentication": {"jwt": {**JWT, "persons": True}}},
     "the token says who the person is (persons): take names_principals away"),
    ("Policy", "p", {"connections": []}, 'unknown field "spec.connections"'),
    ("Policy", "p", {"issue_grace": "90"}, "spec.issue_grace in body should match"),
    ("Policy", "p", {"load_guards": [{"max_removed_percent": 101}]}, "should be less than or equal to 100"),
    ("Policy", "p", {"authorities": [{"kind": "demandline", "connection": "erp"}]}, "spec.authorities[0].kind: Unsupported value"),
    ("Policy", "p", {"freshness": [{"kind": "item", "max_age": "0h"}]}, "max_age must be more than nothing: no data is that fresh"),
    ("Policy", "p", {"objectives": [{"contract": "crossdock.demand.v1"}]}, "says nothing: give latency, errors or both"),
    ("Policy", "p", {"feedback": [{"connection": "erp"}]}, "says nothing: give confirmations, receipts or both"),
    ("Policy", "p", {"feedback": [{"connection": "erp", "receipts": "delta"}, {"connection": "erp", "receipts": "delta"}]}, "Duplicate value"),
    ("Policy", "p", {"issuers": [{"name": "a", "issuer": "i", "audience": "a", "keys": "ftp://x"}]}, "spec.issuers[0].keys in body should match"),
    ("Policy", "p", route(escalate_after="1h"), "needs escalate_to: which team it goes to after escalate_after"),
    ("Policy", "p", route(escalate_to="leads"), "needs escalate_after: when it goes to escalate_to"),
    ("Policy", "p", route(escalate_after="1h", escalate_to="data"), "escalate_to is the same team; name another"),
    ("Policy", "p", route(escalate_after="0s", escalate_to="leads"), "escalate_after must be more than nothing: nobody could acknowledge it before"),
    ("Policy", "p", {"routes": route()["routes"] * 2}, 'spec.routes[1]: Duplicate value: {"name":"all"}'),
    ("Policy", "p", {"writeback": {}}, "spec.writeback.levels: Required value"),
    ("Policy", "p", {"writeback": {"levels": []}}, "spec.writeback.levels in body should have at least 1 items"),
    ("Policy", "p", {"writeback": {"levels": LEVELS * 2}}, 'spec.writeback.levels[1]: Duplicate value: {"name":"buyer"}'),
    ("Policy", "p", {"writeback": {"levels": [{"name": "buyer", "principals": []}]}}, "should have at least 1 items"),
    ("Policy", "p", writeback(approval_rules=[rule(levels=["head"])]), "an approval rule names a level that is none of levels"),
    ("Policy", "p", writeback(approval_rules=[rule(levels=["buyer", "buyer"])]), 'levels[1]: Duplicate value: "buyer"'),
    ("Policy", "p", writeback(approval_rules=[rule(), rule()]), 'spec.writeback.approval_rules[1]: Duplicate value: {"name":"small"}'),
    ("Policy", "p", writeback(approval_rules=[rule(levels=[], expire_after="1d")]),
     "nobody has to approve, so nothing waits; name levels, or leave expire_after and escalate_after out"),
    ("Policy", "p", writeback(approval_rules=[rule(expire_after="1d", escalate_after="24h")]),
     "escalate_after never comes: it expires before; make it shorter than expire_after"),
    ("Policy", "p", writeback(approval_rules=[rule(escalate_after="0m")]), "escalate_after must be more than nothing: nobody could decide"),
    ("Policy", "p", writeback(delegations=[{"from": "ann", "to": "ann", "first_day": "2026-07-01", "last_day": "2026-07-14"}]),
     "nobody can stand in for themselves"),
    ("Policy", "p", writeback(delegations=[{"from": "ann", "to": "ben", "first_day": "2026-07-14", "last_day": "2026-07-01"}]),
     "last_day is before first_day"),
    ("Policy", "p", writeback(fences=[{"days": 367}]), "should be less than or equal to 366"),
    ("Policy", "p", writeback(fences=[{"days": 0}]), "should be greater than or equal to 1"),
    ("Policy", "p", writeback(connectors=[{"connection": "erp"}, {"connection": "erp-2"}]),
     "two connectors for one company, or two for all others; exactly one posts"),
    ("Policy", "p", writeback(posting={"lease": "2d"}), "lease must be from 1s to 1d"),
    ("Policy", "p", writeback(posting={"first_pause": "2h"}), "first_pause is longer than longest_pause (1h where it is absent)"),
    ("Policy", "p", fallback(after="0h"), "after must be more than nothing: the planner would always be silent"),
    ("Policy", "p", fallback(mode="hold"), "expire_after says nothing with mode hold; leave it out"),
    ("Policy", "p", writeback(fallbacks=[{"connection": "planner", "after": "26h", "mode": "last_good_run"}]),
     "needs expire_after: how long the last run is good"),
    ("Policy", "p", fallback(expire_after="1d 2h"), "expire_after must be more than after: the run would expire before its planner is silent"),
]  # fmt: skip
