use quorate_store::{Engine, Store, StoreError, SystemTx};

use crate::AuditLog;

/// What an update may not touch. The rest are the personal parts, which may be emptied.
macro_rules! lasting_differ {
    () => {
        "(OLD.sequence, OLD.happened_at, OLD.actor_kind, OLD.action, OLD.actor_commitment, OLD.previous_mac, OLD.mac) \
         <> (NEW.sequence, NEW.happened_at, NEW.actor_kind, NEW.action, NEW.actor_commitment, NEW.previous_mac, NEW.mac) \
         OR OLD.org_id IS DISTINCT FROM NEW.org_id OR OLD.target_kind IS DISTINCT FROM NEW.target_kind \
         OR OLD.state_before IS DISTINCT FROM NEW.state_before OR OLD.state_after IS DISTINCT FROM NEW.state_after \
         OR OLD.request_id IS DISTINCT FROM NEW.request_id \
         OR OLD.target_commitment IS DISTINCT FROM NEW.target_commitment \
         OR (NEW.actor_user_id IS NOT NULL AND OLD.actor_user_id IS DISTINCT FROM NEW.actor_user_id) \
         OR (NEW.ip IS NOT NULL AND OLD.ip IS DISTINCT FROM NEW.ip) \
         OR (NEW.user_agent IS NOT NULL AND OLD.user_agent IS DISTINCT FROM NEW.user_agent) \
         OR (NEW.actor_salt IS NOT NULL AND OLD.actor_salt IS DISTINCT FROM NEW.actor_salt) \
         OR (NEW.target_salt IS NOT NULL AND OLD.target_salt IS DISTINCT FROM NEW.target_salt) \
         OR (NEW.target_id IS NOT NULL AND OLD.target_id IS DISTINCT FROM NEW.target_id) \
         OR (OLD.target_commitment IS NULL AND OLD.target_id IS DISTINCT FROM NEW.target_id) \
         OR (OLD.actor_detached IS NOT NULL AND OLD.actor_detached IS DISTINCT FROM NEW.actor_detached) \
         OR (OLD.target_detached IS NOT NULL AND OLD.target_detached IS DISTINCT FROM NEW.target_detached)"
    };
}

const SQLITE: [&str; 4] = [
    "DROP TRIGGER IF EXISTS audit_entries_no_update",
    concat!(
        "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries WHEN ",
        lasting_differ!(),
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    ),
    "DROP TRIGGER IF EXISTS audit_entries_no_delete",
    "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries \
     WHEN OLD.sequence > (SELECT base_sequence FROM audit_head WHERE id = 1) \
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
];

const POSTGRES: [&str; 3] = [
    concat!(
        "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF TG_OP = 'TRUNCATE' THEN RAISE EXCEPTION 'the audit log is append-only'; END IF; \
         IF TG_OP = 'DELETE' THEN \
         IF OLD.sequence > (SELECT base_sequence FROM audit_head WHERE id = 1) THEN \
         RAISE EXCEPTION 'the audit log is append-only'; END IF; RETURN OLD; END IF; \
         IF ",
        lasting_differ!(),
        " THEN RAISE EXCEPTION 'the audit log is append-only'; END IF; RETURN NEW; END $$"
    ),
    "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries \
     FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
    "CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries \
     FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
];

impl AuditLog {
    /// Has the database itself refuse to change entries or to remove any that has not expired; to be called after the
    /// migrations, as often as one likes. Against mistakes and curious operators: who may drop a trigger is stopped by
    /// the chain, not by this.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn guard(&self, store: &Store) -> Result<(), StoreError> {
        let mut tx = store.system("the audit log's triggers belong to no organization").await?;
        match tx.engine() {
            Engine::Sqlite => run(&mut tx, &SQLITE).await?,
            Engine::Postgres => guard_postgres(&mut tx).await?,
        }
        tx.commit().await
    }
}

async fn guard_postgres(tx: &mut SystemTx) -> Result<(), StoreError> {
    // Two nodes that replace one function at a time get an error, so they take turns.
    tx.sql("SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtextextended('quorate audit ' || current_schema(), 0))) a")
        .execute()
        .await?;
    let (function, triggers) = POSTGRES.split_at(1);
    run(tx, function).await?;
    let there: i64 = tx
        .sql(
            "SELECT COUNT(*) FROM pg_trigger WHERE tgrelid = to_regclass('audit_entries') \
             AND tgname IN ('audit_entries_append_only', 'audit_entries_no_truncate')",
        )
        .scalar()
        .await?;
    // Making a trigger waits for everybody who writes to the table, so it is done once only.
    if there == 0 { run(tx, triggers).await } else { Ok(()) }
}

async fn run(tx: &mut SystemTx, statements: &[&'static str]) -> Result<(), StoreError> {
    for statement in statements {
        tx.sql(statement).execute().await?;
    }
    Ok(())
}
