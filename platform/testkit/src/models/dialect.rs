//! How those who imitate OpenAI's chat format depart from it, as their documentation has it: what they refuse, where they
//! put the thinking, and where the usage.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::script::ScriptedUsage;

/// Whose chat format it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Dialect {
    #[default]
    OpenAi,
    Mistral,
    DeepSeek,
    Groq,
    XAi,
    OpenRouter,
}

/// The fields that Mistral's chat completions have; any other is answered with 422.
const OF_MISTRAL: [&str; 21] = [
    "model",
    "messages",
    "temperature",
    "top_p",
    "max_tokens",
    "stream",
    "stop",
    "random_seed",
    "metadata",
    "response_format",
    "tools",
    "tool_choice",
    "presence_penalty",
    "frequency_penalty",
    "n",
    "prediction",
    "parallel_tool_calls",
    "prompt_mode",
    "reasoning_effort",
    "prompt_cache_key",
    "safe_prompt",
];

impl Dialect {
    /// That of a base URL's first part.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "mistral" => Self::Mistral,
            "deepseek" => Self::DeepSeek,
            "groq" => Self::Groq,
            "xai" => Self::XAi,
            "openrouter" => Self::OpenRouter,
            _ => return None,
        })
    }

    /// What is answered to a request that this provider does not take.
    pub(super) fn refuses(self, body: &Value) -> Option<(StatusCode, Value)> {
        let has = |pointer: &str| body.pointer(pointer).is_some();
        match self {
            Self::Mistral => {
                let fields = body.as_object()?;
                // `any` is the word of its own; what is in none of its lists stands for a field of somebody else's.
                let unknown =
                    fields.keys().find(|name| !OF_MISTRAL.contains(&name.as_str()) && !name.starts_with("x_"))?;
                let detail = json!([{ "type": "extra_forbidden", "loc": ["body", unknown], "msg": "Extra inputs are not permitted" }]);
                let error =
                    json!({ "object": "error", "message": { "detail": detail }, "type": "invalid_request_error" });
                Some((StatusCode::UNPROCESSABLE_ENTITY, error))
            }
            Self::DeepSeek if body.pointer("/response_format/type").is_some_and(|kind| kind == "json_schema") => {
                Some(refusal("This response_format type is unavailable now"))
            }
            Self::DeepSeek if has("/response_format") && !body["messages"].to_string().contains("JSON") => {
                Some(refusal(
                    "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.",
                ))
            }
            Self::Groq if body["n"].as_u64().is_some_and(|count| count != 1) => Some(refusal("'n' : number must be 1")),
            _ => None,
        }
    }

    /// What opens a stream before the first chunk.
    pub(super) const fn prelude(self) -> Option<&'static str> {
        match self {
            Self::OpenRouter => Some(": OPENROUTER PROCESSING\n\n"),
            Self::DeepSeek => Some(": keep-alive\n\n"),
            _ => None,
        }
    }

    /// Whether a stream says its usage: when asked to, or always.
    pub(super) const fn says_usage(self, asked: bool) -> bool {
        asked || matches!(self, Self::Mistral | Self::Groq | Self::OpenRouter | Self::XAi)
    }

    /// Whether the usage comes with the finish reason, and not in a chunk of its own.
    pub(super) const fn usage_with_finish(self) -> bool {
        matches!(self, Self::Mistral | Self::Groq)
    }

    /// The thinking as fields of a delta or a message.
    pub(super) fn thinking(self, text: &str) -> Value {
        match self {
            Self::Groq => json!({ "reasoning": text }),
            Self::OpenRouter => {
                let detail = json!({ "type": "reasoning.text", "text": text, "format": "unknown", "index": 0 });
                json!({ "reasoning": text, "reasoning_details": [detail] })
            }
            Self::Mistral => {
                let inner = json!([{ "type": "text", "text": text }]);
                json!({ "content": [{ "type": "thinking", "thinking": inner }] })
            }
            _ => json!({ "reasoning_content": text }),
        }
    }

    /// The usage as this provider writes it.
    pub(super) fn usage(self, usage: &ScriptedUsage) -> Value {
        let mut wire = json!({
            "prompt_tokens": usage.input,
            "completion_tokens": usage.output,
            "total_tokens": usage.input + usage.output,
            "prompt_tokens_details": { "cached_tokens": usage.cached_input },
            "completion_tokens_details": { "reasoning_tokens": usage.reasoning },
        });
        match self {
            Self::DeepSeek => {
                wire["prompt_cache_hit_tokens"] = json!(usage.cached_input);
                wire["prompt_cache_miss_tokens"] = json!(usage.input - usage.cached_input);
                if let Some(fields) = wire.as_object_mut() {
                    fields.remove("prompt_tokens_details");
                }
            }
            // It counts reasoning beside the completion.
            Self::XAi => wire["completion_tokens"] = json!(usage.output - usage.reasoning),
            Self::OpenRouter => {
                wire["prompt_tokens_details"]["cache_write_tokens"] = json!(usage.cache_write);
                wire["cost"] = json!(0.0123);
                wire["cost_details"] = json!({ "upstream_inference_cost": null });
            }
            _ => {}
        }
        wire
    }

    /// A chunk's fields that carry the usage.
    pub(super) fn usage_fields(self, usage: &ScriptedUsage) -> Value {
        let wire = self.usage(usage);
        if self == Self::Groq {
            json!({ "x_groq": { "id": "req_1", "usage": wire } })
        } else {
            json!({ "usage": wire })
        }
    }
}

fn refusal(message: &str) -> (StatusCode, Value) {
    let error =
        json!({ "message": message, "type": "invalid_request_error", "param": null, "code": "invalid_request_error" });
    (StatusCode::BAD_REQUEST, json!({ "error": error }))
}
