//! The sentences that OpenRouter writes, and the words by which providers are understood, as tables.
//!
//! All words are in ASCII lower case and are looked for anywhere in what was said, white space made one.
//! Source: OpenRouter's documentation, August to October 2026, and published failures, August 2025 to October 2026.

use super::{Kind, LimitOwner, Reason, RetryHelps, facts};
use crate::read::Text;

/// A verdict that a sentence by itself stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Template {
    /// All of these have to be there.
    pub(super) words: &'static [&'static str],
    pub(super) kind: Kind,
    pub(super) owner: LimitOwner,
    pub(super) reason: Reason,
    pub(super) retry: RetryHelps,
    /// Nobody but OpenRouter writes this, so that it tells whose failure it is.
    pub(super) own: bool,
}

const fn own(words: &'static [&'static str], kind: Kind, owner: LimitOwner, reason: Reason, retry: RetryHelps) -> Template {
    Template { words, kind, owner, reason, retry, own: true }
}

const fn shared(words: &'static [&'static str], kind: Kind, owner: LimitOwner, reason: Reason, retry: RetryHelps) -> Template {
    Template { words, kind, owner, reason, retry, own: false }
}

use Kind as K;
use LimitOwner as O;
use Reason as R;
use RetryHelps::{Later, Never};

/// Caps of a key and budgets of a workspace. They come before `limit_source`, which says `openrouter_credits` even
/// where the sentence ends with the key's own cap.
pub(super) const CAPS: &[Template] = &[
    own(&["key limit exceeded (total"], K::KeyLimit, O::Key, R::KeyTotal, Never),
    own(&["key limit exceeded (daily"], K::KeyLimit, O::Key, R::KeyDaily, Later),
    own(&["key limit exceeded (weekly"], K::KeyLimit, O::Key, R::KeyWeekly, Later),
    own(&["key limit exceeded (monthly"], K::KeyLimit, O::Key, R::KeyMonthly, Later),
    own(&["adjust the key", "daily limit"], K::KeyLimit, O::Key, R::KeyDaily, Later),
    own(&["adjust the key", "weekly limit"], K::KeyLimit, O::Key, R::KeyWeekly, Later),
    own(&["adjust the key", "monthly limit"], K::KeyLimit, O::Key, R::KeyMonthly, Later),
    own(&["adjust the key", "total limit"], K::KeyLimit, O::Key, R::KeyTotal, Never),
    own(&["create a key with a higher daily"], K::KeyLimit, O::Key, R::KeyDaily, Later),
    own(&["create a key with a higher weekly"], K::KeyLimit, O::Key, R::KeyWeekly, Later),
    own(&["create a key with a higher monthly"], K::KeyLimit, O::Key, R::KeyMonthly, Later),
    own(&["create a key with a higher"], K::KeyLimit, O::Key, R::KeyTotal, Never),
    own(&["adjust the key"], K::KeyLimit, O::Key, R::KeyCap, Never),
    // The page that it names tells as much, where the rest is cut off.
    own(&["can only afford", "to increase, visit https://openrouter.ai/", "/keys"], K::KeyLimit, O::Key, R::KeyCap, Never),
    own(&["prompt tokens limit", "to increase, visit https://openrouter.ai/", "/keys"], K::KeyLimit, O::Key, R::KeyCap, Never),
    own(&["key limit exceeded", "openrouter.ai/"], K::KeyLimit, O::Key, R::KeyCap, Never),
    // What is left of the sentence where its head is missing or was not read rightly, or its end is.
    own(&["(daily limit). manage it using https://openrouter.ai/"], K::KeyLimit, O::Key, R::KeyDaily, Later),
    own(&["(weekly limit). manage it using https://openrouter.ai/"], K::KeyLimit, O::Key, R::KeyWeekly, Later),
    own(&["(monthly limit). manage it using https://openrouter.ai/"], K::KeyLimit, O::Key, R::KeyMonthly, Later),
    own(&["limit). manage it using https://openrouter.ai/"], K::KeyLimit, O::Key, R::KeyCap, Never),
    own(&["key limit exceeded ("], K::KeyLimit, O::Key, R::KeyCap, Never),
    shared(&["key limit exceeded"], K::KeyLimit, O::Key, R::KeyCap, Never),
    // Of a key by whoever manages it.
    own(&["api key budget limit exceeded ("], K::KeyLimit, O::Key, R::KeyCap, Later),
    own(&["workspace daily budget of", "exceeded"], K::KeyLimit, O::Account, R::WorkspaceBudget, Later),
    own(&["workspace weekly budget of", "exceeded"], K::KeyLimit, O::Account, R::WorkspaceBudget, Later),
    own(&["workspace monthly budget of", "exceeded"], K::KeyLimit, O::Account, R::WorkspaceBudget, Later),
    own(&["workspace lifetime budget of", "exceeded"], K::KeyLimit, O::Account, R::WorkspaceBudget, Never),
    own(&["lifetime budget of $", "exceeded. contact your org admin"], K::KeyLimit, O::Account, R::GuardrailBudget, Never),
    own(&["budget of $", "exceeded. contact your org admin"], K::KeyLimit, O::Account, R::GuardrailBudget, Later),
];

/// `limit_source`, exactly.
pub(super) const LIMIT_SOURCES: &[(&str, Kind, LimitOwner, Reason, RetryHelps)] = &[
    ("upstream_provider_shared_pool", K::UpstreamRateLimit, O::SharedPool, R::PoolLimited, Later),
    ("upstream_provider_account", K::ByokRateLimit, O::OwnProviderKey, R::OwnKeyLimit, Later),
    ("openrouter_free_tier_daily", K::FreePerDay, O::FreeTier, R::FreeDay, Later),
    ("openrouter_free_tier_per_minute", K::FreePerMinute, O::FreeTier, R::FreeMinute, Later),
    ("openrouter_new_account", K::AccountRateLimit, O::Account, R::NewAccount, Later),
    ("openrouter_admission_control", K::AccountRateLimit, O::Account, R::AdmissionControl, Later),
    ("openrouter_in_flight_budget", K::AccountRateLimit, O::Account, R::InFlightBudget, Later),
    ("openrouter_credits", K::InsufficientCredits, O::Account, R::BalanceEmpty, Never),
    ("openrouter_key_limit", K::KeyLimit, O::Key, R::KeyCap, Never),
    ("openrouter_guardrail_budget", K::KeyLimit, O::Account, R::GuardrailBudget, Later),
    ("openrouter_workspace_budget", K::KeyLimit, O::Account, R::WorkspaceBudget, Later),
];

/// What OpenRouter itself says, in the order in which one sentence wins over another.
pub(super) const OWN: &[Template] = &[
    own(&["the provider rate-limited your own key"], K::ByokRateLimit, O::OwnProviderKey, R::OwnKeyLimit, Later),
    own(&["rate limit exceeded: free-models-per-day-high-balance"], K::FreePerDay, O::FreeTier, R::FreeDayHigh, Later),
    own(&["rate limit exceeded: free-models-per-day"], K::FreePerDay, O::FreeTier, R::FreeDay, Later),
    own(&["rate limit exceeded: free-models-per-m"], K::FreePerMinute, O::FreeTier, R::FreeMinute, Later),
    own(&["rate limit exceeded: limit_rpm/"], K::AccountRateLimit, O::Account, R::ModelPerMinute, Later),
    own(&["rate limit exceeded: limit_rpd/"], K::AccountRateLimit, O::Account, R::ModelPerDay, Later),
    own(&["rate limit exceeded: new-account-rpm/"], K::AccountRateLimit, O::Account, R::NewAccount, Later),
    own(&["free-models-per-day", "credits to unlock"], K::FreePerDay, O::FreeTier, R::FreeDay, Later),
    // The names alone stand in source code and notes as well.
    shared(&["free-models-per-day-high-balance"], K::FreePerDay, O::FreeTier, R::FreeDayHigh, Later),
    shared(&["free-models-per-day"], K::FreePerDay, O::FreeTier, R::FreeDay, Later),
    shared(&["free-models-per-min"], K::FreePerMinute, O::FreeTier, R::FreeMinute, Later),
    shared(&["limit_rpm/"], K::AccountRateLimit, O::Account, R::ModelPerMinute, Later),
    shared(&["new-account-rpm/"], K::AccountRateLimit, O::Account, R::NewAccount, Later),
    own(&["new accounts are limited to"], K::AccountRateLimit, O::Account, R::NewAccount, Later),
    own(&["openrouter could not verify available credits"], K::AccountRateLimit, O::Account, R::AdmissionControl, Later),
    own(&["given your current in-flight requests"], K::AccountRateLimit, O::Account, R::InFlightBudget, Later),
    own(&["would exceed your available credits"], K::AccountRateLimit, O::Account, R::InFlightBudget, Later),
    own(&["account never purchased credits"], K::InsufficientCredits, O::Account, R::NeverPurchased, Never),
    own(&["this request requires more credits"], K::InsufficientCredits, O::Account, R::AnswerTooLong, Never),
    own(&["but can only afford"], K::InsufficientCredits, O::Account, R::AnswerTooLong, Never),
    own(&["prompt tokens limit"], K::InsufficientCredits, O::Account, R::PromptTooLong, Never),
    own(&["maximum cost exceeds your available credits"], K::InsufficientCredits, O::Account, R::RequestTooExpensive, Never),
    own(&["insufficient credits", "openrouter.ai/"], K::InsufficientCredits, O::Account, R::BalanceEmpty, Never),
    own(&["your account or api key has insufficient credits"], K::InsufficientCredits, O::Account, R::BalanceEmpty, Never),
    own(&["credits. add more using https://openrouter.ai/"], K::InsufficientCredits, O::Account, R::BalanceEmpty, Never),
    own(&["in_flight_budget_exhausted"], K::AccountRateLimit, O::Account, R::InFlightBudget, Later),
    shared(&["weight_exceeds_budget"], K::InsufficientCredits, O::Account, R::RequestTooExpensive, Never),
    shared(&["insufficient credits"], K::InsufficientCredits, O::Account, R::BalanceEmpty, Never),
    own(&[POOL], K::UpstreamRateLimit, O::SharedPool, R::PoolLimited, Later),
    shared(&["rate-limited upstream"], K::UpstreamRateLimit, O::SharedPool, R::PoolLimited, Later),
    // The sentence, cut off.
    shared(&["is temporarily rate"], K::UpstreamRateLimit, O::SharedPool, R::PoolLimited, Later),
    own(&["all providers for", "are at capacity"], K::UpstreamRateLimit, O::Unknown, R::AllProvidersAtCapacity, Later),
    shared(&["document parsing engine is currently rate limited"], K::UpstreamRateLimit, O::SharedPool, R::DocumentEngine, Later),
    own(&["requested are available matching your guardrail"], K::DataPolicy, O::None, R::Guardrail, Never),
    own(&["no endpoints available matching your guardrail"], K::DataPolicy, O::None, R::Guardrail, Never),
    own(&["is not allowed by your", "guardrail", "openrouter.ai/"], K::DataPolicy, O::None, R::Guardrail, Never),
    own(&["endpoints found matching your data policy"], K::DataPolicy, O::None, R::PrivacySettings, Never),
    own(&["endpoints for", "match your data policy"], K::DataPolicy, O::None, R::PrivacySettings, Never),
    own(&["model training violation"], K::DataPolicy, O::None, R::PrivacySettings, Never),
    own(&["this model requires you to complete the following before use"], K::NoEndpoints, O::Account, R::Attestation, Never),
    own(&["was a stealth model", "find it here: https://openrouter.ai/"], K::ModelNotFound, O::None, R::NoSuchModel, Never),
    shared(&["model is not available in your region"], K::RegionBlocked, O::None, R::Region, Never),
    own(&["is only available on agentic harnesses"], K::NoEndpoints, O::None, R::AgenticOnly, Never),
    own(&["model is unavailable for free. the paid version"], K::NoEndpoints, O::None, R::FreeEnded, Never),
    own(&["no allowed providers are available"], K::NoEndpoints, O::None, R::ProviderPinned, Never),
    own(&["all providers have been ignored"], K::NoEndpoints, O::None, R::ProviderPinned, Never),
    own(&["no endpoints found", "max price"], K::NoEndpoints, O::None, R::PriceCap, Never),
    own(&["no endpoints found that"], K::NoEndpoints, O::None, R::UnsupportedOption, Never),
    own(&[NO_ENDPOINTS], K::NoEndpoints, O::None, R::NotServed, Never),
    own(&[NOT_VALID], K::ModelNotFound, O::None, R::NoSuchModel, Never),
    own(&["request blocked: prompt injection patterns detected"], K::Moderation, O::None, R::PromptInjection, Never),
    own(&["requires moderation", "input was flagged"], K::Moderation, O::None, R::InputFlagged, Never),
    own(&["requires moderation on ", "your input"], K::Moderation, O::None, R::InputFlagged, Never),
    own(&["input was flagged for"], K::Moderation, O::None, R::InputFlagged, Never),
    own(&["endpoint's maximum context length is"], K::ContextLength, O::None, R::TooLong, Never),
    own(&["no cookie auth credentials found"], K::Auth, O::None, R::NoKey, Never),
    own(&["no auth credentials found"], K::Auth, O::None, R::NoKey, Never),
    shared(&["missing authentication header"], K::Auth, O::None, R::NoKey, Never),
    own(&["your ip address is not in the allowlist"], K::Auth, O::Account, R::AddressNotAllowed, Never),
    own(&["invalid code or code_verifier"], K::Auth, O::None, R::SignInCode, Never),
    shared(&["authorization code expired"], K::Auth, O::None, R::SignInCode, Never),
    own(&["only management keys can perform this operation"], K::Auth, O::None, R::WrongKeyKind, Never),
    own(&["'models' array must have"], K::BadRequest, O::None, R::InvalidRequest, Never),
    own(&["reasoning is mandatory for this endpoint and cannot be disabled"], K::BadRequest, O::None, R::InvalidRequest, Never),
    shared(&["input required: specify \"prompt\" or \"messages\""], K::BadRequest, O::None, R::InvalidRequest, Never),
    own(&["openrouter.ai/settings/preferences", "openrouter", "18"], K::NoEndpoints, O::Account, R::Attestation, Never),
];

/// OpenRouter's sentences that say whose failure it is, but not which.
pub(super) const MARKS: &[&str] = &["provider returned error", "openrouterexception"];

/// What OpenRouter says of its shared access to a model.
pub(super) const POOL: &str = "temporarily rate-limited upstream";

/// The head of OpenRouter's sentence on a provider that failed, which its name follows.
pub(super) const UPSTREAM: &str = "upstream error from ";

/// The head of OpenRouter's sentence on a model that nobody serves, which its name follows.
pub(super) const NOT_FOUND: &str = "no endpoints found for ";
/// The same without a model, which other programs say as well.
pub(super) const NO_ENDPOINTS: &str = "no endpoints found";

/// What OpenRouter says behind a model's name that it does not know.
pub(super) const NOT_VALID: &str = "is not a valid model id";

/// Sentences that OpenRouter shares with others: a sign only together with its exact envelope.
pub(super) const WEAK_MARKS: &[&str] = &[
    "internal server error",
    "request aborted due to timeout",
    "operation timed out",
    "request timed out",
    "user not found",
    "insufficient credits",
    "key limit exceeded",
    "requires moderation",
    "invalid credentials",
    "missing authentication header",
    "service temporarily unavailable",
    "input required",
    UPSTREAM,
    "meets your routing requirements",
    "input must have at least 1 token",
    "request payload too large",
    NO_ENDPOINTS,
];

/// What a provider's words are about, within what the status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    Context,
    Region,
    Key,
    Filter,
    Timeout,
    Overload,
    Empty,
    Daily,
    Quota,
    Model,
    Option,
}

/// The words of a topic, of all providers.
pub(super) const TOPICS: &[(Topic, &[&str])] = &[
    (
        Topic::Context,
        &[
            "exceeds the context window",
            "maximum context length",
            "context_length_exceeded",
            "prompt is too long",
            "input is too long",
            "context length exceeded",
            "exceed context window",
            "context window exceeds",
            "exceeds the maximum number of tokens",
            "exceeds maximum context",
            "too many input tokens",
            "input token count",
            "reduce the length of the",
            "string_too_long",
            "max_tokens_exceeded",
            "token_limit_exceeded",
            "longer than the model's context",
            "maximum prompt length",
            "longer than the maximum model length",
            "max_new_tokens` must be",
            "`inputs` must have less than",
            "exceeded model token limit",
            "range of input length",
            "prompt exceeds max length",
            "available context size",
            "too many tokens: ",
        ],
    ),
    (
        Topic::Region,
        &[
            "user location is not supported",
            "unsupported_country_region_territory",
            "not available in your region",
            "not available in your country",
            "not supported in your region",
            "not supported in your country",
            "country, region, or territory not supported",
            "country, region or territory is not supported",
            "country, region, or territory is not supported",
            "region_restricted",
            "not available in this region",
            "unsupported countr",
        ],
    ),
    (
        Topic::Key,
        &[
            "api key not valid",
            "api_key_invalid",
            "invalid api key",
            "incorrect api key",
            "invalid_api_key",
            "invalid x-api-key",
            "api key is invalid",
            "key expired",
            "key has expired",
            "authentication_error",
            "invalid authentication",
            "security token included in the request",
            "unauthorized",
        ],
    ),
    (
        Topic::Filter,
        &[
            "inappropriate content",
            "content_policy_violation",
            "content policy",
            "content management policy",
            "content_filter",
            "data_inspection_failed",
            "flagged for",
            "was flagged",
            "safety system",
            "responsibleaipolicyviolation",
            "prohibited_content",
            "requires moderation",
            "sensitive content",
            "敏感内容",
            "content exists risk",
            "violates usage guidelines",
            "censorship_blocked",
        ],
    ),
    (Topic::Timeout, &["timed out", "timeout", "deadline exceeded", "deadline_exceeded", "time-out", "upstream_timeout"]),
    (
        Topic::Overload,
        &[
            "overloaded",
            "engine_overloaded",
            "service_overloaded",
            "server_overload",
            "server overload",
            "queue_exceeded",
            "high traffic",
            "at capacity",
            "maximum capacity",
            "capacity exceeded",
            "capacity_exceeded",
            "no capacity",
            "insufficient capacity",
            "no instances",
            "no available instances",
            "experiencing high demand",
            "is busy",
            "too busy",
            "total request limit reached",
            "code: 3505",
            "overload",
        ],
    ),
    (
        Topic::Empty,
        &[
            "insufficient balance",
            "insufficient_balance",
            "balance is insufficient",
            "insufficient_quota",
            "insufficient funds",
            "out of credits",
            "credit balance is too low",
            "arrearage",
            "overdue",
            "insufficient_user_quota",
            "no longer have credits",
            "have any credits",
            "recharge",
        ],
    ),
    (Topic::Daily, &["per day", "perday", "per-day", "daily", "limit_rpd"]),
    (
        Topic::Quota,
        &[
            "rate_limit_exceeded",
            "rate limit",
            "ratelimit",
            "rate-limit",
            "resource_exhausted",
            "resource-exhausted",
            "resource has been exhausted",
            "resource exhausted",
            "quota",
            "too many requests",
            "too_many_requests",
            "throttl",
            "upstream_429",
            "requests per minute",
            "tokens per minute",
            "too many tokens",
        ],
    ),
    (
        Topic::Model,
        &[
            "model_not_found",
            "model not found",
            "does not exist",
            "no such model",
            "unknown model",
            "model is not available",
            "not a valid model",
        ],
    ),
    (Topic::Option, &["routing requirements", "no endpoints", "no allowed providers", "no available model provider"]),
];

/// The words of the topic that were said.
pub(super) fn topic(said: &Text, wanted: Topic) -> Option<&'static str> {
    let (_, words) = TOPICS.iter().find(|(topic, _)| *topic == wanted)?;
    said.first_of(words)
}

/// Of a text that ends inside a sentence of OpenRouter's, that sentence and what is left of it, at least so many bytes. Of those that
/// begin alike the last is the plainest; where they are not about the same, it is none.
pub(super) fn cut_off(said: &Text, least: usize) -> Option<(&'static Template, &'static str)> {
    let end = end(said).as_bytes();
    // The one on a model begins with its name.
    let model = facts::cut_model(said).map(|model| model.len() + " is ".len());
    let mut found: Option<(&Template, &str)> = None;
    for template in CAPS.iter().chain(OWN).filter(|template| template.own) {
        let words = template.words.first().copied().unwrap_or_default();
        let least = match model {
            Some(before) if words == POOL => least.saturating_sub(before).max(2),
            _ => least,
        };
        if words == POOL && model.is_none() && !facts::is_of_slug(said) {
            continue;
        }
        let is_left = |length: &usize| words.as_bytes().get(..*length).is_some_and(|left| end.ends_with(left));
        let Some(left) = (least..words.len()).rev().find(is_left).and_then(|length| words.get(..length)) else { continue };
        if found.is_some_and(|(other, _)| other.kind != template.kind) {
            return None;
        }
        found = Some((template, left));
    }
    found
}

/// The text, in lower case, without the marks of its being cut short.
pub(super) fn end(said: &Text) -> &str {
    let whole = said.lower();
    let text = said.find("... (").and_then(|cut| whole.get(..cut)).unwrap_or(whole);
    text.trim_end_matches(|char: char| !char.is_ascii_alphanumeric())
}

/// The first template of the table that was said.
pub(super) fn first(table: &'static [Template], said: &Text) -> Option<&'static Template> {
    table.iter().find(|template| template.words.iter().all(|words| said.has(words)))
}
