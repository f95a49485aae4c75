//! How a session ran, in figures (BRD-24): hand-calculated from what a scripted model is said to have used. Who does not
//! run the server sees no money (BRD-22).

use quorate_models::{ModelsConfig, PriceConfig, ProviderKind, RouteConfig};
use quorate_testkit::models::{Act, Rule, ScriptedModels, ScriptedUsage};
use quorate_testkit::on_both_databases;
use serde_json::{Value, json};

use super::{LISBON, SEATS, of_type};
use crate::{TestApp, User};

/// A seat whose model refuses.
const ABSENT: &str = "forecaster";

fn usage(input: u64, cached_input: u64, output: u64, reasoning: u64) -> Option<ScriptedUsage> {
    Some(ScriptedUsage { input, output, cached_input, cache_write: 0, reasoning })
}

/// One answer to each question of a board that disagrees, talks for one round and votes. The first seat changes sides in
/// the discussion and says why; the second does so in the vote and does not; the third's first ballot is broken.
fn script() -> Vec<Rule> {
    let of_seat = |code: &str| format!("(code {code},");
    let answer = |usage: Option<ScriptedUsage>, content: Value| Act { usage, content: Some(content), ..Act::default() };
    let part = json!({ "title": "Move", "goal": "Decide", "scope": "All", "proposal": "Move to Lisbon.",
        "criteria": ["cost"], "depends_on": [], "complexity": 0.0, "form": "proposal", "door": "two_way" });
    let speak = |decision: &str| {
        let stance = json!({ "decision": decision, "confidence": 0.8, "reason": "So." });
        let said = json!({ "builds_on": ["C2"], "stance": stance });
        Rule::always(answer(usage(2_000, 500, 300, 100), said)).for_schema("contribute")
    };
    let ballot = |decision: &str, reason: Value| {
        let cast = json!({ "decision": decision, "confidence": 0.8, "conditions": [], "flip_reason": reason });
        Rule::always(answer(usage(4_000, 3_000, 100, 0), cast)).for_schema("vote")
    };
    let broken = Act { malformed_json: true, usage: usage(4_000, 3_000, 100, 0), ..Act::default() };
    let refusal = Act { status: Some(500), ..Act::default() };
    let next = json!({ "action": "continue", "speakers": SEATS, "question": "And then?", "target": null });
    vec![
        Rule::always(answer(usage(1_000, 0, 100, 0), json!({ "sub_problems": [part] }))).for_schema("decompose"),
        Rule::always(refusal).for_schema("contribute").containing(of_seat(ABSENT)),
        speak("no").containing(of_seat(SEATS[0])).times(1),
        speak("yes"),
        Rule::always(answer(usage(3_000, 0, 50, 0), next)).for_schema("facilitate"),
        ballot("yes", json!("[C2] shows that the lease can be left.")).containing(of_seat(SEATS[0])),
        ballot("no", Value::Null).containing(of_seat(SEATS[1])),
        Rule::always(broken).for_schema("vote").containing(of_seat(SEATS[2])).times(1),
        ballot("yes", Value::Null),
        Rule::always(Act { usage: usage(5_000, 0, 1_000, 0), ..Act::default() }),
    ]
}

/// A dollar for a million tokens read, ten cents when they are cached, two dollars for what is written.
fn models(scripted: &ScriptedModels) -> ModelsConfig {
    let price =
        PriceConfig { model: "open/mind".into(), input: 1.0, output: 2.0, cached_read: Some(0.1), cache_write: None };
    let mut config = ModelsConfig {
        providers: vec![scripted.provider("open", ProviderKind::OpenAiCompatible)],
        routes: vec![RouteConfig::new("default", ["open/mind"])],
        ..ModelsConfig::default()
    };
    config.prices.push(price);
    config.retries.attempts = 1;
    config
}

async fn operator(app: &TestApp) -> User<'_> {
    let token = app.identity().first_operator_link().await.unwrap().unwrap();
    let body = json!({ "token": token, "email": "root@example.com", "password": "seven green umbrellas" });
    let reply = app.anonymous().post("/api/v1/auth/first-operator", &body).await;
    User { app, token: Some(reply.body["access_token"].as_str().unwrap().to_owned()) }
}

/// Runs the scripted board from its beginning.
async fn held(user: &User<'_>, scripted: &ScriptedModels) -> String {
    scripted.script(&script()).await.unwrap();
    let body = json!({ "problem_statement": LISBON, "mode": "standard", "max_rounds": 1, "cost_ceiling_usd": 1.0,
        "personas": [SEATS[0], SEATS[1], SEATS[2], ABSENT] });
    let session = user.deliberate(&body).await;
    assert_eq!((&session["status"], &session["outcome"]), (&json!("completed"), &json!("complete")), "{session}");
    session["id"].as_str().unwrap().to_owned()
}

async fn metrics(user: &User<'_>, id: &str) -> Value {
    let reply = user.get(&format!("/api/v1/sessions/{id}/metrics")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["metrics"].clone()
}

/// Phase, answers, tokens in, cached, out, reasoning, repairs, absences.
fn used(metrics: &Value) -> Vec<Value> {
    let fields = ["answers", "tokens_in", "tokens_cached", "tokens_out", "tokens_reasoning", "repairs", "absences"];
    let of = |part: &Value| fields.iter().map(|field| part[*field].clone()).collect::<Vec<_>>();
    let phase = |part: &Value| json!([part["phase"], of(part)]);
    metrics["phases"].as_array().unwrap().iter().map(phase).chain([json!(["all", of(&metrics["totals"])])]).collect()
}

fn costs(metrics: &Value) -> Vec<Value> {
    metrics["phases"].as_array().unwrap().iter().map(|part| part["money"]["microusd"].clone()).collect()
}

on_both_databases! {
    async fn metrics_are_what_was_used_and_money_is_for_operators(database: TestDatabase) {
        let scripted = ScriptedModels::start().await.unwrap();
        let app = TestApp::builder(database).models(models(&scripted)).start().await;
        let root = operator(&app).await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        let id = held(&root, &scripted).await;
        let seen = metrics(&root, &id).await;
        let expected = json!([
            ["decomposition", [1, 1_000, 0, 100, 0, 0, 0]],
            ["selection", [0, null, null, null, null, null, 0]],
            ["initial_round", [3, 6_000, 1_500, 900, 300, 0, 1]],
            ["discussion", [4, 9_000, 1_500, 950, 300, 0, 0]],
            ["voting", [4, 16_000, 12_000, 400, 0, 1, 0]],
            ["synthesis", [1, 5_000, 0, 1_000, 0, 0, 0]],
            ["all", [13, 37_000, 15_000, 3_350, 600, 1, 1]],
        ]);
        assert_eq!(json!(used(&seen)), expected, "{seen}");
        let totals = &seen["totals"];
        assert_eq!(totals["cache_share"], 0.4054, "15,000 of 37,000");
        let money: i64 = costs(&seen).iter().filter_map(Value::as_i64).sum();
        let paid: Vec<i64> = costs(&seen).iter().filter_map(Value::as_i64).collect();
        assert_eq!((paid, money), (vec![1_200, 6_450, 9_550, 6_000, 7_000], 30_200));
        assert_eq!(totals["money"], json!({ "microusd": 30_200, "unpriced": 0 }));
        assert_eq!(totals["ceiling"], json!({ "microusd": 1_000_000, "counted_microusd": 30_200, "share": 0.0302 }));
        let (median, longest) = (&totals["latency"]["median_ms"], &totals["latency"]["longest_ms"]);
        assert!(median.as_f64().unwrap() <= longest.as_f64().unwrap(), "{totals}");
        assert!(totals["elapsed_ms"].as_u64().unwrap() >= seen["phases"][3]["elapsed_ms"].as_u64().unwrap());
        assert_eq!(totals["flips_at_vote"], json!({ "cited": 1, "uncited": 1 }));

        // The rounds are those that the log measured.
        let events = root.events(&id).await;
        let rounds = seen["rounds"].as_array().unwrap();
        let measured = of_type(&events, "round.measured");
        assert_eq!((rounds.len(), measured.len()), (2, 2), "{seen}");
        for (round, measured) in rounds.iter().zip(measured) {
            for value in ["round", "novelty", "drift", "agreement"] {
                assert_eq!(round[value], measured["data"][value], "{value}");
            }
        }
        let of = |round: &Value| json!([round["kind"], round["contributions"], round["absences"], round["flips"]]);
        assert_eq!(of(&rounds[0]), json!(["initial", 3, 1, null]));
        assert_eq!(of(&rounds[1]), json!(["discussion", 3, 0, { "cited": 1, "uncited": 0 }]));

        // An owner who does not run the server sees all of it but the money, and others see nothing, operators included.
        let own = held(&ada, &scripted).await;
        let plain = metrics(&ada, &own).await;
        assert_eq!((used(&plain), &plain["rounds"][1]["flips"]), (used(&seen), &seen["rounds"][1]["flips"]));
        let text = plain.to_string();
        assert!(!["money", "usd", "ceiling", "unpriced"].iter().any(|word| text.contains(word)), "{text}");
        for (stranger, id) in [(&eve, &own), (&root, &own), (&ada, &id)] {
            let path = format!("/api/v1/sessions/{id}/metrics");
            assert_eq!(stranger.get(&path).await.status, 404);
            assert_eq!(app.anonymous().get(&path).await.status, 401);
        }

        // Of a log from before nothing is known but what a lone answer cost.
        let mut tx = app.composed().store.system("a test makes a log old").await.unwrap();
        tx.sql("UPDATE board_events SET metering = NULL WHERE session_id = $1").bind(id.clone()).execute().await.unwrap();
        tx.commit().await.unwrap();
        let old = metrics(&root, &id).await;
        let totals = &old["totals"];
        assert_eq!((&totals["answers"], &totals["tokens_in"], &totals["repairs"]), (&json!(13), &Value::Null, &Value::Null));
        assert_eq!((&totals["latency"], &totals["cache_share"]), (&Value::Null, &Value::Null));
        assert_eq!(totals["money"], json!({ "microusd": null, "unpriced": 2 }), "a ballot and its repair cannot be told apart");
        assert_eq!(totals["ceiling"], json!({ "microusd": 1_000_000, "counted_microusd": 30_200, "share": null }));
    }

    async fn metrics_of_a_board_without_prices_do_not_say_that_it_was_free(database: TestDatabase) {
        let scripted = ScriptedModels::start().await.unwrap();
        let unpriced = ModelsConfig { prices: Vec::new(), ..models(&scripted) };
        let app = TestApp::builder(database).models(unpriced).start().await;
        let root = operator(&app).await;
        let idle = metrics(&root, &root.session(&crate::board::quick()).await).await;
        assert_eq!((&idle["phases"], &idle["rounds"]), (&json!([]), &json!([])));
        assert_eq!((&idle["totals"]["elapsed_ms"], &idle["totals"]["money"]["microusd"]), (&Value::Null, &Value::Null));
        let seen = metrics(&root, &held(&root, &scripted).await).await;
        assert_eq!(seen["totals"]["money"], json!({ "microusd": null, "unpriced": 13 }));
        assert_eq!((&seen["totals"]["ceiling"]["share"], &seen["totals"]["tokens_in"]), (&Value::Null, &json!(37_000)));
    }
}
