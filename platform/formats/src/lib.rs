//! The wire formats of model APIs: what a request, an answer and a stream look like at OpenAI's, Anthropic's and
//! Gemini's, and how one becomes another (GTW-20, GTW-32). Pure: no I/O, no clock.
//!
//! Between two formats stands the neutral form of [`Asked`] and [`Said`], so that a format is written once and not once
//! for each other one. Where both sides speak the same format nothing is translated: the bytes are relayed.

pub mod anthropic_messages;
#[cfg(test)]
mod arbitrary;
mod asked;
mod bad_body;
mod canonical;
mod conversation;
mod count;
pub mod embeddings;
mod envelope;
mod error;
mod fields;
mod filter;
mod garbled;
pub mod gemini;
mod meta;
pub mod openai_chat;
mod origin;
pub mod responses;
mod said;
mod scan;
mod sse;
mod translate;
mod usage;
mod walk;

pub use asked::{AnswerForm, Asked, Effort, Image, ImageSource, Part, Role, Tool, ToolChoice, Turn};
pub use bad_body::BadBody;
pub use canonical::canonical;
pub use count::{count_tokens, text_tokens};
pub use envelope::Envelope;
pub use error::error_body;
pub use filter::UsageFilter;
pub use garbled::Garbled;
pub use meta::Meta;
pub use said::{Finish, Said, Usage};
pub use scan::{UsageScanner, usage_of};
pub use translate::{
    StreamTranslator, StreamWriter, Translated, read_answer, read_request, read_stream, repeated, translate_answer,
    translate_request, write_answer, write_request, write_stream,
};
pub use walk::MAX_DEPTH;

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// OpenAI's `/v1/chat/completions`, and everyone who speaks it.
    OpenAiChat,
    /// OpenAI's `/v1/responses`.
    OpenAiResponses,
    /// Anthropic's `/v1/messages`.
    AnthropicMessages,
    /// Google's `models/{model}:generateContent` and `:streamGenerateContent?alt=sse`.
    Gemini,
}
