use serde::Serialize;
use serde_json::Value;

use super::contribute::join;
use crate::offline::input::{Decision, Persona, count, list};
use crate::offline::scene::Scene;
use crate::offline::stance;

/// `board.baseline.v1`.
#[derive(Debug, Serialize)]
pub(super) struct Alone {
    answer: String,
    decisions: Vec<Single>,
}

#[derive(Debug, Serialize)]
struct Single {
    sub_problem: usize,
    decision: Decision,
    confidence: f64,
    reason: String,
}

/// One even-tempered voice: what speaks for it, what against it, and where that leads.
pub(super) fn answer(mut scene: Scene, variables: &Value) -> Alone {
    let nobody = Persona { analytical: 0.5, optimistic: 0.5, risk_averse: 0.5, creative: 0.5, ..Persona::default() };
    let agenda = scene.agenda();
    let (first, second) = (agenda.first().copied(), agenda.get(1).copied());
    if let Some(it) = first {
        let need = scene.voice(&it.need, it, "need");
        scene.set("concern", &it.name);
        scene.set("need", &need);
    }
    let decisions: Vec<Single> = list(variables, "proposals")
        .iter()
        .enumerate()
        .map(|(place, proposal)| {
            let seed = scene.shared.with("alone").with(&place.to_string());
            let stance = stance::initial(seed, &nobody, scene.missing(), scene.is_guarded());
            let reason = scene.say(&format!("reason.{}", stance.decision.key()));
            let sub_problem = count(proposal, "index").unwrap_or(place);
            Single { sub_problem, decision: stance.decision, confidence: stance.confidence, reason }
        })
        .collect();
    let sum = scene.sum().map(|(sum, _)| sum);
    if let Some(sum) = &sum {
        scene.set("sum", sum);
    }
    let key = if scene.is_how() { "synth.subject.how" } else { "synth.subject" };
    let sentences = [
        scene.say(key),
        first.map(|it| scene.voice(&it.pro, it, "pro")).unwrap_or_default(),
        second.map(|it| scene.voice(&it.con, it, "con")).unwrap_or_default(),
        sum.map(|_| scene.say("sum.lead")).unwrap_or_default(),
        decisions.first().map(|one| one.reason.clone()).unwrap_or_default(),
    ];
    let answer = join(&scene, &sentences.iter().map(String::as_str).collect::<Vec<_>>());
    Alone { answer: if answer.is_empty() { "…".to_owned() } else { answer }, decisions }
}
