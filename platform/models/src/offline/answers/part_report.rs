use serde::Serialize;
use serde_json::Value;

use super::contribute::join;
use super::report::{Lists, Tally, absences, attributed, ballots, insight, lists, speak_of, themes, voice_of};
use crate::offline::input::Decision;
use crate::offline::scene::Scene;

/// `board.synthesize_sub.v1`.
#[derive(Debug, Serialize)]
pub(super) struct PartReport {
    summary: String,
    recommendation: String,
    #[serde(flatten)]
    lists: Lists,
}

pub(super) fn answer(mut scene: Scene, variables: &Value) -> PartReport {
    let ballots = ballots(variables);
    let tally = Tally::read(variables.get("result"), &ballots);
    let partial = variables.get("partial").and_then(Value::as_bool).unwrap_or(false);
    let outcome = if partial { "partial" } else { tally.outcome() };
    let words = tally.words(&scene);
    let level = tally.level(&scene);
    let themes = themes(&scene, &ballots);
    speak_of(&mut scene, &ballots, &themes);
    scene.set("tally", &words);
    scene.set("level", &level);
    let mut summary = vec![scene.say(&format!("synth.first.{outcome}"))];
    if let Some(ballot) = voice_of(&ballots, &[Decision::Yes, Decision::Conditional]) {
        summary.push(attributed(&mut scene, "synth.for", ballot));
    }
    if let Some(ballot) = voice_of(&ballots, &[Decision::No, Decision::Abstain]) {
        summary.push(attributed(&mut scene, "synth.against", ballot));
    }
    summary.extend(absences(&scene, variables));
    let summary = join(&scene, &summary.iter().map(String::as_str).collect::<Vec<_>>());
    let proposal = scene.sub.proposal.clone();
    scene.slots.insert("proposal", proposal);
    // About the proposal where the vote gave one an answer; else what holds for every stalled vote.
    let of_part = scene.say(&format!("part.recommend.{outcome}"));
    let recommendation = if of_part.is_empty() { scene.say(&format!("synth.recommend.{outcome}")) } else { of_part };
    let mut insights = Vec::new();
    insights.push(scene.say(tally.insight()));
    for ballot in ballots.iter().take(2) {
        insights.push(insight(&mut scene, ballot));
    }
    insights.retain(|insight| !insight.is_empty());
    let lists = lists(&scene, &ballots, &themes, insights);
    PartReport { summary, recommendation, lists }
}
