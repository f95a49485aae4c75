//! What may enter the tree of dependencies: the bans and licences of `deny.toml`, checked without any tool that has
//! to be installed. `cargo deny` reads the same file and adds the advisories (OPS-8).

use super::Finding;

const RULE: &str = "dependencies";

/// A crate that the workspace builds with.
#[derive(Debug)]
pub(crate) struct Package {
    /// Name in the registry.
    pub(crate) name: String,
    /// Version as resolved.
    pub(crate) version: String,
    /// SPDX expression, where the crate states one.
    pub(crate) license: Option<String>,
}

/// The parts of `deny.toml` that are enforced here.
#[derive(Debug)]
pub(crate) struct Policy {
    banned: Vec<(String, String)>,
    licenses: Vec<String>,
}

impl Policy {
    /// Reads the policy; an error says which part is missing.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let table: toml::Table = text.parse()?;
        let list = |section: &str, key: &str| {
            table
                .get(section)
                .and_then(|section| section.get(key)?.as_array())
                .ok_or_else(|| anyhow::anyhow!("deny.toml has no list {section}.{key}"))
        };
        let text_of = |entry: &toml::Value, key: &str| entry.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        let banned = list("bans", "deny")?
            .iter()
            .filter_map(|entry| Some((text_of(entry, "crate")?, text_of(entry, "reason").unwrap_or_default())))
            .collect();
        let licenses = list("licenses", "allow")?.iter().filter_map(|entry| Some(entry.as_str()?.to_owned())).collect();
        Ok(Self { banned, licenses })
    }
}

/// Refuses banned crates and crates under a licence that is not on the list.
pub(crate) fn check(policy: &Policy, packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let place = format!("{} {}", package.name, package.version);
        if let Some((_, reason)) = policy.banned.iter().find(|(name, _)| *name == package.name) {
            findings.push(Finding::new(RULE, place.as_str(), format!("is banned by deny.toml: {reason}")));
        }
        match &package.license {
            Some(expression) if is_allowed(expression, &policy.licenses) => {}
            Some(expression) => {
                let message = format!("licence `{expression}` is not on the list in deny.toml");
                findings.push(Finding::new(RULE, place, message));
            }
            None => findings.push(Finding::new(RULE, place, "states no licence")),
        }
    }
    findings
}

/// Evaluates an SPDX expression: OR needs one side, AND both, and AND binds tighter. An expression that cannot be
/// read is not allowed. The old `MIT/Apache-2.0` means OR.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Expression { tokens: &tokens, allowed };
    reader.either().unwrap_or(false) && reader.tokens.is_empty()
}

struct Expression<'a> {
    tokens: &'a [&'a str],
    allowed: &'a [String],
}

impl Expression<'_> {
    fn take(&mut self, token: &str) -> bool {
        let found = self.tokens.first() == Some(&token);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    fn either(&mut self) -> Option<bool> {
        let mut holds = self.both()?;
        while self.take("OR") {
            holds |= self.both()?;
        }
        Some(holds)
    }

    fn both(&mut self) -> Option<bool> {
        let mut holds = self.one()?;
        while self.take("AND") {
            holds &= self.one()?;
        }
        Some(holds)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let inner = self.either()?;
            return self.take(")").then_some(inner);
        }
        let (&name, rest) = self.tokens.split_first()?;
        if ["AND", "OR", "WITH", ")"].contains(&name) {
            return None;
        }
        self.tokens = rest;
        if self.take("WITH") {
            let (&exception, rest) = self.tokens.split_first()?;
            self.tokens = rest;
            return Some(self.allowed.contains(&format!("{name} WITH {exception}")));
        }
        Some(self.allowed.iter().any(|license| license == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        let text = concat!(
            "[licenses]\nallow = [\"MIT\", \"Apache-2.0\", \"Apache-2.0 WITH LLVM-exception\"]\n",
            "[bans]\ndeny = [{ crate = \"openssl\", reason = \"TLS is rustls\" }]\n",
        );
        Policy::parse(text).unwrap()
    }

    fn package(name: &str, license: Option<&str>) -> Package {
        Package { name: name.to_owned(), version: "1.0.0".to_owned(), license: license.map(str::to_owned) }
    }

    #[test]
    fn a_banned_crate_is_refused_with_its_reason() {
        let findings =
            check(&policy(), &[package("openssl", Some("MIT")), package("serde", Some("MIT OR Apache-2.0"))]);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message.contains("TLS is rustls"));
    }

    #[test]
    fn a_crate_without_an_allowed_licence_is_refused() {
        assert_eq!(check(&policy(), &[package("a", Some("GPL-3.0-only"))]).len(), 1);
        assert_eq!(check(&policy(), &[package("a", None)]).len(), 1);
    }

    #[test]
    fn licence_expressions_are_evaluated() {
        let allowed = policy().licenses;
        for expression in [
            "MIT",
            "MIT/GPL-2.0",
            "GPL-3.0-only OR MIT",
            "GPL-3.0-only AND BSD-3-Clause OR MIT",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0",
            "(MIT OR GPL-2.0) AND Apache-2.0",
        ] {
            assert!(is_allowed(expression, &allowed), "{expression}");
        }
        for expression in [
            "GPL-3.0-only AND MIT",
            "MIT AND",
            "(MIT",
            "MIT)",
            "",
            "OR MIT",
            "MIT WITH Classpath-exception-2.0",
            "MIT AND (GPL-2.0 OR LGPL-3.0)",
        ] {
            assert!(!is_allowed(expression, &allowed), "{expression}");
        }
    }

    #[test]
    fn a_policy_without_its_lists_is_an_error() {
        assert!(Policy::parse("[bans]\ndeny = []\n").is_err());
    }
}
