//! Every adapter against a scripted server that speaks its provider's wire: one table, the same expectations for each.
//! A new adapter is one entry in [`table`].

mod books;
mod embeddings;
mod faults;
mod hurry;
mod patience;
mod table;
mod words;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt;
use quorate_formats::{
    Asked, Envelope, Format, Garbled, Part, Role, Said, Turn, read_answer, read_stream, write_request,
};
use quorate_kernel::OrgId;
use quorate_models::{Caller, ModelsConfig, Purpose, RelayCall, RelayFailure, Relayed};
use serde_json::{Value, json};
use table::Row;
use tokio::time::Instant;
use uuid::Uuid;

use crate::Bench;

/// Bytes of a stream behind which every format has said something, and none all of [`long`].
const MIDDLE: usize = 3_000;

/// A caller's format with what was answered in it.
struct Answer {
    relayed_as: http::StatusCode,
    bytes: Bytes,
    said: Result<Vec<Said>, Garbled>,
    attempts: u32,
}

impl Row {
    async fn bench(&self) -> Bench {
        self.tuned(|_| {}).await
    }

    async fn tuned(&self, tune: impl FnOnce(&mut ModelsConfig)) -> Bench {
        Bench::tuned(self.kind, |config| {
            config.retries.attempts = 1;
            tune(config);
        })
        .await
    }

    /// Every format that callers speak, this adapter's own first.
    fn callers(&self) -> Vec<Format> {
        let mut formats = vec![Format::OpenAiChat, Format::AnthropicMessages, Format::OpenAiResponses];
        formats.sort_by_key(|format| *format != self.format);
        formats
    }
}

/// A question in nobody's format.
fn question(stream: bool) -> Asked {
    Asked {
        model: "default".into(),
        turns: vec![turn(Role::System, "You are brief."), turn(Role::User, "What now?")],
        max_output_tokens: Some(500),
        stream,
        stream_usage: stream,
        ..Asked::default()
    }
}

fn turn(role: Role, text: &str) -> Turn {
    Turn { role, parts: vec![Part::Text { text: text.into(), cache: false }] }
}

/// A text of many pieces.
fn long() -> Value {
    json!("word ".repeat(400))
}

fn caller() -> Arc<Caller> {
    Arc::new(Caller {
        org_id: OrgId(Uuid::nil()),
        user_id: None,
        api_key: None,
        purpose: Purpose::Api,
        endpoint: "",
        request_id: "request-1".into(),
    })
}

/// Begins a call with this body.
async fn begin(bench: &Bench, format: Format, body: &Value) -> Result<Relayed, RelayFailure> {
    let body = Bytes::from(body.to_string());
    let envelope = Envelope::scan(format, &body).unwrap();
    let (headers, caller) = (HeaderMap::new(), caller());
    let route = envelope.model.as_ref();
    let begun = Instant::now();
    let call = RelayCall { route, format, body: &body, envelope: &envelope, headers: &headers, caller: &caller, begun };
    bench.models.relay(&call).await
}

/// Asks and reads the answer to its end.
async fn ask(bench: &Bench, format: Format, asked: &Asked) -> Result<Answer, RelayFailure> {
    // What a writer writes goes by the model's name, and callers write for the newest.
    let model = if format == Format::AnthropicMessages { "claude-sonnet-5" } else { "default" };
    let mut body = write_request(format, &Asked { model: model.into(), ..asked.clone() });
    body["model"] = json!("default");
    ask_body(bench, format, &body).await
}

async fn ask_body(bench: &Bench, format: Format, body: &Value) -> Result<Answer, RelayFailure> {
    let relayed = begin(bench, format, body).await?;
    let streamed = body["stream"] == true;
    let (relayed_as, attempts) = (relayed.status, relayed.attempts);
    let bytes = relayed.body.collect().await.unwrap().to_bytes();
    let said = if streamed { read_stream(format, &bytes) } else { read_answer(format, &bytes) };
    Ok(Answer { relayed_as, bytes, said, attempts })
}

/// The text of an answer.
fn text(said: &[Said]) -> String {
    said.iter().filter_map(|piece| if let Said::Text(text) = piece { Some(text.as_str()) } else { None }).collect()
}

/// What went wrong of a call that must not succeed: before it began, or in what came of it.
async fn fails(bench: &Bench, format: Format, asked: &Asked) -> String {
    match ask(bench, format, asked).await {
        Err(failure) => format!("{:?}", failure.error.kind),
        Ok(answer) => match answer.said {
            Err(garbled) => garbled.to_string(),
            Ok(said) => panic!("a finished answer: {said:?}"),
        },
    }
}

/// So long nobody waits in a test that goes well.
const PATIENCE: Duration = Duration::from_secs(60);
