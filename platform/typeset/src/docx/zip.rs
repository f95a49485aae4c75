//! Packs parts into a ZIP file (APPNOTE 6.3.10): deflated, all of the same date, so that the same parts give the same
//! bytes.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// The first of January 1980, the earliest that the format can name.
const DATE: u16 = 0x21;
/// Version 2.0: it can be deflated.
const VERSION: u16 = 20;
/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;
const DEFLATED: u16 = 8;

/// Packs the parts, each with its name, in their order.
pub(super) fn zip(parts: &[(String, String)]) -> io::Result<Vec<u8>> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let offset = size(out.len())?;
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
        packed.write_all(content.as_bytes())?;
        let packed = packed.finish()?;
        let mut entry = Vec::new();
        for number in [VERSION, FLAGS, DEFLATED, 0, DATE] {
            entry.extend(number.to_le_bytes());
        }
        for number in [crc32fast::hash(content.as_bytes()), size(packed.len())?, size(content.len())?] {
            entry.extend(number.to_le_bytes());
        }
        let length = u16::try_from(name.len()).map_err(io::Error::other)?;
        entry.extend(length.to_le_bytes());
        entry.extend(0_u16.to_le_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&entry);
        out.extend(name.as_bytes());
        out.extend(packed);
        directory.extend(b"PK\x01\x02");
        directory.extend(VERSION.to_le_bytes());
        directory.extend(entry);
        // No comment, the first disk, no attributes.
        directory.extend([0_u8; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(parts.len()).map_err(io::Error::other)?;
    let (start, length) = (size(out.len())?, size(directory.len())?);
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    Ok(out)
}

fn size(bytes: usize) -> io::Result<u32> {
    u32::try_from(bytes).map_err(io::Error::other)
}

/// Unpacks what `zip` packed, for tests: each part with its name.
#[cfg(test)]
pub(crate) fn unzip(bytes: &[u8]) -> Vec<(String, String)> {
    use std::io::Read;
    let number = |at: usize, width: usize| {
        bytes[at..at + width].iter().rev().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
    };
    let (mut at, mut parts) = (0, Vec::new());
    while bytes[at..].starts_with(b"PK\x03\x04") {
        let (packed, whole, name) = (number(at + 18, 4), number(at + 22, 4), number(at + 26, 2));
        let start = at + 30 + name;
        let mut content = String::new();
        flate2::read::DeflateDecoder::new(&bytes[start..start + packed]).read_to_string(&mut content).unwrap();
        assert_eq!(content.len(), whole);
        assert_eq!(crc32fast::hash(content.as_bytes()) as usize, number(at + 14, 4));
        parts.push((String::from_utf8(bytes[at + 30..start].to_vec()).unwrap(), content));
        at = start + packed;
    }
    assert!(bytes[at..].starts_with(b"PK\x01\x02"));
    parts
}
