use quorate_kernel::{OrgId, Role};

/// An organization as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) org_id: OrgId,
    pub(crate) name: String,
    pub(crate) role: Role,
}
