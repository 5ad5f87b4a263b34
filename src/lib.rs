//! Says what an OpenRouter failure means, whose limit it is, how long it lasts and what helps.
//!
//! One entry point, [`fn@explain`]: what was seen goes in, a [`Verdict`] comes out, or silence where it is not an OpenRouter
//! failure. It is total: any text is answered, and nothing but the [`Question`] and the [`Locale`] decides about the
//! answer (no clock, no network, no chance).
//!
//! The way through the crate: [`exchange`] (what was seen) → [`read`] (text to facts) → [`diagnose`] (facts to a
//! [`Diagnosis`]) → [`retry`] and [`remedy`] (what can be done) → [`mod@explain`] (the words, from [`locale`]);
//! `case` is all of that in one hand, [`redact`] stands before everything that is shown.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::print_stdout,
        clippy::dbg_macro
    )
)]

#[cfg(target_arch = "wasm32")]
pub mod browser;
mod case;
pub mod diagnose;
pub mod exchange;
pub mod explain;
pub mod locale;
pub mod panel;
pub mod patch;
mod provider;
pub mod read;
pub mod redact;
pub mod remedy;
pub mod retry;
mod vocabulary;

pub use diagnose::{Certainty, Diagnosis, Evidence, Kind, LimitOwner, Reason, RetryHelps};
pub use exchange::{Exchange, Headers, RequestFacts, SiteMemory, Surface, Vantage};
pub use explain::{Answer, Detail, Fact, FactId, Words};
pub use locale::Locale;
pub use panel::{Always, Offer, Panel};
pub use patch::{Edit, Patch};
pub use remedy::{Asks, Cost, Remedy, RemedyType};
pub use retry::Plan;

use case::Case;
use diagnose::facts::Facts;
use explain::Speech;
use serde::{Deserialize, Serialize};

/// One thing to judge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Question {
    /// What was seen.
    pub exchange: Exchange,
    /// What the tap read of the request; `None` where no request was seen.
    pub request: Option<RequestFacts>,
    /// The request can be sent again as it was.
    pub replayable: bool,
    /// How many times the app has sent this story, this one included.
    pub attempt: u32,
    /// How many times it has failed, the tries that a person asked for included.
    pub failures: u32,
    /// The person has agreed to pay for what failed now: what is sent again costs money too.
    pub paid: bool,
    /// How many tries of ours for this answer failed, this one included; 0 where the app's own call failed.
    pub tries: u32,
    /// Chance: from 0 to less than 1, so that those who were refused together do not come back together.
    pub random: f64,
    /// What is remembered of the site.
    pub site: SiteMemory,
    /// From where it was seen; where none is given, [`Vantage::Page`] with a request and [`Vantage::Text`] without.
    pub vantage: Option<Vantage>,
}

/// The whole answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What happened, and on what evidence.
    pub diagnosis: Diagnosis,
    /// The words for it.
    pub words: Words,
    /// When, and whether, to try again.
    pub plan: Plan,
    /// What helps, the main thing first.
    pub remedies: Vec<Remedy>,
}

/// Judges one failure. `None` is silence: not an OpenRouter failure. Total on any input.
///
/// ```
/// use cooldown::{Exchange, Kind, LimitOwner, Locale, Question, explain};
///
/// let body = r#"{"error":{"message":"Provider returned error","code":429,"metadata":{
///     "raw":"qwen/qwen3-coder:free is temporarily rate-limited upstream. Please retry shortly, or add your own key to \
/// accumulate your rate limits: https://openrouter.ai/settings/integrations",
///     "provider_name":"Venice","is_byok":false,"retry_after_seconds":17}}}"#;
/// let exchange = Exchange { status: 429, body: body.to_owned(), ..Exchange::default() };
/// let question = Question { exchange, replayable: true, ..Question::default() };
///
/// let verdict = explain(&question, &Locale::english()).expect("the metadata names OpenRouter");
/// assert_eq!(verdict.diagnosis.kind, Kind::UpstreamRateLimit);
/// assert_eq!(verdict.diagnosis.limit_owner, LimitOwner::SharedPool);
/// assert_eq!(verdict.words.title, "Venice is busy right now");
/// assert_eq!(verdict.plan.hold, true);
///
/// let silence = explain(&Question::default(), &Locale::english());
/// assert!(silence.is_none());
/// ```
#[must_use]
pub fn explain(question: &Question, locale: &Locale) -> Option<Verdict> {
    let facts = Facts::gather(&question.exchange, question.request.as_ref());
    let diagnosis = diagnose::diagnose(&facts)?;
    let plan = retry::plan(question, &diagnosis);
    let case = Case::new(question, &facts, &diagnosis, &plan);
    let speech = Speech::new(&case, locale);
    let words = speech.words();
    let remedies = remedy::remedies(&case, |key| speech.say(key));
    let sends = |remedy: &Remedy| remedy.patch.is_some() || remedy.asks == Some(Asks::Price);
    let plan = if remedies.iter().any(sends) { retry::hold_for_change(plan, question) } else { plan };
    Some(Verdict { diagnosis, words, plan, remedies })
}
