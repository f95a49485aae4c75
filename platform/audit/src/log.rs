use std::sync::Arc;

use quorate_kernel::{Clock, Ids, millis};
use quorate_store::{Store, StoreError, Tx};
use serde_json::{Value, json};

use crate::chain::Part;
use crate::encoding::{Key, hex};
use crate::entry::{Entry, Origin, PERSON};
use crate::rows::{self, HeadRow, Row};

/// The largest value of `before` or `after`, in bytes.
const LARGEST_STATE: usize = 16 * 1024;
const LONGEST_USER_AGENT: usize = 300;
const LONGEST_TEXT: usize = 200;

/// The audit log of this server. Cheap to clone.
#[derive(Clone)]
pub struct AuditLog {
    pub(crate) key: Arc<Key>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl std::fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuditLog")
    }
}

impl AuditLog {
    /// A log under this key, which must stay the same for as long as the log is kept, and must not be in the database.
    #[must_use]
    pub fn new(key: [u8; 32], clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { key: Arc::new(Key::new(key)), clock, ids }
    }

    /// Records what the caller's transaction does, together with it; answers the entry's sequence.
    ///
    /// Let it be the last statement before the commit: it takes the lock of the log's head, and every other writer of
    /// the log waits until this transaction ends. A statement after it that waits for a row of somebody who waits for
    /// the head would be a deadlock, which PostgreSQL ends by failing one of the two.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn append<S: Send>(&self, tx: &mut Tx<S>, entry: Entry) -> Result<i64, StoreError> {
        let was = rows::lock_head(tx).await?;
        // Asked under the lock, so that times follow the sequence as far as the clocks of several nodes agree.
        let row = self.row(entry, millis(self.clock.now()), &was);
        let (sequence, mac) = (row.sequence, row.mac.clone());
        rows::insert(tx, row).await?;
        let head = HeadRow { sequence, mac, ..was.clone() };
        rows::write_head(tx, &self.key, &was, head).await?;
        Ok(sequence)
    }

    /// Records an event that has no transaction of its own.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn record(&self, store: &Store, entry: Entry) -> Result<i64, StoreError> {
        let mut tx = store.system("the audit log records what happened in no organization's transaction").await?;
        let sequence = self.append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(sequence)
    }

    pub(crate) fn row(&self, entry: Entry, now: i64, head: &HeadRow) -> Row {
        let Entry { action, actor, org, target, before, after, origin } = entry;
        let Origin { ip, user_agent, request_id } = origin;
        let (target_kind, target_id) = target.unzip();
        let is_person = target_kind.as_deref() == Some(PERSON);
        let mut row = Row {
            sequence: head.sequence + 1,
            happened_at: now,
            actor_kind: actor.kind().name().to_owned(),
            org_id: org.map(|org| org.to_string()),
            action: action.to_owned(),
            target_kind: target_kind.map(|text| storable(&text, LONGEST_TEXT)),
            target_id: target_id.map(|text| storable(&text, LONGEST_TEXT)),
            state_before: before.as_ref().map(state),
            state_after: after.as_ref().map(state),
            request_id: request_id.map(|text| storable(&text, LONGEST_TEXT)),
            actor_user_id: actor.user().map(|user| user.to_string()),
            ip: ip.map(|text| storable(&text, LONGEST_TEXT)),
            user_agent: user_agent.map(|text| storable(&text, LONGEST_USER_AGENT)),
            actor_salt: None,
            actor_detached: None,
            actor_commitment: String::new(),
            target_salt: None,
            target_detached: None,
            target_commitment: None,
            previous_mac: head.mac.clone(),
            mac: String::new(),
        };
        let salt = self.salt();
        row.actor_commitment = row.commitment(Part::Actor, &salt);
        row.actor_salt = Some(salt);
        if is_person {
            let salt = self.salt();
            row.target_commitment = Some(row.commitment(Part::Target, &salt));
            row.target_salt = Some(salt);
        }
        row.mac = row.expected_mac(&self.key);
        row
    }

    fn salt(&self) -> String {
        let mut bytes = [0; 32];
        self.ids.fill(&mut bytes);
        hex(&bytes)
    }
}

/// The text as PostgreSQL can store it, and no longer than it has to be.
fn storable(text: &str, longest: usize) -> String {
    text.chars().filter(|char| *char != '\0').take(longest).collect()
}

fn state(value: &Value) -> String {
    let text = value.to_string();
    if text.len() > LARGEST_STATE { json!({ "omitted_bytes": text.len() }).to_string() } else { text }
}
