//! Documents that are made to harm their reader. Reading ends, with a text or a clear refusal.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::making::{docx, pdf, pdf_of, stream, zip, zlib};
use crate::{ExtractError, Limits, Warning, extract};

const PRINTED: &[u8] = include_bytes!("../../tests/fixtures/printed.pdf");

/// What a server would allow, but for the time: a busy machine is slow.
fn limits() -> Limits {
    Limits { time: Duration::from_secs(60), unpacked: 8 * 1024 * 1024, ..Limits::default() }
}

/// Reads on a thread with the small stack of a server's, and within the time.
fn read(name: &'static str, bytes: Vec<u8>) -> Result<crate::Document, ExtractError> {
    let reading = std::thread::Builder::new().stack_size(1024 * 1024).spawn(move || {
        let begun = Instant::now();
        let read = extract(name, &bytes, &limits());
        assert!(begun.elapsed() < Duration::from_secs(150), "{name} took {:?}", begun.elapsed());
        read
    });
    reading.unwrap().join().unwrap()
}

#[test]
fn bombs_do_not_go_off() {
    let zeros = vec![b'0'; 9 * 1024 * 1024];
    let bomb = zip(&[("word/document.xml", &zeros)]);
    assert!(bomb.len() < 100_000);
    assert_eq!(read("bomb.docx", bomb), Err(ExtractError::TooMuch));
    let packed = zlib(&zeros);
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Kids [3 0 R] >>".to_vec(),
        b"<< /Type /Page /Contents 4 0 R >>".to_vec(),
        stream("/Filter /FlateDecode", &packed),
    ];
    assert_eq!(read("bomb.pdf", pdf_of(&objects)), Err(ExtractError::TooMuch));
    // Packed twice, so that the outer layer is small too.
    let objects = [&objects[..3], &[stream("/Filter [/FlateDecode /FlateDecode]", &zlib(&packed))]].concat();
    assert_eq!(read("bomb.pdf", pdf_of(&objects)), Err(ExtractError::TooMuch));
}

#[test]
fn nesting_is_no_way_to_the_end_of_the_stack() {
    for (open, name) in
        [("[", "arrays"), ("<<", "dictionaries"), ("<</A", "entries"), ("(", "texts"), ("[<</K[", "both")]
    {
        let deep = open.repeat(400_000);
        let file = pdf_of(&[b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(), deep.clone().into_bytes()]);
        assert!(read("deep.pdf", file).is_err(), "{name}");
        let page = pdf(&[&format!("BT {deep} ET")]);
        assert!(read("deep.pdf", page).is_ok(), "{name} on a page say nothing");
    }
    let deep = docx(&format!("{}{}", "<w:p>".repeat(100_000), "</w:p>".repeat(100_000)));
    assert_eq!(read("deep.docx", deep), Err(ExtractError::TooMuch));
}

#[test]
fn circles_end() {
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Kids [2 0 R 3 0 R 3 0 R 5 0 R] >>".to_vec(),
        b"<< /Kids [2 0 R 4 0 R] /Parent 3 0 R >>".to_vec(),
        b"<< /Type /Page /Contents 6 0 R /Resources << /XObject << /X 6 0 R >> >> >>".to_vec(),
        b"5 0 R".to_vec(),
        // A form that shows itself sixteen times, to a depth of eight: 4 billion without a count.
        stream("/Subtype /Form", "/X Do ".repeat(16).as_bytes()),
    ];
    let ended = read("circle.pdf", pdf_of(&objects));
    assert!(matches!(ended, Err(ExtractError::TooMuch | ExtractError::TooSlow)), "{ended:?}");
    let objects = [b"<< /Pages 2 0 R /Type /Catalog >>".to_vec(), b"3 0 R".to_vec(), b"2 0 R".to_vec()];
    assert!(matches!(read("circle.pdf", pdf_of(&objects)), Err(ExtractError::Damaged(_))));
}

#[test]
fn work_that_grows_with_its_square_is_cut() {
    // Streams without an end, and objects whose beginnings stand within each other.
    for (piece, times) in [("1 0 obj <<>> stream\n", 400_000), ("1 0 obj [ ", 800_000), ("trailer <<", 800_000)] {
        let _ended = read("square.pdf", [b"%PDF-1.4\n".as_slice(), piece.repeat(times).as_bytes()].concat());
    }
    let kids: String = (0..200_000).map(|_| "4 0 R ").collect();
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Kids [3 0 R] >>".to_vec(),
        format!("<< /Type /Page /Contents [{kids}] >>").into_bytes(),
        stream("/Filter /FlateDecode", &[7; 1_000_000]),
    ];
    let _ended = read("square.pdf", pdf_of(&objects));
}

#[test]
fn no_declaration_leads_out_of_the_file_or_multiplies() {
    for declaration in [
        "<!DOCTYPE w [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
        "<!DOCTYPE w [<!ENTITY a \"aaaaaaaa\"><!ENTITY x \"&a;&a;&a;&a;\">]>",
        "<!DOCTYPE w SYSTEM \"http://evil.example/x.dtd\">",
    ] {
        let xml = format!("{declaration}<w:document><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:document>");
        let file = zip(&[("word/document.xml", xml.as_bytes())]);
        assert!(matches!(read("entity.docx", file), Err(ExtractError::Damaged(_))), "{declaration}");
    }
    let undeclared = docx("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>");
    assert!(matches!(read("entity.docx", undeclared), Err(ExtractError::Damaged(_))));
}

#[test]
fn a_protected_file_is_told_as_such() {
    let plain = String::from_utf8_lossy(&pdf(&[])).into_owned();
    let locked = plain.replace("/Root 1 0 R", "/Root 1 0 R /Encrypt 9 0 R");
    assert_eq!(read("locked.pdf", locked.into_bytes()), Err(ExtractError::Protected));
}

#[test]
fn a_flood_of_text_is_cut_and_not_collected() {
    let page = format!("BT /F1 9 Tf {} ET", "(many words here) Tj ".repeat(100_000));
    let document = read("long.pdf", pdf(&[&page, &page])).unwrap();
    assert!(document.warnings.contains(&Warning::Truncated));
    assert!(document.text().chars().count() <= limits().characters + document.passages.len() * 2);
    let run = "<w:p><w:r><w:t>many words here </w:t></w:r></w:p>".repeat(30_000);
    let document = read("long.docx", docx(&run)).unwrap();
    assert!(document.warnings.contains(&Warning::Truncated));
    let one = format!("<w:p>{}</w:p>", "<w:r><w:t>many words here </w:t></w:r>".repeat(30_000));
    assert!(read("long.docx", docx(&one)).unwrap().warnings.contains(&Warning::Truncated));
}

fn ends(name: &str, bytes: &[u8]) {
    if let Ok(document) = extract(name, bytes, &limits()) {
        assert!(document.passages.iter().all(|passage| !passage.text.is_empty() && !passage.text.contains('\0')));
    }
}

/// A file with some of its bytes changed, cut off or doubled.
fn broken(whole: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = whole.len();
    let changes = prop::collection::vec((0..length, any::<u8>()), 0..40);
    (changes, 0..=length, 0..length).prop_map(move |(changes, end, doubled)| {
        let mut bytes = whole.clone();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes.extend_from_slice(&whole[doubled..]);
        bytes.truncate(end.max(8));
        bytes
    })
}

fn documents() -> impl Strategy<Value = Vec<u8>> {
    let word = docx("<w:p><w:r><w:t>A word &amp; another</w:t></w:r></w:p><w:tbl><w:tr><w:tc/></w:tr></w:tbl>");
    let page = pdf(&["BT /F1 12 Tf 1 0 0 1 5 5 Tm [(a) 7 (b)] TJ ET q 1 0 0 1 0 0 cm Q", "(x) ' <61> Tj"]);
    prop_oneof![broken(PRINTED.to_vec()), broken(word), broken(page)]
}

/// PDF's own words in any order: more of it is reached than by any bytes.
fn words() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "obj",
        "endobj",
        "stream\n",
        "endstream",
        "<<",
        ">>",
        "[",
        "]",
        "(",
        ")",
        "<41",
        ">",
        "/Type",
        "/Page",
        "/Pages",
        "/Kids",
        "/Catalog",
        "/Root",
        "/Contents",
        "/ObjStm",
        "/N",
        "/First",
        "/Length",
        "/Filter",
        "/FlateDecode",
        "/LZWDecode",
        "/ASCII85Decode",
        "1 0 R",
        "2 0 R",
        "3 0 R",
        "1 0",
        "2 0",
        "3 0",
        "-1",
        "4294967295",
        "1e9",
        "trailer",
        "BT",
        "ET",
        "Tj",
        "TJ",
        "Tf",
        "Do",
        "/F1",
        "/Font",
        "/Resources",
        "/W",
        "/Widths",
        "BI",
        "ID",
        "EI",
    ]);
    prop::collection::vec(word, 0..200).prop_map(|words| format!("%PDF-1.4\n{}", words.join(" ")).into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..800), kind in 0..4_usize) {
        let head: &[u8] = [b"".as_slice(), b"%PDF-1.4\n", b"PK\x03\x04", b"\xff\xfe"][kind];
        for name in ["a.txt", "a.csv", "a.md"] {
            ends(name, &[head, &bytes].concat());
        }
    }

    #[test]
    fn any_text_ends_and_comes_back(text in "\\PC{1,600}") {
        ends("a.csv", text.as_bytes());
        if let Ok(document) = extract("a.txt", text.as_bytes(), &limits()) {
            let kept = |text: &str| text.chars().filter(|sign| !sign.is_whitespace() && *sign != '\u{feff}').collect::<String>();
            prop_assert_eq!(kept(&document.text()), kept(&text));
        }
    }

    #[test]
    fn broken_documents_end(bytes in documents()) {
        ends("a", &bytes);
    }

    #[test]
    fn the_words_of_a_file_in_any_order_end(bytes in words()) {
        ends("a.pdf", &bytes);
    }
}
