//! Gemini's own format, in what differs from the others.

use std::time::Duration;

use quorate_models::{ChatEvent, Finish, ModelErrorKind, ProviderKind};
use quorate_testkit::models::{Act, Match, Rule, ScriptedUsage};
use serde_json::json;

use crate::{Bench, drain, parse, plain, vote};

async fn bench() -> Bench {
    Bench::tuned(ProviderKind::Gemini, |config| config.retries.attempts = 2).await
}

#[tokio::test]
async fn an_answer_streams_with_its_thoughts_and_is_counted() {
    let bench = bench().await;
    let usage = ScriptedUsage { input: 1_000, output: 200, cached_input: 600, cache_write: 0, reasoning: 50 };
    bench.always(Act { thinking: Some("Let me see.".into()), usage: Some(usage), ..Act::default() }).await;
    let (events, error) = drain(&bench.models, plain("What now?")).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(events[0], ChatEvent::Thinking("Let me see.".into()));
    assert!(events.len() > 4, "in pieces: {events:?}");
    let Some(ChatEvent::Done { finish, usage }) = events.last() else { panic!("no end: {events:?}") };
    assert_eq!(*finish, Finish::Stop);
    assert_eq!((usage.input, usage.output, usage.cached_input, usage.reasoning), (1_000, 200, 600, 50));
    let visit = &bench.server.journal().await.unwrap()[0];
    assert_eq!(
        (visit.path.as_str(), visit.key.as_deref()),
        ("/v1beta/models/m:streamGenerateContent", Some("sk-scripted"))
    );
    assert_eq!(visit.body["generationConfig"], json!({ "maxOutputTokens": 500, "temperature": 0.7 }));
    assert_eq!(visit.body["systemInstruction"]["parts"][0]["text"], "You are brief.");
}

#[tokio::test]
async fn a_schema_is_kept_and_given_up_only_when_refused() {
    let bench = bench().await;
    let answer = bench.ask(vote("Move?")).await.unwrap();
    assert!(parse(&answer.text)["decision"].is_string());
    let refused = Match { has: Some("/generationConfig/responseMimeType".into()), ..Match::default() };
    let act =
        Act { status: Some(400), message: Some("JSON mode is not enabled for models/m".into()), ..Act::default() };
    bench.script(&[Rule { matching: refused, act, times: None }]).await;
    let answer = bench.ask(vote("Stay?")).await.unwrap();
    assert!(parse(&answer.text)["decision"].is_string());
    bench.ask(vote("Wait?")).await.unwrap();
    assert_eq!(bench.visits().await, 1 + 3 + 1, "what was refused is remembered");
}

#[tokio::test]
async fn failures_have_their_kinds() {
    let cases = [
        (401, ModelErrorKind::Unauthorized),
        (404, ModelErrorKind::BadRequest),
        (429, ModelErrorKind::RateLimited { retry_after: Some(Duration::from_secs(3600)) }),
        (500, ModelErrorKind::Unavailable),
    ];
    for (status, expected) in cases {
        let bench = Bench::tuned(ProviderKind::Gemini, |config| config.retries.attempts = 1).await;
        bench.always(Act { status: Some(status), retry_after: Some("3600".into()), ..Act::default() }).await;
        assert_eq!(bench.ask(plain("x")).await.unwrap_err().kind, expected, "{status}");
    }
    let bench = bench().await;
    bench.always(Act { cut_after_bytes: Some(900), cut_cleanly: true, ..Act::default() }).await;
    let (events, error) = drain(&bench.models, plain("x")).await;
    assert!(!events.iter().any(|event| matches!(event, ChatEvent::Done { .. })));
    assert_eq!(error.unwrap().kind, ModelErrorKind::Cut);
    bench.always(Act { stream_error: Some("x".into()), ..Act::default() }).await;
    let (_, error) = drain(&bench.models, plain("x")).await;
    assert_eq!(error.unwrap().kind, ModelErrorKind::Unavailable);
    bench.always(Act { finish: Some("SAFETY".into()), ..Act::default() }).await;
    assert_eq!(bench.ask(plain("x")).await.unwrap().finish, Finish::Refused);
}
