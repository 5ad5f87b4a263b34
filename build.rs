//! Keeps of the English `messages.json` what the core says: key and message, without the notes for translators and
//! without what only the browser reads.

use serde_json::{Map, Value};
use std::error::Error;
use std::path::Path;
use std::{env, fs};

/// Families of messages that only the manifest and pages ask for.
const BROWSERS: [&str; 6] = ["ext_", "command_", "popup_", "welcome_", "options_", "www_"];
const SOURCE: &str = "extension/_locales/en/messages.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-changed=build.rs");
    let entries: Map<String, Value> = serde_json::from_str(&fs::read_to_string(SOURCE)?)?;
    let kept = entries.into_iter().filter(|(key, _)| !BROWSERS.iter().any(|family| key.starts_with(family)));
    let messages: Map<String, Value> = kept.filter_map(|(key, entry)| Some((key, entry.get("message")?.clone()))).collect();
    let out = Path::new(&env::var("OUT_DIR")?).join("en.json");
    fs::write(out, serde_json::to_string(&messages)?)?;
    Ok(())
}
