//! What a page shows, before any format: text at places, shapes, and the part of the document each belongs to.

use std::ops::Range;

use super::nodes::NodeId;
use crate::colour::Colour;
use crate::fonts::Face;

/// A glyph within a run. Measures are in parts of the size of the type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Set {
    pub(crate) id: u32,
    pub(crate) advance: f32,
    pub(crate) x_offset: f32,
    pub(crate) y_offset: f32,
    /// The bytes of the run's text that it shows.
    pub(crate) shows: Range<usize>,
}

/// Glyphs of one font in one look, beside each other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub(crate) face: Face,
    pub(crate) heavy: bool,
    pub(crate) size: f32,
    pub(crate) colour: Colour,
    pub(crate) text: String,
    pub(crate) glyphs: Vec<Set>,
    /// From the beginning of its line.
    pub(crate) x: f32,
    pub(crate) width: f32,
    /// The span that it is of.
    pub(crate) span: usize,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// To an address.
    Web(String),
    /// To a heading, by its place among all.
    Heading(usize),
}

/// Something to draw. Across, measures are from the left edge of the page; down, from the top of the slab.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Draw {
    Text {
        x: f32,
        baseline: f32,
        run: Run,
        node: Option<NodeId>,
    },
    Box {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        fill: Colour,
        node: Option<NodeId>,
    },
    Line {
        points: Vec<(f32, f32)>,
        width: f32,
        dash: Vec<f32>,
        colour: Colour,
        node: Option<NodeId>,
    },
    Dot {
        x: f32,
        y: f32,
        radius: f32,
        fill: Colour,
        node: Option<NodeId>,
    },
    Link {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        target: Target,
        node: NodeId,
    },
    /// The page that a heading is on, ending at `right`.
    PageOf {
        heading: usize,
        right: f32,
        baseline: f32,
        size: f32,
        colour: Colour,
        node: NodeId,
    },
}

impl Draw {
    /// The part of the document that it belongs to; none for decoration.
    pub(crate) const fn node(&self) -> Option<NodeId> {
        match self {
            Self::Text { node, .. } | Self::Box { node, .. } | Self::Line { node, .. } | Self::Dot { node, .. } => {
                *node
            }
            Self::Link { node, .. } | Self::PageOf { node, .. } => Some(*node),
        }
    }
}

/// A piece that stands on one page.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Slab {
    pub(crate) height: f32,
    pub(crate) draws: Vec<Draw>,
    /// It must not be the last on its page.
    pub(crate) keep: bool,
    /// Nothing but space, which is dropped at the top of a page.
    pub(crate) gap: bool,
    /// It begins a page.
    pub(crate) fresh: bool,
    /// The heading that it begins.
    pub(crate) heading: Option<usize>,
    /// The head of its table, to be repeated above it when it begins a page.
    pub(crate) head: Option<usize>,
}

/// A page: its slabs with how far down they stand. A head that is repeated is decoration.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Page {
    pub(crate) placed: Vec<Placed>,
}

/// A slab in its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    pub(crate) y: f32,
    pub(crate) slab: Slab,
}
