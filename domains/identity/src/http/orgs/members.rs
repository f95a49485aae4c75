use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{Access, Failure, Input, PathId, Routes, Who};
use quorate_kernel::{OrgId, Permission, Role, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::answer::avatar_url;
use super::{Client, InOrg, OrganizationDetails};
use crate::Identity;
use crate::orgs::Member;

pub(super) fn routes() -> Routes<Identity> {
    Routes::new()
        .add(Access::Needs(Permission::MemberRead), routes!(list))
        .add(Access::Needs(Permission::MemberWrite), routes!(change_role))
        .add(Access::Needs(Permission::MemberWrite), routes!(remove))
        .add(Access::Needs(Permission::OrgDelete), routes!(transfer))
}

/// Somebody in the organization.
#[derive(Serialize, ToSchema)]
struct MemberView {
    /// The person's id.
    user_id: Uuid,
    /// What they are called.
    #[schema(example = "Ada")]
    name: String,
    /// Their address.
    #[schema(example = "ada@example.com")]
    email: String,
    /// Their role.
    role: Role,
    /// When they joined.
    joined_at: DateTime<Utc>,
    /// Where their picture is, if they have one.
    avatar_url: Option<String>,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        let avatar_url = avatar_url(member.user_id, member.avatar_at);
        let Member { user_id, name, email, role, joined_at, .. } = member;
        Self { user_id: user_id.0, name, email, role, joined_at, avatar_url }
    }
}

/// The members of an organization.
#[derive(Serialize, ToSchema)]
struct MemberList {
    /// All of them, in the order in which they joined.
    data: Vec<MemberView>,
}

/// The members of the organization.
#[utoipa::path(get, path = "/api/v1/orgs/{id}/members", operation_id = "list_members", tag = "organizations",
    params(("id" = Uuid, Path, description = "The acting organization.")),
    responses((status = 200, description = "Every member.", body = MemberList), Problems))]
async fn list(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(org): PathId<OrgId>,
) -> Result<Json<MemberList>, Failure> {
    let members = identity.members(&principal, org).await?;
    Ok(Json(MemberList { data: members.into_iter().map(Into::into).collect() }))
}

/// A role.
#[derive(Deserialize, ToSchema)]
struct RoleBody {
    /// The role to have from now on.
    role: Role,
}

/// Change a member's role.
///
/// Admins neither touch owners nor make them. The last owner stays one.
#[utoipa::path(patch, path = "/api/v1/orgs/{id}/members/{user_id}", tag = "organizations", request_body = RoleBody,
    params(("id" = Uuid, Path, description = "The acting organization."),
        ("user_id" = Uuid, Path, description = "The member.")),
    responses((status = 200, description = "As it is now.", body = MemberView), Problems))]
async fn change_role(
    State(identity): State<Identity>,
    Who(principal): Who,
    InOrg(org, user): InOrg<UserId>,
    client: Client,
    Input(body): Input<RoleBody>,
) -> Result<Json<MemberView>, Failure> {
    Ok(Json(identity.change_role(&principal, org, user, body.role, &client.origin()).await?.into()))
}

/// Remove a member.
///
/// They lose access at once, within five seconds on other nodes.
#[utoipa::path(delete, path = "/api/v1/orgs/{id}/members/{user_id}", operation_id = "remove_member", tag = "organizations",
    params(("id" = Uuid, Path, description = "The acting organization."),
        ("user_id" = Uuid, Path, description = "The member.")),
    responses((status = 204, description = "They are no member any more."), Problems))]
async fn remove(
    State(identity): State<Identity>,
    Who(principal): Who,
    InOrg(org, user): InOrg<UserId>,
    client: Client,
) -> Result<StatusCode, Failure> {
    identity.remove_member(&principal, org, user, &client.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// To whom the organization is given.
#[derive(Deserialize, ToSchema)]
struct TransferBody {
    /// A member.
    user_id: Uuid,
    /// The caller's password, unless the account has none.
    #[schema(format = Password)]
    password: Option<String>,
}

/// Give the organization to another member.
///
/// That member becomes an owner, and the caller an admin.
#[utoipa::path(post, path = "/api/v1/orgs/{id}/transfer", tag = "organizations", request_body = TransferBody,
    params(("id" = Uuid, Path, description = "The acting organization.")),
    responses((status = 200, description = "As it is now.", body = OrganizationDetails), Problems))]
async fn transfer(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(org): PathId<OrgId>,
    client: Client,
    Input(body): Input<TransferBody>,
) -> Result<Json<OrganizationDetails>, Failure> {
    let (to, password) = (UserId(body.user_id), body.password.as_deref());
    let given = identity.transfer_organization(&principal, org, to, password, &client.origin()).await?;
    Ok(Json(OrganizationDetails::of(&identity, given, &principal).await?))
}
