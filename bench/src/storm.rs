//! A login storm: a hundred people log in at once, while others go on reading (IDN-4).

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hyper::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;

use crate::client::Caller;
use crate::database::Engine;
use crate::engine;
use crate::load::{Shot, closed_loop, histogram};
use crate::memory::{Memory, mib};
use crate::report::Section;
use crate::server::{Binary, Home, Server};

/// How many log in at once.
const PEOPLE: usize = 100;
/// How many connections read meanwhile, and before for comparison.
const READERS: usize = 4;
const PASSWORD: &str = "seven green umbrellas";

/// Reads before and during the storm, on each database.
pub(crate) async fn measure(binary: &Binary, databases: &[Engine]) -> Result<Section> {
    let columns = [
        "GET session",
        "Database",
        "Requests/s",
        "p50",
        "p95",
        "p99",
        "Most",
        "Storm over after",
        "Slowest log-in",
        "Peak RSS",
    ];
    let mut section = Section::new("A hundred log-ins at once", &columns);
    for &engine in databases {
        let database = engine.fresh().await?;
        let home = Home::new(database.url(), engine::UNLIMITED)?;
        let (server, _) = Server::start(binary, &home).await?;
        let caller = Caller::register(server.address()).await?;
        let id = caller.connect().await?.session(&engine::problem("quick")).await?;
        let shot = Shot::get(format!("/api/v1/sessions/{id}"));
        let anonymous = Caller::anonymous(server.address());
        let mut registering = anonymous.connect().await?;
        for n in 0..PEOPLE {
            let body = json!({ "email": format!("person{n}@example.com"), "password": PASSWORD });
            registering.post("/api/v1/auth/register", &body).await?;
        }
        let pid = server.pid()?;
        let second = Duration::from_secs(1);
        let quiet = closed_loop(&caller, pid, &shot, READERS, (second, 4 * second)).await?;
        section.row(row(
            "quiet",
            engine,
            &quiet.times,
            quiet.answers,
            quiet.lasted,
            ["–".into(), "–".into(), "–".into()],
        ));

        let begun = Instant::now();
        let mut storm = JoinSet::new();
        for n in 0..PEOPLE {
            storm.spawn(log_in(anonymous.clone(), n));
        }
        let mut times = histogram()?;
        let mut connections = Vec::new();
        for _ in 0..READERS {
            connections.push(caller.connect().await?);
        }
        // Readers read until the last log-in is answered.
        let stop = tokio_util::sync::CancellationToken::new();
        let mut readers = JoinSet::new();
        for mut connection in connections {
            let (shot, stop) = (shot.clone(), stop.clone());
            readers.spawn(async move {
                let mut own = histogram()?;
                while !stop.is_cancelled() {
                    let since = Instant::now();
                    let (status, _) = connection.exchange(Method::GET, &shot.path, shot.body.clone()).await?;
                    own.saturating_record(u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX));
                    if status != StatusCode::OK {
                        bail!("a read was answered {status} during the storm");
                    }
                }
                Ok(own)
            });
        }
        let mut slowest = Duration::ZERO;
        while let Some(done) = storm.join_next().await {
            slowest = slowest.max(done.context("a log-in's task broke")??);
        }
        let lasted = begun.elapsed();
        stop.cancel();
        while let Some(own) = readers.join_next().await {
            times.add(&own.context("a reader's task broke")??)?;
        }
        let more = [
            format!("{:.1} s", lasted.as_secs_f64()),
            format!("{:.1} s", slowest.as_secs_f64()),
            mib(Memory::of(pid)?.peak),
        ];
        section.row(row("during the storm", engine, &times, times.len(), lasted, more));
        server.stop().await?;
    }
    section.note(format!(
        "{PEOPLE} people with an account each log in over {PEOPLE} new connections at the same moment, all are let in; \
         {READERS} connections read one session in a closed loop before and meanwhile. Argon2id with 64 MiB, two at a \
         time, the rest waits in a queue. Required: p99 of the reads below 50 ms, memory bounded (issue 3)."
    ));
    Ok(section)
}

async fn log_in(anonymous: Caller, n: usize) -> Result<Duration> {
    let mut connection = anonymous.connect().await?;
    let body = json!({ "email": format!("person{n}@example.com"), "password": PASSWORD });
    let begun = Instant::now();
    connection.post("/api/v1/auth/login", &body).await?;
    Ok(begun.elapsed())
}

fn row(
    name: &str,
    engine: Engine,
    times: &hdrhistogram::Histogram<u64>,
    answers: u64,
    lasted: Duration,
    more: [String; 3],
) -> Vec<String> {
    let time = |quantile: f64| format!("{:.1} ms", times.value_at_quantile(quantile) as f64 / 1_000.0);
    let mut cells = vec![
        name.to_owned(),
        engine.name().to_owned(),
        format!("{:.0}", answers as f64 / lasted.as_secs_f64()),
        time(0.5),
        time(0.95),
        time(0.99),
        format!("{:.1} ms", times.max() as f64 / 1_000.0),
    ];
    cells.extend(more);
    cells
}
