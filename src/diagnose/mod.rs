//! From what was seen to a [`Diagnosis`]: first the facts, then whether they are OpenRouter's, then the decision.

mod decide;
pub(crate) mod facts;
mod recognize;
mod templates;

use crate::read;
use crate::vocabulary::vocabulary;
use facts::Facts;
use serde::{Deserialize, Serialize};

vocabulary! {
    /// What happened.
    #[derive(PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    Kind {
        /// A provider limited OpenRouter's shared pool.
        UpstreamRateLimit = "upstream_rate_limit",
        /// The user's own provider key was limited.
        ByokRateLimit = "byok_rate_limit",
        /// The free models' limit a minute.
        FreePerMinute = "free_per_minute",
        /// The free models' limit a day.
        FreePerDay = "free_per_day",
        /// Any other limit that OpenRouter sets on the account, key or model.
        AccountRateLimit = "account_rate_limit",
        /// The provider has no capacity left.
        ProviderOverloaded = "provider_overloaded",
        /// The provider failed or answered unreadably.
        ProviderError = "provider_error",
        /// No answer in time.
        Timeout = "timeout",
        /// The balance does not cover the request.
        InsufficientCredits = "insufficient_credits",
        /// A spending cap of a key, a workspace or a guardrail.
        KeyLimit = "key_limit",
        /// No key, a wrong key, or a disabled one.
        Auth = "auth",
        /// A filter refused the input.
        Moderation = "moderation",
        /// No endpoint fits the privacy settings.
        DataPolicy = "data_policy",
        /// Model or provider not available, or no endpoint supports the request.
        NoEndpoints = "no_endpoints",
        /// There is no model of that name.
        ModelNotFound = "model_not_found",
        /// The conversation does not fit the model.
        ContextLength = "context_length",
        /// The request itself is wrong.
        BadRequest = "bad_request",
        /// Not offered where the request came from.
        RegionBlocked = "region_blocked",
        /// A page of Cloudflare or another gate in front of OpenRouter.
        EdgeBlock = "edge_block",
        /// The connection broke.
        Network = "network",
        /// OpenRouter's, but not recognised.
        UnknownOpenrouter = "unknown_openrouter",
    }
}

vocabulary! {
    /// Whose limit it is.
    #[derive(PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    LimitOwner {
        /// OpenRouter's access to a provider, shared by its users.
        SharedPool = "shared_pool",
        /// The provider.
        Provider = "provider",
        /// The account behind a provider key of the user's own.
        OwnProviderKey = "own_provider_key",
        /// OpenRouter's limits for free models.
        FreeTier = "free_tier",
        /// The OpenRouter account.
        Account = "account",
        /// The one OpenRouter key.
        Key = "key",
        /// The gate in front of OpenRouter.
        Edge = "edge",
        /// Nobody's: no limit was hit.
        None = "none",
        /// The failure does not tell.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// The finer cause: what within a kind decides about the words and about what helps.
    #[derive(PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    Reason {
        /// The provider limited OpenRouter's credential; its code speaks of a quota or rate of that account.
        PoolQuota = "pool_quota",
        /// OpenRouter's credential at the provider is out of quota or money.
        PoolAccountEmpty = "pool_account_empty",
        /// The provider answered the shared pool, but its code says that it is full itself.
        PoolEngineOverloaded = "pool_engine_overloaded",
        /// The provider limited OpenRouter's credential for the day.
        PoolDaily = "pool_daily",
        /// The shared pool was limited; why, the failure does not tell.
        PoolLimited = "pool_limited",
        /// Every provider of the model answered that it is at its limit.
        AllProvidersAtCapacity = "all_providers_at_capacity",
        /// OpenRouter's engine for documents is limited.
        DocumentEngine = "document_engine",
        /// A provider's limit; on whose credential, the failure does not tell.
        ProviderLimit = "provider_limit",
        /// A provider's limit for the day; on whose credential, the failure does not tell.
        ProviderDaily = "provider_daily",
        /// A limit of which the site's own server passed on the status alone.
        RelayLimit = "relay_limit",
        /// The limit of the user's account at the provider.
        OwnKeyLimit = "own_key_limit",
        /// The same, for the day.
        OwnKeyDaily = "own_key_daily",
        /// The provider answered the user's key, but its words say that it is full itself.
        OwnKeyOverloaded = "own_key_overloaded",
        /// Free requests a minute.
        FreeMinute = "free_minute",
        /// Free requests a day.
        FreeDay = "free_day",
        /// Free requests a day, of an account that has bought credits.
        FreeDayHigh = "free_day_high",
        /// OpenRouter's requests a minute for one model in busy times.
        ModelPerMinute = "model_per_minute",
        /// OpenRouter's requests a day for one model.
        ModelPerDay = "model_per_day",
        /// OpenRouter's limit for new accounts.
        NewAccount = "new_account",
        /// OpenRouter could not check the balance in time.
        AdmissionControl = "admission_control",
        /// Money is held for requests that still run.
        InFlightBudget = "in_flight_budget",
        /// A limit of OpenRouter's that it does not name.
        PlatformLimit = "platform_limit",
        /// The provider has no capacity left.
        ProviderFull = "provider_full",
        /// The provider failed.
        ProviderFailed = "provider_failed",
        /// The provider refused without a reason.
        ProviderRefused = "provider_refused",
        /// OpenRouter's balance at the provider ran dry.
        ProviderAccountEmpty = "provider_account_empty",
        /// The provider did not find its own model; such answers pass.
        ProviderNotFound = "provider_not_found",
        /// It failed inside OpenRouter, or OpenRouter hides where.
        Internal = "internal",
        /// The provider, or OpenRouter on its behalf, gave no answer in time.
        NoAnswerInTime = "no_answer_in_time",
        /// The client stopped waiting.
        ClientTimeout = "client_timeout",
        /// The balance is used up.
        BalanceEmpty = "balance_empty",
        /// The account has never bought credits.
        NeverPurchased = "never_purchased",
        /// The balance does not cover the longest answer that was asked for.
        AnswerTooLong = "answer_too_long",
        /// The balance does not cover the prompt.
        PromptTooLong = "prompt_too_long",
        /// One request costs more than the whole budget.
        RequestTooExpensive = "request_too_expensive",
        /// The user's account at the provider is out of money.
        OwnProviderAccountEmpty = "own_provider_account_empty",
        /// The key's cap in total.
        KeyTotal = "key_total",
        /// The key's cap a day.
        KeyDaily = "key_daily",
        /// The key's cap a week.
        KeyWeekly = "key_weekly",
        /// The key's cap a month.
        KeyMonthly = "key_monthly",
        /// The key's cap; of what period, the failure does not tell.
        KeyCap = "key_cap",
        /// The workspace's budget.
        WorkspaceBudget = "workspace_budget",
        /// A budget that a guardrail sets.
        GuardrailBudget = "guardrail_budget",
        /// No key reached OpenRouter.
        NoKey = "no_key",
        /// OpenRouter does not know the key, or no longer.
        UnknownKey = "unknown_key",
        /// A key of another kind is needed.
        WrongKeyKind = "wrong_key_kind",
        /// The account takes requests from listed addresses only.
        AddressNotAllowed = "address_not_allowed",
        /// The code by which an app gets a key at the end of a sign-in is used, too old or another's.
        SignInCode = "sign_in_code",
        /// The key was not accepted.
        KeyRefused = "key_refused",
        /// The provider did not accept the key that the user stored at OpenRouter.
        OwnProviderKeyRefused = "own_provider_key_refused",
        /// A filter refused the input.
        InputFlagged = "input_flagged",
        /// A guardrail saw a prompt injection.
        PromptInjection = "prompt_injection",
        /// A filter refused the answer.
        OutputFlagged = "output_flagged",
        /// The privacy settings leave no provider.
        PrivacySettings = "privacy_settings",
        /// A guardrail leaves no provider.
        Guardrail = "guardrail",
        /// The request or the account allows only providers that do not serve the model.
        ProviderPinned = "provider_pinned",
        /// No provider supports what the request asks for.
        UnsupportedOption = "unsupported_option",
        /// No provider is cheap enough for the request's price cap.
        PriceCap = "price_cap",
        /// A confirmation is missing, such as one's age.
        Attestation = "attestation",
        /// The free model is for agent programs only.
        AgenticOnly = "agentic_only",
        /// The free period of the model is over.
        FreeEnded = "free_ended",
        /// Nobody serves the model.
        NotServed = "not_served",
        /// There is no model of that name.
        NoSuchModel = "no_such_model",
        /// The model was taken down.
        ModelRetired = "model_retired",
        /// The conversation does not fit the model.
        TooLong = "too_long",
        /// The provider cannot use the request.
        ProviderRejected = "provider_rejected",
        /// OpenRouter cannot use the request.
        InvalidRequest = "invalid_request",
        /// The request is too large.
        TooLarge = "too_large",
        /// Not offered where the request came from.
        Region = "region",
        /// The gate in front of OpenRouter got no answer.
        GateFailed = "gate_failed",
        /// The gate in front of OpenRouter refused.
        GateBlocked = "gate_blocked",
        /// No connection.
        NoConnection = "no_connection",
        /// A limit of which the failure says no more than that it was reached.
        LimitUntold = "limit_untold",
        /// Nothing that is known fits.
        Unrecognized = "unrecognized",
    }
}

vocabulary! {
    /// How sure the diagnosis is.
    #[derive(PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    Certainty {
        /// A field or a known sentence says so.
        Certain = "certain",
        /// The signs agree, but none of them says so by itself.
        Likely = "likely",
        /// The signs are few, or contradict each other.
        Unsure = "unsure",
    }
}

vocabulary! {
    /// Would the same request, sent again, plausibly succeed?
    #[derive(PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    RetryHelps {
        /// At once.
        Now = "now",
        /// After a wait.
        Later = "later",
        /// Not until something was changed.
        Never = "never",
    }
}

/// A field or words that led to the verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Where it stood: a path such as `error.metadata.limit_source`, a header field, or `text`.
    pub field: String,
    /// What stood there, redacted.
    pub text: String,
}

/// What happened, whose limit it is, and on what evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// What happened.
    pub kind: Kind,
    /// Whose limit it is.
    pub limit_owner: LimitOwner,
    /// The finer cause.
    pub reason: Reason,
    /// How sure that is.
    pub certainty: Certainty,
    /// The status that the error itself states (the innermost), else the transport's.
    pub status: Option<u16>,
    /// Provider name as stated.
    pub provider: Option<String>,
    /// Model slug as stated.
    pub model: Option<String>,
    /// Seconds to wait, as stated.
    pub retry_after_s: Option<f64>,
    /// When the limit resets, epoch milliseconds, as stated.
    pub reset_at_ms: Option<u64>,
    /// Whether the failing attempt used the user's own provider key, as stated.
    pub is_byok: Option<bool>,
    /// Would the same request, sent again, plausibly succeed?
    pub retry_helps: RetryHelps,
    /// Settings links that the text states.
    pub links: Vec<String>,
    /// The id to quote to OpenRouter's support.
    pub request_id: Option<String>,
    /// The fields and words that led here.
    pub evidence: Vec<Evidence>,
    /// The fields that speak against it; where there are any, the failure contradicts itself.
    pub against: Vec<Evidence>,
}

/// Diagnoses one exchange; `None` where it is not an OpenRouter failure.
pub(crate) fn diagnose(facts: &Facts<'_>) -> Option<Diagnosis> {
    let (sign, sureness) = facts.recognize()?;
    let found = decide::decide(facts);
    let against = decide::against(&found, facts);
    let mut evidence = found.evidence;
    if !evidence.contains(&sign) {
        evidence.push(sign);
    }
    // A hint of seconds beside a limit of the day is the provider's habit and not its end.
    let daily = found.kind == Kind::FreePerDay || matches!(found.reason, Reason::OwnKeyDaily | Reason::PoolDaily | Reason::ProviderDaily);
    let wait = facts.wait_s().filter(|(_, wait_s)| !daily || *wait_s >= read::wait::LEAST_OF_A_DAY_S);
    let reset = facts.reset_at_ms();
    for sign in wait.map(|(sign, _)| sign).into_iter().chain(reset.as_ref().map(|(sign, _)| sign)) {
        if !evidence.contains(sign) {
            evidence.push(sign.clone());
        }
    }
    let certainty = if against.is_empty() { found.certainty.max(sureness) } else { Certainty::Unsure };
    let shown = |text: String| facts::short(&text, 120);
    let id = facts.fault.as_ref().and_then(|fault| fault.request_id.clone());
    let id = id.or_else(|| facts.exchange.header("x-generation-id").map(str::to_owned));
    Some(Diagnosis {
        kind: found.kind,
        limit_owner: found.owner,
        reason: found.reason,
        certainty,
        status: facts.status(),
        provider: facts.provider().map(shown),
        model: facts.model().map(shown),
        retry_after_s: wait.map(|(_, wait_s)| *wait_s),
        reset_at_ms: reset.map(|(_, at_ms)| at_ms),
        is_byok: facts.flag("is_byok"),
        retry_helps: found.retry,
        links: facts.links(),
        request_id: id.map(shown),
        evidence,
        against,
    })
}
