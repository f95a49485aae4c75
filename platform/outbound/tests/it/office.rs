use std::sync::Arc;
use std::time::Duration;

use quorate_kernel::{Clock as _, SystemIds, millis};
use quorate_outbound::{
    MIGRATIONS, Mail, MailConfig, MailDeps, MailLogEntry, MailStatus, MailTransport, Mailer, SmtpConfig, SmtpSecurity,
    Template,
};
use quorate_store::{MasterKey, Store};
use quorate_testkit::{HeldClock, TestDatabase};
use quorate_work::{Jobs, Worker, WorkerHandle, WorkerSettings};

use crate::mail_server::MailServer;

/// A link as only the reader may have it.
pub(crate) const LINK: &str = "https://board.example.com/reset?token=ql_one_time_secret&x=1";

/// A mailer whose worker runs and whose clock the test moves.
pub(crate) struct Office {
    pub(crate) mailer: Mailer,
    pub(crate) store: Store,
    pub(crate) clock: Arc<HeldClock>,
    _worker: WorkerHandle,
}

/// A mail server on this machine, in the clear.
pub(crate) fn plain(server: &MailServer) -> SmtpConfig {
    SmtpConfig {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        security: SmtpSecurity::None,
        ..SmtpConfig::default()
    }
}

impl Office {
    pub(crate) async fn open(database: &TestDatabase, smtp: SmtpConfig) -> Self {
        let store = database.migrated(&[&quorate_work::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let (clock, ids) = (Arc::new(HeldClock::default()), Arc::new(SystemIds));
        let jobs = Jobs::new(store.clone(), clock.clone(), ids.clone());
        let from = "Quorate 董事会 <board@example.com>".to_owned();
        let mailer = Mailer::new(MailDeps {
            store: store.clone(),
            jobs: jobs.clone(),
            clock: clock.clone(),
            ids,
            master_key: MasterKey::from_bytes([3; 32]),
            config: MailConfig { from, transport: MailTransport::Smtp, smtp },
            folder: "never-made".into(),
        })
        .unwrap();
        assert!(!mailer.keeps_mails() && mailer.kept(10).await.unwrap().is_none());
        let settings = WorkerSettings { poll: Duration::from_millis(50), ..WorkerSettings::default() };
        let _worker = Worker::start(jobs, settings, mailer.handlers());
        Self { mailer, store, clock, _worker }
    }

    pub(crate) async fn send(&self, to: &str) {
        let template = Template::PasswordReset { name: "Ada".into(), link: LINK.into(), ip: None };
        self.write(Mail { to: to.to_owned(), locale: "en".into(), template, key: None }).await;
    }

    pub(crate) async fn write(&self, mail: Mail) {
        let mut tx = self.store.system("a test sends mail").await.unwrap();
        self.mailer.send(&mut tx, mail).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The newest entry of the log, once it is like this.
    pub(crate) async fn logged(&self, like: impl Fn(&MailLogEntry) -> bool) -> MailLogEntry {
        let mut seen = None;
        for _ in 0..1200 {
            seen = self.mailer.log(1).await.unwrap().pop();
            if let Some(entry) = seen.as_ref().filter(|entry| like(entry)) {
                return entry.clone();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the log never said so: {seen:?}");
    }

    /// Whether the mail's job is put off. While one runs the clock must stand: its lease and the time of its next
    /// attempt go by it.
    pub(crate) async fn waits_for_its_time(&self) -> bool {
        let mut tx = self.store.system_read("a test looks").await.unwrap();
        let query = "SELECT COUNT(*) FROM work_jobs WHERE state = 'queued' AND run_at > $1";
        tx.sql(query).bind(millis(self.clock.now())).scalar::<i64>().await.unwrap() == 1
    }

    pub(crate) async fn ended(&self, status: MailStatus) -> MailLogEntry {
        let entry = self.logged(|entry| entry.finished_at.is_some()).await;
        assert_eq!(entry.status, status, "{entry:?}");
        entry
    }

    /// What is stored of the newest mail, every column in one text.
    pub(crate) async fn stored(&self) -> (String, Option<String>) {
        let mut tx = self.store.system_read("a test looks").await.unwrap();
        tx.sql(
            "SELECT recipient || ' ' || template || ' ' || COALESCE(error, '') || ' ' || COALESCE(mail_key, ''), \
             sealed_content FROM outbound_mails ORDER BY created_at DESC, id DESC LIMIT 1",
        )
        .one()
        .await
        .unwrap()
    }
}
