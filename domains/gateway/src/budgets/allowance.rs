use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use quorate_kernel::OrgId;
use uuid::Uuid;

use super::budget::{Account, Budget, Period, Scope};

/// What this node may spend of one budget without asking the database.
#[derive(Debug)]
pub(crate) struct Allowance {
    pub(crate) org: OrgId,
    pub(crate) scope: Scope,
    pub(crate) period: Period,
    cap: AtomicI64,
    held: Mutex<Option<Lease>>,
    /// Held by whoever asks the database for more, so that the others wait and look again.
    pub(crate) turn: tokio::sync::Mutex<()>,
}

/// A lease as its node knows it. Amounts are micro-dollars, times milliseconds since the epoch.
#[derive(Debug, Clone, Copy)]
struct Lease {
    id: Uuid,
    period_start: i64,
    /// Neither spent nor set aside for a call. Below zero where calls cost more than was set aside for them.
    available: i64,
    /// Set aside for calls that are being made.
    outstanding: i64,
    usable_until: i64,
    last_used: i64,
}

/// What to do with a lease now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upkeep {
    /// It is needed, and will run out.
    Renew(Uuid),
    /// Nobody has used it for a while. It has been let go of here.
    GiveBack(Uuid),
    Nothing,
}

impl Allowance {
    pub(crate) fn new(org: OrgId, budget: Budget) -> Self {
        let Budget { scope, period, cap } = budget;
        let cap = AtomicI64::new(cap);
        Self { org, scope, period, cap, held: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// Whether it is of that scope and period, of which an organization has one budget.
    pub(crate) fn is_of(&self, budget: &Budget) -> bool {
        self.scope == budget.scope && self.period == budget.period
    }

    /// The cap is this now. Under a lower one nothing more is spent of what was leased under the higher: the next call
    /// asks the database.
    pub(crate) fn set_cap(&self, cap: i64) {
        let before = self.cap.swap(cap, Ordering::Relaxed);
        if cap < before
            && let Some(lease) = self.held().as_mut()
        {
            lease.usable_until = 0;
        }
    }

    pub(crate) fn cap(&self) -> i64 {
        self.cap.load(Ordering::Relaxed)
    }

    /// The row that it is spent from at this time.
    pub(crate) fn account(&self, now: i64) -> Account {
        Account { org: self.org, scope: self.scope, period_start: self.period.start(now) }
    }

    /// Sets `most` aside, if the lease has it. Tells which lease.
    pub(crate) fn take(&self, most: i64, now: i64) -> Option<Uuid> {
        let mut held = self.held();
        let lease = held.as_mut().filter(|lease| lease.is_usable(self.period, now) && lease.available >= most)?;
        lease.set_aside(most, now);
        Some(lease.id)
    }

    /// The lease to ask more for, and how much of it is left; none when a new one must be taken.
    pub(crate) fn lease(&self, now: i64) -> Option<(Uuid, i64)> {
        let held = self.held();
        held.as_ref().filter(|lease| lease.is_usable(self.period, now)).map(|lease| (lease.id, lease.available))
    }

    /// More may be spent, and `most` of it is set aside if it is enough now.
    pub(crate) fn granted(&self, id: Uuid, amount: i64, most: i64, usable_until: i64, now: i64) -> bool {
        let mut held = self.held();
        let period_start = self.period.start(now);
        let lease = match held.as_mut() {
            Some(lease) if lease.id == id => lease,
            _ => {
                let lease = Lease { id, period_start, available: 0, outstanding: 0, usable_until, last_used: now };
                held.insert(lease)
            }
        };
        lease.available = lease.available.saturating_add(amount);
        lease.usable_until = usable_until;
        let enough = lease.available >= most;
        if enough {
            lease.set_aside(most, now);
        }
        enough
    }

    /// A call for which `most` was set aside has cost `spent`.
    pub(crate) fn settle(&self, id: Uuid, most: i64, spent: i64) {
        if let Some(lease) = self.held().as_mut().filter(|lease| lease.id == id) {
            lease.outstanding -= most;
            lease.available = lease.available.saturating_add(most).saturating_sub(spent);
        }
    }

    /// What was spent has been taken off the lease in the database, which leaves so much there. Nothing beyond it may
    /// be spent, also where more was written down than was settled.
    pub(crate) fn converted(&self, id: Uuid, left: i64) {
        if let Some(lease) = self.held().as_mut().filter(|lease| lease.id == id) {
            lease.available = lease.available.min(left);
        }
    }

    /// What is to be done with the lease. It is given back only where `settled` says that all that it paid for has
    /// been written down.
    pub(crate) fn upkeep(&self, now: i64, idle_after: i64, renew_before: i64, settled: bool) -> Upkeep {
        let mut held = self.held();
        let Some(lease) = held.as_ref() else { return Upkeep::Nothing };
        let id = lease.id;
        if !lease.is_usable(self.period, now) {
            *held = None;
            return Upkeep::GiveBack(id);
        }
        if settled && lease.outstanding == 0 && now - lease.last_used > idle_after {
            *held = None;
            return Upkeep::GiveBack(id);
        }
        if lease.usable_until - now < renew_before { Upkeep::Renew(id) } else { Upkeep::Nothing }
    }

    /// It may be used for longer.
    pub(crate) fn renewed(&self, id: Uuid, usable_until: i64) {
        if let Some(lease) = self.held().as_mut().filter(|lease| lease.id == id) {
            lease.usable_until = usable_until;
        }
    }

    /// Lets go of the lease, and tells its id.
    pub(crate) fn drop_lease(&self) -> Option<Uuid> {
        self.held().take().map(|lease| lease.id)
    }

    fn held(&self) -> MutexGuard<'_, Option<Lease>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    fn is_usable(&self, period: Period, now: i64) -> bool {
        now < self.usable_until && self.period_start == period.start(now)
    }

    const fn set_aside(&mut self, most: i64, now: i64) {
        self.available -= most;
        self.outstanding += most;
        self.last_used = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::sample::START;

    const MINUTE: i64 = 60_000;

    fn allowance(period: Period) -> (Allowance, Uuid) {
        let budget = Budget { scope: Scope::Organization, period, cap: 1_000 };
        let allowance = Allowance::new(OrgId(Uuid::from_u128(7)), budget);
        let id = Uuid::from_u128(1);
        assert!(allowance.granted(id, 100, 0, START + MINUTE, START));
        (allowance, id)
    }

    #[test]
    fn what_is_set_aside_comes_back_but_for_what_was_spent() {
        let (allowance, id) = allowance(Period::Total);
        assert_eq!((allowance.take(60, START), allowance.take(60, START)), (Some(id), None));
        allowance.settle(id, 60, 25);
        assert_eq!(allowance.lease(START), Some((id, 75)));
        // Dearer than was thought: the next ones have to ask.
        assert_eq!(allowance.take(75, START), Some(id));
        allowance.settle(id, 75, 90);
        assert_eq!((allowance.lease(START), allowance.take(1, START)), (Some((id, -15)), None));
        // Of another lease nothing comes back.
        allowance.settle(Uuid::from_u128(2), 1_000, 0);
        assert_eq!(allowance.lease(START), Some((id, -15)));
    }

    #[test]
    fn under_a_lower_cap_the_lease_is_spent_no_more() {
        let (allowance, id) = allowance(Period::Total);
        allowance.take(10, START);
        allowance.set_cap(2_000);
        assert_eq!(allowance.take(1, START), Some(id), "a higher cap changes nothing");
        allowance.set_cap(1_999);
        allowance.settle(id, 10, 0);
        assert_eq!((allowance.take(1, START), allowance.lease(START)), (None, None));
        assert_eq!(allowance.upkeep(START, MINUTE, MINUTE, true), Upkeep::GiveBack(id));
    }

    #[test]
    fn what_the_database_has_left_is_all_there_is() {
        let (allowance, id) = allowance(Period::Total);
        allowance.converted(id, 30);
        assert_eq!(allowance.lease(START), Some((id, 30)));
        allowance.converted(id, 80);
        assert_eq!(allowance.lease(START), Some((id, 30)));
    }

    #[test]
    fn a_lease_that_ran_out_or_belongs_to_another_month_is_not_spent() {
        let (total, id) = allowance(Period::Total);
        assert_eq!(total.take(1, START + MINUTE - 1), Some(id));
        assert_eq!(total.take(1, START + MINUTE), None);
        let (monthly, id) = allowance(Period::Month);
        let february = START + 31 * 24 * 60 * MINUTE;
        monthly.renewed(id, february + MINUTE);
        assert_eq!((monthly.take(1, START), monthly.take(1, february)), (Some(id), None));
        assert_eq!(monthly.upkeep(february, MINUTE, MINUTE, true), Upkeep::GiveBack(id));
    }

    #[test]
    fn only_what_nobody_uses_and_everybody_has_settled_is_given_back() {
        let (allowance, id) = allowance(Period::Total);
        allowance.renewed(id, START + 60 * MINUTE);
        allowance.take(10, START);
        let later = START + 2 * MINUTE;
        assert_eq!(allowance.upkeep(later, MINUTE, MINUTE, true), Upkeep::Nothing, "a call is being made");
        allowance.settle(id, 10, 10);
        assert_eq!(allowance.upkeep(later, MINUTE, MINUTE, false), Upkeep::Nothing, "it is not written down yet");
        assert_eq!(allowance.upkeep(later, 3 * MINUTE, 60 * MINUTE, true), Upkeep::Renew(id));
        assert_eq!(allowance.upkeep(later, MINUTE, MINUTE, true), Upkeep::GiveBack(id));
        assert_eq!((allowance.lease(later), allowance.upkeep(later, MINUTE, MINUTE, true)), (None, Upkeep::Nothing));
    }
}
