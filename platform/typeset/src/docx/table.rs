//! Tables, and what is drawn with them: facts and bars.

use std::fmt::Write;

use super::body::{Body, Set, WIDTH};
use crate::colour::SOFT;
use crate::document::{Align, Bar, Bars, Fact, Row, Series, Span, Table};

/// A cell: its width, its properties beside that, and what it holds.
struct Cell<'a> {
    width: u32,
    fill: Option<String>,
    spans: &'a [Span],
    set: Set<'a>,
}

pub(super) fn table(body: &mut Body, table: &Table) {
    if table.columns.is_empty() {
        return;
    }
    let widths = widths(table);
    let total = table.rows.last().is_some_and(|row| row.total);
    let look = format!(
        r#"<w:tblStyle w:val="BoardTable"/><w:tblW w:w="{WIDTH}" w:type="dxa"/><w:tblLayout w:type="fixed"/><w:tblLook w:val="{}" w:firstRow="1" w:lastRow="{}" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>"#,
        if total { "0660" } else { "0620" },
        u8::from(total)
    );
    open(body, &look, &widths);
    let heads: Vec<Vec<Span>> = table.columns.iter().map(|column| vec![Span::plain(column.head.clone())]).collect();
    row(body, table, &widths, &Row { cells: heads, total: false }, true);
    for line in &table.rows {
        row(body, table, &widths, line, false);
    }
    close(body);
    body.space();
}

fn row(body: &mut Body, table: &Table, widths: &[u32], row: &Row, head: bool) {
    let repeated = if head { "<w:cantSplit/><w:tblHeader/>" } else { "<w:cantSplit/>" };
    let _ = write!(body.out, "<w:tr><w:trPr>{repeated}</w:trPr>");
    for (place, (column, width)) in table.columns.iter().zip(widths).enumerate() {
        let spans = row.cells.get(place).map(Vec::as_slice).unwrap_or_default();
        let strong: Vec<Span> =
            spans.iter().map(|span| Span { strong: span.strong || row.total, ..span.clone() }).collect();
        let style = if head { "TableHead" } else { "TableText" };
        let align = (column.align == Align::End).then_some("right");
        let set = Set { style, align, ..Set::default() };
        cell(body, &Cell { width: *width, fill: None, spans: &strong, set });
    }
    body.out.push_str("</w:tr>");
}

/// Columns by how much they have to say. The office could measure them, but then every program would show others.
fn widths(table: &Table) -> Vec<u32> {
    const LEAST: u32 = 850;
    let length = |text: &str| text.chars().map(|one| if one > '\u{2e7f}' { 2.0 } else { 1.0 }).sum::<f64>();
    let spans = |spans: &[Span]| spans.iter().map(|span| length(&span.text)).sum::<f64>();
    let weight = |place: usize| {
        let head = table.columns.get(place).map_or(0.0, |column| length(&column.head) * 1.1);
        let cells = table.rows.iter().filter_map(|row| row.cells.get(place)).map(|cell| spans(cell));
        cells.fold(head, f64::max).clamp(4.0, 400.0).powf(0.6)
    };
    let weights: Vec<f64> = (0..table.columns.len()).map(weight).collect();
    let all: f64 = weights.iter().sum();
    let count = u32::try_from(weights.len()).unwrap_or(1).max(1);
    let least = LEAST.min(WIDTH / count);
    let room = f64::from(WIDTH - least * count);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 9,070")]
    let share = |weight: &f64| least + (room * weight / all) as u32;
    weights.iter().map(share).collect()
}

fn open(body: &mut Body, look: &str, widths: &[u32]) {
    let _ = write!(body.out, "<w:tbl><w:tblPr>{look}</w:tblPr><w:tblGrid>");
    for width in widths {
        let _ = write!(body.out, r#"<w:gridCol w:w="{width}"/>"#);
    }
    body.out.push_str("</w:tblGrid>");
}

fn close(body: &mut Body) {
    body.out.push_str("</w:tbl>");
}

fn cell(body: &mut Body, cell: &Cell<'_>) {
    let fill = cell
        .fill
        .as_ref()
        .map_or_else(String::new, |fill| format!(r#"<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>"#));
    let _ = write!(body.out, r#"<w:tc><w:tcPr><w:tcW w:w="{}" w:type="dxa"/>{fill}</w:tcPr>"#, cell.width);
    body.paragraph(cell.spans, cell.set);
    body.out.push_str("</w:tc>");
}

/// Names on the left, what belongs to each on the right, without lines.
pub(super) fn facts(body: &mut Body, facts: &[Fact]) {
    const NAMES: u32 = 2_100;
    if facts.is_empty() {
        return;
    }
    let look = format!(r#"<w:tblW w:w="{WIDTH}" w:type="dxa"/><w:tblLayout w:type="fixed"/>"#);
    open(body, &look, &[NAMES, WIDTH - NAMES]);
    for fact in facts {
        body.out.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
        let name = [Span::plain(fact.name.clone())];
        let set = Set { style: "TableText", ..Set::default() };
        cell(body, &Cell { width: NAMES, fill: None, spans: &name, set: Set { colour: Some(SOFT), ..set } });
        cell(body, &Cell { width: WIDTH - NAMES, fill: None, spans: &fact.value, set });
        body.out.push_str("</w:tr>");
    }
    close(body);
    body.space();
}

/// Each bar is a row of cells, as wide as its counts.
pub(super) fn bars(body: &mut Body, bars: &Bars) {
    let mut legend = Vec::new();
    for series in &bars.series {
        legend.push(Span { text: "■ ".to_owned(), tone: series.tone, ..Span::default() });
        legend.push(Span::plain(format!("{}    ", series.name)));
    }
    body.paragraph(&legend, Set { style: "Caption", keep: true, ..Set::default() });
    for one in &bars.bars {
        bar(body, &bars.series, one);
    }
}

fn bar(body: &mut Body, series: &[Series], bar: &Bar) {
    body.paragraph(&bar.label, Set { keep: true, ..Set::default() });
    let all: u32 = bar.counts.iter().sum();
    let parts: Vec<(&Series, u32)> =
        series.iter().zip(bar.counts.iter().copied()).filter(|(_, count)| *count > 0).collect();
    if all > 0 {
        let widths: Vec<u32> = parts.iter().map(|(_, count)| (WIDTH * count / all).max(1)).collect();
        let look = format!(r#"<w:tblW w:w="{WIDTH}" w:type="dxa"/><w:tblLayout w:type="fixed"/>"#);
        open(body, &look, &widths);
        body.out.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
        for ((series, count), width) in parts.iter().zip(&widths) {
            let fill = Some(series.tone.mark().to_string());
            let number = [Span::strong(count.to_string())];
            let colour = Some(series.tone.on_mark());
            let set = Set { style: "TableText", keep: true, align: Some("center"), colour, ..Set::default() };
            cell(body, &Cell { width: *width, fill, spans: &number, set });
        }
        body.out.push_str("</w:tr>");
        close(body);
    }
    body.paragraph(&[Span::plain(bar.note.clone())], Set { style: "Caption", ..Set::default() });
}
