//! What the history may keep is spelled in `extension/protocol.js`, for the worker and the page, which have no core at hand.

use cooldown::{Kind, LimitOwner};
use std::collections::BTreeSet;
use std::fs;

/// The words of `const NAME = Object.freeze([…])`.
fn words(name: &str) -> BTreeSet<String> {
    let protocol = fs::read_to_string("extension/protocol.js").unwrap();
    let (_, rest) = protocol.split_once(&format!("const {name} = Object.freeze([")).unwrap();
    let (list, _) = rest.split_once(']').unwrap();
    list.split(',').map(|word| word.trim().trim_matches('\'').to_owned()).collect()
}

#[test]
fn the_history_knows_each_kind_and_owner_of_the_core() {
    assert_eq!(words("KINDS"), Kind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect());
    assert_eq!(words("OWNERS"), LimitOwner::ALL.iter().map(|owner| owner.as_str().to_owned()).collect());
}
