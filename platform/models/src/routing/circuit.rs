use std::time::Duration;

use tokio::time::Instant;

use crate::ModelErrorKind;
use crate::config::{BreakerConfig, ConfigError};
use crate::timeouts::seconds;

/// In how many parts the window slides.
const PARTS: usize = 10;

/// When a circuit opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rules {
    part: Duration,
    least_calls: u32,
    error_ratio: f64,
    open: Duration,
    max_open: Duration,
    max_cool_down: Duration,
}

impl Rules {
    /// Checks the configuration.
    pub(crate) fn new(config: &BreakerConfig) -> Result<Self, ConfigError> {
        if !(config.error_ratio > 0.0 && config.error_ratio <= 1.0) {
            return Err(ConfigError::new("models.breaker.error_ratio", "must be above 0 and at most 1"));
        }
        if config.least_calls == 0 {
            return Err(ConfigError::new("models.breaker.least_calls", "must be 1 or more"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "ten fits")]
        let part = seconds("models.breaker.window", config.window)? / PARTS as u32;
        Ok(Self {
            part,
            least_calls: config.least_calls,
            error_ratio: config.error_ratio,
            open: seconds("models.breaker.open", config.open)?,
            max_open: seconds("models.breaker.max_open", config.max_open)?,
            max_cool_down: seconds("models.breaker.max_cool_down", config.max_cool_down)?,
        })
    }

    /// How long a circuit stays open the `times`th time in a row, from 1.
    fn open_for(&self, times: u32) -> Duration {
        self.open.saturating_mul(1 << (times - 1).min(16)).min(self.max_open)
    }
}

/// What the end of a call says about the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It does its work.
    Sound,
    /// It does not.
    Faulty,
    /// It does, but wants to be left alone for a while, if it said how long.
    Busy(Option<Duration>),
    /// Nothing.
    Silent,
}

impl Verdict {
    /// What a failure says. A request that is itself at fault shows that the target works; a wrong key, or a request
    /// that never left, shows nothing.
    pub(crate) const fn of(kind: &ModelErrorKind) -> Self {
        match kind {
            ModelErrorKind::RateLimited { retry_after } => Self::Busy(*retry_after),
            ModelErrorKind::Timeout
            | ModelErrorKind::Unavailable
            | ModelErrorKind::Cut
            | ModelErrorKind::Garbled
            | ModelErrorKind::QuotaExhausted => Self::Faulty,
            ModelErrorKind::BadRequest => Self::Sound,
            ModelErrorKind::Unauthorized | ModelErrorKind::Unknown | ModelErrorKind::SpendRefused(_) => Self::Silent,
        }
    }
}

/// Why a call was let through, and under which state of affairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// The circuit was closed, in this era.
    Common(u64),
    /// The circuit was open for long enough: the one call of this era that finds out.
    Probe(u64),
    /// The circuit was open, and there was nobody else to ask.
    LastResort,
}

/// What follows from a verdict, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The target is left alone for so long.
    Opened(Duration),
    /// The target is asked again.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    /// Until then, for the `times`th time in a row.
    Open {
        until: Instant,
        times: u32,
    },
    /// A probe is under way.
    HalfOpen {
        times: u32,
    },
}

#[derive(Debug, Clone, Copy, Default)]
struct Part {
    sound: u32,
    faulty: u32,
}

/// The state of one target: whether it is asked, as a pure function of what happened when.
#[derive(Debug)]
pub(crate) struct Circuit {
    rules: Rules,
    state: State,
    /// Goes up with every change of state, so that calls from before say nothing about after.
    era: u64,
    cool_until: Option<Instant>,
    began: Instant,
    /// Which part of the window the newest calls are counted in.
    newest: u64,
    parts: [Part; PARTS],
}

impl Circuit {
    pub(crate) fn new(rules: Rules, now: Instant) -> Self {
        let parts = [Part::default(); PARTS];
        Self { rules, state: State::Closed, era: 0, cool_until: None, began: now, newest: 0, parts }
    }

    /// Goes on by other rules; what was counted stays when the window does.
    pub(crate) fn tune(&mut self, rules: Rules, now: Instant) {
        if rules.part != self.rules.part {
            self.clear(now);
        }
        self.rules = rules;
    }

    /// Until when the target is to be left alone; `None` when it may be asked. A time that is past: a probe is under
    /// way.
    pub(crate) fn down_until(&self, now: Instant) -> Option<Instant> {
        if let Some(until) = self.cool_until.filter(|until| *until > now) {
            return Some(until);
        }
        match self.state {
            State::Closed => None,
            State::Open { until, .. } => (until > now).then_some(until),
            State::HalfOpen { .. } => Some(now),
        }
    }

    /// Lets a call through, or says until when not.
    pub(crate) fn admit(&mut self, now: Instant) -> Result<Pass, Instant> {
        if let Some(until) = self.down_until(now) {
            return Err(until);
        }
        let State::Open { times, .. } = self.state else { return Ok(Pass::Common(self.era)) };
        self.state = State::HalfOpen { times };
        Ok(Pass::Probe(self.era))
    }

    /// Lets a call through when there is nobody else.
    pub(crate) fn admit_anyway(&mut self, now: Instant) -> Pass {
        self.admit(now).unwrap_or(Pass::LastResort)
    }

    /// The target has begun to answer. A call that was a trial is a common one from here on.
    pub(crate) fn answers(&mut self, pass: Pass, now: Instant) -> (Pass, Option<Change>) {
        if matches!(pass, Pass::Common(_)) {
            return (pass, None);
        }
        self.cool_until = None;
        let changed = (self.state != State::Closed).then(|| self.close(now));
        (Pass::Common(self.era), changed)
    }

    /// A call has ended.
    pub(crate) fn end(&mut self, pass: Pass, verdict: Verdict, now: Instant) -> Option<Change> {
        if let Verdict::Busy(asked) = verdict {
            let wait = asked.unwrap_or(self.rules.open).min(self.rules.max_cool_down);
            self.cool_until = self.cool_until.max(Some(now + wait));
        }
        match (pass, verdict) {
            // Another call, let through as a last resort, may have closed it meanwhile.
            (Pass::Common(era) | Pass::Probe(era), _) if era != self.era => None,
            (Pass::Common(_), Verdict::Sound | Verdict::Faulty) => self.count(verdict == Verdict::Faulty, now),
            (Pass::Common(_) | Pass::LastResort, Verdict::Busy(_) | Verdict::Silent) => None,
            (Pass::LastResort, Verdict::Faulty) => None,
            (Pass::LastResort, Verdict::Sound) => self.answers(pass, now).1,
            (Pass::Probe(_), _) => {
                let State::HalfOpen { times } = self.state else { return None };
                match verdict {
                    Verdict::Sound | Verdict::Busy(_) => Some(self.close(now)),
                    Verdict::Faulty => Some(self.open(times.saturating_add(1), now)),
                    // Nothing was found out: the next call is the probe.
                    Verdict::Silent => {
                        self.state = State::Open { until: now, times };
                        None
                    }
                }
            }
        }
    }

    fn count(&mut self, faulty: bool, now: Instant) -> Option<Change> {
        self.slide(now);
        let place = usize::try_from(self.newest % PARTS as u64).unwrap_or_default();
        let part = &mut self.parts[place];
        let counter = if faulty { &mut part.faulty } else { &mut part.sound };
        *counter = counter.saturating_add(1);
        if !faulty {
            return None;
        }
        let bad: u32 = self.parts.iter().map(|part| part.faulty).fold(0, u32::saturating_add);
        let all = self.parts.iter().map(|part| part.sound).fold(bad, u32::saturating_add);
        let too_many = all >= self.rules.least_calls && f64::from(bad) >= f64::from(all) * self.rules.error_ratio;
        too_many.then(|| self.open(1, now))
    }

    fn slide(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.began).as_nanos() / self.rules.part.as_nanos().max(1);
        let newest = u64::try_from(elapsed).unwrap_or(u64::MAX);
        for part in (self.newest + 1..=newest).rev().take(PARTS) {
            self.parts[usize::try_from(part % PARTS as u64).unwrap_or_default()] = Part::default();
        }
        self.newest = self.newest.max(newest);
    }

    fn open(&mut self, times: u32, now: Instant) -> Change {
        let wait = self.rules.open_for(times);
        self.era += 1;
        self.state = State::Open { until: now + wait, times };
        Change::Opened(wait)
    }

    fn close(&mut self, now: Instant) -> Change {
        self.era += 1;
        self.state = State::Closed;
        self.clear(now);
        Change::Closed
    }

    fn clear(&mut self, now: Instant) {
        (self.began, self.newest, self.parts) = (now, 0, [Part::default(); PARTS]);
    }
}

#[cfg(test)]
mod tests;
