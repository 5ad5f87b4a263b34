//! The core answers the same as wasm as it does natively (`corpus.rs`): the project's own corpus, through the binding that the worker calls.
#![cfg(target_arch = "wasm32")]

use cooldown::{Exchange, Locale, Question, Surface, browser, explain};
use js_sys::JSON;
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

const ROWS: [&str; 2] = [include_str!("corpus/http.jsonl"), include_str!("corpus/inside-200.jsonl")];

#[wasm_bindgen_test]
fn the_binding_answers_what_the_core_answers() {
    let mut spoken = 0;
    for line in ROWS.iter().flat_map(|rows| rows.lines()).filter(|line| !line.trim().is_empty()) {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = row["text"].as_str().unwrap();
        let status = row["status"].as_u64().unwrap_or_default();
        let inside_200 = row["surface"] == "body200";

        let surface = if inside_200 { Surface::Body200 } else { Surface::Http };
        let url = row["url"].as_str().unwrap_or_default();
        let exchange = Exchange {
            surface,
            url: url.into(),
            status: status as u16,
            body: text.into(),
            at_ms: 1_790_000_000_000,
            ..Exchange::default()
        };
        let directly = explain(&Question { exchange, replayable: true, attempt: 1, ..Question::default() }, &Locale::english());

        let question = json!({
            "exchange": { "surface": if inside_200 { "body200" } else { "http" }, "url": url, "method": "", "status": status,
                          "headers": {}, "body": text, "at_ms": 1_790_000_000_000_u64 },
            "request": null, "replayable": true, "attempt": 1, "site": { "own_retries": null },
        });
        let answer = browser::explain(JSON::parse(&question.to_string()).unwrap());
        let bound: Value = serde_json::from_str(&String::from(JSON::stringify(&answer).unwrap())).unwrap();
        match directly {
            None => assert!(bound.is_null(), "{}: the core is silent", row["id"]),
            Some(verdict) => {
                spoken += 1;
                for label in ["kind", "limit_owner", "provider"].into_iter().filter(|label| !row["truth"][label].is_null()) {
                    assert_eq!(bound["diagnosis"][label], row["truth"][label], "{} of {}", label, row["id"]);
                }
                assert_eq!(bound["words"]["title"], verdict.words.title.as_str(), "{}", row["id"]);
                assert_eq!(bound["words"]["body"], verdict.words.body.as_str(), "{}", row["id"]);
                assert_eq!(bound["plan"]["hold"], verdict.plan.hold, "{}", row["id"]);
            }
        }
    }
    assert!(spoken > 40, "only {spoken} rows spoke");
}
