//! What docs/policy.md shows is tried.

use super::{faults::CASES, identity_faults, loop_faults};
use crate::{FIRST_TRY, check};

const PAGE: &str = include_str!("../../../../docs/policy.md");
const AUTHENTICATION: &str = include_str!("../../../../docs/authentication.md");

/// The blocks of code of a language.
fn blocks(page: &'static str, language: &str) -> Vec<&'static str> {
    let begin = format!("```{language}\n");
    page.split(&begin as &str).skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block).collect()
}

#[test]
fn the_examples_are_policies() {
    // The others there are no policies, but configuration.
    let others = blocks(AUTHENTICATION, "yaml").into_iter().filter(|example| example.starts_with("connections:"));
    let examples: Vec<&str> = blocks(PAGE, "yaml").into_iter().chain(others).collect();
    assert!(examples.len() > 2);
    for example in examples {
        assert_eq!(check("docs/policy.md", example).err(), None, "{example}");
    }
    assert_eq!(check("", FIRST_TRY).err(), None);
}

#[test]
fn the_faults_are_what_is_told() {
    let cases = CASES.iter().chain(identity_faults::CASES);
    let told: Vec<String> = cases.flat_map(|(_, _, faults)| faults.iter().map(|fault| format!("policy.yaml:{fault}"))).collect();
    let shown: Vec<&str> = blocks(PAGE, "text").into_iter().flat_map(str::lines).filter(|line| line.starts_with("policy.yaml:")).collect();
    assert!(shown.len() > 4);
    let known = |line: &str| told.iter().any(|told| told == line) || loop_faults::CASES.iter().any(|(_, _, told)| line.ends_with(told));
    for line in shown {
        assert!(known(line), "{line}");
    }
}

#[test]
fn every_key_is_explained() {
    let schema: serde_json::Value = serde_json::from_str(&crate::schema()).unwrap();
    let objects = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    let keys: Vec<&String> =
        objects.filter_map(|object| object["properties"].as_object()).flat_map(|properties| properties.keys()).collect();
    assert!(keys.len() > 15);
    for key in keys {
        assert!(PAGE.contains(&format!("| `{key}` |")) || PAGE.contains(&format!("## {key}\n")), "{key} is not explained");
    }
}
