//! The one connection of a node to the Redis that all nodes share. It may go and come back at any time: whoever uses
//! it has an answer of its own for the meantime (PLT-3).

mod keeper;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Client, RedisResult};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

/// How long a request waits for Redis before it goes on without.
const PATIENCE: Duration = Duration::from_millis(50);

/// How to reach Redis.
#[derive(Clone)]
pub struct RedisSettings {
    /// `redis://`, `rediss://` (TLS) or `redis+unix://`, with user and password where it asks for them.
    pub url: String,
    /// Stands before every key and channel, so that installations can share one Redis.
    pub prefix: String,
    /// Names this process among the nodes.
    pub node: Uuid,
    /// How long a request waits for an answer before it goes on without; 50 ms unless told.
    pub patience: Duration,
}

impl RedisSettings {
    /// The defaults around what only the composition knows.
    #[must_use]
    pub fn new(url: impl Into<String>, node: Uuid) -> Self {
        Self { url: url.into(), prefix: "quorate".to_owned(), node, patience: PATIENCE }
    }
}

impl fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address holds a password.
        f.debug_struct("RedisSettings").field("prefix", &self.prefix).field("node", &self.node).finish_non_exhaustive()
    }
}

/// The address is none of a Redis.
#[derive(Debug, thiserror::Error)]
#[error("the address of Redis cannot be used: {0}")]
pub struct RedisAddressError(&'static str);

/// A node's connection to the shared Redis. Clones share it; it is kept up until the last one is dropped.
#[derive(Clone)]
pub struct Redis {
    link: Arc<Link>,
    _keeping: Arc<DropGuard>,
}

/// The connection as its keeper sees it.
struct Link {
    client: Client,
    settings: RedisSettings,
    /// `None` while Redis is away.
    connection: RwLock<Option<MultiplexedConnection>>,
    /// How many nodes were there when Redis was last asked; at least one.
    nodes: AtomicU32,
    /// Why it is away.
    why: RwLock<String>,
    /// Rung when the connection was given up.
    lost: Notify,
}

impl Redis {
    /// Whether an address is one of a Redis. Nobody is asked.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(url: &str) -> Result<(), RedisAddressError> {
        client(url).map(drop)
    }

    /// Connects, and keeps the connection up in the background. A Redis that is away is no error: it is tried again,
    /// and until it answers every node stands for itself.
    ///
    /// # Errors
    /// When the address is none of a Redis.
    pub async fn connect(settings: RedisSettings) -> Result<Self, RedisAddressError> {
        let client = client(&settings.url)?;
        let link = Arc::new(Link {
            client,
            settings,
            connection: RwLock::new(None),
            nodes: AtomicU32::new(1),
            why: RwLock::default(),
            lost: Notify::new(),
        });
        let stop = CancellationToken::new();
        let keeper = keeper::Keeper::begin(Arc::clone(&link)).await;
        tokio::spawn(keeper.run(stop.clone()));
        Ok(Self { link, _keeping: Arc::new(stop.drop_guard()) })
    }

    /// Whether Redis answers now, for a health check.
    ///
    /// # Errors
    /// What is wrong, without the address.
    pub async fn ping(&self) -> Result<(), String> {
        let asked =
            self.ask(|mut connection| async move { redis::cmd("PING").query_async::<String>(&mut connection).await });
        asked.await.map(drop).ok_or_else(|| {
            let why = self.link.why.read().unwrap_or_else(PoisonError::into_inner);
            if why.is_empty() { "it did not answer".to_owned() } else { why.clone() }
        })
    }

    /// How many nodes share this Redis, as far as it was last known; at least one.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        self.link.nodes.load(Ordering::Relaxed).max(1)
    }

    /// A key or channel of this installation.
    pub(crate) fn key(&self, rest: fmt::Arguments<'_>) -> String {
        format!("{}:{rest}", self.link.settings.prefix)
    }

    /// Names this process.
    pub(crate) fn node(&self) -> Uuid {
        self.link.settings.node
    }

    /// Asks Redis something. `None` when it is away, or answers too late or with an error: then do without, at once.
    pub(crate) async fn ask<T, F>(&self, question: impl FnOnce(MultiplexedConnection) -> F) -> Option<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        self.ask_within(self.link.settings.patience, question).await
    }

    /// The same with a patience of one's own, for what no request waits for.
    pub(crate) async fn ask_within<T, F>(
        &self,
        patience: Duration,
        question: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Option<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let connection = self.link.connection()?;
        // On the heap: the client's futures are large, and every request would carry one with it, asked or not.
        match tokio::time::timeout(patience, Box::pin(question(connection))).await {
            Ok(Ok(answer)) => return Some(answer),
            // An answer all the same, so the connection stands; a full or read-only Redis must not be hammered with
            // new connections.
            Ok(Err(error)) if !gone(&error) => {
                tracing::debug!(%error, "Redis refused");
                return None;
            }
            Ok(Err(error)) => tracing::debug!(%error, "the connection to Redis broke"),
            Err(_) => tracing::debug!("Redis took too long"),
        }
        self.link.give_up();
        None
    }
}

fn client(url: &str) -> Result<Client, RedisAddressError> {
    // What the library says of an address may hold it, and that a password.
    let refused = |_| RedisAddressError("it is not redis://host:port, rediss://host:port or redis+unix:///path");
    Client::open(url).map_err(refused)
}

fn gone(error: &redis::RedisError) -> bool {
    error.is_io_error() || error.is_connection_dropped() || error.is_timeout() || error.is_unrecoverable_error()
}

impl Link {
    fn connection(&self) -> Option<MultiplexedConnection> {
        self.connection.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, connection: Option<MultiplexedConnection>) {
        *self.connection.write().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    /// Goes on without Redis, so that the next requests do not wait for it, until the keeper has it back.
    fn give_up(&self) {
        self.set(None);
        self.lost.notify_one();
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("away", &self.link.connection().is_none()).finish_non_exhaustive()
    }
}
