use std::sync::Arc;

use figment::error::{Actual, Kind as ErrorKind};
use figment::value::{Dict, Value};
use quorate_kernel::{SystemClock, SystemIds};
use quorate_models::Models;
use quorate_outbound::MailTransport;
use quorate_store::Engine;
use reqwest::Url;
use tracing_subscriber::EnvFilter;

use super::load::{Issue, Values};
use super::reference::{self, Kind};
use super::{Config, master_key};

/// How many problems are looked for before giving up on a hopeless file.
const MOST_ISSUES: usize = 40;
/// Words at most this similar (Jaro-Winkler) are not taken for a slip of the pen.
const NEAR: f64 = 0.82;

/// Reads the values into the types, collecting all that is wrong: unknown keys, wrong types, values out of bounds.
pub(super) fn read(values: &Values) -> (Config, Vec<Issue>) {
    let mut issues = Vec::new();
    let mut tree = values.tree.clone();
    if let Value::Dict(_, dict) = &mut tree {
        remove_unknown(values, dict, "", "", &mut issues);
    }
    let config = loop {
        match tree.deserialize::<Config>() {
            Ok(config) => break Some(config),
            Err(error) if issues.len() < MOST_ISSUES => {
                let (key, generic) = spelled(&error.path);
                issues.push(type_issue(values, &tree, &error, key, &generic));
                if !remove(&mut tree, &error.path) {
                    break None;
                }
            }
            Err(_) => break None,
        }
    };
    let typed = issues.is_empty();
    let config = config.unwrap_or_default();
    for (key, message) in out_of_bounds(&config, typed) {
        let source = tree.find_ref(&key).and_then(|value| values.source(value, &key));
        issues.push(Issue { key, source, message });
    }
    (config, issues)
}

/// Takes out the keys that no type knows, naming each. `key` is as shown (`a[0].b`), `generic` as documented (`a[].b`).
fn remove_unknown(values: &Values, dict: &mut Dict, key: &str, generic: &str, issues: &mut Vec<Issue>) {
    let join = |prefix: &str, name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    let known = reference::children(generic);
    let mut unknown = Vec::new();
    for (name, value) in dict.iter_mut() {
        let (key, generic) = (join(key, name), join(generic, name));
        if !known.contains(&name.as_str()) {
            let message = format!("there is no such key{}", suggestion(name, &key, &known));
            issues.push(Issue { source: values.source(value, &key), key, message });
            unknown.push(name.clone());
            continue;
        }
        match (reference::find(&generic), value) {
            (None, Value::Dict(_, inner)) => remove_unknown(values, inner, &key, &generic, issues),
            (Some(entry), Value::Array(_, items)) if entry.kind == Kind::Tables => {
                for (index, item) in items.iter_mut().enumerate() {
                    if let Value::Dict(_, inner) = item {
                        remove_unknown(values, inner, &format!("{key}[{index}]"), &format!("{generic}[]"), issues);
                    }
                }
            }
            _ => {}
        }
    }
    dict.retain(|name, _| !unknown.contains(name));
}

/// What may have been meant: a key of the same section that looks alike, or the same key in another section.
fn suggestion(name: &str, full: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), *candidate))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((_, candidate)) = nearest {
        let section = full.rsplit_once('.').map(|(section, _)| format!("{section}.")).unwrap_or_default();
        return format!("; did you mean {section}{candidate}?");
    }
    let elsewhere = reference::reference()
        .into_iter()
        .filter_map(|entry| Some((strsim::jaro_winkler(name, entry.key.rsplit_once('.')?.1), entry.key)))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    elsewhere.map(|(_, key)| format!("; did you mean {key}?")).unwrap_or_default()
}

/// A path of parts as a key to show, and as it is documented.
fn spelled(path: &[String]) -> (String, String) {
    let (mut key, mut generic) = (String::new(), String::new());
    for part in path {
        if part.parse::<usize>().is_ok() {
            key.push_str(&format!("[{part}]"));
            generic.push_str("[]");
            continue;
        }
        if !key.is_empty() {
            key.push('.');
            generic.push('.');
        }
        key.push_str(part);
        generic.push_str(part);
    }
    (key, generic)
}

fn type_issue(values: &Values, tree: &Value, error: &figment::Error, mut key: String, generic: &str) -> Issue {
    let kind = reference::find(generic).map(|entry| entry.kind);
    let source = value_at(tree, &error.path).and_then(|value| values.source(value, &key));
    let message = match &error.kind {
        ErrorKind::MissingField(field) => {
            key = format!("{key}.{field}");
            "is missing".to_owned()
        }
        // A value that should be kept secret stays so, even where it is wrong.
        ErrorKind::InvalidType(..) | ErrorKind::InvalidValue(..) if kind == Some(Kind::Secret) => {
            "has to be text in quotes".to_owned()
        }
        ErrorKind::InvalidType(actual, _) | ErrorKind::InvalidValue(actual, _) => match kind {
            Some(kind) => format!("has to be {}, not {}", wanted(kind), given(actual)),
            None => format!("is a section of its own, [{key}], and cannot be {}", given(actual)),
        },
        ErrorKind::UnknownVariant(found, expected) => format!("'{found}' is none of {}", expected.join(", ")),
        other => other.to_string(),
    };
    Issue { key, source, message }
}

fn wanted(kind: Kind) -> String {
    match kind {
        Kind::Count => "a whole number of 0 or more".to_owned(),
        Kind::Seconds => "a number of seconds".to_owned(),
        Kind::Number | Kind::Dollars => "a number".to_owned(),
        Kind::Flag => "true or false".to_owned(),
        Kind::TextList => "a list of texts".to_owned(),
        Kind::Tables => "a list of tables (in the environment: a JSON array of objects)".to_owned(),
        Kind::Choice(words) => format!("one of {}", words.join(", ")),
        Kind::Text | Kind::Secret | Kind::Address | Kind::Url | Kind::Path => "text in quotes".to_owned(),
    }
}

fn given(actual: &Actual) -> String {
    match actual {
        Actual::Str(text) => format!("'{text}'"),
        Actual::Unsigned(number) => number.to_string(),
        Actual::Signed(number) => number.to_string(),
        Actual::Float(number) => number.to_string(),
        Actual::Bool(flag) => flag.to_string(),
        Actual::Seq => "a list".to_owned(),
        Actual::Map => "a table".to_owned(),
        other => other.to_string(),
    }
}

fn value_at<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, part| match value {
        Value::Dict(_, dict) => dict.get(part),
        Value::Array(_, items) => items.get(part.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Takes the value at `path` out, so that the next look finds the next problem. In a list the whole entry goes, since
/// it would only be found to lack the key.
fn remove(value: &mut Value, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    match value {
        Value::Dict(_, dict) if rest.is_empty() => dict.remove(first).is_some(),
        Value::Dict(_, dict) => dict.get_mut(first).is_some_and(|inner| remove(inner, rest)),
        Value::Array(_, items) => match first.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

/// What the types cannot tell. The models are only looked at when everything could be read (`typed`): half of them
/// would have mistakes that nobody made.
fn out_of_bounds(config: &Config, typed: bool) -> Vec<(String, String)> {
    let mut issues: Vec<(String, String)> = Vec::new();
    let mut refuse = |key: &str, message: String| issues.push((key.to_owned(), message));
    let server = &config.server;
    let port = server.listen.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
    if !matches!(port, Some(Ok(_))) {
        refuse("server.listen", format!("'{}' is not HOST:PORT, such as 127.0.0.1:8080", server.listen));
    }
    if let Some(url) = &server.public_url
        && !is_origin(url)
    {
        refuse("server.public_url", format!("'{url}' is not http(s)://host without a path"));
    }
    for origin in server.cors_origins.iter().filter(|origin| !is_origin(origin) || origin.ends_with('/')) {
        refuse("server.cors_origins", format!("'{origin}' is not an origin such as https://app.example"));
    }
    for proxy in server.trusted_proxies.iter().filter(|proxy| super::network(proxy).is_none()) {
        refuse("server.trusted_proxies", format!("'{proxy}' is no address and no network such as 10.0.0.0/8"));
    }
    if config.mail.transport == MailTransport::Smtp && config.mail.smtp.host.is_empty() {
        refuse("mail.smtp.host", "is needed when mail.transport is \"smtp\"".to_owned());
    }
    let turnstile = &config.identity.turnstile;
    if turnstile.site_key.is_some() != turnstile.secret_key.is_some() {
        let missing = if turnstile.site_key.is_some() { "secret_key" } else { "site_key" };
        refuse(&format!("identity.turnstile.{missing}"), "both keys are needed".to_owned());
    }
    if config.identity.conceal_accounts && config.mail.transport == MailTransport::Folder {
        refuse("identity.conceal_accounts", "needs mail that leaves: mail.transport = \"smtp\"".to_owned());
    }
    if server.drain_seconds > 600 {
        refuse("server.drain_seconds", format!("{} is more than 600", server.drain_seconds));
    }
    if let Some(url) = &config.database.url
        && let Err(error) = Engine::of(url)
    {
        refuse("database.url", error.to_string());
    }
    if let Some(url) = &config.redis.url
        && let Err(error) = quorate_work::Redis::check(url)
    {
        refuse("redis.url", error.to_string());
    }
    if config.redis.prefix.is_empty() || config.redis.prefix.chars().any(|letter| !letter.is_ascii_graphic()) {
        refuse("redis.prefix", "has to be letters, digits or signs, at least one".to_owned());
    }
    let board = &config.board;
    if !(1..=64).contains(&board.concurrency) {
        refuse("board.concurrency", format!("{} is not between 1 and 64", board.concurrency));
    }
    for (key, value, most) in [
        ("board.attachments", board.attachments, 100),
        ("board.attachment_megabytes", board.attachment_megabytes, 100),
        ("board.attachment_characters", board.attachment_characters, 2_000_000),
        ("board.attachment_pages", board.attachment_pages, 10_000),
    ] {
        if value > most || (value == 0 && key != "board.attachments") {
            refuse(key, format!("{value} is not between 1 and {most}"));
        }
    }
    for (key, seconds) in [
        ("board.clarification_timeout_seconds", board.clarification_timeout_seconds),
        ("board.session_timeout_seconds", board.session_timeout_seconds),
        ("board.call_timeout_seconds", board.call_timeout_seconds),
    ] {
        if !(1..=604_800).contains(&seconds) {
            refuse(key, format!("{seconds} is not between 1 second and 7 days"));
        }
    }
    if !board.cost_ceiling_usd.is_finite() || board.cost_ceiling_usd <= 0.0 {
        refuse("board.cost_ceiling_usd", format!("{} is not an amount above zero", board.cost_ceiling_usd));
    }
    if board.routes.is_empty() {
        refuse("board.routes", "name at least one route".to_owned());
    }
    if let Some(folder) = board.personas_dir.as_ref().filter(|folder| !folder.is_dir()) {
        refuse("board.personas_dir", format!("'{}' is not a folder", folder.display()));
    }
    for (key, value, least, most) in [
        ("identity.password_memory_kib", config.identity.password_memory_kib as usize, 8, 4 * 1024 * 1024),
        ("identity.password_passes", config.identity.password_passes as usize, 1, 100),
        ("identity.password_parallel", config.identity.password_parallel, 1, 256),
        ("gateway.ledger.queue", config.gateway.ledger.queue, 1, 10_000_000),
        (
            "gateway.ledger.log_megabytes",
            usize::try_from(config.gateway.ledger.log_megabytes).unwrap_or(usize::MAX),
            1,
            1_048_576,
        ),
        ("jobs.workers", config.jobs.workers, 1, 1024),
        (
            "limits.signed_out_seconds",
            usize::try_from(config.limits.signed_out_seconds).unwrap_or(usize::MAX),
            1,
            24 * 3600,
        ),
        ("jobs.lease_seconds", usize::try_from(config.jobs.lease_seconds).unwrap_or(usize::MAX), 1, 3_600),
    ] {
        if !(least..=most).contains(&value) {
            refuse(key, format!("{value} is not between {least} and {most}"));
        }
    }
    issues.extend(quorate_identity::problems(&config.identity, &config.public_url()));
    let mut refuse = |key: &str, message: String| issues.push((key.to_owned(), message));
    let security = &config.security;
    if security.master_key.is_some() && security.master_key_file.is_some() {
        refuse("security.master_key_file", "give either this or security.master_key".to_owned());
    }
    if let Some(text) = &security.master_key
        && master_key::decode(text).is_none()
    {
        refuse("security.master_key", master_key::FORM.to_owned());
    }
    if EnvFilter::try_new(&config.log.level).is_err() {
        refuse("log.level", format!("'{}' is no level and no list of directives", config.log.level));
    }
    if typed {
        issues.extend(models(config));
    }
    issues
}

fn models(config: &Config) -> Vec<(String, String)> {
    let mut issues = Vec::new();
    match Models::new(&config.models, Arc::new(SystemClock), Arc::new(SystemIds)) {
        Ok(_) => {
            let known = |route: &String| {
                config.models.routes.iter().any(|known| known.name == *route)
                    || route.split_once('/').is_some_and(|(provider, model)| {
                        !model.is_empty() && config.models.providers.iter().any(|known| known.name == provider)
                    })
            };
            for route in config.board.routes.iter().filter(|route| !known(route)) {
                issues.push(("board.routes".to_owned(), format!("there is no model route '{route}'")));
            }
        }
        Err(error) => issues.push((error.key, error.message)),
    }
    issues
}

/// Whether this is `http(s)://host[:port]` and nothing more.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some_and(|host| !host.is_empty())
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    })
}
