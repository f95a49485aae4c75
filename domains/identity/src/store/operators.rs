use quorate_kernel::UserId;
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;

use super::id;
use crate::orgs::Operator;

#[derive(FromRow)]
struct OperatorRow {
    id: String,
    email: String,
    name: String,
}

/// Those who run the server, the first one first. Whether they have a second factor is not known here.
pub(crate) async fn list(store: &Store) -> Result<Vec<Operator>, StoreError> {
    let mut tx = store.system_read("operators belong to the server").await?;
    let rows: Vec<OperatorRow> = tx
        .sql("SELECT id, email, name FROM identity_users WHERE is_operator = 1 ORDER BY created_at, id")
        .all()
        .await?;
    let read = |row: OperatorRow| {
        let user_id = UserId(id("identity_users.id", &row.id)?);
        Ok(Operator { user_id, email: row.email, name: row.name, second_factor: false })
    };
    rows.into_iter().map(read).collect()
}

/// Takes the rows of all operators for this transaction, and tells who they are.
pub(crate) async fn lock(tx: &mut SystemTx) -> Result<Vec<UserId>, StoreError> {
    let rows: Vec<(String,)> =
        tx.sql("UPDATE identity_users SET is_operator = 1 WHERE is_operator = 1 RETURNING id").all().await?;
    rows.into_iter().map(|(user,)| Ok(UserId(id("identity_users.id", &user)?))).collect()
}

/// Makes somebody an operator, or one no longer; tells whether that changed anything.
pub(crate) async fn set(tx: &mut SystemTx, user: UserId, operator: bool) -> Result<bool, StoreError> {
    let changed = tx
        .sql("UPDATE identity_users SET is_operator = $1 WHERE id = $2 AND is_operator <> $1")
        .bind(i64::from(operator))
        .bind(user.to_string())
        .execute()
        .await?;
    Ok(changed == 1)
}
