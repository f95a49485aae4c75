//! Attempts for tests.

use std::sync::Arc;
use std::time::Duration;

use quorate_kernel::{MicroUsd, OrgId, UserId, from_millis};
use quorate_models::{AttemptRecord, Caller, Ending, Purpose, Usage};
use uuid::Uuid;

/// 2026-01-05T09:00:00Z, when the tests' clock begins.
pub(crate) const START: i64 = 1_767_603_600_000;

pub(crate) fn caller() -> Caller {
    Caller {
        org_id: OrgId(Uuid::from_u128(7)),
        user_id: Some(UserId(Uuid::from_u128(8))),
        api_key: Some(Uuid::from_u128(9)),
        purpose: Purpose::Api,
        endpoint: "/v1/chat/completions",
        request_id: "request-1".to_owned(),
    }
}

/// An answered attempt that cost 150 micro-dollars.
pub(crate) fn attempt(id: u128) -> AttemptRecord {
    of(&Arc::new(caller()), id)
}

pub(crate) fn of(caller: &Arc<Caller>, id: u128) -> AttemptRecord {
    AttemptRecord {
        id: Uuid::from_u128(id),
        caller: Arc::clone(caller),
        route: "default".to_owned(),
        target: "openai/gpt-4o-mini".to_owned(),
        number: 1,
        started: from_millis(START),
        latency: Duration::from_micros(1_500),
        first_token: Some(Duration::from_micros(700)),
        ending: Ending::Answered,
        status: Some(200),
        streamed: true,
        usage: Some(Usage { input: 100, output: 20, cached_input: 40, cache_write: 10, reasoning: 5 }),
        cost: Some(MicroUsd(150)),
    }
}
