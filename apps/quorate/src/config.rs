//! The configuration of the server: its sections, where values come from, and what is wrong with them (OPS-1).
//!
//! Values come from defaults, `quorate.toml`, the environment (`QUORATE__SECTION__KEY`) and flags; a later one wins.
//! Nothing has to be configured. Everything is read strictly: an unknown key is an error.

mod check;
mod environment;
mod load;
mod master_key;
mod reference;
mod show;
mod sources;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use quorate_board::BoardConfig;
use quorate_gateway::LedgerConfig;
use quorate_identity::IdentityConfig;
use quorate_models::ModelsConfig;
use quorate_outbound::{MailConfig, OutboundConfig};
use serde::{Deserialize, Serialize};

pub use load::{ConfigErrors, Issue, Loaded, load};
pub use master_key::MasterKeyError;
pub(crate) use master_key::decode as decode_master_key;
pub use reference::{ConfigKey, Kind, reference};
pub use sources::{Flag, Sources};

/// Everything that can be configured, with the data directory that relative defaults stand in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The one directory of this installation. Given by `--data-dir`, never by the file that may lie in it.
    #[serde(skip)]
    pub data_dir: PathBuf,
    /// The HTTP server.
    pub server: ServerConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// What several nodes share.
    pub redis: RedisConfig,
    /// Answers of models that may be given again.
    pub cache: CacheConfig,
    /// How many requests callers may send.
    pub limits: LimitsConfig,
    /// Model providers, routes and prices.
    pub models: ModelsConfig,
    /// What the gateway keeps.
    pub gateway: GatewayConfig,
    /// The board.
    pub board: BoardConfig,
    /// Accounts and log-in.
    pub identity: IdentityConfig,
    /// Mail.
    pub mail: MailConfig,
    /// Requests to addresses that others choose.
    pub outbound: OutboundConfig,
    /// Keys that protect what is stored.
    pub security: SecurityConfig,
    /// Background work.
    pub jobs: JobsConfig,
    /// The log.
    pub log: LogConfig,
}

/// The section `[server]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Where to listen, `HOST:PORT`. Port 0 takes any free one.
    pub listen: String,
    /// The address that browsers use, without a path; from `listen` when absent.
    pub public_url: Option<String>,
    /// Other origins whose pages may call the API.
    pub cors_origins: Vec<String>,
    /// The addresses or networks of the proxies in front of the server, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
    /// How long requests and jobs under way may take to finish at shutdown, in seconds.
    pub drain_seconds: u64,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: None,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            drain_seconds: 20,
        }
    }
}

/// The section `[database]`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:///path/quorate.db` or `postgres://…`; a SQLite file in the data directory when absent.
    pub url: Option<String>,
}

impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseConfig").field("url", &self.url.as_deref().map(show::without_password)).finish()
    }
}

/// The section `[cache]`: answers of models that may be given again (GTW-12).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// How much memory they take at most, in MiB. Those that nodes share stand in Redis, whose size is its own.
    pub megabytes: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { megabytes: 64 }
    }
}

/// The section `[redis]`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisConfig {
    /// `redis://`, `rediss://` or `redis+unix://`; everything stays in memory when absent.
    pub url: Option<String>,
    /// Stands before every key, so that installations can share one Redis.
    pub prefix: String,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self { url: None, prefix: "quorate".to_owned() }
    }
}

impl std::fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisConfig")
            .field("url", &self.url.as_ref().map(|_| show::MASK))
            .field("prefix", &self.prefix)
            .finish()
    }
}

/// The section `[limits]`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Whether those who are signed in are held to their plan's requests a minute.
    pub by_plan: bool,
    /// Requests that an address may send without being signed in; 0 for no limit.
    pub signed_out_requests: u32,
    /// In how many seconds.
    pub signed_out_seconds: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self { by_plan: true, signed_out_requests: 100, signed_out_seconds: 15 * 60 }
    }
}

/// The section `[gateway]`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    /// The ledger of what calls cost, until it is in the database.
    pub ledger: LedgerConfig,
}

/// The section `[security]`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecurityConfig {
    /// 32 bytes as base64 or 64 hexadecimal digits, under which secrets are encrypted at rest.
    pub master_key: Option<String>,
    /// A file that holds the same; `master.key` in the data directory, made at the first start, when both are absent.
    pub master_key_file: Option<PathBuf>,
}

impl std::fmt::Debug for SecurityConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecurityConfig")
            .field("master_key", &self.master_key.as_ref().map(|_| show::MASK))
            .field("master_key_file", &self.master_key_file)
            .finish()
    }
}

/// The section `[jobs]`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobsConfig {
    /// Jobs that this process works on at once; a running board session is one.
    pub workers: usize,
    /// How long the jobs of a process that shows no sign of life stay with it, in seconds.
    pub lease_seconds: u64,
}

impl Default for JobsConfig {
    fn default() -> Self {
        Self { workers: 16, lease_seconds: 30 }
    }
}

/// The section `[log]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// How lines look.
    pub format: LogFormat,
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,quorate_board=debug`.
    pub level: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for log collectors.
    Json,
}

impl LogFormat {
    /// The name as written in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

impl Config {
    /// The address of the database in force.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.database.url.clone().unwrap_or_else(|| sqlite_url(&self.data_dir.join("quorate.db")))
    }

    /// The file of the database, when it is a SQLite one.
    pub(crate) fn sqlite_file(&self) -> Option<PathBuf> {
        let url = self.database_url();
        let path = url.split('?').next()?.strip_prefix("sqlite:")?;
        Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
    }

    /// The same address with its password masked, fit to be shown.
    #[must_use]
    pub fn shown_database_url(&self) -> String {
        show::without_password(&self.database_url())
    }

    /// The address that browsers use, without a slash at its end. Without `server.public_url` it follows from
    /// `server.listen`; a server that listens everywhere is `localhost` to those on the machine.
    #[must_use]
    pub fn public_url(&self) -> String {
        match &self.server.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => derived_url(&self.server.listen),
        }
    }

    /// The networks of the proxies in front of the server. What is none was refused when the configuration was read.
    #[must_use]
    pub fn trusted_proxies(&self) -> Vec<IpNet> {
        self.server.trusted_proxies.iter().filter_map(|text| network(text)).collect()
    }

    /// Where mails land when none are sent.
    #[must_use]
    pub fn outbox(&self) -> PathBuf {
        self.data_dir.join("outbox")
    }

    /// The file that the master key is read from when it is not given as text.
    #[must_use]
    pub fn master_key_file(&self) -> PathBuf {
        self.security.master_key_file.clone().unwrap_or_else(|| self.data_dir.join("master.key"))
    }
}

/// A network, or a single address as one.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// The address of a SQLite file.
fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

fn derived_url(listen: &str) -> String {
    let (host, port) = listen.rsplit_once(':').unwrap_or((listen, "80"));
    let host = match host {
        "0.0.0.0" | "[::]" | "" => "localhost",
        host => host,
    };
    if port == "80" { format!("http://{host}") } else { format!("http://{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_follow_from_what_is_given() {
        let mut config = Config { data_dir: PathBuf::from("/srv/quorate"), ..Config::default() };
        assert_eq!(config.database_url(), "sqlite:///srv/quorate/quorate.db");
        assert_eq!(config.public_url(), "http://127.0.0.1:8080");
        config.server.listen = "0.0.0.0:80".to_owned();
        assert_eq!(config.public_url(), "http://localhost");
        config.server.listen = "[::]:9000".to_owned();
        assert_eq!(config.public_url(), "http://localhost:9000");
        config.server.public_url = Some("https://board.example/".to_owned());
        assert_eq!(config.public_url(), "https://board.example");
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let mut config = Config::default();
        config.database.url = Some("postgres://quorate:hunter2@db/quorate".to_owned());
        config.security.master_key = Some("hunter2".to_owned());
        config.redis.url = Some("redis://:hunter2@redis".to_owned());
        let shown = format!("{config:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("postgres://quorate:***@db/quorate"), "{shown}");
    }
}
