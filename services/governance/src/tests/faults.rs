//! Every fault is told with its place and what would be right.

use crate::check;

const GOOD: &str = "\
connections:
  - name: erp
    roles: [erp]
    default_unit: EA
    default_currency: GBP
    locations: [UK-01, UK-02]
  - name: wms
    roles: [warehouse]
    ids: own
    names_principals: false
authorities:
  - kind: demand-line
    connection: erp
    locations: [UK-01]
    from: 2026-01-01
  - kind: item
    connection: erp
    keep_others: true
load_guards:
  - max_removed_percent: 5
  - kind: item
    max_removed_percent: 1
freshness:
  - kind: demand_line
    connection: erp
    max_age: 24h
issue_grace: 90s
objectives:
  - contract: crossdock.demand.v1
    connection: erp
    latency: 250ms
    errors: 0.1%
";

/// What is told of the text after one change.
fn told(find: &str, put: &str) -> Vec<String> {
    assert!(GOOD.contains(find), "{find:?} is not in the text");
    told_of(&GOOD.replacen(find, put, 1))
}

fn told_of(text: &str) -> Vec<String> {
    check("policy.yaml", text).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn the_good_text_is_good() {
    assert_eq!(told_of(GOOD), Vec::<String>::new());
}

#[test]
fn every_fault_is_told_with_its_place() {
    for (find, put, expected) in CASES {
        assert_eq!(told(find, put), expected.iter().map(|fault| format!("policy.yaml:{fault}")).collect::<Vec<_>>(), "{find:?} -> {put:?}");
    }
}

#[test]
fn a_text_that_is_none_is_told() {
    let told = |text| told_of(text).join("\n");
    assert_eq!(told(""), "policy.yaml:1:1: missing field `connections`");
    assert_eq!(told("# only a comment\n"), "policy.yaml:2:1: missing field `connections`");
    assert_eq!(told("connections: []"), "policy.yaml:1:14: must name at least one connection: nobody could call");
    assert_eq!(told("- erp"), "policy.yaml:1:1: invalid type: sequence, expected a mapping with at least the key `connections`");
    assert!(told("connections: [").starts_with("policy.yaml:2:1: "), "{}", told("connections: ["));
    assert!(told("connections: [}").starts_with("policy.yaml:1:"), "{}", told("connections: [}"));
}

/// One change of the good text, and all that is told of it.
pub const CASES: &[(&str, &str, &[&str])] = &[
    (
        "connections:",
        "conections:",
        &[
            "1:1: unknown field `conections`, expected one of `connections`, `issuers`, `authorities`, `load_guards`, `freshness`, `objectives`, `issue_grace`, `writeback`, `feedback`, `routes`; did you mean `connections`?",
        ],
    ),
    (
        "default_unit",
        "default_unti",
        &[
            "4:5: connections[0]: unknown field `default_unti`, expected one of `name`, `description`, `roles`, `ids`, `default_unit`, `default_currency`, `locations`, `suppliers`, `companies`, `names_principals`, `authentication`, `limits`; did you mean `default_unit`?",
        ],
    ),
    (
        "keep_others",
        "keep_other",
        &[
            "18:5: authorities[1]: unknown field `keep_other`, expected one of `kind`, `connection`, `locations`, `suppliers`, `from`, `keep_others`; did you mean `keep_others`?",
        ],
    ),
    (
        "issue_grace: 90s",
        "issue_grace: 90s\nfresh: 1",
        &[
            "28:1: unknown field `fresh`, expected one of `connections`, `issuers`, `authorities`, `load_guards`, `freshness`, `objectives`, `issue_grace`, `writeback`, `feedback`, `routes`",
        ],
    ),
    ("roles: [erp]", "roles: []", &["3:12: connections[0].roles: must name at least one"]),
    ("    roles: [erp]\n", "", &["2:5: connections[0]: missing field `roles`"]),
    (
        "roles: [erp]",
        "roles: [erpp]",
        &[
            "3:13: connections[0].roles[0]: unknown value `erpp`, expected one of `erp`, `planning`, `warehouse`, `transport`, `supplier`, `buyer`, `operator`; did you mean `erp`?",
        ],
    ),
    ("roles: [erp]", "roles: erp", &["3:12: connections[0].roles: invalid type: string \"erp\", expected a list such as [a, b]"]),
    ("roles: [erp]", "roles: [erp, erp]", &["3:12: connections[0].roles: names the same twice"]),
    (
        "ids: own",
        "ids: canonicl",
        &["9:10: connections[1].ids: unknown value `canonicl`, expected `canonical` or `own`; did you mean `canonical`?"],
    ),
    ("name: erp\n", "name: ERP EU\n", &["2:11: connections[0].name: \"ERP EU\" is no name: 1 to 40 of a-z, 0-9 and - such as erp-eu"]),
    ("name: wms", "name: crossdock", &["7:11: connections[1].name: \"crossdock\" is a name that Crossdock itself goes by; take another"]),
    ("name: wms", "name: erp", &["7:11: \"erp\" is the name of connection 1 too; every connection has its own"]),
    (
        "default_unit: EA",
        "default_unit: PCE",
        &[
            "4:19: connections[0].default_unit: \"PCE\" is no unit: take a UNECE Rec 20 code such as EA or KGM, or a Rec 21 package code with an X before it such as XCT",
        ],
    ),
    (
        "default_currency: GBP",
        "default_currency: gbp",
        &["5:23: connections[0].default_currency: \"gbp\" is no currency: take an ISO 4217 code such as EUR"],
    ),
    ("locations: [UK-01, UK-02]", "locations: []", &["6:16: connections[0].locations: must name at least one"]),
    (
        "locations: [UK-01, UK-02]",
        "locations: [UK-01, \"\"]",
        &["6:24: connections[0].locations[1]: \"\" is no id: it must not be empty, nor begin or end with blanks"],
    ),
    (
        "names_principals: false",
        "names_principals: maybe",
        &["10:23: connections[1].names_principals: invalid type: string \"maybe\", expected a boolean"],
    ),
    (
        "names_principals: false",
        "description: \"a\\tb\"",
        &["10:18: connections[1].description: must not contain line ends or other control characters"],
    ),
    (
        "kind: demand-line",
        "kind: demandline",
        &["12:11: authorities[0].kind: \"demandline\" is not a kind of record; did you mean `demand_line`?"],
    ),
    ("kind: demand-line", "kind: issue", &["12:11: authorities[0].kind: \"issue\" is kept by Crossdock itself: no connection writes it"]),
    (
        "connection: erp\n    locations",
        "connection: erpp\n    locations",
        &["13:17: \"erpp\" is none of the connections; did you mean `erp`?"],
    ),
    (
        "connection: erp\n    locations",
        "connection: wms\n    locations",
        &["13:17: \"wms\" has no role that may write demand_line: it needs erp"],
    ),
    (
        "from: 2026-01-01",
        "from: 2026-02-30",
        &["15:11: authorities[0].from: \"2026-02-30\" is no day of the calendar: write it as 2026-07-01"],
    ),
    (
        "    from: 2026-01-01\n",
        "    from: 2026-01-01\n  - {kind: demand_line, connection: wms, locations: [UK-01], from: 2026-01-01}\n",
        &[
            "16:37: \"wms\" has no role that may write demand_line: it needs erp",
            "16:5: never counts: authority 1 is asked first and covers all of it; put the narrower one before, or let one begin later",
        ],
    ),
    (
        "  - kind: item\n    connection: erp\n",
        "  - {kind: item, connection: erp}\n  - kind: item\n    connection: erp\n",
        &["17:5: never counts: authority 2 is asked first and covers all of it; put the narrower one before, or let one begin later"],
    ),
    (
        "max_removed_percent: 5",
        "max_removed_percent: 101",
        &["20:26: load_guards[0].max_removed_percent: 101 is no share: 0 to 100 percent"],
    ),
    (
        "max_removed_percent: 5",
        "max_removed_percent: some",
        &["20:26: load_guards[0].max_removed_percent: invalid type: string \"some\", expected a whole number of percent, 0 to 100"],
    ),
    (
        "  - kind: item\n    max_removed_percent: 1",
        "  - max_removed_percent: 1",
        &["21:5: a second guard for all other kinds; keep one of them"],
    ),
    ("connection: erp\n    max_age", "connection: tms\n    max_age", &["25:17: \"tms\" is none of the connections; did you mean `wms`?"]),
    (
        "connection: erp\n    max_age: 24h",
        "connection: erp\n    max_age: 24h\n  - {kind: demand_line, connection: erp, max_age: 1h}",
        &["27:5: a second objective for demand_line of erp; keep one of them"],
    ),
    ("max_age: 24h", "max_age: 24", &["26:14: freshness[0].max_age: \"24\" is no span of time: write 90m, 24h, 7d or 1h 30m"]),
    ("max_age: 24h", "max_age: 0m", &["26:14: must be more than nothing: no data is that fresh"]),
    ("max_age: 24h", "max_age: 9999d", &["26:14: freshness[0].max_age: \"9999d\" is too long: at most 3660d"]),
    ("issue_grace: 90s", "issue_grace: 1 minute", &["27:14: issue_grace: \"1 minute\" is no span of time: write 90m, 24h, 7d or 1h 30m"]),
    ("issue_grace: 90s", "issue_grace: 90s\nissue_grace: 91s", &["28:1: duplicate field `issue_grace`"]),
    ("    default_unit: EA\n", "    default_unit: EA\n    default_unit: KGM\n", &["5:5: connections[0]: duplicate field `default_unit`"]),
    ("issue_grace: 90s", "issue_grace: [90s", &["27:14: issue_grace: invalid type: sequence, expected a span of time such as 24h"]),
    (
        "issue_grace: 90s",
        "issue_grace: 90s\n---\nissue_grace: 1s",
        &["1:1: deserializing from YAML containing more than one document is not supported"],
    ),
    (
        "contract: crossdock.demand.v1",
        "contract: crossdock.demnd.v1",
        &["29:15: objectives[0].contract: \"crossdock.demnd.v1\" is not a contract; did you mean `crossdock.demand.v1`?"],
    ),
    ("connection: erp\n    latency", "connection: erq\n    latency", &["30:17: \"erq\" is none of the connections; did you mean `erp`?"]),
    ("250ms", "250", &["31:14: objectives[0].latency: \"250\" is no such time: write 250ms or 2s, at most 60s"]),
    ("0.1%", "101%", &["32:13: objectives[0].errors: \"101%\" is no share: write 0.1%, at most 100% and four decimals"]),
    ("    latency: 250ms\n    errors: 0.1%\n", "", &["29:5: says nothing: give `latency`, `errors` or both"]),
    (
        "errors: 0.1%",
        "errors: 0.1%\n  - {contract: crossdock.demand.v1, connection: erp, errors: 1%}",
        &["33:5: a second objective for crossdock.demand.v1 of erp; keep one of them"],
    ),
];
