//! What callers write about a key, and the rules that it passes.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use quorate_kernel::{FieldError, MicroUsd, Permission, Permissions, Role};

use super::key::Terms;
use super::token::Environment;

const LONGEST_NAME: usize = 100;
const MOST_MODELS: usize = 100;
const LONGEST_MODEL: usize = 200;
const MOST_NETWORKS: usize = 100;
/// A billion dollars: what is beyond is a slip.
const LARGEST_BUDGET: i64 = 1_000_000_000_000_000;
const MOST_PER_MINUTE: u32 = 100_000_000;
const MOST_AT_ONCE: u32 = 100_000;

/// A key as it is asked for.
#[derive(Debug, Clone, Default)]
pub struct NewKey {
    /// Where it is used; `live` unless told.
    pub environment: Option<Environment>,
    /// What it may do, and from where. A name and scopes are needed.
    pub terms: KeyChange,
}

/// What to change about a key. What is `None` stays; of what can be absent, the inner `None` takes it away.
#[derive(Debug, Clone, Default)]
pub struct KeyChange {
    /// What it is called.
    pub name: Option<String>,
    /// Names of permissions.
    pub scopes: Option<Vec<String>>,
    /// Names of models and routes, with `*`.
    pub models: Option<Vec<String>>,
    /// Addresses and networks.
    pub allowed_ips: Option<Vec<String>>,
    /// When it ends by itself.
    pub expires_at: Option<Option<DateTime<Utc>>>,
    /// Requests a minute.
    pub requests_per_minute: Option<Option<u32>>,
    /// Requests at once.
    pub max_concurrency: Option<Option<u32>>,
    /// Micro-dollars a month.
    pub monthly_budget: Option<Option<i64>>,
}

/// Collects what is wrong, so that the caller is told all of it at once.
#[derive(Default)]
struct Complaints(Vec<FieldError>);

impl Complaints {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), message: message.into() });
    }
}

impl KeyChange {
    /// The terms of a new key.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub(crate) fn into_new(self, role: Role, now: DateTime<Utc>) -> Result<Terms, Vec<FieldError>> {
        let mut missing = Complaints::default();
        for (field, given) in [("name", self.name.is_some()), ("scopes", self.scopes.is_some())] {
            if !given {
                missing.add(field, "is needed");
            }
        }
        let empty = Terms {
            name: String::new(),
            scopes: Permissions::NONE,
            models: Vec::new(),
            allowed_ips: Vec::new(),
            expires_at: None,
            requests_per_minute: None,
            max_concurrency: None,
            monthly_budget: None,
        };
        match self.apply(empty, role, now) {
            Ok(terms) if missing.0.is_empty() => Ok(terms),
            Ok(_) => Err(missing.0),
            Err(more) => Err([missing.0, more].concat()),
        }
    }

    /// The terms after the change. A scope that the key has already may stay, also when its owner's role has lost it.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub(crate) fn apply(self, mut terms: Terms, role: Role, now: DateTime<Utc>) -> Result<Terms, Vec<FieldError>> {
        let mut wrong = Complaints::default();
        if let Some(name) = self.name {
            terms.name = name.trim().to_owned();
            if terms.name.is_empty() || terms.name.chars().count() > LONGEST_NAME {
                wrong.add("name", format!("must have 1 to {LONGEST_NAME} characters"));
            } else if terms.name.chars().any(char::is_control) {
                wrong.add("name", "must not hold control characters");
            }
        }
        if let Some(names) = self.scopes {
            terms.scopes = scopes(&names, role, terms.scopes, &mut wrong);
        }
        if let Some(models) = self.models {
            terms.models = model_names(models, &mut wrong);
        }
        if let Some(networks) = self.allowed_ips {
            terms.allowed_ips = allowed_ips(&networks, &mut wrong);
        }
        if let Some(end) = self.expires_at {
            if end.is_some_and(|end| end <= now) {
                wrong.add("expires_at", "must be in the future");
            }
            terms.expires_at = end;
        }
        if let Some(count) = self.requests_per_minute {
            terms.requests_per_minute = limit("requests_per_minute", count, MOST_PER_MINUTE, &mut wrong);
        }
        if let Some(count) = self.max_concurrency {
            terms.max_concurrency = limit("max_concurrency", count, MOST_AT_ONCE, &mut wrong);
        }
        if let Some(budget) = self.monthly_budget {
            if budget.is_some_and(|budget| !(0..=LARGEST_BUDGET).contains(&budget)) {
                wrong.add("monthly_budget_microusd", format!("must be from 0 to {LARGEST_BUDGET}"));
            }
            terms.monthly_budget = budget.map(MicroUsd);
        }
        if wrong.0.is_empty() { Ok(terms) } else { Err(wrong.0) }
    }
}

fn scopes(names: &[String], role: Role, held: Permissions, wrong: &mut Complaints) -> Permissions {
    let mut scopes = Permissions::NONE;
    for (index, name) in names.iter().enumerate() {
        match Permission::parse(name) {
            Some(one) if !one.is_for_keys() => wrong.add(format!("scopes[{index}]"), "is not for API keys"),
            Some(one) if !role.allows(one) && !held.contains(one) => {
                wrong.add(format!("scopes[{index}]"), "is more than your own role allows");
            }
            Some(one) => scopes = scopes.with(one),
            None => wrong.add(format!("scopes[{index}]"), "is no permission"),
        }
    }
    scopes
}

fn model_names(names: Vec<String>, wrong: &mut Complaints) -> Vec<String> {
    if names.len() > MOST_MODELS {
        wrong.add("models", format!("must be {MOST_MODELS} at most"));
        return Vec::new();
    }
    for (index, name) in names.iter().enumerate() {
        if name.is_empty() || name.len() > LONGEST_MODEL || name.chars().any(|one| one.is_control() || one == ' ') {
            wrong.add(
                format!("models[{index}]"),
                format!("must have 1 to {LONGEST_MODEL} characters, without spaces; * stands for any"),
            );
        }
    }
    names
}

fn allowed_ips(texts: &[String], wrong: &mut Complaints) -> Vec<IpNet> {
    if texts.len() > MOST_NETWORKS {
        wrong.add("allowed_ips", format!("must be {MOST_NETWORKS} at most"));
        return Vec::new();
    }
    let mut networks = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match network(text) {
            Some(network) => networks.push(network),
            None => {
                wrong.add(format!("allowed_ips[{index}]"), "must be an address or a network, as 192.0.2.0/24");
            }
        }
    }
    networks
}

/// An address, or a network with its length. What is within an IPv4-mapped address is IPv4, as callers' addresses are.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    match text.parse::<IpNet>() {
        Ok(IpNet::V6(net)) if net.addr().to_ipv4_mapped().is_some() && net.prefix_len() >= 96 => {
            let address = net.addr().to_ipv4_mapped()?;
            IpNet::new(IpAddr::V4(address), net.prefix_len() - 96).ok().map(|net| net.trunc())
        }
        Ok(net) => Some(net.trunc()),
        Err(_) => text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical())),
    }
}

fn limit(field: &str, count: Option<u32>, most: u32, wrong: &mut Complaints) -> Option<u32> {
    if count.is_some_and(|count| !(1..=most).contains(&count)) {
        wrong.add(field, format!("must be from 1 to {most}"));
    }
    count
}

#[cfg(test)]
mod tests {
    use quorate_kernel::from_millis;

    use super::*;

    fn draft(change: impl FnOnce(&mut KeyChange)) -> KeyChange {
        let mut draft = KeyChange {
            name: Some(" Nightly ".to_owned()),
            scopes: Some(vec!["model:use".to_owned()]),
            ..KeyChange::default()
        };
        change(&mut draft);
        draft
    }

    fn new(draft: KeyChange, role: Role) -> Result<Terms, Vec<String>> {
        draft.into_new(role, from_millis(1000)).map_err(|wrong| wrong.into_iter().map(|one| one.field).collect())
    }

    fn texts(all: &[&str]) -> Option<Vec<String>> {
        Some(all.iter().map(|one| (*one).to_owned()).collect())
    }

    #[test]
    fn a_key_needs_a_name_and_scopes() {
        let terms = new(draft(|_| {}), Role::Member).unwrap();
        assert_eq!((terms.name.as_str(), terms.scopes), ("Nightly", Permissions::NONE.with(Permission::ModelUse)));
        assert_eq!(new(KeyChange::default(), Role::Owner).unwrap_err(), ["name", "scopes"]);
        assert_eq!(new(draft(|draft| draft.scopes = texts(&[])), Role::Member).unwrap().scopes, Permissions::NONE);
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let all = draft(|draft| {
            draft.name = Some("x".repeat(101));
            draft.scopes = texts(&["model:use", "model:eat", "api_key:write", "org:delete", "org:write"]);
            draft.models = texts(&["gpt-*", "", "a b"]);
            draft.allowed_ips = texts(&["10.0.0.0/8", "10.0.0.0/33", "home", "::1"]);
            draft.expires_at = Some(Some(from_millis(1000)));
            draft.requests_per_minute = Some(Some(0));
            draft.max_concurrency = Some(Some(100_001));
            draft.monthly_budget = Some(Some(-1));
        });
        assert_eq!(
            new(all, Role::Member).unwrap_err(),
            [
                "name",
                "scopes[1]",
                "scopes[2]",
                "scopes[3]",
                "scopes[4]",
                "models[1]",
                "models[2]",
                "allowed_ips[1]",
                "allowed_ips[2]",
                "expires_at",
                "requests_per_minute",
                "max_concurrency",
                "monthly_budget_microusd"
            ]
        );
        let many = vec!["x".to_owned(); 101];
        let all = draft(|draft| (draft.models, draft.allowed_ips) = (Some(many.clone()), Some(many)));
        assert_eq!(new(all, Role::Member).unwrap_err(), ["models", "allowed_ips"]);
    }

    #[test]
    fn a_scope_that_is_held_may_stay_but_none_comes_that_the_role_lacks() {
        let asked = |names: &[&str]| KeyChange { scopes: texts(names), ..KeyChange::default() };
        let terms = new(draft(|draft| draft.scopes = texts(&["org:write"])), Role::Admin).unwrap();
        let now = from_millis(1000);
        assert!(asked(&["org:write"]).apply(terms.clone(), Role::Member, now).is_ok());
        assert!(asked(&["org:write", "member:write"]).apply(terms.clone(), Role::Member, now).is_err());
        assert!(asked(&["api_key:write"]).apply(terms, Role::Owner, now).is_err(), "no key makes keys");
    }

    #[test]
    fn what_is_left_out_stays_and_null_takes_away() {
        let terms = new(draft(|draft| draft.requests_per_minute = Some(Some(5))), Role::Member).unwrap();
        let now = from_millis(1000);
        assert_eq!(KeyChange::default().apply(terms.clone(), Role::Member, now).unwrap(), terms);
        let taken = KeyChange { requests_per_minute: Some(None), ..KeyChange::default() };
        assert_eq!(taken.apply(terms, Role::Member, now).unwrap().requests_per_minute, None);
    }

    #[test]
    fn networks_are_read_as_callers_addresses_are() {
        for (text, is) in [
            ("192.0.2.7", Some("192.0.2.7/32")),
            ("192.0.2.7/24", Some("192.0.2.0/24")),
            (" 2001:db8::7/32 ", Some("2001:db8::/32")),
            ("::ffff:192.0.2.7", Some("192.0.2.7/32")),
            ("::ffff:192.0.2.7/120", Some("192.0.2.0/24")),
            ("0.0.0.0/0", Some("0.0.0.0/0")),
            ("192.0.2", None),
            ("", None),
            ("localhost", None),
        ] {
            assert_eq!(network(text).map(|network| network.to_string()).as_deref(), is, "{text}");
        }
    }
}
