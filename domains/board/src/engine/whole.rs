//! The problem taken whole: where no model could split it, and where its courses were given (BRD-31).

use super::count::Rule;
use super::event::{By, Decomposed, Event, Form, OptionCard, OptionsFormed, SubProblem};
use super::state::State;
use crate::session::MAX_ROUNDS;

/// How complex a problem is taken to be that nobody judged.
const UNJUDGED: f64 = 0.5;
/// The letters of given courses, in their order.
pub(crate) const LETTERS: [&str; 5] = ["A", "B", "C", "D", "E"];

/// Complexity sets how many seats (3 to 5) and rounds (2 to 4) a sub-problem gets.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "complexity is within 0 and 1")]
pub(crate) fn scaled(complexity: f64) -> (usize, u8) {
    let extra = (complexity.clamp(0.0, 1.0) * 2.0).round();
    (3 + extra as usize, (2 + extra as u8).min(MAX_ROUNDS))
}

/// The problem as its own only part.
pub(crate) fn whole(state: &State) -> SubProblem {
    let statement = &state.brief.problem_statement;
    let title: String = statement.lines().next().unwrap_or_default().chars().take(100).collect();
    let (seats, rounds) = scaled(UNJUDGED);
    SubProblem {
        index: 0,
        title,
        goal: String::new(),
        scope: String::new(),
        proposal: statement.chars().take(600).collect(),
        criteria: Vec::new(),
        depends_on: Vec::new(),
        complexity: UNJUDGED,
        seats,
        rounds,
        form: Form::Proposal,
        one_way: state.brief.one_way_door,
        rule: Rule::of(state.brief.one_way_door),
    }
}

/// The split and the options of a choice whose courses the brief gives: nobody is asked for either. The proposal, which
/// stances are on until the vote, is the first of them; the vote is on each.
pub(super) fn given(state: &State) -> Option<[Event; 2]> {
    let choices = &state.brief.choices;
    let first = choices.first()?;
    let proposal = format!("{}: {first}", LETTERS[0]);
    let part = SubProblem { proposal, form: Form::Choice, ..whole(state) };
    let card = |(id, label): (&&str, &String)| OptionCard {
        id: (*id).to_owned(),
        label: label.clone(),
        description: String::new(),
        supporters: Vec::new(),
        trade_offs: Vec::new(),
        risk: String::new(),
        scores: Vec::new(),
        constraints: Vec::new(),
    };
    let formed = OptionsFormed {
        sub_problem: part.index,
        options: LETTERS.iter().zip(choices).map(card).collect(),
        criteria: Vec::new(),
        decided_by: By::User,
    };
    let split = Decomposed { sub_problems: vec![part], decided_by: By::User };
    Some([Event::ProblemDecomposed(split), Event::OptionsFormed(formed)])
}
