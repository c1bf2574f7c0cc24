//! The text of a condition of an approval rule. What was checked has a truth for whatever values there are, or says why not.
#![no_main]

use crossdock_conditions::{Condition, LINE, ORDER, Type, Value};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;

fuzz_target!(|text: &str| {
    for names in [LINE, ORDER] {
        match Condition::compile(text, names) {
            Ok(condition) => values(names).iter().for_each(|values| hold(&condition, values)),
            Err(why) => assert!(!why.is_empty()),
        }
    }
});

fn hold(condition: &Condition, values: &BTreeMap<&'static str, Value>) {
    let holds = condition.holds(values);
    assert_eq!(holds, condition.holds(values));
    assert!(!condition.always_holds() || holds == Ok(true), "always, but here: {holds:?}");
    if let Err(why) = holds {
        let known = ["it divides ", "it takes the remainder of ", "past 64 bits"];
        assert!(known.iter().any(|known| why.contains(known)), "{why}");
    }
}

/// Values of all names, at the ends of what they can be.
fn values(names: &[(&'static str, Type)]) -> Vec<BTreeMap<&'static str, Value>> {
    let of = |number: i64, text: &str| {
        let value = |of: Type| match of {
            Type::Bool => Value::Bool(number > 0),
            Type::Int => Value::Int(number),
            Type::Text => Value::Text(text.to_owned()),
            Type::OneOf(all) => Value::Text(all[text.len() % all.len()].to_owned()),
            Type::Texts => Value::Texts(vec![text.to_owned(); text.len()]),
        };
        names.iter().map(|(name, of)| (*name, value(*of))).collect()
    };
    vec![of(0, ""), of(1, "A"), of(i64::MIN, "ü\u{0}"), of(i64::MAX, "SUP003"), of(-1, "\u{1F600}\"'\\")]
}
