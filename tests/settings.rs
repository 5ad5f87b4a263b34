//! What the extension's settings say of kinds is what the core calls them.

use cooldown::Kind;
use std::collections::BTreeSet;
use std::fs;

#[test]
fn each_kind_of_failure_stands_in_one_group() {
    let settings = fs::read_to_string("extension/settings.js").unwrap();
    let groups = settings.split("GROUPS = Object.freeze({").nth(1).and_then(|rest| rest.split("});").next()).unwrap();
    let listed: Vec<&str> = groups.split('\'').skip(1).step_by(2).collect();
    let known: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(listed.len(), known.len(), "one stands twice, or is missing: {listed:?}");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), known);
}
