use chrono::{DateTime, Utc};
use quorate_kernel::{UserId, from_millis, millis};
use quorate_store::{Store, StoreError, SystemTx};
use sqlx::FromRow;

use crate::profile::{ConsentChange, Consents, ProfileChange, Settings};

#[derive(FromRow)]
struct WishesRow {
    data_retention_days: i64,
    notify_new_device: i64,
    notify_product: i64,
    terms_at: Option<i64>,
    privacy_at: Option<i64>,
    marketing_at: Option<i64>,
}

/// The settings and consents of an account.
pub(crate) async fn read(store: &Store, user: UserId) -> Result<(Settings, Consents), StoreError> {
    let mut tx = store.system_read("settings belong to a person, not to an organization").await?;
    let row: WishesRow = tx
        .sql(
            "SELECT data_retention_days, notify_new_device, notify_product, terms_at, privacy_at, marketing_at \
             FROM identity_users WHERE id = $1",
        )
        .bind(user.to_string())
        .one()
        .await?;
    let settings = Settings {
        data_retention_days: row.data_retention_days,
        notify_new_device: row.notify_new_device != 0,
        notify_product: row.notify_product != 0,
    };
    let consents = Consents {
        terms_at: row.terms_at.map(from_millis),
        privacy_at: row.privacy_at.map(from_millis),
        marketing_at: row.marketing_at.map(from_millis),
    };
    Ok((settings, consents))
}

/// Whether the person wants a mail about log-ins from new devices.
pub(crate) async fn wants_new_device_mail(tx: &mut SystemTx, user: UserId) -> Result<bool, StoreError> {
    let wants: i64 =
        tx.sql("SELECT notify_new_device FROM identity_users WHERE id = $1").bind(user.to_string()).scalar().await?;
    Ok(wants != 0)
}

/// Changes what the change names.
pub(crate) async fn change(tx: &mut SystemTx, user: UserId, change: &ProfileChange) -> Result<(), StoreError> {
    tx.sql(
        "UPDATE identity_users SET name = COALESCE($1, name), locale = COALESCE($2, locale), \
         time_zone = COALESCE($3, time_zone), data_retention_days = COALESCE($4, data_retention_days), \
         notify_new_device = COALESCE($5, notify_new_device), notify_product = COALESCE($6, notify_product) \
         WHERE id = $7",
    )
    .bind(change.name.clone())
    .bind(change.locale.clone())
    .bind(change.time_zone.clone())
    .bind(change.data_retention_days)
    .bind(change.notify_new_device.map(i64::from))
    .bind(change.notify_product.map(i64::from))
    .bind(user.to_string())
    .execute()
    .await?;
    Ok(())
}

/// Notes consents: a yes keeps the time of the first one, a no clears it.
pub(crate) async fn consent(
    tx: &mut SystemTx,
    user: UserId,
    change: ConsentChange,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.sql(
        "UPDATE identity_users SET \
         terms_at = CASE WHEN $1 = 1 THEN COALESCE(terms_at, $4) ELSE terms_at END, \
         privacy_at = CASE WHEN $2 = 1 THEN COALESCE(privacy_at, $4) ELSE privacy_at END, \
         marketing_at = CASE WHEN $3 = 1 THEN COALESCE(marketing_at, $4) WHEN $3 = 0 THEN NULL ELSE marketing_at END \
         WHERE id = $5",
    )
    .bind(told(change.terms))
    .bind(told(change.privacy))
    .bind(told(change.marketing))
    .bind(millis(now))
    .bind(user.to_string())
    .execute()
    .await?;
    Ok(())
}

/// A yes, a no, or nothing said, as a number that both databases know the type of.
fn told(answer: Option<bool>) -> i64 {
    answer.map_or(-1, i64::from)
}
