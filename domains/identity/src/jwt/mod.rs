//! Access tokens: JWTs signed with Ed25519 (IDN-2).

mod keys;
mod provider;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) use keys::{KeyRing, PublicJwk, SigningKeyRecord};
pub(crate) use provider::install;

use crate::IdentityError;

/// The media type of an access token (RFC 9068), so that no other kind of token passes for one.
const TYPE: &str = "at+jwt";
/// How far the clocks of two nodes may differ, in seconds.
const LEEWAY_SECONDS: i64 = 10;
/// Who the tokens are for.
pub(crate) const AUDIENCE: &str = "quorate-api";

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// The server's public address.
    pub(crate) iss: String,
    pub(crate) aud: String,
    /// The user.
    pub(crate) sub: Uuid,
    /// The organization they act in.
    pub(crate) org: Uuid,
    /// Their role there when the token was issued; a hint for clients, the server asks the database.
    pub(crate) role: String,
    /// The login session.
    pub(crate) sid: Uuid,
    /// The pair of tokens that this one belongs to.
    pub(crate) jti: Uuid,
    /// Seconds since the epoch.
    pub(crate) iat: i64,
    pub(crate) exp: i64,
}

/// Why an access token is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is ours, but its time is over.
    Expired,
    /// It is signed with a key that this node does not know (yet).
    UnknownKey,
    /// Anything else. The reason is for the log.
    Invalid(String),
}

/// Writes the token, signed with the key named `kid`.
pub(crate) fn sign(claims: &Claims, kid: &str, key: &EncodingKey) -> Result<String, IdentityError> {
    provider::install();
    let header = Header { typ: Some(TYPE.to_owned()), kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, claims, key).map_err(|error| IdentityError::SigningKey(error.to_string()))
}

/// Checks everything about a token that needs no database: algorithm, type, key, signature, issuer, audience, time.
pub(crate) fn verify<'k>(
    token: &str,
    issuer: &str,
    now: DateTime<Utc>,
    key_of: impl FnOnce(&str) -> Option<&'k DecodingKey>,
) -> Result<Claims, Refusal> {
    provider::install();
    let header = jsonwebtoken::decode_header(token).map_err(|error| invalid(&error))?;
    // The algorithm is ours to choose, never the token's (RFC 8725, 3.1). `decode` checks it once more.
    if header.alg != Algorithm::EdDSA {
        return Err(Refusal::Invalid(format!("algorithm {:?}", header.alg)));
    }
    if header.typ.as_deref() != Some(TYPE) || header.crit.is_some() {
        return Err(Refusal::Invalid(format!("type {:?}, critical fields {:?}", header.typ, header.crit)));
    }
    let kid = header.kid.ok_or_else(|| Refusal::Invalid("no kid".to_owned()))?;
    let key = key_of(&kid).ok_or(Refusal::UnknownKey)?;
    let claims =
        jsonwebtoken::decode::<Claims>(token, key, &validation(issuer)).map_err(|error| invalid(&error))?.claims;
    // A token from the future was not made by a clock of ours.
    if claims.iat > now.timestamp().saturating_add(LEEWAY_SECONDS) {
        return Err(Refusal::Invalid("issued in the future".to_owned()));
    }
    // The library reads the machine's clock; ours can be held by a test.
    if claims.exp.saturating_add(LEEWAY_SECONDS) <= now.timestamp() {
        return Err(Refusal::Expired);
    }
    Ok(claims)
}

fn validation(issuer: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_exp = false;
    validation
}

fn invalid(error: &jsonwebtoken::errors::Error) -> Refusal {
    Refusal::Invalid(error.to_string())
}

#[cfg(test)]
mod tests;
