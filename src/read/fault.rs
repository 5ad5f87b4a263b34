//! The error shapes: which object in a text is the error, and what it states.
//!
//! Chat completions, completions and embeddings: `{"error":{"message","code","metadata"}}`. Some apps show the inner
//! object alone. Messages: `{"type":"error","error":{"type","message","error_type"},"metadata"}`. Responses:
//! `{"response":{"status":"failed","error"},…}`. Inside a 200: a top-level `error` or `choices[].error`.
//! Clients wrap all of these in messages of their own; what is inside a `message` is nearer to the truth than its
//! wrapper, what is inside `metadata.raw` is the provider's own answer.

use super::{MAX_NESTING, Reading, read};
use crate::diagnose::facts::{first_chars, is_own};
use crate::redact::GONE;
use serde_json::{Map, Number, Value};

/// Objects inside each other in which an error is looked for.
const MAX_DEPTH: usize = 8;
/// Errors of one text; the first are the ones that count.
const MAX_FAULTS: usize = 32;
/// Bytes of the provider's words that are kept.
const MAX_RAW: usize = 8_192;

/// `error_type`, complete; each stands for a status.
///
/// Source: OpenRouter's OpenAPI file, August 2026.
const ERROR_TYPES: [(&str, u16); 26] = [
    ("rate_limit_exceeded", 429),
    ("rate_limited", 429),
    ("provider_overloaded", 503),
    ("provider_unavailable", 502),
    ("timeout", 504),
    ("server", 500),
    ("unmapped", 500),
    ("authentication", 401),
    ("permission_denied", 403),
    ("payment_required", 402),
    ("context_length_exceeded", 400),
    ("max_tokens_exceeded", 400),
    ("token_limit_exceeded", 400),
    ("string_too_long", 400),
    ("invalid_request", 400),
    ("invalid_prompt", 400),
    ("not_found", 404),
    ("precondition_failed", 412),
    ("payload_too_large", 413),
    ("unprocessable", 422),
    ("content_policy_violation", 400),
    ("refusal", 400),
    ("invalid_image", 400),
    ("image_too_large", 400),
    ("unsupported_image_format", 400),
    ("image_download_failed", 400),
];

/// Words that stand where a status would: `error.type` of the Messages API, `error.code` of the Responses API.
const STATUS_WORDS: [(&str, u16); 14] = [
    ("authentication_error", 401),
    ("invalid_api_key", 401),
    ("permission_error", 403),
    ("billing_error", 402),
    ("not_found_error", 404),
    ("rate_limit_error", 429),
    ("rate_limit_exceeded", 429),
    ("overloaded_error", 529),
    ("timeout_error", 504),
    ("invalid_request_error", 400),
    ("invalid_request", 400),
    ("invalid_prompt", 400),
    ("api_error", 500),
    ("server_error", 500),
];

/// Members that others may have as well: a sign only beside another one.
const SHARED_MEMBERS: [&str; 2] = ["provider_name", "retry_after_seconds"];

/// Members of `error.metadata` that only OpenRouter sends. The first two stand in good answers too.
const OWN_MEMBERS: [&str; 14] = [
    "provider_name",
    "is_byok",
    "limit_source",
    "remedy_hint",
    "provider_error_code",
    "retry_after_seconds",
    "previous_errors",
    "failed_routing_step",
    "routing_funnel",
    "available_providers",
    "requested_providers",
    "flagged_input",
    "missing_attestation_types",
    "ineligibility_reasons",
];

/// One error object, with what stands around it.
#[derive(Clone, Debug, Default)]
pub struct Fault {
    /// Where it stands, such as `error` or `choices[0].error`.
    pub path: String,
    /// The error's own message.
    pub message: String,
    /// The status that the error states as a number.
    pub code: Option<u16>,
    /// The status that its words stand for: `error_type`, `error.type`, a code in words.
    pub code_in_words: Option<u16>,
    /// `error_type`, wherever this API puts it.
    pub error_type: Option<String>,
    /// `error.metadata`, or the Messages API's top-level `metadata`.
    pub metadata: Map<String, Value>,
    /// `error.availability`.
    pub availability: Option<Map<String, Value>>,
    /// `provider` of the chunk or the answer around the error.
    pub provider: Option<String>,
    /// `model` of the chunk or the answer around the error.
    pub model: Option<String>,
    /// `gen-…`, as support asks for it.
    pub request_id: Option<String>,
    /// A `user_id` of OpenRouter stands beside the error.
    pub user_id: bool,
    /// `{"error":{"message":…,"code":<number>}}` and nothing that another vendor would add.
    pub exact: bool,
    /// The provider's own words, one `key: value` a line, from `metadata.raw` however deeply nested.
    pub raw: String,
    /// It stands inside a choice, where OpenRouter alone puts an error.
    pub in_choice: bool,
    /// The text in which it stands ends inside it.
    pub cut: bool,
    /// The sentence of a program inside of which it was found.
    pub told: String,
    /// Another failure stands before it in the same text.
    pub later: bool,
    /// Whether it was found inside another error's message.
    nested: usize,
}

impl Fault {
    /// A string of the metadata.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.metadata.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// A string or number of the metadata as text.
    #[must_use]
    pub fn word(&self, key: &str) -> Option<String> {
        self.metadata.get(key).and_then(scalar)
    }

    /// A flag of the metadata; relays make strings of them.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.word(key)?.parse().ok()
    }

    /// A field of `metadata.headers`, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let headers = self.metadata.get("headers")?.as_object()?;
        headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| scalar(value))
    }

    /// A member of `error.availability` as text.
    #[must_use]
    pub fn available(&self, key: &str) -> Option<String> {
        self.availability.as_ref()?.get(key).and_then(scalar)
    }

    /// The first string of a list in `error.availability`.
    #[must_use]
    pub fn first_available(&self, key: &str) -> Option<&str> {
        self.availability.as_ref()?.get(key)?.as_array()?.first()?.as_str()
    }

    /// The metadata has members that only OpenRouter sends.
    #[must_use]
    pub fn has_own_members(&self) -> bool {
        OWN_MEMBERS.iter().any(|member| self.metadata.contains_key(*member))
    }

    /// How many signs of OpenRouter the object itself bears.
    #[must_use]
    pub fn marks(&self) -> usize {
        let has = |member: &&&str| self.metadata.contains_key(**member);
        let members = OWN_MEMBERS.iter().filter(has).count();
        let own = OWN_MEMBERS.iter().filter(has).any(|member| !SHARED_MEMBERS.contains(member));
        let available = ["requested_models", "docs_url", "affected_providers", "excluded_by"];
        let available = self.availability.as_ref().is_some_and(|map| available.iter().any(|member| map.contains_key(*member)));
        let known_type = |word: &String| ERROR_TYPES.iter().any(|(known, _)| known == word);
        let others = usize::from(self.error_type.as_ref().is_some_and(known_type))
            + usize::from(available)
            + usize::from(self.user_id)
            + usize::from(self.request_id.is_some())
            + usize::from(self.in_choice)
            // OpenRouter's copy of the fields that pages cannot read; of its own limits there is no provider.
            + usize::from(self.metadata.contains_key("provider_name") && self.header("x-ratelimit-limit").is_some());
        if own || others > 0 { members + others } else { 0 }
    }

    /// How much it tells.
    fn rank(&self) -> (usize, usize, bool, bool, bool, bool) {
        (self.marks(), self.nested, is_own(&self.message), self.exact, self.code.is_some(), !self.raw.is_empty())
    }

    /// The field's full path, for evidence.
    #[must_use]
    pub fn field(&self, member: &str) -> String {
        match (self.path.is_empty(), member.is_empty()) {
            (true, _) => member.to_owned(),
            (false, true) => self.path.clone(),
            (false, false) => [&self.path, ".", member].concat(),
        }
    }
}

/// The error that the text is about: of several the one with the most signs of OpenRouter, of equals the one deepest
/// inside another's message, of those the one with a sentence of its own, or its exact shape, or at least a status, of
/// those the first. In an answer that went well the records of a list, such as a chat's history, tell of other requests.
/// What people write and programs log in order are attempts that follow each other (`prose`): if the last one failed
/// otherwise, that is what is left to explain.
#[must_use]
pub fn find(roots: &[Value], well: bool, prose: bool) -> Option<Fault> {
    let mut search = Search { well, faults: Vec::new() };
    let mut last = None;
    for root in roots {
        let first = search.faults.len();
        search.look(root, "", 0, 0);
        let met = |fault: &Fault| fault.marks() > 0 || fault.exact || is_own(&fault.message);
        if prose && first > 0 && search.faults.iter().skip(first).any(met) {
            last = Some(first);
        }
    }
    let mut faults = search.faults;
    let later = faults.split_off(last.unwrap_or(faults.len()));
    faults.retain(|fault| !well || !is_record(fault));
    let mut found = best(faults);
    let differs = |first: &Fault, other: &Fault| {
        let name = "provider_name";
        other.code != first.code || other.message != first.message || other.text(name) != first.text(name) && other.rank() >= first.rank()
    };
    if let Some(other) = best(later).filter(|other| found.as_ref().is_none_or(|first| differs(first, other))) {
        found = Some(Fault { later: true, ..other });
    }
    let mut found = found?;
    // The chunks of a stream before the error name what the last one may leave out.
    let before = |key: &str| {
        let named = |root: &Value| stated(root.as_object()?, key).or_else(|| stated(root.get("message")?.as_object()?, key));
        roots.iter().find_map(named).filter(|_| roots.len() > 1)
    };
    found.provider = found.provider.or_else(|| before("provider"));
    found.model = found.model.or_else(|| before("model"));
    Some(found)
}

/// Of several errors the one that tells most; `max_by_key` keeps the last of equals, and the first is wanted.
fn best(faults: Vec<Fault>) -> Option<Fault> {
    faults.into_iter().rev().max_by_key(Fault::rank)
}

/// It stands in a list that is no part of an answer's own shape, or in what somebody wrote.
fn is_record(fault: &Fault) -> bool {
    let mut lists = fault.path.match_indices('[').map(|(at, _)| fault.path.get(..at).unwrap_or_default());
    let written = fault.nested > 0
        && !["error.", "errors["].iter().any(|head| fault.path.starts_with(head))
        && fault.path.split('.').any(|member| matches!(member, "body" | "text"));
    written || lists.any(|list| !list.is_empty() && !["choices", "errors", "error"].iter().any(|own| list.ends_with(own)))
}

/// A walk through what was read, which keeps the errors it meets.
struct Search {
    /// The answer went well: what people and models wrote in it is not searched.
    well: bool,
    faults: Vec<Fault>,
}

impl Search {
    fn look(&mut self, value: &Value, path: &str, depth: usize, nested: usize) {
        if depth > MAX_DEPTH || self.faults.len() >= MAX_FAULTS {
            return;
        }
        match value {
            Value::Array(items) => {
                // An event of a socket: its name, and what it brings.
                if let [Value::String(name), brought @ ..] = items.as_slice()
                    && tells_failure(name)
                {
                    for item in brought.iter().filter_map(Value::as_object) {
                        self.sentence(item, &join(path, name), nested);
                        item.values().filter_map(Value::as_object).for_each(|inner| self.sentence(inner, &join(path, name), nested));
                    }
                }
                for (index, item) in items.iter().enumerate().take(MAX_FAULTS) {
                    self.look(item, &[path, "[", &index.to_string(), "]"].concat(), depth + 1, nested);
                }
            }
            Value::Object(members) => self.look_into(members, path, depth, nested),
            Value::String(_) if !self.well => self.inside(Some(value), path, nested),
            _ => {}
        }
    }

    fn look_into(&mut self, members: &Map<String, Value>, path: &str, depth: usize, nested: usize) {
        let first = self.faults.len();
        match members.get("error") {
            Some(Value::Object(error)) if !error.is_empty() => {
                let at = join(path, "error");
                self.faults.push(fault(&at, error, members, depth == 0, nested));
                self.inside(error.get("message"), &at, nested);
                self.passed_on(error, &at, depth, nested);
            }
            Some(list @ Value::Array(_)) => self.look(list, &join(path, "error"), depth + 1, nested),
            _ if is_error(members) => {
                self.faults.push(fault(path, members, members, false, nested));
                self.inside(members.get("message"), path, nested);
                self.inside(members.get("error"), &join(path, "error"), nested);
            }
            Some(Value::String(error)) => self.told(error, &join(path, "error"), members, nested),
            // A message that the app itself has marked as failed.
            Some(Value::Bool(true)) => {
                let said = stated(members, "text").or_else(|| stated(members, "message")).unwrap_or_default();
                self.told(&said, &join(path, "error"), &Map::new(), nested);
            }
            None if members.get("type").is_some_and(|kind| kind == "error") && members.contains_key("errorText") => {
                self.told(&stated(members, "errorText").unwrap_or_default(), &join(path, "errorText"), members, nested);
            }
            // AG-UI's.
            None if members.get("type").is_some_and(|kind| kind == "RUN_ERROR") => {
                self.told(&stated(members, "message").unwrap_or_default(), &join(path, "message"), &Map::new(), nested);
            }
            // A server that answers so whatever happened, and says how it went inside.
            None | Some(Value::Null | Value::Bool(_)) if went_wrong(members) => {
                if let Some((key, said)) = REASONS.iter().find_map(|key| Some((key, stated(members, key)?))) {
                    self.told(&said, &join(path, key), &Map::new(), nested);
                }
            }
            _ if finished_in_error(members) => {
                let at = join(path, "finish_reason");
                self.faults.push(Fault { path: at, nested, ..Fault::default() });
            }
            _ => {}
        }
        for (key, member) in members {
            match member {
                Value::Object(_) | Value::Array(_) if !is_quiet(key) || is_recorded(member) => {
                    self.look(member, &join(path, key), depth + 1, nested);
                }
                Value::String(_) if matches!(key.as_str(), "body" | "response" | "data" | "text" | "detail") => {
                    self.inside(Some(member), &join(path, key), nested);
                }
                // GraphQL answers with a good status whatever happened.
                Value::String(said)
                    if key == "message" && self.well && path.rsplit('.').next().is_some_and(|last| last.starts_with("errors[")) =>
                {
                    self.told(said, &join(path, key), &Map::new(), nested);
                }
                // Logs keep what they met under any name.
                Value::String(_) if !self.well && !is_quiet(key) => self.inside(Some(member), &join(path, key), nested),
                _ => {}
            }
        }
        // An answer names its provider, its model and itself once, around all of its choices.
        for fault in self.faults.iter_mut().skip(first) {
            fault.provider = fault.provider.take().or_else(|| stated(members, "provider"));
            fault.model = fault.model.take().or_else(|| stated(members, "model"));
            fault.request_id = fault.request_id.take().or_else(|| generation(members, "id"));
        }
    }

    /// What a program adds to an error of its own is the one that it met: `data`, `cause`, `details` and the like.
    fn passed_on(&mut self, error: &Map<String, Value>, path: &str, depth: usize, nested: usize) {
        let added = |key: &str| key == "error" || !is_quiet(key) && !matches!(key, "message" | "raw");
        // Whatever the status, no model wrote it.
        let well = std::mem::take(&mut self.well);
        if !error.contains_key("message") {
            self.sentence(error, path, nested);
        }
        for (key, member) in error.iter().filter(|(key, _)| added(key)) {
            match member {
                Value::Object(inner) => {
                    self.sentence(inner, &join(path, key), nested + 1);
                    self.look(member, &join(path, key), depth + 1, nested + 1);
                }
                _ => self.inside(Some(member), &join(path, key), nested),
            }
        }
        self.well = well;
    }

    /// A sentence of OpenRouter's under a name that is a program's own, with the status beside it.
    fn sentence(&mut self, members: &Map<String, Value>, path: &str, nested: usize) {
        let says = |text: &str| is_own(text) || text.starts_with("Upstream error from ");
        let said = members
            .iter()
            .filter(|(key, _)| !is_quiet(key))
            .find_map(|(key, member)| Some((key, member.as_str().filter(|text| says(text))?)));
        if let Some((key, said)) = said.filter(|_| !is_error(members)) {
            let number = |key: &&str| members.get(*key).and_then(scalar)?.parse::<u16>().ok().filter(|code| (400..600).contains(code));
            let code = ["code", "status", "http", "statusCode", "status_code"].iter().find_map(number);
            self.faults.push(Fault { path: join(path, key), message: said.to_owned(), code, nested, ..Fault::default() });
        }
    }

    /// An error that is a sentence instead of an object, as apps and their servers pass it on; it may hold an object.
    fn told(&mut self, error: &str, path: &str, members: &Map<String, Value>, nested: usize) {
        // One word is a name, or what a cut left of `null`.
        if !error.trim().contains(' ') {
            return self.inside(members.get("message"), path, nested);
        }
        let message = stated(members, "message").map_or_else(|| error.to_owned(), |message| [error, " ", &message].concat());
        self.faults.push(Fault { path: path.to_owned(), message, nested, ..Fault::default() });
        for text in [Some(error.into()), members.get("message").cloned()] {
            self.inside(text.as_ref(), path, nested);
        }
    }

    /// Errors inside a string.
    fn inside(&mut self, text: Option<&Value>, path: &str, nested: usize) {
        if let Some(text) = text.and_then(Value::as_str).filter(|text| nested < MAX_NESTING && text.contains('{')) {
            let Reading { roots, cut } = read(text);
            let first = self.faults.len();
            for root in &roots {
                self.look(root, path, 0, nested + 1);
            }
            let told = text.split('{').next().unwrap_or_default();
            for fault in self.faults.iter_mut().skip(first) {
                fault.cut |= cut;
                if fault.told.is_empty() {
                    told.clone_into(&mut fault.told);
                }
            }
        }
    }
}

/// A name of an event by which a server says that something failed.
pub(super) fn tells_failure(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["error", "fail", "exception"].iter().any(|word| name.contains(word))
}

/// Members in which no error is looked for: what the model wrote, earlier attempts, what was read already.
fn is_quiet(key: &str) -> bool {
    matches!(
        key,
        "error"
            | "metadata"
            | "availability"
            | "previous_errors"
            | "attempts"
            | "content"
            | "delta"
            | "reasoning"
            | "tool_calls"
            | "arguments"
            | "flagged_input"
            | "failed_generation"
            | "usage"
            | "openrouter_metadata"
    )
}

/// A body in a browser's record of its traffic (HAR), where `content` is not what anybody wrote.
fn is_recorded(content: &Value) -> bool {
    content.get("mimeType").is_some()
}

/// The inner object alone, as some apps show it, or what is left of a text whose head is missing.
fn is_error(members: &Map<String, Value>) -> bool {
    let has = |key: &str| members.contains_key(key);
    let says = members.get("message").is_some_and(Value::is_string);
    let failed = members.get("status").is_some_and(|status| status == "failed");
    let metadata = members.get("metadata").and_then(Value::as_object);
    let own = |map: &Map<String, Value>| OWN_MEMBERS.iter().any(|member| map.contains_key(*member));
    let refused = members.get("status").and_then(Value::as_u64).is_some_and(|status| (400..600).contains(&status));
    // A status line tells of good answers as well.
    let went_well = members.get("code").and_then(Value::as_u64).is_some_and(|code| (100..400).contains(&code));
    (says && !went_well && (has("code") || has("metadata") || has("error_type") || refused))
        || (has("code") && (has("limit_source") || metadata.is_some_and(own)))
        || (failed && has("error_type"))
        || telling(members) + if has("raw") { 2 } else { 0 } > 2 && !["usage", "cost", "choices", "status"].iter().any(|key| has(key))
}

/// How much the members by themselves speak of a failure: what good answers carry too counts half.
fn telling(members: &Map<String, Value>) -> usize {
    OWN_MEMBERS.iter().enumerate().filter(|(_, key)| members.contains_key(**key)).map(|(index, _)| if index < 2 { 1 } else { 2 }).sum()
}

/// Under which servers say why, in an object of their own that tells of success or failure.
const REASONS: [&str; 8] = ["message", "msg", "err", "error_message", "errorMessage", "errmsg", "reason", "detail"];

/// `success: false` and its likes, or a status as the number of an outcome.
fn went_wrong(members: &Map<String, Value>) -> bool {
    let denied = ["success", "ok"].iter().any(|key| members.get(*key).is_some_and(|went| went == false));
    let failed = members.get("status").and_then(Value::as_str).is_some_and(|status| matches!(status, "error" | "fail" | "failed"));
    let code = members.get("code").and_then(scalar).and_then(|code| code.parse::<u16>().ok());
    denied || failed || code.is_some_and(|code| (400..600).contains(&code))
}

fn finished_in_error(members: &Map<String, Value>) -> bool {
    ["finish_reason", "native_finish_reason"].iter().any(|key| members.get(*key).is_some_and(|why| why == "error"))
}

/// One error object; `outermost`: it is `error` of a whole document.
fn fault(path: &str, error: &Map<String, Value>, around: &Map<String, Value>, outermost: bool, nested: usize) -> Fault {
    let object = |map: &Map<String, Value>, key: &str| map.get(key).and_then(Value::as_object).cloned();
    let metadata = object(error, "metadata").or_else(|| object(around, "metadata"));
    // Of a text without a head the metadata's members are all that is left.
    let headless = metadata.is_none() && !error.contains_key("message") && !error.contains_key("type");
    let metadata = if headless { error.clone() } else { metadata.unwrap_or_default() };
    let in_metadata = |key: &str| metadata.get(key).and_then(Value::as_str).map(str::to_owned);
    let error_type = stated(error, "error_type").or_else(|| in_metadata("error_type")).or_else(|| stated(around, "error_type"));
    let code_word = stated(error, "code").filter(|word| word.parse::<u16>().is_err());
    let known = |table: &[(&str, u16)], word: Option<&String>| {
        word.and_then(|word| table.iter().find(|(known, _)| known == word)).map(|(_, status)| *status)
    };
    let code_in_words = known(&ERROR_TYPES, error_type.as_ref())
        .or_else(|| known(&STATUS_WORDS, code_word.as_ref()))
        .or_else(|| known(&STATUS_WORDS, stated(error, "type").as_ref()));
    let number = |key: &str| error.get(key).and_then(scalar).and_then(|code| code.parse::<u16>().ok());
    let code = number("code").or_else(|| number("http_status")).or_else(|| number("status")).filter(|code| (400..600).contains(code));
    let exact = code.is_some()
        && outermost
        && error.keys().all(|key| matches!(key.as_str(), "message" | "code" | "metadata"))
        && around.keys().all(|key| matches!(key.as_str(), "error" | "user_id" | "id" | "openrouter_metadata"));
    // What a server of its own says under a name of its own.
    let alone = || error.values().next().and_then(Value::as_str).filter(|said| error.len() == 1 && said.contains(' ')).map(str::to_owned);
    let mut raw = String::new();
    // In `previous_errors`, which may be all that is left of a text, it stands beside the message.
    if let Some(words) = metadata.get("raw").or_else(|| error.get("raw")) {
        provider_words(words, "", 0, &mut raw);
    }
    Fault {
        path: path.to_owned(),
        message: stated(error, "message").or_else(alone).unwrap_or_default(),
        code,
        code_in_words,
        error_type,
        availability: object(error, "availability").or_else(|| object(&metadata, "availability")),
        provider: stated(around, "provider"),
        model: ["model", "modelId", "model_id"].into_iter().find_map(|key| stated(around, key)),
        request_id: generation(around, "request_id").or_else(|| generation(around, "id")),
        user_id: stated(around, "user_id").is_some_and(|id| id == GONE || id.starts_with("user") || id.starts_with("org_")),
        exact,
        in_choice: path.contains("choices[") && (code.is_some() || around.contains_key("finish_reason")),
        raw,
        metadata,
        cut: false,
        told: String::new(),
        later: false,
        nested,
    }
}

/// Objects inside each other, and inside strings, of a provider's body.
const MAX_WORDS_DEPTH: usize = 20;

/// Every leaf of the provider's body as `key: value`, one a line; bodies inside strings are opened.
fn provider_words(value: &Value, key: &str, depth: usize, out: &mut String) {
    if depth > MAX_WORDS_DEPTH || out.len() > MAX_RAW || is_quiet(key) && !matches!(key, "error" | "metadata") {
        return;
    }
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                provider_words(member, key, depth + 1, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                provider_words(item, key, depth + 1, out);
            }
        }
        Value::String(text) => {
            let opened = if text.trim_start().starts_with(&['{', '[', '"'][..]) { read(text).roots } else { Vec::new() };
            for root in &opened {
                provider_words(root, key, depth + 1, out);
            }
            if opened.is_empty() && !text.trim().is_empty() {
                line(key, text, out);
            }
        }
        _ => {
            if let Some(text) = scalar(value) {
                line(key, &text, out);
            }
        }
    }
}

fn line(key: &str, text: &str, out: &mut String) {
    let text = first_chars(text, MAX_RAW);
    let (key, colon) = if key.is_empty() { ("", "") } else { (key, ": ") };
    out.extend([key, colon, text, "\n"]);
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { [path, ".", key].concat() }
}

fn stated(members: &Map<String, Value>, key: &str) -> Option<String> {
    members.get(key)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The id of a request, as OpenRouter makes them.
fn generation(members: &Map<String, Value>, key: &str) -> Option<String> {
    stated(members, key).filter(|id| id.starts_with("gen-"))
}

/// A string or a number as text.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => digits(number),
        Value::Bool(flag) => Some(if *flag { "true".to_owned() } else { "false".to_owned() }),
        _ => None,
    }
}

/// A number in decimal digits.
fn digits(number: &Number) -> Option<String> {
    let whole = number.as_u64().map(|whole| whole.to_string()).or_else(|| number.as_i64().map(|whole| whole.to_string()));
    whole.or_else(|| decimal(number.as_f64()?))
}

/// A fraction with no more decimals than tell it from its neighbours; `None` where that takes more than 18 digits.
///
/// serde_json's own text is the same for what failures state, but its tables for all other numbers were a tenth of the download.
pub(crate) fn decimal(value: f64) -> Option<String> {
    let fits = |scale: u64| {
        let scaled = (value.abs() * scale as f64).round();
        (scaled < 1e18 && scaled / scale as f64 == value.abs()).then_some((scale, scaled as u64))
    };
    let (scale, scaled) = (1..=17).find_map(|places| fits(10_u64.pow(places)))?;
    let sign = if value < 0.0 { "-" } else { "" };
    let decimals = (scale + scaled % scale).to_string();
    Some([sign, &(scaled / scale).to_string(), ".", decimals.get(1..)?].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_they_were_sent() {
        let shown = |json: &str| scalar(&serde_json::from_str(json).unwrap());
        for same in
            ["0", "429", "-17", "18446744073709551615", "10.918", "43.342838031", "-0.5", "0.1", "1200.0", "0.00018", "1790726400.25"]
        {
            assert_eq!(shown(same).as_deref(), Some(same));
        }
        assert_eq!(shown("1.50e1").as_deref(), Some("15.0"));
        assert_eq!(shown("1.5e-7").as_deref(), Some("0.00000015"));
        assert_eq!(shown("1e300"), None);
        for thousandths in 0..100_000 {
            let number = Number::from_f64(f64::from(thousandths) / 1_000.0).unwrap();
            assert_eq!(digits(&number), Some(number.to_string()));
        }
    }
}
