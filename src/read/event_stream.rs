//! Server-sent events: the payloads of a stream.
//!
//! Source: WHATWG HTML, "Server-sent events", section 9.2.6. OpenRouter's keep-alive comments
//! (`: OPENROUTER PROCESSING`) are comments like any other.

/// Whether the text is an event stream: its first line that says anything is a field or a comment of one.
pub(super) fn is_event_stream(text: &str) -> bool {
    let first = text.lines().map(str::trim_end).find(|line| !line.is_empty()).unwrap_or_default();
    first.starts_with(':') || ["data:", "event:", "id:", "retry:"].iter().any(|field| first.starts_with(field))
}

/// The `data` of each event, in order; an event that was cut off counts too. `[DONE]` is no payload.
pub(super) fn payloads(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut event: Option<String> = None;
    for line in text.lines() {
        if line.is_empty() {
            all.extend(event.take());
        } else if let Some(value) = line.strip_prefix("data:") {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut event {
                Some(lines) => {
                    lines.push('\n');
                    lines.push_str(value);
                }
                None => event = Some(value.to_owned()),
            }
        }
    }
    all.extend(event);
    all.retain(|payload| payload.trim() != "[DONE]");
    all
}
