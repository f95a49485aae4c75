//! xAI: OpenAI's chat format at api.x.ai. Wire facts: `README.md` beside this file.

use std::sync::Arc;

use quorate_formats::Format;

use crate::kinds::Kind;
use crate::openai::{Dialect, EMBEDDINGS, OpenAi};

/// What is known of it.
pub(crate) const KIND: Kind = Kind {
    name: "xai",
    base_url: Some("https://api.x.ai/v1"),
    needs_key: true,
    vendor: Some("xai"),
    tells_cost: false,
    speaks: Some(Format::OpenAiChat),
    also_speaks: None,
    dialect: &Dialect::OPENAI,
    chat: |upstream| Arc::new(OpenAi::new(upstream, &Dialect::OPENAI)),
    embeddings: Some(&EMBEDDINGS),
};
