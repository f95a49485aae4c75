//! Counters of what nodes keep in memory: who has seen the same count has seen the same things.

use quorate_store::{StoreError, SystemTx, Tx};

/// The counter of API keys.
pub(crate) const KEYS: &str = "keys";
/// The counter of providers and routes.
pub(crate) const MODELS: &str = "models";

/// Adds one, in the transaction of the change, and gives back the new count. The row is held until the commit, so that
/// who sees a count sees all changes up to it.
pub(crate) async fn bump<S: Send>(tx: &mut Tx<S>, name: &'static str) -> Result<i64, StoreError> {
    tx.platform_sql("UPDATE gateway_versions SET version = version + 1 WHERE name = $1 RETURNING version")
        .bind(name)
        .scalar()
        .await
}

/// The count now.
pub(crate) async fn read(tx: &mut SystemTx, name: &'static str) -> Result<i64, StoreError> {
    tx.sql("SELECT version FROM gateway_versions WHERE name = $1").bind(name).scalar().await
}
