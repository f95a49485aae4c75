//! The profile, its picture, settings and consents over HTTP (IDN-8).

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{Access, Failure, Input, PathId, Routes, Who};
use quorate_kernel::UserId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::answer::avatar_url;
use super::client::Client;
use super::me::{Me, me_of};
use crate::Identity;
use crate::profile::{ConsentChange, Consents, ProfileChange, Settings};

pub(super) fn routes() -> Routes<Identity> {
    Routes::new()
        .add(Access::SignedIn, routes!(change_me))
        .add(Access::SignedIn, routes!(consent))
        .add(Access::SignedIn, routes!(put_avatar))
        .add(Access::SignedIn, routes!(remove_avatar))
        .add(Access::SignedIn, routes!(avatar))
}

/// What an account remembers of its owner's wishes.
#[derive(Serialize, ToSchema)]
pub(super) struct SettingsView {
    /// Days that idle sessions are kept.
    #[schema(example = 365)]
    data_retention_days: i64,
    /// Whether a mail tells of a log-in from a new device.
    notify_new_device: bool,
    /// Whether mails tell of news about the product.
    notify_product: bool,
}

impl From<Settings> for SettingsView {
    fn from(settings: Settings) -> Self {
        let Settings { data_retention_days, notify_new_device, notify_product } = settings;
        Self { data_retention_days, notify_new_device, notify_product }
    }
}

/// When the owner of an account agreed to what.
#[derive(Serialize, ToSchema)]
pub(super) struct ConsentsView {
    /// To the terms of use.
    terms_at: Option<DateTime<Utc>>,
    /// To the privacy notice.
    privacy_at: Option<DateTime<Utc>>,
    /// To be told of offers.
    marketing_at: Option<DateTime<Utc>>,
}

impl From<Consents> for ConsentsView {
    fn from(consents: Consents) -> Self {
        let Consents { terms_at, privacy_at, marketing_at } = consents;
        Self { terms_at, privacy_at, marketing_at }
    }
}

/// Changes to a profile; what is absent stays.
#[derive(Deserialize, ToSchema)]
struct ProfileBody {
    /// What the person is called.
    #[schema(example = "Ada", max_length = 100)]
    name: Option<String>,
    /// A language tag.
    #[schema(example = "es", max_length = 35)]
    locale: Option<String>,
    /// An IANA time zone.
    #[schema(example = "Europe/Madrid", max_length = 64)]
    time_zone: Option<String>,
    /// Settings to change.
    #[serde(default)]
    settings: SettingsBody,
}

/// Changes to the settings; what is absent stays.
#[derive(Default, Deserialize, ToSchema)]
struct SettingsBody {
    /// Days that idle sessions are kept.
    #[schema(minimum = 30, maximum = 3650)]
    data_retention_days: Option<i64>,
    /// Whether a mail tells of a log-in from a new device.
    notify_new_device: Option<bool>,
    /// Whether mails tell of news about the product.
    notify_product: Option<bool>,
}

/// Change the profile and the settings.
#[utoipa::path(patch, path = "/api/v1/users/me", tag = "users", request_body = ProfileBody,
    responses((status = 200, description = "As it is now.", body = Me), Problems))]
async fn change_me(
    State(identity): State<Identity>,
    Who(principal): Who,
    Input(body): Input<ProfileBody>,
) -> Result<Json<Me>, Failure> {
    let change = ProfileChange {
        name: body.name,
        locale: body.locale,
        time_zone: body.time_zone,
        data_retention_days: body.settings.data_retention_days,
        notify_new_device: body.settings.notify_new_device,
        notify_product: body.settings.notify_product,
    };
    identity.change_profile(&principal, change).await?;
    Ok(Json(me_of(&identity, &principal).await?))
}

/// A yes or a no to each kind of consent; what is absent stays.
#[derive(Deserialize, ToSchema)]
struct ConsentBody {
    /// To the terms of use; cannot be taken back.
    terms: Option<bool>,
    /// To the privacy notice; cannot be taken back.
    privacy: Option<bool>,
    /// To be told of offers.
    marketing: Option<bool>,
}

/// Agree, or take an agreement back.
#[utoipa::path(put, path = "/api/v1/users/me/consents", tag = "users", request_body = ConsentBody,
    responses((status = 200, description = "As it is now.", body = ConsentsView), Problems))]
async fn consent(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
    Input(body): Input<ConsentBody>,
) -> Result<Json<ConsentsView>, Failure> {
    let change = ConsentChange { terms: body.terms, privacy: body.privacy, marketing: body.marketing };
    let consents = identity.consent(&principal, change, &client.origin()).await?;
    Ok(Json(consents.into()))
}

/// Where a picture is.
#[derive(Serialize, ToSchema)]
struct AvatarAnswer {
    /// The picture's address.
    avatar_url: Option<String>,
}

/// Set the picture.
#[utoipa::path(put, path = "/api/v1/users/me/avatar", tag = "users",
    request_body(description = "PNG, JPEG or WebP, at most 256 KiB.",
        content(("image/png"), ("image/jpeg"), ("image/webp"))),
    responses((status = 200, description = "The picture is kept.", body = AvatarAnswer), Problems))]
async fn put_avatar(
    State(identity): State<Identity>,
    Who(principal): Who,
    headers: HeaderMap,
    image: Bytes,
) -> Result<Json<AvatarAnswer>, Failure> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let changed_at = identity.put_avatar(&principal, declared, &image).await?;
    Ok(Json(AvatarAnswer { avatar_url: avatar_url(principal.user_id, Some(changed_at)) }))
}

/// Remove the picture.
#[utoipa::path(delete, path = "/api/v1/users/me/avatar", tag = "users",
    responses((status = 204, description = "There is no picture any more."), Problems))]
async fn remove_avatar(State(identity): State<Identity>, Who(principal): Who) -> Result<StatusCode, Failure> {
    identity.remove_avatar(&principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// See the picture of somebody in one's organizations.
#[utoipa::path(get, path = "/api/v1/users/{id}/avatar", tag = "users",
    params(("id" = uuid::Uuid, Path, description = "The person.")),
    responses((status = 200, description = "The picture.", content_type = "image/*"), Problems))]
async fn avatar(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(of): PathId<UserId>,
) -> Result<Response, Failure> {
    let avatar = identity.avatar(&principal, of).await?;
    let headers = [
        (header::CONTENT_TYPE, avatar.media_type),
        // Its address changes with it. Only the person's own browser may keep it.
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
        (header::CONTENT_DISPOSITION, "inline; filename=\"avatar\"".to_owned()),
    ];
    Ok((headers, avatar.image).into_response())
}
