//! The ways of the big services, as far as they differ from the standard.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use quorate_testkit::on_both_databases;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

use super::*;

on_both_databases! {
    async fn google_and_linkedin(database: TestDatabase) {
        let stage = Stage::of_kind(database, "google").await;
        let mut browser = stage.browser();
        let question = ask(&mut browser, "idp", "").await;
        assert!(query(&question, "code_challenge").is_some() && query(&question, "nonce").is_some());
        stage.gives(&stage.claims(&question, "108", "ada@gmail.com"));
        assert_eq!(answer(&mut browser, &question).await.leads_to(), "/board");
        assert_eq!(stage.issuer.form("client_secret").as_deref(), Some("between us"));
        // LinkedIn refuses an exchange with a verifier, returns no nonce, and writes the flag as text.
        let stage = Stage::of_kind(TestDatabase::sqlite().unwrap(), "linkedin").await;
        stage.issuer.says_now(|said| {
            said.metadata.as_object_mut().unwrap().remove("token_endpoint_auth_methods_supported");
        });
        let mut browser = stage.browser();
        let question = ask(&mut browser, "idp", "").await;
        assert!(query(&question, "code_challenge").is_none() && query(&question, "nonce").is_none());
        let mut claims = stage.claims(&question, "ln-1", "ada@example.com");
        claims["email_verified"] = json!("true");
        stage.gives(&claims);
        assert_eq!(answer(&mut browser, &question).await.leads_to(), "/board");
        assert!(stage.issuer.form("code_verifier").is_none());
        assert_eq!(stage.issuer.form("client_secret").as_deref(), Some("between us"), "in the form, whatever it publishes");
    }

    async fn a_password_goes_into_the_header_where_the_standard_puts_it(database: TestDatabase) {
        let stage = Stage::new(database).await;
        stage.issuer.says_now(|said| {
            said.metadata["token_endpoint_auth_methods_supported"] = json!(["client_secret_basic"]);
        });
        let mut browser = stage.browser();
        assert_eq!(stage.sign_in(&mut browser, "ada", "ada@example.com").await.leads_to(), "/board");
        assert!(stage.issuer.form("client_secret").is_none() && stage.issuer.form("client_id").is_none());
        let header = stage.issuer.asked(|said| said.authorization.clone()).unwrap();
        assert_eq!(header, format!("Basic {}", STANDARD.encode("us:between+us")));
    }

    async fn github_has_no_id_token(database: TestDatabase) {
        let stage = Stage::of_kind(database, "github").await;
        let mut browser = stage.browser();
        let emails = |verified: bool| {
            json!([{"email": "old@example.com", "primary": false, "verified": true},
                {"email": "ada@example.com", "primary": true, "verified": verified}])
        };
        stage.issuer.says_now(|said| {
            said.tokens = json!({"access_token": "gho_x", "token_type": "bearer", "scope": "user:email"});
            said.user_information = json!({"id": 583_231, "login": "ada", "name": null});
            said.emails = emails(false);
        });
        let question = ask(&mut browser, "idp", "").await;
        assert!(question.starts_with(&format!("{}/login/oauth/authorize?", stage.issuer.url)), "{question}");
        assert!(query(&question, "code_challenge").is_some() && query(&question, "nonce").is_none());
        assert_eq!(answer(&mut browser, &question).await.leads_to(), "/login?error=EMAIL_NOT_VERIFIED");
        stage.issuer.says_now(|said| said.emails = emails(true));
        let question = ask(&mut browser, "idp", "").await;
        assert_eq!(answer(&mut browser, &question).await.leads_to(), "/board");
        let me = browser.me().await;
        assert_eq!((&me["user"]["email"], &me["user"]["name"]), (&json!("ada@example.com"), &json!("ada")));
        // GitHub tells of a bad code with 200.
        stage.issuer.says_now(|said| said.tokens = json!({"error": "bad_verification_code"}));
        let question = ask(&mut browser, "idp", "").await;
        assert_eq!(answer(&mut browser, &question).await.leads_to(), "/login?error=SOCIAL_FAILED");
        // Whoever takes over the name of a deleted account has another number.
        stage.issuer.says_now(|said| {
            said.tokens = json!({"access_token": "gho_y"});
            said.user_information = json!({"id": 999, "login": "ada"});
        });
        let question = ask(&mut browser, "idp", "").await;
        assert_eq!(answer(&mut browser, &question).await.leads_to(), "/login?error=ACCOUNT_EXISTS");
    }

    async fn apple_answers_by_form_and_wants_a_signed_password(database: TestDatabase) {
        let issuer = Issuer::start().await;
        let signer = Signer::rsa();
        issuer.says_now(|said| said.keys = json!({"keys": [signer.jwk("k1")]}));
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", STANDARD.encode(der.as_ref()));
        let apple = json!([{"name": "idp", "kind": "apple", "issuer": issuer.url, "client_id": "us", "team_id": "TEAM",
            "key_id": "KEY", "private_key": pem}]);
        let stage = Stage { app: app_with(database, apple, json!([])).await, issuer, signer };
        let mut browser = stage.browser();
        let question = ask(&mut browser, "idp", "?next=%2Fboard%2Fnew").await;
        assert_eq!(query(&question, "response_mode").as_deref(), Some("form_post"));
        let mut claims = stage.claims(&question, "apple-1", "x7@privaterelay.appleid.com");
        claims["email_verified"] = json!("true");
        claims.as_object_mut().unwrap().remove("name");
        stage.gives(&claims);
        // The form comes from Apple's page, so the browser sends no cookies with it.
        let state = query(&question, "state").unwrap();
        let user = r#"{"name":{"firstName":"Ada","lastName":"Byron"},"email":"forged@example.com"}"#;
        let mut bare = stage.browser();
        let form = [("code", "c0de"), ("state", state.as_str()), ("user", user), ("id_token", "unasked")];
        let seen = bare.submit(CALLBACK, &form).await;
        assert_eq!(seen.status, 303);
        let to = seen.leads_to().to_owned();
        assert!(to.starts_with(&format!("{CALLBACK}?code=c0de&state=")) && !to.contains("unasked"), "{to}");
        assert_eq!(bare.get(&to).await.leads_to(), "/login?error=SOCIAL_FAILED", "another browser");
        assert_eq!(browser.get(&to).await.leads_to(), "/board/new");
        let me = browser.me().await;
        assert_eq!(me["user"]["name"], "Ada Byron");
        assert_eq!(me["user"]["email"], "x7@privaterelay.appleid.com", "only the signed address counts");
        let secret = stage.issuer.form("client_secret").unwrap();
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(secret.split('.').nth(1).unwrap()).unwrap()).unwrap();
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("TEAM"), &json!("us")));
        assert_eq!(claims["aud"], json!(stage.issuer.url));
    }

    async fn user_information_of_somebody_else_is_refused(database: TestDatabase) {
        let stage = Stage::new(database).await;
        let mut browser = stage.browser();
        let told = |subject: &str| json!({"sub": subject, "email": "ada@example.com", "email_verified": true});
        for (subject, leads_to) in [("eve", "/login?error=SOCIAL_FAILED"), ("ada", "/board")] {
            let question = ask(&mut browser, "idp", "").await;
            let mut claims = stage.claims(&question, "ada", "");
            for name in ["email", "email_verified"] {
                claims.as_object_mut().unwrap().remove(name);
            }
            stage.gives(&claims);
            stage.issuer.says_now(|said| said.user_information = told(subject));
            assert_eq!(answer(&mut browser, &question).await.leads_to(), leads_to);
        }
    }

    async fn over_https_no_neighbour_can_plant_the_cookie(database: TestDatabase) {
        let issuer = Issuer::start().await;
        let configured = TestApp::builder(database).without_worker().configure(|config| {
            config.server.public_url = Some("https://quorate.test".to_owned());
            config.identity.providers = serde_json::from_value(json!([provider("idp", "oidc", &issuer.url)])).unwrap();
        });
        let app = configured.start().await;
        let seen = Browser::new(&app).get("/api/v1/auth/social/idp/start").await;
        let cookie = &seen.set_cookies[0];
        assert!(cookie.starts_with("__Host-quorate_social="), "{cookie}");
        for part in ["; Path=/;", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(query(seen.leads_to(), "redirect_uri").unwrap().starts_with("https://quorate.test/"));
    }
}
