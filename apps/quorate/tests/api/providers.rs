//! The same session against an OpenAI-compatible and an Anthropic-compatible server, each a real process, with what
//! goes wrong with providers (BRD-5, BRD-22, BRD-29, GTW-1).

mod answers;
mod costs;
mod failures;
mod keys;
mod routes;

use std::collections::BTreeMap;

use quorate_models::{ModelsConfig, ProviderKind, RouteConfig};
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
        "criteria": ["cost"], "depends_on": [], "complexity": 0.5,
            "form": "proposal", "door": "two_way" });
    Rule::always(Act { content: Some(json!({ "sub_problems": [part] })), ..Act::default() }).for_schema("decompose")
}

/// Seats that disagree, one against two, so that a discussion goes on.
fn split() -> [Rule; 2] {
    let stance = |decision: &str| {
        let stance = json!({ "stance": { "decision": decision, "confidence": 0.6, "reason": "So" } });
        Act { content: Some(stance), ..Act::default() }
    };
    [seat("contribute", SEATS[0], stance("no")), Rule::always(stance("yes")).for_schema("contribute")]
}

fn about(code: &str) -> String {
    format!("(code {code},")
}

/// A rule for one seat's requests of one kind.
fn seat(schema: &str, code: &str, act: Act) -> Rule {
    Rule::always(act).for_schema(schema).containing(about(code))
}

fn status(status: u16) -> Act {
    Act { status: Some(status), ..Act::default() }
}

fn malformed() -> Act {
    Act { malformed_json: true, ..Act::default() }
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

/// What a session left behind.
struct Course<'a> {
    ada: User<'a>,
    session: Value,
    events: Vec<Value>,
    report: Value,
    contributions: Vec<Value>,
    votes: Vec<Value>,
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

    /// Runs the usual session.
    async fn run(&self) -> Course<'_> {
        self.run_with(&session()).await
    }

    async fn run_with(&self, body: &Value) -> Course<'_> {
        let ada = self.app.user("ada@example.com").await;
        let session = ada.deliberate(body).await;
        let id = session["id"].as_str().unwrap();
        let list = async |what: &str| ada.result(id, what).await.as_array().unwrap().clone();
        let (contributions, votes) = (list("contributions").await, list("votes").await);
        let report = ada.get(&format!("/api/v1/sessions/{id}/report")).await.body["report"].clone();
        let events = ada.events(id).await;
        Course { session, events, report, contributions, votes, ada }
    }

    async fn visits(&self, schema: &str) -> Vec<Visit> {
        let journal = self.models.settled_journal().await.unwrap();
        journal.into_iter().filter(|visit| visit.schema == schema).collect()
    }
}

impl Course<'_> {
    fn id(&self) -> &str {
        self.session["id"].as_str().unwrap()
    }

    /// The data of every event of one type.
    fn of<'s>(&'s self, kind: &str) -> Vec<&'s Value> {
        self.events.iter().filter(|event| event["type"] == kind).map(|event| &event["data"]).collect()
    }

    /// Who is absent, from where and why; in the events and in the report the same.
    fn absences(&self) -> Vec<(&str, &str, &str)> {
        let short = |absence| {
            let text = |field: &str| Value::as_str(Value::get(absence, field).unwrap()).unwrap();
            (text("persona_code"), text("stage"), text("reason"))
        };
        let mut told: Vec<_> = self.of("seat.absent").into_iter().map(short).collect();
        told.sort_unstable();
        let mut listed: Vec<_> = self.report["absences"].as_array().into_iter().flatten().map(short).collect();
        listed.sort_unstable();
        if !self.report.is_null() {
            assert_eq!(told, listed, "events and report tell the same absences");
        }
        told
    }

    fn assert_whole(&self, what: &str) {
        let ends = (&self.session["status"], &self.session["outcome"], self.absences());
        assert_eq!(ends, (&json!("completed"), &json!("complete"), vec![]), "{what}: {}", self.session);
    }
}

/// The system message of a request, and the messages after it.
fn system(kind: ProviderKind, visit: &Visit) -> Value {
    match kind {
        ProviderKind::Anthropic => visit.body["system"].clone(),
        _ => visit.body["messages"][0].clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_runs_on_either_kind_of_provider() {
    for kind in KINDS {
        let scene = Scene::new(kind, &split(), |_| ()).await;
        let mut body = session();
        (body["mode"], body["max_rounds"]) = (json!("standard"), json!(1));
        let course = scene.run_with(&body).await;
        course.assert_whole(&format!("{kind:?}"));
        let session = &course.session;
        assert_eq!((&session["offline_demo"], &session["model"]), (&json!(false), &json!("scripted/mind")));
        assert_eq!(course.report["method"]["models"], json!(["scripted/mind"]));
        assert_eq!(course.report["method"]["offline_demo"], false);
        assert_eq!(course.of("session.started")[0]["offline_demo"], false);
        assert_eq!(course.of("problem.decomposed")[0]["decided_by"], "model");
        assert!(!course.of("facilitator.decided").is_empty() && course.votes.len() == SEATS.len());
        let all = json!([course.events, session, course.report]).to_string();
        assert!(!all.contains("offline demo") && !all.contains("\"offline\":true"), "{kind:?}");
        for said in &course.contributions {
            assert_eq!(said["offline"], false);
            assert_eq!(said["model"], "scripted/mind");
            assert!(said["tokens_in"].as_u64().unwrap() > 0 && said["tokens_out"].as_u64().unwrap() > 0, "{said}");
        }
        let listed = course.ada.get("/api/v1/models").await.body;
        assert_eq!((&listed["data"][0]["id"], &listed["data"][0]["offline"]), (&json!("scripted/mind"), &json!(false)));
        // Everything streams.
        let journal = scene.models.settled_journal().await.unwrap();
        assert!(journal.iter().all(|visit| visit.stream));
        assert!(!course.of("contribution.delta").is_empty(), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shared_part_of_the_prompt_comes_first_and_is_the_same_for_every_seat() {
    for kind in KINDS {
        let scene = Scene::new(kind, &split(), |_| ()).await;
        let mut body = session();
        body["mode"] = json!("standard");
        scene.run_with(&body).await;
        let mut systems: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for visit in scene.models.settled_journal().await.unwrap() {
            systems.entry(visit.schema.clone()).or_default().push(system(kind, &visit));
        }
        for schema in ["contribute", "facilitate", "vote"] {
            let all = &systems[schema];
            assert!(all.len() > 1 && all.iter().all(|one| *one == all[0]), "{kind:?} {schema}: {all:#?}");
            assert!(all[0].to_string().len() > 1_000, "{kind:?} {schema}: the rules are in it");
        }
        // The tools or the schema come before the system message where providers cache: they are the same as well.
        let visits = scene.visits("contribute").await;
        assert!(visits.iter().all(|visit| visit.body["tools"] == visits[0].body["tools"]));
        assert!(visits.iter().all(|visit| visit.body["response_format"] == visits[0].body["response_format"]));
        let user = |visit: &Visit| match &visit.body["messages"].as_array().unwrap().last().unwrap()["content"] {
            Value::String(text) => text.clone(),
            blocks => blocks[0]["text"].as_str().unwrap().to_owned(),
        };
        let (one, other) = (user(&visits[0]), user(&visits[1]));
        let shared: String = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
        assert!(shared.contains("Should we move our company to Lisbon?"), "the problem is shared too: {shared}");
    }
}
