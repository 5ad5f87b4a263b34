//! The card as a person and a screen reader meet it, drawn in a real browser.
#![cfg(target_arch = "wasm32")]

use cooldown::browser::{Card, explain, mount_card};
use cooldown::{
    Answer, Asks, Certainty, Cost, Detail, Diagnosis, Edit, Evidence, Fact, FactId, Kind, LimitOwner, Plan, Reason, Remedy, RemedyType,
    RetryHelps, Verdict, Words,
};
use gloo::timers::callback::Timeout;
use js_sys::{Array, Date, Function, JSON, Object, Promise, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Document, Element, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

/// A card on the test's page, taken off again at the end of the test.
struct Stage {
    card: Card,
    acts: Array,
}

impl Stage {
    fn new() -> Self {
        let acts = Array::new();
        let act = Function::new_with_args("action", "this.push(action)").bind0(&acts);
        Self { card: mount_card(&body(), act).unwrap(), acts }
    }

    fn with(verdict: &Verdict, phase: &str) -> Self {
        let stage = Self::new();
        stage.show(verdict, phase, 1, 1);
        stage
    }

    /// `panel` and `rule` as JSON.
    fn show_with(&self, verdict: &Verdict, panel: &str, rule: &str) {
        self.draw(verdict, "held", 1, 1, &[("panel", JSON::parse(panel).unwrap()), ("rule", JSON::parse(rule).unwrap())]);
    }

    fn show_by(&self, verdict: &Verdict, by: &str) {
        self.draw(verdict, "answered", 1, 2, &[("by", by.into())]);
    }

    fn show(&self, verdict: &Verdict, phase: &str, requests: u32, attempt: u32) {
        self.draw(verdict, phase, requests, attempt, &[]);
    }

    fn show_as(&self, verdict: &Verdict, phase: &str, more: &[(&str, JsValue)]) {
        self.draw(verdict, phase, 1, 1, more);
    }

    fn draw(&self, verdict: &Verdict, phase: &str, requests: u32, attempt: u32, more: &[(&str, JsValue)]) {
        let plain = serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true);
        let view = Object::new();
        let set = |name: &str, value: JsValue| Reflect::set(&view, &name.into(), &value).unwrap();
        set("verdict", verdict.serialize(&plain).unwrap());
        set("phase", phase.into());
        set("requests", requests.into());
        set("attempt", attempt.into());
        set("site", "chat.example".into());
        for (name, value) in more {
            set(name, value.clone());
        }
        self.card.show(view.into()).unwrap();
    }
}

fn document() -> Document {
    web_sys::window().unwrap().document().unwrap()
}

fn body() -> Element {
    document().query_selector("body").unwrap().unwrap()
}

fn find(selector: &str) -> Element {
    document().query_selector(selector).unwrap().unwrap_or_else(|| panic!("no {selector}"))
}

fn text(selector: &str) -> String {
    find(selector).text_content().unwrap_or_default()
}

fn is_shown(selector: &str) -> bool {
    find(selector).closest("[hidden]").unwrap().is_none()
}

fn count(selector: &str) -> u32 {
    document().query_selector_all(selector).unwrap().length()
}

async fn after(ms: u32) {
    let promise = Promise::new(&mut |resolve, _| {
        Timeout::new(ms, move || {
            resolve.call0(&JsValue::UNDEFINED).unwrap();
        })
        .forget();
    });
    JsFuture::from(promise).await.unwrap();
}

/// Waits for what time brings: at most ten seconds, on however busy a machine.
async fn until(come: impl Fn() -> bool) {
    for _ in 0..200 {
        if come() {
            return;
        }
        after(50).await;
    }
}

fn fact(id: FactId, answer: Option<Answer>, value: &str) -> Fact {
    Fact { id, label: format!("{id:?}?"), answer, value: value.to_owned(), why: String::new() }
}

fn link(label: &str, url: &str) -> Remedy {
    let (url, hint) = (Some(url.to_owned()), "When it helps.".to_owned());
    Remedy { url, hint, costs: Cost::ProviderAccount, ..remedy(RemedyType::OwnKey, label) }
}

fn remedy(kind: RemedyType, label: &str) -> Remedy {
    Remedy {
        kind,
        label: label.to_owned(),
        url: None,
        hint: String::new(),
        costs: Cost::Nothing,
        value: None,
        at_ms: None,
        price: String::new(),
        patch: None,
        asks: None,
        also: None,
    }
}

/// Something that sends a changed request.
fn change(kind: RemedyType, label: &str) -> Remedy {
    let edit = Edit { path: vec!["model".to_owned()], json: Some("1".to_owned()) };
    Remedy { price: "no extra cost".to_owned(), patch: Some(vec![edit]), ..remedy(kind, label) }
}

/// A busy provider, nothing stated about how long; tests change what they are about.
fn busy() -> Verdict {
    Verdict {
        diagnosis: Diagnosis {
            kind: Kind::UpstreamRateLimit,
            limit_owner: LimitOwner::SharedPool,
            reason: Reason::PoolQuota,
            certainty: Certainty::Certain,
            status: Some(429),
            provider: Some("Cerebras".to_owned()),
            model: None,
            retry_after_s: None,
            reset_at_ms: None,
            is_byok: None,
            retry_helps: RetryHelps::Later,
            links: vec![],
            request_id: None,
            evidence: vec![Evidence { field: "error.code".to_owned(), text: "429".to_owned() }],
            against: vec![],
        },
        words: Words {
            lang: "en".to_owned(),
            title: "Cerebras is busy right now".to_owned(),
            body: "No waiting time could be read.".to_owned(),
            facts: vec![
                fact(FactId::Owner, None, "OpenRouter's shared access"),
                fact(FactId::Waiting, Some(Answer::Yes), "Yes"),
                fact(FactId::OwnKey, Some(Answer::Maybe), "Maybe"),
                fact(FactId::OtherProvider, Some(Answer::Unknown), "Unknown"),
            ],
            details: vec![Detail { label: "Status".to_owned(), value: "429".to_owned() }],
            raw: "{\"error\":1}".to_owned(),
            report: "Cooldown report".to_owned(),
        },
        plan: Plan { hold: true, deadline_ms: Some(50_000), ready_at_ms: None, ..Plan::default() },
        remedies: vec![remedy(RemedyType::Retry, "Retry"), link("Integrations", "https://openrouter.ai/settings/integrations")],
    }
}

fn ready_in(ms: f64) -> Verdict {
    let mut verdict = busy();
    verdict.plan.ready_at_ms = Some((Date::now() + ms) as u64);
    verdict.plan.press_at_ms = verdict.plan.ready_at_ms;
    verdict.diagnosis.retry_after_s = Some(ms / 1000.0);
    verdict
}

/// The device's clock is another one from here on: it was set, or the device slept (the clock of `performance` stands still meanwhile).
struct Jump(JsValue);

impl Jump {
    fn by(ms: f64) -> Self {
        let native = Reflect::get(&date(), &"now".into()).unwrap();
        let jumped = Function::new_with_args("native, ms", "return native() + ms");
        let bound = jumped.bind2(&JsValue::UNDEFINED, &native, &ms.into());
        Reflect::set(&date(), &"now".into(), &bound).unwrap();
        Self(native)
    }
}

impl Drop for Jump {
    fn drop(&mut self) {
        Reflect::set(&date(), &"now".into(), &self.0).unwrap();
    }
}

fn date() -> JsValue {
    Reflect::get(&js_sys::global(), &"Date".into()).unwrap()
}

/// The page is in a tab that nobody looks at, or in front again.
fn hide(hidden: bool) {
    let told = Object::new();
    Reflect::set(&told, &"value".into(), &hidden.into()).unwrap();
    Reflect::set(&told, &"configurable".into(), &true.into()).unwrap();
    Reflect::define_property(&document(), &"hidden".into(), &told).unwrap();
    document().dispatch_event(&web_sys::Event::new("visibilitychange").unwrap()).unwrap();
}

#[wasm_bindgen_test]
fn nothing_is_shown_before_the_first_view_and_nothing_is_left_after_the_card() {
    let stage = Stage::new();
    assert!(!is_shown("#card"));
    stage.show(&busy(), "held", 1, 1);
    assert!(is_shown("#card"));
    drop(stage);
    assert_eq!(count("#card"), 0);
}

#[wasm_bindgen_test]
fn a_held_failure_says_what_happened_and_offers_retry() {
    let _stage = Stage::with(&busy(), "held");
    assert_eq!(find("#card").get_attribute("data-phase").as_deref(), Some("held"));
    assert_eq!(text("#title"), "Cerebras is busy right now");
    assert_eq!(text("#body"), "No waiting time could be read.");
    assert_eq!(text("#retry"), "Retry");
    assert!(is_shown("#retry") && !is_shown("#when") && !is_shown("#note"));
    assert_eq!(find("#card").get_attribute("lang").as_deref(), Some("en"));
}

#[wasm_bindgen_test]
fn four_facts_are_words_and_not_colours() {
    let _stage = Stage::with(&busy(), "held");
    assert_eq!(count("#facts dt"), 4);
    let values: Vec<_> = ["owner", "yes", "maybe", "unknown"]
        .into_iter()
        .map(|answer| {
            if answer == "owner" { text("#facts .fact:not([data-answer]) .value") } else { text(&format!("[data-answer={answer}] .value")) }
        })
        .collect();
    assert_eq!(values, ["OpenRouter's shared access", "Yes", "Maybe", "Unknown"]);
    // The shapes beside them say nothing more, so a screen reader skips them.
    assert_eq!(count("#facts svg:not([aria-hidden=true])"), 0);
}

#[wasm_bindgen_test]
async fn a_stated_wait_counts_down_in_the_button() {
    let _stage = Stage::with(&ready_in(5_000.0), "held");
    assert_eq!(text("#retry"), "Retry in 5 s");
    assert_eq!(text("#tip"), "Press early and it sends when the wait is over.");
    until(|| text("#retry") != "Retry in 5 s").await;
    assert!(["Retry in 4 s", "Retry in 3 s", "Retry in 2 s", "Retry in 1 s", "Retry"].contains(&text("#retry").as_str()));
}

#[wasm_bindgen_test]
async fn the_end_of_the_wait_is_retry_at_once_and_said_aloud() {
    let _stage = Stage::with(&ready_in(900.0), "held");
    until(|| text("#status") == "You can retry now.").await;
    assert_eq!(text("#retry"), "Retry");
    assert_eq!(text("#status"), "You can retry now.");
}

#[wasm_bindgen_test]
async fn after_a_sleep_the_wait_is_over_and_no_time_gone_by_is_shown() {
    let _stage = Stage::with(&ready_in(40_000.0), "held");
    assert_eq!(text("#retry"), "Retry in 40 s");
    let _slept = Jump::by(3_600_000.0);
    until(|| text("#retry") == "Retry").await;
    assert_eq!(text("#retry"), "Retry", "within the second in which it woke up");
}

#[wasm_bindgen_test]
async fn a_clock_that_is_set_back_makes_no_wait_longer() {
    let _stage = Stage::with(&ready_in(3_000.0), "held");
    let _set = Jump::by(-3_600_000.0);
    until(|| text("#retry") != "Retry in 3 s").await;
    let left = text("#retry");
    assert!(["Retry in 2 s", "Retry in 1 s", "Retry"].contains(&left.as_str()), "{left}");
    until(|| text("#retry") == "Retry").await;
    assert_eq!(text("#retry"), "Retry");
}

#[wasm_bindgen_test]
async fn in_a_hidden_tab_nothing_ticks_and_the_first_look_is_right() {
    let _stage = Stage::with(&ready_in(30_000.0), "held");
    hide(true);
    let before = text("#retry");
    after(2_100).await;
    assert_eq!(text("#retry"), before);
    let _later = Jump::by(10_000.0);
    hide(false);
    let left: u32 = text("#retry").trim_start_matches("Retry in ").trim_end_matches(" s").parse().unwrap();
    assert!((10..=18).contains(&left), "{left} s");
}

#[wasm_bindgen_test]
fn a_pause_after_a_try_counts_in_the_button_and_is_not_called_a_stated_wait() {
    let mut verdict = busy();
    verdict.plan.press_at_ms = Some((Date::now() + 4_000.0) as u64);
    let stage = Stage::with(&verdict, "failed");
    assert_eq!(text("#retry"), "Retry in 4 s");
    stage.show(&verdict, "released", 1, 2);
    assert!(!is_shown("#when"), "{}", text("#when"));
}

#[wasm_bindgen_test]
fn a_try_without_a_click_counts_beside_retry_with_a_button_that_stops_it() {
    let stage = Stage::new();
    stage.show_as(&busy(), "held", &[("auto_at_ms", (Date::now() + 8_000.0).into())]);
    assert_eq!(text("#auto span"), "Retries by itself in 8 s");
    assert_eq!((text("#retry").as_str(), text("#stop").as_str()), ("Retry", "Stop"));
    for phase in ["armed", "retrying", "answered", "released"] {
        stage.show_as(&busy(), phase, &[("auto_at_ms", (Date::now() + 8_000.0).into())]);
        assert!(!is_shown("#auto"), "{phase}");
    }
    stage.show(&busy(), "held", 1, 1);
    assert!(!is_shown("#auto"));
}

#[wasm_bindgen_test]
async fn a_reminder_is_offered_until_it_is_set() {
    let stage = Stage::new();
    stage.show_as(&ready_in(600_000.0), "released", &[("remind", "offer".into())]);
    assert_eq!(text("#remind"), "Remind me");
    stage.show_as(&ready_in(600_000.0), "released", &[("remind", "set".into())]);
    assert!(!is_shown("#remind"));
    assert_eq!(text("#tip"), "You'll get a notification then.");
    until(|| text("#status") == "You'll get a notification then.").await;
    assert_eq!(text("#status"), "You'll get a notification then.");
    // The browser was not allowed to, or no longer is.
    stage.show_as(&ready_in(600_000.0), "released", &[("remind", "marked".into())]);
    assert!(!is_shown("#remind") && text("#tip").starts_with("Only Cooldown's button on this tab will show it then"));
    until(|| text("#status") == text("#tip")).await;
    assert_eq!(text("#status"), text("#tip"));
    stage.show(&busy(), "released", 1, 1);
    assert!(!is_shown("#remind"));
}

#[wasm_bindgen_test]
fn armed_and_on_its_way() {
    let stage = Stage::with(&ready_in(20_000.0), "armed");
    assert_eq!(text("#retry"), "Retries in 20 s");
    stage.show(&busy(), "retrying", 1, 1);
    assert_eq!(text("#retry"), "Retrying…");
    assert_eq!(find("#retry").get_attribute("aria-disabled").as_deref(), Some("true"));
}

#[wasm_bindgen_test]
fn a_failed_retry_says_so_and_offers_the_next() {
    let stage = Stage::with(&busy(), "retrying");
    stage.show(&busy(), "failed", 1, 2);
    assert_eq!(text("#note"), "Try 2 failed too.");
    assert_eq!(text("#retry"), "Retry");
    assert_eq!(find("#retry").get_attribute("aria-disabled").as_deref(), Some("false"));
}

#[wasm_bindgen_test]
fn what_the_app_has_is_not_offered_for_retry() {
    let _stage = Stage::with(&ready_in(240_000.0), "released");
    assert!(!is_shown("#retry"));
    assert_eq!(text("#note"), "The app has its error now. To try again, send from the app.");
    assert_eq!(text("#when"), "Try again in about 4 min.");
    assert!(is_shown(".remedy"));
}

#[wasm_bindgen_test]
fn a_far_reset_is_a_clock_time() {
    let mut verdict = busy();
    verdict.remedies.remove(0);
    verdict.diagnosis.reset_at_ms = Some((Date::now() + 18_720_000.0) as u64);
    let _stage = Stage::with(&verdict, "released");
    let when = text("#when");
    assert!(when.starts_with("Comes back ") && when.contains(" at ") && when.contains("(in 5\u{a0}h 1"), "{when}");
    assert!(find(".remedy").class_list().contains("main"));
}

#[wasm_bindgen_test]
fn an_answer_is_one_calm_line() {
    let stage = Stage::with(&busy(), "held");
    stage.show(&busy(), "answered", 1, 2);
    assert_eq!(text("#title"), "Answered on try 2");
    for gone in ["#body", "#retry", "#facts", "#details", "#tip", ".remedy"] {
        assert!(!is_shown(gone), "{gone}");
    }
    assert!(is_shown("#close"));
}

#[wasm_bindgen_test]
fn changes_are_buttons_with_their_price_while_something_can_be_sent() {
    let mut verdict = busy();
    verdict.remedies.push(change(RemedyType::OtherProvider, "Skip Cerebras"));
    verdict.remedies.push(change(RemedyType::PaidVariant, "Paid"));
    verdict.remedies.push(change(RemedyType::OtherModel, "Another"));
    verdict.remedies.push(Remedy { asks: Some(Asks::Limits), price: "free".to_owned(), ..remedy(RemedyType::Limits, "My limits") });
    let stage = Stage::with(&verdict, "held");
    assert_eq!(text("[data-index='2']"), "Skip Cerebrasno extra cost");
    assert_eq!([count("button.remedy"), count("a.remedy"), count(".ask[data-index]")], [2, 1, 2], "two, a page, and the rest quietly");
    assert_eq!(count(".links .main"), 0, "Retry is the thing to press");
    stage.show(&verdict, "released", 1, 1);
    assert_eq!([count("button.remedy"), count("a.remedy"), count(".ask[data-index]")], [0, 1, 1], "the app has its error");
}

#[wasm_bindgen_test]
fn what_goes_before_retry_is_the_thing_to_press_unless_it_changes_the_model_or_costs_money() {
    for (kind, is_main) in [
        (RemedyType::OtherProvider, true),
        (RemedyType::ShorterAnswer, true),
        (RemedyType::OtherModel, false),
        (RemedyType::PaidVariant, false),
    ] {
        let mut verdict = busy();
        verdict.remedies.insert(0, change(kind, "Another way"));
        let _stage = Stage::with(&verdict, "failed");
        assert_eq!(count(".links button.main") == 1, is_main, "{}", kind.as_str());
        assert_eq!(find(".actions").has_attribute("data-other"), is_main);
    }
}

#[wasm_bindgen_test]
fn what_was_looked_up_stands_in_a_panel() {
    let stage = Stage::with(&busy(), "held");
    assert!(!is_shown("#panel"));
    stage.show_with(&busy(), "\"loading\"", "null");
    assert_eq!(text("#panel"), "Asking OpenRouter…Back");
    stage.show_with(&busy(), "\"failed\"", "null");
    assert_eq!(text("#panel"), "OpenRouter didn't answer that just now.Back");
    let panel = r#"{"title":"<b>Who</b>","lines":[{"label":"Credits left","value":"$1.00"}],"offers":[{"label":"Cerebras","price":"failed just now","detail":"","patch":null},
        {"label":"Together","price":"about $0.0006","detail":"$0.20 in","patch":[]}],"always":{"label":"Skip it","price":"price may differ"},"note":"Estimated.","at_ms":1795348800000}"#;
    stage.show_with(&busy(), panel, r#"{"name":"Cerebras","until_ms":1795348800000}"#);
    assert_eq!(text("#panel h3"), "<b>Who</b>", "as text");
    assert_eq!(text(".lines"), "Credits left$1.00");
    assert_eq!(
        ["button", ".offer.failed", "[data-act='offer'][data-index='1']", "[data-act='always']", "[data-act='back']"]
            .map(|part| count(&format!("#panel {part}"))),
        [3, 1, 1, 1, 1]
    );
    assert!(text("#panel .hint:last-child").starts_with("Read at "));
    assert!(text("#rule").starts_with("Cerebras is skipped here until ") && is_shown("#rule [data-act='undo']"));
    stage.show(&busy(), "held", 1, 1);
    assert!(!is_shown("#panel") && !is_shown("#rule"));
}

#[wasm_bindgen_test]
fn who_answered_is_named() {
    let stage = Stage::with(&busy(), "held");
    stage.show_by(&busy(), "Together");
    assert_eq!(text("#title"), "Answered on try 2 by Together");
}

#[wasm_bindgen_test]
fn several_requests_raise_a_counter() {
    let stage = Stage::with(&busy(), "held");
    assert!(!is_shown(".count"));
    stage.show(&busy(), "held", 3, 1);
    assert_eq!(text(".count"), "3 requests");
}

#[wasm_bindgen_test]
fn what_a_server_wrote_is_text() {
    let mut verdict = busy();
    let trap = "<img src=x onerror=alert(1)>";
    verdict.words.title = trap.to_owned();
    verdict.words.body = trap.to_owned();
    verdict.words.raw = trap.to_owned();
    verdict.words.details = vec![Detail { label: trap.to_owned(), value: trap.to_owned() }];
    verdict.diagnosis.evidence = vec![Evidence { field: trap.to_owned(), text: trap.to_owned() }];
    let _stage = Stage::with(&verdict, "held");
    assert_eq!(count("#card img"), 0);
    assert_eq!([text("#title"), text("#body"), text("#details .raw")], [trap, trap, trap]);
}

#[wasm_bindgen_test]
fn only_safe_links_are_drawn_and_they_are_real_ones() {
    let mut verdict = busy();
    verdict.remedies.push(link("Trap", "javascript:alert(1)"));
    verdict.remedies.push(link("Plain", "http://openrouter.ai/"));
    let _stage = Stage::with(&verdict, "held");
    assert_eq!(count(".remedy"), 1);
    let link = find("a.remedy");
    let is = |name: &str, value: &str| assert_eq!(link.get_attribute(name).as_deref(), Some(value));
    is("href", "https://openrouter.ai/settings/integrations");
    is("target", "_blank");
    is("rel", "noopener noreferrer");
    assert_eq!(text(&format!("#{}", link.get_attribute("aria-describedby").unwrap())), "When it helps.");
}

#[wasm_bindgen_test]
async fn a_click_or_key_that_no_person_made_does_nothing() {
    let stage = Stage::with(&busy(), "held");
    after(400).await;
    for button in ["#retry", "#close", ".copy"] {
        find(button).dyn_into::<HtmlElement>().unwrap().click();
    }
    let press = Function::new_with_args("card", "card.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))");
    press.call1(&JsValue::UNDEFINED, &find("#title")).unwrap();
    assert_eq!(stage.acts.length(), 0);
    assert!(!is_shown("#details .report"));
}

#[wasm_bindgen_test]
async fn the_focus_stays_where_the_person_types_and_the_news_is_said_politely() {
    let field = document().create_element("input").unwrap().dyn_into::<HtmlElement>().unwrap();
    body().append_child(&field).unwrap();
    field.focus().unwrap();
    let stage = Stage::with(&busy(), "held");
    assert!(field.is_same_node(document().active_element().as_deref()));
    assert_eq!(find("#status").get_attribute("role").as_deref(), Some("status"));
    assert_eq!(text("#status"), "", "a line that arrives filled is not read out");
    until(|| !text("#status").is_empty()).await;
    assert_eq!(text("#status"), "Cerebras is busy right now. No waiting time could be read.");
    stage.show(&busy(), "answered", 1, 2);
    until(|| text("#status").starts_with("Answered")).await;
    assert_eq!(text("#status"), "Answered on try 2");
    assert!(field.is_same_node(document().active_element().as_deref()));
    field.remove();
}

#[wasm_bindgen_test]
fn a_view_that_is_none_is_refused_and_the_card_stays() {
    let stage = Stage::with(&busy(), "held");
    let error = stage.card.show(JSON::parse("{\"phase\":\"held\"}").unwrap()).unwrap_err();
    assert_eq!(Reflect::get(&error, &"code".into()).unwrap(), "view");
    assert!(Reflect::get(&error, &"message".into()).unwrap().is_string());
    assert_eq!(text("#title"), "Cerebras is busy right now");
}

#[wasm_bindgen_test]
fn explain_is_silent_on_what_it_cannot_read() {
    for nonsense in ["null", "1", "[]", "{\"exchange\":{\"surface\":7}}"] {
        assert!(explain(JSON::parse(nonsense).unwrap()).is_null(), "{nonsense}");
    }
}
