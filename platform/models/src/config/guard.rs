use serde::{Deserialize, Serialize};

/// What of a person is hidden from providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    /// Addresses of mail.
    Email,
    /// Telephone numbers, written with `+` or in groups.
    Phone,
    /// Numbers of payment cards, by their check digit.
    Card,
    /// International bank account numbers, by their check digits.
    Iban,
    /// IP addresses, of both versions.
    Ip,
}

impl Personal {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Email, Self::Phone, Self::Card, Self::Iban, Self::Ip];

    /// The name as written in configuration, and in brackets in place of what was hidden.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Ip => "ip",
        }
    }
}

/// What a route hides from its providers, and what it does not let through (GTW-14).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuardConfig {
    /// What is replaced before a provider sees it: `email`, `phone`, `card`, `iban`, `ip`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mask: Vec<Personal>,
    /// Words and phrases with which a request is refused, in whatever case they are written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub block: Vec<String>,
    /// The `provider/model` of OpenAI's moderation format that judges a request before it is sent on. When it does not
    /// answer, the request is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moderation: Option<String>,
}

impl GuardConfig {
    /// Whether it hides and refuses nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
