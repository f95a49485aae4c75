//! Mail: written inside the caller's transaction, handed over by a job, sent once (OPS-9).

mod config;
mod delivery;
mod folder;
mod message;
mod smtp;
mod store;
mod template;
mod texts;
mod wording;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_kernel::{Clock, Ids};
use quorate_store::{MasterKey, SealError, Store, StoreError, Tx};
use quorate_work::{Handler, Jobs, NewJob};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

pub use config::{MailConfig, MailTransport, SmtpConfig, SmtpSecurity};
pub use folder::{StoredMail, StoredMailHead};
pub use template::{Amount, Figure, SecondFactorChange, Template};

use delivery::Delivery;
use folder::Folder;
use smtp::Smtp;
use texts::Texts;

/// The kind of the job that hands a mail over. Stored, so it never changes.
const JOB: &str = "outbound.mail";

/// What mail needs from the rest of the house.
pub struct MailDeps {
    /// The database, with [`crate::MIGRATIONS`] applied.
    pub store: Store,
    /// The queue.
    pub jobs: Jobs,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn Ids>,
    /// Seals mails that wait.
    pub master_key: MasterKey,
    /// Section `[mail]` of the configuration.
    pub config: MailConfig,
    /// Where mails land when the transport is a folder.
    pub folder: PathBuf,
}

/// One mail to one person.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// The reader's language tag; English where there is no text in it.
    pub locale: String,
    /// What it says.
    pub template: Template,
    /// Sending with the same key twice is one mail, for as long as the log remembers it (90 days). The key is stored as
    /// it is, so it holds no secret.
    pub key: Option<String>,
}

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MailStatus {
    /// Waits to be handed over, or to be tried again.
    Queued,
    /// Handed over to the mail server, or put into the folder.
    Sent,
    /// Refused or given up.
    Failed,
}

/// What the log knows about a mail; never what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MailLogEntry {
    /// The mail; also the first half of its `Message-ID`.
    pub id: Uuid,
    /// The address.
    pub to: String,
    /// The name of the template.
    pub template: String,
    /// The language it is in.
    pub locale: String,
    /// Where it stands.
    pub status: MailStatus,
    /// How often it was tried.
    pub attempts: u32,
    /// The class of the last failure, such as `refused: reply 550`.
    pub error: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was sent or given up.
    pub finished_at: Option<DateTime<Utc>>,
}

/// How much mail waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Mails that have not left yet.
    pub waiting: u64,
    /// How long the oldest of them has waited.
    pub oldest: Option<Duration>,
}

/// Why a mail cannot be written or handed over.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A waiting mail cannot be opened.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// A template cannot be filled in.
    #[error("mail template: {0}")]
    Template(#[from] minijinja::Error),
    /// The bundled texts cannot be read.
    #[error("mail texts: {0}")]
    Texts(String),
    /// The configuration cannot be used. The text names the key.
    #[error("{0}")]
    Config(String),
    /// An address or a header is not one.
    #[error("the mail cannot be composed: {0}")]
    Compose(String),
    /// The server or the folder did not take it now; it may later.
    #[error("not taken now: {0}")]
    Later(String),
    /// The server will never take it.
    #[error("refused: {0}")]
    Refused(String),
}

/// How finished mails leave.
enum Way {
    Smtp(Smtp),
    Folder(Folder),
}

struct Parts {
    store: Store,
    jobs: Jobs,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    master_key: MasterKey,
    texts: Texts,
    way: Way,
}

/// Writes mails and hands them over. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Mailer(Arc<Parts>);

impl Mailer {
    /// Reads the texts and gets the transport ready; connects to nothing yet.
    ///
    /// # Errors
    /// When the configuration cannot be used.
    pub fn new(deps: MailDeps) -> Result<Self, MailError> {
        let MailDeps { store, jobs, clock, ids, master_key, config, folder } = deps;
        let way = match config.transport {
            MailTransport::Folder => Way::Folder(Folder::new(folder, config.sender()?)),
            MailTransport::Smtp => Way::Smtp(Smtp::new(&config)?),
        };
        Ok(Self(Arc::new(Parts { store, jobs, clock, ids, master_key, texts: Texts::read()?, way })))
    }

    /// Writes a mail inside the caller's transaction: it is sent if and only if that commits. An address that cannot be
    /// one makes a failed mail, not a failed call.
    ///
    /// # Errors
    /// When the database refuses it, the template cannot be filled in or its link is none.
    pub async fn send<S: Send>(&self, tx: &mut Tx<S>, mail: Mail) -> Result<(), MailError> {
        let parts = &self.0;
        let (locale, content) = parts.texts.render(&mail.locale, &mail.template)?;
        let id = parts.ids.uuid();
        let sealed = content.seal(&parts.master_key, id, &*parts.ids)?;
        let row = store::NewRow {
            id,
            key: mail.key,
            recipient: mail.to,
            template: mail.template.name(),
            locale,
            sealed,
            created_at: parts.clock.now(),
        };
        if store::add(tx, row).await? {
            // The mail itself counts its attempts; the job ends only when the mail has.
            let job = NewJob { max_attempts: i32::MAX, ..NewJob::new(JOB, json!({ "mail": id })) };
            parts.jobs.enqueue(tx, job).await?;
        }
        Ok(())
    }

    /// The handlers of its jobs.
    #[must_use]
    pub fn handlers(&self) -> Vec<Arc<dyn Handler>> {
        vec![Arc::new(Delivery::new(self.clone()))]
    }

    /// Whether mails land in a folder instead of leaving.
    #[must_use]
    pub fn keeps_mails(&self) -> bool {
        matches!(self.0.way, Way::Folder(_))
    }

    /// The newest mails of the log, newest first, whatever the transport.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn log(&self, most: u32) -> Result<Vec<MailLogEntry>, MailError> {
        Ok(store::log(&self.0.store, most).await?)
    }

    /// How much mail waits, for health and metrics.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn backlog(&self) -> Result<Backlog, MailError> {
        Ok(store::backlog(&self.0.store, self.0.clock.now()).await?)
    }

    /// The newest mails of the folder, newest first; `None` when mails leave by SMTP.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn kept(&self, most: usize) -> Result<Option<Vec<StoredMailHead>>, MailError> {
        match &self.0.way {
            Way::Folder(folder) => folder.list(most).await.map(Some),
            Way::Smtp(_) => Ok(None),
        }
    }

    /// One mail of the folder.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn kept_one(&self, id: Uuid) -> Result<Option<StoredMail>, MailError> {
        match &self.0.way {
            Way::Folder(folder) => folder.read(id).await,
            Way::Smtp(_) => Ok(None),
        }
    }
}
