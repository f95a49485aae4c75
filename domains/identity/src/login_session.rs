use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, Role, UserId};
use uuid::Uuid;

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
}

/// Where a log-in comes from, as the connection tells. Headers that name another address are not believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    pub(crate) ip: Option<String>,
    pub(crate) user_agent: Option<String>,
}

impl Origin {
    pub(crate) fn new(ip: Option<String>, user_agent: Option<&str>) -> Self {
        Self { ip, user_agent: user_agent.map(|agent| agent.chars().take(USER_AGENT_LENGTH).collect()) }
    }
}

/// Why a login session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    Logout,
    RefreshTokenReused,
}

impl EndReason {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::RefreshTokenReused => "refresh_token_reused",
        }
    }
}

/// What an access token's login session says now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It may be used.
    Live { user_id: UserId, org_id: OrgId, role: Role, operator: bool, expires_at: DateTime<Utc> },
    /// It has ended, never was, or its user left the organization.
    Ended,
}
