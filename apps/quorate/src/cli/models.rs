use std::sync::Arc;

use quorate_kernel::{MicroUsd, SystemClock, SystemIds};
use quorate_models::{ModelFacts, ModelInfo, Models};
use serde_json::json;

use super::arguments::{Global, ModelsOptions};
use super::board::{DIM, Line, OFFLINE_LABEL, plain, styled, table};
use super::{Failure, output};

/// `quorate models`.
pub(super) fn run(global: &Global, options: &ModelsOptions) -> Result<(), Failure> {
    let loaded = global.load(Vec::new())?;
    let models = Models::new(&loaded.config.models, Arc::new(SystemClock), Arc::new(SystemIds))
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let list = models.list();
    if options.json {
        let rows: Vec<_> = list.iter().map(as_json).collect();
        return Ok(output::print(&format!("{:#}\n", json!({ "data": rows })))?);
    }
    let head: Vec<Line> = ["model", "speaks", "routes", "limits", "can", "input", "output", ""]
        .iter()
        .map(|name| vec![plain(name)])
        .collect();
    let rows: Vec<Vec<Line>> = list.iter().map(row).collect();
    let mut lines = table(&head, &rows, output::columns());
    lines.push(Line::new());
    let notes = if list.iter().all(|model| model.offline) {
        "Only the offline demo model is configured. Add [[models.providers]] and [[models.routes]] to quorate.toml."
    } else {
        "Limits are tokens in all / of the answer, prices US dollars for a million tokens. The board uses the route \
         'default' unless told otherwise."
    };
    lines.push(vec![styled(notes, DIM)]);
    Ok(output::print_lines(&lines)?)
}

fn row(model: &ModelInfo) -> Vec<Line> {
    let (input, output) = match &model.price {
        Some(price) => (dollars(price.input), dollars(price.output)),
        None => ("unknown".to_owned(), "unknown".to_owned()),
    };
    vec![
        vec![plain(&model.id)],
        vec![plain(model.kind.name())],
        vec![plain(listed(&model.routes))],
        vec![plain(limits(&model.facts))],
        vec![plain(listed(&can(model)))],
        vec![plain(input)],
        vec![plain(output)],
        vec![styled(if model.offline { OFFLINE_LABEL } else { "" }, DIM)],
    ]
}

/// What may stand in a question.
fn takes(model: &ModelInfo) -> Vec<&'static str> {
    model.facts.input.iter().map(|modality| modality.name()).collect()
}

/// What the model is known to be able to do, beside reading text.
fn can(model: &ModelInfo) -> Vec<&'static str> {
    let facts = &model.facts;
    let reads = facts.input.iter().map(|modality| modality.name()).filter(|name| *name != "text");
    let all = [(facts.tools, "tools"), (facts.json_schema, "schema"), (facts.reasoning, "reasoning")];
    reads.chain(all.into_iter().filter(|(able, _)| *able == Some(true)).map(|(_, name)| name)).collect()
}

/// The longest question and answer together, and the longest answer.
fn limits(facts: &ModelFacts) -> String {
    match facts.max_output {
        None => tokens(facts.context),
        most => format!("{} / {}", tokens(facts.context), tokens(most)),
    }
}

fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

/// A number of tokens, short where it is round: `1M`, `128k`.
fn tokens(count: Option<u64>) -> String {
    match count {
        None => "–".to_owned(),
        Some(count) if count > 0 && count.is_multiple_of(1_000_000) => format!("{}M", count / 1_000_000),
        Some(count) if count > 0 && count.is_multiple_of(1_000) => format!("{}k", count / 1_000),
        Some(count) => count.to_string(),
    }
}

fn as_json(model: &ModelInfo) -> serde_json::Value {
    json!({
        "id": model.id,
        "provider": model.provider,
        "kind": model.kind,
        "offline": model.offline,
        "routes": model.routes,
        "context_tokens": model.facts.context,
        "max_output_tokens": model.facts.max_output,
        "input": takes(model),
        "tools": model.facts.tools,
        "json_schema": model.facts.json_schema,
        "reasoning": model.facts.reasoning,
        "noted": model.facts.noted,
        "price_usd_per_million_tokens": model.price.as_ref().map(|price| json!({
            "input": as_dollars(price.input),
            "output": as_dollars(price.output),
            "cached_read": as_dollars(price.cached_read),
            "cache_write": as_dollars(price.cache_write),
        })),
    })
}

#[expect(clippy::cast_precision_loss, reason = "prices are far below 2^53 micro-dollars")]
fn as_dollars(amount: MicroUsd) -> f64 {
    amount.0 as f64 / 1_000_000.0
}

/// An amount with as many decimals as it needs, two at least.
fn dollars(amount: MicroUsd) -> String {
    let text = format!("{:.6}", as_dollars(amount));
    let (whole, cents) = text.split_once('.').unwrap_or((&text, ""));
    let cents = cents.trim_end_matches('0');
    format!("${whole}.{cents:0<2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_written_as_people_write_them() {
        assert_eq!(dollars(MicroUsd(1_250_000)), "$1.25");
        assert_eq!(dollars(MicroUsd(125_000)), "$0.125");
        assert_eq!(dollars(MicroUsd(10_000_000)), "$10.00");
        assert_eq!(dollars(MicroUsd::ZERO), "$0.00");
    }

    #[test]
    fn tokens_are_short_where_they_are_round() {
        let of = |count| tokens(Some(count));
        assert_eq!(
            [of(1_000_000), of(128_000), of(1_047_576), of(0), tokens(None)],
            ["1M", "128k", "1047576", "0", "–"]
        );
    }
}
