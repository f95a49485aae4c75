use std::fmt::Write as _;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream;
use quorate_http::openapi::Problems;
use quorate_http::{Failure, QueryInput, Who};
use quorate_kernel::{Principal, from_millis};
use quorate_store::StoreError;

use super::usage::{RequestQuery, View};
use crate::CostLedger;
use crate::store::usage::{self as store, After, Attempt, Filter};
use crate::usage::Span;

/// How many rows are read and sent at a time.
const ROWS: usize = 1_000;

const HEAD: &str = "id,started_at,request_id,attempt,key_id,key_name,user_id,route,model,endpoint,purpose,status,http_status,\
                    streamed,tokens_in,tokens_out,tokens_cached,tokens_cache_write,tokens_reasoning,latency_ms,\
                    first_token_ms";

/// An export that is being sent.
struct Export {
    ledger: CostLedger,
    principal: Principal,
    view: View,
    span: Span,
    filter: Filter,
    at: Place,
}

enum Place {
    Head,
    After(Option<After>),
    End,
}

/// Attempts as a table in a file, the latest first
#[utoipa::path(get, path = "/api/v1/usage/export.csv", operation_id = "export_usage", tag = "usage",
    params(RequestQuery),
    responses((status = 200, description = "All of them; `limit` and `cursor` count for nothing.", body = String,
        content_type = "text/csv"), Problems))]
pub(super) async fn csv(
    State(ledger): State<CostLedger>,
    Who(principal): Who,
    QueryInput(query): QueryInput<RequestQuery>,
) -> Result<Response, Failure> {
    let (view, span, filter) = (View::of(&principal), query.span(&ledger)?, query.filter());
    let export = Export { ledger, principal, view, span, filter, at: Place::Head };
    // A failure in the middle cuts the answer off, so that nobody takes a part for the whole.
    let body = Body::from_stream(stream::try_unfold(export, Export::next));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"usage.csv\""),
    ];
    Ok((headers, body).into_response())
}

impl Export {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        let after = match self.at {
            Place::Head => {
                let head = format!("{HEAD}{}\r\n", if self.view.cost { ",cost_microusd" } else { "" });
                self.at = Place::After(None);
                return Ok(Some((head.into(), self)));
            }
            Place::After(ref after) => after.as_ref(),
            Place::End => return Ok(None),
        };
        let mut tx = self.ledger.store().tenant_read(&self.principal).await?;
        let page = store::attempts(&mut tx, self.view.user, self.span, &self.filter, after, ROWS).await?;
        drop(tx);
        let mut text = String::new();
        for attempt in &page.data {
            line(&mut text, attempt, self.view);
        }
        let next = page.pagination.next_cursor.as_deref().and_then(After::parse);
        self.at = next.map_or(Place::End, |after| Place::After(Some(after)));
        Ok(Some((text.into(), self)))
    }
}

fn line(text: &mut String, attempt: &Attempt, view: View) {
    let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    let started = from_millis(attempt.started_at).to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let cells = [
        attempt.id.as_str(),
        &started,
        &attempt.request_id,
        &attempt.attempt.to_string(),
        attempt.api_key.as_deref().unwrap_or_default(),
        attempt.key_name.as_deref().unwrap_or_default(),
        attempt.user_id.as_deref().unwrap_or_default(),
        &attempt.route,
        &attempt.model,
        &attempt.endpoint,
        &attempt.purpose,
        &attempt.outcome,
        &number(attempt.status),
        if attempt.streamed != 0 { "true" } else { "false" },
        &number(attempt.input_tokens),
        &number(attempt.output_tokens),
        &number(attempt.cached_tokens),
        &number(attempt.cache_write_tokens),
        &number(attempt.reasoning_tokens),
        &millis_of(attempt.latency_us),
        &attempt.first_token_us.map(millis_of).unwrap_or_default(),
    ];
    for (at, value) in cells.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        cell(text, value);
    }
    if view.cost {
        // Writing into a string cannot fail.
        let _ = write!(text, ",{}", number(attempt.cost));
    }
    text.push_str("\r\n");
}

fn millis_of(micros: i64) -> String {
    format!("{}.{:03}", micros / 1_000, micros % 1_000)
}

/// A cell that no spreadsheet takes for a formula (OWASP: CSV injection), quoted where it must be (RFC 4180).
fn cell(text: &mut String, value: &str) {
    let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if !formula && !value.contains([',', '"', '\n', '\r']) {
        text.push_str(value);
        return;
    }
    text.push('"');
    if formula {
        text.push('\'');
    }
    text.push_str(&value.replace('"', "\"\""));
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_breaks_the_table() {
        for (value, expected) in [
            ("", ""),
            ("gpt-4o", "gpt-4o"),
            ("=1+1", "\"'=1+1\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\tx", "\"'\tx\""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=\"a\"", "\"'=\"\"a\"\"\""),
        ] {
            let mut text = String::new();
            cell(&mut text, value);
            assert_eq!(text, expected, "{value}");
        }
        assert_eq!((millis_of(1_500), millis_of(7)), ("1.500".to_owned(), "0.007".to_owned()));
    }
}
