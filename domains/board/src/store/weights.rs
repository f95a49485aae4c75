//! Options as they were formed, and the weights that the user gave their criteria.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use quorate_kernel::millis;
use quorate_store::TenantTx;

use super::sessions::{read, write};
use crate::engine::event::OptionsFormed;
use crate::error::BoardError;
use crate::session::SessionId;

/// Weights by criterion, for each sub-problem that has any.
pub(crate) type Weights = BTreeMap<usize, BTreeMap<String, f64>>;

/// The options of a session, in the order of its sub-problems.
pub(crate) async fn options(tx: &mut TenantTx, id: SessionId) -> Result<Vec<OptionsFormed>, BoardError> {
    let rows: Vec<(String,)> = tx
        .sql(
            "SELECT payload FROM board_events \
             WHERE org_id = $1 AND session_id = $2 AND type = 'options.formed' ORDER BY sequence",
        )
        .bind(id.to_string())
        .all()
        .await?;
    let mut formed: Vec<OptionsFormed> = rows
        .into_iter()
        .map(|(payload,)| Ok(read("board_events.payload", &payload)?))
        .collect::<Result<_, BoardError>>()?;
    formed.retain(|one| !one.options.is_empty());
    formed.sort_by_key(|one| one.sub_problem);
    Ok(formed)
}

/// The weights that were set.
pub(crate) async fn weights(tx: &mut TenantTx, id: SessionId) -> Result<Weights, BoardError> {
    let rows: Vec<(i64, String)> = tx
        .sql("SELECT sub_problem, weights FROM board_weights WHERE org_id = $1 AND session_id = $2")
        .bind(id.to_string())
        .all()
        .await?;
    rows.into_iter()
        .map(|(place, text)| Ok((usize::try_from(place).unwrap_or_default(), read("board_weights.weights", &text)?)))
        .collect()
}

/// Sets the weights of a sub-problem's criteria.
pub(crate) async fn set_weights(
    tx: &mut TenantTx,
    id: SessionId,
    sub_problem: usize,
    weights: &BTreeMap<String, f64>,
    now: DateTime<Utc>,
) -> Result<(), BoardError> {
    tx.sql(
        "INSERT INTO board_weights (org_id, session_id, sub_problem, weights, updated_at) \
         VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (session_id, sub_problem) DO UPDATE SET weights = excluded.weights, updated_at = excluded.updated_at",
    )
    .bind(id.to_string())
    .bind(i64::try_from(sub_problem).unwrap_or(i64::MAX))
    .bind(write("board_weights.weights", weights)?)
    .bind(millis(now))
    .execute()
    .await?;
    Ok(())
}
