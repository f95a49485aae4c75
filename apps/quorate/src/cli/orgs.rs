use quorate_identity::OrganizationRecord;
use quorate_kernel::OrgId;
use serde_json::json;

use super::arguments::{Global, OrgsAction, OrgsOptions};
use super::board::{Line, plain, table};
use super::users::told;
use super::{Failure, log, output};
use crate::compose::App;

/// `quorate orgs`.
pub(super) async fn run(global: &Global, options: &OrgsOptions) -> Result<(), Failure> {
    let loaded = global.load(Vec::new())?;
    log::start_quietly(&loaded.config.log, global.verbose);
    let app = App::build(loaded.config).await.map_err(Failure::failed)?;
    let outcome = act(&app, options).await;
    app.store.close().await;
    outcome
}

async fn act(app: &App, options: &OrgsOptions) -> Result<(), Failure> {
    let found = match &options.action {
        OrgsAction::List { search, limit } => app.identity.all_organizations(search, *limit).await.map_err(told)?,
        OrgsAction::Show { org } => vec![app.identity.organization_record(OrgId(*org)).await.map_err(told)?],
    };
    if options.json {
        return Ok(output::print(&format!("{:#}\n", json!({ "data": found })))?);
    }
    let head: Vec<Line> = ["name", "owners", "members", "since", "id"].iter().map(|name| vec![plain(name)]).collect();
    let rows: Vec<Vec<Line>> = found.iter().map(row).collect();
    Ok(output::print_lines(&table(&head, &rows, output::columns()))?)
}

fn row(org: &OrganizationRecord) -> Vec<Line> {
    vec![
        vec![plain(&org.name)],
        vec![plain(org.owners.join(", "))],
        vec![plain(org.members.to_string())],
        vec![plain(org.created_at.format("%Y-%m-%d").to_string())],
        vec![plain(org.id.to_string())],
    ]
}
