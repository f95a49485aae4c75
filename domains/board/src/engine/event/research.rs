//! What belongs to documents and to facts that were looked up.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::session::named;

/// A document that the user attached, as the board reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Material {
    /// Its id.
    pub source_id: String,
    /// Its file name.
    pub title: String,
    /// What every seat reads of it: all of it, or its beginning; the rest is found by research.
    pub text: String,
    /// How many characters it has in all.
    pub characters: usize,
    /// Whether it holds passages that speak to a model instead of about the case.
    #[serde(default)]
    pub suspicious: bool,
}

named! {
    /// What came of looking something up.
    ResearchStatus {
        /// Passages were found.
        Found = "found",
        /// It was looked for, and nothing bears on it.
        Nothing = "nothing",
        /// It could not be looked for.
        Unavailable = "unavailable",
    }
}

named! {
    /// How a passage was found.
    Matched {
        /// By its meaning, as an embedding measures it, and by words it shares with the question.
        Meaning = "meaning",
        /// By shared words alone, because no embedding could be had.
        Words = "words",
    }
}

impl Default for Matched {
    /// Of passages recorded before this was.
    fn default() -> Self {
        Self::Meaning
    }
}

/// A passage as it is cited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// How it is cited within the session: `S1`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it is from: an attachment's id, an address.
    pub source_id: String,
    /// What people call it.
    pub title: String,
    /// Where in it the passage stands.
    pub locator: String,
    /// The passage, word for word.
    pub text: String,
    /// Whether it holds text that speaks to a model instead of about the case.
    #[serde(default)]
    pub suspicious: bool,
    /// How it was found.
    #[serde(default)]
    pub matched: Matched,
}

/// What was found on a question of the facilitator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Researched {
    /// The sub-problem.
    pub sub_problem: usize,
    /// The round after which it was asked.
    pub round: u8,
    /// The question.
    pub question: String,
    /// What came of it.
    pub status: ResearchStatus,
    /// The passages, the nearest first.
    pub sources: Vec<Source>,
}
