use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// What `-v` asks for; nothing without it.
pub(crate) const fn level(verbose: u8) -> Option<&'static str> {
    match verbose {
        0 => None,
        // Ours in detail; of the libraries what matters.
        1 => Some("debug,sqlx=info,hyper=info,h2=info,reqwest=info,rustls=info"),
        _ => Some("trace"),
    }
}

/// Starts the log on standard error, as configured. A second start changes nothing.
pub(crate) fn start(config: &LogConfig) {
    // The level has been checked with the rest of the configuration.
    let filter = EnvFilter::try_new(&config.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let colour = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let _ = match config.format {
        LogFormat::Text => builder.with_ansi(colour).with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(true).try_init(),
    };
}

/// Starts the log of a command that talks to a person: only what went wrong, unless more was asked for.
pub(crate) fn start_quietly(config: &LogConfig, verbose: u8) {
    let level = if verbose == 0 { "error".to_owned() } else { config.level.clone() };
    start(&LogConfig { level, ..config.clone() });
}
