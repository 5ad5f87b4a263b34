//! What is answered: scripted answers, the presets, and the conversations that wait for them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, TRANSFER_ENCODING};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::api::Voice;
use crate::call::{Call, DEFAULT_CONVERSATION};
use crate::good;
use crate::reply::{Mishap, Reply, Step, cut_in_half};
use crate::world::World;

/// What an event stream is filled with; it holds no line end, so it says nothing.
const BLOCK: &[u8] = &[b':'; 65_536];

const PRESETS: &str = include_str!("../data/presets.json");

/// One answer. What it says nothing about is as a good answer, or an answer of that status, would have it. Strings may
/// hold the blanks of [`Blanks`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    /// everything not said here is as in this preset
    preset: Option<String>,
    /// the good answer: also where neither status, body nor events are given
    good: bool,
    /// the provider that a good answer names
    by: Option<String>,
    /// for so many calls; 1 where it is absent
    times: Option<u32>,
    status: Option<u16>,
    /// over the usual ones; null takes one away
    headers: BTreeMap<String, Option<String>>,
    /// a string goes out as it is, anything else as JSON, as it was written
    body: Option<Box<RawValue>>,
    /// before the head
    delay_ms: Option<u64>,
    /// before the head too, until the driver opens the gate of that name
    gate: Option<String>,
    /// between head and body
    body_delay_ms: Option<u64>,
    /// break the connection
    cut: Option<Cut>,
    /// never answer
    hang: bool,
    /// the body as an event stream
    sse: Option<Vec<Event>>,
    /// whether a page of another origin may read it
    cors: Option<bool>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Cut {
    Headers,
    Body,
}

/// One step of an event stream; where several members are given, in this order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Event {
    comment: Option<String>,
    event: Option<String>,
    data: Option<Box<RawValue>>,
    /// characters as they are, for half events and odd line ends; one chunk
    raw: Option<String>,
    /// so many blocks of 64 KiB
    fill: Option<u16>,
    pause_ms: Option<u64>,
    /// until the driver opens the gate of that name
    gate: Option<String>,
    cut: bool,
}

/// What a test sends to `/script`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    #[serde(default = "default_conversation")]
    conversation: String,
    #[serde(default)]
    answers: Vec<Answer>,
    /// answers where no scripted answer is left
    world: Option<World>,
}

fn default_conversation() -> String {
    DEFAULT_CONVERSATION.to_owned()
}

/// Answers by name, from `data/presets.json`.
pub struct Presets(BTreeMap<String, Answer>);

impl Presets {
    /// # Errors
    /// Where the file is not as it should be; a test sees to it.
    pub fn load() -> Result<Presets> {
        let presets: BTreeMap<String, Answer> = serde_json::from_str(PRESETS).context("presets.json")?;
        for (name, answer) in &presets {
            answer.check().with_context(|| format!("preset {name}"))?;
            ensure!(answer.preset.is_none(), "preset {name} builds on a preset");
        }
        Ok(Presets(presets))
    }

    /// One answer, as a test wrote it into an address.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read(&self, json: &str) -> Result<Answer> {
        serde_json::from_str::<Answer>(json).context("not an answer")?.complete(self)
    }

    /// The file, for people.
    pub fn text() -> &'static str {
        PRESETS
    }
}

/// The answers still to be given.
#[derive(Default)]
pub struct Conversations {
    answers: Mutex<HashMap<String, VecDeque<Answer>>>,
    worlds: Mutex<HashMap<String, World>>,
}

impl Conversations {
    /// Reads a script and lets it replace what its conversation still had; how many answers it holds.
    ///
    /// # Errors
    /// Says what is wrong with a script, so that a slip in a test is not taken for an answer.
    pub fn set(&self, script: &str, presets: &Presets) -> Result<usize> {
        let script: Script = serde_json::from_str(script).context("not a script")?;
        let mut answers = VecDeque::new();
        for (n, answer) in script.answers.into_iter().enumerate() {
            let answer = answer.complete(presets).with_context(|| format!("answer {n}"))?;
            for _ in 0..answer.times.unwrap_or(1) {
                answers.push_back(answer.clone());
            }
        }
        let count = answers.len();
        let mut worlds = self.worlds.lock().unwrap_or_else(PoisonError::into_inner);
        match script.world {
            Some(world) => worlds.insert(script.conversation.clone(), world),
            None => worlds.remove(&script.conversation),
        };
        self.queues().insert(script.conversation, answers);
        Ok(count)
    }

    /// Takes the next answer.
    pub fn next(&self, conversation: &str) -> Option<Answer> {
        self.queues().get_mut(conversation)?.pop_front()
    }

    /// What the conversation's answers depend on.
    pub fn world(&self, conversation: &str) -> Option<World> {
        self.worlds.lock().unwrap_or_else(PoisonError::into_inner).get(conversation).cloned()
    }

    /// Forgets every script.
    pub fn clear(&self) {
        self.worlds.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.queues().clear();
    }

    fn queues(&self) -> std::sync::MutexGuard<'_, HashMap<String, VecDeque<Answer>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer {
    /// The answer where no script is left.
    pub fn good() -> Answer {
        Answer { good: true, ..Answer::default() }
    }

    /// Builds on its preset.
    fn complete(mut self, presets: &Presets) -> Result<Answer> {
        self.check()?;
        let Some(name) = self.preset.take() else { return Ok(self) };
        let Some(preset) = presets.0.get(&name) else {
            let known: Vec<&str> = presets.0.keys().map(String::as_str).collect();
            bail!("no preset {name:?}; there are {}", known.join(", "));
        };
        let preset = preset.clone();
        let own_content = self.body.is_some() || self.sse.is_some();
        let mut headers = preset.headers;
        for (name, value) in self.headers {
            headers.retain(|other, _| !other.eq_ignore_ascii_case(&name));
            headers.insert(name, value);
        }
        Ok(Answer {
            preset: None,
            good: false,
            by: None,
            times: self.times,
            status: self.status.or(preset.status),
            headers,
            body: if own_content { self.body } else { preset.body },
            delay_ms: self.delay_ms.or(preset.delay_ms),
            gate: self.gate.or(preset.gate),
            body_delay_ms: self.body_delay_ms.or(preset.body_delay_ms),
            cut: self.cut.or(preset.cut),
            hang: self.hang || preset.hang,
            sse: if own_content { self.sse } else { preset.sse },
            cors: self.cors.or(preset.cors),
        })
    }

    fn check(&self) -> Result<()> {
        let content = self.body.is_some() || self.sse.is_some();
        ensure!(!(self.body.is_some() && self.sse.is_some()), "body and sse at once");
        ensure!(!(self.good && (content || self.preset.is_some())), "good, and something else");
        ensure!(self.status.is_none_or(|status| (200..=599).contains(&status)), "no such status");
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).with_context(|| format!("header name {name:?}"))?;
            ensure!(name != CONTENT_LENGTH && name != TRANSFER_ENCODING, "{name} follows from the body");
            let value = value.as_deref().unwrap_or_default();
            HeaderValue::from_str(value).with_context(|| format!("header value {value:?}"))?;
        }
        Ok(())
    }

    /// The header fields that it sets itself; blanks are not filled.
    pub fn fields(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        self.headers.iter().filter_map(|(name, value)| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value.as_deref()?).ok()?))
        })
    }

    /// The answer to this call, by this speaker.
    pub fn perform(self, call: &Call, voice: Voice) -> Reply {
        let blanks = Blanks::of(call);
        let status = self.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
        let (content_type, mut steps) = match (self.sse, self.body) {
            (Some(events), _) => ("text/event-stream", stream(events, &blanks)),
            (None, Some(body)) => ("application/json", VecDeque::from([Step::Bytes(blanks.fill_json(&body).into())])),
            (None, None) if status.is_success() => good::answer(call, self.by.as_deref().unwrap_or("OpenAI")),
            (None, None) => {
                let reply = Reply::error(status, status.canonical_reason().unwrap_or("Unknown"));
                ("application/json", reply.steps)
            }
        };
        if let Some(ms) = self.body_delay_ms {
            steps.push_front(Step::Pause(Duration::from_millis(ms)));
        }
        if self.cut == Some(Cut::Body) {
            steps = cut_in_half(steps);
        }
        let mut reply = Reply::empty(status);
        reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        voice.dress(&mut reply.headers, call);
        if self.cors.unwrap_or(voice.is_open()) {
            voice.open(&mut reply.headers);
        }
        for (name, value) in self.headers {
            let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
            match value.map(|value| HeaderValue::from_str(&blanks.fill(&value))) {
                Some(Ok(value)) => drop(reply.headers.insert(name, value)),
                Some(Err(_)) | None => drop(reply.headers.remove(name)),
            }
        }
        reply.steps = steps;
        reply.delay = Duration::from_millis(self.delay_ms.unwrap_or(0));
        reply.gate = self.gate;
        reply.mishap = match (self.hang, self.cut) {
            (true, _) => Some(Mishap::Hang),
            (false, Some(Cut::Headers)) => Some(Mishap::Cut),
            (false, Some(Cut::Body) | None) => None,
        };
        reply
    }
}

fn stream(events: Vec<Event>, blanks: &Blanks) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    for event in events {
        steps.extend(event.comment.map(|text| good::comment(&text)));
        if event.event.is_some() || event.data.is_some() {
            let data = event.data.as_deref().map(|data| blanks.fill_json(data)).unwrap_or_default();
            steps.push_back(good::event(event.event.as_deref(), &data));
        }
        steps.extend(event.raw.map(|text| Step::Bytes(blanks.fill(&text).into())));
        steps.extend((0..event.fill.unwrap_or(0)).map(|_| Step::Bytes(Bytes::from_static(BLOCK))));
        steps.extend(event.pause_ms.map(|ms| Step::Pause(Duration::from_millis(ms))));
        steps.extend(event.gate.map(Step::Gate));
        steps.extend(event.cut.then_some(Step::Cut));
    }
    steps
}

/// What an answer repeats of its request, or tells of the clock: `${model}`, `${question}`, `${generation_id}`,
/// `${user_id}`, `${minute_reset_ms}` and `${day_reset_ms}`.
struct Blanks([(&'static str, String); 6]);

impl Blanks {
    fn of(call: &Call) -> Blanks {
        let request = call.json();
        let next = |period_ms: u64| ((call.at_ms / period_ms + 1) * period_ms).to_string();
        Blanks([
            ("${model}", request["model"].as_str().unwrap_or("openai/gpt-4o-mini").to_owned()),
            ("${question}", good::question(&request)),
            ("${generation_id}", call.generation_id()),
            ("${user_id}", "user_2mockMOCKmockMOCKmockMOCK".to_owned()),
            ("${minute_reset_ms}", next(60_000)),
            ("${day_reset_ms}", next(86_400_000)),
        ])
    }

    /// Fills the blanks of plain text.
    fn fill(&self, text: &str) -> String {
        self.replace(text, str::to_owned)
    }

    /// A JSON string as its text, anything else as it was written; blanks filled.
    fn fill_json(&self, json: &RawValue) -> String {
        match serde_json::from_str::<String>(json.get()) {
            Ok(text) => self.fill(&text),
            Err(_) => self.replace(json.get(), |value| {
                let quoted = serde_json::Value::from(value).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }),
        }
    }

    fn replace(&self, text: &str, written: impl Fn(&str) -> String) -> String {
        if !text.contains("${") {
            return text.to_owned();
        }
        self.0.iter().fold(text.to_owned(), |text, (blank, value)| text.replace(blank, &written(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(script: &str) -> Result<usize> {
        Conversations::default().set(script, &Presets::load()?)
    }

    #[test]
    fn the_presets_are_answers() {
        let presets = Presets::load().unwrap();
        for name in [
            "seed429",
            "pool429",
            "byok429",
            "free_minute429",
            "free_day429",
            "credits402",
            "auth401",
            "unknown500",
            "first_event_error",
            "first_event_error_bare",
            "mid_stream_error",
            "error200",
            "responses_error200",
            "responses_first_event_error",
            "responses_mid_stream_error",
            "messages_pool429",
            "messages_error200",
            "messages_first_event_error",
            "messages_mid_stream_error",
        ] {
            let answer = &presets.0[name];
            assert!(answer.body.is_some() != answer.sse.is_some(), "{name}");
        }
    }

    #[test]
    fn answers_come_in_order_and_are_repeated() {
        let presets = Presets::load().unwrap();
        let conversations = Conversations::default();
        let script = r#"{"conversation":"x","answers":[{"status":503,"times":2},{"preset":"pool429","status":529}]}"#;
        assert_eq!(conversations.set(script, &presets).unwrap(), 3);
        let statuses: Vec<_> = std::iter::from_fn(|| conversations.next("x")).map(|answer| answer.status).collect();
        assert_eq!(statuses, [Some(503), Some(503), Some(529)]);
        assert!(conversations.next("y").is_none());
        assert_eq!(conversations.set(r#"{"answers":[{"good":true}]}"#, &presets).unwrap(), 1);
        assert!(conversations.next("default").is_some_and(|answer| answer.good));
    }

    #[test]
    fn a_script_replaces_the_one_before() {
        let presets = Presets::load().unwrap();
        let conversations = Conversations::default();
        conversations.set(r#"{"answers":[{"times":9}]}"#, &presets).unwrap();
        assert_eq!(conversations.set(r#"{"answers":[]}"#, &presets).unwrap(), 0);
        assert!(conversations.next("default").is_none());
    }

    #[test]
    fn slips_are_told() {
        for (script, told) in [
            ("", "not a script"),
            (r#"{"answers":[{"stauts":429}]}"#, "not a script"),
            (r#"{"answers":[{"preset":"pool428"}]}"#, "answer 0"),
            (r#"{"answers":[{"status":99}]}"#, "answer 0"),
            (r#"{"answers":[{"body":"","sse":[]}]}"#, "answer 0"),
            (r#"{"answers":[{},{"headers":{"a b":"c"}}]}"#, "answer 1"),
            (r#"{"answers":[{"headers":{"a":"b\nc"}}]}"#, "answer 0"),
            (r#"{"answers":[{"headers":{"Content-Length":"1"}}]}"#, "answer 0"),
            (r#"{"answers":[{"good":true,"preset":"pool429"}]}"#, "answer 0"),
        ] {
            assert_eq!(set(script).unwrap_err().to_string(), told, "{script}");
        }
    }

    #[test]
    fn blanks_are_filled_and_stay_json() {
        let blanks = Blanks([
            ("${model}", r#"a "b""#.to_owned()),
            ("${question}", String::new()),
            ("${generation_id}", String::new()),
            ("${user_id}", String::new()),
            ("${minute_reset_ms}", "60000".to_owned()),
            ("${day_reset_ms}", String::new()),
        ]);
        let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
        assert_eq!(blanks.fill_json(&raw(r#"{"z":"${model} x","a":1}"#)), r#"{"z":"a \"b\" x","a":1}"#);
        assert_eq!(blanks.fill_json(&raw(r#""${model}\n""#)), "a \"b\"\n");
        assert_eq!(blanks.fill("${minute_reset_ms}"), "60000");
    }
}
