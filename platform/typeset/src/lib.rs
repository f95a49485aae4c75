//! Typesetting (BRD-7): a document of headings, paragraphs, lists, tables and charts becomes a PDF or a DOCX file.
//!
//! Pure. The same document gives the same bytes on every machine: there is no clock, no file and no network in here, and
//! the fonts are part of the program. See `README.md` for how pages are made.

mod colour;
mod document;
mod docx;
mod fonts;
mod layout;
mod link;
mod pdf;
#[cfg(test)]
mod tests;

pub use document::{
    Align, Bar, Bars, Block, Callout, Column, Curve, Curves, Document, Fact, Heading, List, Row, Series, Span, Table,
    Title, Tone, Words,
};
pub use docx::docx;
pub use pdf::pdf;

/// Why a document could not be set. Neither happens for want of a glyph or for what a text says.
#[derive(Debug, thiserror::Error)]
pub enum TypesetError {
    /// A font of the program cannot be read.
    #[error("the font {0} cannot be read")]
    Font(&'static str),
    /// The PDF could not be put together.
    #[error("the PDF could not be written: {0}")]
    Pdf(String),
    /// The parts of the DOCX could not be packed.
    #[error("the DOCX could not be packed")]
    Pack(#[from] std::io::Error),
}
