use std::borrow::Cow;
use std::time::Duration;

use quorate_kernel::{MicroUsd, OrgId, UserId, millis};
use quorate_models::{AttemptRecord, Ending, ModelErrorKind, Purpose, Usage};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest text that is kept of a route, a model or a request id, in characters. Routes are what a caller wrote.
const LONGEST: usize = 200;

/// One attempt as the ledger stores it: in the log as JSON, in the database as a row. The short names are the log's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    #[serde(rename = "i")]
    pub(crate) id: Uuid,
    #[serde(rename = "o")]
    pub(crate) org: OrgId,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<UserId>,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<Uuid>,
    #[serde(rename = "p")]
    pub(crate) purpose: Purpose,
    #[serde(rename = "e", default, skip_serializing_if = "str::is_empty")]
    pub(crate) endpoint: Cow<'static, str>,
    #[serde(rename = "q")]
    pub(crate) request: String,
    #[serde(rename = "r")]
    pub(crate) route: String,
    #[serde(rename = "m")]
    pub(crate) model: String,
    #[serde(rename = "n")]
    pub(crate) attempt: u32,
    /// Milliseconds since the epoch.
    #[serde(rename = "t")]
    pub(crate) started: i64,
    /// Microseconds.
    #[serde(rename = "l")]
    pub(crate) latency: i64,
    /// Microseconds.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_token: Option<i64>,
    #[serde(rename = "w")]
    pub(crate) outcome: Cow<'static, str>,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(rename = "x", default)]
    pub(crate) streamed: bool,
    /// Input, output, cached, written to the cache, reasoning.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub(crate) tokens: Option<[i64; 5]>,
    /// Micro-dollars.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub(crate) cost: Option<i64>,
}

impl From<AttemptRecord> for Entry {
    fn from(attempt: AttemptRecord) -> Self {
        let caller = &attempt.caller;
        Self {
            id: attempt.id,
            org: caller.org_id,
            user: caller.user_id,
            key: caller.api_key,
            purpose: caller.purpose,
            endpoint: Cow::Borrowed(caller.endpoint),
            request: storable(caller.request_id.clone()),
            route: storable(attempt.route),
            model: storable(attempt.target),
            attempt: attempt.number,
            started: millis(attempt.started),
            latency: micros(attempt.latency),
            first_token: attempt.first_token.map(micros),
            outcome: Cow::Borrowed(outcome(&attempt.ending)),
            status: attempt.status,
            streamed: attempt.streamed,
            tokens: attempt.usage.as_ref().map(tokens),
            cost: attempt.cost.map(|MicroUsd(cost)| cost),
        }
    }
}

impl Entry {
    /// Answered, cached, cancelled or failed: what roll-ups tell apart.
    pub(crate) fn class(&self) -> &'static str {
        match &*self.outcome {
            "answered" => "answered",
            "cached" => "cached",
            "cancelled" => "cancelled",
            _ => "failed",
        }
    }
}

/// How an ending is stored. The names never change.
const fn outcome(ending: &Ending) -> &'static str {
    match ending {
        Ending::Answered => "answered",
        Ending::Cached => "cached",
        Ending::Cancelled => "cancelled",
        Ending::Failed(kind) => match kind {
            ModelErrorKind::RateLimited { .. } => "rate_limited",
            ModelErrorKind::Timeout => "timeout",
            ModelErrorKind::Unavailable => "unavailable",
            ModelErrorKind::Cut => "cut",
            ModelErrorKind::Unauthorized => "unauthorized",
            ModelErrorKind::QuotaExhausted => "quota_exhausted",
            ModelErrorKind::BadRequest => "bad_request",
            ModelErrorKind::Garbled => "garbled",
            ModelErrorKind::Unknown => "unknown",
            ModelErrorKind::SpendRefused(_) => "spend_refused",
        },
    }
}

fn tokens(usage: &Usage) -> [i64; 5] {
    [usage.input, usage.output, usage.cached_input, usage.cache_write, usage.reasoning]
        .map(|number| i64::try_from(number).unwrap_or(i64::MAX))
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// PostgreSQL takes no text with a zero byte, and one row that it refuses would hold up all that follow.
fn storable(text: String) -> String {
    if text.len() <= LONGEST && !text.bytes().any(|byte| byte < 0x20) {
        return text;
    }
    text.chars().filter(|character| !character.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::sample::attempt;

    #[test]
    fn what_comes_back_from_the_log_is_what_went_in() {
        let full = Entry::from(attempt(1));
        let mut bare = full.clone();
        (bare.user, bare.key, bare.first_token, bare.status, bare.tokens, bare.cost) =
            (None, None, None, None, None, None);
        bare.endpoint = "".into();
        for entry in [full, bare] {
            let text = serde_json::to_vec(&entry).unwrap();
            assert_eq!(serde_json::from_slice::<Entry>(&text).unwrap(), entry);
        }
    }

    #[test]
    fn text_that_a_database_refuses_is_never_stored() {
        let mut hostile = attempt(1);
        hostile.route = format!("a\0b\n{}", "é".repeat(500));
        let entry = Entry::from(hostile);
        assert_eq!((entry.route.chars().count(), &entry.route[..4]), (LONGEST, "abé"));
    }

    #[test]
    fn every_failure_is_of_one_class() {
        for (ending, name, class) in [
            (Ending::Answered, "answered", "answered"),
            (Ending::Cached, "cached", "cached"),
            (Ending::Cancelled, "cancelled", "cancelled"),
            (Ending::Failed(ModelErrorKind::Cut), "cut", "failed"),
            (Ending::Failed(ModelErrorKind::RateLimited { retry_after: None }), "rate_limited", "failed"),
        ] {
            let entry = Entry::from(AttemptRecord { ending, ..attempt(1) });
            assert_eq!((&*entry.outcome, entry.class()), (name, class));
        }
    }
}
