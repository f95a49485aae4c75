use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_store::StoreError;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::leases::Leases;
use crate::{Jobs, WorkerSettings};

/// How often finished jobs are looked through.
const PURGE_EVERY: Duration = Duration::from_secs(3600);

/// Renews a worker's leases, rescues jobs of lost workers and forgets old ones, until it is dropped.
pub(crate) async fn keep_up(jobs: Jobs, leases: Arc<Leases>, settings: WorkerSettings) {
    let mut ticks = interval(settings.lease / 3);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut purged: Option<DateTime<Utc>> = None;
    loop {
        ticks.tick().await;
        // Renewing comes first: after a pause of the whole machine every lease has run out, our own too.
        renew(&jobs, &leases, settings.lease).await;
        report("rescuing jobs", jobs.rescue(false).await);
        let now = jobs.clock.now();
        if purged.is_none_or(|at| now - at >= chrono::TimeDelta::from_std(PURGE_EVERY).unwrap_or_default()) {
            purged = Some(now);
            report("forgetting finished jobs", jobs.purge(settings.keep_done).await);
        }
    }
}

async fn renew(jobs: &Jobs, leases: &Leases, lease: Duration) {
    let asked = leases.all();
    if asked.is_empty() {
        return;
    }
    let since = Instant::now();
    match timeout(lease / 4, jobs.renew(&asked, lease)).await {
        Ok(Ok((renewed, standing))) => leases.renewed(&asked, &renewed, &standing, since),
        Ok(Err(error)) => tracing::warn!(%error, "the leases of running jobs could not be renewed"),
        Err(_) => tracing::warn!("the leases of running jobs could not be renewed in time"),
    }
    // The next try might come too late for these.
    leases.give_up(lease * 2 / 3);
}

/// Logs how many jobs something happened to, or why it did not.
pub(crate) fn report(what: &'static str, result: Result<u64, StoreError>) {
    match result {
        Ok(0) => {}
        Ok(jobs) => tracing::info!(jobs, "{what}"),
        Err(error) => tracing::warn!(%error, "{what} failed"),
    }
}
