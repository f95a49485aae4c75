//! What the gateway needs to know of a request that it relays (GTW-32): one pass over the bytes, nothing built, and
//! the few values that have to change are spliced in where they stand.

use std::borrow::Cow;
use std::ops::Range;

use crate::conversation::{Hash, content};
use crate::walk::Walk;
use crate::{BadBody, Format};

/// The size a picture or a file is given in [`Envelope::input_bytes`]: about a thousand tokens.
const OPAQUE_BYTES: usize = 4096;

/// The fields that are read. Some readers take names in any letters, the last one winning; one that means another
/// model to them than to us must not pass.
const READ: [&str; 18] = [
    "model",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "n",
    "user",
    "prompt_cache_key",
    "previous_response_id",
    "metadata",
    "conversation",
    "messages",
    "system",
    "tools",
    "input",
    "instructions",
    "functions",
];

/// What a request says on its outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The model or route that is asked.
    pub model: Cow<'a, str>,
    /// Where the value of `model` stands, quotes included.
    pub model_span: Range<usize>,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Whether the caller asked for the usage in the stream (`stream_options.include_usage`). The other formats
    /// always say it, and here it is as they were sent.
    pub stream_usage: bool,
    /// The most output tokens; the largest, where several fields say it.
    pub max_output_tokens: Option<u64>,
    /// How many answers are wanted: `n`, at least 1.
    pub choices: u64,
    /// The caller's name for its end user.
    pub user: Option<Cow<'a, str>>,
    /// The caller's key for the provider's prompt cache.
    pub prompt_cache_key: Option<Cow<'a, str>>,
    /// The answer that this one continues, stored at the provider that gave it.
    pub previous_response_id: Option<Cow<'a, str>>,
    /// About how many bytes the model has to read: messages, instructions and tools; a picture counts 4,096.
    pub input_bytes: usize,
    /// The same for every turn of a conversation: of `prompt_cache_key`, `conversation`, `metadata.user_id` or `user`
    /// where one is given, in this order; otherwise of the instructions and the first message of the user.
    pub conversation: u64,
    usage: UsageSwitch,
}

/// Where `include_usage` is switched on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum UsageSwitch {
    /// There are no `stream_options`.
    Absent,
    /// They are `null`, or `include_usage` has a value, here.
    Replace(Range<usize>, &'static str),
    /// They say other things; after the brace here.
    Insert(usize, &'static str),
}

impl<'a> Envelope<'a> {
    /// Reads the envelope of `body`.
    ///
    /// # Errors
    /// [`BadBody`] when it is not a JSON object, has a field twice, or a field that is read here has a wrong type.
    pub fn scan(format: Format, body: &'a [u8]) -> Result<Self, BadBody> {
        if format == Format::Gemini {
            return Err(BadBody::unsupported("model", "requests in this format are not taken here"));
        }
        let mut walk = Walk::new(body)?;
        if walk.peek() != Some(b'{') {
            return Err(if crate::walk::check(body).is_ok() { BadBody::NotObject } else { BadBody::Syntax { at: 0 } });
        }
        let mut scan = Scan::default();
        walk.object(|walk, name| scan.field(walk, name))?;
        walk.end()?;
        scan.finish()
    }

    /// The body with another model and, if `want_usage`, with the usage in its stream; all other bytes as they are.
    /// `body` is the one that was scanned. Usage is switched on only for a stream whose caller did not ask for it;
    /// only OpenAI's chat format has the switch, so ask for it only there.
    #[must_use]
    pub fn rewrite(&self, body: &[u8], model: &str, want_usage: bool) -> Vec<u8> {
        let mut edits: [Option<(Range<usize>, Cow<'_, str>)>; 2] = [None, None];
        let quoted = serde_json::Value::from(model).to_string();
        edits[0] = Some((self.model_span.clone(), Cow::Owned(quoted)));
        if want_usage && self.stream && !self.stream_usage {
            edits[1] = Some(match &self.usage {
                UsageSwitch::Absent => {
                    let open = body.iter().position(|byte| *byte == b'{').unwrap_or_default() + 1;
                    (open..open, Cow::Borrowed(r#""stream_options":{"include_usage":true},"#))
                }
                UsageSwitch::Replace(span, text) => (span.clone(), Cow::Borrowed(*text)),
                UsageSwitch::Insert(at, text) => (*at..*at, Cow::Borrowed(*text)),
            });
        }
        edits.sort_by_key(|edit| edit.as_ref().map_or(usize::MAX, |(span, _)| span.start));
        let mut out = Vec::with_capacity(body.len() + model.len() + 48);
        let mut from = 0;
        for (span, text) in edits.into_iter().flatten() {
            out.extend_from_slice(body.get(from..span.start).unwrap_or_default());
            out.extend_from_slice(text.as_bytes());
            from = span.end;
        }
        out.extend_from_slice(body.get(from..).unwrap_or_default());
        out
    }
}

#[derive(Default)]
struct Scan<'a> {
    names: Vec<Cow<'a, str>>,
    model: Option<(Cow<'a, str>, Range<usize>)>,
    stream: bool,
    stream_usage: bool,
    usage: Option<UsageSwitch>,
    max_output_tokens: Option<u64>,
    choices: Option<u64>,
    user: Option<Cow<'a, str>>,
    metadata_user: Option<Cow<'a, str>>,
    prompt_cache_key: Option<Cow<'a, str>>,
    conversation: Option<Cow<'a, str>>,
    previous_response_id: Option<Cow<'a, str>>,
    input_bytes: usize,
    instructions: Hash,
    first: Option<Hash>,
}

impl<'a> Scan<'a> {
    fn field(&mut self, walk: &mut Walk<'a>, name: Cow<'a, str>) -> Result<(), BadBody> {
        match name.as_ref() {
            "model" => {
                let from = walk.start();
                let model = text(walk, "model")?.filter(|model| !model.is_empty());
                let model = model.ok_or_else(|| BadBody::wrong("model", "the name of a model"))?;
                self.model = Some((model, from..walk.at()));
            }
            "stream" => self.stream = flag(walk, "stream")?,
            "stream_options" => self.stream_options(walk)?,
            "max_tokens" | "max_completion_tokens" | "max_output_tokens" => {
                self.max_output_tokens = self.max_output_tokens.max(count(walk, &name)?);
            }
            "n" => self.choices = count(walk, "n")?,
            "user" => self.user = text(walk, "user")?,
            "prompt_cache_key" => self.prompt_cache_key = text(walk, "prompt_cache_key")?,
            "previous_response_id" => self.previous_response_id = text(walk, "previous_response_id")?,
            "metadata" => self.metadata_user = inner(walk, "user_id")?,
            "conversation" if walk.peek() == Some(b'"') => self.conversation = text(walk, "conversation")?,
            "conversation" => self.conversation = inner(walk, "id")?,
            "system" | "instructions" | "tools" | "functions" | "messages" | "input" => {
                let (from, opaque, count) = (walk.start(), walk.opaque_bytes, walk.opaque_count);
                match name.as_ref() {
                    "messages" | "input" => self.messages(walk)?,
                    _ => walk.skip()?,
                }
                let span = from..walk.at();
                if matches!(name.as_ref(), "system" | "instructions") {
                    content(walk.slice(&span), &mut self.instructions);
                }
                let words = span.len() - (walk.opaque_bytes - opaque);
                self.input_bytes += words + (walk.opaque_count - count) * OPAQUE_BYTES;
            }
            other => {
                if READ.iter().any(|read| folded_equal(read, other)) {
                    return Err(BadBody::Twice(other.to_owned()));
                }
                walk.value()?;
            }
        }
        self.names.push(name);
        Ok(())
    }

    fn stream_options(&mut self, walk: &mut Walk<'a>) -> Result<(), BadBody> {
        let from = walk.start();
        if walk.peek() == Some(b'n') {
            let span = walk.value()?;
            self.usage = Some(UsageSwitch::Replace(span, r#"{"include_usage":true}"#));
            return Ok(());
        }
        if walk.peek() != Some(b'{') {
            return Err(BadBody::wrong("stream_options", "an object"));
        }
        let mut empty = true;
        let mut switch = None;
        walk.object(|walk, name| {
            empty = false;
            if name != "include_usage" {
                if folded_equal("include_usage", &name) {
                    return Err(BadBody::Twice("stream_options.include_usage".to_owned()));
                }
                return walk.skip();
            }
            if switch.is_some() {
                return Err(BadBody::Twice("stream_options.include_usage".to_owned()));
            }
            let from = walk.start();
            self.stream_usage = flag(walk, "stream_options.include_usage")?;
            switch = Some(from..walk.at());
            Ok(())
        })?;
        self.usage = Some(match switch {
            Some(span) => UsageSwitch::Replace(span, "true"),
            None if empty => UsageSwitch::Insert(from + 1, r#""include_usage":true"#),
            None => UsageSwitch::Insert(from + 1, r#""include_usage":true,"#),
        });
        Ok(())
    }

    /// Passes the messages, which are a list of objects or, as the input of a response or an embedding, other things.
    fn messages(&mut self, walk: &mut Walk<'a>) -> Result<(), BadBody> {
        if walk.peek() != Some(b'[') {
            let span = walk.value()?;
            let mut hash = Hash::default();
            content(walk.slice(&span), &mut hash);
            self.first = Some(hash);
            return Ok(());
        }
        walk.array(|walk, _| {
            if self.first.is_some() || walk.peek() != Some(b'{') {
                return walk.skip();
            }
            let (mut role, mut said) = (None, None);
            walk.object(|walk, name| {
                match name.as_ref() {
                    "role" if walk.peek() == Some(b'"') => role = text(walk, "role")?,
                    "content" => said = Some(walk.value()?),
                    _ => walk.skip()?,
                }
                Ok(())
            })?;
            let said = said.map(|span| walk.slice(&span)).unwrap_or_default();
            match role.as_deref() {
                Some("system" | "developer") => content(said, &mut self.instructions),
                Some("user") => {
                    let mut hash = Hash::default();
                    content(said, &mut hash);
                    self.first = Some(hash);
                }
                _ => {}
            }
            Ok(())
        })
    }

    fn finish(mut self) -> Result<Envelope<'a>, BadBody> {
        self.names.sort_unstable();
        if let Some([name, _]) = self.names.array_windows().find(|[one, other]| one == other) {
            return Err(BadBody::Twice(name.clone().into_owned()));
        }
        let (model, model_span) = self.model.ok_or_else(|| BadBody::Missing("model".to_owned()))?;
        let mut hash = self.instructions;
        let named = [&self.prompt_cache_key, &self.conversation, &self.metadata_user, &self.user];
        match (named.into_iter().flatten().next(), self.first) {
            (Some(name), _) => {
                hash = Hash::default();
                hash.text(name.as_bytes());
            }
            (None, Some(first)) => hash.text(&first.finish().to_le_bytes()),
            (None, None) => {}
        }
        Ok(Envelope {
            model,
            model_span,
            stream: self.stream,
            stream_usage: self.stream_usage,
            max_output_tokens: self.max_output_tokens,
            choices: self.choices.unwrap_or(1).max(1),
            user: self.user,
            prompt_cache_key: self.prompt_cache_key,
            previous_response_id: self.previous_response_id,
            input_bytes: self.input_bytes,
            conversation: hash.finish(),
            usage: self.usage.unwrap_or(UsageSwitch::Absent),
        })
    }
}

/// Whether a reader that does not care for letters (Go's, with its two odd ones) takes `other` for `name`.
fn folded_equal(name: &str, other: &str) -> bool {
    if other.is_ascii() {
        return name.eq_ignore_ascii_case(other) && name != other;
    }
    name == other.to_uppercase().to_lowercase()
}

/// A string, or `None` for null.
fn text<'a>(walk: &mut Walk<'a>, field: &str) -> Result<Option<Cow<'a, str>>, BadBody> {
    match walk.peek() {
        Some(b'"') => {
            let text = walk.string()?;
            walk.text(&text).map(Some)
        }
        _ if is_null(walk)? => Ok(None),
        _ => Err(BadBody::wrong(field, "a string")),
    }
}

/// A boolean; null is false.
fn flag(walk: &mut Walk<'_>, field: &str) -> Result<bool, BadBody> {
    let span = walk.value()?;
    match walk.slice(&span) {
        b"true" => Ok(true),
        b"false" | b"null" => Ok(false),
        _ => Err(BadBody::wrong(field, "true or false")),
    }
}

/// A whole number, or `None` for null.
fn count(walk: &mut Walk<'_>, field: &str) -> Result<Option<u64>, BadBody> {
    let span = walk.value()?;
    let text = walk.slice(&span);
    if text == b"null" {
        return Ok(None);
    }
    let number: Option<u64> = serde_json::from_slice(text).ok();
    number.map(Some).ok_or_else(|| BadBody::wrong(field, "a whole number that is not negative"))
}

/// A text inside an object; `None` where there is neither.
fn inner<'a>(walk: &mut Walk<'a>, wanted: &str) -> Result<Option<Cow<'a, str>>, BadBody> {
    if walk.peek() != Some(b'{') {
        return walk.skip().map(|()| None);
    }
    let mut found = None;
    walk.object(|walk, name| {
        if name == wanted && walk.peek() == Some(b'"') {
            found = text(walk, wanted)?;
            return Ok(());
        }
        walk.skip()
    })?;
    Ok(found)
}

fn is_null(walk: &mut Walk<'_>) -> Result<bool, BadBody> {
    if walk.peek() != Some(b'n') {
        return Ok(false);
    }
    walk.skip().map(|()| true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn chat(body: &str) -> Result<Envelope<'_>, BadBody> {
        Envelope::scan(Format::OpenAiChat, body.as_bytes())
    }

    fn rewritten(body: &str, want_usage: bool) -> String {
        let bytes = chat(body).unwrap().rewrite(body.as_bytes(), "gpt \"x\"", want_usage);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_outside_of_a_request_is_read() {
        let body = r#" {"messages":[{"role":"user","content":"Hi"}], "model" : "fast\u002fone","max_tokens":5,
            "max_completion_tokens":9,"stream":true,"n":2,"user":"u","top_k":1e2,"stream_options":{"x":1}} "#;
        let envelope = chat(body).unwrap();
        assert_eq!(envelope.model, "fast/one");
        assert_eq!(&body[envelope.model_span.clone()], r#""fast\u002fone""#);
        assert_eq!((envelope.stream, envelope.stream_usage), (true, false));
        assert_eq!((envelope.max_output_tokens, envelope.choices), (Some(9), 2));
        assert_eq!(envelope.user.as_deref(), Some("u"));
        assert_eq!(envelope.input_bytes, r#"[{"role":"user","content":"Hi"}]"#.len());
    }

    #[test]
    fn bad_bodies_are_told_apart() {
        let cases = [
            (r#"{"model":"m"#, BadBody::Syntax { at: 11 }),
            ("[]", BadBody::NotObject),
            ("{}", BadBody::Missing("model".into())),
            (r#"{"model":null}"#, BadBody::wrong("model", "the name of a model")),
            (r#"{"model":""}"#, BadBody::wrong("model", "the name of a model")),
            (r#"{"model":["m"]}"#, BadBody::wrong("model", "a string")),
            (r#"{"model":"m","stream":1}"#, BadBody::wrong("stream", "true or false")),
            (r#"{"model":"m","model":"n"}"#, BadBody::Twice("model".into())),
            (r#"{"model":"m","mod\u0065l":"n"}"#, BadBody::Twice("model".into())),
            (r#"{"model":"m","Model":"n"}"#, BadBody::Twice("Model".into())),
            (r#"{"model":"m","\u017fTREAM":true}"#, BadBody::Twice("\u{17f}TREAM".into())),
            (r#"{"model":"m","x":1,"x":1}"#, BadBody::Twice("x".into())),
            (r#"{"model":"m","n":-1}"#, BadBody::wrong("n", "a whole number that is not negative")),
            (r#"{"model":"m"} x"#, BadBody::Syntax { at: 14 }),
        ];
        for (body, expected) in cases {
            assert_eq!(chat(body).unwrap_err(), expected, "{body}");
        }
        let twice = r#"{"model":"m","stream_options":{"include_usage":true,"include_usage":false}}"#;
        assert_eq!(chat(twice).unwrap_err().field(), Some("stream_options.include_usage"));
        let deep = format!(r#"{{"model":"m","x":{}}}"#, "[".repeat(10_000));
        assert_eq!(chat(&deep).unwrap_err(), BadBody::TooDeep);
    }

    #[test]
    fn the_model_and_the_usage_switch_are_spliced_in() {
        let cases = [
            (
                r#"{ "model":"m","stream":true}"#,
                r#"{"stream_options":{"include_usage":true}, "model":"M","stream":true}"#,
            ),
            (
                r#"{"stream_options":null,"model":"m","stream":true}"#,
                r#"{"stream_options":{"include_usage":true},"model":"M","stream":true}"#,
            ),
            (
                r#"{"model":"m","stream":true,"stream_options": {"x":[1]}}"#,
                r#"{"model":"M","stream":true,"stream_options": {"include_usage":true,"x":[1]}}"#,
            ),
            (
                r#"{"model":"m","stream":true,"stream_options":{ }}"#,
                r#"{"model":"M","stream":true,"stream_options":{"include_usage":true }}"#,
            ),
            (
                r#"{"model":"m","stream":true,"stream_options":{"a":1,"include_usage": false}}"#,
                r#"{"model":"M","stream":true,"stream_options":{"a":1,"include_usage": true}}"#,
            ),
            (
                r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#,
                r#"{"model":"M","stream":true,"stream_options":{"include_usage":true}}"#,
            ),
            (r#"{"model":"m"}"#, r#"{"model":"M"}"#),
        ];
        for (body, expected) in cases {
            assert_eq!(rewritten(body, true), expected.replace(r#""M""#, r#""gpt \"x\"""#), "{body}");
        }
        assert_eq!(rewritten(r#"{"model":"m","stream":true}"#, false), r#"{"model":"gpt \"x\"","stream":true}"#);
    }

    #[test]
    fn a_conversation_keeps_its_key_and_others_have_another() {
        let key = |format, body: Value| Envelope::scan(format, body.to_string().as_bytes()).unwrap().conversation;
        let openai = |rest: Value| key(Format::OpenAiChat, json!({ "model": "m", "messages": rest }));
        let (system, user) = (json!({"role":"system","content":"S"}), json!({"role":"user","content":"Hi"}));
        let first = openai(json!([system, user]));
        let more = json!([system, user, {"role":"assistant","content":"Yes?"}, {"role":"user","content":"Why"}]);
        assert_eq!(openai(more), first);
        assert_ne!(openai(json!([user])), first);
        assert_ne!(openai(json!([system, {"role":"user","content":"Ho"}])), first);

        let marked = |mark: bool, more: bool| {
            let mut part = json!({"type":"text","text":"Hi"});
            if mark {
                part["cache_control"] = json!({"type":"ephemeral"});
            }
            let mut turns = vec![json!({"role":"user","content":[part]})];
            if more {
                turns.push(json!({"role":"assistant","content":"Yes"}));
            }
            key(Format::AnthropicMessages, json!({"model":"m","system":"S","max_tokens":1,"messages":turns}))
        };
        assert_eq!(marked(true, false), marked(false, true));
        assert_eq!(marked(true, false), first, "the same words in another format");

        let named = |name: &str, text: &str| {
            key(Format::OpenAiResponses, json!({"model":"m","prompt_cache_key":name,"user":"u","input":text}))
        };
        assert_eq!(named("a", "x"), named("a", "y"));
        assert_ne!(named("a", "x"), named("b", "x"));
        let of_user =
            |user: &str| key(Format::AnthropicMessages, json!({"model":"m","metadata":{"user_id":user},"messages":[]}));
        assert_ne!(of_user("a"), of_user("b"));
    }

    #[test]
    fn a_picture_counts_as_a_picture() {
        let url = format!("data:image/png;base64,{}", "A".repeat(1_000_000));
        let message = json!({"role":"user","content":[{"type":"image_url","image_url":{"url":url}}]});
        let body = json!({"model":"m","messages":[message]}).to_string();
        assert!((4096..4300).contains(&chat(&body).unwrap().input_bytes));
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Envelope::scan(Format::OpenAiChat, &bytes);
        }

        #[test]
        fn a_rewritten_body_differs_only_where_it_should(
            fields in prop::collection::vec(("[a-z]{1,6}", "[a-zé\"\\\\]{0,20}"), 0..6),
            at in 0_usize..6, options in 0_usize..5, model in "[a-z\"\\\\é]{1,9}",
        ) {
            let all = [None, Some(json!(null)), Some(json!({})), Some(json!({"a":{"include_usage":0}})),
                Some(json!({"b":1,"include_usage":false}))];
            let options: Option<Value> = all[options].clone();
            let mut list: Vec<(String, Value)> =
                fields.into_iter().map(|(name, text)| (format!("x_{name}"), json!(text))).collect();
            list.insert(at.min(list.len()), ("model".into(), json!("m")));
            list.push(("stream".into(), json!(true)));
            if let Some(options) = options {
                list.insert(at.min(list.len()), ("stream_options".into(), options));
            }
            let body: serde_json::Map<String, Value> = list.into_iter().collect();
            let text = Value::Object(body.clone()).to_string();
            let envelope = chat(&text).unwrap();
            let new: Value = serde_json::from_slice(&envelope.rewrite(text.as_bytes(), &model, true)).unwrap();
            let mut expected = Value::Object(body);
            expected["model"] = json!(model);
            if !expected["stream_options"].is_object() {
                expected["stream_options"] = json!({});
            }
            expected["stream_options"]["include_usage"] = json!(true);
            prop_assert_eq!(new, expected);
        }
    }
}
