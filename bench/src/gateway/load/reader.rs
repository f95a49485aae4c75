//! Reads a stream of server-sent events for the texts that the mock sent, whatever they were re-written to.

use memchr::memmem;

/// What has been seen of one stream.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    line: Vec<u8>,
    /// Texts that came, each the successor of the one before.
    texts: usize,
    fault: Option<String>,
    ended: bool,
}

impl Reader {
    /// Takes bytes as they come. Says how many texts they completed.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> usize {
        let before = self.texts;
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            self.line.extend_from_slice(&rest[..end]);
            rest = &rest[end + 1..];
            self.line_ends();
        }
        self.line.extend_from_slice(rest);
        self.texts - before
    }

    fn line_ends(&mut self) {
        let line = std::mem::take(&mut self.line);
        if let Some(data) = line.strip_prefix(b"data:") {
            if data.trim_ascii() == b"[DONE]" {
                self.ended = true;
            }
            for at in memmem::find_iter(data, b"tok-") {
                let digits = data[at + 4..].iter().take_while(|byte| byte.is_ascii_digit());
                let number = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
                if number == self.texts {
                    self.texts += 1;
                } else {
                    self.fault.get_or_insert_with(|| format!("text {number} came instead of {}", self.texts));
                }
            }
        }
        // The room is kept for the next line.
        self.line = line;
        self.line.clear();
    }

    /// Whether all came, in order, and the stream said that it ends.
    pub(crate) fn finish(self, texts: usize) -> Result<(), String> {
        match self.fault {
            Some(fault) => Err(fault),
            None if self.texts != texts => Err(format!("{} of {texts} texts came", self.texts)),
            None if !self.ended => Err("the stream ended without [DONE]".to_owned()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str =
        "data: {\"c\":\"tok-0 \"}\n\n: ping\n\ndata: {\"c\": \"tok-1 \"}\n\ndata: {\"u\":2}\n\ndata: [DONE]\n\n";

    #[test]
    fn a_stream_is_read_however_it_is_cut_into_pieces() {
        for size in 1..STREAM.len() {
            let mut reader = Reader::default();
            let texts: usize = STREAM.as_bytes().chunks(size).map(|piece| reader.take(piece)).sum();
            assert_eq!((texts, reader.finish(2)), (2, Ok(())), "pieces of {size}");
        }
    }

    #[test]
    fn what_is_missing_doubled_or_cut_is_a_fault() {
        let cases = [
            (STREAM.replace("tok-0", "x"), "text 1 came instead of 0"),
            (STREAM.replace("tok-1", "tok-0"), "text 0 came instead of 1"),
            (STREAM.replace("data: [DONE]\n\n", ""), "the stream ended without [DONE]"),
            (STREAM[..20].to_owned() + "\n\n", "1 of 2 texts came"),
        ];
        for (stream, fault) in cases {
            let mut reader = Reader::default();
            reader.take(stream.as_bytes());
            assert_eq!(reader.finish(2), Err(fault.to_owned()));
        }
    }
}
