use std::sync::Arc;

use quorate_kernel::{SystemClock, SystemIds};
use quorate_models::{Models, RouteConfig};
use serde_json::{Value, json};

use super::arguments::{Global, RoutesOptions};
use super::board::{DIM, Line, plain, styled, table};
use super::{Failure, output};

/// `quorate routes`: those of the configuration. How their targets do is known to running servers only.
pub(super) fn run(global: &Global, options: &RoutesOptions) -> Result<(), Failure> {
    let loaded = global.load(Vec::new())?;
    let models = &loaded.config.models;
    // A route that leads nowhere is refused here as it is by the server.
    Models::new(models, Arc::new(SystemClock), Arc::new(SystemIds))
        .map_err(|error| Failure::Usage(error.to_string()))?;
    if options.json {
        let data: Vec<Value> = models.routes.iter().map(as_json).collect();
        return Ok(output::print(&format!("{:#}\n", json!({ "data": data })))?);
    }
    let head: Vec<Line> = ["route", "strategy", "targets", ""].iter().map(|name| vec![plain(name)]).collect();
    let rows: Vec<Vec<Line>> = models.routes.iter().map(row).collect();
    let mut lines = table(&head, &rows, output::columns());
    lines.push(Line::new());
    lines.push(vec![styled("Whether a target is cooling down is known to the running server only.", DIM)]);
    Ok(output::print_lines(&lines)?)
}

fn row(route: &RouteConfig) -> Vec<Line> {
    let targets: Vec<String> = route
        .targets
        .iter()
        .map(|target| {
            if is_one(target.weight) {
                target.target.clone()
            } else {
                format!("{} × {}", target.target, target.weight)
            }
        })
        .collect();
    let mut notes = Vec::new();
    if route.sticky {
        notes.push("sticky".to_owned());
    }
    if let Some(after) = route.hedge_after {
        notes.push(format!("hedged after {after} s"));
    }
    if route.restart {
        notes.push("restarts".to_owned());
    }
    vec![
        vec![plain(&route.name)],
        vec![plain(route.strategy.name())],
        vec![plain(targets.join(", "))],
        vec![styled(notes.join(", "), DIM)],
    ]
}

fn is_one(weight: f64) -> bool {
    (weight - 1.0).abs() < f64::EPSILON
}

fn as_json(route: &RouteConfig) -> Value {
    let targets: Vec<Value> =
        route.targets.iter().map(|target| json!({ "target": target.target, "weight": target.weight })).collect();
    json!({
        "name": route.name,
        "strategy": route.strategy.name(),
        "targets": targets,
        "sticky": route.sticky,
        "hedge_after": route.hedge_after,
        "restart": route.restart,
    })
}
