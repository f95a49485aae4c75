//! This server: the release build as a child process, an offline database, and a key that is made as anybody makes one.
//! Key check, limits, reservation, routing and ledger are on.

use anyhow::{Context, Result};
use serde_json::json;

use super::{Kept, Running, SERVER_CORE};
use crate::client::Caller;
use crate::database::Engine;
use crate::gateway::process::Tree;
use crate::gateway::upstream::{BAD, GOOD, Upstream};
use crate::gateway::way::Way;
use crate::server::{Binary, Home, Server};

/// So high that no load meets it, so that it is counted and never reached.
const REQUESTS_PER_MINUTE: u64 = 100_000_000;
/// A million dollars.
const MONTHLY_BUDGET: u64 = 1_000_000_000_000;

pub(super) async fn start(upstream: &Upstream, binary: Option<&Binary>) -> Result<Running> {
    let binary = match binary {
        Some(binary) => binary.clone(),
        None => Binary::find(None)?,
    };
    let database = Engine::Sqlite.fresh().await?;
    let home = Home::new(database.url(), &config(upstream))?;
    let (server, _) = Server::start(&binary, &home).await?;
    let key = make_key(&server).await.context("no key can be made")?;
    server.stop().await?;
    // What is measured runs on a database that exists, and has not hashed a password.
    let (server, start_up) = Server::start_on(SERVER_CORE, &binary, &home).await?;
    let pid = server.pid()?;
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let idle = Tree(pid).resident()?;
    let chat = Way::new(server.address(), "bench", Some(&key))?;
    Ok(Running {
        server: Tree(pid),
        failover: Some(chat.clone().model("failover")),
        cached: Some(chat.clone().model("cached")),
        down: Some(chat.clone().model("down")),
        chat,
        start_up: Some(start_up),
        idle: Some(idle),
        kept: Kept::Server(Box::new((server, home, database))),
    })
}

fn config(upstream: &Upstream) -> String {
    let provider = |name: &str| {
        format!(
            "[[models.providers]]\nname = '{name}'\nkind = 'openai-compatible'\nbase_url = '{}'\n\
             api_key = 'sk-mock'\n",
            upstream.base(name)
        )
    };
    // What costs something is set aside before and settled after.
    let price = |target: &str| format!("[[models.prices]]\nmodel = '{target}'\ninput = 1.0\noutput = 1.0\n");
    format!(
        "[models.retries]\nattempts = 1\n{}{}{}{}\
         [[models.providers]]\nname = 'down'\nkind = 'openai-compatible'\nbase_url = 'http://127.0.0.1:1/v1'\n\
         [[models.routes]]\nname = 'down'\ntargets = ['down/bench']\n\
         [[models.routes]]\nname = 'default'\ntargets = ['{GOOD}/bench']\n\
         [[models.routes]]\nname = 'bench'\ntargets = ['{GOOD}/bench']\n\
         [[models.routes]]\nname = 'failover'\ntargets = ['{BAD}/bench', '{GOOD}/bench']\n\
         [[models.routes]]\nname = 'cached'\ntargets = ['{GOOD}/bench']\ncache = true\n",
        provider(GOOD),
        provider(BAD),
        price(&format!("{GOOD}/bench")),
        price(&format!("{BAD}/bench"))
    )
}

async fn make_key(server: &Server) -> Result<String> {
    let owner = Caller::operator(server).await?;
    let wanted = json!({
        "name": "bench",
        "environment": "test",
        "scopes": ["model:read", "model:use"],
        "requests_per_minute": REQUESTS_PER_MINUTE,
        "monthly_budget_microusd": MONTHLY_BUDGET,
    });
    let made = owner.connect().await?.post("/api/v1/keys", &wanted).await?;
    Ok(made["token"].as_str().context("the answer has no token")?.to_owned())
}
