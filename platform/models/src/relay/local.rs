//! The offline demo model, and whoever else answers in neutral terms, behind every format.

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{BoxStream, unfold};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use quorate_formats::{
    AnswerForm, Asked, Finish, Meta, Part, Role, Said, StreamWriter, Turn, read_request, write_answer,
};

use tokio::time::Instant;

use super::body::{Ended, Made};
use super::record::Recorder;
use super::{RelayBody, RelayCall, RelayFailure, Relayed};
use crate::routing::{Leg, Permit};
use crate::timeouts::ask;
use crate::{ChatEvent, ChatRequest, ChatStream, Ending, Message, ModelError, ModelErrorKind, ResponseSchema, chat};

/// Asks a target that speaks no wire format.
pub(super) async fn answer(
    leg: &Leg,
    call: &RelayCall<'_>,
    meta: Meta,
    mut recorder: Recorder,
    mut permit: Permit,
    deadline: Option<Instant>,
) -> Result<Relayed, RelayFailure> {
    let asked = match read_request(call.format, call.body) {
        Ok(asked) => asked,
        Err(error) => return Err(ModelError::new(ModelErrorKind::BadRequest, &leg.target, error.to_string()).into()),
    };
    let request = request(asked, call);
    let events = match ask(&*leg.adapter, &leg.target, &leg.model, &request, leg.timeouts.until(deadline)).await {
        Ok(events) => events,
        Err(error) => {
            permit.failed(&error.kind);
            recorder.end(Ending::Failed(error.kind.clone()), None);
            return Err(error.into());
        }
    };
    permit.began(recorder.first_token());
    let begun = Said::Begun { id: None, model: Some(leg.target.clone()) };
    let mut headers = HeaderMap::new();
    let kind = if call.envelope.stream { "text/event-stream" } else { "application/json" };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let speaking = Speaking { events, recorder, permit: Some(permit), begun: Some(begun), over: false };
    let body = if call.envelope.stream {
        let writer = StreamWriter::new(call.format, meta).map_err(|error| refused(leg, &error.to_string()))?;
        RelayBody::made(stream(speaking, writer))
    } else {
        let said = speaking.all().await?;
        let body = write_answer(call.format, &said, &meta).map_err(|error| refused(leg, &error.to_string()))?;
        RelayBody::whole(Bytes::from(body))
    };
    Ok(Relayed { status: StatusCode::OK, headers, target: leg.target.clone(), attempts: 0, body })
}

fn refused(leg: &Leg, message: &str) -> RelayFailure {
    ModelError::new(ModelErrorKind::BadRequest, &leg.target, message).into()
}

fn request(asked: Asked, call: &RelayCall<'_>) -> ChatRequest {
    let schema = match asked.form {
        Some(AnswerForm::Schema { name, schema, .. }) => Some(ResponseSchema { name, schema }),
        Some(AnswerForm::Json) | None => None,
    };
    #[expect(clippy::cast_possible_truncation, reason = "a temperature has few digits")]
    let temperature = asked.temperature.map(|value| value as f32);
    ChatRequest {
        messages: asked.turns.iter().map(message).collect(),
        temperature,
        max_output_tokens: asked.max_output_tokens.map(|most| u32::try_from(most).unwrap_or(u32::MAX)),
        response_schema: schema,
        template: None,
        purpose: call.caller.purpose.name().to_owned(),
        idempotency_key: None,
        conversation: None,
        deadline: None,
        // The relay keeps its own account of the attempt.
        caller: None,
    }
}

fn message(turn: &Turn) -> Message {
    let text = |part: &Part| match part {
        Part::Text { text, .. } | Part::Refusal(text) => Some(text.clone()),
        Part::ToolCall { name, arguments, .. } => Some(format!("[{name} {arguments}]")),
        Part::ToolResult { parts, .. } => parts.iter().find_map(|part| match part {
            Part::Text { text, .. } => Some(text.clone()),
            _ => None,
        }),
        Part::Image(_) | Part::Thinking { .. } | Part::SealedThinking(_) => None,
    };
    let role = match turn.role {
        Role::System => chat::Role::System,
        Role::User => chat::Role::User,
        Role::Assistant => chat::Role::Assistant,
    };
    let content: Vec<String> = turn.parts.iter().filter_map(text).collect();
    Message { role, content: content.join("\n"), cache: false }
}

/// An answer as it is said.
struct Speaking {
    events: ChatStream,
    recorder: Recorder,
    permit: Option<Permit>,
    begun: Option<Said>,
    over: bool,
}

impl Speaking {
    async fn next(&mut self) -> Option<Result<Said, ModelError>> {
        if let Some(begun) = self.begun.take() {
            return Some(Ok(begun));
        }
        if self.over {
            return None;
        }
        let event = self.events.next().await?;
        Some(match event {
            Ok(ChatEvent::Text(text)) => Ok(Said::Text(text)),
            Ok(ChatEvent::Thinking(text)) => Ok(Said::Thinking(text)),
            // Only a route begins again, and this is one target of it.
            Ok(ChatEvent::Restart { .. }) => Ok(Said::Text(String::new())),
            Ok(ChatEvent::Done { finish, usage }) => {
                self.over = true;
                self.permit.take().into_iter().for_each(Permit::succeeded);
                self.recorder.end(Ending::Answered, Some(usage));
                let finish = match finish {
                    crate::Finish::Stop => Finish::Stop,
                    crate::Finish::Length => Finish::Length,
                    crate::Finish::Refused => Finish::Refused,
                };
                Ok(Said::Done { finish, usage: Some(usage) })
            }
            Err(error) => {
                self.over = true;
                self.permit.take().into_iter().for_each(|permit| permit.failed(&error.kind));
                self.recorder.end(Ending::Failed(error.kind.clone()), None);
                Err(error)
            }
        })
    }

    async fn all(mut self) -> Result<Vec<Said>, RelayFailure> {
        let mut said = Vec::new();
        while let Some(piece) = self.next().await {
            said.push(piece?);
        }
        Ok(said)
    }
}

fn stream(speaking: Speaking, writer: StreamWriter) -> BoxStream<'static, Made> {
    unfold((speaking, writer), |(mut speaking, mut writer)| async move {
        let mut out = Vec::new();
        let ended = match speaking.next().await? {
            Ok(piece) => {
                writer.piece(&piece, &mut out);
                if let Said::Done { usage, .. } = piece { Some(Ended::Whole(usage)) } else { None }
            }
            Err(_) => {
                writer.fail(502, "upstream_failed", "The model's answer broke off.", &mut out);
                Some(Ended::Failed)
            }
        };
        Some((Made { piece: Bytes::from(out), ended }, (speaking, writer)))
    })
    .boxed()
}
