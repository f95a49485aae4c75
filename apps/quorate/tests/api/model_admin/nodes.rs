//! In force everywhere, soon, and without harm to what is under way.

use std::time::Duration;

use futures::StreamExt;
use quorate_testkit::models::{Act, Rule, ScriptedModels};
use quorate_testkit::on_both_databases;
use serde_json::{Value, json};

use super::{KEY, PROVIDERS, ROUTES, ask, made, operator, provider, route, start, tamper};
use crate::User;
use crate::app::PATIENCE;

/// Asks until the answer has this status.
async fn until(user: &User<'_>, model: &str, status: u16) {
    let wait = async {
        while ask(user, model).await.status().as_u16() != status {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{model} never answers {status}"));
}

on_both_databases! {
    // On SQLite the two nodes share nothing but the file, so the second finds out by looking.
    async fn what_is_added_on_one_node_answers_on_the_other_and_is_sealed_at_rest(database: TestDatabase) {
        let models = ScriptedModels::start().await.unwrap();
        let here = start(database).await;
        let there = here.beside().without_worker().start().await;
        let (root, ada) = (operator(&here).await, here.user("ada@example.com").await);
        let ada_there = User { app: &there, token: ada.token.clone() };
        assert_eq!(ask(&ada, "fast").await.status(), 404);

        let answer = made(&root, PROVIDERS, &provider("mine", &models)).await;
        assert_eq!(answer["provider"]["key_last_four"], "wxyz");
        made(&root, ROUTES, &route("fast", &["mine/mind"])).await;
        assert_eq!(ask(&ada, "fast").await.status(), 200, "at once where it was done");
        until(&ada_there, "fast", 200).await;
        let journal = models.settled_journal().await.unwrap();
        assert!(journal.len() >= 2 && journal.iter().all(|visit| visit.key.as_deref() == Some(KEY)));

        // Another key: both nodes send it.
        let second = "sk-the-next-one-9876";
        let changed = root.patch(&format!("{PROVIDERS}/mine"), &json!({ "api_key": second })).await;
        assert_eq!((changed.status.as_u16(), &changed.body["provider"]["key_last_four"]), (200, &json!("9876")));
        let wait = async {
            loop {
                models.clear_journal().await.unwrap();
                assert_eq!(ask(&ada_there, "fast").await.status(), 200);
                if models.settled_journal().await.unwrap().iter().any(|visit| visit.key.as_deref() == Some(second)) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the other node takes the new key");

        // Neither the database, nor the audit log, nor any answer has a key.
        let mut tx = here.composed().store.system_read("a test reads what is at rest").await.unwrap();
        let rows: Vec<(String, Option<String>, String, String)> = tx
            .sql("SELECT sealed_key, sealed_headers, header_names, prices FROM gateway_providers")
            .all()
            .await
            .unwrap();
        drop(tx);
        assert!(rows.len() == 1 && rows[0].0.len() > 40);
        let audit = root.get("/api/v1/operators/audit?action=gateway.&limit=200").await.body.to_string();
        assert!(audit.contains("gateway.provider_added") && audit.contains("gateway.route_added"), "{audit}");
        let lists = [root.get(PROVIDERS).await.body.to_string(), root.get(&format!("{PROVIDERS}/mine")).await.body.to_string()];
        for text in [format!("{rows:?}"), audit, lists.concat()] {
            assert!(!text.contains(KEY) && !text.contains(second), "{text}");
        }

        assert_eq!(root.delete(&format!("{PROVIDERS}/mine")).await.code(), "CONFLICT", "a route leads to it");
        assert_eq!(root.delete(&format!("{ROUTES}/fast")).await.status, 204);
        assert_eq!(root.delete(&format!("{PROVIDERS}/mine")).await.status, 204);
        assert_eq!(ask(&ada, "mine/mind").await.status(), 404);
        until(&ada_there, "mine/mind", 404).await;
    }

    async fn a_set_that_cannot_be_used_never_takes_the_place_of_a_good_one(database: TestDatabase) {
        let models = ScriptedModels::start().await.unwrap();
        let here = start(database).await;
        let (root, ada) = (operator(&here).await, here.user("ada@example.com").await);
        made(&root, PROVIDERS, &provider("mine", &models)).await;
        made(&root, ROUTES, &route("fast", &["mine/mind"])).await;
        made(&root, PROVIDERS, &provider("sound", &models)).await;
        made(&root, ROUTES, &route("default", &["mine/mind"])).await;
        made(&root, ROUTES, &route("mixed", &["mine/mind", "sound/mind"])).await;
        // Whoever writes into the database has the key sent to another address: it does not open beside that.
        tamper(&here, "UPDATE gateway_providers SET base_url = 'http://127.0.0.1:9/v1' WHERE name = 'mine'").await;
        let wait = async {
            loop {
                let list = root.get(PROVIDERS).await.body;
                if let Some(error) = list["error"].as_str() {
                    return error.to_owned();
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let error = tokio::time::timeout(PATIENCE, wait).await.expect("the error is shown");
        assert!(error.contains("models.providers.mine.api_key") && !error.contains(KEY), "{error}");
        assert_eq!(ask(&ada, "fast").await.status(), 200, "the good set is still in force");
        // A node that starts now leaves out what does not open, and says so.
        let there = here.beside().without_worker().start().await;
        let root_there = User { app: &there, token: root.token.clone() };
        assert!(root_there.get(PROVIDERS).await.body["error"].is_string());
        let ada_there = User { app: &there, token: ada.token.clone() };
        for (model, status) in [("sound/mind", 200), ("mixed", 200), ("fast", 404), ("mine/mind", 404)] {
            assert_eq!(ask(&ada_there, model).await.status().as_u16(), status, "{model}");
        }
        assert_eq!(ask(&ada_there, "default").await.status(), 404, "the offline model does not stand in for it (GTW-2)");
        // It can be put right.
        let body = json!({ "base_url": models.provider_url(), "api_key": KEY });
        let righted = root.patch(&format!("{PROVIDERS}/mine"), &body).await;
        assert_eq!(righted.status, 200, "{}", righted.body);
        assert_eq!(root.get(PROVIDERS).await.body["error"], json!(null));
        assert_eq!(ask(&ada, "fast").await.status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_under_way_survives_the_removal_of_its_provider() {
    let models = ScriptedModels::start().await.unwrap();
    let app = start(quorate_testkit::TestDatabase::sqlite().unwrap()).await;
    let (root, ada) = (operator(&app).await, app.user("ada@example.com").await);
    made(&root, PROVIDERS, &provider("mine", &models)).await;
    let long = "word ".repeat(100);
    let act = Act { content: Some(json!(long)), chunk_delay_ms: Some(20), ..Act::default() };
    models.script(&[Rule::always(act)]).await.unwrap();
    let body = json!({ "model": "mine/mind", "stream": true, "messages": [{ "role": "user", "content": "Hello" }] });
    let request = app.http().post(app.url("/v1/chat/completions")).bearer_auth(ada.token.as_ref().unwrap());
    let mut pieces = request.json(&body).send().await.unwrap().bytes_stream();
    let mut stream = pieces.next().await.unwrap().unwrap().to_vec();
    assert_eq!(root.delete(&format!("{PROVIDERS}/mine")).await.status, 204);
    assert_eq!(ask(&ada, "mine/mind").await.status(), 404, "nobody new gets there");
    while let Some(piece) = pieces.next().await {
        stream.extend_from_slice(&piece.unwrap());
    }
    let stream = String::from_utf8(stream).unwrap();
    let pieces = stream.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    let pieces = pieces.map(|data| serde_json::from_str::<Value>(data).unwrap());
    let said: String =
        pieces.filter_map(|piece| piece["choices"][0]["delta"]["content"].as_str().map(str::to_owned)).collect();
    assert_eq!(said, long);
    assert!(stream.ends_with("data: [DONE]\n\n"), "{stream}");
}
