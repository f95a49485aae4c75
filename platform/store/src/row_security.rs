use sqlx::{AnyConnection, AssertSqlSafe};

use crate::StoreError;

/// The policy of every tenant table on PostgreSQL: a row is there only for its own organization, or for a system
/// transaction. It backs up the filter in each query (IDN-21).
const POLICY: &str = "org_id = current_setting('quorate.org_id', true) \
                      OR current_setting('quorate.scope', true) = 'system'";

/// Tables with an `org_id` that are no tenant data: the audit log and the queue itself.
const PLATFORM_TABLES: [&str; 2] = ["audit_entries", "work_jobs"];

/// Puts the policy on every tenant table that lacks it. PostgreSQL only.
pub(crate) async fn enforce(connection: &mut AnyConnection) -> Result<(), StoreError> {
    let exempt: bool =
        sqlx::query_scalar("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user::text")
            .fetch_one(&mut *connection)
            .await?;
    if exempt {
        tracing::warn!("the database role is exempt from row-level security; connect as an ordinary role instead");
    }
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT c.table_name::text FROM information_schema.columns c \
         JOIN pg_class p ON p.relname = c.table_name \
         JOIN pg_namespace n ON n.oid = p.relnamespace AND n.nspname = c.table_schema \
         WHERE c.table_schema = current_schema() AND c.column_name = 'org_id' AND p.relkind = 'r' \
         AND NOT (p.relrowsecurity AND p.relforcerowsecurity) ORDER BY 1",
    )
    .fetch_all(&mut *connection)
    .await?;
    for table in tables.iter().filter(|table| !PLATFORM_TABLES.contains(&table.as_str())) {
        // The names come from the catalogue, that is from our own migrations.
        let statements = format!(
            "ALTER TABLE \"{table}\" ENABLE ROW LEVEL SECURITY; ALTER TABLE \"{table}\" FORCE ROW LEVEL SECURITY; \
             DROP POLICY IF EXISTS tenant ON \"{table}\"; \
             CREATE POLICY tenant ON \"{table}\" USING ({POLICY}) WITH CHECK ({POLICY});"
        );
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut *connection).await?;
    }
    Ok(())
}
