//! DeepSeek: OpenAI's chat format at api.deepseek.com. Wire facts: `README.md` beside this file.

use std::sync::Arc;

use quorate_formats::Format;

use crate::kinds::Kind;
use crate::openai::{Dialect, OpenAi};

/// What is known of it.
pub(crate) const KIND: Kind = Kind {
    name: "deepseek",
    base_url: Some("https://api.deepseek.com/v1"),
    needs_key: true,
    vendor: Some("deepseek"),
    tells_cost: false,
    speaks: Some(Format::OpenAiChat),
    also_speaks: None,
    dialect: &DIALECT,
    chat: |upstream| Arc::new(OpenAi::new(upstream, &DIALECT)),
    embeddings: None,
};

/// It has a JSON mode, and no schemas.
const DIALECT: Dialect =
    Dialect { schemas: false, renamed: &[("max_completion_tokens", "max_tokens")], ..Dialect::COMMON };
