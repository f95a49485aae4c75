//! Mail against a mail server that none of us wrote: aiosmtpd as a process, over real SMTP.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod certificate;
mod delivering;
mod encryption;
mod mail_server;
mod office;
