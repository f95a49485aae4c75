//! Every adapter against the scripted model server, a real process over real HTTP: the same expectations for each
//! wire format. Needs `cargo build -p quorate-testkit --bins` when this package is tested alone.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod answers;
mod configuration;
mod conformance;
mod embeddings;
mod failures;
mod gemini;
mod patience;
mod schemas;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use quorate_kernel::{SystemClock, SystemIds};
use quorate_models::{
    ChatAnswer, ChatEvent, ChatRequest, Message, ModelError, Models, ModelsConfig, ProviderKind, ResponseSchema, Role,
    RouteConfig,
};
use quorate_testkit::models::{Act, Rule, ScriptedModels};
use serde_json::{Value, json};

/// The wire formats, each by the kinds that differ in what they send.
const KINDS: [ProviderKind; 8] = [
    ProviderKind::OpenAi,
    ProviderKind::OpenAiCompatible,
    ProviderKind::Anthropic,
    ProviderKind::XAi,
    ProviderKind::OpenRouter,
    ProviderKind::Mistral,
    ProviderKind::DeepSeek,
    ProviderKind::Groq,
];

/// A server and the models that lead to it: provider `p`, model `m`, quick retries.
struct Bench {
    server: ScriptedModels,
    models: Models,
}

impl Bench {
    async fn new(kind: ProviderKind) -> Self {
        Self::tuned(kind, |_| {}).await
    }

    async fn tuned(kind: ProviderKind, tune: impl FnOnce(&mut ModelsConfig)) -> Self {
        let server = ScriptedModels::start().await.unwrap();
        let mut config = config(vec![server.provider("p", kind)], &["p/m"]);
        tune(&mut config);
        Self { models: models(&config), server }
    }

    async fn script(&self, rules: &[Rule]) {
        self.server.script(rules).await.unwrap();
    }

    /// Scripts one act for every request.
    async fn always(&self, act: Act) {
        self.script(&[Rule::always(act)]).await;
    }

    async fn ask(&self, request: ChatRequest) -> Result<ChatAnswer, ModelError> {
        self.models.chat("default", request).await?.collect(|_| {}).await
    }

    /// How many requests reached the server.
    async fn visits(&self) -> usize {
        self.server.journal().await.unwrap().len()
    }
}

fn config(providers: Vec<quorate_models::ProviderConfig>, targets: &[&str]) -> ModelsConfig {
    let mut config = ModelsConfig { providers, ..ModelsConfig::default() };
    config.routes = vec![RouteConfig::new("default", targets.iter().copied())];
    config.retries.base = 0.01;
    config
}

fn models(config: &ModelsConfig) -> Models {
    Models::new(config, Arc::new(SystemClock), Arc::new(SystemIds)).unwrap()
}

/// A question without a schema.
fn plain(text: &str) -> ChatRequest {
    ChatRequest {
        messages: vec![
            Message { role: Role::System, content: "You are brief.".into(), cache: true },
            Message { role: Role::User, content: text.into(), cache: false },
        ],
        temperature: Some(0.7),
        max_output_tokens: Some(500),
        response_schema: None,
        template: None,
        purpose: "test".into(),
        idempotency_key: Some("key-1".into()),
        conversation: None,
        deadline: None,
        caller: None,
    }
}

/// A question that is to be answered as a vote.
fn vote(text: &str) -> ChatRequest {
    let schema = json!({
        "type": "object",
        "properties": {
            "reasoning": { "type": "string", "minLength": 20 },
            "decision": { "type": "string", "enum": ["yes", "no", "conditional", "abstain"] },
            "confidence": { "type": "number", "minimum": 0, "maximum": 1 },
            "conditions": { "type": "array", "items": { "type": "string" } },
        },
        "required": ["reasoning", "decision", "confidence", "conditions"],
    });
    ChatRequest { response_schema: Some(ResponseSchema { name: "vote".into(), schema }), ..plain(text) }
}

/// Everything a stream gives, each event and at last the error if there is one.
async fn drain(models: &Models, request: ChatRequest) -> (Vec<ChatEvent>, Option<ModelError>) {
    let mut stream = models.chat("default", request).await.unwrap().events;
    let mut events = Vec::new();
    while let Some(item) = stream.next().await {
        match item {
            Ok(event) => events.push(event),
            Err(error) => {
                assert!(stream.next().await.is_none(), "nothing follows an error");
                return (events, Some(error));
            }
        }
    }
    (events, None)
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn is_about(elapsed: Duration, expected: Duration) -> bool {
    elapsed >= expected && elapsed < expected + Duration::from_secs(5)
}
