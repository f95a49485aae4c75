use serde_json::Value;

use super::claimed::Claimed;
use super::error::SocialError;
use super::ports::Fetch;

/// GitHub speaks OAuth without OpenID Connect: the person is read from its API.
pub(crate) struct GitHub {
    site: String,
    api: String,
}

impl GitHub {
    /// github.com, or an Enterprise Server, which has its API below its own address.
    pub(crate) fn new(issuer: &str) -> Self {
        let site = issuer.trim_end_matches('/').to_owned();
        let api =
            if site == "https://github.com" { "https://api.github.com".to_owned() } else { format!("{site}/api/v3") };
        Self { site, api }
    }

    pub(crate) fn authorization_endpoint(&self) -> String {
        format!("{}/login/oauth/authorize", self.site)
    }

    pub(crate) fn token_endpoint(&self) -> String {
        format!("{}/login/oauth/access_token", self.site)
    }

    /// Whether an answer that names this issuer is GitHub's.
    pub(crate) fn is_named(&self, issuer: &str) -> bool {
        issuer.strip_prefix(self.site.as_str()).is_some_and(|rest| rest.is_empty() || rest == "/login/oauth")
    }

    /// Who holds the access token, with the primary address if it was confirmed.
    pub(crate) async fn person(&self, fetch: &dyn Fetch, token: &str, issuer: &str) -> Result<Claimed, SocialError> {
        let user = fetch.get_json(&format!("{}/user", self.api), Some(token)).await?;
        // The number stays; the login name can be given up and taken by somebody else.
        let number = user["id"].as_u64().ok_or_else(|| SocialError::failed("GitHub names nobody"))?;
        let emails = fetch.get_json(&format!("{}/user/emails", self.api), Some(token)).await?;
        let name = user["name"].as_str().or_else(|| user["login"].as_str()).map(str::to_owned);
        let (email, email_verified) = primary(&emails);
        Ok(Claimed {
            issuer: issuer.to_owned(),
            subject: number.to_string(),
            email,
            email_verified,
            name,
            locale: None,
        })
    }
}

fn primary(emails: &Value) -> (Option<String>, bool) {
    let all = emails.as_array().map(Vec::as_slice).unwrap_or_default();
    let primary = all.iter().find(|email| email["primary"] == true);
    let address = primary.and_then(|email| email["email"].as_str()).map(str::to_owned);
    (address, primary.is_some_and(|email| email["verified"] == true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_primary_address_counts() {
        let both = json!([
            {"email": "a@example.com", "primary": false, "verified": true},
            {"email": "b@example.com", "primary": true, "verified": false},
        ]);
        assert_eq!(primary(&both), (Some("b@example.com".into()), false));
        assert!(primary(&json!([{"email": "a@example.com", "primary": true, "verified": true}])).1);
        for none in [json!([]), json!({"message": "Bad credentials"}), json!(null)] {
            assert_eq!(primary(&none), (None, false));
        }
    }

    #[test]
    fn an_enterprise_server_has_its_own_api_and_its_own_name() {
        assert_eq!(GitHub::new("https://github.com").api, "https://api.github.com");
        let own = GitHub::new("https://git.example/");
        assert_eq!(own.api, "https://git.example/api/v3");
        assert!(own.is_named("https://git.example") && own.is_named("https://git.example/login/oauth"));
        assert!(!own.is_named("https://git.example.evil") && !own.is_named("https://github.com"));
    }
}
