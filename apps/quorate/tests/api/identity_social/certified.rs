//! The whole code flow with a certified OpenID provider that runs as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use quorate_testkit::on_both_databases;
use reqwest::Url;

use super::*;

/// The provider's process. It ends with the test, because it sees the end of its standard input.
struct Peer {
    process: Child,
    issuer: String,
    secret: String,
}

impl Peer {
    fn start(redirects: &[&str], auth: Option<&str>) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/oidc");
        let redirects: Vec<String> =
            redirects.iter().map(|provider| format!("{PUBLIC}/api/v1/auth/social/{provider}/callback")).collect();
        let mut command = Command::new("node");
        if let Some(methods) = auth {
            command.env("OIDC_CLIENT_AUTH", methods);
        }
        let mut process = command
            .arg("provider.mjs")
            .current_dir(folder)
            .env("OIDC_REDIRECT_URIS", redirects.join(" "))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node runs the provider");
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("the provider does not start; `npm ci` in {folder}? (tools/need.sh test)"));
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        Self { process, issuer: text("issuer"), secret: text("client_secret") }
    }

    /// Its entry in the configuration, for one of its clients.
    fn client(&self, method: &str) -> Value {
        let mut client = json!({"name": method, "kind": "oidc", "issuer": self.issuer,
            "client_id": format!("quorate-{method}")});
        if method != "public" {
            client["client_secret"] = json!(self.secret);
        }
        client
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Signs in at the provider and follows it back to us; gives our answer.
async fn through(browser: &mut Browser<'_>, question: &str, login: Option<&str>) -> Seen {
    let mut seen = browser.get(question).await;
    for _ in 0..10 {
        let to = seen.leads_to().to_owned();
        if to.starts_with(PUBLIC) {
            return browser.get(&to).await;
        }
        if to.contains("/interaction/") {
            assert!(browser.get(&to).await.text.contains("<form"), "a page asks who it is");
            let form = login.map_or([("abort", "1")], |login| [("login", login)]);
            seen = browser.submit(&to, &form).await;
        } else {
            seen = browser.get(&to).await;
        }
    }
    panic!("the provider leads nowhere: {}", seen.leads_to())
}

#[tokio::test]
async fn every_way_to_show_who_we_are() {
    // A password that has to be encoded, in the header or in the form, or none at all.
    for (method, listed) in [("basic", None), ("post", Some("client_secret_post")), ("public", None)] {
        let peer = Peer::start(&[method], listed);
        let app = app_with(TestDatabase::sqlite().unwrap(), json!([peer.client(method)]), json!([])).await;
        let mut browser = Browser::new(&app);
        let question = ask(&mut browser, method, "").await;
        let seen = through(&mut browser, &question, Some("ada@example.com")).await;
        assert_eq!((seen.status.as_u16(), seen.leads_to()), (302, "/board"), "{method}: {}", seen.text);
    }
}

on_both_databases! {
    async fn the_code_flow_of_a_certified_provider(database: TestDatabase) {
        let peer = Peer::start(&["basic"], None);
        let app = app_with(database, json!([peer.client("basic")]), json!([])).await;
        let mut browser = Browser::new(&app);
        let question = ask(&mut browser, "basic", "?next=%2Fboard%2Fnew").await;
        assert!(question.starts_with(&format!("{}/auth?", peer.issuer)), "{question}");
        for (name, value) in [("response_type", "code"), ("code_challenge_method", "S256"), ("scope", "openid email profile")] {
            assert_eq!(query(&question, name).as_deref(), Some(value));
        }
        assert_eq!(query(&question, "redirect_uri").unwrap(), format!("{PUBLIC}/api/v1/auth/social/basic/callback"));
        let seen = through(&mut browser, &question, Some("ada@example.com")).await;
        assert_eq!((seen.status.as_u16(), seen.leads_to()), (302, "/board/new"), "{}", seen.text);
        assert_eq!(seen.cache_control, "no-store");
        let me = browser.me().await;
        assert_eq!(me["user"]["email"], "ada@example.com");
        assert_eq!(me["user"]["name"], "Ada Byron");
        assert_eq!(me["user"]["locale"], "es");
        assert_eq!((&me["user"]["email_verified"], &me["user"]["has_password"]), (&json!(true), &json!(false)));
        assert_eq!(me["organization"]["role"], "owner");
        // The same person from another browser is the same account.
        let mut other = Browser::new(&app);
        let question = ask(&mut other, "basic", "").await;
        assert_eq!(through(&mut other, &question, Some("ada@example.com")).await.leads_to(), "/board");
        assert_eq!(other.me().await["user"]["id"], me["user"]["id"]);
        // Whoever says no, or has no confirmed address, is told so in our own words.
        let mut third = Browser::new(&app);
        let question = ask(&mut third, "basic", "").await;
        let denied = through(&mut third, &question, None).await;
        assert_eq!(denied.leads_to(), "/login?error=SOCIAL_DENIED");
        let mut fourth = Browser::new(&app);
        let question = ask(&mut fourth, "basic", "?next=%2Fboard%2Fnew").await;
        let unverified = through(&mut fourth, &question, Some("unverified-eve@example.com")).await;
        assert_eq!(unverified.leads_to(), "/login?error=EMAIL_NOT_VERIFIED&next=%2Fboard%2Fnew");
        assert_eq!(accounts(&app).await, 1);
    }

    async fn a_code_works_once_and_only_for_the_browser_that_asked(database: TestDatabase) {
        let peer = Peer::start(&["basic"], None);
        let app = app_with(database, json!([peer.client("basic")]), json!([])).await;
        let mut victim = Browser::new(&app);
        let question = ask(&mut victim, "basic", "").await;
        let mut seen = victim.get(&question).await;
        let page = seen.leads_to().to_owned();
        seen = victim.submit(&page, &[("login", "ada@example.com")]).await;
        while !seen.leads_to().starts_with(PUBLIC) {
            let to = seen.leads_to().to_owned();
            seen = victim.get(&to).await;
        }
        let back = seen.leads_to().to_owned();
        assert_eq!(query(&back, "iss").unwrap(), peer.issuer, "the answer names its issuer");
        // Somebody else who saw the address has no cookie.
        let mut thief = Browser::new(&app);
        assert_eq!(thief.get(&back).await.leads_to(), "/login?error=SOCIAL_FAILED");
        // Put into the thief's own flow, the code lacks its verifier and its nonce.
        let own = ask(&mut thief, "basic", "").await;
        let code = query(&back, "code").unwrap();
        let mixed = Url::parse_with_params(
            &format!("{PUBLIC}/api/v1/auth/social/basic/callback"),
            [("code", code.as_str()), ("state", &query(&own, "state").unwrap()), ("iss", &peer.issuer)],
        );
        assert_eq!(thief.get(mixed.unwrap().as_str()).await.leads_to(), "/login?error=SOCIAL_FAILED");
        assert_eq!(accounts(&app).await, 0);
    }
}
