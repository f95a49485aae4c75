//! Who belongs to which organization: the gateway's port over identity.

use async_trait::async_trait;
use quorate_gateway::{Members, Standing};
use quorate_identity::Identity;
use quorate_kernel::{OrgId, Problem, UserId};

/// Identity, as the gateway asks it.
pub(crate) struct People(pub(crate) Identity);

#[async_trait]
impl Members for People {
    async fn standings(&self, asked: &[(UserId, OrgId)]) -> Result<Vec<Option<Standing>>, Problem> {
        let found = self.0.standings(asked).await?;
        let standing = |one: quorate_identity::MemberStanding| Standing { role: one.role, suspended: one.suspended };
        Ok(found.into_iter().map(|one| one.map(standing)).collect())
    }
}
