use std::time::Duration;

use quorate_kernel::Role;
use quorate_outbound::{Mail, MailStatus, SmtpConfig, Template};
use quorate_testkit::on_both_databases;

use crate::mail_server::MailServer;
use crate::office::{LINK, Office, plain};

const MINUTE: Duration = Duration::from_secs(60);

on_both_databases! {
    async fn a_mail_arrives_as_it_was_written(database: TestDatabase) {
        let mut server = MailServer::start().await;
        let office = Office::open(&database, plain(&server)).await;
        office.send("ada@example.org").await;
        let mail = server.taken().await;
        assert_eq!(mail.text("mail_from"), "board@example.com");
        assert_eq!(mail.recipients(), &serde_json::json!(["ada@example.org"]));
        assert_eq!(mail.header("To"), "ada@example.org");
        assert_eq!(mail.header("From"), "Quorate 董事会 <board@example.com>");
        assert_eq!(mail.header("Subject"), "Set a new password");
        assert_eq!(mail.header("Date"), "Mon, 05 Jan 2026 09:00:00 +0000");
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        assert!(mail.text("text").contains(LINK) && mail.text("html").contains(&LINK.replace('&', "&amp;")));
        assert_eq!((mail.text("hello"), mail.defects()), ("example.com", 0));

        let entry = office.ended(MailStatus::Sent).await;
        assert_eq!((entry.attempts, entry.error), (1, None));
        assert_eq!(mail.header("Message-ID"), format!("<{}@example.com>", entry.id));
        assert_eq!(office.stored().await.1, None, "what it said is forgotten");
        server.heard_nothing().await;
    }

    async fn a_server_that_asks_for_patience_gets_it(database: TestDatabase) {
        let mut server = MailServer::start().await;
        let office = Office::open(&database, plain(&server)).await;
        office.send("later@example.org").await;
        for (attempt, wait) in [(1, 20), (2, 80)] {
            assert!(server.refused().await.starts_with("451"));
            let entry = office.logged(|entry| entry.error.is_some() && entry.attempts == attempt).await;
            assert_eq!((entry.status, entry.error.as_deref()), (MailStatus::Queued, Some("not taken now: reply 451")));
            let (readable, sealed) = office.stored().await;
            let sealed = sealed.expect("it is kept as long as it waits");
            assert!(!readable.contains("one_time_secret") && !sealed.contains("one_time_secret"));
            // Not before its time.
            server.heard_nothing().await;
            office.clock.advance(Duration::from_secs(wait));
        }
        assert!(server.taken().await.text("text").contains(LINK));
        assert_eq!(office.ended(MailStatus::Sent).await.attempts, 3);
    }

    async fn what_is_refused_for_good_is_not_tried_again(database: TestDatabase) {
        let mut server = MailServer::start().await;
        let office = Office::open(&database, plain(&server)).await;
        for (to, reply) in [("never@example.org", "550"), ("spam@example.org", "554")] {
            office.clock.advance(MINUTE);
            office.send(to).await;
            assert!(server.refused().await.starts_with(reply));
            let entry = office.logged(|entry| entry.to == to && entry.finished_at.is_some()).await;
            assert_eq!((entry.status, entry.attempts), (MailStatus::Failed, 1));
            assert_eq!(entry.error, Some(format!("refused: reply {reply}")), "the class, and not what the server quoted");
            assert_eq!(office.stored().await.1, None);
        }
        office.clock.advance(MINUTE * 2000);
        server.heard_nothing().await;
    }

    async fn an_address_that_is_none_is_a_failed_mail(database: TestDatabase) {
        let mut server = MailServer::start().await;
        let office = Office::open(&database, plain(&server)).await;
        office.send("ada@example.org\r\nRCPT TO:<eve@example.org>").await;
        assert_eq!(office.ended(MailStatus::Failed).await.attempts, 1);
        server.heard_nothing().await;
    }
}

on_both_databases! {
    async fn a_server_that_never_answers_is_left_in_time(database: TestDatabase) {
        let mut server = MailServer::start().await;
        let office = Office::open(&database, SmtpConfig { timeout_seconds: 1, ..plain(&server) }).await;
        office.send("silent@example.org").await;
        assert_eq!(server.refused().await, "(silence)");
        let entry = office.logged(|entry| entry.error.is_some()).await;
        assert_eq!((entry.status, entry.error.as_deref()), (MailStatus::Queued, Some("not taken now: time-out")));
    }

    async fn a_mail_is_gone_once_the_server_has_taken_it(database: TestDatabase) {
        let mut server = MailServer::start().await;
        let office = Office::open(&database, plain(&server)).await;
        // One breaks off instead of saying goodbye, the other never says it.
        for to in ["slam@example.org", "linger@example.org"] {
            office.clock.advance(MINUTE);
            office.send(to).await;
            server.taken().await;
            let entry = office.logged(|entry| entry.to == to && entry.finished_at.is_some()).await;
            assert_eq!((entry.status, entry.attempts), (MailStatus::Sent, 1));
        }
        office.clock.advance(MINUTE * 60);
        server.heard_nothing().await;
    }

    async fn a_server_that_is_away_is_waited_for(database: TestDatabase) {
        let gone = MailServer::start().await;
        let smtp = plain(&gone);
        drop(gone);
        let office = Office::open(&database, smtp).await;
        office.send("ada@example.org").await;
        let error = "not taken now: cannot be reached or broke off";
        office.logged(|entry| entry.error.as_deref() == Some(error)).await;
        // And not for ever.
        for _ in 0..1200 {
            if office.mailer.log(1).await.unwrap().pop().unwrap().finished_at.is_some() {
                break;
            }
            if office.waits_for_its_time().await {
                office.clock.advance(MINUTE * 60 * 10);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let entry = office.ended(MailStatus::Failed).await;
        assert_eq!((entry.attempts, entry.error.as_deref()), (11, Some(error)));
        assert_eq!(office.stored().await.1, None);
    }

    async fn names_and_subjects_of_every_script_arrive(database: TestDatabase) {
        let mut server = MailServer::start().await;
        let office = Office::open(&database, plain(&server)).await;
        let long = "Ключевое слово ".repeat(9);
        for (locale, inviter) in
            [("zh", "李雷"), ("es", "Íñigo Ñandú"), ("en", "👩‍💻 Zoë"), ("zh-TW", long.as_str()), ("fr", "نُور")]
        {
            let template = Template::Invitation {
                inviter: format!("{inviter}\r\nBcc: eve@example.org"),
                organization: "Ünïcode & Söhne <GmbH>".to_owned(),
                role: Role::Admin,
                link: LINK.to_owned(),
            };
            office.clock.advance(MINUTE);
            office.write(Mail { to: "ada@example.org".into(), locale: locale.into(), template, key: None }).await;
            let mail = server.taken().await;
            let subject = mail.header("Subject");
            assert!(subject.contains(inviter.trim()) && subject.contains("Ünïcode & Söhne <GmbH>"), "{subject}");
            assert_eq!(mail.recipients(), &serde_json::json!(["ada@example.org"]));
            assert!(mail.text("html").contains("Ünïcode &amp; Söhne &lt;GmbH&gt;"));
            assert!(mail.text("text").contains("Ünïcode & Söhne <GmbH>"));
            assert_eq!(mail.header("Content-Language"), match &locale[..2] { "fr" => "en", tag => tag });
            assert_eq!(mail.defects(), 0);
        }
    }

    async fn addresses_beyond_ascii_go_where_they_can(database: TestDatabase) {
        let mut able = MailServer::start().await;
        let office = Office::open(&database, plain(&able)).await;
        office.send("zoë@example.org").await;
        assert_eq!(able.taken().await.recipients(), &serde_json::json!(["zoë@example.org"]));
        office.ended(MailStatus::Sent).await;
    }

    async fn addresses_beyond_ascii_fail_where_they_cannot(database: TestDatabase) {
        let mut unable = MailServer::with(&["--ascii-only"]).await;
        let office = Office::open(&database, plain(&unable)).await;
        office.send("zoë@example.org").await;
        assert_eq!(office.ended(MailStatus::Failed).await.attempts, 1);
        unable.heard_nothing().await;
    }
}
