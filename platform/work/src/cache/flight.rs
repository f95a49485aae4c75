use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use super::{Cache, CacheKey};

/// What came of a look into the cache.
#[derive(Debug)]
pub enum Joined {
    /// The entry was there, or somebody computed it meanwhile.
    Found(Bytes),
    /// Nobody has it: compute it, and tell the others with [`Lead::land`].
    Lead(Lead),
    /// Whoever led found nothing that can be shared: compute it for yourself, and keep nothing.
    Alone,
}

/// The one who computes an entry that others wait for. Dropping it, as when its request is cancelled, lets one of them
/// take over.
#[derive(Debug)]
#[must_use = "dropping the lead lets another take over"]
pub struct Lead {
    cache: Cache,
    ticket: Ticket,
}

impl Lead {
    pub(super) fn new(cache: Cache, ticket: Ticket) -> Self {
        Self { cache, ticket }
    }

    /// Gives the others what was computed, and keeps it for `ttl`.
    pub async fn land(self, value: Bytes, ttl: Duration) {
        self.cache.put(self.ticket.key, value.clone(), ttl).await;
        self.ticket.land(Some(value));
    }

    /// Tells the others that there is nothing to share, such as after an error: each goes on for itself at once,
    /// rather than one after the other.
    pub fn give_up(self) {
        self.ticket.land(None);
    }
}

/// Where each key's computation stands, for those who wait.
#[derive(Debug, Clone, Default)]
pub(super) struct Flights(Arc<Mutex<HashMap<CacheKey, watch::Sender<State>>>>);

#[derive(Debug, Clone)]
enum State {
    Underway,
    Landed(Option<Bytes>),
}

pub(super) enum Turn {
    Found(Bytes),
    Alone,
    Lead(Ticket),
}

impl Flights {
    pub(super) async fn join(&self, key: CacheKey) -> Turn {
        loop {
            let mut landing = match self.board(key) {
                Ok(ticket) => return Turn::Lead(ticket),
                Err(landing) => landing,
            };
            // An error means that the leader is gone without a word: somebody has to take over.
            if let Ok(state) = landing.wait_for(|state| matches!(state, State::Landed(_))).await {
                match &*state {
                    State::Landed(Some(value)) => return Turn::Found(value.clone()),
                    State::Landed(None) => return Turn::Alone,
                    State::Underway => {}
                }
            }
        }
    }

    /// The lead, or where to wait for whoever has it.
    fn board(&self, key: CacheKey) -> Result<Ticket, watch::Receiver<State>> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match flights.entry(key) {
            Entry::Occupied(flight) => Err(flight.get().subscribe()),
            Entry::Vacant(place) => {
                place.insert(watch::Sender::new(State::Underway));
                Ok(Ticket { key, flights: self.clone(), landed: false })
            }
        }
    }

    fn end(&self, key: &CacheKey) -> Option<watch::Sender<State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key)
    }

    /// How many computations are under way.
    #[cfg(test)]
    pub(super) fn underway(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// The lead of one key. However it ends, the key is free again and nobody waits for nothing.
pub(super) struct Ticket {
    key: CacheKey,
    flights: Flights,
    landed: bool,
}

impl Ticket {
    pub(super) fn land(mut self, value: Option<Bytes>) {
        self.landed = true;
        if let Some(flight) = self.flights.end(&self.key) {
            flight.send_replace(State::Landed(value));
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // Once landed, the key may be another's already.
        if !self.landed {
            drop(self.flights.end(&self.key));
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("landed", &self.landed).finish_non_exhaustive()
    }
}
