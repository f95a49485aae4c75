use serde::Serialize;
use serde_json::Value;

use super::contribute::join;
use super::report::{Lists, Tally, absences, attributed, ballots, insight, lists, speak_of, themes, voice_of};
use crate::offline::input::{Decision, Prior, SubProblem, list, text, texts};
use crate::offline::lexicon::Consideration;
use crate::offline::scene::{Scene, capitalised};
use crate::offline::understanding::{Language, shorten};

/// `board.synthesize.v1`.
#[derive(Debug, Serialize)]
pub(super) struct FinalReport {
    executive_summary: String,
    recommendation: String,
    #[serde(flatten)]
    lists: Lists,
    pre_mortem: Vec<Failure>,
    claims: Vec<Claim>,
}

#[derive(Debug, Serialize)]
struct Failure {
    failure: String,
    early_sign: String,
    prevention: String,
}

#[derive(Debug, Serialize)]
struct Claim {
    claim: String,
    basis: &'static str,
    source: Option<String>,
}

pub(super) fn answer(mut scene: Scene, variables: &Value) -> FinalReport {
    let ballots = ballots(variables);
    let parts = list(variables, "sub_problems");
    let results: Vec<Tally> = parts.iter().map(|part| Tally::read(part.get("result"), &[])).collect();
    let counted = results.iter().any(|it| it.yes + it.no + it.conditional + it.abstain + it.absent > 0);
    let tally = match results.as_slice() {
        [one] if counted => one.clone(),
        [first, rest @ ..] if counted => {
            rest.iter().fold(first.clone(), |sum, it| Tally { level: String::new(), ..sum.plus(it) })
        }
        _ => Tally::read(None, &ballots),
    };
    // The criteria of all parts together say what the report is about; with one part, so does its discussion.
    scene.sub = SubProblem {
        criteria: parts.iter().flat_map(|part| texts(part, "criteria")).collect(),
        ..parts.first().map_or_else(SubProblem::default, SubProblem::from_value)
    };
    scene.prior.extend(parts.iter().flat_map(Prior::read_all));
    let stated = text(variables, "outcome").to_lowercase();
    let partial = variables.get("partial").and_then(Value::as_bool).unwrap_or(false) || stated.contains("partial");
    let outcome = if partial {
        "partial"
    } else if stated.contains("quorum") {
        "no_quorum"
    } else if stated.contains("deadlock") {
        "deadlock"
    } else {
        tally.outcome()
    };
    let themes = themes(&scene, &ballots);
    speak_of(&mut scene, &ballots, &themes);
    let (mut words, level) = (tally.words(&scene), tally.level(&scene));
    if parts.len() > 1 {
        let comma = if scene.problem.language == Language::Chinese { "，" } else { ", " };
        words = format!("{words}{comma}{}", scene.say("tally.parts"));
    }
    scene.set("tally", &words);
    scene.set("level", &level);

    let mut opening = vec![scene.say(&format!("synth.first.{outcome}"))];
    opening.push(scene.say(if scene.is_how() { "synth.subject.how" } else { "synth.subject" }));
    let sum = headline(&scene);
    if let Some(sum) = sum {
        scene.set("sum", &sum);
        opening.push(scene.say("synth.sum"));
    }
    let mut views = Vec::new();
    if let Some(ballot) = voice_of(&ballots, &[Decision::Yes, Decision::Conditional]) {
        views.push(attributed(&mut scene, "synth.for", ballot));
    }
    if let Some(ballot) = voice_of(&ballots, &[Decision::No, Decision::Abstain]) {
        views.push(attributed(&mut scene, "synth.against", ballot));
    }
    if ballots.iter().any(|it| !it.conditions.is_empty()) {
        views.push(scene.say("synth.condition"));
    }
    let by_part: Vec<String> =
        if parts.len() > 1 { parts.iter().map(|part| part_line(&mut scene, part)).collect() } else { Vec::new() };
    let absent = absences(&scene, variables);
    let paragraphs = [opening, views, by_part, absent];
    let executive_summary = paragraphs
        .iter()
        .map(|sentences| join(&scene, &sentences.iter().map(String::as_str).collect::<Vec<_>>()))
        .filter(|paragraph| !paragraph.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n");
    // A deadlock is a split for what to do next.
    let advice = if outcome == "deadlock" { "split" } else { outcome };
    let how = if scene.is_how() && advice == "rejected" { ".how" } else { "" };
    let recommendation = scene.say(&format!("synth.recommend.{advice}{how}"));

    let mut insights = Vec::new();
    insights.push(scene.say(tally.insight()));
    let mut named: Vec<&str> = Vec::new();
    for ballot in &ballots {
        if insights.len() < 4 && !named.contains(&ballot.name.as_str()) && !ballot.reasoning.is_empty() {
            named.push(&ballot.name);
            insights.push(insight(&mut scene, ballot));
        }
    }
    insights.retain(|insight| !insight.is_empty());
    let lists = lists(&scene, &ballots, &themes, insights);
    let pre_mortem = if outcome == "no_quorum" { Vec::new() } else { failures(&scene, &themes) };
    let claims = claims(&scene, variables);
    FinalReport { executive_summary, recommendation, lists, pre_mortem, claims }
}

/// How it failed, from the considerations that the votes speak of.
fn failures(scene: &Scene, themes: &[&'static Consideration]) -> Vec<Failure> {
    let of = |it: &&'static Consideration| Failure {
        failure: scene.voice(&it.risk, it, "failed"),
        early_sign: scene.voice(&it.ask, it, "sign"),
        prevention: scene.voice(&it.step, it, "prevention"),
    };
    let whole = |it: &Failure| [&it.failure, &it.early_sign, &it.prevention].iter().all(|text| !text.is_empty());
    themes.iter().map(of).filter(whole).take(2).collect()
}

/// What the report rests on: the user's figures, what follows from them, what was looked up, what was taken for granted.
fn claims(scene: &Scene, variables: &Value) -> Vec<Claim> {
    let marked = |basis: &'static str, claim: String| Claim { claim, basis, source: None };
    let given = ["claim.money", "claim.people", "claim.deadline"].map(|key| marked("given", scene.say(key)));
    let inferred = headline(scene).map(|sum| marked("inferred", capitalised(&sum)));
    let sourced = list(variables, "sources").iter().map(|source| Claim {
        claim: shorten(&text(source, "text"), 200),
        basis: "sourced",
        source: Some(text(source, "ref")),
    });
    let assumed = ["synth.assume.money", "synth.assume.time"].map(|key| marked("assumed", scene.say(key)));
    let all = given.into_iter().chain(inferred).chain(sourced.take(3)).chain(assumed);
    all.filter(|claim| !claim.claim.is_empty()).collect()
}

/// "On “Keeping the people”: 3 yes, 1 no."
fn part_line(scene: &mut Scene, part: &Value) -> String {
    let result = Tally::read(part.get("result"), &[]).words(scene);
    scene.slots.insert("title", shorten(&text(part, "title"), 100));
    scene.slots.insert("result", result);
    let line = scene.choose(scene.lexicon.phrases("synth.part"), "part");
    scene.slots.remove("result");
    line
}

/// The sum that says most about the decision itself.
fn headline(scene: &Scene) -> Option<String> {
    let order = ["break_even", "lasts", "rise", "fall", "rate_change", "per_head"];
    let rank = |kind: &str| order.iter().position(|other| *other == kind).unwrap_or(order.len());
    // What rests on an assumption of a seat's, or says little, has no place in a summary.
    let minor = ["reserve", "halfway", "salary_month"];
    let best = scene.problem.sums.iter().filter(|sum| !minor.contains(&sum.kind)).min_by_key(|sum| rank(sum.kind))?;
    scene.sum_clause(best)
}
