use chrono::{DateTime, Utc};
use quorate_kernel::millis;
use quorate_store::{Store, StoreError};
use serde_json::json;

use crate::AuditLog;
use crate::entry::{Actor, Entry};
use crate::rows::{self, HeadRow};

impl AuditLog {
    /// Removes the entries from before that time (PLT-23, after seven years), records that it did, and answers how many.
    /// Only the beginning of the log goes, so an older entry behind a younger one (from a node whose clock was late)
    /// stays with it. The head keeps the last MAC that went, so that the rest still verifies.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn expire(&self, store: &Store, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut tx = store.system("retention removes the oldest entries of the whole audit log").await?;
        let was = rows::lock_head(&mut tx).await?;
        let last: Option<(i64, String)> = tx
            .sql(
                "SELECT sequence, mac FROM audit_entries WHERE sequence > $1 AND sequence < COALESCE(\
                 (SELECT MIN(sequence) FROM audit_entries WHERE happened_at >= $2), $3) \
                 ORDER BY sequence DESC LIMIT 1",
            )
            .bind(was.base_sequence)
            .bind(millis(before))
            .bind(was.sequence + 1)
            .optional()
            .await?;
        let Some((base_sequence, base_mac)) = last else { return Ok(0) };
        let head = HeadRow { base_sequence, base_mac, ..was.clone() };
        // The head first: the guard lets go only what the head says has expired.
        rows::write_head(&mut tx, &self.key, &was, head).await?;
        let removed = tx.sql("DELETE FROM audit_entries WHERE sequence <= $1").bind(base_sequence).execute().await?;
        let entry = Entry::new("audit.expired", Actor::System)
            .changing(None, Some(json!({ "entries": removed, "up_to": base_sequence })));
        self.append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(removed)
    }
}
