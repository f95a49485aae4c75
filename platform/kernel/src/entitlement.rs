use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{OrgId, Problem};

/// What a plan may hold a number or a yes of (PLT-10). The names are stored and shown, so they never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Board sessions a month.
    BoardSessions,
    /// Personas on one board.
    Personas,
    /// Personas that the organization writes itself.
    CustomPersonas,
    /// Solve sessions: for life or a month, as the plan says.
    SolveSessions,
    /// Tasks a month.
    Tasks,
    /// Posts a month.
    Posts,
    /// E-mails a month.
    Emails,
    /// API requests a month.
    ApiRequests,
    /// Bound devices (IDN-10).
    Devices,
    /// Log-ins at the same time (IDN-11).
    ConcurrentLogIns,
    /// Requests a minute (PLT-3).
    RequestsPerMinute,
    /// Days that solve sessions can be read back.
    SolveHistoryDays,
    /// Reports as PDF.
    PdfExport,
    /// A place before others in the queue.
    Priority,
    /// Images a month.
    Images,
    /// Videos a month.
    Videos,
    /// Stored bytes.
    StorageBytes,
}

impl Feature {
    /// Every feature, in the order of the price list.
    pub const ALL: [Self; 17] = [
        Self::BoardSessions,
        Self::Personas,
        Self::CustomPersonas,
        Self::SolveSessions,
        Self::Tasks,
        Self::Posts,
        Self::Emails,
        Self::ApiRequests,
        Self::Devices,
        Self::ConcurrentLogIns,
        Self::RequestsPerMinute,
        Self::SolveHistoryDays,
        Self::PdfExport,
        Self::Priority,
        Self::Images,
        Self::Videos,
        Self::StorageBytes,
    ];

    /// The name as stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BoardSessions => "board_sessions",
            Self::Personas => "personas",
            Self::CustomPersonas => "custom_personas",
            Self::SolveSessions => "solve_sessions",
            Self::Tasks => "tasks",
            Self::Posts => "posts",
            Self::Emails => "emails",
            Self::ApiRequests => "api_requests",
            Self::Devices => "devices",
            Self::ConcurrentLogIns => "concurrent_log_ins",
            Self::RequestsPerMinute => "requests_per_minute",
            Self::SolveHistoryDays => "solve_history_days",
            Self::PdfExport => "pdf_export",
            Self::Priority => "priority",
            Self::Images => "images",
            Self::Videos => "videos",
            Self::StorageBytes => "storage_bytes",
        }
    }

    /// What it is called in a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::BoardSessions => "board sessions",
            Self::Personas => "personas on a board",
            Self::CustomPersonas => "personas of one's own",
            Self::SolveSessions => "solve sessions",
            Self::Tasks => "tasks",
            Self::Posts => "posts",
            Self::Emails => "e-mails",
            Self::ApiRequests => "API requests",
            Self::Devices => "devices",
            Self::ConcurrentLogIns => "log-ins at the same time",
            Self::RequestsPerMinute => "requests a minute",
            Self::SolveHistoryDays => "days of solve history",
            Self::PdfExport => "PDF export",
            Self::Priority => "priority",
            Self::Images => "images",
            Self::Videos => "videos",
            Self::StorageBytes => "bytes of storage",
        }
    }

    /// The feature of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.name() == name)
    }

    /// Whether its use adds up and is counted with [`Entitlements::count`]. Of the others there are so many at once, or
    /// there is a yes or a no: whoever asks knows how many there are, and asks with [`Entitlements::check`].
    #[must_use]
    pub const fn is_counted(self) -> bool {
        match self {
            Self::BoardSessions
            | Self::SolveSessions
            | Self::Tasks
            | Self::Posts
            | Self::Emails
            | Self::ApiRequests
            | Self::Images
            | Self::Videos
            | Self::StorageBytes => true,
            Self::Personas
            | Self::CustomPersonas
            | Self::Devices
            | Self::ConcurrentLogIns
            | Self::RequestsPerMinute
            | Self::SolveHistoryDays
            | Self::PdfExport
            | Self::Priority => false,
        }
    }
}

/// How much of a feature a plan holds. A yes is [`Limit::Unlimited`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The plan does not have it.
    None,
    /// So many. What is sold by the seat is multiplied already.
    UpTo(u64),
    /// As many as one likes.
    Unlimited,
}

impl Limit {
    /// Whether so many are within the limit.
    #[must_use]
    pub const fn allows(self, wanted: u64) -> bool {
        match self {
            Self::None => false,
            Self::UpTo(most) => wanted <= most,
            Self::Unlimited => true,
        }
    }

    /// The limit of so many seats.
    #[must_use]
    pub const fn times(self, seats: u64) -> Self {
        match self {
            Self::UpTo(each) => Self::UpTo(each.saturating_mul(seats)),
            Self::None | Self::Unlimited => self,
        }
    }

    /// The plan does not have it, be it unnamed or zero.
    #[must_use]
    pub const fn is_none(self) -> bool {
        matches!(self, Self::None | Self::UpTo(0))
    }

    /// The number, where there is one: zero when the plan does not have it, nothing when it is without limit.
    #[must_use]
    pub const fn number(self) -> Option<u64> {
        match self {
            Self::None => Some(0),
            Self::UpTo(most) => Some(most),
            Self::Unlimited => None,
        }
    }
}

/// What [`Entitlements::count`] has counted. Keep it with the work (it can be stored with a job) to give it back when
/// the work fails before it cost anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Names this counting.
    pub id: Uuid,
    /// Against whose plan.
    pub org_id: OrgId,
    /// What was counted.
    pub feature: Feature,
    /// How many.
    pub amount: u64,
}

/// How much of a counted feature is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Meter {
    /// Of what.
    pub feature: Feature,
    /// How many are used.
    pub used: u64,
    /// How many there are: zero when the plan does not have it, null when it is without limit.
    pub limit: Option<u64>,
    /// When the counter begins anew; null for what counts for life.
    pub resets_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// What an organization has subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionSummary {
    /// The plan's id: `free`.
    pub plan: String,
    /// Whether it may be used: `active`.
    pub status: String,
    /// How many seats were taken. What is sold by the seat is multiplied by it.
    pub seats: u64,
}

/// What an organization's plan allows (PLT-11). Billing provides it; every domain asks it before work that a plan
/// limits. It fails closed: when the plan or the counters cannot be read, the answer is an error and never a yes.
///
/// A refusal is `QUOTA_EXCEEDED` (402) when the plan has the feature and it is used up, `TIER_INSUFFICIENT` (403) when
/// the plan does not have it or not so much at once. Its `params`: `feature`, `used`, `limit`, `wanted`, `current_tier`,
/// `required_tier` (the cheapest plan that would allow it, null when none would), `upgrade_url` (null likewise), and
/// `resets_at` where waiting helps.
///
/// Each call is a transaction of its own. Call it before you open one: SQLite has one writer, which would wait for
/// itself.
#[async_trait]
pub trait Entitlements: Send + Sync {
    /// What the organization has subscribed to, to be shown.
    async fn subscription(&self, org: OrgId) -> Result<SubscriptionSummary, Problem>;

    /// How much of the feature the organization's plan holds.
    async fn limit(&self, org: OrgId, feature: Feature) -> Result<Limit, Problem>;

    /// How much of each counted feature is used, in the order of the price list (PLT-2).
    async fn meters(&self, org: OrgId) -> Result<Vec<Meter>, Problem>;

    /// How much of the feature one member has: what is sold by the seat is not multiplied (PLT-3). Of what is not sold
    /// by the seat, and without a plan that says so, each member has all of it.
    async fn limit_of_one(&self, org: OrgId, feature: Feature) -> Result<Limit, Problem> {
        self.limit(org, feature).await
    }

    /// Whether `wanted` of the feature would be allowed now, without counting it. For a counted feature that is on top
    /// of what is used, so a yes may be out of date when it arrives; for another it is how many there would be at once.
    async fn check(&self, org: OrgId, feature: Feature, wanted: u64) -> Result<(), Problem>;

    /// Counts `amount` if the plan allows that much more, in one step: of many at once only as many pass as there is
    /// room for. Only for features that are counted.
    async fn count(&self, org: OrgId, feature: Feature, amount: u64) -> Result<Counted, Problem>;

    /// Gives back what was counted, for work that failed before it cost anything. The second time does nothing.
    async fn give_back(&self, counted: &Counted) -> Result<(), Problem>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_has_one_name_everywhere() {
        for feature in Feature::ALL {
            assert_eq!(Feature::parse(feature.name()), Some(feature));
            assert_eq!(serde_json::to_value(feature).unwrap(), feature.name());
        }
        assert_eq!(Feature::parse("board_session"), None);
        let names: std::collections::BTreeSet<_> = Feature::ALL.iter().map(|feature| feature.name()).collect();
        assert_eq!(names.len(), Feature::ALL.len());
    }

    #[test]
    fn limits_hold_at_their_edges() {
        assert!(Limit::UpTo(5).allows(5) && !Limit::UpTo(5).allows(6));
        assert!(!Limit::None.allows(0) && Limit::UpTo(0).allows(0) && Limit::Unlimited.allows(u64::MAX));
        assert!(Limit::None.is_none() && Limit::UpTo(0).is_none() && !Limit::UpTo(1).is_none());
        assert_eq!((Limit::None.number(), Limit::Unlimited.number()), (Some(0), None));
    }

    #[test]
    fn seats_multiply_numbers_and_never_wrap() {
        assert_eq!(Limit::UpTo(5).times(3), Limit::UpTo(15));
        assert_eq!(Limit::UpTo(u64::MAX).times(2), Limit::UpTo(u64::MAX));
        assert_eq!((Limit::None.times(9), Limit::Unlimited.times(9)), (Limit::None, Limit::Unlimited));
    }
}
