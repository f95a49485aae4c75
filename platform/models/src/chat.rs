use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use quorate_kernel::MicroUsd;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use quorate_formats::Usage;

use crate::{Caller, ModelError, Price};

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions.
    System,
    /// The person, or the program that asks.
    User,
    /// The model.
    Assistant,
}

/// One message of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
    /// Whether everything up to here stays the same over many calls, so that a provider's prompt cache may keep it
    /// (GTW-12). Providers with explicit marks get one here; others cache prefixes by themselves.
    #[serde(default)]
    pub cache: bool,
}

/// The JSON schema an answer must follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseSchema {
    /// A short name, as providers want one: letters, digits and `_`.
    pub name: String,
    /// The JSON schema.
    pub schema: Value,
}

/// The prompt template a request was rendered from, with the very variables that went into it. Providers on the
/// network never see it; the offline model answers from it, and traces name it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateCall {
    /// The template with its version: `board.contribute.v1`.
    pub name: String,
    /// The variables.
    pub variables: Value,
}

/// A request for one chat answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// The messages, system first.
    pub messages: Vec<Message>,
    /// Sampling temperature, 0 to 2; the provider's own when absent.
    pub temperature: Option<f32>,
    /// The most tokens the answer may have.
    pub max_output_tokens: Option<u32>,
    /// The schema the answer must follow, if it is to be JSON.
    pub response_schema: Option<ResponseSchema>,
    /// The template the messages were rendered from, if any.
    pub template: Option<TemplateCall>,
    /// What the call is for: `board`, `solve`, `chat` … (GTW-13).
    pub purpose: String,
    /// The same key for the same call when it is repeated, sent upstream where the provider takes one.
    pub idempotency_key: Option<String>,
    /// Any number that stays the same for one conversation, for routes that keep one with its target.
    #[serde(default)]
    pub conversation: Option<u64>,
    /// How long the caller waits for the whole answer, every attempt included; as the route's time limits have it when
    /// absent.
    #[serde(default)]
    pub deadline: Option<Duration>,
    /// For whom the call is made, and who pays; nobody keeps account of a call without one.
    #[serde(skip)]
    pub caller: Option<Arc<Caller>>,
}

/// What a stream of one answer says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ChatEvent {
    /// The next piece of the answer's text.
    Text(String),
    /// The next piece of the model's thinking, where it shows any.
    Thinking(String),
    /// The answer broke off and begins again, on a route that allows it: what came before is void.
    Restart {
        /// Who answers now, as `provider/model`.
        target: String,
        /// What that costs; `None` when unknown.
        price: Option<Price>,
    },
    /// The end, with what was used. Exactly one, last. A stream that ends without it was cut.
    Done {
        /// Why it ended.
        finish: Finish,
        /// What was used.
        usage: Usage,
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
    /// The provider refused or filtered it.
    Refused,
}

/// A stream of one answer. Dropping it cancels the call upstream.
pub type ChatStream = Pin<Box<dyn Stream<Item = Result<ChatEvent, ModelError>> + Send>>;

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatAnswer {
    /// The text.
    pub text: String,
    /// The model's thinking, where it shows any.
    pub thinking: Option<String>,
    /// Why it ended.
    pub finish: Finish,
    /// What was used.
    pub usage: Usage,
    /// Who answered, as `provider/model`.
    pub model: String,
    /// What it cost; absent when the model's price is unknown (GTW-3: unknown, never zero).
    pub cost: Option<MicroUsd>,
    /// From request to the last byte.
    pub latency: Duration,
    /// From request to the first piece of text.
    pub first_token: Option<Duration>,
}
