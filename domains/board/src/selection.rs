//! Filling seats by rule: for coverage of what the sub-problem is about and for difference of field. Used where no
//! model chose, or chose too few.

use std::collections::BTreeSet;

use crate::engine::event::SubProblem;
use crate::persona::{Catalogue, Persona};

/// Words shorter than this say little about a topic.
const SHORT: usize = 4;

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= SHORT)
        .map(|word| word.to_lowercase().chars().take(7).collect())
        .collect()
}

/// Codes of `wanted` personas besides those `taken`, best first. Personas that only moderate are left out.
#[must_use]
pub(crate) fn by_rule(personas: &Catalogue, sub_problem: &SubProblem, taken: &[String], wanted: usize) -> Vec<String> {
    let about = words(&format!(
        "{} {} {} {} {}",
        sub_problem.title,
        sub_problem.goal,
        sub_problem.scope,
        sub_problem.proposal,
        sub_problem.criteria.join(" ")
    ));
    let mut categories: BTreeSet<&str> =
        taken.iter().filter_map(|code| personas.get(code)).map(|persona| persona.category.as_str()).collect();
    let mut pool: Vec<(usize, &Persona)> = personas
        .all()
        .into_iter()
        .filter(|persona| persona.roles.is_empty() && !taken.contains(&persona.code))
        .map(|persona| {
            let text = format!("{} {} {}", persona.summary, persona.lens.join(" "), persona.category);
            (words(&text).intersection(&about).count(), persona)
        })
        .collect();
    // A stable order: by fit, then by code.
    pool.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.code.cmp(&other.code)));
    let mut chosen = Vec::new();
    // A new field first; the same field again only when there is no other.
    for same_field in [false, true] {
        for (_, persona) in &pool {
            if chosen.len() == wanted {
                return chosen;
            }
            let new =
                !chosen.contains(&persona.code) && (same_field || !categories.contains(persona.category.as_str()));
            if new {
                categories.insert(&persona.category);
                chosen.push(persona.code.clone());
            }
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> SubProblem {
        SubProblem {
            index: 0,
            title: text.to_owned(),
            goal: String::new(),
            scope: String::new(),
            proposal: String::new(),
            criteria: Vec::new(),
            depends_on: Vec::new(),
            complexity: 0.5,
            seats: 4,
            rounds: 3,
            form: crate::engine::event::Form::Proposal,
            one_way: false,
            rule: crate::engine::count::Rule::Majority,
        }
    }

    #[test]
    fn seats_differ_in_field_and_fit_the_topic() {
        let personas = Catalogue::load(None).unwrap();
        let codes = by_rule(&personas, &problem("Cash runway and unit economics of the downside case"), &[], 5);
        assert_eq!(codes.len(), 5);
        assert_eq!(personas.get(&codes[0]).unwrap().category, "finance");
        let fields: BTreeSet<_> = codes.iter().map(|code| personas.get(code).unwrap().category.clone()).collect();
        assert_eq!(fields.len(), 5);
    }

    #[test]
    fn it_fills_up_around_those_who_sit_already() {
        let personas = Catalogue::load(None).unwrap();
        let taken = vec!["finance_strategist".to_owned()];
        let codes = by_rule(&personas, &problem("Cash"), &taken, 100);
        assert!(!codes.contains(&taken[0]));
        assert!(codes.len() > 30);
    }
}
