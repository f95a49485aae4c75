//! A typed call on its way through the targets of its plan, from the first attempt to the last event.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures::future::{Either, select};
use futures::{StreamExt, stream};
use tokio::time::{Instant, sleep};

use super::account::Account;
use super::breaker::Permit;
use super::call::{Attempt, Call};
use super::leg::Leg;
use super::plan::Plan;
use super::tour::{Tour, Turn};
use crate::timeouts::ask;
use crate::{ChatEvent, ChatStream, ModelError, ModelErrorKind};

/// How often an answer that broke off is begun again, on a route that allows it.
const RESTARTS: u32 = 1;

/// Where a call is.
pub(crate) struct Journey {
    call: Arc<Call>,
    tour: Tour,
    /// Attempts so far.
    pub(crate) attempts: Vec<Attempt>,
    restarts: u32,
}

/// An answer that has begun.
pub(crate) struct Live {
    pub(crate) leg: Arc<Leg>,
    events: ChatStream,
    /// Until the end is told.
    books: Option<(Permit, Option<Account>)>,
}

/// An attempt, and what came of it.
struct Tried {
    attempt: Attempt,
    outcome: Result<Live, ModelError>,
}

type Trying = Pin<Box<dyn Future<Output = Tried> + Send>>;

impl Journey {
    pub(crate) fn new(plan: Plan, call: Arc<Call>) -> Self {
        let tour = Tour::new(plan, call.deadline);
        Self { call, tour, attempts: Vec::new(), restarts: 0 }
    }

    /// Goes from target to target until one answers.
    pub(crate) async fn begin(&mut self) -> Result<Live, ModelError> {
        let first = self.tour.next();
        self.go(first).await
    }

    async fn go(&mut self, mut next: Option<Turn>) -> Result<Live, ModelError> {
        let route = &self.tour.route().name;
        let mut last = ModelError::new(ModelErrorKind::Unknown, route, "the route has no target");
        while let Some(turn) = next {
            let mut given_up = false;
            for Tried { attempt, outcome } in self.turn(turn).await {
                match outcome {
                    Ok(live) => {
                        self.attempts.push(attempt);
                        return Ok(live);
                    }
                    Err(error) => {
                        let (route, purpose) = (&self.tour.route().name, &self.call.request.purpose);
                        tracing::warn!(route, target = attempt.target, purpose, %error, "model call failed");
                        given_up |= !error.allows_failover();
                        self.attempts.push(Attempt { error: Some(error.clone()), ..attempt });
                        last = error;
                    }
                }
                if given_up {
                    return Err(last);
                }
            }
            next = self.tour.after(&last);
        }
        Err(last)
    }

    /// Makes an attempt, and a second one beside it when it is slow and the route hedges. What is not in the result
    /// was cancelled, because the other one answered.
    async fn turn(&mut self, turn: Turn) -> Vec<Tried> {
        let Some(patience) = self.tour.route().hedge_after.map(|patience| turn.wait + patience) else {
            return vec![attempt(Arc::clone(&self.call), turn).await];
        };
        let first: Trying = Box::pin(attempt(Arc::clone(&self.call), turn));
        let first = match select(first, Box::pin(sleep(patience))).await {
            Either::Left((tried, _)) => return vec![tried],
            Either::Right(((), first)) => first,
        };
        let Some(turn) = self.tour.next_up() else { return vec![first.await] };
        let second: Trying = Box::pin(attempt(Arc::clone(&self.call), turn));
        let (sooner, other) = select(first, second).await.factor_first();
        if sooner.outcome.as_ref().err().is_none_or(|error| !error.allows_failover()) {
            return vec![sooner];
        }
        let later = other.await;
        vec![sooner, later]
    }

    /// The events of an answer that has begun; the end is told to the target's health and to the ledger.
    pub(crate) fn stream(self, live: Live) -> ChatStream {
        stream::unfold((self, live), |(mut journey, mut live)| async move {
            let item = live.next().await?;
            let item = match item {
                Err(error) => match journey.again(&error).await {
                    Some(Ok(fresh)) => {
                        live = fresh;
                        Ok(ChatEvent::Restart { target: live.leg.target.clone(), price: live.leg.price })
                    }
                    Some(Err(error)) => Err(error),
                    None => Err(error),
                },
                item => item,
            };
            Some((item, (journey, live)))
        })
        .boxed()
    }

    /// Begins an answer again that broke off, if the route allows it.
    async fn again(&mut self, error: &ModelError) -> Option<Result<Live, ModelError>> {
        if !self.tour.route().restart || !error.is_retryable() || self.restarts == RESTARTS {
            return None;
        }
        self.restarts += 1;
        tracing::warn!(route = self.tour.route().name, %error, "an answer broke off and begins again");
        let next = self.tour.after(error)?;
        Some(self.go(Some(next)).await)
    }
}

impl Live {
    async fn next(&mut self) -> Option<Result<ChatEvent, ModelError>> {
        let item = self.events.next().await?;
        match &item {
            Ok(ChatEvent::Text(piece) | ChatEvent::Thinking(piece)) => {
                if let Some((_, Some(account))) = &mut self.books {
                    account.saw(piece);
                }
            }
            Ok(ChatEvent::Restart { .. }) => {}
            Ok(ChatEvent::Done { usage, .. }) => {
                if let Some((permit, account)) = self.books.take() {
                    permit.succeeded();
                    account.into_iter().for_each(|account| account.answered(*usage));
                }
            }
            Err(error) => {
                if let Some((permit, account)) = self.books.take() {
                    permit.failed(&error.kind);
                    account.into_iter().for_each(|account| account.failed(error));
                }
            }
        }
        Some(item)
    }
}

/// One attempt: waits, sets money aside, asks, and tells how it went. Dropped, it is cancelled upstream and in the
/// books.
async fn attempt(call: Arc<Call>, mut turn: Turn) -> Tried {
    if !turn.wait.is_zero() {
        sleep(turn.wait).await;
    }
    let mut permit = turn.permit();
    let leg = turn.leg;
    let begun = Instant::now();
    let tried = |outcome: Result<Live, ModelError>| Tried {
        attempt: Attempt { target: leg.target.clone(), waited: turn.wait, latency: begun.elapsed(), error: None },
        outcome,
    };
    let mut account = match &call.accounts {
        None => None,
        Some(accounts) => match accounts.open(&leg, turn.number).await {
            Ok(account) => Some(account),
            Err(refused) => return tried(Err(refused)),
        },
    };
    let timeouts = leg.timeouts.until(call.deadline);
    match ask(&*leg.adapter, &leg.target, &leg.model, &call.request, timeouts).await {
        Ok(events) => {
            permit.began(begun.elapsed());
            account.iter_mut().for_each(Account::began);
            tried(Ok(Live { leg: Arc::clone(&leg), events, books: Some((permit, account)) }))
        }
        Err(error) => {
            let callers_own = call.deadline.is_some_and(|deadline| deadline <= Instant::now());
            // A caller with little time says nothing about the target.
            if !(callers_own && error.kind == ModelErrorKind::Timeout) {
                permit.failed(&error.kind);
            }
            account.into_iter().for_each(|account| account.failed(&error));
            tried(Err(error))
        }
    }
}
