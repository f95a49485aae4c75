use chrono::{DateTime, Utc};
use quorate_kernel::{MicroUsd, OrgId, Problem};

use super::Span;
use crate::CostLedger;
use crate::store::usage::{self as store, By, Group};

/// By what a report tells usage apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportBy {
    /// By model, as `provider/model`.
    Model,
    /// By API key.
    Key,
    /// By the path that was called; the server's own work has none.
    Endpoint,
    /// By purpose: `api`, `board` …
    Purpose,
    /// By day, in UTC.
    Day,
    /// By month, in UTC.
    Month,
}

/// A line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLine {
    /// The model, the key's id, the path, the purpose, the day as `2026-01-31` or the month as `2026-01`.
    pub name: String,
    /// What a key is called.
    pub label: Option<String>,
    /// Calls.
    pub requests: i64,
    /// Attempts that failed.
    pub errors: i64,
    /// Input tokens.
    pub tokens_in: i64,
    /// Output tokens.
    pub tokens_out: i64,
    /// What is known of the cost.
    pub cost: MicroUsd,
    /// Attempts whose cost is unknown.
    pub unpriced: i64,
}

impl CostLedger {
    /// What an organization used, for whoever runs the server (PLT-2): the last thirty days unless told.
    ///
    /// # Errors
    /// `ValidationFailed` when the time is none, otherwise when the database fails.
    pub async fn report(
        &self,
        org: OrgId,
        by: ReportBy,
        from: Option<DateTime<Utc>>,
        to: Option<DateTime<Utc>>,
    ) -> Result<Vec<ReportLine>, Problem> {
        let span = Span::of(from, to, self.now())?;
        let by = match by {
            ReportBy::Model => By::Model,
            ReportBy::Key => By::Key,
            ReportBy::Endpoint => By::Endpoint,
            ReportBy::Purpose => By::Purpose,
            ReportBy::Day => By::Day,
            ReportBy::Month => By::Month,
        };
        let rows = store::report(self.store(), org, by, span).await?;
        Ok(rows.into_iter().map(line).collect())
    }
}

fn line(group: Group) -> ReportLine {
    let Group { id, label, figures } = group;
    let sums = &figures.sums;
    ReportLine {
        name: id,
        label,
        requests: sums.requests,
        errors: figures.failed,
        tokens_in: sums.tokens[0],
        tokens_out: sums.tokens[1],
        cost: MicroUsd(sums.cost),
        unpriced: sums.unpriced,
    }
}
