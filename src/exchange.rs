//! What was seen: the failed answer, what the tap read of the request, and where it was seen from.
//!
//! The field names are those of `extension/protocol.js`, whose messages these types are.

use crate::vocabulary::vocabulary;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

vocabulary! {
    /// Where the text was met.
    #[derive(Default)]
    Surface {
        /// A status and a body.
        #[default]
        Http = "http",
        /// An event stream.
        Sse = "sse",
        /// A status of 200 whose JSON body holds the error.
        Body200 = "body200",
        /// Text that a web app shows a person.
        Page = "page",
        /// A line of a log, an SDK's message, a Python repr.
        Log = "log",
    }
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
    pub headers: Headers,
    /// The body, or the text on the page.
    pub body: String,
    /// When it arrived, epoch milliseconds; 0 where unknown.
    #[serde(deserialize_with = "clock")]
    pub at_ms: u64,
}

/// Header fields. A list inside, since the few that are looked up are not worth the code of another map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Headers(Vec<(String, String)>);

impl FromIterator<(String, String)> for Headers {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl From<BTreeMap<String, String>> for Headers {
    fn from(fields: BTreeMap<String, String>) -> Self {
        fields.into_iter().collect()
    }
}

impl From<Headers> for BTreeMap<String, String> {
    fn from(Headers(fields): Headers) -> Self {
        fields.into_iter().collect()
    }
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
    /// It went to the site's own server and not to OpenRouter.
    pub relay: bool,
    /// And it says itself that it is for OpenRouter.
    pub named: bool,
    /// `provider.only`.
    pub only: Vec<String>,
    /// `provider.order`.
    pub order: Vec<String>,
    /// `provider.ignore`.
    pub ignore: Vec<String>,
    /// `provider.allow_fallbacks`.
    pub allow_fallbacks: Option<bool>,
    /// The request's own `X-Stainless-Retry-Count`.
    pub app_retries: Option<u32>,
    /// Which of the members that a remedy may change the body has; `None` where it is no JSON object, and cannot be changed.
    pub members: Option<Vec<String>>,
    /// Characters of the body.
    pub size: Option<u64>,
    /// Something is done, and may be billed, before a model is asked: a search of the web, a document that is read.
    pub works_before: bool,
}

/// What is remembered of the site, from earlier failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SiteMemory {
    /// How often the site's app sends a request that failed in this way (by its status, or inside a good answer) again by
    /// itself before it gives up; `None` until it was seen.
    pub own_retries: Option<u32>,
    /// The person wants failures like this one explained, and nothing held.
    pub only_explain: bool,
    /// How long its app waits for an answer, in milliseconds, where that is known to be short.
    pub patience_ms: Option<u32>,
    /// The person lets failures be tried again by themselves on this site.
    pub auto: bool,
}

vocabulary! {
    /// From where the failure was seen, which decides whose account can be spoken of.
    Vantage {
        /// The page itself made the call.
        Page = "page",
        /// The site's own server made the call and passed the failure on; a key in the request is the site's.
        Relay = "relay",
        /// Text alone: pasted, selected, or read on a page.
        Text = "text",
    }
}

impl Exchange {
    /// The value of a header field, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let Headers(fields) = &self.headers;
        let exact = fields.iter().find(|(key, _)| key == name);
        let field = exact.or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)));
        field.map(|(_, value)| value.as_str())
    }
}

/// A page's clock may carry fractions; a whole millisecond is exact enough and safe to add to.
pub(crate) fn whole_ms(ms: f64) -> u64 {
    if ms.is_finite() { ms.clamp(0.0, 8.64e15) as u64 } else { 0 }
}

fn clock<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    f64::deserialize(from).map(whole_ms)
}
