use serde_json::json;

use crate::offline::scene::Scene;
use crate::offline::understanding::{Form, Language, shorten};
use crate::{Message, Role};

/// An answer to a chat without a template: says what it is, what it made of the last message, what it can compute
/// from it, and what to ask next.
pub(super) fn answer(model: &str, messages: &[Message]) -> String {
    let last = messages.iter().rev().find(|message| message.role == Role::User);
    let text = last.map(|message| message.content.as_str()).unwrap_or_default();
    let mut scene = Scene::read("chat", model, &json!({"problem": {"statement": text}}));
    scene.set("quote", &shorten(text.trim(), 120));
    let key = match scene.problem.form {
        Form::Statement => "chat.plain",
        Form::How => "chat.how",
        Form::Should | Form::Choice => "chat.act",
    };
    let mut sentences = vec![scene.say("chat.open"), scene.say(key)];
    if let Some((sum, _)) = scene.sum() {
        scene.set("sum", &sum);
        sentences.push(scene.say("sum.lead"));
    }
    if scene.problem.form != Form::Statement
        && let Some(it) = scene.agenda().first().copied()
    {
        let ask = scene.voice(&it.ask, it, "ask");
        scene.set("ask", &ask);
        sentences.push(scene.say("chat.ask"));
    }
    sentences.push(scene.say("chat.close"));
    let separator = if scene.problem.language == Language::Chinese { "" } else { " " };
    sentences.into_iter().filter(|sentence| !sentence.is_empty()).collect::<Vec<_>>().join(separator)
}
