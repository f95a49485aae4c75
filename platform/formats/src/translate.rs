//! From one format into another (GTW-20): requests on their way to a provider, answers and streams on their way back.

use serde_json::{Map, Value};

use crate::sse::{Event, Events};
use crate::{
    Asked, BadBody, Envelope, Finish, Format, Garbled, Meta, Said, Usage, anthropic_messages, gemini, openai_chat,
    responses,
};

/// Why a format cannot be spoken on this side.
const NOT_SERVED: &str = "this format is not offered to callers";

/// Reads a request.
///
/// # Errors
/// [`BadBody`] when the body is not one of this format, or asks for what the neutral form cannot say.
pub fn read_request(format: Format, body: &[u8]) -> Result<Asked, BadBody> {
    match format {
        Format::OpenAiChat => openai_chat::read_request(body),
        Format::AnthropicMessages => anthropic_messages::read_request(body),
        Format::OpenAiResponses => responses::read_request(body),
        Format::Gemini => Err(BadBody::unsupported("model", NOT_SERVED)),
    }
}

/// Writes a request. Gemini's names its model in the address, and whether to stream, too.
#[must_use]
pub fn write_request(format: Format, asked: &Asked) -> Value {
    match format {
        Format::OpenAiChat => openai_chat::write_request(asked),
        Format::AnthropicMessages => anthropic_messages::write_request(asked),
        Format::Gemini => gemini::write_request(asked),
        Format::OpenAiResponses => responses::write_request(asked),
    }
}

/// The body of a request in another format, for this model. A stream is asked for its usage whether the caller wants
/// it or not; [`Meta::stream_usage`] says whether he gets it.
///
/// # Errors
/// [`BadBody`] when the body is not one of its format, or asks for what the other format cannot say and whose loss the
/// caller would notice.
pub fn translate_request(from: Format, to: Format, body: &[u8], model: &str) -> Result<Vec<u8>, BadBody> {
    if from == to {
        return Ok(Envelope::scan(from, body)?.rewrite(body, model, from == Format::OpenAiChat));
    }
    let mut asked = read_request(from, body)?;
    refuse_losses(&asked)?;
    model.clone_into(&mut asked.model);
    asked.stream_usage = asked.stream;
    // Only the format they came in knows them; of chat's the writer of responses picks those that both have.
    if (from, to) != (Format::OpenAiChat, Format::OpenAiResponses) {
        asked.extra.clear();
    }
    let mut request = write_request(to, &asked);
    if to == Format::AnthropicMessages {
        anthropic_messages::mark_stable(&mut request);
    }
    Ok(request.to_string().into_bytes())
}

/// Fields that change what an answer is or what it holds, and that only one format knows. The others are wishes, and
/// an answer without them is still the answer.
fn refuse_losses(asked: &Asked) -> Result<(), BadBody> {
    const ONE: &str = "the model gives one answer";
    const UNKNOWN: &str = "the model's API has nothing like it";
    for (name, value) in &asked.extra {
        let why = match (name.as_str(), value) {
            ("n" | "best_of", value) if value.as_f64().is_some_and(|count| count > 1.0) => ONE,
            ("logprobs", Value::Bool(true)) => UNKNOWN,
            ("modalities", Value::Array(kinds)) if kinds.iter().any(|kind| kind != "text") => UNKNOWN,
            ("audio" | "web_search_options" | "mcp_servers" | "container", value) if !value.is_null() => UNKNOWN,
            _ => continue,
        };
        return Err(BadBody::unsupported(name, why));
    }
    Ok(())
}

/// Reads a whole answer.
///
/// # Errors
/// [`Garbled`] when it is none of this format, has no end, or is an error of the provider's.
pub fn read_answer(format: Format, body: &[u8]) -> Result<Vec<Said>, Garbled> {
    match format {
        Format::OpenAiChat => openai_chat::read_answer(body),
        Format::AnthropicMessages => anthropic_messages::read_answer(body),
        Format::Gemini => gemini::read_answer(body),
        Format::OpenAiResponses => responses::read_answer(body),
    }
}

/// Reads a whole stream.
///
/// # Errors
/// [`Garbled`] when it is none of this format, is cut, or ends with an error.
pub fn read_stream(format: Format, bytes: &[u8]) -> Result<Vec<Said>, Garbled> {
    let mut reader = Reader::new(format);
    let (mut events, mut out) = (Events::default(), Vec::new());
    events.push(bytes, |event| reader.event(&event, &mut out))?;
    events.end(|event| reader.event(&event, &mut out))?;
    reader.end(&mut out);
    if events.lost() || !matches!(out.last(), Some(Said::Done { .. })) { Err(cut()) } else { Ok(out) }
}

/// What an answer in this format repeats of its request, for [`Meta`]. Only OpenAI's responses do so; of a request that
/// cannot be read nothing is repeated.
#[must_use]
pub fn repeated(format: Format, body: &[u8]) -> Map<String, Value> {
    match format {
        Format::OpenAiResponses => responses::read_request(body).as_ref().map(responses::echo).unwrap_or_default(),
        Format::OpenAiChat | Format::AnthropicMessages | Format::Gemini => Map::new(),
    }
}

/// Writes a whole answer.
///
/// # Errors
/// [`BadBody`] when the format is not offered to callers.
pub fn write_answer(format: Format, said: &[Said], meta: &Meta) -> Result<Vec<u8>, BadBody> {
    let answer = match format {
        Format::OpenAiChat => openai_chat::write_answer(said, meta),
        Format::AnthropicMessages => anthropic_messages::write_answer(said, meta),
        Format::OpenAiResponses => responses::write_answer(said, meta),
        Format::Gemini => return Err(BadBody::unsupported("model", NOT_SERVED)),
    };
    Ok(answer.to_string().into_bytes())
}

/// Writes an answer that is whole as a stream: one from the cache, or from a provider that does not stream.
///
/// # Errors
/// [`BadBody`] when the format is not offered to callers.
pub fn write_stream(format: Format, said: &[Said], meta: Meta) -> Result<Vec<u8>, BadBody> {
    let (mut writer, mut out) = (Writer::new(format, meta)?, Vec::new());
    for piece in said {
        writer.piece(piece, &mut out);
    }
    Ok(out)
}

/// A stream that we make ourselves, piece by piece.
#[derive(Debug)]
pub struct StreamWriter(Writer);

impl StreamWriter {
    /// One in the caller's format.
    ///
    /// # Errors
    /// [`BadBody`] when the format is not offered to callers.
    pub fn new(format: Format, meta: Meta) -> Result<Self, BadBody> {
        Writer::new(format, meta).map(Self)
    }

    /// Appends what `said` is in the format.
    pub fn piece(&mut self, said: &Said, out: &mut Vec<u8>) {
        self.0.piece(said, out);
    }

    /// Tells the caller that the answer failed, with the status it would have had. Nothing is written after it.
    pub fn fail(&mut self, status: u16, code: &str, message: &str, out: &mut Vec<u8>) {
        self.0.fail(status, code, message, out);
    }
}

/// An answer in another format, and what we have to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    /// The body.
    pub body: Vec<u8>,
    /// Why the answer ended.
    pub finish: Finish,
    /// What it took, if the provider said so.
    pub usage: Option<Usage>,
}

/// The whole answer of a provider (`from`) in the format of the caller (`to`).
///
/// # Errors
/// [`Garbled`] when the answer cannot be read, or the caller's format not be written.
pub fn translate_answer(from: Format, to: Format, body: &[u8], meta: &Meta) -> Result<Translated, Garbled> {
    let said = read_answer(from, body)?;
    let Some(Said::Done { finish, usage }) = said.last() else { return Err(cut()) };
    let body = write_answer(to, &said, meta).map_err(|error| Garbled::wire(error.to_string()))?;
    Ok(Translated { body, finish: *finish, usage: *usage })
}

fn cut() -> Garbled {
    Garbled::wire("the stream broke off before the answer was finished")
}

/// The stream of a provider in the format of the caller.
#[derive(Debug)]
pub struct StreamTranslator {
    events: Events,
    reader: Reader,
    writer: Writer,
    said: Vec<Said>,
    content: bool,
    ended: Option<(Finish, Option<Usage>)>,
}

impl StreamTranslator {
    /// One from the format of a provider into that of a caller.
    ///
    /// # Errors
    /// [`BadBody`] when the caller's is not offered.
    pub fn new(from: Format, to: Format, meta: Meta) -> Result<Self, BadBody> {
        let (reader, writer) = (Reader::new(from), Writer::new(to, meta)?);
        Ok(Self { events: Events::default(), reader, writer, said: Vec::new(), content: false, ended: None })
    }

    /// Takes bytes as they come from the provider, cut anywhere, and appends to `out` what they are to the caller.
    ///
    /// # Errors
    /// [`Garbled`] when they are not what the format says, or hold an error of the provider's. What came before it is
    /// in `out`; [`Self::fail`] tells the caller.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Garbled> {
        let (reader, said) = (&mut self.reader, &mut self.said);
        let read = self.events.push(bytes, |event| reader.event(&event, said));
        self.write(out);
        read?;
        if self.events.lost() { Err(Garbled::wire("an event is larger than anybody's")) } else { Ok(()) }
    }

    /// The provider has closed the stream.
    ///
    /// # Errors
    /// [`Garbled`] when the answer is not whole; then the stream was cut, and [`Self::fail`] tells the caller.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Garbled> {
        let (reader, said) = (&mut self.reader, &mut self.said);
        let read = self.events.end(|event| reader.event(&event, said));
        if read.is_ok() {
            self.reader.end(&mut self.said);
        }
        self.write(out);
        read?;
        if self.done() { Ok(()) } else { Err(cut()) }
    }

    /// Tells the caller that the answer failed, in his format, with the status it would have had. Nothing is written
    /// after it, and nothing if the answer was whole already.
    pub fn fail(&mut self, status: u16, code: &str, message: &str, out: &mut Vec<u8>) {
        self.writer.fail(status, code, message, out);
    }

    /// Whether the answer is whole and its end written.
    #[must_use]
    pub const fn done(&self) -> bool {
        self.ended.is_some()
    }

    /// Why the answer ended, once it has.
    #[must_use]
    pub fn finish(&self) -> Option<Finish> {
        self.ended.map(|(finish, _)| finish)
    }

    /// What the answer took, once it has ended and the provider said so. Of a cut one a
    /// [`UsageScanner`](crate::UsageScanner) beside this knows what it took so far.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.ended.and_then(|(_, usage)| usage)
    }

    /// Whether anything the model made has come.
    #[must_use]
    pub const fn first_content_seen(&self) -> bool {
        self.content
    }

    fn write(&mut self, out: &mut Vec<u8>) {
        for piece in self.said.drain(..) {
            match &piece {
                Said::Begun { .. } => {}
                Said::Done { finish, usage } => self.ended = Some((*finish, *usage)),
                _ => self.content = true,
            }
            self.writer.piece(&piece, out);
        }
    }
}

#[derive(Debug)]
enum Reader {
    Chat(openai_chat::ReadStream),
    Messages(anthropic_messages::ReadStream),
    Responses(responses::ReadStream),
    Gemini(gemini::ReadStream),
}

impl Reader {
    fn new(format: Format) -> Self {
        match format {
            Format::OpenAiChat => Self::Chat(openai_chat::ReadStream::default()),
            Format::AnthropicMessages => Self::Messages(anthropic_messages::ReadStream::default()),
            Format::OpenAiResponses => Self::Responses(responses::ReadStream::default()),
            Format::Gemini => Self::Gemini(gemini::ReadStream::default()),
        }
    }

    fn event(&mut self, event: &Event<'_>, out: &mut Vec<Said>) -> Result<(), Garbled> {
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| Garbled::wire("an event is not UTF-8"));
        let (name, data) = (text(event.name)?, text(event.data)?);
        let name = Some(name).filter(|name| !name.is_empty());
        // A comment by other means: an event with nothing in it.
        if data.trim().is_empty() {
            return Ok(());
        }
        match self {
            Self::Chat(stream) => stream.event(name, data, out),
            Self::Messages(stream) => stream.event(name, data, out),
            Self::Responses(stream) => stream.event(name, data, out),
            Self::Gemini(stream) => stream.event(name, data, out),
        }
    }

    fn end(&mut self, out: &mut Vec<Said>) {
        match self {
            Self::Chat(stream) => stream.end(out),
            Self::Messages(stream) => stream.end(out),
            Self::Gemini(stream) => stream.end(out),
            // Its end is an event; without it the answer is not whole.
            Self::Responses(_) => {}
        }
    }
}

#[derive(Debug)]
enum Writer {
    Chat(openai_chat::WriteStream),
    Messages(anthropic_messages::WriteStream),
    Responses(Box<responses::WriteStream>),
}

impl Writer {
    fn new(format: Format, meta: Meta) -> Result<Self, BadBody> {
        match format {
            Format::OpenAiChat => Ok(Self::Chat(openai_chat::WriteStream::new(meta))),
            Format::AnthropicMessages => Ok(Self::Messages(anthropic_messages::WriteStream::new(meta))),
            Format::OpenAiResponses => Ok(Self::Responses(Box::new(responses::WriteStream::new(meta)))),
            Format::Gemini => Err(BadBody::unsupported("model", NOT_SERVED)),
        }
    }

    fn piece(&mut self, said: &Said, out: &mut Vec<u8>) {
        match self {
            Self::Chat(stream) => stream.piece(said, out),
            Self::Messages(stream) => stream.piece(said, out),
            Self::Responses(stream) => stream.piece(said, out),
        }
    }

    fn fail(&mut self, status: u16, code: &str, message: &str, out: &mut Vec<u8>) {
        match self {
            Self::Chat(stream) => stream.fail(status, code, message, out),
            Self::Messages(stream) => stream.fail(status, code, message, out),
            Self::Responses(stream) => stream.fail(status, code, message, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const SERVED: [Format; 3] = [Format::OpenAiChat, Format::AnthropicMessages, Format::OpenAiResponses];

    fn meta() -> Meta {
        Meta { id: "1".into(), model: "fast".into(), created: 7, stream_usage: true, ..Meta::default() }
    }

    fn translated(from: Format, to: Format, stream: &[u8], step: usize) -> Vec<u8> {
        let (mut translator, mut out) = (StreamTranslator::new(from, to, meta()).unwrap(), Vec::new());
        for portion in stream.chunks(step) {
            translator.push(portion, &mut out).unwrap();
        }
        translator.end(&mut out).unwrap();
        assert!(translator.done() && translator.first_content_seen());
        out
    }

    fn answer() -> Vec<Said> {
        vec![
            Said::Begun { id: Some("x".into()), model: Some("m".into()) },
            Said::Thinking("hmé".into()),
            Said::Signature("anthropic#EqoB".into()),
            Said::Text("Hi \"you\"\n".into()),
            Said::ToolCall { index: 0, id: "call_0".into(), name: "look".into() },
            Said::Arguments { index: 0, piece: "{\"a\":".into() },
            Said::Arguments { index: 0, piece: "1}".into() },
            Said::Done {
                finish: Finish::ToolCalls,
                usage: Some(Usage { input: 10, output: 5, cached_input: 4, cache_write: 0, reasoning: 0 }),
            },
        ]
    }

    #[test]
    fn a_stream_is_the_same_wherever_it_is_cut() {
        for from in SERVED {
            let stream = write_stream(from, &answer(), meta()).unwrap();
            for to in SERVED {
                let whole = translated(from, to, &stream, stream.len());
                for step in [1, 2, 3, 5, 7, 64] {
                    assert!(translated(from, to, &stream, step) == whole, "{from:?} to {to:?} in steps of {step}");
                }
                let outcome = |said: &[Said]| crate::arbitrary::outcome(said);
                assert_eq!(outcome(&read_stream(to, &whole).unwrap()), outcome(&answer()), "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn a_cut_stream_never_looks_finished() {
        for from in SERVED {
            let stream = write_stream(from, &answer(), meta()).unwrap();
            let text = String::from_utf8_lossy(&stream).into_owned();
            // Before the event that says why it ended.
            let mark = ["\"finish_reason\":\"tool_calls\"", "message_delta", "response.completed"];
            let end = mark.iter().filter_map(|mark| text.find(mark)).min().unwrap();
            for to in SERVED {
                let (mut translator, mut out) = (StreamTranslator::new(from, to, meta()).unwrap(), Vec::new());
                translator.push(&stream[..end], &mut out).unwrap();
                assert!(translator.end(&mut out).is_err(), "{from:?} to {to:?}");
                translator.fail(502, "UPSTREAM_CUT", "It broke off.", &mut out);
                let length = out.len();
                translator.fail(502, "UPSTREAM_CUT", "It broke off.", &mut out);
                assert_eq!(out.len(), length, "said once");
                let out = String::from_utf8(out).unwrap();
                assert!(out.contains("UPSTREAM_CUT") && !out.contains("[DONE]"), "{from:?} to {to:?}");
                assert!(!out.contains("message_stop") && !out.contains("response.completed"));
                assert!(read_stream(to, out.as_bytes()).is_err());
            }
        }
    }

    #[test]
    fn an_error_of_the_provider_stops_the_stream() {
        let stream = b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: {\"error\":{\"message\":\"no\",\"code\":429}}\n\n";
        let mut translator = StreamTranslator::new(Format::OpenAiChat, Format::AnthropicMessages, meta()).unwrap();
        let mut out = Vec::new();
        let error = translator.push(stream, &mut out).unwrap_err();
        assert_eq!(error, Garbled::Reported { status: Some(429), code: String::new(), message: "no".into() });
        assert!(String::from_utf8(out).unwrap().contains("Hi"), "what came before it is passed on");
        assert!(!translator.done());
    }

    #[test]
    fn a_request_changes_its_format_and_its_model() {
        let chat = json!({
            "model": "smart", "stream": true, "logit_bias": {}, "n": 1, "max_tokens": 9,
            "messages": [{ "role": "system", "content": "S" }, { "role": "user", "content": "Hi" }],
        });
        let body = translate_request(
            Format::OpenAiChat,
            Format::AnthropicMessages,
            chat.to_string().as_bytes(),
            "claude-sonnet-4-5",
        );
        let expected = json!({
            "model": "claude-sonnet-4-5", "max_tokens": 9,
            "system": [{ "type": "text", "text": "S" }],
            "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Hi" }] }],
            "stream": true,
        });
        assert_eq!(serde_json::from_slice::<Value>(&body.unwrap()).unwrap(), expected);

        let back =
            translate_request(Format::AnthropicMessages, Format::OpenAiChat, expected.to_string().as_bytes(), "llama");
        let expected = json!({
            "model": "llama",
            "messages": [{ "role": "system", "content": "S" }, { "role": "user", "content": "Hi" }],
            "max_tokens": 9, "stream": true, "stream_options": { "include_usage": true },
        });
        assert_eq!(serde_json::from_slice::<Value>(&back.unwrap()).unwrap(), expected);
        let same = translate_request(Format::OpenAiChat, Format::OpenAiChat, br#"{"model":"a","x":[ 1]}"#, "b");
        assert_eq!(same.unwrap(), br#"{"model":"b","x":[ 1]}"#);
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        for (field, value) in
            [("n", json!(2)), ("logprobs", json!(true)), ("modalities", json!(["text", "audio"])), ("audio", json!({}))]
        {
            let mut body = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }] });
            body[field] = value;
            let body = body.to_string();
            let error = translate_request(Format::OpenAiChat, Format::AnthropicMessages, body.as_bytes(), "claude");
            assert_eq!(error.unwrap_err().field(), Some(field));
            assert!(translate_request(Format::OpenAiChat, Format::OpenAiChat, body.as_bytes(), "m").is_ok());
        }
    }

    #[test]
    fn thinking_finds_its_way_back_through_every_format() {
        // A caller of one format talks to Anthropic; what he gives back must be what Anthropic gave.
        let said = &answer()[..5];
        for to in [Format::OpenAiChat, Format::AnthropicMessages] {
            let whole: Vec<Said> = said.iter().cloned().chain(answer().pop()).collect();
            let answer: Value = serde_json::from_slice(&write_answer(to, &whole, &meta()).unwrap()).unwrap();
            let message = match to {
                Format::OpenAiChat => answer["choices"][0]["message"].clone(),
                _ => json!({ "role": "assistant", "content": answer["content"] }),
            };
            let body =
                json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": "?" }, message] });
            let asked = read_request(to, body.to_string().as_bytes()).unwrap();
            let request = write_request(Format::AnthropicMessages, &asked);
            let block = json!({ "type": "thinking", "thinking": "hmé", "signature": "EqoB" });
            assert_eq!(request["messages"][1]["content"][0], block, "{to:?}");
            let chat = write_request(Format::OpenAiChat, &asked).to_string();
            assert!(!chat.contains("EqoB"), "nobody else gets it");
        }
    }

    #[test]
    fn a_response_repeats_its_request_also_from_another_provider() {
        let body = json!({ "model": "m", "instructions": "Be kind.", "input": "Hi", "metadata": { "run": "7" } });
        let repeated = repeated(Format::OpenAiResponses, body.to_string().as_bytes());
        let meta = Meta { repeated, ..meta() };
        let said = write_answer(Format::AnthropicMessages, &answer(), &meta).unwrap();
        let whole = translate_answer(Format::AnthropicMessages, Format::OpenAiResponses, &said, &meta).unwrap();
        let response: Value = serde_json::from_slice(&whole.body).unwrap();
        assert_eq!((&response["instructions"], &response["metadata"]["run"]), (&json!("Be kind."), &json!("7")));
        let stream = write_stream(Format::OpenAiResponses, &answer(), meta).unwrap();
        assert_eq!(
            String::from_utf8(stream).unwrap().matches("Be kind.").count(),
            3,
            "created, in progress, completed"
        );
        assert!(super::repeated(Format::OpenAiChat, body.to_string().as_bytes()).is_empty());
        assert!(super::repeated(Format::OpenAiResponses, b"{").is_empty());
    }

    #[test]
    fn whole_answers_are_translated_with_what_they_took() {
        let body = write_answer(Format::AnthropicMessages, &answer(), &meta()).unwrap();
        let chat = translate_answer(Format::AnthropicMessages, Format::OpenAiChat, &body, &meta()).unwrap();
        assert_eq!((chat.finish, chat.usage.map(|usage| usage.input)), (Finish::ToolCalls, Some(10)));
        let message: Value = serde_json::from_slice(&chat.body).unwrap();
        assert_eq!(message["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"], "{\"a\":1}");
        assert!(translate_answer(Format::OpenAiChat, Format::Gemini, &chat.body, &meta()).is_err());
    }

    proptest! {
        #[test]
        fn an_answer_survives_every_way(said in crate::arbitrary::said(), from in 0_usize..3, to in 0_usize..3) {
            let (from, to) = (SERVED[from], SERVED[to]);
            let stream = write_stream(from, &said, meta()).unwrap();
            let mut translator = StreamTranslator::new(from, to, meta()).unwrap();
            let mut out = Vec::new();
            translator.push(&stream, &mut out).unwrap();
            translator.end(&mut out).unwrap();
            let again = read_stream(to, &out).unwrap();
            prop_assert_eq!(crate::arbitrary::outcome(&again), crate::arbitrary::outcome(&said));
        }

        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), line in r#"[\[\]{}:,"a-z0-9\\]{0,80}"#) {
            for from in [Format::OpenAiChat, Format::OpenAiResponses, Format::AnthropicMessages, Format::Gemini] {
                let mut translator = StreamTranslator::new(from, Format::OpenAiChat, meta()).unwrap();
                let mut out = Vec::new();
                let _ = translator.push(&bytes, &mut out);
                let _ = translator.push(format!("\n\ndata: {line}\n\n").as_bytes(), &mut out);
                let _ = translator.end(&mut out);
                let _ = translate_request(from, Format::AnthropicMessages, &bytes, "m");
                let _ = read_answer(from, line.as_bytes());
            }
        }
    }
}
