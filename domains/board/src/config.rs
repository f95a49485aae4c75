//! The board's section of the configuration.

use quorate_kernel::MicroUsd;
use serde::{Deserialize, Serialize};

use crate::attachments::AttachmentLimits;

/// The section `[board]` of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoardConfig {
    /// Model calls that one session may have under way at once.
    pub concurrency: usize,
    /// How long questions wait for the user, in seconds, before the board goes on without an answer.
    pub clarification_timeout_seconds: u64,
    /// The most a session may deliberate, in seconds; after that it votes with what it has.
    pub session_timeout_seconds: u64,
    /// How long one model call may take, in seconds, retries included.
    pub call_timeout_seconds: u64,
    /// The most one session may cost, in dollars.
    pub cost_ceiling_usd: f64,
    /// The model routes that seats take in turn, so that a board need not be of one mind's making.
    pub routes: Vec<String>,
    /// A folder of further persona files; one with a bundled code takes its place.
    pub personas_dir: Option<std::path::PathBuf>,
    /// How many files may be attached to one session.
    pub attachments: usize,
    /// How large one file may be, in megabytes.
    pub attachment_megabytes: usize,
    /// How many characters are read of one file.
    pub attachment_characters: usize,
    /// How many pages are read of one file.
    pub attachment_pages: usize,
}

impl Default for BoardConfig {
    fn default() -> Self {
        Self {
            concurrency: 8,
            clarification_timeout_seconds: 900,
            session_timeout_seconds: 1_800,
            call_timeout_seconds: 180,
            cost_ceiling_usd: 5.0,
            routes: vec!["default".to_owned()],
            personas_dir: None,
            attachments: 10,
            attachment_megabytes: 10,
            attachment_characters: 200_000,
            attachment_pages: 500,
        }
    }
}

impl BoardConfig {
    /// How much may be attached to one session.
    #[must_use]
    pub const fn attachment_limits(&self) -> AttachmentLimits {
        AttachmentLimits {
            files: self.attachments,
            bytes: self.attachment_megabytes.saturating_mul(1_000_000),
            characters: self.attachment_characters,
            pages: self.attachment_pages,
        }
    }

    /// The ceiling in micro-dollars.
    #[must_use]
    pub fn cost_ceiling(&self) -> MicroUsd {
        MicroUsd::from_dollars(self.cost_ceiling_usd)
    }
}
