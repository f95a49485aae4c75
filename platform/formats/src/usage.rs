//! Usage as each format writes it, the readers of several providers' dialects in one place.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::Usage;

/// OpenAI's usage of a chat completion, and what others made of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ChatUsage {
    #[serde(deserialize_with = "count")]
    prompt_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    completion_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    total_tokens: Option<u64>,
    prompt_tokens_details: Option<InputDetails>,
    completion_tokens_details: Option<OutputDetails>,
    /// DeepSeek's name for cached tokens.
    #[serde(deserialize_with = "count")]
    prompt_cache_hit_tokens: Option<u64>,
    /// Moonshot's.
    #[serde(deserialize_with = "count")]
    cached_tokens: Option<u64>,
    /// What OpenRouter charged, in dollars.
    #[serde(deserialize_with = "amount")]
    pub(crate) cost: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InputDetails {
    #[serde(deserialize_with = "count")]
    cached_tokens: Option<u64>,
    /// Where the provider bills what it writes to its cache.
    #[serde(deserialize_with = "count")]
    cache_write_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutputDetails {
    #[serde(deserialize_with = "count")]
    reasoning_tokens: Option<u64>,
    /// Anthropic's name.
    #[serde(deserialize_with = "count")]
    thinking_tokens: Option<u64>,
}

impl From<&ChatUsage> for Usage {
    fn from(wire: &ChatUsage) -> Self {
        let input = wire.prompt_tokens.unwrap_or_default();
        let output = wire.completion_tokens.unwrap_or_default();
        let details = wire.completion_tokens_details.as_ref();
        let reasoning = details.and_then(|details| details.reasoning_tokens).unwrap_or_default();
        // Some providers count reasoning beside the completion instead of in it; the total gives them away.
        let sum = input.saturating_add(output).saturating_add(reasoning);
        let beside = reasoning > 0 && wire.total_tokens == Some(sum);
        let details = wire.prompt_tokens_details.as_ref();
        let cached = details.and_then(|details| details.cached_tokens);
        let cached = cached.or(wire.prompt_cache_hit_tokens).or(wire.cached_tokens).unwrap_or_default();
        let written = details.and_then(|details| details.cache_write_tokens).unwrap_or_default();
        Self {
            input,
            output: if beside { output.saturating_add(reasoning) } else { output },
            cached_input: cached.min(input),
            cache_write: written.min(input),
            reasoning,
        }
    }
}

/// OpenAI's usage of a response.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ResponsesUsage {
    #[serde(deserialize_with = "count")]
    input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    output_tokens: Option<u64>,
    input_tokens_details: Option<InputDetails>,
    output_tokens_details: Option<OutputDetails>,
}

impl From<&ResponsesUsage> for Usage {
    fn from(wire: &ResponsesUsage) -> Self {
        let input = wire.input_tokens.unwrap_or_default();
        let details = wire.input_tokens_details.as_ref();
        let written = details.and_then(|details| details.cache_write_tokens).unwrap_or_default();
        let output = wire.output_tokens_details.as_ref();
        Self {
            input,
            output: wire.output_tokens.unwrap_or_default(),
            cached_input: details.and_then(|details| details.cached_tokens).unwrap_or_default().min(input),
            cache_write: written.min(input),
            reasoning: output.and_then(|details| details.reasoning_tokens).unwrap_or_default(),
        }
    }
}

/// Anthropic's usage. Its input excludes what a cache had or got.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MessagesUsage {
    #[serde(deserialize_with = "count")]
    input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    output_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    cache_read_input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    cache_creation_input_tokens: Option<u64>,
    output_tokens_details: Option<OutputDetails>,
}

/// Anthropic's counts as they come: at the beginning of a message and again at its end.
#[derive(Debug, Default)]
pub(crate) struct MessagesCounts {
    wire: MessagesUsage,
    any: bool,
}

impl MessagesCounts {
    /// Later figures replace earlier ones: they are running totals.
    pub(crate) fn update(&mut self, wire: &MessagesUsage) {
        let set = |count: &mut Option<u64>, value: Option<u64>| *count = value.or(*count);
        set(&mut self.wire.input_tokens, wire.input_tokens);
        set(&mut self.wire.output_tokens, wire.output_tokens);
        set(&mut self.wire.cache_read_input_tokens, wire.cache_read_input_tokens);
        set(&mut self.wire.cache_creation_input_tokens, wire.cache_creation_input_tokens);
        if let Some(details) = &wire.output_tokens_details {
            let kept = self.wire.output_tokens_details.get_or_insert_default();
            set(&mut kept.thinking_tokens, details.thinking_tokens.or(details.reasoning_tokens));
        }
        self.any = true;
    }

    /// The counts so far, if there were any.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let wire = &self.wire;
        let read = wire.cache_read_input_tokens.unwrap_or_default();
        let written = wire.cache_creation_input_tokens.unwrap_or_default();
        let details = wire.output_tokens_details.as_ref();
        self.any.then(|| Usage {
            input: wire.input_tokens.unwrap_or_default().saturating_add(read).saturating_add(written),
            output: wire.output_tokens.unwrap_or_default(),
            cached_input: read,
            cache_write: written,
            reasoning: details.and_then(|details| details.thinking_tokens).unwrap_or_default(),
        })
    }
}

/// Gemini's `usageMetadata`. Its candidates exclude the thoughts.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct GeminiUsage {
    #[serde(deserialize_with = "count")]
    prompt_token_count: Option<u64>,
    #[serde(deserialize_with = "count")]
    tool_use_prompt_token_count: Option<u64>,
    #[serde(deserialize_with = "count")]
    candidates_token_count: Option<u64>,
    #[serde(deserialize_with = "count")]
    thoughts_token_count: Option<u64>,
    #[serde(deserialize_with = "count")]
    cached_content_token_count: Option<u64>,
    #[serde(deserialize_with = "count")]
    total_token_count: Option<u64>,
}

impl GeminiUsage {
    /// Whether it counts anything: on Vertex only the last event of a stream does.
    pub(crate) const fn counts(&self) -> bool {
        self.prompt_token_count.is_some()
    }
}

impl From<&GeminiUsage> for Usage {
    fn from(wire: &GeminiUsage) -> Self {
        let prompt = wire.prompt_token_count.unwrap_or_default();
        let input = prompt.saturating_add(wire.tool_use_prompt_token_count.unwrap_or_default());
        let reasoning = wire.thoughts_token_count.unwrap_or_default();
        // Without a count of the candidates the total tells it.
        let output = match (wire.candidates_token_count, wire.total_token_count) {
            (Some(candidates), _) => candidates.saturating_add(reasoning),
            (None, Some(total)) => total.saturating_sub(input).max(reasoning),
            (None, None) => reasoning,
        };
        Self {
            input,
            output,
            cached_input: wire.cached_content_token_count.unwrap_or_default().min(input),
            cache_write: 0,
            reasoning,
        }
    }
}

/// A count, however it is written: one odd field must not cost us all the others.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        _ => None,
    })
}

fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_f64().filter(|amount| *amount >= 0.0))
}

/// A float as a count; 2^53 and more is nobody's.
fn whole(float: f64) -> Option<u64> {
    if (0.0..9_007_199_254_740_992.0).contains(&float) { format!("{:.0}", float.trunc()).parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(json: &str) -> Usage {
        Usage::from(&serde_json::from_str::<ChatUsage>(json).unwrap())
    }

    #[test]
    fn every_dialect_of_chat_is_read() {
        let openai = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,
            "prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}"#;
        assert_eq!(chat(openai), Usage { input: 10, output: 5, cached_input: 4, cache_write: 0, reasoning: 2 });
        let xai = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,"completion_tokens_details":{"reasoning_tokens":20}}"#;
        assert_eq!((chat(xai).output, chat(xai).reasoning), (25, 20));
        let deepseek =
            r#"{"prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":8,"prompt_cache_miss_tokens":2}"#;
        assert_eq!(chat(deepseek).cached_input, 8);
        assert_eq!(chat(r#"{"prompt_tokens":10,"cached_tokens":6}"#).cached_input, 6);
        let odd = r#"{"prompt_tokens":10.0,"completion_tokens":null,"total_tokens":"x","prompt_tokens_details":null}"#;
        assert_eq!(chat(odd), Usage { input: 10, ..Usage::default() });
        assert_eq!(chat(r#"{"prompt_tokens":3,"prompt_tokens_details":{"cached_tokens":9}}"#).cached_input, 3);
        assert_eq!(chat(r#"{"prompt_tokens":-3,"completion_tokens":1e300}"#), Usage::default());
    }

    #[test]
    fn geminis_thoughts_are_output() {
        let wire =
            r#"{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":7,"cachedContentTokenCount":4}"#;
        let usage = Usage::from(&serde_json::from_str::<GeminiUsage>(wire).unwrap());
        assert_eq!(usage, Usage { input: 10, output: 12, cached_input: 4, cache_write: 0, reasoning: 7 });
    }
}
