//! The figures as Markdown: printed, and put between two marks in `bench/README.md`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::machine;

/// Which figures they are: each part of the page has marks of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The board's.
    Board,
    /// The gateway's.
    Gateway,
}

impl Part {
    /// What the figures stand between.
    const fn marks(self) -> (&'static str, &'static str) {
        match self {
            Self::Board => ("<!-- figures: begin (written by `bench --write`) -->", "<!-- figures: end -->"),
            Self::Gateway => (
                "<!-- gateway figures: begin (written by `bench gateway --write`) -->",
                "<!-- gateway figures: end -->",
            ),
        }
    }
}

/// One table with what is to be known to read it.
pub(crate) struct Section {
    title: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Section {
    /// A table without rows. The first column is text, the others are figures.
    pub(crate) fn new(title: &'static str, columns: &[&'static str]) -> Self {
        Self { title, columns: columns.to_vec(), rows: Vec::new(), notes: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        crate::progress(&format!("{}: {}", self.title, cells.join(" | ")));
        self.rows.push(cells);
    }

    /// Adds a sentence below the table.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = format!("### {}\n\n", self.title);
        text += &line(&self.columns.iter().map(|&column| column.to_owned()).collect::<Vec<_>>());
        let rule = |place: usize| if place == 0 { "---" } else { "---:" }.to_owned();
        text += &line(&(0..self.columns.len()).map(rule).collect::<Vec<_>>());
        for row in &self.rows {
            text += &line(row);
        }
        for note in &self.notes {
            text += &format!("\n{note}\n");
        }
        text
    }
}

/// Everything that was measured in one run.
pub(crate) struct Report {
    heading: String,
    ending: String,
    sections: Vec<Section>,
}

impl Report {
    /// Nothing is measured yet.
    pub(crate) fn new(heading: String) -> Self {
        Self { heading, ending: String::new(), sections: Vec::new() }
    }

    /// Adds a table.
    pub(crate) fn add(&mut self, section: Section) {
        self.sections.push(section);
    }

    /// Adds a line to what stands before the tables.
    pub(crate) fn remark(&mut self, text: impl AsRef<str>) {
        self.heading += &format!("- {}\n", text.as_ref());
    }

    /// Notes how busy the machine was.
    pub(crate) fn finish(&mut self) {
        self.ending = format!("- Load average at the end: {}\n", machine::load_average());
    }

    /// The whole.
    pub(crate) fn markdown(&self) -> String {
        let sections: Vec<String> = self.sections.iter().map(Section::markdown).collect();
        format!("{}{}\n{}", self.heading, self.ending, sections.join("\n"))
    }
}

/// Puts the figures in place of the earlier ones.
pub(crate) fn write(part: Part, figures: &str) -> Result<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path)?;
    std::fs::write(&path, replaced(&text, part, figures).context("the two marks for the figures are missing")?)?;
    Ok(path)
}

fn replaced(text: &str, part: Part, figures: &str) -> Option<String> {
    let (begin, end) = part.marks();
    let (before, rest) = text.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}\n\n{}\n\n{end}{after}", figures.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_replace_earlier_ones_and_nothing_else() {
        let (begin, end) = Part::Board.marks();
        let (others_begin, others_end) = Part::Gateway.marks();
        let others = format!("{others_begin}\nothers\n{others_end}\n");
        let page = format!("# Bench\n\n{begin}\nold\n{end}\n\n{others}End.\n");
        let once = replaced(&page, Part::Board, "new\n").unwrap();
        assert_eq!(once, format!("# Bench\n\n{begin}\n\nnew\n\n{end}\n\n{others}End.\n"));
        assert_eq!(replaced(&once, Part::Board, "new\n").unwrap(), once);
        assert!(replaced(&once, Part::Gateway, "newer").unwrap().contains(&format!("{others_begin}\n\nnewer\n")));
        assert_eq!(replaced("# Bench", Part::Board, "new"), None);
    }
}
