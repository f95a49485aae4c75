//! Files attached to sessions, and the passages of them.

use quorate_extract::Document;
use quorate_kernel::{Principal, from_millis, millis};
use quorate_store::sqlx::FromRow;
use quorate_store::{StoreError, TenantTx};

use super::sessions::{named, read, write};
use crate::attachments::{Attachment, AttachmentId, AttachmentState, BEGINNING};
use crate::error::BoardError;
use crate::session::SessionId;

#[derive(Debug, FromRow)]
struct AttachmentRow {
    id: String,
    name: String,
    media_type: String,
    size: i64,
    characters: i64,
    pages: Option<i64>,
    state: String,
    warnings: String,
    created_at: i64,
}

fn count(what: &'static str, value: i64) -> Result<usize, StoreError> {
    usize::try_from(value).map_err(|why| StoreError::corrupt(what, why))
}

fn number(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl AttachmentRow {
    fn attachment(self) -> Result<Attachment, StoreError> {
        let id = self.id.parse().map_err(|why: uuid::Error| StoreError::corrupt("board_attachments.id", why))?;
        Ok(Attachment {
            id: AttachmentId(id),
            name: self.name,
            media_type: self.media_type,
            size: u64::try_from(self.size).map_err(|why| StoreError::corrupt("board_attachments.size", why))?,
            characters: count("board_attachments.characters", self.characters)?,
            pages: self.pages.map(|pages| count("board_attachments.pages", pages)).transpose()?,
            state: named("board_attachments.state", &self.state, AttachmentState::parse)?,
            warnings: read("board_attachments.warnings", &self.warnings)?,
            created_at: from_millis(self.created_at),
        })
    }
}

/// Writes a file with its passages.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    id: SessionId,
    who: &Principal,
    attachment: &Attachment,
    document: &Document,
    content: &[u8],
) -> Result<(), BoardError> {
    let beginning: String = document.text().chars().take(BEGINNING).collect();
    tx.sql(
        "INSERT INTO board_attachments (org_id, id, session_id, user_id, name, media_type, size, characters, pages, \
         state, warnings, created_at, beginning, content) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(attachment.id.to_string())
    .bind(id.to_string())
    .bind(who.user_id.to_string())
    .bind(attachment.name.clone())
    .bind(attachment.media_type.clone())
    .bind(i64::try_from(attachment.size).unwrap_or(i64::MAX))
    .bind(number(attachment.characters))
    .bind(attachment.pages.map(number))
    .bind(attachment.state.name())
    .bind(write("board_attachments.warnings", &attachment.warnings)?)
    .bind(millis(attachment.created_at))
    .bind(beginning)
    .bind(content.to_vec())
    .execute()
    .await?;
    for (position, passage) in (0_i64..).zip(&document.passages) {
        tx.sql(
            "INSERT INTO board_passages (org_id, attachment_id, position, session_id, locator, text, suspicious) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(attachment.id.to_string())
        .bind(position)
        .bind(id.to_string())
        .bind(passage.locator.clone())
        .bind(passage.text.clone())
        .bind(i64::from(passage.suspicious))
        .execute()
        .await?;
    }
    Ok(())
}

/// The files of a session, in the order in which they came.
pub(crate) async fn list(tx: &mut TenantTx, id: SessionId) -> Result<Vec<Attachment>, BoardError> {
    let rows: Vec<AttachmentRow> = tx
        .sql(
            "SELECT id, name, media_type, size, characters, pages, state, warnings, created_at FROM board_attachments \
             WHERE org_id = $1 AND session_id = $2 ORDER BY created_at, id",
        )
        .bind(id.to_string())
        .all()
        .await?;
    Ok(rows.into_iter().map(AttachmentRow::attachment).collect::<Result<_, _>>()?)
}

/// The files of a session, each with the beginning of its text.
pub(crate) async fn beginnings(tx: &mut TenantTx, id: SessionId) -> Result<Vec<(Attachment, String)>, BoardError> {
    let mut all = Vec::new();
    for attachment in list(tx, id).await? {
        let (beginning,): (String,) = tx
            .sql("SELECT beginning FROM board_attachments WHERE org_id = $1 AND id = $2")
            .bind(attachment.id.to_string())
            .one()
            .await?;
        all.push((attachment, beginning));
    }
    Ok(all)
}

/// A file with its content.
pub(crate) async fn content(
    tx: &mut TenantTx,
    id: SessionId,
    attachment: AttachmentId,
) -> Result<Option<(Attachment, Vec<u8>)>, BoardError> {
    let Some(found) = list(tx, id).await?.into_iter().find(|one| one.id == attachment) else { return Ok(None) };
    let content: Option<(Vec<u8>,)> = tx
        .sql("SELECT content FROM board_attachments WHERE org_id = $1 AND session_id = $2 AND id = $3")
        .bind(id.to_string())
        .bind(attachment.to_string())
        .optional()
        .await?;
    Ok(content.map(|(content,)| (found, content)))
}

/// Removes a file with its passages.
pub(crate) async fn remove(tx: &mut TenantTx, id: SessionId, attachment: AttachmentId) -> Result<(), BoardError> {
    tx.sql("DELETE FROM board_attachments WHERE org_id = $1 AND session_id = $2 AND id = $3")
        .bind(id.to_string())
        .bind(attachment.to_string())
        .execute()
        .await?;
    Ok(())
}

/// How many bytes of files the organization has.
pub(crate) async fn used(tx: &mut TenantTx) -> Result<u64, BoardError> {
    let used: i64 = tx
        .sql("SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM board_attachments WHERE org_id = $1")
        .scalar()
        .await?;
    Ok(u64::try_from(used).unwrap_or_default())
}

/// A passage as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeptPassage {
    /// The id of its file.
    pub(crate) attachment: String,
    position: i64,
    /// The name of its file.
    pub(crate) name: String,
    pub(crate) locator: String,
    pub(crate) text: String,
    pub(crate) suspicious: bool,
    /// By whom its vector is.
    pub(crate) embedder: Option<String>,
    pub(crate) vector: Option<Vec<f32>>,
}

impl KeptPassage {
    /// Whether it has a vector by this embedder.
    pub(crate) fn is_by(&self, embedder: &str) -> bool {
        self.vector.is_some() && self.embedder.as_deref() == Some(embedder)
    }
}

#[derive(Debug, FromRow)]
struct PassageRow {
    attachment_id: String,
    position: i64,
    name: String,
    locator: String,
    text: String,
    suspicious: i64,
    embedder: Option<String>,
    vector: Option<Vec<u8>>,
}

/// Every passage of a session's files, in order.
pub(crate) async fn passages(tx: &mut TenantTx, id: SessionId) -> Result<Vec<KeptPassage>, BoardError> {
    let rows: Vec<PassageRow> = tx
        .sql(
            "SELECT p.attachment_id, p.position, a.name, p.locator, p.text, p.suspicious, p.embedder, p.vector \
             FROM board_passages p JOIN board_attachments a ON a.id = p.attachment_id AND a.org_id = p.org_id \
             WHERE p.org_id = $1 AND p.session_id = $2 ORDER BY a.created_at, a.id, p.position",
        )
        .bind(id.to_string())
        .all()
        .await?;
    let kept = rows.into_iter().map(|row| KeptPassage {
        attachment: row.attachment_id,
        position: row.position,
        name: row.name,
        locator: row.locator,
        text: row.text,
        suspicious: row.suspicious != 0,
        embedder: row.embedder,
        vector: row.vector.map(|bytes| floats(&bytes)),
    });
    Ok(kept.collect())
}

/// Keeps the vector of a passage.
pub(crate) async fn keep_vector(tx: &mut TenantTx, passage: &KeptPassage) -> Result<(), BoardError> {
    let vector = passage.vector.as_deref().unwrap_or_default();
    tx.sql(
        "UPDATE board_passages SET embedder = $4, vector = $5 \
         WHERE org_id = $1 AND attachment_id = $2 AND position = $3",
    )
    .bind(passage.attachment.clone())
    .bind(passage.position)
    .bind(passage.embedder.clone())
    .bind(vector.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
    .execute()
    .await?;
    Ok(())
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
}
