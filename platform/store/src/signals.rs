use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Stands for any topic: something may have been missed, look again.
const EVERYTHING: &str = "*";
const CAPACITY: usize = 4096;
/// How long to wait before asking for the notifications again.
const RECONNECT: Duration = Duration::from_secs(1);

/// Wake-up calls between writers and those who wait for what they write. A signal carries no data: whoever hears one
/// reads the database. Within a process by channel, between nodes by PostgreSQL's NOTIFY.
#[derive(Debug, Clone)]
pub struct Signals {
    sender: broadcast::Sender<Arc<str>>,
}

impl Signals {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::Sender::new(CAPACITY) }
    }

    /// Begins to listen to a topic. What is signalled after this call is heard.
    #[must_use]
    pub fn listen(&self, topic: impl Into<String>) -> Signal {
        Signal { topic: topic.into(), receiver: self.sender.subscribe() }
    }

    pub(crate) fn send(&self, topic: &str) {
        // No receiver means that nobody waits, which is fine.
        drop(self.sender.send(topic.into()));
    }

    /// Hears the other nodes' signals until `stop`. A lost connection is taken as "anything may have happened".
    pub(crate) async fn relay(self, mut listener: PgListener, stop: CancellationToken) {
        loop {
            let heard = tokio::select! {
                () = stop.cancelled() => return,
                heard = listener.try_recv() => heard,
            };
            match heard {
                Ok(Some(notification)) => self.send(notification.payload()),
                Ok(None) => self.send(EVERYTHING),
                Err(error) => {
                    tracing::warn!(%error, "lost the database's notifications; trying again");
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(RECONNECT) => self.send(EVERYTHING),
                    }
                }
            }
        }
    }
}

/// One listener's ear on one topic.
#[derive(Debug)]
pub struct Signal {
    topic: String,
    receiver: broadcast::Receiver<Arc<str>>,
}

impl Signal {
    /// Waits for the next signal of the topic. Cancel-safe. Never returns once the store is closed.
    pub async fn heard(&mut self) {
        loop {
            match self.receiver.recv().await {
                Ok(topic) if *topic == *self.topic || &*topic == EVERYTHING => return,
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => return,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
