//! Where and with what the figures came about.

use std::process::Command;

use anyhow::Result;
use quorate_kernel::{Clock, SystemClock};

use crate::server::Binary;

/// Date, machine, commit and command, as a Markdown list.
pub(crate) fn describe(binary: Option<&Binary>) -> Result<String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let profile = if cfg!(debug_assertions) { "" } else { "--release " };
    let server = match binary {
        Some(binary) => {
            let size = std::fs::metadata(binary.path())?.len() as f64 / 1_048_576.0;
            format!("`{}`, {size:.1} MiB", binary.path().display())
        }
        None => "not built".to_owned(),
    };
    let lines = [
        format!("Date: {}", SystemClock.now().format("%Y-%m-%d %H:%M UTC")),
        format!(
            "Machine: {} × {}, {} memory, Linux {}",
            std::thread::available_parallelism()?,
            processor(),
            memory(),
            read("/proc/sys/kernel/osrelease").trim()
        ),
        format!("Commit: {}", commit()),
        format!("Command: `cargo run {profile}-p quorate-bench -- {}`", arguments.join(" ").trim()),
        format!("Server: {server}"),
        format!("PostgreSQL: {}", first_line("psql", &["--version"]).unwrap_or_else(|| "unknown".to_owned())),
        format!("Load average at the start: {}", load_average()),
    ];
    Ok(lines.iter().map(|line| format!("- {line}\n")).collect())
}

/// The system's load over 1, 5 and 15 minutes.
pub(crate) fn load_average() -> String {
    read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(", ")
}

fn processor() -> String {
    field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

fn memory() -> String {
    let total = field("/proc/meminfo", "MemTotal");
    let kib = total.and_then(|text| text.trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or_default();
    format!("{:.0} GiB", kib / 1_048_576.0)
}

/// The commit, and whether the work tree that the server may have been built from differs from it.
fn commit() -> String {
    let here = env!("CARGO_MANIFEST_DIR");
    let commit = first_line("git", &["-C", here, "rev-parse", "--short=12", "HEAD"]);
    let changed = ["-C", here, "status", "--porcelain", "--untracked-files=no", "--", ":/", ":(top,exclude)bench"];
    match commit {
        Some(commit) if first_line("git", &changed).is_some() => format!("{commit} with uncommitted changes"),
        Some(commit) => commit,
        None => "unknown".to_owned(),
    }
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.lines().next().map(str::to_owned)
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = read(path);
    let (_, value) = text.lines().find(|line| line.starts_with(name))?.split_once(':')?;
    Some(value.trim().to_owned())
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
