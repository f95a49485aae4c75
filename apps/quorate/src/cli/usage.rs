use std::collections::BTreeMap;

use quorate_gateway::ReportLine;
use quorate_kernel::{MicroUsd, OrgId};
use serde_json::{Value, json};

use super::arguments::{Global, UsageBy, UsageOptions};
use super::board::{DIM, Line, plain, styled, table};
use super::users::told;
use super::{Failure, log, output};
use crate::compose::App;

/// More organizations than any one server has.
const ALL: u32 = 1_000_000;

/// `quorate usage`. Reads what the ledger has written, whether or not a server runs.
pub(super) async fn run(global: &Global, options: &UsageOptions) -> Result<(), Failure> {
    let loaded = global.load(Vec::new())?;
    log::start_quietly(&loaded.config.log, global.verbose);
    let app = App::build(loaded.config).await.map_err(Failure::failed)?;
    let lines = read(&app, options).await;
    app.store.close().await;
    print(&lines?, options)
}

async fn read(app: &App, options: &UsageOptions) -> Result<Vec<ReportLine>, Failure> {
    let orgs = match options.org {
        Some(org) => vec![app.identity.organization_record(OrgId(org)).await.map_err(told)?],
        None => app.identity.all_organizations("", ALL).await.map_err(told)?,
    };
    let mut all = Vec::new();
    for org in orgs {
        all.extend(app.ledger.report(org.id, options.by.into(), options.from, options.to).await?);
    }
    Ok(merged(all, options.by))
}

/// Lines of several organizations as one list: days and months in their order, the rest with the most used first.
fn merged(lines: Vec<ReportLine>, by: UsageBy) -> Vec<ReportLine> {
    let mut sums: BTreeMap<String, ReportLine> = BTreeMap::new();
    for line in lines {
        match sums.get_mut(&line.name) {
            Some(sum) => add(sum, &line),
            None => drop(sums.insert(line.name.clone(), line)),
        }
    }
    let mut lines: Vec<ReportLine> = sums.into_values().collect();
    if !matches!(by, UsageBy::Day | UsageBy::Month) {
        lines.sort_by_key(|line| std::cmp::Reverse(line.requests));
    }
    lines
}

fn add(sum: &mut ReportLine, line: &ReportLine) {
    sum.requests += line.requests;
    sum.errors += line.errors;
    sum.tokens_in += line.tokens_in;
    sum.tokens_out += line.tokens_out;
    sum.cost += line.cost;
    sum.unpriced += line.unpriced;
}

fn total(lines: &[ReportLine]) -> ReportLine {
    let none = ReportLine {
        name: "total".to_owned(),
        label: None,
        requests: 0,
        errors: 0,
        tokens_in: 0,
        tokens_out: 0,
        cost: MicroUsd::ZERO,
        unpriced: 0,
    };
    lines.iter().fold(none, |mut sum, line| {
        add(&mut sum, line);
        sum
    })
}

fn print(lines: &[ReportLine], options: &UsageOptions) -> Result<(), Failure> {
    let total = total(lines);
    if options.json {
        let data: Vec<Value> = lines.iter().map(as_json).collect();
        return Ok(output::print(&format!("{:#}\n", json!({ "data": data, "total": as_json(&total) })))?);
    }
    if lines.is_empty() {
        return Ok(output::print_lines(&[vec![styled("Nothing was used in this time.", DIM)]])?);
    }
    let head: Vec<Line> = ["", "requests", "failed attempts", "tokens in", "tokens out", "cost"]
        .iter()
        .map(|name| vec![plain(name)])
        .collect();
    let rows: Vec<Vec<Line>> = lines.iter().chain((lines.len() > 1).then_some(&total)).map(row).collect();
    let mut shown = table(&head, &rows, output::columns());
    if total.unpriced > 0 {
        let note = "Costs with + lack attempts whose cost is unknown: they failed, or their model has no known price.";
        shown.extend([Line::new(), vec![styled(note, DIM)]]);
    }
    Ok(output::print_lines(&shown)?)
}

fn row(line: &ReportLine) -> Vec<Line> {
    let name = match (&line.label, line.name.as_str()) {
        (Some(label), id) => format!("{label} ({id})"),
        // What no path was called for.
        (None, "") => "the server itself".to_owned(),
        (None, name) => name.to_owned(),
    };
    let more = if line.unpriced > 0 { " +" } else { "" };
    vec![
        vec![plain(name)],
        vec![plain(line.requests.to_string())],
        vec![plain(line.errors.to_string())],
        vec![plain(line.tokens_in.to_string())],
        vec![plain(line.tokens_out.to_string())],
        vec![plain(format!("{}{more}", line.cost))],
    ]
}

fn as_json(line: &ReportLine) -> Value {
    json!({
        "name": line.name,
        "label": line.label,
        "requests": line.requests,
        "errors": line.errors,
        "tokens_in": line.tokens_in,
        "tokens_out": line.tokens_out,
        "cost_microusd": line.cost.0,
        "unpriced": line.unpriced,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, requests: i64) -> ReportLine {
        ReportLine { name: name.to_owned(), requests, cost: MicroUsd(requests * 10), ..total(&[]) }
    }

    #[test]
    fn organizations_add_up_to_one_list() {
        let lines = vec![line("a", 1), line("b", 5), line("a", 2)];
        let told = |by| merged(lines.clone(), by).into_iter().map(|line| (line.name, line.cost.0)).collect::<Vec<_>>();
        assert_eq!(told(UsageBy::Model), [("b".to_owned(), 50), ("a".to_owned(), 30)]);
        assert_eq!(told(UsageBy::Day), [("a".to_owned(), 30), ("b".to_owned(), 50)]);
        assert_eq!(total(&lines).requests, 8);
    }
}
