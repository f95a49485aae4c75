use quorate_kernel::{OrgId, Role};

/// The plan of a personal organization until somebody pays for another.
pub(crate) const FREE_PLAN: &str = "free";
/// The state of a subscription that may be used.
pub(crate) const ACTIVE: &str = "active";

/// An organization as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) org_id: OrgId,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) subscription: Subscription,
}

/// What the organization has subscribed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) plan: String,
    pub(crate) status: String,
}
