//! An account, its key and the pools of providers: what an answer depends on besides the script. A request that is
//! refused and comes again with the right change is answered.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::call::Call;

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
    /// the credits cover so many tokens of an answer
    afford: Option<u64>,
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
    /// The answer to a request, as a script would state it. Refusals come in the order in which OpenRouter checks.
    pub fn answer(&self, call: &Call) -> Value {
        let request = call.json();
        let models: Vec<&str> = request["model"]
            .as_str()
            .into_iter()
            .chain(request["models"].as_array().into_iter().flatten().filter_map(Value::as_str))
            .chain(request["fallbacks"].as_array().into_iter().flatten().filter_map(|one| one["model"].as_str()))
            .collect();
        let is_free = models.first().is_some_and(|model| model.ends_with(":free"));
        if self.free_used_up && is_free {
            return json!({"preset": "free_day429"});
        }
        let most = ["max_tokens", "max_completion_tokens", "max_output_tokens"].iter().find_map(|name| request[*name].as_u64());
        let most = most.unwrap_or(32_000);
        if let Some(afford) = self.afford.filter(|afford| most > *afford && !is_free) {
            let message = format!(
                "This request requires more credits, or fewer max_tokens. You requested up to {most} tokens, but can only afford {afford}. \
                 To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account"
            );
            let metadata = json!({"limit_source": "openrouter_credits", "provider_name": null});
            return refusal(402, &message, &metadata);
        }
        let compressed = request["plugins"].as_array().is_some_and(|all| all.iter().any(|one| one["id"] == "context-compression"));
        if self.fits.is_some_and(|fits| call.body.len() > fits) && !compressed {
            let message = "This endpoint's maximum context length is 131072 tokens. However, you requested about 200000 tokens (199000 of text \
                           input, 1000 in the output). Please reduce the length of either one.";
            return refusal(400, message, &json!({"provider_name": null, "error_type": "context_length_exceeded"}));
        }
        let Some(model) = models.iter().find(|model| !self.busy_models.iter().any(|busy| busy == *model)) else {
            return busy("Cerebras", models.first().copied().unwrap_or_default());
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

fn refusal(status: u16, message: &str, metadata: &Value) -> Value {
    let error = json!({"message": message, "code": status, "metadata": metadata});
    json!({"status": status, "body": {"error": error, "user_id": "${user_id}"}})
}
