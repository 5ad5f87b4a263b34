//! The whole verdict: total on anything, the same twice, with words for whatever it says, and never early.
#![no_main]

use cooldown::redact::redact;
use cooldown::{Exchange, Locale, Question, RequestFacts, Surface, explain};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static ENGLISH: LazyLock<Locale> = LazyLock::new(Locale::english);
const URLS: [&str; 3] = ["", "https://openrouter.ai/api/v1/chat/completions", "https://gateway.example/v1/chat/completions"];

fuzz_target!(|input: (u8, u8, u16, Option<String>, Vec<u8>)| {
    let (surface, url, status, retry_after, body) = input;
    let surface = Surface::ALL[usize::from(surface) % Surface::ALL.len()];
    let at_ms = 1_795_348_800_000;
    let exchange = Exchange {
        surface,
        url: URLS[usize::from(url) % URLS.len()].to_owned(),
        status: status % 600,
        headers: retry_after.into_iter().map(|value| ("retry-after".to_owned(), value)).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
        at_ms,
        ..Exchange::default()
    };
    let request = Some(RequestFacts { key: true, ..RequestFacts::default() });
    let question = Question { exchange, request, replayable: true, attempt: 3, ..Question::default() };
    let verdict = explain(&question, &ENGLISH);
    assert_eq!(verdict, explain(&question, &ENGLISH));
    let Some(verdict) = verdict else { return };
    assert!(!verdict.words.title.is_empty() && !verdict.words.body.is_empty() && verdict.words.facts.len() == 4);
    assert!(!verdict.diagnosis.evidence.is_empty());
    assert!(verdict.words.raw.chars().count() <= 4_000);
    assert_eq!(redact(&verdict.words.raw), verdict.words.raw);
    if let (Some(ready_at_ms), Some(reset_at_ms)) = (verdict.plan.ready_at_ms, verdict.diagnosis.reset_at_ms) {
        assert!(ready_at_ms >= reset_at_ms);
    }
});
