//! Labelled failures, one a line: the project's own in `tests/corpus`, every label of which has to be right, and the
//! large collection that `COOLDOWN_CORPUS` names, where the run has it.
//! `talk.jsonl` is silent only as a whole: cut, its quotations cannot be told from failures.

use cooldown::{Exchange, Locale, Question, Surface, explain};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[derive(Deserialize)]
struct Row {
    id: String,
    surface: Surface,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    at_ms: u64,
    text: String,
    truth: Map<String, Value>,
}

fn rows(path: &Path) -> Vec<Row> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}: {line}", path.display()))).collect()
}

/// What is said about a row, in the words of the labels.
fn answer(row: &Row, locale: &Locale) -> Map<String, Value> {
    let exchange = Exchange {
        surface: row.surface,
        url: row.url.clone().unwrap_or_default(),
        status: row.status.unwrap_or_default(),
        headers: row.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect(),
        body: row.text.clone(),
        at_ms: row.at_ms,
        ..Exchange::default()
    };
    let verdict = explain(&Question { exchange, ..Question::default() }, locale);
    let said = match verdict {
        None => json!({ "kind": "not_openrouter", "limit_owner": "none", "retry_helps": "never", "links": [] }),
        Some(verdict) => serde_json::to_value(&verdict.diagnosis).unwrap(),
    };
    let Value::Object(said) = said else { unreachable!("a diagnosis is an object") };
    said
}

/// `17` and `17.0` are the same wait.
fn same(said: Option<&Value>, truth: &Value) -> bool {
    match (said.unwrap_or(&Value::Null), truth) {
        (Value::Number(said), Value::Number(truth)) => said.as_f64() == truth.as_f64(),
        (said, truth) => said == truth,
    }
}

#[test]
fn every_label_of_the_projects_own_corpus() {
    let locale = Locale::english();
    let mut files: Vec<PathBuf> = fs::read_dir("tests/corpus").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let (mut count, mut misses) = (0, Vec::new());
    for row in files.iter().flat_map(|path| rows(path)) {
        let said = answer(&row, &locale);
        count += 1;
        for (label, truth) in &row.truth {
            if !same(said.get(label), truth) {
                misses.push(format!("{}: {label} is {}, not {truth}", row.id, said.get(label).unwrap_or(&Value::Null)));
            }
        }
    }
    assert!(count > 0, "tests/corpus is empty");
    assert!(misses.is_empty(), "{} labels of {count} rows are wrong:\n{}", misses.len(), misses.join("\n"));
}

/// Ids are how a row is spoken of.
#[test]
fn ids_are_unique() {
    let mut seen = BTreeMap::new();
    for entry in fs::read_dir("tests/corpus").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            for row in rows(&path) {
                assert!(seen.insert(row.id.clone(), ()).is_none(), "{} stands twice", row.id);
            }
        }
    }
}

/// Other readings of a row that are equally right.
fn accepted(row: &Row) -> impl Iterator<Item = &Value> {
    row.truth.get("accept_kinds").and_then(Value::as_array).into_iter().flatten()
}

const KINDS: [&str; 9] = [
    "upstream_rate_limit",
    "byok_rate_limit",
    "free_per_minute",
    "free_per_day",
    "insufficient_credits",
    "key_limit",
    "auth",
    "unknown_openrouter",
    "account_rate_limit",
];
const LABELS: [&str; 10] =
    ["kind", "limit_owner", "status", "provider", "model", "retry_after_s", "reset_at_ms", "is_byok", "retry_helps", "links"];

#[test]
fn the_large_corpus() {
    let Some(path) = env::var_os("COOLDOWN_CORPUS").map(PathBuf::from) else {
        println!("skipped: COOLDOWN_CORPUS is not set");
        return;
    };
    let path = if path.is_dir() { path.join("failures.jsonl") } else { path };
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return;
    }
    let locale = Locale::english();
    let (mut wanted, mut right, mut spoken) = (0, 0, Vec::new());
    let mut table: BTreeMap<(String, &str), (usize, usize)> = BTreeMap::new();
    for row in rows(&path) {
        let said = answer(&row, &locale);
        let kind = row.truth["kind"].as_str().unwrap();
        if kind == "not_openrouter" && said["kind"] != "not_openrouter" {
            spoken.push(row.id.clone());
        }
        let surface = format!("{:?}", row.surface);
        let mut misses = Vec::new();
        for label in LABELS {
            let truth = row.truth.get(label).unwrap_or(&Value::Null);
            let good = match label {
                "kind" => same(said.get(label), truth) || accepted(&row).any(|kind| said[label] == *kind),
                // Where the error states no status, the transport's is right too.
                "status" => same(said.get(label), truth) || truth.is_null() && same(said.get(label), &json!(row.status)),
                _ => same(said.get(label), truth),
            };
            let cell = table.entry((surface.clone(), label)).or_default();
            cell.0 += usize::from(good);
            cell.1 += 1;
            if !good {
                misses.push(format!("{label} {} for {truth}", said.get(label).unwrap_or(&Value::Null)));
            }
        }
        if !misses.is_empty() {
            println!("{:<32} {surface:<8} {}", row.id, misses.join(", "));
        }
        if matches!(row.surface, Surface::Http | Surface::Body200) && KINDS.contains(&kind) {
            wanted += 1;
            right += usize::from(said["kind"] == kind && same(said.get("limit_owner"), &row.truth["limit_owner"]));
        }
    }
    for ((surface, label), (good, all)) in &table {
        println!("{surface:<8} {label:<14} {good:>4} of {all}");
    }
    println!("kind and owner of the named kinds over http and body200: {right} of {wanted}");
    assert!(spoken.is_empty(), "look-alikes were spoken: {spoken:?}");
    assert!(right * 100 >= wanted * 85, "{right} of {wanted}");
}
