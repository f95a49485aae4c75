use std::time::Duration;

use quorate_kernel::SystemIds;
use quorate_testkit::{HeldClock, TestDatabase, on_both_databases};
use quorate_work::{Worker, WorkerSettings};
use tempfile::TempDir;

use super::*;

const LINK: &str = "https://board.example.com/verify?token=ql_secret&x=1";

/// Somebody who tries to get a header, a tag and a link into our mail.
const HOSTILE: &str = "Ada <b>&\r\nBcc: eve@example.com\u{202e} https://evil.example/win";

fn every_template(name: &str) -> Vec<Template> {
    let name = || name.to_owned();
    let link = || LINK.to_owned();
    let ip = || Some("203.0.113.7".to_owned());
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 16).unwrap();
    let time = || Some(DateTime::UNIX_EPOCH);
    let mut all = vec![
        Template::Welcome { name: name(), link: link() },
        Template::Verification { name: name(), link: link() },
        Template::PasswordReset { name: name(), link: link(), ip: ip() },
        Template::PasswordReset { name: name(), link: link(), ip: None },
        Template::PasswordChanged { name: name(), ip: ip() },
        Template::PasswordChanged { name: name(), ip: None },
        Template::EmailChangeNew { name: name(), link: link() },
        Template::EmailChangeOld { name: name(), link: link(), email: "new@example.com".into() },
        Template::AccountExists { name: name(), link: link() },
        Template::NewDevice { name: name(), device: name(), ip: ip(), link: link() },
        Template::NewDevice { name: name(), device: name(), ip: None, link: link() },
        Template::LockedOut { name: name(), ip: ip() },
        Template::LockedOut { name: name(), ip: None },
        Template::Invoice {
            name: name(),
            organization: name(),
            number: "Q-2026-7".into(),
            amount: Amount::of_cents(1900, "usd"),
            link: link(),
        },
        Template::SessionExpiring { name: name(), title: name(), at: day, link: link() },
        Template::DecisionReview { name: name(), title: name(), decided: day, link: link() },
        Template::WeeklyReport {
            name: name(),
            organization: name(),
            from: day,
            to: day,
            figures: vec![Figure { label: name(), value: "<7>".into() }],
            highlights: vec![name()],
            link: link(),
        },
    ];
    for until in [time(), None] {
        let amount = Amount::of_cents(1900, "usd");
        all.push(Template::PaymentFailed { name: name(), organization: name(), amount, until, link: link() });
        all.push(Template::Approval { name: name(), requester: name(), title: name(), until, link: link() });
    }
    for change in [
        SecondFactorChange::TotpAdded,
        SecondFactorChange::TotpRemoved,
        SecondFactorChange::CodesRenewed,
        SecondFactorChange::CodeUsed,
        SecondFactorChange::PasskeyAdded,
        SecondFactorChange::PasskeyRemoved,
    ] {
        all.push(Template::SecondFactorChanged { name: name(), change });
    }
    for role in quorate_kernel::Role::ALL {
        all.push(Template::Invitation { inviter: name(), organization: name(), role, link: link() });
    }
    all
}

#[test]
fn every_mail_in_every_language_is_whole_and_harmless() {
    let texts = Texts::read().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for template in every_template(HOSTILE) {
        seen.insert(template.name());
        let mut subjects = Vec::new();
        for locale in ["en", "es-MX", "zh_Hans", "tlh", ""] {
            let (tag, content) = texts.render(locale, &template).unwrap();
            let place = format!("{} in {locale}", template.name());
            assert_eq!(tag, if locale.len() < 2 || locale == "tlh" { "en" } else { &locale[..2] }, "{place}");
            assert!(!content.subject.is_empty() && !content.subject.contains(|c: char| c.is_control()), "{place}");
            assert!(!content.html.contains("<b>") && !content.text.contains("\nBcc"), "{place}: {}", content.text);
            for text in [&content.html, &content.text] {
                for forbidden in ["{{", "{%", "none", "undefined", "\u{202e}", "https://evil", "evil.example"] {
                    let text = text.replace("text-decoration:none", "");
                    assert!(!text.contains(forbidden), "{place} holds {forbidden}: {text}");
                }
            }
            let has_link = template.link().is_some();
            assert_eq!(content.text.contains(LINK), has_link, "{place}");
            let escaped = LINK.replace('&', "&amp;");
            assert_eq!(content.html.matches(&format!("href=\"{escaped}\"")).count(), if has_link { 2 } else { 0 });
            assert_eq!(content.html.contains("q-button\" align"), has_link, "{place}: a link has a button");
            assert!(content.html.contains("Ada &lt;b&gt;&amp;") || !content.text.contains("Ada <b>&"), "{place}");
            subjects.push(content.subject);
        }
        assert!(subjects[0] == subjects[3] && subjects[0] == subjects[4], "English for everybody else");
        assert!(subjects[0] != subjects[2] && subjects[0] != subjects[1], "{subjects:?}");
    }
    assert_eq!(seen.len(), 17);
}

#[test]
fn no_variant_of_a_mail_reads_like_another() {
    let texts = Texts::read().unwrap();
    for locale in ["en", "es", "zh"] {
        let all = every_template("Ada");
        let bodies: std::collections::BTreeSet<String> =
            all.iter().map(|template| texts.render(locale, template).unwrap().1.text).collect();
        assert_eq!(bodies.len(), all.len(), "{locale}");
    }
}

#[test]
fn nobody_is_greeted_by_an_empty_name() {
    let texts = Texts::read().unwrap();
    let template = Template::Welcome { name: " \u{200b}".into(), link: LINK.into() };
    for (locale, greeting) in [("en", "Hello,\n"), ("es", "Hola:\n"), ("zh", "您好！\n")] {
        assert!(texts.render(locale, &template).unwrap().1.text.starts_with(greeting), "{locale}");
    }
}

#[test]
fn a_link_that_is_no_web_address_is_refused() {
    let texts = Texts::read().unwrap();
    for link in ["javascript:alert(1)", "/verify?token=x", "https://a b", "https://a/\r\nBcc: x", "", "ftp://a/b"] {
        let template = Template::Welcome { name: "Ada".into(), link: link.into() };
        assert!(matches!(texts.render("en", &template), Err(MailError::Compose(_))), "{link:?}");
    }
}

#[test]
fn headers_stay_headers() {
    let texts = Texts::read().unwrap();
    let sender = "Quorate <board@example.com>".parse().unwrap();
    for template in every_template(HOSTILE) {
        for locale in ["en", "es", "zh"] {
            let (_, content) = texts.render(locale, &template).unwrap();
            let created_at = DateTime::UNIX_EPOCH;
            let to = "ada@example.com".to_owned();
            let (template, locale) = (template.name().to_owned(), locale.to_owned());
            let mail = message::Outgoing { id: Uuid::nil(), to, template, locale, created_at, content };
            let eml = String::from_utf8(mail.compose(&sender).unwrap().formatted()).unwrap();
            assert!(eml.is_ascii(), "what is not ASCII is encoded");
            let (headers, _) = eml.split_once("\r\n\r\n").unwrap();
            let names: Vec<&str> = headers
                .split("\r\n")
                .filter(|line| !line.starts_with(' '))
                .filter_map(|line| line.split(':').next())
                .collect();
            let expected = [
                "From",
                "To",
                "Subject",
                "Date",
                "Message-ID",
                "MIME-Version",
                "Content-Type",
                "Auto-Submitted",
                "X-Auto-Response-Suppress",
                "Content-Language",
            ];
            assert!(names.iter().all(|name| expected.contains(name)) && names.len() == expected.len(), "{headers}");
            assert_eq!(eml, String::from_utf8(mail.compose(&sender).unwrap().formatted()).unwrap());
        }
    }
    for to in ["ada@example.com\r\nBcc: eve@example.com", "Ada <ada@example.com>", "ada", "a@b, c@d"] {
        let content = message::Content { subject: String::new(), text: String::new(), html: String::new() };
        let (template, locale) = (String::new(), String::new());
        let mail = message::Outgoing {
            id: Uuid::nil(),
            to: to.into(),
            template,
            locale,
            created_at: DateTime::UNIX_EPOCH,
            content,
        };
        assert!(matches!(mail.compose(&sender), Err(MailError::Compose(_))), "{to:?}");
    }
}

struct Office {
    mailer: Mailer,
    store: Store,
    jobs: Jobs,
    folder: TempDir,
}

impl Office {
    async fn open(database: &TestDatabase) -> Self {
        let store = database.migrated(&[&quorate_work::MIGRATIONS, &crate::MIGRATIONS]).await.unwrap();
        let (clock, ids) = (Arc::new(HeldClock::default()), Arc::new(SystemIds));
        let jobs = Jobs::new(store.clone(), clock.clone(), ids.clone());
        let folder = TempDir::new().unwrap();
        let deps = MailDeps {
            store: store.clone(),
            jobs: jobs.clone(),
            clock,
            ids,
            master_key: MasterKey::from_bytes([3; 32]),
            config: MailConfig::default(),
            folder: folder.path().join("outbox"),
        };
        Self { mailer: Mailer::new(deps).unwrap(), store, jobs, folder }
    }

    async fn send(&self, key: Option<&str>, commit: bool) {
        let mut tx = self.store.system("a test sends mail").await.unwrap();
        let template = Template::Verification { name: "Ada".into(), link: LINK.into() };
        let mail = Mail { to: "ada@example.com".into(), locale: "en".into(), template, key: key.map(str::to_owned) };
        self.mailer.send(&mut tx, mail).await.unwrap();
        if commit {
            tx.commit().await.unwrap();
        }
    }

    async fn kept(&self, expected: usize) -> Vec<StoredMailHead> {
        for _ in 0..400 {
            let kept = self.mailer.kept(100).await.unwrap().unwrap();
            if kept.len() == expected {
                return kept;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{expected} mails did not arrive");
    }
}

on_both_databases! {
    async fn a_mail_leaves_once_if_its_transaction_commits(database: TestDatabase) {
        let office = Office::open(&database).await;
        assert!(office.mailer.kept(10).await.unwrap().unwrap().is_empty());
        office.send(None, false).await;
        office.send(Some("one"), true).await;
        office.send(Some("one"), true).await;
        office.send(Some("two"), true).await;
        // What waits cannot be read from the database.
        let mut tx = office.store.system_read("a test looks").await.unwrap();
        let sealed: Vec<(Option<String>,)> = tx.sql("SELECT sealed_content FROM outbound_mails").all().await.unwrap();
        drop(tx);
        assert_eq!(sealed.len(), 2);
        assert!(sealed.iter().all(|(text,)| text.as_ref().is_some_and(|text| !text.contains("ql_secret"))));

        let worker = Worker::start(office.jobs.clone(), WorkerSettings::default(), office.mailer.handlers());
        let heads = office.kept(2).await;
        assert!(heads.iter().all(|head| head.to == "ada@example.com" && head.template == "verification"));
        let mail = office.mailer.kept_one(heads[0].id).await.unwrap().unwrap();
        assert!(mail.text.contains(LINK) && mail.html.contains("href="));
        let eml = std::fs::read_to_string(office.folder.path().join("outbox").join(format!("{}.eml", heads[0].id)));
        assert!(eml.unwrap().contains(&format!("Message-ID: <{}@localhost.localdomain>", heads[0].id)));
        worker.drain(Duration::from_secs(5)).await;

        assert!(office.mailer.log(9).await.unwrap().iter().all(|entry| entry.status == MailStatus::Sent));
        assert_eq!(office.mailer.backlog().await.unwrap(), Backlog { waiting: 0, oldest: None });
        let mut tx = office.store.system_read("a test looks").await.unwrap();
        let rows: Vec<(String, Option<String>)> =
            tx.sql("SELECT status, sealed_content FROM outbound_mails").all().await.unwrap();
        assert_eq!(rows, [("sent".to_owned(), None), ("sent".to_owned(), None)], "and nothing of it stays");
    }
}

on_both_databases! {
    async fn what_is_old_is_forgotten(database: TestDatabase) {
        let office = Office::open(&database).await;
        office.send(Some("lost"), true).await;
        let days = |days: i64| quorate_kernel::Clock::now(&HeldClock::default()) + chrono::TimeDelta::days(days);
        assert_eq!(store::tidy(&office.store, days(6)).await.unwrap(), 0);
        assert_eq!(office.mailer.log(9).await.unwrap()[0].status, MailStatus::Queued);
        // Nobody has handed it over in a week: what it said goes.
        assert_eq!(store::tidy(&office.store, days(8)).await.unwrap(), 1);
        let entry = office.mailer.log(9).await.unwrap().remove(0);
        assert_eq!((entry.status, entry.error.as_deref()), (MailStatus::Failed, Some("given up")));
        let mut tx = office.store.system_read("a test looks").await.unwrap();
        let sealed: Option<String> = tx.sql("SELECT sealed_content FROM outbound_mails").scalar().await.unwrap();
        drop(tx);
        assert_eq!(sealed, None);
        // The log remembers that there was a mail, and for how long its key counts.
        assert_eq!(store::tidy(&office.store, days(89)).await.unwrap(), 0);
        assert_eq!(store::tidy(&office.store, days(91)).await.unwrap(), 1);
        assert_eq!(office.mailer.log(9).await.unwrap(), []);
    }
}
