use axum::Json;
use axum::extract::State;
use quorate_http::openapi::Problems;
use quorate_http::{Failure, Who};
use quorate_kernel::{Principal, Problem, Role};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{SubscriptionView, UserView};
use super::profile::{ConsentsView, SettingsView};
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
    /// What the account remembers of its owner's wishes.
    settings: SettingsView,
    /// When its owner agreed to what.
    consents: ConsentsView,
    /// What there is beside the password.
    second_factor: SecondFactorView,
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

/// What an account has beside its password (IDN-6).
#[derive(Serialize, ToSchema)]
struct SecondFactorView {
    /// Whether an authenticator app is set up.
    totp: bool,
    /// How many passkeys there are.
    passkeys: u64,
    /// How many recovery codes are left.
    recovery_codes_left: u64,
    /// Whether this person must have one to act as an operator.
    obligatory: bool,
}

/// Who am I.
#[utoipa::path(get, path = "/api/v1/users/me", tag = "users",
    responses((status = 200, description = "The signed-in person.", body = Me), Problems))]
pub(super) async fn me(State(identity): State<Identity>, Who(principal): Who) -> Result<Json<Me>, Failure> {
    Ok(Json(me_of(&identity, &principal).await?))
}

/// Everything the person may know of their own account.
pub(super) async fn me_of(identity: &Identity, principal: &Principal) -> Result<Me, Failure> {
    let found = users::of_principal(&identity.store, principal).await?;
    let (user, membership) = found.ok_or_else(|| Problem::not_found("account"))?;
    let (settings, consents) = identity.wishes(principal).await?;
    let factors = identity.second_factor_summary(principal.user_id).await?;
    let subscription = identity.entitlements.subscription(principal.org_id).await?;
    let obligatory = user.operator && identity.config.operators_need_second_factor;
    Ok(Me {
        user: user.into(),
        organization: OrganizationView { id: membership.org_id.0, name: membership.name, role: membership.role },
        subscription: subscription.into(),
        settings: settings.into(),
        consents: consents.into(),
        second_factor: SecondFactorView {
            totp: factors.totp,
            passkeys: factors.passkeys,
            recovery_codes_left: factors.recovery_codes_left,
            obligatory,
        },
    })
}
