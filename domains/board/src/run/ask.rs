//! One question to a model: asked, read against its schema, repaired once, or given up (BRD-5).

use std::sync::Arc;
use std::time::Duration;

use quorate_kernel::MicroUsd;
use quorate_models::{
    Caller, ChatAnswer, ChatEvent, ChatRequest, Message, ModelError, ModelErrorKind, Models, ResponseSchema, Role,
    TemplateCall,
};

use crate::answer::Answer;
use crate::metrics::Metered;
use crate::prompt::Prompts;
use crate::session::FailureCode;
use crate::store::Charge;

/// A question, ready to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// The model route.
    pub(crate) route: String,
    /// The messages.
    pub(crate) messages: Vec<Message>,
    /// What they were rendered from.
    pub(crate) template: TemplateCall,
    /// The sampling temperature.
    pub(crate) temperature: Option<f32>,
    /// The most tokens the answer may have.
    pub(crate) max_output_tokens: u32,
    /// The same for the same step of the same session.
    pub(crate) key: String,
    /// Whether there is money to ask once more for an answer that does not fit.
    pub(crate) repairable: bool,
    /// The same for all questions of a session, whose prompts begin alike.
    pub(crate) conversation: u64,
    /// Who pays.
    pub(crate) caller: Option<Arc<Caller>>,
}

/// Upper guesses at what a question costs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Estimate {
    /// To ask it.
    pub(crate) once: MicroUsd,
    /// To ask it, and then for a repair of the answer.
    pub(crate) repaired: MicroUsd,
}

/// What a repair prompt has of its own, in tokens.
const REPAIR_PROMPT: u64 = 1_000;

impl Question {
    /// Upper guesses at what asking costs; none where the price is unknown. Four characters are about a token.
    pub(crate) fn estimate(&self, models: &Models) -> Option<Estimate> {
        // Outside ASCII a character may be a token of its own.
        let weight = |c: char| if c.is_ascii() { 1 } else { 4 };
        let weights: usize = self.messages.iter().flat_map(|message| message.content.chars()).map(weight).sum();
        let input = u64::try_from(weights / 4).unwrap_or(u64::MAX);
        let output = u64::from(self.max_output_tokens);
        let usage = |input| quorate_models::Usage { input, output, ..quorate_models::Usage::default() };
        // The broken answer stands in the conversation, is quoted once, and may be quoted again by what is wrong with it.
        let again = input.saturating_add(output.saturating_mul(3)).saturating_add(REPAIR_PROMPT);
        // Any target of the route may answer: reckon with the dearest.
        let targets = models.resolve(&self.route)?;
        let dearest = |input| {
            let prices = targets.iter().filter_map(|target| models.price(target));
            prices.map(|price| price.cost(&usage(input))).max()
        };
        let once = dearest(input)?;
        Some(Estimate { once, repaired: once + dearest(again)? })
    }
}

/// A usable answer.
#[derive(Debug)]
pub(crate) struct Answered<T> {
    /// What was answered.
    pub(crate) value: T,
    /// The last answer as it came.
    pub(crate) answer: ChatAnswer,
    /// What it cost, repair included.
    pub(crate) charge: Charge,
}

/// No usable answer.
#[derive(Debug)]
pub(crate) struct Unanswered {
    /// Why.
    pub(crate) code: FailureCode,
    /// What it cost all the same.
    pub(crate) charge: Charge,
}

/// What the asker hears while an answer is being written.
pub(crate) enum Heard<'a> {
    /// From the start again: what came before is void.
    Restart,
    /// The next piece.
    Text(&'a str),
}

/// How often an answer that broke off is asked for again. What fails before the first byte is the gateway's to retry.
const RESTARTS: u32 = 1;

/// Asks, within `limit`.
pub(crate) async fn ask<T: Answer>(
    models: &Models,
    prompts: &Prompts,
    question: Question,
    limit: Duration,
    mut hear: impl FnMut(Heard<'_>) + Send,
) -> Result<Answered<T>, Unanswered> {
    let mut charge = Charge { temperature: question.temperature, ..Charge::default() };
    let asked = tokio::time::timeout(limit, exchange(models, prompts, &question, &mut charge, &mut hear)).await;
    let result = asked.unwrap_or(Err(FailureCode::Timeout));
    match result {
        Ok((value, answer)) => {
            charge.thinking.clone_from(&answer.thinking);
            Ok(Answered { value, answer, charge })
        }
        Err(code) => {
            tracing::warn!(step = question.key, code = code.name(), "no usable answer from the model");
            Err(Unanswered { code, charge })
        }
    }
}

async fn exchange<T: Answer>(
    models: &Models,
    prompts: &Prompts,
    question: &Question,
    charge: &mut Charge,
    hear: &mut (impl FnMut(Heard<'_>) + Send),
) -> Result<(T, ChatAnswer), FailureCode> {
    let mut request = ChatRequest {
        messages: question.messages.clone(),
        temperature: question.temperature,
        max_output_tokens: Some(question.max_output_tokens),
        response_schema: Some(ResponseSchema { name: T::NAME.to_owned(), schema: schema::<T>() }),
        template: Some(question.template.clone()),
        purpose: "board".to_owned(),
        idempotency_key: Some(question.key.clone()),
        conversation: Some(question.conversation),
        deadline: None,
        caller: question.caller.clone(),
    };
    let mut restarts = 0;
    let answer = loop {
        match say(models, &question.route, request.clone(), false, charge, &mut *hear).await {
            Ok(answer) => break answer,
            Err(error) if broke_off(&error) && restarts < RESTARTS => {
                restarts += 1;
                tracing::warn!(step = question.key, %error, "an answer broke off; asking again");
                hear(Heard::Restart);
            }
            Err(error) => return Err(code_of(&error)),
        }
    };
    let faults = match read::<T>(&answer.text) {
        Ok(value) => return Ok((value, answer)),
        Err(faults) => faults,
    };
    if !question.repairable {
        tracing::debug!(
            step = question.key,
            faults,
            "an answer does not fit its schema; there is no money to repair it"
        );
        return Err(FailureCode::CostCeiling);
    }
    tracing::debug!(step = question.key, faults, "an answer does not fit its schema; asking for a repair");
    let variables = serde_json::json!({ "invalid": answer.text, "errors": faults });
    let (repair, _) = prompts.render("repair", variables).map_err(|error| {
        tracing::error!(%error, "the repair prompt cannot be rendered");
        FailureCode::InvalidOutput
    })?;
    // Providers refuse an empty message.
    if !answer.text.trim().is_empty() {
        request.messages.push(Message { role: Role::Assistant, content: answer.text, cache: false });
    }
    request.messages.extend(repair);
    request.idempotency_key = Some(format!("{}/repair", question.key));
    // Whoever listens has heard the broken answer: that is void. The repaired one comes when it is recorded.
    hear(Heard::Restart);
    let repaired = say(models, &question.route, request, true, charge, |_: Heard<'_>| ()).await;
    let repaired = repaired.map_err(|error| code_of(&error))?;
    let value = read::<T>(&repaired.text).map_err(|_| FailureCode::InvalidOutput)?;
    Ok((value, repaired))
}

async fn say(
    models: &Models,
    route: &str,
    request: ChatRequest,
    repair: bool,
    charge: &mut Charge,
    mut hear: impl FnMut(Heard<'_>) + Send,
) -> Result<ChatAnswer, ModelError> {
    let stream = models.chat(route, request).await?;
    let heard = stream.collect_with(|event| match event {
        ChatEvent::Text(text) => hear(Heard::Text(text)),
        ChatEvent::Restart { .. } => hear(Heard::Restart),
        ChatEvent::Thinking(_) | ChatEvent::Done { .. } => {}
    });
    let answer = heard.await?;
    charge.calls += 1;
    charge.answers.push(Metered::of(&answer, repair));
    if let Some(cost) = answer.cost {
        charge.cost = Some(charge.cost.unwrap_or_default() + cost);
    }
    Ok(answer)
}

const fn broke_off(error: &ModelError) -> bool {
    matches!(error.kind, ModelErrorKind::Cut | ModelErrorKind::Garbled)
}

const fn code_of(error: &ModelError) -> FailureCode {
    match error.kind {
        ModelErrorKind::Timeout => FailureCode::Timeout,
        _ => FailureCode::InfraFailure,
    }
}

fn schema<T: Answer>() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|settings| {
        // Providers want one self-contained schema.
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Reads an answer: the JSON object in the text, whatever stands around it.
fn read<T: Answer>(text: &str) -> Result<T, String> {
    let object = match (text.find('{'), text.rfind('}')) {
        (Some(start), Some(end)) if start < end => &text[start..=end],
        _ => return Err("There is no JSON object in the answer.".to_owned()),
    };
    let value: T = serde_json::from_str(object).map_err(|error| error.to_string())?;
    let faults = value.faults();
    if faults.is_empty() { Ok(value) } else { Err(faults.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Ballot, Contribute};

    #[test]
    fn an_answer_is_read_out_of_whatever_stands_around_it() {
        let text = "Here it is:\n```json\n{\"content\": \"Yes.\", \"builds_on\": [], \"stance\": {\"decision\": \"yes\", \"confidence\": 0.7, \"reason\": \"r\"}}\n```";
        assert_eq!(read::<Contribute>(text).unwrap().content, "Yes.");
    }

    #[test]
    fn what_does_not_fit_never_becomes_a_number() {
        let ballot = |confidence: &str| {
            format!(
                "{{\"decision\":\"yes\",\"confidence\":{confidence},\"reasoning\":\"r\",\"conditions\":[],\"would_change_mind\":\"w\",\"flip_reason\":null}}"
            )
        };
        assert!(read::<Ballot>(&ballot("0.5")).is_ok());
        assert!(read::<Ballot>(&ballot("\"high\"")).is_err());
        assert!(read::<Ballot>(&ballot("7")).unwrap_err().contains("confidence"));
        assert!(read::<Ballot>("{\"decision\":\"maybe\"}").is_err());
        assert!(read::<Ballot>("I vote yes.").is_err());
        let conditional = ballot("0.5").replace("\"yes\"", "\"conditional\"");
        assert!(read::<Ballot>(&conditional).unwrap_err().contains("conditions"));
    }

    #[test]
    fn schemas_stand_alone_and_name_every_field() {
        let schema = schema::<Contribute>();
        let text = schema.to_string();
        assert!(!text.contains("$ref") && !text.contains("$defs"), "{text}");
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["required"].as_array().unwrap().len(), 3);
    }
}
