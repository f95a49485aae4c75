//! The nouns of a board session, and the rules a new one must meet.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use quorate_kernel::{FieldError, MicroUsd, OrgId, Problem, UserId, id_type};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::persona::Catalogue;

id_type! {
    /// One board session, from problem to report.
    SessionId
}

/// Gives an enum its stored name next to the one serde writes, so that the two cannot differ.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:tt),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// The name as stored and shown.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value of that name, if there is one.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use named;

named! {
    /// How far a board goes (BRD-26).
    Mode {
        /// Independent drafts, a blind vote, the report. No discussion.
        Quick = "quick",
        /// One or two rounds, and only where the seats disagree.
        Standard = "standard",
        /// Discussion up to the limit.
        Deep = "deep",
        /// Two seats that differ first, and the rest of the board only where they disagree.
        Auto = "auto",
    }
}

named! {
    /// Where a session stands.
    Status {
        /// Created, or at work.
        Active = "active",
        /// Waiting for the user.
        Paused = "paused",
        /// The report is there.
        Completed = "completed",
        /// Ended without a result, for the reason given.
        Failed = "failed",
        /// Stopped by the user; what there was is kept.
        Cancelled = "cancelled",
        /// Put away.
        Archived = "archived",
    }
}

named! {
    /// The step of the course that a session, or one of its sub-problems, is in.
    Phase {
        /// The problem is taken in, and questions are asked where they were wanted.
        Intake = "intake",
        /// The problem is split into sub-problems.
        Decomposition = "decomposition",
        /// Seats are filled.
        Selection = "selection",
        /// Every seat answers alone.
        InitialRound = "initial_round",
        /// Seats answer each other.
        Discussion = "discussion",
        /// Seats vote, blind to each other's ballots.
        Voting = "voting",
        /// The report is written.
        Synthesis = "synthesis",
        /// All is done.
        Complete = "complete",
    }
}

named! {
    /// What a persona would do, or did, with a proposal.
    Decision {
        /// For it.
        Yes = "yes",
        /// Against it.
        No = "no",
        /// For it, if its conditions are met.
        Conditional = "conditional",
        /// Neither.
        Abstain = "abstain",
    }
}

impl Decision {
    /// Which side of a proposal this is on: a condition is a yes with terms (BRD-6).
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::Yes | Self::Conditional => Side::For,
            Self::No => Side::Against,
            Self::Abstain => Side::Neither,
        }
    }
}

/// A side of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Yes, with or without conditions.
    For,
    /// No.
    Against,
    /// Abstention.
    Neither,
}

/// What a persona would vote now (BRD-10).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Stance {
    /// Its decision.
    pub decision: Decision,
    /// How sure it is, 0 to 1.
    pub confidence: f64,
}

named! {
    /// What kind of result a session came to (BRD-29).
    Outcome {
        /// Every sub-problem was voted on with a quorum.
        Complete = "complete",
        /// Some of it is missing: the user or a limit stopped it, or a sub-problem had no quorum.
        Partial = "partial",
        /// Fewer than half of the seats voted.
        NoQuorum = "no_quorum",
        /// The board is split and nothing new was said for two rounds.
        Deadlock = "deadlock",
    }
}

named! {
    /// Why a session failed, or why a seat is absent.
    FailureCode {
        /// The model's provider could not be reached or refused.
        InfraFailure = "infra_failure",
        /// No answer within the time allowed.
        Timeout = "timeout",
        /// The answer did not fit its schema, and neither did the repaired one (BRD-5).
        InvalidOutput = "invalid_output",
        /// The session's cost ceiling did not allow the call.
        CostCeiling = "cost_ceiling",
    }
}

/// What the user asked for, checked. It is the first event of the log and never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    /// The decision to be made, 10 to 10,000 characters.
    pub problem_statement: String,
    /// Budget, timeline, constraints and other fields.
    #[serde(default)]
    pub problem_context: BTreeMap<String, String>,
    /// How far the board goes.
    pub mode: Mode,
    /// The most discussion rounds.
    pub max_rounds: u8,
    /// The personas the user chose; the board chooses when absent.
    pub personas: Option<Vec<String>>,
    /// Whether the board may ask the user questions.
    pub clarify: bool,
    /// Whether the user declares that there is no way back (BRD-28).
    #[serde(default)]
    pub one_way_door: bool,
    /// Whether the strongest single model is asked as well, so that the report can say where the board changed the
    /// answer (BRD-31).
    #[serde(default)]
    pub baseline: bool,
    /// The courses to choose among, where they are known before: none, or 2 to 5 that exclude each other. Then no model
    /// splits the problem or forms options, and the seats vote on these (BRD-31).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Where the user leans, kept from the board until the vote is out.
    pub lean: Option<String>,
    /// The model route to use instead of the configured ones.
    pub route: Option<String>,
    /// The most this session may cost.
    pub cost_ceiling: MicroUsd,
}

/// A request for a new session, as it came in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewSession {
    /// The decision to be made.
    pub problem_statement: String,
    /// Budget, timeline, constraints and other fields.
    pub problem_context: BTreeMap<String, String>,
    /// How far the board goes; standard unless told.
    pub mode: Option<Mode>,
    /// The most discussion rounds; by mode unless told.
    pub max_rounds: Option<i64>,
    /// The personas to seat.
    pub personas: Option<Vec<String>>,
    /// Whether the board may ask questions.
    pub clarify: bool,
    /// Whether there is no way back.
    pub one_way_door: bool,
    /// Whether the strongest single model is asked as well.
    pub baseline: bool,
    /// The courses to choose among, where they are known before.
    pub choices: Vec<String>,
    /// Where the user leans.
    pub lean: Option<String>,
    /// The model route to use.
    pub route: Option<String>,
    /// Whether the route may be any model of a configured provider, as on the operator's command line.
    pub any_model: bool,
    /// The most it may cost, in dollars; never above the server's own ceiling.
    pub cost_ceiling_usd: Option<f64>,
}

/// The hard limit on rounds.
pub const MAX_ROUNDS: u8 = 10;
const STATEMENT: std::ops::RangeInclusive<usize> = 10..=10_000;
const SEATS: std::ops::RangeInclusive<usize> = 2..=8;
const CONTEXT_FIELDS: usize = 20;
const CONTEXT_CHARS: usize = 2_000;
const LEAN_CHARS: usize = 500;
const CHOICES: std::ops::RangeInclusive<usize> = 2..=5;
const CHOICE_CHARS: usize = 500;

/// What is said of a text with the character U+0000. No keyboard makes one, and PostgreSQL takes none in its texts.
pub(crate) const NO_NUL: &str = "Leave out the NUL character.";

/// Whether a text holds the character U+0000.
pub(crate) fn has_nul(text: &str) -> bool {
    text.contains('\0')
}

impl NewSession {
    /// Checks every field and tells all that is wrong at once.
    ///
    /// # Errors
    /// `ValidationFailed` naming each field.
    pub fn check(
        self,
        personas: &Catalogue,
        knows_route: impl Fn(&str) -> bool,
        ceiling: MicroUsd,
    ) -> Result<Brief, Problem> {
        let mut wrong = Vec::new();
        let mut refuse = |field: &str, message: String| wrong.push(FieldError { field: field.to_owned(), message });

        let problem_statement = self.problem_statement.trim().to_owned();
        let length = problem_statement.chars().count();
        if !STATEMENT.contains(&length) {
            refuse("problem_statement", format!("Write 10 to 10,000 characters; this has {length}."));
        } else if has_nul(&problem_statement) {
            refuse("problem_statement", NO_NUL.to_owned());
        }
        if self.problem_context.len() > CONTEXT_FIELDS {
            refuse("problem_context", format!("Give at most {CONTEXT_FIELDS} fields."));
        }
        for (name, value) in &self.problem_context {
            if name.chars().count() > 60 || value.chars().count() > CONTEXT_CHARS {
                refuse("problem_context", "A field has at most 2,000 characters, its name at most 60.".to_owned());
                break;
            }
            if has_nul(name) || has_nul(value) {
                refuse("problem_context", NO_NUL.to_owned());
                break;
            }
        }
        let mode = self.mode.unwrap_or(Mode::Standard);
        let max_rounds = match self.max_rounds {
            None => default_rounds(mode),
            Some(rounds) => match u8::try_from(rounds) {
                Ok(rounds) if (1..=MAX_ROUNDS).contains(&rounds) => rounds,
                _ => {
                    refuse("max_rounds", format!("Choose 1 to {MAX_ROUNDS} rounds."));
                    MAX_ROUNDS
                }
            },
        };
        if let Some(codes) = &self.personas {
            if !SEATS.contains(&codes.len()) {
                refuse("personas", "Choose 2 to 8 personas, or none and let the board choose.".to_owned());
            }
            for (index, code) in codes.iter().enumerate() {
                let field = format!("personas[{index}]");
                if personas.get(code).is_none() {
                    refuse(&field, "There is no such persona.".to_owned());
                } else if codes.iter().take(index).any(|earlier| earlier == code) {
                    refuse(&field, "This persona has a seat already.".to_owned());
                }
            }
        }
        let lean = self.lean.map(|lean| lean.trim().to_owned()).filter(|lean| !lean.is_empty());
        if lean.as_ref().is_some_and(|lean| lean.chars().count() > LEAN_CHARS) {
            refuse("lean", format!("Write at most {LEAN_CHARS} characters."));
        } else if lean.as_deref().is_some_and(has_nul) {
            refuse("lean", NO_NUL.to_owned());
        }
        if self.route.as_deref().is_some_and(|route| !knows_route(route)) {
            refuse("route", "There is no such model route.".to_owned());
        }
        let choices: Vec<String> = self.choices.iter().map(|choice| choice.trim().to_owned()).collect();
        if !choices.is_empty() && !CHOICES.contains(&choices.len()) {
            refuse("choices", "Give 2 to 5 choices, or none.".to_owned());
        }
        for (index, choice) in choices.iter().enumerate() {
            let field = format!("choices[{index}]");
            if choice.is_empty() || choice.chars().count() > CHOICE_CHARS {
                refuse(&field, format!("Write 1 to {CHOICE_CHARS} characters."));
            } else if has_nul(choice) {
                refuse(&field, NO_NUL.to_owned());
            } else if choices.iter().take(index).any(|earlier| earlier == choice) {
                refuse(&field, "This choice is there already.".to_owned());
            }
        }
        let cost_ceiling = match self.cost_ceiling_usd {
            None => ceiling,
            Some(dollars) if dollars.is_finite() && dollars > 0.0 => MicroUsd::from_dollars(dollars).min(ceiling),
            Some(_) => {
                refuse("cost_ceiling_usd", "Give an amount above zero.".to_owned());
                ceiling
            }
        };
        if !wrong.is_empty() {
            return Err(Problem::fields(wrong));
        }
        Ok(Brief {
            problem_statement,
            problem_context: self.problem_context,
            mode,
            max_rounds,
            personas: self.personas,
            clarify: self.clarify,
            one_way_door: self.one_way_door,
            baseline: self.baseline,
            choices,
            lean,
            route: self.route,
            cost_ceiling,
        })
    }
}

const fn default_rounds(mode: Mode) -> u8 {
    match mode {
        Mode::Quick => 1,
        Mode::Standard | Mode::Auto => 2,
        Mode::Deep => 4,
    }
}

/// A session as it is kept: what lists and pages show of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The organization it belongs to.
    pub org_id: OrgId,
    /// Who convened it.
    pub user_id: UserId,
    /// A short name, given by the user.
    pub title: Option<String>,
    /// What was asked for.
    pub brief: Brief,
    /// Where it stands.
    pub status: Status,
    /// The step it is in.
    pub phase: Phase,
    /// What kind of result it came to.
    pub outcome: Option<Outcome>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The route and model at the start; absent before.
    pub model: Option<String>,
    /// Whether the offline demo model speaks in it (GTW-2).
    pub offline_demo: bool,
    /// Questions that wait for the user.
    pub questions: Vec<Question>,
    /// Until when they wait.
    pub answer_deadline: Option<DateTime<Utc>>,
    /// Whether the user holds it.
    pub held: bool,
    /// Whether the user wants it ended.
    pub stopping: bool,
    /// The sequence of its newest event.
    pub last_sequence: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub completed_at: Option<DateTime<Utc>>,
}

impl Session {
    /// Whether it waits for the user: held, or with questions open.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.held || !self.questions.is_empty()
    }
}

/// Why a session failed, as the user may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// The kind.
    pub code: FailureCode,
    /// A sentence.
    pub message: String,
}

/// A question to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Question {
    /// Names it in the answer.
    pub id: String,
    /// The question.
    pub question: String,
    /// Why the answer matters.
    pub why: String,
}

/// An answer to a question; none when it was skipped or its time ran out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    /// The question's id.
    pub question_id: String,
    /// What was answered, at most 2,000 characters; null to skip.
    pub answer: Option<String>,
}

/// The id of something a session makes, the same however often it is made: derived from the session and a key, so
/// that a step repeated after a crash writes the same row (architecture rule 7).
#[must_use]
pub fn derived_id(session: SessionId, key: &str) -> Uuid {
    use sha2::{Digest, Sha256};
    let mut digest = Sha256::new();
    digest.update(session.0.as_bytes());
    digest.update(key.as_bytes());
    let hash = digest.finalize();
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
