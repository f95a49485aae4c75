//! Where other gateways fail, by the last part of `gateway.md`: a test for each line of it. Which one it is where the thing
//! is tested at length elsewhere:
//!
//! | They fail at | Test |
//! | --- | --- |
//! | spend of streams and of cached tokens | [`spend_is_right_for_streams_and_cached_tokens`] |
//! | budgets that fail open or go stale across nodes | `budgets_fail_closed_and_are_not_stale_across_nodes` |
//! | limits multiplied by the number of nodes | [`limits_are_not_multiplied_by_the_number_of_nodes`] |
//! | the database on the hot path | `the_database_is_not_on_the_hot_path` |
//! | upstream calls that go on without the client | `faults::a_caller_who_leaves_closes_the_call_upstream_streaming_and_not`; `llama_cpp::llama_cpp_stops_when_the_caller_leaves` |
//! | failover of streams | `faults::failover_works_for_streams_before_the_first_byte` |
//! | cache entries that leak across tenants | `cached::entries_do_not_leak_across_tenants` |
//! | cache misses on equal requests | `cached::equal_requests_get_one_answer_however_they_are_written` |
//! | streams replayed broken | `cached::what_was_whole_is_replayed_as_a_stream_and_the_other_way_round` |
//! | parameters lost in translation | `relaying::parameters_are_not_lost_in_translation` |
//! | everything in cool-down | `faults::when_everybody_is_cooling_down_the_best_is_still_asked` |
//! | prompt caches missed by wandering turns | [`turns_of_a_conversation_stay_with_one_upstream_and_move_when_it_is_down`] |
//! | memory growth | `leaks::nothing_stays_behind_after_faults`; `bench gateway --scenarios faults,soak` |
//! | a failed migration that is marked done | `a_failed_migration_leaves_the_schema_as_it_was` of the store |
//! | a billing error shown as low confidence | `providers::failures::a_billing_error_is_not_shown_as_low_confidence` |
//! | Nagle's algorithm on the accepted socket | `nagle_is_off_on_an_accepted_socket` of `quorate-http` |

use std::time::Duration;

use quorate::config::Config;
use quorate_models::{PriceConfig, Strategy};
use quorate_store::{Engine, SystemTx};
use quorate_testkit::models::ScriptedUsage;
use quorate_testkit::on_both_databases;

use super::*;
use crate::keys::{Key, ask, unlimited, until, with_model};

/// Ten dollars for a million tokens in, one where they were cached, a hundred out.
fn priced(config: &mut ModelsConfig) {
    for model in ["open/mind", "anthropic/mind"] {
        let model = model.to_owned();
        config.prices.push(PriceConfig {
            model,
            input: 10.0,
            output: 100.0,
            cached_read: Some(1.0),
            cache_write: None,
        });
    }
}

async fn spent(ada: &User<'_>) -> (i64, i64) {
    let summary = ada.get("/api/v1/usage/summary").await.body;
    (summary["attempts"].as_i64().unwrap(), summary["cost_microusd"].as_i64().unwrap())
}

#[tokio::test]
async fn spend_is_right_for_streams_and_cached_tokens() {
    let scene = Scene::with(priced).await;
    let ada = scene.ada().await;
    let usage = ScriptedUsage { input: 1_000, output: 200, cached_input: 600, cache_write: 0, reasoning: 0 };
    let act = Act { usage: Some(usage), ..says("Counted") };
    scene.open(act.clone()).await;
    scene.anthropic(act).await;
    // 400 at ten, 600 at one, 200 at a hundred: in micro-dollars.
    let each = 400 * 10 + 600 + 200 * 100;
    let mut calls = 0;
    for model in ["open/mind", "anthropic/mind"] {
        for stream in [false, true] {
            for (path, body) in [
                (CHAT, chat(model, json!({ "stream": stream }))),
                (MESSAGES, message(model, json!({ "stream": stream }))),
            ] {
                let answer = post(&ada, path, &body).await;
                assert_eq!(answer.status(), 200, "{path} {model}");
                answer.text().await.unwrap();
                calls += 1;
                until("it is in the books", async || spent(&ada).await.0 == calls).await;
                assert_eq!(spent(&ada).await.1, calls * each, "{path} {model}, streamed: {stream}");
            }
        }
    }
}

/// The attempt that failed takes nothing with it that was set aside for the call.
#[tokio::test]
async fn what_a_second_target_costs_is_taken_off_the_budget() {
    let scene = Scene::with(priced).await;
    let ada = scene.ada().await;
    let garbage = Act { body: Some("<html>".into()), content_type: Some("application/json".into()), ..Act::default() };
    scene.open(garbage).await;
    let usage = ScriptedUsage { input: 100, output: 100, ..ScriptedUsage::default() };
    scene.anthropic(Act { usage: Some(usage), ..says("Costly") }).await;
    // A call may cost 10,000 and a little, and costs 11,000: there is room for two of them, and not for a third.
    let key = Key::of(&ada, json!({ "monthly_budget_microusd": 30_000 })).await;
    let mut answers = Vec::new();
    for _ in 0..4 {
        let answer = ask(&key.at(&scene.app), CHAT, json!({ "model": "both" })).await;
        answers.push(answer.status().as_u16());
        answer.text().await.unwrap();
    }
    assert_eq!(answers, [200, 200, 402, 402]);
}

on_both_databases! {
    /// What cannot be asked is refused, and what one node spends is gone for the other.
    async fn budgets_fail_closed_and_are_not_stale_across_nodes(database: TestDatabase) {
        let models = ScriptedModels::start().await.unwrap();
        let usage = ScriptedUsage { input: 20, output: 100, ..ScriptedUsage::default() };
        models.script(&[Rule::always(Act { usage: Some(usage), ..says("Spent") })]).await.unwrap();
        let one = with_model(database, &models).start().await;
        let two = one.beside().without_worker().start().await;
        let ada = one.user("ada@example.com").await;
        // Room for ten calls of 120 micro-dollars.
        let key = Key::of(&ada, json!({ "monthly_budget_microusd": 1_200 })).await;
        let mut answered = 0;
        for round in 0..30 {
            let app = if round % 2 == 0 { &one } else { &two };
            let answer = ask(&key.at(app), CHAT, json!({})).await;
            let status = answer.status().as_u16();
            answer.text().await.unwrap();
            assert!(matches!(status, 200 | 402), "{status}");
            answered += u32::from(status == 200);
        }
        assert!((5..=10).contains(&answered), "both nodes together stay within the budget, and use it: {answered}");
        assert_eq!(models.journal().await.unwrap().len(), answered as usize, "nobody was asked for what is not paid");
    }

    /// A warm key is served while nobody can read or write a single row.
    async fn the_database_is_not_on_the_hot_path(database: TestDatabase) {
        let models = ScriptedModels::start().await.unwrap();
        models.script(&[Rule::always(says("Still here"))]).await.unwrap();
        let app = with_model(database, &models).start().await;
        let ada = app.user("ada@example.com").await;
        unlimited(&ada).await;
        let key = Key::of(&ada, json!({ "monthly_budget_microusd": 1_000_000_000 })).await;
        let caller = key.at(&app);
        // What a node knows of a key counts for five seconds; on a machine that is slower than that it is asked again.
        for _ in 0..20 {
            assert_eq!(ask(&caller, CHAT, json!({})).await.status(), 200);
            let Some(held) = hold_everything(&app).await else { continue };
            let asking = async {
                for round in 0..20 {
                    let answer = ask(&caller, CHAT, json!({ "stream": round % 2 == 0 })).await;
                    let status = answer.status();
                    answer.text().await.unwrap();
                    if status != 200 {
                        return false;
                    }
                }
                true
            };
            let answered = tokio::time::timeout(Duration::from_secs(4), asking).await;
            drop(held);
            if answered == Ok(true) {
                return;
            }
        }
        panic!("the database is waited for");
    }
}

/// Nobody reads (PostgreSQL) or writes (SQLite) any of these tables until what comes back is dropped; nothing comes back
/// where the ledger, which writes at that moment, goes first.
async fn hold_everything(app: &TestApp) -> Option<SystemTx> {
    let mut held = app.composed().store.system("a test holds everything").await.unwrap();
    if app.composed().store.engine() == Engine::Postgres {
        let all = "LOCK TABLE gateway_keys, gateway_versions, gateway_budgets, gateway_spend, gateway_leases, \
            gateway_usage, gateway_attempts, gateway_providers, gateway_routes, identity_users, identity_orgs, \
            identity_memberships, billing_plans, billing_subscriptions, billing_counters, billing_counted, work_jobs \
            IN ACCESS EXCLUSIVE MODE";
        held.sql(all).execute().await.ok()?;
    } else {
        held.sql("UPDATE gateway_versions SET version = version").execute().await.ok()?;
    }
    Some(held)
}

#[tokio::test]
async fn limits_are_not_multiplied_by_the_number_of_nodes() {
    let models = ScriptedModels::start().await.unwrap();
    let url = std::env::var("QUORATE_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let prefix = format!("quorate-test-{}", quorate_kernel::Ids::uuid(&quorate_kernel::SystemIds));
    let with_redis = |config: &mut Config| {
        config.redis.url = Some(url.clone());
        config.redis.prefix.clone_from(&prefix);
    };
    let one = with_model(TestDatabase::sqlite().unwrap(), &models).configure(with_redis).start().await;
    let two = one.beside().without_worker().start().await;
    let ada = one.user("ada@example.com").await;
    let key = Key::of(&ada, json!({ "requests_per_minute": 20 })).await;
    let mut answered = 0;
    for _ in 0..20 {
        for app in [&one, &two] {
            let answer = ask(&key.at(app), CHAT, json!({})).await;
            answered += u32::from(answer.status() == 200);
        }
    }
    assert_eq!(answered, 20);
}

#[tokio::test]
async fn turns_of_a_conversation_stay_with_one_upstream_and_move_when_it_is_down() {
    let (open, other) = (ScriptedModels::start().await.unwrap(), ScriptedModels::start().await.unwrap());
    let config = ModelsConfig {
        providers: vec![
            open.provider("one", ProviderKind::OpenAiCompatible),
            other.provider("two", ProviderKind::OpenAiCompatible),
        ],
        routes: vec![RouteConfig {
            strategy: Strategy::Weighted,
            sticky: true,
            ..RouteConfig::new("default", ["one/mind", "two/mind"])
        }],
        ..ModelsConfig::default()
    };
    let app = TestApp::builder(TestDatabase::sqlite().unwrap()).models(config).without_worker().start().await;
    let ada = app.user("ada@example.com").await;
    let turn = async |conversation: u32, turns: u32| {
        let mut messages =
            vec![json!({ "role": "user", "content": format!("Tell me of the city number {conversation}.") })];
        for said in 0..turns {
            messages.push(json!({ "role": "assistant", "content": format!("Answer {said}") }));
            messages.push(json!({ "role": "user", "content": format!("And then? {said}") }));
        }
        let answer = post(&ada, CHAT, &chat("default", json!({ "messages": messages }))).await;
        assert_eq!(answer.status(), 200);
        answer.headers()["x-quorate-model"].to_str().unwrap().to_owned()
    };
    let mut homes = Vec::new();
    for conversation in 0..12 {
        let home = turn(conversation, 0).await;
        for turns in 1..4 {
            assert_eq!(turn(conversation, turns).await, home, "turn {turns} of {conversation}");
        }
        homes.push(home);
    }
    assert!(homes.iter().any(|home| home == "one/mind") && homes.iter().any(|home| home == "two/mind"), "{homes:?}");
    // One goes down: its conversations are pinned anew and stay there, the others do not move.
    open.script(&[Rule::always(Act { status: Some(503), ..Act::default() })]).await.unwrap();
    for conversation in 0..12 {
        for turns in 4..6 {
            assert_eq!(turn(conversation, turns).await, "two/mind");
        }
    }
}
