//! The decision gate and what comes after it: what was decided and why, and how it turned out (BRD-24, BRD-30).

mod keep;
mod review;

use chrono::{DateTime, TimeDelta, Utc};
pub(crate) use keep::JournalFilter;
use quorate_kernel::{FieldError, Problem, UserId};
pub use review::{REVIEW_JOB, Review, ReviewState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::session::{NO_NUL, Outcome, SessionId, Side, has_nul, named};

named! {
    /// What was done with what the board was asked about.
    Course {
        /// The proposal is done as it stood.
        Go = "go",
        /// It is done with changes.
        GoWithChanges = "go_with_changes",
        /// It is not done.
        NoGo = "no_go",
        /// Something else was decided, or nothing yet. No vote can be right or wrong about it.
        Other = "other",
    }
}

impl Course {
    /// Whose side the decision took.
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::Go | Self::GoWithChanges => Side::For,
            Self::NoGo => Side::Against,
            Self::Other => Side::Neither,
        }
    }
}

named! {
    /// How a decision turned out.
    OutcomeVerdict {
        /// As was hoped.
        Successful = "successful",
        /// In part.
        Partial = "partial",
        /// Not as was hoped.
        Unsuccessful = "unsuccessful",
        /// It cannot be said yet. Scores nothing, and can be replaced.
        TooEarly = "too_early",
    }
}

impl OutcomeVerdict {
    /// Whether it can be scored, and stands for good.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::TooEarly)
    }
}

/// What was decided on one sub-problem's proposal, where it differs from the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalCourse {
    /// The sub-problem, from 0.
    pub sub_problem: usize,
    /// What was done with its proposal.
    pub course: Course,
}

/// A recorded decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionRecord {
    /// What was done with the board's proposal.
    pub course: Course,
    /// What was decided on single proposals, where that differs.
    pub proposals: Vec<ProposalCourse>,
    /// What was decided, in the user's words.
    pub decision: String,
    /// Why.
    pub reasons: String,
    /// The option that was chosen, if the board weighed options.
    pub chosen_option: Option<String>,
    /// Who recorded it.
    #[schema(value_type = uuid::Uuid)]
    pub decided_by: UserId,
    /// When.
    pub decided_at: DateTime<Utc>,
}

impl DecisionRecord {
    /// What was done with the proposal of a sub-problem.
    #[must_use]
    pub fn course_of(&self, sub_problem: usize) -> Course {
        let own = self.proposals.iter().find(|proposal| proposal.sub_problem == sub_problem);
        own.map_or(self.course, |proposal| proposal.course)
    }
}

/// What came of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutcomeRecord {
    /// How it turned out.
    pub verdict: OutcomeVerdict,
    /// How surprising that was, from 1 (as expected) to 5 (not at all).
    pub surprise: Option<u8>,
    /// What was learned.
    pub lessons: String,
    /// Who recorded it.
    #[schema(value_type = uuid::Uuid)]
    pub recorded_by: UserId,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// A decision with what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The session.
    pub session: SessionId,
    /// The decision in force.
    pub decision: DecisionRecord,
    /// Those it replaced, the oldest first.
    pub earlier: Vec<DecisionRecord>,
    /// When to look back at it.
    pub review_at: Option<DateTime<Utc>>,
    /// What came of it.
    pub outcome: Option<OutcomeRecord>,
}

/// A decision in the list of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// When the first decision on this session was recorded; the order of the list.
    pub first_decided_at: DateTime<Utc>,
    /// The session's name.
    pub title: Option<String>,
    /// What the board was asked.
    pub problem_statement: String,
    /// What the board came to.
    pub board_outcome: Option<Outcome>,
    /// The decision.
    pub entry: Entry,
}

/// A decision as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecision {
    /// What was done with the proposal.
    pub course: Course,
    /// Single proposals.
    pub proposals: Vec<ProposalCourse>,
    /// What was decided.
    pub decision: String,
    /// Why.
    pub reasons: String,
    /// The chosen option.
    pub chosen_option: Option<String>,
    /// When to look back.
    pub review_at: Option<DateTime<Utc>>,
}

/// An outcome as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOutcome {
    /// How it turned out.
    pub verdict: OutcomeVerdict,
    /// How surprising that was.
    pub surprise: Option<i64>,
    /// What was learned.
    pub lessons: String,
    /// When to look again, where it is too early.
    pub review_at: Option<DateTime<Utc>>,
}

const TEXT_CHARS: usize = 4_000;
const OPTION_CHARS: usize = 200;
const PROPOSALS: usize = 10;
const REVIEW: TimeDelta = TimeDelta::days(3_653);

fn text(wrong: &mut Vec<FieldError>, field: &str, text: &str, most: usize) -> String {
    let text = text.trim().to_owned();
    let mut refuse = |message: String| wrong.push(FieldError { field: field.to_owned(), message });
    if text.chars().count() > most {
        refuse(format!("Write at most {most} characters."));
    } else if has_nul(&text) {
        refuse(NO_NUL.to_owned());
    }
    text
}

fn review(wrong: &mut Vec<FieldError>, at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if at.is_some_and(|at| at <= now || at > now + REVIEW) {
        let message = "Choose a time to come, at most ten years from now.".to_owned();
        wrong.push(FieldError { field: "review_at".to_owned(), message });
    }
    at
}

impl NewDecision {
    /// Checks every field and tells all that is wrong at once.
    ///
    /// # Errors
    /// `ValidationFailed` naming each field.
    pub fn check(self, by: UserId, now: DateTime<Utc>) -> Result<(DecisionRecord, Option<DateTime<Utc>>), Problem> {
        let mut wrong = Vec::new();
        let decision = text(&mut wrong, "decision", &self.decision, TEXT_CHARS);
        if decision.is_empty() {
            wrong.push(FieldError { field: "decision".to_owned(), message: "Say what was decided.".to_owned() });
        }
        let reasons = text(&mut wrong, "reasons", &self.reasons, TEXT_CHARS);
        let chosen = self.chosen_option.map(|option| text(&mut wrong, "chosen_option", &option, OPTION_CHARS));
        let mut seen = Vec::new();
        for (index, proposal) in self.proposals.iter().enumerate() {
            if proposal.sub_problem >= PROPOSALS || seen.contains(&proposal.sub_problem) {
                let message = "Name each sub-problem of the session once.".to_owned();
                wrong.push(FieldError { field: format!("proposals[{index}].sub_problem"), message });
            }
            seen.push(proposal.sub_problem);
        }
        let review_at = review(&mut wrong, self.review_at, now);
        if !wrong.is_empty() {
            return Err(Problem::fields(wrong));
        }
        let record = DecisionRecord {
            course: self.course,
            proposals: self.proposals,
            decision,
            reasons,
            chosen_option: chosen.filter(|option| !option.is_empty()),
            decided_by: by,
            decided_at: now,
        };
        Ok((record, review_at))
    }
}

impl NewOutcome {
    /// Checks every field and tells all that is wrong at once.
    ///
    /// # Errors
    /// `ValidationFailed` naming each field.
    pub fn check(self, by: UserId, now: DateTime<Utc>) -> Result<(OutcomeRecord, Option<DateTime<Utc>>), Problem> {
        let mut wrong = Vec::new();
        let lessons = text(&mut wrong, "lessons", &self.lessons, TEXT_CHARS);
        let surprise = self.surprise.map(|surprise| u8::try_from(surprise).unwrap_or_default());
        if surprise.is_some_and(|surprise| !(1..=5).contains(&surprise)) {
            let message = "Choose a number from 1 to 5.".to_owned();
            wrong.push(FieldError { field: "surprise".to_owned(), message });
        }
        let review_at = review(&mut wrong, self.review_at, now);
        if review_at.is_some() && self.verdict.is_final() {
            let message = "Only what it is too early to judge is looked at again.".to_owned();
            wrong.push(FieldError { field: "review_at".to_owned(), message });
        }
        if !wrong.is_empty() {
            return Err(Problem::fields(wrong));
        }
        let record = OutcomeRecord { verdict: self.verdict, surprise, lessons, recorded_by: by, recorded_at: now };
        Ok((record, review_at))
    }
}

#[cfg(test)]
mod tests {
    use quorate_kernel::from_millis;
    use uuid::Uuid;

    use super::*;

    fn decided() -> NewDecision {
        NewDecision {
            course: Course::Go,
            proposals: Vec::new(),
            decision: " We go. ".to_owned(),
            reasons: String::new(),
            chosen_option: Some(" ".to_owned()),
            review_at: None,
        }
    }

    #[test]
    fn a_decision_says_what_and_is_looked_at_in_the_future() {
        let (by, now) = (UserId(Uuid::nil()), from_millis(1_000));
        let (record, _) = decided().check(by, now).unwrap();
        assert_eq!((record.decision.as_str(), record.chosen_option), ("We go.", None));
        let twice = ProposalCourse { sub_problem: 1, course: Course::NoGo };
        let bad = NewDecision {
            decision: "  ".to_owned(),
            reasons: "x".repeat(4_001),
            proposals: vec![twice, twice],
            review_at: Some(now),
            ..decided()
        };
        let problem = bad.check(by, now).unwrap_err();
        let fields: Vec<_> = problem.details.iter().map(|detail| detail.field.as_str()).collect();
        assert_eq!(fields, ["decision", "reasons", "proposals[1].sub_problem", "review_at"]);
    }

    #[test]
    fn a_single_proposal_may_go_another_way() {
        let proposals = vec![ProposalCourse { sub_problem: 1, course: Course::NoGo }];
        let (record, _) = NewDecision { proposals, ..decided() }.check(UserId(Uuid::nil()), from_millis(0)).unwrap();
        assert_eq!((record.course_of(0), record.course_of(1)), (Course::Go, Course::NoGo));
    }

    #[test]
    fn only_what_is_too_early_is_looked_at_again() {
        let (by, now) = (UserId(Uuid::nil()), from_millis(0));
        let again = Some(from_millis(1));
        let new = |verdict, surprise| NewOutcome { verdict, surprise, lessons: String::new(), review_at: again };
        assert!(new(OutcomeVerdict::TooEarly, Some(5)).check(by, now).is_ok());
        let problem = new(OutcomeVerdict::Partial, Some(256)).check(by, now).unwrap_err();
        let fields: Vec<_> = problem.details.iter().map(|detail| detail.field.as_str()).collect();
        assert_eq!(fields, ["surprise", "review_at"]);
    }
}
