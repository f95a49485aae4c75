use serde::Serialize;
use serde_json::Value;

use super::contribute::cite;
use crate::offline::input::{Decision, Prior, count, list, number, text};
use crate::offline::scene::Scene;

/// `board.facilitate.v1`.
#[derive(Debug, Serialize)]
pub(super) struct Facilitation {
    action: &'static str,
    reason: String,
    speakers: Vec<String>,
    question: Option<String>,
    target: Option<String>,
    voice: Option<&'static str>,
}

struct Seat {
    code: String,
    name: String,
    decision: Option<Decision>,
    confidence: f64,
}

/// Agreement from which stances count as settled, and novelty below which a round counts as repetition. The engine
/// has its own thresholds (BRD-10); these only decide what the demo's facilitator suggests.
const AGREED: f64 = 0.75;
const STALE: f64 = 0.25;

pub(super) fn answer(mut scene: Scene, variables: &Value) -> Facilitation {
    let seats = read_seats(variables);
    let nothing = Value::Null;
    let measures = variables.get("measures").unwrap_or(&nothing);
    let agreement = number(measures, "agreement").unwrap_or_else(|| agreement(&seats));
    let novelty = number(measures, "novelty");
    let round = count(variables, "round").unwrap_or(0);
    let max_rounds = count(variables, "max_rounds").unwrap_or(2);
    let flag = |key: &str| variables.get(key).and_then(Value::as_bool).unwrap_or(false);
    let agreed = agreement >= AGREED;
    let stale = novelty.is_some_and(|novelty| novelty < STALE);
    let lacks_number = !scene.problem.names_money() && !scene.problem.personal;
    let action = if round >= max_rounds && max_rounds > 0 || (agreed && stale && round > 0) {
        "vote"
    } else if flag("drifting") {
        "moderate"
    } else if flag("may_research") && round == 0 && list(variables, "research").is_empty() {
        "research"
    } else if flag("may_ask_user") && lacks_number && round == 0 && scene.shared.with("ask").chance(0.3) {
        "ask_user"
    } else if agreed && round <= 1 {
        "challenge"
    } else if stale
        || (agreement < 0.55 && round > 0 && scene.shared.with("moderate").with(&round.to_string()).chance(0.5))
    {
        "moderate"
    } else {
        "continue"
    };
    let concern = scene.agenda().first().map(|it| (it.name.clone(), scene.voice(&it.ask, it, "ask")));
    if let Some((name, ask)) = &concern {
        scene.set("concern", name);
        scene.set("ask", ask);
    }
    let target = weakest(&scene.prior).cloned();
    if let Some(target) = &target {
        cite(&mut scene, target);
    }
    let (first, second) = opposites(&seats);
    if let (Some(first), Some(second)) = (first, second) {
        scene.set("who", &first.name);
        scene.set("other", &second.name);
    }
    let key = match (action, flag("drifting")) {
        ("vote", _) => "facilitate.vote",
        ("moderate", true) => "facilitate.drift",
        ("moderate", false) => "facilitate.moderate",
        ("challenge", _) => "facilitate.challenge",
        ("ask_user", _) => "facilitate.ask",
        ("research", _) => "facilitate.research",
        _ => "facilitate.continue",
    };
    let speakers = match action {
        "vote" | "ask_user" | "moderate" => Vec::new(),
        "challenge" => challenger(&scene, &seats, target.as_ref()),
        _ => seats.iter().map(|seat| seat.code.clone()).collect(),
    };
    let question = match action {
        "ask_user" => scene.say("clarify.money").split('|').next().map(str::to_owned),
        "continue" | "moderate" | "research" => concern.map(|(_, ask)| ask),
        _ => None,
    };
    let target = target.filter(|_| action == "challenge").map(|target| target.reference);
    let voice = (action == "moderate").then(|| lacking(&seats));
    let question = question.filter(|it| !it.is_empty());
    Facilitation { action, reason: scene.say(key), speakers, question, target, voice }
}

fn read_seats(variables: &Value) -> Vec<Seat> {
    list(variables, "seats")
        .iter()
        .map(|seat| Seat {
            code: text(seat, "code"),
            name: text(seat, "name"),
            decision: Decision::parse(&text(seat, "decision")),
            confidence: number(seat, "confidence").unwrap_or(0.5),
        })
        .filter(|seat| !seat.code.is_empty())
        .collect()
}

/// The share of seats on the larger side, when the engine has not measured it.
fn agreement(seats: &[Seat]) -> f64 {
    let known: Vec<f64> = seats.iter().filter_map(|seat| seat.decision).map(Decision::weight).collect();
    let total = u32::try_from(known.len()).unwrap_or(u32::MAX);
    let side = u32::try_from(known.iter().filter(|weight| **weight > 0.0).count()).unwrap_or(u32::MAX);
    if total == 0 { 0.0 } else { f64::from(side.max(total.saturating_sub(side))) / f64::from(total) }
}

/// The contribution with the least confidence behind it.
fn weakest(prior: &[Prior]) -> Option<&Prior> {
    let confidence = |it: &Prior| it.stance.map_or(1.0, |stance| stance.confidence);
    prior.iter().filter(|it| !it.code.is_empty()).min_by(|a, b| confidence(a).total_cmp(&confidence(b)))
}

/// The seats that stand farthest apart.
fn opposites(seats: &[Seat]) -> (Option<&Seat>, Option<&Seat>) {
    let lean = |seat: &&Seat| seat.decision.map_or(0.0, |decision| decision.weight() * seat.confidence);
    let high = seats.iter().max_by(|a, b| lean(a).total_cmp(&lean(b)));
    let low = seats.iter().min_by(|a, b| lean(a).total_cmp(&lean(b)));
    (high, low.filter(|low| high.is_some_and(|high| high.code != low.code)))
}

/// The seat least inclined to agree attacks, never its own contribution.
fn challenger(scene: &Scene, seats: &[Seat], target: Option<&Prior>) -> Vec<String> {
    let author = target.map(|target| target.code.as_str()).unwrap_or_default();
    let eager = |seat: &Seat| {
        let contrary = ["contrar", "sceptic", "skeptic", "adversar"].iter().any(|mark| seat.code.contains(mark));
        let lean = seat.decision.map_or(0.0, Decision::weight);
        (if contrary { 2.0 } else { 0.0 }) - lean + scene.shared.with(&seat.code).unit() * 0.5
    };
    let best = seats.iter().filter(|seat| seat.code != author).max_by(|a, b| eager(a).total_cmp(&eager(b)));
    best.map(|seat| seat.code.clone()).into_iter().collect()
}

/// The voice that the table lacks: against a table that agrees, for action at one that refuses, else a test of the
/// claims.
fn lacking(seats: &[Seat]) -> &'static str {
    let leans: Vec<f64> = seats.iter().filter_map(|seat| seat.decision).map(Decision::weight).collect();
    if leans.iter().all(|lean| *lean > 0.0) {
        "contrarian"
    } else if leans.iter().all(|lean| *lean < 0.0) {
        "optimist"
    } else {
        "sceptic"
    }
}
