//! Pages as a PDF: tagged, with bookmarks, and after PDF/UA-1 (ISO 14289) so that it can be read aloud.

mod page;
mod tree;

use chrono::{Datelike, Timelike};
use krilla::SerializeSettings;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::Point;
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::text::Font;

use crate::TypesetError;
use crate::document::Document;
use crate::fonts::Face;
use crate::layout::{Layout, PAGE, Place, SIDE, TOP, layout};
use tree::Tree;

/// Sets a document as a PDF.
///
/// # Errors
/// When a font of the program cannot be read, or the file is too large for its format.
pub fn pdf(document: &Document) -> Result<Vec<u8>, TypesetError> {
    let layout = layout(document)?;
    let accessible = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish();
    let configuration = accessible.map_err(|_| TypesetError::Pdf("PDF/UA-1 is not known".to_owned()))?;
    let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
    match write(document, &layout, settings) {
        // What the standard does not take (a document without any heading, say) is a PDF all the same: one that does
        // not claim to keep to it.
        Err(Refused::Krilla(KrillaError::Validation(_))) => write(document, &layout, SerializeSettings::default()),
        other => other,
    }
    .map_err(|refused| match refused {
        Refused::Typeset(error) => error,
        Refused::Krilla(error) => TypesetError::Pdf(error.to_string()),
    })
}

enum Refused {
    Typeset(TypesetError),
    Krilla(KrillaError),
}

impl From<TypesetError> for Refused {
    fn from(error: TypesetError) -> Self {
        Self::Typeset(error)
    }
}

/// The fonts as krilla embeds them: only the glyphs that are shown.
struct PdfFonts(Vec<Font>);

impl PdfFonts {
    fn load() -> Result<Self, TypesetError> {
        let load = |face: Face| Font::new(face.bytes().into(), 0).ok_or(TypesetError::Font(face.name()));
        Ok(Self(Face::ALL.into_iter().map(load).collect::<Result<_, _>>()?))
    }

    fn get(&self, face: Face) -> Option<Font> {
        let place = Face::ALL.iter().position(|one| *one == face)?;
        self.0.get(place).cloned()
    }
}

fn write(document: &Document, layout: &Layout, settings: SerializeSettings) -> Result<Vec<u8>, Refused> {
    let fonts = PdfFonts::load()?;
    let mut tree = Tree::new(&layout.nodes);
    let mut pdf = krilla::Document::new_with(settings);
    for number in 0..layout.pages.len() {
        let settings = PageSettings::from_wh(PAGE.0, PAGE.1);
        let settings = settings.ok_or_else(|| TypesetError::Pdf("a page without a size".to_owned()))?;
        let mut page = pdf.start_page_with(settings);
        page::draw(&mut page, document, layout, number, &fonts, &mut tree)?;
        page.finish();
    }
    pdf.set_outline(outline(&layout.headings));
    pdf.set_metadata(metadata(document));
    pdf.set_tag_tree(tree.finish(&document.language));
    pdf.finish().map_err(Refused::Krilla)
}

fn metadata(document: &Document) -> Metadata {
    let metadata = Metadata::new()
        .title(document.title.clone())
        .language(document.language.clone())
        .creator("Quorate".to_owned())
        .authors(vec!["Quorate".to_owned()]);
    match document.created {
        None => metadata,
        Some(time) => {
            let part = |value: u32| u8::try_from(value).unwrap_or_default();
            let date = DateTime::new(u16::try_from(time.year()).unwrap_or_default())
                .month(part(time.month()))
                .day(part(time.day()))
                .hour(part(time.hour()))
                .minute(part(time.minute()))
                .second(part(time.second()))
                .utc_offset_hour(0)
                .utc_offset_minute(0);
            metadata.creation_date(date)
        }
    }
}

/// Where a heading is, as a place to jump to.
fn destination(place: &Place) -> XyzDestination {
    XyzDestination::new(place.page, Point::from_xy(SIDE, TOP + place.y - 8.0))
}

/// The bookmarks, nested as the headings are.
fn outline(headings: &[Place]) -> Outline {
    let mut outline = Outline::new();
    let mut rest = headings;
    while let Some((first, after)) = rest.split_first() {
        let length = after.iter().position(|next| next.level <= first.level).unwrap_or(after.len());
        let (below, next) = after.split_at(length);
        outline.push_child(branch(first, below));
        rest = next;
    }
    outline
}

/// A bookmark with those below it. Levels are at most three deep.
fn branch(heading: &Place, below: &[Place]) -> OutlineNode {
    let mut node = OutlineNode::new(heading.text.clone(), destination(heading));
    let mut rest = below;
    while let Some((first, after)) = rest.split_first() {
        let length = after.iter().position(|next| next.level <= first.level).unwrap_or(after.len());
        let (deeper, next) = after.split_at(length);
        node.push_child(branch(first, deeper));
        rest = next;
    }
    node
}
