//! What leaves the house: mail (OPS-9), and requests to addresses that people outside choose (OPS-8).

mod client;
mod mail;

/// The tables of this crate.
pub static MIGRATIONS: quorate_store::MigrationSet = sqlx::migrate!();

pub use client::{Fetched, OutboundConfig, OutboundError, Reachable, SafeClient, SafeRequest};
pub use mail::{
    Amount, Backlog, Figure, Mail, MailConfig, MailDeps, MailError, MailLogEntry, MailStatus, MailTransport, Mailer,
    SecondFactorChange, SmtpConfig, SmtpSecurity, StoredMail, StoredMailHead, Template,
};
