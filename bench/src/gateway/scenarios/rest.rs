//! How soon it is there, and what it holds while nothing happens (GTW-33).

use super::{NONE, millis};
use crate::gateway::contestants::Running;
use crate::memory::mib;
use crate::report::Section;

pub(super) fn table() -> Section {
    let mut section = Section::new("Gateways at rest", &["Gateway", "Start to first healthy answer", "RSS after 5 s"]);
    section.note(
        "Quorate starts on an existing database; the others have none. RSS is the sum over all processes of a gateway. \
         Required of Quorate: at most 150 ms, and at most 60 MiB for the whole server, which this is (GTW-33).",
    );
    section
}

pub(super) fn measure(who: &Running) -> Vec<Vec<String>> {
    let (Some(start_up), Some(idle)) = (who.start_up, who.idle) else { return Vec::new() };
    let start_up = if start_up.is_zero() { NONE.to_owned() } else { millis(start_up) };
    vec![vec![start_up, mib(idle)]]
}
