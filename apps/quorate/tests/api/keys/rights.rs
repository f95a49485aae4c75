//! What keys may do, and who may do something to a key.

use quorate_testkit::on_both_databases;

use super::*;
use crate::orgs::join;

on_both_databases! {
    async fn a_key_does_what_it_was_made_for_and_nothing_else(database: TestDatabase) {
        let models = ScriptedModels::start().await.unwrap();
        let app = with_model(database, &models).start().await;
        let ada = app.user("ada@example.com").await;
        let reader = Key::of(&ada, json!({ "scopes": ["model:read"] })).await;
        assert_eq!(reader.status(&app).await, 200);
        let refused = ask(&reader.at(&app), CHAT, json!({})).await;
        assert_eq!(refused.status(), 403);
        let refused: Value = refused.json().await.unwrap();
        assert_eq!((&refused["error"]["type"], &refused["error"]["code"]), (&json!("permission_error"), &json!("forbidden")));
        for (path, permission) in [("/api/v1/sessions", "board_session:read"), ("/api/v1/usage/summary", "usage:read")] {
            let refused = reader.at(&app).get(path).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (403, "FORBIDDEN"), "{path}");
            assert_eq!(refused.body["error"]["params"]["permission"], permission, "{path}");
        }
        assert_eq!(reader.at(&app).get("/api/v1/users/me").await.status, 403, "an account is a person's");

        let narrow = Key::of(&ada, json!({ "models": ["def*"] })).await;
        let listed = narrow.at(&app).get("/v1/models").await.body;
        let ids: Vec<&str> = listed["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["default"]);
        assert_eq!(ask(&narrow.at(&app), CHAT, json!({})).await.status(), 200);
        for model in ["open/mind", "board", "Default"] {
            assert_eq!(ask(&narrow.at(&app), CHAT, json!({ "model": model })).await.status(), 403, "{model}");
        }
        assert_eq!(models.journal().await.unwrap().len(), 1, "nobody was asked for what was refused");
    }

    async fn a_key_makes_no_keys_and_never_has_more_than_its_owner(database: TestDatabase) {
        let app = TestApp::builder(database).start().await;
        let ada = app.user("ada@example.com").await;
        for scope in ["api_key:write", "org:delete", "no:such", ""] {
            let refused = ada.post("/api/v1/keys", &json!({ "name": "x", "scopes": ["model:read", scope] })).await;
            assert_eq!((refused.status.as_u16(), refused.fields()), (422, vec!["scopes[1]"]), "{scope}");
        }
        let widest = Key::of(&ada, json!({ "scopes": ["api_key:read", "org:write", "usage:read"] })).await;
        assert_eq!(widest.at(&app).get("/api/v1/keys").await.status, 200);
        let body = json!({ "name": "child", "scopes": ["model:read"] });
        let (path, rotate) = (widest.path(), format!("{}/rotate", widest.path()));
        for refused in [
            widest.at(&app).post("/api/v1/keys", &body).await,
            widest.at(&app).patch(&path, &json!({ "scopes": ["model:use"] })).await,
            widest.at(&app).post(&rotate, &json!({ "grace_hours": 24 })).await,
            widest.at(&app).delete(&path).await,
        ] {
            assert_eq!((refused.status.as_u16(), refused.code()), (403, "FORBIDDEN"), "{}", refused.body);
        }

        let mut bob = app.user("bob@example.com").await;
        join(&ada, &mut bob, "bob@example.com", "member").await;
        let too_much = bob.post("/api/v1/keys", &json!({ "name": "x", "scopes": ["model:read", "org:write"] })).await;
        assert_eq!((too_much.status.as_u16(), too_much.fields()), (422, vec!["scopes[1]"]));
        let bobs = Key::of(&bob, json!({ "name": "Bob's" })).await;
        assert_eq!(bobs.status(&app).await, 200);
        let org = ada.get("/api/v1/users/me").await.body["organization"]["id"].as_str().unwrap().to_owned();
        let id = bob.get("/api/v1/users/me").await.body["user"]["id"].as_str().unwrap().to_owned();
        let removed = ada.delete(&format!("/api/v1/orgs/{org}/members/{id}")).await;
        assert!(removed.status.is_success(), "{}", removed.body);
        until("the key of who was removed is refused", async || bobs.status(&app).await == 401).await;
    }

    async fn a_key_of_others_is_not_there(database: TestDatabase) {
        let app = TestApp::builder(database).start().await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        let mut bob = app.user("bob@example.com").await;
        join(&ada, &mut bob, "bob@example.com", "member").await;
        let (adas, bobs) = (Key::of(&ada, json!({ "name": "Ada's" })).await, Key::of(&bob, json!({ "name": "Bob's" })).await);
        let tries = async |who: &User<'_>, key: &Key| {
            let rotate = format!("{}/rotate", key.path());
            [
                who.get(&key.path()).await.status.as_u16(),
                who.patch(&key.path(), &json!({ "name": "Mine" })).await.status.as_u16(),
                who.post(&rotate, &json!({ "grace_hours": 0 })).await.status.as_u16(),
                who.delete(&key.path()).await.status.as_u16(),
            ]
        };
        assert_eq!((tries(&eve, &adas).await, tries(&eve, &bobs).await), ([404; 4], [404; 4]), "another organization");
        assert_eq!(tries(&bob, &adas).await, [404; 4], "a member sees what is theirs");
        assert_eq!(listed(&bob).await, [("Bob's".to_owned(), "active".to_owned())]);
        assert!(listed(&eve).await.is_empty());
        assert_eq!((adas.status(&app).await, bobs.status(&app).await), (200, 200), "nothing has changed");
        // Whoever runs the organization sees all of its keys and may end each, but not take one over.
        assert_eq!(listed(&ada).await.len(), 2);
        assert_eq!(tries(&ada, &bobs).await, [200, 403, 403, 204]);
        until("it is refused", async || bobs.status(&app).await == 401).await;
        // A key sees no more than its owner's own keys, also an owner's.
        let reader = Key::of(&ada, json!({ "name": "Reader", "scopes": ["api_key:read"] })).await;
        let seen: Vec<String> = listed(&reader.at(&app)).await.into_iter().map(|(name, _)| name).collect();
        assert_eq!(seen, ["Reader", "Ada's"]);
    }
}

#[tokio::test]
async fn a_key_is_taken_from_where_it_may_be_used_only() {
    let proxied = |config: &mut quorate::config::Config| config.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
    let app = TestApp::builder(TestDatabase::sqlite().unwrap()).configure(proxied).without_worker().start().await;
    let ada = app.user("ada@example.com").await;
    let key = Key::of(&ada, json!({ "allowed_ips": ["192.0.2.0/24", "2001:db8::/32"] })).await;
    let status = async |from: &str| {
        let request = app.http().get(app.url("/v1/models")).bearer_auth(&key.token).header("x-forwarded-for", from);
        request.send().await.unwrap().status().as_u16()
    };
    for (from, expected) in [
        ("192.0.2.77", 200),
        ("2001:db8:5::1", 200),
        ("::ffff:192.0.2.1", 200),
        ("198.51.100.1", 403),
        ("2001:db9::1", 403),
    ] {
        assert_eq!(status(from).await, expected, "{from}");
    }
    assert_eq!(key.status(&app).await, 403, "nor from this machine");
    ada.patch(&key.path(), &json!({ "allowed_ips": [] })).await;
    assert_eq!(status("198.51.100.1").await, 200);
}
