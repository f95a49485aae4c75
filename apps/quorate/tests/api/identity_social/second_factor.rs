//! Another service's word is one factor: an account with two asks for the second.

use quorate_kernel::{Clock as _, SystemClock};
use quorate_testkit::{AuthenticatorApp, on_both_databases};

use super::*;
use crate::User;

const FACTOR: &str = "/api/v1/users/me/second-factor/totp";

on_both_databases! {
    async fn another_services_word_is_one_factor(database: TestDatabase) {
        let issuer = Issuer::start().await;
        let signer = Signer::rsa();
        issuer.says_now(|said| said.keys = json!({"keys": [signer.jwk("k1")]}));
        // The same issuer signs people in, and its tokens are taken. Another entry trusts its log-in with two factors.
        let taken = json!({"name": "tokens", "issuer": issuer.url, "audience": ["api"], "algorithm": "RS256"});
        let app = app_with(database, json!([provider("idp", "oidc", &issuer.url)]), json!([taken])).await;
        let stage = Stage { app, issuer, signer };
        let mut ada = stage.browser();
        assert_eq!(stage.sign_in(&mut ada, "ada", "ada@example.com").await.leads_to(), "/board");
        let claims = json!({"iss": stage.issuer.url, "aud": "api", "sub": "ada", "exp": now() + 300});
        let token = stage.signer.token("k1", &claims);
        let by_token = User { app: &stage.app, token: Some(token.clone()) };
        assert_eq!(by_token.get("/api/v1/users/me").await.status, 200, "one identity, two ways");

        let setup = ada.send_json(Method::POST, FACTOR, &json!({})).await;
        assert_eq!(setup.status, 200, "{}", setup.text);
        let device = AuthenticatorApp::scan(setup.json()["otpauth_uri"].as_str().unwrap()).unwrap();
        let code = json!({"code": device.code(SystemClock.now())});
        let confirmed = ada.send_json(Method::POST, &format!("{FACTOR}/confirm"), &code).await;
        let recovery = confirmed.json()["recovery_codes"][0].as_str().unwrap().to_owned();

        let mut browser = stage.browser();
        let question = ask(&mut browser, "idp", "?next=%2Fboard%2Fnew").await;
        stage.gives(&stage.claims(&question, "ada", "ada@example.com"));
        let seen = answer(&mut browser, &question).await;
        let (page, fragment) = seen.leads_to().split_once('#').unwrap();
        assert_eq!(page, "/login/second-factor");
        let told = |name: &str| query(&format!("/?{fragment}"), name).unwrap();
        assert_eq!((told("methods").as_str(), told("next").as_str()), ("totp,recovery_code", "/board/new"));
        assert!(browser.cookie("quorate_access").is_none() && browser.cookie("quorate_social").is_none());
        let body = json!({"challenge": told("challenge"), "code": recovery});
        let entered = browser.send_json(Method::POST, "/api/v1/auth/second-factor", &body).await;
        assert_eq!(entered.status, 200, "{}", entered.text);
        assert_eq!(browser.me().await["user"]["email"], "ada@example.com");

        // A node that has not just read who the token is: nothing of what it knew may let one factor in.
        let fresh = stage.app.beside().without_worker().start().await;
        let by_token = User { app: &fresh, token: Some(token.clone()) };
        let refused = by_token.get("/api/v1/users/me").await;
        assert_eq!((refused.status.as_u16(), refused.code()), (401, "SECOND_FACTOR_REQUIRED"));
        let trusted = stage.app.beside().without_worker().configure(|config| config.identity.issuers[0].second_factor = true);
        let trusted = trusted.start().await;
        let by_token = User { app: &trusted, token: Some(token) };
        assert_eq!(by_token.get("/api/v1/users/me").await.status, 200);
    }
}
