use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{Failure, Input, PathId, QueryInput, Who};
use quorate_kernel::{Page, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::Board;
use crate::journal::{
    Course, DecisionRecord, Entry, JournalFilter, Listed, NewDecision, NewOutcome, OutcomeRecord, OutcomeVerdict,
    ProposalCourse,
};
use crate::session::{Outcome, SessionId};

/// What was decided after a board, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DecisionView {
    /// The session.
    session_id: Uuid,
    /// The decision in force; null when none is recorded.
    decision: Option<DecisionRecord>,
    /// The decisions it replaced, the oldest first.
    earlier: Vec<DecisionRecord>,
    /// When to look back at it. Whoever recorded it gets a mail then.
    review_at: Option<DateTime<Utc>>,
    /// What came of it; null while nobody said.
    outcome: Option<OutcomeRecord>,
}

impl DecisionView {
    fn of(session: SessionId, entry: Option<Entry>) -> Self {
        let Some(Entry { decision, earlier, review_at, outcome, .. }) = entry else {
            return Self { session_id: session.0, decision: None, earlier: Vec::new(), review_at: None, outcome: None };
        };
        Self { session_id: session.0, decision: Some(decision), earlier, review_at, outcome }
    }
}

/// Read what was decided
///
/// All is null when nothing was decided yet.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/decision", operation_id = "read_decision", tag = "board",
    params(("id" = Uuid, Path)), responses((status = 200, body = DecisionView), Problems))]
pub(super) async fn read(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
) -> Result<Json<DecisionView>, Failure> {
    let (_, entry) = board.decision(&who, id).await?;
    Ok(Json(DecisionView::of(id, entry)))
}

/// What was decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordDecision {
    /// What was done with the board's proposal.
    course: Course,
    /// Proposals of single sub-problems on which something else was decided; at most 10.
    #[serde(default)]
    proposals: Vec<ProposalCourse>,
    /// What was decided, 1 to 4,000 characters.
    #[schema(example = "We move in spring, and keep the Berlin office for a year.")]
    decision: String,
    /// Why, at most 4,000 characters.
    #[serde(default)]
    reasons: String,
    /// The option that was chosen, at most 200 characters.
    chosen_option: Option<String>,
    /// When to look back at it, at most ten years from now. A mail reminds of it.
    review_at: Option<DateTime<Utc>>,
}

/// Record what was decided
///
/// Once the session is over. A decision recorded again replaces the one before, which is kept in `earlier`; once its
/// outcome is known it stands.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/decision", operation_id = "record_decision", tag = "board",
    params(("id" = Uuid, Path)), request_body = RecordDecision,
    responses((status = 200, body = DecisionView), Problems))]
pub(super) async fn decide(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
    Input(body): Input<RecordDecision>,
) -> Result<Json<DecisionView>, Failure> {
    let new = NewDecision {
        course: body.course,
        proposals: body.proposals,
        decision: body.decision,
        reasons: body.reasons,
        chosen_option: body.chosen_option,
        review_at: body.review_at,
    };
    let entry = board.decide(&who, id, new).await?;
    Ok(Json(DecisionView::of(id, Some(entry))))
}

/// What came of a decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordOutcome {
    /// How it turned out.
    verdict: OutcomeVerdict,
    /// How surprising that was, from 1 (as expected) to 5 (not at all).
    #[schema(minimum = 1, maximum = 5)]
    surprise: Option<i64>,
    /// What was learned, at most 4,000 characters.
    #[serde(default)]
    lessons: String,
    /// When to look again, where it is too early to say.
    review_at: Option<DateTime<Utc>>,
}

/// Record how a decision turned out
///
/// `too_early` can be replaced later; any other outcome stands, and counts in the calibration of those who voted.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/outcome", operation_id = "record_outcome", tag = "board",
    params(("id" = Uuid, Path)), request_body = RecordOutcome,
    responses((status = 200, body = DecisionView), Problems))]
pub(super) async fn conclude(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
    Input(body): Input<RecordOutcome>,
) -> Result<Json<DecisionView>, Failure> {
    let new =
        NewOutcome { verdict: body.verdict, surprise: body.surprise, lessons: body.lessons, review_at: body.review_at };
    let entry = board.conclude(&who, id, new).await?;
    Ok(Json(DecisionView::of(id, Some(entry))))
}

/// A decision in the journal.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JournalEntry {
    /// The session's name.
    title: Option<String>,
    /// What the board was asked.
    problem_statement: String,
    /// What kind of result the board came to.
    board_outcome: Option<Outcome>,
    /// What was decided, and what came of it.
    #[serde(flatten)]
    decision: DecisionView,
}

impl From<Listed> for JournalEntry {
    fn from(listed: Listed) -> Self {
        Self {
            title: listed.title,
            problem_statement: listed.problem_statement,
            board_outcome: listed.board_outcome,
            decision: DecisionView::of(listed.entry.session, Some(listed.entry)),
        }
    }
}

/// Which decisions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct JournalQuery {
    /// How many at most, 1 to 200; 50 unless told.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only those of this course.
    course: Option<Course>,
    /// Only those that turned out so.
    verdict: Option<OutcomeVerdict>,
    /// With `true` only those whose outcome nobody knows yet.
    #[serde(default)]
    open: bool,
    /// With `true` only those whose review date has passed and whose outcome nobody knows yet.
    #[serde(default)]
    due: bool,
}

/// List decisions, newest first
#[utoipa::path(get, path = "/api/v1/decisions", operation_id = "list_decisions", tag = "board", params(JournalQuery),
    responses((status = 200, body = Page<JournalEntry>), Problems))]
pub(super) async fn journal(
    State(board): State<Board>,
    Who(who): Who,
    QueryInput(query): QueryInput<JournalQuery>,
) -> Result<Json<Page<JournalEntry>>, Failure> {
    let page = PageRequest { limit: query.limit, cursor: query.cursor };
    let filter =
        JournalFilter { course: query.course, verdict: query.verdict, open: query.open, due: query.due, before: None };
    let Page { data, pagination } = board.decisions(&who, &page, filter).await?;
    Ok(Json(Page { data: data.into_iter().map(JournalEntry::from).collect(), pagination }))
}
