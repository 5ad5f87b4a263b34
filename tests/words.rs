//! Every sentence that a person can read, one snapshot a kind. Reviewing the words is reviewing the code:
//! `INSTA_UPDATE=always cargo test --test words` writes them anew, the diff shows what people will read.

use cooldown::{
    Asks, Evidence, Exchange, FactId, Kind, LimitOwner, Locale, Question, Reason, RemedyType, RequestFacts, RetryHelps, Surface, Verdict,
    explain,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

/// 22 November 2026, noon in UTC.
const NOON_MS: u64 = 1_795_348_800_000;

/// The failures of the project's own corpus, but for those that only dress the others.
fn rows() -> Vec<Value> {
    let mut files: Vec<_> = fs::read_dir("tests/corpus").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_str().is_some_and(|name| name.ends_with(".jsonl") && !name.contains("wild")));
    files.sort();
    let text: String = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let rows = text.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.filter(|row| row["truth"]["kind"] != "not_openrouter").collect()
}

/// The four of whom the words may speak: the person's own key, a site's own server, a gateway whose key was sent, nobody known.
fn questions(row: &Value) -> [(&'static str, Question); 4] {
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
    let named = row["named"] == true;
    let relay = !row["url"].as_str().is_some_and(|url| url.contains("//openrouter.ai/"));
    let members = Some(vec!["model".to_owned(), "messages".to_owned()]);
    let with_key =
        RequestFacts { key: true, model: Some("acme/model-1".to_owned()), members, size: Some(4_000), ..RequestFacts::default() };
    [
        ("yours", ask("https://openrouter.ai/api/v1/chat/completions", Some(with_key.clone()))),
        ("a gateway's", ask("https://gateway.example/v1/chat/completions", Some(with_key))),
        ("a site's", ask("https://app.example/api/chat", Some(RequestFacts { relay, named, ..RequestFacts::default() }))),
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
        // Slugs and numbers are not words either.
        let value =
            remedy.value.as_deref().map_or("", |value| if value.bytes().all(|byte| byte.is_ascii_digit()) { "{n}" } else { "{slug}" });
        let own = remedy.url.as_deref().and_then(|url| url.split_once("/byok/")).map(|(head, _)| format!("{head}/byok/{{slug}}"));
        let url = own.as_deref().or(remedy.url.as_deref()).unwrap_or("");
        // What one click changes.
        let change = remedy.patch.iter().flatten().map(|edit| edit.path.join(".")).collect::<Vec<_>>().join(" ");
        let said = [value, url, &remedy.hint, remedy.costs.as_str(), &remedy.price, &change]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>();
        writeln!(sheet, "  [{}] {}", remedy.label, said.join(" · ")).unwrap();
    }
    // On what it is based: the places, and what stood there.
    let signs = |signs: &[Evidence]| {
        let shown = signs.iter().map(|sign| format!("{} = {}", sign.field, sign.text.chars().take(60).collect::<String>()));
        shown.collect::<Vec<_>>().join("; ")
    };
    let diagnosis = &verdict.diagnosis;
    write!(sheet, "  {} ← {}", diagnosis.certainty.as_str(), signs(&diagnosis.evidence)).unwrap();
    writeln!(sheet, "{}{}", if diagnosis.against.is_empty() { "" } else { " · against it: " }, signs(&diagnosis.against)).unwrap();
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
            assert!(words.body.ends_with('.') && !said.contains(".”"), "{id}: a sentence without an end, or with two: {said}");
            for banned in ["!", "Oops", "oops", "HTTP", "429", "402", "error code", "$", "Something went wrong"] {
                assert!(!said.contains(banned), "{id}: {banned} in {said}");
            }
        }
    }
}

/// What can be reached: each reason has a row in the corpus, and each kind, owner and reason that a row reaches has
/// words, facts, evidence and remedies that are complete by themselves.
#[test]
fn every_reachable_verdict_is_complete() {
    let locale = Locale::english();
    let mut reached: BTreeMap<(Kind, LimitOwner, Reason), BTreeSet<&str>> = BTreeMap::new();
    for row in rows() {
        for (whose, question) in questions(&row) {
            let Some(Verdict { diagnosis, words, remedies, plan }) = explain(&question, &locale) else { continue };
            let at = format!(
                "{}: {} {} {} {whose}",
                row["id"],
                diagnosis.kind.as_str(),
                diagnosis.limit_owner.as_str(),
                diagnosis.reason.as_str()
            );
            reached.entry((diagnosis.kind, diagnosis.limit_owner, diagnosis.reason)).or_default().insert(whose);
            assert!(!words.title.is_empty() && !words.body.is_empty(), "{at}");
            assert!(diagnosis.evidence.iter().all(|sign| !sign.field.is_empty()), "{at}: evidence without a place");
            assert!(words.facts.iter().all(|fact| !fact.value.is_empty()), "{at}: an empty fact");
            assert!(
                !remedies.is_empty()
                    || matches!(diagnosis.reason, Reason::WorkspaceBudget | Reason::AddressNotAllowed)
                    || whose != "yours"
                    || row["url"].is_string(),
                "{at}: nothing helps"
            );
            for remedy in &remedies {
                let kind = remedy.kind.as_str();
                assert!(!remedy.label.is_empty(), "{at}: {kind} has no words");
                let condition = remedy.url.is_some() || remedy.kind == RemedyType::Retry || !remedy.hint.is_empty();
                assert!(condition, "{at}: {kind} has no condition");
                let address = remedy.url.as_deref().unwrap_or("https://openrouter.ai/");
                let own = ["https://openrouter.ai/", "https://status.openrouter.ai"].iter().any(|head| address.starts_with(head));
                assert!(own, "{at}: {address}");
                let settings = ["/settings/", "/workspaces/"].iter().any(|part| address.contains(part));
                let others = matches!(whose, "a site's" | "a gateway's") && row["url"].is_null();
                assert!(!settings || !others, "{at}: {address} is not theirs to set");
            }
            let kinds: BTreeSet<&str> = remedies.iter().map(|remedy| remedy.kind.as_str()).collect();
            assert_eq!(kinds.len(), remedies.len(), "{at}: a remedy stands twice");
            assert!(diagnosis.retry_helps != RetryHelps::Never || !kinds.contains("wait") && !kinds.contains("retry"), "{at}");
            let sends = remedies.iter().any(|remedy| remedy.patch.is_some() || remedy.asks == Some(Asks::Price));
            assert!(!plan.hold || kinds.contains("retry") || sends, "{at}: kept, and nothing can land");
            for remedy in &remedies {
                assert_eq!(
                    remedy.patch.is_some() || remedy.asks.is_some(),
                    !remedy.price.is_empty(),
                    "{at}: a button without a price, or a price without one"
                );
            }
        }
    }
    let reasons: BTreeSet<Reason> = reached.keys().map(|(.., reason)| *reason).collect();
    let missing: Vec<&str> = Reason::ALL.iter().filter(|reason| !reasons.contains(reason)).map(|reason| reason.as_str()).collect();
    assert!(missing.is_empty(), "tests/corpus has no row for {missing:?}");
    for owner in LimitOwner::ALL {
        assert!(reached.keys().any(|(_, reached, _)| reached == owner), "tests/corpus has no row of {}", owner.as_str());
    }
}

/// A key of a verdict's words is `<kind>_title` or `<kind>_body`, then a reason, then whose, then `plain`.
#[test]
fn no_key_is_out_of_reach() {
    let json: Value = serde_json::from_str(&fs::read_to_string("extension/_locales/en/messages.json").unwrap()).unwrap();
    let reasons: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    for key in json.as_object().unwrap().keys() {
        let full = key.strip_suffix("_plain").unwrap_or(key);
        assert!(json.get(full).is_some(), "{key} stands in for {full}, which there is not");
        let of_kind = |kind: &&Kind| ["title", "body"].iter().find_map(|part| key.strip_prefix(&format!("{}_{part}", kind.as_str())));
        let Some(rest) = Kind::ALL.iter().find_map(|kind| of_kind(&kind)) else { continue };
        let rest = rest.strip_suffix("_plain").unwrap_or(rest);
        let rest = ["_yours", "_site", "_gateway"].iter().find_map(|voice| rest.strip_suffix(voice)).unwrap_or(rest);
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
