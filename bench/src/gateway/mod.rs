//! The part `gateway`: Quorate beside other gateways, in one run, before the same mock and under the same load
//! (GTW-30 to GTW-33). What is measured and how to read it: `bench/README.md`.

mod contestants;
mod line;
mod load;
pub(crate) mod mock;
mod process;
mod scenarios;
mod upstream;
mod way;

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use self::contestants::{Contestant, LOAD_CORE};
use self::mock::{Act, Behaviour};
use self::scenarios::{Scenario, Setting};
use self::upstream::{BAD, GOOD, Upstream};
use crate::machine;
use crate::report::{self, Part, Report, Section};
use crate::server::Binary;

/// What the part can be told.
#[derive(Debug, Args)]
pub(crate) struct GatewayArguments {
    /// The server; target/release/quorate of this workspace unless told.
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// Put the figures into bench/README.md.
    #[arg(long)]
    write: bool,
    /// Only these gateways.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Contestant>,
    /// Only these scenarios.
    #[arg(long, value_enum, value_delimiter = ',')]
    scenarios: Vec<Scenario>,
    /// Seconds of each load; a quarter of it is warm-up before.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// Seconds of the soak; 0 for none.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    soak: u64,
}

/// What the mock can be told; it is started by the benchmark itself.
#[derive(Debug, Args)]
pub(crate) struct MockArguments {
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
}

/// Measures everybody who can be started. Whoever cannot is left out, and the tables say why.
pub(crate) async fn run(arguments: &GatewayArguments) -> Result<()> {
    ensure!(std::thread::available_parallelism()?.get() > 1, "a gateway and its load need a core each: two cores");
    let named = arguments.binary.as_deref().map(|path| Binary::find(Some(path))).transpose()?;
    let mut report = Report::new(machine::describe(named.as_ref().or(Binary::find(None).ok().as_ref()))?);
    process::pin(std::process::id(), LOAD_CORE)?;
    let upstream = Upstream::start().await?;
    let failing = Behaviour { act: Act::Unavailable, only_marked: true, ..Behaviour::default() };
    upstream.set(GOOD, &Behaviour::default()).await?;
    upstream.set(BAD, &failing).await?;
    let setting = Setting {
        upstream,
        time: Duration::from_secs(arguments.seconds),
        soak: Duration::from_secs(arguments.soak),
        direct: RefCell::new(HashMap::new()),
    };
    let chosen = |scenario: &Scenario| arguments.scenarios.is_empty() || arguments.scenarios.contains(scenario);
    let scenarios = Scenario::ALL.into_iter().filter(chosen);
    let mut tables: Vec<(Scenario, Section)> = scenarios.map(|scenario| (scenario, scenario.table())).collect();
    let mut absent = Vec::new();
    for who in Contestant::value_variants().iter().copied() {
        if !arguments.only.is_empty() && !arguments.only.contains(&who) {
            continue;
        }
        if let Err(error) = Box::pin(measure(&setting, who, named.as_ref(), &mut tables)).await {
            let sentence = format!("{} was left out: {error:#}", who.name());
            crate::progress(&sentence);
            absent.push(sentence.lines().next().unwrap_or_default().to_owned());
        }
    }
    tables.into_iter().for_each(|(_, table)| report.add(table));
    absent.into_iter().for_each(|sentence| report.remark(sentence));
    report.finish();
    crate::say(&report.markdown())?;
    if arguments.write {
        let path = report::write(Part::Gateway, &report.markdown()).context("bench/README.md cannot be written")?;
        crate::say(&format!("written to {}\n", path.display()))?;
    }
    Ok(())
}

/// Measures one; what it cannot do stands as a sentence below the table.
async fn measure(
    setting: &Setting,
    who: Contestant,
    binary: Option<&Binary>,
    tables: &mut [(Scenario, Section)],
) -> Result<()> {
    setting.upstream.set(GOOD, &Behaviour::default()).await?;
    let running = who.start(&setting.upstream, binary).await?;
    for (scenario, table) in tables {
        match Box::pin(scenario.measure(setting, &running)).await {
            Ok(rows) => {
                for mut row in rows {
                    row.insert(0, who.name());
                    table.row(row);
                }
            }
            Err(error) => {
                let sentence = format!("{} failed here: {error:#}", who.name());
                crate::progress(&sentence);
                table.note(sentence.lines().next().unwrap_or_default());
            }
        }
    }
    Ok(())
}
