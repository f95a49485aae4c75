use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use quorate_kernel::{FieldError, Ids};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use zxcvbn::Score;

use crate::{IdentityConfig, IdentityError};

/// Hashes passwords with Argon2id, a few at a time, off the async threads: a storm of log-ins waits in a short queue
/// and then is turned away, so that it cannot starve the server (IDN-4).
pub(crate) struct Passwords {
    argon: Argon2<'static>,
    /// A hash that no password has. Checking against it costs what checking a real one costs.
    nobody: String,
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
    ids: Arc<dyn Ids>,
}

impl Passwords {
    pub(crate) fn new(config: &IdentityConfig, ids: Arc<dyn Ids>) -> Result<Self, IdentityError> {
        let (memory, passes) = (config.password_memory_kib, config.password_passes);
        let params = Params::new(memory, passes, 1, None).map_err(|error| IdentityError::Hashing(error.to_string()))?;
        let mut random = [0u8; 48];
        ids.fill(&mut random);
        let (salt, output) = random.split_at(16);
        let nobody = format!(
            "$argon2id$v=19$m={memory},t={passes},p=1${}${}",
            STANDARD_NO_PAD.encode(salt),
            STANDARD_NO_PAD.encode(output)
        );
        Ok(Self {
            argon: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            nobody,
            slots: Arc::new(Semaphore::new(config.password_parallel.max(1))),
            waiting: AtomicUsize::new(0),
            queue: config.password_queue,
            ids,
        })
    }

    /// Judges the password's strength, then hashes it: a PHC string, or what is wrong with the password. `known` are
    /// words an attacker would try first: the person's own address and name.
    pub(crate) async fn accept(&self, password: &str, known: [&str; 2]) -> Result<String, IdentityError> {
        let (password, known) = (password.to_owned(), known.map(str::to_owned));
        let argon = self.argon.clone();
        let mut salt = [0u8; 16];
        self.ids.fill(&mut salt);
        self.in_turn(move || {
            strength(&password, &known)
                .map_err(|message| IdentityError::Fields(vec![FieldError { field: "password".into(), message }]))?;
            let hash = argon.hash_password_with_salt(password.as_bytes(), &salt).map_err(|error| hashing(&error))?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password is the one of the stored hash. Without a hash the same work is done in vain, so that the
    /// time of the answer does not tell whether an account exists.
    pub(crate) async fn matches(&self, password: &str, stored: Option<&str>) -> Result<bool, IdentityError> {
        let password = password.to_owned();
        let (hash, real) = stored.map_or_else(|| (self.nobody.clone(), false), |hash| (hash.to_owned(), true));
        let argon = self.argon.clone();
        self.in_turn(move || {
            let hash = PasswordHash::new(&hash).map_err(|error| hashing(&error))?;
            Ok(argon.verify_password(password.as_bytes(), &hash).is_ok() && real)
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, IdentityError> {
        let place = Place::take(&self.waiting, self.queue).ok_or(IdentityError::Busy)?;
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|error| hashing(&error))?;
        drop(place);
        // The slot goes along: a caller who leaves must not let a third hash begin while the second still runs.
        spawn_blocking(move || {
            let _slot = slot;
            work()
        })
        .await
        .map_err(|error| hashing(&error))?
    }
}

/// A place in the queue, given back when it is dropped.
struct Place<'q>(&'q AtomicUsize);

impl<'q> Place<'q> {
    fn take(waiting: &'q AtomicUsize, limit: usize) -> Option<Self> {
        let before = waiting.fetch_add(1, Ordering::AcqRel);
        let place = Self(waiting);
        (before < limit).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// 8 to 128 characters, none cut off, no rule about kinds of characters (IDN-4).
pub(crate) fn length(password: &str) -> Result<(), &'static str> {
    match password.chars().count() {
        0..8 => Err("must have at least 8 characters"),
        8..=128 => Ok(()),
        _ => Err("must have at most 128 characters"),
    }
}

/// Refuses what an online attacker guesses: common passwords, names, keyboard walks, dates. Below a million guesses is
/// too few (zxcvbn, Wheeler, USENIX Security 2016).
fn strength(password: &str, known: &[String]) -> Result<(), String> {
    // The local part of an address is a word of its own.
    let words: Vec<&str> =
        known.iter().flat_map(|word| [word.as_str(), word.split('@').next().unwrap_or_default()]).collect();
    let estimate = zxcvbn::zxcvbn(password, &words);
    if estimate.score() >= Score::Two {
        return Ok(());
    }
    let why = estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning);
    Err(why.map_or_else(|| "is too easy to guess".to_owned(), |why| format!("is too easy to guess: {why}")))
}

fn hashing(error: &dyn std::error::Error) -> IdentityError {
    IdentityError::Hashing(error.to_string())
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use quorate_kernel::SystemIds;

    use super::*;

    fn passwords(parallel: usize, queue: usize) -> Passwords {
        let config = IdentityConfig {
            password_memory_kib: 64,
            password_passes: 1,
            password_parallel: parallel,
            password_queue: queue,
            ..IdentityConfig::default()
        };
        Passwords::new(&config, Arc::new(SystemIds)).unwrap()
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_only_and_nobody_fits_none() {
        let passwords = passwords(2, 64);
        let hash = passwords.accept("correct horse battery", ["ada@example.com", "Ada"]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert!(passwords.matches("correct horse battery", Some(&hash)).await.unwrap());
        assert!(!passwords.matches("correct horse batterz", Some(&hash)).await.unwrap());
        assert!(!passwords.matches("correct horse battery", None).await.unwrap());
        assert!(passwords.matches("x", Some("no hash")).await.is_err());
    }

    #[tokio::test]
    async fn common_and_personal_passwords_are_refused() {
        let passwords = passwords(2, 64);
        for weak in ["password", "12345678", "qwertyuiop", "letmein123", "ada.lovelace", "aaaaaaaaaa", "iloveyou1"] {
            let error = passwords.accept(weak, ["ada.lovelace@example.com", "Ada"]).await.unwrap_err();
            let IdentityError::Fields(fields) = error else { panic!("{weak}: {error}") };
            assert_eq!(fields[0].field, "password");
        }
    }

    #[test]
    fn lengths_count_characters() {
        assert!(length("1234567").is_err());
        assert!(length("密码密码密码密码").is_ok());
        assert!(length(&"x".repeat(128)).is_ok());
        assert!(length(&"x".repeat(129)).is_err());
    }

    #[tokio::test]
    async fn a_storm_waits_in_a_short_queue_and_then_is_turned_away() {
        let passwords = passwords(1, 4);
        let slot = Arc::clone(&passwords.slots).acquire_owned().await.unwrap();
        let mut waiting: Vec<_> = (0..6).map(|_| Box::pin(passwords.matches("x", None))).collect();
        let turned_away = {
            let mut refused = 0;
            for future in &mut waiting {
                if let std::task::Poll::Ready(Err(IdentityError::Busy)) = futures::poll!(future) {
                    refused += 1;
                }
            }
            refused
        };
        assert_eq!(turned_away, 2);
        drop(slot);
        assert!(join_all(waiting.drain(..4)).await.iter().all(|answer| matches!(answer, Ok(false))));
        assert!(passwords.matches("x", None).await.is_ok(), "the queue is free again");
    }
}
