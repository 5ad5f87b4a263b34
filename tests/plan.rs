//! When an answer is kept from the app, and when not.

use cooldown::{Asks, Cost, Exchange, Locale, Plan, Question, RemedyType, RequestFacts, SiteMemory, explain};

const AT_MS: u64 = 1_795_348_800_000;

fn pool(metadata: &str) -> Question {
    let body = format!(
        r#"{{"error":{{"message":"Provider returned error","code":429,"metadata":{{"provider_name":"Venice","is_byok":false{metadata}}}}}}}"#
    );
    failing(429, &body)
}

fn failing(status: u16, body: &str) -> Question {
    let url = "https://openrouter.ai/api/v1/chat/completions".to_owned();
    let exchange = Exchange { url, status, body: body.to_owned(), at_ms: AT_MS, ..Exchange::default() };
    let request = Some(RequestFacts { key: true, ..RequestFacts::default() });
    Question { exchange, request, replayable: true, attempt: 1, ..Question::default() }
}

fn plan(question: &Question) -> Plan {
    let verdict = explain(question, &Locale::english()).expect("it is OpenRouter's by its address");
    let retry_first = verdict.remedies.first().is_some_and(|remedy| remedy.kind == RemedyType::Retry);
    assert_eq!(retry_first, verdict.plan.hold, "Retry is offered exactly while the answer is held");
    verdict.plan
}

/// The same call with a body that can be changed.
fn changeable(question: Question, model: &str, only: &[&str]) -> Question {
    let only = only.iter().map(|slug| (*slug).to_owned()).collect();
    let members = Some(vec!["model".to_owned(), "max_tokens".to_owned()]);
    let request = RequestFacts { key: true, model: Some(model.to_owned()), only, members, size: Some(400), ..RequestFacts::default() };
    Question { request: Some(request), ..question }
}

fn kinds(question: &Question) -> Vec<RemedyType> {
    explain(question, &Locale::english()).expect("OpenRouter's").remedies.iter().map(|remedy| remedy.kind).collect()
}

const AFFORD: &str = r#"{"error":{"message":"This request requires more credits, or fewer max_tokens. You requested up to 32000 tokens, but can only afford 900. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account","code":402}}"#;
const PINNED: &str = r#"{"error":{"message":"No allowed providers are available for the selected model. Providers serving a/b: together, but your request's `provider.only` preference permits only: cerebras.","code":404,"metadata":{"available_providers":["together"],"requested_providers":["cerebras"]}}}"#;

#[test]
fn what_cannot_be_repeated_is_held_for_a_change() {
    let locale = Locale::english();
    let held = |question: &Question| explain(question, &locale).expect("OpenRouter's").plan;
    for (question, kind) in [
        (changeable(failing(402, AFFORD), "a/b", &[]), RemedyType::ShorterAnswer),
        (changeable(failing(404, PINNED), "a/b", &["cerebras"]), RemedyType::Unpin),
    ] {
        assert_eq!(held(&question), Plan { hold: true, deadline_ms: Some(50_000), ready_at_ms: None, ..Plan::default() });
        assert!(kinds(&question).contains(&kind) && !kinds(&question).contains(&RemedyType::Retry));
        assert!(!held(&Question { replayable: false, ..question.clone() }).hold, "what cannot be sent again");
        let site = SiteMemory { own_retries: Some(2), ..SiteMemory::default() };
        assert!(held(&Question { site, ..question.clone() }).hold, "no SDK tries a refusal again");
        let no_json = question.request.clone().map(|request| RequestFacts { members: None, ..request });
        assert!(!held(&Question { request: no_json, ..question }).hold, "what is no JSON is not changed");
    }
}

#[test]
fn a_free_limit_is_held_for_the_paid_version_unless_the_app_tries_again() {
    let day = failing(429, r#"{"error":{"message":"Rate limit exceeded: free-models-per-day","code":429}}"#);
    let question = changeable(day, "a/b:free", &[]);
    let verdict = explain(&question, &Locale::english()).unwrap();
    assert!(verdict.plan.hold);
    let paid = verdict.remedies.iter().find(|remedy| remedy.kind == RemedyType::PaidVariant).unwrap();
    assert_eq!((paid.asks, &paid.patch), (Some(Asks::Price), &None), "its price comes first");
    let request = question.request.clone().map(|request| RequestFacts { app_retries: Some(0), ..request });
    let sdk = explain(&Question { request, ..question }, &Locale::english()).unwrap();
    assert!(!sdk.plan.hold && sdk.plan.show_after_ms > 0);
}

#[test]
fn after_three_failures_another_way_goes_first() {
    let question = changeable(pool(""), "a/b", &[]);
    assert_eq!(kinds(&Question { failures: 2, ..question.clone() }).first(), Some(&RemedyType::Retry));
    let often = kinds(&Question { failures: 3, ..question.clone() });
    assert_eq!(often.get(..2), Some([RemedyType::OtherProvider, RemedyType::Retry].as_slice()));
    assert_eq!(kinds(&Question { failures: 3, ..pool("") }).first(), Some(&RemedyType::Retry), "where there is another");
}

#[test]
fn a_model_without_room_lets_others_answer() {
    let body = r#"{"error":{"message":"All providers for a/b are at capacity. Retry after 5 seconds.","code":429,"availability":{"code":"capacity_exhausted","retryable":true,"retry_after":5,"requested_models":["a/b"],"docs_url":"https://openrouter.ai/docs","fallback_models":["c/d","e/f","g/h"]}}}"#;
    let full = changeable(failing(429, body), "a/b", &[]);
    let verdict = explain(&full, &Locale::english()).unwrap();
    let other = verdict.remedies.iter().find(|remedy| remedy.kind == RemedyType::OtherModel).unwrap();
    let edits: Vec<_> = other.patch.iter().flatten().map(|edit| (edit.path.join("."), edit.json.as_deref())).collect();
    assert_eq!(edits, [("models".to_owned(), Some(r#"["c/d","e/f"]"#))], "three at most, with its own");
    assert_eq!((other.label.as_str(), other.price.as_str()), ("Let d, f answer", "price may differ"));
    assert!(!kinds(&full).contains(&RemedyType::Successor), "the same models are not offered twice");
    assert!(kinds(&failing(429, body)).contains(&RemedyType::Successor), "where nothing can be changed they are named");
}

#[test]
fn what_was_agreed_to_is_priced_again() {
    let paid = Question { paid: true, ..changeable(pool(""), "a/b", &[]) };
    let verdict = explain(&paid, &Locale::english()).unwrap();
    let prices: Vec<_> =
        verdict.remedies.iter().filter(|remedy| remedy.costs == Cost::Credits).map(|remedy| (remedy.kind, remedy.price.as_str())).collect();
    assert_eq!(prices, [(RemedyType::Retry, "paid from credits"), (RemedyType::OtherProvider, "paid from credits")]);
}

#[test]
fn held_at_once_where_no_wait_is_stated() {
    assert_eq!(plan(&pool("")), Plan { hold: true, deadline_ms: Some(50_000), ready_at_ms: None, ..Plan::default() });
}

#[test]
fn held_beyond_a_stated_wait() {
    let short = plan(&pool(r#","retry_after_seconds":17"#));
    assert_eq!(
        short,
        Plan {
            hold: true,
            deadline_ms: Some(50_000),
            ready_at_ms: Some(AT_MS + 17_000),
            press_at_ms: Some(AT_MS + 17_000),
            ..Plan::default()
        }
    );
    let long = plan(&pool(r#","retry_after_seconds":60"#));
    assert_eq!(long.deadline_ms, Some(70_000));
    assert_eq!(plan(&pool(r#","retry_after_seconds":75"#)).deadline_ms, Some(85_000));
}

#[test]
fn a_press_after_a_try_that_failed_waits_a_moment_and_never_less_than_is_stated() {
    let press_in = |tries: u32, random: f64, metadata: &str| {
        plan(&Question { tries, random, ..pool(metadata) }).press_at_ms.map(|at_ms| at_ms - AT_MS)
    };
    let middle = [0, 1, 2, 3, 4, 1_000].map(|tries| press_in(tries, 0.5, ""));
    assert_eq!(middle, [None, Some(2_000), Some(4_000), Some(8_000), Some(8_000), Some(8_000)]);
    assert_eq!([0.0, 0.999, f64::NAN, 7.0].map(|random| press_in(2, random, "")), [Some(2_000), Some(5_996), Some(2_000), Some(6_000)]);
    assert_eq!(press_in(3, 0.5, r#","retry_after_seconds":3"#), Some(8_000));
    assert_eq!(press_in(1, 0.5, r#","retry_after_seconds":3"#), Some(3_000));
    let stated = [4, 5, 6].map(|tries| press_in(tries, 0.5, r#","retry_after_seconds":30"#));
    assert_eq!(stated, [Some(30_000), Some(34_000), Some(30_000)], "out of step with who was told the same, once");
    let unknown = Question { tries: 1, exchange: Exchange { at_ms: 0, ..pool("").exchange }, ..pool("") };
    assert_eq!(plan(&unknown).press_at_ms, None, "nothing is known of the time");
}

#[test]
fn not_held_where_nothing_can_land() {
    assert!(!plan(&pool(r#","retry_after_seconds":76"#)).hold);
    let patient = |patience_ms| SiteMemory { patience_ms: Some(patience_ms), ..SiteMemory::default() };
    let impatient = |patience_ms, wait: &str| plan(&Question { site: patient(patience_ms), ..pool(wait) });
    assert_eq!(impatient(30_000, "").deadline_ms, Some(30_000), "no longer than the app waits");
    assert_eq!(impatient(55_000, r#","retry_after_seconds":45"#).deadline_ms, Some(55_000));
    assert!(!impatient(55_000, r#","retry_after_seconds":46"#).hold, "no time would be left for the answer");
    assert!(!plan(&Question { replayable: false, ..pool("") }).hold);
    assert!(!plan(&Question { site: SiteMemory { only_explain: true, ..SiteMemory::default() }, ..pool("") }).hold);
    assert!(!plan(&failing(401, r#"{"error":{"message":"User not found.","code":401}}"#)).hold);
    assert!(!plan(&failing(429, r#"{"error":{"message":"Rate limit exceeded: free-models-per-day","code":429}}"#)).hold);
    let key = r#"{"error":{"message":"Key limit exceeded (daily limit). Manage it using https://openrouter.ai/settings/keys","code":403}}"#;
    assert!(!plan(&failing(403, key)).hold);
}

#[test]
fn the_unknown_is_held() {
    assert!(plan(&failing(429, "nobody knows")).hold);
    assert!(plan(&failing(0, "")).hold, "a broken connection can be tried again");
}

#[test]
fn an_app_that_retries_by_itself_is_left_alone() {
    let left_alone = Plan { show_after_ms: 5_000, ..Plan::default() };
    let with = |app_retries: Option<u32>, own_retries: Option<u32>, attempt: u32| {
        let request = Some(RequestFacts { key: true, app_retries, ..RequestFacts::default() });
        plan(&Question { request, attempt, site: SiteMemory { own_retries, ..SiteMemory::default() }, ..pool("") })
    };
    assert_eq!(with(Some(0), None, 1), left_alone, "an SDK's first try");
    assert_eq!(with(Some(1), None, 2), left_alone);
    assert!(with(Some(2), None, 3).hold, "its last one");
    assert_eq!(with(None, Some(1), 1), left_alone, "a site that was seen to try once more");
    assert!(with(None, Some(1), 2).hold);
    let site = SiteMemory { own_retries: Some(1), only_explain: true, ..SiteMemory::default() };
    assert_eq!(plan(&Question { attempt: 1, site, ..pool("") }), left_alone, "and what is only explained is not explained too early");
    assert!(with(Some(0), Some(0), 1).hold, "a site whose SDK was seen not to try again");
    assert!(with(None, Some(1_000), 6).hold, "no site is left alone for ever");
    let next = |attempt| plan(&Question { attempt, replayable: false, ..pool("") });
    assert_eq!(next(2), left_alone, "of its next try of another model nothing shows while it may go on");
    assert_eq!(next(1), Plan::default());
}

#[test]
fn an_error_inside_a_good_answer_is_no_matter_for_an_sdks_own_tries() {
    let request = Some(RequestFacts { app_retries: Some(0), ..RequestFacts::default() });
    let by_status = Question { request: request.clone(), ..pool("") };
    assert!(!plan(&by_status).hold, "it tries again by itself");
    let mut inside = Question { request, ..pool("") };
    inside.exchange.status = 200;
    assert!(plan(&inside).hold);
    inside.site.own_retries = Some(1);
    assert!(!plan(&inside).hold, "an app that was seen to try again after such an error");
}

/// Whatever people met: each button that does something says what it costs, or that it costs nothing; and a body that is no JSON has none
/// that changes it.
#[test]
fn whatever_can_be_pressed_says_its_price() {
    let own = ["http", "inside-200", "apis", "providers", "waits"].map(|file| format!("tests/corpus/{file}.jsonl"));
    let rows = own.into_iter().chain(std::env::var("COOLDOWN_CORPUS").ok()).filter_map(|file| std::fs::read_to_string(file).ok());
    let mut pressable = std::collections::BTreeSet::new();
    for line in rows.collect::<String>().lines().filter(|line| !line.is_empty()) {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let status = row["status"].as_u64().unwrap_or_default() as u16;
        for (model, only) in [("a/b", &[][..]), ("a/b:free", &["cerebras"][..])] {
            let question = changeable(failing(status, row["text"].as_str().unwrap()), model, only);
            let Some(verdict) = explain(&question, &Locale::english()) else { continue };
            for remedy in verdict.remedies.iter().filter(|remedy| remedy.patch.is_some() || remedy.asks.is_some()) {
                assert!(!remedy.price.is_empty(), "{:?} of {line}", remedy.kind);
                pressable.insert(remedy.kind.as_str());
            }
            let no_json = question.request.clone().map(|request| RequestFacts { members: None, ..request });
            let verdict = explain(&Question { request: no_json, ..question }, &Locale::english()).unwrap();
            assert!(
                verdict.remedies.iter().all(|remedy| remedy.patch.is_none() && remedy.asks.is_none_or(|asks| asks == Asks::Limits)),
                "{line}"
            );
        }
    }
    let all = ["compress", "limits", "other_model", "other_provider", "paid_variant", "providers", "shorter_answer", "successor", "unpin"];
    assert_eq!(pressable.into_iter().collect::<Vec<_>>(), all);
}

/// The alternatives of a pattern of the tap's, which are plain words: `const NAME = /a|b/i`.
fn words_of(tap: &str, name: &str) -> Vec<String> {
    let start = [name, " = /"].concat();
    let pattern = tap.split_once(&start).and_then(|(_, rest)| rest.split_once("/i")).expect("the tap has it").0;
    assert!(!pattern.contains(['\\', '(', '[', '.', '*', '?']), "{name} is words alone: {pattern}");
    pattern.split('|').map(str::to_lowercase).collect()
}

/// An XMLHttpRequest hears of a refusal's status before its body is there, so the tap keeps the body of those alone that a change may mend,
/// which it tells by a few words: they are those for which a change is offered here.
#[test]
fn the_tap_knows_the_refusals_that_a_change_mends() {
    let tap = std::fs::read_to_string("extension/page/tap.js").unwrap();
    let [mends, frees, foreign] = ["MENDS", "FREES", "FOREIGN"].map(|name| words_of(&tap, name));
    let own =
        ["http", "inside-200", "apis", "providers", "waits", "status", "shapes-wild"].map(|file| format!("tests/corpus/{file}.jsonl"));
    let rows = own.into_iter().chain(std::env::var("COOLDOWN_CORPUS").ok()).filter_map(|file| std::fs::read_to_string(file).ok());
    // Few words cannot tell all: whose setting it is, whose key was refused, which of the provider's reasons. Kept in vain a page has its
    // answer in a moment, missed it has it at once.
    let known = [
        "byok-google-leaked: kept in vain",
        "hb-ne-allowed-account: kept in vain",
        "provider-404-model: kept in vain",
        "step-gate-free-endpoints-by-agentic-harness: kept in vain",
        "wild-w-by-bed-403: kept in vain",
        "provider-401: missed",
        "zai-sensitive-zh: missed",
    ];
    let (mut kept, mut wrong) = (0, std::collections::BTreeSet::new());
    for line in rows.collect::<String>().lines().filter(|line| !line.is_empty()) {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let status = row["status"].as_u64().unwrap_or_default() as u16;
        let text = row["text"].as_str().unwrap();
        let is_error =
            serde_json::from_str::<serde_json::Value>(text).is_ok_and(|body| body["error"].is_object() || body["error"].is_string());
        if !is_error || !(400..500).contains(&status) || matches!(status, 402 | 408 | 409 | 429) {
            continue;
        }
        let lower = text.to_lowercase();
        let says = |words: &[String]| words.iter().any(|word| lower.contains(word));
        for (model, only) in [("a/b:free", &[][..]), ("a/b", &["cerebras"][..])] {
            let knows = says(&mends) || (status > 401 && says(&foreign)) || (!only.is_empty() && says(&frees));
            let verdict = explain(&changeable(failing(status, text), model, only), &Locale::english());
            let helps = verdict.is_some_and(|verdict| {
                verdict.plan.hold && verdict.remedies.iter().any(|remedy| remedy.patch.is_some() || remedy.asks == Some(Asks::Price))
            });
            kept += usize::from(knows && helps);
            if knows != helps {
                wrong.insert([row["id"].as_str().unwrap(), if helps { ": missed" } else { ": kept in vain" }].concat());
            }
        }
    }
    assert!(kept > 50, "only {kept}");
    assert_eq!(wrong, known.map(str::to_owned).into());
}
