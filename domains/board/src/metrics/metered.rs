use chrono::{DateTime, Utc};
use quorate_kernel::MicroUsd;
use quorate_models::ChatAnswer;
use serde::{Deserialize, Serialize};

use super::{Consumption, Latency, Money};
use crate::engine::event::Event;

/// One answer of a model, as it was metered; stored beside the event that it led to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Metered {
    pub(crate) input: Option<u64>,
    pub(crate) output: Option<u64>,
    pub(crate) cached: Option<u64>,
    pub(crate) reasoning: Option<u64>,
    pub(crate) latency_ms: Option<u64>,
    pub(crate) repair: Option<bool>,
    pub(crate) cost: Option<MicroUsd>,
}

impl Metered {
    /// How this answer was metered.
    pub(crate) fn of(answer: &ChatAnswer, repair: bool) -> Self {
        let usage = &answer.usage;
        // No model answers without having read anything: a provider that says so has not counted.
        let counted = usage.input > 0;
        Self {
            input: counted.then_some(usage.input),
            output: counted.then_some(usage.output),
            cached: counted.then_some(usage.cached_input),
            reasoning: counted.then_some(usage.reasoning),
            latency_ms: u64::try_from(answer.latency.as_millis()).ok(),
            repair: Some(repair),
            cost: answer.cost,
        }
    }
}

/// An event of the log with when it was recorded and what it took.
#[derive(Debug, Clone)]
pub(crate) struct Logged {
    pub(crate) event: Event,
    pub(crate) at: DateTime<Utc>,
    /// What was counted against the session's ceiling.
    pub(crate) counted: MicroUsd,
    /// The answers behind it.
    pub(crate) answers: Vec<Metered>,
}

impl Logged {
    /// The event with its answers; of those that were not metered nothing is known but what a lone one cost.
    pub(crate) fn of(
        event: Event,
        at: DateTime<Utc>,
        calls: usize,
        cost: Option<MicroUsd>,
        metered: Option<Vec<Metered>>,
    ) -> Self {
        let unknown = || {
            let lone = cost.filter(|_| calls == 1);
            vec![Metered { cost: lone, ..Metered::default() }; calls]
        };
        Self { event, at, counted: cost.unwrap_or_default(), answers: metered.unwrap_or_else(unknown) }
    }
}

/// The sum, if there is anything to add and every part of it is known.
fn sum(answers: &[&Metered], part: impl Fn(&Metered) -> Option<u64>) -> Option<u64> {
    if answers.is_empty() {
        return None;
    }
    answers.iter().map(|answer| part(answer)).sum()
}

/// What these answers add up to.
pub(super) fn consumption(answers: &[&Metered]) -> Consumption {
    let tokens_in = sum(answers, |answer| answer.input);
    let tokens_cached = sum(answers, |answer| answer.cached);
    let repairs = sum(answers, |answer| answer.repair.map(u64::from));
    Consumption {
        answers: answers.len(),
        tokens_in,
        tokens_out: sum(answers, |answer| answer.output),
        tokens_cached,
        tokens_reasoning: sum(answers, |answer| answer.reasoning),
        cache_share: tokens_in.zip(tokens_cached).and_then(|(all, cached)| share(cached, all)),
        repairs: repairs.and_then(|count| usize::try_from(count).ok()),
        latency: latency(answers),
        money: Some(money(answers)),
    }
}

fn money(answers: &[&Metered]) -> Money {
    let all: Option<i64> = answers.iter().map(|answer| answer.cost.map(|cost| cost.0)).sum();
    Money {
        microusd: all.filter(|_| !answers.is_empty()),
        unpriced: answers.iter().filter(|answer| answer.cost.is_none()).count(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of one answer are far below 2^53")]
fn latency(answers: &[&Metered]) -> Option<Latency> {
    let mut all: Vec<u64> = answers.iter().map(|answer| answer.latency_ms).collect::<Option<_>>()?;
    all.sort_unstable();
    let longest_ms = *all.last()?;
    let middle = all.len() / 2;
    let upper = *all.get(middle)? as f64;
    let median_ms = if all.len() % 2 == 1 { upper } else { f64::midpoint(*all.get(middle - 1)? as f64, upper) };
    Some(Latency { median_ms, longest_ms })
}

/// A share of a whole, to four places; none of nothing.
#[expect(clippy::cast_precision_loss, reason = "tokens and micro-dollars of a session are far below 2^53")]
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}
