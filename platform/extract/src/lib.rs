//! Reads the text out of documents that people attach: text, Markdown, CSV, PDF and DOCX (BRD-1, intake).
//!
//! A document may be made to harm its reader, so everything here is written to end: each reader works within a
//! [`Budget`] of bytes, steps and time, nests nothing deeper than it can bear, follows no reference out of the file, and
//! says an [`ExtractError`] where it cannot go on. It does no I/O and starts nothing.

mod budget;
mod document;
mod docx;
mod kind;
mod pdf;
mod split;
mod suspicion;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod zip;

pub use budget::Limits;
pub use document::{Document, Passage, Warning};
pub use kind::Kind;
pub use suspicion::speaks_to_a_model;

use budget::Budget;

/// Why a document cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// It has no content.
    #[error("the file is empty")]
    Empty,
    /// It is none of the kinds that are read. What it seems to be, where that shows.
    #[error("this is no text, Markdown, CSV, PDF or DOCX file{}", .0.map(|kind| format!(", but {kind}")).unwrap_or_default())]
    Unsupported(Option<&'static str>),
    /// Its content is encrypted.
    #[error("the file is protected by a password or by restrictions")]
    Protected,
    /// It is not a whole file of its kind.
    #[error("the file is damaged: {0}")]
    Damaged(&'static str),
    /// It grows beyond every measure when it is unpacked or read.
    #[error("the file unpacks to far more than its size, or takes too much work to read")]
    TooMuch,
    /// It took longer than allowed.
    #[error("the file could not be read in the time allowed")]
    TooSlow,
}

/// Reads a document. Its kind is found from its content; the name only tells kinds of plain text apart.
///
/// # Errors
/// When it is of no kind that is read, is damaged or protected, or exceeds a limit that is no mere cut.
pub fn extract(name: &str, bytes: &[u8], limits: &Limits) -> Result<Document, ExtractError> {
    let mut budget = Budget::new(limits);
    let found = kind::recognize(name, bytes)?;
    let mut document = match found {
        kind::Found::Pdf => pdf::read(bytes, limits, &mut budget)?,
        kind::Found::Zip => docx::read(bytes, limits, &mut budget)?,
        kind::Found::Text(text) => match kind::of_text(name, &text) {
            Kind::Csv => table::read(&text, limits, &mut budget)?,
            kind => text::read(kind, &text, limits),
        },
    };
    document.look_for_instructions();
    Ok(document)
}
