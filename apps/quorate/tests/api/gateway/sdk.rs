//! The official SDKs, each in a process of its own, against the whole server (GTW-20). What they check stands in
//! `tests/peers/sdk`; every check runs against providers of three wire formats, so that most of it is translated.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use quorate_models::{ModelsConfig, ProviderKind, RouteConfig};
use quorate_testkit::TestDatabase;
use quorate_testkit::models::{Rule, ScriptedModels, Visit};
use serde_json::json;
use tokio::process::Command;

use crate::app::PATIENCE;
use crate::{TestApp, User};

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/sdk");
/// What the scripted models do, told by what they are asked.
const SCRIPT: &str = include_str!("../../peers/sdk/script.json");
const MODELS: &str = "open/mind anthropic/mind gemini/mind";
/// How long a script may take on a machine that does much else: alone it takes seconds.
const LONGEST: Duration = Duration::from_secs(400);
/// How the scripts' picture begins.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABL";

/// A server with a provider of each wire format behind it, and a board that needs none of them.
struct Peers {
    open: ScriptedModels,
    anthropic: ScriptedModels,
    gemini: ScriptedModels,
    app: TestApp,
}

/// What one SDK brings.
struct Sdk {
    program: PathBuf,
    script: &'static str,
    /// In how many ways it asks for the same.
    ways: usize,
}

impl Peers {
    async fn start() -> Self {
        let rules: Vec<Rule> = serde_json::from_str(SCRIPT).unwrap();
        let scripted = async || {
            let models = ScriptedModels::start().await.unwrap();
            models.script(&rules).await.unwrap();
            models
        };
        let (open, anthropic, gemini) = (scripted().await, scripted().await, scripted().await);
        let mut models = ModelsConfig {
            providers: vec![
                open.provider("open", ProviderKind::OpenAiCompatible),
                anthropic.provider("anthropic", ProviderKind::Anthropic),
                gemini.provider("gemini", ProviderKind::Gemini),
            ],
            routes: vec![RouteConfig::new("default", MODELS.split(' ')), RouteConfig::new("demo", ["offline/demo"])],
            ..ModelsConfig::default()
        };
        models.providers.extend(ModelsConfig::default().providers);
        for provider in &mut models.providers {
            if let Some(offline) = &mut provider.offline {
                offline.tokens_per_second = 0.0;
            }
        }
        // What a provider refuses is the SDK's to try again.
        models.retries.attempts = 1;
        let app = TestApp::builder(TestDatabase::sqlite().unwrap()).models(models);
        let app = app.configure(|config| config.board.routes = vec!["demo".to_owned()]).start().await;
        Self { open, anthropic, gemini, app }
    }

    /// A key of somebody whose plan allows as many requests as there will be.
    async fn key(&self) -> String {
        let token = self.app.identity().first_operator_link().await.unwrap().unwrap();
        let first = json!({ "token": token, "email": "root@example.com", "password": "seven green umbrellas" });
        let reply = self.app.anonymous().post("/api/v1/auth/first-operator", &first).await;
        let root = User { app: &self.app, token: Some(reply.body["access_token"].as_str().unwrap().to_owned()) };
        let planned = async {
            while root.get("/api/v1/users/me").await.body["subscription"]["plan"] != "enterprise" {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, planned).await.expect("the first operator gets their plan");
        let scopes = ["model:use", "model:read", "board_session:read", "board_session:write"];
        let made = root.post("/api/v1/keys", &json!({ "name": "sdk", "scopes": scopes })).await;
        made.body["token"].as_str().unwrap_or_else(|| panic!("no key: {}", made.body)).to_owned()
    }

    /// Runs the SDK's script to its end, and fails with all that it said.
    async fn run(&self, sdk: &Sdk) {
        let key = self.key().await;
        let mut command = Command::new(&sdk.program);
        // Nothing of this machine's: no other keys, addresses or proxies.
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("QUORATE_URL", self.app.url("")).env("QUORATE_KEY", key).env("QUORATE_MODELS", MODELS);
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("NO_PROXY", "*").current_dir(PEERS).arg(sdk.script);
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
        let output = tokio::time::timeout(LONGEST, output).await.expect("the script comes to its end").unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && said.contains("passed, 0 failed"), "{}:\n{said}", sdk.script);
        self.heard(sdk).await;
    }

    /// What reached the providers is what the SDK sent, in each one's own words.
    async fn heard(&self, sdk: &Sdk) {
        let heard = [
            ("open", &self.open, "\"image_url\"", "\"tool_call_id\""),
            ("anthropic", &self.anthropic, "\"media_type\":\"image/png\"", "\"tool_result\""),
            ("gemini", &self.gemini, "\"inlineData\"", "\"functionResponse\""),
        ];
        for (name, models, picture, result) in heard {
            let visits = models.settled_journal().await.unwrap();
            assert!(visits.iter().all(|visit| visit.key.as_deref() == Some("sk-scripted")), "{name}: whose key?");
            let with = |one: &str, other: &str| {
                let told = |visit: &Visit| visit.body.to_string();
                visits.iter().map(told).filter(|body| body.contains(one) && body.contains(other)).count()
            };
            assert!(with(PICTURE, picture) >= sdk.ways, "{name} saw no picture");
            assert!(with("Rain, 14 degrees", result) >= sdk.ways, "{name} heard no tool's result");
            assert_eq!(with("Always busy", ""), sdk.ways, "{name}: who wants no retries gets none");
            assert_eq!(with("Busy once", ""), 2 * sdk.ways, "{name}: one retry was enough");
        }
    }
}

/// The Python that `tools/need.sh` has put the packages into.
fn python(script: &'static str) -> Sdk {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("sdk-peers/bin/python3");
    assert!(program.exists(), "there is no {}: run `tools/need.sh test`, which installs the SDKs", program.display());
    Sdk { program, script, ways: 1 }
}

fn node(script: &'static str, ways: usize) -> Sdk {
    let installed = Path::new(PEERS).join("js/node_modules/.package-lock.json");
    assert!(
        installed.exists(),
        "there is no {}: run `tools/need.sh test`, which installs the SDKs",
        installed.display()
    );
    Sdk { program: "node".into(), script, ways }
}

#[tokio::test]
async fn the_python_package_openai() {
    let peers = Peers::start().await;
    peers.run(&python("python/with_openai.py")).await;
    let visits = peers.open.journal().await.unwrap();
    let kept = visits.iter().any(|visit| visit.body["unheard_of"] == json!({ "deep": [1.5, "é"] }));
    assert!(kept, "a provider of the same format gets what nobody here knows");
}

#[tokio::test]
async fn the_python_package_anthropic() {
    let peers = Peers::start().await;
    peers.run(&python("python/with_anthropic.py")).await;
    let visits = peers.anthropic.journal().await.unwrap();
    let kept = visits.iter().any(|visit| visit.body["unheard_of"] == json!({ "deep": [1.5, "é"] }));
    assert!(kept, "a provider of the same format gets what nobody here knows");
    let signed = |visit: &Visit| visit.body["messages"][1]["content"][0]["signature"] == "c2lnbmVk";
    assert!(visits.iter().any(signed), "thinking goes back with its signature");
}

#[tokio::test]
async fn the_javascript_package_openai() {
    Peers::start().await.run(&node("js/with-openai.mjs", 1)).await;
}

#[tokio::test]
async fn the_javascript_package_anthropic() {
    Peers::start().await.run(&node("js/with-anthropic.mjs", 1)).await;
}

#[tokio::test]
async fn the_ai_sdk() {
    Peers::start().await.run(&node("js/with-ai.mjs", 4)).await;
}
