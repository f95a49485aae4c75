//! What readers query: contributions, votes, reports.

use quorate_store::TenantTx;
use serde::de::DeserializeOwned;

use super::sessions::read;
use crate::engine::event::{Contribution, Vote};
use crate::error::BoardError;
use crate::report::Report;
use crate::session::SessionId;

/// A row of a list with the sequence that its page goes on from.
pub(crate) type Numbered<T> = (i64, T);

/// What was said, in the order it was recorded.
pub(crate) async fn contributions(
    tx: &mut TenantTx,
    id: SessionId,
    after: i64,
    limit: usize,
) -> Result<Vec<Numbered<Contribution>>, BoardError> {
    let sql = "SELECT sequence, payload FROM board_contributions \
               WHERE org_id = $1 AND session_id = $2 AND sequence > $3 ORDER BY sequence LIMIT $4";
    numbered(tx, sql, "board_contributions.payload", id, after, limit).await
}

/// The ballots, in the order they were recorded.
pub(crate) async fn votes(
    tx: &mut TenantTx,
    id: SessionId,
    after: i64,
    limit: usize,
) -> Result<Vec<Numbered<Vote>>, BoardError> {
    let sql = "SELECT sequence, payload FROM board_votes \
               WHERE org_id = $1 AND session_id = $2 AND sequence > $3 ORDER BY sequence LIMIT $4";
    numbered(tx, sql, "board_votes.payload", id, after, limit).await
}

async fn numbered<T: DeserializeOwned>(
    tx: &mut TenantTx,
    sql: &'static str,
    what: &'static str,
    id: SessionId,
    after: i64,
    limit: usize,
) -> Result<Vec<Numbered<T>>, BoardError> {
    let rows: Vec<(i64, String)> =
        tx.sql(sql).bind(id.to_string()).bind(after).bind(i64::try_from(limit).unwrap_or(i64::MAX)).all().await?;
    rows.into_iter().map(|(sequence, payload)| Ok((sequence, read(what, &payload)?))).collect()
}

/// The report, if there is one.
pub(crate) async fn report(tx: &mut TenantTx, id: SessionId) -> Result<Option<Report>, BoardError> {
    let row: Option<(String,)> = tx
        .sql("SELECT payload FROM board_reports WHERE org_id = $1 AND session_id = $2")
        .bind(id.to_string())
        .optional()
        .await?;
    Ok(row.map(|(payload,)| read("board_reports.payload", &payload)).transpose()?)
}
