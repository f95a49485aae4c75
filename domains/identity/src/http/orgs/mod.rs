//! Organizations over HTTP (IDN-20).

mod invitations;
mod members;

use std::str::FromStr;

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use quorate_http::openapi::Problems;
use quorate_http::{Access, Failure, Input, PathId, Routes, Who};
use quorate_kernel::{OrgId, Permission, Principal, Problem, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::answer::{AuthAnswer, signed_in};
use super::client::Client;
use crate::Identity;
use crate::orgs::Organization;

pub(super) fn routes() -> Routes<Identity> {
    Routes::new()
        .add(Access::SignedIn, routes!(list))
        .add(Access::SignedIn, routes!(create))
        .add(Access::Needs(Permission::OrgRead), routes!(read))
        .add(Access::Needs(Permission::OrgWrite), routes!(rename))
        .add(Access::Needs(Permission::OrgDelete), routes!(delete))
        .add(Access::SignedIn, routes!(switch))
        .add(Access::SignedIn, routes!(leave))
        .merge(members::routes())
        .merge(invitations::routes())
}

/// The two ids of a path: the organization, and something in it. What is no id names nothing.
struct InOrg<T>(OrgId, T);

impl<T: FromStr + Send, S: Send + Sync> FromRequestParts<S> for InOrg<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let missing = || Failure::from(Problem::not_found("thing"));
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((org, inner)) = path.map_err(|_| missing())?;
        Ok(Self(org.parse().map_err(|_| missing())?, inner.parse().map_err(|_| missing())?))
    }
}

/// An organization as one of its members sees it.
#[derive(Serialize, ToSchema)]
struct OrganizationDetails {
    /// The organization's id.
    id: Uuid,
    /// What it is called.
    #[schema(example = "Analytical Engines")]
    name: String,
    /// The caller's role.
    role: Role,
    /// Whether it came with somebody's account.
    personal: bool,
    /// The plan.
    #[schema(example = "free")]
    plan: String,
    /// How many members it has.
    members: i64,
    /// Whether the caller acts in it.
    acting: bool,
}

impl OrganizationDetails {
    async fn of(identity: &Identity, organization: Organization, principal: &Principal) -> Result<Self, Failure> {
        let Organization { id, name, role, personal, members } = organization;
        let plan = identity.entitlements.subscription(id).await?.plan;
        Ok(Self { id: id.0, name, role, personal, plan, members, acting: id == principal.org_id })
    }
}

/// The caller's organizations.
#[derive(Serialize, ToSchema)]
struct OrganizationList {
    /// All of them, in the order in which the caller joined.
    data: Vec<OrganizationDetails>,
}

/// My organizations.
#[utoipa::path(get, path = "/api/v1/orgs", operation_id = "list_organizations", tag = "organizations",
    responses((status = 200, description = "Every organization the caller belongs to.", body = OrganizationList),
        Problems))]
async fn list(State(identity): State<Identity>, Who(principal): Who) -> Result<Json<OrganizationList>, Failure> {
    let organizations = identity.organizations(&principal).await?;
    let mut data = Vec::with_capacity(organizations.len());
    for one in organizations {
        data.push(OrganizationDetails::of(&identity, one, &principal).await?);
    }
    Ok(Json(OrganizationList { data }))
}

/// What an organization is called.
#[derive(Deserialize, ToSchema)]
struct NameBody {
    /// Not empty, at most 100 characters.
    #[schema(example = "Analytical Engines", min_length = 1, max_length = 100)]
    name: String,
}

/// Make an organization.
///
/// The caller owns it, and goes on acting where they do.
#[utoipa::path(post, path = "/api/v1/orgs", operation_id = "create_organization", tag = "organizations", request_body = NameBody,
    responses((status = 201, description = "It is made.", body = OrganizationDetails), Problems))]
async fn create(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    Input(body): Input<NameBody>,
) -> Result<(StatusCode, Json<OrganizationDetails>), Failure> {
    let made = identity.create_organization(&principal, &body.name, &client.origin()).await?;
    Ok((StatusCode::CREATED, Json(OrganizationDetails::of(&identity, made, &principal).await?)))
}

/// Read the organization that the caller acts in.
#[utoipa::path(get, path = "/api/v1/orgs/{id}", tag = "organizations",
    params(("id" = Uuid, Path, description = "The acting organization.")),
    responses((status = 200, description = "As it is now.", body = OrganizationDetails), Problems))]
async fn read(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(org): PathId<OrgId>,
) -> Result<Json<OrganizationDetails>, Failure> {
    Ok(Json(OrganizationDetails::of(&identity, identity.organization(&principal, org).await?, &principal).await?))
}

/// Rename the organization.
#[utoipa::path(patch, path = "/api/v1/orgs/{id}", operation_id = "rename_organization", tag = "organizations", request_body = NameBody,
    params(("id" = Uuid, Path, description = "The acting organization.")),
    responses((status = 200, description = "As it is now.", body = OrganizationDetails), Problems))]
async fn rename(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(org): PathId<OrgId>,
    client: Client,
    Input(body): Input<NameBody>,
) -> Result<Json<OrganizationDetails>, Failure> {
    let renamed = identity.rename_organization(&principal, org, &body.name, &client.origin()).await?;
    Ok(Json(OrganizationDetails::of(&identity, renamed, &principal).await?))
}

/// A deletion that is meant.
#[derive(Deserialize, ToSchema)]
struct DeleteBody {
    /// The organization's name.
    #[schema(example = "Analytical Engines")]
    confirm: String,
}

/// Delete the organization with everything in it.
///
/// Refused while it is the last organization of one of its members.
#[utoipa::path(delete, path = "/api/v1/orgs/{id}", operation_id = "delete_organization", tag = "organizations", request_body = DeleteBody,
    params(("id" = Uuid, Path, description = "The acting organization.")),
    responses((status = 204, description = "It is deleted. Refresh to act in another one."), Problems))]
async fn delete(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(org): PathId<OrgId>,
    client: Client,
    Input(body): Input<DeleteBody>,
) -> Result<StatusCode, Failure> {
    identity.delete_organization(&principal, org, &body.confirm, &client.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Act in another organization.
///
/// The login session acts there from now on. Its earlier tokens are used up.
#[utoipa::path(post, path = "/api/v1/orgs/{id}/switch", tag = "organizations",
    params(("id" = Uuid, Path, description = "One of the caller's organizations.")),
    responses((status = 200, description = "The pair that acts there.", body = AuthAnswer), Problems))]
async fn switch(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(org): PathId<OrgId>,
    client: Client,
) -> Result<Response, Failure> {
    let who = identity.switch_organization(&principal, org, &client.origin()).await?;
    // Whoever came with a cookie gets cookies: a script in the page must not turn them into text it can read.
    let as_cookies = client.is_web() || client.bearer().is_none();
    Ok(signed_in(StatusCode::OK, &identity.site, as_cookies, who))
}

/// Leave an organization.
///
/// Whatever acts there for the caller acts in another organization of theirs after its next refresh.
#[utoipa::path(post, path = "/api/v1/orgs/{id}/leave", tag = "organizations",
    params(("id" = Uuid, Path, description = "One of the caller's organizations.")),
    responses((status = 204, description = "The caller is no member any more."), Problems))]
async fn leave(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(org): PathId<OrgId>,
    client: Client,
) -> Result<StatusCode, Failure> {
    identity.leave_organization(&principal, org, &client.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}
