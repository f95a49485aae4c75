//! An answer in the cache, and how it becomes the form in which it is asked for.

use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use memchr::memchr;
use quorate_formats::{Format, Meta, Said, Usage, read_answer, read_stream, write_answer, write_stream};
use serde::{Deserialize, Serialize};

/// What is known of a kept answer beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    /// Whether the bytes are a stream's.
    pub(super) streamed: bool,
    /// Whether a stream of the chat format says its usage.
    pub(super) stream_usage: bool,
    /// Who answered, as `provider/model`.
    pub(super) target: String,
    /// What it took, where the bytes do not say it.
    pub(super) usage: Option<Usage>,
    /// When it was kept, in milliseconds since 1970.
    pub(super) at: i64,
}

/// An answer in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) about: About,
    pub(super) answer: Bytes,
}

impl Entry {
    /// A line of JSON, then the answer's own bytes.
    pub(super) fn write(&self) -> Option<Bytes> {
        let about = serde_json::to_vec(&self.about).ok()?;
        let mut out = BytesMut::with_capacity(about.len() + 1 + self.answer.len());
        out.extend_from_slice(&about);
        out.put_u8(b'\n');
        out.extend_from_slice(&self.answer);
        Some(out.freeze())
    }

    /// `None` for what another version has written.
    pub(super) fn read(bytes: &Bytes) -> Option<Self> {
        let end = memchr(b'\n', bytes)?;
        Some(Self { about: serde_json::from_slice(bytes.get(..end)?).ok()?, answer: bytes.slice(end + 1..) })
    }

    /// The answer as it is asked for now: the very bytes where it was asked for in the same way, otherwise the same
    /// content written anew. `None` when it cannot be read.
    pub(super) fn replay(&self, format: Format, stream: bool, meta: Meta) -> Option<Bytes> {
        let About { streamed, stream_usage, usage, .. } = &self.about;
        // Only a stream of the chat format leaves its usage out.
        let same_usage = !stream || format != Format::OpenAiChat || *stream_usage == meta.stream_usage;
        if *streamed == stream && same_usage {
            return Some(self.answer.clone());
        }
        let read = if *streamed { read_stream(format, &self.answer) } else { read_answer(format, &self.answer) };
        let mut said = read.ok()?;
        if let Some(Said::Done { usage: told, .. }) = said.last_mut() {
            *told = told.or(*usage);
        }
        let named = said.iter().find_map(|piece| match piece {
            Said::Begun { model, .. } => model.clone(),
            _ => None,
        });
        let meta = Meta { model: named.unwrap_or_else(|| self.about.target.clone()), ..meta };
        let written = if stream { write_stream(format, &said, meta) } else { write_answer(format, &said, &meta) };
        written.ok().map(Bytes::from)
    }

    /// How long it has been in the cache.
    pub(super) fn age(&self, now: i64) -> Duration {
        Duration::from_millis(u64::try_from(now - self.about.at).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use quorate_formats::Finish;

    use super::*;

    const USAGE: Usage = Usage { input: 7, output: 2, cached_input: 0, cache_write: 0, reasoning: 0 };
    const FORMATS: [Format; 3] = [Format::OpenAiChat, Format::OpenAiResponses, Format::AnthropicMessages];

    fn said() -> Vec<Said> {
        vec![
            Said::Begun { id: Some("x".to_owned()), model: Some("m-1".to_owned()) },
            Said::Text("Yes, ".to_owned()),
            Said::Text("twice.".to_owned()),
            Said::ToolCall { index: 0, id: "call_1".to_owned(), name: "look".to_owned() },
            Said::Arguments { index: 0, piece: r#"{"at":1}"#.to_owned() },
            Said::Done { finish: Finish::ToolCalls, usage: Some(USAGE) },
        ]
    }

    fn meta(stream_usage: bool) -> Meta {
        Meta { id: "r".to_owned(), model: "m-1".to_owned(), created: 5, stream_usage, ..Meta::default() }
    }

    fn entry(format: Format, streamed: bool, stream_usage: bool) -> Entry {
        let answer = if streamed {
            write_stream(format, &said(), meta(stream_usage))
        } else {
            write_answer(format, &said(), &meta(false))
        };
        let about = About { streamed, stream_usage, target: "p/m".to_owned(), usage: Some(USAGE), at: 1_000 };
        Entry { about, answer: Bytes::from(answer.unwrap()) }
    }

    /// The text, the calls, and what it took.
    fn content(said: &[Said]) -> (String, String, Option<Usage>) {
        let (mut text, mut calls, mut took) = (String::new(), String::new(), None);
        for piece in said {
            match piece {
                Said::Text(piece) => text.push_str(piece),
                Said::ToolCall { id, name, .. } => calls.push_str(&format!("{id} {name} ")),
                Said::Arguments { piece, .. } => calls.push_str(piece),
                Said::Done { usage, .. } => took = *usage,
                _ => {}
            }
        }
        (text, calls, took)
    }

    #[test]
    fn in_every_form_it_says_the_same() {
        let expected = content(&said());
        for format in FORMATS {
            for (streamed, kept_usage) in [(false, false), (true, false), (true, true)] {
                let entry = Entry::read(&entry(format, streamed, kept_usage).write().unwrap()).unwrap();
                let whole = entry.replay(format, false, meta(false)).unwrap();
                assert_eq!(content(&read_answer(format, &whole).unwrap()), expected, "{format:?} {streamed}");
                for wanted in [false, true] {
                    let stream = entry.replay(format, true, meta(wanted)).unwrap();
                    let content = content(&read_stream(format, &stream).unwrap());
                    let told = (format != Format::OpenAiChat || wanted).then_some(USAGE);
                    let (text, calls, _) = expected.clone();
                    assert_eq!(content, (text, calls, told), "{format:?} {streamed} {kept_usage} {wanted}");
                }
            }
        }
    }

    #[test]
    fn asked_for_in_the_same_way_it_is_the_same_bytes() {
        for format in FORMATS {
            for streamed in [false, true] {
                let entry = entry(format, streamed, false);
                let replayed = entry.replay(format, streamed, Meta { id: "other".to_owned(), ..meta(false) });
                assert_eq!(replayed.unwrap(), entry.answer);
            }
        }
    }

    #[test]
    fn what_is_no_entry_is_none() {
        let entry = entry(Format::OpenAiChat, false, false);
        assert_eq!(entry.age(61_000), Duration::from_secs(60));
        assert_eq!(entry.age(0), Duration::ZERO, "a clock that went back");
        for bad in ["", "{}\nx", "no line", "{\"streamed\":1}\n{}"] {
            assert_eq!(Entry::read(&Bytes::from_static(bad.as_bytes())), None, "{bad}");
        }
        let garbled = Entry { answer: Bytes::from_static(b"{}"), ..entry };
        assert_eq!(garbled.replay(Format::OpenAiChat, true, meta(true)), None);
    }
}
