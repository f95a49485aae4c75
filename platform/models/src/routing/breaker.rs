use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::circuit::{Change, Circuit, Pass, Rules, Verdict};
use super::latency::Latency;
use crate::ModelErrorKind;

/// What is known of one target at one address, shared by every route that leads to it: whether it works, and how
/// quick it is (GTW-11).
#[derive(Debug)]
pub(crate) struct Health {
    target: String,
    latency: Latency,
    circuit: Mutex<Circuit>,
}

impl Health {
    pub(crate) fn new(target: impl Into<String>, rules: Rules) -> Self {
        let circuit = Mutex::new(Circuit::new(rules, Instant::now()));
        Self { target: target.into(), latency: Latency::new(), circuit }
    }

    /// Goes on by other rules.
    pub(crate) fn tune(&self, rules: Rules) {
        self.circuit().tune(rules, Instant::now());
    }

    /// To the first token, lately; `None` before the first answer.
    pub(crate) fn latency(&self) -> Option<Duration> {
        self.latency.get()
    }

    /// Until when the target is to be left alone; `None` when it may be asked.
    pub(crate) fn down_until(&self, now: Instant) -> Option<Instant> {
        self.circuit().down_until(now)
    }

    /// Lets a call through if the target may be asked.
    pub(crate) fn admit(self: &Arc<Self>) -> Option<Permit> {
        let admitted = self.circuit().admit(Instant::now());
        Some(self.permit(admitted.ok()?))
    }

    /// Lets a call through whatever is known, because there is nobody else to ask.
    pub(crate) fn admit_anyway(self: &Arc<Self>) -> Permit {
        let pass = self.circuit().admit_anyway(Instant::now());
        self.permit(pass)
    }

    fn permit(self: &Arc<Self>, pass: Pass) -> Permit {
        Permit { health: Arc::clone(self), pass, ended: false }
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, change: Option<Change>) {
        match change {
            Some(Change::Opened(wait)) => {
                tracing::warn!(target = self.target, seconds = wait.as_secs_f64(), "a model's target is left alone");
            }
            Some(Change::Closed) => tracing::info!(target = self.target, "a model's target is asked again"),
            None => {}
        }
    }
}

/// One call that was let through. Tell it when the answer begins and how the call ended; dropped without a word, as
/// when the caller left, it counts as neither good nor bad.
#[derive(Debug)]
#[must_use = "dropped at once it says nothing about the target"]
pub(crate) struct Permit {
    health: Arc<Health>,
    pass: Pass,
    ended: bool,
}

impl Permit {
    /// The first token has come, so long after the call began. The target is known to work from here on; whether the
    /// answer comes whole is told by the end.
    pub(crate) fn began(&mut self, first_token: Duration) {
        self.health.latency.note(first_token);
        let (pass, change) = self.health.circuit().answers(self.pass, Instant::now());
        self.pass = pass;
        self.health.tell(change);
    }

    /// The answer came whole.
    pub(crate) fn succeeded(self) {
        self.end(Verdict::Sound);
    }

    /// The call failed, before the answer or in the middle of it.
    pub(crate) fn failed(self, kind: &ModelErrorKind) {
        self.end(Verdict::of(kind));
    }

    fn end(mut self, verdict: Verdict) {
        self.ended = true;
        self.conclude(verdict);
    }

    fn conclude(&self, verdict: Verdict) {
        let change = self.health.circuit().end(self.pass, verdict, Instant::now());
        self.health.tell(change);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.ended {
            self.conclude(Verdict::Silent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BreakerConfig;

    /// One that is left alone for a twentieth of a second.
    fn health() -> Arc<Health> {
        let config = BreakerConfig { open: 0.05, ..BreakerConfig::default() };
        Arc::new(Health::new("p/m", Rules::new(&config).unwrap()))
    }

    fn breaks(health: &Arc<Health>) {
        (0..5).for_each(|_| health.admit().unwrap().failed(&ModelErrorKind::Unavailable));
    }

    #[tokio::test]
    async fn a_dropped_probe_lets_the_next_one_in() {
        let health = health();
        breaks(&health);
        assert!(health.admit().is_none());
        tokio::time::sleep(Duration::from_millis(50)).await;
        let probe = health.admit().unwrap();
        assert!(health.admit().is_none());
        drop(probe);
        health.admit().unwrap().succeeded();
        assert!(health.down_until(Instant::now()).is_none());
    }

    #[tokio::test]
    async fn streams_that_break_off_count_though_they_began_well() {
        let health = health();
        for _ in 0..5 {
            let mut permit = health.admit().unwrap();
            permit.began(Duration::from_millis(40));
            permit.failed(&ModelErrorKind::Cut);
        }
        assert_eq!(health.latency(), Some(Duration::from_millis(40)));
        assert!(health.admit().is_none());
    }

    #[tokio::test]
    async fn callers_who_leave_are_neither_good_nor_bad() {
        let health = health();
        (0..50).for_each(|_| drop(health.admit().unwrap()));
        (0..4).for_each(|_| health.admit().unwrap().failed(&ModelErrorKind::Timeout));
        assert!(health.down_until(Instant::now()).is_none());
        health.admit().unwrap().failed(&ModelErrorKind::Timeout);
        assert!(health.down_until(Instant::now()).is_some(), "five of five, not of fifty-five");
    }
}
