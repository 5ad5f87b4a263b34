//! What a person's click had looked up, in words: who else serves a model and at which price, what the paid version costs, what is left
//! of credits and caps. Pure like the rest: the answers of OpenRouter come in as text.

use crate::case::Case;
use crate::explain::Detail;
use crate::locale::grouped;
use crate::patch::Patch;
use crate::provider;
use crate::read::fault::scalar;
use crate::remedy::is_slug;
use crate::{Asks, Cost, Locale, Question};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Rows that a person can take in.
const MOST_OFFERS: usize = 6;
/// An answer whose length the request does not bound is estimated at so many tokens.
const USUAL_ANSWER: u64 = 1_000;
/// Characters of a request that make a token, roughly.
const TOKEN: u64 = 4;
/// Prices are counted in this part of a dollar, so that no fraction is needed.
const DOLLAR: u64 = 1_000_000_000_000;

/// What was looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panel {
    /// What it is about.
    pub title: String,
    /// Facts: a label and a value.
    pub lines: Vec<Detail>,
    /// What can be sent.
    pub offers: Vec<Offer>,
    /// A rule that the person can set for this site.
    pub always: Option<Always>,
    /// On what the numbers are based; may be empty.
    pub note: String,
    /// When it was read, epoch milliseconds, where that matters.
    pub at_ms: Option<u64>,
}

/// One changed request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The words on its button.
    pub label: String,
    /// What it costs, as far as that can be told.
    pub price: String,
    /// More about it, in one line; may be empty.
    pub detail: String,
    /// What it costs, as data.
    pub costs: Cost,
    /// `None` for the provider that failed: it is shown, not offered.
    pub patch: Option<Patch>,
}

/// "Skip this provider on this site for an hour."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Always {
    /// The words on its button.
    pub label: String,
    /// What it may cost.
    pub price: String,
    /// The provider's slug.
    pub slug: String,
    /// The provider's name.
    pub name: String,
}

/// The model whose public list is needed for this.
pub(crate) fn listed_model(case: &Case<'_>, asks: Asks) -> Option<String> {
    case.changeable()?;
    let model = case.model().filter(|model| is_slug(model))?;
    match asks {
        Asks::Providers => Some(model.to_owned()),
        Asks::Price => model.strip_suffix(":free").map(str::to_owned),
        Asks::Limits => None,
    }
}

/// What the list offers; `None` where it is none, or empty.
pub(crate) fn offers(case: &Case<'_>, asks: Asks, listing: &str, locale: &Locale) -> Option<Panel> {
    let request = case.changeable()?;
    let model = listed_model(case, asks)?;
    let listing: Value = serde_json::from_str(listing).ok()?;
    let endpoints: Vec<Endpoint<'_>> = listing.get("data")?.get("endpoints")?.as_array()?.iter().filter_map(Endpoint::read).collect();
    let say = |key: &str, args: &[(&str, &str)]| locale.message(key, args);
    let short = model.split_once('/').map_or(model.as_str(), |(_, short)| short);
    let prompt = request.facts.size.unwrap_or_default().div_ceil(TOKEN);
    let answer = request.facts.max_tokens.unwrap_or(USUAL_ANSWER);
    let about = |endpoint: &Endpoint<'_>| endpoint.price(prompt, answer);
    let price = |price: Option<u64>| match price {
        Some(0) => say("price_free", &[]),
        Some(price) => say("price_about", &[("price", &dollars(price))]),
        None => say("price_unknown", &[]),
    };
    let tokens = locale.number(answer);
    let note = say(if asks == Asks::Price { "panel_note_dearest" } else { "panel_note" }, &[("tokens", &tokens)]);
    if asks == Asks::Price {
        // Which provider answers is not known before; none takes more than the dearest.
        let dearest = endpoints.iter().map(about).collect::<Option<Vec<_>>>()?.into_iter().max()?;
        let patch = Some(request.by_model(&model)?);
        let offer =
            Offer { label: say("offer_paid", &[]), price: price(Some(dearest)), detail: String::new(), costs: Cost::Credits, patch };
        return Some(Panel { title: say("panel_paid", &[("model", short)]), offers: vec![offer], note, ..Panel::default() });
    }
    let failed = case.diagnosis.provider.as_deref().and_then(provider::slug);
    let mut seen: Vec<&str> = Vec::new();
    let mut offers = Vec::new();
    for endpoint in &endpoints {
        if seen.contains(&endpoint.slug) || offers.len() >= MOST_OFFERS {
            continue;
        }
        seen.push(endpoint.slug);
        let has_failed = failed.as_deref() == Some(endpoint.slug);
        let patch = if has_failed { None } else { request.by(endpoint.slug, failed.as_deref()) };
        if patch.is_none() && !has_failed {
            continue;
        }
        offers.push(Offer {
            label: endpoint.name.to_owned(),
            price: if has_failed { say("offer_failed", &[]) } else { price(about(endpoint)) },
            detail: endpoint.detail(locale),
            costs: if case.question.paid { Cost::Credits } else { Cost::PriceMayDiffer },
            patch,
        });
    }
    let others = offers.iter().any(|offer| offer.patch.is_some());
    let always = failed.filter(|slug| others && case.pinned_to().is_none() && request.without(slug).is_some()).and_then(|slug| {
        let name = case.diagnosis.provider.clone()?;
        Some(Always { label: say("offer_always", &[("provider", &name)]), price: say("price_price_may_differ", &[]), slug, name })
    });
    let title = say(if others { "panel_providers" } else { "panel_providers_none" }, &[("model", short)]);
    (!offers.is_empty()).then(|| Panel { title, offers, always, note: if others { note } else { String::new() }, ..Panel::default() })
}

/// One provider of a model, as OpenRouter lists it.
struct Endpoint<'a> {
    name: &'a str,
    slug: &'a str,
    entry: &'a Map<String, Value>,
}

impl<'a> Endpoint<'a> {
    fn read(entry: &'a Value) -> Option<Self> {
        let entry = entry.as_object()?;
        let slug = entry.get("tag")?.as_str()?.split('/').next()?;
        let plain =
            !slug.is_empty() && slug.len() <= 60 && slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let name = entry.get("provider_name").and_then(Value::as_str).filter(|name| name.len() <= 60)?;
        plain.then_some(Self { name, slug, entry })
    }

    /// Of a token, in parts of a dollar.
    fn rate(&self, of: &str) -> Option<u64> {
        parts(&scalar(self.entry.get("pricing")?.get(of)?)?)
    }

    fn price(&self, prompt: u64, answer: u64) -> Option<u64> {
        let of = |kind: &str, tokens: u64| Some(self.rate(kind)?.saturating_mul(tokens));
        let request = self.rate("request").unwrap_or_default();
        Some(of("prompt", prompt)?.saturating_add(of("completion", answer)?).saturating_add(request))
    }

    fn detail(&self, locale: &Locale) -> String {
        let whole = |name: &str| scalar(self.entry.get(name)?)?.split('.').next()?.parse::<u64>().ok();
        let rate = |of: &str| self.rate(of).map(|rate| dollars(rate.saturating_mul(1_000_000)));
        let rates = rate("prompt").zip(rate("completion"));
        let rates = rates.map(|(prompt, answer)| locale.message("offer_rates", &[("prompt", &prompt), ("answer", &answer)]));
        let context = whole("context_length")
            .map(|tokens| locale.message("offer_context", &[("size", &[&locale.number(tokens / 1_000), "k"].concat())]));
        let uptime = whole("uptime_last_30m").filter(|percent| *percent <= 100);
        let uptime = uptime.map(|percent| locale.message("offer_uptime", &[("percent", &percent.to_string())]));
        let latency = self.entry.get("latency_last_30m").map(|stated| stated.get("p50").unwrap_or(stated)).and_then(scalar);
        let latency = latency.and_then(|ms| ms.split('.').next()?.parse::<u64>().ok()).map(|ms| {
            let tenths = ms.div_ceil(100);
            locale.message("offer_latency", &[("seconds", &[&(tenths / 10).to_string(), ".", &(tenths % 10).to_string()].concat())])
        });
        [rates, context, uptime, latency].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}

/// What is left, from the numbers that the tap read: a flat object of `limit`, `total_credits`, `free_used` and the like.
#[must_use]
pub fn limits(numbers: &str, at_ms: u64, locale: &Locale) -> Option<Panel> {
    let numbers: Value = serde_json::from_str(numbers).ok()?;
    let money = |name: &str| parts_signed(&scalar(numbers.get(name)?)?);
    let count = |name: &str| scalar(numbers.get(name)?)?.parse::<u64>().ok();
    let shown = |(amount, negative): (u64, bool)| if negative { ["−", &dollars(amount)].concat() } else { dollars(amount) };
    let mut lines = Vec::new();
    let mut line = |key: &str, value: String| lines.push(Detail { label: locale.message(key, &[]), value });
    if let Some(((bought, _), (used, _))) = money("total_credits").zip(money("total_usage")) {
        line("limits_credits", shown((bought.abs_diff(used), used > bought)));
    }
    match (money("limit"), money("limit_remaining")) {
        (Some(most), Some(left)) => {
            let period = numbers.get("limit_reset").and_then(Value::as_str).unwrap_or("never");
            let value = locale.message(&["limits_cap_", period].concat(), &[("left", &shown(left)), ("limit", &shown(most))]);
            line("limits_cap", value);
        }
        _ if numbers.get("is_free_tier").is_some() => line("limits_cap", locale.message("limits_no_cap", &[])),
        _ => {}
    }
    if let Some((left, most)) = count("free_remaining").zip(count("free_limit")) {
        line("limits_free", locale.message("limits_free_left", &[("left", &locale.number(left)), ("limit", &locale.number(most))]));
    }
    if let Some(free) = numbers.get("is_free_tier").and_then(Value::as_bool) {
        line("limits_tier", locale.message(if free { "limits_tier_free" } else { "limits_tier_paid" }, &[]));
    }
    let title = locale.message("panel_limits", &[]);
    let note = locale.message("panel_limits_note", &[]);
    (!lines.is_empty()).then(|| Panel { title, lines, note, at_ms: Some(at_ms), ..Panel::default() })
}

/// A decimal number of dollars in their parts; `None` where it is not one.
fn parts(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().chain("000000000000".chars()).take(12).collect();
    let whole: u64 = whole.parse().ok()?;
    whole.checked_mul(DOLLAR)?.checked_add(digits.parse().ok()?)
}

fn parts_signed(text: &str) -> Option<(u64, bool)> {
    let (text, negative) = text.strip_prefix('-').map_or((text, false), |text| (text, true));
    Some((parts(text)?, negative))
}

/// "$0.13", "$0.0042", as OpenRouter's own pages have it in every language; less than can be read is said to be less.
fn dollars(amount: u64) -> String {
    let with = |unit: u64, places: usize| {
        let scaled = amount.saturating_add(unit / 2) / unit;
        let per = 10_u64.pow(places as u32);
        let decimals = (per + scaled % per).to_string();
        ["$", &grouped(scaled / per, ",", 4), ".", decimals.get(1..).unwrap_or_default()].concat()
    };
    match amount {
        0 => "$0".to_owned(),
        1..100_000_000 => "<$0.0001".to_owned(),
        100_000_000..10_000_000_000 => with(100_000_000, 4),
        _ => with(10_000_000_000, 2),
    }
}

/// The model whose public list a look-up needs: `author/model`, of nothing but letters, digits and `-_.:`.
#[must_use]
pub fn model_to_list(question: &Question, asks: Asks) -> Option<String> {
    Case::with(question, |case| listed_model(case, asks))?
}

/// What the public list of the model's providers offers for a failure; `None` where it cannot be read.
///
/// ```
/// use cooldown::{Asks, Exchange, Locale, Question, RequestFacts, panel};
///
/// let body = r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"provider_name":"Cerebras"}}}"#;
/// let url = "https://openrouter.ai/api/v1/chat/completions".to_owned();
/// let exchange = Exchange { url, status: 429, body: body.to_owned(), ..Exchange::default() };
/// let members = Some(vec!["model".to_owned()]);
/// let request = RequestFacts { model: Some("a/b".to_owned()), members, size: Some(4_000), ..RequestFacts::default() };
/// let question = Question { exchange, request: Some(request), replayable: true, ..Question::default() };
/// assert_eq!(panel::model_to_list(&question, Asks::Providers).as_deref(), Some("a/b"));
///
/// let list = r#"{"data":{"endpoints":[{"provider_name":"Together","tag":"together/fp8","pricing":{"prompt":"0.000001","completion":"0.000002"}}]}}"#;
/// let panel = panel::from_list(&question, Asks::Providers, list, &Locale::english()).unwrap();
/// assert_eq!(panel.offers[0].price, "about $0.0030");
/// ```
#[must_use]
pub fn from_list(question: &Question, asks: Asks, listing: &str, locale: &Locale) -> Option<Panel> {
    Case::with(question, |case| offers(case, asks, listing, locale))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money() {
        let shown = |text: &str| parts(text).map(dollars);
        for (text, same) in [
            ("0", "$0"),
            ("0.00000013", "<$0.0001"),
            ("0.00012", "$0.0001"),
            ("0.0042", "$0.0042"),
            ("0.13", "$0.13"),
            ("1", "$1.00"),
            ("1234.5", "$1,234.50"),
            ("0.00999999", "$0.0100"),
            ("0.0000000000009", "$0"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(same), "{text}");
        }
        for no in ["", "-1", "1e-7", "free", "99999999999999999999"] {
            assert_eq!(parts(no), None, "{no}");
        }
        assert_eq!(parts_signed("-0.5"), Some((DOLLAR / 2, true)));
    }
}
