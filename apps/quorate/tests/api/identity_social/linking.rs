//! Who becomes whom: an identity is the issuer and its name for somebody, never an address.

use futures::future::join_all;
use quorate_testkit::on_both_databases;

use super::*;

on_both_databases! {
    async fn an_address_links_only_what_is_proved_on_both_sides(database: TestDatabase) {
        let stage = Stage::new(database).await;
        let mut own = stage.browser();
        register(&mut own, "ada@example.com").await;
        // Somebody registered with a foreign address and waits for its owner to sign in (pre-hijacking).
        let mut browser = stage.browser();
        let seen = stage.sign_in(&mut browser, "ada-1", "ada@example.com").await;
        assert_eq!(seen.leads_to(), "/login?error=ACCOUNT_EXISTS");
        assert_eq!(browser.me().await["error"]["code"], "UNAUTHENTICATED");
        assert_eq!(own.get("/api/v1/users/me/connections").await.json()["data"], json!([]));
        prove(&stage.app, "ada@example.com").await;
        assert_eq!(stage.sign_in(&mut browser, "ada-1", "ADA@example.com").await.leads_to(), "/board");
        assert_eq!(browser.me().await["user"]["id"], own.me().await["user"]["id"]);
        assert_eq!(browser.me().await["user"]["has_password"], true, "the password stays");
        // Afterwards the address does not matter any more, on either side.
        let mut later = stage.browser();
        assert_eq!(stage.sign_in(&mut later, "ada-1", "other@example.com").await.leads_to(), "/board");
        assert_eq!(later.me().await["user"]["email"], "ada@example.com");
        // The provider gave the address to another person.
        let mut heir = stage.browser();
        assert_eq!(stage.sign_in(&mut heir, "ada-2", "ada@example.com").await.leads_to(), "/login?error=ACCOUNT_EXISTS");
        assert_eq!(accounts(&stage.app).await, 1);
    }

    async fn an_identity_of_another_issuer_is_another_person(database: TestDatabase) {
        let (one, two) = (Issuer::start().await, Issuer::start().await);
        let signer = Signer::ed25519();
        let providers = json!([provider("idp", "oidc", &one.url), provider("two", "oidc", &two.url)]);
        let app = app_with(database, providers, json!([])).await;
        let mut people = Vec::new();
        for (name, issuer, email) in [("idp", &one, "a@example.com"), ("two", &two, "b@example.com")] {
            issuer.says_now(|said| said.keys = json!({"keys": [signer.jwk("k")]}));
            let mut browser = Browser::new(&app);
            let question = ask(&mut browser, name, "").await;
            let claims = json!({"iss": issuer.url, "aud": "us", "sub": "same", "email": email, "email_verified": "true",
                "nonce": query(&question, "nonce"), "exp": now() + 60});
            issuer.says_now(|said| said.tokens = json!({"access_token": "at", "id_token": signer.token("k", &claims)}));
            let state = query(&question, "state").unwrap();
            let back = format!("/api/v1/auth/social/{name}/callback?code=c&state={state}");
            assert_eq!(browser.get(&back).await.leads_to(), "/board");
            people.push(browser.me().await["user"]["id"].clone());
        }
        assert_ne!(people[0], people[1]);
    }

    async fn who_is_suspended_or_not_wanted_stays_out(database: TestDatabase) {
        let stage = Stage::new(database).await;
        let mut browser = stage.browser();
        assert_eq!(stage.sign_in(&mut browser, "ada", "ada@example.com").await.leads_to(), "/board");
        suspend(&stage.app, "ada@example.com").await;
        let mut again = stage.browser();
        let seen = stage.sign_in(&mut again, "ada", "ada@example.com").await;
        assert_eq!(seen.leads_to(), "/login?error=ACCOUNT_SUSPENDED");
        assert!(again.cookie("quorate_access").is_none());
        let closed = stage.app.beside().without_worker().configure(|config| {
            config.identity.registration = quorate_identity::Registration::Closed;
        });
        let closed = Stage { app: closed.start().await, issuer: stage.issuer.clone(), signer: Signer::rsa() };
        let mut stranger = closed.browser();
        let seen = closed.sign_in(&mut stranger, "bob", "bob@example.com").await;
        assert_eq!(seen.leads_to(), "/login?error=REGISTRATION_CLOSED");
        assert_eq!(accounts(&stage.app).await, 1);
    }

    async fn where_people_are_invited_the_invited_address_may_come(database: TestDatabase) {
        let stage = Stage::new(database).await;
        let owner = stage.app.user("owner@example.com").await;
        let org = owner.get("/api/v1/orgs").await.body["data"][0]["id"].as_str().unwrap().to_owned();
        let invitation = serde_json::json!({ "email": "ada@example.com", "role": "member" });
        let reply = owner.post(&format!("/api/v1/orgs/{org}/invitations"), &invitation).await;
        assert_eq!(reply.status.as_u16(), 201, "{}", reply.body);
        let invited = stage.app.beside().without_worker().configure(|config| {
            config.identity.registration = quorate_identity::Registration::Invited;
        });
        let invited = Stage { app: invited.start().await, issuer: stage.issuer.clone(), signer: Signer::rsa() };
        let mut stranger = invited.browser();
        let seen = invited.sign_in(&mut stranger, "bob", "bob@example.com").await;
        assert_eq!(seen.leads_to(), "/login?error=REGISTRATION_CLOSED");
        let mut ada = invited.browser();
        assert_eq!(invited.sign_in(&mut ada, "ada", "ada@example.com").await.leads_to(), "/board");
        assert_eq!(accounts(&stage.app).await, 2);
    }

    async fn people_who_arrive_at_once_get_one_account(database: TestDatabase) {
        let stage = Stage::new(database).await;
        let mut browsers: Vec<Browser<'_>> = (0..8).map(|_| stage.browser()).collect();
        let mut questions = Vec::new();
        for browser in &mut browsers {
            questions.push(ask(browser, "idp", "").await);
        }
        // LinkedIn's way has no nonce; here every question has its own, so one token fits one of them.
        stage.gives(&stage.claims(&questions[0], "ada", "ada@example.com"));
        let first = query(&questions[0], "state").unwrap();
        let cookie = browsers[0].cookie("quorate_social").unwrap().to_owned();
        let all = (0..8).map(|_| {
            let request = stage.app.http().get(stage.app.url(&format!("{CALLBACK}?code=c&state={first}")));
            request.header("cookie", format!("quorate_social={cookie}")).send()
        });
        for reply in join_all(all).await {
            assert_eq!(reply.unwrap().headers()["location"], "/board");
        }
        assert_eq!(accounts(&stage.app).await, 1);
    }
}
