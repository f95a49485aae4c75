use chrono::{DateTime, Utc};
use quorate_kernel::{UserId, from_millis, millis};
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;

use super::id;

/// Who an account is to another service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) user_id: UserId,
    /// The service's name in the configuration.
    pub(crate) provider: String,
    /// The address that the service gave.
    pub(crate) email: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct ConnectionRow {
    issuer: String,
    subject: String,
    user_id: String,
    provider: String,
    email: Option<String>,
    created_at: i64,
}

impl ConnectionRow {
    fn read(self) -> Result<Connection, StoreError> {
        let Self { issuer, subject, user_id, provider, email, created_at } = self;
        let user_id = UserId(id("identity_connections.user_id", &user_id)?);
        Ok(Connection { issuer, subject, user_id, provider, email, created_at: from_millis(created_at) })
    }
}

/// Writes the connection. One that another account has, or an account that has one of this issuer, is a unique
/// violation.
pub(crate) async fn add(tx: &mut SystemTx, new: &Connection) -> Result<(), StoreError> {
    tx.sql(
        "INSERT INTO identity_connections (issuer, subject, user_id, provider, email, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.issuer.clone())
    .bind(new.subject.clone())
    .bind(new.user_id.to_string())
    .bind(new.provider.clone())
    .bind(new.email.clone())
    .bind(millis(new.created_at))
    .execute()
    .await?;
    Ok(())
}

/// The account that an identity of another service belongs to.
pub(crate) async fn owner(tx: &mut SystemTx, issuer: &str, subject: &str) -> Result<Option<UserId>, StoreError> {
    let row: Option<(String,)> = tx
        .sql("SELECT user_id FROM identity_connections WHERE issuer = $1 AND subject = $2")
        .bind(issuer.to_owned())
        .bind(subject.to_owned())
        .optional()
        .await?;
    row.map(|(user,)| Ok(UserId(id("identity_connections.user_id", &user)?))).transpose()
}

/// All connections of an account, the oldest first.
pub(crate) async fn of_user(tx: &mut SystemTx, user: UserId) -> Result<Vec<Connection>, StoreError> {
    let rows: Vec<ConnectionRow> = tx
        .sql(
            "SELECT issuer, subject, user_id, provider, email, created_at FROM identity_connections \
             WHERE user_id = $1 ORDER BY created_at, issuer",
        )
        .bind(user.to_string())
        .all()
        .await?;
    rows.into_iter().map(ConnectionRow::read).collect()
}

/// As [`of_user`], in a transaction of its own.
pub(crate) async fn list(store: &Store, user: UserId) -> Result<Vec<Connection>, StoreError> {
    let mut tx = store.system_read("a connection belongs to a person, not to an organization").await?;
    of_user(&mut tx, user).await
}

/// Removes an account's connection with a service.
pub(crate) async fn remove(tx: &mut SystemTx, user: UserId, issuer: &str) -> Result<(), StoreError> {
    tx.sql("DELETE FROM identity_connections WHERE user_id = $1 AND issuer = $2")
        .bind(user.to_string())
        .bind(issuer.to_owned())
        .execute()
        .await?;
    Ok(())
}
