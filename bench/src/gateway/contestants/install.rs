//! Installs other people's gateways under the target directory, each version once.
//!
//! Python packages come as wheels only and npm packages without their scripts: nothing of theirs runs while they are
//! installed.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

/// A virtual environment that holds a package of PyPI: `target/bench-venv/NAME-VERSION`.
pub(super) async fn python(name: &str, version: &str, requirement: &str) -> Result<PathBuf> {
    let place = target()?.join("bench-venv").join(format!("{name}-{version}"));
    if !is_done(&place) {
        begin(&place, &format!("{name} {version} from PyPI"))?;
        run(Command::new("python3").args(["-m", "venv"]).arg(&place)).await?;
        let mut pip = Command::new(place.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]);
        run(pip.arg(format!("{requirement}=={version}"))).await?;
        done(&place)?;
    }
    Ok(place)
}

/// A folder whose `node_modules` holds a package of npm: `target/bench-npm/NAME-VERSION`.
pub(super) async fn node(name: &str, version: &str, package: &str) -> Result<PathBuf> {
    let place = target()?.join("bench-npm").join(format!("{name}-{version}"));
    if !is_done(&place) {
        begin(&place, &format!("{name} {version} from npm"))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&place);
        run(npm.arg(format!("{package}@{version}"))).await?;
        done(&place)?;
    }
    Ok(place)
}

fn target() -> Result<PathBuf> {
    let bench = std::env::current_exe().context("the running benchmark has no path")?;
    // target/<profile>/bench → target
    bench.ancestors().nth(2).map(Path::to_owned).context("the benchmark does not stand in a target directory")
}

/// An installation that was interrupted does not count.
fn is_done(place: &Path) -> bool {
    place.join("installed").is_file()
}

fn begin(place: &Path, what: &str) -> Result<()> {
    crate::progress(&format!("installing {what} into {}", place.display()));
    if place.exists() {
        std::fs::remove_dir_all(place)?;
    }
    Ok(std::fs::create_dir_all(place)?)
}

fn done(place: &Path) -> Result<()> {
    Ok(std::fs::write(place.join("installed"), "")?)
}

async fn run(command: &mut Command) -> Result<()> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let output = command.output().await.with_context(|| format!("{program} is missing"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.trim().lines().collect();
        bail!("{program}: {}", lines[lines.len().saturating_sub(3)..].join(" "));
    }
    Ok(())
}
