use chrono::{DateTime, Utc};
use serde_json::Value;

use super::claimed::{Claimed, flag};
use super::config::ProviderKind;
use super::error::SocialError;
use super::provider::{Provider, access_token};
use super::state::Pending;
use crate::issuers::keys::TokenAlgorithm;
use crate::issuers::remote::Remote;
use crate::issuers::token::{self, Wanted};
use crate::secret::TokenHash;

impl Provider {
    /// The code for an ID token, and what it says (OpenID Connect Core, 3.1.3).
    pub(super) async fn exchange_openid(
        &self,
        remote: &Remote,
        code: &str,
        redirect_uri: &str,
        pending: &Pending,
        now: DateTime<Utc>,
    ) -> Result<Claimed, SocialError> {
        let metadata = remote.metadata(now).await?;
        let endpoint =
            metadata.token_endpoint.as_deref().ok_or_else(|| SocialError::failed("it has no token endpoint"))?;
        let kind = self.config.kind;
        // LinkedIn and Apple take it in the form only, whatever they publish.
        let in_form = matches!(kind, ProviderKind::LinkedIn | ProviderKind::Apple) || metadata.takes_secret_in_form();
        let tokens = self.tokens(endpoint, in_form, code, redirect_uri, pending, now).await?;
        let id_token = tokens["id_token"].as_str().ok_or_else(|| SocialError::failed("there is no ID token"))?;
        let mut issuers = vec![self.issuer.as_str()];
        if kind == ProviderKind::Google {
            // Google writes its name with and without the scheme.
            issuers.extend(self.issuer.strip_prefix("https://"));
        }
        let audience = [self.config.client_id.clone()];
        let wanted = Wanted { issuers: &issuers, audience: &audience };
        let claims = remote.verify(id_token, &TokenAlgorithm::PUBLISHED, &wanted, now).await?;
        let nonce = kind.returns_nonce().then(|| pending.nonce());
        check_binding(&claims, &self.config.client_id, nonce)?;
        let subject = token::subject(&claims).ok_or_else(|| SocialError::failed("no subject"))?;
        let mut claimed = read(&self.issuer, subject, &claims);
        if claimed.email.is_none()
            && let Some(address) = &metadata.userinfo_endpoint
        {
            let told = self.fetch.get_json(address, Some(access_token(&tokens)?)).await?;
            // What is said about somebody else is not said about them.
            if told["sub"].as_str() != Some(claimed.subject.as_str()) {
                return Err(SocialError::failed("the user information is another person's"));
            }
            let told = read(&self.issuer, claimed.subject.clone(), &told);
            claimed.email = told.email;
            claimed.email_verified = told.email_verified;
            claimed.name = claimed.name.or(told.name);
            claimed.locale = claimed.locale.or(told.locale);
        }
        Ok(claimed)
    }
}

fn read(issuer: &str, subject: String, claims: &Value) -> Claimed {
    let text = |name: &str| claims[name].as_str().map(str::to_owned);
    Claimed {
        issuer: issuer.to_owned(),
        subject,
        email: text("email"),
        email_verified: flag(&claims["email_verified"]),
        name: text("name"),
        locale: text("locale"),
    }
}

/// What ties an ID token to us and to the question that was asked.
fn check_binding(claims: &Value, client_id: &str, nonce: Option<&str>) -> Result<(), SocialError> {
    let party = &claims["azp"];
    let many = claims["aud"].as_array().is_some_and(|audience| audience.len() > 1);
    if (many || !party.is_null()) && party.as_str() != Some(client_id) {
        return Err(SocialError::failed("the ID token was made for somebody else"));
    }
    let Some(nonce) = nonce else { return Ok(()) };
    let matches = claims["nonce"].as_str().is_some_and(|named| TokenHash::of(named) == TokenHash::of(nonce));
    if matches { Ok(()) } else { Err(SocialError::failed("the ID token answers another question")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_token_is_for_us_and_for_this_question() {
        let fine = |claims: Value| check_binding(&claims, "us", Some("n")).is_ok();
        assert!(fine(json!({"aud": "us", "nonce": "n"})));
        assert!(fine(json!({"aud": ["us"], "nonce": "n"})));
        assert!(fine(json!({"aud": ["us", "them"], "azp": "us", "nonce": "n"})));
        assert!(!fine(json!({"aud": ["us", "them"], "nonce": "n"})), "for whom of them?");
        assert!(!fine(json!({"aud": "us", "azp": "them", "nonce": "n"})));
        assert!(!fine(json!({"aud": "us", "azp": 7, "nonce": "n"})));
        assert!(!fine(json!({"aud": "us"})), "a token without the nonce could be an old one");
        assert!(!fine(json!({"aud": "us", "nonce": "other"})));
        assert!(!fine(json!({"aud": "us", "nonce": null})));
        assert!(check_binding(&json!({"aud": "us"}), "us", None).is_ok());
    }
}
