use std::time::Duration;

use super::{Decision, Rate};

/// Into how many steps a window is cut.
pub(super) const STEPS: u64 = 30;
/// A time of the window's length touches at most one step more than it is long.
const SLOTS: usize = STEPS as usize + 1;

/// Milliseconds, without the wide divisions that `Duration::as_millis` takes.
pub(super) fn millis(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1000).saturating_add(u64::from(time.subsec_millis()))
}

/// The length of a step in milliseconds, rounded up, so that the steps are never shorter than the window together.
/// Windows of more than four years are as long as four years.
pub(super) fn step_millis(per: Duration) -> u64 {
    millis(per).div_ceil(STEPS).clamp(1, u64::from(u32::MAX))
}

/// What was allowed of late, by the step it fell in. Steps are numbered from the beginning of time.
#[derive(Debug, Clone)]
pub(super) struct Window {
    newest: u64,
    /// The last step in which something was allowed.
    last: u64,
    /// The sum of the slots.
    used: u32,
    /// The step `s` stands at `s % SLOTS`.
    slots: [u32; SLOTS],
}

impl Window {
    pub(super) const fn new() -> Self {
        Self { newest: 0, last: 0, used: 0, slots: [0; SLOTS] }
    }

    /// Counts `amount` if that many are left at `now`, in milliseconds.
    pub(super) fn take(&mut self, rate: Rate, amount: u32, now: u64) -> Decision {
        let step = step_millis(rate.per);
        self.advance(now / step);
        let allowed = rate.count > 0 && self.used.checked_add(amount).is_some_and(|wanted| wanted <= rate.count);
        if allowed && amount > 0 {
            self.slots[place(self.newest)] += amount;
            self.used += amount;
            self.last = self.newest;
        }
        self.decide(rate, amount, allowed, now)
    }

    /// Takes over what was counted elsewhere in a step that has nothing here yet.
    pub(super) fn put(&mut self, step: u64, count: u32) {
        self.advance(step);
        if count > 0 && step + STEPS >= self.newest {
            self.slots[place(step)] = count;
            self.used = self.used.saturating_add(count);
            self.last = self.last.max(step);
        }
    }

    /// What to say about `amount` at `now`, when `allowed` is settled and counted.
    pub(super) fn decide(&self, rate: Rate, amount: u32, allowed: bool, now: u64) -> Decision {
        let step = step_millis(rate.per);
        let free = |slot: u64| Duration::from_millis(((slot + STEPS + 1) * step).saturating_sub(now));
        let reset_after = if self.used == 0 { Duration::ZERO } else { free(self.last) };
        let retry_after = if allowed || amount > rate.count {
            None
        } else {
            let mut left = self.used;
            (self.newest.saturating_sub(STEPS)..=self.newest).find_map(|slot| {
                left = left.saturating_sub(self.slots[place(slot)]);
                (left.saturating_add(amount) <= rate.count).then(|| free(slot))
            })
        };
        let remaining = rate.count.saturating_sub(self.used);
        Decision { allowed, limit: rate.count, remaining, reset_after, retry_after }
    }

    /// Forgets the steps that have left the window by `step`. A clock that went back changes nothing.
    fn advance(&mut self, step: u64) {
        if step <= self.newest {
            return;
        }
        if step - self.newest > STEPS {
            self.slots = [0; SLOTS];
            self.used = 0;
        } else {
            for gone in self.newest + 1..=step {
                self.used -= std::mem::take(&mut self.slots[place(gone)]);
            }
        }
        self.newest = step;
    }
}

fn place(step: u64) -> usize {
    // Below SLOTS, so nothing is cut off.
    (step % SLOTS as u64) as usize
}
