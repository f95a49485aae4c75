//! A day of traffic against a table calculated by hand (GTW-13): streams, cached tokens, cut streams, cache hits and
//! failed attempts are where others bill wrong.

use std::collections::BTreeMap;

use quorate_models::{Ending, LongInput, ModelErrorKind, Price, Purpose, Usage};
use quorate_testkit::on_both_databases;

use super::*;

/// Dollars for a million tokens: input, output, cached read, cache write.
fn price(input: f64, output: f64, read: f64, write: f64) -> Price {
    let dollars = MicroUsd::from_dollars;
    Price {
        input: dollars(input),
        output: dollars(output),
        cached_read: dollars(read),
        cache_write: dollars(write),
        long_input: None,
    }
}

const CUT: Ending = Ending::Failed(ModelErrorKind::Cut);
const BUSY: Ending = Ending::Failed(ModelErrorKind::RateLimited { retry_after: None });

/// One attempt: the model, its price, tokens (input, output, cached read, cache write, reasoning), how it ended, and
/// what it costs in micro-dollars.
type Line = (&'static str, Option<Price>, Option<[u64; 5]>, Ending, Option<i64>);

fn day() -> Vec<Line> {
    let openai = price(2.5, 10.0, 1.25, 2.5);
    let anthropic = price(3.0, 15.0, 0.3, 3.75);
    let long = LongInput {
        above: 200_000,
        input: MicroUsd(6_000_000),
        output: MicroUsd(22_500_000),
        cached_read: MicroUsd(600_000),
        cache_write: MicroUsd(7_500_000),
    };
    let sonnet = Price { long_input: Some(long), ..anthropic };
    vec![
        // 600 × 2.50 + 400 × 1.25 + 200 × 10 (50 of them reasoning, which is output already).
        ("openai/gpt-4o", Some(openai), Some([1_000, 200, 400, 0, 50]), Ending::Answered, Some(1_500 + 500 + 2_000)),
        // 2,000 × 3 + 6,000 × 0.30 + 2,000 × 3.75 + 1,000 × 15.
        (
            "anthropic/claude",
            Some(sonnet),
            Some([10_000, 1_000, 6_000, 2_000, 400]),
            Ending::Answered,
            Some(6_000 + 1_800 + 7_500 + 15_000),
        ),
        // Long input: 50,001 × 6 + 150,000 × 0.60 + 10 × 22.50.
        (
            "anthropic/claude",
            Some(sonnet),
            Some([200_001, 10, 150_000, 0, 0]),
            Ending::Answered,
            Some(300_006 + 90_000 + 225),
        ),
        // A stream that was cut is billed by what the provider had counted: 1,000 × 3 + 7 × 15.
        ("anthropic/claude", Some(sonnet), Some([1_000, 7, 0, 0, 0]), CUT, Some(3_000 + 105)),
        // 1 × 0.15 + 1 × 0.60 is three quarters of a micro-dollar: rounded up, once.
        ("openai/gpt-4o-mini", Some(price(0.15, 0.6, 0.075, 0.15)), Some([1, 1, 0, 0, 0]), Ending::Answered, Some(1)),
        // Refused before anything was counted.
        ("openai/gpt-4o", Some(openai), None, BUSY, Some(0)),
        // The caller left: 500 × 3 + 40 × 15.
        ("xai/grok", Some(price(3.0, 15.0, 0.75, 3.0)), Some([500, 40, 0, 0, 0]), Ending::Cancelled, Some(1_500 + 600)),
        // 300 × 2 + 100 × 6.
        (
            "mistral/large",
            Some(price(2.0, 6.0, 2.0, 2.0)),
            Some([300, 100, 0, 0, 0]),
            Ending::Answered,
            Some(600 + 600),
        ),
        // 900 × 1.25 + 100 × 0.125 (12.5) + 30 × 10: 1,437.5, rounded up once.
        (
            "gemini/pro",
            Some(price(1.25, 10.0, 0.125, 1.25)),
            Some([1_000, 30, 100, 0, 20]),
            Ending::Answered,
            Some(1_438),
        ),
        // A reseller's price is unknown, which is not zero.
        ("openrouter/any", None, Some([100, 100, 0, 0, 0]), Ending::Answered, None),
        ("offline/demo", Some(Price::FREE), Some([5_000, 5_000, 0, 0, 0]), Ending::Answered, Some(0)),
        // Our own cache asks nobody and costs nothing.
        ("openai/gpt-4o", Some(openai), None, Ending::Cached, Some(0)),
    ]
}

fn spent(line: &Line) -> Option<MicroUsd> {
    let (_, price, tokens, _, _) = line;
    let usage = tokens.map(|[input, output, cached_input, cache_write, reasoning]| Usage {
        input,
        output,
        cached_input,
        cache_write,
        reasoning,
    });
    price.map(|price| price.cost(&usage.unwrap_or_default()))
}

on_both_databases! {
    async fn a_day_of_traffic_costs_what_the_table_says(database: TestDatabase) {
        let node = Node::start(&database, folder().path()).await;
        let mut expected: BTreeMap<&str, (i64, i64, i64)> = BTreeMap::new();
        for (at, line) in (0_u32..).zip(day()) {
            let (model, _, tokens, ending, cost) = line.clone();
            assert_eq!(spent(&line), cost.map(MicroUsd), "line {at}: {model}");
            let purpose = Purpose::ALL[at as usize % Purpose::ALL.len()];
            let caller = Arc::new(Caller { purpose, ..caller() });
            let sample = of(&caller, u128::from(at) + 1);
            node.record([AttemptRecord {
                target: model.to_owned(),
                started: sample.started + Duration::from_secs(u64::from(at) * 3_000),
                ending,
                usage: tokens.map(|[input, output, cached_input, cache_write, reasoning]| Usage { input, output, cached_input, cache_write, reasoning }),
                cost: spent(&line),
                ..sample
            }]);
            let sums = expected.entry(model).or_default();
            sums.0 += 1;
            sums.1 += cost.unwrap_or_default();
            sums.2 += i64::from(cost.is_none());
        }
        node.written().await;
        let total = 4_000 + 30_300 + 390_231 + 3_105 + 1 + 2_100 + 1_200 + 1_438;
        assert_eq!(expected.values().map(|sums| sums.1).sum::<i64>(), total, "the table adds up");
        for grain in ["hour", "day", "month"] {
            let mut tx = node.store.system_read("a test reads the ledger").await.unwrap();
            let rows: Vec<(String, i64, i64, i64)> = tx
                .sql(
                    "SELECT model, CAST(SUM(attempts) AS BIGINT), CAST(SUM(cost) AS BIGINT), CAST(SUM(unpriced) AS BIGINT) \
                     FROM gateway_usage WHERE grain = $1 GROUP BY model ORDER BY model",
                )
                .bind(grain)
                .all()
                .await
                .unwrap();
            let found: BTreeMap<&str, (i64, i64, i64)> =
                rows.iter().map(|(model, attempts, cost, unpriced)| (model.as_str(), (*attempts, *cost, *unpriced))).collect();
            assert_eq!(found, expected, "{grain}");
        }
        // What the ledger says is what budgets are told, each in the month and in total.
        assert_eq!(node.spent().await.0, total);
        let key = "SELECT spent FROM gateway_spend WHERE scope = 'key' AND period_start > 0";
        assert_eq!(node.number(key).await, total);
        let purposes = "SELECT CAST(SUM(spent) AS BIGINT) FROM gateway_spend WHERE scope = 'purpose' AND period_start = 0";
        assert_eq!(node.number(purposes).await, total);
        assert_eq!(node.number("SELECT CAST(SUM(cost) AS BIGINT) FROM gateway_attempts").await, total);
        // The failures and the cache hit are told apart from answers.
        let failed = "SELECT CAST(SUM(attempts) AS BIGINT) FROM gateway_usage WHERE grain = 'day' AND outcome = 'failed'";
        assert_eq!(node.number(failed).await, 2);
        let ids = "SELECT COUNT(*) FROM gateway_attempts WHERE outcome IN ('cut', 'rate_limited', 'cached', 'cancelled')";
        assert_eq!(node.number(ids).await, 4);
    }
}
