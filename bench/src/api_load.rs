//! Reads and writes of the API a second, with their latencies, over kept connections (OPS-11).

use std::time::Duration;

use anyhow::{Context, Result};
use hyper::Method;
use quorate_testkit::TestDatabase;

use crate::client::Caller;
use crate::database::Engine;
use crate::engine;
use crate::load::{Load, Shot, closed_loop};
use crate::report::Section;
use crate::server::{Binary, Home, Server};

const CONNECTIONS: [usize; 3] = [1, 8, 64];

/// Each kind of request at each number of connections on each database.
pub(crate) async fn measure(binary: &Binary, databases: &[Engine], seconds: u64) -> Result<Section> {
    let columns =
        ["Request", "Database", "Connections", "Requests/s", "p50", "p95", "p99", "Most", "Server CPU per request"];
    let mut section = Section::new("API under load", &columns);
    let times = (Duration::from_secs((seconds / 6).max(1)), Duration::from_secs(seconds));
    for &engine in databases {
        let database = engine.fresh().await?;
        let home = Home::new(database.url(), engine::UNLIMITED)?;
        let (server, _) = Server::start(binary, &home).await?;
        let caller = Caller::register(server.address()).await?;
        let id = engine::deliberate(&caller, &engine::problem("standard")).await?.id;
        // Writes come first, so that the reads meet a database with something in it.
        for (name, shot) in shots(&id) {
            if shot.method == Method::GET {
                refresh_statistics(&database).await?;
            }
            for connections in CONNECTIONS {
                let load = closed_loop(&caller, server.pid()?, &shot, connections, times)
                    .await
                    .with_context(|| format!("{name} on {} at {connections} connections", engine.name()))?;
                section.row(row(name, engine, connections, &load));
            }
        }
        server.stop().await?;
    }
    section.note(format!(
        "A closed loop for {seconds} s per row: each connection sends its next request when it has the answer to the \
         last. The load generator, the server and PostgreSQL share the machine's cores, so the figures are lower \
         bounds for the server. The reads come after the writes and meet the sessions that those made; the list is \
         its first page of 50. Before the reads the planner's statistics are refreshed, as autovacuum does within a \
         minute. Required at 64 connections: p95 below 200 ms (OPS-11)."
    ));
    Ok(section)
}

/// What PostgreSQL does by itself within a minute of so many writes, and this run does not wait for: without it the
/// planner believes that the tables are empty.
async fn refresh_statistics(database: &TestDatabase) -> Result<()> {
    let store = database.open().await?;
    let mut tx = store.system("the benchmark refreshes the planner's statistics").await?;
    tx.sql("ANALYZE").execute().await?;
    tx.commit().await?;
    store.close().await;
    Ok(())
}

fn shots(id: &str) -> [(&'static str, Shot); 4] {
    let body = engine::problem("standard").to_string();
    [
        ("POST session", Shot { method: Method::POST, path: "/api/v1/sessions".to_owned(), body: body.into() }),
        ("GET session", Shot::get(format!("/api/v1/sessions/{id}"))),
        ("GET list", Shot::get("/api/v1/sessions")),
        ("GET report", Shot::get(format!("/api/v1/sessions/{id}/report"))),
    ]
}

fn row(name: &str, engine: Engine, connections: usize, load: &Load) -> Vec<String> {
    let time = |micros: u64| format!("{:.1} ms", micros as f64 / 1_000.0);
    let at = |quantile: f64| time(load.times.value_at_quantile(quantile));
    vec![
        name.to_owned(),
        engine.name().to_owned(),
        connections.to_string(),
        format!("{:.0}", load.answers as f64 / load.lasted.as_secs_f64()),
        at(0.5),
        at(0.95),
        at(0.99),
        time(load.times.max()),
        format!("{:.0} µs", load.server_cpu * 1_000_000.0 / load.answers.max(1) as f64),
    ]
}
