//! The control port: plain HTTP on loopback, open to every page, so that drivers and test pages alike can use it.
//!
//! | | |
//! | --- | --- |
//! | `POST /script` | `{"conversation": "x", "answers": […], "world": {…}}` replaces what that conversation still had |
//! | `GET /log`, `?conversation=x` | the requests so far |
//! | `DELETE /log`, `?conversation=x` | forgets them |
//! | `POST /open?gate=x` | lets go what a script keeps back at that gate |
//! | `POST /reset` | forgets scripts and requests, shuts the gates |
//! | `GET /presets` | the answers that have a name |

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HeaderName,
    HeaderValue,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::script::Presets;
use crate::{Stage, query, wire};

/// Accepts for ever.
pub async fn serve(listener: TcpListener, stage: Arc<Stage>) {
    loop {
        let tcp = wire::accept(&listener).await;
        let stage = Arc::clone(&stage);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&stage), request));
            // A driver that goes away in the midst of it has nobody to tell.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(tcp), service).await;
        });
    }
}

async fn answer(stage: Arc<Stage>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let (status, body) = match body.collect().await {
        Ok(body) => obey(&stage, &head.method, head.uri.path(), head.uri.query(), &body.to_bytes()),
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET,POST,DELETE,OPTIONS"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type"),
        (HeaderName::from_static("access-control-allow-private-network"), "true"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn obey(stage: &Stage, method: &Method, path: &str, query: Option<&str>, body: &[u8]) -> (StatusCode, String) {
    let parameter = |wanted: &str| query.and_then(|query| query::pairs(query).find(|(name, _)| name == wanted).map(|(_, value)| value));
    let conversation = parameter("conversation");
    let done = |value: Value| (StatusCode::OK, value.to_string());
    match (method, path) {
        (&Method::OPTIONS, _) => (StatusCode::OK, String::new()),
        (&Method::POST, "/script") => match stage.conversations.set(&String::from_utf8_lossy(body), &stage.presets) {
            Ok(answers) => done(json!({"ok": true, "answers": answers})),
            Err(error) => refuse(StatusCode::BAD_REQUEST, &format!("{error:#}")),
        },
        (&Method::GET, "/log") => done(stage.log.to_json(conversation.as_deref())),
        (&Method::DELETE, "/log") => {
            stage.log.clear(conversation.as_deref());
            done(json!({"ok": true}))
        }
        (&Method::POST, "/open") => match parameter("gate") {
            Some(gate) => {
                stage.gates.open(gate);
                done(json!({"ok": true}))
            }
            None => refuse(StatusCode::BAD_REQUEST, "which gate?"),
        },
        (&Method::POST, "/reset") => {
            stage.gates.clear();
            stage.conversations.clear();
            stage.log.clear(None);
            done(json!({"ok": true}))
        }
        (&Method::GET, "/presets") => (StatusCode::OK, Presets::text().to_owned()),
        _ => refuse(StatusCode::NOT_FOUND, &format!("no {method} {path} here")),
    }
}

fn refuse(status: StatusCode, message: &str) -> (StatusCode, String) {
    (status, json!({"ok": false, "message": message}).to_string())
}
