//! Anthropic's `/v1/messages`, both sides. Wire facts: `README.md` beside this file.

mod generation;
mod marks;
mod read_answer;
mod read_request;
mod schema;
#[cfg(test)]
mod tests;
mod write_answer;
mod write_request;

pub use marks::mark_stable;
pub use read_answer::{ReadStream, read_answer};
pub use read_request::read_request;
pub use write_answer::{WriteStream, write_answer};
pub use write_request::write_request;

/// The tool by which models without an answer format are made to answer in JSON. Its input is the answer; a caller's
/// own tool will hardly have this name.
const ANSWER_TOOL: &str = "quorate_json_answer";
