//! The same session against an OpenAI-compatible and an Anthropic-compatible server, each a real process, with what
//! goes wrong with providers (BRD-5, BRD-22, BRD-29, GTW-1).

use quorate_kernel::MicroUsd;
use quorate_models::{ModelsConfig, PriceConfig, ProviderKind, RouteConfig};
use quorate_testkit::TestDatabase;
use quorate_testkit::models::{Act, Rule, ScriptedModels, Visit};
use serde_json::{Value, json};

use crate::{TestApp, User};

const KINDS: [ProviderKind; 2] = [ProviderKind::OpenAiCompatible, ProviderKind::Anthropic];
const SEATS: [&str; 3] = ["finance_strategist", "people_partner", "security_adversary"];

fn session() -> Value {
    json!({ "problem_statement": "Should we move our company to Lisbon?", "mode": "quick", "personas": SEATS })
}

fn one_part() -> Rule {
    let part = json!({ "title": "The move", "goal": "Find out", "scope": "All", "proposal": "Move",
        "criteria": ["cost"], "depends_on": [], "complexity": 0.5 });
    Rule::always(Act { content: Some(json!({ "sub_problems": [part] })), ..Act::default() }).for_schema("decompose")
}

fn about(code: &str) -> String {
    format!("(code {code},")
}

/// A rule for one seat's requests of one kind.
fn seat(schema: &str, code: &str, act: Act) -> Rule {
    Rule::always(act).for_schema(schema).containing(about(code))
}

fn config(models: &ScriptedModels, kind: ProviderKind) -> ModelsConfig {
    let mut config = ModelsConfig {
        providers: vec![models.provider("scripted", kind)],
        routes: vec![RouteConfig::new("default", ["scripted/mind"])],
        ..ModelsConfig::default()
    };
    config.retries.base = 0.01;
    config
}

struct Scene {
    models: ScriptedModels,
    app: TestApp,
}

impl Scene {
    async fn new(kind: ProviderKind, rules: &[Rule], change: impl FnOnce(&mut ModelsConfig)) -> Self {
        let models = ScriptedModels::start().await.unwrap();
        let script: Vec<Rule> = rules.iter().cloned().chain([one_part()]).collect();
        models.script(&script).await.unwrap();
        let mut config = config(&models, kind);
        change(&mut config);
        let app = TestApp::builder(TestDatabase::sqlite().unwrap())
            .models(config)
            .configure(|config| config.board.call_timeout_seconds = 3)
            .start()
            .await;
        Self { models, app }
    }

    /// Runs the session; gives back who ran it, the session and its report.
    async fn run(&self) -> (User<'_>, Value, Value) {
        let ada = self.app.user("ada@example.com").await;
        let session = ada.deliberate(&session()).await;
        let id = session["id"].as_str().unwrap();
        let report = ada.get(&format!("/api/v1/sessions/{id}/report")).await.body["report"].clone();
        (ada, session, report)
    }

    async fn visits(&self, schema: &str) -> Vec<Visit> {
        let journal = self.models.settled_journal().await.unwrap();
        journal.into_iter().filter(|visit| visit.schema == schema).collect()
    }
}

fn absences(report: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = report["absences"].as_array().unwrap().iter();
    list.map(|one| (text(&one["persona_code"]), text(&one["stage"]), text(&one["reason"]))).collect()
}

fn absence(code: &str, stage: &str, reason: &str) -> Vec<(String, String, String)> {
    vec![(code.to_owned(), stage.to_owned(), reason.to_owned())]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_runs_on_either_kind_of_provider() {
    for kind in KINDS {
        let scene = Scene::new(kind, &[], |_| ()).await;
        let (ada, session, report) = scene.run().await;
        assert_eq!(session["status"], "completed", "{kind:?}: {session}");
        assert_eq!((&session["offline_demo"], &session["model"]), (&json!(false), &json!("scripted/mind")));
        assert_eq!(report["method"]["models"], json!(["scripted/mind"]));
        assert!(absences(&report).is_empty(), "{report}");
        assert!(!report.to_string().contains("offline demo"));
        let id = session["id"].as_str().unwrap();
        let contributions = ada.get(&format!("/api/v1/sessions/{id}/contributions")).await.body;
        for said in contributions["data"].as_array().unwrap() {
            assert_eq!(said["offline"], false);
            assert!(said["tokens_in"].as_u64().unwrap() > 0 && said["tokens_out"].as_u64().unwrap() > 0, "{said}");
        }
        // Everything streams, and the key never comes back.
        let journal = scene.models.settled_journal().await.unwrap();
        assert!(journal.iter().all(|visit| visit.stream && visit.key.as_deref() == Some("sk-scripted")));
        let events = ada.events(id).await;
        assert!(events.iter().any(|event| event["type"] == "contribution.delta"), "{kind:?}");
        assert!(!json!([events, session, report]).to_string().contains("sk-scripted"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shared_part_of_the_prompt_comes_first_and_is_the_same_for_every_seat() {
    let scene = Scene::new(ProviderKind::OpenAiCompatible, &[], |_| ()).await;
    scene.run().await;
    let systems: Vec<Value> =
        scene.visits("contribute").await.iter().map(|visit| visit.body["messages"][0].clone()).collect();
    assert_eq!(systems.len(), SEATS.len());
    assert!(systems.iter().all(|system| system["role"] == "system" && *system == systems[0]));
    let user = |visit: &Visit| visit.body["messages"][1]["content"].as_str().unwrap().to_owned();
    let visits = scene.visits("contribute").await;
    let shared = user(&visits[0]).chars().zip(user(&visits[1]).chars()).take_while(|(a, b)| a == b).count();
    assert!(user(&visits[0])[..shared].contains("Should we move our company to Lisbon?"), "the problem is shared too");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_json_is_repaired_once() {
    for kind in KINDS {
        let broken = Act { malformed_json: true, ..Act::default() };
        let scene = Scene::new(kind, &[seat("vote", SEATS[0], broken).times(1)], |_| ()).await;
        let (_, session, report) = scene.run().await;
        assert_eq!(session["outcome"], "complete", "{kind:?}: {session}");
        assert!(absences(&report).is_empty(), "{kind:?}: {report}");
        let votes: Vec<Visit> = scene.visits("vote").await;
        assert_eq!(votes.len(), SEATS.len() + 1, "one repair");
        let repair = votes.iter().find(|visit| visit.idempotency_key.as_deref().unwrap().ends_with("/repair")).unwrap();
        assert!(repair.body.to_string().contains("<invalid_answer>"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stays_unusable_is_an_absence_and_no_vote() {
    for (kind, act) in [
        (KINDS[0], Act { malformed_json: true, ..Act::default() }),
        (KINDS[1], Act { malformed_json: true, ..Act::default() }),
        (KINDS[0], Act { content: Some(json!({ "confidence": 7 })), ..Act::default() }),
        (KINDS[1], Act { content: Some(json!({ "confidence": "very" })), ..Act::default() }),
        (KINDS[0], Act { content: Some(json!({ "decision": "maybe" })), ..Act::default() }),
    ] {
        let scene = Scene::new(kind, &[seat("vote", SEATS[1], act)], |_| ()).await;
        let (ada, session, report) = scene.run().await;
        assert_eq!(absences(&report), absence(SEATS[1], "voting", "invalid_output"));
        assert_eq!(report["vote_distribution"]["absent"], 1);
        let id = session["id"].as_str().unwrap();
        let votes = ada.get(&format!("/api/v1/sessions/{id}/votes")).await.body;
        let voters: Vec<&Value> = votes["data"].as_array().unwrap().iter().map(|vote| &vote["persona_code"]).collect();
        assert_eq!(voters.len(), 2);
        assert!(!voters.contains(&&json!(SEATS[1])));
        assert_eq!(scene.visits("vote").await.len(), SEATS.len() + 1, "asked once more and no more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_is_waited_for() {
    for kind in KINDS {
        let limited = Act { status: Some(429), retry_after: Some("1".to_owned()), ..Act::default() };
        let scene = Scene::new(kind, &[seat("contribute", SEATS[0], limited).times(1)], |_| ()).await;
        let (_, session, report) = scene.run().await;
        assert_eq!((&session["outcome"], absences(&report)), (&json!("complete"), vec![]), "{kind:?}");
        let key = format!("contribute/0/0/{}", SEATS[0]);
        let visits = scene.visits("contribute").await;
        let times: Vec<_> =
            visits.iter().filter(|visit| visit.idempotency_key.as_deref().unwrap().ends_with(&key)).collect();
        assert_eq!(times.len(), 2);
        assert!((times[1].at - times[0].at).num_milliseconds() >= 1_000, "the provider asked for a second");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_is_begun_anew() {
    for kind in KINDS {
        let cut = Act { cut_after_bytes: Some(900), chunk_delay_ms: Some(5), ..Act::default() };
        let scene = Scene::new(kind, &[seat("contribute", SEATS[0], cut).times(1)], |_| ()).await;
        let (ada, session, report) = scene.run().await;
        assert_eq!((&session["outcome"], absences(&report)), (&json!("complete"), vec![]), "{kind:?}");
        let events = ada.events(session["id"].as_str().unwrap()).await;
        let of = |kind: &str| {
            let same = events.iter().filter(|event| event["type"] == kind);
            same.filter(|event| event["data"]["persona_code"] == SEATS[0]).collect::<Vec<_>>()
        };
        let starts = of("contribution.started");
        assert_eq!(starts.len(), 2, "{kind:?}");
        assert_eq!(starts[0]["data"]["contribution_id"], starts[1]["data"]["contribution_id"]);
        // What was said after the second start is the beginning of what was recorded.
        let id = &starts[0]["data"]["contribution_id"];
        let said = ada.get(&format!("/api/v1/sessions/{}/contributions", session["id"].as_str().unwrap())).await.body;
        let content = said["data"].as_array().unwrap().iter().find(|one| one["id"] == *id).unwrap()["content"].clone();
        let again = starts[1]["sequence"].as_i64().unwrap();
        let deltas: String = of("contribution.delta")
            .iter()
            .filter(|event| event["sequence"].as_i64().unwrap() > again)
            .map(|event| event["data"]["text"].as_str().unwrap())
            .collect();
        assert!(content.as_str().unwrap().starts_with(deltas.trim()), "{deltas} / {content}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_never_answers_is_absent_for_that_reason() {
    for kind in KINDS {
        for (act, reason) in [
            (Act { hang: true, ..Act::default() }, "timeout"),
            (Act { cut_after_bytes: Some(300), ..Act::default() }, "infra_failure"),
            (Act { status: Some(500), ..Act::default() }, "infra_failure"),
        ] {
            let scene = Scene::new(kind, &[seat("contribute", SEATS[2], act)], |_| ()).await;
            let (_, session, report) = scene.run().await;
            assert_eq!(session["status"], "completed", "{kind:?} {reason}: {session}");
            assert_eq!(absences(&report), absence(SEATS[2], "initial_round", reason), "{kind:?}");
            assert!(report["full_report"].as_str().unwrap().contains("**Absent:**"));
            assert_eq!(report["vote_distribution"]["absent"], 1);
            assert!(scene.visits("vote").await.iter().all(|visit| !visit.body.to_string().contains(&about(SEATS[2]))));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_fails_the_session_plainly() {
    for kind in KINDS {
        let down = Rule::always(Act { status: Some(503), ..Act::default() });
        let scene = Scene::new(kind, &[down], |_| ()).await;
        let ada = scene.app.user("ada@example.com").await;
        let session = ada.deliberate(&session()).await;
        assert_eq!((&session["status"], &session["failure"]["code"]), (&json!("failed"), &json!("infra_failure")));
        let id = session["id"].as_str().unwrap();
        assert_eq!(ada.get(&format!("/api/v1/sessions/{id}/report")).await.status, 404);
        assert!(!session["failure"]["message"].as_str().unwrap().contains("127.0.0.1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_goes_down_before_the_vote_leaves_no_result() {
    for kind in KINDS {
        let down = Rule::always(Act { status: Some(500), ..Act::default() }).for_schema("vote");
        let scene = Scene::new(kind, &[down], |_| ()).await;
        let (_, session, report) = scene.run().await;
        assert_eq!((&session["status"], &session["outcome"]), (&json!("completed"), &json!("no_quorum")), "{kind:?}");
        assert!(report["heading"].as_str().unwrap().starts_with("No result"), "{report}");
        assert_eq!(report["vote_distribution"]["quorum"], false);
        assert_eq!(absences(&report).len(), SEATS.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_decides_in_place_of_a_model_without_saying_so() {
    let garbage = |schema: &str| Rule::always(Act { malformed_json: true, ..Act::default() }).for_schema(schema);
    let scene = Scene::new(ProviderKind::OpenAiCompatible, &[garbage("decompose"), garbage("select")], |_| ()).await;
    let ada = scene.app.user("ada@example.com").await;
    let mut body = session();
    body["personas"].take();
    let session = ada.deliberate(&body).await;
    assert_eq!(session["status"], "completed", "{session}");
    let events = ada.events(session["id"].as_str().unwrap()).await;
    for kind in ["problem.decomposed", "personas.selected"] {
        let event = events.iter().find(|event| event["type"] == kind).unwrap();
        assert_eq!(event["data"]["decided_by"], "rule", "{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_target_answers_when_the_first_is_down() {
    let scene = Scene::new(ProviderKind::OpenAiCompatible, &[], |config| {
        let dead = quorate_models::ProviderConfig::new("dead", ProviderKind::OpenAiCompatible)
            .at("http://127.0.0.1:9/v1")
            .with_key("sk-dead");
        config.providers.push(dead);
        config.routes = vec![RouteConfig::new("default", ["dead/mind", "scripted/mind"])];
    })
    .await;
    let (_, session, report) = scene.run().await;
    assert_eq!((&session["outcome"], absences(&report)), (&json!("complete"), vec![]));
    assert_eq!(report["method"]["models"], json!(["scripted/mind"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_take_the_boards_routes_in_turn() {
    let models = ScriptedModels::start().await.unwrap();
    models.script(&[one_part()]).await.unwrap();
    let mut models_config = config(&models, ProviderKind::OpenAiCompatible);
    models_config.routes.push(RouteConfig::new("other", ["scripted/other-mind"]));
    let app = TestApp::builder(TestDatabase::sqlite().unwrap())
        .models(models_config)
        .configure(|config| config.board.routes = vec!["default".to_owned(), "other".to_owned()])
        .start()
        .await;
    let ada = app.user("ada@example.com").await;
    let id = ada.deliberate(&session()).await["id"].as_str().unwrap().to_owned();
    let report = ada.get(&format!("/api/v1/sessions/{id}/report")).await.body["report"].clone();
    assert_eq!(report["method"]["models"], json!(["scripted/mind", "scripted/other-mind"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ceiling_is_never_passed_and_the_vote_is_still_held() {
    let content = |value: Value| Act { content: Some(value), ..Act::default() };
    let stance =
        |decision: &str| content(json!({ "stance": { "decision": decision, "confidence": 0.6, "reason": "So" } }));
    let go_on = content(json!({ "action": "continue", "speakers": [], "question": "And then?", "target": null }));
    let rules = [
        seat("contribute", SEATS[0], stance("no")),
        Rule::always(stance("yes")).for_schema("contribute"),
        Rule::always(go_on).for_schema("facilitate"),
    ];
    let scene = Scene::new(ProviderKind::OpenAiCompatible, &rules, |config| {
        let price = PriceConfig {
            model: "scripted/mind".to_owned(),
            input: 1.0,
            output: 1.0,
            cached_read: None,
            cache_write: None,
        };
        config.prices.push(price);
    })
    .await;
    let ada = scene.app.user("ada@example.com").await;
    let mut body = session();
    body["mode"] = json!("deep");
    // Enough for the first round, the votes and the report, and for little more.
    let mut stopped_by_cost = 0;
    for ceiling in [0.000_1, 0.03, 0.045, 0.06, 0.075] {
        body["cost_ceiling_usd"] = json!(ceiling);
        let session = ada.deliberate(&body).await;
        let id = session["id"].as_str().unwrap();
        let events = ada.events(id).await;
        let mut tx = scene.app.composed().store.system_read("what the session was billed").await.unwrap();
        let billed: i64 = tx
            .sql("SELECT CAST(COALESCE(SUM(cost_micros), 0) AS BIGINT) FROM board_events WHERE session_id = $1")
            .bind(id.to_owned())
            .scalar()
            .await
            .unwrap();
        drop(tx);
        // A dollar for a million tokens either way, so a token is a micro-dollar.
        assert!(MicroUsd(billed) <= MicroUsd::from_dollars(ceiling), "{billed} spent of {ceiling}");
        let limited = events.iter().any(|event| event["type"] == "limit.reached");
        let contributed = events.iter().filter(|event| event["type"] == "contribution.recorded").count();
        if contributed == 0 {
            assert_eq!((&session["status"], &session["failure"]["code"]), (&json!("failed"), &json!("cost_ceiling")));
        } else if limited {
            stopped_by_cost += 1;
            let voting = events.iter().find(|event| event["type"] == "voting.started").unwrap();
            assert_eq!(voting["data"]["stop_reason"], "cost_limit");
            assert_eq!(session["outcome"], "partial", "{session}");
        }
    }
    assert!(stopped_by_cost >= 1, "one of these ceilings ends a discussion");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_while_a_question_is_being_thought_of_strands_nobody() {
    let question = json!({ "questions": [{ "question": "How much money?", "why": "It decides" }] });
    let slow = Act { content: Some(question), delay_ms: Some(400), ..Act::default() };
    let rules = [Rule::always(slow).for_schema("clarify")];
    let scene = Scene::new(ProviderKind::OpenAiCompatible, &rules, |_| ()).await;
    let ada = scene.app.user("ada@example.com").await;
    let mut body = session();
    body["clarify"] = json!(true);
    let id = ada.session(&body).await;
    ada.start(&id).await;
    let path = |step: &str| format!("/api/v1/sessions/{id}/{step}");
    while scene.models.journal().await.unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(ada.post(&path("deliberation/pause"), &json!({})).await.status, 202);
    let question = loop {
        let session = ada.get(&format!("/api/v1/sessions/{id}")).await.body["session"].clone();
        assert_eq!(session["status"], "paused");
        if let Some(question) = session["pending_questions"].get(0) {
            break question["id"].clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let answers = json!({ "answers": [{ "question_id": question, "answer": "200k euros" }] });
    assert_eq!(ada.post(&path("answers"), &answers).await.status, 202);
    let held = ada.get(&format!("/api/v1/sessions/{id}")).await.body["session"].clone();
    assert_eq!(held["status"], "paused", "an answer does not end the user's own pause");
    assert_eq!(ada.post(&path("deliberation/resume"), &json!({})).await.status, 202);
    assert_eq!(ada.finished(&id).await["outcome"], "complete");
}
