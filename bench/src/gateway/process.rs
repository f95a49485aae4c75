//! What a server's processes took: a server is a process with all its descendants.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::memory::Memory;

/// One clock tick of `/proc/PID/stat` (`USER_HZ` is 100 on every Linux of today).
const TICK: Duration = Duration::from_millis(10);

/// A server by its first process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tree(pub(crate) u32);

impl Tree {
    /// Processor time so far: user and system, of the processes and of their children that have ended.
    pub(crate) fn processor(self) -> Result<Duration> {
        let ticks: u32 = self.processes()?.iter().map(|process| process.ticks).sum();
        Ok(TICK * ticks)
    }

    /// What is resident of all of them, in KiB.
    pub(crate) fn resident(self) -> Result<u64> {
        Ok(self.members()?.resident())
    }

    /// How many files it has open: of all processes.
    pub(crate) fn files(self) -> Result<usize> {
        let count =
            |process: &Process| std::fs::read_dir(format!("/proc/{}/fd", process.pid)).map_or(0, Iterator::count);
        Ok(self.processes()?.iter().map(count).sum())
    }

    /// Its processes of now. Looking at them again is quicker than looking for them again, which takes milliseconds
    /// that the generator does not have while it measures.
    pub(crate) fn members(self) -> Result<Members> {
        Ok(Members(self.processes()?.iter().map(|process| process.pid).collect()))
    }

    fn processes(self) -> Result<Vec<Process>> {
        let mut all = HashMap::new();
        for entry in std::fs::read_dir("/proc")?.flatten() {
            if entry.file_name().to_string_lossy().parse::<u32>().is_ok()
                && let Ok(stat) = std::fs::read_to_string(entry.path().join("stat"))
                && let Some(process) = Process::read(&stat)
            {
                all.insert(process.pid, process);
            }
        }
        let own = descendants(self.0, &all);
        ensure!(!own.is_empty(), "the contestant is gone");
        Ok(own)
    }
}

/// The processes that a server had.
#[derive(Debug, Clone)]
pub(crate) struct Members(Vec<u32>);

impl Members {
    /// What is resident of those that are still there, in KiB. Pages that several share count several times.
    pub(crate) fn resident(&self) -> u64 {
        self.0.iter().filter_map(|&pid| Memory::of(pid).ok()).map(|memory| memory.resident).sum()
    }
}

/// A line of `/proc/PID/stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    pid: u32,
    parent: u32,
    ticks: u32,
}

impl Process {
    /// Fields are counted after the name, which may hold spaces and parentheses.
    fn read(stat: &str) -> Option<Self> {
        let (before, after) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let number = |place: usize| fields.get(place)?.parse::<u32>().ok();
        let ticks = (11..15).map(number).sum::<Option<u32>>()?;
        Some(Self { pid: before.split_whitespace().next()?.parse().ok()?, parent: number(1)?, ticks })
    }
}

fn descendants(root: u32, all: &HashMap<u32, Process>) -> Vec<Process> {
    let belongs = |process: &&Process| {
        let mut pid = process.pid;
        while pid != root {
            match all.get(&pid) {
                Some(process) if process.parent != 0 => pid = process.parent,
                _ => return false,
            }
        }
        true
    };
    all.values().filter(belongs).copied().collect()
}

/// Puts a process and what it starts from now on onto one core.
pub(crate) fn pin(pid: u32, core: u32) -> Result<()> {
    let told = std::process::Command::new("taskset")
        .args(["-acp", &core.to_string(), &pid.to_string()])
        .stdout(std::process::Stdio::null())
        .status()
        .context("taskset is missing (Debian package util-linux)")?;
    ensure!(told.success(), "process {pid} cannot be put onto core {core}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_past_its_name() {
        let stat = "7 (a (b) c) S 3 7 7 0 -1 4194304 100 0 0 0 250 50 20 5 20 0 3 0 12345";
        assert_eq!(Process::read(stat), Some(Process { pid: 7, parent: 3, ticks: 325 }));
        assert_eq!(Process::read("7 nothing"), None);
    }

    #[test]
    fn a_tree_is_a_process_with_its_descendants_only() {
        let process = |pid, parent| (pid, Process { pid, parent, ticks: 1 });
        let all = HashMap::from([process(1, 0), process(5, 1), process(6, 5), process(7, 6), process(8, 1)]);
        let mut own: Vec<u32> = descendants(5, &all).iter().map(|process| process.pid).collect();
        own.sort_unstable();
        assert_eq!(own, [5, 6, 7]);
        assert!(descendants(9, &all).is_empty());
    }
}
