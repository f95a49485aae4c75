use std::collections::{BTreeMap, HashMap};

use quorate_kernel::{OrgId, from_millis, millis};
use quorate_models::{Caller, Purpose};
use uuid::Uuid;

use crate::ledger::Entry;
use crate::usage::{Grain, month};

/// Whose spending a budget holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Scope {
    /// The organization as a whole.
    Organization,
    /// One API key.
    Key(Uuid),
    /// One purpose.
    Purpose(Purposes),
}

/// A purpose that can be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Purposes(&'static str);

impl From<Purpose> for Purposes {
    fn from(purpose: Purpose) -> Self {
        Self(purpose.name())
    }
}

impl Scope {
    /// The name as stored and shown.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Key(_) => "key",
            Self::Purpose(_) => "purpose",
        }
    }

    /// Which key or purpose; empty for the organization.
    pub(crate) fn subject(self) -> String {
        match self {
            Self::Organization => String::new(),
            Self::Key(key) => key.to_string(),
            Self::Purpose(Purposes(name)) => name.to_owned(),
        }
    }

    /// The scope of this name and subject, if there is one.
    pub(crate) fn parse(name: &str, subject: &str) -> Option<Self> {
        match name {
            "organization" => subject.is_empty().then_some(Self::Organization),
            "key" => subject.parse().ok().map(Self::Key),
            "purpose" => Purpose::parse(subject).map(|purpose| Self::Purpose(purpose.into())),
            _ => None,
        }
    }

    /// The scopes that a call counts for.
    pub(crate) fn of(caller: &Caller) -> [Option<Self>; 3] {
        Self::all(caller.api_key, caller.purpose)
    }

    fn all(key: Option<Uuid>, purpose: Purpose) -> [Option<Self>; 3] {
        [Some(Self::Organization), key.map(Self::Key), Some(Self::Purpose(purpose.into()))]
    }
}

/// Over which time spending adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Period {
    /// The calendar's month, in UTC.
    Month,
    /// For good.
    Total,
}

impl Period {
    pub(crate) const ALL: [Self; 2] = [Self::Month, Self::Total];

    /// The name as stored and shown.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Total => "total",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.name() == name)
    }

    /// When the period of this time began, as it is stored: what adds up for good has the period 0.
    pub(crate) fn start(self, at: i64) -> i64 {
        match self {
            Self::Month => millis(month(from_millis(at))),
            Self::Total => 0,
        }
    }
}

/// The most that may be spent in a scope over a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    pub(crate) scope: Scope,
    pub(crate) period: Period,
    /// Micro-dollars.
    pub(crate) cap: i64,
}

/// Of several budgets of one scope and period the lowest: whoever gave a key a budget, and whoever runs its organization,
/// both mean that no more is spent.
pub(crate) fn lowest(budgets: impl Iterator<Item = Budget>) -> Vec<Budget> {
    let mut caps = BTreeMap::new();
    for Budget { scope, period, cap } in budgets {
        caps.entry((scope, period)).and_modify(|least: &mut i64| *least = cap.min(*least)).or_insert(cap);
    }
    caps.into_iter().map(|((scope, period), cap)| Budget { scope, period, cap }).collect()
}

/// What spending is kept apart by: a row of `gateway_spend`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Account {
    pub(crate) org: OrgId,
    pub(crate) scope: Scope,
    pub(crate) period_start: i64,
}

/// What these attempts cost each account that they count for. An unknown cost is in none. In the order in which every
/// node writes.
pub(crate) fn charges<'e>(entries: impl Iterator<Item = &'e Entry>) -> BTreeMap<Account, i64> {
    // Most of a batch is of few callers within one month: what they cost is added up before it is spread over accounts.
    let mut callers: HashMap<(OrgId, Option<Uuid>, Purpose, i64), i64> = HashMap::new();
    for entry in entries {
        if let Some(cost) = entry.cost.filter(|cost| *cost > 0) {
            let hour = Grain::Hour.begin(entry.started);
            let sum = callers.entry((entry.org, entry.key, entry.purpose, hour)).or_default();
            *sum = sum.saturating_add(cost);
        }
    }
    let mut charges: BTreeMap<Account, i64> = BTreeMap::new();
    for ((org, key, purpose, hour), cost) in callers {
        for scope in Scope::all(key, purpose).into_iter().flatten() {
            for period in Period::ALL {
                let sum = charges.entry(Account { org, scope, period_start: period.start(hour) }).or_default();
                *sum = sum.saturating_add(cost);
            }
        }
    }
    charges
}

/// How much is taken from the database at a time for a call that may cost `most`: a hundredth of the budget, so that
/// a node asks a hundred times in all, and never less than the call. Micro-dollars.
pub(crate) const fn chunk(cap: i64, most: i64) -> i64 {
    let share = cap / 100;
    if share > most { share } else { most }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::sample::{START, attempt, caller};

    #[test]
    fn scopes_and_periods_have_one_name_everywhere() {
        let key = Uuid::from_u128(3);
        for scope in Scope::all(Some(key), Purpose::Board).into_iter().flatten() {
            assert_eq!(Scope::parse(scope.name(), &scope.subject()), Some(scope));
        }
        for (name, subject) in [("organization", "x"), ("key", ""), ("key", "x"), ("purpose", "fun"), ("planet", "")] {
            assert_eq!(Scope::parse(name, subject), None, "{name} {subject}");
        }
        for period in Period::ALL {
            assert_eq!(Period::parse(period.name()), Some(period));
        }
        assert_eq!(Scope::of(&caller()).into_iter().flatten().count(), 3);
    }

    #[test]
    fn an_attempt_counts_for_each_scope_in_each_period() {
        let entry = Entry::from(attempt(1));
        let charged = charges([&entry, &entry].into_iter());
        assert_eq!(charged.len(), 6);
        assert!(charged.values().all(|cost| *cost == 300));
        let january = 1_767_225_600_000;
        assert!(charged.keys().all(|account| [0, january].contains(&account.period_start)));
        assert_eq!(Period::Month.start(START), january);
        for cost in [None, Some(0)] {
            assert!(charges([&Entry { cost, ..entry.clone() }].into_iter()).is_empty());
        }
        let february = Entry { key: None, started: entry.started + 31 * 86_400_000, ..entry.clone() };
        let charged = charges([&entry, &february].into_iter());
        assert_eq!(charged.len(), 8, "two months, and the key's own for one of them");
        let total = |scope| charged.get(&Account { org: entry.org, scope, period_start: 0 }).copied();
        assert_eq!(
            (total(Scope::Organization), entry.key.and_then(|key| total(Scope::Key(key)))),
            (Some(300), Some(150))
        );
    }

    #[test]
    fn of_two_budgets_of_one_thing_the_lower_holds() {
        let of = |scope, period, cap| Budget { scope, period, cap };
        let key = Scope::Key(Uuid::from_u128(3));
        let all = [
            of(key, Period::Month, 500),
            of(Scope::Organization, Period::Month, 900),
            of(key, Period::Total, 800),
            of(key, Period::Month, 300),
            of(key, Period::Month, 700),
        ];
        let expected =
            [of(Scope::Organization, Period::Month, 900), of(key, Period::Month, 300), of(key, Period::Total, 800)];
        assert_eq!(lowest(all.into_iter()), expected);
        assert!(lowest(std::iter::empty()).is_empty());
    }

    #[test]
    fn a_chunk_is_a_hundredth_and_at_least_the_call() {
        assert_eq!((chunk(1_000_000, 5), chunk(1_000_000, 50_000), chunk(5, 1)), (10_000, 50_000, 1));
    }
}
