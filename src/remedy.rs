//! What can be offered for a diagnosis: the main button first, and no link that the failure does not call for.

use crate::explain::Voice;
use crate::redact::redact;
use crate::vocabulary::vocabulary;
use crate::{Diagnosis, Kind, LimitOwner, Plan, Reason};
use serde::{Deserialize, Serialize};

vocabulary! {
    /// What a remedy's button does.
    RemedyType {
        /// Sends the same request again.
        Retry = "retry",
        /// Opens a page.
        Link = "link",
    }
}

/// One thing to press; the first of a verdict is the main button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// What the button does.
    #[serde(rename = "type")]
    pub kind: RemedyType,
    /// The words on the button.
    pub label: String,
    /// The page, with [`RemedyType::Link`].
    pub url: Option<String>,
    /// One sentence: when it helps, what it costs; may be empty.
    pub hint: String,
}

/// A page of OpenRouter's that helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    Integrations,
    Credits,
    Keys,
    Privacy,
    Guardrails,
    Preferences,
    Model,
    Models,
    Status,
}

impl Page {
    /// The name in the keys of messages, and the address; [`Page::Model`] has one for each model.
    const fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Integrations => ("remedy_integrations", "https://openrouter.ai/settings/integrations"),
            Self::Credits => ("remedy_credits", "https://openrouter.ai/settings/credits"),
            Self::Keys => ("remedy_keys", "https://openrouter.ai/settings/keys"),
            Self::Privacy => ("remedy_privacy", "https://openrouter.ai/settings/privacy"),
            Self::Guardrails => ("remedy_guardrails", "https://openrouter.ai/workspaces/default/guardrails"),
            Self::Preferences => ("remedy_preferences", "https://openrouter.ai/settings/preferences"),
            Self::Model => ("remedy_model", ""),
            Self::Models => ("remedy_models", "https://openrouter.ai/models"),
            Self::Status => ("remedy_status", "https://status.openrouter.ai"),
        }
    }

    /// Whether only the owner of the OpenRouter account can do something there.
    const fn is_owners(self) -> bool {
        !matches!(self, Self::Model | Self::Models | Self::Status)
    }
}

/// The remedies of a diagnosis. `model` is the slug asked for; `buys_more_free`: the failure says that credits raise the
/// number of free requests a day; `say` gives a message in the form that fits what is known.
#[must_use]
pub(crate) fn remedies(
    diagnosis: &Diagnosis,
    plan: &Plan,
    voice: Voice,
    model: Option<&str>,
    buys_more_free: bool,
    say: impl Fn(&str) -> Option<String>,
) -> Vec<Remedy> {
    let words = |key: &str| say(key).unwrap_or_default();
    let mut all = Vec::new();
    if plan.hold {
        let billed_twice = matches!(diagnosis.kind, Kind::Timeout | Kind::Network);
        let hint = if billed_twice { words("remedy_retry_hint_billed") } else { String::new() };
        all.push(Remedy { kind: RemedyType::Retry, label: words("remedy_retry"), url: None, hint });
    }
    // A visitor of a site that calls with its own account has nothing to set at OpenRouter.
    let page = page(diagnosis, buys_more_free).filter(|page| voice != Voice::Site || !page.is_owners());
    if let Some(page) = page {
        let (key, address) = page.parts();
        let url = match page {
            Page::Model => {
                model.filter(|model| is_slug(model) && redact(model) == *model).map(|model| format!("https://openrouter.ai/{model}"))
            }
            _ => Some(address.to_owned()),
        };
        let reason = diagnosis.reason.as_str();
        let hint = say(&format!("{key}_hint_{reason}")).or_else(|| say(&format!("{key}_hint"))).unwrap_or_default();
        if url.is_some() {
            all.push(Remedy { kind: RemedyType::Link, label: words(key), url, hint });
        }
    }
    all
}

/// The page that a failure calls for. Source: OpenRouter's settings as of August to October 2026.
#[expect(clippy::match_same_arms, reason = "a table, in the order in which one line wins over the next")]
fn page(diagnosis: &Diagnosis, buys_more_free: bool) -> Option<Page> {
    use Reason as R;
    match (diagnosis.kind, diagnosis.reason) {
        (_, R::PoolEngineOverloaded | R::AllProvidersAtCapacity) => Some(Page::Model),
        (_, R::DocumentEngine) => None,
        (Kind::UpstreamRateLimit, _) if !takes_own_keys(diagnosis.provider.as_deref()) => Some(Page::Model),
        (Kind::UpstreamRateLimit | Kind::ByokRateLimit, _) => Some(Page::Integrations),
        (Kind::FreePerDay, _) => buys_more_free.then_some(Page::Credits),
        (Kind::AccountRateLimit, R::InFlightBudget) => Some(Page::Credits),
        (Kind::ProviderError, R::ProviderAccountEmpty) => Some(Page::Integrations),
        (Kind::ProviderError, R::Internal) => Some(Page::Status),
        (Kind::ProviderOverloaded | Kind::ProviderError | Kind::RegionBlocked | Kind::Moderation, _) => Some(Page::Model),
        (Kind::NoEndpoints, R::Attestation) => Some(Page::Preferences),
        (Kind::NoEndpoints | Kind::ContextLength, _) => Some(Page::Model),
        (Kind::ModelNotFound, _) => Some(Page::Models),
        (Kind::InsufficientCredits | Kind::Auth, _) if diagnosis.limit_owner == LimitOwner::OwnProviderKey => Some(Page::Integrations),
        (Kind::InsufficientCredits, _) => Some(Page::Credits),
        (Kind::KeyLimit, R::GuardrailBudget) => Some(Page::Guardrails),
        (Kind::KeyLimit, R::WorkspaceBudget) => None,
        (Kind::KeyLimit | Kind::Auth, _) => Some(Page::Keys),
        (Kind::DataPolicy, R::Guardrail) => Some(Page::Guardrails),
        (Kind::DataPolicy, _) => Some(Page::Privacy),
        (Kind::EdgeBlock | Kind::Network, _) => Some(Page::Status),
        _ => None,
    }
}

/// Whether a key of one's own can be stored for the provider. Source: OpenRouter's OpenAPI file, August 2026.
#[must_use]
pub(crate) fn takes_own_keys(provider: Option<&str>) -> bool {
    !matches!(provider, Some("Stealth" | "Crucible"))
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
