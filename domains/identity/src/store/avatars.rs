use chrono::{DateTime, Utc};
use quorate_kernel::{UserId, millis};
use quorate_store::{Store, StoreError, SystemTx};

/// Keeps a picture in the place of the last one.
pub(crate) async fn put(
    tx: &mut SystemTx,
    user: UserId,
    media_type: &'static str,
    image: String,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.sql(
        "INSERT INTO identity_avatars (user_id, media_type, image, changed_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (user_id) DO UPDATE SET media_type = excluded.media_type, image = excluded.image, \
         changed_at = excluded.changed_at",
    )
    .bind(user.to_string())
    .bind(media_type)
    .bind(image)
    .bind(millis(now))
    .execute()
    .await?;
    Ok(())
}

/// Forgets the picture.
pub(crate) async fn remove(tx: &mut SystemTx, user: UserId) -> Result<(), StoreError> {
    tx.sql("DELETE FROM identity_avatars WHERE user_id = $1").bind(user.to_string()).execute().await?;
    Ok(())
}

/// The media type and the picture in Base64.
pub(crate) async fn get(store: &Store, user: UserId) -> Result<Option<(String, String)>, StoreError> {
    let mut tx = store.system_read("a picture belongs to a person, not to an organization").await?;
    tx.sql("SELECT media_type, image FROM identity_avatars WHERE user_id = $1").bind(user.to_string()).optional().await
}
