use tokio_util::sync::CancellationToken;

use super::arguments::{Global, ServeOptions};
use super::interrupts::Interrupts;
use super::{Failure, banner, log, output};
use crate::config::Flag;
use crate::serve::Server;

/// `quorate serve`: until Ctrl-C or SIGTERM; a second one does not wait for what is under way.
pub(super) async fn run(global: &Global, options: &ServeOptions) -> Result<(), Failure> {
    let mut flags = Vec::new();
    if let Some(listen) = &options.listen {
        flags.push(Flag { flag: "--listen", key: "server.listen", value: listen.clone() });
    }
    let loaded = global.load(flags)?;
    log::start(&loaded.config.log);
    if let Some(file) = &loaded.unread_file {
        tracing::warn!(file = %file.display(), "another quorate.toml was found and not read: only one is");
    }
    let server = Box::pin(Server::bind(loaded.config)).await?;
    // Before anybody learns that we are there, and may want us to stop.
    let mut interrupts = Interrupts::listen()?;
    output::print(&banner(&server.banner().await?))?;
    let stop = CancellationToken::new();
    let mut running = std::pin::pin!(server.run(stop.clone()));
    tokio::select! {
        () = &mut running => return Ok(()),
        () = interrupts.next() => {}
    }
    tracing::info!("stopping; once more to stop at once");
    stop.cancel();
    tokio::select! {
        () = running => {}
        () = interrupts.next() => tracing::warn!("stopped at once; what was under way goes on at the next start"),
    }
    Ok(())
}
