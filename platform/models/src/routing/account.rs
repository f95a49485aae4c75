use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_kernel::{Clock, Ids, MicroUsd};
use tokio::time::Instant;

use super::leg::Leg;
use crate::{AttemptRecord, Caller, ChatRequest, Ending, Ledger, ModelError, ModelErrorKind, Price, Reserved, Usage};

/// The output reckoned with when neither the caller nor the catalogue sets a limit, in tokens.
const LIKELY_OUTPUT: u64 = 4_096;

/// Who keeps account of a call's attempts, and for whom (GTW-13).
pub(crate) struct Accounts {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) caller: Arc<Caller>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    /// The route or model that was asked for.
    pub(crate) route: String,
    /// Tokens of the request, guessed.
    pub(crate) input: u64,
    /// The most tokens of the answer, as the caller limits it.
    pub(crate) limit: Option<u32>,
}

/// The account of one attempt. Told nothing more, as when the caller left, it says so to the ledger when dropped.
pub(crate) struct Account {
    ledger: Arc<dyn Ledger>,
    reserved: Option<Reserved>,
    price: Option<Price>,
    input: u64,
    begun: Instant,
    /// Characters that came, weighed like the request's.
    seen: u64,
    record: Option<AttemptRecord>,
}

impl Accounts {
    /// Sets aside what an attempt at `leg` may cost at most, and opens its account.
    ///
    /// # Errors
    /// `SpendRefused` when that much may not be spent.
    pub(crate) async fn open(&self, leg: &Leg, number: u32) -> Result<Account, ModelError> {
        let limit = self.limit.map_or(LIKELY_OUTPUT, u64::from);
        let most = leg.price.map_or(MicroUsd::ZERO, |price| price.cost(&spent(self.input, limit)));
        let reserved = self.ledger.reserve(&self.caller, most).await.map_err(|refused| {
            let message = refused.to_string();
            ModelError::new(ModelErrorKind::SpendRefused(refused), &leg.target, message)
        })?;
        let record = self.record(leg, number, self.clock.now());
        Ok(Account {
            ledger: Arc::clone(&self.ledger),
            reserved: Some(reserved),
            price: leg.price,
            input: self.input,
            begun: Instant::now(),
            seen: 0,
            record: Some(record),
        })
    }

    fn record(&self, leg: &Leg, number: u32, started: DateTime<Utc>) -> AttemptRecord {
        AttemptRecord {
            id: self.ids.uuid(),
            caller: Arc::clone(&self.caller),
            route: self.route.clone(),
            target: leg.target.clone(),
            number,
            started,
            latency: Duration::ZERO,
            first_token: None,
            ending: Ending::Cancelled,
            status: None,
            streamed: true,
            usage: None,
            cost: None,
        }
    }
}

impl Account {
    /// The answer has begun.
    pub(crate) fn began(&mut self) {
        let first_token = self.begun.elapsed();
        if let Some(record) = &mut self.record {
            record.first_token = Some(first_token);
            record.status = Some(200);
        }
    }

    /// A piece of text or of thinking has come.
    pub(crate) fn saw(&mut self, piece: &str) {
        self.seen = self.seen.saturating_add(weight(piece));
    }

    /// The answer came whole.
    pub(crate) fn answered(mut self, usage: Usage) {
        // A provider that counts nothing says nothing.
        let usage = Some(usage).filter(|usage| usage.input > 0 || usage.output > 0);
        self.close(Ending::Answered, usage, true);
    }

    /// The attempt failed.
    pub(crate) fn failed(mut self, error: &ModelError) {
        if let Some(record) = &mut self.record {
            record.status = error.status.or(record.status);
        }
        // A refusal costs nothing. One that we gave up waiting for, or that broke off, was worked on.
        let worked = self.began_already() || matches!(error.kind, ModelErrorKind::Timeout);
        self.close(Ending::Failed(error.kind.clone()), None, worked);
    }

    fn began_already(&self) -> bool {
        self.record.as_ref().is_some_and(|record| record.first_token.is_some())
    }

    /// Settles and records. Without the provider's count the cost is that of the tokens guessed, if there was work.
    fn close(&mut self, ending: Ending, usage: Option<Usage>, worked: bool) {
        let Some(mut record) = self.record.take() else { return };
        let counted = match usage {
            Some(usage) => usage,
            None if worked => spent(self.input, self.seen.div_ceil(4)),
            None => Usage::default(),
        };
        record.latency = self.begun.elapsed();
        record.ending = ending;
        record.usage = usage;
        record.cost = self.price.map(|price| price.cost(&counted));
        if let Some(reserved) = self.reserved.take() {
            reserved.settle(record.cost.unwrap_or_default());
        }
        self.ledger.record(record);
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.close(Ending::Cancelled, None, true);
    }
}

const fn spent(input: u64, output: u64) -> Usage {
    Usage { input, output, cached_input: 0, cache_write: 0, reasoning: 0 }
}

/// How many tokens a request has, guessed from its text.
pub(crate) fn input_of(request: &ChatRequest) -> u64 {
    let texts = request.messages.iter().map(|message| weight(&message.content));
    texts.fold(0, u64::saturating_add).div_ceil(4)
}

/// Quarters of a token: four characters are about one, but outside ASCII a character may be one of its own.
fn weight(text: &str) -> u64 {
    text.chars().map(|character| if character.is_ascii() { 1 } else { 4 }).sum()
}
