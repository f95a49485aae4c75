use axum::Json;
use axum::extract::State;
use quorate_http::openapi::Problems;
use quorate_http::{Failure, Input, PathId, Who};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Board;
use crate::calibration::{CalibrationScore, ENOUGH_OUTCOMES, PersonaCalibration, WeighedVotes};
use crate::session::SessionId;

/// How the confidence of votes compares with how decisions turned out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CalibrationView {
    /// All ballots together.
    overall: CalibrationScore,
    /// Each persona by itself, those with the most outcomes first.
    personas: Vec<PersonaCalibration>,
    /// Outcomes from which on a persona has a record.
    enough_outcomes: usize,
    /// Whether later votes are also shown weighed by the record of who casts them.
    weigh_by_record: bool,
}

/// Read how well your boards are calibrated
///
/// Over all decisions of the organization whose outcome is known. A ballot is right when the decision took its side and
/// turned out well, or took the other side and turned out badly; in part counts half.
#[utoipa::path(get, path = "/api/v1/board/calibration", operation_id = "board_calibration", tag = "board",
    responses((status = 200, body = CalibrationView), Problems))]
pub(super) async fn calibration(State(board): State<Board>, Who(who): Who) -> Result<Json<CalibrationView>, Failure> {
    let found = board.calibration(&who).await?;
    Ok(Json(CalibrationView {
        overall: found.overall,
        personas: found.personas,
        enough_outcomes: ENOUGH_OUTCOMES,
        weigh_by_record: found.weigh_by_record,
    }))
}

/// Whether votes are weighed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WeighingSwitch {
    /// Whether later votes are also shown weighed by the record of who casts them. The plain count decides all the same.
    weigh_by_record: bool,
}

/// Switch the weighing of votes by their record on or off
#[utoipa::path(put, path = "/api/v1/board/calibration", operation_id = "switch_weighing", tag = "board",
    request_body = WeighingSwitch, responses((status = 200, body = WeighingSwitch), Problems))]
pub(super) async fn switch(
    State(board): State<Board>,
    Who(who): Who,
    Input(body): Input<WeighingSwitch>,
) -> Result<Json<WeighingSwitch>, Failure> {
    board.set_weighing(&who, body.weigh_by_record).await?;
    Ok(Json(body))
}

/// The votes of a session, plain and weighed by the record of who cast them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WeighingView {
    /// Whether the organization has votes weighed; the list is empty otherwise.
    weigh_by_record: bool,
    /// Each sub-problem that was voted on. Empty until the session is over.
    sub_problems: Vec<WeighedVotes>,
}

/// Read the votes weighed by the record of who cast them
///
/// The record is the one at the start of the session. The plain count decides; this stands beside it.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/weighing", operation_id = "weighed_votes", tag = "board",
    params(("id" = uuid::Uuid, Path)), responses((status = 200, body = WeighingView), Problems))]
pub(super) async fn weighing(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
) -> Result<Json<WeighingView>, Failure> {
    let found = board.weighing(&who, id).await?;
    Ok(Json(WeighingView { weigh_by_record: found.on, sub_problems: found.sub_problems }))
}
