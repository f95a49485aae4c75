use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::ImageSource;

/// Pixels to a token, as Anthropic counts; the others are near it for pictures of usual size.
const PIXELS_PER_TOKEN: u64 = 750;
/// The most a picture costs: larger ones are scaled down.
const MOST: u64 = 1600;
/// The least, and what OpenAI takes for `detail: low`.
const LEAST: u64 = 85;
/// A picture whose size we cannot see.
const UNKNOWN: u64 = 1000;
/// How much of the base64 is looked at: the size stands at the front, in a JPEG behind its metadata.
const FRONT: usize = 256 * 1024;

/// About how many tokens a picture has.
pub(super) fn tokens(source: &ImageSource, detail: Option<&str>) -> u64 {
    if detail == Some("low") {
        return LEAST;
    }
    let data = match source {
        ImageSource::Base64 { data, .. } => data.as_str(),
        ImageSource::Url(url) => match url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
            Some((_, data)) => data,
            None => return UNKNOWN,
        },
    };
    let mut front = data.len().min(FRONT);
    front -= front % 4;
    let bytes = data.get(..front).and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
    match size(&bytes) {
        Some((width, height)) => (u64::from(width) * u64::from(height) / PIXELS_PER_TOKEN).clamp(LEAST, MOST),
        None => UNKNOWN,
    }
}

/// Width and height of a PNG, GIF, WebP or JPEG.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some((u32::from_be_bytes(at(bytes, 16)?), u32::from_be_bytes(at(bytes, 20)?)))
    } else if bytes.starts_with(b"GIF8") {
        Some((u16::from_le_bytes(at(bytes, 6)?).into(), u16::from_le_bytes(at(bytes, 8)?).into()))
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        webp(bytes)
    } else if bytes.starts_with(b"\xff\xd8") {
        jpeg(bytes)
    } else {
        None
    }
}

/// WebP has three kinds, each with its own place for the size (RFC 9649).
fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8X" => {
            let side = |place: usize| at(bytes, place).map(|[a, b, c]: [u8; 3]| u32::from_le_bytes([a, b, c, 0]) + 1);
            Some((side(24)?, side(27)?))
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(at(bytes, 21)?);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => {
            let side = |place: usize| at(bytes, place).map(|pair| u32::from(u16::from_le_bytes(pair) & 0x3fff));
            Some((side(26)?, side(28)?))
        }
        _ => None,
    }
}

/// A JPEG's size stands in its frame header, the first segment from SOF0 to SOF15 that is one.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut place = 2;
    loop {
        let [mark, kind] = at(bytes, place)?;
        if mark != 0xff {
            return None;
        }
        match kind {
            // Fill bytes before a marker.
            0xff => place += 1,
            // Markers without a length.
            0x01 | 0xd0..=0xd8 => place += 2,
            // Tables that share the range of frame headers.
            0xc0..=0xcf if !matches!(kind, 0xc4 | 0xc8 | 0xcc) => {
                let height = u16::from_be_bytes(at(bytes, place + 5)?);
                return Some((u16::from_be_bytes(at(bytes, place + 7)?).into(), height.into()));
            }
            _ => place += 2 + usize::from(u16::from_be_bytes(at(bytes, place + 2)?)),
        }
    }
}

fn at<const N: usize>(bytes: &[u8], place: usize) -> Option<[u8; N]> {
    bytes.get(place..place.checked_add(N)?)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(bytes: &[u8]) -> u64 {
        tokens(&ImageSource::Base64 { media_type: "image/x".to_owned(), data: STANDARD.encode(bytes) }, None)
    }

    #[test]
    fn the_size_is_read_from_every_format() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 3, 232, 0, 0, 3, 32, 8, 6, 0, 0, 0]);
        assert_eq!(size(&png), Some((1000, 800)));
        assert_eq!(size(b"GIF89a\xe8\x03\x20\x03\0\0"), Some((1000, 800)));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xdb\0\x03x\xff\xc4\0\x02\xff\xc0\0\x11\x08\x03\x20\x03\xe8\x03";
        assert_eq!(size(jpeg), Some((1000, 800)));
        let extended = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xe7\x03\0\x1f\x03\0";
        assert_eq!(size(extended), Some((1000, 800)));
        let bits: u32 = 999 | 799 << 14;
        let lossless = [b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f".as_slice(), &bits.to_le_bytes()].concat();
        assert_eq!(size(&lossless), Some((1000, 800)));
        let lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\xe8\x03\x20\x03";
        assert_eq!(size(lossy), Some((1000, 800)));
        assert_eq!(of(&png), 1066);
    }

    #[test]
    fn small_large_and_unknown_pictures_are_bounded() {
        assert_eq!(of(b"GIF89a\x01\0\x01\0\0\0"), LEAST);
        assert_eq!(of(b"GIF89a\xff\xff\xff\xff\0\0"), MOST);
        assert_eq!(of(b"BM"), UNKNOWN);
        assert_eq!(tokens(&ImageSource::Url("https://a.example/b.png".to_owned()), None), UNKNOWN);
        assert_eq!(tokens(&ImageSource::Url("https://a.example/b.png".to_owned()), Some("low")), LEAST);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(head in 0..4_usize, tail in prop::collection::vec(any::<u8>(), 0..64)) {
            let heads: [&[u8]; 4] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X", b"GIF8"];
            let tokens = of(&[heads[head], tail.as_slice()].concat());
            prop_assert!((LEAST..=MOST).contains(&tokens));
        }
    }
}
