use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use quorate_http::openapi::Problems;
use quorate_http::{Failure, Input, PathId, Who};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Board;
use crate::engine::matrix::Matrix;
use crate::session::SessionId;

/// The decision matrices of a session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Matrices {
    /// One for each sub-problem that is a choice, once its options are formed.
    matrices: Vec<Matrix>,
}

/// Read the decision matrices of a session
///
/// Options by criteria, under the weights that you set, and what would change the choice. Empty where nothing is a choice.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/matrix", operation_id = "session_matrices", tag = "board",
    params(("id" = uuid::Uuid, Path)), responses((status = 200, body = Matrices), Problems))]
pub(super) async fn matrices(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
) -> Result<Json<Matrices>, Failure> {
    Ok(Json(Matrices { matrices: board.matrices(&who, id).await? }))
}

/// What the criteria of a sub-problem weigh.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetWeights {
    /// The sub-problem, from 0; the first unless told.
    #[serde(default)]
    sub_problem: usize,
    /// A weight of 0 or more for each criterion, on any scale; what is left out weighs nothing.
    weights: BTreeMap<String, f64>,
}

/// A decision matrix.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MatrixAnswer {
    matrix: Matrix,
}

/// Weigh the criteria of a choice
///
/// The matrix and its sensitivity are reckoned anew, without asking a model; the report shows them from then on.
#[utoipa::path(put, path = "/api/v1/sessions/{id}/weights", operation_id = "set_session_weights", tag = "board",
    params(("id" = uuid::Uuid, Path)), request_body = SetWeights,
    responses((status = 200, body = MatrixAnswer), Problems))]
pub(super) async fn set_weights(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
    Input(body): Input<SetWeights>,
) -> Result<Json<MatrixAnswer>, Failure> {
    Ok(Json(MatrixAnswer { matrix: board.weigh(&who, id, body.sub_problem, body.weights).await? }))
}
