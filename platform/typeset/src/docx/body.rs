//! Blocks as paragraphs.

use std::fmt::Write;

use super::xml::escape;
use super::{chart, table};
use crate::colour::{BAIZE, Colour, SOFT};
use crate::document::{Block, Callout, Curves, Document, List, Span, Title, Tone};
use crate::link;

/// How wide a line is, in twentieths of a point.
pub(super) const WIDTH: u32 = 9_070;
/// The levels that a list of the office has.
const LEVELS: usize = 8;

/// The main part while it is written, with what it needs of other parts.
#[derive(Default)]
pub(super) struct Body {
    pub(super) out: String,
    /// Addresses that are linked to, by their number from 1.
    pub(super) links: Vec<String>,
    pub(super) charts: Vec<String>,
    /// The first numbers of numbered lists.
    pub(super) numbered: Vec<u64>,
    headings: usize,
    /// Every heading of the document, for its table of contents.
    all: Vec<(u8, String)>,
    /// How deep in lists the current paragraph is, and the list that it is an item of.
    depth: usize,
    item: Option<usize>,
    around: Option<Around>,
}

/// What surrounds a paragraph.
#[derive(Clone, Copy)]
enum Around {
    Quote,
    Callout(Tone),
}

/// What a paragraph is set as.
#[derive(Clone, Copy, Default)]
pub(super) struct Set<'a> {
    pub(super) style: &'a str,
    pub(super) keep: bool,
    pub(super) fresh: bool,
    pub(super) align: Option<&'a str>,
    pub(super) colour: Option<Colour>,
    /// A bookmark around it.
    pub(super) bookmark: Option<usize>,
}

impl Body {
    pub(super) fn of(document: &Document) -> Self {
        let mut body = Self { all: headings(&document.blocks), ..Self::default() };
        body.blocks(&document.blocks);
        body
    }

    fn blocks(&mut self, blocks: &[Block]) {
        let mut fresh = false;
        for block in blocks {
            match block {
                Block::PageBreak => fresh = true,
                _ => {
                    self.block(block, std::mem::take(&mut fresh));
                }
            }
        }
    }

    fn block(&mut self, block: &Block, fresh: bool) {
        if fresh && !matches!(block, Block::Heading(_) | Block::Paragraph(_)) {
            self.out.push_str(r#"<w:p><w:r><w:br w:type="page"/></w:r></w:p>"#);
        }
        match block {
            Block::Title(title) => self.title(title),
            Block::Heading(heading) => {
                self.headings += 1;
                let style = ["Heading1", "Heading2", "Heading3"];
                let style = style.get(usize::from(heading.level.clamp(1, 3)) - 1).copied().unwrap_or("Heading3");
                let set = Set { style, fresh, bookmark: Some(self.headings), ..Set::default() };
                self.paragraph(&[Span::plain(heading.text.clone())], set);
            }
            Block::Paragraph(spans) => self.paragraph(spans, Set { fresh, ..Set::default() }),
            Block::Note(spans) => self.paragraph(spans, Set { style: "Caption", ..Set::default() }),
            Block::List(list) => self.list(list),
            Block::Quote(blocks) => self.within(Around::Quote, blocks),
            Block::Callout(Callout { tone, blocks }) => {
                self.within(Around::Callout(*tone), blocks);
                self.space();
            }
            Block::Facts(facts) => table::facts(self, facts),
            Block::Table(content) => table::table(self, content),
            Block::Bars(bars) => table::bars(self, bars),
            Block::Curves(curves) => self.curves(curves),
            Block::Contents(title) => self.contents(title),
            Block::PageBreak => {}
        }
    }

    fn title(&mut self, title: &Title) {
        if !title.kicker.is_empty() {
            self.paragraph(&[Span::plain(title.kicker.clone())], Set { style: "Subtitle", ..Set::default() });
        }
        let set = Set { style: "Title", colour: Some(title.tone.mark()), ..Set::default() };
        self.paragraph(&[Span::plain(title.text.clone())], set);
    }

    fn within(&mut self, around: Around, blocks: &[Block]) {
        let outer = self.around.replace(around);
        self.blocks(blocks);
        self.around = outer;
    }

    /// A small empty paragraph: two tables beside each other would become one.
    pub(super) fn space(&mut self) {
        self.out.push_str(
            r#"<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="160" w:lineRule="exact"/></w:pPr></w:p>"#,
        );
    }

    pub(super) fn paragraph(&mut self, spans: &[Span], set: Set<'_>) {
        let properties = self.properties(set);
        self.out.push_str("<w:p>");
        let _ = write!(self.out, "<w:pPr>{properties}</w:pPr>");
        if let Some(number) = set.bookmark {
            let _ = write!(self.out, r#"<w:bookmarkStart w:id="{number}" w:name="_Toc{number:06}"/>"#);
        }
        self.runs(spans, set.colour);
        if let Some(number) = set.bookmark {
            let _ = write!(self.out, r#"<w:bookmarkEnd w:id="{number}"/>"#);
        }
        self.out.push_str("</w:p>");
    }

    /// In the order that the format wants them in.
    fn properties(&mut self, set: Set<'_>) -> String {
        let mut out = String::new();
        let item = self.item.take();
        let style = match (set.style, self.around, self.depth) {
            ("", Some(Around::Quote), _) => "Quote",
            ("", _, 1..) => "ListParagraph",
            (style, ..) => style,
        };
        if !style.is_empty() {
            let _ = write!(out, r#"<w:pStyle w:val="{style}"/>"#);
        }
        if set.keep {
            out.push_str("<w:keepNext/>");
        }
        if set.fresh {
            out.push_str("<w:pageBreakBefore/>");
        }
        let level = self.depth.saturating_sub(1).min(LEVELS);
        if let Some(list) = item {
            let _ = write!(out, r#"<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list}"/></w:numPr>"#);
        }
        if let Some(Around::Callout(tone)) = self.around {
            let (bar, ground) = (tone.mark(), tone.ground());
            let _ = write!(
                out,
                r#"<w:pBdr><w:left w:val="single" w:sz="24" w:space="10" w:color="{bar}"/></w:pBdr><w:shd w:val="clear" w:color="auto" w:fill="{ground}"/><w:spacing w:before="0" w:after="0"/>"#
            );
        }
        if self.depth > 0 && item.is_none() {
            let _ = write!(out, r#"<w:ind w:left="{}"/>"#, 360 * (level + 1));
        } else if self.depth == 0 && matches!(self.around, Some(Around::Callout(_))) {
            out.push_str(r#"<w:ind w:left="284"/>"#);
        }
        if let Some(align) = set.align {
            let _ = write!(out, r#"<w:jc w:val="{align}"/>"#);
        }
        out
    }

    fn runs(&mut self, spans: &[Span], colour: Option<Colour>) {
        for span in spans {
            let url = span.link.as_deref().and_then(link::safe);
            if let Some(url) = &url {
                self.links.push(url.clone());
                let _ = write!(self.out, r#"<w:hyperlink r:id="rLink{}" w:history="1">"#, self.links.len());
            }
            let properties = look(span, url.is_some(), colour);
            for (place, line) in escape(&span.text).split('\n').enumerate() {
                let end = if place > 0 { "<w:br/>" } else { "" };
                let _ = write!(
                    self.out,
                    r#"<w:r><w:rPr>{properties}</w:rPr>{end}<w:t xml:space="preserve">{line}</w:t></w:r>"#
                );
            }
            if url.is_some() {
                self.out.push_str("</w:hyperlink>");
            }
        }
    }

    fn list(&mut self, list: &List) {
        // The first list is that of all bullets.
        let number = list.first.map_or(1, |first| {
            self.numbered.push(first);
            self.numbered.len() + 1
        });
        self.depth += 1;
        for item in &list.items {
            self.item = Some(number);
            self.blocks(item);
            self.item = None;
        }
        self.depth -= 1;
    }

    fn curves(&mut self, curves: &Curves) {
        self.charts.push(chart::chart(curves));
        let number = self.charts.len();
        let _ = write!(
            self.out,
            r#"<w:p><w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="5759450" cy="1620000"/><wp:docPr id="{number}" name="{number}" descr="{}"/><wp:cNvGraphicFramePr/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart r:id="rChart{number}"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"#,
            escape(&curves.alt).replace('\n', " ")
        );
    }

    /// A field that the office fills in. Its entries stand there already, as links; the page numbers are left to the
    /// office, since only it knows its pages, and a wrong number is worse than none.
    fn contents(&mut self, title: &str) {
        self.paragraph(&[Span::plain(title)], Set { style: "TOCHeading", ..Set::default() });
        let entries: Vec<(usize, u8, String)> = (1..)
            .zip(self.all.iter())
            .filter(|(_, (level, _))| *level <= 2)
            .map(|(number, (level, text))| (number, *level, text.clone()))
            .collect();
        let count = entries.len();
        for (place, (number, level, text)) in entries.into_iter().enumerate() {
            let _ = write!(self.out, r#"<w:p><w:pPr><w:pStyle w:val="TOC{level}"/></w:pPr>"#);
            if place == 0 {
                self.out.push_str(concat!(
                    r#"<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> TOC \o "1-2" \h \z \u </w:instrText></w:r>"#,
                    r#"<w:r><w:fldChar w:fldCharType="separate"/></w:r>"#
                ));
            }
            let _ = write!(
                self.out,
                r#"<w:hyperlink w:anchor="_Toc{number:06}" w:history="1"><w:r><w:t xml:space="preserve">{text}</w:t></w:r><w:r><w:tab/></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> PAGEREF _Toc{number:06} \h </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t></w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:hyperlink>"#,
                text = escape(&text)
            );
            if place + 1 == count {
                self.out.push_str(r#"<w:r><w:fldChar w:fldCharType="end"/></w:r>"#);
            }
            self.out.push_str("</w:p>");
        }
    }
}

fn headings(blocks: &[Block]) -> Vec<(u8, String)> {
    let mut all = Vec::new();
    for block in blocks {
        match block {
            Block::Heading(heading) => all.push((heading.level.clamp(1, 3), heading.text.clone())),
            Block::Quote(blocks) | Block::Callout(Callout { blocks, .. }) => all.extend(headings(blocks)),
            Block::List(list) => all.extend(list.items.iter().flat_map(|item| headings(item))),
            _ => {}
        }
    }
    all
}

/// The properties of a run, in the order that the format wants them in.
fn look(span: &Span, linked: bool, colour: Option<Colour>) -> String {
    let mut out = String::new();
    if linked {
        out.push_str(r#"<w:rStyle w:val="Hyperlink"/>"#);
    }
    if span.code {
        out.push_str(r#"<w:rFonts w:ascii="Consolas" w:hAnsi="Consolas" w:cs="Consolas"/>"#);
    }
    if span.strong {
        out.push_str("<w:b/><w:bCs/>");
    }
    if span.emphasis {
        out.push_str("<w:i/><w:iCs/>");
    }
    let own = match span.tone {
        Tone::Plain if linked => Some(BAIZE),
        Tone::Plain => colour,
        Tone::Absent => Some(SOFT),
        tone => Some(tone.mark()),
    };
    if let Some(colour) = own {
        let _ = write!(out, r#"<w:color w:val="{colour}"/>"#);
    }
    out
}
