//! The words for a diagnosis: what a person reads, keyed by kind, reason and by whose account it is.
//!
//! Every sentence is one message of `extension/_locales`; none is put together from parts. Where a sentence names
//! something that the failure does not state, its `_plain` form is used, which does without.

use crate::diagnose::facts::{Facts, Host};
use crate::read::{Text, wait};
use crate::redact::redact;
use crate::remedy::takes_own_keys;
use crate::vocabulary::vocabulary;
use crate::{Diagnosis, Kind, LimitOwner, Locale, Plan, Question, Reason, RetryHelps, Surface, Vantage};
use serde::{Deserialize, Serialize};

/// Characters of the server's text that are shown.
const MAX_RAW: usize = 4_000;
/// Characters of an unknown failure's message that stand in a sentence.
const MAX_QUOTE: usize = 140;

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

/// Whose account the words may speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// The key left this page: "your".
    Yours,
    /// The site's own server called: "this site's".
    Site,
    /// Nothing tells.
    Neutral,
}

impl Voice {
    const fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Yours => Some("yours"),
            Self::Site => Some("site"),
            Self::Neutral => None,
        }
    }
}

/// Whose account may be spoken of, from what was seen.
pub(crate) fn voice(question: &Question, facts: &Facts<'_>) -> Voice {
    let vantage = question.vantage.unwrap_or(if question.request.is_some() { Vantage::Page } else { Vantage::Text });
    let key = question.request.as_ref().is_some_and(|request| request.key);
    match (vantage, facts.host) {
        (Vantage::Page, Host::Ours | Host::Unknown) if key => Voice::Yours,
        (Vantage::Relay, _) | (Vantage::Page, Host::Other) => Voice::Site,
        _ => Voice::Neutral,
    }
}

/// What is said about a diagnosis, with everything that its sentences may name.
pub(crate) struct Speech<'a> {
    question: &'a Question,
    facts: &'a Facts<'a>,
    diagnosis: &'a Diagnosis,
    plan: &'a Plan,
    locale: &'a Locale,
    voice: Voice,
    args: Vec<(&'static str, String)>,
}

impl<'a> Speech<'a> {
    pub(crate) fn new(question: &'a Question, facts: &'a Facts<'a>, diagnosis: &'a Diagnosis, plan: &'a Plan, locale: &'a Locale) -> Self {
        let voice = voice(question, facts);
        let mut speech = Self { question, facts, diagnosis, plan, locale, voice, args: Vec::new() };
        speech.args = speech.arguments();
        speech
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

    pub(crate) fn voice(&self) -> Voice {
        self.voice
    }

    /// The model's slug as stated, else as asked for.
    pub(crate) fn model(&self) -> Option<&str> {
        let asked = self.question.request.as_ref().and_then(|request| request.model.as_deref());
        self.diagnosis.model.as_deref().or(asked)
    }

    /// The failure says that buying credits raises the number of free requests a day.
    pub(crate) fn buys_more_free(&self) -> bool {
        self.diagnosis.reason == Reason::FreeDay && self.offer().is_some()
    }

    /// "Add 10 credits to unlock 1000 free model requests per day": both numbers.
    fn offer(&self) -> Option<(String, String)> {
        let said = &self.facts.said;
        Some((first_number(said.after("per-day. add ")?)?, first_number(said.after("credits to unlock ")?)?))
    }

    fn arguments(&self) -> Vec<(&'static str, String)> {
        let said = &self.facts.said;
        let mut args = Vec::new();
        let mut put = |name: &'static str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                args.push((name, shorten(&redact(&value), 60)));
            }
        };
        put("provider", self.diagnosis.provider.clone());
        put("model", self.model().map(short_model));
        put("wait", self.wait_ms().map(|ms| self.duration(ms)));
        let header = self.facts.header("x-ratelimit-limit").and_then(|(_, value)| first_number(&value));
        let stated = || said.after("limited to ").and_then(first_number);
        put("limit", header.or_else(stated));
        put("asked", said.after("requested up to ").or_else(|| said.after("you requested about ")).and_then(first_number));
        put("afford", said.after("can only afford ").and_then(first_number));
        put("max", said.after("maximum context length is ").and_then(first_number));
        let offer = self.offer();
        put("credits", offer.as_ref().map(|(credits, _)| credits.clone()));
        put("more", offer.map(|(_, more)| more));
        put("setting", said.between("data policy (", &[')']).map(str::to_owned));
        put("reasons", self.filter_reasons());
        put("successor", self.successor());
        put("allowed", self.pinned_to());
        put("others", self.others());
        put("tried", self.tried_before().map(|count| count.to_string()));
        let raw = &self.facts.raw;
        let own_words = raw.after("message: ").or_else(|| raw.after("error: ")).unwrap_or_else(|| raw.plain());
        if !own_words.is_empty() {
            args.push(("refusal", shorten(&redact(own_words), MAX_QUOTE)));
        }
        let quote = match &self.facts.fault {
            Some(fault) if !fault.message.is_empty() => Text::new(&fault.message),
            Some(_) => self.facts.raw.clone(),
            // Text around a failure on a page is the page's, not the server's.
            None if self.question.exchange.surface == Surface::Http => self.facts.whole.clone(),
            None => Text::default(),
        };
        if !quote.is_empty() {
            args.push(("text", shorten(&redact(quote.plain()), MAX_QUOTE)));
        }
        args
    }

    /// Categories of a filter: they are words of the filter, not of the person.
    fn filter_reasons(&self) -> Option<String> {
        let stated = self.facts.fault.as_ref().and_then(|fault| fault.metadata.get("reasons")?.as_array().cloned());
        let listed: Vec<String> = stated.iter().flatten().filter_map(|reason| reason.as_str().map(str::to_owned)).collect();
        if !listed.is_empty() {
            return Some(listed.join(", "));
        }
        self.facts.said.between("flagged for \"", &['"', '\\']).map(str::to_owned)
    }

    /// The model that OpenRouter names instead.
    fn successor(&self) -> Option<String> {
        let listed = self.facts.fault.as_ref().and_then(|fault| fault.first_available("fallback_models"));
        let named = || self.facts.said.between("use this slug instead: ", &[' ', ',']);
        listed.or_else(named).map(|slug| slug.trim_end_matches('.').to_owned())
    }

    /// The providers to which the request itself is bound.
    fn pinned_to(&self) -> Option<String> {
        let request = self.question.request.as_ref()?;
        let bound = if request.only.is_empty() && request.allow_fallbacks == Some(false) { &request.order } else { &request.only };
        (!bound.is_empty()).then(|| bound.join(", "))
    }

    /// The providers that serve the model, where a refusal names them.
    fn others(&self) -> Option<String> {
        let all = self.facts.fault.as_ref()?.metadata.get("available_providers")?.as_array()?;
        let names: Vec<String> = all.iter().filter_map(|name| name.as_str().map(str::to_owned)).take(4).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Attempts that OpenRouter made before the one that is reported.
    fn tried_before(&self) -> Option<usize> {
        let all = self.facts.fault.as_ref()?.metadata.get("previous_errors")?.as_array()?;
        (!all.is_empty()).then_some(all.len())
    }

    /// The stated wait, in milliseconds from receipt. A reset is a wait only where the time of receipt is known.
    fn wait_ms(&self) -> Option<u64> {
        let at_ms = self.question.exchange.at_ms;
        let stated = self.diagnosis.retry_after_s.map(|seconds| (seconds * 1_000.0).ceil() as u64);
        let reset = self.diagnosis.reset_at_ms.filter(|reset| at_ms > 0 && *reset > at_ms).map(|reset| reset - at_ms);
        stated.max(reset).filter(|ms| *ms > 0)
    }

    /// The wait stands in the provider's own words, not in a field of OpenRouter's.
    fn is_providers_word(&self) -> bool {
        self.facts.wait_ms().is_some_and(|(sign, _)| sign.field.ends_with("raw"))
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
        let args: Vec<(&str, &str)> = self.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let form = |key: &str| {
            let plain = || self.locale.complete(&format!("{key}_plain"), &args);
            self.locale.complete(key, &args).or_else(plain)
        };
        let voiced = self.voice.suffix().and_then(|suffix| form(&format!("{key}_{suffix}")));
        voiced.or_else(|| form(key))
    }

    fn of_kind(&self, part: &str) -> String {
        let kind = self.diagnosis.kind.as_str();
        let reason = self.diagnosis.reason.as_str();
        self.say(&format!("{kind}_{part}_{reason}")).or_else(|| self.say(&format!("{kind}_{part}"))).unwrap_or_default()
    }

    fn body(&self) -> String {
        let mut sentences = vec![self.of_kind("body")];
        sentences.extend(self.wait_sentence());
        sentences.retain(|sentence| !sentence.is_empty());
        sentences.join(" ")
    }

    /// How long: only for what passes by waiting.
    fn wait_sentence(&self) -> Option<String> {
        use {Kind as K, Reason as R};
        let diagnosis = self.diagnosis;
        if diagnosis.retry_helps != RetryHelps::Later || diagnosis.kind == K::EdgeBlock {
            return None;
        }
        match (diagnosis.kind, diagnosis.reason) {
            // The card shows the local time of a reset by itself.
            (K::FreePerDay, _) if diagnosis.reset_at_ms.is_some() => None,
            (K::FreePerDay, _) => self.say("wait_sentence_day"),
            (K::KeyLimit, _) if diagnosis.reset_at_ms.is_none() => None,
            (_, R::ModelPerDay | R::OwnKeyDaily) if self.wait_ms().is_none() && diagnosis.reset_at_ms.is_none() => None,
            (K::FreePerMinute, _) if self.wait_ms().is_none() => self.say("wait_sentence_minute"),
            (K::UnknownOpenrouter, _) if self.wait_ms().is_none() => None,
            _ if self.wait_ms().is_none() && diagnosis.reset_at_ms.is_some() => None,
            _ if self.is_providers_word() => self.say("wait_sentence_provider"),
            _ => self.say("wait_sentence"),
        }
    }

    fn four_facts(&self) -> Vec<Fact> {
        let owner = self.diagnosis.limit_owner.as_str();
        let reason = self.diagnosis.reason.as_str();
        let whose = Fact {
            id: FactId::Owner,
            label: self.locale.message("fact_owner", &[]),
            answer: None,
            value: self.say(&format!("owner_{owner}_{reason}")).or_else(|| self.say(&format!("owner_{owner}"))).unwrap_or_default(),
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
            why: self.say(&format!("{key}_{why}")).unwrap_or_default(),
        }
    }

    fn waiting(&self) -> (Answer, &'static str) {
        use {Kind as K, Reason as R};
        let known = self.wait_ms().is_some();
        match (self.diagnosis.retry_helps, self.diagnosis.kind, self.diagnosis.reason) {
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
            (RetryHelps::Later, ..) if self.diagnosis.reset_at_ms.is_some() => (Answer::Yes, "reset"),
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
        let none_offered = !takes_own_keys(self.diagnosis.provider.as_deref());
        if self.diagnosis.limit_owner == LimitOwner::OwnProviderKey || self.diagnosis.is_byok == Some(true) {
            return (A::No, "in_use");
        }
        match (self.diagnosis.kind, self.diagnosis.reason) {
            (K::UpstreamRateLimit, R::DocumentEngine) => (A::Unknown, "unstated"),
            (K::UpstreamRateLimit | K::ProviderError, _) if none_offered => (A::No, "not_offered"),
            (_, R::PoolAccountEmpty | R::ProviderAccountEmpty) => (A::Yes, "pool_empty"),
            (_, R::PoolQuota) => (A::Maybe, "pool_quota"),
            (_, R::PoolEngineOverloaded) | (K::ProviderOverloaded, _) => (A::No, "full"),
            (_, R::PoolLimited) => (A::Maybe, "pool"),
            (K::UpstreamRateLimit, _) => (A::Unknown, "whose"),
            (K::FreePerMinute | K::FreePerDay, _) => (A::Unknown, "free"),
            (_, R::AdmissionControl) => (A::No, "not_provider"),
            (K::AccountRateLimit, _) => (A::Unknown, "account"),
            (_, R::ProviderRefused) | (K::Moderation | K::RegionBlocked | K::UnknownOpenrouter, _) => (A::Unknown, "unstated"),
            (K::ProviderError | K::Timeout, _) => (A::No, "failed"),
            (K::InsufficientCredits, _) => (A::Unknown, "credits"),
            (K::KeyLimit, _) => (A::Maybe, "cap"),
            (K::Auth, _) => (A::No, "openrouter_key"),
            (K::DataPolicy, _) => (A::No, "privacy"),
            (K::EdgeBlock | K::Network, _) => (A::No, "not_reached"),
            _ => (A::No, "request"),
        }
    }

    #[expect(clippy::match_same_arms, reason = "a table, in the order in which one line wins over the next")]
    fn other_provider(&self) -> (Answer, &'static str) {
        use {Answer as A, Kind as K, Reason as R};
        match (self.diagnosis.kind, self.diagnosis.reason) {
            (_, R::AllProvidersAtCapacity) => (A::No, "all_full"),
            (K::FreePerMinute | K::FreePerDay, _) => (A::No, "free"),
            (_, R::DocumentEngine) => (A::Unknown, "unstated"),
            (_, R::OwnProviderAccountEmpty | R::OwnProviderKeyRefused) => (A::Maybe, "untested"),
            (K::AccountRateLimit | K::InsufficientCredits | K::KeyLimit | K::Auth, _) => (A::No, "openrouter"),
            (K::NoEndpoints, R::ProviderPinned) if self.others().is_some() => (A::Yes, "named"),
            (K::NoEndpoints, R::ProviderPinned) => (A::Yes, "unpinned"),
            (K::NoEndpoints | K::DataPolicy, _) => (A::No, "none_fits"),
            (K::ModelNotFound, _) | (K::BadRequest, R::InvalidRequest | R::TooLarge) => (A::No, "request"),
            (K::EdgeBlock | K::Network, _) => (A::No, "not_reached"),
            (K::UnknownOpenrouter, _) => (A::Unknown, "unstated"),
            (K::ContextLength, _) => (A::Maybe, "context"),
            (K::Moderation, _) => (A::Maybe, "filter"),
            (K::Timeout, R::ClientTimeout) => (A::Unknown, "unstated"),
            _ if self.pinned_to().is_some() => (A::Maybe, "pinned"),
            _ if self.tried_before().is_some() => (A::Maybe, "tried"),
            (K::BadRequest | K::RegionBlocked, _) => (A::Maybe, "untested"),
            _ => (A::Maybe, "if_any"),
        }
    }

    fn details(&self) -> Vec<Detail> {
        let diagnosis = self.diagnosis;
        let fault = self.facts.fault.as_ref();
        let transport = self.question.exchange.status;
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
            ("detail_model", self.model().map(str::to_owned)),
            ("detail_limit_source", fault.and_then(|fault| fault.text("limit_source").map(str::to_owned))),
            ("detail_error_type", fault.and_then(|fault| fault.error_type.clone())),
            ("detail_provider_code", code),
            ("detail_request_id", diagnosis.request_id.clone()),
            ("detail_kind", Some(format!("{} · {}", diagnosis.kind.as_str(), diagnosis.reason.as_str()))),
            ("detail_certainty", self.say(&format!("certainty_{}", diagnosis.certainty.as_str()))),
        ];
        let line = |(key, value): (&str, Option<String>)| {
            let value = shorten(&redact(&value?), 160);
            Some(Detail { label: self.locale.message(key, &[]), value })
        };
        lines.into_iter().filter_map(line).collect()
    }

    fn raw(&self) -> String {
        // Redacted before it is cut: a key that is cut in two would no longer look like one.
        redact(&self.question.exchange.body).trim().chars().take(MAX_RAW).collect()
    }

    /// For the makers of apps and for support: field names as on the wire, in no language.
    fn report(&self, title: &str, details: &[Detail], raw: &str) -> String {
        let mut lines = vec![title.to_owned()];
        lines.extend(details.iter().map(|detail| format!("{}: {}", detail.label, detail.value)));
        if self.question.exchange.at_ms > 0 {
            lines.push(format!("at: {}", wait::to_iso(self.question.exchange.at_ms)));
        }
        if let Some(ready_at_ms) = self.plan.ready_at_ms {
            lines.push(format!("ready at: {}", wait::to_iso(ready_at_ms)));
        }
        lines.extend(self.diagnosis.evidence.iter().map(|sign| format!("{} = {}", sign.field, sign.text)));
        lines.push(String::new());
        lines.push(raw.to_owned());
        lines.join("\n")
    }
}

/// A model's slug without its author, where there is one.
fn short_model(slug: &str) -> String {
    slug.split_once('/').map_or(slug, |(_, model)| model).to_owned()
}

/// At most so many characters; what was cut is marked.
fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

/// The whole number at the head of the text.
fn first_number(text: &str) -> Option<String> {
    let digits: String = text.trim_start().chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty() && digits.len() <= 12).then_some(digits)
}
