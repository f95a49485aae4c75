use serde::Deserialize;

use crate::login_session::Origin;
use crate::{Identity, IdentityError};

/// The longest answer of the widget (Cloudflare's documentation: 2,048 characters).
const LONGEST: usize = 2048;

/// What the service says about an answer of its widget.
#[derive(Deserialize)]
struct Verdict {
    success: bool,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
}

impl Identity {
    /// Checks with Cloudflare Turnstile that a person is calling, where the operator configured it (IDN-7). When the
    /// service cannot be asked nobody passes: an attacker who can silence it must gain nothing.
    pub(crate) async fn check_human(&self, token: Option<&str>, origin: &Origin) -> Result<(), IdentityError> {
        let turnstile = &self.config.turnstile;
        let Some(secret) = turnstile.secret_key.as_deref() else { return Ok(()) };
        let refused = |why: String| Err(IdentityError::HumanCheckFailed(why));
        let Some(token) = token.filter(|token| !token.is_empty() && token.len() <= LONGEST) else {
            return refused("no answer of the widget came along".to_owned());
        };
        let ip = origin.ip_text().unwrap_or_default();
        let form = [("secret", secret), ("response", token), ("remoteip", ip.as_str())];
        let answer = match self.http.post_form(&turnstile.verify_url, &form).await {
            Ok(answer) => answer,
            Err(error) => return refused(error.to_string()),
        };
        match serde_json::from_slice::<Verdict>(&answer.body) {
            Ok(Verdict { success: true, .. }) => Ok(()),
            Ok(verdict) => refused(verdict.error_codes.join(", ")),
            Err(error) => refused(format!("status {}: {error}", answer.status)),
        }
    }
}
