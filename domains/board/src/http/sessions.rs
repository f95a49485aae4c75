use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{Failure, Input, PathId, QueryInput, Who};
use quorate_kernel::{Page, PageRequest};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::Board;
use crate::session::{self, Mode, NewSession, Outcome, Phase, Question, SessionId, Status};

/// A value of the context, taken as text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
enum ContextValue {
    Text(String),
    #[schema(value_type = f64)]
    Number(serde_json::Number),
    Truth(bool),
}

impl From<ContextValue> for String {
    fn from(value: ContextValue) -> Self {
        match value {
            ContextValue::Text(text) => text,
            ContextValue::Number(number) => number.to_string(),
            ContextValue::Truth(truth) => truth.to_string(),
        }
    }
}

/// A new board session.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateSession {
    /// The decision to be made, 10 to 10,000 characters.
    #[schema(example = "Should we move our 12-person company from Berlin to Lisbon within a year? Budget 200k euros")]
    problem_statement: String,
    /// Budget, timeline, constraints and other fields; at most 20, as texts, numbers or truth values.
    #[serde(default)]
    problem_context: Option<BTreeMap<String, ContextValue>>,
    /// How far the board goes; `standard` unless told.
    mode: Option<Mode>,
    /// The most discussion rounds, 1 to 10; by mode unless told.
    max_rounds: Option<i64>,
    /// Codes of 2 to 8 personas; the board chooses when absent.
    personas: Option<Vec<String>>,
    /// Whether the board may ask you questions; no unless told.
    #[serde(default)]
    clarify: bool,
    /// Whether the decision cannot be undone; then it takes three quarters of the votes to carry. No unless told; the
    /// board may find it so for a part of the problem.
    #[serde(default)]
    one_way_door: bool,
    /// Whether the strongest single model is asked once as well, so that the report says where the board changed the
    /// answer. No unless told.
    #[serde(default)]
    baseline: bool,
    /// Where you lean, at most 500 characters. The board does not see it.
    lean: Option<String>,
    /// The model route, or `provider/model`, to use instead of the configured ones.
    route: Option<String>,
    /// The most it may cost, in dollars; never above the server's own ceiling.
    cost_ceiling_usd: Option<f64>,
}

impl From<CreateSession> for NewSession {
    fn from(body: CreateSession) -> Self {
        Self {
            problem_statement: body.problem_statement,
            problem_context: body.problem_context.unwrap_or_default().into_iter().map(|(k, v)| (k, v.into())).collect(),
            mode: body.mode,
            max_rounds: body.max_rounds,
            personas: body.personas,
            clarify: body.clarify,
            one_way_door: body.one_way_door,
            baseline: body.baseline,
            // Over the API the board forms the options itself.
            choices: Vec::new(),
            lean: body.lean,
            route: body.route,
            any_model: false,
            cost_ceiling_usd: body.cost_ceiling_usd,
        }
    }
}

/// A board session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionView {
    id: Uuid,
    /// A short name that you gave it.
    title: Option<String>,
    status: Status,
    /// The step that was entered last.
    current_phase: Phase,
    problem_statement: String,
    problem_context: BTreeMap<String, String>,
    mode: Mode,
    max_rounds: u8,
    personas: Option<Vec<String>>,
    clarify: bool,
    /// Whether you declared that it cannot be undone.
    one_way_door: bool,
    /// Whether the strongest single model is asked as well.
    baseline: bool,
    /// Where you leaned before you heard the board; shown when the session is over.
    lean: Option<String>,
    /// Whether the offline demo model speaks in it.
    offline_demo: bool,
    /// The first model of its route, as `provider/model`; known from the start on.
    model: Option<String>,
    /// What kind of result it came to.
    outcome: Option<Outcome>,
    /// Why it failed.
    failure: Option<session::Failure>,
    /// Questions that wait for you.
    pending_questions: Vec<Question>,
    /// Until when they wait; then the board goes on without an answer.
    answer_deadline: Option<DateTime<Utc>>,
    /// The sequence of its newest event.
    last_sequence: i64,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
}

impl From<session::Session> for SessionView {
    fn from(session: session::Session) -> Self {
        Self {
            id: session.id.0,
            title: session.title,
            status: session.status,
            current_phase: session.phase,
            problem_statement: session.brief.problem_statement,
            problem_context: session.brief.problem_context,
            mode: session.brief.mode,
            max_rounds: session.brief.max_rounds,
            personas: session.brief.personas,
            clarify: session.brief.clarify,
            one_way_door: session.brief.one_way_door,
            baseline: session.brief.baseline,
            lean: session.brief.lean.filter(|_| session.completed_at.is_some()),
            offline_demo: session.offline_demo,
            model: session.model,
            outcome: session.outcome,
            failure: session.failure,
            pending_questions: session.questions,
            answer_deadline: session.answer_deadline,
            last_sequence: session.last_sequence,
            created_at: session.created_at,
            started_at: session.started_at,
            completed_at: session.completed_at,
        }
    }
}

/// One board session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionAnswer {
    session: SessionView,
}

impl From<session::Session> for SessionAnswer {
    fn from(session: session::Session) -> Self {
        Self { session: session.into() }
    }
}

/// Create a board session
///
/// Nothing runs until it is started.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "board", request_body = CreateSession,
    responses((status = 201, body = SessionAnswer), Problems))]
pub(super) async fn create(
    State(board): State<Board>,
    Who(who): Who,
    Input(body): Input<CreateSession>,
) -> Result<(StatusCode, Json<SessionAnswer>), Failure> {
    let session = board.create(&who, body.into()).await?;
    Ok((StatusCode::CREATED, Json(session.into())))
}

/// Which sessions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// How many at most, 1 to 200; 50 unless told.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only those that stand so; archived ones are left out unless asked for.
    status: Option<Status>,
}

/// List board sessions, newest first
#[utoipa::path(get, path = "/api/v1/sessions", operation_id = "list_sessions", tag = "board", params(ListQuery),
    responses((status = 200, body = Page<SessionView>), Problems))]
pub(super) async fn list(
    State(board): State<Board>,
    Who(who): Who,
    QueryInput(query): QueryInput<ListQuery>,
) -> Result<Json<Page<SessionView>>, Failure> {
    let page = PageRequest { limit: query.limit, cursor: query.cursor };
    let Page { data, pagination } = board.sessions(&who, &page, query.status).await?;
    Ok(Json(Page { data: data.into_iter().map(SessionView::from).collect(), pagination }))
}

/// Read a board session
#[utoipa::path(get, path = "/api/v1/sessions/{id}", tag = "board", params(("id" = Uuid, Path)),
    responses((status = 200, body = SessionAnswer), Problems))]
pub(super) async fn get(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
) -> Result<Json<SessionAnswer>, Failure> {
    Ok(Json(board.session(&who, id).await?.into()))
}

/// Tells a field that is null from one that is absent.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

/// What to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateSession {
    /// A short name, at most 200 characters; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    title: Option<Option<String>>,
    /// Whether it is put away; only once it is over.
    archived: Option<bool>,
}

/// Name a board session or put it away
#[utoipa::path(patch, path = "/api/v1/sessions/{id}", tag = "board", params(("id" = Uuid, Path)),
    request_body = UpdateSession, responses((status = 200, body = SessionAnswer), Problems))]
pub(super) async fn update(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
    Input(body): Input<UpdateSession>,
) -> Result<Json<SessionAnswer>, Failure> {
    Ok(Json(board.update(&who, id, body.title, body.archived).await?.into()))
}

/// Delete a board session and all that belongs to it
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "board", params(("id" = Uuid, Path)),
    responses((status = 204), Problems))]
pub(super) async fn delete(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
) -> Result<StatusCode, Failure> {
    board.delete(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
