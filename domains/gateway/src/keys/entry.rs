use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ipnet::IpNet;
use quorate_kernel::{ApiKeyGrant, OrgId, Permissions, Principal, Role, UserId, millis};
use uuid::Uuid;

use super::key::{Secrets, StoredKey};
use super::refused::KeyRefused;
use super::token::{Environment, TokenHash};
use crate::ports::Standing;

/// A key that was checked: whose it is, and what it lets its bearer do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedKey {
    /// Where it is used.
    pub environment: Environment,
    /// What it grants: never more than its owner's role allows.
    pub grant: Arc<ApiKeyGrant>,
    principal: Principal,
}

impl VerifiedKey {
    /// Who asks, as every route knows them.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }
}

/// A key as the cache holds it.
#[derive(Debug)]
pub(super) struct Entry {
    stored: StoredKey,
    standing: Option<Standing>,
    verified: Arc<VerifiedKey>,
    expires_at: i64,
    /// When it was last used, in milliseconds since the epoch.
    used_at: AtomicI64,
    /// The last use that is in the database.
    noted_at: AtomicI64,
}

impl Entry {
    pub(super) fn new(stored: StoredKey, standing: Option<Standing>) -> Self {
        let key = &stored.key;
        let role = standing.map_or(Role::Member, |standing| standing.role);
        // By role too, although a principal asks the role again: whoever looks at the grant alone sees the truth.
        let held = standing.map_or(Permissions::NONE, |standing| Permissions::of(standing.role));
        let grant = Arc::new(ApiKeyGrant {
            id: key.id,
            permissions: key.terms.scopes.and(held),
            models: key.terms.models.clone(),
            requests_per_minute: key.terms.requests_per_minute,
            concurrency: key.terms.max_concurrency,
            monthly_budget: key.terms.monthly_budget,
        });
        let principal = Principal {
            user_id: key.user_id,
            org_id: key.org_id,
            role,
            login_session_id: key.id,
            operator: false,
            api_key: Some(Arc::clone(&grant)),
        };
        let verified = Arc::new(VerifiedKey { environment: key.environment, grant, principal });
        let noted_at = AtomicI64::new(key.last_used_at.map_or(0, millis));
        let expires_at = key.terms.expires_at.map_or(i64::MAX, millis);
        Self { stored, standing, verified, expires_at, used_at: AtomicI64::new(0), noted_at }
    }

    /// The same key whose owner stands otherwise now.
    pub(super) fn with(&self, standing: Option<Standing>) -> Self {
        let new = Self::new(self.stored.clone(), standing);
        new.used_at.store(self.used_at(), Ordering::Relaxed);
        new.noted_at.store(self.noted_at(), Ordering::Relaxed);
        new
    }

    pub(super) const fn id(&self) -> Uuid {
        self.stored.key.id
    }

    /// Whose standing counts.
    pub(super) const fn owner(&self) -> (UserId, OrgId) {
        (self.stored.key.user_id, self.stored.key.org_id)
    }

    pub(super) const fn standing(&self) -> Option<Standing> {
        self.standing
    }

    /// Lets the bearer of a token with this hash in, if everything holds at this time. The secret is asked first: who
    /// does not know it learns nothing.
    pub(super) fn admit(&self, hash: &TokenHash, ip: Option<IpAddr>, now: i64) -> Result<Arc<VerifiedKey>, KeyRefused> {
        let Secrets { current, previous } = &self.stored.secrets;
        let is_current = current.is(hash);
        let until = previous.as_ref().filter(|(before, _)| before.is(hash)).map(|(_, until)| *until);
        if !is_current && until.is_none() {
            return Err(KeyRefused::Unknown);
        }
        if self.stored.key.revoked_at.is_some() || (!is_current && until.is_some_and(|until| until <= now)) {
            return Err(KeyRefused::Revoked);
        }
        if self.expires_at <= now {
            return Err(KeyRefused::Expired);
        }
        let standing = self.standing.ok_or(KeyRefused::OwnerGone)?;
        if standing.suspended {
            return Err(KeyRefused::OwnerSuspended);
        }
        if !is_from(&self.stored.key.terms.allowed_ips, ip) {
            return Err(KeyRefused::Elsewhere);
        }
        self.use_at(now);
        Ok(Arc::clone(&self.verified))
    }

    pub(super) fn use_at(&self, now: i64) {
        self.used_at.store(now, Ordering::Relaxed);
    }

    pub(super) fn used_at(&self) -> i64 {
        self.used_at.load(Ordering::Relaxed)
    }

    pub(super) fn noted_at(&self) -> i64 {
        self.noted_at.load(Ordering::Relaxed)
    }

    pub(super) fn note(&self, at: i64) {
        self.noted_at.store(at, Ordering::Relaxed);
    }
}

/// Whether the caller is where the key may be used. An address that nobody knows is nowhere.
fn is_from(networks: &[IpNet], ip: Option<IpAddr>) -> bool {
    networks.is_empty()
        || ip.is_some_and(|ip| {
            let ip = ip.to_canonical();
            networks.iter().any(|network| network.contains(&ip))
        })
}

/// A key of somebody's.
#[cfg(test)]
pub(super) fn sample(id: Uuid) -> Entry {
    use quorate_kernel::{Permission, from_millis};

    use super::key::{ApiKey, Terms};
    use super::token::Hasher;

    let environment = Environment::Live;
    let token = super::token::NewToken::new(environment, id, &quorate_kernel::SystemIds);
    let terms = Terms {
        name: "Sample".to_owned(),
        scopes: Permissions::NONE.with(Permission::ModelUse).with(Permission::OrgWrite),
        models: Vec::new(),
        allowed_ips: Vec::new(),
        expires_at: None,
        requests_per_minute: None,
        max_concurrency: None,
        monthly_budget: None,
    };
    let key = ApiKey {
        org_id: OrgId(Uuid::from_u128(1)),
        id,
        user_id: UserId(Uuid::from_u128(2)),
        environment,
        last_four: token.last_four().to_owned(),
        terms,
        created_at: from_millis(0),
        rotated_at: None,
        previous_until: None,
        revoked_at: None,
        last_used_at: None,
    };
    let secrets = Secrets { current: Hasher::new([0; 32]).of_new(&token), previous: None };
    Entry::new(StoredKey { key, secrets }, Some(Standing { role: Role::Owner, suspended: false }))
}

#[cfg(test)]
mod tests {
    use quorate_kernel::{Permission, SystemIds, from_millis};

    use super::super::token::{Hasher, NewToken};
    use super::*;

    const NOW: i64 = 10_000;

    fn hash() -> TokenHash {
        let token = NewToken::new(Environment::Live, Uuid::nil(), &SystemIds);
        Hasher::new([0; 32]).of_new(&token)
    }

    /// The sample after a change, asked by who knows its secret.
    fn asked(
        change: impl FnOnce(&mut StoredKey),
        standing: Option<Standing>,
        ip: Option<&str>,
    ) -> Result<Arc<VerifiedKey>, KeyRefused> {
        let mut stored = sample(Uuid::nil()).stored;
        let secret = stored.secrets.current;
        change(&mut stored);
        Entry::new(stored, standing).admit(&secret, ip.map(|ip| ip.parse().unwrap()), NOW)
    }

    const fn as_role(role: Role) -> Option<Standing> {
        Some(Standing { role, suspended: false })
    }

    #[test]
    fn a_key_grants_what_its_scopes_and_its_owners_role_have_in_common() {
        for (role, may) in [(Role::Owner, true), (Role::Admin, true), (Role::Member, false)] {
            let key = asked(|_| {}, as_role(role), None).unwrap();
            assert_eq!(key.grant.permissions.contains(Permission::OrgWrite), may, "{role:?}");
            assert_eq!(key.principal().allows(Permission::OrgWrite), may, "{role:?}");
            assert!(key.principal().allows(Permission::ModelUse));
            assert!(!key.principal().allows(Permission::ModelRead), "not one of its scopes");
            assert!(!key.principal().operator);
        }
    }

    #[test]
    fn each_reason_refuses_and_says_so_to_who_knows_the_secret_only() {
        let owner = as_role(Role::Owner);
        let suspended = Some(Standing { role: Role::Owner, suspended: true });
        type Change = fn(&mut StoredKey);
        let cases: [(Change, Option<Standing>, Option<&str>, KeyRefused); 6] = [
            (|stored| stored.key.revoked_at = Some(from_millis(0)), owner, None, KeyRefused::Revoked),
            (|stored| stored.key.terms.expires_at = Some(from_millis(NOW)), owner, None, KeyRefused::Expired),
            (|_| {}, None, None, KeyRefused::OwnerGone),
            (|_| {}, suspended, None, KeyRefused::OwnerSuspended),
            (|stored| stored.key.terms.allowed_ips = nets(), owner, Some("192.0.3.1"), KeyRefused::Elsewhere),
            (|stored| stored.key.terms.allowed_ips = nets(), owner, None, KeyRefused::Elsewhere),
        ];
        for (change, standing, ip, why) in cases {
            assert_eq!(asked(change, standing, ip), Err(why.clone()), "{why}");
            let mut stored = sample(Uuid::nil()).stored;
            change(&mut stored);
            let entry = Entry::new(stored, standing);
            assert_eq!(entry.admit(&hash(), None, NOW), Err(KeyRefused::Unknown), "{why}");
            assert_eq!(entry.used_at(), 0, "what is refused is no use");
        }
    }

    fn nets() -> Vec<IpNet> {
        vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()]
    }

    #[test]
    fn addresses_are_compared_as_what_they_are() {
        for (ip, may) in [
            ("192.0.2.255", true),
            ("::ffff:192.0.2.1", true),
            ("2001:db8::1", true),
            ("192.0.3.0", false),
            ("2001:db9::1", false),
            ("::192.0.2.1", false),
        ] {
            let asked = asked(|stored| stored.key.terms.allowed_ips = nets(), as_role(Role::Member), Some(ip));
            assert_eq!(asked.is_ok(), may, "{ip}");
        }
    }

    #[test]
    fn the_secret_before_lives_through_the_grace_and_no_longer() {
        let before = hash();
        let mut stored = sample(Uuid::nil()).stored;
        let current = stored.secrets.current;
        stored.secrets.previous = Some((before, NOW + 1));
        let entry = Entry::new(stored, as_role(Role::Member));
        assert!(entry.admit(&before, None, NOW).is_ok() && entry.admit(&current, None, NOW).is_ok());
        assert_eq!(entry.admit(&before, None, NOW + 1), Err(KeyRefused::Revoked));
        assert!(entry.admit(&current, None, NOW + 1).is_ok());
    }

    #[test]
    fn another_standing_keeps_the_uses() {
        let entry = sample(Uuid::nil());
        entry.use_at(5);
        entry.note(4);
        let demoted = entry.with(as_role(Role::Member));
        assert_eq!((demoted.used_at(), demoted.noted_at()), (5, 4));
        assert!(!demoted.verified.grant.permissions.contains(Permission::OrgWrite));
    }
}
