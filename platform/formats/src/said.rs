use serde::{Deserialize, Serialize};

/// What an answer says, piece by piece. A whole answer is the list of its pieces.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// The answer begins.
    Begun {
        /// The provider's id of the answer.
        id: Option<String>,
        /// The model that answers, as the provider calls it.
        model: Option<String>,
    },
    /// A piece of text.
    Text(String),
    /// A piece of a refusal.
    Refusal(String),
    /// A piece of thinking.
    Thinking(String),
    /// The signature of the thinking before it.
    Signature(String),
    /// Thinking that only its provider can read.
    SealedThinking(String),
    /// A call of a tool begins. Its arguments follow.
    ToolCall {
        /// Which call of this answer, from 0.
        index: usize,
        /// The call's id.
        id: String,
        /// The tool.
        name: String,
    },
    /// A piece of the arguments of a call, as JSON text.
    Arguments {
        /// Which call.
        index: usize,
        /// The piece.
        piece: String,
    },
    /// The answer is whole. Nothing follows.
    Done {
        /// Why it ended.
        finish: Finish,
        /// What it took; `None` when the provider did not say.
        usage: Option<Usage>,
    },
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model had said all.
    Stop,
    /// The output limit was reached.
    Length,
    /// The model wants tools called.
    ToolCalls,
    /// The provider refused or filtered it.
    Refused,
}

/// Tokens of one call, as the provider counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// All input tokens, cached ones included.
    pub input: u64,
    /// Output tokens, reasoning included.
    pub output: u64,
    /// Input tokens served from the provider's prompt cache.
    pub cached_input: u64,
    /// Input tokens written to the provider's prompt cache, where it bills them.
    pub cache_write: u64,
    /// Output tokens spent on reasoning.
    pub reasoning: u64,
}
