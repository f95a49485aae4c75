use tokio_util::sync::CancellationToken;

use super::arguments::{Global, ServeOptions};
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
    output::print(&banner(&server.banner().await?))?;
    let stop = CancellationToken::new();
    let mut running = std::pin::pin!(server.run(stop.clone()));
    tokio::select! {
        () = &mut running => return Ok(()),
        asked = asked_to_stop() => asked?,
    }
    tracing::info!("stopping; once more to stop at once");
    stop.cancel();
    tokio::select! {
        () = running => Ok(()),
        asked = asked_to_stop() => {
            asked?;
            tracing::warn!("stopped at once; what was under way goes on at the next start");
            Ok(())
        }
    }
}

/// Waits for Ctrl-C, or for the signal by which service managers stop a program.
async fn asked_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
