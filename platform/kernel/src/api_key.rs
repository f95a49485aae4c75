use std::fmt;

use uuid::Uuid;

use crate::{MicroUsd, Permission, Role};

/// How every API key begins, by which it is told from an access token.
pub const API_KEY_PREFIX: &str = "qk_";

/// A set of permissions.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u64);

impl Permissions {
    /// None at all.
    pub const NONE: Self = Self(0);

    /// Those that a role holds.
    #[must_use]
    pub fn of(role: Role) -> Self {
        Permission::ALL.into_iter().filter(|permission| role.allows(*permission)).collect()
    }

    /// These and one more.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | 1 << permission as u64)
    }

    /// Those that are in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the permission is one of them.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & 1 << permission as u64 != 0
    }

    /// Each of them, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Permission::name)).finish()
    }
}

/// What an API key lets its bearer do (PLT-1). A principal that came with one may do what its role *and* this allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyGrant {
    /// The key.
    pub id: Uuid,
    /// What it may be used for.
    pub permissions: Permissions,
    /// Names of models and routes it may ask, in which `*` stands for anything; none means all.
    pub models: Vec<String>,
    /// How many requests it may make a minute, if it has a limit of its own.
    pub requests_per_minute: Option<u32>,
    /// How many requests it may make at once, if it has a limit of its own.
    pub concurrency: Option<u32>,
    /// What it may spend in a calendar month (UTC), if it has a budget of its own.
    pub monthly_budget: Option<MicroUsd>,
}

impl ApiKeyGrant {
    /// Whether the key may ask this model or route, by the name that the caller gave.
    #[must_use]
    pub fn may_ask(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| matches(pattern.as_bytes(), model.as_bytes()))
    }
}

/// Whether the text is of the pattern, in which `*` stands for any characters, also none. Takes at most the product of
/// their lengths: only the last `*` is ever tried again.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, read));
                at += 1;
            }
            Some(byte) if *byte == text[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((after, from)) = star else { return false };
                star = Some((after, from + 1));
                at = after;
                read = from + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        for one in Permission::ALL {
            let set = Permissions::NONE.with(one);
            for other in Permission::ALL {
                assert_eq!(set.contains(other), one == other, "{one:?} {other:?}");
            }
            assert_eq!(set.iter().collect::<Vec<_>>(), [one]);
        }
        let member = Permissions::of(Role::Member);
        assert!(
            !member.contains(Permission::OrgDelete) && Permissions::of(Role::Owner).contains(Permission::OrgDelete)
        );
        assert_eq!(member.and(Permissions::of(Role::Owner)), member);
        assert_eq!(Permissions::of(Role::Owner).iter().count(), Permission::ALL.len());
    }

    #[test]
    fn patterns_stand_for_names() {
        let cases = [
            ("gpt-4o", "gpt-4o", true),
            ("gpt-4o", "gpt-4", false),
            ("gpt-4", "gpt-4o", false),
            ("gpt-*", "gpt-4o", true),
            ("gpt-*", "gpt-", true),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("openai/*", "openai/gpt-4o", true),
            ("openai/*", "azure/openai/gpt", false),
            ("*/claude-*-4*", "anthropic/claude-opus-4-1", true),
            ("*/claude-*-4*", "anthropic/claude-opus-3", false),
            ("a*a*a", "aa", false),
            ("a*a*a", "abcaba", true),
            ("gpt?", "gpt4", false),
            ("GPT", "gpt", false),
            ("*é", "café", true),
        ];
        for (pattern, text, is) in cases {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), is, "{pattern} {text}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_long_time() {
        let pattern = "*a".repeat(100);
        assert!(!matches(pattern.as_bytes(), format!("{}b", "a".repeat(10_000)).as_bytes()));
    }

    #[test]
    fn no_list_of_models_means_all() {
        let grant = |models: &[&str]| ApiKeyGrant {
            id: Uuid::nil(),
            permissions: Permissions::NONE,
            models: models.iter().map(|model| (*model).to_owned()).collect(),
            requests_per_minute: None,
            concurrency: None,
            monthly_budget: None,
        };
        assert!(grant(&[]).may_ask("anything"));
        assert!(grant(&["fast", "open*"]).may_ask("openai/gpt-4o"));
        assert!(!grant(&["fast", "open*"]).may_ask("default"));
    }
}
