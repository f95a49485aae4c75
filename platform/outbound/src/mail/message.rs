use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, MultiPartKind, SinglePart};
use lettre::{Address, Message};
use quorate_kernel::Ids;
use quorate_store::MasterKey;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::MailError;

/// What a mail says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// A mail that is ready to leave.
pub(super) struct Outgoing {
    pub(super) id: Uuid,
    pub(super) to: String,
    pub(super) template: String,
    pub(super) locale: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) content: Content,
}

impl Content {
    /// As it is stored: sealed under a label that no other mail has, so that contents cannot change places.
    pub(super) fn seal(&self, key: &MasterKey, id: Uuid, ids: &dyn Ids) -> Result<String, MailError> {
        let text = serde_json::to_vec(self).map_err(|error| MailError::Compose(error.to_string()))?;
        Ok(key.seal(&label(id), &text, ids)?)
    }

    pub(super) fn open(key: &MasterKey, id: Uuid, sealed: &str) -> Result<Self, MailError> {
        let text = key.open(&label(id), sealed)?;
        serde_json::from_slice(&text).map_err(|error| MailError::Compose(error.to_string()))
    }
}

fn label(id: Uuid) -> String {
    format!("outbound_mails {id}")
}

impl Outgoing {
    /// The message as it is sent (RFC 5322), the same at every attempt. Its id is the mail's own, so a server that gets
    /// it twice can tell.
    pub(super) fn compose(&self, from: &Mailbox) -> Result<Message, MailError> {
        let compose = |error: &dyn std::error::Error| MailError::Compose(error.to_string());
        // The bare address: a name would be one more value that somebody else chose in a header.
        let to: Address = self.to.parse().map_err(|error| compose(&error))?;
        let part = |kind: ContentType, body: &str| SinglePart::builder().header(kind).body(body.to_owned());
        let body = MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            .boundary(format!("quorate-{}", self.id.simple()))
            .singlepart(part(ContentType::TEXT_PLAIN, &self.content.text))
            .singlepart(part(ContentType::TEXT_HTML, &self.content.html));
        let mut message = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to))
            .subject(self.content.subject.clone())
            .date(self.created_at.into())
            .message_id(Some(format!("<{}@{}>", self.id, from.email.domain())))
            .multipart(body)
            .map_err(|error| compose(&error))?;
        // Written by a machine: absence notes and mailing lists leave it alone (RFC 3834).
        for (name, value) in [
            (HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated"),
            (HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All"),
            (HeaderName::new_from_ascii_str("Content-Language"), &self.locale),
        ] {
            message.headers_mut().insert_raw(HeaderValue::new(name, value.to_owned()));
        }
        Ok(message)
    }
}
