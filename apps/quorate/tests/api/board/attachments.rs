//! Files attached to a session (BRD-1, BRD-4): over HTTP, as an attacker too, and in the board's work.

mod attacks;
mod deliberating;
mod keeping;

use reqwest::StatusCode;
use serde_json::Value;

use crate::{Reply, User};

/// A page that Chromium printed; `page 2` tells of the notice.
pub const PRINTED: &[u8] = include_bytes!("../../../../../platform/extract/tests/fixtures/printed.pdf");
/// A document with a heading, a table and a paragraph that people do not see.
pub const OFFER: &[u8] = include_bytes!("../../../../../platform/extract/tests/fixtures/offer.docx");
/// Unpacks to a thousand times its size.
pub const BOMB: &[u8] = include_bytes!("../../../../../platform/extract/tests/fixtures/bomb.docx");

const BOUNDARY: &str = "a-boundary-that-stands-in-no-file";

/// One field of a form. The name is written as it is, as an attacker would.
fn field(name: &str, file_name: Option<&str>, content: &[u8]) -> Vec<u8> {
    let file_name = file_name.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}\r\nContent-Type: text/html\r\n\r\n"
    );
    [head.as_bytes(), content, b"\r\n"].concat()
}

fn form(fields: &[Vec<u8>]) -> Vec<u8> {
    [fields.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat()
}

impl User<'_> {
    /// Sends a form as it is to a session's attachments.
    pub async fn send_form(&self, session: &str, body: Vec<u8>, idempotency: Option<&str>) -> Reply {
        let url = self.app.url(&format!("/api/v1/sessions/{session}/attachments"));
        let mut request =
            self.app.http().post(url).header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(key) = idempotency {
            request = request.header("idempotency-key", key);
        }
        let response = request.body(body).send().await.unwrap();
        let status = response.status();
        let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        Reply { status, body }
    }

    /// Attaches a file.
    pub async fn upload(&self, session: &str, name: &str, content: &[u8]) -> Reply {
        self.send_form(session, form(&[field("file", Some(name), content)]), None).await
    }

    /// Attaches a file that is fine.
    pub async fn attach(&self, session: &str, name: &str, content: &[u8]) -> Value {
        let reply = self.upload(session, name, content).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{name}: {}", reply.body);
        reply.body["attachment"].clone()
    }

    /// What is attached.
    pub async fn attached(&self, session: &str) -> Vec<Value> {
        let reply = self.get(&format!("/api/v1/sessions/{session}/attachments")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.body["data"].as_array().unwrap().clone()
    }
}

/// The codes of an attachment's warnings.
fn warnings(attachment: &Value) -> Vec<&str> {
    attachment["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}
