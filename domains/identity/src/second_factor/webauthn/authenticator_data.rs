use std::io::Cursor;

use ciborium::Value;
use sha2::{Digest as _, Sha256};

use super::{Expected, LONGEST_CREDENTIAL_ID, Refusal};

const UNREADABLE: Refusal = Refusal::Unreadable("authenticatorData");
const RP_ID_HASH: usize = 32;
const AAGUID: usize = 16;
/// How deep CBOR from outside may nest; what authenticators make nests twice.
const DEEPEST: usize = 8;

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;

/// What an authenticator says (WebAuthn section 6.1).
#[derive(Debug)]
pub(super) struct AuthenticatorData {
    rp_id_hash: [u8; RP_ID_HASH],
    flags: u8,
    pub(super) sign_count: u32,
    pub(super) attested: Option<Attested>,
}

/// A new credential.
#[derive(Debug)]
pub(super) struct Attested {
    pub(super) credential_id: Vec<u8>,
    /// The public key, a COSE key.
    pub(super) key: Vec<u8>,
}

impl AuthenticatorData {
    /// Reads all of it; one byte too many or too few is refused.
    pub(super) fn read(mut rest: &[u8]) -> Result<Self, Refusal> {
        let rp_id_hash = *take::<RP_ID_HASH>(&mut rest)?;
        let [flags] = *take::<1>(&mut rest)?;
        let sign_count = u32::from_be_bytes(*take::<4>(&mut rest)?);
        let attested = if flags & ATTESTED == 0 { None } else { Some(attested(&mut rest)?) };
        if flags & EXTENSIONS != 0 {
            let (_, length) = cbor(rest)?;
            rest = rest.get(length..).ok_or(UNREADABLE)?;
        }
        if rest.is_empty() { Ok(Self { rp_id_hash, flags, sign_count, attested }) } else { Err(UNREADABLE) }
    }

    /// Checks whom it is for and how its user took part.
    pub(super) fn check(&self, expected: &Expected<'_>) -> Result<(), Refusal> {
        if self.rp_id_hash[..] != Sha256::digest(expected.party.id.as_bytes())[..] {
            return Err(Refusal::RelyingParty);
        }
        if self.flags & USER_PRESENT == 0 {
            return Err(Refusal::UserPresence);
        }
        if expected.user_verification && self.flags & USER_VERIFIED == 0 {
            return Err(Refusal::UserVerification);
        }
        if self.backed_up() && !self.backup_eligible() {
            return Err(Refusal::Flags);
        }
        Ok(())
    }

    /// Whether the passkey may be copied to other devices. It never changes.
    pub(super) const fn backup_eligible(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }

    /// Whether it has been.
    pub(super) const fn backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

fn attested(rest: &mut &[u8]) -> Result<Attested, Refusal> {
    take::<AAGUID>(rest)?;
    let length = usize::from(u16::from_be_bytes(*take::<2>(rest)?));
    if length == 0 || length > LONGEST_CREDENTIAL_ID {
        return Err(Refusal::CredentialId);
    }
    let (credential_id, after) = rest.split_at_checked(length).ok_or(UNREADABLE)?;
    let (_, length) = cbor(after)?;
    let (key, after) = after.split_at_checked(length).ok_or(UNREADABLE)?;
    *rest = after;
    Ok(Attested { credential_id: credential_id.to_vec(), key: key.to_vec() })
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], Refusal> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or(UNREADABLE)?;
    *rest = after;
    Ok(taken)
}

/// The first CBOR value, and how many bytes it has.
pub(super) fn cbor(bytes: &[u8]) -> Result<(Value, usize), Refusal> {
    let mut cursor = Cursor::new(bytes);
    let value = ciborium::de::from_reader_with_recursion_limit(&mut cursor, DEEPEST).map_err(|_| UNREADABLE)?;
    let length = usize::try_from(cursor.position()).map_err(|_| UNREADABLE)?;
    Ok((value, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_it_ends() {
        // {1: 2}, then something else.
        let (value, length) = cbor(&[0xa1, 0x01, 0x02, 0xff, 0x00]).unwrap();
        assert_eq!((value, length), (Value::Map(vec![(1.into(), 2.into())]), 3));
    }

    #[test]
    fn nesting_and_false_lengths_are_refused() {
        assert!(cbor(&[0x81; 5000]).is_err(), "arrays in arrays");
        assert!(cbor(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_err(), "an array of 2^64 - 1");
        assert!(cbor(&[0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_err(), "as many bytes");
        assert!(cbor(&[]).is_err());
    }

    #[test]
    fn every_truncation_is_refused() {
        let whole = {
            let mut bytes = vec![0; 32];
            bytes.extend([USER_PRESENT | ATTESTED | EXTENSIONS, 0, 0, 0, 7]);
            bytes.extend([0; 16]);
            bytes.extend([0, 2, 9, 9, 0xa1, 0x01, 0x02, 0xa0]);
            bytes
        };
        let read = AuthenticatorData::read(&whole).unwrap();
        assert_eq!(read.sign_count, 7);
        assert_eq!(read.attested.unwrap().key, [0xa1, 0x01, 0x02]);
        for length in 0..whole.len() {
            assert!(AuthenticatorData::read(&whole[..length]).is_err(), "{length}");
        }
        let mut longer = whole;
        longer.push(0);
        assert!(AuthenticatorData::read(&longer).is_err());
    }
}
