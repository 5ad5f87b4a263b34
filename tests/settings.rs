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
    // Whoever runs the organisation is told of it, and whoever is in it sees why it cannot be changed; where the card was moved to has no place on that page.
    let table = fs::read_to_string("CONTRIBUTING.md").unwrap();
    let page = fs::read_to_string("extension/options.html").unwrap();
    let locks: BTreeSet<&str> =
        page.split("data-locked=\"").skip(1).flat_map(|rest| rest.split('"').next().unwrap_or_default().split(' ')).collect();
    for name in known {
        assert!(table.contains(&format!("| `{name}` |")), "{name} is not in CONTRIBUTING.md");
        assert!(locks.contains(name) || name == "places", "{name} is locked without a word");
    }
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
