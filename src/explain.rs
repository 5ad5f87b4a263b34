//! The words for a diagnosis: what a person reads, keyed by kind, reason and by whose account it is.
//!
//! Every sentence is one message of `extension/_locales`; none is put together from parts. Where a sentence names
//! something that the failure does not state, its `_plain` form is used, which does without.

use crate::case::{Case, first_number};
use crate::diagnose::facts::first_chars;
use crate::locale;
use crate::provider::takes_own_keys;
use crate::read::{Text, wait};
use crate::redact::{LEAST_SECRET, redact};
use crate::vocabulary::vocabulary;
use crate::{Kind, LimitOwner, Locale, Reason, RetryHelps, Surface};
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;

/// Characters of the server's text that are shown.
const MAX_RAW: usize = 4_000;
/// Characters of an unknown failure's message that stand in a sentence.
const MAX_QUOTE: usize = 140;
/// Of a message that says no more than that a provider failed, with the object it stands in.
const LEAST_QUOTE: usize = 40;

/// Every sentence the card shows, in the person's language, redacted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// BCP 47 tag of the language the words are in.
    pub lang: String,
    /// At most nine words.
    pub title: String,
    /// One or two sentences.
    pub body: String,
    /// Four: whose limit, waiting, own key, another provider.
    pub facts: Vec<Fact>,
    /// What stands under "Details".
    pub details: Vec<Detail>,
    /// The server's text, redacted, at most 4,000 characters.
    pub raw: String,
    /// What "Copy report" copies.
    pub report: String,
}

vocabulary! {
    /// Which of the four questions a fact answers.
    FactId {
        /// Whose limit is it?
        Owner = "owner",
        /// Will waiting help?
        Waiting = "waiting",
        /// Would a provider key of one's own help?
        OwnKey = "own_key",
        /// Would another provider help?
        OtherProvider = "other_provider",
    }
}

vocabulary! {
    /// The answer to one of the questions.
    Answer {
        /// It helps.
        Yes = "yes",
        /// It does not help.
        No = "no",
        /// It depends on something that is not known here.
        Maybe = "maybe",
        /// The failure does not tell.
        Unknown = "unknown",
    }
}

/// One short fact on the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The question.
    pub id: FactId,
    /// The question in words.
    pub label: String,
    /// `None` for [`FactId::Owner`].
    pub answer: Option<Answer>,
    /// The answer in words, or the owner's name.
    pub value: String,
    /// One short clause; may be empty.
    pub why: String,
}

/// One line of "Details".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// What it is.
    pub label: String,
    /// As the failure states it, redacted.
    pub value: String,
}

/// What is said about a case, with everything that its sentences may name.
pub(crate) struct Speech<'a> {
    case: &'a Case<'a>,
    locale: &'a Locale,
    /// Of [`ARGUMENTS`], each made when a sentence first names it: most sentences name two.
    arguments: [OnceCell<Option<String>>; ARGUMENTS.len()],
}

/// What sentences name.
const ARGUMENTS: [&str; 20] = [
    "provider",
    "model",
    "wait",
    "limit",
    "gateway",
    "asked",
    "afford",
    "fits",
    "max",
    "credits",
    "more",
    "setting",
    "reasons",
    "successor",
    "allowed",
    "others",
    "tried",
    "refusal",
    "models",
    "text",
];

impl<'a> Speech<'a> {
    pub(crate) fn new(case: &'a Case<'a>, locale: &'a Locale) -> Self {
        Self { case, locale, arguments: Default::default() }
    }

    /// All the words.
    pub(crate) fn words(&self) -> Words {
        let title = self.of_kind("title");
        let raw = self.raw();
        let details = self.details();
        Words {
            lang: self.locale.lang().to_owned(),
            body: self.body(),
            facts: self.four_facts(),
            report: self.report(&title, &details, &raw),
            title,
            details,
            raw,
        }
    }

    /// What a placeholder stands for, redacted; `None` where the failure does not state it.
    fn argument(&self, name: &str) -> Option<&str> {
        let (_, argument) = ARGUMENTS.iter().zip(&self.arguments).find(|(known, _)| **known == name)?;
        argument.get_or_init(|| self.stated(name).filter(|value| !value.is_empty())).as_deref()
    }

    fn stated(&self, name: &str) -> Option<String> {
        let said = &self.case.facts.said;
        let number = |number: u64| self.locale.number(number);
        let stated = |digits: String| digits.parse().map_or(digits, number);
        let value = match name {
            "provider" => self.case.diagnosis.provider.clone(),
            "model" => self.case.model().map(short_model),
            "wait" => self.case.wait_ms().map(|ms| self.duration(ms)),
            "limit" => self.case.limit(),
            "gateway" => self.case.gateway().map(str::to_owned),
            "asked" => said.after("requested up to ").or_else(|| said.after("you requested about ")).and_then(first_number).map(stated),
            "afford" => self.case.afford().map(number),
            "fits" => self.case.fits().map(number),
            "max" => said.after("maximum context length is ").and_then(first_number).map(stated),
            "credits" => self.case.offer().map(|(credits, _)| stated(credits)),
            "more" => self.case.offer().map(|(_, more)| stated(more)),
            "setting" => said.between("data policy (", &[')']).map(str::to_owned),
            "reasons" => self.case.filter_reasons(),
            "successor" => self.case.successor().map(str::to_owned),
            "allowed" => self.case.pinned_to(),
            "others" => self.case.others(),
            "tried" => self.case.tried_before().map(|count| count.to_string()),
            "models" => Some(self.case.other_models().into_iter().map(short_model).collect::<Vec<_>>().join(", ")),
            "refusal" => {
                let raw = &self.case.facts.raw;
                let own_words = raw.after("message: ").or_else(|| raw.after("error: ")).unwrap_or_else(|| raw.plain());
                return Some(quoted(own_words));
            }
            _ => {
                let quote = match &self.case.facts.fault {
                    Some(fault) if !fault.message.is_empty() => Text::new(&fault.message),
                    Some(_) => self.case.facts.raw.clone(),
                    // Text around a failure on a page is the page's, not the server's.
                    None if self.case.question.exchange.surface == Surface::Http => self.case.facts.whole.clone(),
                    None => return None,
                };
                // That a provider failed is no reason, whatever object it stands in.
                let says_no_more = quote.has("provider returned error") && quote.plain().len() <= LEAST_QUOTE;
                return (!says_no_more).then(|| quoted(quote.plain()));
            }
        }?;
        // What is as short as this is no secret.
        Some(if value.len() < LEAST_SECRET { value } else { shorten(&redact(&value), 60) })
    }

    /// The wait stands in the provider's own words, not in a field of OpenRouter's.
    fn is_providers_word(&self) -> bool {
        self.case.facts.wait_s().is_some_and(|(sign, _)| sign.field.ends_with("raw"))
    }

    fn duration(&self, ms: u64) -> String {
        let seconds = ms.div_ceil(1_000);
        let number = |key: &str, count: u64| self.locale.message(key, &[("count", &count.to_string())]);
        match seconds {
            0..90 => number("wait_seconds", seconds),
            90..3_600 => number("wait_minutes", seconds.div_ceil(60)),
            3_600..172_800 => {
                let minutes = seconds.div_ceil(60);
                let (hours, minutes) = ((minutes / 60).to_string(), (minutes % 60).to_string());
                self.locale.message("wait_hours", &[("hours", &hours), ("minutes", &minutes)])
            }
            _ => number("wait_days", seconds.div_ceil(86_400)),
        }
    }

    /// A message in the form that fits what is known: whose account it is, then whether all is stated that it names.
    pub(crate) fn say(&self, key: &str) -> Option<String> {
        let mut name = String::with_capacity(key.len() + 16);
        name.push_str(key);
        let voiced = self.case.voice.suffix().and_then(|suffix| {
            name.push('_');
            name.push_str(suffix);
            self.form(&mut name)
        });
        voiced.or_else(|| {
            name.truncate(key.len());
            self.form(&mut name)
        })
    }

    /// The message of the key, or its plain form: there is none by itself.
    fn form(&self, key: &mut String) -> Option<String> {
        let argument = |name: &str| self.argument(name);
        locale::filled(self.locale.template(key)?, argument).or_else(|| {
            key.push_str("_plain");
            self.locale.fill(key, argument)
        })
    }

    fn of_kind(&self, part: &str) -> String {
        let kind = self.case.diagnosis.kind.as_str();
        let reason = self.case.diagnosis.reason.as_str();
        self.say(&[kind, "_", part, "_", reason].concat()).or_else(|| self.say(&[kind, "_", part].concat())).unwrap_or_default()
    }

    fn body(&self) -> String {
        let conflict = if self.case.diagnosis.against.is_empty() { None } else { self.say("conflict_sentence") };
        let mut body = self.of_kind("body");
        for sentence in [self.wait_sentence(), conflict].into_iter().flatten().filter(|sentence| !sentence.is_empty()) {
            if !body.is_empty() {
                body.push_str(self.locale.gap());
            }
            body.push_str(&sentence);
        }
        body
    }

    /// How long: only for what passes by waiting.
    fn wait_sentence(&self) -> Option<String> {
        use {Kind as K, Reason as R};
        let diagnosis = self.case.diagnosis;
        if diagnosis.retry_helps != RetryHelps::Later || diagnosis.kind == K::EdgeBlock {
            return None;
        }
        match (diagnosis.kind, diagnosis.reason) {
            // The card shows the local time by itself.
            (K::FreePerDay, _) if self.case.plan.ready_at_ms.is_some() => None,
            (K::FreePerDay, _) => self.say("wait_sentence_day"),
            (K::KeyLimit, _) if diagnosis.reset_at_ms.is_none() => None,
            (_, R::ModelPerDay | R::OwnKeyDaily | R::PoolDaily | R::ProviderDaily)
                if self.case.wait_ms().is_none() && diagnosis.reset_at_ms.is_none() =>
            {
                None
            }
            (K::FreePerMinute, _) if self.case.wait_ms().is_none() => self.say("wait_sentence_minute"),
            (_, R::RelayLimit | R::Unrecognized) if self.case.wait_ms().is_none() => None,
            _ if self.case.wait_ms().is_none() && diagnosis.reset_at_ms.is_some() => None,
            _ if self.is_providers_word() => self.say("wait_sentence_provider"),
            _ => self.say("wait_sentence"),
        }
    }

    fn four_facts(&self) -> Vec<Fact> {
        use {Kind as K, Reason as R};
        let reason = self.case.diagnosis.reason.as_str();
        // The diagnosis names whose failure it was, and these are no limits.
        let owner = match (self.case.diagnosis.kind, self.case.diagnosis.reason) {
            (K::ProviderError, R::ProviderAccountEmpty) => LimitOwner::SharedPool.as_str(),
            (K::ProviderError | K::Timeout, _) | (_, R::GateFailed) => "untold",
            _ => self.case.diagnosis.limit_owner.as_str(),
        };
        let whose = Fact {
            id: FactId::Owner,
            label: self.locale.message("fact_owner", &[]),
            answer: None,
            value: self.say(&["owner_", owner, "_", reason].concat()).or_else(|| self.say(&["owner_", owner].concat())).unwrap_or_default(),
            why: String::new(),
        };
        let (waiting, own_key, other) = (self.waiting(), self.own_key(), self.other_provider());
        vec![
            whose,
            self.fact(FactId::Waiting, "fact_waiting", waiting),
            self.fact(FactId::OwnKey, "fact_own_key", own_key),
            self.fact(FactId::OtherProvider, "fact_other_provider", other),
        ]
    }

    /// `why` is the last part of the key of the clause, below the question's.
    fn fact(&self, id: FactId, key: &str, (answer, why): (Answer, &str)) -> Fact {
        let value = match answer {
            Answer::Yes => "answer_yes",
            Answer::No => "answer_no",
            Answer::Maybe => "answer_maybe",
            Answer::Unknown => "answer_unknown",
        };
        Fact {
            id,
            label: self.locale.message(key, &[]),
            answer: Some(answer),
            value: self.locale.message(value, &[]),
            why: self.say(&[key, "_", why].concat()).unwrap_or_default(),
        }
    }

    fn waiting(&self) -> (Answer, &'static str) {
        use {Kind as K, Reason as R};
        let known = self.case.wait_ms().is_some();
        match (self.case.diagnosis.retry_helps, self.case.diagnosis.kind, self.case.diagnosis.reason) {
            (RetryHelps::Never, _, R::KeyTotal) => (Answer::No, "no_reset"),
            (RetryHelps::Never, K::InsufficientCredits, _) => (Answer::No, "credits"),
            (RetryHelps::Never, ..) => (Answer::No, "never"),
            (RetryHelps::Now, ..) => (Answer::Maybe, "now"),
            (RetryHelps::Later, K::UnknownOpenrouter, _) | (RetryHelps::Later, _, R::PoolAccountEmpty | R::ProviderAccountEmpty)
                if !known =>
            {
                (Answer::Maybe, "unstated")
            }
            (RetryHelps::Later, ..) if known && self.is_providers_word() => (Answer::Yes, "stated_provider"),
            (RetryHelps::Later, ..) if known => (Answer::Yes, "stated"),
            (RetryHelps::Later, ..) if self.case.diagnosis.reset_at_ms.is_some() => (Answer::Yes, "reset"),
            (RetryHelps::Later, K::FreePerDay, _) => (Answer::Yes, "day"),
            (RetryHelps::Later, K::FreePerMinute, _) => (Answer::Yes, "minute"),
            (RetryHelps::Later, K::KeyLimit, R::KeyDaily | R::KeyWeekly | R::KeyMonthly) => (Answer::Yes, "period"),
            (RetryHelps::Later, _, R::InFlightBudget) => (Answer::Yes, "in_flight"),
            (RetryHelps::Later, ..) => (Answer::Yes, "unstated"),
        }
    }

    /// Would a provider key of one's own help? Source: what `provider_error_code` was seen to mean, and how own keys
    /// are routed. The credential that was limited does not tell whether the provider itself is full.
    fn own_key(&self) -> (Answer, &'static str) {
        use {Answer as A, Kind as K, Reason as R};
        let none_offered = !takes_own_keys(self.case.diagnosis.provider.as_deref());
        let of_provider = matches!(self.case.diagnosis.kind, K::UpstreamRateLimit | K::ByokRateLimit);
        if of_provider && !self.case.diagnosis.against.is_empty() {
            return (A::Unknown, "whose");
        }
        if self.case.diagnosis.limit_owner == LimitOwner::OwnProviderKey || self.case.diagnosis.is_byok == Some(true) {
            return (A::No, "in_use");
        }
        match (self.case.diagnosis.kind, self.case.diagnosis.reason) {
            (K::UpstreamRateLimit, R::DocumentEngine) => (A::Unknown, "unstated"),
            (K::UpstreamRateLimit | K::ProviderError, _) if none_offered => (A::No, "not_offered"),
            (_, R::PoolAccountEmpty | R::ProviderAccountEmpty) => (A::Yes, "pool_empty"),
            (_, R::PoolQuota | R::PoolDaily) => (A::Maybe, "pool_quota"),
            (_, R::PoolEngineOverloaded) | (K::ProviderOverloaded, _) => (A::No, "full"),
            (_, R::PoolLimited) => (A::Maybe, "pool"),
            (K::UpstreamRateLimit, _) => (A::Unknown, "whose"),
            (K::FreePerMinute | K::FreePerDay, _) => (A::Unknown, "free"),
            (_, R::AdmissionControl) => (A::No, "not_provider"),
            (K::AccountRateLimit, _) => (A::Unknown, "account"),
            // A call without an answer may have come as far as a provider.
            (_, R::ProviderRefused) | (K::Moderation | K::RegionBlocked | K::Network | K::UnknownOpenrouter, _) => (A::Unknown, "unstated"),
            (K::ProviderError | K::Timeout, _) => (A::No, "failed"),
            (K::InsufficientCredits, _) => (A::Unknown, "credits"),
            (K::KeyLimit, _) => (A::Maybe, "cap"),
            (K::Auth, R::AddressNotAllowed | R::SignInCode) => (A::No, "request"),
            (K::Auth, _) => (A::No, "openrouter_key"),
            (K::DataPolicy, _) => (A::No, "privacy"),
            (K::EdgeBlock, _) => (A::No, "not_reached"),
            _ => (A::No, "request"),
        }
    }

    #[expect(clippy::match_same_arms, reason = "a table, in the order in which one line wins over the next")]
    fn other_provider(&self) -> (Answer, &'static str) {
        use {Answer as A, Kind as K, Reason as R};
        match (self.case.diagnosis.kind, self.case.diagnosis.reason) {
            (_, R::AllProvidersAtCapacity) => (A::No, "all_full"),
            (K::FreePerMinute | K::FreePerDay, _) => (A::No, "free"),
            (_, R::DocumentEngine) => (A::Unknown, "unstated"),
            (_, R::OwnProviderAccountEmpty | R::OwnProviderKeyRefused) => (A::Maybe, "untested"),
            (K::AccountRateLimit | K::InsufficientCredits | K::KeyLimit | K::Auth, _) => (A::No, "openrouter"),
            (K::NoEndpoints, R::ProviderPinned) if self.case.others().is_some() => (A::Yes, "named"),
            (K::NoEndpoints, R::ProviderPinned) => (A::Yes, "unpinned"),
            (K::NoEndpoints | K::DataPolicy, _) => (A::No, "none_fits"),
            (K::ModelNotFound, _) | (K::BadRequest, R::InvalidRequest | R::TooLarge) => (A::No, "request"),
            (K::EdgeBlock, _) => (A::No, "not_reached"),
            (K::Network, _) => (A::Unknown, "unstated"),
            (K::UnknownOpenrouter, _) => (A::Unknown, "unstated"),
            (K::ContextLength, _) => (A::Maybe, "context"),
            (K::Moderation, _) => (A::Maybe, "filter"),
            (K::Timeout, R::ClientTimeout) => (A::Unknown, "unstated"),
            _ if self.case.pinned_to().is_some() => (A::Maybe, "pinned"),
            _ if self.case.tried_before().is_some() => (A::Maybe, "tried"),
            (K::BadRequest | K::RegionBlocked, _) => (A::Maybe, "untested"),
            _ => (A::Maybe, "if_any"),
        }
    }

    fn details(&self) -> Vec<Detail> {
        let diagnosis = self.case.diagnosis;
        let fault = self.case.facts.fault.as_ref();
        let transport = self.case.question.exchange.status;
        let status = match diagnosis.status {
            Some(status) if transport != 0 && transport != status => {
                let both = [("status", status.to_string()), ("transport", transport.to_string())];
                let both: Vec<(&str, &str)> = both.iter().map(|(name, value)| (*name, value.as_str())).collect();
                Some(self.locale.message("detail_status_inside", &both))
            }
            status => status.map(|status| status.to_string()),
        };
        let code = fault.and_then(|fault| fault.word("provider_error_code").or_else(|| fault.word("provider_code")));
        let lines = [
            ("detail_status", status),
            ("detail_provider", diagnosis.provider.clone()),
            ("detail_model", self.case.model().map(str::to_owned)),
            ("detail_limit_source", fault.and_then(|fault| fault.text("limit_source").map(str::to_owned))),
            ("detail_error_type", fault.and_then(|fault| fault.error_type.clone())),
            ("detail_provider_code", code),
            ("detail_request_id", diagnosis.request_id.clone()),
            ("detail_kind", Some([diagnosis.kind.as_str(), " · ", diagnosis.reason.as_str()].concat())),
            ("detail_certainty", self.say(&["certainty_", diagnosis.certainty.as_str()].concat())),
        ];
        let line = |(key, value): (&str, Option<String>)| {
            let value = shorten(&redact(&value?), 160);
            Some(Detail { label: self.locale.message(key, &[]), value })
        };
        lines.into_iter().filter_map(line).collect()
    }

    fn raw(&self) -> String {
        // Redacted before it is cut: a key that is cut in two would no longer look like one.
        first_chars(self.case.facts.body.trim(), MAX_RAW).to_owned()
    }

    /// For the makers of apps and for support: field names as on the wire, in no language.
    fn report(&self, title: &str, details: &[Detail], raw: &str) -> String {
        let mut report = title.to_owned();
        let mut line = |parts: &[&str]| {
            report.push('\n');
            report.extend(parts.iter().copied());
        };
        for detail in details {
            line(&[&detail.label, ": ", &detail.value]);
        }
        if self.case.question.exchange.at_ms > 0 {
            line(&["at: ", &wait::to_iso(self.case.question.exchange.at_ms)]);
        }
        if let Some(ready_at_ms) = self.case.plan.ready_at_ms {
            line(&["ready at: ", &wait::to_iso(ready_at_ms)]);
        }
        for sign in &self.case.diagnosis.evidence {
            line(&[&sign.field, " = ", &sign.text]);
        }
        for sign in &self.case.diagnosis.against {
            line(&["against it: ", &sign.field, " = ", &sign.text]);
        }
        line(&[]);
        line(&[raw]);
        report
    }
}

/// A model's slug without its author, where there is one.
fn short_model(slug: &str) -> String {
    slug.split_once('/').map_or(slug, |(_, model)| model).to_owned()
}

/// What a sentence of ours quotes, and ends by itself.
fn quoted(text: &str) -> String {
    shorten(&redact(text), MAX_QUOTE).trim_end_matches(['.', '。']).to_owned()
}

/// At most so many characters; what was cut is marked.
fn shorten(text: &str, most: usize) -> String {
    if text.len() <= most || text.chars().count() <= most {
        return text.to_owned();
    }
    let end = text.char_indices().nth(most.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
    let mut short = text.get(..end).unwrap_or_default().trim_end().to_owned();
    short.push('…');
    short
}
