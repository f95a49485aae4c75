use chrono::{DateTime, Utc};
use ipnet::IpNet;
use quorate_kernel::{MicroUsd, OrgId, Permissions, UserId};
use uuid::Uuid;

use super::token::{Environment, TokenHash};

/// An API key as people see it, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The organization that it belongs to.
    pub org_id: OrgId,
    /// Its id.
    pub id: Uuid,
    /// Whose it is: what it may do never exceeds what they may.
    pub user_id: UserId,
    /// Where it is used.
    pub environment: Environment,
    /// The end by which people recognise it.
    pub last_four: String,
    /// What it may do, and from where.
    pub terms: Terms,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its secret was last replaced.
    pub rotated_at: Option<DateTime<Utc>>,
    /// Until when the secret before lives on.
    pub previous_until: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// What its owner decides about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What it is called: 1 to 100 characters.
    pub name: String,
    /// What it may do, as far as its owner may.
    pub scopes: Permissions,
    /// Names of models and routes it may ask, with `*` for anything; none means all.
    pub models: Vec<String>,
    /// Where it may be used from; none means anywhere.
    pub allowed_ips: Vec<IpNet>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// Its own limit of requests a minute.
    pub requests_per_minute: Option<u32>,
    /// Its own limit of requests at once.
    pub max_concurrency: Option<u32>,
    /// Its own budget for a calendar month (UTC).
    pub monthly_budget: Option<MicroUsd>,
}

/// How a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It can be used, as far as its owner can.
    Active,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

impl Status {
    /// The name as shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl ApiKey {
    /// How it stands at this time.
    #[must_use]
    pub fn status(&self, now: DateTime<Utc>) -> Status {
        match self.terms.expires_at {
            _ if self.revoked_at.is_some() => Status::Revoked,
            Some(end) if end <= now => Status::Expired,
            _ => Status::Active,
        }
    }

    /// How its token begins, as far as it is shown.
    #[must_use]
    pub fn prefix(&self) -> String {
        super::token::prefix(self.environment, self.id)
    }
}

/// The secrets that a key has: two while it is rotated, else one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Secrets {
    pub(crate) current: TokenHash,
    /// The one before, until when it lives (milliseconds since the epoch).
    pub(crate) previous: Option<(TokenHash, i64)>,
}

/// A key with what proves it. Never leaves this module.
#[derive(Debug, Clone)]
pub(crate) struct StoredKey {
    pub(crate) key: ApiKey,
    pub(crate) secrets: Secrets,
}
