//! Puts what was added in force: at once where it was done, and on every node when the database says so or, should that
//! be missed, at the next look.

use std::time::Duration;

use quorate_models::ConfigError;
use quorate_store::StoreError;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::added::{Added, assemble, salvage};
use super::{Providers, State};
use crate::store::keys::versions;
use crate::store::providers as store;

/// The signal that providers or routes have changed.
pub(super) const CHANGED: &str = "gateway/models";
/// How often it looks without one.
const EVERY: Duration = Duration::from_secs(2);
/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looking for changes. Dropping it ends that; what is in force stays.
#[derive(Debug)]
#[must_use = "changes of other nodes are looked for until the handle is dropped"]
pub struct ProvidersHandle {
    _task: AbortOnDropHandle<()>,
}

impl Providers {
    /// Begins to look for changes.
    pub fn watch(&self) -> ProvidersHandle {
        ProvidersHandle { _task: AbortOnDropHandle::new(tokio::spawn(self.clone().look())) }
    }

    async fn look(self) {
        let mut changed = self.inner.deps.store.signals().listen(CHANGED);
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = changed.heard() => {}
            }
            let why = match timeout(PATIENCE, self.refresh()).await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("it took too long".to_owned()),
            };
            // Once, not at every look.
            match &why {
                Some(why) if !failing => tracing::warn!(%why, "changes of providers and routes cannot be looked for"),
                None if failing => tracing::info!("changes of providers and routes are looked for again"),
                _ => {}
            }
            failing = why.is_some();
        }
    }

    /// Puts in force what was added since the last look. A set that cannot be used is noted and changes nothing; where
    /// none was in force before, as at the start, what can be used of it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let deps = &self.inner.deps;
        let _alone = self.inner.looking.lock().await;
        let mut tx = deps.store.system_read("providers and routes belong to the server").await?;
        let version = versions::read(&mut tx, versions::MODELS).await?;
        // Another count, be it less: then a backup was restored.
        if self.state().seen == Some(version) {
            return Ok(());
        }
        let added = match store::all(&mut tx).await {
            Ok(added) => added,
            Err(error @ StoreError::Corrupt { .. }) => {
                self.refuse(version, &error.to_string());
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        drop(tx);
        let whole = assemble(&deps.configured, &added, &deps.master_key);
        match whole.and_then(|whole| deps.models.replace(&whole)) {
            Ok(()) => {
                let (providers, routes) = (added.providers.len(), added.routes.len());
                if providers + routes > 0 {
                    tracing::info!(version, providers, routes, "providers and routes that were added are in force");
                }
                self.set_state(State { seen: Some(version), ..State::default() });
            }
            Err(error) => {
                let state = self.state();
                if state.seen.is_none() || state.partial {
                    self.salvage(version, &added, error);
                } else {
                    self.refuse(version, &format!("{}: {}", error.key, error.message));
                }
            }
        }
        Ok(())
    }

    /// Puts in force what can be used of a set that as a whole cannot.
    fn salvage(&self, version: i64, added: &Added, first: ConfigError) {
        let deps = &self.inner.deps;
        let (whole, mut wrong) =
            salvage(&deps.configured, added, &deps.master_key, |whole| deps.models.check_rest(whole));
        if let Err(error) = deps.models.replace_by_rest(&whole) {
            wrong.push(error);
        }
        if wrong.is_empty() {
            wrong.push(first);
        }
        let why: Vec<String> = wrong.iter().map(|ConfigError { key, message }| format!("{key}: {message}")).collect();
        let why = why.join(" ");
        tracing::error!(
            version,
            why,
            "some of the providers and routes that were added cannot be used; they are left out"
        );
        self.set_state(State { seen: Some(version), error: Some(why), partial: true });
    }

    fn refuse(&self, version: i64, why: &str) {
        tracing::error!(version, why, "what was added cannot be used; providers and routes stay as they were");
        let partial = self.state().partial;
        self.set_state(State { seen: Some(version), error: Some(why.to_owned()), partial });
    }
}
