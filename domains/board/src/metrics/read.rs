use quorate_kernel::{Principal, Problem};

use super::{Metrics, metrics};
use crate::Board;
use crate::session::SessionId;
use crate::store;

impl Board {
    /// How a session ran, in figures; what costs money for operators only (BRD-22, BRD-24).
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn metrics(&self, who: &Principal, id: SessionId) -> Result<Metrics, Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        store::session(&mut tx, id).await?;
        let log = store::metered_log(&mut tx, id).await?;
        drop(tx);
        let metrics = metrics(&log);
        Ok(if who.operator { metrics } else { metrics.without_money() })
    }
}
