use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use quorate_kernel::{FieldError, Principal, UserId};

use crate::store::avatars;
use crate::{Identity, IdentityError};

/// The largest picture, in bytes.
pub(crate) const AVATAR_BYTES: usize = 256 * 1024;

/// A picture and what it is.
pub(crate) struct Avatar {
    pub(crate) media_type: String,
    pub(crate) image: Vec<u8>,
}

impl Identity {
    /// Keeps a person's picture. What it is is told by its own bytes, and must be what the request says: nothing that
    /// a browser could run is taken for a picture (OPS-8).
    pub(crate) async fn put_avatar(
        &self,
        principal: &Principal,
        declared: &str,
        image: &[u8],
    ) -> Result<DateTime<Utc>, IdentityError> {
        let refuse = |message: &str| {
            IdentityError::Fields(vec![FieldError { field: "body".to_owned(), message: message.to_owned() }])
        };
        if image.len() > AVATAR_BYTES {
            return Err(refuse("must be at most 256 KiB"));
        }
        let kind = kind_of(image).ok_or_else(|| refuse("must be a PNG, JPEG or WebP picture"))?;
        if declared != kind {
            return Err(refuse("is not what its content type says"));
        }
        let now = self.clock.now();
        let mut tx = self.store.system("a picture belongs to a person, not to an organization").await?;
        avatars::put(&mut tx, principal.user_id, kind, STANDARD.encode(image), now).await?;
        tx.commit().await?;
        Ok(now)
    }

    /// Forgets a person's picture.
    pub(crate) async fn remove_avatar(&self, principal: &Principal) -> Result<(), IdentityError> {
        let mut tx = self.store.system("a picture belongs to a person, not to an organization").await?;
        avatars::remove(&mut tx, principal.user_id).await?;
        Ok(tx.commit().await?)
    }

    /// The picture of somebody the caller shares an organization with.
    pub(crate) async fn avatar(&self, principal: &Principal, of: UserId) -> Result<Avatar, IdentityError> {
        if !self.knows(principal, of).await? {
            return Err(IdentityError::NotFound("picture"));
        }
        let (media_type, text) = avatars::get(&self.store, of).await?.ok_or(IdentityError::NotFound("picture"))?;
        let image =
            STANDARD.decode(text).map_err(|error| IdentityError::Broken(format!("a stored picture: {error}")))?;
        Ok(Avatar { media_type, image })
    }
}

/// What a picture is by its first bytes.
fn kind_of(image: &[u8]) -> Option<&'static str> {
    match image {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_their_bytes() {
        assert_eq!(kind_of(b"\x89PNG\r\n\x1a\n...."), Some("image/png"));
        assert_eq!(kind_of(b"\xff\xd8\xff\xe0"), Some("image/jpeg"));
        assert_eq!(kind_of(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        for other in [&b"<svg onload=alert(1)>"[..], b"<!doctype html>", b"GIF89a", b"", b"RIFF\0\0\0\0WAVE"] {
            assert_eq!(kind_of(other), None);
        }
    }
}
