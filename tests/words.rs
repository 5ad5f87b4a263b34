//! Every sentence that a person can read, one snapshot a kind. Reviewing the words is reviewing the code:
//! `INSTA_UPDATE=always cargo test --test words` writes them anew, the diff shows what people will read.

use cooldown::{Exchange, FactId, Kind, Locale, Question, Reason, RequestFacts, Surface, Verdict, explain};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

/// 22 November 2026, noon in UTC.
const NOON_MS: u64 = 1_795_348_800_000;

fn rows() -> Vec<Value> {
    let files = ["http", "inside-200"];
    let text = |file: &str| fs::read_to_string(format!("tests/corpus/{file}.jsonl")).unwrap();
    files.iter().flat_map(|file| text(file).lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()).collect()
}

/// The three of whom the words may speak: the person's own key, a site's own server, nobody known.
fn questions(row: &Value) -> [(&'static str, Question); 3] {
    let surface: Surface = serde_json::from_value(row["surface"].clone()).unwrap();
    // Resets of the past were met at the time: 17 s before them.
    let at_ms = row["truth"]["reset_at_ms"].as_u64().map_or(NOON_MS, |reset_at_ms| reset_at_ms - 17_000);
    let ask = |url: &str, request: Option<RequestFacts>| {
        let stated = row["url"].as_str().unwrap_or(url).to_owned();
        let status = row["status"].as_u64().unwrap_or_default() as u16;
        let headers = serde_json::from_value(row["headers"].clone()).unwrap();
        let body = row["text"].as_str().unwrap().to_owned();
        let at_ms = row["at_ms"].as_u64().unwrap_or(at_ms);
        let exchange = Exchange { surface, url: stated, method: "POST".to_owned(), status, headers, body, at_ms };
        Question { exchange, request, replayable: true, attempt: 1, ..Question::default() }
    };
    let with_key = RequestFacts { key: true, model: Some("acme/model-1".to_owned()), ..RequestFacts::default() };
    [
        ("yours", ask("https://openrouter.ai/api/v1/chat/completions", Some(with_key))),
        ("a site's", ask("https://app.example/api/chat", Some(RequestFacts::default()))),
        ("unknown", ask("", None)),
    ]
}

fn sheet(verdict: &Verdict) -> String {
    let mut sheet = String::new();
    let words = &verdict.words;
    writeln!(sheet, "{}\n{}", words.title, words.body).unwrap();
    for fact in &words.facts {
        writeln!(sheet, "  {} {}{}{}", fact.label, fact.value, if fact.why.is_empty() { "" } else { " · " }, fact.why).unwrap();
    }
    for remedy in &verdict.remedies {
        let url = remedy.url.as_deref().unwrap_or("");
        writeln!(sheet, "  [{}] {url}{}{}", remedy.label, if remedy.hint.is_empty() { "" } else { " · " }, remedy.hint).unwrap();
    }
    // Names are not words: one sheet stands for all providers and models.
    let model = verdict.diagnosis.model.as_deref().unwrap_or("acme/model-1");
    let names = [(verdict.diagnosis.provider.as_deref(), "{P}"), (Some(model), "{author/m}"), (model.split('/').nth(1), "{m}")];
    names
        .iter()
        .filter_map(|(name, sign)| Some((*name)?).map(|name| (name, sign)))
        .fold(sheet, |sheet, (name, sign)| sheet.replace(name, sign))
}

#[test]
fn every_sentence() {
    let locale = Locale::english();
    let mut sheets: BTreeMap<Kind, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for row in rows() {
        for (whose, question) in questions(&row) {
            let Some(verdict) = explain(&question, &locale) else { continue };
            let under = format!("{} · {whose}", verdict.diagnosis.reason.as_str());
            sheets.entry(verdict.diagnosis.kind).or_default().entry(under).or_default().insert(sheet(&verdict));
        }
    }
    for kind in Kind::ALL {
        let all = sheets.get(kind).unwrap_or_else(|| panic!("tests/corpus has no {}", kind.as_str()));
        let mut text = String::new();
        for (under, sheets) in all {
            for sheet in sheets {
                writeln!(text, "## {under}\n{sheet}").unwrap();
            }
        }
        insta::assert_snapshot!(kind.as_str(), text);
    }
}

#[test]
fn words_are_short_calm_and_complete() {
    let locale = Locale::english();
    for row in rows() {
        for (_, question) in questions(&row) {
            let Some(Verdict { diagnosis, words, remedies, .. }) = explain(&question, &locale) else { continue };
            let id = row["id"].as_str().unwrap();
            assert!(!words.title.is_empty() && words.title.split(' ').count() <= 9, "{id}: {}", words.title);
            assert!(!words.body.is_empty(), "{id}: no body");
            assert_eq!(words.facts.len(), 4, "{id}");
            assert!(words.facts.iter().all(|fact| !fact.label.is_empty() && !fact.value.is_empty()), "{id}");
            assert!(words.facts.iter().all(|fact| fact.id == FactId::Owner || !fact.why.is_empty()), "{id}: a fact without a reason");
            assert!(!diagnosis.evidence.is_empty(), "{id}: no evidence");
            assert!(remedies.iter().all(|remedy| !remedy.label.is_empty()), "{id}");
            let said = format!("{} {}", words.title, words.body);
            for banned in ["!", "Oops", "oops", "HTTP", "429", "402", "error code", "$", "Something went wrong"] {
                assert!(!said.contains(banned), "{id}: {banned} in {said}");
            }
        }
    }
}

/// A key of a verdict's words is `<kind>_title` or `<kind>_body`, then a reason, then whose, then `plain`.
#[test]
fn no_key_is_out_of_reach() {
    let json: Value = serde_json::from_str(&fs::read_to_string("extension/_locales/en/messages.json").unwrap()).unwrap();
    let reasons: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    for key in json.as_object().unwrap().keys() {
        let of_kind = |kind: &&Kind| ["title", "body"].iter().find_map(|part| key.strip_prefix(&format!("{}_{part}", kind.as_str())));
        let Some(rest) = Kind::ALL.iter().find_map(|kind| of_kind(&kind)) else { continue };
        let rest = rest.strip_suffix("_plain").unwrap_or(rest);
        let rest = rest.strip_suffix("_yours").or_else(|| rest.strip_suffix("_site")).unwrap_or(rest);
        let reason = rest.strip_prefix('_').unwrap_or(rest);
        assert!(reason.is_empty() || reasons.contains(reason), "{key}: {reason} is no reason");
    }
}

/// Whoever translates needs to know what a message is for and what its placeholders stand for.
#[test]
fn every_message_tells_its_translators() {
    let json: Value = serde_json::from_str(&fs::read_to_string("extension/_locales/en/messages.json").unwrap()).unwrap();
    for (key, entry) in json.as_object().unwrap() {
        assert!(entry["description"].as_str().is_some_and(|text| !text.is_empty()), "{key} has no description");
        let message = entry["message"].as_str().unwrap();
        let used: BTreeSet<&str> = message.split('$').skip(1).step_by(2).collect();
        let declared: BTreeSet<&str> =
            entry["placeholders"].as_object().into_iter().flat_map(|all| all.keys()).map(String::as_str).collect();
        assert_eq!(used, declared, "{key}");
    }
}
