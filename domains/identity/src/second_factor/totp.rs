use chrono::{DateTime, Utc};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use quorate_kernel::Ids;
use totp_rs::{Builder, Secret, Totp};

use crate::IdentityError;

/// SHA-1's block of output: what RFC 4226 recommends, and what apps take.
const SECRET_BYTES: usize = 20;
/// Seconds that a code is shown.
const STEP_SECONDS: i64 = 30;
/// How many steps a clock may be off, either way (RFC 6238 section 5.2).
const TOLERANCE: i64 = 1;
const QR_SIDE: u32 = 220;

/// What an authenticator app shares with the server. Its codes are those every app makes: HMAC-SHA-1, 6 digits, 30 s.
pub(super) struct TotpSecret(Totp);

impl TotpSecret {
    pub(super) fn new(ids: &dyn Ids) -> Result<Self, IdentityError> {
        let mut bytes = [0u8; SECRET_BYTES];
        ids.fill(&mut bytes);
        Self::from_bytes(&bytes)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, IdentityError> {
        let totp = Builder::new().with_secret(Secret::from(bytes.to_vec())).build();
        totp.map(Self).map_err(|error| IdentityError::Broken(format!("TOTP secret: {error}")))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.secret().as_bytes()
    }

    /// As people type it, in base 32.
    pub(super) fn as_text(&self) -> String {
        self.0.secret().to_base32()
    }

    /// The step of time, after the last one used, whose code this is.
    pub(super) fn step_of(&self, code: &str, now: DateTime<Utc>, last_step: i64) -> Option<i64> {
        let current = now.timestamp().div_euclid(STEP_SECONDS);
        let steps = current - TOLERANCE..=current + TOLERANCE;
        steps.filter(|step| *step > last_step).find(|step| {
            let Ok(time) = u64::try_from(step * STEP_SECONDS) else { return false };
            // With no tolerance of its own, it compares with one step, in constant time.
            self.at_one_step().check(code, time).is_some()
        })
    }

    fn at_one_step(&self) -> Totp {
        Builder::new().with_secret(Secret::from(self.as_bytes().to_vec())).with_skew(0).build_noncompliant()
    }

    /// What the QR code holds (Google's "Key URI Format", which all apps read).
    pub(super) fn uri(&self, host: &str, email: &str) -> String {
        // A colon would end the issuer's name.
        let issuer = if host.contains(':') { "Quorate".to_owned() } else { format!("Quorate ({host})") };
        let (issuer, account) = (percent(&issuer), percent(email));
        let secret = self.as_text();
        format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period={STEP_SECONDS}"
        )
    }
}

/// The picture that an app's camera reads.
pub(super) fn qr_svg(uri: &str) -> Result<String, IdentityError> {
    let code = QrCode::with_error_correction_level(uri, EcLevel::M)
        .map_err(|error| IdentityError::Broken(format!("QR code: {error}")))?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(QR_SIDE, QR_SIDE).build())
}

/// RFC 3986: everything but the unreserved characters.
fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use quorate_kernel::{SystemIds, from_millis};
    use ring::hmac;

    use super::*;

    /// Another implementation, straight from RFC 4226 section 5.3 and RFC 6238 section 4, with another HMAC.
    fn by_the_rfc(secret: &[u8], seconds: i64) -> u32 {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
        let tag = hmac::sign(&key, &(seconds / 30).to_be_bytes());
        let hash = tag.as_ref();
        let offset = usize::from(hash[19] & 0xf);
        let binary = u32::from_be_bytes(hash[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
        binary % 100_000_000
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        from_millis(seconds * 1000)
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        // Appendix B, SHA-1. Its codes have 8 digits; ours are their last 6.
        let secret = b"12345678901234567890";
        for (seconds, code) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(by_the_rfc(secret, seconds), code, "the other implementation");
            let code = format!("{:06}", code % 1_000_000);
            let totp = TotpSecret::from_bytes(secret).unwrap();
            assert_eq!(totp.step_of(&code, at(seconds), 0), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn two_implementations_agree_on_any_secret_and_time() {
        for n in 0..200 {
            let totp = TotpSecret::new(&SystemIds).unwrap();
            let seconds = 1_700_000_000 + n * 7_919;
            let code = format!("{:06}", by_the_rfc(totp.as_bytes(), seconds) % 1_000_000);
            assert!(totp.step_of(&code, at(seconds), 0).is_some(), "{code} at {seconds}");
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off_and_a_used_step_is_over() {
        let totp = TotpSecret::from_bytes(b"12345678901234567890").unwrap();
        let (now, step) = (at(1_111_111_111), 1_111_111_111 / 30);
        let code = |step: i64| format!("{:06}", by_the_rfc(totp.as_bytes(), step * 30) % 1_000_000);
        for off in [-1, 0, 1] {
            assert_eq!(totp.step_of(&code(step + off), now, 0), Some(step + off));
        }
        for off in [-2, 2] {
            assert_eq!(totp.step_of(&code(step + off), now, 0), None);
        }
        assert_eq!(totp.step_of(&code(step), now, step - 1), Some(step));
        assert_eq!(totp.step_of(&code(step), now, step), None, "used");
        assert_eq!(totp.step_of(&code(step - 1), now, step), None, "older than the one used");
        assert_eq!(totp.step_of(&code(step), at(-100), 0), None, "a clock before 1970");
        for wrong in ["", "12345", "1234567", "+12345", "12345６", "abcdef"] {
            assert_eq!(totp.step_of(wrong, now, 0), None, "{wrong}");
        }
    }

    #[test]
    fn apps_can_read_the_uri() {
        let totp = TotpSecret::from_bytes(b"12345678901234567890").unwrap();
        assert_eq!(
            totp.uri("board.example.com", "ada+x@example.com"),
            "otpauth://totp/Quorate%20%28board.example.com%29:ada%2Bx%40example.com\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Quorate%20%28board.example.com%29\
             &algorithm=SHA1&digits=6&period=30"
        );
        assert!(totp.uri("[::1]", "a@b.c").starts_with("otpauth://totp/Quorate:a%40b.c?"));
        let svg = qr_svg(&totp.uri("board.example.com", &format!("{}@example.com", "a".repeat(240)))).unwrap();
        assert!(svg.contains("<svg") && !svg.contains("style=") && !svg.contains("<script"), "{svg}");
    }
}
