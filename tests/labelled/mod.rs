//! Labelled failures, one JSON object a line, and how well they are read. `tests/corpus/README.md` has the labels.

use cooldown::{Exchange, Locale, Question, RequestFacts, Surface, explain};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// A failure, or what must not be taken for one, with its right reading.
#[derive(Deserialize)]
pub struct Row {
    /// How the row is spoken of.
    pub id: String,
    /// Where the text was met.
    pub surface: Surface,
    /// The transport's status, where it is known.
    #[serde(default)]
    pub status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    at_ms: u64,
    /// The request went to the site's own server, and said that it is for OpenRouter.
    #[serde(default)]
    named: bool,
    /// The payload, verbatim.
    pub text: String,
    /// The labels.
    pub truth: Map<String, Value>,
}

/// The rows of a file.
///
/// # Panics
/// Where it cannot be read, naming the line.
pub fn rows(path: &Path) -> Vec<Row> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}: {line}", path.display()))).collect()
}

/// What is said about a row, in the words of the labels.
pub fn answer(row: &Row, locale: &Locale) -> Map<String, Value> {
    let exchange = Exchange {
        surface: row.surface,
        url: row.url.clone().unwrap_or_default(),
        status: row.status.unwrap_or_default(),
        headers: row.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect(),
        body: row.text.clone(),
        at_ms: row.at_ms,
        ..Exchange::default()
    };
    let request = row.named.then(|| RequestFacts { relay: true, named: true, ..RequestFacts::default() });
    let verdict = explain(&Question { exchange, request, ..Question::default() }, locale);
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

/// Whether what was said is right about a label. Other readings may be as right, and where the error states no status, so is the transport's.
pub fn is_right(row: &Row, said: &Map<String, Value>, label: &str, truth: &Value) -> bool {
    let accepted = || row.truth.get("accept_kinds").and_then(Value::as_array).is_some_and(|kinds| kinds.contains(&said["kind"]));
    match label {
        "kind" => same(said.get(label), truth) || accepted(),
        "status" => same(said.get(label), truth) || truth.is_null() && same(said.get(label), &json!(row.status)),
        _ => same(said.get(label), truth),
    }
}

/// Every label of a row, in the order in which they are reported.
pub const LABELS: [&str; 10] =
    ["kind", "limit_owner", "status", "provider", "model", "retry_after_s", "reset_at_ms", "is_byok", "retry_helps", "links"];

/// How well rows were read.
#[derive(Default)]
pub struct Score {
    rows: usize,
    /// Of each label, the right readings and all.
    right: BTreeMap<&'static str, (usize, usize)>,
    /// Look-alikes that were spoken of.
    pub spoken: Vec<String>,
    /// One line a row with a wrong label.
    pub misses: Vec<String>,
    /// Truth and reading of kind and owner, how often.
    confusion: BTreeMap<(&'static str, String, String), usize>,
}

impl Score {
    /// Reads the row and counts.
    pub fn count(&mut self, row: &Row, locale: &Locale) {
        let said = answer(row, locale);
        let word = |of: &Map<String, Value>, label: &str| of.get(label).and_then(Value::as_str).unwrap_or("–").to_owned();
        self.rows += 1;
        if row.truth["kind"] == "not_openrouter" && said["kind"] != "not_openrouter" {
            self.spoken.push(row.id.clone());
        }
        let mut misses = Vec::new();
        for label in LABELS {
            let Some(truth) = row.truth.get(label) else { continue };
            let good = is_right(row, &said, label, truth);
            let cell = self.right.entry(label).or_default();
            cell.0 += usize::from(good);
            cell.1 += 1;
            if !good {
                misses.push(format!("{label} {} for {truth}", said.get(label).unwrap_or(&Value::Null)));
            }
            if matches!(label, "kind" | "limit_owner") {
                let read = if good { word(&row.truth, label) } else { word(&said, label) };
                *self.confusion.entry((label, word(&row.truth, label), read)).or_default() += 1;
            }
        }
        if !misses.is_empty() {
            self.misses.push(format!("{:<40} {:<8} {}", row.id, row.surface.as_str(), misses.join(", ")));
        }
    }

    /// Of the rows that have the label, the share whose reading is right, 0 to 1.
    pub fn share(&self, label: &str) -> f64 {
        let (right, all) = *self.right.get(label).unwrap_or(&(0, 0));
        right as f64 / all.max(1) as f64
    }

    /// The tables, for people.
    pub fn report(&self) -> String {
        let mut out = format!("{} rows\n", self.rows);
        for label in LABELS {
            let (right, all) = self.right.get(label).unwrap_or(&(0, 0));
            writeln!(out, "  {label:<14} {right:>5} of {all:<5} {:>6.2} %", 100.0 * self.share(label)).unwrap();
        }
        for wanted in ["kind", "limit_owner"] {
            writeln!(out, "{wanted}: truth, rows, and what was read instead").unwrap();
            let mut all: BTreeMap<&str, (usize, Vec<String>)> = BTreeMap::new();
            for ((_, truth, read), count) in self.confusion.iter().filter(|((label, ..), _)| *label == wanted) {
                let line = all.entry(truth).or_default();
                line.0 += count;
                if truth != read {
                    line.1.push(format!("{read} {count}"));
                }
            }
            for (truth, (count, instead)) in all {
                writeln!(out, "  {truth:<22} {count:>5}  {}", if instead.is_empty() { "–".to_owned() } else { instead.join(", ") })
                    .unwrap();
            }
        }
        writeln!(out, "look-alikes spoken of: {}", self.spoken.len()).unwrap();
        out
    }
}
