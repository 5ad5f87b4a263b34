//! What a click had looked up, from answers as openrouter.ai gives them.

use cooldown::{Asks, Cost, Exchange, Locale, Question, RequestFacts, panel};

/// `GET /models/{author}/{slug}/endpoints`, October 2026, cut to what is read.
const LIST: &str = r#"{"data":{"id":"openai/gpt-oss-120b","endpoints":[
    {"name":"Cerebras | openai/gpt-oss-120b","provider_name":"Cerebras","tag":"cerebras/fp16","context_length":131072,"pricing":{"prompt":"0.00000035","completion":"0.00000075"},"status":0,"uptime_last_30m":92.4},
    {"name":"Together | openai/gpt-oss-120b","provider_name":"Together","tag":"together","context_length":131072,"pricing":{"prompt":"0.00000015","completion":"0.0000006","request":"0"},"uptime_last_30m":100,"latency_last_30m":{"p50":512.5,"p99":4100}},
    {"name":"Together | openai/gpt-oss-120b","provider_name":"Together","tag":"together/fp8","context_length":131072,"pricing":{"prompt":"1","completion":"1"}},
    {"name":"Free | openai/gpt-oss-120b","provider_name":"OpenInference","tag":"open-inference/int8","context_length":131072,"pricing":{"prompt":"0","completion":"0"},"uptime_last_30m":null},
    {"name":"x","provider_name":"Groq","tag":"groq","pricing":{"prompt":"a lot","completion":"0"}},
    {"provider_name":"No tag"}, {"provider_name":"Trap","tag":"a\"b"}, 7]}}"#;

fn question(model: &str, only: &[&str]) -> Question {
    let body = r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"provider_name":"Cerebras"}}}"#;
    let url = "https://openrouter.ai/api/v1/chat/completions".to_owned();
    let exchange = Exchange { url, status: 429, body: body.to_owned(), ..Exchange::default() };
    let request = RequestFacts {
        key: true,
        model: Some(model.to_owned()),
        only: only.iter().map(|slug| (*slug).to_owned()).collect(),
        members: Some(vec!["model".to_owned()]),
        size: Some(4_000),
        ..RequestFacts::default()
    };
    Question { exchange, request: Some(request), replayable: true, attempt: 1, failures: 1, ..Question::default() }
}

#[test]
fn who_else_serves_it() {
    let question = question("openai/gpt-oss-120b", &["cerebras"]);
    assert_eq!(panel::model_to_list(&question, Asks::Providers).as_deref(), Some("openai/gpt-oss-120b"));
    let panel = panel::from_list(&question, Asks::Providers, LIST, &Locale::english()).unwrap();
    assert_eq!(panel.title, "Who else serves gpt-oss-120b");
    let rows: Vec<_> = panel.offers.iter().map(|offer| [offer.label.as_str(), &offer.price, &offer.detail]).collect();
    assert_eq!(
        rows,
        [
            ["Cerebras", "failed just now", "$0.35 in, $0.75 out · 131k\u{a0}context · 92\u{a0}%\u{a0}up"],
            ["Together", "about $0.0008", "$0.15 in, $0.60 out · 131k\u{a0}context · 100\u{a0}%\u{a0}up · 0.6\u{a0}s"],
            ["OpenInference", "free", "$0 in, $0 out · 131k\u{a0}context"],
            ["Groq", "price not stated", ""],
        ]
    );
    let patches: Vec<_> = panel.offers.iter().map(|offer| offer.patch.as_ref().map(Vec::len)).collect();
    assert_eq!(patches, [None, Some(3), Some(3), Some(3)], "the one that failed is shown, not offered");
    let together = panel.offers[1].patch.as_ref().unwrap();
    let said: Vec<_> = together.iter().map(|edit| (edit.path.join("."), edit.json.as_deref())).collect();
    let pin = [
        ("provider.only".to_owned(), None),
        ("provider.order".to_owned(), Some(r#"["together"]"#)),
        ("provider.ignore".to_owned(), Some(r#"["cerebras"]"#)),
    ];
    assert_eq!(said, pin, "by its tag, the pin taken out");
    assert_eq!(panel.always, None, "a request that is bound to one provider keeps to no rule");
}

#[test]
fn a_rule_is_offered_where_others_serve_it() {
    let alone = r#"{"data":{"endpoints":[{"provider_name":"Cerebras","tag":"cerebras/fp16","pricing":{"prompt":"0","completion":"0"}}]}}"#;
    let of = |list: &str| panel::from_list(&question("a/b", &[]), Asks::Providers, list, &Locale::english()).unwrap();
    assert_eq!(of(LIST).always.map(|always| always.slug).as_deref(), Some("cerebras"));
    let panel = of(alone);
    assert_eq!((panel.title.as_str(), panel.always, panel.note.as_str()), ("Nobody else serves b right now", None, ""));
}

#[test]
fn the_paid_version_at_its_price() {
    let question = question("openai/gpt-oss-120b:free", &[]);
    assert_eq!(panel::model_to_list(&question, Asks::Price).as_deref(), Some("openai/gpt-oss-120b"));
    let list = LIST
        .replace(r#""prompt":"a lot""#, r#""prompt":"0.000001""#)
        .replace(r#""prompt":"1","completion":"1""#, r#""prompt":"0","completion":"0""#);
    let panel = panel::from_list(&question, Asks::Price, &list, &Locale::english()).unwrap();
    let [offer] = panel.offers.as_slice() else { panic!("one offer") };
    assert_eq!((offer.price.as_str(), offer.costs), ("about $0.0011", Cost::Credits), "1,000 tokens each way, at the dearest");
    let edits: Vec<_> = offer.patch.iter().flatten().map(|edit| (edit.path.join("."), edit.json.as_deref())).collect();
    assert_eq!(edits, [("model".to_owned(), Some(r#""openai/gpt-oss-120b""#))]);
    assert_eq!(panel::from_list(&question, Asks::Price, LIST, &Locale::english()), None, "without a price nothing is offered");
}

#[test]
fn no_list_is_no_offer() {
    for list in ["", "<html>", "{}", r#"{"data":{"endpoints":[]}}"#, r#"{"data":{"endpoints":{}}}"#, r#"{"error":{"message":"x"}}"#] {
        assert_eq!(panel::from_list(&question("a/b", &[]), Asks::Providers, list, &Locale::english()), None, "{list}");
    }
    assert_eq!(panel::model_to_list(&question("../../key", &[]), Asks::Providers), None, "nothing but a slug ends up in an address");
    assert_eq!(panel::model_to_list(&question("a/b", &[]), Asks::Price), None, "it is paid already");
    let text = Question { request: None, ..question("a/b", &[]) };
    assert_eq!(panel::model_to_list(&text, Asks::Providers), None);
}

#[test]
fn what_is_left() {
    let shown = |numbers: &str| {
        let panel = panel::limits(numbers, 1_795_348_800_000, &Locale::english());
        panel.map(|panel| panel.lines.into_iter().map(|line| format!("{}: {}", line.label, line.value)).collect::<Vec<_>>())
    };
    let key = r#"{"limit":5,"limit_remaining":0.25,"limit_reset":"monthly","is_free_tier":false,"total_credits":10,"total_usage":11.5,"free_used":3,"free_limit":1000,"free_remaining":997}"#;
    let all = [
        "Credits left: −$1.50",
        "This key's cap: $0.25 of $5.00 left this month",
        "Free requests today: 997 of 1,000 left",
        "Account: Has bought credits",
    ];
    assert_eq!(shown(key).unwrap(), all);
    assert_eq!(shown(r#"{"is_free_tier":true}"#).unwrap(), ["This key's cap: None", "Account: Never bought credits"]);
    assert_eq!(shown("{}"), None, "nothing was read");
    assert_eq!(shown(""), None);
}
