use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisResult, Script};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Link;

/// How long the keeper waits for a connection; nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long until a lost Redis is tried again.
const AGAIN: Duration = Duration::from_millis(250);
/// How often a node says that it is there.
const SIGN: Duration = Duration::from_secs(2);
/// A node that has not said so for this long is not counted.
const SILENT: Duration = Duration::from_secs(10);
/// Operators are told at most this often.
const REMIND: Duration = Duration::from_secs(60);

/// Says that this node is there, and answers how many are.
const PRESENCE: &str = r"
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])";

/// Keeps one connection up.
pub(super) struct Keeper {
    link: Arc<Link>,
    presence: Script,
    /// When Redis went away, while it is.
    away_since: Option<Instant>,
    warned: Option<Instant>,
}

impl Keeper {
    /// Tries the first connection, so that a node that starts with its Redis there never counts for itself.
    pub(super) async fn begin(link: Arc<Link>) -> Self {
        let mut keeper = Self { link, presence: Script::new(PRESENCE), away_since: None, warned: None };
        keeper.look().await;
        keeper
    }

    pub(super) async fn run(mut self, stop: CancellationToken) {
        let link = Arc::clone(&self.link);
        loop {
            let pause = if self.away_since.is_some() { AGAIN } else { SIGN };
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
                () = link.lost.notified() => {
                    // Not tried again at once: one that is slow would make requests wait over and over.
                    self.missing("a request found it gone or too slow");
                    continue;
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.look() => {}
            }
        }
        link.set(None);
    }

    /// Says that this node is there, over a new connection if need be.
    async fn look(&mut self) {
        let connection = match self.link.connection() {
            Some(connection) => Ok(connection),
            None => self.connect().await,
        };
        let outcome = match connection {
            Ok(connection) => self.sign(connection).await,
            Err(why) => Err(why),
        };
        match outcome {
            Ok(connection) => {
                self.link.set(Some(connection));
                if let Some(since) = self.away_since.take() {
                    let seconds = since.elapsed().as_secs();
                    tracing::info!(seconds, "Redis is back; the nodes count together again");
                }
            }
            Err(why) => {
                self.link.set(None);
                self.missing(&why);
            }
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, String> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(None);
        within(PATIENCE, self.link.client.get_multiplexed_async_connection_with_config(&config)).await
    }

    async fn sign(&self, mut connection: MultiplexedConnection) -> Result<MultiplexedConnection, String> {
        let (key, node) = (format!("{}:nodes", self.link.settings.prefix), self.link.settings.node.to_string());
        let mut asked = self.presence.key(key);
        asked.arg(node).arg(SILENT.as_millis().to_string());
        // As patient as requests are: one that is too slow for them is away.
        let nodes: u32 = within(self.link.settings.patience, asked.invoke_async(&mut connection)).await?;
        self.link.nodes.store(nodes, Ordering::Relaxed);
        Ok(connection)
    }

    fn missing(&mut self, why: &str) {
        self.away_since.get_or_insert_with(Instant::now);
        why.clone_into(&mut self.link.why.write().unwrap_or_else(PoisonError::into_inner));
        if self.warned.is_some_and(|last| last.elapsed() < REMIND) {
            return;
        }
        self.warned = Some(Instant::now());
        tracing::warn!(
            why,
            "Redis is away; each node counts its share of the limits for itself and keeps its own cache"
        );
    }
}

async fn within<T>(patience: Duration, asked: impl Future<Output = RedisResult<T>>) -> Result<T, String> {
    match tokio::time::timeout(patience, asked).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {patience:?}")),
    }
}
