//! Memory of the server while it does nothing (GTW-33), and how memory is read.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::client::Caller;
use crate::database::Engine;
use crate::engine;
use crate::report::Section;
use crate::server::{Binary, Home, Server};

/// How long nothing happens before it is measured.
const IDLE: Duration = Duration::from_secs(10);
/// Sessions before the second measurement.
const SESSIONS: usize = 20;

/// What a process holds, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    /// All that is in memory now, the program's own file included.
    pub(crate) resident: u64,
    /// Of it what belongs to no file: heap and stacks.
    pub(crate) anonymous: u64,
    /// The most that was ever resident.
    pub(crate) peak: u64,
}

impl Memory {
    /// Of a process of this machine.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("the server is gone")?;
        Self::read(&status).context("the system does not say what the server holds")
    }

    fn read(status: &str) -> Option<Self> {
        let field = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name))?;
            value.trim_start_matches(':').trim().trim_end_matches(" kB").parse().ok()
        };
        Some(Self { resident: field("VmRSS")?, anonymous: field("RssAnon")?, peak: field("VmHWM")? })
    }
}

/// KiB as MiB.
pub(crate) fn mib(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1_024.0)
}

/// After a start, and after some use.
pub(crate) async fn measure(binary: &Binary, databases: &[Engine]) -> Result<Section> {
    let columns = ["After 10 s without a request", "RSS", "of it anonymous", "Peak RSS so far"];
    let mut section = Section::new("Idle memory", &columns);
    for &engine in databases {
        let database = engine.fresh().await?;
        let home = Home::new(database.url(), engine::UNLIMITED)?;
        let (server, _) = Server::start(binary, &home).await?;
        tokio::time::sleep(IDLE).await;
        section.row(row(&format!("{}, just started", engine.name()), Memory::of(server.pid()?)?));
        let caller = Caller::register(server.address()).await?;
        for _ in 0..SESSIONS {
            engine::deliberate(&caller, &engine::problem("standard")).await?;
        }
        tokio::time::sleep(IDLE).await;
        section.row(row(&format!("{}, after use", engine.name()), Memory::of(server.pid()?)?));
        server.stop().await?;
    }
    section.note(format!(
        "After use: one registration (Argon2id takes 64 MiB while it hashes, which the peak shows) and {SESSIONS} \
         standard sessions, one after the other. RSS includes the pages of the program itself that were touched. \
         Required: at most 60 MiB (GTW-33)."
    ));
    Ok(section)
}

fn row(name: &str, memory: Memory) -> Vec<String> {
    vec![name.to_owned(), mib(memory.resident), mib(memory.anonymous), mib(memory.peak)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_what_the_kernel_writes() {
        let status = "Name:\tquorate\nVmHWM:\t   90112 kB\nVmRSS:\t   45056 kB\nRssAnon:\t   20480 kB\nThreads:\t3\n";
        assert_eq!(Memory::read(status), Some(Memory { resident: 45_056, anonymous: 20_480, peak: 90_112 }));
        assert_eq!(Memory::read("Name:\tquorate\n"), None);
        assert_eq!(mib(45_056), "44.0 MiB");
    }
}
