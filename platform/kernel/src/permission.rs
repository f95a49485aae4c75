use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a route may need (IDN-22). Permissions are data: a role is a set of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// Read one's own account.
    ProfileRead,
    /// Read the organization's name, plan and role of oneself.
    OrgRead,
    /// Rename the organization.
    OrgWrite,
    /// Delete the organization or give it away.
    OrgDelete,
    /// See the members and invitations of the organization.
    MemberRead,
    /// Invite people, change their roles and remove them.
    MemberWrite,
    /// Read board sessions and their streams.
    BoardSessionRead,
    /// Create, run, stop and delete board sessions.
    BoardSessionWrite,
    /// Read the bundled and the organization's personas.
    PersonaRead,
    /// Read the configured models and routes.
    ModelRead,
    /// Ask models through the gateway (GTW-20).
    ModelUse,
    /// See one's own API keys; whoever runs the organization sees all of them.
    ApiKeyRead,
    /// Make, change, rotate and revoke one's own API keys; whoever runs the organization may revoke all of them.
    ApiKeyWrite,
    /// Read what was used: one's own, or all of it with [`Permission::CostRead`] (PLT-2).
    UsageRead,
    /// See what everybody used, and what it cost (PLT-2).
    CostRead,
    /// See budgets and what is spent of them (GTW-13).
    BudgetRead,
    /// Set budgets (GTW-13).
    BudgetWrite,
}

impl Permission {
    /// Every permission there is.
    pub const ALL: [Self; 17] = [
        Self::ProfileRead,
        Self::OrgRead,
        Self::OrgWrite,
        Self::OrgDelete,
        Self::MemberRead,
        Self::MemberWrite,
        Self::BoardSessionRead,
        Self::BoardSessionWrite,
        Self::PersonaRead,
        Self::ModelRead,
        Self::ModelUse,
        Self::ApiKeyRead,
        Self::ApiKeyWrite,
        Self::UsageRead,
        Self::CostRead,
        Self::BudgetRead,
        Self::BudgetWrite,
    ];

    /// The name as `resource:action`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProfileRead => "profile:read",
            Self::OrgRead => "org:read",
            Self::OrgWrite => "org:write",
            Self::OrgDelete => "org:delete",
            Self::MemberRead => "member:read",
            Self::MemberWrite => "member:write",
            Self::BoardSessionRead => "board_session:read",
            Self::BoardSessionWrite => "board_session:write",
            Self::PersonaRead => "persona:read",
            Self::ModelRead => "model:read",
            Self::ModelUse => "model:use",
            Self::ApiKeyRead => "api_key:read",
            Self::ApiKeyWrite => "api_key:write",
            Self::UsageRead => "usage:read",
            Self::CostRead => "cost:read",
            Self::BudgetRead => "budget:read",
            Self::BudgetWrite => "budget:write",
        }
    }

    /// The permission of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }

    /// Whether an API key may hold it (PLT-1): a key makes no other keys, and does not end an organization.
    #[must_use]
    pub const fn is_for_keys(self) -> bool {
        !matches!(self, Self::ApiKeyWrite | Self::OrgDelete)
    }
}

/// A user's role in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works in the organization.
    Member,
    /// Runs the organization, but cannot delete or give it away.
    Admin,
    /// Owns the organization.
    Owner,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Member, Self::Admin, Self::Owner];

    /// Whether the role holds the permission.
    #[must_use]
    pub const fn allows(self, permission: Permission) -> bool {
        match permission {
            Permission::ProfileRead
            | Permission::OrgRead
            | Permission::MemberRead
            | Permission::BoardSessionRead
            | Permission::BoardSessionWrite
            | Permission::PersonaRead
            | Permission::ModelRead
            | Permission::ModelUse
            | Permission::ApiKeyRead
            | Permission::ApiKeyWrite
            | Permission::UsageRead => match self {
                Self::Member | Self::Admin | Self::Owner => true,
            },
            Permission::OrgWrite
            | Permission::MemberWrite
            | Permission::CostRead
            | Permission::BudgetRead
            | Permission::BudgetWrite => matches!(self, Self::Admin | Self::Owner),
            Permission::OrgDelete => matches!(self, Self::Owner),
        }
    }

    /// The name as stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}
