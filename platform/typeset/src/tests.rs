//! Whole documents, read back from their files.

use proptest::prelude::*;

use crate::docx::unzip;
use crate::layout::layout;
use crate::{
    Align, Bar, Bars, Block, Callout, Column, Curve, Curves, Document, Fact, Heading, List, Row, Series, Span, Table,
    Title, Tone, Words, docx, pdf,
};

fn heading(level: u8, text: &str) -> Block {
    Block::Heading(Heading { level, text: text.to_owned() })
}

fn say(text: &str) -> Block {
    Block::Paragraph(vec![Span::plain(text)])
}

fn document(blocks: Vec<Block>) -> Document {
    let words = Words { page: "Page {page} of {pages}".to_owned(), missing: "Boxes stand for:".to_owned() };
    Document { title: "A title".to_owned(), language: "en".to_owned(), created: None, words, blocks }
}

/// One of everything.
fn everything() -> Document {
    let series = |name: &str, tone| Series { name: name.to_owned(), tone };
    let cells = |texts: [&str; 3]| texts.map(|text| vec![Span::plain(text)]).to_vec();
    let column = |head: &str, align| Column { head: head.to_owned(), align };
    let rows =
        (0..60).map(|row| Row { cells: cells([&format!("row{row}"), "words of a cell", "7.5"]), total: row == 59 });
    document(vec![
        Block::Title(Title { kicker: "KICKER".to_owned(), text: "Board report".to_owned(), tone: Tone::Good }),
        Block::Callout(Callout {
            tone: Tone::Warn,
            blocks: vec![say("Somebody was absent."), Block::List(List { first: None, items: vec![vec![say("Ada")]] })],
        }),
        Block::Facts(vec![Fact { name: "Date".to_owned(), value: vec![Span::plain("today")] }]),
        Block::Contents("Contents".to_owned()),
        Block::PageBreak,
        heading(1, "First"),
        Block::Paragraph(vec![
            Span::plain("Plain, "),
            Span::strong("bold 决定"),
            Span::emphasis(" italic "),
            Span { link: Some("https://example.com/a?b&c".to_owned()), ..Span::plain("a link") },
            Span { link: Some("javascript:alert(1)".to_owned()), ..Span::plain(" and none") },
        ]),
        Block::List(List {
            first: Some(9),
            items: vec![
                vec![say("nine")],
                vec![say("ten"), Block::List(List { first: None, items: vec![vec![say("within")]] })],
            ],
        }),
        heading(2, "Second"),
        Block::Table(Table {
            columns: vec![column("Row", Align::Start), column("Words", Align::Start), column("Score", Align::End)],
            rows: rows.collect(),
        }),
        Block::Quote(vec![say("My own words.")]),
        heading(1, "Charts"),
        Block::Bars(Bars {
            series: vec![series("Yes", Tone::Good), series("No", Tone::Bad)],
            bars: vec![Bar {
                label: vec![Span::plain("Proposal")],
                counts: vec![9, 3],
                note: "Carried.".to_owned(),
                alt: "Yes: 9, No: 3".to_owned(),
            }],
        }),
        Block::Curves(Curves {
            steps: vec!["Alone".to_owned(), "Round 1".to_owned()],
            curves: vec![Curve {
                series: series("Novelty", Tone::Warn),
                values: vec![Some(0.9), None],
                last: "?".to_owned(),
            }],
            scale: ["0".to_owned(), "0.5".to_owned(), "1".to_owned()],
            unknown: "unknown".to_owned(),
            alt: "Alone: 0.9".to_owned(),
        }),
        Block::Note(vec![Span::plain("A note.")]),
    ])
}

/// The text of each page, without spaces: a line's end is none of the text.
fn texts(bytes: &[u8]) -> Vec<String> {
    let pdf = lopdf::Document::load_mem(bytes).unwrap();
    let pages = pdf.get_pages();
    pages.keys().map(|page| squeezed(&pdf.extract_text(&[*page]).unwrap())).collect()
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|one| !one.is_whitespace()).collect()
}

#[test]
fn a_pdf_holds_every_word_with_tags_bookmarks_and_the_right_numbers() {
    let document = everything();
    let bytes = pdf(&document).unwrap();
    assert_eq!(bytes, pdf(&document).unwrap(), "the same document gives the same bytes");
    let pages = texts(&bytes);
    let all = pages.concat();
    for text in [
        "KICKER",
        "Board report",
        "Somebody was absent.",
        "Ada",
        "Date",
        "today",
        "Contents",
        "Plain, bold 决定 italic a link and none",
        "9.nine",
        "10.ten",
        "within",
        "row0",
        "row59",
        "My own words.",
        "Proposal",
        "Carried.",
        "Novelty",
        "unknown",
        "A note.",
    ] {
        assert!(all.contains(&squeezed(text)), "{text} is not in {all}");
    }
    let layout = layout(&document).unwrap();
    assert_eq!(layout.pages.len(), pages.len());
    for (number, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("Page{}of{}", number + 1, pages.len())), "{page}");
    }
    let headings: Vec<(&str, usize)> = layout.headings.iter().map(|one| (one.text.as_str(), one.page)).collect();
    assert_eq!(headings.iter().map(|(text, _)| *text).collect::<Vec<_>>(), ["First", "Second", "Charts"]);
    for (text, page) in headings {
        assert!(pages[page].contains(text), "{text} is on page {}", page + 1);
        assert!(pages[0].contains(&format!("{text}{}", page + 1)), "the contents say so: {}", pages[0]);
    }
    // The head of the table stands on each page that has rows.
    let with_rows = pages.iter().filter(|page| page.contains("row")).collect::<Vec<_>>();
    assert!(with_rows.len() > 1 && with_rows.iter().all(|page| page.contains("RowWordsScore")), "{with_rows:?}");
    let raw = String::from_utf8_lossy(&bytes);
    for name in ["/StructTreeRoot", "/Outlines", "pdfuaid:part", "/Lang"] {
        assert!(raw.contains(name), "{name}");
    }
    assert!(!raw.contains("javascript") && raw.contains("https://example.com/a?b&c"));
    assert!(!raw.contains("CreationDate"), "no time unless given");
}

#[test]
fn a_docx_has_styles_fields_and_escaped_text() {
    let mut document = everything();
    document.title = "A <title> & \"more\"".to_owned();
    let bytes = docx(&document).unwrap();
    assert_eq!(bytes, docx(&document).unwrap());
    let parts = unzip(&bytes);
    let part = |name: &str| parts.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str()).unwrap();
    let main = part("word/document.xml");
    for text in [
        r#"<w:pStyle w:val="Title"/>"#,
        r#"<w:pStyle w:val="Heading1"/>"#,
        r#"<w:pStyle w:val="Heading2"/>"#,
        "<w:tblHeader/>",
        "w:numPr",
        r#"TOC \o "1-2""#,
        r#"w:anchor="_Toc000001""#,
        r#"<w:bookmarkStart w:id="1" w:name="_Toc000001"/>"#,
        "c:chart",
        "决定",
        "row59",
        r#"descr="Alone: 0.9""#,
    ] {
        assert!(main.contains(text), "{text}");
    }
    assert!(part("word/numbering.xml").contains(r#"<w:startOverride w:val="9"/>"#));
    assert!(part("word/charts/chart1.xml").contains("<c:v>0.9</c:v>"));
    assert!(part("word/footer1.xml").contains(" NUMPAGES ") && part("word/footer1.xml").contains("A &lt;title&gt;"));
    assert!(part("docProps/core.xml").contains("<dc:title>A &lt;title&gt; &amp; &quot;more&quot;</dc:title>"));
    assert!(part("word/styles.xml").contains(r#"w:lang w:val="en""#));
    let relations = part("word/_rels/document.xml.rels");
    assert!(relations.contains("https://example.com/a?b&amp;c") && !relations.contains("javascript"), "{relations}");
    for (name, text) in &parts {
        balanced(name, text);
    }
}

/// Every tag is closed, in order.
fn balanced(name: &str, xml: &str) {
    let mut open = Vec::new();
    for tag in xml.split('<').skip(1).map(|rest| rest.split_once('>').expect(name).0) {
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{name}");
        } else if !tag.ends_with('/') && !tag.starts_with('?') {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    assert!(open.is_empty(), "{name}: {open:?}");
}

#[test]
fn what_no_font_has_is_a_box_that_is_told_of_and_still_copies() {
    let bytes = pdf(&document(vec![heading(1, "ไทย"), say("Go 🚀 now")])).unwrap();
    let all = texts(&bytes).concat();
    assert!(all.contains("Boxesstandfor:U+0E17,U+0E22,U+0E44") && all.contains("Gonow"), "{all}");
}

#[test]
fn a_row_taller_than_a_page_goes_over() {
    let cell = (0..900).map(|word| format!("word{word}")).collect::<Vec<_>>().join(" ");
    let columns = vec![Column { head: "Long".to_owned(), align: Align::Start }, Column::default()];
    let rows = vec![Row { cells: vec![vec![Span::plain(cell)]], total: false }];
    let pages = texts(&pdf(&document(vec![heading(1, "A"), Block::Table(Table { columns, rows })])).unwrap());
    assert!(pages.len() > 1);
    let all = pages.concat();
    assert!((0..900).all(|word| all.contains(&format!("word{word}"))));
}

#[test]
fn a_document_of_nothing_is_a_page() {
    assert_eq!(texts(&pdf(&Document::default()).unwrap()).len(), 1);
    docx(&Document::default()).unwrap();
}

fn spans() -> impl Strategy<Value = Vec<Span>> {
    let text = prop_oneof![
        "[ -~]{0,60}",
        "[a-zA-Zéñß ]{0,200}",
        "[一-鿿。，“”]{0,60}",
        "\\PC{0,30}",
        "[\\x00-\\x1f\u{202a}-\u{202e}]{0,6}"
    ];
    let span = (text, any::<bool>(), any::<bool>(), proptest::option::of("\\PC{0,20}"));
    let span = span.prop_map(|(text, strong, emphasis, link)| Span { text, strong, emphasis, link, ..Span::default() });
    proptest::collection::vec(span, 0..4)
}

fn blocks() -> impl Strategy<Value = Block> {
    let cells = proptest::collection::vec(spans(), 0..5);
    let rows = proptest::collection::vec((cells, any::<bool>()).prop_map(|(cells, total)| Row { cells, total }), 0..6);
    let columns = proptest::collection::vec("\\PC{0,12}".prop_map(|head| Column { head, align: Align::End }), 0..5);
    let leaf = prop_oneof![
        spans().prop_map(Block::Paragraph),
        spans().prop_map(Block::Note),
        (0..9_u8, "\\PC{0,40}").prop_map(|(level, text)| Block::Heading(Heading { level, text })),
        (columns, rows).prop_map(|(columns, rows)| Block::Table(Table { columns, rows })),
        Just(Block::PageBreak),
        "\\PC{0,20}".prop_map(Block::Contents),
        (proptest::collection::vec(0..9_u32, 0..7), spans()).prop_map(|(counts, label)| {
            let series = (0..5).map(|place| Series { name: place.to_string(), tone: Tone::Fair }).collect();
            Block::Bars(Bars { series, bars: vec![Bar { label, counts, ..Bar::default() }] })
        }),
        proptest::collection::vec(proptest::option::of(any::<f64>()), 0..5).prop_map(|values| {
            let steps = vec!["x".to_owned(); values.len()];
            Block::Curves(Curves { steps, curves: vec![Curve { values, ..Curve::default() }], ..Curves::default() })
        }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Block::Quote),
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|blocks| Block::Callout(Callout { tone: Tone::Bad, blocks })),
            (
                proptest::option::of(any::<u64>()),
                proptest::collection::vec(proptest::collection::vec(inner, 0..3), 0..4)
            )
                .prop_map(|(first, items)| Block::List(List { first, items })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_document_can_be_set(blocks in proptest::collection::vec(blocks(), 0..6)) {
        let document = document(blocks);
        let bytes = pdf(&document).unwrap();
        lopdf::Document::load_mem(&bytes).unwrap();
        for (name, text) in unzip(&docx(&document).unwrap()) {
            balanced(&name, &text);
        }
    }

    #[test]
    fn any_words_are_found_in_the_pdf(words in "[a-zA-Z0-9áéíóúñü .,;:()決议定一二三。，]{1,300}") {
        let all = texts(&pdf(&document(vec![say(&words)])).unwrap()).concat();
        prop_assert!(all.contains(&squeezed(&words)), "{all}");
    }
}
