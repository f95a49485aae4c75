//! What a session takes beyond the model's own time: sessions as the benchmark runs them, and the two ways to look at
//! them.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use crate::client::Caller;
use crate::database::Engine;
use crate::report::Section;
use crate::server::Binary;
use crate::watcher::watch;
use crate::{offline_run, scripted_run};

/// Configuration: the offline model as fast as it can.
pub(crate) const UNLIMITED: &str = "[[models.providers]]\nname = 'offline'\nkind = 'offline'\n\
    offline = { tokens_per_second = 0 }\n[[models.routes]]\nname = 'default'\ntargets = ['offline/demo']\n";

/// The modes of a session.
pub(crate) const MODES: [&str; 3] = ["quick", "standard", "deep"];

/// The longest a session of a benchmark may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// The request for a session in a mode.
pub(crate) fn problem(mode: &str) -> Value {
    json!({
        "problem_statement": "Should we move our 12-person company from Berlin to Lisbon within a year? Budget 200k euros",
        "problem_context": { "budget": "200,000 euros", "timeline": "12 months", "constraints": "Keep all customers." },
        "mode": mode,
    })
}

/// A session that came to its end.
pub(crate) struct Course {
    /// Its id.
    pub(crate) id: String,
    /// From sending the start to receiving the terminal event.
    pub(crate) wall: Duration,
    /// Contributions recorded.
    pub(crate) contributions: u64,
    /// Events in all.
    pub(crate) events: u64,
}

/// Creates a session, starts it and follows it live to its end.
pub(crate) async fn deliberate(caller: &Caller, body: &Value) -> Result<Course> {
    let mut control = caller.connect().await?;
    let id = control.session(body).await?;
    let mut live = caller.connect().await?;
    let stream = live.stream(&id).await?;
    let begun = Instant::now();
    control.start(&id).await?;
    let mut contributions = 0;
    let read = watch(stream, |event| contributions += u64::from(event.kind == "contribution.recorded"));
    let events = tokio::time::timeout(PATIENCE, read).await??;
    Ok(Course { id, wall: begun.elapsed(), contributions, events })
}

/// Milliseconds, for tables.
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1_000.0)
}

/// The value in the middle; zero of none.
pub(crate) fn median(mut values: Vec<Duration>) -> Duration {
    values.sort();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Both ways.
pub(crate) async fn measure(binary: &Binary, databases: &[Engine], sessions: u32) -> Result<[Section; 2]> {
    let offline = offline_run::measure(binary, databases, sessions).await?;
    // A scripted session takes seconds of its model's time.
    let scripted = scripted_run::measure(binary, databases, sessions.div_ceil(2)).await?;
    Ok([offline, scripted])
}
