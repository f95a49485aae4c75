//! The cost ceiling of a session (BRD-22).

use quorate_models::PriceConfig;
use quorate_testkit::models::ScriptedUsage;

use super::*;

/// What every call is reported to have used: as much as it may write.
const USED: ScriptedUsage = ScriptedUsage { input: 800, output: 1_500, cached_input: 0, cache_write: 0, reasoning: 0 };
/// In micro-dollars, at a dollar for a million tokens either way.
const CALL: i64 = 2_300;

fn priced(config: &mut ModelsConfig) {
    let model = "scripted/mind".to_owned();
    config.prices.push(PriceConfig { model, input: 1.0, output: 1.0, cached_read: None, cache_write: None });
}

/// The rules, each with the usage above; what no rule is about has it too.
fn using(rules: Vec<Rule>) -> Vec<Rule> {
    let all = rules.into_iter().chain([one_part(), Rule::always(Act::default())]);
    all.map(|rule| Rule { act: Act { usage: Some(USED), ..rule.act }, ..rule }).collect()
}

impl Scene {
    /// What the session was billed, in micro-dollars.
    async fn billed(&self, id: &str) -> i64 {
        let mut tx = self.app.composed().store.system_read("what the session was billed").await.unwrap();
        tx.sql("SELECT CAST(COALESCE(SUM(cost_micros), 0) AS BIGINT) FROM board_events WHERE session_id = $1")
            .bind(id.to_owned())
            .scalar()
            .await
            .unwrap()
    }

    /// Runs a deep session under a ceiling in micro-dollars; checks the books.
    async fn run_under(&self, number: usize, ceiling: i64) -> (User<'_>, Value, Vec<Value>) {
        self.models.clear_journal().await.unwrap();
        let ada = self.app.user(&format!("ada{number}@example.com")).await;
        let mut body = session();
        body["mode"] = json!("deep");
        #[expect(clippy::cast_precision_loss, reason = "a few cents")]
        let dollars = ceiling as f64 / 1_000_000.0;
        body["cost_ceiling_usd"] = json!(dollars);
        let session = ada.deliberate(&body).await;
        let events = ada.events(session["id"].as_str().unwrap()).await;
        let billed = self.billed(session["id"].as_str().unwrap()).await;
        assert!(billed <= ceiling, "{billed} spent of {ceiling}");
        (ada, session, events)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ceiling_is_never_passed_and_the_vote_is_still_held() {
    for kind in KINDS {
        let go_on = json!({ "action": "continue", "speakers": [], "question": "And then?", "target": null });
        let go_on = Rule::always(Act { content: Some(go_on), ..Act::default() }).for_schema("facilitate");
        let rules = using(split().into_iter().chain([go_on]).collect());
        let scene = Scene::new(kind, &rules, priced).await;
        let (mut nothing, mut limited, mut whole) = (0, 0, 0);
        for (number, ceiling) in [100, 30_000, 45_000, 60_000, 75_000, 90_000, 1_000_000].into_iter().enumerate() {
            let (ada, session, events) = scene.run_under(number, ceiling).await;
            let calls = i64::try_from(scene.models.settled_journal().await.unwrap().len()).unwrap();
            let billed = scene.billed(session["id"].as_str().unwrap()).await;
            assert_eq!(billed, calls * CALL, "every answer is billed, {calls} in all");
            let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).collect::<Vec<_>>();
            let reached = of("limit.reached");
            assert!(reached.len() <= 1 && reached.iter().all(|event| event["data"]["limit"] == "cost"), "{reached:?}");
            if of("contribution.recorded").is_empty() {
                nothing += 1;
                let failure = (&session["status"], &session["failure"]["code"]);
                assert_eq!(failure, (&json!("failed"), &json!("cost_ceiling")), "{ceiling}");
                if ceiling == 100 {
                    assert!(scene.models.journal().await.unwrap().is_empty(), "nothing is asked that cannot be paid");
                }
            } else if reached.is_empty() {
                whole += 1;
                // What the scripted seats say is no news after a while.
                assert!(
                    ["complete", "deadlock"].map(Value::from).contains(&session["outcome"]),
                    "{ceiling}: {session}"
                );
            } else {
                limited += 1;
                assert_eq!(of("voting.started")[0]["data"]["stop_reason"], "cost_limit", "{ceiling}");
                assert_eq!(session["outcome"], "partial", "{ceiling}: {session}");
                // Everybody who spoke has voted, and the report is written.
                let report = ada.result(session["id"].as_str().unwrap(), "report").await;
                assert_eq!(of("vote.recorded").len(), SEATS.len(), "{ceiling}");
                assert!(report["heading"].as_str().unwrap().to_lowercase().contains("partial"), "{report}");
                assert_eq!(report["method"]["unwritten"], Value::Null, "{ceiling}");
                let text = report["full_report"].as_str().unwrap();
                assert!(!text.contains("cost_") && !text.contains('$'), "users see no money: {text}");
            }
        }
        assert!(nothing >= 1 && limited >= 2 && whole >= 1, "{kind:?}: {nothing} {limited} {whole}");
    }
}

/// A repair costs as much as the call it repairs, and more: the broken answer is sent back.
#[tokio::test(flavor = "multi_thread")]
async fn repairs_are_paid_for_within_the_ceiling() {
    // As long as an answer may be, and nothing but words. What is asked for once more is answered well.
    let words = Act { content: Some(json!("So be it. ".repeat(600))), ..Act::default() };
    let rules = [
        Rule::always(Act::default()).containing("<invalid_answer>"),
        Rule::always(words.clone()).for_schema("contribute"),
        Rule::always(words.clone()).for_schema("vote"),
        Rule::always(words).for_schema("synthesize"),
    ];
    let scene = Scene::new(ProviderKind::OpenAiCompatible, &rules, priced).await;
    let mut voted = 0;
    for (number, ceiling) in (10_000..150_000).step_by(10_000).enumerate() {
        let (_, _, events) = scene.run_under(number, ceiling).await;
        voted += events.iter().filter(|event| event["type"] == "vote.recorded").count();
    }
    assert!(voted > 0, "some of these ceilings allow a vote");
}
