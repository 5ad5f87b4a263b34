//! The answer of a call that went well, in the shape of the API that was asked.

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::call::Call;
use crate::reply::Step;

/// Between two chunks: so far apart that a page reads them one by one.
const BEAT: Duration = Duration::from_millis(10);

enum Api {
    Chat,
    Text,
    Responses,
    Messages,
    Embeddings,
}

impl Api {
    fn of(path: &str) -> Api {
        match path.trim_end_matches('/').rsplit('/').next() {
            Some("responses") => Api::Responses,
            Some("messages") => Api::Messages,
            Some("embeddings") => Api::Embeddings,
            Some("completions") if !path.contains("chat/") => Api::Text,
            _ => Api::Chat,
        }
    }
}

/// Content type and body of the good answer, by this provider.
pub fn answer(call: &Call, by: &str) -> (&'static str, VecDeque<Step>) {
    let request = call.json();
    let words = Words {
        id: call.generation_id(),
        created: call.at_ms / 1000,
        model: request["model"].as_str().unwrap_or("openai/gpt-4o-mini"),
        text: format!("The answer to: {}", question(&request)),
        by,
    };
    let api = Api::of(&call.path);
    if request["stream"] == true {
        let steps = match api {
            Api::Chat => words.chat_stream(),
            Api::Text => words.text_stream(),
            Api::Responses => words.responses_stream(),
            Api::Messages => words.messages_stream(),
            Api::Embeddings => VecDeque::new(),
        };
        if !steps.is_empty() {
            return ("text/event-stream", steps);
        }
    }
    let body = match api {
        Api::Chat => words.chat(),
        Api::Text => words.completion(),
        Api::Responses => words.response("completed", &[words.response_item("completed", &words.text)]),
        Api::Messages => words.message(&[json!({"type": "text", "text": words.text})], Some("end_turn")),
        Api::Embeddings => words.embeddings(&request),
    };
    ("application/json", VecDeque::from([Step::Bytes(body.to_string().into())]))
}

/// What the person asked last, in any of the shapes.
pub fn question(request: &Value) -> String {
    let turns = request["messages"].as_array().or_else(|| request["input"].as_array());
    let last = turns.into_iter().flatten().rev().find(|turn| turn["role"] == "user").map(|turn| &turn["content"]);
    let content = last.unwrap_or(if request["prompt"].is_null() { &request["input"] } else { &request["prompt"] });
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str().or(part.as_str())).collect();
            texts.join(" ")
        }
        _ => String::new(),
    }
}

/// `data: …` and its blank line; `event: …` before it where a name is given.
pub fn event(name: Option<&str>, data: &str) -> Step {
    let name = name.map(|name| format!("event: {name}\n")).unwrap_or_default();
    let lines: Vec<String> = data.split('\n').map(|line| format!("data: {line}\n")).collect();
    Step::Bytes(format!("{name}{}\n", lines.concat()).into())
}

/// `: …` and a blank line.
pub fn comment(text: &str) -> Step {
    Step::Bytes(format!(": {text}\n\n").into())
}

struct Words<'a> {
    id: String,
    created: u64,
    model: &'a str,
    text: String,
    by: &'a str,
}

impl Words<'_> {
    fn pieces(&self) -> impl Iterator<Item = &str> {
        self.text.split_inclusive(' ')
    }

    fn counts(&self) -> (usize, usize) {
        (12, self.pieces().count() + 1)
    }

    fn usage(&self) -> Value {
        let (prompt, completion) = self.counts();
        json!({
            "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
            "cost": 0.000_012, "is_byok": false,
        })
    }

    fn chat(&self) -> Value {
        json!({
            "id": self.id, "object": "chat.completion", "created": self.created, "model": self.model, "provider": self.by,
            "system_fingerprint": null,
            "choices": [{
                "index": 0, "logprobs": null, "finish_reason": "stop", "native_finish_reason": "stop",
                "message": {"role": "assistant", "content": self.text, "refusal": null},
            }],
            "usage": self.usage(),
        })
    }

    fn completion(&self) -> Value {
        json!({
            "id": self.id, "object": "text_completion", "created": self.created, "model": self.model, "provider": self.by,
            "choices": [{"index": 0, "text": self.text, "logprobs": null, "finish_reason": "stop", "native_finish_reason": "stop"}],
            "usage": self.usage(),
        })
    }

    fn chat_stream(&self) -> VecDeque<Step> {
        let chunk = |choices: Value, usage: Option<Value>| {
            let mut chunk = json!({
                "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
                "provider": self.by, "choices": choices,
            });
            if let Some(usage) = usage {
                chunk["usage"] = usage;
            }
            event(None, &chunk.to_string())
        };
        let delta = |content: &str, end: Option<&str>| {
            json!([{
                "index": 0, "delta": {"role": "assistant", "content": content}, "logprobs": null,
                "finish_reason": end, "native_finish_reason": end,
            }])
        };
        let mut chunks = vec![comment("OPENROUTER PROCESSING")];
        chunks.extend(self.pieces().map(|piece| chunk(delta(piece, None), None)));
        chunks.push(chunk(delta("", Some("stop")), None));
        chunks.push(chunk(delta("", None), Some(self.usage())));
        chunks.push(event(None, "[DONE]"));
        paced(chunks)
    }

    fn text_stream(&self) -> VecDeque<Step> {
        let chunk = |text: &str, end: Option<&str>| {
            let chunk = json!({
                "id": self.id, "object": "text_completion", "created": self.created, "model": self.model, "provider": self.by,
                "choices": [{"index": 0, "text": text, "logprobs": null, "finish_reason": end, "native_finish_reason": end}],
            });
            event(None, &chunk.to_string())
        };
        let mut chunks = vec![comment("OPENROUTER PROCESSING")];
        chunks.extend(self.pieces().map(|piece| chunk(piece, None)));
        chunks.push(chunk("", Some("stop")));
        chunks.push(event(None, "[DONE]"));
        paced(chunks)
    }

    fn response(&self, status: &str, output: &[Value]) -> Value {
        let (input, produced) = self.counts();
        let usage = json!({
            "input_tokens": input, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": produced, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": input + produced,
        });
        json!({
            "id": self.id, "object": "response", "created_at": self.created, "model": self.model, "status": status,
            "error": null, "incomplete_details": null, "instructions": null, "metadata": {}, "output": output,
            "parallel_tool_calls": true, "temperature": null, "tool_choice": "auto", "tools": [], "top_p": null,
            "usage": if status == "completed" { usage } else { Value::Null },
        })
    }

    fn response_item(&self, status: &str, text: &str) -> Value {
        let part = json!({"type": "output_text", "text": text, "annotations": []});
        let content = if text.is_empty() { json!([]) } else { json!([part]) };
        json!({"id": self.item_id(), "type": "message", "role": "assistant", "status": status, "content": content})
    }

    fn item_id(&self) -> String {
        self.id.replacen("gen-", "msg-", 1)
    }

    fn responses_stream(&self) -> VecDeque<Step> {
        let item = self.item_id();
        let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": []});
        let done = self.response_item("completed", &self.text);
        let mut events = vec![
            json!({"type": "response.created", "response": self.response("in_progress", &[])}),
            json!({"type": "response.in_progress", "response": self.response("in_progress", &[])}),
            json!({"type": "response.output_item.added", "output_index": 0, "item": self.response_item("in_progress", "")}),
            json!({"type": "response.content_part.added", "item_id": item, "output_index": 0, "content_index": 0, "part": part("")}),
        ];
        events.extend(self.pieces().map(|piece| {
            json!({
                "type": "response.output_text.delta", "item_id": item, "output_index": 0, "content_index": 0,
                "delta": piece, "logprobs": [],
            })
        }));
        events.extend([
            json!({
                "type": "response.output_text.done", "item_id": item, "output_index": 0, "content_index": 0,
                "text": self.text, "logprobs": [],
            }),
            json!({
                "type": "response.content_part.done", "item_id": item, "output_index": 0, "content_index": 0,
                "part": part(&self.text),
            }),
            json!({"type": "response.output_item.done", "output_index": 0, "item": done}),
            json!({"type": "response.completed", "response": self.response("completed", std::slice::from_ref(&done))}),
        ]);
        let mut chunks = vec![comment("OPENROUTER PROCESSING")];
        chunks.extend(events.into_iter().enumerate().map(|(n, mut data)| {
            data["sequence_number"] = n.into();
            event(data["type"].as_str(), &data.to_string())
        }));
        chunks.push(event(None, "[DONE]"));
        paced(chunks)
    }

    fn message(&self, content: &[Value], stop_reason: Option<&str>) -> Value {
        let (input, output) = self.counts();
        json!({
            "id": self.id, "type": "message", "role": "assistant", "model": self.model, "content": content,
            "stop_reason": stop_reason, "stop_sequence": null,
            "usage": {"input_tokens": input, "output_tokens": if stop_reason.is_some() { output } else { 1 }},
        })
    }

    fn messages_stream(&self) -> VecDeque<Step> {
        let mut events = vec![
            json!({"type": "message_start", "message": self.message(&[], None)}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "ping"}),
        ];
        events.extend(
            self.pieces().map(|piece| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}})),
        );
        events.extend([
            json!({"type": "content_block_stop", "index": 0}),
            json!({
                "type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null},
                "usage": {"output_tokens": self.counts().1},
            }),
            json!({"type": "message_stop"}),
        ]);
        let mut chunks = vec![comment("OPENROUTER PROCESSING")];
        chunks.extend(events.iter().map(|data| event(data["type"].as_str(), &data.to_string())));
        paced(chunks)
    }

    fn embeddings(&self, request: &Value) -> Value {
        let inputs = request["input"].as_array().map_or(1, Vec::len);
        let vector = [0.125_f32, -0.25, 0.5, 0.0625];
        // The OpenAI clients ask for base64 of little-endian floats.
        let embedding = if request["encoding_format"] == "base64" {
            Value::from(STANDARD.encode(vector.map(f32::to_le_bytes).concat()))
        } else {
            json!(vector)
        };
        let rows: Vec<Value> = (0..inputs).map(|index| json!({"object": "embedding", "index": index, "embedding": embedding})).collect();
        json!({
            "object": "list", "data": rows, "model": self.model, "id": self.id,
            "usage": {"prompt_tokens": inputs, "total_tokens": inputs, "cost": 0.000_000_1},
        })
    }
}

fn paced(chunks: Vec<Step>) -> VecDeque<Step> {
    let mut steps = VecDeque::with_capacity(2 * chunks.len());
    for chunk in chunks {
        if !steps.is_empty() {
            steps.push_back(Step::Pause(BEAT));
        }
        steps.push_back(chunk);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_question_in_every_shape() {
        let user = |content: Value| json!([{"role": "user", "content": "old"}, {"role": "user", "content": content}]);
        let parts = json!([{"type": "text", "text": "what"}, {"type": "image_url"}, {"type": "text", "text": "is it?"}]);
        for (request, expected) in [
            (json!({"messages": user(json!("why?"))}), "why?"),
            (json!({"messages": user(parts)}), "what is it?"),
            (json!({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}), "q"),
            (json!({"prompt": "once upon"}), "once upon"),
            (json!({"input": "hello"}), "hello"),
            (json!({"input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}]}), "hi"),
            (Value::Null, ""),
        ] {
            assert_eq!(question(&request), expected, "{request}");
        }
    }

    #[test]
    fn events_are_framed_line_by_line() {
        assert_eq!(event(Some("ping"), "a\nb"), Step::Bytes("event: ping\ndata: a\ndata: b\n\n".into()));
        assert_eq!(comment("x"), Step::Bytes(": x\n\n".into()));
    }
}
