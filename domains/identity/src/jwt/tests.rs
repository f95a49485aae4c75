//! Hostile tokens: each differs from a good one in one thing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use super::*;

const ISSUER: &str = "https://board.example.com";
const NOW: i64 = 1_800_000_000;
const SEED: [u8; 32] = [7; 32];

fn header() -> Value {
    json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "k1"})
}

fn claims() -> Value {
    let id = Uuid::from_u128(1);
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": id, "org": id, "role": "owner", "sid": id, "jti": id,
        "iat": NOW, "exp": NOW + 900})
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn token(header: &Value, claims: &Value, seed: [u8; 32]) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = SigningKey::from_bytes(&seed).sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn with(mut value: Value, name: &str, other: Value) -> Value {
    value[name] = other;
    value
}

fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().unwrap().remove(name);
    value
}

fn check(token: &str, at: i64) -> Result<Claims, Refusal> {
    let key = DecodingKey::from_ed_der(SigningKey::from_bytes(&SEED).verifying_key().as_bytes());
    verify(token, ISSUER, DateTime::from_timestamp(at, 0).unwrap(), |kid| (kid == "k1").then_some(&key))
}

#[test]
fn what_we_sign_we_accept() {
    let signed: Claims = serde_json::from_value(claims()).unwrap();
    let token = sign(&signed, "k1", &EncodingKey::from_ed_der(&SEED)).unwrap();
    assert_eq!(check(&token, NOW).unwrap(), signed);
    let written: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap();
    assert_eq!(written, header());
    assert!(check(&super::tests::token(&header(), &claims(), SEED), NOW).is_ok());
}

#[test]
fn time_ends_a_token_with_little_leeway() {
    let good = token(&header(), &claims(), SEED);
    assert!(check(&good, NOW + 909).is_ok());
    assert_eq!(check(&good, NOW + 910), Err(Refusal::Expired));
    assert!(matches!(check(&token(&header(), &without(claims(), "exp"), SEED), NOW), Err(Refusal::Invalid(_))));
}

#[test]
fn hostile_headers_are_refused() {
    let good = token(&header(), &claims(), SEED);
    let (_, rest) = good.split_once('.').unwrap();
    let body = rest.split('.').next().unwrap();
    let none = part(&with(header(), "alg", json!("none")));
    let unsigned = [
        format!("{none}.{body}."),
        format!("{none}.{rest}"),
        format!("{}.{body}.", part(&header())),
        format!("{}.{body}", part(&header())),
    ];
    for bad in unsigned {
        assert!(matches!(check(&bad, NOW), Err(Refusal::Invalid(_))), "{bad}");
    }
    for (name, value) in [
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("alg", json!("RS256")),
        ("alg", json!("eddsa")),
        ("typ", json!("JWT")),
        ("typ", json!("id+jwt")),
        ("typ", Value::Null),
        ("kid", Value::Null),
        ("crit", json!(["exp"])),
    ] {
        let bad = token(&with(header(), name, value.clone()), &claims(), SEED);
        assert!(matches!(check(&bad, NOW), Err(Refusal::Invalid(_))), "{name} {value}");
    }
    let foreign_kid = token(&with(header(), "kid", json!("k2")), &claims(), SEED);
    assert_eq!(check(&foreign_kid, NOW), Err(Refusal::UnknownKey));
    // The key that a token brings along is nobody's key.
    let key = SigningKey::from_bytes(&[9; 32]);
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes())});
    assert!(matches!(check(&token(&with(header(), "jwk", jwk), &claims(), [9; 32]), NOW), Err(Refusal::Invalid(_))));
}

#[test]
fn hostile_claims_and_signatures_are_refused() {
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", Value::Null),
        ("aud", json!("somebody-else")),
        ("aud", json!(["somebody-else", AUDIENCE])),
        ("aud", Value::Null),
        ("sub", json!("not an id")),
        ("sid", Value::Null),
        ("exp", json!("tomorrow")),
        ("iat", json!(NOW + 11)),
    ] {
        let bad = token(&header(), &with(claims(), name, value.clone()), SEED);
        assert!(matches!(check(&bad, NOW), Err(Refusal::Invalid(_))), "{name} {value}");
    }
    assert!(matches!(check(&token(&header(), &claims(), [8; 32]), NOW), Err(Refusal::Invalid(_))));
    let good = token(&header(), &claims(), SEED);
    let (head, tail) = good.split_once('.').unwrap();
    let (_, signature) = tail.split_once('.').unwrap();
    let other = part(&with(claims(), "role", json!("admin")));
    assert!(matches!(check(&format!("{head}.{other}.{signature}"), NOW), Err(Refusal::Invalid(_))));
    for bad in ["", ".", "..", "a.b.c", "qr_abc"] {
        assert!(matches!(check(bad, NOW), Err(Refusal::Invalid(_))), "{bad}");
    }
}
