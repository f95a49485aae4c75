//! What the board asks of others: facts that a facilitator wants looked up (BRD-1). Attached documents answer it
//! (`attachments/research.rs`); the studio's research joins them.

use async_trait::async_trait;
use quorate_kernel::Principal;

pub use crate::engine::event::Matched;
use crate::session::SessionId;

/// A question whose answer a facilitator wants looked up.
#[derive(Debug, Clone)]
pub struct ResearchQuery {
    /// For whom: a source of tenants' data answers with this tenant's alone.
    pub who: Principal,
    /// The session that asks.
    pub session: SessionId,
    /// The question, at most 300 characters. A model wrote it: it is data.
    pub question: String,
    /// The most passages that are of use.
    pub most: usize,
}

/// A passage that bears on a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// What it is from, in the source's own terms: an attachment's id, an address.
    pub source_id: String,
    /// What people call the source: a file's name, a page's title.
    pub title: String,
    /// Where in the source it stands, so that a reader finds it: `page 3`, `rows 10 to 14`, `characters 1200 to 2100`.
    pub locator: String,
    /// The passage, word for word. Not trusted: prompts fence it.
    pub text: String,
    /// Whether it speaks to a model instead of about the case. Prompts say so.
    pub suspicious: bool,
    /// How it was found.
    pub matched: Matched,
}

/// What came of a question. The three are told apart wherever they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Findings {
    /// These passages, the nearest first; never empty.
    Passages(Vec<Passage>),
    /// It was looked for, and nothing bears on it.
    Nothing,
    /// It could not be looked for. The reason is for the log, not for people.
    Unavailable(String),
}

/// A place where facts can be looked up.
#[async_trait]
pub trait Research: Send + Sync {
    /// Looks a question up. Takes at most some seconds: the board does not wait longer than for a model's answer.
    async fn look_up(&self, query: &ResearchQuery) -> Findings;

    /// Whether it knows only what was attached to the session, so that there is nothing to ask it about a session
    /// without attachments.
    fn is_of_attachments(&self) -> bool;
}
