use axum::Json;
use axum::extract::State;
use quorate_http::openapi::Problems;
use quorate_http::{Failure, Who};
use quorate_kernel::{Problem, Role};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{SubscriptionView, UserView};
use crate::Identity;
use crate::store::users;

/// Who is signed in, and where.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// The person.
    user: UserView,
    /// The organization they act in.
    organization: OrganizationView,
    /// What the organization has subscribed to.
    subscription: SubscriptionView,
}

/// An organization as its member sees it.
#[derive(Serialize, ToSchema)]
struct OrganizationView {
    /// The organization's id.
    id: Uuid,
    /// What it is called.
    #[schema(example = "Ada")]
    name: String,
    /// The member's role.
    role: Role,
}

/// Who am I.
#[utoipa::path(get, path = "/api/v1/users/me", tag = "users",
    responses((status = 200, description = "The signed-in person.", body = Me), Problems))]
pub(super) async fn me(State(identity): State<Identity>, Who(principal): Who) -> Result<Json<Me>, Failure> {
    let found = users::of_principal(&identity.store, &principal).await?;
    let (user, membership) = found.ok_or_else(|| Problem::not_found("account"))?;
    Ok(Json(Me {
        user: user.into(),
        organization: OrganizationView { id: membership.org_id.0, name: membership.name, role: membership.role },
        subscription: membership.subscription.into(),
    }))
}
