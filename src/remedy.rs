//! What can be offered for a diagnosis, as data: the main thing first, each with its condition, its price and, where a
//! page helps, its address. No link that the failure does not call for.

use crate::case::{ANY_FREE, Case, Voice};
use crate::diagnose::facts::Host;
use crate::patch::Patch;
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
        /// Who else serves the model: a list to choose from.
        Providers = "providers",
        /// The same request, answered by other models where its own fails; `value` names them.
        OtherModel = "other_model",
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
        /// The same request with the middle of a conversation that is too long left out.
        Compress = "compress",
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
        /// What is left of the credits, of the key's cap, of the day's free requests.
        Limits = "limits",
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

vocabulary! {
    /// What has to be looked up first, on a person's click.
    Asks {
        /// Who serves the model.
        Providers = "providers",
        /// What this request costs elsewhere.
        Price = "price",
        /// The numbers of the key that the request carried.
        Limits = "limits",
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
    /// Its price in words, for a button that acts; empty for one that opens a page.
    pub price: String,
    /// The change to the request; `None` where it changes none, or where it cannot be changed here.
    pub patch: Option<Patch>,
    /// What has to be looked up before anything can be sent.
    pub asks: Option<Asks>,
    /// The same page at an address that does not name a workspace.
    pub also: Option<String>,
}

/// From so many failures on, what is different goes before what failed so often.
const OFTEN: u32 = 3;

/// The page of all provider keys, of whichever workspace is open. OpenRouter's own texts print this one.
const ANY_INTEGRATIONS: &str = "https://openrouter.ai/settings/integrations";

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
    let listed = wanted(case);
    let wanted = try_again.into_iter().chain(listed.iter().copied()).chain(looked_up(case, listed));
    let remedy = |kind: RemedyType| {
        let (value, url) = means(kind, case)?;
        let (patch, asks) = (change(kind, value.as_deref(), case), asks(kind, value.as_deref(), case));
        if patch.is_none() && matches!(kind, RemedyType::OtherModel | RemedyType::Compress) {
            return None;
        }
        let key = ["remedy_", kind.as_str()].concat();
        // Where the failure contradicts itself, no cause promises anything.
        let reason = if case.diagnosis.against.is_empty() { case.diagnosis.reason } else { Reason::ProviderLimit }.as_str();
        let hint = say(&[&key, "_hint_", reason].concat()).or_else(|| say(&[&key, "_hint"].concat())).unwrap_or_default();
        let costs = costs(kind, case);
        let hint = if costs == Cost::MayBillTwice { say("remedy_retry_hint_billed").unwrap_or_default() } else { hint };
        // With a button for it, it need not be set in the app.
        let hint = if kind == RemedyType::Credits && case.fits().is_some() && case.changeable().is_some() { String::new() } else { hint };
        let at_ms = if matches!(kind, RemedyType::Retry | RemedyType::Wait) { case.plan.ready_at_ms } else { None };
        let price = match asks {
            Some(Asks::Price) => say("price_asked"),
            Some(_) => say("price_free"),
            None if patch.is_some() || (kind == RemedyType::Retry && costs == Cost::Credits) => say(&["price_", costs.as_str()].concat()),
            None => None,
        };
        let also = url.as_deref().filter(|url| url.starts_with(INTEGRATIONS)).map(|_| ANY_INTEGRATIONS.to_owned());
        let any_free = kind == RemedyType::OtherModel && costs == Cost::Nothing;
        let label = say(if any_free { "remedy_other_model_free" } else { &key }).unwrap_or_default();
        Some(Remedy { kind, label, url, hint, costs, value, at_ms, price: price.unwrap_or_default(), patch, asks, also })
    };
    let mut remedies: Vec<Remedy> = wanted.filter_map(remedy).collect();
    if case.question.failures >= OFTEN
        && let Some(other) = remedies.iter().position(|remedy| remedy.patch.is_some() && remedy.costs != Cost::Credits)
    {
        let other = remedies.remove(other);
        remedies.insert(0, other);
    }
    remedies
}

/// What can be looked up beside: only where a changed request could be sent, or a key was seen to leave.
fn looked_up(case: &Case<'_>, listed: &[RemedyType]) -> impl Iterator<Item = RemedyType> {
    use {Kind as K, RemedyType as T};
    let elsewhere = listed.iter().any(|kind| matches!(kind, T::OtherProvider | T::Unpin));
    let providers = elsewhere && case.changeable().is_some() && case.model().is_some_and(is_slug);
    let limited = matches!(
        case.diagnosis.kind,
        K::InsufficientCredits | K::KeyLimit | K::AccountRateLimit | K::FreePerMinute | K::FreePerDay | K::UpstreamRateLimit
    );
    let with_key = case.facts.host == Host::Ours && case.question.request.as_ref().is_some_and(|request| request.key);
    [(T::Providers, providers), (T::Limits, limited && with_key)].into_iter().filter_map(|(kind, can)| can.then_some(kind))
}

fn asks(kind: RemedyType, value: Option<&str>, case: &Case<'_>) -> Option<Asks> {
    match kind {
        RemedyType::Providers => Some(Asks::Providers),
        RemedyType::PaidVariant => case.changeable()?.by_model(value?).map(|_| Asks::Price),
        RemedyType::Limits => Some(Asks::Limits),
        _ => None,
    }
}

/// The change that the remedy makes, where it can be made by one click.
fn change(kind: RemedyType, value: Option<&str>, case: &Case<'_>) -> Option<Patch> {
    use RemedyType as T;
    let request = case.changeable()?;
    let patch = match kind {
        T::OtherProvider => request.without(value?)?,
        T::Unpin => request.unpinned(),
        T::ShorterAnswer => request.answer_of(value?.parse().ok()?)?,
        T::Successor => request.by_model(value?)?,
        T::OtherModel => request.or_by_models(&case.other_models())?,
        T::Compress => request.compressed()?,
        _ => return None,
    };
    (!patch.is_empty()).then_some(patch)
}

/// What a failure calls for, whoever meets it. Source: OpenRouter's documentation and settings, August to October 2026.
#[expect(clippy::match_same_arms, reason = "a table, in the order in which one line wins over the next")]
fn wanted(case: &Case<'_>) -> &'static [RemedyType] {
    use {Kind as K, Reason as R, RemedyType as T};
    match (case.diagnosis.kind, case.diagnosis.reason) {
        (_, R::DocumentEngine) => &[],
        (_, R::AllProvidersAtCapacity) => &[T::OtherModel, T::Successor, T::ModelPage],
        (_, R::PoolEngineOverloaded) => &[T::Unpin, T::OtherProvider, T::ModelPage],
        (K::UpstreamRateLimit, _) => &[T::OwnKey, T::Unpin, T::OtherProvider, T::OtherModel, T::PaidVariant, T::ModelPage],
        (K::ByokRateLimit, _) => &[T::OwnKey, T::Unpin, T::OtherProvider],
        (K::FreePerMinute, _) => &[T::PaidVariant],
        (K::FreePerDay, _) => &[T::Credits, T::PaidVariant],
        (K::AccountRateLimit, R::InFlightBudget) => &[T::Credits],
        (K::AccountRateLimit, R::ModelPerMinute | R::ModelPerDay) => &[T::PaidVariant, T::ModelList],
        (K::ProviderError, R::ProviderAccountEmpty) => &[T::OwnKey, T::Unpin, T::OtherProvider, T::ModelPage],
        (K::ProviderError, R::Internal) => &[T::Status],
        (K::ProviderOverloaded | K::ProviderError, _) => &[T::Unpin, T::OtherProvider, T::OtherModel, T::ModelPage],
        (K::Timeout, R::NoAnswerInTime) => &[T::Unpin, T::OtherProvider],
        (K::InsufficientCredits, R::OwnProviderAccountEmpty) => &[T::OwnKey, T::Unpin, T::OtherProvider],
        (K::InsufficientCredits, R::PromptTooLong) => &[T::ShorterChat, T::Credits],
        (K::InsufficientCredits, _) => &[T::ShorterAnswer, T::Credits],
        (K::KeyLimit, R::GuardrailBudget) => &[T::Guardrails],
        (K::KeyLimit, R::WorkspaceBudget) => &[],
        (K::KeyLimit, _) => &[T::ShorterAnswer, T::Keys],
        (K::Auth, R::OwnProviderKeyRefused) => &[T::OwnKey],
        (K::Auth, R::AddressNotAllowed | R::SignInCode) => &[],
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
        (K::ContextLength, _) => &[T::Compress, T::ShorterChat, T::ModelPage],
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
        T::Retry | T::Wait | T::ShorterChat | T::Compress | T::EditMessage | T::Report | T::Providers | T::Limits => Some((None, None)),
        T::OtherModel => {
            let others = case.other_models();
            (!others.is_empty() && others.iter().all(|slug| is_slug(slug))).then(|| (Some(others.join(", ")), None))
        }
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
        // The same models, where they can be asked beside the request's own.
        T::Successor if case.diagnosis.reason == Reason::AllProvidersAtCapacity && change(T::OtherModel, None, case).is_some() => None,
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
        // What was agreed to is agreed to once.
        _ if case.question.paid && (kind == T::Retry || patch_can_be(kind)) => Cost::Credits,
        T::OtherModel if case.other_models() == [ANY_FREE] => Cost::Nothing,
        T::OtherProvider | T::Unpin | T::Successor | T::OtherModel => Cost::PriceMayDiffer,
        T::OwnKey => Cost::ProviderAccount,
        T::Credits | T::PaidVariant => Cost::Credits,
        T::Privacy => Cost::Privacy,
        _ => Cost::Nothing,
    }
}

const fn patch_can_be(kind: RemedyType) -> bool {
    use RemedyType as T;
    matches!(kind, T::OtherProvider | T::Unpin | T::ShorterAnswer | T::Successor | T::OtherModel | T::Compress)
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
pub(crate) fn is_slug(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'))
    };
    text.split_once('/').is_some_and(|(author, model)| plain(author) && plain(model))
}
