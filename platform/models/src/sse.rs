//! Server-sent events (HTML standard, 9.2) cut out of a byte stream. Our own scanner, because it must tell a stream
//! that ended from one that broke off, and hold a hostile server to a limit.

/// The largest event taken, in bytes. A provider's are a few hundred.
const MAX_EVENT: usize = 8 * 1024 * 1024;

/// One event: its name, empty for most providers, and its data.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SseEvent {
    pub(crate) name: String,
    pub(crate) data: String,
}

/// Why bytes are not server-sent events.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SseError {
    #[error("an event is larger than {MAX_EVENT} bytes")]
    TooLarge,
    #[error("an event is not UTF-8")]
    NotUtf8,
}

/// Takes bytes in any portions and gives the events that are complete.
#[derive(Default)]
pub(crate) struct SseScanner {
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The last byte was a CR that ended a line; an LF after it belongs to it.
    after_cr: bool,
    seen: u64,
    strays: u64,
}

impl SseScanner {
    /// Reads `bytes`, appending complete events to `out`.
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<SseEvent>) -> Result<(), SseError> {
        let mut rest = bytes;
        while let Some((&first, after)) = rest.split_first() {
            if self.after_cr {
                self.after_cr = false;
                if first == b'\n' {
                    rest = after;
                    continue;
                }
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &rest[..end.unwrap_or(rest.len())];
            if self.line.len() + self.data.len() + part.len() > MAX_EVENT {
                return Err(SseError::TooLarge);
            }
            self.line.extend_from_slice(part);
            let Some(end) = end else { break };
            self.after_cr = rest[end] == b'\r';
            rest = &rest[end + 1..];
            self.end_line(out)?;
        }
        Ok(())
    }

    /// The bytes are over. An event whose closing blank line is missing is given all the same: whether it is whole
    /// is for its reader to see.
    pub(crate) fn finish(&mut self, out: &mut Vec<SseEvent>) -> Result<(), SseError> {
        if !self.line.is_empty() {
            self.end_line(out)?;
        }
        self.dispatch(out)
    }

    /// Whether all that came was lines of something else.
    pub(crate) const fn saw_only_strays(&self) -> bool {
        self.seen == 0 && self.strays > 0
    }

    fn end_line(&mut self, out: &mut Vec<SseEvent>) -> Result<(), SseError> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.dispatch(out);
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match &line[..colon] {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
                self.has_data = true;
            }
            b"event" => self.name = value.to_vec(),
            // A comment, such as a keep-alive.
            b"" | b"id" | b"retry" => {}
            _ => self.strays += 1,
        }
        Ok(())
    }

    fn dispatch(&mut self, out: &mut Vec<SseEvent>) -> Result<(), SseError> {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        if std::mem::take(&mut self.has_data) {
            self.seen += 1;
            let text = |bytes| String::from_utf8(bytes).map_err(|_| SseError::NotUtf8);
            out.push(SseEvent { name: text(name)?, data: text(data)? });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan(portions: &[&[u8]]) -> Vec<SseEvent> {
        let (mut scanner, mut out) = (SseScanner::default(), Vec::new());
        for portion in portions {
            scanner.push(portion, &mut out).unwrap();
        }
        scanner.finish(&mut out).unwrap();
        out
    }

    fn event(name: &str, data: &str) -> SseEvent {
        SseEvent { name: name.into(), data: data.into() }
    }

    #[test]
    fn events_are_told_apart_in_every_line_ending() {
        for ending in ["\n", "\r\n", "\r"] {
            let text = "event: ping|data: {}||: comment|data:one|data: two|id: 7||retry: 5||".replace('|', ending);
            assert_eq!(scan(&[text.as_bytes()]), [event("ping", "{}"), event("", "one\ntwo")], "{ending:?}");
        }
    }

    #[test]
    fn the_last_event_needs_no_blank_line_and_strays_are_noticed() {
        assert_eq!(scan(&[b"data: [DONE]"]), [event("", "[DONE]")]);
        let (mut scanner, mut out) = (SseScanner::default(), Vec::new());
        scanner.push(b"<html>\n<body>\n", &mut out).unwrap();
        assert!(scanner.saw_only_strays());
        assert!(out.is_empty());
    }

    #[test]
    fn limits_and_encoding_are_kept() {
        let (mut scanner, mut out) = (SseScanner::default(), Vec::new());
        assert_eq!(scanner.push(b"data: \xff\n\n", &mut out), Err(SseError::NotUtf8));
        let mut scanner = SseScanner::default();
        let big = vec![b'x'; MAX_EVENT];
        assert!(scanner.push(&big, &mut out).is_ok());
        assert_eq!(scanner.push(b"y", &mut out), Err(SseError::TooLarge));
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_cut_makes_no_difference(
            datas in prop::collection::vec("[ -~é漢]{0,20}", 1..6),
            ending in prop::sample::select(vec!["\n", "\r\n"]),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let mut text = String::new();
            for data in &datas {
                text.push_str(&format!("event: e{ending}data: {data}{ending}{ending}"));
            }
            let bytes = text.as_bytes();
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
            places.extend([0, bytes.len()]);
            places.sort_unstable();
            let portions: Vec<&[u8]> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(scan(&portions), datas.iter().map(|data| event("e", data)).collect::<Vec<_>>());
        }
    }
}
