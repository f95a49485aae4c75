use serde_json::{Map, Value};

/// What an answer that we write says of itself beside its content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// The answer's id without a prefix; each format puts its own before it. Unique, chosen by the caller.
    pub id: String,
    /// The model that the answer names.
    pub model: String,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// Whether a stream of OpenAI's chat format says its usage.
    pub stream_usage: bool,
    /// What a response of OpenAI's repeats of its request, as [`repeated`](crate::repeated) reads it.
    pub repeated: Map<String, Value>,
}
