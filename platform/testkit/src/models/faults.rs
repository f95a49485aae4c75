use std::time::Duration;

use axum::body::Body;
use futures::stream;

use super::journal::{Outcome, Ticket};
use super::script::Act;

/// The parts of a body, sent as the script says: each after a pause, broken off, or never finished.
pub(super) fn body(parts: Vec<String>, act: &Act, ticket: Ticket) -> Body {
    let sending = Sending {
        parts: parts.into_iter(),
        pause: act.chunk_delay_ms.map(Duration::from_millis),
        cut_after: act.cut_after_bytes,
        cleanly: act.cut_cleanly,
        hang_after: act.hang_after_bytes,
        sent: 0,
        over: false,
        ticket,
    };
    Body::from_stream(stream::unfold(sending, Sending::next))
}

struct Sending {
    parts: std::vec::IntoIter<String>,
    pause: Option<Duration>,
    cut_after: Option<usize>,
    cleanly: bool,
    hang_after: Option<usize>,
    sent: usize,
    over: bool,
    ticket: Ticket,
}

/// What breaks the connection.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut by the script")
    }
}

impl std::error::Error for Broken {}

impl Sending {
    async fn next(mut self) -> Option<(Result<Vec<u8>, Broken>, Self)> {
        if self.over {
            return None;
        }
        if self.cut_after.is_some_and(|limit| self.sent >= limit) {
            self.over = true;
            self.ticket.settle(Outcome::Cut);
            // What was sent before must be on its way, or the break swallows it.
            tokio::time::sleep(Duration::from_millis(20)).await;
            return (!self.cleanly).then_some((Err(Broken), self));
        }
        if self.hang_after.is_some_and(|limit| self.sent >= limit) {
            // Until the client leaves, which drops this future and with it the ticket.
            std::future::pending::<()>().await;
        }
        let Some(part) = self.parts.next() else {
            self.ticket.settle(Outcome::Answered);
            return None;
        };
        if let Some(pause) = self.pause {
            tokio::time::sleep(pause).await;
        }
        let mut bytes = part.into_bytes();
        let limit = self.cut_after.or(self.hang_after).map(|limit| limit.saturating_sub(self.sent));
        bytes.truncate(limit.unwrap_or(usize::MAX));
        self.sent += bytes.len();
        // Before the last part is out: whoever has read it may look into the journal at once.
        if self.parts.len() == 0 && limit.is_none() {
            self.ticket.settle(Outcome::Answered);
        }
        Some((Ok(bytes), self))
    }
}
