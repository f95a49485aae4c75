use quorate_outbound::{MailStatus, SmtpConfig, SmtpSecurity};
use quorate_testkit::databases::TestDatabase;

use crate::certificate::Certificate;
use crate::mail_server::MailServer;
use crate::office::{LINK, Office, plain};

const WAYS: [(&str, SmtpSecurity); 2] = [("starttls", SmtpSecurity::Starttls), ("wrapped", SmtpSecurity::Tls)];

async fn server(certificate: &Certificate, tls: &str, more: &[&str]) -> MailServer {
    let mut paths = [String::new(), String::new()];
    let mut arguments = certificate.arguments(tls, &mut paths);
    arguments.extend(more);
    MailServer::with(&arguments).await
}

#[tokio::test]
async fn a_trusted_server_gets_mail_and_password_encrypted() {
    for (tls, security) in WAYS {
        let certificate = Certificate::new("127.0.0.1");
        let mut server = server(&certificate, tls, &["--user", "quorate", "--password", "hunter2 ☂"]).await;
        let database = TestDatabase::sqlite().unwrap();
        let smtp = SmtpConfig {
            security,
            username: Some("quorate".into()),
            password: Some("hunter2 ☂".into()),
            ca_file: Some(certificate.file()),
            ..plain(&server)
        };
        let office = Office::open(&database, smtp).await;
        office.send("ada@example.org").await;
        let mail = server.taken().await;
        assert!(mail.is("encrypted") && mail.text("text").contains(LINK), "{tls}");
        assert_eq!(mail.text("login"), "quorate", "{tls}");
        office.ended(MailStatus::Sent).await;
    }
}

/// The mail waits with this failure and the server has got nothing.
async fn waits_with(mut server: MailServer, smtp: SmtpConfig, error: &str) {
    let database = TestDatabase::sqlite().unwrap();
    let office = Office::open(&database, smtp).await;
    office.send("ada@example.org").await;
    let entry = office.logged(|entry| entry.error.is_some()).await;
    assert_eq!((entry.status, entry.error.as_deref()), (MailStatus::Queued, Some(error)));
    server.heard_nothing().await;
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_nothing() {
    for (tls, security) in WAYS {
        // Neither an unknown authority, nor one that vouches for somebody else.
        let unknown = Certificate::new("127.0.0.1");
        let stranger = server(&unknown, tls, &[]).await;
        let smtp = SmtpConfig { security, ..plain(&stranger) };
        waits_with(stranger, smtp, "not taken now: no trusted TLS connection").await;
        let other = Certificate::new("mail.example.net");
        let impostor = server(&other, tls, &[]).await;
        let smtp = SmtpConfig { security, ca_file: Some(other.file()), ..plain(&impostor) };
        waits_with(impostor, smtp, "not taken now: no trusted TLS connection").await;
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_nothing_in_the_clear() {
    let server = MailServer::start().await;
    let smtp = SmtpConfig {
        security: SmtpSecurity::Starttls,
        username: Some("quorate".into()),
        password: Some("hunter2".into()),
        ..plain(&server)
    };
    let error = "not taken now: the server lacks what is needed (STARTTLS, a way to log in, or SMTPUTF8)";
    waits_with(server, smtp, error).await;
}

#[tokio::test]
async fn a_wrong_password_is_the_operators_fault_and_loses_no_mail() {
    let server = MailServer::with(&["--user", "quorate", "--password", "hunter2"]).await;
    let wrong = SmtpConfig { username: Some("quorate".into()), password: Some("wrong".into()), ..plain(&server) };
    waits_with(server, wrong, "not taken now: reply 535").await;
    let server = MailServer::with(&["--user", "quorate", "--password", "hunter2"]).await;
    let without = plain(&server);
    waits_with(server, without, "not taken now: reply 530").await;
}

#[tokio::test]
async fn a_certificate_file_that_is_none_is_named() {
    use quorate_outbound::{MailConfig, MailTransport};
    let smtp =
        SmtpConfig { host: "mail.example.com".into(), ca_file: Some("/nowhere.pem".into()), ..SmtpConfig::default() };
    let config = MailConfig { transport: MailTransport::Smtp, smtp, ..MailConfig::default() };
    // Reading it is part of the start, not of the first mail.
    let database = TestDatabase::sqlite().unwrap();
    let store = database.open().await.unwrap();
    let (clock, ids) =
        (std::sync::Arc::new(quorate_kernel::SystemClock), std::sync::Arc::new(quorate_kernel::SystemIds));
    let deps = quorate_outbound::MailDeps {
        jobs: quorate_work::Jobs::new(store.clone(), clock.clone(), ids.clone()),
        store,
        clock,
        ids,
        master_key: quorate_store::MasterKey::from_bytes([3; 32]),
        config,
        folder: "never-made".into(),
    };
    let error = quorate_outbound::Mailer::new(deps).err().unwrap().to_string();
    assert!(error.starts_with("mail.smtp.ca_file /nowhere.pem"), "{error}");
}
