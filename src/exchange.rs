//! What was seen: the failed answer, what the tap read of the request, and where it was seen from.
//!
//! The field names are those of `extension/protocol.js`, whose messages these types are.

use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// Where the text was met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Surface {
    /// A status and a body.
    #[default]
    Http,
    /// An event stream.
    Sse,
    /// A status of 200 whose JSON body holds the error.
    Body200,
    /// Text that a web app shows a person.
    Page,
    /// A line of a log, an SDK's message, a Python repr.
    Log,
}

/// One failed answer as it was seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exchange {
    /// Where the text was met.
    pub surface: Surface,
    /// Origin and path asked, without query and fragment; empty where unknown.
    pub url: String,
    /// The request's method; empty where unknown.
    pub method: String,
    /// The transport's status; 0 where none arrived or none is known.
    pub status: u16,
    /// Header fields that could be read, lower-case names.
    pub headers: BTreeMap<String, String>,
    /// The body, or the text on the page.
    pub body: String,
    /// When it arrived, epoch milliseconds; 0 where unknown.
    #[serde(deserialize_with = "whole_ms")]
    pub at_ms: u64,
}

/// What the tap read of the request, in the page. Never the key, the prompt or the body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestFacts {
    /// The slug the request asked for.
    pub model: Option<String>,
    /// `stream: true` in the body.
    pub stream: bool,
    /// `max_tokens`, `max_completion_tokens` or `max_output_tokens`.
    pub max_tokens: Option<u64>,
    /// A Bearer key left this page with the request. Only then is a limit "yours".
    pub key: bool,
    /// `provider.only`.
    pub only: Vec<String>,
    /// `provider.order`.
    pub order: Vec<String>,
    /// `provider.allow_fallbacks`.
    pub allow_fallbacks: Option<bool>,
    /// The request's own `X-Stainless-Retry-Count`.
    pub app_retries: Option<u32>,
}

/// What is remembered of the site, from earlier failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SiteMemory {
    /// How often the site's app sends a failed request again by itself before it gives up; `None` until it was seen.
    pub own_retries: Option<u32>,
    /// The person paused holding on this site.
    pub paused: bool,
}

/// From where the failure was seen, which decides whose account can be spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vantage {
    /// The page itself made the call.
    Page,
    /// The site's own server made the call and passed the failure on.
    Relay,
    /// Text alone: pasted, selected, or read on a page.
    Text,
}

impl Exchange {
    /// The value of a header field, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name).or_else(|| {
            let same = |(key, _): &(&String, &String)| key.eq_ignore_ascii_case(name);
            self.headers.iter().find(same).map(|(_, value)| value)
        });
        value.map(String::as_str)
    }
}

/// A page's clock may carry fractions; a whole millisecond is exact enough and safe to add to.
fn whole_ms<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let ms = f64::deserialize(from)?;
    Ok(if ms.is_finite() { ms.clamp(0.0, 8.64e15) as u64 } else { 0 })
}
