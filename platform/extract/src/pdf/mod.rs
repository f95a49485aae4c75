//! PDF: the text of its pages.
//!
//! Written here and not taken from a library, because readers of PDF nest, follow and allocate as the file says, and a
//! stack that overflows cannot be caught. This one finds objects by looking through the file rather than by trusting its
//! tables, parses each when it is asked for, and counts every step.

mod cmap;
mod content;
mod encoding;
mod file;
mod filters;
mod font;
mod lexer;
mod object;

use std::collections::HashMap;
use std::rc::Rc;

use crate::budget::Budget;
use crate::document::{Document, Warning};
use crate::split::{at_place, clean};
use crate::{ExtractError, Kind, Limits};
use content::Painter;
use file::File;
use font::Font;

/// Fonts that were read, by the number of their object.
type Fonts = HashMap<u32, Rc<Font>>;

/// Reads a document.
pub(crate) fn read(bytes: &[u8], limits: &Limits, budget: &mut Budget) -> Result<Document, ExtractError> {
    let file = File::open(bytes, budget)?;
    let pages = file.pages(budget)?;
    if pages.is_empty() {
        return Err(ExtractError::Damaged("it has no pages"));
    }
    let mut fonts = Fonts::new();
    let (mut passages, mut left) = (Vec::new(), limits.characters);
    let (mut silent, mut unknown, mut known, mut truncated) = (0_usize, 0_usize, 0_usize, pages.len() > limits.pages);
    for (index, page) in pages.iter().take(limits.pages).enumerate() {
        let mut painter = Painter::new(&file, &mut fonts);
        painter.page(page, left, budget)?;
        unknown += painter.unknown;
        let text = clean(&painter.finish());
        let length = text.chars().filter(|character| !character.is_whitespace()).count();
        known += length;
        silent += usize::from(length == 0);
        let kept: String = text.chars().take(left).collect();
        truncated |= kept.len() < text.len();
        left -= kept.chars().count();
        passages.extend(at_place(&format!("page {}", index + 1), &kept));
        if left == 0 {
            truncated |= index + 1 < pages.len();
            break;
        }
    }
    if passages.is_empty() && !ends(bytes) {
        // What would be a scan by the look of it may have its text in the part that is missing.
        return Err(ExtractError::Damaged("its end is missing"));
    }
    let mut document = Document::new(Kind::Pdf, passages);
    document.pages = Some(pages.len());
    if truncated {
        document.warn(Warning::Truncated);
    }
    if silent > 0 && !document.passages.is_empty() {
        document.warn(Warning::PagesWithoutText);
    }
    if unknown * 50 > known + unknown {
        document.warn(Warning::UnknownLetters);
    }
    Ok(document)
}

/// Whether the file has the mark that ends it, with some bytes after it at most.
fn ends(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(2_048)..];
    memchr::memmem::find(tail, b"%%EOF").is_some()
}
