//! The binding that the worker calls loses nothing on its way: for the project's own corpus, what comes out of it is the core's whole
//! verdict. (That the core says the same natively is for `tests/browser/lines.test.mjs`.)
#![cfg(target_arch = "wasm32")]

use cooldown::{Asks, Exchange, Headers, Locale, Question, RequestFacts, SiteMemory, Surface, browser, explain, panel};
use js_sys::JSON;
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

const ROWS: [&str; 5] = [
    include_str!("corpus/http.jsonl"),
    include_str!("corpus/inside-200.jsonl"),
    include_str!("corpus/providers.jsonl"),
    include_str!("corpus/waits.jsonl"),
    include_str!("corpus/apis.jsonl"),
];

const LIST: &str =
    r#"{"data":{"endpoints":[{"provider_name":"Together","tag":"together/fp8","pricing":{"prompt":"0.000001","completion":"0.000002"}}]}}"#;

/// Numbers as JavaScript has them.
fn in_javascript(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(in_javascript).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), in_javascript(value))).collect(),
        other => other.clone(),
    }
}

#[wasm_bindgen_test]
fn the_binding_answers_what_the_core_answers() {
    let (mut spoken, mut offered) = (0, 0);
    for line in ROWS.iter().flat_map(|rows| rows.lines()).filter(|line| !line.trim().is_empty()) {
        let row: Value = serde_json::from_str(line).unwrap();
        let surface: Surface = serde_json::from_value(row["surface"].clone()).unwrap();
        let headers: Headers = serde_json::from_value(row["headers"].clone()).unwrap();
        let exchange = Exchange {
            surface,
            url: row["url"].as_str().unwrap_or("https://openrouter.ai/api/v1/chat/completions").into(),
            method: "POST".into(),
            status: row["status"].as_u64().unwrap_or_default() as u16,
            headers,
            body: row["text"].as_str().unwrap().into(),
            at_ms: 1_790_000_000_000,
        };
        let request = RequestFacts {
            model: Some("acme/model-1:free".into()),
            key: true,
            only: vec!["cerebras".into()],
            app_retries: Some(2),
            members: Some(vec!["model".into()]),
            size: Some(4_000),
            ..RequestFacts::default()
        };
        let site = SiteMemory { own_retries: Some(0), patience_ms: Some(55_000), auto: true, ..SiteMemory::default() };
        let question = Question {
            exchange,
            request: Some(request),
            replayable: true,
            attempt: 1,
            failures: 3,
            paid: false,
            tries: 2,
            random: 0.75,
            site,
            vantage: None,
        };

        let asked = serde_json::to_string(&question).unwrap();
        let answer = browser::explain(JSON::parse(&asked).unwrap());
        let bound: Value = serde_json::from_str(&String::from(JSON::stringify(&answer).unwrap())).unwrap();
        let directly = explain(&question, &Locale::english());
        spoken += usize::from(directly.is_some());
        assert_eq!(in_javascript(&bound), in_javascript(&serde_json::to_value(directly).unwrap()), "{}", row["id"]);
        for asks in [Asks::Providers, Asks::Price] {
            let panel = browser::look_up(JSON::parse(&asked).unwrap(), asks.as_str(), LIST);
            let bound: Value = serde_json::from_str(&String::from(JSON::stringify(&panel).unwrap())).unwrap();
            let directly = panel::from_list(&question, asks, LIST, &Locale::english());
            offered += usize::from(directly.is_some());
            assert_eq!(in_javascript(&bound), in_javascript(&serde_json::to_value(directly).unwrap()), "{}", row["id"]);
        }
    }
    assert!(spoken > 200, "only {spoken} rows spoke");
    assert!(offered > 100, "only {offered} rows had a list");
}
