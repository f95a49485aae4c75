//! Drives the engine: performs the calls of its plan, appends what comes of them, and starts over from the log after a
//! crash (BRD-20, BRD-21).

mod ask;
mod flights;
mod landing;
mod options;
mod partial;
mod step;
mod variables;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_kernel::{Clock, Principal};
use quorate_models::{Caller, Purpose};
use quorate_store::Store;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio_util::sync::CancellationToken;

#[cfg(test)]
pub(crate) mod testing {
    pub(crate) use super::ask::{Answered, Unanswered};
    pub(crate) use super::landing::events;
    pub(crate) use super::step::{Landing, Measures, prepare};
}

pub(crate) use self::flights::Flights;
pub(crate) use self::step::{Progress, World};
use crate::engine::event::{Event, Waited};
use crate::engine::{Lifecycle, Plan, Rules, State, plan};
use crate::error::BoardError;
use crate::session::SessionId;
use crate::store::{self, NewEvent};

/// How long pieces of contributions are gathered before they are written, so that many seats share one transaction.
const GATHER: Duration = Duration::from_millis(120);

/// A silence longer than this in the log was not work.
const GAP: chrono::Duration = chrono::Duration::seconds(5);

/// How a run of a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Driven {
    /// The session is over.
    Ended,
    /// Nothing is to be done before this time.
    WaitUntil(DateTime<Utc>),
    /// The user holds it, or it has not been started.
    Idle,
    /// The worker was asked to let go.
    Interrupted,
}

/// One session under way.
pub(crate) struct Drive {
    store: Store,
    clock: Arc<dyn Clock>,
    world: World,
    rules: Rules,
    principal: Principal,
    state: State,
    epoch: i64,
}

impl Drive {
    /// Takes the session over and rebuilds its state.
    pub(crate) async fn take(
        store: Store,
        clock: Arc<dyn Clock>,
        world: World,
        principal: Principal,
        id: SessionId,
    ) -> Result<Self, BoardError> {
        let mut tx = store.tenant(&principal).await?;
        let epoch = store::take(&mut tx, id).await?;
        let brief = store::session(&mut tx, id).await?.brief;
        let mut state = State::new(id, brief);
        store::replay(&mut tx, &mut state).await?;
        // Time in which nobody worked on it is not time it used: a wait for the user, for a worker, for the server.
        let now = clock.now();
        let waited = now - store::last_event_at(&mut tx, id).await?;
        if state.started.is_some() && state.lifecycle == Lifecycle::Running && waited > GAP {
            let moved = Event::DeadlineMoved(Waited { milliseconds: waited.num_milliseconds() });
            let sequence = store::append_as(&mut tx, id, epoch, None, &[moved.clone().into()], now).await?;
            state.apply(&moved, sequence);
        }
        tx.commit().await?;
        let rules = Rules {
            clarification_timeout: Duration::from_secs(world.config.clarification_timeout_seconds),
            moderators: world.personas.moderators(world.route(0)),
        };
        let caller = Caller {
            org_id: principal.org_id,
            user_id: Some(principal.user_id),
            api_key: None,
            purpose: Purpose::Board,
            endpoint: "",
            request_id: id.to_string(),
        };
        let world = World { caller: Some(Arc::new(caller)), who: Some(Arc::new(principal.clone())), ..world };
        Ok(Self { store, clock, world, rules, principal, state, epoch })
    }

    /// Runs until the session ends, waits for somebody, or `stop` is cancelled.
    pub(crate) async fn run(mut self, stop: &CancellationToken) -> Result<Driven, BoardError> {
        let mut signal = self.store.signals().listen(store::topic(self.state.id));
        // What was signalled before this line is read here.
        self.refresh().await?;
        let (sender, mut progress) = mpsc::unbounded_channel();
        let mut flights = Flights::new(self.world.clone(), sender);
        loop {
            if self.state.lifecycle == Lifecycle::Ended {
                return Ok(Driven::Ended);
            }
            let plan = plan(&self.state, &self.rules, self.clock.now());
            if !plan.events.is_empty() {
                self.follow(plan.events.into_iter().map(NewEvent::from).collect()).await?;
                continue;
            }
            let started = flights.follow(&plan, &self.state)?;
            if !started.is_empty() {
                self.append(started).await?;
                continue;
            }
            if flights.is_empty() {
                return Ok(idle(&plan));
            }
            let woken = tokio::select! {
                () = stop.cancelled() => return Ok(Driven::Interrupted),
                () = signal.heard() => Woken::Signal,
                landed = flights.next() => Woken::Landed(Box::new(landed?)),
                Some(heard) = progress.recv() => Woken::Heard(Box::new(heard)),
                () = self.until(plan.wake_at) => Woken::Time,
            };
            match woken {
                Woken::Signal => self.refresh().await?,
                Woken::Landed(landed) => {
                    self.flush(&mut flights, &mut progress).await?;
                    let (call, landing) = *landed;
                    self.append(landing::events(&self.world, &self.state, &call, landing, self.clock.now())).await?;
                }
                Woken::Heard(heard) => {
                    flights.heard(*heard);
                    // Others may be speaking too: what they say meanwhile goes into the same transaction.
                    tokio::time::sleep(GATHER).await;
                    self.flush(&mut flights, &mut progress).await?;
                }
                Woken::Time => {}
            }
        }
    }

    async fn until(&self, wake_at: Option<DateTime<Utc>>) {
        match wake_at {
            Some(at) => tokio::time::sleep((at - self.clock.now()).to_std().unwrap_or_default()).await,
            None => std::future::pending().await,
        }
    }

    /// Writes what was heard since the last time.
    async fn flush(
        &mut self,
        flights: &mut Flights,
        heard: &mut UnboundedReceiver<Progress>,
    ) -> Result<(), BoardError> {
        while let Ok(progress) = heard.try_recv() {
            flights.heard(progress);
        }
        let events = flights.gathered();
        if events.is_empty() { Ok(()) } else { self.append(events).await }
    }

    /// Makes true what follows from the state by rule. If the state is no longer the newest, nothing follows from it:
    /// it is read again.
    async fn follow(&mut self, events: Vec<NewEvent>) -> Result<(), BoardError> {
        match self.write(events, Some(self.state.sequence)).await {
            Err(BoardError::Stale) => self.refresh().await,
            done => done,
        }
    }

    /// Makes true what was said, whatever happened meanwhile: it has been paid for.
    async fn append(&mut self, events: Vec<NewEvent>) -> Result<(), BoardError> {
        self.write(events, None).await
    }

    /// Makes events true, and lets them happen here. Events that others appended in between happen first.
    async fn write(&mut self, events: Vec<NewEvent>, expected: Option<i64>) -> Result<(), BoardError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.tenant(&self.principal).await?;
        let first = store::append_as(&mut tx, self.state.id, self.epoch, expected, &events, self.clock.now()).await?;
        tx.commit().await?;
        if first != self.state.sequence + 1 {
            return self.refresh().await;
        }
        for (sequence, new) in (first..).zip(&events) {
            self.state.apply(&new.event, sequence);
            if let Some(charge) = new.charge.as_ref().filter(|charge| charge.calls > 0) {
                self.state.account(i64::from(charge.calls), charge.cost);
            }
            if let Event::SessionFailed(failure) = &new.event {
                tracing::warn!(session_id = %self.state.id, code = failure.code.name(), "a board session failed");
            }
        }
        Ok(())
    }

    /// Reads what the log has beyond this state.
    async fn refresh(&mut self) -> Result<(), BoardError> {
        let mut tx = self.store.tenant_read(&self.principal).await?;
        let newest = store::session(&mut tx, self.state.id).await?.last_sequence;
        if newest > self.state.sequence {
            store::replay(&mut tx, &mut self.state).await?;
            // Deltas are not replayed, but they are part of the count.
            self.state.sequence = self.state.sequence.max(newest);
        }
        Ok(())
    }
}

/// Why the driver looks again.
enum Woken {
    Signal,
    Landed(Box<(crate::engine::Call, step::Landing)>),
    Heard(Box<Progress>),
    Time,
}

fn idle(plan: &Plan) -> Driven {
    match plan.wake_at {
        Some(at) if !plan.hold => Driven::WaitUntil(at),
        _ => Driven::Idle,
    }
}
