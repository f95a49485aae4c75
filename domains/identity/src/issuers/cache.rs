use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::social::ports::FetchError;

/// How long what an issuer said is taken as it is.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// How long it is used when the issuer does not answer any more. After that a withdrawn key must be gone.
const STALE: TimeDelta = TimeDelta::hours(24);
/// How often an issuer is asked again at most, whoever sends tokens with keys that nobody knows.
const ASK_AGAIN: TimeDelta = TimeDelta::seconds(60);
/// How soon an issuer that gave no answer at all is asked once more.
const REST: TimeDelta = TimeDelta::seconds(5);
/// How long a request may wait for an issuer.
const PATIENCE: Duration = Duration::from_secs(5);

/// One document of an issuer, read when it is needed and kept.
pub(crate) struct Cache<T> {
    slot: Mutex<Slot<T>>,
    asking: tokio::sync::Mutex<()>,
    patience: Duration,
}

struct Slot<T> {
    value: Option<Arc<T>>,
    read_at: DateTime<Utc>,
    asked_at: Option<DateTime<Utc>>,
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), read_at: self.read_at, asked_at: self.asked_at }
    }
}

impl<T> Slot<T> {
    fn younger_than(&self, age: TimeDelta, now: DateTime<Utc>) -> Option<Arc<T>> {
        self.value.clone().filter(|_| within(self.read_at, age, now))
    }

    fn asked_within(&self, time: TimeDelta, now: DateTime<Utc>) -> bool {
        self.asked_at.is_some_and(|at| within(at, time, now))
    }
}

/// Whether less than `time` has gone by. A clock that was set back makes it so again.
fn within(since: DateTime<Utc>, time: TimeDelta, now: DateTime<Utc>) -> bool {
    let age = now - since;
    age >= TimeDelta::zero() && age < time
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        let slot = Slot { value: None, read_at: DateTime::<Utc>::MIN_UTC, asked_at: None };
        Self { slot: Mutex::new(slot), asking: tokio::sync::Mutex::new(()), patience: PATIENCE }
    }
}

impl<T> Cache<T> {
    /// The document: the one that is kept, or else what `read` brings. An old one stands in while the issuer is down.
    pub(crate) async fn get<F>(&self, now: DateTime<Utc>, read: impl FnOnce() -> F + Send) -> Result<Arc<T>, FetchError>
    where
        F: Future<Output = Result<T, FetchError>> + Send,
    {
        let slot = self.slot();
        if let Some(value) = slot.younger_than(FRESH, now) {
            return Ok(value);
        }
        let old = slot.younger_than(STALE, now);
        let _one_at_a_time = match (&old, self.asking.try_lock()) {
            (_, Ok(turn)) => turn,
            // Somebody is asking already, and there is something to go on with.
            (Some(old), Err(_)) => return Ok(Arc::clone(old)),
            (None, Err(_)) => self.asking.lock().await,
        };
        let slot = self.slot();
        if let Some(value) = slot.younger_than(FRESH, now) {
            return Ok(value);
        }
        if slot.asked_within(if old.is_some() { ASK_AGAIN } else { REST }, now) {
            return old.ok_or_else(|| FetchError("it gave no answer a moment ago".to_owned()));
        }
        match (self.ask(now, read).await, old) {
            (Ok(value), _) => Ok(value),
            (Err(error), Some(old)) => {
                tracing::warn!(%error, "an issuer does not answer; what it said before stays in use");
                Ok(old)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// The document read anew, because what is kept lacks something; `None` when the issuer was asked a moment ago or
    /// does not answer.
    pub(crate) async fn renewed<F>(&self, now: DateTime<Utc>, read: impl FnOnce() -> F + Send) -> Option<Arc<T>>
    where
        F: Future<Output = Result<T, FetchError>> + Send,
    {
        let before = self.slot().read_at;
        let _one_at_a_time = self.asking.lock().await;
        let slot = self.slot();
        if slot.read_at > before {
            return slot.value;
        }
        if slot.asked_within(ASK_AGAIN, now) {
            return None;
        }
        self.ask(now, read).await.ok()
    }

    async fn ask<F>(&self, now: DateTime<Utc>, read: impl FnOnce() -> F + Send) -> Result<Arc<T>, FetchError>
    where
        F: Future<Output = Result<T, FetchError>> + Send,
    {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).asked_at = Some(now);
        let read = tokio::time::timeout(self.patience, read()).await;
        let value = Arc::new(read.map_err(|_| FetchError("it does not answer".to_owned()))??);
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.value = Some(Arc::clone(&value));
        slot.read_at = now;
        Ok(value)
    }

    fn slot(&self) -> Slot<T> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use quorate_kernel::from_millis;

    use super::*;

    /// An issuer that answers with how often it was asked, or not at all.
    #[derive(Default)]
    struct Issuer(AtomicUsize, AtomicUsize);

    impl Issuer {
        async fn read(&self) -> Result<usize, FetchError> {
            let times = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            if self.1.load(Ordering::SeqCst) == 1 { Err(FetchError("down".to_owned())) } else { Ok(times) }
        }

        fn goes_down(&self) {
            self.1.store(1, Ordering::SeqCst);
        }

        fn asked(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        from_millis((1_000_000 + seconds) * 1000)
    }

    #[tokio::test]
    async fn a_document_is_read_once_an_hour() {
        let (cache, issuer) = (Cache::default(), Issuer::default());
        for seconds in [0, 1, 3599] {
            assert_eq!(*cache.get(at(seconds), || issuer.read()).await.unwrap(), 1);
        }
        assert_eq!(*cache.get(at(3600), || issuer.read()).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn an_issuer_that_is_down_is_believed_for_a_day_and_left_in_peace() {
        let (cache, issuer) = (Cache::default(), Issuer::default());
        assert_eq!(*cache.get(at(0), || issuer.read()).await.unwrap(), 1);
        issuer.goes_down();
        for seconds in [3600, 3601, 3659] {
            assert_eq!(*cache.get(at(seconds), || issuer.read()).await.unwrap(), 1);
        }
        assert_eq!(issuer.asked(), 2, "once a minute");
        assert_eq!(*cache.get(at(86_399), || issuer.read()).await.unwrap(), 1);
        assert!(cache.get(at(86_400 + 5), || issuer.read()).await.is_err(), "a withdrawn key must die");
    }

    #[tokio::test]
    async fn strangers_cannot_make_us_ask_more_than_once_a_minute() {
        let (cache, issuer) = (Cache::default(), Issuer::default());
        assert_eq!(*cache.get(at(0), || issuer.read()).await.unwrap(), 1);
        assert!(cache.renewed(at(59), || issuer.read()).await.is_none());
        assert_eq!(cache.renewed(at(60), || issuer.read()).await.as_deref(), Some(&2));
        assert!(cache.renewed(at(61), || issuer.read()).await.is_none());
        let none: Cache<usize> = Cache::default();
        issuer.goes_down();
        for _ in 0..10 {
            assert!(none.get(at(0), || issuer.read()).await.is_err());
        }
        assert_eq!(issuer.asked(), 3);
    }

    #[tokio::test]
    async fn many_at_once_ask_once() {
        let (cache, issuer) = (Cache::default(), Issuer::default());
        let all = (0..50).map(|_| cache.get(at(0), || issuer.read()));
        let found = futures::future::try_join_all(all).await.unwrap();
        assert!(found.iter().all(|value| **value == 1) && issuer.asked() == 1);
    }

    #[tokio::test]
    async fn an_issuer_that_hangs_holds_nobody_up_for_ever() {
        let cache: Cache<usize> = Cache { patience: Duration::from_millis(20), ..Cache::default() };
        let hangs = || std::future::pending::<Result<usize, FetchError>>();
        assert!(cache.get(at(0), hangs).await.is_err());
        assert!(cache.renewed(at(60), hangs).await.is_none());
    }
}
