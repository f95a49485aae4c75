//! Embeddings: OpenAI's `/v1/embeddings` towards callers and its imitators, Voyage's dialect of it, and Gemini's
//! `models/{model}:batchEmbedContents`. Wire facts: `README.md` beside this file.

mod answer;
mod gemini;
mod request;

pub use answer::{Embedded, read_answer, write_answer};
pub use gemini::{read_gemini_answer, write_gemini_request};
pub use request::{EmbeddingsAsked, Encoding, Inputs, read_request, write_request, write_voyage_request};
