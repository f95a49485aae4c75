//! Who may use whom: apps → domains → platform, and no domain → domain (architecture rule 1).

use std::collections::HashMap;

use super::Finding;

const RULE: &str = "tiers";

/// A crate of the workspace.
#[derive(Debug)]
pub(crate) struct Member {
    /// Package name.
    pub(crate) name: String,
    /// Folder from the root, as in `domains/board`.
    pub(crate) place: String,
    /// What its manifest names, our own crates and others.
    pub(crate) uses: Vec<Use>,
}

/// One entry of a manifest's dependency tables.
#[derive(Debug)]
pub(crate) struct Use {
    /// Package name.
    pub(crate) name: String,
    /// A dev-dependency.
    pub(crate) for_tests_only: bool,
}

/// The floors of the house, by the first folder of a crate's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tier {
    Platform,
    Domain,
    App,
    /// Tools and benchmarks: they may use anything, and nothing may use them.
    Bench,
}

impl Tier {
    fn of(place: &str) -> Option<Self> {
        match place.split('/').next()? {
            "platform" => Some(Self::Platform),
            "domains" => Some(Self::Domain),
            "apps" => Some(Self::App),
            "tools" | "bench" => Some(Self::Bench),
            _ => None,
        }
    }

    /// `None` when the edge is allowed, otherwise the reason why it is not.
    fn objection(self, used: Self) -> Option<&'static str> {
        match (self, used) {
            (Self::Bench, _) | (_, Self::Platform) | (Self::App, Self::Domain | Self::App) => None,
            (Self::Domain, Self::Domain) => {
                Some("a domain never uses another domain: ask for a port and let apps/quorate join the two")
            }
            (Self::Platform, _) => Some("platform knows nothing of what stands on it"),
            (Self::Domain, Self::App) => Some("a domain knows nothing of the app it runs in"),
            (_, Self::Bench) => Some("nothing uses tools or benchmarks"),
        }
    }
}

/// What the kernel must not reach for: it holds vocabulary, not machinery (architecture, "platform/kernel").
const NOT_IN_KERNEL: [&str; 7] = ["axum", "sqlx", "reqwest", "hyper", "tower", "tokio", "rustls"];

/// Checks every edge between our own crates, and the kernel's edges to others.
pub(crate) fn check(members: &[Member]) -> Vec<Finding> {
    let tiers: HashMap<&str, Tier> =
        members.iter().filter_map(|member| Some((member.name.as_str(), Tier::of(&member.place)?))).collect();
    let mut findings = Vec::new();
    for member in members {
        let Some(&tier) = tiers.get(member.name.as_str()) else {
            let message = "stands in none of platform/, domains/, apps/, tools/, bench/";
            findings.push(Finding::new(RULE, member.place.as_str(), message));
            continue;
        };
        for used in &member.uses {
            if let Some(reason) = tiers.get(used.name.as_str()).and_then(|&below| tier.objection(below)) {
                findings.push(Finding::new(RULE, member.place.as_str(), format!("uses {}: {reason}", used.name)));
            }
            if used.name == "quorate-testkit" && !used.for_tests_only && tier != Tier::Bench {
                let message = "uses quorate-testkit outside tests: make it a dev-dependency";
                findings.push(Finding::new(RULE, member.place.as_str(), message));
            }
            if member.place == "platform/kernel" && !used.for_tests_only && NOT_IN_KERNEL.contains(&used.name.as_str())
            {
                let message = format!("uses {}: the kernel does no I/O and knows no HTTP or SQL", used.name);
                findings.push(Finding::new(RULE, member.place.as_str(), message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, place: &str, uses: &[&str]) -> Member {
        let uses = uses.iter().map(|name| Use { name: (*name).to_owned(), for_tests_only: false }).collect();
        Member { name: name.to_owned(), place: place.to_owned(), uses }
    }

    fn house(extra: Member) -> Vec<Finding> {
        check(&[
            member("quorate-kernel", "platform/kernel", &["serde"]),
            member("quorate-store", "platform/store", &["quorate-kernel", "sqlx"]),
            member("quorate-board", "domains/board", &["quorate-kernel", "quorate-store"]),
            member("quorate", "apps/quorate", &["quorate-board", "quorate-store", "quorate-web-assets"]),
            member("quorate-web-assets", "apps/web-assets", &["axum"]),
            member("xtask", "tools/xtask", &["quorate"]),
            member("quorate-bench", "bench", &["quorate", "quorate-board"]),
            extra,
        ])
    }

    fn refused(extra: Member, expected: &str) {
        let findings = house(extra);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].message.contains(expected), "{findings:?}");
    }

    #[test]
    fn the_house_as_drawn_is_accepted() {
        assert_eq!(house(member("quorate-identity", "domains/identity", &["quorate-store", "argon2"])), []);
    }

    #[test]
    fn domain_to_domain_is_refused_even_in_tests() {
        refused(member("quorate-identity", "domains/identity", &["quorate-board"]), "never uses another domain");
        let mut in_tests = member("quorate-identity", "domains/identity", &["quorate-board"]);
        in_tests.uses[0].for_tests_only = true;
        refused(in_tests, "never uses another domain");
    }

    #[test]
    fn upward_edges_are_refused() {
        refused(member("quorate-work", "platform/work", &["quorate-board"]), "platform knows nothing");
        refused(member("quorate-work", "platform/work", &["quorate"]), "platform knows nothing");
        refused(member("quorate-identity", "domains/identity", &["quorate"]), "knows nothing of the app");
        refused(member("quorate-console", "apps/console", &["xtask"]), "nothing uses tools");
    }

    #[test]
    fn a_crate_outside_the_tiers_is_refused() {
        refused(member("quorate-extra", "extra", &[]), "stands in none of");
    }

    #[test]
    fn the_testkit_stays_out_of_the_server() {
        let mut user = member("quorate-console", "apps/console", &["quorate-testkit"]);
        refused(
            Member { name: user.name.clone(), place: user.place.clone(), uses: std::mem::take(&mut user.uses) },
            "outside tests",
        );
        let mut dev = member("quorate-console", "apps/console", &["quorate-testkit"]);
        dev.uses[0].for_tests_only = true;
        assert_eq!(house(dev), []);
    }

    #[test]
    fn the_kernel_stays_free_of_machinery() {
        let findings = check(&[member("quorate-kernel", "platform/kernel", &["serde", "axum"])]);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message.contains("axum"));
    }
}
