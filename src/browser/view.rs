//! What the card reads of a `View` of `extension/protocol.js`, by name, straight from the object: a derived reader of the whole verdict, most
//! of which the card never looks at, makes the binary larger by a twentieth.

use crate::{Answer, RemedyType, RetryHelps};
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// The state to draw.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    pub(super) verdict: Verdict,
    pub(super) phase: Phase,
    pub(super) requests: u32,
    pub(super) attempt: u32,
    pub(super) site: String,
}

/// Where the held answer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Kept from the app: Retry is there.
    Held,
    /// Pressed early: sends by itself when the wait is over.
    Armed,
    /// On its way.
    Retrying,
    /// The app has its error.
    Released,
    /// The app has its answer.
    Answered,
    /// Sent again, failed again, kept again.
    Failed,
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
    pub(super) raw: String,
    pub(super) report: String,
    pub(super) retry_helps: RetryHelps,
    pub(super) retry_after_s: Option<f64>,
    pub(super) reset_at_ms: Option<f64>,
    pub(super) ready_at_ms: Option<f64>,
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
    pub(super) url: String,
    pub(super) hint: String,
}

impl View {
    /// # Errors
    /// Names what is missing or of another kind.
    pub(super) fn read(from: &JsValue) -> Result<Self, JsValue> {
        let verdict = get(from, "verdict")?;
        let (words, diagnosis, plan) = (get(&verdict, "words")?, get(&verdict, "diagnosis")?, get(&verdict, "plan")?);
        Ok(Self {
            verdict: Verdict {
                lang: text(&words, "lang")?,
                title: text(&words, "title")?,
                body: text(&words, "body")?,
                facts: list(&words, "facts", fact)?,
                details: list(&words, "details", |detail| Ok([text(detail, "label")?, text(detail, "value")?]))?,
                evidence: list(&diagnosis, "evidence", |one| Ok([text(one, "field")?, text(one, "text")?]))?,
                raw: text(&words, "raw")?,
                report: text(&words, "report")?,
                retry_helps: one_of(&diagnosis, "retry_helps", |name| match name {
                    "now" => Some(RetryHelps::Now),
                    "later" => Some(RetryHelps::Later),
                    "never" => Some(RetryHelps::Never),
                    _ => None,
                })?,
                retry_after_s: number(&diagnosis, "retry_after_s")?,
                reset_at_ms: number(&diagnosis, "reset_at_ms")?,
                ready_at_ms: number(&plan, "ready_at_ms")?,
                remedies: list(&verdict, "remedies", remedy)?,
            },
            phase: one_of(from, "phase", Phase::from_name)?,
            requests: number(from, "requests")?.unwrap_or(1.0) as u32,
            attempt: number(from, "attempt")?.unwrap_or(1.0) as u32,
            site: text(from, "site")?,
        })
    }
}

impl Phase {
    const ALL: [Self; 6] = [Self::Held, Self::Armed, Self::Retrying, Self::Released, Self::Answered, Self::Failed];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Armed => "armed",
            Self::Retrying => "retrying",
            Self::Released => "released",
            Self::Answered => "answered",
            Self::Failed => "failed",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }
}

fn fact(from: &JsValue) -> Result<Fact, JsValue> {
    let answer = match get(from, "answer")?.is_null() {
        true => None,
        false => Some(one_of(from, "answer", |name| match name {
            "yes" => Some(Answer::Yes),
            "no" => Some(Answer::No),
            "maybe" => Some(Answer::Maybe),
            "unknown" => Some(Answer::Unknown),
            _ => None,
        })?),
    };
    Ok(Fact { label: text(from, "label")?, answer, value: text(from, "value")?, why: text(from, "why")? })
}

fn remedy(from: &JsValue) -> Result<Remedy, JsValue> {
    let kind = one_of(from, "type", |name| match name {
        "retry" => Some(RemedyType::Retry),
        "link" => Some(RemedyType::Link),
        _ => None,
    })?;
    let url = if kind == RemedyType::Link { text(from, "url")? } else { String::new() };
    Ok(Remedy { kind, label: text(from, "label")?, url, hint: text(from, "hint")? })
}

/// A property; of what is no object, an error.
fn get(from: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(from, &name.into()).map_err(|_| wrong(name))
}

fn text(from: &JsValue, name: &str) -> Result<String, JsValue> {
    get(from, name)?.as_string().ok_or_else(|| wrong(name))
}

/// A number; `None` for null and for what is not there.
fn number(from: &JsValue, name: &str) -> Result<Option<f64>, JsValue> {
    let value = get(from, name)?;
    if value.is_null() || value.is_undefined() {
        return Ok(None);
    }
    value.as_f64().map(Some).ok_or_else(|| wrong(name))
}

fn list<T>(from: &JsValue, name: &str, read: impl Fn(&JsValue) -> Result<T, JsValue>) -> Result<Vec<T>, JsValue> {
    let items = get(from, name)?.dyn_into::<Array>().map_err(|_| wrong(name))?;
    items.iter().map(|item| read(&item)).collect()
}

fn one_of<T>(from: &JsValue, name: &str, known: impl Fn(&str) -> Option<T>) -> Result<T, JsValue> {
    known(&text(from, name)?).ok_or_else(|| wrong(name))
}

fn wrong(name: &str) -> JsValue {
    ["not as in protocol.js: ", name].concat().into()
}
