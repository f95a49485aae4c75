//! Server-sent events (HTML standard, 9.2) in bytes that come cut anywhere.

use std::convert::Infallible;

/// The largest event that is looked at, in bytes. A provider's are a few hundred, one with a picture a few million.
const MAX_EVENT: usize = 16 * 1024 * 1024;

/// One event.
pub(crate) struct Event<'a> {
    /// Its name, empty for most providers.
    pub(crate) name: &'a [u8],
    /// Its data.
    pub(crate) data: &'a [u8],
}

/// Cuts events out of bytes.
#[derive(Debug, Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The last byte was a CR that ended a line; an LF after it belongs to it.
    after_cr: bool,
    /// The event under way is larger than we look at.
    too_large: bool,
    lost: bool,
}

impl Events {
    /// Reads `bytes` and gives each event that is complete to `event`, which stops the reading with an error.
    ///
    /// # Errors
    /// Those of `event`.
    pub(crate) fn push<E>(&mut self, bytes: &[u8], mut event: impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut rest = bytes;
        while let Some((&first, after)) = rest.split_first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                rest = after;
                continue;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else {
                self.keep(rest);
                break;
            };
            let (part, tail) = rest.split_at(end);
            self.after_cr = tail.first() == Some(&b'\r');
            rest = tail.get(1..).unwrap_or_default();
            if self.line.is_empty() {
                self.end_line(part, &mut event)?;
            } else {
                self.keep(part);
                let line = std::mem::take(&mut self.line);
                let ended = self.end_line(&line, &mut event);
                // The room is kept for the next line.
                self.line = line;
                self.line.clear();
                ended?;
            }
        }
        Ok(())
    }

    /// The bytes are over. An event without its closing blank line is given all the same: whether it is whole is for
    /// its reader to see.
    pub(crate) fn end<E>(&mut self, mut event: impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.end_line(&line, &mut event)?;
        }
        self.dispatch(&mut event)
    }

    /// Whether an event was too large to be looked at, since the last time this was asked.
    pub(crate) const fn lost(&mut self) -> bool {
        std::mem::replace(&mut self.lost, false)
    }

    fn keep(&mut self, part: &[u8]) {
        if self.line.len() + self.data.len() + part.len() > MAX_EVENT {
            self.too_large = true;
        }
        if self.too_large {
            // The line must not become an empty one, which would end the event.
            self.line.truncate(1);
            if self.line.is_empty() {
                self.line.extend_from_slice(part.get(..1).unwrap_or_default());
            }
        } else {
            self.line.extend_from_slice(part);
        }
    }

    fn end_line<E>(&mut self, line: &[u8], event: &mut impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        if line.is_empty() {
            return self.dispatch(event);
        }
        if let Some(value) = field(line, b"data") {
            if self.data.len() + value.len() > MAX_EVENT {
                self.too_large = true;
                return Ok(());
            }
            if self.has_data {
                self.data.push(b'\n');
            }
            self.data.extend_from_slice(value);
            self.has_data = true;
        } else if let Some(value) = field(line, b"event") {
            self.name.clear();
            self.name.extend_from_slice(value);
        }
        Ok(())
    }

    fn dispatch<E>(&mut self, event: &mut impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let result = if std::mem::take(&mut self.too_large) {
            self.lost = true;
            Ok(())
        } else if self.has_data {
            event(Event { name: &self.name, data: &self.data })
        } else {
            Ok(())
        };
        self.has_data = false;
        self.name.clear();
        self.data.clear();
        result
    }
}

/// The value of a line, if it is of this field.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(name)?;
    if rest.is_empty() {
        return Some(rest);
    }
    let value = rest.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

/// Passes all events to a reader that cannot fail.
pub(crate) fn never(result: Result<(), Infallible>) {
    match result {
        Ok(()) => {}
        Err(never) => match never {},
    }
}

/// Writes one event with a name.
pub(crate) fn write_named(name: &str, data: &serde_json::Value, out: &mut Vec<u8>) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.push(b'\n');
    write(data, out);
}

/// Writes one event without a name.
pub(crate) fn write(data: &serde_json::Value, out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: ");
    // A value's text has no line breaks, and writing to memory does not fail.
    let _ = serde_json::to_writer(&mut *out, data);
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(portions: &[&[u8]]) -> Vec<(String, String)> {
        let (mut events, mut out) = (Events::default(), Vec::new());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        for portion in portions {
            never(events.push(portion, |event| {
                out.push((text(event.name), text(event.data)));
                Ok(())
            }));
        }
        never(events.end(|event| {
            out.push((text(event.name), text(event.data)));
            Ok(())
        }));
        out
    }

    const STREAM: &str =
        ": hi\n\nevent: a\r\ndata: {\"x\":\r\ndata: 1}\r\nid: 7\r\n\r\ndata:é\r\rdata\n\nevent: b\n\ndata: end";

    #[test]
    fn events_are_the_same_wherever_they_are_cut() {
        let whole = read(&[STREAM.as_bytes()]);
        let expected = [("a", "{\"x\":\n1}"), ("", "é"), ("", ""), ("", "end")];
        assert_eq!(whole, expected.map(|(name, data)| (name.to_owned(), data.to_owned())));
        for cut in 0..STREAM.len() {
            let (one, other) = STREAM.as_bytes().split_at(cut);
            assert_eq!(read(&[one, other]), whole, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = STREAM.as_bytes().chunks(1).collect();
        assert_eq!(read(&bytes), whole);
    }

    #[test]
    fn an_event_that_is_too_large_is_left_out_and_the_next_one_is_read() {
        let huge = format!("data: {}\n\n", "x".repeat(MAX_EVENT));
        let mut events = Events::default();
        let mut seen = Vec::new();
        for portion in huge.as_bytes().chunks(1 << 20).chain([b"data: y\n\n".as_slice()]) {
            never(events.push(portion, |event| {
                seen.push(event.data.to_vec());
                Ok(())
            }));
        }
        assert_eq!(seen, [b"y"]);
        assert!(events.lost());
        assert!(!events.lost());
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in prop::collection::vec(prop::sample::select(b"data: event\r\n\x00\xff".to_vec()), 0..80)) {
            let whole = read(&[&bytes]);
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(read(&single), whole);
        }
    }
}
