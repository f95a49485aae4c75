//! The API that programs written for OpenAI's or Anthropic's use (GTW-20, GTW-32), against scripted providers that are
//! real processes, and against llama.cpp.

mod cached;
mod day;
mod faults;
mod guarded;
mod leaks;
mod llama_cpp;
mod others;
mod own;
mod redis;
mod relaying;
mod sdk;
mod translating;

use quorate_models::{ModelsConfig, ProviderKind, RouteConfig};
use quorate_testkit::TestDatabase;
use quorate_testkit::models::{Act, Rule, ScriptedModels};
use reqwest::Response;
use serde_json::{Value, json};

use crate::{TestApp, User};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";

/// A server with two providers: `open` speaks OpenAI's format, `anthropic` Anthropic's. The route `default` leads to the
/// first, `both` to one after the other.
struct Scene {
    open: ScriptedModels,
    anthropic: ScriptedModels,
    app: TestApp,
}

impl Scene {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut ModelsConfig)) -> Self {
        let (open, anthropic) = (ScriptedModels::start().await.unwrap(), ScriptedModels::start().await.unwrap());
        let mut config = ModelsConfig {
            providers: vec![
                open.provider("open", ProviderKind::OpenAiCompatible),
                anthropic.provider("anthropic", ProviderKind::Anthropic),
            ],
            routes: vec![
                RouteConfig::new("default", ["open/mind"]),
                RouteConfig::new("both", ["open/mind", "anthropic/mind"]),
            ],
            ..ModelsConfig::default()
        };
        config.retries.base = 0.01;
        change(&mut config);
        let database = TestDatabase::sqlite().unwrap();
        let app = TestApp::builder(database).models(config).without_worker().start().await;
        Self { open, anthropic, app }
    }

    /// What the provider of OpenAI's format does next.
    async fn open(&self, act: Act) {
        self.open.script(&[Rule::always(act)]).await.unwrap();
    }

    /// What the provider of Anthropic's format does next.
    async fn anthropic(&self, act: Act) {
        self.anthropic.script(&[Rule::always(act)]).await.unwrap();
    }

    async fn ada(&self) -> User<'_> {
        self.app.user("ada@example.com").await
    }
}

fn says(text: &str) -> Act {
    Act { content: Some(json!(text)), ..Act::default() }
}

fn chat(model: &str, more: Value) -> Value {
    let mut body = json!({ "model": model, "messages": [{ "role": "user", "content": "Hello" }] });
    merge(&mut body, more);
    body
}

fn message(model: &str, more: Value) -> Value {
    let mut body = json!({ "model": model, "max_tokens": 100, "messages": [{ "role": "user", "content": "Hello" }] });
    merge(&mut body, more);
    body
}

fn merge(body: &mut Value, more: Value) {
    let Value::Object(more) = more else { panic!("not an object: {more}") };
    body.as_object_mut().unwrap().extend(more);
}

async fn post(user: &User<'_>, path: &str, body: &Value) -> Response {
    let request = user.app.http().post(user.app.url(path)).bearer_auth(user.token.as_ref().unwrap());
    request.json(body).send().await.unwrap()
}

/// The payloads of a stream's events, in order.
fn events(stream: &str) -> Vec<Value> {
    let payloads = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    payloads.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
}

/// The text that the chunks of a chat stream make.
fn text(events: &[Value]) -> String {
    events.iter().filter_map(|event| event["choices"][0]["delta"]["content"].as_str()).collect()
}
