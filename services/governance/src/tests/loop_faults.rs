//! Faults of approval, posting, feedback and routes.

use crate::check;

const GOOD: &str = "\
connections:
  - {name: erp, roles: [erp]}
  - {name: planner, roles: [planning]}
writeback:
  currency: EUR
  levels:
    - {name: buyer, principals: [ann, ben]}
    - {name: head, principals: [chris]}
  approval_rules:
    - {when: value <= 5000, name: small, stage: line, levels: []}
    - {when: value_known, name: order, stage: order, levels: [buyer]}
    - {when: '!fresh', name: others, stage: line, levels: [buyer, head], expire_after: 7d, escalate_after: 1d}
  delegations:
    - {from: ann, to: ben, first_day: 2026-07-01, last_day: 2026-07-14}
  fences:
    - {days: 2, locations: [UK-01]}
  connectors:
    - {company: UK, connection: erp}
    - {connection: erp}
  stale_basis: net
  seal_after: 30m
  posting: {lease: 2m, max_attempts: 6, first_pause: 5s, longest_pause: 10m}
  fallbacks:
    - {connection: planner, after: 26h, mode: last_good_run, expire_after: 3d}
  fresh_kinds: [item]
freshness: [{kind: item, max_age: 1h}]
feedback:
  - {connection: erp, confirmations: add, receipts: cumulative}
routes:
  - {name: items, reasons: [UNKNOWN_ITEM], services: [demand-signal], team: data, escalate_after: 4h, escalate_to: leads, webhook: 'http://desk/x'}
  - {name: rest, team: data}
";

fn told(find: &str, put: &str) -> Vec<String> {
    assert!(GOOD.contains(find), "{find:?} is not in the text");
    let told = check("policy.yaml", &GOOD.replacen(find, put, 1)).err().unwrap_or_default();
    told.iter().map(|fault| fault.to_string().replacen("policy.yaml:", "", 1)).collect()
}

#[test]
fn the_good_text_becomes_the_contract() {
    let policy = check("policy.yaml", GOOD).unwrap();
    let rules = policy.writeback.unwrap();
    let names: Vec<&str> = rules.approval_rules.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!((names, rules.levels[0].principals.len(), rules.fences[0].days), (vec!["small", "order", "others"], 2, 2));
    assert_eq!((rules.posting.unwrap().max_attempts, rules.seal_after.unwrap().seconds), (6, 1_800));
    assert_eq!((rules.connectors[0].company.as_str(), rules.connectors[1].company.as_str()), ("", "UK"));
    assert_eq!((policy.feedback.len(), policy.routes[0].webhook.as_str()), (1, "http://desk/x"));
}

#[test]
fn every_fault_is_told_with_its_place() {
    for (find, put, expected) in CASES {
        let told = told(find, put);
        let fits = told.len() == 1 && told[0].starts_with(expected);
        assert!(fits, "{find:?} -> {put:?}: expected {expected:?}, told {told:#?}");
    }
}

/// One change of the good text, and how the one fault told of it begins.
pub const CASES: &[(&str, &str, &str)] = &[
    ("value <= 5000", "valeu <= 5000", "10:14: at offset 0 of the expression: unknown name `valeu`; did you mean `value`?"),
    (
        "value <= 5000",
        "value <= '5000'",
        "10:14: at offset 6 of the expression: `<=` needs whole numbers, here it has a whole number and text",
    ),
    ("value <= 5000", "value <= 0.5", "10:14: at offset 9 of the expression: values here are whole numbers"),
    ("value <= 5000", "value", "10:14: a condition is true or false, this is a whole number"),
    ("value <= 5000", "value / 0 > 1", "10:14: at offset 6 of the expression: this divides by zero"),
    ("value <= 5000", "'false'", "10:14: never matches: it is false whatever the values are"),
    ("value <= 5000", "lines > 2", "10:14: at offset 0 of the expression: unknown name `lines`"),
    ("value <= 5000", "value <=", "10:14: at offset "),
    ("value <= 5000", "'true'", "12:14: never reached: rule 1 of this stage holds always and is asked first"),
    ("'!fresh'", "value <= 5000", "12:14: never reached: rule 1 of this stage has the same condition and is asked first"),
    ("name: order", "name: small", "11:33: \"small\" is the name of rule 1 too"),
    ("levels: [buyer]", "levels: [buyr]", "11:63: \"buyr\" is none of the levels; did you mean `buyer`?"),
    ("levels: [buyer, head]", "levels: [head, head]", "12:66: \"head\" has to approve twice"),
    ("levels: []}", "levels: [], expire_after: 1d}", "10:81: nobody has to approve, so nothing waits"),
    ("expire_after: 7d", "expire_after: 1h", "12:108: never comes: it expires before"),
    ("stage: order", "stage: ordr", "11:47: writeback.approval_rules[1].stage: unknown value `ordr`, expected `line` or `order`"),
    ("name: head", "name: head, principals: [dan]}\n    - {name: head", "9:14: \"head\" is the name of level 2 too"),
    ("from: ann", "from: anne", "14:14: \"anne\" approves at no level; did you mean `ann`?"),
    ("to: ben", "to: ann", "14:23: \"ann\" cannot stand in for themselves"),
    ("last_day: 2026-07-14", "last_day: 2026-06-14", "14:61: 2026-06-14 is before the first day, 2026-07-01"),
    ("days: 2", "days: 0", "16:14: writeback.fences[0].days: 0 is not from 1 to 366"),
    ("locations: [UK-01]}", "locations: [UK-01]}\n    - {days: 1, locations: [UK-01], suppliers: [S]}", "17:7: an earlier fence holds all"),
    ("company: UK, connection: erp", "company: UK, connection: erpp", "18:33: \"erpp\" is none of the connections; did you mean `erp`?"),
    ("company: UK, connection: erp", "company: UK, connection: planner", "18:33: \"planner\" has no role for this: it needs erp"),
    ("- {connection: erp}", "- {connection: erp}\n    - {connection: erp}", "20:7: a second connector for all other companies"),
    ("lease: 2m", "lease: 0s", "22:20: must be from 1s to 1d"),
    ("first_pause: 5s", "first_pause: 1h", "22:54: is longer than longest_pause"),
    ("max_attempts: 6", "max_attempts: 101", "22:38: writeback.posting.max_attempts: 101 is not from 1 to 100"),
    ("connection: planner, after", "connection: erp, after", "24:20: \"erp\" has no role for this: it needs planning"),
    ("mode: last_good_run", "mode: hold", "24:"),
    (", expire_after: 3d", "", "24:7: needs expire_after"),
    ("expire_after: 3d", "expire_after: 1h", "24:"),
    ("after: 26h", "after: 0h", "24:36: must be more than nothing"),
    ("fresh_kinds: [item]", "fresh_kinds: [supplier]", "25:16: supplier has no objective in `freshness`"),
    ("confirmations: add, receipts: cumulative", "receipts: sum", "28:33: feedback[0].receipts: unknown value `sum`"),
    (", confirmations: add, receipts: cumulative", "", "28:5: says nothing"),
    (
        "- {connection: erp, confirmations",
        "- {connection: planner, confirmations",
        "28:18: \"planner\" has no role that may write confirmation",
    ),
    ("reasons: [UNKNOWN_ITEM], services: [demand-signal], ", "", "31:5: never reached: route 1 is asked first and takes all of it"),
    ("UNKNOWN_ITEM", "unknown item", "30:29: routes[0].reasons[0]: \"unknown item\" is no reason"),
    ("demand-signal", "demand", "30:"),
    ("name: rest", "name: items", "31:12: \"items\" is the name of route 1 too"),
    (", escalate_to: leads", "", "30:5: needs escalate_to"),
    ("escalate_after: 4h, ", "", "30:5: needs escalate_after"),
    ("escalate_to: leads", "escalate_to: data", "30:"),
    ("http://desk/x", "https://desk/x", "30:"),
    ("http://desk/x", "desk/x", "30:"),
];
