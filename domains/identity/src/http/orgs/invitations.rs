use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{Access, Failure, Input, PathId, Routes, Who};
use quorate_kernel::{OrgId, Permission, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Client, InOrg, OrganizationDetails};
use crate::orgs::{Invitation, InvitationStatus};
use crate::{Identity, IdentityError};

pub(super) fn routes() -> Routes<Identity> {
    Routes::new()
        .add(Access::Needs(Permission::MemberRead), routes!(list))
        .add(Access::Needs(Permission::MemberWrite), routes!(invite))
        .add(Access::Needs(Permission::MemberWrite), routes!(resend))
        .add(Access::Needs(Permission::MemberWrite), routes!(revoke))
        // Whoever looks at an invitation may have no account yet.
        .add(Access::Public, routes!(look))
        .add(Access::SignedIn, routes!(accept))
}

/// An invitation as the organization sees it.
#[derive(Serialize, ToSchema)]
struct InvitationView {
    /// The invitation's id.
    id: Uuid,
    /// The invited address.
    #[schema(example = "grace@example.com")]
    email: String,
    /// The role that whoever accepts will have.
    role: Role,
    /// Who invited; null when their account is gone.
    invited_by: Option<Uuid>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// Until when it can be accepted.
    expires_at: DateTime<Utc>,
    /// `open`, `accepted`, `revoked` or `expired`.
    #[schema(example = "open")]
    status: &'static str,
}

impl InvitationView {
    fn of(invitation: Invitation, now: DateTime<Utc>) -> Self {
        let status = match invitation.status(now) {
            InvitationStatus::Open => "open",
            InvitationStatus::Accepted => "accepted",
            InvitationStatus::Revoked => "revoked",
            InvitationStatus::Expired => "expired",
        };
        let Invitation { id, email, role, invited_by, created_at, expires_at, .. } = invitation;
        Self { id, email, role, invited_by: invited_by.map(|user| user.0), created_at, expires_at, status }
    }
}

/// The invitations of an organization.
#[derive(Serialize, ToSchema)]
struct InvitationList {
    /// The newest two hundred, the newest first.
    data: Vec<InvitationView>,
}

/// The invitations of the organization.
#[utoipa::path(get, path = "/api/v1/orgs/{id}/invitations", operation_id = "list_invitations", tag = "organizations",
    params(("id" = Uuid, Path, description = "The acting organization.")),
    responses((status = 200, description = "Open ones and what became of the others.", body = InvitationList),
        Problems))]
async fn list(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(org): PathId<OrgId>,
) -> Result<Json<InvitationList>, Failure> {
    let invitations = identity.invitations(&principal, org).await?;
    let now = identity.clock.now();
    Ok(Json(InvitationList { data: invitations.into_iter().map(|one| InvitationView::of(one, now)).collect() }))
}

/// Whom to invite.
#[derive(Deserialize, ToSchema)]
struct InviteBody {
    /// The address to invite.
    #[schema(example = "grace@example.com", max_length = 254)]
    email: String,
    /// `member` or `admin`.
    role: Role,
}

/// Invite somebody.
///
/// Sends a mail with a link that is good for seven days and for the account of that address only.
#[utoipa::path(post, path = "/api/v1/orgs/{id}/invitations", tag = "organizations", request_body = InviteBody,
    params(("id" = Uuid, Path, description = "The acting organization.")),
    responses((status = 201, description = "The mail is on its way.", body = InvitationView), Problems))]
async fn invite(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(org): PathId<OrgId>,
    client: Client,
    Input(body): Input<InviteBody>,
) -> Result<(StatusCode, Json<InvitationView>), Failure> {
    let made = identity.invite(&principal, org, &body.email, body.role, &client.origin()).await?;
    Ok((StatusCode::CREATED, Json(InvitationView::of(made, identity.clock.now()))))
}

/// Send an invitation again.
///
/// With a new link, good for seven days from now; the old one dies.
#[utoipa::path(post, path = "/api/v1/orgs/{id}/invitations/{invitation_id}/resend", tag = "organizations",
    params(("id" = Uuid, Path, description = "The acting organization."),
        ("invitation_id" = Uuid, Path, description = "The invitation.")),
    responses((status = 202, description = "The mail is on its way."), Problems))]
async fn resend(
    State(identity): State<Identity>,
    Who(principal): Who,
    InOrg(org, invitation): InOrg<Uuid>,
    client: Client,
) -> Result<StatusCode, Failure> {
    identity.resend_invitation(&principal, org, invitation, &client.origin()).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Take an invitation back.
#[utoipa::path(delete, path = "/api/v1/orgs/{id}/invitations/{invitation_id}", operation_id = "revoke_invitation", tag = "organizations",
    params(("id" = Uuid, Path, description = "The acting organization."),
        ("invitation_id" = Uuid, Path, description = "The invitation.")),
    responses((status = 204, description = "Its link opens nothing any more."), Problems))]
async fn revoke(
    State(identity): State<Identity>,
    Who(principal): Who,
    InOrg(org, invitation): InOrg<Uuid>,
    client: Client,
) -> Result<StatusCode, Failure> {
    identity.revoke_invitation(&principal, org, invitation, &client.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The token of an invitation.
#[derive(Deserialize, ToSchema)]
struct TokenBody {
    /// What follows `token=` in the link.
    token: String,
}

/// What an invitation is called after.
#[derive(Serialize, ToSchema)]
struct InvitingOrganization {
    /// What it is called.
    #[schema(example = "Analytical Engines")]
    name: String,
}

/// An invitation as whoever holds its link sees it.
#[derive(Serialize, ToSchema)]
struct InvitedView {
    /// Who invites.
    organization: InvitingOrganization,
    /// The role that whoever accepts will have.
    role: Role,
    /// The invited address.
    #[schema(example = "grace@example.com")]
    email: String,
    /// The person who invites; null when their account is gone.
    inviter_name: Option<String>,
    /// Until when it can be accepted.
    expires_at: DateTime<Utc>,
    /// Always null: whether an address has an account is told to nobody.
    account_exists: Option<bool>,
}

/// Look at an invitation.
#[utoipa::path(post, path = "/api/v1/auth/invitations/look", tag = "auth", request_body = TokenBody,
    responses((status = 200, description = "What the link is for.", body = InvitedView), Problems))]
async fn look(State(identity): State<Identity>, Input(body): Input<TokenBody>) -> Result<Json<InvitedView>, Failure> {
    let invited = identity.invited(&body.token).await?.ok_or(IdentityError::InvalidLink)?;
    Ok(Json(InvitedView {
        organization: InvitingOrganization { name: invited.organization },
        role: invited.role,
        email: invited.email,
        inviter_name: invited.inviter_name,
        expires_at: invited.expires_at,
        account_exists: None,
    }))
}

/// An organization that was joined.
#[derive(Serialize, ToSchema)]
struct Joined {
    /// The organization.
    organization: OrganizationDetails,
}

/// Accept an invitation.
///
/// For the account of the invited address only, which is proved by it. The caller goes on acting where they do.
#[utoipa::path(post, path = "/api/v1/orgs/invitations/accept", tag = "organizations", request_body = TokenBody,
    responses((status = 200, description = "The caller is a member.", body = Joined), Problems))]
async fn accept(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    Input(body): Input<TokenBody>,
) -> Result<Json<Joined>, Failure> {
    let joined = identity.accept_invitation(&principal, &body.token, &client.origin()).await?;
    Ok(Json(Joined { organization: OrganizationDetails::of(&identity, joined, &principal).await? }))
}
