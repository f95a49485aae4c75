use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::cache::Cache;
use super::keys::{KeySet, TokenAlgorithm};
use super::token::{self, TokenRefusal, Wanted};
use crate::social::ports::{Fetch, FetchError};

/// What an issuer says about itself (OpenID Connect Discovery, RFC 8414).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: Option<String>,
    pub(crate) token_endpoint: Option<String>,
    pub(crate) userinfo_endpoint: Option<String>,
    jwks_uri: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether every answer names the issuer (RFC 9207).
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Whether the client's password goes into the form. Otherwise it goes into the header, which is the default of
    /// the standard, and what clients are registered for unless they asked for something else.
    pub(crate) fn takes_secret_in_form(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
        let takes = |wanted: &str| methods.iter().any(|method| method == wanted);
        takes("client_secret_post") && !takes("client_secret_basic")
    }
}

/// An issuer whose keys are read from where it publishes them.
pub(crate) struct Remote {
    issuer: String,
    /// Where its keys are, when that is configured.
    jwks_url: Option<String>,
    fetch: Arc<dyn Fetch>,
    metadata: Cache<Metadata>,
    keys: Cache<KeySet>,
}

impl Remote {
    pub(crate) fn new(issuer: &str, jwks_url: Option<&str>, fetch: Arc<dyn Fetch>) -> Self {
        let (issuer, jwks_url) = (issuer.to_owned(), jwks_url.map(str::to_owned));
        Self { issuer, jwks_url, fetch, metadata: Cache::default(), keys: Cache::default() }
    }

    /// What the issuer says about itself.
    pub(crate) async fn metadata(&self, now: DateTime<Utc>) -> Result<Arc<Metadata>, FetchError> {
        self.metadata.get(now, || self.read_metadata()).await
    }

    async fn read_metadata(&self) -> Result<Metadata, FetchError> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let document = self.fetch.get_json(&url, None).await?;
        let metadata = Metadata::deserialize(&document).map_err(|error| FetchError(error.to_string()))?;
        if metadata.issuer != self.issuer {
            return Err(FetchError(format!("it is another issuer: {:.200}", metadata.issuer)));
        }
        let addresses = [
            &metadata.authorization_endpoint,
            &metadata.token_endpoint,
            &metadata.userinfo_endpoint,
            &metadata.jwks_uri,
        ];
        for address in addresses.into_iter().flatten() {
            let plain = self.issuer.starts_with("http://") && address.starts_with("http://");
            if !plain && !address.starts_with("https://") {
                return Err(FetchError("one of its addresses is not https".to_owned()));
            }
        }
        Ok(metadata)
    }

    async fn read_keys(&self, now: DateTime<Utc>) -> Result<KeySet, FetchError> {
        let url = match &self.jwks_url {
            Some(url) => url.clone(),
            None => {
                let metadata = self.metadata(now).await?;
                metadata.jwks_uri.clone().ok_or_else(|| FetchError("it publishes no keys".to_owned()))?
            }
        };
        Ok(KeySet::read(&self.fetch.get_json(&url, None).await?))
    }

    /// The claims of a token that this issuer has signed. A key that it has only just published is looked up once.
    pub(crate) async fn verify(
        &self,
        token: &str,
        allowed: &[TokenAlgorithm],
        wanted: &Wanted<'_>,
        now: DateTime<Utc>,
    ) -> Result<Value, TokenRefusal> {
        let signed = token::signed_by(token, allowed)?;
        let unreachable = |error: FetchError| TokenRefusal::Unreachable(error.to_string());
        let mut keys = self.keys.get(now, || self.read_keys(now)).await.map_err(unreachable)?;
        if keys.find(signed.kid.as_deref(), signed.algorithm).is_none() {
            let renewed = self.keys.renewed(now, || self.read_keys(now)).await;
            keys = renewed.ok_or(TokenRefusal::UnknownKey)?;
        }
        let key = keys.find(signed.kid.as_deref(), signed.algorithm).ok_or(TokenRefusal::UnknownKey)?;
        token::verify(token, signed.algorithm, key, wanted, now)
    }
}
