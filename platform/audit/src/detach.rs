use quorate_kernel::UserId;
use quorate_store::{StoreError, Tx};
use serde_json::json;

use crate::AuditLog;
use crate::chain::Part;
use crate::entry::{Actor, ActorKind, Entry};
use crate::rows::{Row, columns};

/// How many entries are held in memory together.
const PAGE: i64 = 200;

impl AuditLog {
    /// Takes a person out of the log (OPS-7): their id, addresses and browsers disappear from every entry, and what was
    /// done stays and still verifies. Records that it happened, and answers how many entries it concerned. As
    /// [`AuditLog::append`], to be called last before the commit.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn detach<S: Send>(&self, tx: &mut Tx<S>, user: UserId, by: Actor) -> Result<u64, StoreError> {
        let (person, mut after, mut concerned) = (user.to_string(), 0, 0);
        loop {
            let rows: Vec<Row> = tx
                .platform_sql(concat!(
                    "SELECT ",
                    columns!(),
                    " FROM audit_entries WHERE (actor_user_id = $1 OR (target_kind = 'user' AND target_id = $1)) \
                     AND sequence > $2 ORDER BY sequence LIMIT $3"
                ))
                .bind(person.clone())
                .bind(after)
                .bind(PAGE)
                .all()
                .await?;
            let Some(last) = rows.last() else { break };
            after = last.sequence;
            for row in &rows {
                self.detach_one(tx, row, &person).await?;
                concerned += 1;
            }
        }
        // Who was erased must not be in the log again, neither as the target nor as the one who asked for it.
        let by = if by.user() == Some(user) { Actor::System } else { by };
        let entry = Entry::new("audit.person_detached", by).changing(None, Some(json!({ "entries": concerned })));
        self.append(tx, entry).await?;
        Ok(concerned)
    }

    async fn detach_one<S: Send>(&self, tx: &mut Tx<S>, row: &Row, person: &str) -> Result<(), StoreError> {
        let is_target = row.target_is_person() && row.target_id.as_deref() == Some(person);
        // Who tried to sign in as this person was most likely this person.
        let is_actor = row.actor_user_id.as_deref() == Some(person)
            || (is_target && row.actor_kind == ActorKind::Anonymous.name());
        if is_actor && row.actor_detached.is_none() {
            tx.platform_sql(
                "UPDATE audit_entries SET actor_user_id = NULL, ip = NULL, user_agent = NULL, actor_salt = NULL, \
                 actor_detached = $1 WHERE sequence = $2",
            )
            .bind(row.detachment(&self.key, Part::Actor))
            .bind(row.sequence)
            .execute()
            .await?;
        }
        if is_target && row.target_detached.is_none() {
            tx.platform_sql(
                "UPDATE audit_entries SET target_id = NULL, target_salt = NULL, target_detached = $1 \
                 WHERE sequence = $2",
            )
            .bind(row.detachment(&self.key, Part::Target))
            .bind(row.sequence)
            .execute()
            .await?;
        }
        Ok(())
    }
}
