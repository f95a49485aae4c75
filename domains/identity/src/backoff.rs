use std::net::IpAddr;
use std::time::Duration;

use crate::secret::TokenHash;

/// How failures of one kind of subject turn into waiting: some are free, then each doubles the wait (IDN-7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Failures that cost nothing, since people mistype.
    pub(crate) free: i64,
    /// The wait after the first one too many.
    pub(crate) first: Duration,
    /// The longest wait.
    pub(crate) longest: Duration,
}

/// Failures are forgotten after this long without a new one.
pub(crate) const FORGOTTEN_AFTER: Duration = Duration::from_secs(3600);

/// One account, tried from one network: strict, since it is somebody guessing a password.
const ACCOUNT_FROM_NETWORK: Allowance =
    Allowance { free: 5, first: Duration::from_secs(2), longest: Duration::from_secs(15 * 60) };
/// One account, tried from anywhere: wide and short, so that nobody can lock another person out.
const ACCOUNT: Allowance = Allowance { free: 50, first: Duration::from_secs(1), longest: Duration::from_secs(30) };
/// One network, trying any accounts: what password spraying runs into.
const NETWORK: Allowance = Allowance { free: 30, first: Duration::from_secs(2), longest: Duration::from_secs(15 * 60) };
/// One network making accounts.
const REGISTRATIONS: Allowance =
    Allowance { free: 20, first: Duration::from_secs(60), longest: Duration::from_secs(3600) };
/// One network asking for mails to forgotten passwords.
const RECOVERIES: Allowance =
    Allowance { free: 20, first: Duration::from_secs(60), longest: Duration::from_secs(3600) };

/// One person making organizations, or one organization sending its invitations again.
const ORGANIZING: Allowance =
    Allowance { free: 20, first: Duration::from_secs(60), longest: Duration::from_secs(3600) };

impl Allowance {
    /// How long to wait after that many failures.
    pub(crate) fn wait(self, failures: i64) -> Duration {
        let over = failures - self.free;
        if over <= 0 {
            return Duration::ZERO;
        }
        let doublings = u32::try_from(over - 1).unwrap_or(u32::MAX).min(30);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

/// Something that is being tried, and what trying it is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) key: String,
    pub(crate) allowance: Allowance,
    /// Whether a success clears it. A network is not cleared: whoever sprays has an account of their own.
    pub(crate) cleared_by_success: bool,
}

impl Subject {
    fn new(kind: &str, what: &str, allowance: Allowance, cleared_by_success: bool) -> Self {
        // Addresses of people who may have no account here are kept as hashes only.
        let key = format!("{kind} {}", TokenHash::of(&format!("{kind} {what}")).as_text());
        Self { key, allowance, cleared_by_success }
    }
}

/// What a log-in with this address from this network counts against.
pub(crate) fn log_in(email: &str, ip: Option<IpAddr>) -> Vec<Subject> {
    let network = network(ip);
    let from = format!("{email} {}", network.as_deref().unwrap_or("here"));
    let mut subjects = vec![
        Subject::new("account-from-network", &from, ACCOUNT_FROM_NETWORK, true),
        Subject::new("account", email, ACCOUNT, true),
    ];
    subjects.extend(network.map(|network| Subject::new("network", &network, NETWORK, false)));
    subjects
}

/// What a wrong code of an account's second factor counts against. It stands beside the challenge's own count, so that
/// a known password does not buy any number of challenges.
pub(crate) fn second_factor(user: &str) -> Vec<Subject> {
    vec![Subject::new("second-factor", user, ACCOUNT_FROM_NETWORK, true)]
}

/// What a registration counts against.
pub(crate) fn registration(ip: Option<IpAddr>) -> Vec<Subject> {
    network(ip).map(|network| Subject::new("registration", &network, REGISTRATIONS, false)).into_iter().collect()
}

/// What a request for a mail to a forgotten password counts against.
pub(crate) fn recovery(ip: Option<IpAddr>) -> Vec<Subject> {
    network(ip).map(|network| Subject::new("recovery", &network, RECOVERIES, false)).into_iter().collect()
}

/// What a new organization counts against, with whoever makes it.
pub(crate) fn new_organization(user: &str) -> Vec<Subject> {
    vec![Subject::new("organization", user, ORGANIZING, false)]
}

/// What sending an invitation once more counts against.
pub(crate) fn invitation_again(org: &str) -> Vec<Subject> {
    vec![Subject::new("invitation-again", org, ORGANIZING, false)]
}

/// The network that an address belongs to: an IPv6 customer has a whole /64. This machine is no network: behind it
/// stands a proxy that is not trusted, so all the world, or whoever runs the server.
fn network(ip: Option<IpAddr>) -> Option<String> {
    match ip?.to_canonical() {
        ip if ip.is_loopback() => None,
        IpAddr::V4(ip) => Some(ip.to_string()),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Some(format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits: Vec<u64> = [0, 5, 6, 7, 8, 14, 15, 10_000].map(|n| ACCOUNT_FROM_NETWORK.wait(n).as_secs()).into();
        assert_eq!(waits, [0, 0, 2, 4, 8, 512, 900, 900]);
        assert!(ACCOUNT.wait(1_000_000) <= Duration::from_secs(30), "nobody is locked out");
    }

    #[test]
    fn one_network_is_one_whatever_its_address() {
        let network = |text: &str| network(Some(text.parse().unwrap()));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:203.0.113.7"), network("203.0.113.7"));
        assert!(network("127.0.0.1").is_none() && network("::1").is_none());
    }

    #[test]
    fn the_address_typed_is_not_kept_and_a_network_is_not_cleared() {
        let subjects = log_in("ada@example.com", Some("203.0.113.7".parse().unwrap()));
        assert_eq!(subjects.len(), 3);
        assert!(subjects.iter().all(|subject| !subject.key.contains("ada")));
        assert_eq!(subjects.iter().filter(|subject| subject.cleared_by_success).count(), 2);
        assert_eq!(log_in("ada@example.com", None).len(), 2);
    }
}
