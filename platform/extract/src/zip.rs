//! Just enough of the ZIP format to take parts out of a document of a word processor.

use std::io::Read as _;

use flate2::read::DeflateDecoder;

use crate::ExtractError;
use crate::budget::Budget;

/// What unpacks to more than this many times its size is a bomb; honest XML stays far below, small parts aside.
const RATIO: usize = 200;
const SMALL: usize = 8 * 1024 * 1024;
/// The most entries of an archive.
const ENTRIES: usize = 10_000;

const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";

/// An archive's list of parts.
pub(crate) struct Archive<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    encrypted: bool,
    method: u16,
    packed: usize,
    local: usize,
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?)).ok()
}

impl<'a> Archive<'a> {
    /// Reads the list at the archive's end.
    pub(crate) fn open(bytes: &'a [u8], budget: &mut Budget) -> Result<Self, ExtractError> {
        let damaged = ExtractError::Damaged("its list of parts is missing");
        // The end record is followed by a comment of at most 64 KiB.
        let from = bytes.len().saturating_sub(22 + 65_535);
        let end = from + memchr::memmem::rfind(&bytes[from..], END).ok_or(damaged)?;
        let count = usize::from(short(bytes, end + 10).ok_or(damaged)?);
        let mut at = long(bytes, end + 16).ok_or(damaged)?;
        if count > ENTRIES {
            return Err(ExtractError::TooMuch);
        }
        let mut entries = Vec::new();
        for _ in 0..count {
            budget.step()?;
            let entry = Entry::read(bytes, &mut at).ok_or(damaged)?;
            entries.push(entry);
        }
        Ok(Self { bytes, entries })
    }

    /// The names of its parts.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The content of a part; none when there is no such part.
    pub(crate) fn part(&self, name: &str, budget: &mut Budget) -> Result<Option<Vec<u8>>, ExtractError> {
        let Some(entry) = self.entries.iter().find(|entry| entry.name == name) else { return Ok(None) };
        if entry.encrypted {
            return Err(ExtractError::Protected);
        }
        let damaged = ExtractError::Damaged("one of its parts is cut off");
        let packed = entry.packed_bytes(self.bytes).ok_or(damaged)?;
        let most = packed.len().saturating_mul(RATIO).max(SMALL).min(budget.unpackable());
        let mut content = Vec::new();
        match entry.method {
            0 => content.extend_from_slice(&packed[..packed.len().min(most + 1)]),
            8 => {
                let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
                let unpacked = DeflateDecoder::new(packed).take(limit).read_to_end(&mut content);
                unpacked.map_err(|_| ExtractError::Damaged("one of its parts cannot be unpacked"))?;
            }
            _ => return Err(ExtractError::Damaged("one of its parts is packed in a way that is not read")),
        }
        if content.len() > most {
            return Err(ExtractError::TooMuch);
        }
        budget.unpacked(content.len())?;
        Ok(Some(content))
    }
}

impl Entry {
    fn read(bytes: &[u8], at: &mut usize) -> Option<Self> {
        let start = *at;
        if !bytes.get(start..)?.starts_with(ENTRY) {
            return None;
        }
        let length = |offset| short(bytes, start + offset).map(usize::from);
        let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
        let name_bytes = bytes.get(start + 46..start + 46 + name)?;
        *at = start + 46 + name + extra + comment;
        Some(Self {
            name: String::from_utf8_lossy(name_bytes).into_owned(),
            encrypted: short(bytes, start + 8)? & 1 == 1,
            method: short(bytes, start + 10)?,
            packed: long(bytes, start + 20)?,
            local: long(bytes, start + 42)?,
        })
    }

    fn packed_bytes<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let local = bytes.get(self.local..)?;
        if !local.starts_with(LOCAL) {
            return None;
        }
        let skip = 30 + usize::from(short(local, 26)?) + usize::from(short(local, 28)?);
        local.get(skip..skip.checked_add(self.packed)?)
    }
}
