//! What models and people wrote, read as Markdown. It cannot reach beyond its place: its headings are bold lines, its
//! pictures are their descriptions, its HTML is text.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use quorate_typeset::{Block, Column, List, Row, Span, Table};

/// Containers within containers beyond this are read as if they were not there: a text of ten thousand `>` must neither
/// fill the memory nor run out of the page.
const DEEPEST: usize = 6;

/// The blocks of a text.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut reader = Reader { open: vec![Open::new(Kind::Whole)], ..Reader::default() };
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        reader.take(event);
    }
    while reader.open.len() > 1 {
        reader.close();
    }
    reader.flush(false);
    reader.open.pop().map(|whole| whole.blocks).unwrap_or_default()
}

/// The text in one paragraph, for cells and items: what were several are lines.
pub(super) fn line(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for block in blocks(text) {
        let part = match block {
            Block::Paragraph(spans) => spans,
            other => vec![Span::plain(plain(&other))],
        };
        if !spans.is_empty() {
            spans.push(Span::plain("\n"));
        }
        spans.extend(part);
    }
    spans
}

/// The words of a block.
fn plain(block: &Block) -> String {
    let of = |spans: &[Span]| spans.iter().map(|span| span.text.as_str()).collect::<String>();
    let all = |blocks: &[Block]| blocks.iter().map(plain).collect::<Vec<_>>().join("\n");
    match block {
        Block::Paragraph(spans) | Block::Note(spans) => of(spans),
        Block::Quote(blocks) => all(blocks),
        Block::List(list) => {
            let items = (list.first.unwrap_or_default()..).zip(&list.items);
            let mark = |number: u64| list.first.map_or_else(|| "•".to_owned(), |_| format!("{number}."));
            items.map(|(number, item)| format!("{} {}", mark(number), all(item))).collect::<Vec<_>>().join("\n")
        }
        Block::Table(table) => {
            let rows =
                table.rows.iter().map(|row| row.cells.iter().map(|cell| of(cell)).collect::<Vec<_>>().join(" | "));
            let heads = table.columns.iter().map(|column| column.head.clone()).collect::<Vec<_>>().join(" | ");
            std::iter::once(heads).chain(rows).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

#[derive(Default, PartialEq, Eq, Clone, Copy)]
enum Kind {
    #[default]
    Whole,
    Quote,
    List(Option<u64>),
    Item,
    /// A container that is too deep.
    Flat,
}

#[derive(Default)]
struct Open {
    kind: Kind,
    blocks: Vec<Block>,
    items: Vec<Vec<Block>>,
}

impl Open {
    fn new(kind: Kind) -> Self {
        Self { kind, ..Self::default() }
    }
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    spans: Vec<Span>,
    strong: usize,
    emphasis: usize,
    code: bool,
    links: Vec<String>,
    table: Option<Table>,
    row: Row,
    in_head: bool,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text, self.code),
            Event::Code(text) => self.text(&text, true),
            Event::SoftBreak => self.text(" ", self.code),
            Event::HardBreak => self.text("\n", self.code),
            Event::Rule => self.flush(false),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, code: bool) {
        self.spans.push(Span {
            text: text.to_owned(),
            strong: self.strong > 0,
            emphasis: self.emphasis > 0,
            code,
            link: self.links.last().cloned(),
            ..Span::default()
        });
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::BlockQuote(_) => self.begin(Kind::Quote),
            Tag::List(first) => self.begin(Kind::List(first)),
            Tag::Item => self.begin(Kind::Item),
            Tag::Heading { .. } => self.strong += 1,
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasis += 1,
            Tag::CodeBlock(_) => {
                self.flush(false);
                self.code = true;
            }
            Tag::Link { dest_url, .. } => self.links.push(dest_url.into_string()),
            Tag::Table(_) => {
                self.flush(false);
                self.table = Some(Table::default());
            }
            Tag::TableHead => self.in_head = true,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.flush(false),
            TagEnd::Heading(_) => {
                self.strong = self.strong.saturating_sub(1);
                self.flush(true);
            }
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::CodeBlock => {
                self.code = false;
                self.flush(false);
            }
            TagEnd::Link => {
                self.links.pop();
            }
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item => self.close(),
            TagEnd::TableCell => self.row.cells.push(std::mem::take(&mut self.spans)),
            TagEnd::TableHead => {
                self.in_head = false;
                let row = std::mem::take(&mut self.row);
                let head = |cell: Vec<Span>| Column {
                    head: cell.into_iter().map(|span| span.text).collect(),
                    ..Column::default()
                };
                if let Some(table) = &mut self.table {
                    table.columns = row.cells.into_iter().map(head).collect();
                }
            }
            TagEnd::TableRow => {
                let row = std::mem::take(&mut self.row);
                if let Some(table) = &mut self.table {
                    table.rows.push(row);
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.push(Block::Table(table));
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, kind: Kind) {
        self.flush(false);
        let deep = self.open.iter().filter(|one| one.kind != Kind::Flat).count() > DEEPEST;
        let within_flat = self.open.last().is_some_and(|one| one.kind == Kind::Flat);
        // The items of a list that is not there are not there either.
        self.open.push(Open::new(if deep || within_flat { Kind::Flat } else { kind }));
    }

    fn close(&mut self) {
        self.flush(false);
        if self.open.len() < 2 {
            return;
        }
        let Some(open) = self.open.pop() else { return };
        match open.kind {
            Kind::Quote => self.push(Block::Quote(open.blocks)),
            Kind::List(first) => self.push(Block::List(List { first, items: open.items })),
            Kind::Item => {
                if let Some(list) = self.open.last_mut() {
                    list.items.push(open.blocks);
                }
            }
            Kind::Flat | Kind::Whole => open.blocks.into_iter().for_each(|block| self.push(block)),
        }
    }

    /// Ends the paragraph that is open.
    fn flush(&mut self, strong: bool) {
        let mut spans = std::mem::take(&mut self.spans);
        if let Some(last) = spans.last_mut() {
            last.text.truncate(last.text.trim_end_matches('\n').len());
        }
        if spans.iter().any(|span| !span.text.trim().is_empty()) {
            spans.iter_mut().for_each(|span| span.strong |= strong);
            self.push(Block::Paragraph(spans));
        }
    }

    fn push(&mut self, block: Block) {
        if let Some(open) = self.open.last_mut() {
            open.blocks.push(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(blocks: &[Block]) -> String {
        blocks.iter().map(plain).collect::<Vec<_>>().join(" / ")
    }

    #[test]
    fn markdown_becomes_blocks_and_stays_in_its_place() {
        let read = blocks(
            "# Big\nOne **two** *three* `four`\n\n- a\n- b\n  1. c\n\n> said\n\n| x | y |\n|---|---|\n| 1 | 2 |",
        );
        assert_eq!(texts(&read), "Big / One two three four / • a\n• b\n1. c / said / x | y\n1 | 2");
        assert!(matches!(&read[0], Block::Paragraph(spans) if spans[0].strong));
        let Block::Paragraph(spans) = &read[1] else { panic!("{read:?}") };
        assert!(spans[1].strong && spans[3].emphasis && spans[5].code, "{spans:?}");
        assert!(matches!(&read[2], Block::List(list) if list.items.len() == 2 && list.items[1].len() == 2));
        assert_eq!(
            texts(&blocks("See <script>x</script> ![alt](http://x/p.png) [go](https://x.y)")),
            "See <script>x</script> alt go"
        );
        assert_eq!(
            line("one\n\ntwo\n- three").iter().map(|span| span.text.as_str()).collect::<String>(),
            "one\ntwo\n• three"
        );
    }

    #[test]
    fn deep_nesting_is_flattened() {
        fn depth(blocks: &[Block]) -> usize {
            let deeper = |block: &Block| match block {
                Block::Quote(blocks) => 1 + depth(blocks),
                Block::List(list) => 1 + list.items.iter().map(|item| depth(item)).max().unwrap_or_default(),
                _ => 0,
            };
            blocks.iter().map(deeper).max().unwrap_or_default()
        }
        for text in [">".repeat(5_000) + " deep", "- ".repeat(3_000) + "deep", "1. > ".repeat(1_000) + "deep"] {
            let read = blocks(&text);
            assert!(depth(&read) <= DEEPEST, "{}", depth(&read));
            assert!(texts(&read).contains("deep"));
        }
    }
}
