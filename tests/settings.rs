//! What the extension's settings say of kinds is what the core calls them.

use cooldown::Kind;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// What stands between the two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split(from).nth(1).and_then(|rest| rest.split(to).next()).unwrap()
}

#[test]
fn an_organisation_can_set_each_setting() {
    let settings = fs::read_to_string("extension/settings.js").unwrap();
    let lines = between(&settings, "const SETTINGS = {", "\n};").lines();
    let known: BTreeSet<&str> = lines.filter_map(|line| line.trim().split_once(": {")).map(|(name, _)| name).collect();
    let schema: Value = serde_json::from_str(&fs::read_to_string("extension/managed.json").unwrap()).unwrap();
    let listed: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert!(known.contains("off"), "{known:?}");
    assert_eq!(listed, known);
}

#[test]
fn each_kind_of_failure_stands_in_one_group() {
    let settings = fs::read_to_string("extension/settings.js").unwrap();
    let groups = between(&settings, "GROUPS = Object.freeze({", "});");
    let listed: Vec<&str> = groups.split('\'').skip(1).step_by(2).collect();
    let known: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(listed.len(), known.len(), "one stands twice, or is missing: {listed:?}");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), known);
}
