//! What streams are packed with.

use std::io::Read as _;

use flate2::read::{DeflateDecoder, ZlibDecoder};

use super::object::{Dictionary, Object};
use crate::ExtractError;
use crate::budget::Budget;

/// The most filters on one stream.
const FILTERS: usize = 8;

/// The content of a stream; none where it is a picture or packed in a way that holds no text.
pub(super) fn unpack(
    filters: &[Object],
    settings: &[Object],
    raw: &[u8],
    budget: &mut Budget,
) -> Result<Option<Vec<u8>>, ExtractError> {
    if filters.len() > FILTERS {
        return Err(ExtractError::TooMuch);
    }
    budget.worked(raw.len())?;
    let mut content = raw.to_vec();
    if filters.is_empty() {
        budget.unpacked(content.len())?;
    }
    for (index, filter) in filters.iter().enumerate() {
        let settings = settings.get(index).and_then(Object::dictionary);
        let most = budget.unpackable();
        content = match filter.name() {
            Some(b"FlateDecode" | b"Fl") => predicted(inflate(&content, most), settings)?,
            Some(b"LZWDecode" | b"LZW") => {
                let early = settings.and_then(|all| all.get(b"EarlyChange")).and_then(Object::count) != Some(0);
                predicted(lzw(&content, early, most), settings)?
            }
            Some(b"ASCIIHexDecode" | b"AHx") => ascii_hex(&content),
            Some(b"ASCII85Decode" | b"A85") => ascii_85(&content),
            Some(b"RunLengthDecode" | b"RL") => run_length(&content, most),
            _ => return Ok(None),
        };
        budget.unpacked(content.len())?;
    }
    Ok(Some(content))
}

/// Unpacks as far as it goes: the beginning of a damaged stream is better than nothing. One byte more than `most`
/// stands for too much.
fn inflate(packed: &[u8], most: usize) -> Vec<u8> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut content = Vec::new();
    // What could be read before an error is in `content`.
    let _ = ZlibDecoder::new(packed).take(limit).read_to_end(&mut content);
    if content.is_empty() && packed.len() > 2 {
        let _ = DeflateDecoder::new(&packed[2..]).take(limit).read_to_end(&mut content);
    }
    content
}

fn lzw(packed: &[u8], early: bool, most: usize) -> Vec<u8> {
    const CLEAR: usize = 256;
    const END: usize = 257;
    // Each entry is a stretch of the output, so that the table costs nothing.
    let mut entries: Vec<(usize, usize)> = Vec::new();
    let mut out: Vec<u8> = Vec::new();
    let mut before: Option<(usize, usize)> = None;
    let (mut width, mut held, mut bits) = (9_u32, 0_u32, 0_u32);
    for byte in packed {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        if bits < width {
            continue;
        }
        bits -= width;
        let code = ((held >> bits) & ((1 << width) - 1)) as usize;
        held &= (1 << bits) - 1;
        match code {
            END => break,
            CLEAR => {
                entries.clear();
                width = 9;
                before = None;
                continue;
            }
            _ => {}
        }
        if let Some((from, length)) = before.filter(|_| entries.len() < 4096 - 258) {
            // What came before and the first byte of what comes now: they stand next to each other in the output.
            entries.push((from, length + 1));
        }
        let start = out.len();
        if code < CLEAR {
            out.push(u8::try_from(code).unwrap_or_default());
        } else if let Some((from, length)) = entries.get(code - 258).copied() {
            // An entry may reach into what is being written: byte by byte.
            for offset in 0..length {
                let byte = out.get(from + offset).copied().unwrap_or_default();
                out.push(byte);
            }
        } else {
            break;
        }
        before = Some((start, out.len() - start));
        width = match entries.len() + 258 + usize::from(early) {
            0..512 => 9,
            512..1024 => 10,
            1024..2048 => 11,
            _ => 12,
        };
        if out.len() > most {
            break;
        }
    }
    out
}

fn ascii_hex(packed: &[u8]) -> Vec<u8> {
    let digits = packed.iter().take_while(|byte| **byte != b'>');
    let digits: Vec<u8> =
        digits.filter_map(|byte| char::from(*byte).to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    digits.chunks(2).map(|pair| pair[0] * 16 + pair.get(1).copied().unwrap_or_default()).collect()
}

fn ascii_85(packed: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut group: Vec<u32> = Vec::with_capacity(5);
    for byte in packed {
        match byte {
            b'~' => break,
            b'z' if group.is_empty() => out.extend([0; 4]),
            b'!'..=b'u' => {
                group.push(u32::from(byte - b'!'));
                if group.len() == 5 {
                    out.extend(base_85(&group));
                    group.clear();
                }
            }
            _ => {}
        }
    }
    if group.len() > 1 {
        let kept = group.len() - 1;
        group.resize(5, 84);
        out.extend(&base_85(&group)[..kept]);
    }
    out
}

fn base_85(group: &[u32]) -> [u8; 4] {
    group.iter().fold(0_u32, |value, digit| value.wrapping_mul(85).wrapping_add(*digit)).to_be_bytes()
}

fn run_length(packed: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = packed;
    while let Some((length, after)) = rest.split_first() {
        let length = usize::from(*length);
        match length {
            0..=127 => {
                let taken = after.len().min(length + 1);
                out.extend_from_slice(&after[..taken]);
                rest = &after[taken..];
            }
            128 => break,
            _ => {
                let Some((byte, after)) = after.split_first() else { break };
                out.resize(out.len() + 257 - length, *byte);
                rest = after;
            }
        }
        if out.len() > most {
            break;
        }
    }
    out
}

/// Undoes the predictor that the settings name: each row says how it differs from the one above.
fn predicted(content: Vec<u8>, settings: Option<&Dictionary>) -> Result<Vec<u8>, ExtractError> {
    let number = |name: &[u8], otherwise: usize| {
        settings.and_then(|all| all.get(name)).and_then(Object::count).unwrap_or(otherwise)
    };
    let predictor = number(b"Predictor", 1);
    if predictor < 10 {
        // 2 is for pictures alone.
        return Ok(content);
    }
    let (colors, bits, columns) = (number(b"Colors", 1), number(b"BitsPerComponent", 8), number(b"Columns", 1));
    if colors > 32 || bits > 16 || columns > 1 << 16 {
        return Err(ExtractError::TooMuch);
    }
    let pixel = (colors * bits).div_ceil(8).max(1);
    let width = (colors * bits * columns).div_ceil(8).max(1);
    let mut out: Vec<u8> = Vec::with_capacity(content.len());
    let mut above = vec![0; width];
    for row in content.chunks(width + 1) {
        let Some((kind, row)) = row.split_first() else { break };
        let mut now = vec![0; width];
        for (index, byte) in row.iter().enumerate() {
            let left = if index >= pixel { now[index - pixel] } else { 0 };
            let corner = if index >= pixel { above[index - pixel] } else { 0 };
            let up: u8 = above[index];
            let guess = match kind {
                1 => left,
                2 => up,
                3 => u8::midpoint(left, up),
                4 => paeth(left, up, corner),
                _ => 0,
            };
            now[index] = byte.wrapping_add(guess);
        }
        out.extend_from_slice(&now[..row.len()]);
        above = now;
    }
    Ok(out)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i32::from(left), i32::from(up), i32::from(corner));
    let guess = a + b - c;
    let (to_left, to_up, to_corner) = ((guess - a).abs(), (guess - b).abs(), (guess - c).abs());
    if to_left <= to_up && to_left <= to_corner {
        left
    } else if to_up <= to_corner {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_encodings_of_bytes_are_undone() {
        assert_eq!(ascii_hex(b"48 65 6c6C 6f7>zz"), b"Hellop");
        assert_eq!(ascii_85(b"87cURD]i,\"Ebo80~>"), b"Hello World!");
        assert_eq!(run_length(&[2, b'a', b'b', b'c', 254, b'x', 128, 9], 100), b"abcxxx");
    }

    #[test]
    fn lzw_is_the_example_of_the_specification() {
        // ISO 32000-1, 7.4.4.2.
        let packed = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01];
        assert_eq!(lzw(&packed, true, 1_000), [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
    }

    #[test]
    fn rows_are_put_back_from_what_they_differ_by() {
        let settings =
            Dictionary(vec![(b"Predictor".to_vec(), Object::Number(12.0)), (b"Columns".to_vec(), Object::Number(3.0))]);
        let rows = vec![0, 1, 2, 3, 2, 1, 1, 1, 1, 5, 1, 1];
        assert_eq!(predicted(rows, Some(&settings)).unwrap(), [1, 2, 3, 2, 3, 4, 5, 6, 7]);
    }
}
