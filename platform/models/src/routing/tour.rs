use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::breaker::Permit;
use super::leg::Leg;
use super::plan::{Plan, Planned, Route};
use crate::ModelError;

/// The way of one call through its plan: whom to ask next, and how long to wait before (GTW-11).
///
/// A target that fails is asked again as `[models.retries]` says, unless it is left alone by now and another one is
/// up: then that one is asked at once. A target that turns out to be left alone when its turn comes is put off to the
/// end, but asked before the call is given up.
pub(crate) struct Tour {
    route: Arc<Route>,
    /// Those not asked yet, in order.
    left: Vec<Planned>,
    now: Option<Arc<Leg>>,
    /// Attempts at the target that is being asked.
    tries: u32,
    /// Attempts in all.
    number: u32,
    deadline: Option<Instant>,
}

/// One attempt to be made.
pub(crate) struct Turn {
    /// Who is to be asked.
    pub(crate) leg: Arc<Leg>,
    /// How long to wait before.
    pub(crate) wait: Duration,
    /// Which attempt of the call it is, from 1.
    pub(crate) number: u32,
    permit: Option<Permit>,
}

impl Turn {
    /// The permit to ask, to be taken after the wait. It is always granted: who is to be asked has been decided.
    pub(crate) fn permit(&mut self) -> Permit {
        self.permit.take().unwrap_or_else(|| self.leg.health.admit_anyway())
    }
}

impl Tour {
    pub(crate) fn new(plan: Plan, deadline: Option<Instant>) -> Self {
        let Plan { route, mut legs } = plan;
        // Taken from the end.
        legs.reverse();
        Self { route, left: legs, now: None, tries: 0, number: 0, deadline }
    }

    /// The route that is toured.
    pub(crate) fn route(&self) -> &Arc<Route> {
        &self.route
    }

    /// The first attempt, or one beside those under way; `None` when everybody was asked.
    pub(crate) fn next(&mut self) -> Option<Turn> {
        let turn = self.next_up();
        turn.or_else(|| {
            let leg = self.left.pop()?.leg;
            let permit = leg.health.admit_anyway();
            Some(self.turn(leg, permit))
        })
    }

    /// An attempt at another target that is up, if there is one.
    pub(crate) fn next_up(&mut self) -> Option<Turn> {
        for place in (0..self.left.len()).rev() {
            if let Some(permit) = self.left[place].leg.health.admit() {
                let leg = self.left.remove(place).leg;
                return Some(self.turn(leg, permit));
            }
        }
        None
    }

    fn turn(&mut self, leg: Arc<Leg>, permit: Permit) -> Turn {
        self.tries = 1;
        self.number += 1;
        self.now = Some(Arc::clone(&leg));
        Turn { leg, wait: Duration::ZERO, number: self.number, permit: Some(permit) }
    }

    /// When the call has to be over.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The attempt after one that failed, of a call that is passed on as bytes: another target that is up is asked at
    /// once, and only when there is none the same one again. `None` when the call is to be given up.
    pub(crate) fn onward(&mut self, error: &ModelError) -> Option<Turn> {
        if !error.allows_failover() || self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return None;
        }
        self.next_up().or_else(|| self.after(error))
    }

    /// The attempt after one that failed with `error`; `None` when the call is to be given up.
    pub(crate) fn after(&mut self, error: &ModelError) -> Option<Turn> {
        if !error.allows_failover() {
            return None;
        }
        let now = Instant::now();
        let again = self.now.clone().zip(self.route.retries.wait(self.tries, error));
        if let Some((leg, wait)) = again.filter(|(leg, wait)| self.is_worth(leg, now, *wait)) {
            self.tries += 1;
            self.number += 1;
            return Some(Turn { leg, wait, number: self.number, permit: None });
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) { None } else { self.next() }
    }

    /// Whether to wait for the same target: it is up, or nobody else is, and there is the time.
    fn is_worth(&self, leg: &Leg, now: Instant, wait: Duration) -> bool {
        let in_time = self.deadline.is_none_or(|deadline| now + wait < deadline);
        let down = leg.health.down_until(now).is_some();
        in_time && (!down || self.left.iter().all(|planned| planned.leg.health.down_until(now).is_some()))
    }
}
