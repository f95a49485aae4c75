//! A scripted model server as a real process: it speaks OpenAI's chat completions, responses and embeddings, Anthropic's
//! messages, Gemini's and Voyage's formats, and the chat dialects of Mistral, DeepSeek, Groq, xAI and OpenRouter; it answers any JSON schema with a valid and repeatable instance, fails on demand, and keeps a journal of
//! what reached it. `src/bin/scripted-models.rs` runs it; [`ScriptedModels`] starts and asks that binary.
//!
//! Tests of other crates need the binary built: `cargo nextest run --workspace` does it by itself, for one package run
//! `cargo build -p quorate-testkit --bins` first.

mod answer;
mod asked;
mod client;
mod dialect;
mod embeddings;
mod faults;
mod journal;
mod responses;
mod script;
mod server;
mod wire;

pub use client::ScriptedModels;
pub use journal::{Outcome, Visit};
pub use script::{Act, Match, Rule, ScriptedCall, ScriptedUsage};
pub use server::serve;
