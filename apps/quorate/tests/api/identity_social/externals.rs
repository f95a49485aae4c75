//! Access tokens of other issuers.

use quorate_testkit::on_both_databases;

use super::*;
use crate::User;

const SECRET: &str = "a shared secret of forty characters, about";
const SUPABASE: &str = "https://project.supabase.test/auth/v1";

fn with<'a>(app: &'a TestApp, token: &str) -> User<'a> {
    User { app, token: Some(token.to_owned()) }
}

async fn code(app: &TestApp, token: &str) -> (u16, String) {
    let reply = with(app, token).get("/api/v1/users/me").await;
    (reply.status.as_u16(), reply.code().to_owned())
}

fn refused() -> (u16, String) {
    (401, "UNAUTHENTICATED".to_owned())
}

fn supabase() -> Value {
    json!({"name": "supabase", "issuer": SUPABASE, "audience": ["authenticated"], "algorithm": "HS256",
        "shared_secret": SECRET, "email_verified_claim": "app_metadata.email_verified"})
}

fn supabase_claims(subject: &str, email: &str) -> Value {
    json!({"iss": SUPABASE, "aud": "authenticated", "sub": subject, "email": email, "role": "authenticated",
        "app_metadata": {"email_verified": true}, "user_metadata": {"email_verified": true},
        "iat": now(), "exp": now() + 300})
}

/// An issuer that publishes this key, and its entry in the configuration.
async fn publishing(signer: &Signer, kid: &str) -> (Issuer, Value) {
    let issuer = Issuer::start().await;
    issuer.says_now(|said| said.keys = json!({"keys": [signer.jwk(kid)]}));
    let entry = json!({"name": "own", "label": "Our log-in", "issuer": issuer.url, "audience": ["board", "other"],
        "algorithm": signer.algorithm()});
    (issuer, entry)
}

fn claims(issuer: &Issuer, subject: &str, email: &str) -> Value {
    json!({"iss": issuer.url, "aud": ["board"], "sub": subject, "email": email, "email_verified": true,
        "name": "Ada", "iat": now(), "nbf": now(), "exp": now() + 300})
}

on_both_databases! {
    async fn a_shared_secret_lets_people_in_and_nothing_else_does(database: TestDatabase) {
        let app = app_with(database, json!([]), json!([supabase()])).await;
        let signer = Signer::secret(SECRET);
        let good = supabase_claims("u-1", "ada@example.com");
        let token = signer.token("any", &good);
        let me = with(&app, &token).get("/api/v1/users/me").await;
        assert_eq!(me.status, 200, "{}", me.body);
        assert_eq!(me.body["user"]["email"], "ada@example.com");
        assert_eq!((&me.body["organization"]["role"], &me.body["user"]["operator"]), (&json!("owner"), &json!(false)));
        let again = with(&app, &signer.token("any", &supabase_claims("u-1", "new@example.com"))).get("/api/v1/users/me").await;
        assert_eq!(again.body["user"]["id"], me.body["user"]["id"]);
        let listed = with(&app, &token).get("/api/v1/users/me/connections").await;
        assert_eq!(listed.body["data"][0]["provider"], "supabase");
        let changed = |name: &str, value: Value| {
            let mut claims = good.clone();
            claims[name] = value;
            signer.token("any", &claims)
        };
        for (what, token) in [
            ("another secret", Signer::secret("another secret of forty characters, so").token("any", &good)),
            ("the empty secret", Signer::secret("").token("any", &good)),
            ("none", Signer::Nobody.token("any", &good)),
            ("another kind of key", Signer::p256().token("any", &good)),
            ("another audience", changed("aud", json!("anon"))),
            ("no audience", changed("aud", Value::Null)),
            ("from the future", changed("iat", json!(now() + 3600))),
            ("not yet", changed("nbf", json!(now() + 3600))),
            ("no expiry", changed("exp", Value::Null)),
            ("no subject", changed("sub", json!(""))),
            ("an unknown issuer", changed("iss", json!("https://evil.example"))),
            ("almost the issuer", changed("iss", json!(format!("{SUPABASE}/")))),
            ("too long", changed("x", json!("x".repeat(20_000)))),
        ] {
            assert_eq!(code(&app, &token).await, refused(), "{what}");
        }
        assert_eq!(code(&app, &changed("exp", json!(now() - 31))).await, (401, "TOKEN_EXPIRED".to_owned()));
        assert_eq!(code(&app, &changed("exp", json!(now() - 10))).await.0, 200, "clocks may differ a little");
        // What people write into their own metadata proves nothing.
        let mut own_word = supabase_claims("u-2", "victim@example.com");
        own_word["app_metadata"] = json!({});
        assert_eq!(code(&app, &signer.token("any", &own_word)).await, (403, "EMAIL_NOT_VERIFIED".to_owned()));
        assert_eq!(accounts(&app).await, 1);
    }

    async fn published_keys_are_pinned_to_their_algorithm(database: TestDatabase) {
        let (es, rs) = (Signer::p256(), Signer::rsa());
        let (issuer, entry) = publishing(&es, "e1").await;
        // A second key of another kind is published for other purposes.
        issuer.says_now(|said| said.keys = json!({"keys": [es.jwk("e1"), rs.jwk("r1")]}));
        let app = app_with(database, json!([]), json!([entry])).await;
        let good = claims(&issuer, "u-1", "ada@example.com");
        assert_eq!(code(&app, &es.token("e1", &good)).await.0, 200);
        assert_eq!(code(&app, &es.sign(&json!({"alg": "ES256", "typ": "at+jwt"}), &good)).await.0, 200, "one key, no kid");
        let public = es.jwk("e1")["x"].as_str().unwrap().to_owned();
        for (what, token) in [
            ("a genuine key of the wrong algorithm", rs.token("r1", &good)),
            ("the right kid for another kind", rs.token("e1", &good)),
            ("HS256 with what is public", Signer::secret(&public).token("e1", &good)),
            ("none", Signer::Nobody.token("e1", &good)),
            ("an unknown kid", es.token("e2", &good)),
            ("somebody else's key", Signer::p256().token("e1", &good)),
            ("critical fields", es.sign(&json!({"alg": "ES256", "kid": "e1", "crit": ["b64"], "b64": false}), &good)),
            ("another type", es.sign(&json!({"alg": "ES256", "kid": "e1", "typ": "dpop+jwt"}), &good)),
        ] {
            assert_eq!(code(&app, &token).await, refused(), "{what}");
        }
        let asked = issuer.asked(|said| said.keys_asked);
        for number in 0..30 {
            code(&app, &es.token(&format!("unknown-{number}"), &good)).await;
        }
        assert_eq!(issuer.asked(|said| said.keys_asked), asked, "unknown keys do not make us ask again and again");
        issuer.says_now(|said| said.down = true);
        assert_eq!(code(&app, &es.token("e1", &good)).await.0, 200, "what is known is enough while it is down");
    }

    async fn an_issuers_people_are_linked_by_the_same_rules(database: TestDatabase) {
        let signer = Signer::ed25519();
        let (issuer, entry) = publishing(&signer, "k").await;
        let app = app_with(database, json!([]), json!([entry])).await;
        let mut ada = Browser::new(&app);
        register(&mut ada, "ada@example.com").await;
        let token = signer.token("k", &claims(&issuer, "u-1", "ada@example.com"));
        assert_eq!(code(&app, &token).await, (403, "FORBIDDEN".to_owned()), "the account's address is not proved");
        prove(&app, "ada@example.com").await;
        let me = with(&app, &token).get("/api/v1/users/me").await;
        assert_eq!(me.body["user"]["id"], ada.me().await["user"]["id"]);
        let heir = signer.token("k", &claims(&issuer, "u-2", "ada@example.com"));
        assert_eq!(code(&app, &heir).await, (403, "FORBIDDEN".to_owned()), "the address went to another person");
        let mut unverified = claims(&issuer, "u-3", "bob@example.com");
        unverified["email_verified"] = json!(false);
        assert_eq!(code(&app, &signer.token("k", &unverified)).await, (403, "EMAIL_NOT_VERIFIED".to_owned()));
        let listed = with(&app, &token).get("/api/v1/users/me/connections").await;
        assert_eq!(listed.body["data"][0]["label"], "Our log-in");
        assert_eq!(accounts(&app).await, 1);
    }

    async fn a_token_of_ours_is_judged_by_our_rules_alone(database: TestDatabase) {
        let app = app_with(database, json!([]), json!([supabase()])).await;
        let ada = app.user("ada@example.com").await;
        assert_eq!(ada.get("/api/v1/users/me").await.status, 200);
        let own = ada.token.clone().unwrap();
        let body = own.split('.').nth(1).unwrap();
        let claims: Value = serde_json::from_slice(
            &base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, body).unwrap(),
        )
        .unwrap();
        // The same claims, signed by whatever other issuers may sign with.
        for signer in [Signer::secret(SECRET), Signer::rsa(), Signer::p256(), Signer::Nobody] {
            let header = json!({"alg": signer.algorithm(), "typ": "at+jwt", "kid": "any"});
            assert_eq!(code(&app, &signer.sign(&header, &claims)).await, refused(), "{}", signer.algorithm());
        }
    }
}
