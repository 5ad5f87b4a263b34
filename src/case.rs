//! One failure with everything that its words and its remedies may name: what it states, what the request asked for,
//! and whose account can be spoken of.

use crate::diagnose::facts::{Facts, Host};
use crate::exchange::Vantage;
use crate::patch::{Request, Shape};
use crate::{Diagnosis, Plan, Question, Reason};
use crate::{diagnose, retry};
use serde_json::Value;

/// Whose account the words may speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// The key left this page for OpenRouter: "your".
    Yours,
    /// The site's own server called: "this site's".
    Site,
    /// The key left this page for another host, which called OpenRouter with whatever account it has.
    Gateway,
    /// Nothing tells.
    Neutral,
}

impl Voice {
    /// How keys of messages in this voice end.
    pub(crate) const fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Yours => Some("yours"),
            Self::Site => Some("site"),
            Self::Gateway => Some("gateway"),
            Self::Neutral => None,
        }
    }

    /// Whether the person may have something to set at OpenRouter.
    pub(crate) const fn is_owner(self) -> bool {
        matches!(self, Self::Yours | Self::Neutral)
    }
}

/// The failure, its diagnosis and its plan.
pub(crate) struct Case<'a> {
    pub(crate) question: &'a Question,
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) diagnosis: &'a Diagnosis,
    pub(crate) plan: &'a Plan,
    pub(crate) voice: Voice,
}

impl<'a> Case<'a> {
    pub(crate) fn new(question: &'a Question, facts: &'a Facts<'a>, diagnosis: &'a Diagnosis, plan: &'a Plan) -> Self {
        let seen = match &question.request {
            Some(request) if request.relay => Vantage::Relay,
            Some(_) => Vantage::Page,
            None => Vantage::Text,
        };
        let vantage = question.vantage.unwrap_or(seen);
        let key = question.request.as_ref().is_some_and(|request| request.key);
        let voice = match (vantage, facts.host) {
            (Vantage::Page, Host::Ours | Host::Unknown) if key => Voice::Yours,
            (Vantage::Page, Host::Other | Host::Home) if key => Voice::Gateway,
            // Who runs the server at home is most likely the person: not "yours" for sure, and surely not "this site's".
            (Vantage::Relay | Vantage::Page, Host::Home) => Voice::Neutral,
            (Vantage::Relay, _) | (Vantage::Page, Host::Other) => Voice::Site,
            _ => Voice::Neutral,
        };
        Self { question, facts, diagnosis, plan, voice }
    }

    /// Runs with the case of a question; `None` where it is not an OpenRouter failure.
    pub(crate) fn with<T>(question: &Question, run: impl FnOnce(&Case<'_>) -> T) -> Option<T> {
        let facts = Facts::gather(&question.exchange, question.request.as_ref());
        let diagnosis = diagnose::diagnose(&facts)?;
        let plan = retry::plan(question, &diagnosis);
        Some(run(&Case::new(question, &facts, &diagnosis, &plan)))
    }

    /// The model's slug as stated, else as asked for.
    pub(crate) fn model(&self) -> Option<&str> {
        let asked = self.question.request.as_ref().and_then(|request| request.model.as_deref());
        self.diagnosis.model.as_deref().or(asked)
    }

    /// The host of a gateway.
    pub(crate) fn gateway(&self) -> Option<&str> {
        let (_, rest) = self.question.exchange.url.split_once("://")?;
        rest.split(&['/', '?', '#'][..]).next().filter(|host| self.voice == Voice::Gateway && !host.contains('@'))
    }

    /// How many requests the limit allows, as stated.
    pub(crate) fn limit(&self) -> Option<String> {
        let header = self.facts.header("x-ratelimit-limit").and_then(|(_, value)| first_number(&value));
        header.or_else(|| self.facts.said.after("limited to ").and_then(first_number))
    }

    /// "Add 10 credits to unlock 1000 free model requests per day": both numbers.
    pub(crate) fn offer(&self) -> Option<(String, String)> {
        let said = &self.facts.said;
        Some((first_number(said.after("per-day. add ")?)?, first_number(said.after("credits to unlock ")?)?))
    }

    /// Buying credits raises the number of free requests a day: the failure offers it, or states the lower number. To
    /// those who bought before, some texts offer it all the same.
    pub(crate) fn buys_more_free(&self) -> bool {
        let counted = self.facts.header("x-ratelimit-limit").and_then(|(_, value)| value.trim().parse::<u64>().ok());
        self.diagnosis.reason == Reason::FreeDay && counted.map_or_else(|| self.offer().is_some(), |limit| limit <= LOWER_FREE_DAY)
    }

    /// The most tokens of an answer that the credits cover, of all numbers that are stated the least.
    pub(crate) fn afford(&self) -> Option<u64> {
        let numbers = |text: &str| -> Option<u64> {
            let at = text.to_ascii_lowercase().find(AFFORD)?;
            first_number(text.get(at + AFFORD.len()..)?)?.parse().ok()
        };
        let message = |error: &Value| error.get("message").and_then(Value::as_str).and_then(numbers);
        let before = self.previous_errors().iter().filter_map(message);
        before.chain(numbers(self.facts.said.plain())).min()
    }

    /// The most tokens to ask for instead: what is affordable, less a margin for the price of the prompt.
    pub(crate) fn fits(&self) -> Option<u64> {
        self.afford().map(|most| most - most / 20).filter(|most| *most >= LEAST_ANSWER)
    }

    /// Categories of a filter: they are words of the filter, not of the person.
    pub(crate) fn filter_reasons(&self) -> Option<String> {
        let stated = self.listed("reasons");
        let listed: Vec<&str> = stated.iter().filter_map(Value::as_str).collect();
        if listed.is_empty() { self.facts.said.between("flagged for \"", &['"', '\\']).map(str::to_owned) } else { Some(listed.join(", ")) }
    }

    /// The model that OpenRouter names instead.
    pub(crate) fn successor(&self) -> Option<&str> {
        let listed = self.facts.fault.as_ref().and_then(|fault| fault.first_available("fallback_models"));
        let named = || self.facts.said.between("use this slug instead: ", &[' ', ',']);
        listed.or_else(named).map(|slug| slug.trim_end_matches('.'))
    }

    /// The providers to which the request itself is bound.
    pub(crate) fn pinned_to(&self) -> Option<String> {
        let request = self.question.request.as_ref()?;
        let bound = if request.only.is_empty() && request.allow_fallbacks == Some(false) { &request.order } else { &request.only };
        let names: Vec<&str> = bound.iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// The providers that serve the model, where a refusal names them.
    pub(crate) fn others(&self) -> Option<String> {
        let names: Vec<&str> = self.listed("available_providers").iter().filter_map(Value::as_str).take(4).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Other models for the same question: those that the refusal names, else, for a free one, whichever free one is at hand.
    pub(crate) fn other_models(&self) -> Vec<&str> {
        let stated = self.facts.fault.as_ref().and_then(|fault| fault.availability.as_ref()?.get("fallback_models")?.as_array());
        let stated: Vec<&str> = stated.into_iter().flatten().filter_map(Value::as_str).take(2).collect();
        let is_free = self.model().is_some_and(|model| model.ends_with(":free"));
        if stated.is_empty() && is_free { vec![ANY_FREE] } else { stated }
    }

    /// The request, where a changed one can be sent in its place: it went to OpenRouter from this page, and is JSON.
    pub(crate) fn changeable(&self) -> Option<Request<'_>> {
        let is_direct = self.question.replayable && self.facts.host == Host::Ours;
        let facts = self.question.request.as_ref().filter(|request| is_direct && !request.relay)?;
        let members = facts.members.as_deref()?;
        Some(Request { facts, members, shape: Shape::of(&self.question.exchange.url)? })
    }

    /// Attempts that OpenRouter made before the one that is reported.
    pub(crate) fn tried_before(&self) -> Option<usize> {
        Some(self.previous_errors().len()).filter(|count| *count > 0)
    }

    /// The stated wait, in milliseconds from receipt. A reset is a wait only where the time of receipt is known.
    pub(crate) fn wait_ms(&self) -> Option<u64> {
        let at_ms = self.question.exchange.at_ms;
        let stated = self.diagnosis.retry_after_s.map(|seconds| (seconds * 1_000.0).ceil() as u64);
        let reset = self.diagnosis.reset_at_ms.map(|reset| retry::by_this_clock(reset, &self.question.exchange));
        let reset = reset.filter(|reset| at_ms > 0 && *reset > at_ms).map(|reset| reset - at_ms);
        stated.max(reset).filter(|ms| *ms > 0)
    }

    fn previous_errors(&self) -> &[Value] {
        self.listed("previous_errors")
    }

    fn listed(&self, member: &str) -> &[Value] {
        let stated = self.facts.fault.as_ref().and_then(|fault| fault.metadata.get(member)?.as_array());
        stated.map_or(&[], Vec::as_slice)
    }
}

/// The model that stands for whichever free one can answer.
pub(crate) const ANY_FREE: &str = "openrouter/free";

const AFFORD: &str = "can only afford ";

/// Free requests a day of an account that never bought ten credits. Source: openrouter.ai/docs, limits, August 2026.
const LOWER_FREE_DAY: u64 = 50;

/// Below this an answer is not worth asking for.
const LEAST_ANSWER: u64 = 256;

/// The whole number at the head of the text.
pub(crate) fn first_number(text: &str) -> Option<String> {
    let digits: String = text.trim_start().chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty() && digits.len() <= 12).then_some(digits)
}
