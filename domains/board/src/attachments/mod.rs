//! Files that are attached to a session before it starts: kept, read within limits, shown to every seat as data, and
//! searched when a facilitator wants a fact looked up (BRD-1, BRD-4).

mod keep;
mod materials;
mod name;
mod nearest;
mod research;

use chrono::{DateTime, Utc};
use quorate_extract::{Document, Warning};
use quorate_kernel::id_type;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use keep::too_large;
pub(crate) use materials::{BEGINNING, materials};
pub(crate) use research::AttachedDocuments;

use crate::session::named;

id_type! {
    /// One file attached to a session.
    AttachmentId
}

named! {
    /// How far an attachment could be read.
    AttachmentState {
        /// All of its text was read.
        Readable = "readable",
        /// Some of it was left out; the warnings say what.
        Partial = "partial",
        /// No text was found in it. The board cannot use it.
        Unreadable = "unreadable",
    }
}

named! {
    /// What is to be known of an attachment.
    AttachmentWarning {
        /// It holds text that looks like instructions to a model. It is read as data all the same, and marked.
        Suspicious = "suspicious",
        /// It holds text that people do not see; that was left out.
        HiddenText = "hidden_text",
        /// It is longer than the limit; the rest was left out.
        Truncated = "truncated",
        /// No text was found in it: it may be a picture of one.
        NoText = "no_text",
        /// Some of its pages have no text: they may be pictures.
        PagesWithoutText = "pages_without_text",
        /// Some of its letters could not be told.
        UnknownLetters = "unknown_letters",
    }
}

impl From<Warning> for AttachmentWarning {
    fn from(warning: Warning) -> Self {
        match warning {
            Warning::Suspicious => Self::Suspicious,
            Warning::HiddenText => Self::HiddenText,
            Warning::Truncated => Self::Truncated,
            Warning::NoText => Self::NoText,
            Warning::PagesWithoutText => Self::PagesWithoutText,
            Warning::UnknownLetters => Self::UnknownLetters,
        }
    }
}

impl AttachmentWarning {
    /// The warning as a sentence.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Suspicious => "It contains text that looks like instructions to a model. The board reads it as data.",
            Self::HiddenText => "It contains text that people do not see. That was left out.",
            Self::Truncated => "It is longer than the limit. The rest was left out.",
            Self::NoText => "No text was found in it; it may be a scan. The board cannot use it.",
            Self::PagesWithoutText => "Some of its pages have no text; they may be scans.",
            Self::UnknownLetters => "Some of its letters could not be told.",
        }
    }
}

/// An attachment, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The file's name, without any path.
    pub name: String,
    /// What it is, by its content.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// How many characters were read.
    pub characters: usize,
    /// How many pages it has, of kinds that have pages.
    pub pages: Option<usize>,
    /// How far it could be read.
    pub state: AttachmentState,
    /// What is to be known of it.
    pub warnings: Vec<AttachmentWarning>,
    /// When it was attached.
    pub created_at: DateTime<Utc>,
}

impl Attachment {
    fn of(id: AttachmentId, name: String, size: usize, document: &Document, now: DateTime<Utc>) -> Self {
        let warnings: Vec<AttachmentWarning> = document.warnings.iter().copied().map(Into::into).collect();
        let whole = |warning: &AttachmentWarning| *warning == AttachmentWarning::Suspicious;
        let state = if document.passages.is_empty() {
            AttachmentState::Unreadable
        } else if warnings.iter().all(whole) {
            AttachmentState::Readable
        } else {
            AttachmentState::Partial
        };
        Self {
            id,
            name,
            media_type: document.kind.media_type().to_owned(),
            size: u64::try_from(size).unwrap_or(u64::MAX),
            characters: document.text().chars().count(),
            pages: document.pages,
            state,
            warnings,
            created_at: now,
        }
    }

    /// Whether it holds text that speaks to a model.
    #[must_use]
    pub fn is_suspicious(&self) -> bool {
        self.warnings.contains(&AttachmentWarning::Suspicious)
    }
}

/// How much may be attached to one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttachmentLimits {
    /// Files.
    pub files: usize,
    /// Bytes of one file.
    pub bytes: usize,
    /// Characters that are read of one file.
    pub characters: usize,
    /// Pages that are read of one file.
    pub pages: usize,
}
