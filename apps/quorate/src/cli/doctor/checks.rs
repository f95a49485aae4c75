use std::io::ErrorKind;
use std::net::{TcpListener, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Datelike as _, Utc};
use quorate_kernel::{Clock as _, SystemClock, SystemIds};
use quorate_models::{ModelErrorKind, Models, Probe, ProviderKind};
use quorate_store::Store;
use quorate_work::{Redis, RedisSettings};

use super::finding::Finding;
use crate::compose::migrations;
use crate::config::{Config, Loaded, decode_master_key};
use crate::shared_state;

/// How long a database or a provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A clock that is off by more makes tokens expire early or late.
const SKEW: chrono::Duration = chrono::Duration::seconds(90);
/// This program did not exist before.
const FIRST_YEAR: i32 = 2026;

/// Looks at everything, in the order in which a start needs it.
pub(super) async fn all(loaded: &Loaded, ask_providers: bool) -> Vec<Finding> {
    let config = &loaded.config;
    let mut findings = vec![configuration(loaded), data_dir(&config.data_dir), database(config).await];
    findings.extend(redis(config).await);
    findings.push(master_key(config));
    findings.push(port(config).await);
    findings.push(web_page());
    let mut provider_time = None;
    match Models::new(&config.models, Arc::new(SystemClock), Arc::new(SystemIds)) {
        Ok(models) => {
            if models.list().iter().all(|model| model.offline) {
                findings.push(Finding::warning("models", "only the offline demo model is configured").advise(
                    "Its texts are no advice. Add [[models.providers]] and [[models.routes]] to quorate.toml.",
                ));
            } else if models.is_offline("default") {
                let finding = Finding::warning("models", "the route 'default' leads to the offline demo model");
                findings.push(finding.advise("Put a provider's model into its targets in quorate.toml."));
            }
            if ask_providers {
                let probes = models.probe(PATIENCE).await;
                provider_time = probes.iter().find_map(|probe| probe.result.as_ref().ok()?.date);
                findings.extend(probes.iter().map(provider));
            }
        }
        Err(error) => findings.push(Finding::broken("models", error.to_string())),
    }
    findings.push(clock(SystemClock.now(), provider_time));
    findings
}

fn configuration(loaded: &Loaded) -> Finding {
    match (&loaded.file, &loaded.unread_file) {
        (Some(file), Some(unread)) => {
            let detail = format!("{} is read, {} is not", file.display(), unread.display());
            Finding::warning("configuration", detail).advise("Only one file is read. Remove one of them.")
        }
        (Some(file), None) => Finding::fine("configuration", file.display().to_string()),
        (None, _) => Finding::fine("configuration", "no file; everything at its default"),
    }
}

fn data_dir(folder: &Path) -> Finding {
    let shown = folder.display();
    let exists = folder.exists();
    if exists && !folder.is_dir() {
        return Finding::broken("data directory", format!("{shown} is not a directory"))
            .advise("Choose another --data-dir.");
    }
    // Whether it can be made is seen at its nearest ancestor that is there.
    let nearest = folder.ancestors().find(|ancestor| ancestor.is_dir()).unwrap_or_else(|| Path::new("."));
    let probe = nearest.join(format!(".quorate-doctor-{}", std::process::id()));
    match std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) if exists => Finding::fine("data directory", format!("{shown} can be written")),
        Ok(()) => Finding::fine("data directory", format!("{shown} will be made at the first start")),
        Err(error) => {
            Finding::broken("data directory", format!("nothing can be written in {}: {error}", nearest.display()))
                .advise("Give this user the right to write there, or choose another --data-dir.")
        }
    }
}

async fn database(config: &Config) -> Finding {
    const NAME: &str = "database";
    let (url, shown) = (config.database_url(), config.shown_database_url());
    if config.sqlite_file().is_some_and(|file| !file.exists()) {
        return Finding::fine(NAME, format!("{shown} will be made at the first start"));
    }
    let look = async {
        let store = Store::open(&url).await?;
        let pending = match store.ping().await {
            Ok(()) => store.pending_migrations(&migrations()).await,
            Err(error) => Err(error),
        };
        store.close().await;
        pending
    };
    let advice = "Check database.url, that the server is running, and that it lets this machine and user in.";
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(Ok(0)) => Finding::fine(NAME, format!("{shown} answers; its schema is up to date")),
        Ok(Ok(pending)) => Finding::warning(NAME, format!("{shown} answers; {pending} migrations are pending"))
            .advise("They are applied at the next start, or now by: quorate migrate"),
        Ok(Err(error)) => Finding::broken(NAME, format!("{shown}: {error}")).advise(advice),
        Err(_) => Finding::broken(NAME, format!("{shown} does not answer within {PATIENCE:?}")).advise(advice),
    }
}

/// What several nodes share, when it is configured. A server does without it, so nothing here is broken.
async fn redis(config: &Config) -> Option<Finding> {
    const NAME: &str = "redis";
    let settings = shared_state::settings(&config.redis, &SystemIds)?;
    let answer = match Redis::connect(RedisSettings { patience: PATIENCE, ..settings }).await {
        Ok(redis) => redis.ping().await,
        Err(error) => Err(error.to_string()),
    };
    Some(match answer {
        Ok(()) => Finding::fine(NAME, "answers; the nodes count limits together"),
        Err(why) => Finding::warning(NAME, why).advise(
            "Check redis.url, and that the server is running. Until it answers, each node counts limits for itself.",
        ),
    })
}

fn master_key(config: &Config) -> Finding {
    const NAME: &str = "master key";
    if config.security.master_key.is_some() {
        return Finding::fine(NAME, "given by security.master_key");
    }
    let path = config.master_key_file();
    let shown = path.display();
    match std::fs::read_to_string(&path) {
        Ok(text) if decode_master_key(&text).is_none() => {
            Finding::broken(NAME, format!("{shown} holds no key: 32 bytes as base64 or 64 hexadecimal digits"))
                .advise("Put the right file back. Without it, what it protects cannot be read.")
        }
        Ok(_) if is_open_to_others(&path) => {
            let finding = Finding::warning(NAME, format!("{shown} can be read by other users of this machine"));
            finding.advise(format!("Run: chmod 600 {shown}"))
        }
        Ok(_) => Finding::fine(NAME, format!("{shown}; keep a copy in another place")),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Finding::fine(NAME, format!("{shown} will be made at the first start"))
        }
        Err(error) => Finding::broken(NAME, format!("{shown} cannot be read: {error}"))
            .advise("Give this user the right to read it."),
    }
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
const fn is_open_to_others(_: &Path) -> bool {
    false
}

async fn port(config: &Config) -> Finding {
    const NAME: &str = "address";
    let listen = &config.server.listen;
    let addresses: Vec<_> = match listen.to_socket_addrs() {
        Ok(addresses) => addresses.collect(),
        Err(error) => {
            return Finding::broken(NAME, format!("{listen}: {error}")).advise("Correct server.listen.");
        }
    };
    match TcpListener::bind(addresses.as_slice()) {
        Ok(_) => Finding::fine(NAME, format!("{listen} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_quorate(listen).await => {
            Finding::fine(NAME, format!("a Quorate server is running on {listen}"))
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            Finding::broken(NAME, format!("another program listens on {listen}"))
                .advise("Stop it, or choose another address with --listen or server.listen.")
        }
        Err(error) => Finding::broken(NAME, format!("{listen} cannot be listened on: {error}"))
            .advise("Ports below 1024 need rights that an ordinary user has not; the host has to be this machine's."),
    }
}

/// Whether what listens there answers as we do.
async fn is_quorate(listen: &str) -> bool {
    let answer = async {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().ok()?;
        let url = format!("http://{}/api/health", listen.replace("0.0.0.0", "127.0.0.1"));
        let body = client.get(url).send().await.ok()?.json::<serde_json::Value>().await.ok()?;
        Some(body["status"] == "ok" && body["version"].is_string())
    };
    answer.await.unwrap_or_default()
}

fn web_page() -> Finding {
    if quorate_web_assets::inline_script_hashes().is_empty() {
        Finding::warning("web page", "this binary was built without it; the API and the command line work")
            .advise("Build with: make build")
    } else {
        Finding::fine("web page", "built in")
    }
}

fn provider(probe: &Probe) -> Finding {
    let name = format!("provider {}", probe.provider);
    let error = match &probe.result {
        Ok(reached) if reached.lists_models => return Finding::fine(name, format!("{} answers", probe.base_url)),
        Ok(_) => return Finding::fine(name, format!("{} answers, but lists no models", probe.base_url)),
        Err(error) => error,
    };
    let finding = Finding::broken(name, format!("{}: {}", probe.base_url, error.message));
    match &error.kind {
        ModelErrorKind::Unauthorized => {
            finding.advise("The key is wrong, expired or not allowed. Check api_key or api_key_env.")
        }
        ModelErrorKind::QuotaExhausted => finding.advise("The provider's account has no quota or money left."),
        ModelErrorKind::RateLimited { .. } => {
            Finding::warning(format!("provider {}", probe.provider), "answers, but is busy")
        }
        ModelErrorKind::Timeout | ModelErrorKind::Unavailable if probe.kind == ProviderKind::OpenAiCompatible => {
            finding.advise("Check base_url, and that the server is running and can be reached from here.")
        }
        ModelErrorKind::Timeout | ModelErrorKind::Unavailable => {
            finding.advise("Check this machine's way to the internet, or the provider's status page.")
        }
        _ => finding.advise("Check kind and base_url."),
    }
}

fn clock(now: DateTime<Utc>, provider_time: Option<DateTime<Utc>>) -> Finding {
    const NAME: &str = "clock";
    let advice = "Set this machine's time, or let it keep time by itself (NTP).";
    if now.year() < FIRST_YEAR {
        return Finding::broken(NAME, format!("it is not {}", now.format("%Y-%m-%d"))).advise(advice);
    }
    match provider_time {
        Some(time) if (now - time).abs() > SKEW => {
            let seconds = (now - time).num_seconds();
            let way = if seconds > 0 { "ahead of" } else { "behind" };
            Finding::warning(NAME, format!("{} seconds {way} a provider's", seconds.abs())).advise(advice)
        }
        Some(_) => Finding::fine(NAME, format!("{} UTC, as at a provider", now.format("%Y-%m-%d %H:%M"))),
        None => Finding::fine(NAME, format!("{} UTC", now.format("%Y-%m-%d %H:%M"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_wrong_clock_is_seen() {
        let now = SystemClock.now();
        assert_eq!(clock(now, None).state, State::Fine);
        assert_eq!(clock(now, Some(now - chrono::Duration::seconds(5))).state, State::Fine);
        assert_eq!(clock(now, Some(now - chrono::Duration::hours(1))).state, State::Warning);
        assert_eq!(clock(DateTime::UNIX_EPOCH, None).state, State::Broken);
    }

    #[tokio::test]
    async fn a_taken_port_is_seen() {
        // As the binary does at its start; without it no HTTP client can be made.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut config = Config::default();
        config.server.listen = listener.local_addr().unwrap().to_string();
        assert_eq!(port(&config).await.state, State::Broken);
        drop(listener);
        assert_eq!(port(&config).await.state, State::Fine);
    }

    #[tokio::test]
    async fn a_redis_that_is_away_is_seen() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut config = Config::default();
        assert_eq!(redis(&config).await, None);
        config.redis.url = Some("redis://:hunter2@127.0.0.1:1".to_owned());
        let away = redis(&config).await.unwrap();
        assert_eq!(away.state, State::Warning);
        assert!(!format!("{away:?}").contains("hunter2"), "{away:?}");
    }

    #[test]
    fn a_data_directory_that_is_a_file_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(data_dir(folder.path()).state, State::Fine);
        assert_eq!(data_dir(&folder.path().join("new/one")).state, State::Fine);
        std::fs::write(folder.path().join("file"), "").unwrap();
        assert_eq!(data_dir(&folder.path().join("file")).state, State::Broken);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_broken_master_key_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
        assert_eq!(master_key(&config).state, State::Fine);
        config.master_key(&SystemIds).unwrap();
        assert_eq!(master_key(&config).state, State::Fine);
        std::fs::write(config.master_key_file(), "nothing").unwrap();
        assert_eq!(master_key(&config).state, State::Broken);
    }
}
