//! Walking over JSON (RFC 8259) without building anything: one pass, no recursion, no allocation.

use std::borrow::Cow;
use std::ops::Range;

use crate::BadBody;

/// How deep a body may be nested. Less than what serde_json takes, so that nothing passes here and fails there.
pub const MAX_DEPTH: u32 = 100;

/// A string of at least this many bytes that is base64 or a data URL is a picture or a file, not words.
const OPAQUE_FROM: usize = 1024;

/// Whether `body` is JSON of an acceptable depth.
pub(crate) fn check(body: &[u8]) -> Result<(), BadBody> {
    let mut walk = Walk::new(body)?;
    walk.value()?;
    walk.end()
}

/// A string as it stands in the bytes, quotes excluded.
pub(crate) struct Text {
    pub(crate) span: Range<usize>,
    escaped: bool,
}

/// A place in JSON text.
pub(crate) struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
    /// Bytes of pictures and files passed so far.
    pub(crate) opaque_bytes: usize,
    /// How many of them.
    pub(crate) opaque_count: usize,
}

impl<'a> Walk<'a> {
    /// At the beginning of `bytes`, which must be UTF-8.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, BadBody> {
        match std::str::from_utf8(bytes) {
            Ok(_) => Ok(Self::inside(bytes)),
            Err(error) => Err(BadBody::Syntax { at: error.valid_up_to() }),
        }
    }

    /// At the beginning of bytes that another walk has passed already.
    pub(crate) const fn inside(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0, opaque_bytes: 0, opaque_count: 0 }
    }

    /// Nothing but white space may follow.
    pub(crate) fn end(&mut self) -> Result<(), BadBody> {
        self.space();
        if self.at == self.bytes.len() { Ok(()) } else { self.wrong() }
    }

    /// Where the next value begins.
    pub(crate) fn start(&mut self) -> usize {
        self.space();
        self.at
    }

    /// Where the last value has ended.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// The next byte that is not white space, left where it is.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.space();
        self.bytes.get(self.at).copied()
    }

    /// Passes one value of any kind.
    pub(crate) fn value(&mut self) -> Result<Range<usize>, BadBody> {
        self.space();
        let start = self.at;
        // One bit for each open bracket: 1 for an object.
        let (mut open, mut depth) = (0_u128, self.depth);
        let floor = self.depth;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.string()?;
                }
                Some(bracket @ (b'{' | b'[')) => {
                    self.at += 1;
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return Err(BadBody::TooDeep);
                    }
                    let object = bracket == b'{';
                    open = open << 1 | u128::from(object);
                    match self.peek() {
                        Some(b'}') if object => {}
                        Some(b']') if !object => {}
                        _ => {
                            if object {
                                self.name()?;
                            }
                            continue;
                        }
                    }
                }
                Some(b't') => self.literal(b"true")?,
                Some(b'f') => self.literal(b"false")?,
                Some(b'n') => self.literal(b"null")?,
                Some(b'-' | b'0'..=b'9') => self.number()?,
                _ => return self.wrong(),
            }
            loop {
                if depth == floor {
                    return Ok(start..self.at);
                }
                let object = open & 1 == 1;
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        if object {
                            self.name()?;
                        }
                        break;
                    }
                    Some(close @ (b'}' | b']')) if object == (close == b'}') => {
                        self.at += 1;
                        depth -= 1;
                        open >>= 1;
                    }
                    _ => return self.wrong(),
                }
            }
        }
    }

    /// Passes one value, wherever it stands.
    pub(crate) fn skip(&mut self) -> Result<(), BadBody> {
        self.value().map(|_| ())
    }

    /// Passes an object; `field` gets each name and has to pass the value.
    pub(crate) fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), BadBody>,
    ) -> Result<(), BadBody> {
        self.enter(b'{')?;
        if self.peek() != Some(b'}') {
            loop {
                let name = self.name()?;
                let name = self.text(&name)?;
                field(self, name)?;
                if !self.another(b'}')? {
                    break;
                }
            }
        }
        self.leave();
        Ok(())
    }

    /// Passes an array; `item` has to pass each item.
    pub(crate) fn array(
        &mut self,
        mut item: impl FnMut(&mut Self, usize) -> Result<(), BadBody>,
    ) -> Result<(), BadBody> {
        self.enter(b'[')?;
        if self.peek() != Some(b']') {
            for index in 0.. {
                item(self, index)?;
                if !self.another(b']')? {
                    break;
                }
            }
        }
        self.leave();
        Ok(())
    }

    /// Passes a string.
    pub(crate) fn string(&mut self) -> Result<Text, BadBody> {
        if self.peek() != Some(b'"') {
            return self.wrong();
        }
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += plain(self.bytes.get(self.at..).unwrap_or_default());
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                // A control character, or the end.
                _ => return self.wrong(),
            }
        }
        let span = start..self.at;
        self.at += 1;
        if span.len() >= OPAQUE_FROM && is_opaque(&self.bytes[span.clone()]) {
            self.opaque_bytes += span.len();
            self.opaque_count += 1;
        }
        Ok(Text { span, escaped })
    }

    /// What a string says.
    pub(crate) fn text(&self, text: &Text) -> Result<Cow<'a, str>, BadBody> {
        let bytes = self.bytes;
        let at = text.span.start;
        if text.escaped {
            let quoted = bytes.get(at - 1..text.span.end + 1).unwrap_or_default();
            return serde_json::from_slice(quoted).map(Cow::Owned).map_err(|_| BadBody::Syntax { at });
        }
        let raw = bytes.get(text.span.clone()).unwrap_or_default();
        std::str::from_utf8(raw).map(Cow::Borrowed).map_err(|_| BadBody::Syntax { at })
    }

    /// The bytes of a span.
    pub(crate) fn slice(&self, span: &Range<usize>) -> &'a [u8] {
        self.bytes.get(span.clone()).unwrap_or_default()
    }

    fn enter(&mut self, bracket: u8) -> Result<(), BadBody> {
        if self.peek() != Some(bracket) {
            return self.wrong();
        }
        self.at += 1;
        self.depth += 1;
        Ok(())
    }

    /// Passes the bracket that [`Self::peek`] or [`Self::another`] saw.
    const fn leave(&mut self) {
        self.at += 1;
        self.depth -= 1;
    }

    /// After an item: whether one more follows, or else `close`, which is left where it is.
    fn another(&mut self, close: u8) -> Result<bool, BadBody> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if byte == close => Ok(false),
            _ => self.wrong(),
        }
    }

    /// Passes a name and its colon.
    fn name(&mut self) -> Result<Text, BadBody> {
        let name = self.string()?;
        if self.peek() != Some(b':') {
            return self.wrong();
        }
        self.at += 1;
        Ok(name)
    }

    fn escape(&mut self) -> Result<(), BadBody> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let digits = self.bytes.get(self.at + 2..self.at + 6);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return self.wrong();
                }
                self.at += 6;
            }
            _ => return self.wrong(),
        }
        Ok(())
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), BadBody> {
        if self.bytes.get(self.at..self.at + word.len()) != Some(word) {
            return self.wrong();
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), BadBody> {
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        if self.bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), BadBody> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start { self.wrong() } else { Ok(()) }
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    const fn wrong<T>(&self) -> Result<T, BadBody> {
        Err(BadBody::Syntax { at: self.at })
    }
}

/// How many bytes from the start of `bytes` need no look: neither a quote, a backslash nor a control character.
fn plain(bytes: &[u8]) -> usize {
    const WORD: usize = 8;
    const BLOCK: usize = 64;
    let special = |byte: u8| (byte == b'"') | (byte == b'\\') | (byte < 0x20);
    let (mut done, mut words) = (0, 0);
    loop {
        // Long runs in blocks, without a branch in them, so that the compiler takes many bytes at once.
        if words >= BLOCK / WORD {
            for block in bytes.get(done..).unwrap_or_default().as_chunks::<BLOCK>().0 {
                if block.iter().fold(0, |any, byte| any | u8::from(special(*byte))) != 0 {
                    break;
                }
                done += BLOCK;
            }
            words = 0;
        }
        let Some(word) = bytes.get(done..).and_then(|rest| rest.first_chunk::<WORD>()) else { break };
        let found = specials(u64::from_le_bytes(*word));
        if found != 0 {
            return done + found.trailing_zeros() as usize / WORD;
        }
        done += WORD;
        words += 1;
    }
    let rest = bytes.get(done..).unwrap_or_default();
    done + rest.iter().position(|byte| special(*byte)).unwrap_or(rest.len())
}

/// The top bit of each byte of `word` that is a quote, a backslash or a control character. Above the lowest one set
/// there may be false ones, for what is borrowed.
const fn specials(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let is_quote = quote.wrapping_sub(ONES) & !quote;
    let is_backslash = backslash.wrapping_sub(ONES) & !backslash;
    let is_control = word.wrapping_sub(ONES * 0x20) & !word;
    (is_quote | is_backslash | is_control) & TOPS
}

/// Whether a long string is a data URL or base64.
fn is_opaque(text: &[u8]) -> bool {
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    text.starts_with(b"data:") || text.iter().take(OPAQUE_FROM / 4).all(base64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_json_passes_and_what_is_not_does_not() {
        let good: &[&str] =
            &["{}", "[]", " { } ", "[1,2]", "-0.5e+3", "\"a\\u00e9\\n\"", "null", r#"{"a":[{"b":[]}]}"#];
        let bad: &[&str] = &[
            "",
            "{",
            "}",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "01",
            "1.",
            "tru",
            "[1}",
            "{\"a\":1]",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\n\"",
            "1 2",
            "{\"a\":1,}",
            "--1",
            "\"",
            "nulll",
        ];
        for text in good {
            assert_eq!(check(text.as_bytes()), Ok(()), "{text}");
        }
        for text in bad {
            assert!(matches!(check(text.as_bytes()), Err(BadBody::Syntax { .. })), "{text}");
        }
        assert!(check(b"\"\xff\"").is_err());
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(nested(100).as_bytes()), Ok(()));
        assert_eq!(check(nested(101).as_bytes()), Err(BadBody::TooDeep));
        assert_eq!(check("[".repeat(10_000).as_bytes()), Err(BadBody::TooDeep));
        assert_eq!(check("{\"a\":".repeat(10_000).as_bytes()), Err(BadBody::TooDeep));
    }

    #[test]
    fn pictures_are_told_from_words() {
        let (picture, words) = ("iVBORw0KGgo".repeat(200), "some words ".repeat(200));
        let body = format!(r#"["{picture}","{words}","data:image/png;base64,{picture}"]"#);
        let mut walk = Walk::new(body.as_bytes()).unwrap();
        walk.value().unwrap();
        assert_eq!((walk.opaque_count, walk.opaque_bytes), (2, 2 * picture.len() + 22));
    }

    proptest! {
        #[test]
        fn it_takes_what_serde_json_takes(text in r#"[\[\]{}:,"a1e.\- \\ntu0]{0,24}"#) {
            // Numbers out of range and lone surrogates are a question of values, not of syntax.
            let known = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(check(text.as_bytes()).is_ok(), known);
        }

        #[test]
        fn it_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&bytes);
        }

        #[test]
        fn plain_text_ends_where_the_first_special_byte_is(text in "[a-zé]{0,250}", tail in "[\"\\\\\n\u{0}\u{1f} !#\\[\\]]{0,3}[a-z\"]{0,40}") {
            let all = format!("{text}{tail}");
            let first = all.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < 0x20);
            prop_assert_eq!(plain(all.as_bytes()), first.unwrap_or(all.len()));
        }
    }
}
