//! What is read of usage, and how it is forgotten.

use quorate_kernel::{OrgId, Page, UserId, from_millis};
use quorate_store::{Sql, Store, StoreError, TenantTx};
use sqlx::FromRow;

use crate::usage::{Grain, Span, Sums};

/// How many rows are forgotten in one transaction.
const AT_A_TIME: i64 = 2_000;

/// What attempts add up to, with how many of them failed or came from the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) sums: Sums,
    pub(crate) failed: i64,
    pub(crate) cached: i64,
}

/// By what usage is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Model,
    Key,
    Endpoint,
    Purpose,
    Day,
    Month,
}

/// What was used of one model, with one key, on one day …
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// The model, the key's id, when the day begins …
    pub(crate) id: String,
    /// What people call it, where that is another thing: the name of a key.
    pub(crate) label: Option<String>,
    pub(crate) figures: Figures,
}

#[derive(FromRow)]
struct FiguresRow {
    name: String,
    label: Option<String>,
    requests: i64,
    attempts: i64,
    input_tokens: i64,
    output_tokens: i64,
    cached_tokens: i64,
    cache_write_tokens: i64,
    reasoning_tokens: i64,
    cost: i64,
    unpriced: i64,
    latency_us: i64,
    first_token_us: i64,
    first_tokens: i64,
    failed: i64,
    cached: i64,
}

impl FiguresRow {
    fn group(self) -> Group {
        let tokens =
            [self.input_tokens, self.output_tokens, self.cached_tokens, self.cache_write_tokens, self.reasoning_tokens];
        let sums = Sums {
            requests: self.requests,
            attempts: self.attempts,
            tokens,
            cost: self.cost,
            unpriced: self.unpriced,
            latency: self.latency_us,
            first_token: self.first_token_us,
            first_tokens: self.first_tokens,
        };
        let figures = Figures { sums, failed: self.failed, cached: self.cached };
        Group { id: self.name, label: self.label, figures }
    }
}

/// A query for figures: what they are called, also by people, the condition, the grouping. `$1` is the organization, `$2`
/// a person or empty for everybody.
macro_rules! figures {
    ($name:literal, $label:literal, $condition:literal, $grouping:literal) => {
        concat!(
            "SELECT ",
            $name,
            " AS name, ",
            $label,
            " AS label, CAST(COALESCE(SUM(requests), 0) AS BIGINT) AS requests, \
             CAST(COALESCE(SUM(attempts), 0) AS BIGINT) AS attempts, \
             CAST(COALESCE(SUM(input_tokens), 0) AS BIGINT) AS input_tokens, \
             CAST(COALESCE(SUM(output_tokens), 0) AS BIGINT) AS output_tokens, \
             CAST(COALESCE(SUM(cached_tokens), 0) AS BIGINT) AS cached_tokens, \
             CAST(COALESCE(SUM(cache_write_tokens), 0) AS BIGINT) AS cache_write_tokens, \
             CAST(COALESCE(SUM(reasoning_tokens), 0) AS BIGINT) AS reasoning_tokens, \
             CAST(COALESCE(SUM(cost), 0) AS BIGINT) AS cost, CAST(COALESCE(SUM(unpriced), 0) AS BIGINT) AS unpriced, \
             CAST(COALESCE(SUM(latency_us), 0) AS BIGINT) AS latency_us, \
             CAST(COALESCE(SUM(first_token_us), 0) AS BIGINT) AS first_token_us, \
             CAST(COALESCE(SUM(first_tokens), 0) AS BIGINT) AS first_tokens, \
             CAST(COALESCE(SUM(CASE WHEN outcome = 'failed' THEN attempts ELSE 0 END), 0) AS BIGINT) AS failed, \
             CAST(COALESCE(SUM(CASE WHEN outcome = 'cached' THEN attempts ELSE 0 END), 0) AS BIGINT) AS cached \
             FROM gateway_usage WHERE org_id = $1 AND ($2 = '' OR user_id = $2) AND ",
            $condition,
            $grouping
        )
    };
}

/// As [`figures`], over the parts of [`Span::cover`].
macro_rules! covered {
    ($name:literal, $grouping:literal) => {
        covered!($name, "CAST(NULL AS TEXT)", $grouping)
    };
    ($name:literal, $label:literal, $grouping:literal) => {
        figures!(
            $name,
            $label,
            "((grain = 'hour' AND begins_at >= $3 AND begins_at < $4) \
             OR (grain = 'day' AND begins_at >= $5 AND begins_at < $6) \
             OR (grain = 'month' AND begins_at >= $7 AND begins_at < $8) \
             OR (grain = 'day' AND begins_at >= $9 AND begins_at < $10) \
             OR (grain = 'hour' AND begins_at >= $11 AND begins_at < $12))",
            $grouping
        )
    };
}

fn whose(user: Option<UserId>) -> String {
    user.map(|user| user.to_string()).unwrap_or_default()
}

fn cover(sql: Sql<'_>, span: Span) -> Sql<'_> {
    span.cover().into_iter().fold(sql, |sql, (_, part)| sql.bind(part.from).bind(part.to))
}

/// What was used in a time, by everybody or by one person.
pub(crate) async fn total(tx: &mut TenantTx, user: Option<UserId>, span: Span) -> Result<Figures, StoreError> {
    let sql = tx.sql(covered!("''", "")).bind(whose(user));
    let row: FiguresRow = cover(sql, span).one().await?;
    Ok(row.group().figures)
}

/// What was used in a time, the most used first.
pub(crate) async fn by(tx: &mut TenantTx, by: By, user: Option<UserId>, span: Span) -> Result<Vec<Group>, StoreError> {
    let rows: Vec<FiguresRow> = cover(tx.sql(by.text()).bind(whose(user)), span).all().await?;
    Ok(rows.into_iter().map(FiguresRow::group).collect())
}

/// As [`by`] or [`course`], for the command line: of any organization.
pub(crate) async fn report(store: &Store, org: OrgId, by: By, span: Span) -> Result<Vec<Group>, StoreError> {
    let mut tx = store.system_read("whoever runs the server asks what organizations have used").await?;
    let sql = tx.sql(by.text()).bind(org.to_string()).bind(String::new());
    let steps = by.steps();
    let sql = match steps {
        Some((grain, _)) => sql.bind(grain.begin(span.from)).bind(span.to),
        None => cover(sql, span),
    };
    let rows: Vec<FiguresRow> = sql.all().await?;
    let mut groups: Vec<Group> = rows.into_iter().map(FiguresRow::group).collect();
    if let Some((_, shown)) = steps {
        for group in &mut groups {
            group.id = from_millis(begin(&group.id)?).format(shown).to_string();
        }
    }
    Ok(groups)
}

/// When a step begins, as it is selected.
fn begin(text: &str) -> Result<i64, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt("gateway_usage.begins_at", error))
}

impl By {
    const fn text(self) -> &'static str {
        match self {
            Self::Model => covered!("model", " GROUP BY model ORDER BY attempts DESC, name LIMIT 200"),
            Self::Key => covered!(
                "api_key",
                "(SELECT gateway_keys.name FROM gateway_keys WHERE gateway_keys.org_id = $1 \
                 AND gateway_keys.id = gateway_usage.api_key)",
                " AND api_key <> '' GROUP BY api_key ORDER BY attempts DESC, name LIMIT 200"
            ),
            Self::Purpose => covered!("purpose", " GROUP BY purpose ORDER BY attempts DESC, name LIMIT 200"),
            Self::Day => figures!(
                "CAST(begins_at AS TEXT)",
                "CAST(NULL AS TEXT)",
                "grain = 'day' AND begins_at >= $3 AND begins_at < $4",
                " GROUP BY begins_at ORDER BY begins_at"
            ),
            Self::Month => figures!(
                "CAST(begins_at AS TEXT)",
                "CAST(NULL AS TEXT)",
                "grain = 'month' AND begins_at >= $3 AND begins_at < $4",
                " GROUP BY begins_at ORDER BY begins_at"
            ),
            Self::Endpoint => covered!("endpoint", " GROUP BY endpoint ORDER BY attempts DESC, name LIMIT 200"),
        }
    }

    /// The days or months that it is told by, and how one is written.
    const fn steps(self) -> Option<(Grain, &'static str)> {
        match self {
            Self::Day => Some((Grain::Day, "%Y-%m-%d")),
            Self::Month => Some((Grain::Month, "%Y-%m")),
            Self::Model | Self::Key | Self::Endpoint | Self::Purpose => None,
        }
    }
}

/// What was used hour by hour, day by day or month by month, by when each begins. Those without anything are not there.
pub(crate) async fn course(
    tx: &mut TenantTx,
    grain: Grain,
    user: Option<UserId>,
    span: Span,
) -> Result<Vec<(i64, Figures)>, StoreError> {
    let query = figures!(
        "CAST(begins_at AS TEXT)",
        "CAST(NULL AS TEXT)",
        "grain = $3 AND begins_at >= $4 AND begins_at < $5",
        " GROUP BY begins_at ORDER BY begins_at"
    );
    let rows: Vec<FiguresRow> =
        tx.sql(query).bind(whose(user)).bind(grain.name()).bind(grain.begin(span.from)).bind(span.to).all().await?;
    rows.into_iter().map(FiguresRow::group).map(|group| Ok((begin(&group.id)?, group.figures))).collect()
}

/// One attempt, as it is read back.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Attempt {
    pub(crate) id: String,
    pub(crate) started_at: i64,
    pub(crate) user_id: Option<String>,
    pub(crate) api_key: Option<String>,
    /// What the key is called now.
    pub(crate) key_name: Option<String>,
    pub(crate) purpose: String,
    pub(crate) endpoint: String,
    pub(crate) request_id: String,
    pub(crate) route: String,
    pub(crate) model: String,
    pub(crate) attempt: i64,
    pub(crate) latency_us: i64,
    pub(crate) first_token_us: Option<i64>,
    pub(crate) outcome: String,
    pub(crate) status: Option<i64>,
    pub(crate) streamed: i64,
    pub(crate) input_tokens: Option<i64>,
    pub(crate) output_tokens: Option<i64>,
    pub(crate) cached_tokens: Option<i64>,
    pub(crate) cache_write_tokens: Option<i64>,
    pub(crate) reasoning_tokens: Option<i64>,
    pub(crate) cost: Option<i64>,
}

/// Which attempts are asked for. What is empty asks for all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) key: String,
    pub(crate) model: String,
    pub(crate) route: String,
    /// How it ended: a stored outcome, or `failed` for whatever went wrong.
    pub(crate) status: String,
    pub(crate) purpose: String,
}

/// Where a page begins: after the attempt of this time and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct After(pub(crate) i64, pub(crate) String);

impl After {
    /// The cursor as callers get it.
    pub(crate) fn cursor(attempt: &Attempt) -> String {
        format!("{}.{}", attempt.started_at, attempt.id)
    }

    /// The place of a cursor, if it is one.
    pub(crate) fn parse(cursor: &str) -> Option<Self> {
        let (at, id) = cursor.split_once('.')?;
        let id: uuid::Uuid = id.parse().ok()?;
        Some(Self(at.parse().ok()?, id.to_string()))
    }
}

/// The attempts of a time, the latest first.
pub(crate) async fn attempts(
    tx: &mut TenantTx,
    user: Option<UserId>,
    span: Span,
    filter: &Filter,
    after: Option<&After>,
    limit: usize,
) -> Result<Page<Attempt>, StoreError> {
    let (before, id) = after.map_or_else(|| (span.to, String::new()), |After(at, id)| (*at, id.clone()));
    let rows: Vec<Attempt> = tx
        .sql(
            "SELECT id, started_at, user_id, api_key, (SELECT gateway_keys.name FROM gateway_keys \
             WHERE gateway_keys.org_id = $1 AND gateway_keys.id = gateway_attempts.api_key) AS key_name, purpose, endpoint, request_id, route, model, attempt, \
             latency_us, first_token_us, outcome, status, streamed, input_tokens, output_tokens, cached_tokens, \
             cache_write_tokens, reasoning_tokens, cost FROM gateway_attempts \
             WHERE org_id = $1 AND ($2 = '' OR user_id = $2) AND started_at >= $3 AND started_at < $4 \
             AND (started_at < $5 OR (started_at = $5 AND id < $6)) \
             AND ($7 = '' OR api_key = $7) AND ($8 = '' OR model = $8) AND ($9 = '' OR route = $9) \
             AND ($10 = '' OR outcome = $10 \
             OR ($10 = 'failed' AND outcome NOT IN ('answered', 'cached', 'cancelled'))) \
             AND ($11 = '' OR purpose = $11) ORDER BY started_at DESC, id DESC LIMIT $12",
        )
        .bind(whose(user))
        .bind(span.from)
        .bind(span.to)
        .bind(before)
        .bind(id)
        .bind(filter.key.clone())
        .bind(filter.model.clone())
        .bind(filter.route.clone())
        .bind(filter.status.clone())
        .bind(filter.purpose.clone())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1))
        .all()
        .await?;
    Ok(Page::from_rows(rows, limit, After::cursor))
}

/// Forgets attempts and roll-ups of before these times. Tells how many rows. Organization by organization and some at
/// a time, so that nobody waits for long.
pub(crate) async fn forget(store: &Store, attempts: i64, rollups: i64) -> Result<u64, StoreError> {
    const REASON: &str = "what is older than is kept is forgotten for all organizations";
    let mut org = String::new();
    let mut rows = 0;
    loop {
        let mut tx = store.system_read(REASON).await?;
        // The next organization by one step in the index each, however many rows it has.
        let next: Option<String> = tx
            .sql(
                "SELECT MIN(org_id) FROM (SELECT MIN(org_id) AS org_id FROM gateway_attempts WHERE org_id > $1 \
                 UNION ALL SELECT MIN(org_id) AS org_id FROM gateway_usage WHERE org_id > $1) AS both_tables",
            )
            .bind(org.clone())
            .scalar()
            .await?;
        drop(tx);
        let Some(next) = next else { return Ok(rows) };
        org = next;
        rows += some_at_a_time(store, REASON, &org, attempts, FORGET_ATTEMPTS).await?;
        for grain in Grain::ALL {
            rows += forget_grain(store, REASON, &org, grain, rollups).await?;
        }
    }
}

const FORGET_ATTEMPTS: &str = "DELETE FROM gateway_attempts WHERE org_id = $1 AND id IN (SELECT id FROM \
                               gateway_attempts WHERE org_id = $1 AND started_at < $2 ORDER BY started_at LIMIT $3)";

async fn some_at_a_time(
    store: &Store,
    reason: &'static str,
    org: &str,
    before: i64,
    statement: &'static str,
) -> Result<u64, StoreError> {
    let mut rows = 0;
    loop {
        let mut tx = store.system(reason).await?;
        let deleted = tx.sql(statement).bind(org.to_owned()).bind(before).bind(AT_A_TIME).execute().await?;
        tx.commit().await?;
        rows += deleted;
        if deleted < AT_A_TIME.unsigned_abs() {
            return Ok(rows);
        }
    }
}

async fn forget_grain(
    store: &Store,
    reason: &'static str,
    org: &str,
    grain: Grain,
    before: i64,
) -> Result<u64, StoreError> {
    let mut tx = store.system(reason).await?;
    let deleted = tx
        .sql("DELETE FROM gateway_usage WHERE org_id = $1 AND grain = $2 AND begins_at < $3")
        .bind(org.to_owned())
        .bind(grain.name())
        .bind(before)
        .execute()
        .await?;
    tx.commit().await?;
    Ok(deleted)
}
