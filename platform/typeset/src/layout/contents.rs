//! The table of contents.

use super::draw::{Draw, Slab, Target};
use super::flow::Flow;
use super::nodes::{Kind, Nodes};
use super::paragraph::Type;
use crate::colour::{BAIZE, INK, LINE, SOFT};
use crate::document::Span;
use crate::fonts::{Face, Fonts};

/// Where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    /// Before which slab.
    pub(crate) slab: usize,
    pub(crate) title: String,
}

/// The column for numbers.
const NUMBERS: f32 = 34.0;
/// Deeper headings are not listed: they would make it longer than it is useful.
const DEEPEST: u8 = 2;

/// The slabs of the table. Its height does not depend on the numbers, which are known only afterwards.
pub(super) fn contents(fonts: &Fonts, spot: &Spot, headings: &[(u8, String)], nodes: &mut Nodes) -> Vec<Slab> {
    let mut flow = Flow::empty(fonts, std::mem::replace(nodes, Nodes::new()));
    flow.gap(14.0, false);
    let title = [Span::plain(spot.title.clone())];
    let head = Type { size: 13.0, leading: 20.0, face: Face::Display, colour: BAIZE };
    let node = flow.node(Kind::Paragraph);
    flow.paragraph_as(&title, head, node);
    flow.push(Slab { height: 4.0, keep: true, ..Slab::default() });
    flow.slabs.iter_mut().for_each(|slab| slab.keep = !slab.gap);
    flow.within(Kind::Contents, |flow| {
        for (place, (level, text)) in headings.iter().enumerate().filter(|(_, (level, _))| *level <= DEEPEST) {
            entry(flow, place, *level, text);
        }
    });
    *nodes = std::mem::replace(&mut flow.nodes, Nodes::new());
    flow.slabs
}

fn entry(flow: &mut Flow<'_>, heading: usize, level: u8, text: &str) {
    let top = level == 1;
    let (kind, indent) = if top {
        (Type { size: 10.5, leading: 17.0, face: Face::Bold, colour: INK }, 0.0)
    } else {
        (Type { size: 9.6, leading: 14.0, face: Face::Text, colour: SOFT }, 14.0)
    };
    let item = flow.node(Kind::Entry);
    let node = flow.nodes.add(Kind::Link(text.to_owned()), item);
    let spans = [Span::plain(text)];
    let (x, right) = (flow.x + indent, flow.x + flow.width);
    let lines = flow.set(&spans, kind, flow.width - indent - NUMBERS);
    let count = lines.len();
    for (place, line) in lines.into_iter().enumerate() {
        let end = x + line.width;
        let mut draws = flow.text(line, &spans, kind, (x, 0.0), node);
        let target = Target::Heading(heading);
        draws.push(Draw::Link { x, y: 0.0, width: right - x, height: kind.leading, target, node });
        if place + 1 == count {
            let baseline = kind.baseline();
            draws.push(leader(end + 6.0, right - NUMBERS + 8.0, baseline));
            let (size, colour) = (kind.size, kind.colour);
            draws.push(Draw::PageOf { heading, right, baseline, size, colour, node });
        }
        let keep = place + 1 < count;
        flow.push(Slab { height: kind.leading, draws, keep, ..Slab::default() });
    }
}

/// The dots that lead the eye to the number.
fn leader(from: f32, to: f32, y: f32) -> Draw {
    let points = if to > from { vec![(from, y - 1.0), (to, y - 1.0)] } else { Vec::new() };
    Draw::Line { points, width: 0.8, dash: vec![0.8, 3.2], colour: LINE, node: None }
}
