//! What can be offered for a diagnosis, as data: the main thing first, each with its condition, its price and, where a
//! page helps, its address. No link that the failure does not call for.

use crate::case::{Case, Voice};
use crate::provider;
use crate::redact::redact;
use crate::vocabulary::vocabulary;
use crate::{Kind, Reason, RetryHelps};
use serde::{Deserialize, Serialize};
use serde_json::Value;

vocabulary! {
    /// What helps.
    #[non_exhaustive]
    RemedyType {
        /// The same request again; `at_ms` is when it makes sense.
        Retry = "retry",
        /// Nothing but time: beyond what an answer can be held for. `at_ms` is until when.
        Wait = "wait",
        /// The same request without the provider that failed; `value` is its slug.
        OtherProvider = "other_provider",
        /// The same request without its own list of providers.
        Unpin = "unpin",
        /// A provider key of one's own; the page is that provider's.
        OwnKey = "own_key",
        /// More credits.
        Credits = "credits",
        /// The OpenRouter keys and their caps.
        Keys = "keys",
        /// The privacy settings, and which providers the account allows.
        Privacy = "privacy",
        /// The guardrails.
        Guardrails = "guardrails",
        /// Confirmations, such as one's age.
        Preferences = "preferences",
        /// A shorter answer; `value` is the most tokens that the credits cover, less a margin.
        ShorterAnswer = "shorter_answer",
        /// A shorter conversation.
        ShorterChat = "shorter_chat",
        /// The paid version of a free model; `value` is its slug.
        PaidVariant = "paid_variant",
        /// The model that OpenRouter names instead; `value` is its slug.
        Successor = "successor",
        /// The model's page: its providers, limits and prices.
        ModelPage = "model_page",
        /// The list of models.
        ModelList = "model_list",
        /// OpenRouter's status page.
        Status = "status",
        /// Another wording of the message.
        EditMessage = "edit_message",
        /// A report for the makers of the app.
        Report = "report",
    }
}

vocabulary! {
    /// What a remedy costs, beyond the price of the request that failed.
    #[non_exhaustive]
    Cost {
        /// Nothing.
        Nothing = "nothing",
        /// The first try may have run, and be billed as well.
        MayBillTwice = "may_bill_twice",
        /// Credits, which a free request does not cost.
        Credits = "credits",
        /// Another provider or model has another price.
        PriceMayDiffer = "price_may_differ",
        /// An account at the provider, on the provider's terms.
        ProviderAccount = "provider_account",
        /// Privacy: providers may keep or use what is sent.
        Privacy = "privacy",
    }
}

/// One thing that helps; the first of a verdict is the main one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: RemedyType,
    /// The words on its button.
    pub label: String,
    /// The page, `https://…`, where a page helps.
    pub url: Option<String>,
    /// Its condition: one sentence on when it helps; may be empty.
    pub hint: String,
    /// What it costs.
    pub costs: Cost,
    /// What it changes to: tokens, a model's slug or a provider's slug, as its type says.
    pub value: Option<String>,
    /// When it makes sense, epoch milliseconds; `None` at once, or where nothing is known.
    pub at_ms: Option<u64>,
}

const INTEGRATIONS: &str = "https://openrouter.ai/workspaces/default/byok";
const GUARDRAILS: &str = "https://openrouter.ai/workspaces/default/guardrails";
const PRIVACY: &str = "https://openrouter.ai/settings/privacy";

/// The remedies of a case; `say` gives a message in the form that fits what is known.
#[must_use]
pub(crate) fn remedies(case: &Case<'_>, say: impl Fn(&str) -> Option<String>) -> Vec<Remedy> {
    let try_again = match case.diagnosis.retry_helps {
        _ if case.plan.hold => Some(RemedyType::Retry),
        RetryHelps::Now | RetryHelps::Later => Some(RemedyType::Wait),
        RetryHelps::Never => None,
    };
    let wanted = try_again.into_iter().chain(wanted(case).iter().copied());
    let remedy = |kind: RemedyType| {
        let (value, url) = means(kind, case)?;
        let key = ["remedy_", kind.as_str()].concat();
        // Where the failure contradicts itself, no cause promises anything.
        let reason = if case.diagnosis.against.is_empty() { case.diagnosis.reason } else { Reason::ProviderLimit }.as_str();
        let hint = say(&[&key, "_hint_", reason].concat()).or_else(|| say(&[&key, "_hint"].concat())).unwrap_or_default();
        let costs = costs(kind, case);
        let hint = if costs == Cost::MayBillTwice { say("remedy_retry_hint_billed").unwrap_or_default() } else { hint };
        let at_ms = if matches!(kind, RemedyType::Retry | RemedyType::Wait) { case.plan.ready_at_ms } else { None };
        Some(Remedy { kind, label: say(&key).unwrap_or_default(), url, hint, costs, value, at_ms })
    };
    wanted.filter_map(remedy).collect()
}

/// What a failure calls for, whoever meets it. Source: OpenRouter's documentation and settings, August to October 2026.
#[expect(clippy::match_same_arms, reason = "a table, in the order in which one line wins over the next")]
fn wanted(case: &Case<'_>) -> &'static [RemedyType] {
    use {Kind as K, Reason as R, RemedyType as T};
    match (case.diagnosis.kind, case.diagnosis.reason) {
        (_, R::DocumentEngine) => &[],
        (_, R::AllProvidersAtCapacity) => &[T::Successor, T::ModelPage],
        (_, R::PoolEngineOverloaded) => &[T::Unpin, T::OtherProvider, T::ModelPage],
        (K::UpstreamRateLimit, _) => &[T::OwnKey, T::Unpin, T::OtherProvider, T::PaidVariant, T::ModelPage],
        (K::ByokRateLimit, _) => &[T::OwnKey, T::Unpin, T::OtherProvider],
        (K::FreePerMinute, _) => &[T::PaidVariant],
        (K::FreePerDay, _) => &[T::Credits, T::PaidVariant],
        (K::AccountRateLimit, R::InFlightBudget) => &[T::Credits],
        (K::AccountRateLimit, R::ModelPerMinute | R::ModelPerDay) => &[T::PaidVariant, T::ModelList],
        (K::ProviderError, R::ProviderAccountEmpty) => &[T::OwnKey, T::Unpin, T::OtherProvider, T::ModelPage],
        (K::ProviderError, R::Internal) => &[T::Status],
        (K::ProviderOverloaded | K::ProviderError, _) => &[T::Unpin, T::OtherProvider, T::ModelPage],
        (K::Timeout, R::NoAnswerInTime) => &[T::Unpin, T::OtherProvider],
        (K::InsufficientCredits, R::OwnProviderAccountEmpty) => &[T::OwnKey, T::Unpin, T::OtherProvider],
        (K::InsufficientCredits, R::PromptTooLong) => &[T::ShorterChat, T::Credits],
        (K::InsufficientCredits, _) => &[T::ShorterAnswer, T::Credits],
        (K::KeyLimit, R::GuardrailBudget) => &[T::Guardrails],
        (K::KeyLimit, R::WorkspaceBudget) => &[],
        (K::KeyLimit, _) => &[T::ShorterAnswer, T::Keys],
        (K::Auth, R::OwnProviderKeyRefused) => &[T::OwnKey],
        (K::Auth, R::AddressNotAllowed) => &[],
        (K::Auth, _) => &[T::Keys],
        (K::Moderation, R::PromptInjection) => &[T::EditMessage, T::Guardrails],
        (K::Moderation, _) => &[T::EditMessage, T::Unpin, T::OtherProvider, T::ModelPage],
        (K::DataPolicy, R::Guardrail) => &[T::Guardrails],
        (K::DataPolicy, _) => &[T::Privacy],
        (K::NoEndpoints, R::Attestation) => &[T::Preferences],
        (K::NoEndpoints, R::ProviderPinned) if case.facts.said.has("account's allowed-providers") => &[T::Privacy, T::ModelPage],
        (K::NoEndpoints, R::ProviderPinned) => &[T::Unpin, T::ModelPage],
        (K::NoEndpoints, R::AgenticOnly) => &[T::PaidVariant, T::ModelPage],
        (K::NoEndpoints, R::FreeEnded) => &[T::Successor, T::ModelPage],
        (K::NoEndpoints, _) => &[T::ModelPage],
        (K::ModelNotFound, _) => &[T::Successor, T::ModelList],
        (K::ContextLength, _) => &[T::ShorterChat, T::ModelPage],
        (K::BadRequest, R::TooLarge) => &[T::EditMessage],
        (K::BadRequest | K::UnknownOpenrouter, _) => &[T::Report],
        (K::RegionBlocked, _) => &[T::Unpin, T::OtherProvider, T::ModelPage],
        (K::EdgeBlock | K::Network, _) => &[T::Status],
        _ => &[],
    }
}

/// What the remedy changes to, and its page; `None` where it cannot be had here.
fn means(kind: RemedyType, case: &Case<'_>) -> Option<(Option<String>, Option<String>)> {
    use RemedyType as T;
    // A visitor of a site, or the user of a gateway, calls with an account whose settings are not theirs.
    let owner = case.voice.is_owner();
    let page = |address: &str| Some((None, Some(address.to_owned())));
    let provider = case.diagnosis.provider.as_deref();
    let pinned = case.pinned_to().is_some();
    match kind {
        T::Retry | T::Wait | T::ShorterChat | T::EditMessage | T::Report => Some((None, None)),
        T::OtherProvider => (case.voice != Voice::Site && !pinned && provider.is_some()).then(|| (provider.and_then(provider::slug), None)),
        T::Unpin => (case.voice != Voice::Site && pinned).then_some((None, None)),
        T::OwnKey => {
            let own = provider.and_then(provider::own_key_slug);
            let address = own.as_ref().map_or_else(|| INTEGRATIONS.to_owned(), |slug| [INTEGRATIONS, "/", slug].concat());
            (owner && provider::takes_own_keys(provider)).then_some((own, Some(address)))
        }
        T::Credits if case.diagnosis.kind == Kind::FreePerDay && !case.buys_more_free() => None,
        T::Credits => page("https://openrouter.ai/settings/credits").filter(|_| owner),
        T::Keys => page("https://openrouter.ai/settings/keys").filter(|_| owner),
        T::Privacy => page(&case.configure_url().unwrap_or_else(|| PRIVACY.to_owned())).filter(|_| owner),
        T::Guardrails => page(&case.configure_url().unwrap_or_else(|| GUARDRAILS.to_owned())).filter(|_| owner),
        T::Preferences => page("https://openrouter.ai/settings/preferences").filter(|_| owner),
        T::ShorterAnswer => Some((Some(case.fits()?.to_string()), None)),
        T::PaidVariant => {
            let paid = case.model().and_then(|model| model.strip_suffix(":free")).filter(|model| is_slug(model))?;
            owner.then(|| (Some(paid.to_owned()), None))
        }
        T::Successor => Some((Some(case.successor().filter(|slug| is_slug(slug))?.to_owned()), None)),
        T::ModelPage => {
            let model = case.model().filter(|model| is_slug(model) && redact(model) == *model)?;
            Some((None, Some(["https://openrouter.ai/", model].concat())))
        }
        T::ModelList => page("https://openrouter.ai/models"),
        T::Status => page("https://status.openrouter.ai"),
    }
}

fn costs(kind: RemedyType, case: &Case<'_>) -> Cost {
    use RemedyType as T;
    match kind {
        T::Retry | T::Wait if matches!(case.diagnosis.kind, Kind::Timeout | Kind::Network) => Cost::MayBillTwice,
        T::OtherProvider | T::Unpin | T::Successor => Cost::PriceMayDiffer,
        T::OwnKey => Cost::ProviderAccount,
        T::Credits | T::PaidVariant => Cost::Credits,
        T::Privacy => Cost::Privacy,
        _ => Cost::Nothing,
    }
}

impl Case<'_> {
    /// The settings page that a refusal names for what it filtered: one page, and OpenRouter's own.
    fn configure_url(&self) -> Option<String> {
        let reasons = self.facts.fault.as_ref()?.metadata.get("ineligibility_reasons")?.as_array()?;
        let named = |reason: &Value| reason.get("configure_url").and_then(Value::as_str).map(str::to_owned);
        let mut urls = reasons.iter().filter_map(named);
        let url = urls.next()?;
        let plain = url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/.-_~".contains(&byte));
        let settings = ["https://openrouter.ai/settings/", "https://openrouter.ai/workspaces/"];
        let own = plain && !url.contains("..") && settings.iter().any(|head| url.starts_with(head));
        (own && urls.all(|other| other == url)).then_some(url)
    }
}

/// `author/model`: nothing else may end up in an address.
fn is_slug(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'))
    };
    text.split_once('/').is_some_and(|(author, model)| plain(author) && plain(model))
}
