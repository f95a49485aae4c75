//! `kill -9` at every step of a session, then a restart (BRD-20, BRD-21, BRD-23): the session finishes by itself, what
//! was recorded is neither repeated nor asked for again, and a resumed stream has every event exactly once.
//!
//! The scripted models answer by the request alone. The same result therefore also means that the prompts were the
//! same, down to the last character.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use quorate_testkit::databases::{POSTGRES, run_on};
use quorate_testkit::models::{Act, Rule, ScriptedModels, Visit};
use quorate_testkit::{TestDatabase, on_both_databases};
use serde_json::{Value, json};

use crate::node::{Node, is_terminal};

const SEATS: [&str; 4] = ["finance_strategist", "people_partner", "security_adversary", "forecaster"];

fn problem() -> Value {
    json!({
        "problem_statement": "Should we move our 12-person company from Berlin to Lisbon within a year? Budget 200k euros",
        "mode": "standard",
    })
}

/// Two sub-problems that go on side by side, seats that disagree, a round with a lead and one without, and answers slow
/// enough to be killed in.
fn script() -> Vec<Rule> {
    let part = |title: &str| {
        json!({ "title": title, "goal": "Find out", "scope": "This", "proposal": format!("Do {title}"),
            "criteria": ["cost"], "depends_on": [], "complexity": 0.5,
            "form": "proposal", "door": "two_way" })
    };
    let slow = |act: Act| Act { delay_ms: Some(20), chunk_delay_ms: Some(3), ..act };
    let content = |value: Value| slow(Act { content: Some(value), ..Act::default() });
    let stance = |decision: &str| json!({ "stance": { "decision": decision, "confidence": 0.6, "reason": "So" } });
    let seats = SEATS.map(|code| json!({ "code": code, "reason": "Needed" }));
    let next = |action: &str, speakers: &[&str]| {
        let decided = json!({ "action": action, "speakers": speakers, "question": "And then?", "target": null });
        Rule::always(content(decided)).for_schema("facilitate")
    };
    vec![
        Rule::always(content(json!({ "sub_problems": [part("the first"), part("the second")] })))
            .for_schema("decompose"),
        Rule::always(content(json!({ "seats": seats }))).for_schema("select"),
        Rule::always(content(stance("no"))).for_schema("contribute").containing("(code finance_strategist,"),
        Rule::always(content(stance("yes"))).for_schema("contribute"),
        next("challenge", &["people_partner"]).containing("The state after round 0"),
        next("continue", &[]),
        Rule::always(slow(Act::default())),
    ]
}

/// What a session came to, without what differs from one to the next: ids, times, numbers of events. And what was asked
/// for it: the hash of each request's body, by the step.
#[derive(PartialEq)]
struct Outcome {
    contributions: Vec<Value>,
    votes: Vec<Value>,
    report: Value,
    prompts: BTreeMap<String, String>,
}

async fn outcome(node: &Node, id: &str, visits: &[Visit]) -> Outcome {
    let list = async |what: &str, fields: &[&str]| {
        let pick = |item: &Value| fields.iter().map(|field| item[*field].clone()).collect::<Value>();
        let mut items: Vec<Value> = node.list(id, what).await.iter().map(pick).collect();
        items.sort_by_key(ToString::to_string);
        items
    };
    let said =
        ["sub_problem", "round", "seq", "ref", "type", "persona_code", "content", "stance", "model", "tokens_in"];
    let ballots = ["sub_problem", "persona_code", "decision", "confidence", "reasoning", "conditions", "flipped"];
    Outcome {
        contributions: list("contributions", &said).await,
        votes: list("votes", &ballots).await,
        report: node.get(&format!("/api/v1/sessions/{id}/report")).await["report"].clone(),
        prompts: prompts(visits, id),
    }
}

impl Outcome {
    /// Compared part by part: a difference in the whole is too long to be read.
    fn assert_is(&self, expected: &Self, when: &str) {
        assert_eq!(self.prompts, expected.prompts, "{when}");
        for (now, before) in self.contributions.iter().zip(&expected.contributions) {
            assert_eq!(now, before, "{when}");
        }
        for (now, before) in self.votes.iter().zip(&expected.votes) {
            assert_eq!(now, before, "{when}");
        }
        assert!(self == expected, "{when}: {:#}", self.report);
    }
}

/// The step that a request was made for.
fn step<'v>(visit: &'v Visit, id: &str) -> &'v str {
    let key = visit.idempotency_key.as_deref().unwrap();
    key.strip_prefix(id).and_then(|rest| rest.strip_prefix('/')).unwrap_or_else(|| panic!("{key} is not of {id}"))
}

/// What was asked, by the step. Whoever is asked again is asked the same.
fn prompts(visits: &[Visit], id: &str) -> BTreeMap<String, String> {
    let mut prompts = BTreeMap::new();
    for visit in visits {
        let before = prompts.insert(step(visit, id).to_owned(), visit.body_hash.clone());
        assert!(before.is_none_or(|before| before == visit.body_hash), "{} was asked otherwise", step(visit, id));
    }
    prompts
}

/// The step whose answer an event records.
fn recorded(event: &Value) -> Option<String> {
    let data = &event["data"];
    let part = &data["sub_problem"];
    let code = |value: &Value| value["persona_code"].as_str().map(str::to_owned);
    Some(match event["type"].as_str().unwrap() {
        "problem.decomposed" => "decompose".to_owned(),
        "personas.selected" => format!("select/{part}"),
        "contribution.recorded" => {
            let said = &data["contribution"];
            format!("contribute/{}/{}/{}", said["sub_problem"], said["round"], code(said)?)
        }
        "facilitator.decided" => format!("facilitate/{part}/{}", data["round"]),
        "vote.recorded" => format!("vote/{part}/{}", code(data)?),
        "synthesis.recorded" if part.is_null() => "synthesize".to_owned(),
        "synthesis.recorded" => format!("synthesize/{part}"),
        _ => return None,
    })
}

/// What was recorded before each interruption was asked for once in all, and what was not, once more at most for each.
fn check_asked(visits: &[Visit], events: &[Value], id: &str, interrupted: &[DateTime<Utc>]) {
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for visit in visits {
        *asked.entry(step(visit, id).to_owned()).or_default() += 1;
    }
    let mut answered = BTreeSet::new();
    for (event, step) in events.iter().filter_map(|event| Some((event, recorded(event)?))) {
        let at: DateTime<Utc> = event["timestamp"].as_str().unwrap().parse().unwrap();
        let times = asked.get(&step).copied().unwrap_or_default();
        let most = 1 + interrupted.iter().filter(|time| **time <= at).count();
        assert!((1..=most).contains(&times), "{step}, recorded at {at}, was asked {times} times and not {most}");
        assert!(answered.insert(step.clone()), "{step} was recorded twice");
    }
    assert_eq!(answered, asked.into_keys().collect(), "what is asked is recorded");
}

/// Every event once, in order, without a gap, to the terminal one; and the log and the lists say the same.
async fn check_story(node: &Node, id: &str, events: &[Value]) {
    let sequences: Vec<i64> = events.iter().map(|event| event["sequence"].as_i64().unwrap()).collect();
    let expected: Vec<i64> = (1..=i64::try_from(events.len()).unwrap()).collect();
    assert_eq!(sequences, expected);
    assert_eq!(events.last().unwrap()["type"], "session.completed", "{:?}", events.last());
    assert_eq!(events.iter().filter(|event| is_terminal(event)).count(), 1);
    assert!(node.events(id).await == events, "the log is what was streamed");

    let ids = |items: &[Value]| items.iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
    let of = |kind: &'static str| events.iter().filter(move |event| event["type"] == kind).map(|event| &event["data"]);
    let said: Vec<Value> = of("contribution.recorded").map(|data| data["contribution"].clone()).collect();
    assert_eq!(ids(&said), ids(&node.list(id, "contributions").await));
    let votes: Vec<Value> = of("vote.recorded").cloned().collect();
    assert_eq!(ids(&votes), ids(&node.list(id, "votes").await));
    let all = [ids(&said), ids(&votes)].concat();
    assert_eq!(all.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len(), all.len(), "no id is there twice");
    check_pieces(events);
}

/// After its last start, what was heard of a contribution is how it begins, and no section of a report comes twice.
fn check_pieces(events: &[Value]) {
    let mut heard: BTreeMap<String, String> = BTreeMap::new();
    let mut sections: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for event in events {
        let data = &event["data"];
        match event["type"].as_str().unwrap() {
            "contribution.started" => drop(heard.insert(data["contribution_id"].to_string(), String::new())),
            "contribution.delta" => heard
                .get_mut(&data["contribution_id"].to_string())
                .expect("who is heard has started")
                .push_str(data["text"].as_str().unwrap()),
            "contribution.recorded" => {
                let said = &data["contribution"];
                if let Some(pieces) = heard.remove(&said["id"].to_string()) {
                    assert!(said["content"].as_str().unwrap().starts_with(pieces.trim()), "{pieces:?} begins {said}");
                }
            }
            "synthesis.started" => drop(sections.insert(data["sub_problem"].to_string(), BTreeSet::new())),
            "report.section" => {
                let report = sections.get_mut(&data["sub_problem"].to_string()).expect("its writing has started");
                assert!(report.insert(data["section"].to_string()), "a section comes twice: {event}");
            }
            _ => {}
        }
    }
    assert!(heard.is_empty(), "whoever started was recorded: {heard:?}");
}

/// The steps to be killed at: the n-th event of a type.
const DELIBERATION: [(&str, usize); 10] = [
    ("session.started", 1),
    ("problem.decomposed", 1),
    ("personas.selected", 1),
    ("personas.selected", 2),
    ("contribution.delta", 3),
    ("contribution.recorded", 1),
    ("contribution.recorded", 6),
    ("round.measured", 1),
    ("facilitator.decided", 1),
    ("contribution.recorded", 14),
];
const RESULT: [(&str, usize); 8] = [
    ("facilitator.decided", 3),
    ("voting.started", 1),
    ("vote.recorded", 1),
    ("votes.counted", 2),
    ("synthesis.started", 2),
    ("report.section", 3),
    ("synthesis.recorded", 1),
    ("synthesis.recorded", 3),
];

async fn scripted() -> ScriptedModels {
    let models = ScriptedModels::start().await.unwrap();
    models.script(&script()).await.unwrap();
    models
}

/// A session that nothing happens to.
async fn undisturbed(node: &Node, models: &ScriptedModels) -> Outcome {
    models.clear_journal().await.unwrap();
    let id = node.convene(&problem()).await;
    let events = node.watch(&id, 0, is_terminal).await;
    check_story(node, &id, &events).await;
    let visits = models.settled_journal().await.unwrap();
    check_asked(&visits, &events, &id, &[]);
    let outcome = outcome(node, &id, &visits).await;
    // Four seats, three rounds, two sub-problems; and the facilitator between them.
    assert_eq!(outcome.contributions.len(), 4 * 3 * 2 + 2 * 2, "{:#?}", outcome.contributions);
    assert_eq!(outcome.votes.len(), 4 * 2);
    outcome
}

async fn kill_at_each(database: TestDatabase, steps: &[(&str, usize)]) {
    let models = scripted().await;
    let mut node = Node::start(&database, &models).await;
    let undisturbed = undisturbed(&node, &models).await;
    let mut asked_again = 0;
    for (kind, nth) in steps {
        let when = format!("killed at the {nth}. {kind}");
        models.clear_journal().await.unwrap();
        let id = node.convene(&problem()).await;
        let mut seen = 0;
        let mut events = node
            .watch(&id, 0, |event| {
                seen += usize::from(event["type"] == *kind);
                seen == *nth || is_terminal(event)
            })
            .await;
        node.kill();
        let killed = now();
        assert_eq!(seen, *nth, "the session has no {nth}. {kind}");
        assert!(!is_terminal(events.last().unwrap()), "{when}: it was over already");
        node.launch().await;
        let last = events.last().unwrap()["sequence"].as_i64().unwrap();
        events.extend(node.watch(&id, last, is_terminal).await);

        check_story(&node, &id, &events).await;
        let visits = models.settled_journal().await.unwrap();
        check_asked(&visits, &events, &id, &[killed]);
        outcome(&node, &id, &visits).await.assert_is(&undisturbed, &when);
        asked_again += visits.len() - undisturbed.prompts.len();
    }
    assert!(asked_again > 0, "nothing was under way at any of the kills, so they proved little");
}

on_both_databases! {
    async fn a_server_killed_while_the_board_talks_goes_on_where_it_was(database: TestDatabase) {
        kill_at_each(database, &DELIBERATION).await;
    }

    async fn a_server_killed_at_the_vote_or_the_report_goes_on_where_it_was(database: TestDatabase) {
        kill_at_each(database, &RESULT).await;
    }

    async fn a_server_that_is_killed_again_and_again_gets_there(database: TestDatabase) {
        let models = scripted().await;
        let mut node = Node::start(&database, &models).await;
        let undisturbed = undisturbed(&node, &models).await;
        models.clear_journal().await.unwrap();
        let id = node.convene(&problem()).await;
        let (mut events, mut killed): (Vec<Value>, Vec<DateTime<Utc>>) = (Vec::new(), Vec::new());
        for _ in 0..6 {
            let last = events.last().map_or(0, |event: &Value| event["sequence"].as_i64().unwrap());
            let mut answers = 0;
            let enough = |event: &Value| {
                answers += usize::from(recorded(event).is_some());
                answers == 4 || is_terminal(event)
            };
            events.extend(node.watch(&id, last, enough).await);
            node.kill();
            killed.push(now());
            node.launch().await;
        }
        let last = events.last().unwrap()["sequence"].as_i64().unwrap();
        events.extend(node.watch(&id, last, is_terminal).await);
        check_story(&node, &id, &events).await;
        let visits = models.settled_journal().await.unwrap();
        check_asked(&visits, &events, &id, &killed);
        outcome(&node, &id, &visits).await.assert_is(&undisturbed, "killed six times");
    }

    async fn an_orderly_stop_hands_the_session_over(database: TestDatabase) {
        let models = scripted().await;
        let mut node = Node::start(&database, &models).await;
        let undisturbed = undisturbed(&node, &models).await;
        models.clear_journal().await.unwrap();
        let id = node.convene(&problem()).await;
        let mut events = node.watch(&id, 0, |event| event["type"] == "contribution.recorded").await;
        let last = events.last().unwrap()["sequence"].as_i64().unwrap();
        // A reader who is there at the stop is sent away at once, and holds nothing up.
        let (url, token, http) = (node.url(&format!("/api/v1/sessions/{id}/stream")), node.token.clone(), node.http.clone());
        let reader = http.get(url).header("accept", "text/event-stream").header("last-event-id", last.to_string());
        let open = reader.bearer_auth(token).send().await.unwrap();
        let asked_to_stop = Instant::now();
        node.terminate().await;
        let interrupted = now();
        assert!(asked_to_stop.elapsed() < Duration::from_secs(10), "{:?}", asked_to_stop.elapsed());
        let rest = tokio::time::timeout(Duration::from_secs(5), open.text()).await;
        assert!(!rest.expect("the stream has ended").unwrap_or_default().contains("session.completed"));

        let restarted = Instant::now();
        node.launch().await;
        events.extend(node.watch(&id, last, is_terminal).await);
        assert!(restarted.elapsed() < Duration::from_secs(20), "{:?}", restarted.elapsed());
        check_story(&node, &id, &events).await;
        let visits = models.settled_journal().await.unwrap();
        check_asked(&visits, &events, &id, &[interrupted]);
        outcome(&node, &id, &visits).await.assert_is(&undisturbed, "stopped in order");
    }
}

#[expect(clippy::disallowed_methods, reason = "compared with the times of another process's clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

#[test]
fn another_node_takes_over_and_the_stream_goes_on_there() {
    run_on(POSTGRES, async |database| {
        let models = scripted().await;
        let mut first = Node::start(&database, &models).await;
        let undisturbed = undisturbed(&first, &models).await;
        models.clear_journal().await.unwrap();
        let id = first.convene(&problem()).await;
        // The first node has the job before the second one is there.
        let mut events = first.watch(&id, 0, |event| event["type"] == "contribution.recorded").await;
        let second = first.beside(&database, &models).await;
        let last = events.last().unwrap()["sequence"].as_i64().unwrap();
        first.kill();
        let killed = now();
        events.extend(second.watch(&id, last, is_terminal).await);
        check_story(&second, &id, &events).await;
        let visits = models.settled_journal().await.unwrap();
        check_asked(&visits, &events, &id, &[killed]);
        outcome(&second, &id, &visits).await.assert_is(&undisturbed, "taken over");
    });
}

/// Worse than a dead node: one that does not know that it has lost the session.
#[test]
fn a_node_that_wakes_up_late_does_not_write_any_more() {
    run_on(POSTGRES, async |database| {
        let models = scripted().await;
        let first = Node::start(&database, &models).await;
        let undisturbed = undisturbed(&first, &models).await;
        models.clear_journal().await.unwrap();
        let id = first.convene(&problem()).await;
        let mut events = first.watch(&id, 0, |event| event["type"] == "contribution.recorded").await;
        stun_between_transactions(&database, &first).await;
        let stunned = now();
        let second = first.beside(&database, &models).await;
        let last = events.last().unwrap()["sequence"].as_i64().unwrap();
        // What the first one had said before it was stunned comes too; the second one is heard after that.
        let after = |event: &Value| event["timestamp"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap() > stunned;
        let taken_over = |event: &Value| event["type"] == "contribution.recorded" && after(event);
        events.extend(second.watch(&id, last, taken_over).await);
        first.wake();
        let last = events.last().unwrap()["sequence"].as_i64().unwrap();
        events.extend(second.watch(&id, last, is_terminal).await);
        check_story(&second, &id, &events).await;
        // The second node asks once more for what was under way; the first one, awake, may ask for its next steps
        // until it is told, but what comes of it is not recorded.
        let visits = models.settled_journal().await.unwrap();
        check_asked(&visits, &events, &id, &[stunned, stunned]);
        outcome(&second, &id, &visits).await.assert_is(&undisturbed, "taken over from a stunned node");
        assert!(!first.log().contains("panicked"), "{}", first.log());
    });
}

/// Holds a node still while it has no transaction open: its locks would stay for as long as it does.
async fn stun_between_transactions(database: &TestDatabase, node: &Node) {
    let store = database.open().await.unwrap();
    loop {
        node.stun();
        let mut tx = store.system_read("whether the stunned node holds locks").await.unwrap();
        let open: i64 = tx
            .sql(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = current_schema() \
                 AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()",
            )
            .scalar()
            .await
            .unwrap();
        if open == 0 {
            return;
        }
        node.wake();
        tokio::time::sleep(Duration::from_millis(7)).await;
    }
}
