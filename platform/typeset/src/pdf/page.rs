//! Draws one page.

use krilla::action::{Action, LinkAction};
use krilla::annotation::{Annotation, LinkAnnotation, Target as PdfTarget};
use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::page::Page;
use krilla::paint::{Fill, LineCap, LineJoin, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag};
use krilla::text::{GlyphId, KrillaGlyph};

use super::tree::Tree;
use super::{PdfFonts, destination};
use crate::TypesetError;
use crate::colour::{Colour, LINE, SOFT};
use crate::document::Document;
use crate::fonts::Face;
use crate::layout::{BOTTOM, Draw, Kind, Layout, PAGE, Run, SIDE, TOP, Target, Type, WIDTH, line, short_line};

/// Chinese has no bold here: its strokes are drawn this much wider, in parts of the size.
const HEAVY: f32 = 0.032;

pub(super) fn draw(
    page: &mut Page<'_>,
    document: &Document,
    layout: &Layout,
    number: usize,
    fonts: &PdfFonts,
    tree: &mut Tree<'_>,
) -> Result<(), TypesetError> {
    let placed = layout.pages.get(number).map(|page| page.placed.as_slice()).unwrap_or_default();
    let mut links = Vec::new();
    let mut surface = page.surface();
    let mut pen = Pen { surface: &mut surface, fonts, tree, open: None };
    for one in placed {
        for draw in &one.slab.draws {
            let top = TOP + one.y;
            match draw {
                Draw::Link { x, y, width, height, target, node } => {
                    if let Some(link) = annotation((*x, top + y, *width, *height), target, layout) {
                        let alt = match pen.tree.kind(*node) {
                            Some(Kind::Link(text)) => text.clone(),
                            _ => String::new(),
                        };
                        links.push((*node, Annotation::new_link(link, Some(alt))));
                    }
                }
                Draw::PageOf { heading, right, baseline, size, colour, node } => {
                    let Some(place) = layout.headings.get(*heading) else { continue };
                    let kind = Type { size: *size, leading: *size, face: Face::Text, colour: *colour };
                    let (runs, width) = line(&(place.page + 1).to_string(), kind)?;
                    pen.begin(Some(*node));
                    runs.iter().for_each(|run| pen.run(run, (right - width, top + baseline)));
                }
                other => pen.put(other, top),
            }
        }
    }
    pen.foot(document, number, layout.pages.len())?;
    pen.end();
    surface.finish();
    for (node, link) in links {
        let piece = page.add_tagged_annotation(link);
        tree.add(node, piece);
    }
    Ok(())
}

fn annotation((x, y, width, height): (f32, f32, f32, f32), target: &Target, layout: &Layout) -> Option<LinkAnnotation> {
    let rect = Rect::from_xywh(x, y, width, height)?;
    let target = match target {
        Target::Web(url) => PdfTarget::Action(Action::Link(LinkAction::new(url.clone()))),
        Target::Heading(heading) => PdfTarget::Destination(destination(layout.headings.get(*heading)?).into()),
    };
    Some(LinkAnnotation::new(rect, target))
}

struct Pen<'a, 'b, 'c> {
    surface: &'a mut Surface<'b>,
    fonts: &'a PdfFonts,
    tree: &'a mut Tree<'c>,
    /// The part that is being drawn; an inner none is decoration.
    open: Option<Option<usize>>,
}

impl Pen<'_, '_, '_> {
    /// What is drawn from now on belongs to this part.
    fn begin(&mut self, node: Option<usize>) {
        if self.open == Some(node) {
            return;
        }
        self.end();
        match node {
            Some(part) => {
                let piece = self.surface.start_tagged(ContentTag::Other);
                self.tree.add(part, piece);
            }
            None => {
                let artifact = Artifact::with_kind(ArtifactType::Layout);
                self.surface.start_tagged(ContentTag::Artifact(artifact));
            }
        }
        self.open = Some(node);
    }

    fn end(&mut self) {
        if self.open.take().is_some() {
            self.surface.end_tagged();
        }
    }

    fn put(&mut self, draw: &Draw, top: f32) {
        match draw {
            Draw::Text { x, baseline, run, .. } => {
                self.begin(draw.node());
                self.run(run, (*x, top + baseline));
            }
            Draw::Box { x, y, width, height, fill, .. } => {
                self.fill(draw.node(), rectangle(*x, top + y, *width, *height), *fill);
            }
            Draw::Dot { x, y, radius, fill, .. } => self.fill(draw.node(), circle(*x, top + y, *radius), *fill),
            Draw::Line { points, width, dash, colour, .. } => {
                let mut path = PathBuilder::new();
                for (place, (x, y)) in points.iter().enumerate() {
                    if place == 0 { path.move_to(*x, top + y) } else { path.line_to(*x, top + y) }
                }
                let Some(path) = path.finish() else { return };
                self.begin(draw.node());
                self.surface.set_fill(None);
                self.surface.set_stroke(Some(stroke(*colour, *width, dash)));
                self.surface.draw_path(&path);
                self.surface.set_stroke(None);
            }
            Draw::Link { .. } | Draw::PageOf { .. } => {}
        }
    }

    fn fill(&mut self, node: Option<usize>, path: Option<Path>, colour: Colour) {
        let Some(path) = path else { return };
        self.begin(node);
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(fill(colour)));
        self.surface.draw_path(&path);
    }

    /// Draws a run whose line begins at `x`.
    fn run(&mut self, run: &Run, (x, baseline): (f32, f32)) {
        let Some(font) = self.fonts.get(run.face) else { return };
        let glyph = |set: &crate::layout::Set| KrillaGlyph {
            glyph_id: GlyphId::new(set.id),
            text_range: set.shows.clone(),
            x_advance: set.advance,
            x_offset: set.x_offset,
            y_offset: set.y_offset,
            y_advance: 0.0,
            location: None,
        };
        let glyphs: Vec<KrillaGlyph> = run.glyphs.iter().map(glyph).collect();
        self.surface.set_fill(Some(fill(run.colour)));
        self.surface.set_stroke(run.heavy.then(|| stroke(run.colour, run.size * HEAVY, &[])));
        self.surface.draw_glyphs(Point::from_xy(x, baseline), &glyphs, font, &run.text, run.size, false);
        self.surface.set_stroke(None);
    }

    /// The foot of the page: what it is part of, and its number.
    fn foot(&mut self, document: &Document, number: usize, pages: usize) -> Result<(), TypesetError> {
        let kind = Type { size: 8.6, leading: 12.0, face: Face::Text, colour: SOFT };
        let page = document.words.page.replace("{pages}", &pages.to_string());
        let page = page.replace("{page}", &(number + 1).to_string());
        let (right, wide) = short_line(&page, kind, WIDTH / 2.0)?;
        let (left, _) = short_line(&document.title, kind, WIDTH - wide - 24.0)?;
        let y = PAGE.1 - BOTTOM + 34.0;
        self.end();
        self.surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
        self.open = Some(None);
        let points = vec![(SIDE, y - 14.0), (SIDE + WIDTH, y - 14.0)];
        self.put(&Draw::Line { points, width: 0.6, dash: Vec::new(), colour: LINE, node: None }, 0.0);
        left.iter().for_each(|run| self.run(run, (SIDE + run.x, y)));
        right.iter().for_each(|run| self.run(run, (SIDE + WIDTH - wide + run.x, y)));
        Ok(())
    }
}

fn fill(colour: Colour) -> Fill {
    Fill { paint: rgb::Color::new(colour.0, colour.1, colour.2).into(), ..Fill::default() }
}

fn stroke(colour: Colour, width: f32, dash: &[f32]) -> Stroke {
    Stroke {
        paint: rgb::Color::new(colour.0, colour.1, colour.2).into(),
        width,
        line_cap: LineCap::Butt,
        line_join: LineJoin::Round,
        dash: (!dash.is_empty()).then(|| StrokeDash { array: dash.to_vec(), offset: 0.0 }),
        ..Stroke::default()
    }
}

fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(x, y, width, height)?);
    path.finish()
}

fn circle(x: f32, y: f32, radius: f32) -> Option<Path> {
    // How far the control points of four curves stand off, so that together they make a circle.
    let off = radius * 0.552_284_8;
    let mut path = PathBuilder::new();
    path.move_to(x + radius, y);
    path.cubic_to(x + radius, y + off, x + off, y + radius, x, y + radius);
    path.cubic_to(x - off, y + radius, x - radius, y + off, x - radius, y);
    path.cubic_to(x - radius, y - off, x - off, y - radius, x, y - radius);
    path.cubic_to(x + off, y - radius, x + radius, y - off, x + radius, y);
    path.close();
    path.finish()
}
