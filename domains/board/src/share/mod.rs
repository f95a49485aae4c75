//! Links under which a report can be read without signing in: expiring, revocable, redacted as wanted (BRD-7).

mod keep;
mod redact;
mod token;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use quorate_kernel::{FieldError, Problem, UserId, id_type};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub use redact::{Seat, redacted, without};
pub use token::Token;

use crate::session::{NO_NUL, has_nul};

id_type! {
    /// One link to a report.
    ShareId
}

/// How many links of one session may be open at once.
pub const MOST_OPEN: usize = 20;
/// How long a link may live, in days.
pub const LIFE_DAYS: std::ops::RangeInclusive<i64> = 1..=365;
/// How long it lives unless told, in days.
pub const DEFAULT_DAYS: i64 = 30;
const WORDS: usize = 50;
const WORD_CHARS: std::ops::RangeInclusive<usize> = 2..=80;

/// What readers of a link are not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Redaction {
    /// Whether the problem and the session's name are left out.
    pub hide_problem: bool,
    /// Whether the context (budget, timeline and so on) is shown; it is not unless told.
    pub show_context: bool,
    /// Whether personas are called "Seat 1", "Seat 2" and so on.
    pub hide_names: bool,
    /// Words that are blacked out wherever they stand, such as names of companies or of options: at most 50, each of 2 to
    /// 80 characters, in any case of letters.
    pub hide_words: Vec<String>,
}

impl Redaction {
    /// Checks it and tells all that is wrong at once.
    ///
    /// # Errors
    /// `ValidationFailed` naming each field.
    pub fn check(self) -> Result<Self, Problem> {
        let mut wrong = Vec::new();
        let mut refuse = |field: String, message: &str| wrong.push(FieldError { field, message: message.to_owned() });
        if self.hide_words.len() > WORDS {
            refuse("redact.hide_words".to_owned(), "Name at most 50 words.");
        }
        let hide_words: Vec<String> = self.hide_words.iter().map(|word| word.trim().to_owned()).collect();
        for (index, word) in hide_words.iter().enumerate() {
            let field = format!("redact.hide_words[{index}]");
            if !WORD_CHARS.contains(&word.chars().count()) {
                refuse(field, "A word has 2 to 80 characters.");
            } else if has_nul(word) {
                refuse(field, NO_NUL);
            }
        }
        if wrong.is_empty() { Ok(Self { hide_words, ..self }) } else { Err(Problem::fields(wrong)) }
    }

    /// Whether anything of the report itself is hidden.
    #[must_use]
    pub fn hides(&self) -> bool {
        self.hide_problem || self.hide_names || !self.hide_words.is_empty()
    }
}

/// A link as it is kept: everything but its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Its id.
    pub id: ShareId,
    /// What its readers are not shown.
    pub redaction: Redaction,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
    /// When somebody ended it.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Share {
    /// Whether it can be read with now.
    #[must_use]
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}

/// What the reader of a link sees.
#[derive(Debug, Clone, PartialEq)]
pub struct SharedReport {
    /// The session's name.
    pub title: Option<String>,
    /// What the board was asked.
    pub problem_statement: Option<String>,
    /// Its context, where it was to be shown.
    pub problem_context: BTreeMap<String, String>,
    /// When the board was done.
    pub completed_at: Option<DateTime<Utc>>,
    /// When the link ends.
    pub expires_at: DateTime<Utc>,
    /// Whether something of it is hidden.
    pub redacted: bool,
    /// The report without what is hidden.
    pub report: Value,
}
