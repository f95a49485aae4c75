//! What an answer took and cost, as the ledger is told.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use quorate_formats::Usage;
use quorate_kernel::MicroUsd;
use quorate_models::{AttemptRecord, Caller, Ending, Ledger, PriceConfig, Reserved, SpendRefused};
use quorate_testkit::models::{Act, ScriptedUsage};

use super::table::{CHAT, Row};
use super::{ask, question};
use crate::Bench;

/// Keeps what it is told.
#[derive(Default)]
pub(super) struct Books(Mutex<Vec<AttemptRecord>>);

#[async_trait]
impl Ledger for Books {
    async fn reserve(&self, _: &Caller, _: MicroUsd) -> Result<Reserved, SpendRefused> {
        Ok(Reserved::none())
    }

    fn record(&self, attempt: AttemptRecord) {
        self.0.lock().unwrap().push(attempt);
    }
}

impl Books {
    pub(super) fn keep(bench: &Bench) -> Arc<Self> {
        let books = Arc::new(Self::default());
        bench.models.keep_accounts(Arc::clone(&books) as _);
        books
    }

    pub(super) fn endings(&self) -> Vec<(u32, Ending)> {
        self.0.lock().unwrap().iter().map(|record| (record.number, record.ending.clone())).collect()
    }

    pub(super) fn last(&self) -> AttemptRecord {
        self.0.lock().unwrap().last().unwrap().clone()
    }
}

/// $3, $15, $0.30 and $3.75 for a million tokens of input, output, cached and written input.
fn priced() -> Vec<PriceConfig> {
    let (cached_read, cache_write) = (Some(0.3), Some(3.75));
    vec![PriceConfig { model: "p/m".into(), input: 3.0, output: 15.0, cached_read, cache_write }]
}

/// What the provider bills of the tokens that it is scripted to count. The others have no word for tokens that are
/// written to a cache, nor Anthropic's scripted server for reasoning.
fn billed(row: &Row) -> Usage {
    let anthropic = row.name == "anthropic";
    let writes = anthropic || row.name == "openrouter";
    Usage {
        input: 1_000,
        output: 200,
        cached_input: 600,
        cache_write: if writes { 100 } else { 0 },
        reasoning: if anthropic { 0 } else { 50 },
    }
}

#[tokio::test]
async fn tokens_and_cost_are_exact_to_the_micro_dollar() {
    let usage = ScriptedUsage { input: 1_000, output: 200, cached_input: 600, cache_write: 100, reasoning: 50 };
    for row in &CHAT {
        let bench = row.tuned(|config| config.prices = priced()).await;
        let books = Books::keep(&bench);
        bench.always(Act { usage: Some(usage), ..Act::default() }).await;
        for (format, stream) in row.callers().into_iter().flat_map(|format| [(format, false), (format, true)]) {
            let mut asked = question(stream);
            // Whether or not the caller wants to know.
            asked.stream_usage = false;
            ask(&bench, format, &asked).await.unwrap().said.unwrap();
            let record = books.last();
            let expected = billed(row);
            assert_eq!(record.usage, Some(expected), "{} {format:?} {stream}", row.name);
            // 200 output × $15 = 3,000; 600 cached × $0.30 = 180; the rest of 1,000 at $3, what was written at $3.75.
            let cost = if expected.cache_write > 0 { 300 * 3 + 375 } else { 400 * 3 } + 180 + 3_000;
            assert_eq!(record.cost, Some(MicroUsd(cost)), "{} {format:?} {stream}", row.name);
            assert_eq!((record.ending, record.status, record.streamed), (Ending::Answered, Some(200), stream));
        }
    }
}

#[tokio::test]
async fn a_model_without_a_price_costs_unknown_and_never_nothing() {
    for row in &CHAT {
        let bench = row.bench().await;
        let books = Books::keep(&bench);
        for stream in [false, true] {
            ask(&bench, row.format, &question(stream)).await.unwrap().said.unwrap();
            let record = books.last();
            // OpenRouter says itself what it charged; the scripted one, 1.23 cents.
            let told = (row.name == "openrouter").then_some(MicroUsd(12_300));
            assert!(record.usage.is_some(), "{}", row.name);
            assert_eq!(record.cost, told, "{} {stream}", row.name);
        }
    }
}
