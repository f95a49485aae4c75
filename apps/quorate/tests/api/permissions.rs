//! Who may use what, generated from the table of routes, so that a new route is tested the day it is added (IDN-21,
//! IDN-22).

use std::collections::BTreeSet;

use quorate_http::Access;
use quorate_kernel::{Permission, Role};
use quorate_testkit::on_both_databases;
use reqwest::Method;
use serde_json::{Value, json};

use crate::board::quick;
use crate::keys::Key;
use crate::{Reply, TestApp, User};

/// What anyone may use without signing in. A new public route fails the test until it is written here on purpose.
const PUBLIC: [(&str, &str); 25] = [
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/api/health"),
    ("GET", "/api/health/ready"),
    ("GET", "/api/v1/auth/methods"),
    ("GET", "/api/v1/auth/social/{provider}/callback"),
    ("GET", "/api/v1/auth/social/{provider}/start"),
    ("GET", "/api/v1/billing/plans"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/v1/shared/{token}"),
    ("POST", "/api/v1/auth/confirm-email"),
    ("POST", "/api/v1/auth/first-operator"),
    ("POST", "/api/v1/auth/forgot-password"),
    ("POST", "/api/v1/auth/invitations/look"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/auth/passkeys/login"),
    ("POST", "/api/v1/auth/passkeys/options"),
    ("POST", "/api/v1/auth/refresh"),
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/reset-password"),
    ("POST", "/api/v1/auth/second-factor"),
    ("POST", "/api/v1/auth/second-factor/passkey"),
    ("POST", "/api/v1/auth/second-factor/passkey/options"),
    ("POST", "/api/v1/auth/social/{provider}/callback"),
    ("POST", "/api/v1/auth/verify-email"),
];

/// An id that nothing has.
const NOWHERE: &str = "0190a000-0000-7000-8000-000000000000";

/// A route's path with its parameters filled in: ids with `id`, names with one that nothing has.
fn filled(path: &str, id: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{provider}" => "nobody",
        part if part.starts_with('{') => id,
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// One use of a route.
struct Use {
    method: Method,
    path: String,
    body: Option<String>,
    names_a_session: bool,
}

impl Use {
    async fn by(&self, user: &User<'_>) -> Reply {
        user.send(self.method.clone(), &self.path, self.body.clone()).await
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Every route of the board with this session's id, and a body it accepts. Deletion comes last.
fn uses(app: &TestApp, session: &str) -> Vec<Use> {
    let of_the_board = |path: &str| {
        ["/api/v1/sessions", "/api/v1/personas", "/api/v1/models", "/api/v1/decisions"]
            .iter()
            .any(|prefix| path.starts_with(prefix))
    };
    let mut uses: Vec<Use> = app
        .table()
        .iter()
        .filter(|route| of_the_board(&route.path))
        .map(|route| {
            let body = match (route.method.as_str(), route.path.rsplit('/').next().unwrap_or_default()) {
                ("POST", "sessions") => Some(quick().to_string()),
                ("POST", "answers") => Some(json!({ "answers": [] }).to_string()),
                ("PUT", "weights") => Some(json!({ "weights": { "cost": 1 } }).to_string()),
                ("POST", "decision") => Some(json!({ "course": "go", "decision": "We go." }).to_string()),
                ("POST", "shares") => Some("{}".to_owned()),
                ("POST", "outcome") => Some(json!({ "verdict": "too_early" }).to_string()),
                ("PATCH", _) => Some(json!({ "title": "Taken over" }).to_string()),
                _ => None,
            };
            Use {
                method: route.method.parse().unwrap(),
                path: filled(&route.path, session),
                body,
                names_a_session: route.path.contains("{id}"),
            }
        })
        .collect();
    uses.sort_by_key(|one| one.method == Method::DELETE);
    uses
}

/// Gives the user another role in their own organization.
async fn give_role(app: &TestApp, email: &str, role: Role) {
    let mut tx = app.composed().store.system("a test changes a role").await.unwrap();
    let changed = tx
        .sql(
            "UPDATE identity_memberships SET role = $1 \
             WHERE user_id = (SELECT id FROM identity_users WHERE email = $2)",
        )
        .bind(role.name())
        .bind(email.to_owned())
        .execute()
        .await
        .unwrap();
    assert_eq!(changed, 1);
    tx.commit().await.unwrap();
}

/// Everything the owner can read of a session.
async fn all_of(owner: &User<'_>, id: &str) -> Vec<Value> {
    let mut parts = vec![owner.read(id).await];
    for what in ["contributions", "votes", "report"] {
        parts.push(owner.result(id, what).await);
    }
    parts.push(json!(owner.events(id).await));
    parts
}

on_both_databases! {
    async fn every_route_refuses_whoever_is_not_signed_in(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let session = ada.deliberate(&quick()).await;
        let id = session["id"].as_str().unwrap();
        let before = all_of(&ada, id).await;
        // Somebody else's: the free plan has one log-in at a time, so another of Ada's would end hers.
        app.user("eve@example.com").await;
        let expired = app.expired_token("eve@example.com").await;
        let with = |token: &str| User { app: &app, token: Some(token.to_owned()) };
        let callers = [
            (app.anonymous(), "UNAUTHENTICATED"),
            (with("garbage"), "UNAUTHENTICATED"),
            (with(&format!("{}x", ada.token.as_deref().unwrap())), "UNAUTHENTICATED"),
            (with(&expired), "TOKEN_EXPIRED"),
        ];
        for route in app.table().iter().filter(|route| route.access != Access::Public) {
            let path = filled(&route.path, id);
            for (caller, code) in &callers {
                let reply = caller.send(route.method.parse().unwrap(), &path, Some("{}".to_owned())).await;
                let place = format!("{} {path}", route.method);
                // Other vendors' APIs write their codes in small letters.
                let answered = (reply.status.as_u16(), reply.code().to_uppercase());
                assert_eq!(answered, (401, (*code).to_owned()), "{place}: {}", reply.body);
                assert!(reply.body.to_string().len() < 400, "and tells nothing else: {}", reply.body);
            }
        }
        assert_eq!(all_of(&ada, id).await, before, "nothing has changed");
        assert_eq!(ada.get("/api/v1/sessions").await.body["data"].as_array().unwrap().len(), 1);
    }

    async fn another_tenants_session_does_not_exist(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        let session = ada.deliberate(&quick()).await;
        let finished = session["id"].as_str().unwrap().to_owned();
        let idle = ada.session(&quick()).await;
        let before = (all_of(&ada, &finished).await, ada.read(&idle).await);
        for id in [finished.as_str(), idle.as_str()] {
            for (route, missing) in uses(&app, id).iter().zip(uses(&app, NOWHERE)).filter(|(route, _)| route.names_a_session) {
                let reply = route.by(&eve).await;
                assert_eq!((reply.status.as_u16(), reply.code()), (404, "NOT_FOUND"), "{}: {}", route.name(), reply.body);
                let same = missing.by(&eve).await;
                assert_eq!(same.body["error"]["message"], reply.body["error"]["message"], "as if it were not there");
            }
        }
        assert_eq!((all_of(&ada, &finished).await, ada.read(&idle).await), before, "nothing has changed");
        assert_eq!(eve.get("/api/v1/sessions").await.body["data"], json!([]));
    }

    async fn an_owner_and_a_member_may_use_what_is_theirs(database: TestDatabase) {
        let app = TestApp::start(database).await;
        for (role, email) in [(Role::Owner, "ada@example.com"), (Role::Member, "bob@example.com")] {
            let user = app.user(email).await;
            give_role(&app, email, role).await;
            let me = user.get("/api/v1/users/me").await;
            assert_eq!(me.body["organization"]["role"], json!(role), "{}", me.body);
            let session = user.deliberate(&quick()).await;
            let id = session["id"].as_str().unwrap();
            for route in &uses(&app, id) {
                let reply = route.by(&user).await;
                let expected: &[u16] = match (route.method.as_str(), route.names_a_session) {
                    ("POST", true) if route.path.ends_with("/decision") || route.path.ends_with("/outcome") => &[200],
                    // No file and no link has the session's id.
                    ("GET" | "DELETE", _) if route.path.contains("/attachments/") => &[404],
                    ("GET" | "PATCH", _) => &[200],
                    // A yes or no has no options to weigh.
                    ("PUT", true) if route.path.ends_with("/weights") => &[409],
                    ("DELETE", _) if route.path.contains("/shares/") => &[404],
                    ("POST", true) if route.path.ends_with("/shares") => &[201],
                    ("DELETE", _) => &[204],
                    // The session is over, so there is nothing to start, hold or answer.
                    ("POST", true) => &[409],
                    _ => &[201],
                };
                assert!(expected.contains(&reply.status.as_u16()), "{role:?} {}: {} {}", route.name(), reply.status, reply.body);
            }
            assert_eq!(user.get(&format!("/api/v1/sessions/{id}")).await.status, 404, "deleted at the end");
        }
    }

    async fn every_route_asks_for_the_permission_it_declares(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        for role in Role::ALL {
            let email = format!("{}@example.com", role.name());
            let user = app.user(&email).await;
            give_role(&app, &email, role).await;
            for route in app.table() {
                let (allowed, needed) = match route.access {
                    Access::Public | Access::SignedIn => continue,
                    Access::Needs(permission) => (role.allows(permission), Some(permission.name())),
                    Access::Operator => (false, None),
                };
                // Nothing has this id and no route takes this body, so nothing happens where it is let in.
                let path = filled(&route.path, NOWHERE);
                let reply = user.send(route.method.parse().unwrap(), &path, Some("[]".to_owned())).await;
                let refused = reply.code() == "FORBIDDEN" && reply.body["error"]["params"]["permission"].as_str() == needed;
                assert_eq!(refused, !allowed, "{role:?} {} {path}: {} {}", route.method, reply.status, reply.body);
                assert_ne!(reply.status.as_u16(), 401, "{role:?} {} {path}", route.method);
                assert!(reply.status.as_u16() < 500, "{role:?} {} {path}: {}", route.method, reply.body);
            }
        }
    }

    /// PLT-1: the table's columns for keys, one that may nothing and one that may all that is for keys.
    async fn every_route_asks_a_key_for_its_scope_also_an_owners(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let ada = app.user("ada@example.com").await;
        let before = ada.get("/api/v1/users/me").await.body;
        let all: Vec<Permission> = Permission::ALL.into_iter().filter(|permission| permission.is_for_keys()).collect();
        for held in [Vec::new(), all] {
            let scopes: Vec<&str> = held.iter().map(|permission| permission.name()).collect();
            let key = Key::of(&ada, json!({ "name": format!("with {}", scopes.len()), "scopes": scopes })).await;
            let mut let_in = 0;
            for route in app.table().iter().filter(|route| route.access != Access::Public) {
                let allowed = matches!(route.access, Access::Needs(permission) if held.contains(&permission));
                let path = filled(&route.path, NOWHERE);
                let reply = key.at(&app).send(route.method.parse().unwrap(), &path, Some("[]".to_owned())).await;
                let place = format!("{} {path} with {} scopes: {} {}", route.method, scopes.len(), reply.status, reply.body);
                // Other vendors' APIs write their codes in small letters.
                let refused = reply.status == 403 && reply.code().eq_ignore_ascii_case("forbidden");
                assert_eq!(refused, !allowed, "{place}");
                assert!(reply.status != 401 && reply.status.as_u16() < 500, "{place}");
                let_in += usize::from(!refused);
            }
            assert_eq!(let_in == 0, held.is_empty(), "{let_in} of {} scopes", held.len());
        }
        assert_eq!(ada.get("/api/v1/users/me").await.body, before, "and nothing has changed");
    }

    async fn what_nobody_has_and_what_is_somebody_elses_look_the_same(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let (ada, eve) = (app.user("ada@example.com").await, app.user("eve@example.com").await);
        let me = ada.get("/api/v1/users/me").await.body;
        let hers = [&me["user"]["id"], &me["organization"]["id"], &json!(ada.session(&quick()).await)];
        let before = ada.get("/api/v1/users/me").await.body;
        for route in app.table().iter().filter(|route| route.path.contains('{') && route.access != Access::Public) {
            for body in ["{}", r#"{"name":"Eve","role":"owner","user_id":"0190a000-0000-7000-8000-000000000000","confirm":"ada"}"#] {
                let ask = async |id: &str| {
                    eve.send(route.method.parse().unwrap(), &filled(&route.path, id), Some(body.to_owned())).await
                };
                let missing = ask(NOWHERE).await;
                assert!(!missing.status.is_success(), "{} {}: {}", route.method, route.path, missing.body);
                for id in hers {
                    let foreign = ask(id.as_str().unwrap()).await;
                    let place = format!("{} {} {}", route.method, route.path, foreign.body);
                    assert_eq!(foreign.status, missing.status, "{place}");
                    assert_eq!(foreign.body["error"]["message"], missing.body["error"]["message"], "{place}");
                }
            }
        }
        assert_eq!(ada.get("/api/v1/users/me").await.body, before, "and nothing has changed");
    }

    async fn the_table_and_the_description_name_the_same_routes(database: TestDatabase) {
        let app = TestApp::builder(database).without_worker().start().await;
        let api = app.anonymous().get("/api/v1/openapi.json").await;
        let mut described = BTreeSet::new();
        for (path, item) in api.body["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
                if operation.get("responses").is_none() {
                    continue;
                }
                let entry = app.table().iter().find(|route| route.path == *path && route.method == method.as_str());
                let entry = entry.unwrap_or_else(|| panic!("{method} {path} is described and not in the table"));
                let permission = operation["x-permission"].as_str();
                let declared = match entry.access {
                    Access::Needs(permission) => Some(permission.name()),
                    Access::Operator => Some("operator"),
                    Access::Public | Access::SignedIn => None,
                };
                assert_eq!(permission, declared, "{method} {path}");
                assert_eq!(operation["security"] == json!([]), entry.access == Access::Public, "{method} {path}");
                described.insert((method.to_string(), path.clone()));
            }
        }
        let table: BTreeSet<_> = app.table().iter().map(|route| (route.method.clone(), route.path.clone())).collect();
        assert_eq!(table.len(), app.table().len(), "no route twice");
        assert_eq!(table, described);
        let public: BTreeSet<_> = app
            .table()
            .iter()
            .filter(|route| route.access == Access::Public)
            .map(|route| (route.method.as_str(), route.path.as_str()))
            .collect();
        assert_eq!(public, BTreeSet::from(PUBLIC), "a public route is a decision");
    }
}
