use chrono::{DateTime, SecondsFormat, Utc};
use quorate_kernel::{Code, Feature, Limit, Problem};
use serde_json::Value;

use crate::catalogue::Catalogue;
use crate::store::counters::{Span, Used};
use crate::terms::Terms;

/// What a plan was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) feature: Feature,
    pub(crate) wanted: u64,
}

/// Why the plan does not allow it, and which one would (PLT-11).
pub(crate) fn refusal(
    terms: &Terms,
    catalogue: &Catalogue,
    asked: Asked,
    used: Used,
    now: DateTime<Utc>,
    public_url: &str,
) -> Problem {
    let Asked { feature, wanted } = asked;
    let (limit, span) = (terms.limit(feature), terms.span(feature));
    let passes = |other: &_| terms.would_pass(other, feature, wanted, used);
    let better = catalogue.cheapest_above(&terms.plan, terms.subscription.seats, now, passes);
    let exhausted = feature.is_counted() && !limit.is_none();
    let before = if feature.is_counted() { used.of(span) } else { 0 };
    // Waiting helps when a month ends, unless the plan never has so much.
    let resets_at = match span {
        Span::Month(_) if exhausted && limit.allows(wanted) => Some(terms.month.end),
        _ => None,
    };
    let mut message = sentence(&terms.plan.name, feature, limit, span, before);
    if let Some(plan) = &better {
        message.push_str(&format!(" The plan {} allows more.", plan.name));
    }
    let url = better.as_ref().map(|_| format!("{public_url}/settings/billing"));
    let problem = Problem::new(if exhausted { Code::QuotaExceeded } else { Code::TierInsufficient }, message)
        .with("feature", feature.name())
        .with("used", before)
        .with("limit", limit.number())
        .with("wanted", wanted)
        .with("current_tier", terms.plan.id.clone())
        .with("required_tier", better.map_or(Value::Null, |plan| plan.id.clone().into()))
        .with("upgrade_url", url);
    match resets_at {
        Some(end) => problem.with("resets_at", end.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        None => problem,
    }
}

fn sentence(plan: &str, feature: Feature, limit: Limit, span: Span, used: u64) -> String {
    let words = feature.words();
    match limit.number() {
        _ if limit.is_none() => format!("The plan {plan} has no {words}."),
        Some(most) if feature.is_counted() => {
            let time = if span == Span::Life { "in all" } else { "a month" };
            format!("The plan {plan} has {most} {words} {time}, of which {used} are used.")
        }
        Some(most) => format!("The plan {plan} has up to {most} {words}."),
        // Only a number that no database holds gets here.
        None => format!("This is more {words} than can be counted."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_plain_english() {
        let month = Span::Month(DateTime::UNIX_EPOCH);
        let say = |feature, limit, span, used| sentence("Free", feature, limit, span, used);
        for (said, expected) in [
            (
                say(Feature::BoardSessions, Limit::UpTo(5), month, 5),
                "The plan Free has 5 board sessions a month, of which 5 are used.",
            ),
            (
                say(Feature::SolveSessions, Limit::UpTo(10), Span::Life, 10),
                "The plan Free has 10 solve sessions in all, of which 10 are used.",
            ),
            (say(Feature::Personas, Limit::UpTo(3), month, 0), "The plan Free has up to 3 personas on a board."),
            (say(Feature::PdfExport, Limit::None, month, 0), "The plan Free has no PDF export."),
            (say(Feature::Videos, Limit::UpTo(0), month, 0), "The plan Free has no videos."),
        ] {
            assert_eq!(said, expected);
        }
    }
}
