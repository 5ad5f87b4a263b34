//! Drives the stand-in as a browser and a test driver would: the real process, over real TLS.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const CHAT: &str = "/api/v1/chat/completions";

/// A running stand-in; ends with the test.
struct Mock {
    child: Child,
    stdin: Option<ChildStdin>,
    ready: Value,
    config: Arc<ClientConfig>,
}

impl Mock {
    fn start(args: &[&str]) -> Mock {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mock")).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(ready["certificate"].as_str().unwrap().as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Mock { stdin: child.stdin.take(), child, ready, config: Arc::new(config) }
    }

    fn port(&self, name: &str) -> u16 {
        self.ready[name].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap()
    }

    async fn tls(&self, host: &str) -> TlsStream<TcpStream> {
        let tcp = TcpStream::connect(("127.0.0.1", self.port("tls_port"))).await.unwrap();
        let name = ServerName::try_from(host.to_owned()).unwrap();
        TlsConnector::from(Arc::clone(&self.config)).connect(name, tcp).await.unwrap()
    }

    /// A connection to `host`, and the task that moves it.
    async fn client(&self, host: &str) -> (SendRequest<Full<Bytes>>, tokio::task::JoinHandle<()>) {
        let (sender, connection) = handshake(TokioIo::new(self.tls(host).await)).await.unwrap();
        (sender, tokio::spawn(async { drop(connection.await) }))
    }

    async fn send(&self, host: &str, request: Request<Full<Bytes>>) -> Response<Incoming> {
        self.client(host).await.0.send_request(request).await.unwrap()
    }

    async fn control(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let tcp = TcpStream::connect(("127.0.0.1", self.port("control_port"))).await.unwrap();
        let (mut sender, connection) = handshake(TokioIo::new(tcp)).await.unwrap();
        tokio::spawn(async { drop(connection.await) });
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let request = Request::builder().method(method).uri(path).header("host", "localhost");
        let response = sender.send_request(request.body(Full::new(body)).unwrap()).await.unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        let status = response.status().as_u16();
        (status, serde_json::from_str(&text(response).await).unwrap_or_default())
    }

    async fn script(&self, conversation: &str, answers: Value) {
        let script = json!({"conversation": conversation, "answers": answers});
        let (status, told) = self.control("POST", "/script", script).await;
        assert_eq!(status, 200, "{told}");
    }

    async fn log(&self, conversation: &str) -> Vec<Value> {
        let (_, log) = self.control("GET", &format!("/log?conversation={conversation}"), Value::Null).await;
        log.as_array().unwrap().clone()
    }

    /// Waits until the last request of the conversation is as `wanted`; an abort travels as fast as loopback does.
    async fn logged(&self, conversation: &str, wanted: fn(&Value) -> bool) -> Value {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let last = self.log(conversation).await.pop();
            match last {
                Some(entry) if wanted(&entry) => return entry,
                last => assert!(Instant::now() < end, "never came: {last:?}"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.stdin = None;
        if !std::thread::panicking() {
            assert!(self.child.wait().unwrap().success(), "ends well when its standard input is closed");
        }
    }
}

fn post(host: &str, path: &str, conversation: &str, body: Value) -> Request<Full<Bytes>> {
    Request::builder()
        .method("POST")
        .uri(path)
        .header("host", host)
        .header("authorization", format!("Bearer sk-or-v1-{conversation}"))
        .header("content-type", "application/json")
        .body(Full::new(body.to_string().into()))
        .unwrap()
}

fn get(host: &str, path: &str) -> Request<Full<Bytes>> {
    Request::builder().uri(path).header("host", host).body(Full::default()).unwrap()
}

fn ask(question: &str) -> Value {
    json!({"model": "liquid/lfm-2.5-2.6b:free", "messages": [{"role": "user", "content": question}]})
}

async fn text(response: Response<Incoming>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

async fn json_of(response: Response<Incoming>) -> Value {
    serde_json::from_str(&text(response).await).unwrap()
}

/// The `data:` of each event.
fn events(stream: &str) -> Vec<&str> {
    stream.split("\n\n").filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: "))).collect()
}

#[tokio::test]
async fn a_preflight_gets_the_lists_of_openrouter() {
    let mock = Mock::start(&[]);
    let request = Request::builder()
        .method("OPTIONS")
        .uri(CHAT)
        .header("host", "openrouter.ai")
        .header("origin", "https://chat.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,x-openrouter-metadata")
        .body(Full::default())
        .unwrap();
    let response = mock.send("openrouter.ai", request).await;
    assert_eq!(response.status(), 204);
    let field = |name: &str| response.headers()[name].to_str().unwrap().to_ascii_lowercase();
    assert_eq!(field("access-control-allow-origin"), "*");
    let allowed = field("access-control-allow-headers");
    let allowed: Vec<&str> = allowed.split(',').collect();
    for name in ["authorization", "content-type", "x-stainless-retry-count", "b3"] {
        assert!(allowed.contains(&name), "{name}");
    }
    // Not in the list, so the browser refuses the call; and nothing about credentials or a lifetime.
    assert!(!allowed.contains(&"x-openrouter-metadata"));
    assert!(!response.headers().contains_key("access-control-allow-credentials"));
    assert!(!response.headers().contains_key("access-control-max-age"));
    drop(response);
    let (_, log) = mock.control("GET", "/log", Value::Null).await;
    assert_eq!((&log[0]["method"], &log[0]["conversation"]), (&json!("OPTIONS"), &Value::Null));
    assert_eq!((&log[0]["ended"], &log[0]["aborted"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn a_scripted_429_then_the_answer_on_one_connection() {
    let mock = Mock::start(&[]);
    mock.script("two", json!([{"preset": "pool429", "headers": {"retry-after": "3", "X-Own": "${model}"}}])).await;
    let (mut sender, connection) = mock.client("openrouter.ai").await;

    let first = sender.send_request(post("openrouter.ai", CHAT, "two", ask("why?"))).await.unwrap();
    assert_eq!(first.status(), 429);
    let field = |name: &str| first.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(field("access-control-expose-headers"), "X-Generation-Id,X-Provider-Name,request-id,cf-ray");
    assert_eq!((field("retry-after").as_str(), field("x-own").as_str()), ("3", "liquid/lfm-2.5-2.6b:free"));
    assert_eq!(first.headers().get_all("retry-after").iter().count(), 1);
    assert_eq!((field("server").as_str(), field("transfer-encoding").as_str()), ("cloudflare", "chunked"));
    assert!(field("x-generation-id").starts_with("gen-") && !field("cf-ray").is_empty() && !field("request-id").is_empty());
    let body = text(first).await;
    assert!(body.starts_with(r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"liquid/lfm"#));

    let second = sender.send_request(post("openrouter.ai", CHAT, "two", ask("why?"))).await.unwrap();
    assert_eq!(second.status(), 200);
    assert_eq!(json_of(second).await["choices"][0]["message"]["content"], "The answer to: why?");
    assert!(!connection.is_finished(), "kept alive");

    let log = mock.log("two").await;
    assert_eq!(log.iter().map(|entry| &entry["status"]).collect::<Vec<_>>(), [429, 200]);
    assert_eq!(log[0]["body"], log[1]["body"]);
    assert_eq!(log[0]["headers"], log[1]["headers"]);
    assert_eq!(log[0]["body"], ask("why?").to_string());
    assert_eq!(log[0]["headers"]["authorization"], "Bearer sk-or-v1-two");
    assert!(log.iter().all(|entry| entry["aborted"] == false && entry["ended"] == true && entry["path"] == CHAT));
}

#[tokio::test]
async fn a_good_stream_comes_chunk_by_chunk() {
    let mock = Mock::start(&[]);
    let mut body = ask("how far?");
    body["stream"] = true.into();
    let response = mock.send("eu.openrouter.ai", post("eu.openrouter.ai", CHAT, "sse", body)).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut stream, mut chunks, mut body) = (String::new(), 0, response.into_body());
    while let Some(frame) = body.frame().await {
        stream.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
        chunks += 1;
    }
    assert!(chunks > 3, "{chunks} chunks");
    assert!(stream.starts_with(": OPENROUTER PROCESSING\n\n"));
    let events = events(&stream);
    let (done, chunks) = events.split_last().unwrap();
    assert_eq!(*done, "[DONE]");
    let chunks: Vec<Value> = chunks.iter().map(|chunk| serde_json::from_str(chunk).unwrap()).collect();
    let said: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(said, "The answer to: how far?");
    assert!(chunks.last().unwrap()["usage"]["total_tokens"].is_u64());
}

#[tokio::test]
async fn every_api_answers_in_its_shape() {
    let mock = Mock::start(&[]);
    let body = json!({"model": "m", "input": "hi", "prompt": "hi", "messages": [{"role": "user", "content": "hi"}]});
    for (endpoint, pointer) in
        [("completions", "/choices/0/text"), ("responses", "/output/0/content/0/text"), ("messages", "/content/0/text")]
    {
        let path = format!("/api/v1/{endpoint}");
        let whole = json_of(mock.send("openrouter.ai", post("openrouter.ai", &path, "s", body.clone())).await).await;
        assert_eq!(whole.pointer(pointer), Some(&json!("The answer to: hi")), "{endpoint}");
        let mut body = body.clone();
        body["stream"] = true.into();
        let stream = text(mock.send("openrouter.ai", post("openrouter.ai", &path, "s", body)).await).await;
        let said: String = events(&stream)
            .iter()
            .filter_map(|event| serde_json::from_str::<Value>(event).ok())
            .filter_map(|event| {
                let piece = [&event["choices"][0]["text"], &event["delta"]["text"], &event["delta"]];
                piece.iter().find_map(|piece| piece.as_str().map(str::to_owned))
            })
            .collect();
        assert_eq!(said, "The answer to: hi", "{endpoint}");
    }
    let mut body = body;
    body["encoding_format"] = "base64".into();
    let path = "/api/v1/embeddings";
    let rows = json_of(mock.send("openrouter.ai", post("openrouter.ai", path, "s", body)).await).await;
    assert_eq!(rows["data"][0]["embedding"], "AAAAPgAAgL4AAAA/AACAPQ==");
    for (path, status) in [
        ("/api/v1/models", 200),
        ("/api/v1/models/openai/gpt-4o-mini/endpoints", 200),
        ("/api/v1/key", 401),
        ("/api/v1/nothing", 404),
        (CHAT, 405),
        ("/settings/integrations", 200),
    ] {
        assert_eq!(mock.send("openrouter.ai", get("openrouter.ai", path)).await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn a_world_answers_what_the_request_asks_for() {
    let mock = Mock::start(&[]);
    let world = json!({"providers": ["Cerebras", "Together"], "busy": ["Cerebras"], "afford": 900, "free_used_up": true, "fits": 400, "key": {"limit": 5}});
    assert_eq!(mock.control("POST", "/script", json!({"conversation": "w", "world": world})).await.0, 200);
    let long = "x".repeat(400);
    for (change, status, said) in [
        (json!({}), 402, "can only afford 900"),
        (json!({"max_tokens": 900}), 429, "Cerebras"),
        (json!({"max_completion_tokens": 9, "provider": {"ignore": ["cerebras"]}}), 200, r#""provider":"Together""#),
        (json!({"max_output_tokens": 9, "provider": {"order": ["together"]}}), 200, "Together"),
        (json!({"max_tokens": 9, "provider": {"only": ["cerebras"], "ignore": ["cerebras"]}}), 404, "available_providers"),
        (json!({"max_tokens": 9, "model": "a/b:free"}), 429, "free-models-per-day"),
        (json!({"max_tokens": 9, "metadata": {"x": long}}), 400, "maximum context length"),
        (json!({"max_tokens": 9, "metadata": {"x": long}, "plugins": [{"id": "context-compression"}]}), 429, "Cerebras"),
    ] {
        let mut body = json!({"model": "a/b", "messages": [{"role": "user", "content": "x"}]});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = mock.send("openrouter.ai", post("openrouter.ai", CHAT, "w", body)).await;
        assert_eq!(answer.status(), status, "{change}");
        let body = text(answer).await;
        assert!(body.contains(said), "{change}: {body}");
    }
    let world = json!({"busy_models": ["a/b"], "instead": ["c/d", "e/f"], "key_affords": 900});
    assert_eq!(mock.control("POST", "/script", json!({"conversation": "v", "world": world})).await.0, 200);
    for (change, status, said) in [
        (json!({}), 402, "billing_error"),
        (json!({}), 402, "adjust the key's monthly limit"),
        (json!({"max_tokens": 9}), 429, r#""fallback_models":["c/d","e/f"]"#),
        (json!({"max_tokens": 9, "fallbacks": [{"model": "c/d"}, {"model": "e/f"}, {"model": "g/h"}]}), 400, "Too many models"),
        (json!({"max_tokens": 9, "provider": {"only": ["groq"]}, "fallbacks": [{"model": "c/d"}]}), 404, "requested_providers"),
    ] {
        let mut body = json!({"model": "a/b", "messages": [{"role": "user", "content": "x"}]});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = mock.send("openrouter.ai", post("openrouter.ai", "/api/v1/messages", "v", body)).await;
        assert_eq!(answer.status(), status, "{change}");
        let body = text(answer).await;
        assert!(body.contains(said) && body.contains(r#""type":"error""#), "{change}: {body}");
    }
    let mut key = get("openrouter.ai", "/api/v1/key");
    key.headers_mut().insert("authorization", "Bearer sk-or-v1-w".parse().unwrap());
    assert_eq!(json_of(mock.send("openrouter.ai", key).await).await["data"]["limit"], 5);
}

#[tokio::test]
async fn errors_inside_a_200() {
    let mock = Mock::start(&[]);
    let presets = ["error200", "first_event_error", "mid_stream_error", "first_event_error_bare"].map(|name| json!({"preset": name}));
    mock.script("in200", json!(presets)).await;
    let mut answers = Vec::new();
    for _ in 0..4 {
        let response = mock.send("openrouter.ai", post("openrouter.ai", CHAT, "in200", ask("x"))).await;
        assert_eq!(response.status(), 200);
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        let id = response.headers()["x-generation-id"].to_str().unwrap().to_owned();
        answers.push((kind, id, text(response).await));
    }
    let (kind, id, body) = &answers[0];
    assert_eq!(kind, "application/json");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["id"], &body["error"]["code"]), (&json!(id), &json!(503)));
    let (kind, _, body) = &answers[1];
    assert_eq!(kind, "text/event-stream");
    assert!(body.starts_with(": OPENROUTER PROCESSING\n\ndata: {\"id\":\"gen-"));
    assert!(events(body)[0].contains(r#""error":{"code":429"#));
    let bare = &answers[3].2;
    assert!(bare.starts_with("data: {\"id\":\"gen-") && events(bare)[0].contains(r#""error":{"code":429"#));
    let events = events(&answers[2].2);
    assert!(events[0].contains(r#""content":"The answer ""#) && events[2].contains(r#""error":{"code":502"#));
}

#[tokio::test]
async fn errors_inside_a_200_of_the_other_apis() {
    let mock = Mock::start(&[]);
    for (api, type_of_error, said) in [("responses", "response.failed", "/delta"), ("messages", "error", "/delta/text")] {
        let presets = ["error200", "first_event_error", "mid_stream_error"].map(|name| json!({"preset": format!("{api}_{name}")}));
        mock.script(api, json!(presets)).await;
        let path = format!("/api/v1/{api}");
        let mut bodies = Vec::new();
        for kind in ["application/json", "text/event-stream", "text/event-stream"] {
            let response = mock.send("openrouter.ai", post("openrouter.ai", &path, api, ask("x"))).await;
            assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &kind.parse().unwrap()), "{api}");
            bodies.push(text(response).await);
        }
        let whole: Value = serde_json::from_str(&bodies[0]).unwrap();
        assert!(whole["error"]["message"].is_string(), "{api}");
        let streams: Vec<Vec<Value>> =
            bodies[1..].iter().map(|body| events(body).into_iter().map(|event| serde_json::from_str(event).unwrap()).collect()).collect();
        assert_eq!(streams[0].len(), 1, "{api}: the error is the first event, and the last");
        assert!(streams.iter().all(|events| events.last().unwrap()["type"] == type_of_error), "{api}");
        let partial: String = streams[1].iter().filter_map(|event| event.pointer(said)?.as_str()).collect();
        assert_eq!(partial, "The answer begins, but", "{api}");
        // The name of each event is its type, as the clients of these APIs expect it.
        let names: Vec<&str> = bodies[2].lines().filter_map(|line| line.strip_prefix("event: ")).collect();
        assert_eq!(names, streams[1].iter().map(|event| event["type"].as_str().unwrap()).collect::<Vec<_>>(), "{api}");
    }
}

#[tokio::test]
async fn events_go_out_as_scripted() {
    let mock = Mock::start(&[]);
    let sse = json!([
        {"comment": "hello"}, {"event": "error", "data": {"z": 1, "a": "${question}"}}, {"pause_ms": 30},
        {"raw": "data: ha"}, {"pause_ms": 30}, {"raw": "lf\r\n\r\n"}, {"data": "two\nlines"}
    ]);
    mock.script("sse", json!([{"sse": sse, "cors": false}])).await;
    let start = Instant::now();
    let response = mock.send("openrouter.ai", post("openrouter.ai", CHAT, "sse", ask("q"))).await;
    assert!(!response.headers().contains_key("access-control-allow-origin"));
    let expected = ": hello\n\nevent: error\ndata: {\"z\": 1, \"a\": \"q\"}\n\ndata: half\r\n\r\ndata: two\ndata: lines\n\n";
    // The script went through serde_json's map on the way here, which sorts and packs it.
    let expected = expected.replace(r#"{"z": 1, "a": "q"}"#, r#"{"a":"q","z":1}"#);
    assert_eq!(text(response).await, expected);
    assert!(start.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn an_address_brings_its_own_answer() {
    let mock = Mock::start(&[]);
    let at = |answer: &str| format!("/api/v1/anything?conversation=own&answer={}", answer.replace('"', "%22").replace(' ', "%20"));
    let own = r#"{"status":402,"body":"so it is","headers":{"X-Own":"1","Access-Control-Allow-Credentials":"true"}}"#;
    for method in ["GET", "PUT", "OPTIONS"] {
        let request = Request::builder().method(method).uri(at(own)).header("host", "openrouter.ai").body(Full::default()).unwrap();
        let response = mock.send("openrouter.ai", request).await;
        assert_eq!(response.headers()["access-control-allow-credentials"], "true", "{method}");
        if method == "OPTIONS" {
            assert_eq!((response.status().as_u16(), response.headers().contains_key("x-own")), (204, false));
        } else {
            assert_eq!((response.status().as_u16(), &response.headers()["x-own"]), (402, &"1".parse().unwrap()));
            assert_eq!(text(response).await, "so it is");
        }
    }
    // The address names the conversation, of a preflight too.
    assert_eq!(mock.log("own").await.len(), 3);
    let slip = mock.send("openrouter.ai", get("openrouter.ai", &at(r#"{"stauts":402}"#))).await;
    assert_eq!(slip.status(), 400);
    assert!(text(slip).await.starts_with("not an answer: unknown field `stauts`"));
}

#[tokio::test]
async fn gates_keep_an_answer_back_until_they_are_opened() {
    let mock = Mock::start(&[]);
    let sse = json!([{"comment": "one"}, {"gate": "body"}, {"fill": 2}, {"gate": "never"}]);
    mock.script("gates", json!([{"gate": "head", "sse": sse}])).await;
    let (mut sender, connection) = mock.client("openrouter.ai").await;
    let mut answer = tokio::spawn(async move { sender.send_request(post("openrouter.ai", CHAT, "gates", ask("x"))).await.unwrap() });
    assert_eq!(mock.logged("gates", |_| true).await["status"], Value::Null);
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut answer).await.is_err(), "answered before the gate was open");
    mock.control("POST", "/open?gate=head", Value::Null).await;
    let mut body = answer.await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), ": one\n\n");
    assert_eq!(mock.logged("gates", |_| true).await["sent"], 7);
    mock.control("POST", "/open?gate=body", Value::Null).await;
    let mut filled = 0;
    while filled < 2 * 65_536 {
        filled += body.frame().await.unwrap().unwrap().into_data().unwrap().len();
    }
    let entry = mock.logged("gates", |entry| entry["sent"] == 7 + 2 * 65_536).await;
    assert_eq!((&entry["ended"], &entry["aborted"]), (&json!(false), &json!(false)));
    connection.abort();
    mock.logged("gates", |entry| entry["aborted"] == true).await;
    assert_eq!(mock.control("POST", "/open", Value::Null).await.0, 400);
}

#[tokio::test]
async fn connections_are_cut_where_the_script_says() {
    let mock = Mock::start(&[]);
    let answers = json!([
        {"cut": "headers", "preset": "pool429"},
        {"cut": "body", "preset": "pool429"},
        {"sse": [{"data": "one"}, {"cut": true}, {"data": "two"}]}
    ]);
    mock.script("cut", answers).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let mut tls = mock.tls("openrouter.ai").await;
        let body = ask("x").to_string();
        let head = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: openrouter.ai\r\nauthorization: Bearer sk-or-v1-cut\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        tls.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let end = tls.read_to_end(&mut bytes).await;
        assert!(end.is_err(), "the line breaks without a farewell");
        seen.push(String::from_utf8(bytes).unwrap());
    }
    assert!(seen[0].starts_with("HTTP/1.1 200") && !seen[0].contains("\r\n\r\n"), "{}", seen[0]);
    assert!(seen[1].starts_with("HTTP/1.1 429") && seen[1].contains("Provider returned error"), "{}", seen[1]);
    assert!(seen[2].ends_with("data: one\n\n\r\n"), "{}", seen[2]);
    assert!(seen.iter().all(|text| !text.ends_with("0\r\n\r\n")));
    let log = mock.log("cut").await;
    assert_eq!(log.iter().map(|entry| &entry["status"]).collect::<Vec<_>>(), [&Value::Null, &json!(429), &json!(200)]);
    assert!(log.iter().all(|entry| entry["ended"] == true && entry["aborted"] == false));
}

#[tokio::test]
async fn an_abort_is_logged_wherever_it_happens() {
    let mock = Mock::start(&[]);
    let slow = json!([{"data": "one"}, {"pause_ms": 600_000}, {"data": "two"}]);
    for (conversation, answer) in [
        ("while-delayed", json!({"delay_ms": 600_000})),
        ("while-hanging", json!({"hang": true})),
        ("before-the-body", json!({"status": 429, "body_delay_ms": 600_000})),
        ("in-the-stream", json!({"sse": slow})),
    ] {
        mock.script(conversation, json!([answer])).await;
        let (mut sender, connection) = mock.client("openrouter.ai").await;
        let request = post("openrouter.ai", CHAT, conversation, ask("x"));
        let asked = tokio::spawn(async move {
            let mut body = sender.send_request(request).await.unwrap().into_body();
            while body.frame().await.is_some() {}
        });
        let entry = mock.logged(conversation, |_| true).await;
        assert_eq!((&entry["ended"], &entry["aborted"]), (&json!(false), &json!(false)), "{conversation}");
        asked.abort();
        connection.abort();
        let entry = mock.logged(conversation, |entry| entry["aborted"] == true).await;
        assert_eq!(entry["ended"], false, "{conversation}");
    }
}

#[tokio::test]
async fn sites_serve_files_and_relay() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
    let site = format!("app.example={dir}");
    let mock = Mock::start(&["--site", &site, "--allow", "vendor.example"]);
    assert_eq!(mock.ready["hosts"].as_array().unwrap().len(), 5);

    let path = "/presets.json?csp=default-src%20'none'&header=X-A:1&header=Content-Type:text/html";
    let page = mock.send("app.example", get("app.example", path)).await;
    let field = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((page.status().as_u16(), field("content-security-policy").as_str()), (200, "default-src 'none'"));
    assert_eq!((field("x-a").as_str(), field("content-type").as_str()), ("1", "text/html"));
    assert_eq!(field("cache-control"), "no-store");
    for (path, status) in [("/", 404), ("/../Cargo.toml", 404), ("/catalog.json", 200), ("/catalog.json?header=x", 400)] {
        assert_eq!(mock.send("app.example", get("app.example", path)).await.status(), status, "{path}");
    }

    mock.script("relayed", json!([{"preset": "pool429"}, {"preset": "pool429"}])).await;
    let relayed = mock.send("app.example", post("app.example", "/api/chat", "relayed", ask("x"))).await;
    assert_eq!(relayed.status(), 429);
    assert!(!relayed.headers().contains_key("access-control-allow-origin"));
    assert!(!relayed.headers().contains_key("cf-ray"));
    let vendor = mock.send("vendor.example", post("vendor.example", "/v1/chat/completions", "relayed", ask("x"))).await;
    assert_eq!((vendor.status().as_u16(), &vendor.headers()["access-control-allow-origin"]), (429, &"*".parse().unwrap()));
    assert_eq!(mock.send("other.example", get("nowhere.example", "/")).await.status(), 421);
}

#[tokio::test]
async fn control_tells_slips_and_forgets() {
    let mock = Mock::start(&[]);
    let slip = json!({"answers": [{"preset": "pool428"}]});
    let (status, told) = mock.control("POST", "/script", slip).await;
    assert_eq!(status, 400);
    assert!(told["message"].as_str().unwrap().contains("there are afford402"), "{told}");
    assert_eq!(mock.control("GET", "/nothing", Value::Null).await.0, 404);
    assert!(mock.control("GET", "/presets", Value::Null).await.1["seed429"].is_object());

    for conversation in ["a", "b"] {
        mock.script(conversation, json!([{"status": 503, "times": 3}])).await;
        assert_eq!(mock.send("openrouter.ai", post("openrouter.ai", CHAT, conversation, ask("x"))).await.status(), 503);
    }
    mock.control("DELETE", "/log?conversation=a", Value::Null).await;
    assert_eq!((mock.log("a").await.len(), mock.log("b").await.len()), (0, 1));
    mock.control("POST", "/reset", Value::Null).await;
    assert_eq!(mock.log("b").await.len(), 0);
    assert_eq!(mock.send("openrouter.ai", post("openrouter.ai", CHAT, "b", ask("x"))).await.status(), 200);
}

#[test]
fn ends_on_sigterm() {
    let mut mock = Mock::start(&[]);
    let pid = mock.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(mock.child.wait().unwrap().success());
}
