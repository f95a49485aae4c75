use super::object::{Dictionary, Object};
use crate::ExtractError;
use crate::budget::Budget;

/// Arrays and dictionaries within each other. Fewer are needed, and each costs a frame of the stack.
const DEPTH: usize = 24;

/// Reads values one after another.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b'\0' | b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

const fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn peek_after(&self) -> Option<u8> {
        self.bytes.get(self.at + 1).copied()
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| byte != b'\n' && byte != b'\r') {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// The next value; none at the end, or where what follows is none. It always moves on unless it is at the end.
    pub(super) fn value(&mut self, budget: &mut Budget) -> Result<Option<Object>, ExtractError> {
        self.nested(0, budget)
    }

    fn nested(&mut self, depth: usize, budget: &mut Budget) -> Result<Option<Object>, ExtractError> {
        let start = self.at;
        self.skip_space();
        let Some(byte) = self.peek() else { return Ok(None) };
        let found = match byte {
            b'/' => Some(Object::Name(self.name())),
            b'(' => Some(Object::Text(self.text())),
            b'<' if self.peek_after() == Some(b'<') => self.dictionary(depth, budget)?,
            b'<' => Some(Object::Text(self.hex_text())),
            b'[' => self.array(depth, budget)?,
            b'+' | b'-' | b'.' | b'0'..=b'9' => Some(self.number_or_reference()),
            _ if is_delimiter(byte) => {
                self.at += 1;
                None
            }
            _ => Some(self.word()),
        };
        budget.worked(self.at - start)?;
        Ok(found)
    }

    fn array(&mut self, depth: usize, budget: &mut Budget) -> Result<Option<Object>, ExtractError> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => return Ok(None),
                Some(b']') => {
                    self.at += 1;
                    return Ok(Some(Object::Array(items)));
                }
                Some(_) if depth == DEPTH => return Ok(None),
                Some(_) => match self.nested(depth + 1, budget)? {
                    Some(Object::Word(word)) if word == b"endobj" || word == b"obj" => return Ok(None),
                    Some(item) => items.push(item),
                    None => return Ok(None),
                },
            }
        }
    }

    fn dictionary(&mut self, depth: usize, budget: &mut Budget) -> Result<Option<Object>, ExtractError> {
        self.at += 2;
        let mut entries = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => return Ok(None),
                Some(b'>') => {
                    self.at += if self.peek_after() == Some(b'>') { 2 } else { 1 };
                    return Ok(Some(Object::Dictionary(Dictionary(entries))));
                }
                Some(b'/') if depth < DEPTH => {
                    let name = self.name();
                    match self.nested(depth + 1, budget)? {
                        Some(Object::Word(word)) if word == b"endobj" || word == b"obj" => return Ok(None),
                        Some(value) => entries.push((name, value)),
                        None => return Ok(None),
                    }
                }
                Some(_) => {
                    self.at += 1;
                    return Ok(None);
                }
            }
        }
    }

    fn name(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut name = Vec::new();
        while let Some(byte) = self.peek().filter(|byte| !is_space(*byte) && !is_delimiter(*byte)) {
            self.at += 1;
            let escaped = (byte == b'#').then(|| Some(hex(self.peek()?)? * 16 + hex(self.peek_after()?)?)).flatten();
            if let Some(escaped) = escaped {
                self.at += 2;
                name.push(escaped);
            } else {
                name.push(byte);
            }
        }
        name
    }

    fn word(&mut self) -> Object {
        let start = self.at;
        while self.peek().is_some_and(|byte| !is_space(byte) && !is_delimiter(byte)) {
            self.at += 1;
        }
        match &self.bytes[start..self.at] {
            b"null" => Object::Null,
            word => Object::Word(word.to_vec()),
        }
    }

    fn number_or_reference(&mut self) -> Object {
        let number = self.number();
        // "12 0 R" is a reference: two whole numbers and the letter.
        if number.fract() == 0.0 && (0.0..1e9).contains(&number) {
            let mut ahead = self.clone();
            ahead.skip_space();
            if ahead.peek().is_some_and(|byte| byte.is_ascii_digit()) && ahead.at > self.at {
                let digits = ahead.at;
                while ahead.at - digits < 6 && ahead.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                    ahead.at += 1;
                }
                ahead.skip_space();
                let ends = ahead.peek_after().is_none_or(|byte| is_space(byte) || is_delimiter(byte));
                if ahead.peek() == Some(b'R') && ends {
                    self.at = ahead.at + 1;
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
                    return Object::Reference(number as u32);
                }
            }
        }
        Object::Number(number)
    }

    fn number(&mut self) -> f64 {
        let start = self.at;
        while self.peek().is_some_and(|byte| matches!(byte, b'+' | b'-' | b'.' | b'0'..=b'9')) {
            self.at += 1;
        }
        let text = std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or_default();
        // Some writers double the sign or put one into the middle; what comes before it counts.
        let digits = text.trim_start_matches(['+', '-']);
        let digits = digits.split(['+', '-']).next().unwrap_or_default();
        let number = digits.parse::<f64>().unwrap_or_default();
        let number = if number.is_finite() { number } else { 0.0 };
        if text.starts_with('-') { -number } else { number }
    }

    fn text(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut text = Vec::new();
        let mut open = 1_usize;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                }
                b'\\' => {
                    self.escaped(&mut text);
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
        text
    }

    fn escaped(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\n' => {}
            b'\r' => self.at += usize::from(self.peek() == Some(b'\n')),
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit) = self.peek().filter(|digit| matches!(digit, b'0'..=b'7')) else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                text.push(u8::try_from(value & 0xff).unwrap_or_default());
            }
            other => text.push(other),
        }
    }

    fn hex_text(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut text = Vec::new();
        let mut half = None;
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'>' {
                break;
            }
            let Some(digit) = hex(byte) else { continue };
            match half.take() {
                None => half = Some(digit),
                Some(high) => text.push(high * 16 + digit),
            }
        }
        text.extend(half.map(|high| high * 16));
        text
    }

    /// Goes past the picture that stands in the middle of a page's operators.
    pub(super) fn skip_picture(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        for found in memchr::memmem::find_iter(rest, b"EI") {
            let before = found.checked_sub(1).and_then(|at| rest.get(at)).is_none_or(|byte| is_space(*byte));
            let after = rest.get(found + 2).is_none_or(|byte| is_space(*byte));
            if before && after {
                self.at += found + 2;
                return;
            }
        }
        self.at = self.bytes.len();
    }
}
