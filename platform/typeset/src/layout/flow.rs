//! Lets blocks flow down a column of slabs.

use std::collections::BTreeSet;

use super::contents::Spot;
use super::draw::{Draw, Slab, Target};
use super::frame::Frame;
use super::nodes::{Kind, NodeId, Nodes, ROOT};
use super::paragraph::{TextLine, Type, set};
use super::{SIDE, WIDTH, bars, curves, table, title};
use crate::colour::{BAIZE, BRASS, Colour, INK};
use crate::document::{Block, Callout, Fact, List, Span, Tone};
use crate::fonts::{Face, Fonts};
use crate::link;

/// Deeper lists and quotations are set at this depth: a model's text must not run out of the page.
const DEEPEST: usize = 6;
const INDENT: f32 = 16.0;
/// After a paragraph.
const SPACE: f32 = 6.5;

/// A column under way.
pub(crate) struct Flow<'a> {
    pub(crate) fonts: &'a Fonts,
    pub(crate) slabs: Vec<Slab>,
    /// Heads of tables.
    pub(crate) heads: Vec<Slab>,
    /// The headings so far: level and text.
    pub(crate) headings: Vec<(u8, String)>,
    pub(crate) nodes: Nodes,
    pub(crate) missing: BTreeSet<char>,
    /// Where the table of contents goes.
    pub(crate) contents: Option<Spot>,
    pub(crate) x: f32,
    pub(crate) width: f32,
    /// The part of the document that blocks are added to.
    pub(crate) parent: NodeId,
    frames: Vec<Frame>,
    depth: usize,
    /// A mark for the first line of the next paragraph: the bullet or number of its item.
    mark: Option<(String, NodeId)>,
}

impl<'a> Flow<'a> {
    pub(crate) const fn empty(fonts: &'a Fonts, nodes: Nodes) -> Self {
        Self {
            fonts,
            slabs: Vec::new(),
            heads: Vec::new(),
            headings: Vec::new(),
            nodes,
            missing: BTreeSet::new(),
            contents: None,
            x: SIDE,
            width: WIDTH,
            parent: ROOT,
            frames: Vec::new(),
            depth: 0,
            mark: None,
        }
    }

    pub(crate) fn new(fonts: &'a Fonts) -> Self {
        Self::empty(fonts, Nodes::new())
    }

    pub(crate) fn blocks(&mut self, blocks: &[Block]) {
        blocks.iter().for_each(|block| self.block(block));
    }

    pub(crate) fn block(&mut self, block: &Block) {
        match block {
            Block::Title(title) => title::title(self, title),
            Block::Heading(heading) => self.heading(heading.level.clamp(1, 3), &heading.text),
            Block::Paragraph(spans) => self.paragraph(spans, Type::BODY, SPACE),
            Block::Note(spans) => self.paragraph(spans, Type::NOTE, SPACE),
            Block::List(list) => self.list(list),
            Block::Quote(blocks) => self.quote(blocks),
            Block::Callout(callout) => self.callout(callout),
            Block::Facts(facts) => self.facts(facts),
            Block::Table(table) => table::table(self, table),
            Block::Bars(bars) => bars::bars(self, bars),
            Block::Curves(curves) => curves::curves(self, curves),
            Block::Contents(title) => {
                self.contents = Some(Spot { slab: self.slabs.len(), title: title.clone() });
            }
            Block::PageBreak => self.slabs.push(Slab { gap: true, fresh: true, ..Slab::default() }),
        }
    }

    /// Adds a slab within the frames that are open.
    pub(crate) fn push(&mut self, mut slab: Slab) {
        let around: Vec<Draw> = self.frames.iter().flat_map(|frame| frame.draws(slab.height)).collect();
        slab.draws.splice(0..0, around);
        self.slabs.push(slab);
    }

    pub(crate) fn gap(&mut self, height: f32, keep: bool) {
        self.push(Slab { height, keep, gap: true, ..Slab::default() });
    }

    /// Adds a part to the structure below the current one.
    pub(crate) fn node(&mut self, kind: Kind) -> NodeId {
        self.nodes.add(kind, self.parent)
    }

    /// Does something below a part of the structure.
    pub(crate) fn within(&mut self, kind: Kind, work: impl FnOnce(&mut Self)) {
        let outer = self.parent;
        self.parent = self.node(kind);
        work(self);
        self.parent = outer;
    }

    pub(crate) fn set(&mut self, spans: &[Span], kind: Type, width: f32) -> Vec<TextLine> {
        set(self.fonts, spans, kind, width, &mut self.missing)
    }

    /// The draws of a line of text whose top is at `y`. Links get a part of the structure of their own.
    pub(crate) fn text(
        &mut self,
        line: TextLine,
        spans: &[Span],
        kind: Type,
        (x, y): (f32, f32),
        node: NodeId,
    ) -> Vec<Draw> {
        let mut draws = Vec::with_capacity(line.runs.len());
        for run in line.runs {
            let target = spans.get(run.span).and_then(|span| span.link.as_deref()).and_then(link::safe);
            let mut of = node;
            let left = x + run.x;
            let width = run.width;
            let baseline = y + kind.baseline();
            let mut linked = None;
            if let Some(url) = target {
                of = self.nodes.add(Kind::Link(url.clone()), node);
                let target = Target::Web(url);
                linked = Some(Draw::Link { x: left, y, width, height: kind.leading, target, node: of });
            }
            draws.push(Draw::Text { x: left, baseline, run, node: Some(of) });
            draws.extend(linked);
        }
        draws
    }

    fn paragraph(&mut self, spans: &[Span], kind: Type, after: f32) {
        let node = self.node(Kind::Paragraph);
        self.paragraph_as(spans, kind, node);
        self.gap(after, false);
    }

    /// Sets a paragraph. Its first two lines stay together, and its last two.
    pub(crate) fn paragraph_as(&mut self, spans: &[Span], kind: Type, node: NodeId) {
        let lines = self.set(spans, kind, self.width);
        let count = lines.len();
        for (place, line) in lines.into_iter().enumerate() {
            let mut draws = Vec::new();
            if let Some((mark, label)) = self.mark.take() {
                draws = self.mark_draws(&mark, label, kind);
            }
            draws.extend(self.text(line, spans, kind, (self.x, 0.0), node));
            let keep = count > 1 && (place == 0 || place + 2 == count);
            self.push(Slab { height: kind.leading, draws, keep, ..Slab::default() });
        }
    }

    fn mark_draws(&mut self, mark: &str, label: NodeId, kind: Type) -> Vec<Draw> {
        let spans = [Span::plain(mark)];
        let quiet = kind.with_colour(BAIZE).with_face(Face::Bold);
        let mut lines = self.set(&spans, quiet, f32::MAX);
        let line = lines.pop().unwrap_or_default();
        let x = self.x - 5.0 - line.width;
        self.text(line, &spans, kind, (x, 0.0), label)
    }

    fn heading(&mut self, level: u8, text: &str) {
        let (kind, before, after) = match level {
            1 => (Type { size: 17.0, leading: 22.0, face: Face::Display, colour: BAIZE }, 20.0, 7.0),
            2 => (Type { size: 12.5, leading: 17.0, face: Face::Bold, colour: INK }, 13.0, 4.0),
            _ => (Type { size: 10.5, leading: 15.0, face: Face::Bold, colour: BAIZE }, 8.0, 2.5),
        };
        self.gap(before, false);
        let spans = [Span::plain(text)];
        let node = self.node(Kind::Heading(level, text.to_owned()));
        let from = self.slabs.len();
        self.paragraph_as(&spans, kind, node);
        if let Some(first) = self.slabs.get_mut(from) {
            first.heading = Some(self.headings.len());
        }
        self.headings.push((level, text.to_owned()));
        self.gap(after, false);
        self.slabs.iter_mut().skip(from).for_each(|slab| slab.keep = true);
    }

    /// Does something in a narrower column.
    fn indented(&mut self, by: f32, right: f32, work: impl FnOnce(&mut Self)) {
        let (x, width) = (self.x, self.width);
        if self.depth < DEEPEST {
            self.x += by;
            self.width -= by + right;
        }
        self.depth += 1;
        work(self);
        self.depth -= 1;
        (self.x, self.width) = (x, width);
    }

    fn framed(&mut self, frame: Frame, work: impl FnOnce(&mut Self)) {
        self.frames.push(frame);
        work(self);
        self.frames.pop();
    }

    fn list(&mut self, list: &List) {
        self.within(Kind::List(list.first.is_some()), |flow| {
            for (number, item) in (list.first.unwrap_or_default()..).zip(&list.items) {
                let mark = list.first.map_or_else(|| "•".to_owned(), |_| format!("{number}."));
                let indent = if mark.len() > 3 { INDENT + 7.0 } else { INDENT };
                flow.within(Kind::Item, |flow| {
                    let label = flow.node(Kind::Label);
                    flow.indented(indent, 0.0, |flow| {
                        flow.mark = Some((mark, label));
                        flow.within(Kind::Body, |flow| flow.blocks(item));
                        flow.mark = None;
                    });
                });
                flow.tighten(3.0);
            }
        });
        self.gap(SPACE - 3.0, false);
    }

    /// Makes the space after what was added last no more than this.
    fn tighten(&mut self, most: f32) {
        if let Some(last) = self.slabs.last_mut().filter(|slab| slab.gap && slab.height > most) {
            last.height = most;
            // What was drawn around it must not stick out.
            last.draws.clear();
            let around: Vec<Draw> = self.frames.iter().flat_map(|frame| frame.draws(most)).collect();
            last.draws.extend(around);
        }
    }

    fn quote(&mut self, blocks: &[Block]) {
        let frame = Frame { x: self.x, width: self.width, bar: BRASS, ground: None };
        self.within(Kind::Quote, |flow| {
            flow.framed(frame, |flow| {
                flow.indented(13.0, 0.0, |flow| flow.blocks(blocks));
                flow.tighten(0.0);
            });
        });
        self.gap(SPACE + 1.5, false);
    }

    fn callout(&mut self, callout: &Callout) {
        let (bar, ground): (Colour, Colour) = (callout.tone.mark(), callout.tone.ground());
        let frame = Frame { x: self.x, width: self.width, bar, ground: Some(ground) };
        self.within(Kind::Aside, |flow| {
            flow.framed(frame, |flow| {
                flow.push(Slab { height: 7.0, keep: true, ..Slab::default() });
                flow.indented(14.0, 12.0, |flow| flow.blocks(&callout.blocks));
                flow.tighten(0.0);
                let last = flow.slabs.len().saturating_sub(2);
                flow.slabs.iter_mut().skip(last).for_each(|slab| slab.keep = true);
                flow.push(Slab { height: 8.0, ..Slab::default() });
            });
        });
        self.gap(SPACE + 3.0, false);
    }

    /// Names on the left, what belongs to each on the right.
    fn facts(&mut self, facts: &[Fact]) {
        const NAMES: f32 = 104.0;
        let names = Type::CELL.with_colour(crate::colour::SOFT);
        let values = Type { size: 10.0, leading: 13.6, ..Type::BODY };
        self.within(Kind::List(false), |flow| {
            for fact in facts {
                let item = flow.node(Kind::Item);
                let (label, body) = (flow.nodes.add(Kind::Label, item), flow.nodes.add(Kind::Body, item));
                let name = [Span::plain(fact.name.clone())];
                let mut left = flow.set(&name, names, NAMES - 10.0).into_iter();
                let mut right = flow.set(&fact.value, values, flow.width - NAMES).into_iter();
                let count = left.len().max(right.len());
                for place in 0..count {
                    let mut draws = Vec::new();
                    if let Some(line) = left.next() {
                        draws.extend(flow.text(line, &name, values, (flow.x, 0.0), label));
                    }
                    if let Some(line) = right.next() {
                        draws.extend(flow.text(line, &fact.value, values, (flow.x + NAMES, 0.0), body));
                    }
                    let keep = place + 1 < count;
                    flow.push(Slab { height: values.leading, draws, keep, ..Slab::default() });
                }
                flow.gap(3.0, false);
            }
        });
        self.gap(SPACE, false);
    }
}

/// The colour of a tone's words.
pub(crate) const fn words(tone: Tone) -> Colour {
    match tone {
        Tone::Absent => crate::colour::SOFT,
        tone => tone.mark(),
    }
}
