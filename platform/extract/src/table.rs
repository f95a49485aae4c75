//! Tables of separated values.

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::budget::Budget;
use crate::document::{Document, Passage, Warning};
use crate::split::clean;
use crate::{ExtractError, Kind, Limits};

/// A passage of rows has about this many characters.
const USUAL: usize = 900;
/// A cell that is longer is cut.
const CELL: usize = 1_000;
/// A header that is longer stands over the first rows alone.
const HEADER: usize = 300;
/// How many rows are looked at to find the delimiter.
const SAMPLE: usize = 20;
const DELIMITERS: [u8; 4] = *b",;\t|";

/// The sign between two cells: the one that cuts the first rows into the most cells, each row into as many.
pub(crate) fn delimiter(text: &str) -> Option<u8> {
    let widths = |delimiter: u8| {
        let mut reader = reader(text, delimiter);
        let rows: Vec<usize> = reader.records().take(SAMPLE).map_while(Result::ok).map(|row| row.len()).collect();
        let first = *rows.first()?;
        let same = rows.iter().filter(|width| **width == first).count();
        (first > 1 && same * 10 >= rows.len() * 8).then_some((first, delimiter))
    };
    DELIMITERS.into_iter().filter_map(widths).max_by_key(|(width, _)| *width).map(|(_, delimiter)| delimiter)
}

/// Whether a text that does not say so is a table: several rows, each with the same three or more cells, and short ones.
pub(crate) fn is_clearly_one(text: &str) -> bool {
    let Some(delimiter) = delimiter(text) else { return false };
    let mut reader = reader(text, delimiter);
    let rows: Vec<StringRecord> = reader.records().take(SAMPLE).map_while(Result::ok).collect();
    let Some(first) = rows.first() else { return false };
    first.len() >= 3
        && rows.len() >= 3
        && rows.iter().all(|row| row.len() == first.len() && row.iter().all(|cell| cell.len() < 200))
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .trim(Trim::All)
        .from_reader(text.as_bytes())
}

fn line(row: &StringRecord) -> String {
    let cells = row.iter().map(|cell| {
        let one_line: String = cell.chars().map(|sign| if sign == '\n' { ' ' } else { sign }).take(CELL).collect();
        one_line
    });
    cells.collect::<Vec<_>>().join(" | ")
}

/// Rows as they are gathered into passages.
struct Rows {
    header: Option<String>,
    first: usize,
    last: usize,
    lines: String,
    passages: Vec<Passage>,
}

impl Rows {
    fn close(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        let (first, last) = (self.first, self.last);
        let place = if first == last { format!("row {first}") } else { format!("rows {first} to {last}") };
        let lines = std::mem::take(&mut self.lines);
        // Every passage says what its columns are.
        let text = match &self.header {
            Some(header) if first > 1 => format!("{header}\n{lines}"),
            _ => lines,
        };
        self.passages.push(Passage::new(place, text));
    }
}

/// Reads a table. Rows are counted from 1, the header included, as a spreadsheet does.
pub(crate) fn read(text: &str, limits: &Limits, budget: &mut Budget) -> Result<Document, ExtractError> {
    let text = clean(text);
    let mut reader = reader(&text, delimiter(&text).unwrap_or(b','));
    let mut rows = Rows { header: None, first: 1, last: 0, lines: String::new(), passages: Vec::new() };
    let (mut taken, mut truncated) = (0_usize, false);
    for (index, row) in reader.records().enumerate() {
        budget.step()?;
        let row = row.map_err(|_| ExtractError::Damaged("its rows cannot be told apart"))?;
        let mut line = line(&row);
        if line.chars().all(|sign| sign == '|' || sign.is_whitespace()) {
            continue;
        }
        let length = line.chars().count();
        if taken + length > limits.characters {
            line = line.chars().take(limits.characters - taken).collect();
            truncated = true;
        }
        taken += length + 1;
        if index == 0 && length <= HEADER {
            rows.header = Some(line.clone());
        }
        if rows.lines.is_empty() {
            rows.first = index + 1;
        } else {
            rows.lines.push('\n');
        }
        rows.last = index + 1;
        rows.lines.push_str(&line);
        if rows.lines.len() >= USUAL {
            rows.close();
        }
        if truncated || taken >= limits.characters {
            truncated = true;
            break;
        }
    }
    rows.close();
    let mut document = Document::new(Kind::Csv, rows.passages);
    if truncated {
        document.warn(Warning::Truncated);
    }
    Ok(document)
}
