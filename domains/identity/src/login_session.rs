use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, Role, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::secret::TokenHash;

/// How long an access token lives (IDN-2).
pub(crate) const ACCESS_TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);
/// How long a refresh token lives unused (IDN-2).
pub(crate) const REFRESH_TOKEN_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a login session lives, however often it is refreshed.
pub(crate) const LOGIN_SESSION_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// How much of a user agent is kept, in characters.
const USER_AGENT_LENGTH: usize = 256;

/// A login session: one log-in of one person from one place, and the family of its refresh tokens.
#[derive(Debug, Clone)]
pub(crate) struct LoginSession {
    pub(crate) id: Uuid,
    pub(crate) user_id: UserId,
    /// The organization they act in.
    pub(crate) org_id: OrgId,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) origin: Origin,
    /// What counts against the plan's concurrent log-ins: one device's sessions share one (IDN-11).
    pub(crate) slot: String,
    /// The bound device it was opened from.
    pub(crate) device_id: Option<Uuid>,
    /// Whether two factors were shown.
    pub(crate) second_factor: bool,
}

/// What a person can see of one of their login sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveLoginSession {
    pub(crate) id: Uuid,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) ip: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) device_name: Option<String>,
    pub(crate) second_factor: bool,
}

/// Where a log-in comes from, as the connection and trusted proxies tell.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) ip: Option<IpAddr>,
    pub(crate) user_agent: Option<String>,
    /// The device that the client says it runs on, if it says so.
    pub(crate) device: Option<Device>,
    /// The id of the request, for the audit log.
    pub(crate) request_id: Option<String>,
}

/// What a client says about its device (IDN-10).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) fingerprint: String,
    pub(crate) name: Option<String>,
}

impl Origin {
    pub(crate) fn new(ip: Option<IpAddr>, user_agent: Option<&str>) -> Self {
        let user_agent = user_agent.map(|agent| agent.chars().take(USER_AGENT_LENGTH).collect());
        Self { ip, user_agent, device: None, request_id: None }
    }

    /// The address as text.
    pub(crate) fn ip_text(&self) -> Option<String> {
        self.ip.map(|ip| ip.to_string())
    }
}

/// How somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Proof {
    /// The password alone, or the making of the account with one.
    Password,
    /// Another service's word (IDN-5).
    Social,
    /// A passkey that verified its user: possession and knowledge (or body) in one, so it counts as two factors.
    Passkey,
    /// The first factor and then a second one.
    SecondFactor,
    /// The first factor and then a code for who has lost the second.
    RecoveryCode,
}

impl Proof {
    /// Whether two factors were shown.
    pub(crate) const fn is_strong(self) -> bool {
        matches!(self, Self::Passkey | Self::SecondFactor | Self::RecoveryCode)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Social => "social",
            Self::Passkey => "passkey",
            Self::SecondFactor => "second_factor",
            Self::RecoveryCode => "recovery_code",
        }
    }
}

/// Why a login session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    Logout,
    RefreshTokenReused,
    /// Its owner ended it from another one.
    Revoked,
    /// The password was changed or reset.
    PasswordChanged,
    /// Another log-in took its place, as the plan allows no more (IDN-11).
    Displaced,
    /// The device it was opened from was removed.
    DeviceRemoved,
    /// An operator suspended the account.
    Suspended,
}

impl EndReason {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::Revoked => "revoked",
            Self::PasswordChanged => "password_changed",
            Self::Displaced => "displaced",
            Self::DeviceRemoved => "device_removed",
            Self::Suspended => "suspended",
        }
    }
}

/// What an access token's login session says now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It may be used.
    Live {
        user_id: UserId,
        org_id: OrgId,
        role: Role,
        /// Whether the account is an operator's.
        operator: bool,
        /// Whether two factors were shown at log-in.
        second_factor: bool,
        expires_at: DateTime<Utc>,
    },
    /// It has ended, never was, or its user left the organization.
    Ended,
}

/// What a log-in counts as against the plan's concurrent log-ins (IDN-11). A client that does not say which device it
/// runs on is known by its address and its program, so that logging in again from the same place takes no second slot.
pub(crate) fn slot(device: Option<Uuid>, origin: &Origin) -> String {
    match device {
        Some(device) => format!("device {device}"),
        None => TokenHash::of(&format!("{:?} {:?}", origin.ip, origin.user_agent)).as_text(),
    }
}
