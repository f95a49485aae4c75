//! `kill -9` at every step of a session, then a restart (BRD-20, BRD-21, BRD-23): the session finishes by itself, what
//! was recorded is neither repeated nor asked for again, and a resumed stream has every event exactly once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use quorate_testkit::models::{Act, Rule, ScriptedModels, Visit};
use quorate_testkit::{TestDatabase, on_both_databases};
use serde_json::{Value, json};

use crate::node::{Node, is_terminal};

fn problem() -> Value {
    json!({
        "problem_statement": "Should we move our 12-person company from Berlin to Lisbon within a year? Budget 200k euros",
        "mode": "standard",
        "personas": ["finance_strategist", "people_partner", "security_adversary"],
    })
}

/// Two sub-problems that go on side by side, seats that disagree, and answers slow enough to be killed in.
fn script() -> Vec<Rule> {
    let part = |title: &str| {
        json!({ "title": title, "goal": "Find out", "scope": "This", "proposal": format!("Do {title}"),
            "criteria": ["cost"], "depends_on": [], "complexity": 0.5 })
    };
    let slow = |act: Act| Act { delay_ms: Some(20), chunk_delay_ms: Some(3), ..act };
    let content = |value: Value| slow(Act { content: Some(value), ..Act::default() });
    let stance = |decision: &str| json!({ "stance": { "decision": decision, "confidence": 0.6, "reason": "So" } });
    vec![
        Rule::always(content(json!({ "sub_problems": [part("the first"), part("the second")] })))
            .for_schema("decompose"),
        Rule::always(content(stance("no"))).for_schema("contribute").containing("(code finance_strategist,"),
        Rule::always(content(stance("yes"))).for_schema("contribute"),
        Rule::always(content(json!({ "action": "continue", "speakers": [], "question": "And then?", "target": null })))
            .for_schema("facilitate"),
        Rule::always(slow(Act::default())),
    ]
}

/// What a session came to, without what differs from one to the next: ids, times, numbers of events.
#[derive(PartialEq)]
struct Result {
    contributions: Vec<Value>,
    votes: Vec<Value>,
    report: Value,
}

async fn result(node: &Node, id: &str) -> Result {
    let list = async |what: &str, fields: &[&str]| {
        let page = node.get(&format!("/api/v1/sessions/{id}/{what}?limit=200")).await;
        let pick = |item: &Value| fields.iter().map(|field| item[*field].clone()).collect::<Value>();
        let mut items: Vec<Value> = page["data"].as_array().unwrap().iter().map(pick).collect();
        items.sort_by_key(ToString::to_string);
        items
    };
    let contributions =
        list("contributions", &["sub_problem", "round", "seq", "ref", "type", "persona_code", "content", "stance"])
            .await;
    let votes = list("votes", &["sub_problem", "persona_code", "decision", "confidence", "reasoning", "flipped"]).await;
    let report = node.get(&format!("/api/v1/sessions/{id}/report")).await["report"].clone();
    Result { contributions, votes, report }
}

/// Every event once, in order, without a gap, to the terminal one.
fn check_sequence(events: &[Value]) {
    let sequences: Vec<i64> = events.iter().map(|event| event["sequence"].as_i64().unwrap()).collect();
    let expected: Vec<i64> = (1..=i64::try_from(events.len()).unwrap()).collect();
    assert_eq!(sequences, expected);
    assert!(is_terminal(events.last().unwrap()), "{:?}", events.last());
    assert_eq!(events.iter().filter(|event| is_terminal(event)).count(), 1);
}

/// What was recorded before the kill was asked for once in all.
fn check_journal(visits: &[Visit], events: &[Value], id: &str, killed: DateTime<Utc>) {
    let mut asked: BTreeMap<&str, usize> = BTreeMap::new();
    for visit in visits {
        let key = visit.idempotency_key.as_deref().unwrap();
        *asked.entry(key.strip_prefix(&format!("{id}/")).unwrap_or(key)).or_default() += 1;
    }
    for event in events {
        let at: DateTime<Utc> = event["timestamp"].as_str().unwrap().parse().unwrap();
        let data = &event["data"];
        let said = &data["contribution"];
        let key = match event["type"].as_str().unwrap() {
            "problem.decomposed" => "decompose".to_owned(),
            "contribution.recorded" if !said["persona_code"].is_null() => {
                format!(
                    "contribute/{}/{}/{}",
                    said["sub_problem"],
                    said["round"],
                    said["persona_code"].as_str().unwrap()
                )
            }
            "facilitator.decided" => format!("facilitate/{}/{}", data["sub_problem"], data["round"]),
            "vote.recorded" => format!("vote/{}/{}", data["sub_problem"], data["persona_code"].as_str().unwrap()),
            _ => continue,
        };
        let times = asked.get(key.as_str()).copied().unwrap_or_default();
        assert!(times >= 1, "{key} was recorded and never asked");
        assert!(at >= killed || times == 1, "{key} was recorded before the kill and asked {times} times");
    }
}

/// The steps to be killed at: the n-th event of a type.
const STEPS: [(&str, usize); 16] = [
    ("session.started", 1),
    ("problem.decomposed", 1),
    ("personas.selected", 2),
    ("contribution.delta", 3),
    ("contribution.recorded", 1),
    ("contribution.recorded", 5),
    ("round.measured", 1),
    ("facilitator.decided", 1),
    ("contribution.recorded", 9),
    ("voting.started", 1),
    ("vote.recorded", 1),
    ("votes.counted", 2),
    ("synthesis.started", 2),
    ("report.section", 3),
    ("synthesis.recorded", 1),
    ("synthesis.recorded", 3),
];

on_both_databases! {
    async fn a_killed_server_goes_on_where_it_was(database: TestDatabase) {
        let models = ScriptedModels::start().await.unwrap();
        models.script(&script()).await.unwrap();
        let mut node = Node::start(&database, &models).await;

        let id = node.convene(&problem()).await;
        let events = node.watch(&id, 0, is_terminal).await;
        check_sequence(&events);
        let undisturbed = result(&node, &id).await;
        assert_eq!(events.last().unwrap()["type"], "session.completed");
        assert!(undisturbed.contributions.len() >= 12, "{:#?}", undisturbed.contributions);
        assert_eq!(undisturbed.votes.len(), 6);

        for (kind, nth) in STEPS {
            models.clear_journal().await.unwrap();
            let id = node.convene(&problem()).await;
            let mut seen = 0;
            let mut events = node
                .watch(&id, 0, |event| {
                    seen += usize::from(event["type"] == kind);
                    seen == nth || is_terminal(event)
                })
                .await;
            node.kill();
            let killed = now();
            assert_eq!(seen, nth, "the session has no {nth}. {kind}");
            node.launch().await;
            let last = events.last().unwrap()["sequence"].as_i64().unwrap();
            events.extend(node.watch(&id, last, is_terminal).await);

            check_sequence(&events);
            let result = result(&node, &id).await;
            // Compared part by part: a difference in the whole is too long to be read.
            for (now, before) in result.contributions.iter().chain(&result.votes).zip(undisturbed.contributions.iter().chain(&undisturbed.votes)) {
                assert_eq!(now, before, "killed at the {nth}. {kind}");
            }
            assert!(result == undisturbed, "killed at the {nth}. {kind}: {:#}", result.report);
            check_journal(&models.journal().await.unwrap(), &events, &id, killed);
        }
    }

    async fn an_orderly_stop_hands_the_session_over(database: TestDatabase) {
        let models = ScriptedModels::start().await.unwrap();
        models.script(&script()).await.unwrap();
        let mut node = Node::start(&database, &models).await;
        let id = node.convene(&problem()).await;
        let mut events = node.watch(&id, 0, |event| event["type"] == "contribution.recorded").await;
        node.terminate().await;
        node.launch().await;
        let last = events.last().unwrap()["sequence"].as_i64().unwrap();
        events.extend(node.watch(&id, last, is_terminal).await);
        check_sequence(&events);
        assert_eq!(events.last().unwrap()["type"], "session.completed");
    }
}

#[expect(clippy::disallowed_methods, reason = "compared with the times of another process's clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_takes_over_and_the_stream_goes_on_there() {
    let database = TestDatabase::postgres().await.unwrap();
    let models = ScriptedModels::start().await.unwrap();
    models.script(&script()).await.unwrap();
    let mut first = Node::start(&database, &models).await;
    let id = first.convene(&problem()).await;
    // The first node has the job before the second one is there.
    let mut events = first.watch(&id, 0, |event| event["type"] == "contribution.recorded").await;
    let second = first.beside(&database, &models).await;
    let last = events.last().unwrap()["sequence"].as_i64().unwrap();
    first.kill();
    events.extend(second.watch(&id, last, is_terminal).await);
    check_sequence(&events);
    assert_eq!(events.last().unwrap()["type"], "session.completed", "{:?}", events.last());
}
