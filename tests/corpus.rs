//! Labelled failures, one a line: the project's own in `tests/corpus`, every label of which has to be right, and the
//! large collection that `COOLDOWN_CORPUS` names, where the run has it.
//! `talk.jsonl` is silent only as a whole: cut, its quotations cannot be told from failures.

mod labelled;

use cooldown::{Exchange, Kind, Locale, Question, Surface, explain};
use labelled::{LABELS, Row, Score, answer, is_right, rows};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The project's own rows, file by file.
fn own() -> Vec<(PathBuf, Vec<Row>)> {
    let mut files: Vec<PathBuf> = fs::read_dir("tests/corpus").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    files.into_iter().map(|path| (path.clone(), rows(&path))).collect()
}

#[test]
fn every_label_of_the_projects_own_corpus() {
    let locale = Locale::english();
    let (mut count, mut misses) = (0, Vec::new());
    for row in own().iter().flat_map(|(_, rows)| rows) {
        let said = answer(row, &locale);
        count += 1;
        for (label, truth) in row.truth.iter().filter(|(label, _)| *label != "accept_kinds") {
            if !is_right(row, &said, label, truth) {
                misses.push(format!("{}: {label} is {}, not {truth}", row.id, said.get(label).unwrap_or(&Value::Null)));
            }
        }
    }
    assert!(count >= 300, "tests/corpus has {count} rows only");
    assert!(misses.is_empty(), "{} labels of {count} rows are wrong:\n{}", misses.len(), misses.join("\n"));
}

/// Ids are how a row is spoken of, and a source is how its label is checked.
#[test]
fn rows_are_unique_and_sourced() {
    let mut seen = BTreeMap::new();
    for (path, _) in own() {
        for line in fs::read_to_string(&path).unwrap().lines().filter(|line| !line.is_empty()) {
            let row: Value = serde_json::from_str(line).unwrap();
            let id = row["id"].as_str().unwrap().to_owned();
            assert!(row["source"].as_str().is_some_and(|source| !source.is_empty()), "{id} has no source");
            assert!(row["truth"]["kind"].is_string(), "{id} has no kind");
            assert!(seen.insert(id.clone(), ()).is_none(), "{id} stands twice");
        }
    }
}

/// The collection beside the checkout, where the run has it. `cargo run --release --example score` prints its tables.
#[test]
fn the_large_corpus() {
    let Some(path) = env::var_os("COOLDOWN_CORPUS").map(PathBuf::from) else {
        println!("skipped: COOLDOWN_CORPUS is not set");
        return;
    };
    let path = if path.is_dir() { path.join("failures.jsonl") } else { path };
    if !Path::new(&path).exists() {
        println!("skipped: {} is not there", path.display());
        return;
    }
    let (locale, mut score) = (Locale::english(), Score::default());
    for row in rows(&path) {
        score.count(&row, &locale);
    }
    println!("{}\n{}", score.misses.join("\n"), score.report());
    assert!(score.spoken.is_empty(), "look-alikes were spoken of: {:?}", score.spoken);
    for label in LABELS {
        let least = if matches!(label, "kind" | "limit_owner") { 0.99 } else { 0.98 };
        assert!(score.share(label) >= least, "{label}: {:.4}\n{}", score.share(label), score.misses.join("\n"));
    }
}

/// The public page shows one failure of each kind that has an answer: each is what it stands for.
#[test]
fn the_gallery_shows_each_kind() {
    let rows: Vec<Value> = serde_json::from_str(&fs::read_to_string("www/gallery.json").unwrap()).unwrap();
    let locale = Locale::english();
    for row in &rows {
        let exchange = Exchange { surface: Surface::Page, body: row["text"].as_str().unwrap().to_owned(), ..Exchange::default() };
        let verdict = explain(&Question { exchange, ..Question::default() }, &locale).unwrap_or_else(|| panic!("silence: {row}"));
        assert_eq!(verdict.diagnosis.kind.as_str(), row["kind"], "{row}");
        assert!(verdict.diagnosis.status.is_none_or(|status| row["status"] == status), "{row}");
    }
    let shown: BTreeSet<&str> = rows.iter().filter_map(|row| row["kind"].as_str()).collect();
    let missing: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).filter(|kind| !shown.contains(kind)).collect();
    // A connection that broke has no text; what OpenRouter may say one day has no sample.
    assert_eq!(missing, ["network", "unknown_openrouter"]);
}
