use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::MailError;
use super::message::Outgoing;

/// The newest so many mails stay; the folder is for trying things out and must not fill a disk.
const KEEP: usize = 500;

/// Keeps mails in a folder: as `.eml`, which any mail program opens, and as JSON for the operators' page.
pub(super) struct Folder {
    path: PathBuf,
    from: Mailbox,
}

/// A kept mail as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMailHead {
    /// The mail's id; ids are ordered by time.
    pub id: Uuid,
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The name of the template.
    pub template: String,
    /// The language it is in.
    pub locale: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// A kept mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMail {
    /// What lists show.
    #[serde(flatten)]
    pub head: StoredMailHead,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

impl Folder {
    pub(super) const fn new(path: PathBuf, from: Mailbox) -> Self {
        Self { path, from }
    }

    pub(super) async fn keep(&self, mail: &Outgoing) -> Result<(), MailError> {
        let stored = StoredMail {
            head: StoredMailHead {
                id: mail.id,
                to: mail.to.clone(),
                subject: mail.content.subject.clone(),
                template: mail.template.clone(),
                locale: mail.locale.clone(),
                created_at: mail.created_at,
            },
            text: mail.content.text.clone(),
            html: mail.content.html.clone(),
        };
        let json = serde_json::to_vec_pretty(&stored).map_err(|error| MailError::Compose(error.to_string()))?;
        let message = mail.compose(&self.from)?.formatted();
        let id = mail.id;
        self.work(move |folder| {
            make(folder)?;
            write(&folder.join(format!("{id}.eml")), &message)?;
            // The list reads these, so a mail is there when all of it is.
            write(&folder.join(format!("{id}.json")), &json)?;
            forget_old(folder)
        })
        .await
    }

    pub(super) async fn list(&self, most: usize) -> Result<Vec<StoredMailHead>, MailError> {
        let kept = self.work(move |folder| {
            let mut ids = ids(folder)?;
            ids.truncate(most);
            ids.into_iter().map(|id| read(folder, id)).collect::<std::io::Result<Vec<_>>>()
        });
        Ok(kept.await?.into_iter().flatten().map(|mail| mail.head).collect())
    }

    pub(super) async fn read(&self, id: Uuid) -> Result<Option<StoredMail>, MailError> {
        self.work(move |folder| read(folder, id)).await
    }

    /// Does what waits for the disk where waiting holds nobody up.
    async fn work<T, F>(&self, work: F) -> Result<T, MailError>
    where
        T: Send + 'static,
        F: FnOnce(&Path) -> std::io::Result<T> + Send + 'static,
    {
        let path = self.path.clone();
        let done = tokio::task::spawn_blocking(move || work(&path)).await;
        let done = done.map_err(|error| MailError::Later(format!("the outbox folder: {error}")))?;
        done.map_err(|error| MailError::Later(format!("the outbox folder: {error}")))
    }
}

/// The kept mails, the newest first.
fn ids(folder: &Path) -> std::io::Result<Vec<Uuid>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut ids = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let id = name.to_str().and_then(|name| name.strip_suffix(".json")).and_then(|id| id.parse::<Uuid>().ok());
        ids.extend(id);
    }
    ids.sort_unstable_by(|one, other| other.cmp(one));
    Ok(ids)
}

fn read(folder: &Path, id: Uuid) -> std::io::Result<Option<StoredMail>> {
    match std::fs::read(folder.join(format!("{id}.json"))) {
        Ok(json) => Ok(Some(serde_json::from_slice(&json)?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn forget_old(folder: &Path) -> std::io::Result<()> {
    for id in ids(folder)?.into_iter().skip(KEEP) {
        for name in [format!("{id}.json"), format!("{id}.eml")] {
            match std::fs::remove_file(folder.join(name)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Makes the folder, for its owner only: what lies in it holds links that work.
fn make(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes a file that only its owner reads, whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let half = path.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&half)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&half, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::message::Content;

    fn mail(number: u64) -> Outgoing {
        let content = Content { subject: format!("Nr {number}"), text: "text".into(), html: "<p>html</p>".into() };
        let (template, locale) = ("welcome".to_owned(), "en".to_owned());
        // Ids are ordered by time, that is by their first bits.
        let id = Uuid::from_u64_pair(number, 0);
        let to = "ada@example.com".to_owned();
        Outgoing { id, to, template, locale, created_at: DateTime::UNIX_EPOCH, content }
    }

    #[tokio::test]
    async fn the_newest_stay_and_only_their_owner_reads_them() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::new(home.path().join("a/outbox"), "Q <q@example.com>".parse().unwrap());
        assert_eq!(folder.list(10).await.unwrap(), []);
        assert_eq!(folder.read(Uuid::nil()).await.unwrap(), None);
        std::fs::create_dir_all(home.path().join("a/outbox")).unwrap();
        for number in 0..KEEP as u64 + 3 {
            std::fs::write(home.path().join(format!("a/outbox/{}.eml", mail(number).id)), "").unwrap();
            let head = StoredMailHead {
                id: mail(number).id,
                to: String::new(),
                subject: String::new(),
                template: String::new(),
                locale: String::new(),
                created_at: DateTime::UNIX_EPOCH,
            };
            let stored = StoredMail { head, text: String::new(), html: String::new() };
            let json = serde_json::to_vec(&stored).unwrap();
            std::fs::write(home.path().join(format!("a/outbox/{}.json", mail(number).id)), json).unwrap();
        }
        folder.keep(&mail(9_999)).await.unwrap();
        let kept = folder.list(usize::MAX).await.unwrap();
        assert_eq!((kept.len(), kept[0].subject.as_str()), (KEEP, "Nr 9999"));
        assert_eq!(std::fs::read_dir(home.path().join("a/outbox")).unwrap().count(), 2 * KEEP);
        #[cfg(unix)]
        for ending in ["eml", "json"] {
            use std::os::unix::fs::PermissionsExt as _;
            let path = home.path().join(format!("a/outbox/{}.{ending}", mail(9_999).id));
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
