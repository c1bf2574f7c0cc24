//! What docs/policy.md shows is tried.

use super::{faults::CASES, loop_faults};
use crate::{FIRST_TRY, check};

const PAGE: &str = include_str!("../../../../docs/policy.md");

/// The blocks of code of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let begin = format!("```{language}\n");
    PAGE.split(&begin as &str).skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block).collect()
}

#[test]
fn the_examples_are_policies() {
    let examples = blocks("yaml");
    assert!(!examples.is_empty());
    for example in examples {
        assert_eq!(check("docs/policy.md", example).err(), None, "{example}");
    }
    assert_eq!(check("", FIRST_TRY).err(), None);
}

#[test]
fn the_faults_are_what_is_told() {
    let told: Vec<String> = CASES.iter().flat_map(|(_, _, faults)| faults.iter().map(|fault| format!("policy.yaml:{fault}"))).collect();
    let shown: Vec<&str> = blocks("text").into_iter().flat_map(str::lines).filter(|line| line.starts_with("policy.yaml:")).collect();
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
