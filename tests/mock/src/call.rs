//! A request as it arrived, whole.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HOST};
use hyper::{HeaderMap, Method, Request};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::hosts::{Hosts, Route};
use crate::query;

/// The conversation of a request without a key of ours.
pub const DEFAULT_CONVERSATION: &str = "default";

/// A request.
pub struct Call {
    /// counts from 1, over all hosts
    pub n: u64,
    /// when its head arrived
    pub at_ms: u64,
    /// lower case, without port
    pub host: String,
    /// GET, POST, …
    pub method: Method,
    /// still percent-encoded
    pub path: String,
    /// without the question mark
    pub query: Option<String>,
    /// as sent
    pub headers: HeaderMap,
    /// as text; what is no UTF-8 is replaced
    pub body: String,
    /// whose script answers; none for preflights whose address does not say, files and what nobody answers
    pub conversation: Option<String>,
}

impl Call {
    /// Reads the request to its end; an error means that the client went away before.
    pub async fn receive(request: Request<Incoming>, hosts: &Hosts) -> hyper::Result<Call> {
        static CALLS: AtomicU64 = AtomicU64::new(1);
        let at_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let n = CALLS.fetch_add(1, Ordering::Relaxed);
        let (head, body) = request.into_parts();
        let body = String::from_utf8_lossy(&body.collect().await?.to_bytes()).into_owned();
        let host = head
            .headers
            .get(HOST)
            .and_then(|value| value.to_str().ok())
            .map(|host| host.rsplit_once(':').map_or(host, |(name, _port)| name).to_ascii_lowercase())
            .unwrap_or_default();
        let path = head.uri.path().to_owned();
        let query = head.uri.query().map(str::to_owned);
        let scripted = matches!(hosts.route(&host, &path), Route::OpenRouter | Route::LookAlike | Route::Relay);
        let by_key = || (head.method != Method::OPTIONS).then(|| conversation(&head.headers).to_owned());
        Ok(Call {
            n,
            at_ms,
            conversation: if scripted { parameter(query.as_deref(), "conversation").or_else(by_key) } else { None },
            host,
            method: head.method,
            path,
            query,
            headers: head.headers,
            body,
        })
    }

    /// What the address says under a name.
    pub fn parameter(&self, name: &str) -> Option<String> {
        parameter(self.query.as_deref(), name)
    }

    /// The body as JSON, or null.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// What looks random in an answer, but is the same for the same request: 64 hex digits for each purpose.
    pub fn hex(&self, purpose: &str) -> String {
        format!("{:x}", Sha256::digest(format!("{purpose} {}", self.n)))
    }

    /// `gen-…`, the same in the header field and in the body.
    pub fn generation_id(&self) -> String {
        format!("gen-{}-{:.20}", self.at_ms / 1000, self.hex("generation"))
    }
}

fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    query::pairs(query?).find(|(other, _)| other == name).map(|(_, value)| value)
}

/// A test's key names its conversation, so that tests can run side by side: `sk-or-v1-NAME`.
fn conversation(headers: &HeaderMap) -> &str {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Anthropic's clients send the bare key.
    let key = text(AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer ")).or_else(|| text("x-api-key"));
    key.and_then(|key| key.trim().strip_prefix("sk-or-v1-")).unwrap_or(DEFAULT_CONVERSATION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn the_key_names_the_conversation() {
        let with = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            headers
        };
        assert_eq!(conversation(&with("authorization", "Bearer sk-or-v1-two-tries")), "two-tries");
        assert_eq!(conversation(&with("x-api-key", "sk-or-v1-claude")), "claude");
        assert_eq!(conversation(&with("authorization", "Bearer sk-proj-1")), "default");
        assert_eq!(conversation(&HeaderMap::new()), "default");
    }
}
