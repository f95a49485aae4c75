//! Whole reports as files, read back.

mod sample;
mod texts;

use proptest::prelude::*;
use quorate_typeset::{Block, Document};

use super::{Language, document};
use crate::session::Outcome;
use sample::{printed, report};

const LANGUAGES: [Language; 3] = [Language::English, Language::Spanish, Language::Chinese];

fn squeezed(text: &str) -> String {
    text.chars().filter(|one| !one.is_whitespace()).collect()
}

/// The text of each page, without spaces: the end of a line is none of the text.
fn pages(document: &Document) -> Vec<String> {
    let bytes = quorate_typeset::pdf(document).unwrap();
    let pdf = lopdf::Document::load_mem(&bytes).unwrap();
    let all = pdf.get_pages();
    all.keys().map(|page| squeezed(&pdf.extract_text(&[*page]).unwrap())).collect()
}

/// Keeps the long reports where somebody wants to look at them: `QUORATE_SAMPLES=/tmp/x cargo nextest run …`.
fn keep(language: Language, document: &Document) {
    if let Some(folder) = std::env::var_os("QUORATE_SAMPLES") {
        let file = std::path::Path::new(&folder).join(format!("report-{}", language.name()));
        std::fs::write(file.with_extension("pdf"), quorate_typeset::pdf(document).unwrap()).unwrap();
        std::fs::write(file.with_extension("docx"), quorate_typeset::docx(document).unwrap()).unwrap();
    }
}

#[test]
fn a_long_report_is_whole_in_each_language() {
    for language in LANGUAGES {
        let sample = report(language, Outcome::Complete);
        let document = document(&printed(&sample, None));
        keep(language, &document);
        assert_eq!(document.language, language.name(), "the labels follow the question");
        let pages = pages(&document);
        let all = pages.concat();
        let texts = sample::texts(language);
        let spoken = texts.parts.iter().flatten().chain(texts.claims.iter()).chain(texts.steps.iter().flatten());
        let views = texts.dissent.iter().map(|(_, view)| view).chain(texts.conditions.iter()).chain(&texts.questions);
        for text in spoken.chain(views).chain(texts.failures.iter().flatten()).chain(texts.options.iter().flatten()) {
            assert!(all.contains(&squeezed(text)), "{text}");
        }
        // Each heading that the contents name is on the page that they name.
        let headings = document.blocks.iter().filter_map(|block| match block {
            Block::Heading(heading) if heading.level <= 2 => Some(squeezed(&heading.text)),
            _ => None,
        });
        let contents = pages[..2].concat();
        for heading in headings {
            // A short heading may stand within a longer one, and where the next entry begins with its own number the two
            // run together: one of the places, and one of the beginnings, is the page.
            let found = contents.match_indices(heading.as_str()).any(|(at, _)| {
                let number: String = contents[at + heading.len()..].chars().take_while(char::is_ascii_digit).collect();
                (1..=number.len()).any(|length| {
                    let page = number[..length].parse::<usize>();
                    page.is_ok_and(|page| pages.get(page - 1).is_some_and(|text| text.contains(&heading)))
                })
            });
            assert!(found, "{heading}");
        }
    }
}

#[test]
fn what_limits_a_report_stands_above_its_text() {
    for outcome in [Outcome::Complete, Outcome::Partial, Outcome::NoQuorum, Outcome::Deadlock] {
        let mut sample = report(Language::English, outcome);
        sample.0.method.offline_demo = true;
        let first = pages(&document(&printed(&sample, Some("Lisbon")))).remove(0);
        let heading = squeezed(crate::report::heading(outcome));
        let absent =
            first.find("absentatthevote,becausetherewasnoanswerintime(part1)").expect("who was absent, and why");
        assert!(first.find(&heading).is_some_and(|at| at < absent), "{first}");
        assert!(absent < first.find("Shouldwemove").unwrap() && first.contains("offlinedemomodel"), "{first}");
        let warned =
            first.contains("notasadecision") || first.contains("thisisnoresult") || first.contains("didnotcomedown");
        assert_eq!(warned, outcome != Outcome::Complete);
    }
}

#[test]
fn a_report_without_anything_is_told_as_it_is() {
    let mut sample = report(Language::English, Outcome::NoQuorum);
    sample.0.executive_summary.clear();
    sample.0.recommendation.clear();
    sample.0.dissenting_views.clear();
    sample.0.baseline = None;
    for list in [&mut sample.0.key_insights, &mut sample.0.conditions, &mut sample.0.assumptions, &mut sample.0.risks] {
        list.clear();
    }
    sample.0.sub_problems.truncate(1);
    sample.0.sub_problems[0].vote_distribution = None;
    let all = pages(&document(&printed(&sample, None))).concat();
    assert!(all.contains("Therewasnovoteonthispart.") && all.contains("Noseatdissented."));
    for absent in ["Executivesummary", "Whatitdependson", "Partbypart", "Besideonemodelalone"] {
        assert!(!all.contains(absent), "{absent}");
    }
}

#[test]
fn no_text_of_a_model_reaches_beyond_its_place() {
    let mut sample = report(Language::English, Outcome::Complete);
    sample.0.executive_summary =
        "# Board report\n\n[click](javascript:alert(1)) <w:p/> [share](file://server/x) ![x](https://evil.example/p.png)".to_owned();
    sample.0.sources[0].source_id = "https://good.example/a".to_owned();
    let document = document(&printed(&sample, None));
    let headings = document
        .blocks
        .iter()
        .filter(|block| matches!(block, Block::Heading(heading) if heading.text == "Board report"));
    assert_eq!(headings.count(), 0, "a model's heading is no heading of the report");
    let pdf = quorate_typeset::pdf(&document).unwrap();
    let raw = String::from_utf8_lossy(&pdf);
    assert!(raw.contains("https://good.example/a"));
    for evil in ["javascript:", "file://", "evil.example"] {
        assert!(!raw.contains(evil), "{evil}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn any_words_in_any_place_are_printed(words in "[a-zA-Z0-9áéñ ,.()|#*_>`\\-决定，。]{1,120}", other in "\\PC{0,80}") {
        let mut sample = report(Language::English, Outcome::Complete);
        let report = &mut sample.0;
        report.key_insights = vec![other.clone(), words.clone()];
        report.dissenting_views[0].view = other.clone();
        report.next_steps[0].what = words.clone();
        report.sub_problems[0].title = other.clone();
        report.claims[0].claim = other;
        sample.1.problem_statement = words.clone();
        let document = document(&printed(&sample, None));
        quorate_typeset::docx(&document).unwrap();
        let all = pages(&document).concat();
        // What was asked is shown as it was typed.
        prop_assert!(all.contains(&squeezed(&words)), "{words}");
    }
}
