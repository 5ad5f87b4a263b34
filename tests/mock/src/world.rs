//! An account, its key and the pools of providers: what an answer depends on besides the script. A request that is
//! refused and comes again with the right change is answered.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::call::Call;

/// A request may name so many.
const MOST_MODELS: usize = 3;

/// What a test sets up for a conversation; what it says nothing about is without limits.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// who serves the models, by display names, in the order in which a request goes to them
    providers: Vec<String>,
    /// of these, whose pool is at its limit
    busy: Vec<String>,
    /// models that nobody answers right now
    busy_models: Vec<String>,
    /// which others are named instead of a busy one, where OpenRouter names some
    instead: Vec<String>,
    /// the credits cover so many tokens of an answer
    afford: Option<u64>,
    /// what is left of the key's cap this month covers so many
    key_affords: Option<u64>,
    /// today's free requests are used up
    free_used_up: bool,
    /// characters of a body that fit
    fits: Option<usize>,
    /// over those of the catalog's `key`
    pub key: Map<String, Value>,
    /// over those of the catalog's `credits`
    pub credits: Map<String, Value>,
}

impl World {
    /// The answer to a request, as a script would state it, in the shape of the API that was asked.
    pub fn answer(&self, call: &Call) -> Value {
        let answer = self.in_chat(call);
        if call.path.ends_with("/messages") { in_messages(answer) } else { answer }
    }

    /// Refusals come in the order in which OpenRouter checks.
    fn in_chat(&self, call: &Call) -> Value {
        let request = call.json();
        let models: Vec<&str> = request["model"]
            .as_str()
            .into_iter()
            .chain(request["models"].as_array().into_iter().flatten().filter_map(Value::as_str))
            .chain(request["fallbacks"].as_array().into_iter().flatten().filter_map(|one| one["model"].as_str()))
            .collect();
        if models.len() > MOST_MODELS {
            return refusal(400, "Too many models", &json!({}));
        }
        let is_free = models.first().is_some_and(|model| model.ends_with(":free"));
        if self.free_used_up && is_free {
            return json!({"preset": "free_day429"});
        }
        let most = ["max_tokens", "max_completion_tokens", "max_output_tokens"].iter().find_map(|name| request[*name].as_u64());
        let most = most.unwrap_or(32_000);
        // Also for a cap OpenRouter names its credits as the source: the end of the sentence alone tells them apart.
        for (afford, more) in
            [(self.afford, "credits and upgrade to a paid account"), (self.key_affords, "keys and adjust the key's monthly limit")]
        {
            if let Some(afford) = afford.filter(|afford| most > *afford && !is_free) {
                let message = format!(
                    "This request requires more credits, or fewer max_tokens. You requested up to {most} tokens, but can only afford {afford}. \
                     To increase, visit https://openrouter.ai/settings/{more}"
                );
                let metadata = json!({"limit_source": "openrouter_credits", "provider_name": null});
                return refusal(402, &message, &metadata);
            }
        }
        let compressed = request["plugins"].as_array().is_some_and(|all| all.iter().any(|one| one["id"] == "context-compression"));
        if self.fits.is_some_and(|fits| call.body.len() > fits) && !compressed {
            let message = "This endpoint's maximum context length is 131072 tokens. However, you requested about 200000 tokens (199000 of text \
                           input, 1000 in the output). Please reduce the length of either one.";
            return refusal(400, message, &json!({"provider_name": null, "error_type": "context_length_exceeded"}));
        }
        let Some(model) = models.iter().find(|model| !self.busy_models.iter().any(|busy| busy == *model)) else {
            let asked = models.first().copied().unwrap_or_default();
            return if self.instead.is_empty() { busy("Cerebras", asked) } else { full(asked, &self.instead) };
        };
        self.by_provider(&request["provider"], model)
    }

    /// Goes to the first provider that the request lets it go to, and to no other where that one fails.
    fn by_provider(&self, wishes: &Value, model: &str) -> Value {
        let listed = |name: &str| wishes[name].as_array().map(|all| all.iter().filter_map(Value::as_str).collect::<Vec<_>>());
        let (only, order, ignore) = (listed("only"), listed("order").unwrap_or_default(), listed("ignore").unwrap_or_default());
        let serves = |slug: &str| only.as_ref().is_none_or(|only| only.contains(&slug)) && !ignore.contains(&slug);
        let slugs: Vec<String> = self.providers.iter().map(|name| name.to_lowercase()).collect();
        let wished = order.iter().map(|slug| (*slug).to_owned());
        let rest = if wishes["allow_fallbacks"] == false && !order.is_empty() { Vec::new() } else { slugs.clone() };
        let Some(slug) = wished.chain(rest).find(|slug| slugs.contains(slug) && serves(slug)) else {
            let metadata =
                json!({"available_providers": slugs, "requested_providers": only, "failed_routing_step": "Filter by Allowed Providers"});
            return refusal(404, "No allowed providers are available for the selected model.", &metadata);
        };
        let name = self.providers.iter().find(|name| name.to_lowercase() == slug).map_or("", String::as_str);
        if self.busy.iter().any(|busy| busy == name) { busy(name, model) } else { json!({"good": true, "by": name}) }
    }
}

fn busy(name: &str, model: &str) -> Value {
    let raw = format!(
        "{model} is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: \
         https://openrouter.ai/settings/integrations"
    );
    let metadata = json!({"raw": raw, "provider_name": name, "is_byok": false, "limit_source": "upstream_provider_shared_pool"});
    refusal(429, "Provider returned error", &metadata)
}

/// All that serve a model are at capacity, and OpenRouter names others.
fn full(model: &str, instead: &[String]) -> Value {
    let availability = json!({"code": "capacity_exhausted", "retryable": true, "requested_models": [model], "fallback_models": instead});
    let message = format!("All providers for {model} are at capacity.");
    json!({"status": 429, "body": {"error": {"message": message, "code": 429, "availability": availability}}})
}

fn refusal(status: u16, message: &str, metadata: &Value) -> Value {
    let error = json!({"message": message, "code": status, "metadata": metadata});
    json!({"status": status, "body": {"error": error, "user_id": "${user_id}"}})
}

/// The Messages API wraps the same refusal otherwise: kinds by name instead of a code, what else is known beside the error.
fn in_messages(mut answer: Value) -> Value {
    let Some(error) = answer["body"]["error"].as_object().cloned() else { return answer };
    let kind = match answer["status"].as_u64() {
        Some(402) => "billing_error",
        Some(404) => "not_found_error",
        Some(429) => "rate_limit_error",
        _ => "invalid_request_error",
    };
    // Of an upstream limit it has OpenRouter's own sentence for its message.
    let message = error.get("metadata").and_then(|metadata| metadata.get("raw")).unwrap_or(&error["message"]);
    let mut inner = json!({"type": kind, "message": message});
    if let Some(availability) = error.get("availability") {
        inner["availability"] = availability.clone();
    }
    answer["body"] = json!({"type": "error", "error": inner, "request_id": "${generation_id}", "metadata": error.get("metadata")});
    answer
}
