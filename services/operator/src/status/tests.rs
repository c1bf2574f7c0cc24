use super::*;
use crate::resources::Kind;
use kube::api::DynamicObject;
use serde_json::json;

fn object(generation: i64, status: Status) -> Object {
    let mut raw =
        DynamicObject::new("erp", &Kind::Connection.resource()).data(json!({"spec": {}, "status": serde_json::to_value(status).unwrap()}));
    raw.metadata.generation = Some(generation);
    Object::new(Kind::Connection, raw)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn valid() -> Said {
    Said::new(Truth::Yes, "Valid", "")
}

fn in_force() -> Said {
    Said::new(Truth::Yes, "InForce", "")
}

fn since(status: &Status) -> [i64; 2] {
    [ACCEPTED, APPLIED].map(|of| status.condition(of).unwrap().last_transition_time.0.as_second())
}

#[test]
fn a_condition_keeps_its_time_until_it_turns() {
    let invalid = || Said::new(Truth::No, "Invalid", "spec.roles: …");
    let first = status(&object(1, Status::default()), valid(), in_force(), Some("v1"), at(10));
    assert_eq!((since(&first), first.version.as_deref(), first.observed_generation), ([10, 10], Some("v1"), Some(1)));
    let same = status(&object(1, first.clone()), valid(), in_force(), Some("v1"), at(20));
    assert_eq!(same, first, "nothing to write");
    let later = status(&object(1, first.clone()), valid(), in_force(), Some("v2"), at(20));
    assert_eq!((since(&later), later.version.as_deref()), ([10, 10], Some("v2")));
    let wrong = status(&object(2, later), invalid(), invalid(), None, at(30));
    assert_eq!((since(&wrong), wrong.version.as_deref(), wrong.observed_generation), ([30, 30], None, Some(2)));
    let waits = status(&object(3, wrong), valid(), Said::new(Truth::No, "Waiting", ""), None, at(40));
    assert_eq!(since(&waits), [40, 30], "it was not in force before, and is not now");
    assert_eq!(since(&status(&object(3, waits), valid(), in_force(), Some("v3"), at(50))), [40, 50]);
}

#[test]
fn an_event_is_told_of_what_is_new() {
    let told = |before: &Status, generation, accepted: Said, applied: Said, version| {
        let after = status(&object(generation, before.clone()), accepted, applied, version, at(1));
        (news(before, &after).map(|news| format!("{} {}", news.type_, news.reason)), after)
    };
    let (news, first) = told(&Status::default(), 1, valid(), in_force(), Some("v1"));
    assert_eq!(news.as_deref(), Some("Applied InForce"));
    let (news, other) = told(&first, 1, valid(), in_force(), Some("v2"));
    assert_eq!(news, None, "others came into force, this one was before");
    let (news, changed) = told(&other, 2, valid(), in_force(), Some("v3"));
    assert_eq!(news.as_deref(), Some("Applied InForce"), "it was changed");
    let invalid = || Said::new(Truth::No, "Invalid", "");
    let (news, wrong) = told(&changed, 3, invalid(), invalid(), None);
    assert_eq!(news.as_deref(), Some("Accepted Invalid"));
    let (news, _) = told(&wrong, 4, valid(), Said::new(Truth::No, "WouldStrandWork", ""), None);
    assert_eq!(news.as_deref(), Some("Applied WouldStrandWork"));
}

#[test]
fn what_is_written_is_read_again() {
    let written = status(&object(1, Status::default()), valid(), in_force(), Some("v1"), at(10));
    let json = serde_json::to_value(&written).unwrap();
    assert_eq!(json["conditions"][0]["lastTransitionTime"], "1970-01-01T00:00:10Z");
    assert_eq!(object(1, written.clone()).status, written);
    // Of another form, or none: it is said anew.
    let mut raw = DynamicObject::new("erp", &Kind::Connection.resource()).data(json!({"spec": {}, "status": {"conditions": "good"}}));
    raw.metadata.generation = Some(1);
    assert_eq!(Object::new(Kind::Connection, raw).status, Status::default());
}
