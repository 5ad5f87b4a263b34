//! Reads failures, one JSON object a line: `{id, surface, status, headers, text}`, with `url`, `at_ms` and `locale`
//! where known. Writes what Cooldown makes of each, one JSON object a line. A line that cannot be read is reported on
//! stderr, and the next one is read.
//!
//! ```sh
//! cargo run --release --example explain < tests/corpus/http.jsonl
//! ```

use cooldown::{Exchange, Locale, Question, RequestFacts, Surface, Verdict, explain};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;

#[derive(Deserialize)]
struct Row {
    id: Value,
    surface: Surface,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    headers: Option<BTreeMap<String, Value>>,
    text: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    at_ms: Option<f64>,
    #[serde(default)]
    locale: Option<String>,
}

/// What a line of output says; `null` where nothing is stated.
#[derive(Serialize)]
struct Line {
    id: Value,
    kind: Value,
    limit_owner: Value,
    reason: Value,
    certainty: Value,
    status: Option<u16>,
    provider: Option<String>,
    model: Option<String>,
    retry_after_s: Option<serde_json::Number>,
    reset_at_ms: Option<u64>,
    is_byok: Option<bool>,
    retry_helps: Value,
    links: Vec<String>,
    title: Option<String>,
    body: Option<String>,
}

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut locales = BTreeMap::new();
    for (index, line) in io::stdin().lock().split(b'\n').enumerate() {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Row>(&line) {
            Ok(row) => writeln!(out, "{}", json(&answer(row, &mut locales))?)?,
            Err(error) => eprintln!("line {}: not a failure to read: {error}", index + 1),
        }
    }
    out.flush()
}

fn answer(row: Row, locales: &mut BTreeMap<String, Locale>) -> Line {
    let headers = row.headers.unwrap_or_default().into_iter().filter_map(|(name, value)| {
        let value = value.as_str().map(str::to_owned).or_else(|| value.is_number().then(|| value.to_string()))?;
        Some((name.to_ascii_lowercase(), value))
    });
    let exchange = Exchange {
        surface: row.surface,
        url: row.url.unwrap_or_default(),
        method: String::new(),
        status: row.status.unwrap_or_default(),
        headers: headers.collect(),
        body: row.text,
        at_ms: row.at_ms.map_or(0, |at_ms| at_ms as u64),
    };
    // A status and a body are read as the card reads them in the page that made the call: with a key, which such a call
    // always carries. Text alone tells nothing of whose call it was.
    let called = matches!(row.surface, Surface::Http | Surface::Sse | Surface::Body200);
    let request = called.then(|| RequestFacts { key: true, ..RequestFacts::default() });
    let language = row.locale.unwrap_or_else(|| "en".to_owned());
    let locale = locales.entry(language).or_insert_with_key(|language| locale(language));
    line(row.id, explain(&Question { exchange, request, ..Question::default() }, locale))
}

/// The words of a language that the extension has; English otherwise.
fn locale(language: &str) -> Locale {
    let known = !language.is_empty() && language.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let folder = language.replace('-', "_");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("extension/_locales").join(folder).join("messages.json");
    let stated = if known { std::fs::read_to_string(path).ok() } else { None };
    stated.and_then(|json| Locale::from_json(language, &json).ok()).unwrap_or_else(Locale::english)
}

fn line(id: Value, verdict: Option<Verdict>) -> Line {
    let Some(Verdict { diagnosis, words, .. }) = verdict else {
        return Line {
            id,
            kind: "not_openrouter".into(),
            limit_owner: "none".into(),
            reason: Value::Null,
            certainty: Value::Null,
            status: None,
            provider: None,
            model: None,
            retry_after_s: None,
            reset_at_ms: None,
            is_byok: None,
            retry_helps: "never".into(),
            links: Vec::new(),
            title: None,
            body: None,
        };
    };
    // A whole number of seconds is written as one.
    let seconds = |s: f64| if s.fract() == 0.0 { Some((s as u64).into()) } else { serde_json::Number::from_f64(s) };
    let word = |word: Result<Value, serde_json::Error>| word.unwrap_or_default();
    Line {
        id,
        kind: word(serde_json::to_value(diagnosis.kind)),
        limit_owner: word(serde_json::to_value(diagnosis.limit_owner)),
        reason: word(serde_json::to_value(diagnosis.reason)),
        certainty: word(serde_json::to_value(diagnosis.certainty)),
        status: diagnosis.status,
        provider: diagnosis.provider,
        model: diagnosis.model,
        retry_after_s: diagnosis.retry_after_s.and_then(seconds),
        reset_at_ms: diagnosis.reset_at_ms,
        is_byok: diagnosis.is_byok,
        retry_helps: word(serde_json::to_value(diagnosis.retry_helps)),
        links: diagnosis.links,
        title: Some(words.title),
        body: Some(words.body),
    }
}

fn json(line: &Line) -> io::Result<String> {
    serde_json::to_string(line).map_err(io::Error::other)
}
