//! Takes out of a relayed chat stream the usage that we asked for and the caller did not (GTW-32).

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::scan::{USAGE, value_after};

/// The largest event that is held back to be looked at, in bytes. The one we look for has a few hundred.
const MOST_HELD: usize = 16 * 1024;

/// Copies a stream of OpenAI's chat format without its usage chunk, the one without choices; all other bytes as they
/// are. Holds back at most the event that is not complete yet.
#[derive(Debug, Default)]
pub struct UsageFilter {
    held: Vec<u8>,
    /// The last line, as far as it was seen, is empty: a line break now ends the event.
    at_line_start: bool,
    after_cr: bool,
    /// The event is too large to be the usage; it passes as it comes.
    passing: bool,
    /// An event has just ended, and whether it was left out.
    between: bool,
    dropped: bool,
}

impl UsageFilter {
    /// Takes bytes, cut anywhere, and appends to `out` those that go on.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            if self.between && self.after_cr && *first == b'\n' {
                // The rest of the line break that ended the last event.
                self.after_cr = false;
                if !self.dropped {
                    out.push(b'\n');
                }
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let end = self.event_end(rest);
            let (part, tail) = rest.split_at(end.unwrap_or(rest.len()));
            rest = tail;
            if self.passing {
                self.dropped = false;
                out.extend_from_slice(part);
            } else if end.is_some() && self.held.is_empty() {
                // The usual case: a portion with whole events in it.
                self.dropped = is_usage(part);
                if !self.dropped {
                    out.extend_from_slice(part);
                }
            } else {
                self.held.extend_from_slice(part);
                if self.held.len() > MOST_HELD {
                    self.passing = true;
                    out.append(&mut self.held);
                }
            }
            self.between = end.is_some();
            if self.between {
                if !self.held.is_empty() {
                    self.release(out);
                }
                self.passing = false;
            }
        }
    }

    /// The stream is over: appends what was held back, unless it is the usage. After a cut do not call it: half an
    /// event is worth nothing.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        self.release(out);
    }

    fn release(&mut self, out: &mut Vec<u8>) {
        self.dropped = is_usage(&self.held);
        if !self.dropped {
            out.extend_from_slice(&self.held);
        }
        self.held.clear();
    }

    /// Where the event under way ends in `bytes`: behind its blank line.
    fn event_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if self.after_cr {
                self.after_cr = false;
                if rest.first() == Some(&b'\n') {
                    at += 1;
                    continue;
                }
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else {
                self.at_line_start = false;
                return None;
            };
            let blank = end == 0 && self.at_line_start;
            self.at_line_start = true;
            at += end + 1;
            if bytes.get(at - 1) == Some(&b'\r') {
                if bytes.get(at) == Some(&b'\n') {
                    at += 1;
                } else {
                    self.after_cr = at == bytes.len();
                }
            }
            if blank {
                return Some(at);
            }
        }
        None
    }
}

/// Whether these bytes are one event with the usage chunk in it.
fn is_usage(event: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Chunk {
        choices: Vec<IgnoredAny>,
        usage: Option<Usage>,
    }
    #[derive(Deserialize)]
    struct Usage {}
    // In all chunks but one it is absent or null.
    if value_after(event, &USAGE) != Some(b'{') {
        return false;
    }
    let mut chunk = None;
    for line in event.split(|byte| matches!(byte, b'\n' | b'\r')) {
        if let Some(data) = line.strip_prefix(b"data:") {
            if chunk.is_some() {
                return false;
            }
            chunk = Some(data);
        }
    }
    let chunk: Option<Chunk> = chunk.and_then(|data| serde_json::from_slice(data).ok());
    chunk.is_some_and(|chunk| chunk.choices.is_empty() && chunk.usage.is_some())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USAGE: &str = "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n";

    fn filter(stream: &str, step: usize) -> String {
        let (mut filter, mut out) = (UsageFilter::default(), Vec::new());
        for portion in stream.as_bytes().chunks(step) {
            filter.push(portion, &mut out);
        }
        filter.end(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_the_usage_chunk_is_taken_out() {
        let kept = [
            ": comment\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\"\"}}],\"usage\":null}\r\n\r\n",
            "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\n",
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1}}\n\n",
            "data: {\"choices\":[],\"usage\":null}\n\n",
        ];
        let stream = format!("{}{}{USAGE}data: [DONE]\n\n", kept[0], kept[1..].concat());
        let expected = stream.replace(USAGE, "");
        for step in 1..=stream.len() {
            assert_eq!(filter(&stream, step), expected, "{step}");
        }
        let crlf = USAGE.replace('\n', "\r\n");
        for step in 1..=crlf.len() {
            assert_eq!(filter(&format!("{crlf}data: x\r\n\r\n"), step), "data: x\r\n\r\n", "{step}");
        }
        assert_eq!(filter(USAGE.trim_end(), 9), "", "without its blank line");
    }

    #[test]
    fn a_large_event_passes_as_it_comes() {
        let (mut filter, mut out) = (UsageFilter::default(), Vec::new());
        filter.push(b"data: ", &mut out);
        assert!(out.is_empty());
        filter.push("x".repeat(MOST_HELD).as_bytes(), &mut out);
        assert_eq!(out.len(), MOST_HELD + 6);
        filter.push(format!("y\n\n{USAGE}data: z\n\n").as_bytes(), &mut out);
        assert!(out.ends_with(b"xy\n\ndata: z\n\n"));
    }

    proptest! {
        #[test]
        fn other_bytes_stay_as_they_are(text in "[a-z:{}\"\r\n ]{0,80}", step in 1_usize..9) {
            prop_assert_eq!(filter(&text, step), text);
        }
    }
}
