//! Mistral: OpenAI's chat format at api.mistral.ai, strictly kept. Wire facts: `README.md` beside this file.

use std::sync::Arc;

use quorate_formats::Format;

use crate::kinds::Kind;
use crate::openai::{Dialect, EMBEDDINGS, OpenAi};

/// What is known of it.
pub(crate) const KIND: Kind = Kind {
    name: "mistral",
    base_url: Some("https://api.mistral.ai/v1"),
    needs_key: true,
    vendor: Some("mistral"),
    tells_cost: false,
    speaks: Some(Format::OpenAiChat),
    also_speaks: None,
    dialect: &DIALECT,
    chat: |upstream| Arc::new(OpenAi::new(upstream, &DIALECT)),
    embeddings: Some(&EMBEDDINGS),
};

/// Every field that the API does not list is answered with 422.
const DIALECT: Dialect = Dialect {
    stream_options: false,
    renamed: &[("max_completion_tokens", "max_tokens"), ("seed", "random_seed")],
    refused: &["stream_options", "user", "store", "service_tier", "safety_identifier"],
    some_tool: Some("any"),
    ..Dialect::COMMON
};
