//! What was asked, and what became of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::call::Call;

/// Every request of the TLS port, preflights and page files too: that nothing else was asked is worth a test.
#[derive(Default)]
pub struct Log(Mutex<Vec<Arc<Entry>>>);

/// One request.
pub struct Entry {
    n: u64,
    at_ms: u64,
    host: String,
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
    conversation: Option<String>,
    status: AtomicU16,
    sent: AtomicU64,
    ended: AtomicBool,
    aborted: AtomicBool,
}

impl Log {
    /// Writes the request down; the answer to it must end through what this returns.
    pub fn open(&self, call: &Call) -> Open {
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &call.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            headers
                .entry(name.as_str().to_owned())
                .and_modify(|all| *all = format!("{all}, {value}"))
                .or_insert_with(|| value.into_owned());
        }
        let entry = Arc::new(Entry {
            n: call.n,
            at_ms: call.at_ms,
            host: call.host.clone(),
            method: call.method.to_string(),
            path: call.query.as_ref().map_or_else(|| call.path.clone(), |query| format!("{}?{query}", call.path)),
            headers,
            body: call.body.clone(),
            conversation: call.conversation.clone(),
            status: AtomicU16::new(0),
            sent: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            aborted: AtomicBool::new(false),
        });
        self.entries().push(Arc::clone(&entry));
        Open(entry)
    }

    /// The requests so far, in the order of their arrival; of one conversation, where it is given.
    pub fn to_json(&self, conversation: Option<&str>) -> Value {
        let entries = self.entries();
        let wanted = |entry: &&Arc<Entry>| conversation.is_none_or(|name| entry.conversation.as_deref() == Some(name));
        entries.iter().filter(wanted).map(|entry| entry.to_json()).collect()
    }

    /// Forgets the requests so far; of one conversation, where it is given.
    pub fn clear(&self, conversation: Option<&str>) {
        self.entries().retain(|entry| conversation.is_some_and(|name| entry.conversation.as_deref() != Some(name)));
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Entry>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn to_json(&self) -> Value {
        let status = self.status.load(Ordering::Acquire);
        json!({
            "n": self.n,
            "at_ms": self.at_ms,
            "host": self.host,
            "method": self.method,
            "path": self.path,
            "headers": self.headers,
            "body": self.body,
            "conversation": self.conversation,
            "status": if status == 0 { None } else { Some(status) },
            "sent": self.sent.load(Ordering::Acquire),
            "ended": self.ended.load(Ordering::Acquire),
            "aborted": self.aborted.load(Ordering::Acquire),
        })
    }
}

/// An answer that is not over yet. It travels with the answer; dropped before its end, the client went away.
pub struct Open(Arc<Entry>);

impl Open {
    /// The head of the answer goes out.
    pub fn answered(&self, status: u16) {
        self.0.status.store(status, Ordering::Release);
    }

    /// So many bytes of the body left for the connection.
    pub fn sent(&self, bytes: usize) {
        self.0.sent.fetch_add(bytes as u64, Ordering::AcqRel);
    }

    /// The answer is over as the script wanted it, a cut connection included.
    pub fn end(&self) {
        self.0.ended.store(true, Ordering::Release);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.0.ended.load(Ordering::Acquire) {
            self.0.aborted.store(true, Ordering::Release);
        }
    }
}
