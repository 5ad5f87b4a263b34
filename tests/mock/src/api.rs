//! Who answers a request, and the header fields that each of them sends.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_REQUEST_HEADERS, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, SERVER,
};
use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::call::{Call, DEFAULT_CONVERSATION};
use crate::hosts::Route;
use crate::reply::Reply;
use crate::script::Answer;
use crate::{Stage, site};

/// Models, key and the like: what pages and the extension ask for beside generations.
const CATALOG: &str = include_str!("../data/catalog.json");

/// What OpenRouter lets a page send. Anything else makes the browser refuse the call after the preflight. The
/// `X-Stainless-*` fields are those of the OpenAI clients in a browser, each by its name: a browser takes no wildcard
/// within a name.
const ALLOWED_HEADERS: &str = "Authorization,User-Agent,X-Api-Key,X-CSRF-Token,X-Requested-With,Accept,Accept-Version,\
    Content-Length,Content-MD5,Content-Type,Date,X-Api-Version,HTTP-Referer,X-Windowai-Title,X-Openrouter-Title,X-Title,\
    X-Openrouter-Categories,X-Openrouter-App-Visibility,X-Session-Id,X-Stainless-Lang,X-Stainless-Package-Version,\
    X-Stainless-OS,X-Stainless-Arch,X-Stainless-Runtime,X-Stainless-Runtime-Version,X-Stainless-Async,\
    X-Stainless-Retry-Count,X-Stainless-Timeout,X-Stainless-Read-Timeout,X-Stainless-Raw-Response,\
    X-Stainless-Helper-Method,X-Stainless-Poll-Helper,X-Stainless-Custom-Poll-Interval,Protection-Key,Idempotency-Key,\
    traceparent,tracestate,b3";
const ALLOWED_METHODS: &str = "GET,OPTIONS,PATCH,DELETE,POST,PUT";

/// What OpenRouter lets a page read. `Retry-After` and `X-RateLimit-*` are not in it: pages never see them.
const EXPOSED_HEADERS: &str = "X-Generation-Id,X-Provider-Name,request-id,cf-ray";

/// Who speaks: decides the header fields around a scripted answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// OpenRouter behind Cloudflare
    OpenRouter,
    /// some other vendor, open to every page
    LookAlike,
    /// the site's own server: same origin, no CORS
    Relay,
}

impl Voice {
    /// The fields that any answer of this speaker carries, CORS aside.
    pub fn dress(self, headers: &mut HeaderMap, call: &Call) {
        match self {
            Voice::OpenRouter => {
                set(headers, "server", "cloudflare");
                set(headers, "cf-cache-status", "DYNAMIC");
                set(headers, "cf-ray", &format!("{:.16}-FRA", call.hex("ray")));
                set(headers, "request-id", &format!("req-{:.24}", call.hex("request")));
                set(headers, "vary", "Accept-Encoding");
                set(headers, "x-content-type-options", "nosniff");
                set(headers, "referrer-policy", "no-referrer, strict-origin-when-cross-origin");
                if is_generation(call) {
                    set(headers, "x-generation-id", &call.generation_id());
                }
            }
            Voice::LookAlike => {
                set(headers, "server", "envoy");
                set(headers, "x-request-id", &format!("req_{:.24}", call.hex("request")));
            }
            Voice::Relay => set(headers, "server", "nginx"),
        }
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    }

    /// Whether its answers carry CORS where the script says nothing about it.
    pub fn is_open(self) -> bool {
        self != Voice::Relay
    }

    /// Lets a page of any origin read the answer.
    pub fn open(self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        let exposed = if self == Voice::LookAlike { "*" } else { EXPOSED_HEADERS };
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
    }

    /// An answer that came with the address may open its preflight further.
    fn preflight(self, call: &Call, answer: Option<&Answer>) -> Reply {
        let mut reply = Reply::empty(StatusCode::NO_CONTENT);
        let headers = &mut reply.headers;
        let allowed = match self {
            Voice::OpenRouter => HeaderValue::from_static(ALLOWED_HEADERS),
            // Its neighbour's generosity is not what is tested: whatever the page wants to send.
            Voice::LookAlike => call.headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned().unwrap_or(HeaderValue::from_static("*")),
            Voice::Relay => return reply,
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(ALLOWED_METHODS));
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        self.dress(headers, call);
        for (name, value) in answer.into_iter().flat_map(Answer::fields) {
            if name.as_str().starts_with("access-control-") {
                headers.insert(name, value);
            }
        }
        reply
    }
}

/// The answer to a request. Below `/api/` the address itself may bring it: `?answer={"status":402}`, for whatever method.
pub fn reply(stage: &Stage, call: &Call) -> Reply {
    let voice = match stage.hosts.route(&call.host, &call.path) {
        Route::OpenRouter => Voice::OpenRouter,
        Route::LookAlike => Voice::LookAlike,
        Route::Relay => Voice::Relay,
        Route::Files(dirs) => return site::reply(&dirs, call),
        Route::FrontPage => return front_page(call),
        Route::Nowhere => {
            let text = format!("{} is not served here", call.host);
            return Reply::whole(StatusCode::MISDIRECTED_REQUEST, "text/plain; charset=utf-8", text);
        }
    };
    let answer = match call.parameter("answer").map(|json| stage.presets.read(&json)).transpose() {
        Ok(answer) => answer,
        // A slip in a test's address must not look like an answer.
        Err(slip) => return Reply::whole(StatusCode::BAD_REQUEST, "text/plain; charset=utf-8", format!("{slip:#}\n")),
    };
    if call.method == Method::OPTIONS {
        return voice.preflight(call, answer.as_ref());
    }
    if let Some(answer) = answer {
        return answer.perform(call, voice);
    }
    let generates = match voice {
        Voice::OpenRouter => call.method == Method::POST && is_generation(call),
        Voice::LookAlike => call.method == Method::POST,
        Voice::Relay => true,
    };
    if generates {
        return scripted(stage, call, voice);
    }
    let mut reply = match voice {
        Voice::OpenRouter => listed(stage, call),
        Voice::LookAlike | Voice::Relay => Reply::error(StatusCode::NOT_FOUND, "Not Found"),
    };
    voice.dress(&mut reply.headers, call);
    voice.open(&mut reply.headers);
    reply
}

fn scripted(stage: &Stage, call: &Call, voice: Voice) -> Reply {
    let name = call.conversation.as_deref().unwrap_or(DEFAULT_CONVERSATION);
    let next = stage.conversations.next(name);
    let by_world = || stage.presets.read(&stage.conversations.world(name)?.answer(call).to_string()).ok();
    next.or_else(by_world).unwrap_or_else(Answer::good).perform(call, voice)
}

/// One of the five addresses that generate.
fn is_generation(call: &Call) -> bool {
    let endpoint = call.path.strip_prefix("/api/v1/");
    matches!(endpoint, Some("chat/completions" | "completions" | "responses" | "messages" | "embeddings"))
}

/// What OpenRouter tells without generating.
fn listed(stage: &Stage, call: &Call) -> Reply {
    let endpoint = call.path.strip_prefix("/api/v1/").unwrap_or_default();
    if is_generation(call) {
        return Reply::error(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    }
    if call.method != Method::GET && call.method != Method::HEAD {
        return Reply::error(StatusCode::NOT_FOUND, "Not Found");
    }
    let catalog: Value = serde_json::from_str(CATALOG).unwrap_or_default();
    let has_key = call.headers.contains_key("authorization") || call.headers.contains_key("x-api-key");
    let world = stage.conversations.world(call.conversation.as_deref().unwrap_or(DEFAULT_CONVERSATION));
    match endpoint {
        "models" | "providers" => Reply::json(StatusCode::OK, &catalog[endpoint]),
        "key" | "auth/key" | "credits" if !has_key => Reply::error(StatusCode::UNAUTHORIZED, "Missing Authentication header"),
        "key" | "auth/key" => Reply::json(StatusCode::OK, &with(&catalog["key"], world.map(|world| world.key))),
        "credits" => Reply::json(StatusCode::OK, &with(&catalog["credits"], world.map(|world| world.credits))),
        _ => match endpoint.strip_prefix("models/").and_then(|rest| rest.strip_suffix("/endpoints")) {
            // Of one author nothing is listed.
            Some(model) if model.split('/').count() == 2 && !model.starts_with("unlisted/") => {
                Reply::json(StatusCode::OK, &endpoints(&catalog, model))
            }
            _ => Reply::error(StatusCode::NOT_FOUND, "Not Found"),
        },
    }
}

/// What the catalog says, with a world's own members over it.
fn with(listed: &Value, own: Option<Map<String, Value>>) -> Value {
    let mut listed = listed.clone();
    if let Some(data) = listed["data"].as_object_mut() {
        data.extend(own.into_iter().flatten());
    }
    listed
}

/// Four providers for whatever model is asked for.
fn endpoints(catalog: &Value, model: &str) -> Value {
    let mut endpoints = catalog["endpoints"].clone();
    for endpoint in endpoints.as_array_mut().into_iter().flatten() {
        if let Some(name) = endpoint["name"].as_str().map(|name| name.replace("${model}", model)) {
            endpoint["name"] = name.into();
        }
    }
    json!({"data": {"id": model, "name": model, "endpoints": endpoints}})
}

/// A page for what the card's links open.
fn front_page(call: &Call) -> Reply {
    let path = call.path.replace('&', "&amp;").replace('<', "&lt;");
    let html = format!("<!doctype html>\n<html lang=\"en\"><title>OpenRouter stand-in</title><h1>{path}</h1></html>\n");
    let mut reply = Reply::whole(StatusCode::OK, "text/html; charset=utf-8", html);
    reply.headers.insert(SERVER, HeaderValue::from_static("cloudflare"));
    reply
}

/// A header field whose value this program made itself; one that is no field value is left out.
fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
