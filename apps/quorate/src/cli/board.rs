//! `quorate board "…"`: a deliberation in the terminal, on the embedded database (BRD-1, CLI-5).

mod deliberation;
mod destination;
mod files;
mod markdown;
mod paint;
mod questions;
mod request;
mod screen;
mod table;
mod terminal;

use std::time::Duration;

pub(super) use paint::{BOLD, Colour, DIM, Line, Span, ansi, plain, styled, wrap};
pub(super) use screen::OFFLINE_LABEL;
pub(super) use table::table;

use super::arguments::{BoardOptions, Global};
use super::{Failure, log};
use crate::compose::App;
use deliberation::Deliberation;
use destination::Destination;
use terminal::Terminal;

/// How long the worker may take to put down what it holds when the board is done.
const GRACE: Duration = Duration::from_secs(2);

/// Convenes a board and follows it to its end.
pub(super) async fn run(global: &Global, options: &BoardOptions) -> Result<(), Failure> {
    let loaded = global.load(Vec::new())?;
    log::start_quietly(&loaded.config.log, global.verbose);
    let destination = options.out.as_deref().map(Destination::check).transpose()?;
    let new = request::session(options)?;
    // Read first, so that a wrong path costs nothing.
    let files = files::read(&options.file)?;
    let mut app = Box::pin(App::build(loaded.config)).await?;
    app.claim()?;
    let who = app.identity.local_principal().await.map_err(Failure::failed)?;
    let session = app.board.create(&who, new).await?;
    let terminal = Terminal::new(options.json);
    files::attach(&app.board, &who, session.id, files, &terminal).await?;
    let worker = app.start_worker();
    // What the calls cost is to be in the books when the board is done, not when a server runs some day.
    let upkeep = app.start_gateway().await?;
    let deliberation =
        Deliberation { board: &app.board, who: &who, id: session.id, terminal, ask: options.clarify, destination };
    let outcome = Box::pin(deliberation.follow()).await;
    worker.drain(GRACE).await;
    upkeep.drain(GRACE).await;
    app.store.close().await;
    outcome
}
