//! Tables that fit the terminal: the columns with long texts give way, and their texts are wrapped.

use super::paint::{BOLD, DIM, Line, Span, line_width, plain, styled, wrap};

/// Columns between two cells.
const GAP: usize = 2;
/// No column with text gets narrower than this, as long as the terminal has room at all.
const NARROW: usize = 10;

/// Lays out a head and rows of cells in at most `columns`.
pub(crate) fn table(head: &[Line], rows: &[Vec<Line>], columns: usize) -> Vec<Line> {
    let count = rows.iter().map(Vec::len).chain([head.len()]).max().unwrap_or_default();
    if count == 0 {
        return Vec::new();
    }
    let mut widths = vec![0; count];
    for row in rows.iter().map(Vec::as_slice).chain([head]) {
        for (column, cell) in row.iter().enumerate() {
            let longest = wrap(cell, usize::MAX).iter().map(|line| line_width(line)).max().unwrap_or_default();
            widths[column] = widths[column].max(longest);
        }
    }
    let room = columns.saturating_sub(GAP * (count - 1));
    narrow(&mut widths, room);
    if widths.iter().sum::<usize>() > room {
        return stacked(head, rows, columns);
    }
    let mut lines = Vec::new();
    if !head.is_empty() {
        let bold: Vec<Line> = head
            .iter()
            .map(|cell| {
                cell.iter()
                    .map(|span| Span { text: span.text.clone(), style: span.style | BOLD.get_effects() })
                    .collect()
            })
            .collect();
        row(&bold, &widths, &mut lines);
        let rule: Vec<Line> = widths.iter().map(|width| vec![styled("─".repeat(*width), DIM)]).collect();
        row(&rule, &widths, &mut lines);
    }
    for cells in rows {
        row(cells, &widths, &mut lines);
    }
    lines
}

/// Takes columns from the widest until all fit.
fn narrow(widths: &mut [usize], room: usize) {
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max_by_key(|width| **width) else { return };
        if *widest <= NARROW {
            return;
        }
        *widest -= 1;
    }
}

/// Where there is no room for columns, each row becomes a block: a first line, then the other cells by name.
fn stacked(head: &[Line], rows: &[Vec<Line>], columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate().filter(|(_, cell)| line_width(cell) > 0) {
            let mut spans = Line::new();
            if column > 0 {
                spans.extend(head.get(column).into_iter().flatten().map(|span| styled(&span.text, DIM)));
                spans.push(styled(": ", DIM));
            }
            spans.extend(cell.iter().cloned());
            let indent = if column == 0 { 0 } else { 2 };
            for line in wrap(&spans, columns.saturating_sub(indent)) {
                lines.push([vec![plain(" ".repeat(indent))], line].concat());
            }
        }
    }
    lines
}

fn row(cells: &[Line], widths: &[usize], lines: &mut Vec<Line>) {
    let wrapped: Vec<Vec<Line>> = widths
        .iter()
        .enumerate()
        .map(|(column, width)| cells.get(column).map(|cell| wrap(cell, (*width).max(1))).unwrap_or_default())
        .collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or_default();
    for at in 0..height {
        let mut line = Line::new();
        for (column, width) in widths.iter().enumerate() {
            let cell = wrapped[column].get(at).cloned().unwrap_or_default();
            let used = line_width(&cell);
            line.extend(cell);
            if column + 1 < widths.len() {
                line.push(plain(" ".repeat(width.saturating_sub(used) + GAP)));
            }
        }
        lines.push(line);
    }
}
