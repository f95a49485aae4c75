//! What is checked of a token that somebody else signed. Nothing in it is believed before the signature, and the
//! algorithm is never the token's choice (RFC 8725).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::Value;

use super::keys::TokenAlgorithm;

/// How far the issuer's clock and ours may differ, in seconds.
const LEEWAY_SECONDS: i64 = 30;
/// The longest token that is looked at.
const LONGEST: usize = 16 * 1024;
/// What a token may say that it is. Log-out tokens and the like are for other purposes.
const TYPES: [&str; 2] = ["jwt", "at+jwt"];

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenRefusal {
    /// It is genuine, but its time is over.
    Expired,
    /// The issuer has published no such key.
    UnknownKey,
    /// Anything else. The reason is for the log.
    Invalid(String),
    /// The issuer's keys cannot be read just now.
    Unreachable(String),
}

/// What a token says about how it was signed, which only selects among what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignedBy {
    pub(crate) algorithm: TokenAlgorithm,
    pub(crate) kid: Option<String>,
}

/// Whose tokens are taken, and for whom they must be.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) issuers: &'a [&'a str],
    pub(crate) audience: &'a [String],
}

/// The issuer that a token names, not verified: it only says by whose rules the token is to be judged.
pub(crate) fn named_issuer(token: &str) -> Option<String> {
    if token.len() > LONGEST {
        return None;
    }
    let claims = token.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    claims["iss"].as_str().map(str::to_owned)
}

/// Reads the header and refuses what no key could help.
pub(crate) fn signed_by(token: &str, allowed: &[TokenAlgorithm]) -> Result<SignedBy, TokenRefusal> {
    if token.len() > LONGEST {
        return Err(TokenRefusal::Invalid("it is too long".to_owned()));
    }
    let header = jsonwebtoken::decode_header(token).map_err(|error| TokenRefusal::Invalid(error.to_string()))?;
    let algorithm = TokenAlgorithm::known(header.alg).filter(|algorithm| allowed.contains(algorithm));
    let algorithm = algorithm.ok_or_else(|| TokenRefusal::Invalid(format!("algorithm {:?}", header.alg)))?;
    if header.crit.is_some() {
        return Err(TokenRefusal::Invalid("critical header fields".to_owned()));
    }
    let plain = header.typ.map(|typ| typ.to_ascii_lowercase().trim_start_matches("application/").to_owned());
    if plain.as_deref().is_some_and(|typ| !TYPES.contains(&typ)) {
        return Err(TokenRefusal::Invalid(format!("type {plain:?}")));
    }
    Ok(SignedBy { algorithm, kid: header.kid })
}

/// The claims, if the key has signed them and they are from and for whom they should be, at this time.
pub(crate) fn verify(
    token: &str,
    algorithm: TokenAlgorithm,
    key: &DecodingKey,
    wanted: &Wanted<'_>,
    now: DateTime<Utc>,
) -> Result<Value, TokenRefusal> {
    crate::jwt::install();
    let mut validation = Validation::new(algorithm.of_library());
    // Time and the rest are judged below, by our own clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Value>(token, key, &validation)
        .map_err(|error| TokenRefusal::Invalid(error.to_string()))?
        .claims;
    check(&claims, wanted, now.timestamp())?;
    Ok(claims)
}

fn check(claims: &Value, wanted: &Wanted<'_>, now: i64) -> Result<(), TokenRefusal> {
    let invalid = |what: &str| Err(TokenRefusal::Invalid(what.to_owned()));
    if !claims["iss"].as_str().is_some_and(|issuer| wanted.issuers.contains(&issuer)) {
        return invalid("another issuer");
    }
    let for_us =
        |audience: &Value| audience.as_str().is_some_and(|text| wanted.audience.iter().any(|ours| ours == text));
    let named = match &claims["aud"] {
        Value::Array(many) => many.iter().any(for_us),
        one => for_us(one),
    };
    if !named {
        return invalid("another audience");
    }
    let Some(expires) = seconds(&claims["exp"]) else { return invalid("no time of expiry") };
    for name in ["nbf", "iat"] {
        match (&claims[name], seconds(&claims[name])) {
            (Value::Null, _) => {}
            (_, Some(time)) if time <= now.saturating_add(LEEWAY_SECONDS) => {}
            _ => return invalid("from the future"),
        }
    }
    if expires.saturating_add(LEEWAY_SECONDS) <= now {
        return Err(TokenRefusal::Expired);
    }
    if subject(claims).is_none() {
        return invalid("no subject");
    }
    Ok(())
}

/// Who the token is about (OpenID Connect Core, 2: at most 255 characters).
pub(crate) fn subject(claims: &Value) -> Option<String> {
    let subject = claims["sub"].as_str()?;
    let fine = (1..=255).contains(&subject.len()) && !subject.chars().any(char::is_control);
    fine.then(|| subject.to_owned())
}

fn seconds(time: &Value) -> Option<i64> {
    // Some issuers write fractions of a second; what lies beyond the numbers of JSON is no time.
    time.as_i64().or_else(|| time.as_f64().filter(|time| time.is_finite()).map(|time| time as i64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn claims() -> Value {
        json!({"iss": "https://id.example", "aud": "us", "sub": "u1", "iat": NOW, "nbf": NOW, "exp": NOW + 60})
    }

    fn judged(change: &[(&str, Value)]) -> Result<(), TokenRefusal> {
        let mut claims = claims();
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        let audience = ["us".to_owned()];
        check(&claims, &Wanted { issuers: &["https://id.example"], audience: &audience }, NOW)
    }

    #[test]
    fn good_claims_pass() {
        assert_eq!(judged(&[]), Ok(()));
        for fine in [
            ("aud", json!(["them", "us"])),
            ("exp", json!(NOW - 29)),
            ("iat", json!(NOW + 30)),
            ("nbf", json!(NOW + 30)),
            ("exp", json!(1_800_000_000.5)),
            ("iat", Value::Null),
            ("nbf", Value::Null),
        ] {
            assert_eq!(judged(std::slice::from_ref(&fine)), Ok(()), "{fine:?}");
        }
    }

    #[test]
    fn each_wrong_claim_is_refused() {
        assert_eq!(judged(&[("exp", json!(NOW - 30))]), Err(TokenRefusal::Expired));
        for wrong in [
            ("iss", json!("https://id.example/")),
            ("iss", json!("https://id.example.evil")),
            ("iss", json!(["https://id.example"])),
            ("iss", Value::Null),
            ("aud", json!("them")),
            ("aud", json!([])),
            ("aud", json!({"us": true})),
            ("aud", Value::Null),
            ("exp", Value::Null),
            ("exp", json!("tomorrow")),
            ("iat", json!(NOW + 31)),
            ("iat", json!("now")),
            ("nbf", json!(NOW + 31)),
            ("sub", json!("")),
            ("sub", json!(7)),
            ("sub", json!("a\u{0}b")),
            ("sub", json!("x".repeat(256))),
            ("sub", Value::Null),
        ] {
            assert!(matches!(judged(std::slice::from_ref(&wrong)), Err(TokenRefusal::Invalid(_))), "{wrong:?}");
        }
    }

    #[test]
    fn the_header_only_selects_among_what_is_allowed() {
        let token = |header: Value| format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(header.to_string()));
        let allowed = [TokenAlgorithm::RS256, TokenAlgorithm::ES256];
        let good = signed_by(&token(json!({"alg": "RS256", "kid": "k", "typ": "JWT"})), &allowed).unwrap();
        assert_eq!(good, SignedBy { algorithm: TokenAlgorithm::RS256, kid: Some("k".into()) });
        assert!(signed_by(&token(json!({"alg": "ES256", "typ": "application/at+jwt"})), &allowed).is_ok());
        for header in [
            json!({"alg": "none"}),
            json!({"alg": "None"}),
            json!({"alg": "HS256"}),
            json!({"alg": "EdDSA"}),
            json!({"alg": "PS256"}),
            json!({"kid": "k"}),
            json!({"alg": "RS256", "crit": ["exp"]}),
            json!({"alg": "RS256", "typ": "logout+jwt"}),
        ] {
            assert!(matches!(signed_by(&token(header.clone()), &allowed), Err(TokenRefusal::Invalid(_))), "{header}");
        }
        let long = format!("{}{}", token(json!({"alg": "RS256"})), "x".repeat(LONGEST));
        assert!(matches!(signed_by(&long, &allowed), Err(TokenRefusal::Invalid(_))));
        assert_eq!(named_issuer(&long), None);
    }
}
