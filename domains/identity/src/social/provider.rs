use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::apple::AppleKey;
use super::claimed::Claimed;
use super::config::{ProviderKind, SocialProvider};
use super::credentials::secret_of;
use super::error::SocialError;
use super::github::GitHub;
use super::ports::Fetch;
use super::state::Pending;
use crate::issuers::remote::Remote;

/// A service that people can sign in with, ready to be asked.
pub(crate) struct Provider {
    pub(super) config: SocialProvider,
    pub(super) issuer: String,
    pub(super) fetch: Arc<dyn Fetch>,
    secret: ClientSecret,
    service: Service,
}

enum ClientSecret {
    /// A public client: the code challenge alone stands for it.
    None,
    Text(String),
    Apple(Box<AppleKey>),
}

enum Service {
    OpenId(Box<Remote>),
    GitHub(GitHub),
}

/// What an answer to a question brings back through the browser. Nobody vouches for any of it.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) code: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) error: Option<String>,
    /// What Apple says that a person is called, the first time only.
    pub(crate) name: Option<String>,
}

impl Provider {
    /// # Errors
    /// The field of the configuration that cannot be used, and a sentence about it.
    pub(crate) fn new(config: &SocialProvider, fetch: &Arc<dyn Fetch>) -> Result<Self, (&'static str, String)> {
        let missing = || "is missing".to_owned();
        let issuer = config.issuer().ok_or_else(|| ("issuer", missing()))?.to_owned();
        let secret = if config.kind == ProviderKind::Apple {
            let team = config.team_id.as_deref().ok_or_else(|| ("team_id", missing()))?;
            let kid = config.key_id.as_deref().ok_or_else(|| ("key_id", missing()))?;
            let text = match (&config.private_key, &config.private_key_file) {
                (Some(text), _) => text.clone(),
                (None, Some(file)) => std::fs::read_to_string(file)
                    .map_err(|error| ("private_key_file", format!("'{}' cannot be read: {error}", file.display())))?,
                (None, None) => return Err(("private_key", missing())),
            };
            let key = AppleKey::new(team, kid, &text).map_err(|message| ("private_key", message))?;
            ClientSecret::Apple(Box::new(key))
        } else {
            let secret = secret_of(config.client_secret.as_deref(), config.client_secret_env.as_deref());
            secret.map_err(|message| ("client_secret_env", message))?.map_or(ClientSecret::None, ClientSecret::Text)
        };
        let service = if config.kind == ProviderKind::GitHub {
            Service::GitHub(GitHub::new(&issuer))
        } else {
            Service::OpenId(Box::new(Remote::new(&issuer, None, Arc::clone(fetch))))
        };
        Ok(Self { config: config.clone(), issuer, fetch: Arc::clone(fetch), secret, service })
    }

    /// Its name in addresses.
    pub(crate) fn name(&self) -> &str {
        &self.config.name
    }

    /// Where the browser goes to ask.
    pub(crate) async fn question(
        &self,
        redirect_uri: &str,
        pending: &Pending,
        now: DateTime<Utc>,
    ) -> Result<Url, SocialError> {
        let kind = self.config.kind;
        let endpoint = match &self.service {
            Service::OpenId(remote) => remote.metadata(now).await?.authorization_endpoint.clone(),
            Service::GitHub(github) => Some(github.authorization_endpoint()),
        };
        let endpoint = endpoint.ok_or_else(|| SocialError::failed("it has no authorization endpoint"))?;
        let mut url = Url::parse(&endpoint).map_err(|error| SocialError::failed(error.to_string()))?;
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", &self.config.scope_line())
            .append_pair("state", pending.state());
        if kind.takes_pkce() {
            query.append_pair("code_challenge", &pending.challenge()).append_pair("code_challenge_method", "S256");
        }
        if kind.returns_nonce() {
            query.append_pair("nonce", pending.nonce());
        }
        if kind.answers_by_form() {
            query.append_pair("response_mode", "form_post");
        }
        drop(query);
        Ok(url)
    }

    /// Refuses an answer that names another issuer than the one that was asked (RFC 9207), so that nobody's code is
    /// carried to somebody else.
    pub(crate) async fn check_issuer(&self, named: Option<&str>, now: DateTime<Utc>) -> Result<(), SocialError> {
        match (&self.service, named) {
            (Service::OpenId(_), Some(named)) if named == self.issuer => Ok(()),
            (Service::GitHub(github), Some(named)) if github.is_named(named) => Ok(()),
            (_, Some(_)) => Err(SocialError::failed("the answer names another issuer")),
            (Service::OpenId(remote), None) => {
                if remote.metadata(now).await?.authorization_response_iss_parameter_supported {
                    return Err(SocialError::failed("the answer names no issuer"));
                }
                Ok(())
            }
            (Service::GitHub(_), None) => Ok(()),
        }
    }

    /// Exchanges the code for the word of the service about who has signed in.
    pub(crate) async fn exchange(
        &self,
        code: &str,
        redirect_uri: &str,
        pending: &Pending,
        now: DateTime<Utc>,
    ) -> Result<Claimed, SocialError> {
        match &self.service {
            Service::OpenId(remote) => self.exchange_openid(remote, code, redirect_uri, pending, now).await,
            Service::GitHub(github) => {
                let tokens = self.tokens(&github.token_endpoint(), true, code, redirect_uri, pending, now).await?;
                github.person(self.fetch.as_ref(), access_token(&tokens)?, &self.issuer).await
            }
        }
    }

    /// The answer of the token endpoint.
    pub(super) async fn tokens(
        &self,
        endpoint: &str,
        secret_in_form: bool,
        code: &str,
        redirect_uri: &str,
        pending: &Pending,
        now: DateTime<Utc>,
    ) -> Result<Value, SocialError> {
        let client_id = self.config.client_id.as_str();
        let (secret, in_form) = match &self.secret {
            ClientSecret::None => (None, true),
            ClientSecret::Text(secret) => (Some(secret.clone()), secret_in_form),
            ClientSecret::Apple(key) => (Some(key.client_secret(client_id, &self.issuer, now)?), true),
        };
        let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)];
        if self.config.kind.takes_pkce() {
            form.push(("code_verifier", pending.verifier()));
        }
        if in_form {
            form.push(("client_id", client_id));
        }
        // In the header both are written as in a form (RFC 6749, 2.3.1).
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let basic = secret.as_deref().filter(|_| !in_form).map(|secret| (encoded(client_id), encoded(secret)));
        if let Some(secret) = secret.as_deref().filter(|_| in_form) {
            form.push(("client_secret", secret));
        }
        let basic = basic.as_ref().map(|(name, secret)| (name.as_str(), secret.as_str()));
        let answer = self.fetch.post_form(endpoint, &form, basic).await?;
        match answer["error"].as_str() {
            Some(error) => Err(SocialError::failed(format!("the code was not taken: {error:.100}"))),
            None => Ok(answer),
        }
    }
}

/// The access token of an answer.
pub(super) fn access_token(tokens: &Value) -> Result<&str, SocialError> {
    let token = tokens["access_token"].as_str().filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()));
    token.ok_or_else(|| SocialError::failed("the answer holds no access token"))
}
