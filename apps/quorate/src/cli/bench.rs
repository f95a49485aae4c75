//! `quorate bench board`: is the board better than one model, and than that model's own majority? (BRD-31, CLI-5)

mod ask;
mod measure;
mod question_set;
mod show;
mod sitting;
mod statistics;
mod summary;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Context as _;
use futures::stream;
use indicatif::{ProgressBar, ProgressStyle};

use super::arguments::{BenchBoardOptions, BenchOptions, BenchOutput, BenchWhat, Global, Method};
use super::interrupts::Interrupts;
use super::{Failure, log, output};
use crate::compose::App;
use crate::spending::Spent;
use ask::Alone;
use measure::{Answer, Bounds, Measured, Unit, measure, units};
use question_set::QuestionSet;
use show::Shown;
use sitting::Sitting;

/// How long the worker may take to put down what it holds when all is measured.
const GRACE: Duration = Duration::from_secs(2);

/// Runs a benchmark.
pub(super) async fn run(global: &Global, options: &BenchOptions) -> Result<(), Failure> {
    let BenchWhat::Board(options) = &options.what;
    let mut set = QuestionSet::load(options.questions.as_deref())?;
    if let Some(limit) = options.limit {
        set.questions.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    options.out.as_deref().map(check).transpose()?;
    let loaded = global.load(Vec::new())?;
    log::start_quietly(&loaded.config.log, global.verbose);
    let mut app = Box::pin(App::build(loaded.config)).await?;
    app.claim()?;
    let interrupts = stream::unfold(Interrupts::listen()?, |mut interrupts| async move {
        interrupts.next().await;
        Some(((), interrupts))
    });
    let outcome = Box::pin(perform(&app, &set, options, Box::pin(interrupts))).await;
    let outcome = outcome.and_then(|bench| bench.conclude(&set, options));
    app.store.close().await;
    outcome
}

/// A measurement with what it was made with.
struct Bench {
    measured: Measured,
    methods: Vec<Method>,
    model: String,
    offline: bool,
}

/// Measures on a composed application.
async fn perform(
    app: &App,
    set: &QuestionSet,
    options: &BenchBoardOptions,
    interrupts: impl futures::Stream<Item = ()> + Unpin,
) -> Result<Bench, Failure> {
    let route = options.route.as_deref();
    if let Some(name) = route.filter(|name| app.models.resolve(name).is_none()) {
        return Err(Failure::Usage(format!("--route {name}: there is no such model route")));
    }
    let mut methods = options.methods.clone();
    methods.sort_unstable();
    methods.dedup();
    let model = app.board.strongest_model(route);
    let who = app.identity.local_principal().await.map_err(Failure::failed)?;
    let worker = app.start_worker();
    let upkeep = app.start_gateway().await?;
    let sitting = Sitting {
        board: &app.board,
        who: &who,
        spending: &app.spending,
        route,
        personas: options.personas.as_deref(),
        keep: options.keep_sessions,
        open: Mutex::default(),
    };
    let alone = Alone { models: &app.models, who: &who, route: &model };
    let (alone, sitting) = (&alone, &sitting);
    let each = |unit: Unit| async move {
        let (answer, spent) = match unit.method.mode() {
            Some(mode) => sitting.convene(&unit.put, mode).await?,
            None => on_its_own(app, alone, &unit, options.samples).await,
        };
        Ok::<_, Failure>((unit, answer, spent))
    };
    let all = units(set, &methods, options.runs, options.seed);
    let bar = progress(all.len());
    let tell = |done: usize, stopping: bool| {
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        bar.set_message(format!("{} spent", app.spending.total()));
        if stopping {
            bar.suspend(|| say("Finishing what is under way; Ctrl-C once more leaves it."));
        }
    };
    let bounds = Bounds {
        concurrency: usize::try_from(options.concurrency).unwrap_or(1),
        max_cost: options.max_cost,
        total: || app.spending.total(),
    };
    let measured = measure(all, bounds, each, interrupts, tell).await;
    bar.finish_and_clear();
    sitting.abandon().await;
    worker.drain(GRACE).await;
    upkeep.drain(GRACE).await;
    // The boards' routes may lead elsewhere than the single model.
    let routes = route.map_or_else(|| app.config.board.routes.clone(), |route| vec![route.to_owned()]);
    let offline = routes.iter().any(|route| app.models.is_offline(route));
    Ok(Bench { measured: measured?, methods, model, offline })
}

/// A question to the single model, once or several times.
async fn on_its_own(app: &App, alone: &Alone<'_>, unit: &Unit, samples: u32) -> (Answer, Spent) {
    let id = format!("bench/{}/{}/{}", unit.method.name(), unit.run, unit.question);
    app.spending.watch(&id);
    let answer = match unit.method {
        Method::SelfConsistency => alone.majority(&id, &unit.put, samples).await,
        _ => alone.once(&id, &unit.put).await,
    };
    (answer, app.spending.of(&id))
}

impl Bench {
    /// Shows and writes what was measured; exit code 3 where it is not all, or where nobody ever answered.
    fn conclude(&self, set: &QuestionSet, options: &BenchBoardOptions) -> Result<(), Failure> {
        let shown = Shown {
            set,
            measured: &self.measured,
            methods: &self.methods,
            model: &self.model,
            route: options.route.as_deref(),
            samples: options.samples,
            runs: options.runs,
            seed: options.seed,
            offline: self.offline,
        };
        match options.output {
            BenchOutput::Table => output::print_lines(&shown.screen(output::columns()))?,
            BenchOutput::Json => output::print(&format!("{:#}\n", shown.json()))?,
        }
        if let Some(file) = &options.out {
            let text = if check(file)? { format!("{:#}\n", shown.json()) } else { shown.markdown() };
            std::fs::write(file, text)
                .with_context(|| format!("the result cannot be written to {}", file.display()))?;
            say(&format!("The result is in {}.", file.display()));
        }
        let answered = self.measured.samples.iter().any(|sample| matches!(sample.answer, Answer::Chosen(_)));
        if self.measured.stopped.is_none() && answered { Ok(()) } else { Err(Failure::NoResult) }
    }
}

/// Whether a file is to hold JSON; refused before anything is spent where it cannot be written.
fn check(file: &Path) -> Result<bool, Failure> {
    let wrong = |what: &str| Failure::Usage(format!("--out {}: {what}", file.display()));
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    if !folder.is_dir() || file.is_dir() {
        return Err(wrong("there is no such directory"));
    }
    match file.extension().and_then(|name| name.to_str()).unwrap_or_default().to_lowercase().as_str() {
        "md" | "markdown" => Ok(false),
        "json" => Ok(true),
        _ => Err(wrong("name it .md or .json")),
    }
}

/// Says something beside the result.
fn say(text: &str) {
    use std::io::Write as _;
    // Nothing can be done when standard error is gone.
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// The progress on standard error; nothing where that is no terminal.
fn progress(all: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(all).unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} · {msg} · {eta} left") {
        bar.set_style(style);
    }
    bar
}
