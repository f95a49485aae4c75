use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use super::message::Outgoing;
use super::{MailConfig, MailError, SmtpConfig, SmtpSecurity};

/// How long the server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// Replies that blame our log-in and not the mail: required, too weak, wrong, needs TLS (RFC 4954).
const ABOUT_US: [u16; 4] = [530, 534, 535, 538];

/// Hands mails to a mail server, each over a connection of its own.
pub(super) struct Smtp {
    host: String,
    port: u16,
    security: SmtpSecurity,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    hello: ClientId,
    from: Mailbox,
    /// The library's own time-out covers connecting only, so each half of the conversation has this one.
    patience: Duration,
}

impl Smtp {
    pub(super) fn new(config: &MailConfig) -> Result<Self, MailError> {
        config.check()?;
        let (from, smtp) = (config.sender()?, &config.smtp);
        let tls = (smtp.security != SmtpSecurity::None).then(|| trusted(smtp)).transpose()?;
        let credentials = smtp.username.clone().zip(smtp.password.clone());
        Ok(Self {
            host: smtp.host.clone(),
            port: smtp.port,
            security: smtp.security,
            tls,
            credentials: credentials.map(|(username, password)| Credentials::new(username, password)),
            // The name of a container is of no use to anybody; servers want one that has a dot.
            hello: ClientId::Domain(from.email.domain().to_owned()),
            from,
            patience: Duration::from_secs(smtp.timeout_seconds),
        })
    }

    /// Hands one mail over. It is gone once the server has taken the text, however the conversation ends after that.
    pub(super) async fn send(&self, mail: &Outgoing) -> Result<(), MailError> {
        let message = mail.compose(&self.from)?;
        let late = |_| MailError::Later("time-out".to_owned());
        let connected = timeout(self.patience, self.connect()).await.map_err(late)?;
        // Whatever goes wrong so far is about the server or the configuration, not about this mail.
        let mut connection = connected.map_err(|error| MailError::Later(class(&error)))?;
        let text = message.formatted();
        let sending = connection.send(message.envelope(), &text);
        match timeout(self.patience, sending).await.map_err(late)? {
            Ok(_) => {}
            Err(error) if is_final(&error) => return Err(MailError::Refused(class(&error))),
            Err(error) => return Err(MailError::Later(class(&error))),
        }
        if !matches!(timeout(GOODBYE, connection.quit()).await, Ok(Ok(_))) {
            tracing::debug!("the mail server took the mail and left without a goodbye");
        }
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let wrapper = self.tls.clone().filter(|_| self.security == SmtpSecurity::Tls);
        let server = (self.host.as_str(), self.port);
        let patience = Some(self.patience);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, patience, &self.hello, wrapper, None).await?;
        if let (SmtpSecurity::Starttls, Some(tls)) = (self.security, &self.tls) {
            // A server that does not offer it gets nothing: who strips the offer would read the mail.
            connection.starttls(tls.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        Ok(connection)
    }
}

fn trusted(smtp: &SmtpConfig) -> Result<TlsParameters, MailError> {
    let mut builder = TlsParameters::builder(smtp.host.clone());
    if let Some(file) = &smtp.ca_file {
        let wrong =
            |error: &dyn std::fmt::Display| MailError::Config(format!("mail.smtp.ca_file {}: {error}", file.display()));
        let pem = std::fs::read(file).map_err(|error| wrong(&error))?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| wrong(&error))?);
    }
    builder.build_rustls().map_err(|error| MailError::Config(format!("mail.smtp: {error}")))
}

/// Whether trying again is pointless.
fn is_final(error: &Error) -> bool {
    let about_us = error.status().is_some_and(|code| ABOUT_US.contains(&code.into()));
    // The client itself refuses what the server cannot take, such as an address that needs SMTPUTF8.
    (error.is_permanent() && !about_us) || error.is_client()
}

/// What went wrong, without what the server said: that may quote the address or the text.
fn class(error: &Error) -> String {
    match error.status() {
        Some(code) => format!("reply {code}"),
        None if error.is_timeout() => "time-out".to_owned(),
        None if error.is_tls() || broke_in_tls(error) => "no trusted TLS connection".to_owned(),
        None if error.is_client() => {
            "the server lacks what is needed (STARTTLS, a way to log in, or SMTPUTF8)".to_owned()
        }
        None => "cannot be reached or broke off".to_owned(),
    }
}

/// Whether a connection broke off over TLS: the library calls that a connection error when TLS comes first.
fn broke_in_tls(error: &Error) -> bool {
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        let wrapped = source.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if source.is::<rustls::Error>() || wrapped.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        next = source.source();
    }
    false
}
