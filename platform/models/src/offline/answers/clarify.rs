use serde::Serialize;
use serde_json::Value;

use crate::offline::input::{count, list};
use crate::offline::scene::Scene;
use crate::offline::understanding::Form;

/// `board.clarify.v1`.
#[derive(Debug, Serialize)]
pub(super) struct Clarification {
    questions: Vec<Question>,
}

#[derive(Debug, Serialize)]
struct Question {
    question: String,
    why: String,
}

/// Asks for what the board will miss most: purpose, limit, date. Nothing when the text is full enough, or when
/// questions have been answered already.
pub(super) fn answer(scene: &Scene, variables: &Value) -> Clarification {
    let most = count(variables, "max_questions").unwrap_or(3).min(3);
    let answered = variables.get("problem").is_some_and(|problem| !list(problem, "answers").is_empty());
    let mut questions = Vec::new();
    if !answered {
        let problem = &scene.problem;
        let mut keys = Vec::new();
        if problem.form == Form::Choice && scene.slots.get("option_a").is_some_and(|it| !problem.act.starts_with(it)) {
            keys.push("clarify.options");
        }
        if !problem.names_money() && !problem.personal && problem.form != Form::Statement {
            keys.push("clarify.money");
        }
        if problem.deadline().is_none() {
            keys.push("clarify.time");
        }
        // Somebody who wrote several sentences has given the purpose.
        if problem.facts.len() < 2 {
            keys.push("clarify.why");
        }
        questions = keys.into_iter().filter_map(|key| split(&scene.say(key))).collect();
        if questions.len() < 2 && problem.facts.len() < 3 {
            questions.extend(topical(scene));
        }
    }
    questions.truncate(most);
    Clarification { questions }
}

fn topical(scene: &Scene) -> Option<Question> {
    let it = *scene.agenda().first()?;
    let mut slots = scene.slots.clone();
    slots.insert("ask", scene.voice(&it.ask, it, "ask"));
    slots.insert("concern", it.name.clone());
    let phrase = scene.lexicon.phrases("clarify.topic").first()?;
    split(&crate::offline::scene::fill(phrase, &slots)?)
}

fn split(text: &str) -> Option<Question> {
    let (question, why) = text.split_once('|')?;
    Some(Question { question: question.to_owned(), why: why.to_owned() })
}
