//! Markdown as a terminal shows it.

use anstyle::{AnsiColor, Effects, Style};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::paint::{DIM, Line, Span, ansi, line_width, plain, styled, wrap};
use super::table::table;

/// Lays out Markdown in at most `columns`. Blocks stand one empty line apart.
pub(crate) fn markdown(text: &str, columns: usize) -> Vec<Line> {
    let mut page = Page { columns: columns.max(20), ..Page::default() };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    for event in Parser::new_ext(text, options) {
        page.take(event);
    }
    page.flush();
    while page.lines.last().is_some_and(Vec::is_empty) {
        page.lines.pop();
    }
    page.lines
}

/// A list that is open.
struct List {
    /// The next number of an ordered one.
    number: Option<u64>,
    /// The columns that its marks take.
    width: usize,
}

#[derive(Default)]
struct Page {
    columns: usize,
    lines: Vec<Line>,
    /// The text of the block being read.
    spans: Vec<Span>,
    styles: Vec<Style>,
    lists: Vec<List>,
    /// The mark that the next block begins with: `•` or `3.`.
    mark: Option<String>,
    quotes: usize,
    code: bool,
    /// Where a link leads, shown after its text.
    links: Vec<String>,
    head: Vec<Line>,
    rows: Vec<Vec<Line>>,
    in_head: bool,
}

impl Page {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.open(tag),
            Event::End(tag) => self.close(tag),
            Event::Text(text) if self.code => self.code_lines(&text),
            Event::Text(text) | Event::InlineHtml(text) => self.add(&text, Style::new()),
            Event::Code(text) => self.add(&text, ansi(AnsiColor::Cyan)),
            Event::Html(text) => self.add(&text, DIM),
            Event::SoftBreak => self.add(" ", Style::new()),
            Event::HardBreak => self.add("\n", Style::new()),
            Event::Rule => {
                self.flush();
                self.lines.push(vec![styled("─".repeat(self.room()), DIM)]);
                self.gap();
            }
            Event::TaskListMarker(done) => self.add(if done { "☑ " } else { "☐ " }, Style::new()),
            Event::FootnoteReference(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {}
        }
    }

    fn open(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                let style = Style::new().effects(Effects::BOLD);
                self.styles.push(match level {
                    HeadingLevel::H1 | HeadingLevel::H2 => ansi(AnsiColor::Cyan) | Effects::BOLD,
                    _ => style,
                });
            }
            Tag::Paragraph => self.flush(),
            Tag::List(start) => {
                self.flush_tight();
                let width = if start.is_some() { 3 } else { 2 };
                self.lists.push(List { number: start, width });
            }
            Tag::Item => {
                self.flush_tight();
                self.mark = Some(match self.lists.last_mut() {
                    Some(List { number: Some(number), .. }) => {
                        *number += 1;
                        format!("{}.", *number - 1)
                    }
                    _ => "•".to_owned(),
                });
            }
            Tag::BlockQuote(_) => {
                self.flush();
                self.quotes += 1;
            }
            Tag::CodeBlock(_) => {
                self.flush();
                self.code = true;
            }
            Tag::Emphasis => self.push_style(Effects::ITALIC),
            Tag::Strong => self.push_style(Effects::BOLD),
            Tag::Strikethrough => self.push_style(Effects::STRIKETHROUGH),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.push_style(Effects::UNDERLINE);
                self.links.push(dest_url.into_string());
            }
            Tag::Table(_) => {
                self.flush();
                self.head.clear();
                self.rows.clear();
            }
            Tag::TableHead => self.in_head = true,
            Tag::TableRow => self.rows.push(Vec::new()),
            _ => {}
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let rule = (level == HeadingLevel::H1).then(|| line_width(&self.spans).min(self.room()));
                self.flush_tight();
                self.styles.pop();
                if let Some(rule) = rule {
                    self.lines.push(vec![styled("━".repeat(rule), ansi(AnsiColor::Cyan))]);
                }
                self.gap();
            }
            TagEnd::Paragraph => self.flush(),
            TagEnd::Item => self.flush_tight(),
            TagEnd::List(_) => {
                self.flush_tight();
                self.lists.pop();
                self.mark = None;
                if self.lists.is_empty() {
                    self.gap();
                }
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::CodeBlock => {
                self.code = false;
                self.gap();
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => drop(self.styles.pop()),
            TagEnd::Link | TagEnd::Image => {
                self.styles.pop();
                if let Some(address) = self.links.pop()
                    && !self.spans.last().is_some_and(|span| span.text.ends_with(&address))
                {
                    self.add(&format!(" ({address})"), DIM);
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.spans);
                match self.rows.last_mut() {
                    Some(row) if !self.in_head => row.push(cell),
                    _ => self.head.push(cell),
                }
            }
            TagEnd::TableHead => self.in_head = false,
            TagEnd::Table => {
                let lines = table(&self.head, &self.rows, self.room());
                let indent = self.indent();
                self.lines.extend(lines.into_iter().map(|line| indented(indent, line)));
                self.gap();
            }
            _ => {}
        }
    }

    fn push_style(&mut self, effects: Effects) {
        let style = self.styles.last().copied().unwrap_or_default();
        self.styles.push(style.effects(style.get_effects() | effects));
    }

    fn add(&mut self, text: &str, own: Style) {
        let style = self.styles.last().copied().unwrap_or_default();
        let color = own.get_fg_color().or(style.get_fg_color());
        let style = style.effects(style.get_effects() | own.get_effects()).fg_color(color);
        self.spans.push(styled(text, style));
    }

    fn code_lines(&mut self, text: &str) {
        let indent = self.indent() + 2;
        for line in text.lines() {
            self.lines.push(indented(indent, vec![styled(line, ansi(AnsiColor::Cyan))]));
        }
    }

    fn indent(&self) -> usize {
        self.lists.iter().map(|list| list.width).sum::<usize>() + 2 * self.quotes
    }

    fn room(&self) -> usize {
        self.columns.saturating_sub(self.indent()).max(10)
    }

    /// Ends the block, with an empty line after it unless a list is open.
    fn flush(&mut self) {
        if !self.spans.is_empty() {
            self.flush_tight();
            self.gap();
        }
    }

    /// Ends the block.
    fn flush_tight(&mut self) {
        if self.spans.iter().all(|span| span.text.trim().is_empty()) {
            self.spans.clear();
            return;
        }
        let spans = std::mem::take(&mut self.spans);
        let mark = self.mark.take();
        let inner = self.lists.last().map_or(0, |list| list.width);
        let outer = self.indent().saturating_sub(inner + 2 * self.quotes);
        // A number of two digits is wider than its list.
        let hang = mark.as_ref().map_or(0, |mark| (line_width(&[plain(mark)]) + 1).saturating_sub(inner));
        for (index, line) in wrap(&spans, self.room().saturating_sub(hang)).into_iter().enumerate() {
            let mut whole = Line::new();
            for _ in 0..self.quotes {
                whole.push(styled("│ ", DIM));
            }
            if !self.lists.is_empty() {
                whole.push(plain(" ".repeat(outer)));
                match &mark {
                    Some(mark) if index == 0 => whole.push(styled(format!("{mark} "), DIM)),
                    _ => whole.push(plain(" ".repeat(inner + hang))),
                }
            }
            whole.extend(line);
            self.lines.push(whole);
        }
    }

    fn gap(&mut self) {
        if self.lists.is_empty() && self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(Line::new());
        }
    }
}

fn indented(columns: usize, mut line: Line) -> Line {
    if columns > 0 {
        line.insert(0, plain(" ".repeat(columns)));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::board::paint::{Colour, width};

    const TEXT: &str = "# Move to Lisbon\n\nA **bold** claim with `code`, *care* and a [source](https://example.org/a).\n\n\
        ## Next steps\n\n1. Sign the lease before the deposit of 20,000 euros lapses at the end of the month\n2. Tell the team\n   - first the leads\n   - then the rest\n\n\
        > Nobody asked whether the families want to move, and that decides who comes along.\n\n\
        | who | vote |\n|---|---|\n| Edda | yes |\n| 王芳 | no |\n\n```\nlet x = 1;\n```\n\n---\nEnd\u{1b}[2J.";

    fn shown(columns: usize, colour: Colour) -> String {
        let mut text = String::new();
        for line in markdown(TEXT, columns) {
            colour.write(&line, &mut text);
        }
        text
    }

    #[test]
    fn blocks_look_as_they_should() {
        insta::assert_snapshot!(shown(48, Colour::None));
    }

    #[test]
    fn nothing_is_wider_than_the_terminal_and_no_escape_gets_through() {
        for columns in [30, 48, 80] {
            for line in shown(columns, Colour::None).lines() {
                assert!(width(line) <= columns, "{columns}: {line}");
                assert!(!line.contains('\u{1b}'));
            }
        }
        assert!(shown(48, Colour::True).contains("\u{1b}[1mbold\u{1b}[0m"));
    }
}
