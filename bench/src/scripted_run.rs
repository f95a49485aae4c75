//! Sessions on a scripted model whose every answer takes a fixed time: the shortest possible session is known, and
//! what a session takes beyond it is the engine's overhead.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hyper::Method;
use hyper::body::Bytes;
use quorate_testkit::models::{Act, Rule, Visit, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use crate::client::{Caller, Connection};
use crate::database::Engine;
use crate::engine::{MODES, deliberate, median, ms, problem};
use crate::report::Section;
use crate::server::{Binary, Home, Server};

/// How long each answer of the model takes.
const DELAY: Duration = Duration::from_millis(200);
/// Who sits on the board. Fewer than a session may ask at once, so that a round is one wait.
const SEATS: [&str; 5] =
    ["finance_strategist", "people_partner", "evidence_sceptic", "security_adversary", "product_strategist"];

/// Each mode on each database.
pub(crate) async fn measure(binary: &Binary, databases: &[Engine], sessions: u32) -> Result<Section> {
    let columns = [
        "Session",
        "Database",
        "Contributions",
        "Calls",
        "of them in sequence",
        "Ideal",
        "Median",
        "Overhead",
        "Per call in sequence",
        "Per contribution",
    ];
    let mut section = Section::new("A session on a model that takes 200 ms for each answer", &columns);
    let model = Model::start().await?;
    for &engine in databases {
        let database = engine.fresh().await?;
        let home = Home::new(database.url(), &model.config())?;
        let (server, _) = Server::start(binary, &home).await?;
        let caller = Caller::register(server.address()).await?;
        for mode in MODES {
            section.row(row(&model, &caller, engine, mode, sessions).await?);
        }
        server.stop().await?;
    }
    section.note(format!(
        "Five seats, one sub-problem, {sessions} sessions per row. The ideal is the number of calls that must wait for \
         each other (decompose, one per round, one per decision of the facilitator, the votes, the report) times \
         200 ms, counted in the scripted model's journal. The overhead is the median's difference to it: prompts, \
         HTTP, parsing, transactions, the gathering of live pieces."
    ));
    Ok(section)
}

async fn row(model: &Model, caller: &Caller, engine: Engine, mode: &str, sessions: u32) -> Result<Vec<String>> {
    let mut body = problem(mode);
    body["personas"] = json!(SEATS);
    deliberate(caller, &body).await?;
    let mut walls = Vec::new();
    let mut shape = None;
    for _ in 0..sessions {
        model.forget().await?;
        let course = deliberate(caller, &body).await?;
        let keys = model.keys(&course.id).await?;
        let now = (course.contributions, keys.len(), waits(&keys));
        ensure!(shape.is_none_or(|before| before == now), "sessions differ: {now:?} after {shape:?}");
        shape = Some(now);
        walls.push(course.wall);
    }
    let (contributions, calls, waits) = shape.context("no session was run")?;
    let waits = u32::try_from(waits)?;
    let ideal = DELAY * waits;
    let median = median(walls);
    let overhead = median.checked_sub(ideal).context("a session was quicker than its model")?;
    Ok(vec![
        mode.to_owned(),
        engine.name().to_owned(),
        contributions.to_string(),
        calls.to_string(),
        waits.to_string(),
        ms(ideal),
        ms(median),
        ms(overhead),
        ms(overhead / waits.max(1)),
        ms(overhead / u32::try_from(contributions.max(1))?),
    ])
}

/// How many calls must wait for each other. Those of one round, and the votes, need not.
fn waits(keys: &[String]) -> usize {
    let stage = |key: &String| {
        let parts: Vec<&str> = key.split('/').collect();
        match parts.as_slice() {
            ["contribute", sub_problem, round, _] => format!("contribute/{sub_problem}/{round}"),
            ["vote", sub_problem, _] => format!("vote/{sub_problem}"),
            _ => key.clone(),
        }
    };
    keys.iter().map(stage).collect::<BTreeSet<_>>().len()
}

/// The testkit's scripted model, in this process: while it serves, the benchmark only waits.
struct Model {
    address: SocketAddr,
    _serving: AbortOnDropHandle<()>,
}

impl Model {
    /// Starts it with its script.
    async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let serving = AbortOnDropHandle::new(tokio::spawn(async move {
            // Should it end early, the sessions fail and say so.
            let _ = serve(listener).await;
        }));
        let model = Self { address, _serving: serving };
        let rules = serde_json::to_vec(&script())?;
        model.ask(Method::POST, "/_script", rules.into()).await?;
        Ok(model)
    }

    fn config(&self) -> String {
        format!(
            "[[models.providers]]\nname = 'scripted'\nkind = 'openai-compatible'\nbase_url = 'http://{}/v1'\n\
             api_key = 'sk-scripted'\n[[models.routes]]\nname = 'default'\ntargets = ['scripted/mind']\n",
            self.address
        )
    }

    async fn forget(&self) -> Result<()> {
        self.ask(Method::DELETE, "/_journal", Bytes::new()).await.map(drop)
    }

    /// What was asked for a session: the idempotency keys, without the session's id.
    async fn keys(&self, id: &str) -> Result<Vec<String>> {
        let journal = self.ask(Method::GET, "/_journal", Bytes::new()).await?;
        let visits: Vec<Visit> = serde_json::from_slice(&journal)?;
        let keys = visits.into_iter().map(|visit| visit.idempotency_key.context("a call without a key"));
        let own = |key: Result<String>| {
            let key = key?;
            let own = key.strip_prefix(&format!("{id}/")).with_context(|| format!("{key} is of another session"))?;
            ensure!(!own.ends_with("/repair"), "the scripted model's answer to {own} had to be repaired");
            Ok(own.to_owned())
        };
        keys.map(own).collect()
    }

    async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Bytes> {
        let mut connection: Connection = Caller::anonymous(self.address).connect().await?;
        let (status, answer) = connection.exchange(method, path, body).await?;
        ensure!(status.is_success(), "the scripted model: {status} {}", String::from_utf8_lossy(&answer));
        Ok(answer)
    }
}

/// One sub-problem, seats that disagree so that discussion goes on, and the same time for every answer.
fn script() -> Vec<Rule> {
    let act = |content: Option<Value>| Act { delay_ms: Some(200), content, ..Act::default() };
    let part = json!({ "title": "The move", "goal": "Find out", "scope": "This", "proposal": "Move to Lisbon",
        "criteria": ["cost"], "depends_on": [], "complexity": 0.5,
            "form": "proposal", "door": "two_way" });
    let stance = |decision: &str| json!({ "stance": { "decision": decision, "confidence": 0.6, "reason": "So" } });
    let go_on = json!({ "action": "continue", "speakers": [], "question": "And then?", "target": null });
    vec![
        Rule::always(act(Some(json!({ "sub_problems": [part] })))).for_schema("decompose"),
        Rule::always(act(Some(stance("no")))).for_schema("contribute").containing("(code finance_strategist,"),
        Rule::always(act(Some(stance("no")))).for_schema("contribute").containing("(code evidence_sceptic,"),
        Rule::always(act(Some(stance("yes")))).for_schema("contribute"),
        Rule::always(act(Some(go_on))).for_schema("facilitate"),
        Rule::always(act(None)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_one_round_are_one_wait() {
        let keys = ["decompose", "contribute/0/0/a", "contribute/0/0/b", "facilitate/0/0", "contribute/0/1/a"];
        let keys = keys.into_iter().chain(["contribute/0/1/b", "vote/0/a", "vote/0/b", "synthesize"]);
        assert_eq!(waits(&keys.map(str::to_owned).collect::<Vec<_>>()), 6);
    }
}
