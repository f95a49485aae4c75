//! Puts every question to every method, some at once, until all is done, the money is spent or the person stops it.

use std::time::Instant;

use futures::stream::FuturesUnordered;
use futures::{Stream, StreamExt as _};
use quorate_kernel::MicroUsd;

use super::question_set::{Put, QuestionSet};
use crate::cli::Failure;
use crate::cli::arguments::Method;
use crate::spending::Spent;

/// What a method came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The option at that place.
    Chosen(usize),
    /// None, and why.
    None(NoAnswer),
}

/// Why there is no answer. It counts as not right, and is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NoAnswer {
    /// Fewer than half of the seats voted.
    NoQuorum,
    /// The board is split.
    Deadlock,
    /// No option carried, or two did equally.
    Undecided,
    /// Two answers were as frequent.
    Tied,
    /// The answer could not be read, nor the repaired one.
    Invalid,
    /// No model answered, or the board came to no vote.
    Failed,
}

impl NoAnswer {
    /// The name in JSON and in tables.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::NoQuorum => "no_quorum",
            Self::Deadlock => "deadlock",
            Self::Undecided => "undecided",
            Self::Tied => "tied",
            Self::Invalid => "invalid",
            Self::Failed => "failed",
        }
    }
}

/// One question put to one method in one run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unit {
    pub(super) run: u32,
    /// The question's place in the set.
    pub(super) question: usize,
    pub(super) method: Method,
    pub(super) put: Put,
}

/// A unit that is done.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub(super) unit: Unit,
    pub(super) answer: Answer,
    pub(super) spent: Spent,
    pub(super) seconds: f64,
}

impl Sample {
    /// Whether the right option was chosen.
    pub(super) fn is_right(&self) -> bool {
        self.answer == Answer::Chosen(self.unit.put.right)
    }
}

/// Why a measurement ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// Ctrl-C.
    Interrupted,
    /// What may be spent is spent.
    MaxCost,
}

/// What was measured.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) samples: Vec<Sample>,
    pub(super) stopped: Option<Stopped>,
}

/// Everything to do: question by question, so that what is done at any time can be compared in pairs.
pub(super) fn units(set: &QuestionSet, methods: &[Method], runs: u32, seed: u64) -> Vec<Unit> {
    let mut units = Vec::new();
    for run in 0..runs {
        for (place, question) in set.questions.iter().enumerate() {
            let put = question.put(seed, run);
            units.extend(methods.iter().map(|method| Unit { run, question: place, method: *method, put: put.clone() }));
        }
    }
    units
}

/// How a measurement is held within bounds.
pub(super) struct Bounds<T> {
    /// Units under way at once.
    pub(super) concurrency: usize,
    /// Nothing new is begun once this much is spent.
    pub(super) max_cost: Option<MicroUsd>,
    /// What is spent now.
    pub(super) total: T,
}

/// Performs the units. The first interrupt begins nothing new and waits for what is under way; the second leaves it.
pub(super) async fn measure<W>(
    units: Vec<Unit>,
    bounds: Bounds<impl Fn() -> MicroUsd>,
    perform: impl Fn(Unit) -> W,
    mut interrupts: impl Stream<Item = ()> + Unpin,
    mut tell: impl FnMut(usize, bool),
) -> Result<Measured, Failure>
where
    W: Future<Output = Result<(Unit, Answer, Spent), Failure>>,
{
    let mut waiting = units.into_iter().peekable();
    let mut under_way = FuturesUnordered::new();
    let mut measured = Measured { samples: Vec::new(), stopped: None };
    loop {
        while measured.stopped.is_none() && under_way.len() < bounds.concurrency && waiting.peek().is_some() {
            if bounds.max_cost.is_some_and(|most| (bounds.total)() >= most) {
                measured.stopped = Some(Stopped::MaxCost);
            } else if let Some(unit) = waiting.next() {
                let work = perform(unit);
                under_way.push(async move {
                    let began = Instant::now();
                    let done = work.await?;
                    Ok::<_, Failure>((done, began.elapsed().as_secs_f64()))
                });
            }
        }
        tokio::select! {
            done = under_way.next() => {
                let Some(done) = done else { break };
                let ((unit, answer, spent), seconds) = done?;
                measured.samples.push(Sample { unit, answer, spent, seconds });
                tell(measured.samples.len(), false);
            }
            Some(()) = interrupts.next() => {
                if measured.stopped == Some(Stopped::Interrupted) {
                    break;
                }
                measured.stopped = Some(Stopped::Interrupted);
                tell(measured.samples.len(), true);
            }
        }
    }
    measured.samples.sort_by_key(|sample| (sample.unit.run, sample.unit.question, sample.unit.method));
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::ready;

    use futures::stream;

    use super::*;

    fn three() -> Vec<Unit> {
        let put = Put { question: "q".to_owned(), options: vec!["x".to_owned(), "y".to_owned()], right: 0 };
        (0..3).map(|question| Unit { run: 0, question, method: Method::Single, put: put.clone() }).collect()
    }

    fn right(unit: Unit) -> (Unit, Answer, Spent) {
        (unit, Answer::Chosen(0), Spent { cost: MicroUsd(10), ..Spent::default() })
    }

    #[tokio::test]
    async fn the_ceiling_stops_before_the_next_unit_and_keeps_what_is_done() {
        let total = Cell::new(0);
        let bounds = Bounds { concurrency: 1, max_cost: Some(MicroUsd(20)), total: || MicroUsd(total.get()) };
        let perform = |unit| {
            total.set(total.get() + 10);
            ready(Ok(right(unit)))
        };
        let measured = measure(three(), bounds, perform, stream::pending(), |_, _| ()).await.unwrap();
        assert_eq!((measured.samples.len(), measured.stopped), (2, Some(Stopped::MaxCost)));
        assert!(measured.samples.iter().all(Sample::is_right));
    }

    #[tokio::test]
    async fn one_interrupt_waits_for_what_is_under_way_and_two_do_not() {
        for (interrupts, kept) in [(1, 1), (2, 0)] {
            let interrupted = stream::iter(vec![(); interrupts]).chain(stream::pending());
            let bounds = Bounds { concurrency: 1, max_cost: None, total: || MicroUsd::ZERO };
            let perform = |unit| async move {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                Ok(right(unit))
            };
            let measured = measure(three(), bounds, perform, interrupted, |_, _| ()).await.unwrap();
            assert_eq!((measured.samples.len(), measured.stopped), (kept, Some(Stopped::Interrupted)), "{interrupts}");
        }
    }
}
