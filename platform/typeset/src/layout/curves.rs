//! Shares over steps as lines, each named where it ends, and told apart by its dashes as well as its colour.

use super::draw::{Draw, Slab};
use super::flow::Flow;
use super::nodes::{Kind, NodeId};
use super::paragraph::Type;
use crate::colour::{Colour, LINE, SOFT};
use crate::document::{Curve, Curves, Span};
use crate::fonts::Face;

const TOP: f32 = 8.0;
const TALL: f32 = 92.0;
const BOTTOM: f32 = TOP + TALL;
/// Beside the lines: the numbers of the scale, and the names.
const SCALE: f32 = 26.0;
const NAMES: f32 = 132.0;
/// Between names, so that they do not run into each other.
const APART: f32 = 13.0;
const DASHES: [&[f32]; 4] = [&[], &[6.0, 3.0], &[1.5, 2.5], &[8.0, 2.5, 1.5, 2.5]];

pub(super) fn curves(flow: &mut Flow<'_>, curves: &Curves) {
    let figure = flow.node(Kind::Figure(curves.alt.clone()));
    let (left, right) = (flow.x + SCALE, flow.x + flow.width - NAMES);
    let small = Type { size: 8.4, leading: 12.0, face: Face::Text, colour: SOFT };
    let mut draws = Vec::new();
    for (value, name) in [0.0, 0.5, 1.0].into_iter().zip(&curves.scale) {
        let y = height(value);
        draws.push(stroke(vec![(left, y), (right, y)], 0.6, &[], LINE, figure));
        let spans = [Span::plain(name.clone())];
        if let Some(line) = flow.set(&spans, small, f32::MAX).pop() {
            let x = left - 6.0 - line.width;
            draws.extend(flow.text(line, &spans, small, (x, y - 6.0), figure));
        }
    }
    let count = curves.steps.len();
    let step = |place: usize| across(place, count, left, right);
    #[expect(clippy::cast_precision_loss, reason = "a handful of rounds")]
    let room = (right - left) / count.max(1) as f32;
    for (place, name) in curves.steps.iter().enumerate() {
        draws.extend(super::bars::centred(flow, name, small, (step(place) - room / 2.0, BOTTOM + 4.0, room), figure));
        if curves.curves.iter().any(|curve| curve.values.get(place).copied().flatten().is_none()) {
            let about = (step(place) - room / 2.0, BOTTOM + 15.0, room);
            draws.extend(super::bars::centred(flow, &curves.unknown, small, about, figure));
        }
    }
    for (number, curve) in curves.curves.iter().enumerate() {
        let colour = curve.series.tone.mark();
        let dash = DASHES.get(number % DASHES.len()).copied().unwrap_or_default();
        for run in runs(curve) {
            let points: Vec<(f32, f32)> = run.iter().map(|(place, value)| (step(*place), height(*value))).collect();
            draws.extend(points.iter().map(|(x, y)| Draw::Dot {
                x: *x,
                y: *y,
                radius: 2.4,
                fill: colour,
                node: Some(figure),
            }));
            if points.len() > 1 {
                draws.push(stroke(points, 1.6, dash, colour, figure));
            }
        }
    }
    names(flow, curves, right + 10.0, figure, &mut draws);
    flow.push(Slab { height: BOTTOM + 30.0, draws, ..Slab::default() });
    flow.gap(6.0, false);
}

/// The names at the ends of the lines, with the last value.
fn names(flow: &mut Flow<'_>, curves: &Curves, x: f32, figure: NodeId, draws: &mut Vec<Draw>) {
    let last = |curve: &Curve| curve.values.last().copied().flatten();
    let wanted: Vec<f32> = curves.curves.iter().map(|curve| last(curve).map_or(BOTTOM, height)).collect();
    for (curve, y) in curves.curves.iter().zip(spread(&wanted, APART, TOP, BOTTOM + 6.0)) {
        let kind = Type { size: 9.0, leading: APART, face: Face::Bold, colour: curve.series.tone.mark() };
        let spans = [Span::plain(format!("{} {}", curve.series.name, curve.last))];
        if let Some(line) = flow.set(&spans, kind, f32::MAX).pop() {
            draws.extend(flow.text(line, &spans, kind, (x, y - APART / 2.0), figure));
        }
    }
}

fn stroke(points: Vec<(f32, f32)>, width: f32, dash: &[f32], colour: Colour, figure: NodeId) -> Draw {
    Draw::Line { points, width, dash: dash.to_vec(), colour, node: Some(figure) }
}

#[expect(clippy::cast_possible_truncation, reason = "a share of a hundred points")]
fn height(value: f64) -> f32 {
    BOTTOM - value.clamp(0.0, 1.0) as f32 * TALL
}

#[expect(clippy::cast_precision_loss, reason = "a handful of rounds")]
fn across(place: usize, count: usize, left: f32, right: f32) -> f32 {
    left + (right - left) * (place as f32 + 0.5) / count.max(1) as f32
}

/// The unbroken runs of a line. What is not known breaks it: a bridge would claim a value that nobody measured.
fn runs(curve: &Curve) -> Vec<Vec<(usize, f64)>> {
    let mut runs = vec![Vec::new()];
    for (place, value) in curve.values.iter().enumerate() {
        match value.filter(|value| value.is_finite()) {
            Some(value) => {
                if let Some(run) = runs.last_mut() {
                    run.push((place, value));
                }
            }
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// Moves heights apart, keeping their order, within bounds.
fn spread(wanted: &[f32], apart: f32, top: f32, bottom: f32) -> Vec<f32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    let at = |place: &usize| wanted.get(*place).copied().unwrap_or_default();
    order.sort_by(|one, other| at(one).total_cmp(&at(other)));
    let mut heights: Vec<f32> = order.iter().map(at).collect();
    let mut lowest = top;
    for height in &mut heights {
        *height = height.max(lowest);
        lowest = *height + apart;
    }
    let mut highest = bottom;
    for height in heights.iter_mut().rev() {
        *height = height.min(highest);
        highest = *height - apart;
    }
    let mut spread = vec![0.0; wanted.len()];
    for (place, height) in order.into_iter().zip(heights) {
        if let Some(slot) = spread.get_mut(place) {
            *slot = height;
        }
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_value_breaks_the_line() {
        let values = vec![Some(0.2), None, Some(0.4), Some(f64::NAN), Some(0.6), Some(0.7)];
        let curve = Curve { values, ..Curve::default() };
        assert_eq!(runs(&curve), [vec![(0, 0.2)], vec![(2, 0.4)], vec![(4, 0.6), (5, 0.7)]]);
    }

    #[test]
    fn names_keep_apart_and_in_order() {
        assert_eq!(spread(&[50.0, 50.0, 10.0], 13.0, 8.0, 106.0), [50.0, 63.0, 10.0]);
        assert_eq!(spread(&[100.0, 104.0, 106.0], 13.0, 8.0, 106.0), [80.0, 93.0, 106.0]);
    }
}
