//! What arrives when all goes well: pieces, thinking, usage, cost, and what was sent upstream.

use quorate_kernel::MicroUsd;
use quorate_models::{ChatEvent, Finish, PriceConfig, ProviderKind};
use quorate_testkit::models::{Act, Outcome, ScriptedUsage};
use serde_json::json;

use crate::{Bench, KINDS, drain, plain};

const USAGE: ScriptedUsage =
    ScriptedUsage { input: 1_000, output: 200, cached_input: 600, cache_write: 0, reasoning: 0 };

#[tokio::test]
async fn an_answer_streams_in_pieces_and_is_counted() {
    for kind in KINDS {
        let price =
            PriceConfig { model: "p/m".into(), input: 3.0, output: 15.0, cached_read: Some(0.3), cache_write: None };
        let bench = Bench::tuned(kind, |config| config.prices = vec![price]).await;
        let act = Act { thinking: Some("Let me see.".into()), usage: Some(USAGE), ..Act::default() };
        bench.always(act).await;
        let routed = bench.models.chat("default", plain("What now?")).await.unwrap();
        assert_eq!(routed.target, "p/m");
        assert_eq!(routed.attempts.len(), 1);
        let mut pieces = Vec::new();
        let answer = routed.collect(|piece| pieces.push(piece.to_owned())).await.unwrap();
        assert!(pieces.len() > 2, "{kind:?}: {pieces:?}");
        assert_eq!(pieces.concat(), answer.text);
        assert!(answer.text.starts_with("The scripted answer"), "{}", answer.text);
        assert_eq!(answer.thinking.as_deref(), Some("Let me see."));
        assert_eq!(answer.finish, Finish::Stop);
        assert_eq!((answer.usage.input, answer.usage.output, answer.usage.cached_input), (1_000, 200, 600));
        // 400 × $3 + 600 × $0.30 + 200 × $15, for a million each.
        assert_eq!(answer.cost, Some(MicroUsd(1_200 + 180 + 3_000)));
        assert_eq!(answer.model, "p/m");
        assert!(answer.first_token.unwrap() <= answer.latency);
        let journal = bench.server.settled_journal().await.unwrap();
        assert_eq!(journal.len(), 1);
        assert_eq!(journal[0].outcome, Outcome::Answered);
    }
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_and_another_one_another() {
    for kind in KINDS {
        let bench = Bench::new(kind).await;
        let first = bench.ask(plain("A")).await.unwrap();
        assert_eq!(first.text, bench.ask(plain("A")).await.unwrap().text);
        assert_ne!(first.text, bench.ask(plain("B")).await.unwrap().text);
        assert_eq!(first.cost, None, "no price is known: unknown, not zero");
    }
}

#[tokio::test]
async fn what_is_sent_is_what_the_provider_reads() {
    for kind in KINDS {
        let bench = Bench::new(kind).await;
        bench.ask(plain("What now?")).await.unwrap();
        let visit = &bench.server.journal().await.unwrap()[0];
        assert_eq!(visit.key.as_deref(), Some("sk-scripted"));
        assert_eq!(visit.idempotency_key.as_deref(), Some("key-1"));
        assert_eq!(visit.model, "m");
        assert!(visit.stream);
        assert_eq!(visit.body["temperature"], json!(0.7));
        let path = if kind == ProviderKind::Anthropic { "/v1/messages" } else { "/v1/chat/completions" };
        let limit = match kind {
            ProviderKind::OpenAi | ProviderKind::XAi | ProviderKind::Groq => "max_completion_tokens",
            _ => "max_tokens",
        };
        assert!(visit.path.ends_with(path), "{kind:?}: {}", visit.path);
        assert_eq!(visit.body[limit], json!(500), "{kind:?}");
        if kind == ProviderKind::Anthropic {
            assert_eq!(visit.body["system"][0]["cache_control"], json!({ "type": "ephemeral" }));
        }
        let sent = visit.body.to_string();
        assert!(!sent.contains("purpose") && !sent.contains("template"), "{sent}");
    }
}

#[tokio::test]
async fn a_limit_and_a_refusal_are_told() {
    for kind in KINDS {
        let bench = Bench::new(kind).await;
        let anthropic = kind == ProviderKind::Anthropic;
        let length = if anthropic { "max_tokens" } else { "length" };
        let refusal = if anthropic { "refusal" } else { "content_filter" };
        for (reason, expected) in [(length, Finish::Length), (refusal, Finish::Refused)] {
            bench.always(Act { finish: Some(reason.into()), ..Act::default() }).await;
            assert_eq!(bench.ask(plain("x")).await.unwrap().finish, expected, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn the_end_comes_once_and_last() {
    for kind in KINDS {
        let bench = Bench::new(kind).await;
        let (events, error) = drain(&bench.models, plain("x")).await;
        assert!(error.is_none());
        let ends: Vec<usize> = events
            .iter()
            .enumerate()
            .filter(|(_, event)| matches!(event, ChatEvent::Done { .. }))
            .map(|(i, _)| i)
            .collect();
        assert_eq!(ends, [events.len() - 1]);
    }
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_read_whole() {
    let whole = json!({
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hello." }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6 },
    });
    let message = json!({
        "type": "message", "content": [{ "type": "text", "text": "Hello." }], "stop_reason": "end_turn",
        "usage": { "input_tokens": 4, "output_tokens": 2 },
    });
    for kind in KINDS {
        let bench = Bench::new(kind).await;
        let body = if kind == ProviderKind::Anthropic { &message } else { &whole };
        let content_type = Some("application/json".to_owned());
        bench.always(Act { body: Some(body.to_string()), content_type, ..Act::default() }).await;
        let answer = bench.ask(plain("x")).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.usage.input, answer.usage.output), ("Hello.", 4, 2));
    }
}

#[tokio::test]
async fn connections_are_used_again_and_many_calls_run_at_once() {
    let bench = Bench::new(ProviderKind::OpenAi).await;
    bench.always(Act { chunk_delay_ms: Some(5), ..Act::default() }).await;
    let calls = (0..50).map(|number| bench.ask(plain(&format!("call {number}"))));
    let answers: Vec<_> = futures::future::join_all(calls).await;
    assert!(answers.iter().all(Result::is_ok));
    let texts: std::collections::BTreeSet<String> = answers.into_iter().map(|answer| answer.unwrap().text).collect();
    assert_eq!(texts.len(), 50, "no answer ends up with another call");
}
