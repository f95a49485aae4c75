use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a route may need (IDN-22). Permissions are data: a role is a set of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// Read one's own account.
    ProfileRead,
    /// Read board sessions and their streams.
    BoardSessionRead,
    /// Create, run, stop and delete board sessions.
    BoardSessionWrite,
    /// Read the bundled and the organization's personas.
    PersonaRead,
    /// Read the configured models and routes.
    ModelRead,
}

impl Permission {
    /// Every permission there is.
    pub const ALL: [Self; 5] =
        [Self::ProfileRead, Self::BoardSessionRead, Self::BoardSessionWrite, Self::PersonaRead, Self::ModelRead];

    /// The name as `resource:action`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProfileRead => "profile:read",
            Self::BoardSessionRead => "board_session:read",
            Self::BoardSessionWrite => "board_session:write",
            Self::PersonaRead => "persona:read",
            Self::ModelRead => "model:read",
        }
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
        // Every permission that exists so far belongs to every member; the match makes a new one ask the question.
        match permission {
            Permission::ProfileRead
            | Permission::BoardSessionRead
            | Permission::BoardSessionWrite
            | Permission::PersonaRead
            | Permission::ModelRead => match self {
                Self::Member | Self::Admin | Self::Owner => true,
            },
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
