//! The board's tables. Rows never leave this module.

pub(crate) mod attachments;
pub(crate) mod decisions;
mod log;
mod results;
mod sessions;
pub(crate) mod shares;
mod weights;

pub(crate) use log::{Charge, NewEvent, append, append_as, events_after, last_event_at, metered_log, replay, take};
pub(crate) use results::{contributions, report, votes};
pub(crate) use sessions::{SessionFilter, delete, delete_all, insert, list, lock, session, set_archived, set_title};
pub(crate) use weights::{options, set_weights, weights};

use crate::session::SessionId;

/// The signal that a session has new events.
pub(crate) fn topic(session: SessionId) -> String {
    format!("board/{session}")
}
