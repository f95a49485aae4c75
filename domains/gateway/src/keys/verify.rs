use std::net::IpAddr;
use std::sync::Arc;

use quorate_kernel::{Problem, millis};

use super::Keys;
use super::cache::Known;
use super::entry::{Entry, VerifiedKey};
use super::refused::KeyRefused;
use super::token::Token;
use crate::store::keys as store;

impl Keys {
    /// Checks a token: the form, the secret, the key's own terms, and how its owner stands. `ip` is the caller's
    /// address, as far as it is known. A key that was used within the last minute needs no database.
    ///
    /// # Errors
    /// Why it is refused. When it cannot be checked, it is refused too.
    pub async fn verify(&self, token: &str, ip: Option<IpAddr>) -> Result<Arc<VerifiedKey>, KeyRefused> {
        let token = Token::parse(token).ok_or(KeyRefused::Malformed)?;
        match self.look(token, ip) {
            Some(told) => told,
            None => Box::pin(self.read(token, ip)).await,
        }
    }

    /// The key of a token, if it is good and was used here within the last minute. Never asks the database.
    pub(crate) fn recall(&self, token: &str, ip: Option<IpAddr>) -> Option<Arc<VerifiedKey>> {
        self.look(Token::parse(token)?, ip)?.ok()
    }

    /// What the cache says, if it says anything.
    fn look(&self, token: Token<'_>, ip: Option<IpAddr>) -> Option<Result<Arc<VerifiedKey>, KeyRefused>> {
        let now = millis(self.inner.clock.now());
        Some(match self.inner.cache.get(token.id, now)? {
            Known::Entry(entry) => entry.admit(&self.inner.hasher.hash(token), ip, now),
            Known::Nothing => Err(KeyRefused::Unknown),
        })
    }

    /// Reads the key, and how its owner stands, from the database.
    async fn read(&self, token: Token<'_>, ip: Option<IpAddr>) -> Result<Arc<VerifiedKey>, KeyRefused> {
        let inner = &self.inner;
        let _turn = match inner.cache.lane(token.id) {
            Some(lane) => Some(lane.lock().await),
            None => None,
        };
        // Whoever was before in the lane may have read it.
        if let Some(told) = self.look(token, ip) {
            return told;
        }
        let epoch = inner.cache.epoch();
        let stored = store::find(&inner.store, token.id).await.map_err(|error| unavailable(&error.to_string()))?;
        let now = millis(inner.clock.now());
        let Some(stored) = stored else {
            inner.cache.put_unknown(token.id, now);
            return Err(KeyRefused::Unknown);
        };
        let owner = (stored.key.user_id, stored.key.org_id);
        let standings = inner.members.standings(&[owner]).await.map_err(|problem| failed(&problem))?;
        let standing = standings.first().copied().ok_or_else(|| unavailable("nobody knows how the owner stands"))?;
        let entry = Arc::new(Entry::new(stored, standing));
        // Only who knows the secret makes room in the cache.
        let told = entry.admit(&inner.hasher.hash(token), ip, millis(inner.clock.now()));
        if !matches!(told, Err(KeyRefused::Unknown)) {
            inner.cache.put(&entry, epoch);
        }
        told
    }
}

fn unavailable(why: &str) -> KeyRefused {
    KeyRefused::Unavailable(why.to_owned())
}

pub(super) fn failed(problem: &Problem) -> KeyRefused {
    let chain = problem.chain();
    unavailable(if chain.is_empty() { &problem.message } else { &chain })
}
