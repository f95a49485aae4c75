//! OpenRouter: OpenAI's chat format at openrouter.ai, in front of many vendors. Wire facts: `README.md` beside this file.

use std::sync::Arc;

use quorate_formats::Format;

use crate::kinds::Kind;
use crate::openai::{Dialect, EMBEDDINGS, OpenAi};

/// What is known of it. It has no vendor in the catalogue: it chooses among resellers with prices of their own.
pub(crate) const KIND: Kind = Kind {
    name: "openrouter",
    base_url: Some("https://openrouter.ai/api/v1"),
    needs_key: true,
    vendor: None,
    tells_cost: true,
    speaks: Some(Format::OpenAiChat),
    also_speaks: None,
    dialect: &DIALECT,
    chat: |upstream| Arc::new(OpenAi::new(upstream, &DIALECT)),
    embeddings: Some(&EMBEDDINGS),
};

/// It passes Anthropic's cache marks on.
const DIALECT: Dialect = Dialect { cache_marks: true, ..Dialect::COMMON };
