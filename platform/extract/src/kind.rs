use std::borrow::Cow;

use crate::{ExtractError, table, text};

/// The kinds of documents that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// A table of separated values.
    Csv,
    /// PDF.
    Pdf,
    /// A document of a word processor (Office Open XML).
    Docx,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Text, Self::Markdown, Self::Csv, Self::Pdf, Self::Docx];

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            Self::Markdown => "text/markdown",
            Self::Csv => "text/csv",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        }
    }
}

/// What the content shows.
pub(crate) enum Found<'a> {
    Pdf,
    Zip,
    Text(Cow<'a, str>),
}

/// How binary files that people confuse with documents begin, and what to call them.
const OTHERS: [(&[u8], &str); 16] = [
    (b"\xd0\xcf\x11\xe0", "an old Office file: save it as DOCX or PDF"),
    (b"{\\rtf", "an RTF file: save it as DOCX or PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or a sound"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x1f\x8b", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"Rar!", "an archive"),
    (b"\x28\xb5\x2f\xfd", "an archive"),
    (b"SQLite format 3", "a database"),
    (b"%!PS", "a PostScript file"),
];

/// How pages and drawings for a browser begin. They are no documents here, whatever they are called.
const PAGES: [&str; 8] = ["<!doctype", "<html", "<head", "<body", "<script", "<svg", "<?xml", "<iframe"];

/// Tells what a file is from how it begins.
pub(crate) fn recognize<'a>(name: &str, bytes: &'a [u8]) -> Result<Found<'a>, ExtractError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ExtractError::Empty);
    }
    // At the very beginning only: what begins as something else and has a PDF later is read as that something else.
    if bytes.trim_ascii_start().starts_with(b"%PDF-") {
        return Ok(Found::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Found::Zip);
    }
    // "MZ" may begin a text too; a program has a NUL soon after.
    let binary = bytes.iter().take(1_000).any(|byte| *byte == 0);
    let known = |(mark, _): &&(&[u8], &str)| bytes.starts_with(mark) && (*mark != b"MZ" || binary);
    if let Some((_, what)) = OTHERS.iter().find(known) {
        return Err(ExtractError::Unsupported(Some(what)));
    }
    let text = text::decode(bytes).ok_or(ExtractError::Unsupported(None))?;
    let begin: String = text.trim_start().chars().take(10).flat_map(char::to_lowercase).collect();
    let called_markdown = is_called(name, &["md", "markdown"]);
    let page = PAGES.iter().any(|mark| begin.starts_with(mark));
    // Markdown may begin with a piece of markup; a whole page is none.
    if page && !(called_markdown && !begin.starts_with("<!doctype") && !begin.starts_with("<html")) {
        return Err(ExtractError::Unsupported(Some("a page of markup: save it as text, DOCX or PDF")));
    }
    if text.trim().is_empty() {
        return Err(ExtractError::Empty);
    }
    Ok(Found::Text(text))
}

/// Which kind of plain text it is. Content does not tell Markdown from text, so here the name is asked; for a table the
/// content has to bear the name out.
pub(crate) fn of_text(name: &str, text: &str) -> Kind {
    if is_called(name, &["csv", "tsv", "tab"]) && table::delimiter(text).is_some() {
        Kind::Csv
    } else if is_called(name, &["md", "markdown", "mdown"]) {
        Kind::Markdown
    } else if !is_called(name, &["txt", "text", "log"]) && table::is_clearly_one(text) {
        Kind::Csv
    } else {
        Kind::Text
    }
}

fn is_called(name: &str, extensions: &[&str]) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
    extension.is_some_and(|extension| extensions.contains(&extension.as_str()))
}
