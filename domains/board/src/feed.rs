//! Live events: one reader of the log per watched session, however many watch it (BRD-23).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::Stream;
use quorate_kernel::Principal;
use quorate_store::{Signal, Store};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast;
use utoipa::ToSchema;

use crate::error::BoardError;
use crate::session::SessionId;
use crate::store;

/// An event as it is shown: in lists and in streams.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StoredEvent {
    /// What happened: `contribution.recorded`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The session.
    #[schema(value_type = uuid::Uuid)]
    pub session_id: SessionId,
    /// Its place in the session, from 1, without gaps.
    pub sequence: i64,
    /// When it was recorded.
    pub timestamp: DateTime<Utc>,
    /// The version of the data's shape.
    pub version: i64,
    /// What belongs to it.
    #[schema(value_type = Object)]
    pub data: Value,
    /// The whole as JSON, written once however many watch.
    #[serde(skip)]
    pub(crate) json: OnceLock<Arc<str>>,
}

impl StoredEvent {
    /// The whole as a JSON object.
    #[must_use]
    pub fn json(&self) -> Arc<str> {
        let write = || serde_json::to_string(self).unwrap_or_default().into();
        Arc::clone(self.json.get_or_init(write))
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self.kind.as_str(), "session.completed" | "session.failed" | "session.cancelled")
    }
}

/// How many events a watcher may be behind before it reads them from the database again.
const BUFFER: usize = 256;
const PAGE: usize = 200;
/// Looks again even without a signal, in case one was lost between nodes.
const FALLBACK: Duration = Duration::from_secs(5);

type Sender = broadcast::Sender<Arc<StoredEvent>>;

/// The watched sessions of this node.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    store: Store,
    watched: Arc<Mutex<HashMap<SessionId, Sender>>>,
}

impl Feed {
    /// Nothing is watched yet.
    #[must_use]
    pub(crate) fn new(store: Store) -> Self {
        Self { store, watched: Arc::default() }
    }

    /// Every event of the session after a sequence, each once and in order, then what comes, until the terminal one.
    ///
    /// # Errors
    /// When there is no such session for the principal.
    pub(crate) async fn watch(
        &self,
        principal: &Principal,
        id: SessionId,
        after: i64,
    ) -> Result<impl Stream<Item = Result<Arc<StoredEvent>, BoardError>> + Send + use<>, BoardError> {
        let signal = self.store.signals().listen(store::topic(id));
        let mut tx = self.store.tenant_read(principal).await?;
        let newest = store::session(&mut tx, id).await?.last_sequence;
        drop(tx);
        let receiver = self.subscribe(principal, id, newest, signal);
        let watcher = Watcher {
            store: self.store.clone(),
            principal: principal.clone(),
            id,
            last: after.max(0),
            receiver,
            ready: VecDeque::new(),
            behind: true,
            over: false,
        };
        Ok(futures::stream::unfold(watcher, |mut watcher| async move {
            watcher.next().await.transpose().map(|item| (item, watcher))
        }))
    }

    fn subscribe(
        &self,
        principal: &Principal,
        id: SessionId,
        newest: i64,
        signal: Signal,
    ) -> broadcast::Receiver<Arc<StoredEvent>> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = watched.get(&id) {
            return sender.subscribe();
        }
        let (sender, receiver) = broadcast::channel(BUFFER);
        watched.insert(id, sender.clone());
        drop(watched);
        tokio::spawn(self.clone().pump(principal.clone(), id, newest, signal, sender));
        receiver
    }

    /// Reads each new event once and hands it to all who watch, until the session ends or nobody does.
    async fn pump(self, principal: Principal, id: SessionId, mut last: i64, mut signal: Signal, sender: Sender) {
        loop {
            match read(&self.store, &principal, id, last).await {
                Ok(events) => {
                    let full = events.len() == PAGE;
                    for event in events {
                        last = event.sequence;
                        let terminal = event.is_terminal();
                        // No receiver is found out about below.
                        drop(sender.send(Arc::new(event)));
                        if terminal {
                            self.forget(id);
                            return;
                        }
                    }
                    if full {
                        continue;
                    }
                }
                Err(BoardError::NotFound) => {
                    self.forget(id);
                    return;
                }
                Err(error) => tracing::warn!(%error, session_id = %id, "cannot read a watched session"),
            }
            {
                let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
                if sender.receiver_count() == 0 {
                    watched.remove(&id);
                    return;
                }
            }
            tokio::select! {
                () = signal.heard() => {}
                () = tokio::time::sleep(FALLBACK) => {}
            }
        }
    }

    fn forget(&self, id: SessionId) {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

async fn read(store: &Store, who: &Principal, id: SessionId, after: i64) -> Result<Vec<StoredEvent>, BoardError> {
    let mut tx = store.tenant_read(who).await?;
    let events = store::events_after(&mut tx, id, after, PAGE).await?;
    if events.is_empty() {
        // A session that was deleted will never have another event.
        store::session(&mut tx, id).await?;
    }
    Ok(events)
}

struct Watcher {
    store: Store,
    principal: Principal,
    id: SessionId,
    last: i64,
    receiver: broadcast::Receiver<Arc<StoredEvent>>,
    ready: VecDeque<Arc<StoredEvent>>,
    /// Whether there may be events in the database that the receiver will not bring.
    behind: bool,
    over: bool,
}

impl Watcher {
    /// The next event. After an error nothing comes: the watcher ends, and its reader comes back.
    async fn next(&mut self) -> Result<Option<Arc<StoredEvent>>, BoardError> {
        let next = self.find().await;
        match next {
            // Deleted meanwhile.
            Err(BoardError::NotFound) => Ok(None),
            Err(error) => {
                self.over = true;
                self.ready.clear();
                Err(error)
            }
            found => found,
        }
    }

    async fn find(&mut self) -> Result<Option<Arc<StoredEvent>>, BoardError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.last = event.sequence;
                self.over = event.is_terminal();
                return Ok(Some(event));
            }
            if self.over {
                return Ok(None);
            }
            if self.behind {
                let events = read(&self.store, &self.principal, self.id, self.last).await?;
                self.behind = events.len() == PAGE;
                self.ready.extend(events.into_iter().map(Arc::new));
                continue;
            }
            match self.receiver.recv().await {
                Ok(event) if event.sequence <= self.last => {}
                Ok(event) if event.sequence == self.last + 1 => self.ready.push_back(event),
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => self.behind = true,
                Err(broadcast::error::RecvError::Closed) => {
                    // The reader is gone: the session ended, or was deleted. What is left is in the database.
                    let events = read(&self.store, &self.principal, self.id, self.last).await?;
                    self.over = events.is_empty();
                    self.ready.extend(events.into_iter().map(Arc::new));
                }
            }
        }
    }
}
