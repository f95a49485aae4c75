//! A single model's answer to a question: a letter by schema, repaired once, otherwise none (BRD-31). Self-consistency is
//! the most frequent of several.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use quorate_kernel::Principal;
use quorate_models::{Caller, ChatRequest, Message, Models, Purpose, ResponseSchema, Role};
use serde_json::{Value, json};

use super::measure::{Answer, NoAnswer};
use super::question_set::Put;

const ASK: &str = include_str!("prompts/ask.v1.md");
const REPAIR: &str = include_str!("prompts/repair.v1.md");
/// As the board's own baseline is asked.
const ONE_TEMPERATURE: f32 = 0.3;
/// Samples must differ to be worth counting.
const SAMPLE_TEMPERATURE: f32 = 0.7;
const MOST_TOKENS: u32 = 1_500;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// The single model, and for whom it is asked.
pub(super) struct Alone<'a> {
    pub(super) models: &'a Models,
    pub(super) who: &'a Principal,
    /// The route, or `provider/model`.
    pub(super) route: &'a str,
}

impl Alone<'_> {
    /// One answer.
    pub(super) async fn once(&self, id: &str, put: &Put) -> Answer {
        self.answer(id, 0, put, ONE_TEMPERATURE).await
    }

    /// The most frequent of `samples` answers; none where two are as frequent.
    pub(super) async fn majority(&self, id: &str, put: &Put, samples: u32) -> Answer {
        let asked = (0..samples).map(|number| self.answer(id, number, put, SAMPLE_TEMPERATURE));
        majority(&futures::future::join_all(asked).await)
    }

    async fn answer(&self, id: &str, number: u32, put: &Put, temperature: f32) -> Answer {
        let asked = tokio::time::timeout(PATIENCE, self.exchange(id, number, put, temperature)).await;
        asked.unwrap_or(Answer::None(NoAnswer::Failed))
    }

    async fn exchange(&self, id: &str, number: u32, put: &Put, temperature: f32) -> Answer {
        let mut request = self.request(id, number, put, temperature);
        let Some(first) = self.say(request.clone()).await else { return Answer::None(NoAnswer::Failed) };
        if let Some(place) = read(&first, put) {
            return Answer::Chosen(place);
        }
        // Providers refuse an empty message.
        if !first.trim().is_empty() {
            request.messages.push(message(Role::Assistant, first));
        }
        request.messages.push(message(Role::User, REPAIR.to_owned()));
        request.idempotency_key = Some(format!("{id}/{number}/repair"));
        match self.say(request).await {
            None => Answer::None(NoAnswer::Failed),
            Some(second) => read(&second, put).map_or(Answer::None(NoAnswer::Invalid), Answer::Chosen),
        }
    }

    fn request(&self, id: &str, number: u32, put: &Put, temperature: f32) -> ChatRequest {
        let caller = Caller {
            org_id: self.who.org_id,
            user_id: Some(self.who.user_id),
            api_key: None,
            purpose: Purpose::Board,
            endpoint: "",
            request_id: id.to_owned(),
        };
        let question = format!("<question>\n{}\n</question>", put.text());
        ChatRequest {
            messages: vec![message(Role::System, ASK.to_owned()), message(Role::User, question)],
            temperature: Some(temperature),
            max_output_tokens: Some(MOST_TOKENS),
            response_schema: Some(ResponseSchema { name: "bench_answer".to_owned(), schema: schema(put) }),
            template: None,
            purpose: "board".to_owned(),
            // Every sample is a call of its own.
            idempotency_key: Some(format!("{id}/{number}")),
            conversation: None,
            deadline: None,
            caller: Some(Arc::new(caller)),
        }
    }

    async fn say(&self, request: ChatRequest) -> Option<String> {
        let answer = async { self.models.chat(self.route, request).await?.collect(|_| ()).await };
        match answer.await {
            Ok(answer) => Some(answer.text),
            Err(error) => {
                tracing::warn!(%error, "a question of the benchmark has no answer");
                None
            }
        }
    }
}

fn message(role: Role, content: String) -> Message {
    Message { role, content, cache: false }
}

fn schema(put: &Put) -> Value {
    json!({
        "type": "object",
        "properties": {
            "reasoning": { "type": "string" },
            "answer": { "type": "string", "enum": put.letters() },
        },
        "required": ["reasoning", "answer"],
        "additionalProperties": false,
    })
}

/// The option that an answer names. Only the field counts, never a letter somewhere in a text.
fn read(text: &str, put: &Put) -> Option<usize> {
    let object = text.get(text.find('{')?..=text.rfind('}')?)?;
    let answer: Value = serde_json::from_str(object).ok()?;
    put.place(answer["answer"].as_str()?)
}

fn majority(answers: &[Answer]) -> Answer {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for answer in answers {
        if let Answer::Chosen(place) = answer {
            *counts.entry(*place).or_default() += 1;
        }
    }
    let Some(most) = counts.values().max() else {
        // Nobody answered: for the reason of the first.
        return answers.first().copied().unwrap_or(Answer::None(NoAnswer::Failed));
    };
    let mut first = counts.iter().filter(|(_, count)| *count == most).map(|(place, _)| *place);
    match (first.next(), first.next()) {
        (Some(place), None) => Answer::Chosen(place),
        _ => Answer::None(NoAnswer::Tied),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_answer_wins_and_a_tie_is_none() {
        let (a, b, none) = (Answer::Chosen(0), Answer::Chosen(1), Answer::None(NoAnswer::Invalid));
        assert_eq!(majority(&[a, b, b, none]), b);
        assert_eq!(majority(&[a, b, none]), Answer::None(NoAnswer::Tied));
        assert_eq!(majority(&[none, none]), none);
    }

    #[test]
    fn an_answer_is_a_letter_of_the_question_and_nothing_else() {
        let put = Put { question: "q".to_owned(), options: vec!["x".to_owned(), "y".to_owned()], right: 0 };
        assert_eq!(read("so:\n{\"reasoning\": \"A is wrong\", \"answer\": \"b\"}", &put), Some(1));
        for odd in ["B", "{\"answer\": \"C\"}", "{\"answer\": 1}", "}{", "{\"reasoning\": \"B\"}"] {
            assert_eq!(read(odd, &put), None, "{odd}");
        }
    }
}
