use super::*;
use kube::api::DynamicObject;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

pub fn object(kind: Kind, name: &str, spec: Value) -> Object {
    let mut raw = DynamicObject::new(name, &kind.resource()).data(Map::from_iter([("spec".to_owned(), spec)]).into());
    raw.metadata.generation = Some(3);
    Object::new(kind, raw)
}

fn connection(name: &str, spec: Value) -> Object {
    object(Kind::Connection, name, spec)
}

fn policy(name: &str, spec: Value) -> Object {
    object(Kind::Policy, name, spec)
}

/// A policy file as objects: each connection one, and the rest in as many as there are names; of lists, a piece for each.
fn objects(file: &str, names: &[&str]) -> Vec<Object> {
    let mut file: Map<String, Value> = serde_norway::from_str(file).unwrap();
    let mut all = Vec::new();
    for entry in file.remove("connections").unwrap().as_array_mut().unwrap() {
        let name = entry.as_object_mut().unwrap().remove("name").unwrap();
        // The one form that a custom resource does not have.
        if entry["authentication"] == "token" {
            entry["authentication"] = json!({"token": {}});
        }
        all.push(connection(name.as_str().unwrap(), entry.clone()));
    }
    for (at, name) in names.iter().enumerate() {
        let mut spec = Map::new();
        for (key, value) in &file {
            match value {
                Value::Array(elements) => {
                    let piece = elements.len().div_ceil(names.len()).max(1);
                    spec.insert(key.clone(), elements.chunks(piece).nth(at).unwrap_or_default().into());
                }
                value if at == 0 => _ = spec.insert(key.clone(), value.clone()),
                _ => {}
            }
        }
        all.push(policy(name, spec.into()));
    }
    all
}

fn version(objects: &[Object]) -> String {
    match merged(objects) {
        Verdict::Policy { version, .. } => version,
        verdict => panic!("{verdict:?}"),
    }
}

/// Each fault with its object.
fn faults(objects: &[Object]) -> Vec<String> {
    let Verdict::Faults(faults, others) = merged(objects) else { panic!("{:?}", merged(objects)) };
    let of = |(index, told): (usize, Vec<String>)| told.into_iter().map(move |told| format!("{}: {told}", objects[index]));
    faults.into_iter().flat_map(of).chain(others).collect()
}

const DOCS: &str = include_str!("../../../../docs/policy.md");

#[test]
fn by_file_or_by_resource_it_is_the_same_version() {
    let shown = DOCS.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    for file in [crossdock_governance::FIRST_TRY, shown] {
        let by_file = check("", file).unwrap().version;
        for names in [&["base"][..], &["a", "b"], &["a", "b", "c", "d", "e", "f", "g"]] {
            assert_eq!(version(&objects(file, names)), by_file, "{names:?}");
        }
    }
}

#[test]
fn without_objects_there_is_nothing_to_put_in_force() {
    assert_eq!(merged(&[]), Verdict::Nothing);
    let alone = [policy("base", json!({"routes": [{"name": "all", "team": "data"}]}))];
    assert_eq!(faults(&alone), ["there is no Connection beside it: nobody could call"]);
}

#[test]
fn every_fault_is_that_of_its_object() {
    let erp = || connection("erp", json!({"roles": ["erp"]}));
    let route = |name: &str| json!({"name": name, "team": "data"});
    let cases = [
        (
            vec![erp(), connection("wms", json!({"roles": ["warehouse"], "default_unit": "PCE"})), connection("tms", json!({"rolls": []}))],
            vec![
                "Connection wms: spec.default_unit: \"PCE\" is no unit: take a UNECE Rec 20 code such as EA or KGM, or a Rec 21 package code with an X before it such as XCT",
                "Connection tms: spec: unknown field `rolls`, expected one of `name`, `description`, `roles`, `ids`, `default_unit`, `default_currency`, `locations`, `suppliers`, `companies`, `names_principals`, `authentication`, `limits`; did you mean `roles`?",
            ],
        ),
        (
            vec![
                erp(),
                policy("b", json!({"authorities": [{"kind": "item", "connection": "erp"}, {"kind": "item", "connection": "wms"}]})),
            ],
            vec![
                "Policy b: spec.authorities[1]: \"wms\" is none of the connections",
                "Policy b: spec.authorities[1]: never counts: spec.authorities[0] is asked first and covers all of it; put the narrower one before, or let one begin later",
            ],
        ),
        (
            vec![policy("b", json!({"routes": [route("all")]})), erp(), policy("a", json!({"routes": [route("every"), route("all")]}))],
            vec![
                "Policy b: spec.routes[0]: \"all\" is the name of spec.routes[1] of Policy a too",
                "Policy b: spec.routes[0]: never reached: spec.routes[0] of Policy a is asked first and takes all of it",
                "Policy a: spec.routes[1]: never reached: spec.routes[0] is asked first and takes all of it",
            ],
        ),
        (
            vec![erp(), policy("b", json!({"issue_grace": "1m"})), policy("a", json!({"issue_grace": "1m"}))],
            vec!["Policy b: spec.issue_grace: Policy a says it too; only one may"],
        ),
        (
            vec![erp(), policy("a", json!({"issue_grace": "1 m"}))],
            vec!["Policy a: spec.issue_grace: \"1 m\" is no span of time: write 90m, 24h, 7d or 1h 30m"],
        ),
        (
            vec![
                erp(),
                policy(
                    "a",
                    json!({"writeback": {"levels": [{"name": "buyer", "principals": ["ann"]}], "connectors": [{"connection": "rep"}]}}),
                ),
            ],
            vec!["Policy a: spec.writeback: \"rep\" is none of the connections; did you mean `erp`?"],
        ),
    ];
    for (objects, expected) in cases {
        assert_eq!(faults(&objects), expected);
    }
}

#[test]
fn any_text_gets_there_as_it_is() {
    for text in
        ["\u{7f}", "\u{85}\u{a0}", "\u{feff}", "\u{fffe}", "😀", "#: - {}[]&*!|>'\"%@`", "\\u0041", "a\u{2028}b", "ä", "\u{d7ff}\u{e000}"]
    {
        let told = yaml(&json!({"a": [text]}));
        assert!(told.is_ascii());
        let read: BTreeMap<String, Vec<String>> = serde_norway::from_str(&told).unwrap_or_else(|error| panic!("{told}: {error}"));
        assert_eq!(read["a"], [text]);
    }
}

fn some_policy() -> impl Strategy<Value = (Vec<Object>, String)> {
    let roles = prop::sample::subsequence(vec!["erp", "planning", "warehouse", "buyer"], 1..3);
    let authentication = prop_oneof![
        Just(Value::Null),
        Just(json!({"token": {}})),
        "[a-z]{3,9}".prop_map(|name| json!({"jwt": {"issuer": "sso", "subject": name}})),
    ];
    let spec = (roles, authentication, "[ -~äöü😀]{0,30}", prop::option::of(prop::collection::btree_set("[A-Z]{2}-[0-9]{2}", 1..4)));
    let connections = prop::collection::btree_map("[a-z][a-z0-9-]{0,20}[a-z0-9]", spec, 1..8);
    let routes = prop::collection::btree_map("[a-z]{1,8}", "[A-Z]{2,6}", 0..6);
    (connections, routes, 1_u32..100, any::<bool>()).prop_map(|(connections, routes, percent, guarded)| {
        let mut all = vec![policy("sso", json!({"issuers": [{"name": "sso", "issuer": "i", "audience": "a", "keys": "/k"}]}))];
        for (name, (roles, authentication, description, locations)) in connections {
            let mut spec = json!({"roles": roles, "description": description});
            if !authentication.is_null() {
                spec["authentication"] = authentication;
            }
            if let Some(locations) = locations {
                spec["locations"] = json!(locations);
            }
            all.push(connection(&name, spec));
        }
        // Each reason once, or an earlier route takes all of a later one.
        let mut reasons = BTreeSet::new();
        for (name, reason) in routes.into_iter().filter(|(_, reason)| reasons.insert(reason.clone())) {
            all.push(policy(&format!("route-{name}"), json!({"routes": [{"name": name, "reasons": [reason], "team": "data"}]})));
        }
        if guarded {
            all.push(policy("guards", json!({"load_guards": [{"max_removed_percent": percent}]})));
        }
        let mut file: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        let mut sorted: Vec<&Object> = all.iter().collect();
        sorted.sort_by_key(|object| &object.name);
        for object in sorted {
            let mut spec = object.spec.clone();
            if object.kind == Kind::Connection {
                spec.insert("name".to_owned(), object.name.clone().into());
                file.entry("connections".to_owned()).or_default().push(spec.into());
            } else {
                for (key, value) in spec {
                    file.entry(key).or_default().extend(value.as_array().cloned().unwrap());
                }
            }
        }
        (all, serde_norway::to_string(&file).unwrap())
    })
}

proptest! {
    /// The order in which objects are listed says nothing; and what is written as objects is what is written as a file.
    #[test]
    fn the_order_of_objects_does_not_matter((objects, file) in some_policy(), seed in any::<u64>()) {
        let mut other = objects.clone();
        let mut left = seed;
        for at in (1..other.len()).rev() {
            other.swap(at, usize::try_from(left).unwrap() % (at + 1));
            left = left.rotate_left(7).wrapping_mul(31);
        }
        prop_assert_eq!(merged(&objects), merged(&other));
        prop_assert_eq!(version(&objects), check("", &file).unwrap().version);
    }
}
