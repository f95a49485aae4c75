//! An authenticator app, written from RFC 4226 section 5.3, RFC 6238 section 4 and RFC 4648 section 6, so that it agrees
//! with the server only if both are right.

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};

/// An app that has read a QR code.
#[derive(Debug)]
pub struct AuthenticatorApp(Vec<u8>);

impl AuthenticatorApp {
    /// Reads what the QR code holds, an `otpauth` address.
    ///
    /// # Errors
    /// When it asks for other codes than every app makes, or holds no secret.
    pub fn scan(uri: &str) -> Result<Self> {
        let (label, query) = uri.split_once('?').context("no parameters")?;
        let parameter = |name: &str| query.split('&').find_map(|one| one.strip_prefix(name)?.strip_prefix('='));
        let usual = [("algorithm", "SHA1"), ("digits", "6"), ("period", "30")];
        let asked = usual.iter().all(|(name, value)| parameter(name).is_none_or(|asked| asked == *value));
        anyhow::ensure!(label.starts_with("otpauth://totp/") && asked, "not the usual codes: {uri}");
        base32(parameter("secret").context("no secret")?).map(Self)
    }

    /// The code that it shows at that time.
    #[must_use]
    pub fn code(&self, at: DateTime<Utc>) -> String {
        let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = sign(&key, &(at.timestamp() / 30).to_be_bytes());
        let hash = tag.as_ref();
        let offset = usize::from(hash[19] & 0xf);
        let number = hash[offset..offset + 4].iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }

    /// A code that it shows at no time near.
    #[must_use]
    pub fn wrong_code(&self, at: DateTime<Utc>) -> String {
        let near: Vec<String> = (-3..=3).map(|step| self.code(at + TimeDelta::seconds(30 * step))).collect();
        (0..8).map(|n| format!("{n:06}")).find(|code| !near.contains(code)).unwrap_or_default()
    }
}

fn base32(text: &str) -> Result<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0u16, 0);
    for character in text.bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'2'..=b'7' => character - b'2' + 26,
            _ => anyhow::bail!("not base 32: {text}"),
        };
        held = held << 5 | u16::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff)?);
        }
    }
    Ok(bytes)
}
