//! The TLS port: one task a connection, kept alive, cut where the script says so.

use std::error::Error as _;
use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::call::Call;
use crate::reply::{Mishap, Outgoing, Severed};
use crate::{Stage, api};

/// What a cut within the head leaves on the wire. Some bytes must come: a browser silently sends a request again, a
/// POST too, when a connection that it has used before closes without any, and a test would see two requests.
const HALF_A_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nserver: cloudfl";

/// Accepts for ever.
pub async fn serve_tls(listener: TcpListener, config: Arc<ServerConfig>, stage: Arc<Stage>) {
    let acceptor = TlsAcceptor::from(config);
    loop {
        let tcp = accept(&listener).await;
        let (acceptor, stage) = (acceptor.clone(), Arc::clone(&stage));
        tokio::spawn(async move {
            // A refused handshake (a client that does not trust us, a speculative connection) is no news.
            if let Ok(tls) = acceptor.accept(tcp).await {
                converse(tls, stage).await;
            }
        });
    }
}

/// The next connection. An error (no more file handles, say) is waited out: the listener itself stays good.
pub async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((tcp, _)) => {
                // Each chunk goes out when it is written; a failure to ask for that costs 40 ms at most.
                let _ = tcp.set_nodelay(true);
                return tcp;
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// All requests of one connection. hyper notices a client that leaves in the midst of an answer and drops the answer,
/// whose entry in the log then says `aborted`.
async fn converse(tls: TlsStream<TcpStream>, stage: Arc<Stage>) {
    let service = service_fn(move |request| Box::pin(answer(Arc::clone(&stage), request)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(tls), service);
    let outcome = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    let mut tls = connection.into_parts().io.into_inner();
    // The connection is over, so whatever fails here changes nothing.
    let _ = match outcome {
        Ok(()) => tls.shutdown().await,
        Err(error) => match error.source().and_then(|source| source.downcast_ref()) {
            // No TLS farewell: to the client this is a line that broke.
            Some(Severed::Head) => match tls.write_all(HALF_A_HEAD).await {
                Ok(()) => tls.flush().await,
                gone => gone,
            },
            // Reset, because Firefox takes a chunked body that merely stops for a whole one.
            Some(Severed::Body) => tls.get_ref().0.set_zero_linger(),
            Some(Severed::Upload) | None => Ok(()),
        },
    };
}

async fn answer(stage: Arc<Stage>, request: Request<Incoming>) -> Result<Response<Outgoing>, Severed> {
    let call = Call::receive(request, &stage.hosts).await.map_err(|_| Severed::Upload)?;
    let open = stage.log.open(&call);
    let mut reply = api::reply(&stage, &call);
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    if let Some(gate) = reply.gate.take() {
        stage.gates.pass(gate).await;
    }
    match reply.mishap {
        Some(Mishap::Hang) => return pending().await,
        Some(Mishap::Cut) => {
            open.end();
            return Err(Severed::Head);
        }
        None => {}
    }
    if call.method == Method::HEAD || matches!(reply.status.as_u16(), 204 | 205 | 304) {
        reply.steps.clear(); // hyper would drop them unread, which looks like an abort
    }
    open.answered(reply.status.as_u16());
    let mut response = Response::new(Outgoing::new(reply.steps, open, stage.gates.clone()));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    Ok(response)
}
