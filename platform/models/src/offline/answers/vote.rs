use serde::Serialize;
use serde_json::Value;

use super::contribute::{cite, join};
use crate::offline::input::{Decision, Prior, Stance, text};
use crate::offline::scene::Scene;
use crate::offline::stance;

/// `board.vote.v1`.
#[derive(Debug, Serialize)]
pub(super) struct Vote {
    decision: Decision,
    confidence: f64,
    reasoning: String,
    /// On each option, where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<Value>,
    conditions: Vec<String>,
    would_change_mind: String,
    flip_reason: Option<String>,
}

pub(super) fn answer(mut scene: Scene, variables: &Value) -> Vote {
    // The vote follows what the persona said last; without that, its stance before, or its first view.
    let last = scene.prior.iter().rev().find(|it| it.code == scene.persona.code).and_then(|it| it.stance);
    let before = Stance::read(variables, "stance_before");
    let held = last
        .or(before)
        .unwrap_or_else(|| stance::initial(scene.shared, &scene.persona, scene.missing(), scene.is_guarded()));
    let prior = scene.prior.clone();
    let others: Vec<&Prior> = stance::latest_of_others(&prior, &scene.persona.code);
    let (moved, _, because) = stance::after(scene.shared.with("vote"), &scene.persona, held, &others, 3);
    // Most keep what they said; a few are moved once more when they are alone with the ballot.
    let now = if scene.seed.with("late").chance(0.3) { moved } else { held };
    let confidence = stance::rounded(now.confidence + (scene.seed.with("ballot").unit() - 0.5) * 0.06);

    // When the proposal is not the sub-problem's own, it is what the vote is about.
    let proposal = text(variables, "proposal");
    if scene.sub.proposal.is_empty() {
        scene.sub.proposal = proposal;
    }
    let list = scene.considerations();
    let Some(main) = list.first().copied() else { return bare(now.decision, confidence) };
    let second = list.iter().skip(1).find(|it| it.aspect != main.aspect).copied().unwrap_or(main);
    let need = scene.voice(&main.need, main, "need");
    let ask = scene.voice(&main.ask, main, "ask");
    scene.set("concern", &main.name);
    scene.set("need", &need);
    scene.set("ask", &ask);
    let mut reasons = vec![scene.say(&format!("vote.{}", now.decision.key()))];
    let side = if now.decision == Decision::No { &second.con } else { &second.pro };
    reasons.push(match scene.seed.with("why").below(3) {
        0 if scene.sum().is_some() => scene.sum().map(|(sum, _)| sum_sentence(&scene, &sum)).unwrap_or_default(),
        _ => scene.voice(side, second, "vote"),
    });
    if let Some(because) = because.or_else(|| others.first().copied()) {
        // What that persona argued, rather than how it closed.
        let argued = prior.iter().rev().find(|it| it.code == because.code && scene.argument(&it.content).is_some());
        cite(&mut scene, argued.unwrap_or(because));
        reasons.push(scene.say("vote.ref"));
    }
    let reasoning = join(&scene, &reasons.iter().map(String::as_str).collect::<Vec<_>>());
    let conditions = match now.decision {
        Decision::Conditional => {
            let other = scene.voice(&second.need, second, "need");
            let mut conditions = vec![need, other];
            conditions.truncate(if scene.seed.with("conditions").chance(0.6) { 2 } else { 1 });
            conditions.into_iter().filter(|it| !it.is_empty()).map(|it| sentence(&it)).collect()
        }
        _ => Vec::new(),
    };
    let mind = if now.decision == Decision::Yes { "vote.mind.up" } else { "vote.mind.down" };
    let flipped = before.is_some_and(|before| before.decision != now.decision);
    // Now and then someone gives no reason: the board has to flag that (board.md, voting).
    let flip_reason = Some(scene.say("flip")).filter(|reason| {
        flipped && !reason.is_empty() && !scene.shared.with(&scene.persona.code).with("silent").chance(0.15)
    });
    let options = super::form_options::ballot(&scene, variables, now.decision);
    let would_change_mind = scene.say(mind);
    Vote { decision: now.decision, confidence, reasoning, options, conditions, would_change_mind, flip_reason }
}

fn sum_sentence(scene: &Scene, sum: &str) -> String {
    let mut slots = scene.slots.clone();
    slots.insert("sum", sum.to_owned());
    let ways: Vec<String> =
        scene.lexicon.phrases("sum.lead").iter().filter_map(|way| crate::offline::scene::fill(way, &slots)).collect();
    ways.get(scene.seed.with("lead").below(ways.len())).cloned().unwrap_or_default()
}

/// A clause as a sentence of its own.
fn sentence(clause: &str) -> String {
    let clause = crate::offline::scene::capitalised(clause);
    let end = if clause.chars().any(|character| character >= '\u{4e00}') { '。' } else { '.' };
    if clause.ends_with(['.', '。']) { clause } else { format!("{clause}{end}") }
}

fn bare(decision: Decision, confidence: f64) -> Vote {
    Vote {
        decision,
        confidence,
        reasoning: "…".to_owned(),
        options: Vec::new(),
        conditions: Vec::new(),
        would_change_mind: String::new(),
        flip_reason: None,
    }
}
