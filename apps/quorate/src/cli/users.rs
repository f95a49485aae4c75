use std::io::BufRead as _;

use quorate_identity::Account;
use serde_json::json;

use super::arguments::{Global, UsersAction, UsersOptions};
use super::board::{DIM, Line, plain, styled, table};
use super::{Failure, log, output};
use crate::compose::App;

/// `quorate users`. Works on the database, whether or not a server runs; a running one follows within five seconds.
pub(super) async fn run(global: &Global, options: &UsersOptions) -> Result<(), Failure> {
    let loaded = global.load(Vec::new())?;
    log::start_quietly(&loaded.config.log, global.verbose);
    let app = App::build(loaded.config).await.map_err(Failure::failed)?;
    let outcome = act(&app, options).await;
    app.store.close().await;
    outcome
}

async fn act(app: &App, options: &UsersOptions) -> Result<(), Failure> {
    let (identity, json) = (&app.identity, options.json);
    match &options.action {
        UsersAction::List { search, limit } => list(&identity.accounts(search, *limit).await.map_err(told)?, json),
        UsersAction::Show { user } => show(&identity.account(user).await.map_err(told)?, None, json),
        UsersAction::Create { email, name, password_stdin, operator } => {
            let password = given(*password_stdin)?;
            let made = identity.create_account(email, name.clone(), password, *operator).await;
            let (account, link) = made.map_err(told)?;
            show(&account, link, json)
        }
        UsersAction::Suspend { user } => show(&identity.suspend_account(user, true).await.map_err(told)?, None, json),
        UsersAction::Resume { user } => show(&identity.suspend_account(user, false).await.map_err(told)?, None, json),
        UsersAction::SetPassword { user, password_stdin } => {
            let link = identity.replace_password(user, given(*password_stdin)?).await.map_err(told)?;
            show(&identity.account(user).await.map_err(told)?, link, json)
        }
        UsersAction::MakeOperator { user } => {
            show(&identity.make_operator(user, true).await.map_err(told)?, None, json)
        }
        UsersAction::RemoveOperator { user } => {
            show(&identity.make_operator(user, false).await.map_err(told)?, None, json)
        }
    }
}

/// A password never stands among the arguments, where every process of the machine can read it.
fn given(from_stdin: bool) -> Result<Option<String>, Failure> {
    if !from_stdin {
        return Ok(None);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(Failure::failed)?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        return Err(Failure::Usage("the first line of standard input is empty; it is read as the password".to_owned()));
    }
    Ok(Some(password))
}

/// What went wrong as a person may read it.
pub(super) fn told(error: quorate_identity::IdentityError) -> Failure {
    let problem = quorate_kernel::Problem::from(error);
    Failure::failed(anyhow::Error::new(problem))
}

fn list(accounts: &[Account], json: bool) -> Result<(), Failure> {
    if json {
        return Ok(output::print(&format!("{:#}\n", json!({ "data": accounts })))?);
    }
    let head: Vec<Line> = ["address", "name", "since", "last seen", ""].iter().map(|name| vec![plain(name)]).collect();
    let rows: Vec<Vec<Line>> = accounts.iter().map(row).collect();
    let mut lines = table(&head, &rows, output::columns());
    if accounts.is_empty() {
        lines = vec![vec![styled("Nobody. Make an account with: quorate users create EMAIL", DIM)]];
    }
    Ok(output::print_lines(&lines)?)
}

fn row(account: &Account) -> Vec<Line> {
    let day = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%d").to_string();
    vec![
        vec![plain(&account.email)],
        vec![plain(&account.name)],
        vec![plain(day(account.created_at))],
        vec![plain(account.last_seen_at.map_or_else(|| "never".to_owned(), day))],
        vec![styled(states(account).join(", "), DIM)],
    ]
}

fn states(account: &Account) -> Vec<&'static str> {
    let states = [
        (account.operator, "operator"),
        (account.suspended, "suspended"),
        (!account.email_verified, "address not confirmed"),
        (!account.has_password, "no password"),
    ];
    states.into_iter().filter(|(is_so, _)| *is_so).map(|(_, word)| word).collect()
}

fn show(account: &Account, link: Option<String>, json: bool) -> Result<(), Failure> {
    if json {
        return Ok(output::print(&format!("{:#}\n", json!({ "user": account, "password_link": link })))?);
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut fact = |name: &str, value: String| lines.push(vec![styled(format!("{name:<14}"), DIM), plain(value)]);
    fact("address", account.email.clone());
    fact("name", account.name.clone());
    fact("id", account.id.to_string());
    fact("made", account.created_at.format("%Y-%m-%d %H:%M UTC").to_string());
    let states = states(account);
    fact("state", if states.is_empty() { "in good order".to_owned() } else { states.join(", ") });
    for org in &account.organizations {
        fact("organization", format!("{} ({}, {})", org.name, org.role.name(), org.id));
    }
    if let Some(link) = link {
        lines.push(Line::new());
        lines.push(vec![plain("Give this link to the person; it sets the password, once, within an hour:")]);
        lines.push(vec![plain(link)]);
    }
    Ok(output::print_lines(&lines)?)
}
