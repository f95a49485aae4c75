//! Tables: how wide columns are, and rows as slabs under a head that is repeated.

use super::draw::{Draw, Slab};
use super::flow::Flow;
use super::nodes::{Kind, NodeId};
use super::paragraph::{TextLine, Type, measure};
use super::{HEIGHT, ground};
use crate::colour::{BAIZE, LINE, SUNKEN};
use crate::document::{Align, Row, Span, Table};
use crate::fonts::Face;

const PAD_X: f32 = 6.0;
const PAD_Y: f32 = 4.0;
/// A row taller than this is divided, so that it can go over to the next page.
const TALLEST: f32 = HEIGHT * 0.3;

pub(super) fn table(flow: &mut Flow<'_>, table: &Table) {
    if table.columns.is_empty() {
        return;
    }
    let widths = widths(flow, table);
    flow.within(Kind::Table, |flow| {
        let head = flow.node(Kind::Head);
        let row = flow.nodes.add(Kind::Row, head);
        let spans: Vec<Vec<Span>> = table.columns.iter().map(|column| vec![Span::plain(column.head.clone())]).collect();
        let looks =
            Look { kind: Type { size: 8.6, leading: 11.6, ..Type::CELL }.with_face(Face::Bold), cell: Kind::HeadCell };
        let number = flow.heads.len();
        let parts = slabs(flow, table, &widths, &spans, row, &looks);
        for mut slab in parts {
            slab.draws.insert(0, ground(flow.x, flow.width, slab.height, SUNKEN));
            slab.draws.push(line(flow, slab.height, BAIZE, 0.9));
            slab.keep = true;
            if flow.heads.len() == number {
                flow.heads.push(slab.clone());
            }
            flow.push(slab);
        }
        let body = flow.node(Kind::Rows);
        for (place, row) in table.rows.iter().enumerate() {
            let last = place + 1 == table.rows.len();
            let next_is_total = table.rows.get(place + 1).is_some_and(|next| next.total);
            let node = flow.nodes.add(Kind::Row, body);
            add(flow, table, &widths, row, node, number, !last && next_is_total);
        }
    });
    flow.gap(11.0, false);
}

fn add(flow: &mut Flow<'_>, table: &Table, widths: &[f32], row: &Row, node: NodeId, head: usize, keep: bool) {
    let kind = if row.total { Type::CELL.with_face(Face::Bold) } else { Type::CELL };
    let parts = slabs(flow, table, widths, &row.cells, node, &Look { kind, cell: Kind::Cell });
    let count = parts.len();
    for (place, mut slab) in parts.into_iter().enumerate() {
        slab.head = Some(head);
        slab.keep = keep && place + 1 == count;
        if row.total {
            slab.draws.insert(0, ground(flow.x, flow.width, slab.height, SUNKEN));
        }
        if place + 1 == count {
            slab.draws.push(line(flow, slab.height, LINE, 0.6));
        }
        flow.push(slab);
    }
}

struct Look {
    kind: Type,
    cell: Kind,
}

fn line(flow: &Flow<'_>, y: f32, colour: crate::colour::Colour, width: f32) -> Draw {
    let points = vec![(flow.x, y), (flow.x + flow.width, y)];
    Draw::Line { points, width, dash: Vec::new(), colour, node: None }
}

/// A row as slabs: one, or several when it is tall.
fn slabs(
    flow: &mut Flow<'_>,
    table: &Table,
    widths: &[f32],
    cells: &[Vec<Span>],
    row: NodeId,
    look: &Look,
) -> Vec<Slab> {
    let nothing = Vec::new();
    let mut left = flow.x;
    let mut set = Vec::new();
    for (place, (column, width)) in table.columns.iter().zip(widths).enumerate() {
        let spans = cells.get(place).unwrap_or(&nothing);
        let lines = flow.set(spans, look.kind, width - 2.0 * PAD_X);
        set.push((left, *width, column.align, spans, lines, flow.nodes.add(look.cell.clone(), row)));
        left += width;
    }
    let count = set.iter().map(|(.., lines, _)| lines.len()).max().unwrap_or_default().max(1);
    let leading = look.kind.leading;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a constant divided by a line's height"
    )]
    let at_once = ((TALLEST - 2.0 * PAD_Y) / leading) as usize;
    let mut parts = Vec::new();
    for from in (0..count).step_by(at_once.max(1)) {
        let to = (from + at_once.max(1)).min(count);
        let (top, bottom) = (if from == 0 { PAD_Y } else { 0.0 }, if to == count { PAD_Y } else { 0.0 });
        let mut draws = Vec::new();
        for (left, width, align, spans, lines, node) in &set {
            let mut y = top;
            for line in lines.iter().take(to).skip(from) {
                let x = at(*left, *width, *align, line);
                draws.extend(flow.text(line.clone(), spans, look.kind, (x, y), *node));
                y += leading;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a handful of lines")]
        let height = (to - from) as f32 * leading + top + bottom;
        parts.push(Slab { height, draws, ..Slab::default() });
    }
    parts
}

fn at(left: f32, width: f32, align: Align, line: &TextLine) -> f32 {
    match align {
        Align::Start => left + PAD_X,
        Align::End => left + width - PAD_X - line.width,
    }
}

/// How wide columns are: each as wide as its longest word where that is possible, and what remains goes to those with
/// more to say.
fn widths(flow: &Flow<'_>, table: &Table) -> Vec<f32> {
    let measured: Vec<(f32, f32)> = (0..table.columns.len())
        .map(|place| {
            let head = table.columns.get(place).map(|column| Span::strong(column.head.clone()));
            let head = measure(flow.fonts, &head.into_iter().collect::<Vec<_>>(), Type::CELL.with_face(Face::Bold));
            let cells = table.rows.iter().filter_map(|row| row.cells.get(place).map(|cell| (cell, row.total)));
            let cells = cells.map(|(cell, total)| {
                let kind = if total { Type::CELL.with_face(Face::Bold) } else { Type::CELL };
                measure(flow.fonts, cell, kind)
            });
            let widest = cells.fold(head, |most, one| (most.0.max(one.0), most.1.max(one.1)));
            (widest.0 + 2.0 * PAD_X + 0.5, widest.1 + 2.0 * PAD_X + 0.5)
        })
        .collect();
    share(&measured, flow.width)
}

/// Shares a width among columns, each given as its whole width and that of its longest word. Together they make the
/// whole width.
fn share(columns: &[(f32, f32)], width: f32) -> Vec<f32> {
    #[expect(clippy::cast_precision_loss, reason = "a handful of columns")]
    let even = width / columns.len().max(1) as f32;
    // A word that would take more than its share is broken.
    let least: Vec<f32> = columns.iter().map(|(_, word)| word.min(even.max(70.0)).min(width)).collect();
    let needed: f32 = least.iter().sum();
    if needed >= width {
        return least.iter().map(|one| one * width / needed).collect();
    }
    // The square root: a column with ten times the text gets three times the room, not all of it.
    let wishes: Vec<f32> = columns.iter().zip(&least).map(|((whole, _), least)| (whole - least).max(0.0)).collect();
    let wished: f32 = wishes.iter().sum();
    let room = width - needed;
    if wished <= room {
        // All fit on one line each. What is over goes to the columns by their width.
        let all: f32 = needed + wished;
        return least.iter().zip(&wishes).map(|(least, wish)| (least + wish) * width / all).collect();
    }
    let weights: Vec<f32> = wishes.iter().map(|wish| wish.sqrt()).collect();
    let mut shares = vec![0.0_f32; columns.len()];
    let mut left = room;
    // Nobody gets more than they asked for; what they leave goes round again.
    for _ in 0..columns.len() {
        let open: f32 = open_weight(&weights, &wishes, &shares);
        if open <= 0.0 || left <= 0.01 {
            break;
        }
        let pot = left;
        for ((share, wish), weight) in shares.iter_mut().zip(&wishes).zip(&weights) {
            if *share < *wish {
                let more = (pot * weight / open).min(wish - *share);
                *share += more;
                left -= more;
            }
        }
    }
    least.iter().zip(&shares).map(|(least, share)| least + share).collect()
}

fn open_weight(weights: &[f32], wishes: &[f32], shares: &[f32]) -> f32 {
    let all = weights.iter().zip(wishes).zip(shares);
    all.filter(|((_, wish), share)| share < wish).map(|((weight, _), _)| weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_make_the_whole_width_and_long_ones_get_more() {
        for columns in [
            vec![(50.0, 20.0), (60.0, 30.0)],
            vec![(900.0, 60.0), (40.0, 40.0), (200.0, 50.0)],
            vec![(9_000.0, 5_000.0), (40.0, 40.0)],
            vec![(80.0, 80.0); 12],
        ] {
            let widths = share(&columns, 455.0);
            assert!((widths.iter().sum::<f32>() - 455.0).abs() < 0.5, "{widths:?}");
            assert!(widths.iter().all(|width| *width > 10.0), "{widths:?}");
        }
        let widths = share(&[(900.0, 60.0), (40.0, 40.0), (200.0, 50.0)], 455.0);
        assert!(widths[0] > widths[2] && widths[2] > widths[1] && widths[1] >= 40.0, "{widths:?}");
    }
}
