use std::os::fd::AsFd as _;

use quorate_audit::{Filter, Recorded};
use quorate_kernel::PageRequest;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use super::arguments::{AuditAction, AuditOptions, Global};
use super::board::{DIM, Line, plain, styled, table};
use super::users::told;
use super::{Failure, log, output};
use crate::compose::App;

/// `quorate audit`.
pub(super) async fn run(global: &Global, options: &AuditOptions) -> Result<(), Failure> {
    let loaded = global.load(Vec::new())?;
    log::start_quietly(&loaded.config.log, global.verbose);
    let app = App::build(loaded.config).await.map_err(Failure::failed)?;
    let outcome = act(&app, options).await;
    app.store.close().await;
    outcome
}

async fn act(app: &App, options: &AuditOptions) -> Result<(), Failure> {
    match &options.action {
        AuditAction::Verify => verify(app).await,
        AuditAction::List { action, user, limit, json } => {
            let user = match user {
                Some(who) => Some(app.identity.account(who).await.map_err(told)?.id),
                None => None,
            };
            let filter = Filter { action: action.clone(), user, ..Filter::default() };
            let page = PageRequest { limit: Some(*limit), cursor: None };
            let found = app.audit.list(&app.store, &filter, &page).await.map_err(Failure::failed)?;
            list(&found.data, *json)
        }
        AuditAction::Export { action } => {
            let filter = Filter { action: action.clone(), ..Filter::default() };
            let mut out = unbuffered_output().map_err(Failure::failed)?;
            app.audit.export(&app.store, &filter, &mut out).await.map_err(Failure::failed)?;
            out.flush().await.map_err(Failure::failed)
        }
    }
}

/// Standard output as a file: the log may be far longer than what should be held in memory.
fn unbuffered_output() -> std::io::Result<tokio::fs::File> {
    let descriptor = std::io::stdout().as_fd().try_clone_to_owned()?;
    Ok(tokio::fs::File::from_std(std::fs::File::from(descriptor)))
}

async fn verify(app: &App) -> Result<(), Failure> {
    let report = app.audit.verify(&app.store).await.map_err(Failure::failed)?;
    let entries = if report.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", report.entries) };
    if let Some(bad) = report.first_bad {
        output::print(&format!("The audit log was tampered with, at entry {}: {}.\n", bad.sequence, bad.what))?;
        return Err(Failure::Told);
    }
    Ok(output::print(&format!(
        "The audit log is whole: {entries}, the last with the mark {}.\n\
         Keep that mark elsewhere: it shows if the end of the log is ever cut off.\n",
        report.head.mac
    ))?)
}

fn list(entries: &[Recorded], json: bool) -> Result<(), Failure> {
    if json {
        return Ok(output::print(&format!("{:#}\n", json!({ "data": entries })))?);
    }
    let head: Vec<Line> = ["no", "when", "action", "who", "on", "from"].iter().map(|name| vec![plain(name)]).collect();
    let rows: Vec<Vec<Line>> = entries.iter().map(row).collect();
    let mut lines = table(&head, &rows, output::columns());
    if entries.is_empty() {
        lines = vec![vec![styled("Nothing.", DIM)]];
    }
    Ok(output::print_lines(&lines)?)
}

fn row(entry: &Recorded) -> Vec<Line> {
    let target = match (&entry.target_kind, &entry.target_id) {
        (Some(kind), Some(id)) => format!("{kind} {id}"),
        (Some(kind), None) => kind.clone(),
        _ => String::new(),
    };
    let who = entry.actor_user_id.clone().unwrap_or_else(|| entry.actor_kind.name().to_owned());
    vec![
        vec![plain(entry.sequence.to_string())],
        vec![plain(entry.at.format("%Y-%m-%d %H:%M:%S").to_string())],
        vec![plain(&entry.action)],
        vec![plain(who)],
        vec![plain(target)],
        vec![plain(entry.ip.clone().unwrap_or_default())],
    ]
}
