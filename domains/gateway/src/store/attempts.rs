//! What the writer writes: attempts, what they add up to, and what they take off budgets, in one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use quorate_store::{Sql, Store, StoreError, SystemTx};
use uuid::Uuid;

use super::rows::{Pace, Rows};
use crate::budgets::{Account, charges};
use crate::ledger::Entry;
use crate::usage::{Bucket, Sums, roll_up};

const REASON: &str = "the ledger is written for all organizations at once";

const ATTEMPT: &str = "INSERT INTO gateway_attempts (org_id, id, started_at, user_id, api_key, purpose, endpoint, \
                       request_id, route, model, attempt, latency_us, first_token_us, outcome, status, streamed, \
                       input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, cost) VALUES";

static ATTEMPTS: LazyLock<Rows> = LazyLock::new(|| Rows::new(ATTEMPT, 22, "ON CONFLICT (org_id, id) DO NOTHING"));

/// As [`ATTEMPTS`], telling which were new.
static TOLD: LazyLock<Rows> =
    LazyLock::new(|| Rows::new(ATTEMPT, 22, "ON CONFLICT (org_id, id) DO NOTHING RETURNING id"));

static USAGE: LazyLock<Rows> = LazyLock::new(|| {
    Rows::new(
        "INSERT INTO gateway_usage (org_id, grain, begins_at, user_id, api_key, model, route, endpoint, purpose, \
         outcome, requests, attempts, input_tokens, output_tokens, cached_tokens, cache_write_tokens, \
         reasoning_tokens, cost, unpriced, latency_us, first_token_us, first_tokens) VALUES",
        22,
        "ON CONFLICT (org_id, grain, begins_at, user_id, api_key, model, route, endpoint, purpose, outcome) \
         DO UPDATE SET requests = gateway_usage.requests + excluded.requests, \
         attempts = gateway_usage.attempts + excluded.attempts, \
         input_tokens = gateway_usage.input_tokens + excluded.input_tokens, \
         output_tokens = gateway_usage.output_tokens + excluded.output_tokens, \
         cached_tokens = gateway_usage.cached_tokens + excluded.cached_tokens, \
         cache_write_tokens = gateway_usage.cache_write_tokens + excluded.cache_write_tokens, \
         reasoning_tokens = gateway_usage.reasoning_tokens + excluded.reasoning_tokens, \
         cost = gateway_usage.cost + excluded.cost, unpriced = gateway_usage.unpriced + excluded.unpriced, \
         latency_us = gateway_usage.latency_us + excluded.latency_us, \
         first_token_us = gateway_usage.first_token_us + excluded.first_token_us, \
         first_tokens = gateway_usage.first_tokens + excluded.first_tokens",
    )
});

static SPEND: LazyLock<Rows> = LazyLock::new(|| {
    Rows::new(
        "INSERT INTO gateway_spend (org_id, scope, subject, period_start, spent, leased) VALUES",
        6,
        "ON CONFLICT (org_id, scope, subject, period_start) DO UPDATE SET spent = gateway_spend.spent + excluded.spent",
    )
});

/// Writes these attempts down, those that are there already excepted. `leases` are what this node holds: what the
/// attempts cost moves from them to what is spent. Tells how much is left of each lease that was touched.
pub(crate) async fn write(
    store: &Store,
    entries: &[&Entry],
    leases: &HashMap<Account, Uuid>,
    pace: Pace,
) -> Result<Vec<(Uuid, i64)>, StoreError> {
    let mut tx = store.system(REASON).await?;
    // Nearly always all of them are new, which a count tells; asking for each costs more than writing it.
    let mut written = 0;
    for (text, part) in ATTEMPTS.parts(tx.engine(), pace, entries) {
        written += part.iter().fold(tx.sql(text), |sql, entry| attempt(sql, entry)).execute().await?;
    }
    if written == entries.len() as u64 {
        return add(tx, entries, leases).await;
    }
    drop(tx);
    let mut tx = store.system(REASON).await?;
    let mut new = HashSet::with_capacity(entries.len());
    for (text, part) in TOLD.parts(tx.engine(), pace, entries) {
        let ids: Vec<(String,)> = part.iter().fold(tx.sql(text), |sql, entry| attempt(sql, entry)).all().await?;
        for (id,) in ids {
            new.insert(parsed(&id)?);
        }
    }
    // Of two with the same id in one batch the first counts, as in the table.
    let fresh: Vec<&Entry> = entries.iter().copied().filter(|entry| new.remove(&entry.id)).collect();
    add(tx, &fresh, leases).await
}

/// Adds up what was written in this transaction, and commits it.
async fn add(
    mut tx: SystemTx,
    fresh: &[&Entry],
    leases: &HashMap<Account, Uuid>,
) -> Result<Vec<(Uuid, i64)>, StoreError> {
    let usage: Vec<_> = roll_up(fresh.iter().copied()).into_iter().collect();
    for (text, part) in USAGE.parts(tx.engine(), Pace::Gentle, &usage) {
        part.iter().fold(tx.sql(text), |sql, (bucket, sums)| add_up(sql, bucket, sums)).execute().await?;
    }
    let charges: Vec<(Account, i64)> = charges(fresh.iter().copied()).into_iter().collect();
    for (text, part) in SPEND.parts(tx.engine(), Pace::Gentle, &charges) {
        part.iter()
            .fold(tx.sql(text), |sql, (account, cost)| account.bind(sql).bind(*cost).bind(0_i64))
            .execute()
            .await?;
    }
    let mut left = Vec::new();
    for (account, cost) in &charges {
        let Some(lease) = leases.get(account) else { continue };
        if let Some(rest) = convert(&mut tx, account, *lease, *cost).await? {
            left.push((*lease, rest));
        }
    }
    tx.commit().await?;
    Ok(left)
}

/// Takes what was spent off the lease that it was spent from. The account's row is locked by what was added to it, and
/// nobody changes a lease without that.
async fn convert(tx: &mut SystemTx, account: &Account, lease: Uuid, cost: i64) -> Result<Option<i64>, StoreError> {
    let org = account.org.to_string();
    let amount: Option<(i64,)> = tx
        .sql("SELECT amount FROM gateway_leases WHERE org_id = $1 AND id = $2")
        .bind(org.clone())
        .bind(lease.to_string())
        .optional()
        .await?;
    // One that has run out is gone, and with it what it held.
    let Some((amount,)) = amount else { return Ok(None) };
    let taken = cost.min(amount).max(0);
    tx.sql("UPDATE gateway_leases SET amount = amount - $1 WHERE org_id = $2 AND id = $3")
        .bind(taken)
        .bind(org)
        .bind(lease.to_string())
        .execute()
        .await?;
    let statement = tx.sql(
        "UPDATE gateway_spend SET leased = leased - $5 \
         WHERE org_id = $1 AND scope = $2 AND subject = $3 AND period_start = $4",
    );
    account.bind(statement).bind(taken).execute().await?;
    Ok(Some(amount - taken))
}

fn attempt<'t>(sql: Sql<'t>, entry: &Entry) -> Sql<'t> {
    let tokens = |at: usize| entry.tokens.map(|tokens| tokens[at]);
    sql.bind(entry.org.to_string())
        .bind(entry.id.to_string())
        .bind(entry.started)
        .bind(entry.user.map(|user| user.to_string()))
        .bind(entry.key.map(|key| key.to_string()))
        .bind(entry.purpose.name())
        .bind(entry.endpoint.clone().into_owned())
        .bind(entry.request.clone())
        .bind(entry.route.clone())
        .bind(entry.model.clone())
        .bind(i64::from(entry.attempt))
        .bind(entry.latency)
        .bind(entry.first_token)
        .bind(entry.outcome.clone().into_owned())
        .bind(entry.status.map(i64::from))
        .bind(i64::from(entry.streamed))
        .bind(tokens(0))
        .bind(tokens(1))
        .bind(tokens(2))
        .bind(tokens(3))
        .bind(tokens(4))
        .bind(entry.cost)
}

fn add_up<'t>(sql: Sql<'t>, bucket: &Bucket, sums: &Sums) -> Sql<'t> {
    let [input, output, cached, cache_write, reasoning] = sums.tokens;
    sql.bind(bucket.org.to_string())
        .bind(bucket.grain.name())
        .bind(bucket.begins_at)
        .bind(bucket.user.clone())
        .bind(bucket.key.clone())
        .bind(bucket.model.clone())
        .bind(bucket.route.clone())
        .bind(bucket.endpoint.clone())
        .bind(bucket.purpose)
        .bind(bucket.class)
        .bind(sums.requests)
        .bind(sums.attempts)
        .bind(input)
        .bind(output)
        .bind(cached)
        .bind(cache_write)
        .bind(reasoning)
        .bind(sums.cost)
        .bind(sums.unpriced)
        .bind(sums.latency)
        .bind(sums.first_token)
        .bind(sums.first_tokens)
}

fn parsed(id: &str) -> Result<Uuid, StoreError> {
    id.parse().map_err(|error| StoreError::corrupt("gateway_attempts.id", error))
}
