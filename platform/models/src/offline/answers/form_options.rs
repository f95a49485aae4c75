use serde::Serialize;
use serde_json::Value;

use crate::offline::input::{Decision, text, texts};
use crate::offline::scene::{Scene, capitalised, fill};
use crate::offline::understanding::shorten;

/// `board.form_options.v1`.
#[derive(Debug, Serialize)]
pub(super) struct FormedOptions {
    options: Vec<Card>,
}

#[derive(Debug, Serialize)]
struct Card {
    label: String,
    description: String,
    supporters: Vec<String>,
    trade_offs: Vec<String>,
    risk: String,
    scores: Vec<Score>,
    constraints: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Score {
    criterion: String,
    score: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Check {
    constraint: String,
    verdict: &'static str,
    note: String,
}

/// The two courses that the user names, and a trial of the first one. None where the user names no two.
pub(super) fn answer(scene: &Scene, variables: &Value) -> FormedOptions {
    let Some((first, second)) = scene.problem.options.clone() else { return FormedOptions { options: Vec::new() } };
    let mut slots = scene.slots.clone();
    slots.insert("option_a", first.clone());
    slots.insert("option_b", second.clone());
    let said = |key: &str| scene.lexicon.phrases(key).first().and_then(|way| fill(way, &slots)).unwrap_or_default();
    let courses = [
        (capitalised(&first), said("option.first")),
        (capitalised(&second), said("option.second")),
        (said("option.trial"), said("option.trial.what")),
    ];
    let criteria = texts(variables.get("sub_problem").unwrap_or(&Value::Null), "criteria");
    let limits = texts(variables, "constraints");
    let agenda = scene.agenda();
    let options = courses
        .into_iter()
        .enumerate()
        .map(|(place, (label, description))| {
            let seed = scene.shared.with("option").with(&label);
            let it = agenda.get((place + seed.below(agenda.len().max(1))) % agenda.len().max(1)).copied();
            let filled =
                |phrases: &[String]| phrases.iter().find_map(|phrase| fill(phrase, &slots)).unwrap_or_default();
            Card {
                supporters: supporters(scene, place),
                trade_offs: it.map(|it| filled(&it.con)).into_iter().filter(|text| !text.is_empty()).collect(),
                risk: it.map(|it| filled(&it.risk)).unwrap_or_default(),
                scores: criteria.iter().map(|name| score(scene, name, place, &label)).collect(),
                constraints: limits.iter().map(|limit| check(scene, limit, place, &label)).collect(),
                label: shorten(&label, 60),
                description,
            }
        })
        .collect();
    FormedOptions { options }
}

/// Who leans to the proposal stands by the first course, who refuses it by the second, who sets terms by the trial.
fn supporters(scene: &Scene, place: usize) -> Vec<String> {
    let wanted = [Decision::Yes, Decision::No, Decision::Conditional];
    let mut codes: Vec<String> = Vec::new();
    for it in scene.prior.iter().rev() {
        let stands = it.stance.is_some_and(|stance| Some(&stance.decision) == wanted.get(place));
        let newest =
            !scene.prior.iter().rev().take_while(|other| other.reference != it.reference).any(|o| o.code == it.code);
        if stands && newest && !it.code.is_empty() {
            codes.push(it.code.clone());
        }
    }
    codes
}

/// The trial is middling by every criterion; the others differ. Now and then nothing said tells.
fn score(scene: &Scene, criterion: &str, place: usize, label: &str) -> Score {
    let seed = scene.shared.with("score").with(criterion).with(label);
    let spread = if place == 2 { 3.0 } else { 7.0 };
    let score = (5.0 + (seed.unit() - 0.5) * spread) * 2.0;
    let known = !scene.shared.with("unknown").with(criterion).chance(0.1);
    Score { criterion: criterion.to_owned(), score: known.then(|| (score.round() / 2.0).clamp(0.0, 10.0)) }
}

fn check(scene: &Scene, limit: &str, place: usize, label: &str) -> Check {
    let seed = scene.shared.with("limit").with(limit).with(label);
    let verdict = if place == 2 || seed.chance(0.55) {
        "pass"
    } else if seed.with("hard").chance(0.75) {
        "tension"
    } else {
        "violation"
    };
    let mut slots = scene.slots.clone();
    slots.insert("limit", shorten(limit, 120));
    let key = format!("option.{verdict}");
    let note = scene.lexicon.phrases(&key).first().and_then(|way| fill(way, &slots)).unwrap_or_default();
    Check { constraint: limit.to_owned(), verdict, note }
}

/// What a ballot says of each option, from the persona's stance and its own seed.
pub(super) fn ballot(scene: &Scene, variables: &Value, held: Decision) -> Vec<Value> {
    let options = crate::offline::input::list(variables, "options");
    options
        .iter()
        .enumerate()
        .map(|(place, option)| {
            let seed = scene.shared.with(&scene.persona.code).with("choice").with(&text(option, "id"));
            let decision = match (place, held) {
                (0, own) => own,
                (1, Decision::No) => Decision::Yes,
                (1, Decision::Yes) => Decision::No,
                (2, Decision::Conditional) => Decision::Yes,
                _ if seed.chance(0.5) => Decision::Conditional,
                _ if seed.with("no").chance(0.6) => Decision::No,
                _ => Decision::Abstain,
            };
            let confidence = crate::offline::stance::rounded(0.45 + seed.with("sure").unit() * 0.4);
            serde_json::json!({ "option": text(option, "id"), "decision": decision, "confidence": confidence })
        })
        .collect()
}
