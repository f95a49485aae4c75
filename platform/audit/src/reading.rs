use chrono::{DateTime, Utc};
use quorate_kernel::{OrgId, Page, PageRequest, Problem, UserId, from_millis, millis};
use quorate_store::{Store, StoreError};
use serde::Serialize;
use serde_json::Value;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::rows::{Row, columns};
use crate::{ActorKind, AuditLog};

/// How many entries an export holds in memory.
const PAGE: i64 = 500;

/// Which entries to show; nothing set shows all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The beginning of the action's name: `identity.` for a whole domain.
    pub action: Option<String>,
    /// The person who did it, or to whom it was done.
    pub user: Option<UserId>,
    /// The organization that it concerns.
    pub org: Option<OrgId>,
    /// Not before this time.
    pub since: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recorded {
    /// Its number, from 1 without gaps.
    pub sequence: i64,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// In what part the actor acted.
    pub actor_kind: ActorKind,
    /// The person, unless nobody was signed in or they were erased since.
    pub actor_user_id: Option<String>,
    /// The organization that it concerns.
    pub org_id: Option<String>,
    /// What was done.
    pub action: String,
    /// What kind of thing it was done to.
    pub target_kind: Option<String>,
    /// Which one, unless it is a person who was erased since.
    pub target_id: Option<String>,
    /// What was so before.
    pub before: Option<Value>,
    /// What is so since.
    pub after: Option<Value>,
    /// The caller's address.
    pub ip: Option<String>,
    /// What the client said it was.
    pub user_agent: Option<String>,
    /// Finds the request in the server's log.
    pub request_id: Option<String>,
    /// The MAC of the entry before.
    pub previous_mac: String,
    /// The MAC of this entry.
    pub mac: String,
    /// Whether a person was taken out of it.
    pub detached: bool,
}

impl Row {
    fn recorded(self) -> Result<Recorded, StoreError> {
        let json = |what, text: Option<String>| {
            text.map(|text| serde_json::from_str(&text).map_err(|why| StoreError::corrupt(what, why))).transpose()
        };
        Ok(Recorded {
            sequence: self.sequence,
            at: from_millis(self.happened_at),
            actor_kind: ActorKind::parse(&self.actor_kind)
                .ok_or_else(|| StoreError::corrupt("audit_entries.actor_kind", &self.actor_kind))?,
            actor_user_id: self.actor_user_id,
            org_id: self.org_id,
            action: self.action,
            target_kind: self.target_kind,
            target_id: self.target_id,
            before: json("audit_entries.state_before", self.state_before)?,
            after: json("audit_entries.state_after", self.state_after)?,
            ip: self.ip,
            user_agent: self.user_agent,
            request_id: self.request_id,
            previous_mac: self.previous_mac,
            mac: self.mac,
            detached: self.actor_detached.is_some() || self.target_detached.is_some(),
        })
    }
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database cannot be read, or holds what this program did not write.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer refused.
    #[error("the export cannot be written: {0}")]
    Write(#[from] std::io::Error),
    /// An entry is no JSON.
    #[error("an entry cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// A statement that reads entries of which the first condition finds few, and the rest are looked through.
macro_rules! reading {
    ($which:literal, $order:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM audit_entries WHERE ",
            $which,
            " AND sequence < $4 AND sequence > $5 AND happened_at >= $6 AND happened_at < $7 \
             AND ($3 = '' OR substr(action, 1, length($3)) = $3) ORDER BY sequence ",
            $order,
            " LIMIT $8"
        )
    };
}

/// The statements of one order: for anybody, for a person, for an organization, for both.
macro_rules! readings {
    ($order:literal) => {
        [
            reading!("$1 = '' AND $2 = ''", $order),
            reading!("$2 = '' AND (actor_user_id = $1 OR (target_kind = 'user' AND target_id = $1))", $order),
            reading!("$1 = '' AND org_id = $2", $order),
            reading!("org_id = $2 AND (actor_user_id = $1 OR (target_kind = 'user' AND target_id = $1))", $order),
        ]
    };
}

const NEWEST_FIRST: [&str; 4] = readings!("DESC");
const OLDEST_FIRST: [&str; 4] = readings!("ASC");

/// Between which sequences, both exclusive.
struct Between(i64, i64);

async fn read(
    store: &Store,
    statements: &[&'static str; 4],
    filter: &Filter,
    Between(after, before): Between,
    most: i64,
) -> Result<Vec<Recorded>, StoreError> {
    let which = match (filter.user, filter.org) {
        (None, None) => 0,
        (Some(_), None) => 1,
        (None, Some(_)) => 2,
        (Some(_), Some(_)) => 3,
    };
    let mut tx = store.system_read("operators read the audit log of all organizations").await?;
    let rows: Vec<Row> = tx
        .platform_sql(statements[which])
        .bind(filter.user.map(|user| user.to_string()).unwrap_or_default())
        .bind(filter.org.map(|org| org.to_string()).unwrap_or_default())
        .bind(filter.action.as_deref().unwrap_or_default().replace('\0', "\u{fffd}"))
        .bind(before)
        .bind(after)
        .bind(filter.since.map_or(i64::MIN, millis))
        .bind(filter.until.map_or(i64::MAX, millis))
        .bind(most)
        .all()
        .await?;
    rows.into_iter().map(Row::recorded).collect()
}

impl AuditLog {
    /// A page of the log, newest first.
    ///
    /// # Errors
    /// `ValidationFailed` for a cursor that is none; an internal problem when the database cannot be read.
    pub async fn list(&self, store: &Store, filter: &Filter, page: &PageRequest) -> Result<Page<Recorded>, Problem> {
        let before = page.cursor.as_deref().map(str::parse).transpose();
        let before = before.map_err(|_| Problem::field("cursor", "is not the next_cursor of a page"))?;
        let (limit, between) = (page.limit(), Between(i64::MIN, before.unwrap_or(i64::MAX)));
        let most = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let rows = read(store, &NEWEST_FIRST, filter, between, most).await?;
        Ok(Page::from_rows(rows, limit, |entry| entry.sequence.to_string()))
    }

    /// Writes the entries as JSON Lines, oldest first; answers how many.
    ///
    /// # Errors
    /// When the database cannot be read or the writer refuses.
    pub async fn export<W>(&self, store: &Store, filter: &Filter, writer: &mut W) -> Result<u64, ExportError>
    where
        W: AsyncWrite + Unpin + Send,
    {
        let (mut after, mut written) = (i64::MIN, 0);
        loop {
            let entries = read(store, &OLDEST_FIRST, filter, Between(after, i64::MAX), PAGE).await?;
            let Some(last) = entries.last() else { break };
            after = last.sequence;
            for entry in &entries {
                let mut line = serde_json::to_vec(entry)?;
                line.push(b'\n');
                writer.write_all(&line).await?;
                written += 1;
            }
        }
        writer.flush().await?;
        Ok(written)
    }
}
