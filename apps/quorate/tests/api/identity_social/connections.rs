//! Another way to sign in for an account that exists.

use quorate_testkit::on_both_databases;

use super::*;

const LIST: &str = "/api/v1/users/me/connections";

async fn listed(browser: &mut Browser<'_>) -> Vec<Value> {
    browser.get(LIST).await.json()["data"].as_array().unwrap().clone()
}

on_both_databases! {
    async fn whoever_is_signed_in_connects_and_disconnects(database: TestDatabase) {
        let stage = Stage::new(database).await;
        let mut ada = stage.browser();
        register(&mut ada, "ada@example.com").await;
        let own = ("sec-fetch-site", "same-origin");
        let start = "/api/v1/auth/social/idp/start?link=1&next=%2Fsettings%2Fsecurity";
        let question = ada.get_with(start, &[own]).await.leads_to().to_owned();
        // Another address, and not even a confirmed one: the account is named by its log-in, not by the address.
        let mut claims = stage.claims(&question, "ada", "private@example.org");
        claims["email_verified"] = json!(false);
        stage.gives(&claims);
        assert_eq!(answer(&mut ada, &question).await.leads_to(), "/settings/security");
        let connections = listed(&mut ada).await;
        assert_eq!(connections.len(), 1);
        assert_eq!((&connections[0]["provider"], &connections[0]["label"]), (&json!("idp"), &json!("idp")));
        assert_eq!(connections[0]["email"], "private@example.org");
        let mut other = stage.browser();
        assert_eq!(stage.sign_in(&mut other, "ada", "private@example.org").await.leads_to(), "/board");
        assert_eq!(other.me().await["user"]["email"], "ada@example.com");
        // Nobody else gets that identity, and this account no second one of the same service.
        let mut bob = stage.browser();
        register(&mut bob, "bob@example.com").await;
        let question = bob.get_with(start, &[own]).await.leads_to().to_owned();
        stage.gives(&stage.claims(&question, "ada", "private@example.org"));
        assert_eq!(answer(&mut bob, &question).await.leads_to(), "/settings/security?error=ACCOUNT_EXISTS");
        let question = ada.get_with(start, &[own]).await.leads_to().to_owned();
        stage.gives(&stage.claims(&question, "another", "private@example.org"));
        assert_eq!(answer(&mut ada, &question).await.leads_to(), "/settings/security?error=ACCOUNT_EXISTS");
        assert_eq!((listed(&mut bob).await.len(), listed(&mut ada).await.len()), (0, 1));
        let gone = bob.send_json(Method::DELETE, &format!("{LIST}/idp"), &json!({})).await;
        assert_eq!(gone.status, 404, "somebody else's connection is not there");
        let gone = ada.send_json(Method::DELETE, &format!("{LIST}/idp"), &json!({})).await;
        assert_eq!(gone.status, 204, "{}", gone.text);
        assert_eq!(listed(&mut ada).await.len(), 0);
        assert_eq!(ada.send_json(Method::DELETE, &format!("{LIST}/idp"), &json!({})).await.status, 404);
    }

    async fn the_only_way_in_stays(database: TestDatabase) {
        let stage = Stage::new(database).await;
        let mut ada = stage.browser();
        stage.sign_in(&mut ada, "ada", "ada@example.com").await;
        let kept = ada.send_json(Method::DELETE, &format!("{LIST}/idp"), &json!({})).await;
        assert_eq!((kept.status.as_u16(), kept.json()["error"]["code"].as_str()), (409, Some("CONFLICT")));
        assert_eq!(listed(&mut ada).await.len(), 1);
        let mut again = stage.browser();
        assert_eq!(stage.sign_in(&mut again, "ada", "ada@example.com").await.leads_to(), "/board");
    }

    async fn nobody_connects_their_identity_with_another_account(database: TestDatabase) {
        let stage = Stage::new(database).await;
        let start = "/api/v1/auth/social/idp/start?link=1";
        let mut victim = stage.browser();
        register(&mut victim, "ada@example.com").await;
        // A page of somebody else sends the victim's browser off.
        for site in ["cross-site", "same-site"] {
            let seen = victim.get_with(start, &[("sec-fetch-site", site)]).await;
            assert_eq!((seen.status.as_u16(), seen.set_cookies.len()), (403, 0), "{site}: {}", seen.text);
        }
        let mut stranger = stage.browser();
        let seen = stranger.get_with(start, &[("sec-fetch-site", "same-origin")]).await;
        assert_eq!(seen.leads_to(), "/login?next=%2Fsettings%2Fsecurity");
        // An attacker's half-done link, put into the victim's browser, or finished after a log-out.
        let mut eve = stage.browser();
        register(&mut eve, "eve@example.com").await;
        let question = eve.get_with(start, &[("sec-fetch-site", "same-origin")]).await.leads_to().to_owned();
        stage.gives(&stage.claims(&question, "eve", "eve@example.com"));
        victim.steal(&eve, "quorate_social");
        assert_eq!(answer(&mut victim, &question).await.leads_to(), "/settings/security?error=SOCIAL_FAILED");
        assert!(stage.issuer.form("code").is_none(), "the code was not even used");
        eve.forget("quorate_access");
        assert_eq!(answer(&mut eve, &question).await.leads_to(), "/settings/security?error=SOCIAL_FAILED");
        assert_eq!(listed(&mut victim).await.len(), 0);
    }
}
