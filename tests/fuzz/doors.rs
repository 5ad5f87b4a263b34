//! The core's doors by which bytes of others come in, and what holds of each whatever comes. The fuzz targets run them for as long as one likes;
//! `tests/properties.rs` runs them for a moment in every run, so that they are never left behind.

use cooldown::read::{EventStream, Text, fault, layout, read, wait};
use cooldown::redact::redact;
use cooldown::{Asks, Exchange, Locale, Question, RequestFacts, Surface, explain, panel};
use serde_json::Value;
use std::sync::LazyLock;

static ENGLISH: LazyLock<Locale> = LazyLock::new(Locale::english);
const URLS: [&str; 3] = ["https://openrouter.ai/api/v1/chat/completions", "", "https://gateway.example/v1/chat/completions"];
const AT_MS: u64 = 1_795_348_800_000;
/// The last instant of JavaScript's `Date`.
const LAST_MS: u64 = 8_640_000_000_000_000;

/// The tolerant reader: it ends, and what it reads is bounded by what there was.
pub fn reader(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let reading = read(&layout::plain(&text));
    let printed: usize = reading.roots.iter().map(|root| root.to_string().len()).sum();
    // JSON needs at most six characters for one, and quotes, commas and colons around it; nesting is bounded.
    assert!(printed <= 64 + 32 * text.len(), "{printed} of {}", text.len());
    for (well, prose) in [(true, true), (true, false), (false, true), (false, false)] {
        let _ = fault::find(&reading.roots, well, prose);
    }
}

/// The stream reader: where a stream is cut into pieces makes no difference. The first eight bytes are how long the pieces are, in turn.
pub fn stream(bytes: &[u8]) {
    let Some((sizes, bytes)) = bytes.split_first_chunk::<8>() else { return };
    let mut whole = EventStream::default();
    let mut all = whole.push(bytes);
    all.extend(whole.finish());

    let (mut stream, mut got, mut rest) = (EventStream::default(), Vec::new(), bytes);
    for size in sizes.iter().cycle() {
        let (piece, after) = rest.split_at(usize::from(*size).clamp(1, 64).min(rest.len()));
        got.extend(stream.push(piece));
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    got.extend(stream.finish());
    assert_eq!(got, all);
}

/// The grammars of waits: no text makes one that a clock cannot hold, and what was written is read again. The first eight bytes are the time.
pub fn waits(bytes: &[u8]) {
    let Some((at_ms, text)) = bytes.split_first_chunk() else { return };
    let (at_ms, text) = (u64::from_be_bytes(*at_ms) % LAST_MS, &*String::from_utf8_lossy(text));
    if let Some(ms) = wait::from_text(&Text::new(text)) {
        assert!(ms <= 86_400_000, "{ms}");
    }
    let _ = wait::seconds(text);
    let _ = wait::retry_after(text, at_ms);
    let _ = wait::date(text);
    assert!(wait::reset(text, at_ms).is_none_or(|reset| reset <= LAST_MS + 1_000_000_000_000));
    if let Some(instant) = wait::instant(text) {
        assert_eq!(wait::instant(&wait::to_iso(instant)), Some(instant - instant % 1_000));
    }
    for period in [wait::Period::Day, wait::Period::Week, wait::Period::Month] {
        let next = wait::next(period, at_ms);
        assert!(next > at_ms && next - at_ms <= 31 * 86_400_000, "{next} after {at_ms}");
    }
}

/// The whole verdict, on a page, in a stream or pasted: total on anything, the same twice, with words for whatever it says, and never early.
/// The first byte is the surface and the address, the next two are the status; a text before a NUL is `Retry-After`.
pub fn verdict(bytes: &[u8]) {
    let [place, high, low, said @ ..] = bytes else { return };
    let place = usize::from(*place);
    let said = String::from_utf8_lossy(said);
    let (retry_after, body) = said.split_once('\0').map_or((None, &*said), |(value, body)| (Some(value), body));
    let exchange = Exchange {
        surface: Surface::ALL[place % Surface::ALL.len()],
        url: URLS[place / Surface::ALL.len() % URLS.len()].to_owned(),
        status: u16::from_be_bytes([*high, *low]) % 600,
        headers: retry_after.into_iter().map(|value| ("retry-after".to_owned(), value.to_owned())).collect(),
        body: body.to_owned(),
        at_ms: AT_MS,
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
    for url in verdict.remedies.iter().filter_map(|remedy| remedy.url.as_deref()) {
        assert!(url == "https://status.openrouter.ai" || url.starts_with("https://openrouter.ai/"), "{url}");
    }
    if let (Some(ready_at_ms), Some(reset_at_ms)) = (verdict.plan.ready_at_ms, verdict.diagnosis.reset_at_ms) {
        assert!(ready_at_ms >= reset_at_ms);
    }
}

/// What OpenRouter answers to a click: a model's list, read for each question about it, and the numbers of a key.
pub fn lists(bytes: &[u8]) {
    let listing = &*String::from_utf8_lossy(bytes);
    let exchange = Exchange {
        url: URLS[0].to_owned(),
        status: 429,
        body: r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"provider_name":"Cerebras"}}}"#.to_owned(),
        at_ms: AT_MS,
        ..Exchange::default()
    };
    let members = Some(vec!["model".to_owned()]);
    let request = RequestFacts { model: Some("a/b:free".to_owned()), members, size: Some(4_000), ..RequestFacts::default() };
    let question = Question { exchange, request: Some(request), replayable: true, ..Question::default() };
    // What is no JSON says nothing, whatever is asked.
    for asks in serde_json::from_str::<Value>(listing).map_or(&[][..], |_| Asks::ALL) {
        let Some(panel) = panel::from_list(&question, *asks, listing, &ENGLISH) else { continue };
        assert!(!panel.title.is_empty() && (1..=6).contains(&panel.offers.len()));
        assert!(panel.offers.iter().all(|offer| offer.label.len() <= 60 && !offer.price.is_empty()));
    }
    if let Some(panel) = panel::limits(listing, AT_MS, &ENGLISH) {
        assert!(!panel.lines.is_empty() && panel.lines.len() <= 4);
    }
}
