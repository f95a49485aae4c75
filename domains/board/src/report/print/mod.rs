//! The report as a document to be printed (BRD-7): what is saved as PDF and as DOCX. What limits it stands above the
//! text (BRD-29).

mod course;
mod cover;
mod evidence;
mod language;
mod options;
mod outcome;
mod prose;
#[cfg(test)]
mod tests;
mod words;

use chrono::{DateTime, Utc};
use quorate_typeset::{Block, Document, Heading, List, Span};

pub use language::Language;

use super::Report;
use crate::session::Brief;
use words::Words;

/// A report with what belongs on its first page.
#[derive(Debug, Clone, Copy)]
pub struct Printed<'a> {
    /// The report.
    pub report: &'a Report,
    /// What was asked.
    pub brief: &'a Brief,
    /// The name that the user gave the session.
    pub title: Option<&'a str>,
    /// When the board was done.
    pub completed_at: Option<DateTime<Utc>>,
    /// In which language its labels are; that of what was asked unless told.
    pub language: Option<Language>,
}

/// The document of a report.
#[must_use]
pub fn document(printed: &Printed<'_>) -> Document {
    let language = printed.language.unwrap_or_else(|| Language::of(&printed.brief.problem_statement));
    let words = Words::of(language);
    let report = printed.report;
    let mut page = Page { words, blocks: Vec::new() };
    cover::cover(&mut page, printed);
    page.blocks.push(Block::Contents(words.contents.to_owned()));
    page.blocks.push(Block::PageBreak);
    page.prose(1, words.summary, &report.executive_summary);
    page.prose(1, words.recommendation, &report.recommendation);
    page.list(1, words.insights, &report.key_insights);
    outcome::votes(&mut page, report);
    options::options(&mut page, report);
    outcome::dissent(&mut page, report);
    outcome::flips(&mut page, report);
    if [&report.conditions, &report.assumptions, &report.risks].iter().any(|list| !list.is_empty()) {
        page.heading(1, words.terms);
        page.list(2, words.conditions, &report.conditions);
        page.list(2, words.assumptions, &report.assumptions);
        page.list(2, words.risks, &report.risks);
    }
    evidence::pre_mortem(&mut page, report);
    page.list(1, words.questions, &report.open_questions);
    course::next_steps(&mut page, report);
    evidence::claims(&mut page, report);
    evidence::baseline(&mut page, report);
    evidence::sources(&mut page, report);
    course::parts(&mut page, report);
    course::method(&mut page, report);
    Document {
        title: title(printed, words),
        language: language.name().to_owned(),
        created: printed.completed_at,
        words: quorate_typeset::Words { page: words.page.to_owned(), missing: words.missing.to_owned() },
        blocks: page.blocks,
    }
}

/// What the file is called in its properties: the session's name, or the beginning of what was asked.
fn title(printed: &Printed<'_>, words: &Words) -> String {
    const MOST: usize = 90;
    let line = printed.brief.problem_statement.lines().next().unwrap_or_default().trim();
    let asked: String = line.chars().take(MOST).collect();
    let asked = if line.chars().count() > MOST { format!("{}…", asked.trim_end()) } else { asked };
    let name = printed.title.map(str::trim).filter(|title| !title.is_empty()).map_or(asked, str::to_owned);
    format!("{}{}{name}", cover::heading(printed.report, words), words.colon)
}

/// The blocks so far.
struct Page {
    words: &'static Words,
    blocks: Vec<Block>,
}

impl Page {
    fn heading(&mut self, level: u8, text: impl Into<String>) {
        self.blocks.push(Block::Heading(Heading { level, text: text.into() }));
    }

    fn paragraph(&mut self, spans: Vec<Span>) {
        self.blocks.push(Block::Paragraph(spans));
    }

    fn note(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Note(vec![Span::plain(text)]));
    }

    /// A text under its heading; nothing where there is none.
    fn prose(&mut self, level: u8, heading: &str, text: &str) {
        let blocks = prose::blocks(text);
        if !blocks.is_empty() {
            self.heading(level, heading);
            self.blocks.extend(blocks);
        }
    }

    /// A list under its heading; nothing where it is empty.
    fn list(&mut self, level: u8, heading: &str, items: &[String]) {
        if !items.is_empty() {
            self.heading(level, heading);
            self.bullets(items.iter().map(|item| prose::blocks(item)).collect());
        }
    }

    fn bullets(&mut self, items: Vec<Vec<Block>>) {
        if !items.is_empty() {
            self.blocks.push(Block::List(List { first: None, items }));
        }
    }
}
