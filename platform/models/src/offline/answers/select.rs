use serde::Serialize;
use serde_json::Value;

use crate::offline::input::{Persona, count, list};
use crate::offline::scene::{Scene, fill};
use crate::offline::understanding::shorten;

/// `board.select.v1`.
#[derive(Debug, Serialize)]
pub(super) struct Selection {
    seats: Vec<Seat>,
}

#[derive(Debug, Serialize)]
struct Seat {
    code: String,
    reason: String,
}

/// Picks seat by seat whoever adds most: a criterion nobody covers yet, a category nobody has, and one seat that is
/// likely to contradict.
pub(super) fn answer(scene: &Scene, variables: &Value) -> Selection {
    let candidates: Vec<Persona> =
        list(variables, "candidates").iter().map(Persona::from_value).filter(|it| !it.code.is_empty()).collect();
    let seats = count(variables, "seats").unwrap_or(4).min(candidates.len());
    // Each criterion with the aspect it belongs to, when it is one of ours.
    let criteria: Vec<(String, Option<String>)> = scene
        .sub
        .criteria
        .iter()
        .map(|text| {
            let known = scene.lexicon.considerations.iter().find(|it| it.name.eq_ignore_ascii_case(text));
            (text.clone(), known.map(|it| it.aspect.clone()))
        })
        .collect();
    let mut chosen: Vec<(&Persona, Seat)> = Vec::new();
    while chosen.len() < seats {
        let best = candidates
            .iter()
            .filter(|it| !chosen.iter().any(|(other, _)| other.code == it.code))
            .map(|it| (score(scene, &criteria, &chosen, it), it))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, persona)) = best else { break };
        let reason = reason(scene, &criteria, &chosen, persona);
        chosen.push((persona, Seat { code: persona.code.clone(), reason }));
    }
    Selection { seats: chosen.into_iter().map(|(_, seat)| seat).collect() }
}

/// How well a persona covers a criterion, 0 to about 4.
fn cover(scene: &Scene, criterion: &(String, Option<String>), persona: &Persona) -> f64 {
    let aspects = scene.lexicon.aspects(&persona.category);
    let rank = criterion.1.as_ref().and_then(|aspect| aspects.iter().position(|it| it == aspect));
    let by_aspect = match rank {
        Some(0) => 2.0,
        Some(1) => 1.2,
        Some(_) => 0.8,
        None => 0.0,
    };
    let text = format!("{} {}", persona.archetype, persona.summary).to_lowercase();
    let lowered = criterion.0.to_lowercase();
    let words = lowered.split(|character: char| !character.is_alphanumeric()).filter(|word| word.chars().count() > 4);
    let hits = words.filter(|word| text.contains(&word.chars().take(6).collect::<String>())).take(2).count();
    by_aspect + if hits > 0 { 1.0 } else { 0.0 }
}

fn score(scene: &Scene, criteria: &[(String, Option<String>)], chosen: &[(&Persona, Seat)], persona: &Persona) -> f64 {
    let coverage: f64 = criteria
        .iter()
        .map(|criterion| {
            let have = chosen.iter().map(|(other, _)| cover(scene, criterion, other)).fold(0.0, f64::max);
            (cover(scene, criterion, persona) - have).max(0.0)
        })
        .sum();
    let new_category = !chosen.iter().any(|(other, _)| other.category == persona.category);
    let fits_topic = {
        let text = format!("{} {}", persona.archetype, persona.summary).to_lowercase();
        scene
            .problem
            .own_act
            .to_lowercase()
            .split(' ')
            .filter(|word| word.len() > 4)
            .filter(|word| text.contains(*word))
            .count()
    };
    let contradicts = is_contrary(persona) && !chosen.is_empty() && !chosen.iter().any(|(other, _)| is_contrary(other));
    coverage
        + if new_category { 1.5 } else { -1.0 }
        + if fits_topic > 0 { 1.0 } else { 0.0 }
        + if contradicts { 1.2 } else { 0.0 }
        + scene.shared.with("select").with(&persona.code).unit() * 1.5
}

fn is_contrary(persona: &Persona) -> bool {
    let text = format!("{} {}", persona.code, persona.archetype).to_lowercase();
    ["contrar", "sceptic", "skeptic", "devil", "adversar", "pessimis"].iter().any(|mark| text.contains(mark))
}

fn reason(
    scene: &Scene,
    criteria: &[(String, Option<String>)],
    chosen: &[(&Persona, Seat)],
    persona: &Persona,
) -> String {
    let best = criteria
        .iter()
        .map(|criterion| {
            let taken = chosen.iter().filter(|(_, seat)| seat.reason.contains(&criterion.0)).count();
            let taken = f64::from(u8::try_from(taken).unwrap_or(u8::MAX));
            (cover(scene, criterion, persona) - 0.8 * taken, criterion)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let mut slots = scene.slots.clone();
    let (covered, criterion) = best.map_or((0.0, String::new()), |(score, criterion)| (score, criterion.0.clone()));
    slots.insert("criterion", if criterion.is_empty() { scene.sub.title.clone() } else { criterion });
    slots.insert("category", persona.category.replace('_', " "));
    slots.insert("archetype", persona.archetype.clone());
    let summary = crate::offline::understanding::first_sentence(&persona.summary);
    let summary = shorten(summary.trim_end_matches('.'), 90);
    let key = if summary.is_empty() || covered <= 0.0 {
        if covered > 0.0 { "select.category" } else { "select.difference" }
    } else {
        slots.insert("match", lens_of(&persona.summary));
        "select.criterion"
    };
    let ways: Vec<String> = scene.lexicon.phrases(key).iter().filter_map(|phrase| fill(phrase, &slots)).collect();
    let plain: Vec<String> = ways.iter().map(|way| way.replace(['{', '}'], "")).collect();
    let seeded = scene.shared.with("reason").with(&persona.code).below(plain.len());
    plain.get(seeded).cloned().unwrap_or_default()
}

/// What a summary ("Compares the proposal with …, and sizes the bet.") says the seat does, to stand after a colon.
fn lens_of(summary: &str) -> String {
    let sentence = crate::offline::understanding::first_sentence(summary);
    let mut characters = sentence.trim_end_matches(['.', '?']).chars();
    let lowered: String =
        characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect());
    shorten(&lowered, 140)
}
