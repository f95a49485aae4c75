//! Those who run the server, over HTTP.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quorate_http::openapi::Problems;
use quorate_http::{Access, Failure, Input, PathId, Routes, Who};
use quorate_kernel::UserId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::client::Client;
use crate::Identity;
use crate::orgs::Operator;

pub(super) fn routes() -> Routes<Identity> {
    Routes::new()
        .add(Access::Operator, routes!(list))
        .add(Access::Operator, routes!(add))
        .add(Access::Operator, routes!(remove))
}

/// Somebody who runs the server.
#[derive(Serialize, ToSchema)]
struct OperatorView {
    /// The person's id.
    user_id: Uuid,
    /// Their address.
    #[schema(example = "ada@example.com")]
    email: String,
    /// What they are called.
    #[schema(example = "Ada")]
    name: String,
    /// Whether they have a second factor.
    second_factor: bool,
}

impl From<Operator> for OperatorView {
    fn from(operator: Operator) -> Self {
        let Operator { user_id, email, name, second_factor } = operator;
        Self { user_id: user_id.0, email, name, second_factor }
    }
}

/// Those who run the server.
#[derive(Serialize, ToSchema)]
struct OperatorList {
    /// All of them, the oldest account first.
    data: Vec<OperatorView>,
}

/// The operators.
#[utoipa::path(get, path = "/api/v1/operators", operation_id = "list_operators", tag = "operators",
    responses((status = 200, description = "Everybody who runs the server.", body = OperatorList), Problems))]
async fn list(State(identity): State<Identity>) -> Result<Json<OperatorList>, Failure> {
    let data = identity.operators().await?.into_iter().map(Into::into).collect();
    Ok(Json(OperatorList { data }))
}

/// Who is to run the server.
#[derive(Deserialize, ToSchema)]
struct AddBody {
    /// The address of an account.
    #[schema(example = "grace@example.com", max_length = 254)]
    email: String,
}

/// Make somebody an operator.
#[utoipa::path(post, path = "/api/v1/operators", tag = "operators", request_body = AddBody,
    responses((status = 201, description = "They are one.", body = OperatorView), Problems))]
async fn add(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    Input(body): Input<AddBody>,
) -> Result<(StatusCode, Json<OperatorView>), Failure> {
    let added = identity.add_operator(&principal, &body.email, &client.origin()).await?;
    Ok((StatusCode::CREATED, Json(added.into())))
}

/// Make an operator an ordinary person.
///
/// Not oneself, so that one is always left.
#[utoipa::path(delete, path = "/api/v1/operators/{user_id}", operation_id = "remove_operator", tag = "operators",
    params(("user_id" = Uuid, Path, description = "The operator.")),
    responses((status = 204, description = "They are one no longer."), Problems))]
async fn remove(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(user): PathId<UserId>,
    client: Client,
) -> Result<StatusCode, Failure> {
    identity.remove_operator(&principal, user, &client.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}
