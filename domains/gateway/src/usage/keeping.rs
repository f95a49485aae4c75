use async_trait::async_trait;
use chrono::TimeDelta;
use quorate_kernel::millis;
use quorate_store::StoreError;
use quorate_work::{Handler, JobContext, NewJob, Outcome};
use serde_json::json;

use crate::CostLedger;
use crate::store::usage;

/// How long attempts are kept, in days (PLT-2).
const ATTEMPTS: i64 = 90;
/// How long roll-ups are kept, in days: seven years.
const ROLLUPS: i64 = 7 * 365 + 2;

/// Forgets what is older than is kept, once a day.
pub(crate) struct Keeping(pub(crate) CostLedger);

impl Keeping {
    pub(crate) const KIND: &'static str = "gateway.usage_keeping";

    /// The job. There is one, which comes back every day.
    pub(crate) fn job() -> NewJob {
        NewJob { unique_key: Some("daily".to_owned()), ..NewJob::new(Self::KIND, json!({})) }
    }

    async fn forget(&self) -> Result<u64, StoreError> {
        let now = self.0.now();
        let (attempts, rollups) = (now - TimeDelta::days(ATTEMPTS), now - TimeDelta::days(ROLLUPS));
        usage::forget(self.0.store(), millis(attempts), millis(rollups)).await
    }
}

#[async_trait]
impl Handler for Keeping {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn run(&self, _: &JobContext) -> Outcome {
        match self.forget().await {
            Ok(rows) => {
                tracing::info!(rows, "forgot usage that is older than is kept");
                Outcome::Snooze(self.0.now() + TimeDelta::days(1))
            }
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }
}
