use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use quorate_kernel::{UserId, from_millis, millis};
use quorate_store::{StoreError, SystemTx};
use sqlx::FromRow;
use uuid::Uuid;

use super::id;
use crate::second_factor::webauthn::Shown;

/// A registered passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passkey {
    pub(crate) id: Uuid,
    pub(crate) user: UserId,
    pub(crate) credential_id: Vec<u8>,
    /// A COSE key.
    pub(crate) public_key: Vec<u8>,
    pub(crate) sign_count: u32,
    /// Whether it may be copied to its owner's other devices.
    pub(crate) backup_eligible: bool,
    /// Whether it has been.
    pub(crate) backed_up: bool,
    pub(crate) transports: Vec<String>,
    pub(crate) name: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct PasskeyRow {
    id: String,
    user_id: String,
    credential_id: String,
    public_key: String,
    sign_count: i64,
    backup_eligible: i64,
    backed_up: i64,
    transports: String,
    name: String,
    created_at: i64,
    last_used_at: Option<i64>,
}

/// A statement that reads passkeys, with this condition.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, user_id, credential_id, public_key, sign_count, backup_eligible, backed_up, transports, name, \
             created_at, last_used_at FROM identity_passkeys ",
            $condition
        )
    };
}

impl PasskeyRow {
    fn read(self) -> Result<Passkey, StoreError> {
        Ok(Passkey {
            id: id("identity_passkeys.id", &self.id)?,
            user: UserId(id("identity_passkeys.user_id", &self.user_id)?),
            credential_id: bytes("identity_passkeys.credential_id", &self.credential_id)?,
            public_key: bytes("identity_passkeys.public_key", &self.public_key)?,
            sign_count: u32::try_from(self.sign_count)
                .map_err(|error| StoreError::corrupt("identity_passkeys.sign_count", error))?,
            backup_eligible: self.backup_eligible != 0,
            backed_up: self.backed_up != 0,
            transports: self.transports.split_whitespace().map(str::to_owned).collect(),
            name: self.name,
            created_at: from_millis(self.created_at),
            last_used_at: self.last_used_at.map(from_millis),
        })
    }
}

fn bytes(what: &'static str, text: &str) -> Result<Vec<u8>, StoreError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|error| StoreError::corrupt(what, error))
}

/// Writes a passkey. One that is registered already, by anybody, is a unique violation.
pub(crate) async fn add(tx: &mut SystemTx, passkey: &Passkey) -> Result<(), StoreError> {
    tx.sql(
        "INSERT INTO identity_passkeys \
         (id, user_id, credential_id, public_key, sign_count, backup_eligible, backed_up, transports, name, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(passkey.id.to_string())
    .bind(passkey.user.to_string())
    .bind(URL_SAFE_NO_PAD.encode(&passkey.credential_id))
    .bind(URL_SAFE_NO_PAD.encode(&passkey.public_key))
    .bind(i64::from(passkey.sign_count))
    .bind(i64::from(passkey.backup_eligible))
    .bind(i64::from(passkey.backed_up))
    .bind(passkey.transports.join(" "))
    .bind(passkey.name.clone())
    .bind(millis(passkey.created_at))
    .execute()
    .await?;
    Ok(())
}

/// A person's passkeys, the oldest first.
pub(crate) async fn of_user(tx: &mut SystemTx, user: UserId) -> Result<Vec<Passkey>, StoreError> {
    let rows: Vec<PasskeyRow> =
        tx.sql(select!("WHERE user_id = $1 ORDER BY created_at, id")).bind(user.to_string()).all().await?;
    rows.into_iter().map(PasskeyRow::read).collect()
}

/// How many passkeys a person has.
pub(crate) async fn count(tx: &mut SystemTx, user: UserId) -> Result<i64, StoreError> {
    tx.sql("SELECT COUNT(*) FROM identity_passkeys WHERE user_id = $1").bind(user.to_string()).scalar().await
}

/// The passkey with this credential id, base64url, whoever's it is.
pub(crate) async fn by_credential(tx: &mut SystemTx, credential_id: &str) -> Result<Option<Passkey>, StoreError> {
    // Anything else is no id of ours, and a NUL is no text to PostgreSQL.
    if !credential_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Ok(None);
    }
    let row: Option<PasskeyRow> =
        tx.sql(select!("WHERE credential_id = $1")).bind(credential_id.to_owned()).optional().await?;
    row.map(PasskeyRow::read).transpose()
}

/// One of a person's passkeys.
pub(crate) async fn find(tx: &mut SystemTx, user: UserId, passkey: Uuid) -> Result<Option<Passkey>, StoreError> {
    let row: Option<PasskeyRow> = tx
        .sql(select!("WHERE id = $1 AND user_id = $2"))
        .bind(passkey.to_string())
        .bind(user.to_string())
        .optional()
        .await?;
    row.map(PasskeyRow::read).transpose()
}

/// Notes a use; tells whether the counter moved forward, or does not count. Of two uses with one count one wins.
pub(crate) async fn shown(
    tx: &mut SystemTx,
    passkey: Uuid,
    shown: Shown,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let noted = tx
        .sql(
            "UPDATE identity_passkeys SET sign_count = $1, backed_up = $2, last_used_at = $3 \
             WHERE id = $4 AND (sign_count < $1 OR (sign_count = 0 AND $1 = 0))",
        )
        .bind(i64::from(shown.sign_count))
        .bind(i64::from(shown.backed_up))
        .bind(millis(now))
        .bind(passkey.to_string())
        .execute()
        .await?;
    Ok(noted == 1)
}

/// Gives one of a person's passkeys another name; tells whether it is there.
pub(crate) async fn rename(tx: &mut SystemTx, user: UserId, passkey: Uuid, name: &str) -> Result<bool, StoreError> {
    let renamed = tx
        .sql("UPDATE identity_passkeys SET name = $1 WHERE id = $2 AND user_id = $3")
        .bind(name.to_owned())
        .bind(passkey.to_string())
        .bind(user.to_string())
        .execute()
        .await?;
    Ok(renamed == 1)
}

/// Makes others who change this person's passkeys or connections wait until the transaction ends, so that each knows
/// what is left.
pub(crate) async fn hold(tx: &mut SystemTx, user: UserId) -> Result<(), StoreError> {
    tx.sql("UPDATE identity_users SET is_operator = is_operator WHERE id = $1")
        .bind(user.to_string())
        .execute()
        .await?;
    Ok(())
}

/// Forgets one of a person's passkeys; tells whether it was there.
pub(crate) async fn remove(tx: &mut SystemTx, user: UserId, passkey: Uuid) -> Result<bool, StoreError> {
    let removed = tx
        .sql("DELETE FROM identity_passkeys WHERE id = $1 AND user_id = $2")
        .bind(passkey.to_string())
        .bind(user.to_string())
        .execute()
        .await?;
    Ok(removed == 1)
}
