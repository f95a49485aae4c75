//! From a document to pages. The steps: text is cleaned and shaped, broken into lines, flowed into slabs that stand on
//! one page each, and slabs fill pages. The table of contents comes last, when headings are known, and takes its numbers
//! from the pages.

mod bars;
mod clean;
mod contents;
mod curves;
mod draw;
mod flow;
mod frame;
mod lines;
mod nodes;
mod pages;
mod paragraph;
mod shape;
mod table;
mod title;

use std::collections::BTreeSet;

pub(crate) use draw::{Draw, Page, Run, Set, Target};
pub(crate) use nodes::{Kind, Nodes};
pub(crate) use paragraph::Type;

use crate::TypesetError;
use crate::colour::Colour;
use crate::document::{Block, Document, Span};
use crate::fonts::Fonts;

/// A4, in points.
pub(crate) const PAGE: (f32, f32) = (595.28, 841.89);
/// The empty edges: left and right, top, bottom.
pub(crate) const SIDE: f32 = 70.0;
pub(crate) const TOP: f32 = 66.0;
pub(crate) const BOTTOM: f32 = 74.0;
/// How wide a line can be.
pub(crate) const WIDTH: f32 = PAGE.0 - 2.0 * SIDE;
/// How much a page holds.
pub(crate) const HEIGHT: f32 = PAGE.1 - TOP - BOTTOM;

/// A heading of the document and where it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) level: u8,
    pub(crate) text: String,
    /// The page, from 0.
    pub(crate) page: usize,
    /// From the top of that page.
    pub(crate) y: f32,
}

/// A document on pages.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    pub(crate) pages: Vec<Page>,
    pub(crate) headings: Vec<Place>,
    pub(crate) nodes: Nodes,
}

/// Sets a document on pages.
pub(crate) fn layout(document: &Document) -> Result<Layout, TypesetError> {
    let fonts = Fonts::get()?;
    let mut flow = flow::Flow::new(fonts);
    flow.blocks(&document.blocks);
    if let Some(note) = missing_note(document, &flow.missing) {
        flow.block(&note);
    }
    let mut slabs = flow.slabs;
    if let Some(at) = flow.contents {
        let parts = contents::contents(fonts, &at, &flow.headings, &mut flow.nodes);
        slabs.splice(at.slab..at.slab, parts);
    }
    let pages = pages::pages(&slabs, &flow.heads, HEIGHT);
    let headings = placed(&pages, flow.headings);
    Ok(Layout { pages, headings, nodes: flow.nodes })
}

/// A line of text on its own, such as a number at the foot of a page.
pub(crate) fn line(text: &str, set: Type) -> Result<(Vec<Run>, f32), TypesetError> {
    let lines = paragraph::set(Fonts::get()?, &[Span::plain(text)], set, f32::MAX, &mut BTreeSet::new());
    Ok(lines.into_iter().next().map(|line| (line.runs, line.width)).unwrap_or_default())
}

/// A line that is cut off with an ellipsis where it is wider than there is room for.
pub(crate) fn short_line(text: &str, set: Type, room: f32) -> Result<(Vec<Run>, f32), TypesetError> {
    let whole = line(text, set)?;
    if whole.1 <= room {
        return Ok(whole);
    }
    let mut kept: Vec<char> = text.chars().take(200).collect();
    while kept.pop().is_some() {
        let cut = format!("{}…", kept.iter().collect::<String>().trim_end());
        let cut = line(&cut, set)?;
        if cut.1 <= room {
            return Ok(cut);
        }
    }
    Ok((Vec::new(), 0.0))
}

/// Says which characters are shown as boxes, so that nobody takes a box for what was written.
fn missing_note(document: &Document, missing: &BTreeSet<char>) -> Option<Block> {
    const MOST: usize = 24;
    if missing.is_empty() {
        return None;
    }
    let names: Vec<String> = missing.iter().take(MOST).map(|one| format!("U+{:04X}", u32::from(*one))).collect();
    let more = if missing.len() > MOST { ", …" } else { "" };
    Some(Block::Note(vec![Span::plain(format!("{} {}{more}", document.words.missing, names.join(", ")))]))
}

/// Where the headings came to stand.
fn placed(pages: &[Page], headings: Vec<(u8, String)>) -> Vec<Place> {
    let find = |heading: usize| {
        let mut all = pages.iter().enumerate().flat_map(|(page, on)| on.placed.iter().map(move |one| (page, one)));
        all.find(|(_, one)| one.slab.heading == Some(heading)).map_or((0, 0.0), |(page, one)| (page, one.y))
    };
    let place = |(heading, (level, text))| {
        let (page, y) = find(heading);
        Place { level, text, page, y }
    };
    headings.into_iter().enumerate().map(place).collect()
}

/// A box as wide as the column, behind what stands in it.
pub(crate) fn ground(x: f32, width: f32, height: f32, fill: Colour) -> Draw {
    Draw::Box { x, y: 0.0, width, height, fill, node: None }
}
