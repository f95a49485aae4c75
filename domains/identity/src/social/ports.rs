use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quorate_outbound::{OutboundError, SafeClient};
use serde_json::Value;

/// Why another service gave no answer that can be used. The text is for the operator's log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct FetchError(pub(crate) String);

impl From<OutboundError> for FetchError {
    fn from(error: OutboundError) -> Self {
        Self(error.to_string())
    }
}

/// What other services are asked through. The real one is the client that reaches no private address but those of the
/// configured services (OPS-8).
#[async_trait]
pub(crate) trait Fetch: Send + Sync {
    /// Reads a JSON document.
    async fn get_json(&self, url: &str, bearer: Option<&str>) -> Result<Value, FetchError>;

    /// Sends a form, under a name and a password if there are any, and reads a JSON answer, whatever its status.
    async fn post_form(
        &self,
        url: &str,
        form: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> Result<Value, FetchError>;
}

#[async_trait]
impl Fetch for SafeClient {
    async fn get_json(&self, url: &str, bearer: Option<&str>) -> Result<Value, FetchError> {
        Ok(Self::get_json(self, url, bearer).await?)
    }

    async fn post_form(
        &self,
        url: &str,
        form: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> Result<Value, FetchError> {
        let request = self.post(url).header("accept", "application/json").form(form);
        let request = match basic {
            Some((name, password)) => {
                let both = STANDARD.encode(format!("{name}:{password}"));
                request.header("authorization", &format!("Basic {both}"))
            }
            None => request,
        };
        let answer = request.send().await?;
        serde_json::from_slice(&answer.body).map_err(|_| FetchError(format!("answered {} without JSON", answer.status)))
    }
}
