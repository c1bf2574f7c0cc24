//! The same rules have the same version, however they are written.

use crate::{FIRST_TRY, check, schema};
use proptest::prelude::*;

/// A mapping as a person may write it: keys in any order, on one line or on several.
#[derive(Clone, Debug)]
struct Entry(Vec<(&'static str, String)>);

#[derive(Clone, Debug)]
struct Layout {
    flow: bool,
    comments: bool,
    quotes: bool,
}

fn write(sections: &[(&str, Vec<Entry>)], layout: &Layout) -> String {
    let comment = if layout.comments { "  # why not\n\n" } else { "\n" };
    let value = |text: &str| if layout.quotes && !text.starts_with('[') { format!("'{text}'") } else { text.to_owned() };
    let mut text = String::new();
    for (name, entries) in sections.iter().filter(|(_, entries)| !entries.is_empty()) {
        text += &format!("{name}:{comment}");
        for Entry(pairs) in entries {
            let pairs: Vec<String> = pairs.iter().map(|(key, held)| format!("{key}: {}", value(held))).collect();
            text += &if layout.flow { format!(" - {{{}}}\n", pairs.join(", ")) } else { format!("  - {}\n", pairs.join("\n    ")) };
        }
    }
    text
}

fn layout() -> impl Strategy<Value = Layout> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(flow, comments, quotes)| Layout { flow, comments, quotes })
}

/// Entries in another order, with their keys in another order.
fn shuffled(entries: Vec<Entry>) -> impl Strategy<Value = Vec<Entry>> {
    let keys: Vec<_> = entries.into_iter().map(|Entry(pairs)| Just(pairs).prop_shuffle().prop_map(Entry)).collect();
    keys.prop_flat_map(|entries| Just(entries).prop_shuffle())
}

fn connections() -> impl Strategy<Value = Vec<Entry>> {
    let connection = |(index, (places, unit)): (usize, (Vec<&'static str>, bool))| {
        let mut pairs = vec![("name", format!("erp-{index}")), ("roles", "[erp, buyer]".to_owned())];
        pairs.extend((!places.is_empty()).then(|| ("locations", format!("[{}]", places.join(", ")))));
        pairs.extend(unit.then(|| ("default_unit", "EA".to_owned())));
        Entry(pairs)
    };
    prop::collection::vec((prop::sample::subsequence(vec!["UK-01", "UK-02", "DE-01"], 0..3), any::<bool>()), 1..5)
        .prop_map(move |all| all.into_iter().enumerate().map(connection).collect())
}

/// One per kind and day: which of those comes first says nothing.
fn authorities() -> impl Strategy<Value = Vec<Entry>> {
    let all: Vec<Entry> = ["item", "demand_line"]
        .into_iter()
        .flat_map(|kind| ["2025-01-01", "2026-01-01"].map(|from| (kind, from)))
        .map(|(kind, from)| Entry(vec![("kind", kind.into()), ("connection", "erp-0".into()), ("from", from.into())]))
        .collect();
    prop::sample::subsequence(all, 0..=4)
}

fn freshness() -> impl Strategy<Value = Vec<Entry>> {
    let all: Vec<Entry> =
        ["item", "demand_line"].map(|kind| Entry(vec![("kind", kind.into()), ("max_age", "24h".into())])).into_iter().collect();
    prop::sample::subsequence(all, 0..=2)
}

type Sections = (Vec<Entry>, Vec<Entry>, Vec<Entry>);

fn sections((connections, authorities, freshness): Sections, backwards: bool) -> Vec<(&'static str, Vec<Entry>)> {
    let mut all = vec![("connections", connections), ("authorities", authorities), ("freshness", freshness)];
    if backwards {
        all.reverse();
    }
    all
}

fn version(text: &str) -> String {
    check("policy.yaml", text).unwrap_or_else(|faults| panic!("{faults:?}\n{text}")).version
}

proptest! {
    #[test]
    fn layout_comments_and_order_say_nothing(
        (one, other) in (connections(), authorities(), freshness()).prop_flat_map(|(a, b, c)| {
            (Just((a.clone(), b.clone(), c.clone())), (shuffled(a), shuffled(b), shuffled(c)))
        }),
        backwards in any::<bool>(),
        (first, second) in (layout(), layout()),
    ) {
        prop_assert_eq!(version(&write(&sections(one, false), &first)), version(&write(&sections(other, backwards), &second)));
    }
}

#[test]
fn other_rules_have_another_version() {
    let text = "connections: [{name: erp, roles: [erp]}, {name: two, roles: [erp]}]\n";
    let narrow_first = "authorities: [{kind: item, connection: two, locations: [A]}, {kind: item, connection: erp, locations: [A, B]}]";
    let others = [
        text.replace("two", "three"),
        text.replace("[erp]}]", "[erp, buyer]}]"),
        format!("{text}issue_grace: 1m"),
        format!("{text}issue_grace: 2m"),
        format!("{text}{narrow_first}"),
        format!("{text}{}", narrow_first.replace("[A, B]", "[B, C]")),
        format!("{text}{}", narrow_first.replace("[A]", "[C]").replace("two", "erp")),
    ];
    let mut versions: Vec<String> = others.iter().map(|text| version(text)).chain([version(text)]).collect();
    assert!(versions.iter().all(|version| version.len() == 16 && version.bytes().all(|b| b.is_ascii_hexdigit())), "{versions:?}");
    versions.sort();
    versions.dedup();
    assert_eq!(versions.len(), others.len() + 1);
}

#[test]
fn which_authority_is_asked_first_counts() {
    let policy = |first: &str, second: &str| {
        let entry = |locations| format!("{{kind: item, connection: erp, locations: [{locations}]}}");
        version(&format!("connections: [{{name: erp, roles: [erp]}}]\nauthorities: [{}, {}]", entry(first), entry(second)))
    };
    assert_ne!(policy("A, B", "B, C"), policy("B, C", "A, B"));
}

#[test]
fn the_same_time_in_other_words_is_the_same() {
    let policy = |grace: &str| version(&format!("connections: [{{name: erp, roles: [erp]}}]\nissue_grace: {grace}"));
    assert_eq!(policy("90m"), policy("1h 30m"));
}

#[test]
fn the_policy_for_a_first_try_names_every_role_it_needs() {
    let policy = check("first-try.yaml", FIRST_TRY).unwrap();
    let names: Vec<&str> = policy.connections.iter().map(|connection| connection.name.as_str()).collect();
    assert_eq!(names, ["buyer", "erp", "loop", "operator", "planner", "wms"]);
    assert_eq!(policy.issue_grace.unwrap().seconds, 60);
    let erp = &policy.connections[1];
    assert_eq!((erp.default_unit.as_str(), erp.default_currency.as_str()), ("EA", "GBP"));
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let at = |path: &str| schema.pointer(path).unwrap_or_else(|| panic!("{path} is not in {schema:#}"));
    assert_eq!(at("/additionalProperties"), false);
    assert_eq!(at("/required"), &serde_json::json!(["connections"]));
    assert_eq!(at("/$defs/Connection/additionalProperties"), false);
    assert_eq!(at("/$defs/Connection/properties/name/pattern"), "^[a-z0-9-]{1,40}$");
    assert_eq!(at("/$defs/Connection/properties/roles/minItems"), 1);
    assert_eq!(at("/$defs/Connection/properties/roles/uniqueItems"), true);
    assert!(at("/$defs/Kind/enum").as_array().unwrap().contains(&"demand_line".into()));
    assert!(!at("/$defs/Kind/enum").as_array().unwrap().contains(&"issue".into()));
    assert!(at("/properties/authorities/description").as_str().unwrap().contains("first that fits"));
}
