use std::sync::{Arc, LazyLock};

use quorate_extract::{Document, ExtractError, Limits, extract};
use quorate_kernel::{Code, Feature, Principal, Problem};
use tokio::sync::Semaphore;

use super::{Attachment, AttachmentId, AttachmentLimits, name};
use crate::Board;
use crate::session::{Session, SessionId, Status};
use crate::store::{self, attachments};

/// Documents that are read at once: reading is work for a processor, and others want it too.
static READERS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(2)));

/// A session takes files until it starts: every seat must have had the same before it.
fn takes_files(session: &Session) -> Result<(), Problem> {
    if session.started_at.is_some() || session.stopping || session.status != Status::Active {
        return Err(Problem::conflict("Files can be attached and removed only before the session starts."));
    }
    Ok(())
}

fn too_many(limits: AttachmentLimits) -> Problem {
    let most = limits.files;
    Problem::conflict(format!("A session takes at most {most} files. Remove one first.")).with("limit", most)
}

/// What is told of a file larger than the limit.
pub(crate) fn too_large(limits: AttachmentLimits) -> Problem {
    let megabytes = limits.bytes / 1_000_000;
    Problem::new(Code::PayloadTooLarge, format!("A file has at most {megabytes} MB.")).with("limit", limits.bytes)
}

impl Board {
    /// How much may be attached to one session.
    #[must_use]
    pub fn attachment_limits(&self) -> AttachmentLimits {
        self.world().config.attachment_limits()
    }

    /// Whether a file may be attached to the session now. Asked before the file is taken in.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it has started, or has as many files as it takes.
    pub async fn may_attach(&self, who: &Principal, id: SessionId) -> Result<(), Problem> {
        let limits = self.attachment_limits();
        let mut tx = self.parts.store.tenant_read(who).await?;
        takes_files(&store::session(&mut tx, id).await?)?;
        if attachments::list(&mut tx, id).await?.len() >= limits.files {
            return Err(too_many(limits));
        }
        Ok(())
    }

    /// Attaches a file: reads its text, and keeps both.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the session has started or has as many files as it takes; `PayloadTooLarge`;
    /// `UnsupportedMediaType` for a file of another kind; `ValidationFailed` for one that cannot be read;
    /// `QuotaExceeded` when the plan's storage is full.
    pub async fn attach(
        &self,
        who: &Principal,
        id: SessionId,
        file_name: &str,
        content: Vec<u8>,
    ) -> Result<Attachment, Problem> {
        self.may_attach(who, id).await?;
        let parts = &self.parts;
        let limits = self.attachment_limits();
        if content.len() > limits.bytes {
            return Err(too_large(limits));
        }
        // Asked before the transaction: it is one of its own.
        let storage = parts.entitlements.limit(who.org_id, Feature::StorageBytes).await?;
        let name = name::tidy(file_name);
        let content = Arc::new(content);
        let document = read(name.clone(), Arc::clone(&content), limits).await?;
        let now = self.now();
        let attachment = Attachment::of(AttachmentId(parts.ids.uuid()), name, content.len(), &document, now);
        let mut tx = parts.store.tenant(who).await?;
        // Held until the commit: it may have started, or have got other files, while this one was read.
        store::lock(&mut tx, id).await?;
        takes_files(&store::session(&mut tx, id).await?)?;
        if attachments::list(&mut tx, id).await?.len() >= limits.files {
            return Err(too_many(limits));
        }
        let used = attachments::used(&mut tx).await?;
        if !storage.allows(used.saturating_add(attachment.size)) {
            return Err(Problem::new(
                Code::QuotaExceeded,
                "The storage of your plan is full. Delete sessions with files first.",
            )
            .with("feature", Feature::StorageBytes.name())
            .with("used", used)
            .with("limit", storage.number())
            .with("wanted", attachment.size));
        }
        attachments::insert(&mut tx, id, who, &attachment, &document, &content).await?;
        tx.commit().await?;
        Ok(attachment)
    }

    /// The files of a session, in the order in which they came.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn attachments(&self, who: &Principal, id: SessionId) -> Result<Vec<Attachment>, Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        store::session(&mut tx, id).await?;
        Ok(attachments::list(&mut tx, id).await?)
    }

    /// A file of a session with its content.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn attachment(
        &self,
        who: &Principal,
        id: SessionId,
        attachment: AttachmentId,
    ) -> Result<(Attachment, Vec<u8>), Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        store::session(&mut tx, id).await?;
        attachments::content(&mut tx, id, attachment).await?.ok_or_else(|| Problem::not_found("attachment"))
    }

    /// Removes a file from a session that has not started.
    ///
    /// # Errors
    /// `NotFound`, or `Conflict` when it has.
    pub async fn detach(&self, who: &Principal, id: SessionId, attachment: AttachmentId) -> Result<(), Problem> {
        let mut tx = self.parts.store.tenant(who).await?;
        store::lock(&mut tx, id).await?;
        let session = store::session(&mut tx, id).await?;
        if !attachments::list(&mut tx, id).await?.iter().any(|one| one.id == attachment) {
            return Err(Problem::not_found("attachment"));
        }
        takes_files(&session)?;
        attachments::remove(&mut tx, id, attachment).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Reads a document beside the server's own work. Whatever it does to its reader, only this request fails.
async fn read(name: String, content: Arc<Vec<u8>>, limits: AttachmentLimits) -> Result<Document, Problem> {
    let turn = Arc::clone(&READERS).acquire_owned().await.map_err(Problem::internal)?;
    let limits = Limits { characters: limits.characters, pages: limits.pages, ..Limits::default() };
    // The turn ends with the reading, also when the caller has left in the middle of it.
    let reading = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        extract(&name, &content, &limits)
    });
    let read = match reading.await {
        Ok(read) => read,
        Err(error) => {
            tracing::error!(%error, "the reader of a document panicked");
            Err(ExtractError::Damaged("it cannot be read"))
        }
    };
    read.map_err(refused)
}

fn refused(error: ExtractError) -> Problem {
    let text = error.to_string();
    let mut letters = text.chars();
    let sentence: String =
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).chain(std::iter::once('.')).collect();
    match error {
        ExtractError::Unsupported(_) => Problem::new(Code::UnsupportedMediaType, sentence),
        _ => Problem::field("file", sentence),
    }
}
