use async_trait::async_trait;
use quorate_kernel::{OrgId, Problem, Role, UserId};

/// How a person stands in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Their role there.
    pub role: Role,
    /// Whether an operator keeps them out.
    pub suspended: bool,
}

/// Knows who belongs to which organization. Identity does; a domain never asks another one directly.
#[async_trait]
pub trait Members: Send + Sync {
    /// How each of these people stands in the organization beside them, in the order in which they are asked for;
    /// `None` for who is no member. What is true at the time of the question, not what was believed before.
    async fn standings(&self, asked: &[(UserId, OrgId)]) -> Result<Vec<Option<Standing>>, Problem>;
}
