//! An estimate of input tokens, for reservations and for `count_tokens` where the target does not count itself.
//!
//! Every provider cuts text in its own way, and none publishes how except OpenAI. The rule here follows OpenAI's
//! `o200k` closely: a word of English is a token and one more for each eight letters beyond the first eight, in other
//! languages of the Latin script for each five; numbers are cut into threes; runs of signs into twos; other scripts by
//! letters or signs to a token. See `README.md` beside this file for how far off it is.

mod picture;
mod text;

pub use text::text_tokens;

use crate::{AnswerForm, Asked, Image, Part, Tool, Turn};

/// What a message costs beside its content: its role and its borders.
const PER_TURN: u64 = 4;
/// What an answer's beginning costs.
const PER_REQUEST: u64 = 3;
/// What a tool or a call costs beside its name and its JSON.
const PER_TOOL: u64 = 8;
/// Thinking that cannot be read costs about a token for three characters of its base64 in four.
const SEALED_PER_TOKEN: usize = 6;

/// About how many input tokens a request has.
#[must_use]
pub fn count_tokens(asked: &Asked) -> u64 {
    let turns: u64 = asked.turns.iter().map(of_turn).sum();
    let tools: u64 = asked.tools.iter().map(of_tool).sum();
    let form = match &asked.form {
        Some(AnswerForm::Schema { name, schema, .. }) => {
            PER_TOOL + text_tokens(name) + text_tokens(&schema.to_string())
        }
        Some(AnswerForm::Json) | None => 0,
    };
    PER_REQUEST + turns + tools + form
}

fn of_turn(turn: &Turn) -> u64 {
    PER_TURN + turn.parts.iter().map(of_part).sum::<u64>()
}

fn of_part(part: &Part) -> u64 {
    match part {
        Part::Text { text, .. } | Part::Refusal(text) | Part::Thinking { text, .. } => text_tokens(text),
        Part::Image(image) => of_image(image),
        Part::ToolCall { name, arguments, .. } => PER_TOOL + text_tokens(name) + text_tokens(arguments),
        Part::ToolResult { parts, .. } => PER_TOOL + parts.iter().map(of_part).sum::<u64>(),
        Part::SealedThinking(sealed) => (sealed.len() / SEALED_PER_TOKEN) as u64,
    }
}

fn of_image(image: &Image) -> u64 {
    picture::tokens(&image.source, image.detail.as_deref())
}

fn of_tool(tool: &Tool) -> u64 {
    let description = tool.description.as_deref().map_or(0, text_tokens);
    PER_TOOL + text_tokens(&tool.name) + description + text_tokens(&tool.parameters.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Role;

    #[test]
    fn everything_that_is_sent_is_counted() {
        let text = |text: &str| Part::Text { text: text.to_owned(), cache: false };
        let turn = |parts: Vec<Part>| Turn { role: Role::User, parts };
        let of = |parts: Vec<Part>| count_tokens(&Asked { turns: vec![turn(parts)], ..Asked::default() });
        let plain = of(vec![text("Hello there")]);
        assert_eq!(plain, PER_REQUEST + PER_TURN + 2);
        let call = Part::ToolCall { id: "c".to_owned(), name: "look".to_owned(), arguments: "{}".to_owned() };
        let result = Part::ToolResult { id: "c".to_owned(), parts: vec![text("a cat")], failed: false };
        let more = [call, result, Part::Refusal("no".to_owned()), Part::SealedThinking("x".repeat(600))];
        for part in more {
            assert!(of(vec![text("Hello there"), part.clone()]) > plain, "{part:?}");
        }
        let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
        let tool = Tool {
            name: "t".to_owned(),
            description: Some("It does.".to_owned()),
            parameters: schema.clone(),
            strict: None,
        };
        let base = Asked { turns: vec![turn(vec![text("Hello there")])], ..Asked::default() };
        assert!(count_tokens(&Asked { tools: vec![tool], ..base.clone() }) > plain + PER_TOOL + 10);
        let form = Some(AnswerForm::Schema { name: "n".to_owned(), schema, strict: None });
        assert!(count_tokens(&Asked { form, ..base }) > plain + PER_TOOL + 10);
    }
}
