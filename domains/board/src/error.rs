//! What can go wrong in the board, and what the caller is told of it.

use quorate_kernel::Problem;
use quorate_store::StoreError;

use crate::persona::PersonaError;
use crate::prompt::PromptError;

/// A failure of the board's own work.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A prompt template.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// A persona file.
    #[error(transparent)]
    Persona(#[from] PersonaError),
    /// A stored event is not of its type's shape.
    #[error("event {sequence} of the log cannot be read: {source}")]
    Log {
        /// Which event.
        sequence: i64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Another worker runs this session now.
    #[error("another worker has taken over this session")]
    Fenced,
    /// Others wrote to the log since the state was read: read it again.
    #[error("the session has moved on")]
    Stale,
    /// A step panicked.
    #[error("a step of the session panicked")]
    Broken,
    /// There is no such session, or it is not the caller's.
    #[error("no such board session")]
    NotFound,
    /// The session is not in a state that allows this.
    #[error("{0}")]
    Conflict(&'static str),
}

impl From<BoardError> for Problem {
    fn from(error: BoardError) -> Self {
        match error {
            BoardError::NotFound => Self::not_found("board session"),
            BoardError::Conflict(message) => Self::conflict(message),
            other => Self::internal(other),
        }
    }
}
