//! An answer ready to be sent, and its body: bytes, pauses and a cut, in their order.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame};
use hyper::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::sync::watch;

use crate::log::Open;

/// What is sent, and when.
pub struct Reply {
    /// status
    pub status: StatusCode,
    /// header fields
    pub headers: HeaderMap,
    /// the body
    pub steps: VecDeque<Step>,
    /// before the head
    pub delay: Duration,
    /// before the head, until the driver opens it
    pub gate: Option<String>,
    /// what goes wrong before the head
    pub mishap: Option<Mishap>,
}

/// Instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// the connection breaks within the head
    Cut,
    /// nothing ever comes
    Hang,
}

/// One step of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// sent at once, as one chunk
    Bytes(Bytes),
    /// nothing for so long; what was sent before is flushed
    Pause(Duration),
    /// the same, until the driver opens the gate of that name
    Gate(String),
    /// the connection breaks
    Cut,
}

/// The script wants the connection cut here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severed {
    /// within the head
    Head,
    /// within the body
    Body,
    /// not ours: the client went away while it sent the request
    Upload,
}

impl fmt::Display for Severed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severed::Head => "cut within the head",
            Severed::Body => "cut within the body",
            Severed::Upload => "client gone before its request was whole",
        })
    }
}

impl std::error::Error for Severed {}

impl Reply {
    /// An answer without body.
    pub fn empty(status: StatusCode) -> Reply {
        Reply { status, headers: HeaderMap::new(), steps: VecDeque::new(), delay: Duration::ZERO, gate: None, mishap: None }
    }

    /// An answer of a known length.
    pub fn whole(status: StatusCode, content_type: &'static str, bytes: impl Into<Bytes>) -> Reply {
        let bytes = bytes.into();
        let mut reply = Reply::empty(status);
        reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        reply.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        reply.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        reply.steps.push_back(Step::Bytes(bytes));
        reply
    }

    /// A JSON answer, chunked, as OpenRouter sends its own.
    pub fn json(status: StatusCode, value: &Value) -> Reply {
        let mut reply = Reply::empty(status);
        reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        reply.steps.push_back(Step::Bytes(value.to_string().into()));
        reply
    }

    /// OpenRouter's error envelope.
    pub fn error(status: StatusCode, message: &str) -> Reply {
        Reply::json(status, &serde_json::json!({"error": {"message": message, "code": status.as_u16()}}))
    }
}

/// Keeps half of the bytes, and cuts the connection there.
pub fn cut_in_half(steps: VecDeque<Step>) -> VecDeque<Step> {
    let length = |step: &Step| if let Step::Bytes(bytes) = step { bytes.len() } else { 0 };
    let mut left = steps.iter().map(length).sum::<usize>() / 2;
    let mut kept = VecDeque::new();
    for step in steps {
        let n = length(&step);
        match step {
            Step::Bytes(bytes) if n > left => {
                kept.push_back(Step::Bytes(bytes.slice(..left)));
                break;
            }
            step => kept.push_back(step),
        }
        left -= n;
    }
    kept.push_back(Step::Cut);
    kept
}

/// The body on its way out. Without a known length unless the head states one, so hyper sends it chunked.
pub struct Outgoing {
    steps: VecDeque<Step>,
    pause: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    flushed: bool,
    open: Open,
    gates: Gates,
}

/// Gates that keep answers back until the driver opens them, so that a test knows what came before what without a clock. One that was
/// opened stays open.
#[derive(Clone, Default)]
pub struct Gates(watch::Sender<HashSet<String>>);

impl Gates {
    /// For whoever waits at it, and for whoever comes later.
    pub fn open(&self, name: String) {
        self.0.send_modify(|open| {
            open.insert(name);
        });
    }

    /// Resolves when it is open.
    pub fn pass(&self, name: String) -> impl Future<Output = ()> + Send + use<> {
        let mut opened = self.0.subscribe();
        // Fails only when the sender is gone, and with it the whole process.
        async move { drop(opened.wait_for(|open| open.contains(&name)).await) }
    }

    /// Shuts all.
    pub fn clear(&self) {
        self.0.send_modify(HashSet::clear);
    }
}

impl Outgoing {
    /// `open` is closed when the last step is through.
    pub fn new(steps: VecDeque<Step>, open: Open, gates: Gates) -> Outgoing {
        if steps.is_empty() {
            open.end(); // hyper will not ask
        }
        Outgoing { steps, pause: None, flushed: false, open, gates }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Severed;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Severed>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match self.steps.pop_front() {
                Some(Step::Bytes(bytes)) => {
                    self.open.sent(bytes.len());
                    if self.steps.is_empty() {
                        self.open.end();
                    }
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Some(Step::Pause(time)) => self.pause = Some(Box::pin(tokio::time::sleep(time))),
                Some(Step::Gate(name)) => self.pause = Some(Box::pin(self.gates.pass(name))),
                Some(Step::Cut) if !self.flushed => {
                    // hyper drops what it has buffered when a body fails, and flushes when a body has nothing yet.
                    self.flushed = true;
                    self.steps.push_front(Step::Cut);
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Step::Cut) => {
                    self.open.end();
                    return Poll::Ready(Some(Err(Severed::Body)));
                }
                None => {
                    self.open.end();
                    return Poll::Ready(None);
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty() && self.pause.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_keeps_the_first_half_of_the_bytes() {
        let bytes = |text: &'static str| Step::Bytes(Bytes::from_static(text.as_bytes()));
        let pause = Step::Pause(Duration::from_millis(1));
        let cut = cut_in_half(VecDeque::from([bytes("abcd"), pause.clone(), bytes("efgh"), pause.clone(), bytes("ij")]));
        assert_eq!(cut, [bytes("abcd"), pause, bytes("e"), Step::Cut]);
        assert_eq!(cut_in_half(VecDeque::new()), [Step::Cut]);
    }
}
