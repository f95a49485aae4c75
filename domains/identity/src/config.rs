use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::issuers::config::ExternalIssuer;
use crate::social::config::SocialProvider;

/// How identity works. Section `[identity]` of the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityConfig {
    /// Memory of one password hash in KiB (Argon2id `m`); 65,536 (64 MiB) unless told. Lower it only in tests.
    pub password_memory_kib: u32,
    /// Passes over that memory (Argon2id `t`); 2 unless told.
    pub password_passes: u32,
    /// How many passwords are hashed at once; 2 unless told.
    pub password_parallel: usize,
    /// How many requests may wait for their turn to hash before others are turned away; 256 unless told, which is
    /// about what can be served before the first of them gives up waiting.
    pub password_queue: usize,
    /// How many milliseconds a refresh stays open for parallel requests with the same token, which get the same
    /// answer; 50 unless told.
    pub refresh_settle_ms: u64,
    /// Whether operators count as operators only after a log-in with two factors; not unless told (IDN-6).
    pub operators_need_second_factor: bool,
    /// Who may make an account; `open` unless told.
    pub registration: Registration,
    /// Whether a registration never tells that an address has an account: everybody is answered "check your mail", and
    /// signs in after confirming the address. Not unless told, because it needs working mail.
    pub conceal_accounts: bool,
    /// A database of where addresses are (MaxMind's format, such as GeoLite2-City.mmdb), to notice log-ins that are
    /// farther apart than travel allows; nobody looks unless told (IDN-12).
    pub geoip_file: Option<PathBuf>,
    /// Asks Cloudflare Turnstile whether a person is calling, at registration, log-in and forgotten passwords; nobody
    /// is asked unless both keys are given.
    pub turnstile: TurnstileConfig,
    /// The services that people can sign in with (IDN-5).
    pub providers: Vec<SocialProvider>,
    /// Whose tokens are taken as our own (IDN-5).
    pub issuers: Vec<ExternalIssuer>,
}

/// Cloudflare Turnstile (IDN-7).
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TurnstileConfig {
    /// The public key of the widget.
    pub site_key: Option<String>,
    /// The secret by which answers are checked.
    pub secret_key: Option<String>,
    /// Where answers are checked.
    pub verify_url: String,
}

impl TurnstileConfig {
    /// Where the widget on the pages comes from, when there is one.
    #[must_use]
    pub fn widget_origin(&self) -> Option<String> {
        self.site_key.as_ref().map(|_| "https://challenges.cloudflare.com".to_owned())
    }
}

impl Default for TurnstileConfig {
    fn default() -> Self {
        let verify_url = "https://challenges.cloudflare.com/turnstile/v0/siteverify".to_owned();
        Self { site_key: None, secret_key: None, verify_url }
    }
}

impl std::fmt::Debug for TurnstileConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TurnstileConfig")
            .field("site_key", &self.site_key)
            .field("secret_key", &self.secret_key.as_ref().map(|_| "***"))
            .field("verify_url", &self.verify_url)
            .finish()
    }
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Anybody.
    #[default]
    Open,
    /// Whoever was invited to an organization.
    Invited,
    /// Nobody; operators make accounts with `quorate users create`.
    Closed,
}

impl Default for IdentityConfig {
    fn default() -> Self {
        Self {
            password_memory_kib: 64 * 1024,
            password_passes: 2,
            password_parallel: 2,
            password_queue: 256,
            refresh_settle_ms: 50,
            operators_need_second_factor: false,
            registration: Registration::Open,
            conceal_accounts: false,
            geoip_file: None,
            turnstile: TurnstileConfig::default(),
            providers: Vec::new(),
            issuers: Vec::new(),
        }
    }
}
