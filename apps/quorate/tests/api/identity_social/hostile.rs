//! What a provider, a page or a thief in between could try.

use quorate_testkit::on_both_databases;

use super::*;

const FAILED: &str = "/login?error=SOCIAL_FAILED";

on_both_databases! {
    async fn forged_id_tokens_let_nobody_in(database: TestDatabase) {
        let stage = Stage::new(database).await;
        let mut browser = stage.browser();
        // The key that everybody can read, taken for a shared secret.
        let published = Signer::Secret(stage.signer.jwk("k1").to_string().into_bytes());
        let modulus = Signer::secret(stage.signer.jwk("k1")["n"].as_str().unwrap());
        let client_secret = Signer::secret("between us");
        let other = Signer::p256();
        type Forge<'f> = Box<dyn Fn(Value) -> String + 'f>;
        let changed = |name: &'static str, value: Value| -> Forge<'_> {
            let stage = &stage;
            Box::new(move |mut claims| {
                claims[name] = value.clone();
                stage.signer.token("k1", &claims)
            })
        };
        let header = |header: Value| -> Forge<'_> {
            let stage = &stage;
            Box::new(move |claims| stage.signer.sign(&header, &claims))
        };
        let forgeries: Vec<(&str, Forge<'_>)> = vec![
            ("alg none", Box::new(|claims| Signer::Nobody.token("k1", &claims))),
            ("alg none with a kid of none", Box::new(|claims| Signer::Nobody.sign(&json!({"alg": "none"}), &claims))),
            ("HS256 with the public key", Box::new(|claims| published.token("k1", &claims))),
            ("HS256 with the modulus", Box::new(|claims| modulus.token("k1", &claims))),
            ("HS256 with the client's password", Box::new(|claims| client_secret.token("k1", &claims))),
            ("another key of another kind", Box::new(|claims| other.token("k1", &claims))),
            ("a key that was never published", Box::new(|claims| stage.signer.token("k2", &claims))),
            ("the key in the header", header(json!({"alg": "ES256", "kid": "mine", "jwk": other.jwk("mine")}))),
            ("critical header fields", header(json!({"alg": "RS256", "kid": "k1", "crit": ["x"], "x": 1}))),
            ("a log-out token", header(json!({"alg": "RS256", "kid": "k1", "typ": "logout+jwt"}))),
            ("a changed signature", Box::new(|claims| {
                let token = stage.signer.token("k1", &claims);
                format!("{}AAAA", &token[..token.len() - 4])
            })),
            ("another audience", changed("aud", json!("them"))),
            ("two audiences and no party", changed("aud", json!(["us", "them"]))),
            ("another party", changed("azp", json!("them"))),
            ("another issuer", changed("iss", json!("https://evil.example"))),
            ("another nonce", changed("nonce", json!("another"))),
            ("no nonce", changed("nonce", Value::Null)),
            ("expired", changed("exp", json!(now() - 60))),
            ("no expiry", changed("exp", Value::Null)),
            ("from the future", changed("iat", json!(now() + 3600))),
            ("not yet valid", changed("nbf", json!(now() + 3600))),
            ("no subject", changed("sub", Value::Null)),
            ("a huge token", changed("x", json!("x".repeat(20_000)))),
            ("nonsense", Box::new(|_| "a.b.c".to_owned())),
        ];
        for (what, forge) in forgeries {
            let question = ask(&mut browser, "idp", "").await;
            stage.gives_token(&forge(stage.claims(&question, "ada", "ada@example.com")));
            assert_eq!(answer(&mut browser, &question).await.leads_to(), FAILED, "{what}");
            assert!(browser.cookie("quorate_access").is_none(), "{what}");
        }
        assert_eq!(accounts(&stage.app).await, 0);
        for address in [json!(false), json!("false"), json!("yes"), Value::Null] {
            let question = ask(&mut browser, "idp", "").await;
            let mut claims = stage.claims(&question, "ada", "ada@example.com");
            claims["email_verified"] = address;
            stage.gives(&claims);
            assert_eq!(answer(&mut browser, &question).await.leads_to(), "/login?error=EMAIL_NOT_VERIFIED");
        }
        let question = ask(&mut browser, "idp", "").await;
        stage.gives(&stage.claims(&question, "ada", "ada@example.com"));
        assert_eq!(answer(&mut browser, &question).await.leads_to(), "/board", "the same without a forgery");
    }

    async fn an_answer_is_good_for_its_own_question_only(database: TestDatabase) {
        let stage = Stage::new(database).await;
        let mut browser = stage.browser();
        let first = ask(&mut browser, "idp", "").await;
        let second = ask(&mut browser, "idp", "").await;
        stage.gives(&stage.claims(&second, "ada", "ada@example.com"));
        // The state of a question that was replaced, and of none.
        assert_eq!(answer(&mut browser, &first).await.leads_to(), FAILED);
        assert!(browser.cookie("quorate_social").is_none(), "one question has one answer");
        assert_eq!(answer(&mut browser, &second).await.leads_to(), FAILED, "and now it has had it");
        for bad in ["", "code=x", "state=x&code=c", "code=a&code=b&state=x"] {
            ask(&mut browser, "idp", "").await;
            assert_eq!(browser.get(&format!("{CALLBACK}?{bad}")).await.leads_to(), FAILED, "{bad}");
        }
        // Said twice, even rightly: nobody knows which of them counts.
        let question = ask(&mut browser, "idp", "").await;
        let state = query(&question, "state").unwrap();
        let twice = browser.get(&format!("{CALLBACK}?code=a&state={state}&state={state}")).await;
        assert_eq!(twice.leads_to(), FAILED);
        // A replay with the stolen cookie of a flow that is over fails at the provider, whose codes work once.
        let mut thief = stage.browser();
        let question = ask(&mut browser, "idp", "").await;
        thief.steal(&browser, "quorate_social");
        stage.gives(&stage.claims(&question, "ada", "ada@example.com"));
        assert_eq!(answer(&mut browser, &question).await.leads_to(), "/board");
        stage.issuer.says_now(|said| said.tokens = json!({"error": "invalid_grant", "error_description": "<b>used</b>"}));
        assert_eq!(answer(&mut thief, &question).await.leads_to(), FAILED);
        // The verifier that was shown belongs to the challenge that was sent.
        let verifier = stage.issuer.form("code_verifier").unwrap();
        assert_eq!(query(&question, "code_challenge").unwrap(), minting::challenge_of(&verifier));
    }

    async fn one_providers_answer_is_no_answer_of_another(database: TestDatabase) {
        let (honest, evil) = (Issuer::start().await, Issuer::start().await);
        let providers = json!([provider("idp", "oidc", &honest.url), provider("evil", "oidc", &evil.url)]);
        let app = app_with(database, providers, json!([])).await;
        let mut browser = Browser::new(&app);
        let question = ask(&mut browser, "evil", "").await;
        let state = query(&question, "state").unwrap();
        // The evil one sent the browser on to the honest one, whose code comes back to the evil one's address.
        let mixed = format!("/api/v1/auth/social/evil/callback?code=stolen&state={state}&iss={}", honest.url);
        assert_eq!(browser.get(&mixed).await.leads_to(), FAILED);
        assert!(evil.form("code").is_none(), "the code was carried to nobody");
        // Its cookie is worth nothing at the other's address.
        let question = ask(&mut browser, "evil", "").await;
        let state = query(&question, "state").unwrap();
        assert_eq!(browser.get(&format!("{CALLBACK}?code=c&state={state}")).await.leads_to(), FAILED);
        assert!(honest.form("code").is_none() && evil.form("code").is_none());
        // An issuer that promises to name itself has to.
        honest.says_now(|said| said.metadata["authorization_response_iss_parameter_supported"] = json!(true));
        let question = ask(&mut browser, "idp", "").await;
        let state = query(&question, "state").unwrap();
        assert_eq!(browser.get(&format!("{CALLBACK}?code=c&state={state}")).await.leads_to(), FAILED);
        assert!(honest.form("code").is_none());
    }

    async fn nothing_that_others_write_reaches_the_page_or_leads_away(database: TestDatabase) {
        let stage = Stage::new(database).await;
        let mut browser = stage.browser();
        for error in ["<script>alert(1)</script>", "server_error", "access_denied%0d%0aSet-Cookie:x=y"] {
            let question = ask(&mut browser, "idp", "").await;
            let state = query(&question, "state").unwrap();
            let seen = browser.get(&format!("{CALLBACK}?error={error}&error_description=Call+900&state={state}")).await;
            assert_eq!(seen.leads_to(), FAILED);
            assert!(seen.text.is_empty());
        }
        let to = ["//evil.example", "/%5Cevil.example", "https://evil.example", "/%09/evil.example", "javascript:x", "/api/v1/x"];
        for next in to {
            let question = ask(&mut browser, "idp", &format!("?next={next}")).await;
            stage.gives(&stage.claims(&question, "ada", "ada@example.com"));
            assert_eq!(answer(&mut browser, &question).await.leads_to(), "/board", "{next}");
        }
        // Whatever a request says about its host, people come back to the configured address.
        let seen = browser.get_with("/api/v1/auth/social/idp/start", &[("x-forwarded-host", "evil.example")]).await;
        assert_eq!(query(seen.leads_to(), "redirect_uri").unwrap(), format!("{PUBLIC}{CALLBACK}"));
        let cookie = &seen.set_cookies[0];
        for part in ["quorate_social=", "; HttpOnly", "; SameSite=Lax", "; Max-Age=600", "; Path=/api/v1/auth/social"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains(&query(seen.leads_to(), "state").unwrap()), "sealed");
        assert_eq!(browser.get("/api/v1/auth/social/nobody/start").await.status, 404);
        assert_eq!(browser.get("/api/v1/auth/social/nobody/callback").await.status, 404);
    }

    async fn an_issuer_that_lies_or_is_down_fails_softly(database: TestDatabase) {
        let issuer = Issuer::start().await;
        issuer.says_now(|said| said.metadata["issuer"] = json!("https://accounts.google.com"));
        let app = app_with(database, json!([provider("idp", "oidc", &issuer.url)]), json!([])).await;
        let mut browser = Browser::new(&app);
        assert_eq!(ask(&mut browser, "idp", "").await, FAILED, "it says that it is somebody else");
        let down = Issuer::start().await;
        down.says_now(|said| said.down = true);
        let app = app_with(TestDatabase::sqlite().unwrap(), json!([provider("idp", "oidc", &down.url)]), json!([])).await;
        let mut browser = Browser::new(&app);
        assert_eq!(ask(&mut browser, "idp", "?next=%2Fboard%2Fnew").await, format!("{FAILED}&next=%2Fboard%2Fnew"));
        assert_eq!(browser.get("/api/health/ready").await.status, 200, "nobody else is hurt");
    }
}
