//! OpenAI's `/v1/chat/completions`, both sides, and what its imitators made of it. Wire facts: `README.md` beside this
//! file.

mod read_answer;
mod read_request;
#[cfg(test)]
mod tests;
mod thinking;
mod write_answer;
mod write_request;

pub use read_answer::{ReadStream, read_answer};
pub(crate) use read_request::effort;
pub use read_request::read_request;
pub use write_answer::{WriteStream, write_answer};
pub use write_request::write_request;

/// What a picture or a thing in a data URL is, and its base64.
pub(crate) fn data_url(url: &str) -> Option<(&str, &str)> {
    let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    Some((media_type, data))
}
