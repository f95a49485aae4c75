//! Counts as stacked bars, each under what it is about.

use super::draw::{Draw, Slab};
use super::flow::Flow;
use super::nodes::{Kind, NodeId};
use super::paragraph::Type;
use crate::colour::{INK, SOFT};
use crate::document::{Bar, Bars, Series, Span};
use crate::fonts::Face;

const TALL: f32 = 15.0;
const SQUARE: f32 = 8.0;

pub(super) fn bars(flow: &mut Flow<'_>, bars: &Bars) {
    legend(flow, &bars.series);
    for bar in &bars.bars {
        one(flow, &bars.series, bar);
    }
    flow.gap(5.0, false);
}

/// Which colour is what, in as many lines as it takes. For the eye alone: each bar says it in words.
fn legend(flow: &mut Flow<'_>, series: &[Series]) {
    let kind = Type::NOTE;
    let (mut x, mut draws) = (flow.x, Vec::new());
    for one in series {
        let lines = flow.set(&[Span::plain(one.name.clone())], kind, flow.width - SQUARE - 5.0);
        for line in lines {
            let wide = SQUARE + 5.0 + line.width + 14.0;
            if x > flow.x && x + wide - 14.0 > flow.x + flow.width {
                flow.push(Slab {
                    height: kind.leading,
                    draws: std::mem::take(&mut draws),
                    keep: true,
                    ..Slab::default()
                });
                x = flow.x;
            }
            let y = (kind.leading - SQUARE) / 2.0;
            draws.push(Draw::Box { x, y, width: SQUARE, height: SQUARE, fill: one.tone.mark(), node: None });
            let baseline = kind.baseline();
            let left = x + SQUARE + 5.0;
            draws.extend(line.runs.into_iter().map(|run| Draw::Text { x: left + run.x, baseline, run, node: None }));
            x += wide;
        }
    }
    flow.push(Slab { height: kind.leading + 5.0, draws, keep: true, ..Slab::default() });
}

fn one(flow: &mut Flow<'_>, series: &[Series], bar: &Bar) {
    let node = flow.node(Kind::Paragraph);
    let from = flow.slabs.len();
    flow.paragraph_as(&bar.label, Type { size: 9.8, leading: 13.4, ..Type::BODY }, node);
    let note = Type::NOTE.with_colour(SOFT);
    let figure = flow.node(Kind::Figure(bar.alt.clone()));
    let all: u32 = bar.counts.iter().sum();
    let mut draws = Vec::new();
    let mut x = flow.x;
    for (series, count) in series.iter().zip(&bar.counts).filter(|(_, count)| **count > 0) {
        #[expect(clippy::cast_precision_loss, reason = "counts of seats")]
        let width = flow.width * *count as f32 / all as f32;
        draws.push(Draw::Box {
            x,
            y: 3.0,
            width: width - 1.0,
            height: TALL,
            fill: series.tone.mark(),
            node: Some(figure),
        });
        let number = Type { size: 9.0, leading: TALL, face: Face::Bold, colour: series.tone.on_mark() };
        draws.extend(centred(flow, &count.to_string(), number, (x, 3.0, width - 1.0), figure));
        x += width;
    }
    flow.push(Slab { height: TALL + 6.0, draws, keep: true, ..Slab::default() });
    flow.slabs.iter_mut().skip(from).for_each(|slab| slab.keep = true);
    let text = flow.node(Kind::Paragraph);
    flow.paragraph_as(&[Span::plain(bar.note.clone())], note.with_colour(INK), text);
    flow.gap(9.0, false);
}

/// A short text in the middle of a box.
pub(super) fn centred(
    flow: &mut Flow<'_>,
    text: &str,
    kind: Type,
    (x, y, width): (f32, f32, f32),
    node: NodeId,
) -> Vec<Draw> {
    let spans = [Span::plain(text)];
    let Some(line) = flow.set(&spans, kind, f32::MAX).into_iter().next() else { return Vec::new() };
    if line.width > width {
        return Vec::new();
    }
    let left = x + (width - line.width) / 2.0;
    flow.text(line, &spans, kind, (left, y), node)
}
