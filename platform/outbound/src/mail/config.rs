use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use lettre::message::Mailbox;
use serde::{Deserialize, Serialize, Serializer};

use super::MailError;

/// How mail is sent. Section `[mail]` of the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// The sender: `Quorate <board@example.com>`.
    pub from: String,
    /// Where mails go; into a folder unless told, for trying things out.
    pub transport: MailTransport,
    /// The mail server, when the transport is `smtp`.
    pub smtp: SmtpConfig,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            from: "Quorate <quorate@localhost.localdomain>".to_owned(),
            transport: MailTransport::Folder,
            smtp: SmtpConfig::default(),
        }
    }
}

/// Where mails go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTransport {
    /// Into `outbox` in the data directory, where operators can read them.
    #[default]
    Folder,
    /// To a mail server.
    Smtp,
}

/// A mail server. Neither `Debug` nor `Serialize` shows the password.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpConfig {
    /// Its host name. Certificates are checked against it.
    pub host: String,
    /// Its port; 587 unless told. Port 465 goes with `security = "tls"`.
    pub port: u16,
    /// How the connection is protected; `starttls` unless told.
    pub security: SmtpSecurity,
    /// The user to log in as; without one nobody logs in.
    pub username: Option<String>,
    /// The user's password.
    #[serde(serialize_with = "masked")]
    pub password: Option<String>,
    /// How many seconds connecting may take, and then handing one mail over; 30 unless told.
    pub timeout_seconds: u64,
    /// A file with certificates (PEM) to trust beside the public ones, for a server with a private authority.
    pub ca_file: Option<PathBuf>,
}

const MASK: &str = "***";

impl Default for SmtpConfig {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 587,
            security: SmtpSecurity::Starttls,
            username: None,
            password: None,
            timeout_seconds: 30,
            ca_file: None,
        }
    }
}

impl fmt::Debug for SmtpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("username", &self.username)
            .field("password", &self.password.as_ref().map(|_| MASK))
            .field("timeout_seconds", &self.timeout_seconds)
            .field("ca_file", &self.ca_file)
            .finish()
    }
}

#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
fn masked<S: Serializer>(password: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    match password {
        Some(_) => serializer.serialize_some(MASK),
        None => serializer.serialize_none(),
    }
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    /// It begins in the clear and must change to TLS before anything else is said.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Not at all: for a relay on the same machine. A password is refused on the way to any other.
    None,
}

impl MailConfig {
    /// Whether mail can be sent so. What is wrong names its key.
    ///
    /// # Errors
    /// [`MailError::Config`] for the first value that cannot be used.
    pub fn check(&self) -> Result<(), MailError> {
        self.sender()?;
        if self.transport == MailTransport::Smtp { self.smtp.check() } else { Ok(()) }
    }

    /// The sender.
    pub(super) fn sender(&self) -> Result<Mailbox, MailError> {
        self.from.parse().map_err(|error| {
            MailError::Config(format!("mail.from is no sender such as \"Quorate <board@example.com>\": {error}"))
        })
    }
}

impl SmtpConfig {
    fn check(&self) -> Result<(), MailError> {
        let wrong = |text: &str| Err(MailError::Config(format!("mail.smtp.{text}")));
        if self.host.is_empty() {
            return wrong("host is needed when mail.transport is \"smtp\"");
        }
        if self.port == 0 || self.timeout_seconds == 0 {
            return wrong(if self.port == 0 { "port cannot be 0" } else { "timeout_seconds cannot be 0" });
        }
        match (&self.username, &self.password) {
            (Some(_), None) => return wrong("password is needed with mail.smtp.username"),
            (None, Some(_)) => return wrong("username is needed with mail.smtp.password"),
            (Some(_), Some(_)) if self.security == SmtpSecurity::None && !self.is_local() => {
                return wrong("security = \"none\" would send the password in the clear; use \"starttls\" or \"tls\"");
            }
            _ => {}
        }
        Ok(())
    }

    fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(smtp: SmtpConfig) -> Result<(), String> {
        let config = MailConfig { transport: MailTransport::Smtp, smtp, ..MailConfig::default() };
        config.check().map_err(|error| error.to_string())
    }

    #[test]
    fn what_cannot_work_names_its_key() {
        assert!(MailConfig::default().check().is_ok());
        let good = || SmtpConfig {
            host: "mail.example.com".into(),
            username: Some("u".into()),
            password: Some("hunter2".into()),
            ..SmtpConfig::default()
        };
        assert_eq!(smtp(good()), Ok(()));
        for (broken, key) in [
            (SmtpConfig { host: String::new(), ..good() }, "mail.smtp.host"),
            (SmtpConfig { port: 0, ..good() }, "mail.smtp.port"),
            (SmtpConfig { timeout_seconds: 0, ..good() }, "mail.smtp.timeout_seconds"),
            (SmtpConfig { password: None, ..good() }, "mail.smtp.password"),
            (SmtpConfig { username: None, ..good() }, "mail.smtp.username"),
            (SmtpConfig { security: SmtpSecurity::None, ..good() }, "mail.smtp.security"),
        ] {
            let problem = smtp(broken).unwrap_err();
            assert!(problem.starts_with(key) && !problem.contains("hunter2"), "{problem}");
        }
        assert_eq!(smtp(SmtpConfig { security: SmtpSecurity::None, host: "127.0.0.1".into(), ..good() }), Ok(()));
        for from in ["", "nobody", "a@b\r\nBcc: eve@example.com", "Quorate <>"] {
            let config = MailConfig { from: from.to_owned(), ..MailConfig::default() };
            assert!(config.check().unwrap_err().to_string().starts_with("mail.from"), "{from:?}");
        }
    }

    #[test]
    fn the_password_is_never_shown() {
        let smtp = SmtpConfig { password: Some("hunter2".into()), ..SmtpConfig::default() };
        let config = MailConfig { smtp, ..MailConfig::default() };
        for shown in [format!("{config:?}"), serde_json::to_string(&config).unwrap()] {
            assert!(!shown.contains("hunter2") && shown.contains(MASK), "{shown}");
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        let read = |text: &str| toml::from_str::<MailConfig>(text);
        let config = read("transport = \"smtp\"\n[smtp]\nhost = \"h\"\nsecurity = \"tls\"\n").unwrap();
        assert_eq!(
            (config.transport, config.smtp.security, config.smtp.port),
            (MailTransport::Smtp, SmtpSecurity::Tls, 587)
        );
        assert!(read("sender = \"x\"").is_err() && read("[smtp]\nhostname = \"x\"").is_err());
        assert!(read("transport = \"pigeon\"").is_err());
    }
}
