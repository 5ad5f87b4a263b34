//! Server-sent events: the payloads of a stream, taken apart as it arrives.
//!
//! Source: WHATWG HTML, "Server-sent events", section 9.2.6. OpenRouter's keep-alive comments
//! (`: OPENROUTER PROCESSING`) are comments like any other.

use super::fault::tells_failure;

/// Bytes of one event, or of one line, that are kept; a stream that never ends a line costs no more.
const MAX_EVENT: usize = 262_144;

/// The reader of one stream. Where the stream is cut into pieces makes no difference.
///
/// ```
/// let mut stream = cooldown::read::EventStream::default();
/// assert_eq!(stream.push(b": OPENROUTER PROCESSING\r\n\r\ndata: {\"error\""), [""; 0]);
/// assert_eq!(stream.push(b":{\"code\":429}}\r\n\r"), [r#"{"error":{"code":429}}"#]);
/// assert_eq!(stream.push(b"\ndata: [DONE]\n\ndata: {\"cut"), [""; 0]);
/// assert_eq!(stream.finish().as_deref(), Some("{\"cut"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct EventStream {
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// The `data` of the event that has not ended yet.
    event: Option<String>,
    /// It is named as a failure.
    failed: bool,
    /// The last byte was a carriage return: a line feed that follows belongs to the same line end.
    after_return: bool,
}

impl EventStream {
    /// Takes the next piece; gives the `data` of each event that it ends, in order; of an event that is named as a failure and has no error
    /// object, as one. `[DONE]` is no payload.
    pub fn push(&mut self, piece: &[u8]) -> Vec<String> {
        let mut ended = Vec::new();
        let mut rest = piece;
        while let Some(byte) = rest.first() {
            if self.after_return && *byte == b'\n' {
                rest = rest.get(1..).unwrap_or_default();
                self.after_return = false;
                continue;
            }
            let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (line, after) = rest.split_at(length.unwrap_or(rest.len()));
            let room = MAX_EVENT.saturating_sub(self.line.len());
            self.line.extend(line.iter().take(room));
            self.after_return = after.first() == Some(&b'\r');
            rest = after.get(1..).unwrap_or_default();
            if length.is_some() {
                ended.extend(self.end_line());
            }
        }
        ended
    }

    /// The `data` of an event that was cut off by the stream's end.
    #[must_use]
    pub fn finish(mut self) -> Option<String> {
        self.end_line().or_else(|| self.end_event())
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.end_event();
        }
        let line = String::from_utf8_lossy(&line);
        if let Some(value) = line.trim_start_matches('\u{feff}').strip_prefix("data:") {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.event {
                Some(lines) if lines.len() + value.len() < MAX_EVENT => {
                    lines.push('\n');
                    lines.push_str(value);
                }
                Some(_) => {}
                None => self.event = Some(value.to_owned()),
            }
        } else if let Some(name) = line.strip_prefix("event:") {
            self.failed = tells_failure(name);
        }
        None
    }

    fn end_event(&mut self) -> Option<String> {
        let failed = std::mem::take(&mut self.failed);
        let payload = self.event.take().filter(|payload| payload.trim() != "[DONE]")?;
        // An object that is an error by its event's name alone.
        let bare =
            failed && payload.starts_with('{') && !["\"error\"", "\"message\"", "\"type\""].iter().any(|name| payload.contains(name));
        Some(if bare { ["{\"error\":", &payload, "}"].concat() } else { payload })
    }
}

/// Whether the text is an event stream: its first line that says anything is a field or a comment of one.
pub(super) fn is_event_stream(text: &str) -> bool {
    let first = text.lines().map(str::trim_end).find(|line| !line.is_empty()).unwrap_or_default();
    // A chat writes its pictures so: `:warning:`.
    let picture = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let comment = first.strip_prefix(':').is_some_and(|rest| !rest.split_once(':').is_some_and(|(name, _)| picture(name)));
    comment || ["data:", "event:", "id:", "retry:"].iter().any(|field| first.starts_with(field))
}

/// The errors of a stream of the AI SDK's fourth version, a part a line behind its letter, as its fifth one has them; `None`:
/// the text is no such stream. What the model wrote in the other parts is not read.
///
/// Source: ai-sdk.dev, stream protocols, data stream of version 4: `3:"…"` is the error part.
pub(super) fn error_parts(text: &str) -> Option<Vec<String>> {
    let is_part = |line: &str| matches!(line.as_bytes(), [b'0'..=b'9' | b'a'..=b'z', b':', b'"' | b'{' | b'[', ..]);
    let errors =
        || text.lines().filter_map(|line| line.strip_prefix("3:")).map(|said| [r#"{"type":"error","errorText":"#, said, "}"].concat());
    is_part(text.trim_start()).then(|| errors().collect())
}

/// The `data` of each event of a whole text, in order; an event that was cut off counts too.
pub(super) fn payloads(text: &str) -> Vec<String> {
    let mut stream = EventStream::default();
    let mut all = stream.push(text.as_bytes());
    all.extend(stream.finish());
    all
}
