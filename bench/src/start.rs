//! Start-up time: from the spawn of the process to the first 200 of `/api/health` (GTW-33).

use std::time::Duration;

use anyhow::Result;

use crate::client::Caller;
use crate::database::Engine;
use crate::engine;
use crate::report::Section;
use crate::server::{Binary, Home, Server};

/// Sessions in the data directory that counts as existing.
const SESSIONS: usize = 20;

/// Starts with nothing, and with what a server before has left.
pub(crate) async fn measure(binary: &Binary, databases: &[Engine], times: u32) -> Result<Section> {
    let columns = ["Start to first healthy answer", "Median", "Least", "Most", "Starts"];
    let mut section = Section::new("Start-up time", &columns);
    for &engine in databases {
        let empty = empty(binary, engine, times).await?;
        section.row(row(&format!("{}, empty", engine.name()), empty));
        let existing = existing(binary, engine, times).await?;
        section.row(row(&format!("{}, existing data", engine.name()), existing));
    }
    section.note(format!(
        "Empty: the schema, the keys and the first operator's link are made. Existing: a server has stopped in good \
         order after {SESSIONS} sessions. Required: at most 150 ms with an existing database (GTW-33). The files are \
         in the system's cache."
    ));
    Ok(section)
}

async fn empty(binary: &Binary, engine: Engine, times: u32) -> Result<Vec<Duration>> {
    let mut took = Vec::new();
    for _ in 0..times {
        let database = engine.fresh().await?;
        let home = Home::new(database.url(), "")?;
        let (server, time) = Server::start(binary, &home).await?;
        server.kill().await?;
        took.push(time);
    }
    Ok(took)
}

async fn existing(binary: &Binary, engine: Engine, times: u32) -> Result<Vec<Duration>> {
    let database = engine.fresh().await?;
    let home = Home::new(database.url(), engine::UNLIMITED)?;
    let (server, _) = Server::start(binary, &home).await?;
    let caller = Caller::register(server.address()).await?;
    for _ in 0..SESSIONS {
        engine::deliberate(&caller, &engine::problem("quick")).await?;
    }
    server.stop().await?;
    let mut took = Vec::new();
    for _ in 0..times {
        let (server, time) = Server::start(binary, &home).await?;
        server.stop().await?;
        took.push(time);
    }
    Ok(took)
}

fn row(name: &str, mut took: Vec<Duration>) -> Vec<String> {
    took.sort();
    let show = |time: Option<&Duration>| {
        time.map_or_else(|| "–".to_owned(), |time| format!("{:.0} ms", time.as_secs_f64() * 1_000.0))
    };
    vec![name.to_owned(), show(took.get(took.len() / 2)), show(took.first()), show(took.last()), took.len().to_string()]
}
