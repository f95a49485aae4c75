//! Which requests get the same answer (GTW-12).

use axum::http::HeaderMap;
use memchr::memmem;
use quorate_formats::{BadBody, Envelope, Format, canonical};
use quorate_kernel::OrgId;
use quorate_work::cache::CacheKey;
use sha2::{Digest as _, Sha256};

/// Headers of a request that go to the provider and may change its answer.
const TELLING: [&str; 3] = ["anthropic-version", "anthropic-beta", "openai-beta"];

/// What an answer depends on.
pub(super) struct Asked<'a> {
    /// Whose request it is; `None` where all organizations share their answers.
    pub(super) org: Option<OrgId>,
    pub(super) format: Format,
    /// The targets of the route: under others, others answer.
    pub(super) targets: &'a [String],
    /// Where the targets are, and the route's guardrails: what they refuse now is given to nobody, also where it was
    /// answered before.
    pub(super) print: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) envelope: &'a Envelope<'a>,
    pub(super) body: &'a [u8],
}

impl Asked<'_> {
    /// The name of the answer in the cache.
    ///
    /// # Errors
    /// When the body is no JSON object.
    pub(super) fn key(&self) -> Result<CacheKey, BadBody> {
        let mut hash = Sha256::new();
        // With its length before each part, no two lists of parts are the same bytes.
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        part(b"answer/1");
        match self.org {
            Some(org) => part(org.to_string().as_bytes()),
            None => part(b"everyone"),
        }
        part(&(self.targets.len() as u64).to_be_bytes());
        for target in self.targets {
            part(target.as_bytes());
        }
        part(self.print.as_bytes());
        for name in TELLING {
            part(self.headers.get(name).map_or(b"", |value| value.as_bytes()));
        }
        part(if self.keeps_its_form() { form(self.envelope) } else { b"any" });
        part(&canonical(self.format, self.body)?);
        Ok(hash.finalize().into())
    }

    /// Whether the answer holds what is lost between a stream and a whole answer. Then the two are kept apart.
    fn keeps_its_form(&self) -> bool {
        self.envelope.choices > 1
            || ["\"logprobs\"", "\"audio\"", "\"modalities\"", "\"include\""]
                .iter()
                .any(|field| memmem::find(self.body, field.as_bytes()).is_some())
    }
}

const fn form(envelope: &Envelope<'_>) -> &'static [u8] {
    match (envelope.stream, envelope.stream_usage) {
        (false, _) => b"whole",
        (true, false) => b"stream",
        (true, true) => b"stream with usage",
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use uuid::Uuid;

    use super::*;

    const BODY: &str = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;

    fn key(org: Option<u128>, targets: &[&str], beta: Option<&'static str>, body: &str) -> CacheKey {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer anybody"));
        if let Some(beta) = beta {
            headers.insert("anthropic-beta", HeaderValue::from_static(beta));
        }
        let targets: Vec<String> = targets.iter().map(|target| (*target).to_owned()).collect();
        let envelope = Envelope::scan(Format::OpenAiChat, body.as_bytes()).unwrap();
        let org = org.map(|org| OrgId(Uuid::from_u128(org)));
        let format = Format::OpenAiChat;
        Asked {
            org,
            format,
            targets: &targets,
            print: "",
            headers: &headers,
            envelope: &envelope,
            body: body.as_bytes(),
        }
        .key()
        .unwrap()
    }

    #[test]
    fn only_what_changes_the_answer_changes_the_key() {
        let plain = key(Some(1), &["a/x", "b/y"], None, BODY);
        let stream = BODY.replace(r#""model""#, r#" "stream":true, "user":"u", "model""#);
        assert_eq!(key(Some(1), &["a/x", "b/y"], None, &stream), plain);
        for (why, other) in [
            ("another organization", key(Some(2), &["a/x", "b/y"], None, BODY)),
            ("everyone", key(None, &["a/x", "b/y"], None, BODY)),
            ("other targets", key(Some(1), &["a/x"], None, BODY)),
            ("the same letters in other targets", key(Some(1), &["a/xb/y"], None, BODY)),
            ("a beta", key(Some(1), &["a/x", "b/y"], Some("thinking"), BODY)),
            ("another question", key(Some(1), &["a/x", "b/y"], None, &BODY.replace("hi", "ho"))),
        ] {
            assert_ne!(other, plain, "{why}");
        }
    }

    #[test]
    fn what_would_be_lost_between_the_forms_is_kept_apart() {
        for field in [r#""n":2"#, r#""logprobs":true"#] {
            let whole = BODY.replace(r#""model""#, &format!(r#"{field},"model""#));
            let stream = whole.replace(r#""model""#, r#""stream":true,"model""#);
            assert_ne!(key(Some(1), &["a/x"], None, &stream), key(Some(1), &["a/x"], None, &whole), "{field}");
        }
    }
}
