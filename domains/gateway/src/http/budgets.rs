use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use quorate_audit::{Actor, Entry};
use quorate_http::openapi::Problems;
use quorate_http::{AuditOrigin, Failure, Input, Who};
use quorate_kernel::{FieldError, Page, Pagination, Problem, from_millis, millis};
use quorate_store::{StoreError, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::CostLedger;
use crate::budgets::{Account, Budget, Period, Scope};
use crate::store::spend;
use crate::usage::Grain;

/// How many budgets an organization has at most.
const MOST: usize = 200;
/// The largest budget: a billion dollars, in micro-dollars.
const LARGEST: i64 = 1_000_000_000_000_000;

/// The most that may be spent, and what was.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BudgetView {
    /// Whose spending it holds: `organization`, `key` or `purpose`.
    scope: &'static str,
    /// The key's id or the purpose; empty for the organization.
    subject: String,
    /// `month` (UTC) or `total`.
    period: &'static str,
    /// In micro-dollars.
    cap_microusd: i64,
    /// In micro-dollars.
    spent_microusd: i64,
    /// What nodes hold for calls that are being made or will be, in micro-dollars.
    reserved_microusd: i64,
    /// When it begins anew; null in total.
    resets_at: Option<DateTime<Utc>>,
}

/// All budgets of the organization.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct BudgetsInput {
    /// At most 200. What is not in it ends.
    budgets: Vec<BudgetInput>,
}

/// The most that may be spent.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct BudgetInput {
    /// Whose spending it holds: `organization`, `key` or `purpose`.
    #[schema(example = "organization")]
    scope: String,
    /// The key's id or the purpose (`api`, `board`, `chat`, `solve`, `task`); empty or absent for the organization.
    #[serde(default)]
    subject: String,
    /// `month` (UTC) or `total`.
    #[schema(example = "month")]
    period: String,
    /// In micro-dollars, zero or more.
    #[schema(example = 50_000_000, minimum = 0)]
    cap_microusd: i64,
}

/// List the organization's budgets
#[utoipa::path(get, path = "/api/v1/budgets", operation_id = "list_budgets", tag = "usage",
    responses((status = 200, description = "Budgets and what is spent of them.", body = Page<BudgetView>), Problems))]
pub(super) async fn list(
    State(ledger): State<CostLedger>,
    Who(principal): Who,
) -> Result<Json<Page<BudgetView>>, Failure> {
    let mut tx = ledger.store().tenant_read(&principal).await?;
    Ok(Json(read(&mut tx, ledger.now()).await?))
}

/// Set the organization's budgets, all of them
#[utoipa::path(put, path = "/api/v1/budgets", operation_id = "set_budgets", tag = "usage",
    request_body = BudgetsInput,
    responses((status = 200, description = "Budgets and what is spent of them.", body = Page<BudgetView>), Problems))]
pub(super) async fn set(
    State(ledger): State<CostLedger>,
    Who(principal): Who,
    AuditOrigin(origin): AuditOrigin,
    Input(input): Input<BudgetsInput>,
) -> Result<Json<Page<BudgetView>>, Failure> {
    let budgets = checked(&input.budgets)?;
    let mut tx = ledger.store().tenant(&principal).await?;
    let before = spend::own(&mut tx).await?;
    spend::replace(&mut tx, &budgets).await?;
    let entry = Entry::new("gateway.budgets_set", Actor::of(&principal))
        .in_org(principal.org_id)
        .on("organization", principal.org_id)
        .changing(Some(told(&before)), Some(told(&budgets)))
        .from(origin);
    ledger.audit().append(&mut tx, entry).await?;
    let page = read(&mut tx, ledger.now()).await?;
    tx.commit().await?;
    Ok(Json(page))
}

async fn read(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<Page<BudgetView>, StoreError> {
    let mut data = Vec::new();
    for budget in spend::own(tx).await? {
        let account = Account { org: tx.org(), scope: budget.scope, period_start: budget.period.start(millis(now)) };
        let (spent, leased) = spend::spent(tx, &account).await?;
        let resets_at = match budget.period {
            Period::Month => Some(from_millis(Grain::Month.next(account.period_start))),
            Period::Total => None,
        };
        data.push(BudgetView {
            scope: budget.scope.name(),
            subject: budget.scope.subject(),
            period: budget.period.name(),
            cap_microusd: budget.cap,
            spent_microusd: spent,
            reserved_microusd: leased,
            resets_at,
        });
    }
    Ok(Page { data, pagination: Pagination::default() })
}

fn checked(inputs: &[BudgetInput]) -> Result<Vec<Budget>, Problem> {
    if inputs.len() > MOST {
        return Err(Problem::field("budgets", format!("must be {MOST} at most")));
    }
    let (mut budgets, mut wrong, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (at, input) in inputs.iter().enumerate() {
        let mut complain = |field: &str, message: &str| {
            let field = format!("budgets[{at}].{field}");
            wrong.push(FieldError { field, message: message.to_owned() });
        };
        let scope = Scope::parse(&input.scope, &input.subject);
        let period = Period::parse(&input.period);
        if !["organization", "key", "purpose"].contains(&input.scope.as_str()) {
            complain("scope", "must be organization, key or purpose");
        } else if scope.is_none() {
            complain("subject", "must be a key's id, a purpose, or empty for the organization");
        }
        if period.is_none() {
            complain("period", "must be month or total");
        }
        if !(0..=LARGEST).contains(&input.cap_microusd) {
            complain("cap_microusd", "must be zero or more, and a billion dollars at most");
        }
        let (Some(scope), Some(period)) = (scope, period) else { continue };
        if !seen.insert((scope, period)) {
            complain("scope", "has another budget over the same period");
        }
        budgets.push(Budget { scope, period, cap: input.cap_microusd });
    }
    if wrong.is_empty() { Ok(budgets) } else { Err(Problem::fields(wrong)) }
}

/// Budgets as the audit log keeps them.
fn told(budgets: &[Budget]) -> Value {
    let budget = |budget: &Budget| {
        let (scope, subject, period) = (budget.scope.name(), budget.scope.subject(), budget.period.name());
        json!({ "scope": scope, "subject": subject, "period": period, "cap_microusd": budget.cap })
    };
    budgets.iter().map(budget).collect()
}
