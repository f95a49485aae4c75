use serde::Serialize;
use serde_json::Value;

use crate::offline::input::count;
use crate::offline::lexicon::PlanPart;
use crate::offline::scene::{Scene, capitalised, fill};
use crate::offline::understanding::{Language, shorten};

/// `board.decompose.v1`.
#[derive(Debug, Serialize)]
pub(super) struct Decomposition {
    sub_problems: Vec<Part>,
}

#[derive(Debug, Serialize)]
struct Part {
    title: String,
    goal: String,
    scope: String,
    proposal: String,
    criteria: Vec<String>,
    depends_on: Vec<usize>,
    complexity: f64,
    form: &'static str,
    door: &'static str,
}

pub(super) fn answer(scene: &Scene, variables: &Value) -> Decomposition {
    let most = count(variables, "max_sub_problems").unwrap_or(3).max(1);
    let weight = complexity(scene);
    let wanted = if weight < 0.3 {
        1
    } else if weight < 0.45 {
        2
    } else {
        3
    };
    // A plan speaks of "from" and "to" only when the text has both; else the one for any problem is used.
    let parts = scene.lexicon.plan(&scene.topic).into_iter().chain(scene.lexicon.plan("any")).find_map(|plan| {
        let filled: Option<Vec<(&PlanPart, Part)>> =
            plan.parts.iter().map(|part| Some((part, build(scene, part, weight)?))).collect();
        filled.filter(|parts| !parts.is_empty())
    });
    let wanted = wanted.min(most);
    let mut sub_problems = match parts {
        Some(parts) if wanted > 1 => {
            // With room for two of three, the purpose comes first and the second one is chosen by the text.
            let mut chosen: Vec<usize> = (0..parts.len()).collect();
            while chosen.len() > wanted {
                let drop = 1 + scene.shared.with("drop").below(chosen.len() - 1);
                chosen.remove(if chosen.len() > 2 && scene.problem.names_money() { 1 } else { drop });
            }
            let place = |old: usize| chosen.iter().position(|kept| *kept == old);
            let mut kept = Vec::new();
            for (old, (plan, mut part)) in parts.into_iter().enumerate() {
                if place(old).is_some() {
                    part.depends_on = plan.after.iter().filter_map(|after| place(*after)).collect();
                    kept.push(part);
                }
            }
            kept
        }
        _ => vec![whole(scene, weight)],
    };
    // Where the user names two courses, the first part is the choice between them.
    if let Some(part) = sub_problems.first_mut().filter(|_| scene.problem.options.is_some()) {
        part.form = "choice";
    }
    Decomposition { sub_problems }
}

/// From 0 to 1: how much there is in the text.
fn complexity(scene: &Scene) -> f64 {
    let problem = &scene.problem;
    let size =
        |count: usize, full: u8| (f64::from(u16::try_from(count).unwrap_or(u16::MAX)) / f64::from(full)).min(1.0);
    let length = problem.lowered.chars().count();
    let han = if problem.language == Language::Chinese { 3 } else { 1 };
    let weight = 0.12
        + 0.30 * size(length * han, 250)
        + 0.24 * size(problem.quantities.len(), 4)
        + 0.12 * size(problem.names.len() + usize::from(problem.from.is_some()), 4)
        + 0.22 * size(problem.facts.len(), 3);
    (weight.min(0.95) * 100.0).round() / 100.0
}

fn build(scene: &Scene, part: &PlanPart, weight: f64) -> Option<Part> {
    let criteria: Vec<String> = scene
        .agenda()
        .into_iter()
        .filter(|it| part.aspects.contains(&it.aspect))
        .map(|it| it.name.clone())
        .take(4)
        .collect();
    let own = own_words(scene);
    let spread = (scene.shared.with(&part.title).unit() - 0.5) * 0.16;
    Some(Part {
        title: shorten(&fill(&part.title, &own)?, 110),
        goal: fill(&part.goal, &own)?,
        scope: fill(&part.scope, &own)?,
        proposal: fill(&part.proposal, &own)?,
        criteria,
        depends_on: Vec::new(),
        complexity: ((weight + spread).clamp(0.1, 0.95) * 100.0).round() / 100.0,
        form: "proposal",
        door: door(scene),
    })
}

/// The slots with the act as the user puts it: a proposal is the user's to make.
fn own_words(scene: &Scene) -> crate::offline::scene::Slots {
    let mut slots = scene.slots.clone();
    slots.insert("act", scene.problem.own_act.clone());
    slots.insert("act_short", scene.problem.own_act_short.clone());
    slots
}

/// Whether the text itself says that there is no way back.
fn door(scene: &Scene) -> &'static str {
    let final_words = scene.lexicon.phrases("door.words");
    let is_final = final_words.iter().any(|word| scene.problem.lowered.contains(word.as_str()));
    if is_final { "one_way" } else { "two_way" }
}

/// The problem as its own only part.
fn whole(scene: &Scene, weight: f64) -> Part {
    let act = capitalised(&scene.problem.own_act);
    let end = if scene.problem.language == Language::Chinese { "。" } else { "." };
    let goal = scene.say(if scene.is_how() { "whole.goal.how" } else { "whole.goal" });
    let criteria = scene.agenda().into_iter().map(|it| it.name.clone()).take(4).collect();
    let title = shorten(&capitalised(&scene.problem.act_short), 110);
    let end = if act.ends_with(['.', '”', '»', '…']) { "" } else { end };
    Part {
        title,
        goal,
        scope: scene.say("whole.scope"),
        proposal: format!("{act}{end}"),
        criteria,
        depends_on: Vec::new(),
        complexity: weight,
        form: "proposal",
        door: door(scene),
    }
}
