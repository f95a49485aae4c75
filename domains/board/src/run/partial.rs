//! Reads a JSON object while it is still being written: the text of a string field as it grows, and each field of the
//! top level once it is whole.

use serde_json::Value;

/// What became readable.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// More text of a string field.
    Text {
        /// The field.
        key: String,
        /// The text, unescaped.
        text: String,
    },
    /// A field is whole.
    Field {
        /// The field.
        key: String,
        /// Its value.
        value: Value,
    },
}

#[derive(Debug, Default)]
enum Place {
    #[default]
    BeforeObject,
    BeforeKey,
    Key(String),
    AfterKey(String),
    /// In a string value; the raw text is kept for the whole, the start of an escape until it is complete.
    Text {
        key: String,
        raw: String,
        escape: String,
    },
    Other {
        key: String,
        raw: String,
        depth: usize,
        quoted: bool,
        escaped: bool,
    },
    Done,
}

/// The reader. Text that is no JSON object yields nothing; whether the whole is valid is found out at the end.
#[derive(Debug, Default)]
pub(crate) struct PartialObject {
    place: Place,
}

impl PartialObject {
    /// Takes the next piece of the answer and tells what became readable.
    pub(crate) fn feed(&mut self, chunk: &str) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        for c in chunk.chars() {
            self.step(c, &mut pieces);
        }
        pieces
    }

    fn step(&mut self, c: char, pieces: &mut Vec<Piece>) {
        let place = std::mem::take(&mut self.place);
        self.place = match place {
            Place::BeforeObject if c == '{' => Place::BeforeKey,
            Place::BeforeObject => Place::BeforeObject,
            Place::BeforeKey if c == '"' => Place::Key(String::new()),
            Place::BeforeKey if c == '}' => Place::Done,
            Place::BeforeKey => Place::BeforeKey,
            // Our own keys have no escapes; a key that has one is none of ours and is skipped with its value.
            Place::Key(key) if c == '"' => Place::AfterKey(key),
            Place::Key(mut key) => {
                key.push(c);
                Place::Key(key)
            }
            Place::AfterKey(key) if c == ':' || c.is_whitespace() => Place::AfterKey(key),
            Place::AfterKey(key) if c == '"' => Place::Text { key, raw: String::new(), escape: String::new() },
            Place::AfterKey(key) => {
                let depth = usize::from(c == '{' || c == '[');
                Place::Other { key, raw: c.to_string(), depth, quoted: false, escaped: false }
            }
            Place::Text { key, raw, escape } => text(c, key, raw, escape, pieces),
            Place::Other { key, raw, depth, quoted, escaped } => other(c, key, raw, depth, (quoted, escaped), pieces),
            Place::Done => Place::Done,
        };
    }
}

fn text(c: char, key: String, mut raw: String, mut escape: String, pieces: &mut Vec<Piece>) -> Place {
    if escape.is_empty() && c == '"' {
        if let Ok(value) = serde_json::from_str::<Value>(&format!("\"{raw}\"")) {
            pieces.push(Piece::Field { key, value });
        }
        return Place::BeforeKey;
    }
    raw.push(c);
    let readable = if escape.is_empty() && c != '\\' {
        Some(c.to_string())
    } else {
        escape.push(c);
        let read = unescape(&escape);
        if read.is_some() {
            escape.clear();
        }
        read
    };
    if let Some(more) = readable {
        match pieces.last_mut() {
            Some(Piece::Text { key: last, text }) if *last == key => text.push_str(&more),
            _ => pieces.push(Piece::Text { key: key.clone(), text: more }),
        }
    }
    Place::Text { key, raw, escape }
}

/// What a complete escape stands for; none while it is incomplete. A surrogate waits for its other half.
fn unescape(escape: &str) -> Option<String> {
    let complete = match escape.as_bytes() {
        [b'\\', b'u', rest @ ..] => {
            let first = u32::from_str_radix(escape.get(2..6)?, 16).unwrap_or_default();
            rest.len() == 4 && !(0xD800..0xDC00).contains(&first) || rest.len() >= 10
        }
        [b'\\', _] => true,
        _ => escape.len() > 12,
    };
    complete.then(|| serde_json::from_str(&format!("\"{escape}\"")).unwrap_or_else(|_| "\u{FFFD}".to_owned()))
}

fn other(
    c: char,
    key: String,
    mut raw: String,
    mut depth: usize,
    (mut quoted, mut escaped): (bool, bool),
    pieces: &mut Vec<Piece>,
) -> Place {
    if depth == 0 && !quoted && (c == ',' || c == '}') {
        if let Ok(value) = serde_json::from_str(raw.trim()) {
            pieces.push(Piece::Field { key, value });
        }
        return if c == '}' { Place::Done } else { Place::BeforeKey };
    }
    raw.push(c);
    if quoted {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == '"' {
            quoted = false;
        }
    } else {
        match c {
            '"' => quoted = true,
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Place::Other { key, raw, depth, quoted, escaped }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str, size: usize) -> (String, Vec<(String, Value)>) {
        let (mut content, mut fields) = (String::new(), Vec::new());
        let mut reader = PartialObject::default();
        let chars: Vec<char> = text.chars().collect();
        for chunk in chars.chunks(size) {
            for piece in reader.feed(&chunk.iter().collect::<String>()) {
                match piece {
                    Piece::Text { key, text } if key == "content" => content.push_str(&text),
                    Piece::Text { .. } => {}
                    Piece::Field { key, value } => fields.push((key, value)),
                }
            }
        }
        (content, fields)
    }

    #[test]
    fn text_grows_and_fields_come_when_they_are_whole() {
        let answer = json!({"content": "Say \"no\"\nto it: ü😀", "builds_on": ["C1", "a]}\""], "stance": {"confidence": 0.5}, "n": 7});
        for size in [1, 2, 7, 1000] {
            let (content, fields) = read(&answer.to_string(), size);
            assert_eq!(content, "Say \"no\"\nto it: ü😀");
            assert_eq!(fields.len(), 4, "{fields:?}");
        }
    }

    #[test]
    fn surrogate_pairs_wait_for_their_other_half() {
        let (content, _) = read(r#"{"content":"a\ud83d\ude00b"}"#, 1);
        assert_eq!(content, "a😀b");
    }

    #[test]
    fn a_cut_answer_yields_what_there_was() {
        let (content, fields) = read(r#"Sure! {"content": "half a sen"#, 3);
        assert_eq!(content, "half a sen");
        assert!(fields.is_empty());
    }

    proptest! {
        #[test]
        fn any_text_comes_through_as_it_is(text in ".{0,80}", size in 1usize..9) {
            let answer = json!({"content": text, "x": [1, {"y": text}]}).to_string();
            let (content, fields) = read(&answer, size);
            prop_assert_eq!(&content, &text);
            prop_assert_eq!(fields.len(), 2);
        }

        #[test]
        fn no_input_makes_it_panic(text in any::<String>()) {
            let _ = PartialObject::default().feed(&text);
        }
    }
}
