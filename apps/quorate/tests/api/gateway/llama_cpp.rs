//! A real llama.cpp server as a provider by base URL (GTW-1). Its model is made by `tests/peers/llama_cpp/model.py` from a
//! fixed seed and says nothing that means anything; what is checked is that it comes through, is counted as llama.cpp
//! counts, and ends when it should.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use futures::StreamExt as _;
use quorate_models::{ChatRequest, Message, ModelErrorKind, ProviderConfig, ResponseSchema, Role};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::*;
use crate::app::PATIENCE;
use crate::keys::until;

const KEY: &str = "sk-of-the-local-server";
/// How long it is left alone between two looks at its slot. Whether the caller of a whole answer is still there it asks
/// only after a second in which it has answered nobody, and to be looked at is to answer.
const QUIET: Duration = Duration::from_millis(2_500);
/// How often it is looked at.
const LOOKS: usize = 6;

/// llama.cpp in a process of its own, ended when this is dropped.
struct LlamaCpp {
    base: String,
    process: Child,
}

/// The Python that `tools/need.sh` has put llama.cpp into.
fn python() -> PathBuf {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("llama-cpp/bin/python3");
    assert!(python.exists(), "there is no {}: run `tools/need.sh test`, which installs llama.cpp", python.display());
    python
}

impl LlamaCpp {
    async fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/llama_cpp/server.py");
        let mut command = Command::new(python());
        command.arg(script).args(["--key", KEY]).env("PYTHONDONTWRITEBYTECODE", "1").kill_on_drop(true);
        // It ends when this end of its input is closed, even if the test is killed.
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut words = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = timeout(PATIENCE, words.next_line()).await.expect("llama.cpp starts").unwrap();
        let said: Value = serde_json::from_str(&line.expect("llama.cpp starts and says where it listens")).unwrap();
        Self { base: said["address"].as_str().unwrap().to_owned(), process }
    }

    /// As an operator configures it: a bare address.
    fn provider(&self) -> ProviderConfig {
        ProviderConfig::new("llama", ProviderKind::OpenAiCompatible).at(&self.base).with_key(KEY)
    }

    /// What it says when it is asked without anybody in between.
    async fn says(&self, path: &str, body: &Value) -> Value {
        let request = reqwest::Client::new().post(format!("{}{path}", self.base)).bearer_auth(KEY).json(body);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    /// Whether its only slot works on an answer.
    async fn is_busy(&self) -> bool {
        let request = reqwest::Client::new().get(format!("{}/slots", self.base)).bearer_auth(KEY);
        let slots: Value = request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
        assert_eq!(slots.as_array().unwrap().len(), 1, "{slots}");
        slots[0]["is_processing"].as_bool().unwrap()
    }

    /// Fails unless it is at rest before long, which an answer without an end never comes to by itself.
    async fn is_freed(&self) {
        for _ in 0..LOOKS {
            tokio::time::sleep(QUIET).await;
            if !self.is_busy().await {
                return;
            }
        }
        panic!("the slot of a caller who left is not freed");
    }
}

/// A server whose route `default` leads to llama.cpp, and `both` to it and a scripted provider after it.
struct Local {
    llama: LlamaCpp,
    second: ScriptedModels,
    app: TestApp,
}

impl Local {
    async fn start() -> Self {
        let (llama, second) = tokio::join!(LlamaCpp::start(), ScriptedModels::start());
        let second = second.unwrap();
        second.script(&[Rule::always(says("From the second"))]).await.unwrap();
        let mut models = ModelsConfig {
            providers: vec![llama.provider(), second.provider("second", ProviderKind::OpenAiCompatible)],
            routes: vec![
                RouteConfig::new("default", ["llama/tiny"]),
                RouteConfig::new("both", ["llama/tiny", "second/mind"]),
            ],
            ..ModelsConfig::default()
        };
        models.retries.base = 0.01;
        let app = TestApp::builder(TestDatabase::sqlite().unwrap()).models(models).without_worker().start().await;
        Self { llama, second, app }
    }
}

/// A question with one answer, whoever asks.
fn fixed(model: &str, more: Value) -> Value {
    let mut body = chat(model, json!({ "temperature": 0, "seed": 7, "max_tokens": 24 }));
    merge(&mut body, more);
    body
}

/// A question whose answer goes on until somebody ends it.
fn endless(model: &str, stream: bool) -> Value {
    fixed(model, json!({ "max_tokens": 1_000_000_000, "stream": stream }))
}

/// The attempts in the books, once there are so many, the latest first. None has a price (GTW-3).
async fn books(ada: &User<'_>, count: usize) -> Vec<Value> {
    let mut page = Value::Null;
    until("it is in the books", async || {
        page = ada.get("/api/v1/usage/requests").await.body;
        page["data"].as_array().unwrap().len() == count
    })
    .await;
    let rows = page["data"].as_array().unwrap().clone();
    for row in rows.iter().filter(|row| row["model"] == "llama/tiny") {
        assert_eq!(row.get("cost_microusd"), Some(&Value::Null), "unknown, never zero: {row}");
    }
    rows
}

fn tokens(row: &Value) -> [u64; 3] {
    ["tokens_in", "tokens_out", "tokens_cached"].map(|field| row[field].as_u64().unwrap_or_else(|| panic!("{row}")))
}

/// The same as llama.cpp says them.
fn usage(said: &Value) -> [u64; 3] {
    ["/prompt_tokens", "/completion_tokens", "/prompt_tokens_details/cached_tokens"]
        .map(|field| said["usage"].pointer(field).and_then(Value::as_u64).unwrap_or_else(|| panic!("{said}")))
}

#[tokio::test]
async fn llama_cpp_answers_whole_streamed_and_translated_and_its_own_count_is_in_the_books() {
    let local = Local::start().await;
    let ada = local.app.user("ada@example.com").await;
    let direct = local.llama.says(CHAT, &fixed("tiny", json!({}))).await;
    let expected = direct["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(expected.len() >= 24, "a token is a letter or a word: {direct}");

    let answer = post(&ada, CHAT, &fixed("default", json!({}))).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["x-quorate-model"]), (200, &"llama/tiny".parse().unwrap()));
    let whole: Value = answer.json().await.unwrap();
    assert_eq!(whole["choices"][0]["message"]["content"], expected);
    assert_eq!(whole["choices"][0]["finish_reason"], "length");
    let [input, output, cached] = usage(&whole);
    assert_eq!([input, output], usage(&direct)[..2]);
    assert!(output == 24 && 0 < cached && cached < input, "the prompt is in llama.cpp's cache by now: {whole}");
    assert_eq!(tokens(&books(&ada, 1).await[0]), [input, output, cached]);

    // A stream is counted also when its caller does not ask for the usage, and then without showing it.
    let stream = post(&ada, CHAT, &fixed("default", json!({ "stream": true }))).await.text().await.unwrap();
    let chunks = events(&stream);
    assert_eq!(text(&chunks), expected);
    assert!(stream.ends_with("data: [DONE]\n\n") && chunks.len() > 10, "piece by piece: {stream}");
    assert!(chunks.iter().all(|chunk| chunk["usage"].is_null()), "{stream}");
    let row = books(&ada, 2).await.swap_remove(0);
    assert_eq!(
        (tokens(&row), &row["streamed"], &row["status"]),
        ([input, output, cached], &json!(true), &json!("answered"))
    );
    let asked = fixed("default", json!({ "stream": true, "stream_options": { "include_usage": true } }));
    let chunks = events(&post(&ada, CHAT, &asked).await.text().await.unwrap());
    assert_eq!(usage(chunks.last().unwrap()), [input, output, cached]);

    // In Anthropic's format, which counts what was cached for itself.
    let message = message("default", json!({ "temperature": 0, "max_tokens": 24 }));
    let said: Value = post(&ada, MESSAGES, &message).await.json().await.unwrap();
    assert_eq!((&said["content"][0]["text"], &said["stop_reason"]), (&json!(expected), &json!("max_tokens")), "{said}");
    let counted = ["input_tokens", "cache_read_input_tokens"].map(|field| said["usage"][field].as_u64().unwrap());
    assert_eq!((counted, &said["usage"]["output_tokens"]), ([input - cached, cached], &json!(output)), "{said}");
    let rows = books(&ada, 4).await;
    assert!(rows.iter().all(|row| tokens(row) == [input, output, cached]), "{rows:#?}");
    let summary = ada.get("/api/v1/usage/summary").await.body;
    assert_eq!((&summary["cost_microusd"], &summary["unpriced"]), (&Value::Null, &json!(4)), "{summary}");
}

fn schema() -> Value {
    let properties = json!({ "verdict": { "type": "string", "enum": ["go", "stay"] },
        "score": { "type": "integer", "minimum": 1, "maximum": 9 }, "sure": { "type": "boolean" } });
    json!({ "type": "object", "properties": properties, "required": ["verdict", "score", "sure"], "additionalProperties": false })
}

/// Fails unless this is JSON that follows the schema to the letter.
fn follows(answer: &str) {
    let verdict: Value = serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
    assert_eq!(verdict.as_object().unwrap().len(), 3, "{answer}");
    assert!(["go", "stay"].contains(&verdict["verdict"].as_str().unwrap()), "{answer}");
    assert!((1..=9).contains(&verdict["score"].as_i64().unwrap()) && verdict["sure"].is_boolean(), "{answer}");
}

/// The model knows nothing of JSON: that it writes some is llama.cpp's grammar, so the schema has reached it.
#[tokio::test]
async fn llama_cpp_follows_schemas_and_its_own_grammars() {
    let local = Local::start().await;
    let ada = local.app.user("ada@example.com").await;
    let content = async |more: Value| -> String {
        let body: Value = post(&ada, CHAT, &fixed("default", more)).await.json().await.unwrap();
        body["choices"][0]["message"]["content"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
    };
    let free = content(json!({ "max_tokens": 200 })).await;
    assert!(serde_json::from_str::<Value>(&free).is_err() && !free.contains("verdict"), "{free}");

    let format = json!({ "type": "json_schema",
        "json_schema": { "name": "verdict", "strict": true, "schema": schema() } });
    follows(&content(json!({ "max_tokens": 200, "response_format": format })).await);
    let asked = fixed("default", json!({ "max_tokens": 200, "response_format": format, "stream": true }));
    follows(&text(&events(&post(&ada, CHAT, &asked).await.text().await.unwrap())));

    let format = json!({ "type": "json_schema", "name": "verdict", "strict": true, "schema": schema() });
    let asked = json!({ "model": "default", "input": "Hello", "temperature": 0, "max_output_tokens": 200,
        "text": { "format": format } });
    let said: Value = post(&ada, "/v1/responses", &asked).await.json().await.unwrap();
    assert_eq!(said["status"], "completed", "{said}");
    follows(said["output"][0]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{said}")));

    // As the board asks.
    let request = ChatRequest {
        messages: vec![Message { role: Role::User, content: "Hello".to_owned(), cache: false }],
        temperature: Some(0.0),
        max_output_tokens: Some(200),
        response_schema: Some(ResponseSchema { name: "verdict".to_owned(), schema: schema() }),
        template: None,
        purpose: "board".to_owned(),
        idempotency_key: None,
        conversation: None,
        deadline: None,
        caller: None,
    };
    let stream = local.app.composed().models.chat("default", request).await.unwrap();
    let answer = stream.collect(|_| ()).await.unwrap();
    follows(&answer.text);
    assert_eq!((answer.cost, answer.usage.output > 0), (None, true), "{answer:?}");

    // A field that only llama.cpp knows reaches it.
    let chosen = content(json!({ "grammar": "root ::= \"wait\" | \"move\"" })).await;
    assert!(["wait", "move"].contains(&chosen.as_str()), "{chosen}");
}

#[tokio::test]
async fn llama_cpp_embeds_and_lists_its_model() {
    let local = Local::start().await;
    let ada = local.app.user("ada@example.com").await;
    let asked = |model: &str| json!({ "model": model, "input": ["Hello", "we should wait"] });
    let direct = local.llama.says("/v1/embeddings", &asked("tiny")).await;
    let said: Value = post(&ada, "/v1/embeddings", &asked("default")).await.json().await.unwrap();
    let vectors = |body: &Value| -> Vec<Vec<f64>> {
        let each = body["data"].as_array().unwrap_or_else(|| panic!("{body}")).iter();
        each.map(|item| serde_json::from_value(item["embedding"].clone()).unwrap()).collect()
    };
    let (expected, found) = (vectors(&direct), vectors(&said));
    assert!(expected[0].len() > 8 && expected[0] != expected[1]);
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), expected.iter().map(Vec::len).collect::<Vec<_>>());
    let apart = |(one, other): (&f64, &f64)| (one - other).abs();
    let worst = found.iter().flatten().zip(expected.iter().flatten()).map(apart).fold(0.0, f64::max);
    assert!(worst < 1e-4, "{worst}");
    let row = books(&ada, 1).await.remove(0);
    assert_eq!((&row["tokens_in"], &row["endpoint"]), (&direct["usage"]["prompt_tokens"], &json!("/v1/embeddings")));

    let probes = local.app.composed().models.probe(PATIENCE).await;
    let probe = probes.into_iter().find(|probe| probe.provider == "llama").unwrap();
    assert_eq!(probe.base_url, format!("{}/v1", local.llama.base), "a bare address gets the rest by itself");
    let reached = probe.result.unwrap();
    assert_eq!((reached.lists_models, reached.models), (true, Some(1)));
    let wrong = local.app.composed().models.try_out(&local.llama.provider().with_key("sk-wrong"), PATIENCE).await;
    assert!(matches!(wrong.unwrap_err().kind, ModelErrorKind::Unauthorized));
    let card = ada.get("/v1/models/llama%2Ftiny").await;
    assert_eq!(
        (card.status.as_u16(), card.body.get("price_microusd_per_million_tokens")),
        (200, None),
        "{}",
        card.body
    );
}

#[tokio::test]
async fn llama_cpp_stops_when_the_caller_leaves() {
    let local = Local::start().await;
    let ada = local.app.user("ada@example.com").await;
    let mut pieces = post(&ada, CHAT, &endless("default", true)).await.bytes_stream();
    pieces.next().await.unwrap().unwrap();
    assert!(local.llama.is_busy().await);
    drop(pieces);
    local.llama.is_freed().await;
    let left = books(&ada, 1).await.remove(0);
    assert_eq!((&left["status"], &left["streamed"]), (&json!("cancelled"), &json!(true)), "{left}");
    assert!(left["tokens_out"].as_u64().unwrap() > 0, "what was generated until then counts: {left}");

    let body = endless("default", false);
    let mut waiting = Box::pin(post(&ada, CHAT, &body));
    until("llama.cpp works on it", async || {
        assert!(timeout(Duration::from_millis(20), &mut waiting).await.is_err(), "it has no end");
        local.llama.is_busy().await
    })
    .await;
    drop(waiting);
    local.llama.is_freed().await;
    assert_eq!(books(&ada, 2).await[0]["status"], "cancelled");

    // The slot is free for others.
    let next = post(&ada, CHAT, &fixed("default", json!({}))).await;
    assert_eq!((next.status().as_u16(), books(&ada, 3).await[0]["status"].as_str()), (200, Some("answered")));
}

#[tokio::test]
async fn a_killed_llama_cpp_ends_its_stream_in_an_error_and_gives_way_to_the_next() {
    let mut local = Local::start().await;
    let ada = local.app.user("ada@example.com").await;
    let answer = post(&ada, CHAT, &endless("both", true)).await;
    assert_eq!(answer.headers()["x-quorate-model"], "llama/tiny");
    let mut pieces = answer.bytes_stream();
    let mut stream = pieces.next().await.unwrap().unwrap().to_vec();
    local.llama.process.kill().await.unwrap();
    while let Some(piece) = pieces.next().await {
        stream.extend_from_slice(&piece.unwrap());
    }
    let stream = String::from_utf8(stream).unwrap();
    assert!(events(&stream).pop().unwrap()["error"]["message"].is_string() && !stream.contains("[DONE]"), "{stream}");
    assert!(local.second.journal().await.unwrap().is_empty(), "nobody else is asked after the first byte");

    for stream in [false, true] {
        let answer = post(&ada, CHAT, &fixed("both", json!({ "stream": stream }))).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["x-quorate-model"]),
            (200, &"second/mind".parse().unwrap())
        );
        let body = answer.text().await.unwrap();
        let said = if stream {
            text(&events(&body))
        } else {
            let whole: Value = serde_json::from_str(&body).unwrap();
            whole["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
        };
        assert_eq!(said, "From the second");
    }
}
