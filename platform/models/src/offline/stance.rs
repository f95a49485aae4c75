//! What a persona thinks of a proposal, and how the others move it. Numbers only; the words are elsewhere.

use super::input::{Decision, Persona, Prior, Stance};
use super::seed::Seed;

/// How an answer to others changed a stance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Movement {
    /// Another decision, nearer to yes.
    Up,
    /// Another decision, nearer to no.
    Down,
    /// The same decision, surer.
    Firmer,
    /// The same decision, less sure.
    Softer,
}

/// The stance of a persona that has heard nobody yet. `missing` counts the key facts the problem leaves out (money,
/// time); `guarded` proposals limit a risk rather than take one, so caution speaks for them as much as against;
/// `seed` is that of the problem and sub-problem.
pub(super) fn initial(seed: Seed, persona: &Persona, missing: usize, guarded: bool) -> Stance {
    // Some proposals are liked by everybody, some by nobody: that is shared by all personas of a sub-problem.
    let appeal = (seed.with("appeal").unit() - 0.5) * 0.4;
    let own = seed.with("own").with(&persona.code);
    let noise = (own.unit() - 0.5) * 0.55;
    let gaps = f64::from(u8::try_from(missing.min(3)).unwrap_or(3));
    let score = 0.22 + appeal + noise + 0.9 * (persona.optimistic - 0.5)
        - (if guarded { 0.1 } else { 0.9 }) * (persona.risk_averse - 0.5)
        + (if guarded { 0.08 } else { 0.0 })
        + 0.2 * (persona.creative - 0.5)
        - 0.06 * gaps;
    let lost = persona.analytical > 0.6 && missing >= 2 && own.with("abstain").chance(0.12);
    let decision = if lost {
        Decision::Abstain
    } else if score > 0.22 {
        Decision::Yes
    } else if score > -0.06 {
        Decision::Conditional
    } else {
        Decision::No
    };
    let distance = if decision == Decision::Conditional { 0.12 } else { score.abs().min(0.8) * 0.35 };
    let confidence = 0.52 + distance + 0.12 * (persona.analytical - 0.5) - 0.03 * gaps
        + (own.with("confidence").unit() - 0.5) * 0.12
        - if lost { 0.2 } else { 0.0 };
    Stance { decision, confidence: rounded(confidence) }
}

/// Confidence to two digits, never certainty.
pub(super) fn rounded(confidence: f64) -> f64 {
    (confidence.clamp(0.2, 0.95) * 100.0).round() / 100.0
}

/// The latest contribution with a stance of every other persona, newest last.
pub(super) fn latest_of_others<'a>(prior: &'a [Prior], own_code: &str) -> Vec<&'a Prior> {
    let mut latest: Vec<&Prior> = Vec::new();
    for it in prior.iter().filter(|it| it.stance.is_some() && it.code != own_code && !it.code.is_empty()) {
        latest.retain(|other| other.code != it.code);
        latest.push(it);
    }
    latest
}

/// The stance after hearing the others, how it moved, and whose contribution did it.
pub(super) fn after<'a>(
    seed: Seed,
    persona: &Persona,
    own: Stance,
    others: &[&'a Prior],
    round: usize,
) -> (Stance, Movement, Option<&'a Prior>) {
    let seed = seed.with("after").with(&persona.code).with(&round.to_string());
    let weights: Vec<(f64, &'a Prior)> =
        others.iter().filter_map(|it| it.stance.map(|stance| (stance.decision.weight(), *it))).collect();
    if weights.is_empty() {
        return (own, Movement::Firmer, others.first().copied());
    }
    let count = f64::from(u32::try_from(weights.len()).unwrap_or(u32::MAX));
    let mean = weights.iter().map(|(weight, _)| weight).sum::<f64>() / count;
    let gap = mean - own.decision.weight();
    // The cautious and the sure are harder to move; so is everybody, once they have moved before.
    let openness = 0.62
        - 0.35 * (persona.risk_averse - 0.5).abs()
        - 0.45 * (own.confidence - 0.5)
        - if round > 1 { 0.18 } else { 0.0 };
    // From a condition to a plain yes is a small step; the others need the table well against one.
    let reach = if own.decision == Decision::Conditional && gap > 0.0 { 0.3 } else { 0.85 };
    let moves = gap.abs() > reach && seed.with("moves").chance(openness);
    let towards = |up: bool| {
        // The surest on that side; any of the others when nobody stands there.
        let mut side: Vec<&(f64, &Prior)> =
            weights.iter().filter(|(weight, _)| (*weight > own.decision.weight()) == up).collect();
        if side.is_empty() {
            side = weights.iter().collect();
        }
        side.get(seed.with("whose").below(side.len())).map(|(_, prior)| *prior)
    };
    if moves {
        let up = gap > 0.0;
        let decision = match (own.decision, up) {
            (Decision::No, true) | (Decision::Yes, false) | (Decision::Abstain, _) => Decision::Conditional,
            (Decision::Conditional, true) | (Decision::Yes, true) => Decision::Yes,
            (Decision::Conditional, false) | (Decision::No, false) => Decision::No,
        };
        if decision != own.decision {
            let confidence = rounded(0.52 + seed.with("new").unit() * 0.18);
            return (Stance { decision, confidence }, if up { Movement::Up } else { Movement::Down }, towards(up));
        }
    }
    let shift = 0.02 + seed.with("shift").unit() * 0.06;
    if gap.abs() > 0.6 {
        let stance = Stance { decision: own.decision, confidence: rounded(own.confidence - shift) };
        return (stance, Movement::Softer, towards(gap > 0.0));
    }
    let stance = Stance { decision: own.decision, confidence: rounded(own.confidence + shift) };
    let nearest = weights
        .iter()
        .filter(|(weight, _)| (weight - own.decision.weight()).abs() < 0.4)
        .map(|(_, it)| *it)
        .collect::<Vec<_>>();
    let whose = nearest.get(seed.with("whose").below(nearest.len())).copied().or_else(|| towards(true));
    (stance, Movement::Firmer, whose)
}

#[cfg(test)]
mod tests {
    use super::{Movement, after, initial, latest_of_others};
    use crate::offline::input::{Decision, Persona, Prior, Stance};
    use crate::offline::seed::Seed;

    fn persona(code: &str, optimistic: f64, risk_averse: f64) -> Persona {
        Persona { code: code.to_owned(), optimistic, risk_averse, analytical: 0.5, creative: 0.5, ..Persona::default() }
    }

    #[test]
    fn traits_move_decisions() {
        let count = |optimistic, risk_averse, wanted| {
            (0..200)
                .filter(|n| {
                    initial(Seed::of(&[&n.to_string()]), &persona("p", optimistic, risk_averse), 0, false).decision
                        == wanted
                })
                .count()
        };
        assert!(count(0.9, 0.2, Decision::Yes) > 150);
        assert!(count(0.2, 0.9, Decision::No) > 120);
        assert!(count(0.5, 0.5, Decision::Conditional) > 50);
    }

    #[test]
    fn one_against_all_sometimes_moves_and_sometimes_dissents() {
        let prior: Vec<Prior> = (1..4)
            .map(|n| Prior {
                reference: format!("C{n}"),
                code: format!("other{n}"),
                name: "Other".to_owned(),
                content: "It pays back.".to_owned(),
                stance: Some(Stance { decision: Decision::Yes, confidence: 0.7 }),
            })
            .collect();
        let others = latest_of_others(&prior, "p");
        let own = Stance { decision: Decision::No, confidence: 0.6 };
        let mut moved = 0;
        for n in 0..200 {
            let (stance, movement, because) =
                after(Seed::of(&[&n.to_string()]), &persona("p", 0.4, 0.7), own, &others, 1);
            assert!(because.is_some());
            if movement == Movement::Up {
                assert_eq!(stance.decision, Decision::Conditional);
                moved += 1;
            } else {
                assert!(stance.confidence < own.confidence);
            }
        }
        assert!((60..150).contains(&moved), "{moved}");
    }
}
