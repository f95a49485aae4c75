use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One rule of a script: which requests, and what happens to them. The first rule that matches decides.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Which requests; all when empty.
    #[serde(rename = "match")]
    pub matching: Match,
    /// What happens to them; a plain answer when empty.
    pub act: Act,
    /// How many requests the rule is good for; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

impl Rule {
    /// A rule for every request.
    #[must_use]
    pub fn always(act: Act) -> Self {
        Self { act, ..Self::default() }
    }

    /// The same, for at most `times` requests.
    #[must_use]
    pub const fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// The same, for requests with the schema of this name.
    #[must_use]
    pub fn for_schema(mut self, name: impl Into<String>) -> Self {
        self.matching.schema = Some(name.into());
        self
    }

    /// The same, for requests with this text in a message.
    #[must_use]
    pub fn containing(mut self, text: impl Into<String>) -> Self {
        self.matching.contains = Some(text.into());
        self
    }
}

/// Which requests a rule is about: those that fulfil all that is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// A text in any message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// The name of the schema, or of the tool that carries it: `vote`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The model asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// A field that the body has, as a JSON pointer: `/response_format`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has: Option<String>,
    /// Only the nth request that fulfils the rest, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
}

/// What happens to a request. What is not set happens as usual.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Act {
    /// The status; from 400 on an error in the wire format's own shape, unless `body` is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The `Retry-After` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
    /// The message of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The type of the error; by the status when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<String>,
    /// The whole body, sent as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The content type of `body`; that of a usual answer when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The answer: a string as the text itself, an object laid over the fields of the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Value>,
    /// Thinking that comes before the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// The finish or stop reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish: Option<String>,
    /// The tool that is called instead of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<ScriptedCall>,
    /// Fields laid over the answer's own, or over those of every event of a stream: what only this provider knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<Value>,
    /// The tokens counted; by the length of the texts when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<ScriptedUsage>,
    /// The answer's text breaks off, so that it is no JSON, while the stream ends as it should.
    pub malformed_json: bool,
    /// An error event of this type in the middle of the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_error: Option<String>,
    /// The connection is broken after so many bytes of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_after_bytes: Option<usize>,
    /// With `cut_after_bytes`: the body ends in good order there, as if it were whole.
    pub cut_cleanly: bool,
    /// Nothing is ever answered.
    pub hang: bool,
    /// Nothing more comes after so many bytes of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hang_after_bytes: Option<usize>,
    /// Milliseconds before anything is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Milliseconds before each chunk of a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunk_delay_ms: Option<u64>,
}

/// A tool that the model wants called.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScriptedCall {
    /// The tool.
    pub name: String,
    /// Its arguments.
    pub arguments: Value,
}

/// Tokens as the provider would count them, in the neutral meaning: `input` includes cached tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScriptedUsage {
    /// All input tokens.
    pub input: u64,
    /// All output tokens.
    pub output: u64,
    /// Input tokens read from a cache.
    pub cached_input: u64,
    /// Input tokens written to a cache.
    pub cache_write: u64,
    /// Output tokens of reasoning.
    pub reasoning: u64,
}

/// The rules in force with what they have seen.
#[derive(Default)]
pub(super) struct Script {
    rules: Vec<Counted>,
}

struct Counted {
    rule: Rule,
    matched: u64,
    used: u64,
}

impl Script {
    pub(super) fn new(rules: Vec<Rule>) -> Self {
        Self { rules: rules.into_iter().map(|rule| Counted { rule, matched: 0, used: 0 }).collect() }
    }

    /// The number of the rule for a request and what it does, if any rule is about it. Each rule counts the requests
    /// it would fit, also when an earlier one decides.
    pub(super) fn take(&mut self, fits: impl Fn(&Match) -> bool) -> Option<(usize, Act)> {
        let mut taken = None;
        for (number, counted) in self.rules.iter_mut().enumerate() {
            if !fits(&counted.rule.matching) {
                continue;
            }
            counted.matched += 1;
            let wanted = counted.rule.matching.nth.is_none_or(|nth| nth == counted.matched);
            let left = counted.rule.times.is_none_or(|times| counted.used < times);
            if taken.is_none() && wanted && left {
                counted.used += 1;
                taken = Some((number, counted.rule.act.clone()));
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_is_not_spent_decides() {
        let first = Rule::always(Act { status: Some(429), ..Act::default() }).times(2);
        let mut nth = Rule::always(Act { status: Some(500), ..Act::default() });
        nth.matching.nth = Some(4);
        let mut script = Script::new(vec![first, nth]);
        let statuses: Vec<Option<u16>> =
            (0..5).map(|_| script.take(|_| true).and_then(|(_, act)| act.status)).collect();
        assert_eq!(statuses, [Some(429), Some(429), None, Some(500), None]);
    }
}
