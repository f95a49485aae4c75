//! JSON by schema, and what happens with models and servers that cannot have it the first way.

use quorate_models::ProviderKind;
use quorate_testkit::models::{Act, Match, Rule};
use serde_json::json;

use crate::{Bench, KINDS, parse, vote};

/// Refuses every request that has the field, in these words.
fn refuse(field: &str, message: &str) -> Rule {
    let act = Act { status: Some(400), message: Some(message.into()), ..Act::default() };
    Rule { matching: Match { has: Some(field.into()), ..Match::default() }, act, times: None }
}

#[tokio::test]
async fn an_answer_follows_the_schema_and_streams_its_text() {
    for kind in KINDS {
        let bench = Bench::new(kind).await;
        let mut pieces = 0;
        let routed = bench.models.chat("default", vote("Move?")).await.unwrap();
        let answer = routed.collect(|_| pieces += 1).await.unwrap();
        let fields = parse(&answer.text);
        assert!(["yes", "no", "conditional", "abstain"].contains(&fields["decision"].as_str().unwrap()));
        assert!(answer.text.starts_with(r#"{"reasoning":"#), "in the schema's order: {}", answer.text);
        assert!(pieces > 3, "{kind:?}: streamed, not given at once");
        // Put in words, it has no name.
        let name = if kind == ProviderKind::DeepSeek { "" } else { "vote" };
        assert_eq!(bench.server.journal().await.unwrap()[0].schema, name, "{kind:?}");
    }
}

#[tokio::test]
async fn malformed_json_passes_through_as_text() {
    for kind in KINDS {
        let bench = Bench::new(kind).await;
        bench.always(Act { malformed_json: true, ..Act::default() }).await;
        let answer = bench.ask(vote("Move?")).await.unwrap();
        assert!(answer.text.starts_with('{') && serde_json::from_str::<serde_json::Value>(&answer.text).is_err());
        assert_eq!(bench.visits().await, 1, "whether it is repaired is not for the adapter to say");
    }
}

#[tokio::test]
async fn a_server_without_schemas_is_asked_in_words_and_remembered() {
    let bench = Bench::new(ProviderKind::OpenAiCompatible).await;
    bench.script(&[refuse("/response_format/json_schema", "no")]).await;
    let answer = bench.ask(vote("Move?")).await.unwrap();
    assert!(parse(&answer.text)["decision"].is_string());
    bench.ask(vote("Stay?")).await.unwrap();
    let formats: Vec<_> = bench
        .server
        .journal()
        .await
        .unwrap()
        .iter()
        .map(|visit| visit.body["response_format"]["type"].clone())
        .collect();
    assert_eq!(formats, [json!("json_schema"), json!("json_object"), json!("json_object")]);
}

#[tokio::test]
async fn a_server_without_any_json_mode_gets_only_words() {
    let bench = Bench::new(ProviderKind::OpenAiCompatible).await;
    bench.script(&[refuse("/response_format", "unknown field")]).await;
    let answer = bench.ask(vote("Move?")).await.unwrap();
    assert!(parse(&answer.text)["decision"].is_string());
    assert_eq!(bench.visits().await, 3);
}

#[tokio::test]
async fn openai_is_not_asked_again_for_a_fault_of_the_request() {
    let bench = Bench::new(ProviderKind::OpenAi).await;
    bench.always(Act { status: Some(400), message: Some("The prompt is too long".into()), ..Act::default() }).await;
    assert!(bench.ask(vote("Move?")).await.is_err());
    assert_eq!(bench.visits().await, 1);
}

#[tokio::test]
async fn a_model_that_refuses_a_forced_tool_gets_the_output_format() {
    let bench = Bench::new(ProviderKind::Anthropic).await;
    let words = r#"tool_choice: type "tool" and "any" are not supported for this model."#;
    bench.script(&[refuse("/tool_choice", words)]).await;
    let answer = bench.ask(vote("Move?")).await.unwrap();
    assert!(parse(&answer.text)["decision"].is_string());
    bench.ask(vote("Stay?")).await.unwrap();
    let journal = bench.server.journal().await.unwrap();
    let by_format: Vec<bool> = journal.iter().map(|visit| visit.body.get("output_config").is_some()).collect();
    assert_eq!(by_format, [false, true, true]);
}

#[tokio::test]
async fn a_parameter_a_model_does_not_take_is_left_out() {
    for kind in KINDS {
        let bench = Bench::new(kind).await;
        bench.script(&[refuse("/temperature", "`temperature` is deprecated for this model.")]).await;
        bench.ask(vote("Move?")).await.unwrap();
        bench.ask(vote("Stay?")).await.unwrap();
        let journal = bench.server.journal().await.unwrap();
        assert_eq!(journal.len(), 3, "{kind:?}");
        assert!(journal[2].body.get("temperature").is_none());
        assert_eq!(journal[2].schema, journal[0].schema, "nothing else is given up");
        assert!(journal[2].body.to_string().contains("conditional"));
    }
}
