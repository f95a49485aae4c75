//! Devices over HTTP (IDN-10).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{Access, Failure, Input, PathId, ProblemBody, Routes, Who};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::client::Client;
use crate::devices::DeviceView;
use crate::login_session::Origin;
use crate::{Identity, IdentityError};

pub(super) fn routes() -> Routes<Identity> {
    Routes::new()
        // Whoever has too many devices must be able to remove one, also from the one that is too many.
        .add_for_any_device(Access::SignedIn, routes!(devices))
        .add(Access::SignedIn, routes!(current))
        .add_for_any_device(Access::SignedIn, routes!(rename, remove))
}

/// A device that is bound to the account.
#[derive(Serialize, ToSchema)]
struct DeviceAnswer {
    /// The device's id.
    id: Uuid,
    /// What it is called.
    #[schema(example = "Ada's phone")]
    name: Option<String>,
    /// Whether the request comes from it.
    current: bool,
    /// When it was bound.
    created_at: DateTime<Utc>,
    /// When it was last seen, to the minute.
    last_seen_at: DateTime<Utc>,
}

impl DeviceAnswer {
    fn of(identity: &Identity, device: DeviceView, origin: &Origin) -> Self {
        let current =
            origin.device.as_ref().is_some_and(|here| identity.fingerprint(&here.fingerprint) == device.fingerprint);
        let DeviceView { id, name, created_at, last_seen_at, .. } = device;
        Self { id, name, current, created_at, last_seen_at }
    }
}

/// The devices of the account.
#[derive(Serialize, ToSchema)]
struct Devices {
    /// The newest first.
    data: Vec<DeviceAnswer>,
    /// How many the plan allows; absent without limit.
    limit: Option<u64>,
    /// When the next one may be removed, if one was removed within a day.
    next_removal_at: Option<DateTime<Utc>>,
}

/// List the devices.
#[utoipa::path(get, path = "/api/v1/devices", tag = "devices",
    responses((status = 200, description = "The devices.", body = Devices), Problems))]
async fn devices(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
) -> Result<Json<Devices>, Failure> {
    let (list, limit, next_removal_at) = identity.devices(&principal).await?;
    let origin = client.origin();
    let data = list.into_iter().map(|device| DeviceAnswer::of(&identity, device, &origin)).collect();
    Ok(Json(Devices { data, limit: limit.number(), next_removal_at }))
}

/// This device.
///
/// Binds it when it is unknown and the plan has room.
#[utoipa::path(get, path = "/api/v1/devices/current", tag = "devices",
    responses((status = 200, description = "The device that the request names.", body = DeviceAnswer),
        (status = 400, description = "The request names no device.", body = ProblemBody), Problems))]
async fn current(
    State(identity): State<Identity>,
    Who(principal): Who,
    client: Client,
) -> Result<Json<DeviceAnswer>, Failure> {
    let origin = client.origin();
    if origin.device.is_none() {
        return Err(IdentityError::DeviceFingerprintRequired.into());
    }
    let (list, ..) = identity.devices(&principal).await?;
    let mut answers = list.into_iter().map(|device| DeviceAnswer::of(&identity, device, &origin));
    let here = answers.find(|device| device.current).ok_or(IdentityError::NotFound("device"))?;
    Ok(Json(here))
}

/// A name for a device.
#[derive(Deserialize, ToSchema)]
struct DeviceBody {
    /// 1 to 100 characters.
    #[schema(example = "Ada's phone", min_length = 1, max_length = 100)]
    name: String,
}

/// Name a device.
#[utoipa::path(patch, path = "/api/v1/devices/{id}", operation_id = "rename_device", tag = "devices", request_body = DeviceBody,
    params(("id" = Uuid, Path, description = "The device.")),
    responses((status = 200, description = "As it is now.", body = DeviceAnswer), Problems))]
async fn rename(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(id): PathId<Uuid>,
    client: Client,
    Input(body): Input<DeviceBody>,
) -> Result<Json<DeviceAnswer>, Failure> {
    let device = identity.rename_device(&principal, id, &body.name).await?;
    Ok(Json(DeviceAnswer::of(&identity, device, &client.origin())))
}

/// Remove a device.
///
/// Ends the log-ins that were opened from it. One a day.
#[utoipa::path(delete, path = "/api/v1/devices/{id}", operation_id = "remove_device", tag = "devices",
    params(("id" = Uuid, Path, description = "The device.")),
    responses((status = 204, description = "It is bound no more."),
        (status = 429, description = "One was removed within a day.", body = ProblemBody), Problems))]
async fn remove(
    State(identity): State<Identity>,
    Who(principal): Who,
    PathId(id): PathId<Uuid>,
    client: Client,
) -> Result<StatusCode, Failure> {
    identity.remove_device(&principal, id, &client.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}
