//! The decision: evidence in a stated order, the first hit wins.
//!
//! 1. no answer at all, or a page of the gate instead of one
//! 2. a key's cap and a budget: their sentence wins over `limit_source`, which calls them credits
//! 3. `error.availability`
//! 4. `metadata.limit_source`, exactly, then by its prefix; `metadata.reason` refines it
//! 5. `metadata.is_byok` on a limit: the flag wins over the sentence, which is the same for everybody
//! 6. OpenRouter's own sentences
//! 7. `metadata.failed_routing_step` and the lists of a refusal
//! 8. the innermost status (a type of OpenRouter's own wins over a server error), refined by the provider's words
//!
//! What was decided is then held to three more: `availability.retryable`, where its code is a new one; the provider's own code and
//! words, for the finer reason; and the text's end, beyond which the credential may have stood.

use super::facts::{Facts, PHRASES, evidence, is_own};
use super::templates::{self, Template, Topic, topic};
use super::{Certainty, Evidence, Kind, LimitOwner, Reason, RetryHelps};
use crate::read::{Fault, Text, wait};

use Certainty::{Certain, Likely, Unsure};
use RetryHelps::{Later, Never, Now};

/// Bytes of a sentence that tell which one it is, of a failure that is OpenRouter's.
const SURE: usize = 14;

/// What was decided, and on what.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) kind: Kind,
    pub(super) owner: LimitOwner,
    pub(super) reason: Reason,
    pub(super) retry: RetryHelps,
    pub(super) certainty: Certainty,
    pub(super) evidence: Vec<Evidence>,
}

impl Finding {
    fn new(kind: Kind, owner: LimitOwner, reason: Reason, retry: RetryHelps, certainty: Certainty) -> Self {
        Self { kind, owner, reason, retry, certainty, evidence: Vec::new() }
    }

    fn on(mut self, field: &str, text: &str) -> Self {
        self.evidence.push(evidence(field, text));
        self
    }

    fn template(template: &Template, certainty: Certainty) -> Self {
        Self::new(template.kind, template.owner, template.reason, template.retry, certainty)
    }
}

/// Decides. Total: what nothing fits is `unknown_openrouter`.
pub(super) fn decide(facts: &Facts<'_>) -> Finding {
    let decided = gate(facts)
        .or_else(|| cap(facts))
        .or_else(|| availability(facts))
        .or_else(|| limit_source(facts))
        .or_else(|| own_key(facts))
        .or_else(|| sentence(facts))
        .or_else(|| routing(facts))
        .unwrap_or_else(|| by_status(facts));
    doubt(refine(obey(decided, facts), facts), facts)
}

/// Where the words of the error stand, for evidence.
fn field_of(facts: &Facts<'_>, words: &str) -> String {
    match &facts.fault {
        Some(fault) if !words.is_empty() && facts.raw.has(words) => fault.field("metadata.raw"),
        Some(fault) if !fault.message.is_empty() => fault.field("message"),
        _ => "text".to_owned(),
    }
}

/// No answer, or somebody's page instead of one.
fn gate(facts: &Facts<'_>) -> Option<Finding> {
    if let Some(title) = &facts.html {
        let status = facts.exchange.status;
        let refused = matches!(status, 401 | 403 | 429)
            || facts.whole.first_of(&["you have been blocked", "just a moment...", "has banned you"]).is_some();
        let (reason, retry) = if refused { (Reason::GateBlocked, Later) } else { (Reason::GateFailed, Now) };
        return Some(Finding::new(Kind::EdgeBlock, LimitOwner::Edge, reason, retry, Certain).on("html", title));
    }
    // What a client's own error says of the connection that it lost is no answer of anybody's.
    let is_stated = |fault: &Fault| fault.code.is_some() || fault.code_in_words.is_some() || fault.marks() > 0 || is_own(&fault.message);
    if facts.fault.as_ref().is_some_and(is_stated) {
        return None;
    }
    // Cloudflare's shortest answer, of which a log has more around; its number may be cut off.
    let whole = facts.whole.lower().strip_prefix("error code").map(|code| code.trim_start_matches(&[':', ' '][..]));
    let number = |code: &&str| code.bytes().all(|byte| byte.is_ascii_digit());
    let code = facts.body.lines().find_map(|line| line.strip_prefix("error code: ").filter(number)).or(whole);
    let of_gate = match code.unwrap_or("none") {
        // 1000 to 1999 are its refusals, such as 1015 for too many requests and 1020 for a blocked address.
        code if code.len() == 4 && code.starts_with('1') => Some((Reason::GateBlocked, Later)),
        code if code.starts_with('5') || code.is_empty() && facts.exchange.status >= 500 => Some((Reason::GateFailed, Now)),
        _ => None,
    };
    if let Some((reason, retry)) = of_gate {
        let found = Finding::new(Kind::EdgeBlock, LimitOwner::Edge, reason, retry, Certain);
        return Some(found.on("text", facts.whole.plain()));
    }
    // Where a client looked for JSON, it found a page.
    const FOUND: [&str; 3] = ["invalid character '<'", "unexpected token '<'", "unexpected token <"];
    let page =
        || facts.whole.first_of(&FOUND).filter(|_| facts.status().is_some_and(|status| (520..=530).contains(&status) && status != 529));
    if let Some(words) = page() {
        return Some(Finding::new(Kind::EdgeBlock, LimitOwner::Edge, Reason::GateFailed, Now, Likely).on("text", words));
    }
    if let Some((words, slow)) = facts.broken().filter(|_| facts.named_status().is_none()) {
        let (kind, owner, reason) = match slow {
            // It is OpenRouter that waited for its provider.
            true if facts.whole.has("upstream idle timeout") => (Kind::Timeout, LimitOwner::Provider, Reason::NoAnswerInTime),
            true => (Kind::Timeout, LimitOwner::None, Reason::ClientTimeout),
            false => (Kind::Network, LimitOwner::None, Reason::NoConnection),
        };
        return Some(Finding::new(kind, owner, reason, Now, Certain).on("text", words));
    }
    let silent = facts.exchange.status == 0 && facts.whole.is_empty();
    silent.then(|| Finding::new(Kind::Network, LimitOwner::None, Reason::NoConnection, Now, Certain).on("status", "0"))
}

fn cap(facts: &Facts<'_>) -> Option<Finding> {
    let template = templates::first(templates::CAPS, &facts.said)?;
    let words = template.words.first().copied().unwrap_or_default();
    Some(Finding::template(template, Certain).on(&field_of(facts, words), words))
}

/// Source: openrouter.ai/docs, errors and debugging, August 2026.
fn availability(facts: &Facts<'_>) -> Option<Finding> {
    use {Kind as K, LimitOwner as O, Reason as R};
    let fault = facts.fault.as_ref()?;
    let code = fault.available("code")?;
    let (kind, owner, reason, retry) = match code.as_str() {
        // That the providers refused OpenRouter's credential is told only where they are named.
        "capacity_exhausted" if fault.first_available("affected_providers").is_some() => {
            (K::UpstreamRateLimit, O::SharedPool, R::AllProvidersAtCapacity, Later)
        }
        "capacity_exhausted" => (K::UpstreamRateLimit, O::Unknown, R::AllProvidersAtCapacity, Later),
        "temporarily_unavailable" => (K::ProviderOverloaded, O::Provider, R::ProviderFull, Later),
        "model_not_found" => (K::ModelNotFound, O::None, R::NoSuchModel, Never),
        "model_deprecated" => (K::ModelNotFound, O::None, R::ModelRetired, Never),
        "wrong_endpoint" => (K::BadRequest, O::None, R::InvalidRequest, Never),
        "no_endpoints" | "model_unavailable_upstream" => (K::NoEndpoints, O::None, R::NotServed, Never),
        "constraint_filtered" => {
            let (kind, reason) = match fault.first_available("excluded_by") {
                Some(what) if what.starts_with("data_") => (K::DataPolicy, R::PrivacySettings),
                Some("context_length") => (K::ContextLength, R::TooLong),
                Some("max_price") => (K::NoEndpoints, R::PriceCap),
                Some("allowed_providers") => (K::NoEndpoints, R::ProviderPinned),
                Some("geo") => (K::RegionBlocked, R::Region),
                _ => (K::NoEndpoints, R::UnsupportedOption),
            };
            (kind, O::None, reason, Never)
        }
        "free_variant_ended" => (K::NoEndpoints, O::None, R::FreeEnded, Never),
        "region_restricted" => (K::RegionBlocked, O::None, R::Region, Never),
        "privacy_restricted" => (K::DataPolicy, O::None, R::PrivacySettings, Never),
        _ => return None,
    };
    Some(Finding::new(kind, owner, reason, retry, Certain).on(&fault.field("availability.code"), &code))
}

/// What is not known of `error.availability` still says whether a retry can help.
fn obey(mut found: Finding, facts: &Facts<'_>) -> Finding {
    let Some(fault) = &facts.fault else { return found };
    let Some(stated) = fault.available("retryable") else { return found };
    match (stated.as_str(), found.retry) {
        ("true", Never) => found.retry = Later,
        ("false", Now | Later) => found.retry = Never,
        _ => return found,
    }
    found.on(&fault.field("availability.retryable"), &stated)
}

fn limit_source(facts: &Facts<'_>) -> Option<Finding> {
    let fault = facts.fault.as_ref();
    let known = templates::LIMIT_SOURCES;
    let stated = fault.and_then(|fault| fault.text("limit_source"));
    // Notes and shortened logs keep the word without its member.
    let in_text = || known.iter().map(|(source, ..)| *source).find(|source| facts.said.has(source));
    let in_text = if fault.is_none() { in_text() } else { None };
    let source = stated.or(in_text)?;
    let field = fault.map_or_else(|| "text".to_owned(), |fault| fault.field("metadata.limit_source"));
    let exact = known.iter().find(|(known, ..)| *known == source);
    let found = match exact {
        Some((_, kind, owner, reason, retry)) => Finding::new(*kind, *owner, *reason, *retry, Certain),
        // Of a new word only the side is known; what else the failure states is finer.
        None if facts.meaning() != Some(429) => return None,
        None if source.starts_with("upstream_provider_") => {
            own_key(facts).or_else(|| sentence(facts)).unwrap_or_else(|| limit(facts, true))
        }
        None if source.starts_with("openrouter_") => sentence(facts)
            .unwrap_or_else(|| Finding::new(Kind::AccountRateLimit, LimitOwner::Account, Reason::PlatformLimit, Later, Likely)),
        None => return None,
    };
    let mut found = found.on(&field, source);
    if found.kind == Kind::KeyLimit && found.reason == Reason::KeyCap && facts.reset_at_ms().is_some() {
        found.retry = Later;
    }
    // The sentence tells more of the same: which balance, which period, which of the two daily tiers.
    if let Some(template) = templates::first(templates::OWN, &facts.said).filter(|it| it.kind == found.kind) {
        found = of_sentence(found, template, facts);
    }
    match fault.and_then(|fault| fault.text("reason")) {
        Some(reason @ "in_flight_budget_exhausted") => Some(in_flight(facts, reason)),
        Some(reason @ "weight_exceeds_budget") => Some(too_expensive(facts, reason)),
        _ => Some(found),
    }
}

fn in_flight(facts: &Facts<'_>, reason: &str) -> Finding {
    let field = facts.fault.as_ref().map(|fault| fault.field("metadata.reason")).unwrap_or_default();
    Finding::new(Kind::AccountRateLimit, LimitOwner::Account, Reason::InFlightBudget, Later, Certain).on(&field, reason)
}

fn too_expensive(facts: &Facts<'_>, reason: &str) -> Finding {
    let field = facts.fault.as_ref().map(|fault| fault.field("metadata.reason")).unwrap_or_default();
    let found = Finding::new(Kind::InsufficientCredits, LimitOwner::Account, Reason::RequestTooExpensive, Never, Certain);
    found.on(&field, reason)
}

/// The attempt used the user's own provider key, and it was a limit, money or the key that failed.
fn own_key(facts: &Facts<'_>) -> Option<Finding> {
    use {Kind as K, LimitOwner as O, Reason as R};
    let fault = facts.fault.as_ref();
    let hint = fault.and_then(|fault| fault.text("remedy_hint")).is_some_and(|hint| hint.contains("rate-limited your own key"));
    let own = facts.flag("is_byok") == Some(true);
    if !own && !hint {
        return None;
    }
    let field = |member: &str| fault.map_or_else(|| "text".to_owned(), |fault| fault.field(member));
    let refused = topic(&facts.said, Topic::Key).is_some() || facts.raw.has("api key");
    let (kind, reason, retry) = match facts.meaning()? {
        429 => (K::ByokRateLimit, R::OwnKeyLimit, Later),
        402 => (K::InsufficientCredits, R::OwnProviderAccountEmpty, Never),
        401 => (K::Auth, R::OwnProviderKeyRefused, Never),
        400 | 403 if refused => (K::Auth, R::OwnProviderKeyRefused, Never),
        400 | 403 if topic(&facts.said, Topic::Empty).is_some() => (K::InsufficientCredits, R::OwnProviderAccountEmpty, Never),
        _ => return None,
    };
    let found = Finding::new(kind, O::OwnProviderKey, reason, retry, if hint { Likely } else { Certain });
    Some(if own {
        Finding { certainty: Certain, ..found }.on(&field("metadata.is_byok"), "true")
    } else {
        found.on(&field("metadata.remedy_hint"), "rate-limited your own key")
    })
}

fn sentence(facts: &Facts<'_>) -> Option<Finding> {
    if let Some(reason) = facts.fault.as_ref().and_then(|fault| fault.text("reason")) {
        match reason {
            "in_flight_budget_exhausted" => return Some(in_flight(facts, reason)),
            "weight_exceeds_budget" => return Some(too_expensive(facts, reason)),
            _ => {}
        }
    }
    let whole = templates::first(templates::OWN, &facts.said);
    // More may have followed of the shortest one.
    let cut = if whole.is_none_or(|whole| whole.words == [templates::NO_ENDPOINTS]) { templates::cut_off(&facts.said, SURE) } else { None };
    let (template, words) = cut.or_else(|| Some((whole?, *whole?.words.first()?)))?;
    // A 402 that a provider gave OpenRouter is not the user's balance.
    let of_provider = facts.fault.as_ref().is_some_and(|fault| fault.text("provider_name").is_some());
    if template.kind == Kind::InsufficientCredits && !template.own && of_provider {
        return None;
    }
    let certainty = if template.own && cut.is_none() { Certain } else { Likely };
    Some(of_sentence(Finding::template(template, certainty).on(&field_of(facts, words), words), template, facts))
}

/// What a sentence says of the cause, and whether it was cut off before it said whose limit it is.
fn of_sentence(mut found: Finding, template: &Template, facts: &Facts<'_>) -> Finding {
    found.reason = template.reason;
    found.retry = template.retry;
    let words = template.words.first().copied().unwrap_or_default();
    if matches!(found.reason, Reason::AnswerTooLong | Reason::PromptTooLong) && !tells_whose(&facts.said, words) {
        found.owner = LimitOwner::Unknown;
        found.certainty = Unsure;
    }
    found
}

/// The sentence on what the credits cover ends with the page where to raise them: the account's, or one key's, which was
/// looked for before. Where it is cut off inside, it does not tell; where it ends before, it is an account that is spoken of.
fn tells_whose(said: &Text, words: &str) -> bool {
    const VISIT: &str = "to increase, visit";
    let rest = said.after("but can only afford").or_else(|| said.after(words));
    let Some((_, next)) = rest.and_then(|rest| rest.split_once('.')) else { return false };
    let next = next.trim_start().to_ascii_lowercase();
    match next.strip_prefix(VISIT) {
        Some(page) => page.contains("credits"),
        None => next.is_empty() || ![VISIT, "you requested"].iter().any(|more| more.starts_with(next.as_str()) || next.starts_with(more)),
    }
}

fn routing(facts: &Facts<'_>) -> Option<Finding> {
    use {Kind as K, Reason as R};
    let fault = facts.fault.as_ref()?;
    let step = fault.text("failed_routing_step");
    let (kind, reason) = match step {
        Some("Filter by Data Policy") => (K::DataPolicy, R::PrivacySettings),
        Some("Filter by Guardrails") => (K::DataPolicy, R::Guardrail),
        Some("Filter by Allowed Providers") => (K::NoEndpoints, R::ProviderPinned),
        Some("Filter by Max Price") => (K::NoEndpoints, R::PriceCap),
        Some("Gate Free Endpoints by Agentic Harness") => (K::NoEndpoints, R::AgenticOnly),
        Some("Gate Endpoints with Attestations") => (K::NoEndpoints, R::Attestation),
        Some(step) if step.starts_with("Filter by ") => (K::NoEndpoints, R::UnsupportedOption),
        Some(_) => (K::NoEndpoints, R::NotServed),
        None if fault.metadata.contains_key("missing_attestation_types") => (K::NoEndpoints, R::Attestation),
        None if fault.metadata.contains_key("requested_providers") => (K::NoEndpoints, R::ProviderPinned),
        None if fault.metadata.contains_key("patterns") => (K::Moderation, R::PromptInjection),
        None if fault.metadata.contains_key("flagged_input") => (K::Moderation, R::InputFlagged),
        None => return None,
    };
    let owner = if reason == R::Attestation { LimitOwner::Account } else { LimitOwner::None };
    let found = Finding::new(kind, owner, reason, Never, Certain);
    Some(match step {
        Some(step) => found.on(&fault.field("metadata.failed_routing_step"), step),
        None => found.on(&fault.field("metadata"), fault.metadata.keys().next().map_or("", String::as_str)),
    })
}

/// The status, and within it what the provider's words are about.
fn by_status(facts: &Facts<'_>) -> Finding {
    use {Kind as K, LimitOwner as O, Reason as R};
    let said = &facts.said;
    let words = |member: &str| facts.fault.as_ref().and_then(|fault| fault.word(member)).unwrap_or_default();
    let codes = facts.fault.as_ref().and_then(|fault| fault.error_type.clone()).unwrap_or_default();
    let codes = Text::new(&[codes, words("provider_error_code"), words("provider_code")].join(" "));
    let about = |wanted: Topic| topic(said, wanted).or_else(|| topic(&codes, wanted));
    let named = facts.provider().is_some();
    let around = if facts.is_later() { said } else { &facts.whole };
    let relayed = around.has("provider returned error");
    let of_provider = named || relayed || said.has("upstream error");
    let whose = if of_provider { O::Provider } else { O::Unknown };
    let Some(status) = facts.meaning().or_else(|| implied_status(facts)) else {
        let finished = facts.fault.as_ref().is_some_and(|fault| fault.path.ends_with("finish_reason"));
        if finished {
            return Finding::new(K::ProviderError, O::Provider, R::ProviderFailed, Now, Likely).on("finish_reason", "error");
        }
        return Finding::new(K::UnknownOpenrouter, O::Unknown, R::Unrecognized, Now, Unsure);
    };
    // A status that only words amount to is no evidence; the words are.
    let on_status = |found: Finding| match facts.meaning() {
        Some(status) => found.on("status", &status.to_string()),
        None => found.on(&field_of(facts, ""), said.plain()),
    };
    let with = |kind, owner, reason, retry, certainty| (kind, owner, reason, retry, certainty, "");
    let worded = |kind, owner, reason, retry, words: &'static str| (kind, owner, reason, retry, Likely, words);
    // A name or a list may be too long as well.
    let longer = || {
        said.first_of(&["exceeds the maximum length", "exceeds maximum length"]).filter(|_| said.first_of(&["input", "prompt"]).is_some())
    };
    let too_long = about(Topic::Context).or_else(longer);
    let (kind, owner, reason, retry, certainty, words) = match status {
        429 => return limit(facts, of_provider),
        // A provider that has no other word for what is too long fails.
        500 | 502 | 503 if too_long.is_some() => worded(K::ContextLength, O::None, R::TooLong, Never, too_long.unwrap_or_default()),
        400 | 413 | 422 => {
            if let Some(words) = too_long {
                worded(K::ContextLength, O::None, R::TooLong, Never, words)
            } else if let Some(words) = about(Topic::Region) {
                worded(K::RegionBlocked, O::None, R::Region, Never, words)
            } else if let Some(words) = about(Topic::Key) {
                worded(K::Auth, O::None, R::KeyRefused, Never, words)
            } else if let Some(words) = about(Topic::Filter) {
                worded(K::Moderation, O::None, R::InputFlagged, Never, words)
            } else if let Some(words) = about(Topic::Model).filter(|_| !of_provider) {
                worded(K::ModelNotFound, O::None, R::NoSuchModel, Never, words)
            } else if status == 413 {
                with(K::BadRequest, O::None, R::TooLarge, Never, Certain)
            } else if of_provider {
                with(K::BadRequest, O::None, R::ProviderRejected, Never, Likely)
            } else {
                with(K::BadRequest, O::None, R::InvalidRequest, Never, Likely)
            }
        }
        401 if of_provider => with(K::ProviderError, O::Provider, R::ProviderRefused, Never, Likely),
        401 if said.has("user not found") => worded(K::Auth, O::None, R::UnknownKey, Never, "user not found"),
        401 => with(K::Auth, O::None, R::KeyRefused, Never, Certain),
        402 if of_provider => with(K::ProviderError, O::Provider, R::ProviderAccountEmpty, Later, Likely),
        402 => with(K::InsufficientCredits, O::Account, R::BalanceEmpty, Never, Likely),
        403 | 451 => {
            if let Some(words) = about(Topic::Region) {
                worded(K::RegionBlocked, O::None, R::Region, Never, words)
            } else if let Some(words) = about(Topic::Empty).filter(|_| of_provider) {
                worded(K::ProviderError, O::Provider, R::ProviderAccountEmpty, Never, words)
            } else if let Some(words) = about(Topic::Filter) {
                worded(K::Moderation, O::None, R::InputFlagged, Never, words)
            } else if of_provider {
                with(K::ProviderError, O::Provider, R::ProviderRefused, Never, Likely)
            } else if let Some(words) = about(Topic::Key) {
                worded(K::Auth, O::None, R::KeyRefused, Never, words)
            } else {
                with(K::UnknownOpenrouter, O::Unknown, R::Unrecognized, Never, Unsure)
            }
        }
        404 if relayed && about(Topic::Model).is_none() => with(K::ProviderError, O::Provider, R::ProviderNotFound, Now, Likely),
        404 if about(Topic::Model).is_some() => with(K::ModelNotFound, O::None, R::NoSuchModel, Never, Likely),
        404 | 503 if about(Topic::Option).is_some() => with(K::NoEndpoints, O::None, R::NotServed, Never, Likely),
        408 | 504 | 524 => with(K::Timeout, O::Provider, R::NoAnswerInTime, Now, Certain),
        405 | 406 | 409 | 411 | 412 | 414 | 415 | 416 | 417 | 431 => with(K::BadRequest, O::None, R::InvalidRequest, Never, Likely),
        500 | 502 => {
            if let Some(words) = about(Topic::Filter) {
                worded(K::Moderation, O::None, R::OutputFlagged, Never, words)
            } else if let Some(words) = about(Topic::Timeout) {
                worded(K::Timeout, O::Provider, R::NoAnswerInTime, Now, words)
            } else if let Some(words) = about(Topic::Overload) {
                worded(K::ProviderOverloaded, O::Provider, R::ProviderFull, Later, words)
            } else if status == 502 || of_provider {
                with(K::ProviderError, O::Provider, R::ProviderFailed, Now, Certain)
            } else {
                with(K::ProviderError, whose, R::Internal, Now, Certain)
            }
        }
        503 | 529 => with(K::ProviderOverloaded, O::Provider, R::ProviderFull, Later, Certain),
        520..=523 | 525..=527 => with(K::EdgeBlock, O::Edge, R::GateFailed, Now, Likely),
        500..=599 => with(K::ProviderError, whose, R::Internal, Now, Likely),
        _ => with(K::UnknownOpenrouter, O::Unknown, R::Unrecognized, Now, Unsure),
    };
    let found = on_status(Finding::new(kind, owner, reason, retry, certainty));
    if words.is_empty() { found } else { found.on(&field_of(facts, words), words) }
}

/// The status that an error without one amounts to, by what its words are about.
fn implied_status(facts: &Facts<'_>) -> Option<u16> {
    const ABOUT: [(Topic, u16); 8] = [
        (Topic::Context, 400),
        (Topic::Region, 403),
        (Topic::Filter, 403),
        (Topic::Overload, 503),
        (Topic::Timeout, 504),
        (Topic::Empty, 402),
        (Topic::Quota, 429),
        (Topic::Key, 401),
    ];
    let upstream = facts.said.has(templates::UPSTREAM);
    // OpenRouter's word for a key that it doesn't know.
    if facts.said.has("user not found") {
        return Some(401);
    }
    if facts.fault.is_none() && !upstream && !facts.said.has("provider returned error: ") {
        return None;
    }
    // A relay may keep nothing of an answer but its status line.
    let is_phrase = |phrase: &str| facts.fault.as_ref().is_some_and(|fault| fault.message.eq_ignore_ascii_case(phrase));
    let phrase = PHRASES.iter().find(|(_, phrase)| is_phrase(phrase)).map(|(status, _)| *status);
    // What a provider's filter keeps back arrives as its failure.
    let mut about = ABOUT.iter().filter(|(topic, _)| templates::topic(&facts.said, *topic).is_some());
    let about = about.find(|(topic, _)| !upstream || *topic != Topic::Filter).map(|(_, status)| *status);
    phrase.or(about).or_else(|| upstream.then_some(502))
}

/// A 429 that no field and no sentence explains.
fn limit(facts: &Facts<'_>, of_provider: bool) -> Finding {
    use {Kind as K, LimitOwner as O, Reason as R};
    let fault = facts.fault.as_ref();
    let pool = facts.flag("is_byok") == Some(false);
    let stated = facts.meaning().is_some();
    let found = |kind, owner, reason, certainty| {
        let found = Finding::new(kind, owner, reason, Later, certainty);
        if stated { found.on("status", "429") } else { found.on(&field_of(facts, ""), facts.said.plain()) }
    };
    if pool {
        let field = fault.map_or_else(|| "text".to_owned(), |fault| fault.field("metadata.is_byok"));
        return Finding::new(K::UpstreamRateLimit, O::SharedPool, R::PoolLimited, Later, Likely).on(&field, "false");
    }
    let native = topic(&facts.said, Topic::Quota).filter(|words| *words != "rate limit" && *words != "rate_limit_exceeded");
    let typed = fault.and_then(|fault| fault.error_type.as_deref()).is_some();
    // OpenRouter counts its own limits in these fields; providers' limits never carry them.
    let counted = fault.and_then(|fault| fault.header("x-ratelimit-limit"));
    if let Some(limit) = counted.filter(|_| !of_provider) {
        let found = Finding::new(K::AccountRateLimit, O::Account, R::PlatformLimit, Later, Likely);
        return found.on("metadata.headers.x-ratelimit-limit", &limit);
    }
    // Full is full for everybody. Where the text ends before it says whose credential was refused, that is not known.
    if let Some(words) = topic(&facts.raw, Topic::Overload).filter(|_| of_provider && !facts.cut) {
        return found(K::ProviderOverloaded, O::Provider, R::ProviderFull, Likely).on(&field_of(facts, words), words);
    }
    if of_provider {
        return found(K::UpstreamRateLimit, O::Provider, R::ProviderLimit, Likely);
    }
    let is_phrase = |fault: &Fault| PHRASES.contains(&(429, fault.message.as_str())) && fault.metadata.is_empty();
    if facts.named && fault.is_some_and(is_phrase) {
        return found(K::UpstreamRateLimit, O::Unknown, R::RelayLimit, Likely);
    }
    match native {
        Some(words) if fault.is_some() => {
            found(K::UpstreamRateLimit, O::Provider, R::ProviderLimit, Likely).on(&field_of(facts, words), words)
        }
        _ if typed => found(K::UpstreamRateLimit, O::Unknown, R::ProviderLimit, Unsure),
        _ => found(K::UnknownOpenrouter, O::Unknown, R::LimitUntold, Unsure),
    }
}

/// The finer cause, from the provider's own code and words.
fn refine(mut found: Finding, facts: &Facts<'_>) -> Finding {
    let fault = facts.fault.as_ref();
    let code = fault.and_then(|fault| fault.word("provider_error_code").or_else(|| fault.word("provider_code")));
    let code_text = Text::new(code.as_deref().unwrap_or_default());
    // The canned sentence says nothing about the cause; only the provider's own words do.
    let canned = facts.raw.first_of(&["is temporarily rate", "rate-limited upstream"]).is_some();
    let said = |wanted: Topic| {
        let in_raw = if canned { None } else { topic(&facts.raw, wanted).map(|words| ("metadata.raw", words)) };
        topic(&code_text, wanted).map(|words| ("metadata.provider_error_code", words)).or(in_raw)
    };
    let field = |member: &str| fault.map_or_else(|| member.to_owned(), |fault| fault.field(member));
    // A limit of the day is not over in the seconds that some providers add to it; a wait of minutes is believed.
    let daily = || said(Topic::Daily).filter(|_| facts.wait_s().is_none_or(|(_, wait_s)| *wait_s < wait::LEAST_OF_A_DAY_S));
    let refined = match found.reason {
        Reason::PoolLimited => {
            let numeric = code.as_deref().is_some_and(|code| code == "429");
            if let Some(sign) = said(Topic::Empty) {
                Some((Reason::PoolAccountEmpty, sign))
            } else if let Some(sign) = said(Topic::Overload) {
                Some((Reason::PoolEngineOverloaded, sign))
            } else if let Some(sign) = daily() {
                Some((Reason::PoolDaily, sign))
            } else if let Some(sign) = said(Topic::Quota) {
                Some((Reason::PoolQuota, sign))
            } else if numeric {
                Some((Reason::PoolQuota, ("metadata.provider_error_code", "429")))
            } else {
                None
            }
        }
        Reason::OwnKeyLimit => match (said(Topic::Empty), said(Topic::Overload)) {
            (Some(sign), _) => {
                found.retry = Never;
                Some((Reason::OwnProviderAccountEmpty, sign))
            }
            (None, Some(sign)) => Some((Reason::OwnKeyOverloaded, sign)),
            (None, None) => daily().map(|sign| (Reason::OwnKeyDaily, sign)),
        },
        Reason::ProviderLimit => daily().map(|sign| (Reason::ProviderDaily, sign)),
        _ => None,
    };
    if let Some((reason, (member, words))) = refined {
        found.reason = reason;
        found.evidence.push(evidence(&field(member), words));
    }
    found
}

/// Whose credential failed stands at the end of an error. Where the text ends before, a provider's limit or refusal may
/// have been any credential's.
fn doubt(mut found: Finding, facts: &Facts<'_>) -> Finding {
    use Reason as R;
    let open = matches!(
        found.reason,
        R::ProviderLimit | R::ProviderDaily | R::ProviderAccountEmpty | R::ProviderRefused | R::ProviderRejected | R::KeyRefused
    );
    // The rest of a sentence that no status follows may have told of something else.
    let open = open || found.reason == R::ProviderFailed && facts.fault.as_ref().is_none_or(|fault| fault.code.is_none());
    // What a provider objects to in a request is no matter of whose key it was; its name follows what it said.
    let is_told = || facts.body.rsplit_once("provider_name").is_some_and(|(before, _)| before.contains("raw"));
    let open = open && !(found.reason == R::ProviderRejected && is_told());
    let stated = facts.flag("is_byok").is_some() || facts.fault.as_ref().is_some_and(|fault| known_source(fault).is_some());
    if facts.cut && open && !stated {
        found.owner = LimitOwner::Unknown;
        found.certainty = Unsure;
    }
    found
}

/// The `limit_source`, where it is one whose meaning is known.
fn known_source(fault: &Fault) -> Option<&str> {
    fault.text("limit_source").filter(|source| templates::LIMIT_SOURCES.iter().any(|(known, ..)| known == source))
}

/// The fields that contradict what was decided: another credential than the one whose limit it would be, or another
/// status than the one that the limit's source has.
pub(super) fn against(found: &Finding, facts: &Facts<'_>) -> Vec<Evidence> {
    let Some(fault) = &facts.fault else { return Vec::new() };
    let mut signs = Vec::new();
    let own = match found.owner {
        LimitOwner::SharedPool => Some(false),
        LimitOwner::OwnProviderKey => Some(true),
        _ => None,
    };
    if let (Some(own), Some(stated)) = (own, fault.flag("is_byok"))
        && own != stated
    {
        signs.push(evidence(&fault.field("metadata.is_byok"), if stated { "true" } else { "false" }));
    }
    let limit = matches!(found.kind, Kind::UpstreamRateLimit | Kind::ByokRateLimit | Kind::FreePerMinute | Kind::FreePerDay);
    if let (Some(code), Some(words)) = (fault.code, facts.meaning().filter(|words| fault.code_in_words == Some(*words)))
        && code != words
    {
        signs.push(evidence(&fault.field("code"), &code.to_string()));
    }
    if let Some(code) = fault.code.filter(|code| known_source(fault).is_some() && limit && *code != 429) {
        signs.push(evidence(&fault.field("code"), &code.to_string()));
    }
    signs
}
