use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::IdentityError;
use crate::secret::TokenHash;
use crate::sign_in::SignedIn;

type Outcome = Result<SignedIn, IdentityError>;

/// The longest that a burst of parallel requests can keep an exchange open, in settle times.
const LONGEST: usize = 20;

/// Lets parallel refreshes with the same token share one exchange. A browser with several tabs, or a client that sends a
/// hundred at once, gets the same pair for all; without this, all but the first would look like a thief's replay. An
/// exchange stays open until no more requests have joined for a settle time, so its answer is that much later.
pub(crate) struct Flights {
    open: Mutex<HashMap<TokenHash, Flight>>,
    settle: Duration,
}

struct Flight {
    joined: Arc<AtomicUsize>,
    outcome: watch::Receiver<Option<Outcome>>,
}

impl Flights {
    pub(crate) fn new(settle: Duration) -> Self {
        Self { open: Mutex::new(HashMap::new()), settle }
    }

    /// The outcome of exchanging this token: of the exchange that is open, or of `exchange`, which then runs on even if
    /// this caller leaves.
    pub(crate) async fn join<F>(self: &Arc<Self>, token: TokenHash, exchange: F) -> Outcome
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let mut outcome = self.enter(token, exchange);
        match outcome.wait_for(Option::is_some).await {
            Ok(landed) => landed.clone().unwrap_or(Err(IdentityError::RefreshRaced)),
            // The exchange panicked, and the panic is in the log.
            Err(_) => Err(IdentityError::RefreshRaced),
        }
    }

    fn enter<F>(self: &Arc<Self>, token: TokenHash, exchange: F) -> watch::Receiver<Option<Outcome>>
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = open.get(&token) {
            flight.joined.fetch_add(1, Ordering::AcqRel);
            return flight.outcome.clone();
        }
        let (sender, outcome) = watch::channel(None);
        let joined = Arc::new(AtomicUsize::new(0));
        open.insert(token.clone(), Flight { joined: Arc::clone(&joined), outcome: outcome.clone() });
        let landing = Landing { flights: Arc::clone(self), token };
        let settle = self.settle;
        tokio::spawn(async move {
            let result = exchange.await;
            if result.is_ok() {
                settle_down(&joined, settle).await;
            }
            // Closed before it is answered: whoever has the answer and asks again begins another exchange.
            drop(landing);
            sender.send_replace(Some(result));
        });
        outcome
    }
}

async fn settle_down(joined: &AtomicUsize, settle: Duration) {
    let mut before = joined.load(Ordering::Acquire);
    for _ in 0..LONGEST {
        tokio::time::sleep(settle).await;
        let after = joined.load(Ordering::Acquire);
        if after == before {
            return;
        }
        before = after;
    }
}

/// Closes the exchange when it is dropped, also when the exchange panics.
struct Landing {
    flights: Arc<Flights>,
    token: TokenHash,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.flights.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.token);
    }
}
