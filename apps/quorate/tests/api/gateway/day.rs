//! A day over every provider against a bill made out by hand (GTW-13): each counts tokens in its own way, and a cached one
//! must cost what a cached one costs wherever it was counted.

use quorate_models::PriceConfig;
use quorate_testkit::models::ScriptedUsage;
use quorate_testkit::on_both_databases;

use super::*;
use crate::keys::until;

/// What each call takes. Written to a cache is only what the provider's format can tell: Anthropic's and OpenRouter's.
const TAKEN: ScriptedUsage =
    ScriptedUsage { input: 10_000, output: 1_000, cached_input: 6_000, cache_write: 2_000, reasoning: 400 };

/// A provider, its price in dollars for a million tokens (in, out, cached, written to a cache), and what one call costs in
/// micro-dollars, calculated by hand.
type Line = (ProviderKind, Option<(f64, f64, Option<f64>, Option<f64>)>, Option<i64>);

fn bill() -> Vec<Line> {
    vec![
        // 4,000 × 2.50 + 6,000 × 1.25 + 1,000 × 10.
        (ProviderKind::OpenAi, Some((2.5, 10.0, Some(1.25), None)), Some(10_000 + 7_500 + 10_000)),
        // 2,000 × 3 + 6,000 × 0.30 + 2,000 × 3.75 + 1,000 × 15.
        (ProviderKind::Anthropic, Some((3.0, 15.0, Some(0.3), Some(3.75))), Some(6_000 + 1_800 + 7_500 + 15_000)),
        // 4,000 × 1.25 + 6,000 × 0.125 + 1,000 × 10.
        (ProviderKind::Gemini, Some((1.25, 10.0, Some(0.125), None)), Some(5_000 + 750 + 10_000)),
        // It counts reasoning beside the answer, which is billed as the answer is: 4,000 × 3 + 6,000 × 0.75 + 1,000 × 15.
        (ProviderKind::XAi, Some((3.0, 15.0, Some(0.75), None)), Some(12_000 + 4_500 + 15_000)),
        // Without a price of the operator's it is asked itself: it says that a call cost 0.0123 dollars.
        (ProviderKind::OpenRouter, None, Some(12_300)),
        // Without a price for cached ones they cost what others do: 10,000 × 2 + 1,000 × 6.
        (ProviderKind::Mistral, Some((2.0, 6.0, None, None)), Some(20_000 + 6_000)),
        // 4,000 × 0.28 + 6,000 × 0.028 + 1,000 × 0.42.
        (ProviderKind::DeepSeek, Some((0.28, 0.42, Some(0.028), None)), Some(1_120 + 168 + 420)),
        // 4,000 × 0.59 + 6,000 × 0.295 + 1,000 × 0.79.
        (ProviderKind::Groq, Some((0.59, 0.79, Some(0.295), None)), Some(2_360 + 1_770 + 790)),
        // Nobody knows what it costs, which is not nothing.
        (ProviderKind::OpenAiCompatible, None, None),
    ]
}

on_both_databases! {
    /// Four calls of each: whole and as a stream, with the usage asked for and not, and in the other vendor's format.
    async fn a_day_over_every_provider_costs_what_was_calculated_by_hand(database: TestDatabase) {
        let models = ScriptedModels::start().await.unwrap();
        models.script(&[Rule::always(Act { usage: Some(TAKEN), ..says("Good day") })]).await.unwrap();
        let mut config = ModelsConfig::default();
        for (kind, price, _) in bill() {
            config.providers.push(models.provider(kind.name(), kind));
            if let Some((input, output, cached_read, cache_write)) = price {
                let model = format!("{}/mind", kind.name());
                config.prices.push(PriceConfig { model, input, output, cached_read, cache_write });
            }
        }
        let app = TestApp::builder(database).models(config).start().await;
        let _worker = app.composed().start_worker();
        let ada = app.user("ada@example.com").await;
        let mut calls = 0;
        for (kind, ..) in bill() {
            let model = format!("{}/mind", kind.name());
            let usage = json!({ "stream": true, "stream_options": { "include_usage": true } });
            for (path, body) in [
                (CHAT, chat(&model, json!({}))),
                (CHAT, chat(&model, json!({ "stream": true }))),
                (CHAT, chat(&model, usage)),
                (MESSAGES, message(&model, json!({ "stream": true }))),
            ] {
                let answer = post(&ada, path, &body).await;
                let status = answer.status();
                let said = answer.text().await.unwrap();
                assert!(status.is_success() && said.contains("Good"), "{model} at {path}: {status} {said}");
                calls += 1;
            }
        }
        until("every call is written down", async || {
            ada.get("/api/v1/usage/summary").await.body["attempts"] == json!(calls)
        })
        .await;
        let by_model = ada.get("/api/v1/usage/by-model").await.body["data"].clone();
        let mut total = 0;
        for (kind, _, cost) in bill() {
            let model = format!("{}/mind", kind.name());
            let line = by_model.as_array().unwrap().iter().find(|line| line["id"] == json!(model));
            let line = line.unwrap_or_else(|| panic!("{model} is in no line of {by_model}"));
            assert_eq!(line["cost_microusd"], json!(cost.map(|cost| cost * 4)), "{line}");
            assert_eq!(line["unpriced"], json!(if cost.is_some() { 0 } else { 4 }), "{line}");
            assert_eq!((&line["tokens_in"], &line["tokens_out"]), (&json!(40_000), &json!(4_000)), "{line}");
            total += cost.unwrap_or_default() * 4;
        }
        assert_eq!(total, 4 * (27_500 + 30_300 + 15_750 + 31_500 + 12_300 + 26_000 + 1_708 + 4_920), "the bill adds up");
        assert_eq!(ada.get("/api/v1/usage/summary").await.body["cost_microusd"], json!(total));
    }
}
