use ciborium::Value;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::Refusal;
use super::authenticator_data::cbor;

/// ECDSA with P-256 and SHA-256: what nearly all authenticators have.
pub(super) const ES256: i64 = -7;
/// Ed25519.
pub(super) const EDDSA: i64 = -8;
/// RSA with SHA-256: older TPMs under Windows Hello.
pub(super) const RS256: i64 = -257;

// Labels of a COSE key (RFC 9052 section 7.1, RFC 9053 section 7, RFC 8230 section 4).
const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;
const CURVE: i64 = -1;
const P256: i64 = 1;
const CURVE_ED25519: i64 = 6;

/// The public key of a passkey.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// The point, uncompressed.
    Es256(Vec<u8>),
    EdDsa(Vec<u8>),
    Rs256 {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
}

impl PublicKey {
    /// Reads a COSE key of one of the offered kinds.
    pub(super) fn read(cose: &[u8]) -> Result<Self, Refusal> {
        let (Value::Map(entries), length) = cbor(cose)? else { return Err(Refusal::Unreadable("the public key")) };
        if length != cose.len() {
            return Err(Refusal::Unreadable("the public key"));
        }
        let number = |label: i64| find(&entries, label).and_then(Value::as_integer).and_then(|n| i64::try_from(n).ok());
        let bytes = |label: i64, length: Option<usize>| {
            let found = find(&entries, label).and_then(Value::as_bytes);
            found.filter(|found| length.is_none_or(|length| found.len() == length)).ok_or(Refusal::Algorithm)
        };
        match (number(KEY_TYPE), number(ALGORITHM)) {
            (Some(EC2), Some(ES256)) if number(CURVE) == Some(P256) => {
                let (x, y) = (bytes(-2, Some(32))?, bytes(-3, Some(32))?);
                Ok(Self::Es256([&[4], x.as_slice(), y.as_slice()].concat()))
            }
            (Some(OKP), Some(EDDSA)) if number(CURVE) == Some(CURVE_ED25519) => {
                Ok(Self::EdDsa(bytes(-2, Some(32))?.clone()))
            }
            (Some(RSA), Some(RS256)) => {
                Ok(Self::Rs256 { modulus: bytes(-1, None)?.clone(), exponent: bytes(-2, None)?.clone() })
            }
            _ => Err(Refusal::Algorithm),
        }
    }

    /// Whether the key's owner signed this.
    pub(super) fn verify(&self, signed: &[u8], signature: &[u8]) -> Result<(), Refusal> {
        match self {
            Self::Es256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(signed, signature),
            Self::EdDsa(key) => UnparsedPublicKey::new(&ED25519, key).verify(signed, signature),
            Self::Rs256 { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                signed,
                signature,
            ),
        }
        .map_err(|_| Refusal::Signature)
    }
}

/// A label that comes twice is found by nobody: which of the two counts must not depend on the reader.
fn find(entries: &[(Value, Value)], label: i64) -> Option<&Value> {
    let mut found = entries.iter().filter(|(key, _)| *key == Value::from(label)).map(|(_, value)| value);
    found.next().filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cose(entries: &[(i64, Value)]) -> Vec<u8> {
        let map = entries.iter().map(|(label, value)| (Value::from(*label), value.clone())).collect();
        let mut bytes = Vec::new();
        ciborium::into_writer(&Value::Map(map), &mut bytes).unwrap();
        bytes
    }

    fn es256() -> Vec<(i64, Value)> {
        let half = || Value::Bytes(vec![7; 32]);
        vec![(KEY_TYPE, EC2.into()), (ALGORITHM, ES256.into()), (CURVE, P256.into()), (-2, half()), (-3, half())]
    }

    #[test]
    fn only_offered_and_whole_keys_are_read() {
        assert!(PublicKey::read(&cose(&es256())).is_ok());
        for (label, value) in [
            (KEY_TYPE, Value::from(OKP)),
            (ALGORITHM, Value::from(-35)),
            (ALGORITHM, Value::from(EDDSA)),
            (CURVE, Value::from(2)),
            (-2, Value::Bytes(vec![7; 31])),
            (-3, Value::from(true)),
        ] {
            let mut wrong = es256();
            wrong.iter_mut().find(|entry| entry.0 == label).unwrap().1 = value;
            assert_eq!(PublicKey::read(&cose(&wrong)), Err(Refusal::Algorithm), "{label}");
        }
        let mut twice = es256();
        twice.push((ALGORITHM, RS256.into()));
        assert_eq!(PublicKey::read(&cose(&twice)), Err(Refusal::Algorithm));
        let mut longer = cose(&es256());
        longer.push(0);
        assert!(PublicKey::read(&longer).is_err());
        assert!(PublicKey::read(&[0x80]).is_err());
    }

    #[test]
    fn a_point_off_the_curve_verifies_nothing() {
        let key = PublicKey::read(&cose(&es256())).unwrap();
        assert_eq!(key.verify(b"x", &[0; 70]), Err(Refusal::Signature));
    }
}
