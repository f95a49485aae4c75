//! Groq: OpenAI's chat format at api.groq.com. Wire facts: `README.md` beside this file.

use std::sync::Arc;

use quorate_formats::Format;

use crate::kinds::Kind;
use crate::openai::{Dialect, OpenAi};

/// What is known of it.
pub(crate) const KIND: Kind = Kind {
    name: "groq",
    base_url: Some("https://api.groq.com/openai/v1"),
    needs_key: true,
    vendor: Some("groq"),
    tells_cost: false,
    speaks: Some(Format::OpenAiChat),
    also_speaks: None,
    dialect: &DIALECT,
    chat: |upstream| Arc::new(OpenAi::new(upstream, &DIALECT)),
    embeddings: None,
};

/// It calls `max_tokens` the old name, as OpenAI does.
const DIALECT: Dialect =
    Dialect { limit_name: "max_completion_tokens", other_limit_name: "max_tokens", ..Dialect::COMMON };
