use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_gateway::{ApiKey, KeyChange, MadeKey, NewKey, Status};
use quorate_kernel::{Clock as _, OrgId, Permission, Problem, SystemClock};
use serde_json::{Value, json};

use super::arguments::{Global, KeysAction, KeysOptions, NewKeyOptions};
use super::board::{DIM, Line, plain, styled, table};
use super::users::told;
use super::{Failure, log, output};
use crate::compose::App;

/// `quorate keys`. Works on the database, whether or not a server runs; a running one follows within a second.
pub(super) async fn run(global: &Global, options: &KeysOptions) -> Result<(), Failure> {
    let loaded = global.load(Vec::new())?;
    log::start_quietly(&loaded.config.log, global.verbose);
    let app = App::build(loaded.config).await.map_err(Failure::failed)?;
    let outcome = act(&app, options).await;
    app.store.close().await;
    outcome
}

async fn act(app: &App, options: &KeysOptions) -> Result<(), Failure> {
    let (keys, json) = (app.gateway.keys(), options.json);
    match &options.action {
        KeysAction::List { org, limit } => list(&keys.all(org.map(OrgId), *limit).await.map_err(Problem::from)?, json),
        KeysAction::Show { key } => show(&keys.any(*key).await.map_err(Problem::from)?, json),
        KeysAction::Create(new) => made(&create(app, new).await?, json),
        KeysAction::Revoke { key } => {
            keys.revoke_any(*key).await.map_err(Problem::from)?;
            show(&keys.any(*key).await.map_err(Problem::from)?, json)
        }
        KeysAction::Rotate { key: Some(key), grace_hours } => {
            let grace = Duration::from_secs(u64::from(*grace_hours) * 3_600);
            made(&keys.rotate_any(*key, grace).await.map_err(Problem::from)?, json)
        }
        KeysAction::Rotate { key: None, .. } | KeysAction::RotateSigning => rotate_signing(app, json).await,
    }
}

async fn rotate_signing(app: &App, json: bool) -> Result<(), Failure> {
    app.identity.rotate_signing_key().await.map_err(told)?;
    if json {
        return Ok(output::print(&format!("{:#}\n", json!({ "rotated": true })))?);
    }
    Ok(output::print(
        "A new key signs access tokens from now on; running servers follow within a minute.\n\
         Tokens signed before stay valid until they expire, 15 minutes at most.\n",
    )?)
}

async fn create(app: &App, new: &NewKeyOptions) -> Result<MadeKey, Failure> {
    let owner = app.identity.account(&new.user).await.map_err(told)?;
    let org = match (new.org, owner.organizations.as_slice()) {
        (Some(org), _) => OrgId(org),
        (None, [only]) => only.id,
        (None, several) => {
            let names = several.iter().map(|org| format!("{} ({})", org.id, org.name)).collect::<Vec<_>>().join(", ");
            return Err(Failure::Usage(format!("say with --org in which organization: {names}")));
        }
    };
    let terms = KeyChange {
        name: Some(new.name.clone()),
        scopes: Some(new.scopes.clone()),
        models: Some(new.models.clone()),
        allowed_ips: Some(new.allowed_ips.clone()),
        expires_at: Some(new.expires),
        requests_per_minute: Some(new.requests_per_minute),
        max_concurrency: Some(new.max_concurrency),
        monthly_budget: Some(new.monthly_budget.map(|budget| budget.0)),
    };
    let key = NewKey { environment: Some(new.environment), terms };
    let made = app.gateway.keys().create_for(owner.id, org, key).await;
    Ok(made.map_err(Problem::from)?)
}

fn list(keys: &[ApiKey], json: bool) -> Result<(), Failure> {
    let now = SystemClock.now();
    if json {
        let data: Vec<Value> = keys.iter().map(|key| as_json(key, now)).collect();
        return Ok(output::print(&format!("{:#}\n", json!({ "data": data })))?);
    }
    let head: Vec<Line> =
        ["name", "key", "scopes", "last used", "", "id"].iter().map(|name| vec![plain(name)]).collect();
    let rows: Vec<Vec<Line>> = keys.iter().map(|key| row(key, now)).collect();
    let mut lines = table(&head, &rows, output::columns());
    if keys.is_empty() {
        lines = vec![vec![styled("None. Make a key with: quorate keys create --user USER --name NAME", DIM)]];
    }
    Ok(output::print_lines(&lines)?)
}

fn row(key: &ApiKey, now: DateTime<Utc>) -> Vec<Line> {
    let status = key.status(now);
    vec![
        vec![plain(&key.terms.name)],
        vec![plain(recognised(key))],
        vec![plain(scopes(key).join(", "))],
        vec![plain(key.last_used_at.map_or_else(|| "never".to_owned(), minute))],
        vec![styled(if status == Status::Active { "" } else { status.name() }, DIM)],
        vec![plain(key.id.to_string())],
    ]
}

/// How people recognise a key that nobody can read any more.
fn recognised(key: &ApiKey) -> String {
    format!("{}…{}", key.prefix(), key.last_four)
}

fn scopes(key: &ApiKey) -> Vec<&'static str> {
    key.terms.scopes.iter().map(Permission::name).collect()
}

fn minute(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn made(made: &MadeKey, json: bool) -> Result<(), Failure> {
    if json {
        let answer = json!({ "key": as_json(&made.key, SystemClock.now()), "token": made.token.expose() });
        return Ok(output::print(&format!("{answer:#}\n"))?);
    }
    let mut lines = facts(&made.key);
    lines.push(Line::new());
    lines.push(vec![plain("The token. It is shown this once and cannot be read again:")]);
    lines.push(vec![plain(made.token.expose())]);
    Ok(output::print_lines(&lines)?)
}

fn show(key: &ApiKey, json: bool) -> Result<(), Failure> {
    if json {
        return Ok(output::print(&format!("{:#}\n", json!({ "key": as_json(key, SystemClock.now()) })))?);
    }
    Ok(output::print_lines(&facts(key))?)
}

fn facts(key: &ApiKey) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut fact = |name: &str, value: String| lines.push(vec![styled(format!("{name:<14}"), DIM), plain(value)]);
    let terms = &key.terms;
    let or = |text: String, none: &str| if text.is_empty() { none.to_owned() } else { text };
    let networks: Vec<String> = terms.allowed_ips.iter().map(ToString::to_string).collect();
    fact("name", terms.name.clone());
    fact("id", key.id.to_string());
    fact("key", recognised(key));
    fact("state", key.status(SystemClock.now()).name().to_owned());
    fact("owner", key.user_id.to_string());
    fact("organization", key.org_id.to_string());
    fact("scopes", or(scopes(key).join(", "), "none"));
    fact("models", or(terms.models.join(", "), "all"));
    fact("used from", or(networks.join(", "), "anywhere"));
    fact("a minute", terms.requests_per_minute.map_or_else(|| "as the plan".to_owned(), |count| count.to_string()));
    fact("at once", terms.max_concurrency.map_or_else(|| "any number".to_owned(), |count| count.to_string()));
    fact("a month", terms.monthly_budget.map_or_else(|| "no budget".to_owned(), |budget| budget.to_string()));
    fact("made", minute(key.created_at));
    let times = [
        ("last used", key.last_used_at),
        ("expires", terms.expires_at),
        ("rotated", key.rotated_at),
        ("token before", key.previous_until),
        ("revoked", key.revoked_at),
    ];
    for (name, time) in times {
        if let Some(time) = time {
            fact(name, minute(time));
        }
    }
    lines
}

/// A key as the API shows it, with its organization.
fn as_json(key: &ApiKey, now: DateTime<Utc>) -> Value {
    let terms = &key.terms;
    json!({
        "id": key.id,
        "org_id": key.org_id,
        "user_id": key.user_id,
        "name": terms.name,
        "environment": key.environment,
        "prefix": key.prefix(),
        "last_four": key.last_four,
        "scopes": scopes(key),
        "models": terms.models,
        "allowed_ips": terms.allowed_ips.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "requests_per_minute": terms.requests_per_minute,
        "max_concurrency": terms.max_concurrency,
        "monthly_budget_microusd": terms.monthly_budget.map(|budget| budget.0),
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "expires_at": terms.expires_at,
        "rotated_at": key.rotated_at,
        "previous_until": key.previous_until.filter(|until| *until > now),
        "revoked_at": key.revoked_at,
        "status": key.status(now).name(),
    })
}
