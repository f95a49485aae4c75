//! What a browser does in a sign-in: it keeps cookies and goes where it is sent.

use std::collections::HashMap;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::Value;

use crate::TestApp;

/// The server's public address in these tests. The browser knows that it is the application under test.
pub const PUBLIC: &str = "http://quorate.test";

pub struct Browser<'a> {
    app: &'a TestApp,
    http: Client,
    /// By host and name; paths do not matter here.
    jar: HashMap<(String, String), String>,
}

/// A page, or a way to the next.
pub struct Seen {
    pub status: StatusCode,
    pub location: Option<String>,
    pub set_cookies: Vec<String>,
    pub cache_control: String,
    pub text: String,
}

impl Seen {
    /// Where it leads; a failed test shows what there was instead.
    pub fn leads_to(&self) -> &str {
        self.location.as_deref().unwrap_or_else(|| panic!("{}: {}", self.status, self.text))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a TestApp) -> Self {
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { app, http, jar: HashMap::new() }
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.jar.iter().find(|((_, key), _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Takes another browser's cookie of ours, as a thief would.
    pub fn steal(&mut self, from: &Browser<'_>, name: &str) {
        for ((host, key), value) in from.jar.iter().filter(|((_, key), _)| key == name) {
            self.jar.insert((host.clone(), key.clone()), value.clone());
        }
    }

    pub fn forget(&mut self, name: &str) {
        self.jar.retain(|(_, key), _| key != name);
    }

    pub async fn get(&mut self, address: &str) -> Seen {
        self.go(Method::GET, address, None, &[]).await
    }

    pub async fn get_with(&mut self, address: &str, headers: &[(&str, &str)]) -> Seen {
        self.go(Method::GET, address, None, headers).await
    }

    pub async fn submit(&mut self, address: &str, form: &[(&str, &str)]) -> Seen {
        let mut url = Url::parse("http://form.test").unwrap();
        url.query_pairs_mut().extend_pairs(form);
        let body = url.query().unwrap_or_default().to_owned();
        self.go(Method::POST, address, Some(("application/x-www-form-urlencoded", body)), &[]).await
    }

    pub async fn send_json(&mut self, method: Method, address: &str, body: &Value) -> Seen {
        let headers = [("x-quorate-client", "web"), ("sec-fetch-site", "same-origin")];
        self.go(method, address, Some(("application/json", body.to_string())), &headers).await
    }

    async fn go(
        &mut self,
        method: Method,
        address: &str,
        body: Option<(&str, String)>,
        headers: &[(&str, &str)],
    ) -> Seen {
        let url = Url::parse(PUBLIC).unwrap().join(address).unwrap();
        let host = url.authority().to_owned();
        let real = if host == "quorate.test" {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            self.app.url(&format!("{}{query}", url.path()))
        } else {
            url.to_string()
        };
        let cookies: Vec<String> = self
            .jar
            .iter()
            .filter(|((of, _), _)| *of == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let mut request = self.http.request(method, real);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((kind, body)) = body {
            request = request.header(CONTENT_TYPE, kind).body(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let location = Some(text(LOCATION.as_str())).filter(|location| !location.is_empty());
        let cache_control = text("cache-control");
        let lines = response.headers().get_all(SET_COOKIE).iter();
        let set_cookies: Vec<String> = lines.map(|line| line.to_str().unwrap().to_owned()).collect();
        for line in &set_cookies {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let key = (host.clone(), name.to_owned());
            if value.is_empty() || line.to_ascii_lowercase().contains("max-age=0") || line.contains("01 Jan 1970") {
                self.jar.remove(&key);
            } else {
                self.jar.insert(key, value.to_owned());
            }
        }
        // A relative way leads on from here.
        let location = location.map(|to| match url.join(&to) {
            Ok(joined) if !to.starts_with('/') || host != "quorate.test" => joined.to_string(),
            _ => to,
        });
        Seen { status, location, set_cookies, cache_control, text: response.text().await.unwrap() }
    }

    /// Who is signed in here.
    pub async fn me(&mut self) -> Value {
        self.get("/api/v1/users/me").await.json()
    }
}

/// What an address says in its query under a name.
pub fn query(address: &str, name: &str) -> Option<String> {
    let url = Url::parse(PUBLIC).unwrap().join(address).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
