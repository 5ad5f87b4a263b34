//! What the card reads of a `View` of `extension/protocol.js`.

use super::object::{list, maybe, needed, number, part, text, word, wrong};
use crate::vocabulary::vocabulary;
use crate::{Answer, Asks, RemedyType, RetryHelps};
use wasm_bindgen::JsValue;

/// The state to draw.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    pub(super) verdict: Verdict,
    pub(super) phase: Phase,
    pub(super) requests: u32,
    pub(super) attempt: u32,
    pub(super) site: String,
    /// The name of the app's own control, which stands in for Retry.
    pub(super) control: Option<String>,
    /// Who answered.
    pub(super) by: Option<String>,
    pub(super) panel: Option<Panel>,
    pub(super) rule: Option<Rule>,
    /// Where nothing is kept, Retry loads the page anew.
    pub(super) reload: bool,
    pub(super) auto_at_ms: Option<f64>,
    pub(super) remind: Option<Remind>,
}

/// What was looked up, or is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Panel {
    Loading,
    Failed,
    Shown { title: String, lines: Vec<[String; 2]>, offers: Vec<Offer>, always: Option<[String; 2]>, note: String, at_ms: Option<f64> },
}

/// A changed request to send.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Offer {
    pub(super) label: String,
    pub(super) price: String,
    pub(super) detail: String,
    pub(super) sends: bool,
}

/// A provider that is skipped on this site, as the person said.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) until_ms: f64,
}

vocabulary! {
    /// A reminder for the end of the wait.
    Remind {
        /// Can be had.
        Offer = "offer",
        /// Is set, and comes as a notification.
        Set = "set",
        /// Is set, and only marks the tab: the browser may show no notification.
        Marked = "marked",
    }
}

vocabulary! {
    /// Where the held answer stands.
    Phase {
        /// Kept from the app: Retry is there.
        Held = "held",
        /// Pressed early: sends by itself when the wait is over.
        Armed = "armed",
        /// On its way.
        Retrying = "retrying",
        /// The app has its error.
        Released = "released",
        /// The app has its answer.
        Answered = "answered",
        /// Sent again, failed again, kept again.
        Failed = "failed",
        /// Nothing was kept: a text, an error page, a call of a worker.
        Explained = "explained",
        /// The person asked about a text that is none of OpenRouter's failures.
        Nothing = "nothing",
    }
}

/// Of a verdict, what is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) lang: String,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) facts: Vec<Fact>,
    pub(super) details: Vec<[String; 2]>,
    pub(super) evidence: Vec<[String; 2]>,
    pub(super) against: Vec<[String; 2]>,
    pub(super) raw: String,
    pub(super) report: String,
    pub(super) retry_helps: RetryHelps,
    pub(super) retry_after_s: Option<f64>,
    pub(super) reset_at_ms: Option<f64>,
    pub(super) ready_at_ms: Option<f64>,
    pub(super) press_at_ms: Option<f64>,
    pub(super) remedies: Vec<Remedy>,
}

/// A fact in words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) answer: Option<Answer>,
    pub(super) value: String,
    pub(super) why: String,
}

/// Something to press.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Remedy {
    pub(super) kind: RemedyType,
    pub(super) label: String,
    pub(super) url: Option<String>,
    pub(super) hint: String,
    pub(super) price: String,
    pub(super) sends: bool,
    pub(super) asks: Option<Asks>,
    pub(super) also: Option<String>,
}

impl View {
    /// # Errors
    /// Names what is missing or of another kind.
    pub(super) fn read(from: &JsValue) -> Result<Self, JsValue> {
        let get = |from: &JsValue, name: &str| part(from, name)?.ok_or_else(|| wrong(name));
        let verdict = get(from, "verdict")?;
        let (words, diagnosis, plan) = (get(&verdict, "words")?, get(&verdict, "diagnosis")?, get(&verdict, "plan")?);
        Ok(Self {
            verdict: Verdict {
                lang: text(&words, "lang")?,
                title: text(&words, "title")?,
                body: text(&words, "body")?,
                facts: list(&words, "facts", fact)?,
                details: list(&words, "details", |detail| Ok([text(detail, "label")?, text(detail, "value")?]))?,
                evidence: list(&diagnosis, "evidence", sign)?,
                against: list(&diagnosis, "against", sign)?,
                raw: text(&words, "raw")?,
                report: text(&words, "report")?,
                retry_helps: needed(&diagnosis, "retry_helps", word(RetryHelps::from_word))?,
                retry_after_s: number(&diagnosis, "retry_after_s")?,
                reset_at_ms: number(&diagnosis, "reset_at_ms")?,
                ready_at_ms: number(&plan, "ready_at_ms")?,
                press_at_ms: number(&plan, "press_at_ms")?,
                remedies: list(&verdict, "remedies", remedy)?,
            },
            phase: needed(from, "phase", word(Phase::from_word))?,
            requests: number(from, "requests")?.unwrap_or(1.0) as u32,
            attempt: number(from, "attempt")?.unwrap_or(1.0) as u32,
            site: text(from, "site")?,
            control: maybe(from, "control", JsValue::as_string)?,
            by: maybe(from, "by", JsValue::as_string)?,
            panel: part(from, "panel")?.map(|it| panel(&it)).transpose()?,
            rule: part(from, "rule")?.map(|it| rule(&it)).transpose()?,
            reload: maybe(from, "reload", JsValue::as_bool)?.unwrap_or_default(),
            auto_at_ms: number(from, "auto_at_ms")?,
            remind: maybe(from, "remind", word(Remind::from_word))?,
        })
    }
}

fn fact(from: &JsValue) -> Result<Fact, JsValue> {
    let answer = maybe(from, "answer", word(Answer::from_word))?;
    Ok(Fact { label: text(from, "label")?, answer, value: text(from, "value")?, why: text(from, "why")? })
}

fn sign(from: &JsValue) -> Result<[String; 2], JsValue> {
    Ok([text(from, "field")?, text(from, "text")?])
}

fn remedy(from: &JsValue) -> Result<Remedy, JsValue> {
    Ok(Remedy {
        kind: needed(from, "type", word(RemedyType::from_word))?,
        label: text(from, "label")?,
        url: maybe(from, "url", JsValue::as_string)?,
        hint: text(from, "hint")?,
        price: text(from, "price")?,
        sends: part(from, "patch")?.is_some(),
        asks: maybe(from, "asks", word(Asks::from_word))?,
        also: maybe(from, "also", JsValue::as_string)?,
    })
}

fn panel(from: &JsValue) -> Result<Panel, JsValue> {
    match from.as_string().as_deref() {
        Some("loading") => return Ok(Panel::Loading),
        Some(_) => return Ok(Panel::Failed),
        None => {}
    }
    let offer = |it: &JsValue| {
        let sends = part(it, "patch")?.is_some();
        Ok(Offer { label: text(it, "label")?, price: text(it, "price")?, detail: text(it, "detail")?, sends })
    };
    Ok(Panel::Shown {
        title: text(from, "title")?,
        lines: list(from, "lines", |line| Ok([text(line, "label")?, text(line, "value")?]))?,
        offers: list(from, "offers", offer)?,
        always: part(from, "always")?.map(|it| Ok::<_, JsValue>([text(&it, "label")?, text(&it, "price")?])).transpose()?,
        note: text(from, "note")?,
        at_ms: number(from, "at_ms")?,
    })
}

fn rule(from: &JsValue) -> Result<Rule, JsValue> {
    Ok(Rule { name: text(from, "name")?, until_ms: number(from, "until_ms")?.unwrap_or_default() })
}
