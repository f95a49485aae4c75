use super::*;

const SESSION: &str = include_str!("../fixtures/session.jsonl");
const REPORT: &str = include_str!("../fixtures/report.md");

/// The whole session as it would stand in the terminal's history, with the progress line wherever it changed.
fn shown(columns: usize, colour: Colour) -> String {
    let mut screen = Screen::new(columns, colour);
    let mut text = String::new();
    for line in SESSION.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        text.push_str(&screen.event(event["type"].as_str().unwrap(), &event["data"]));
    }
    text.push_str(&screen.report(REPORT));
    text
}

#[test]
fn the_recorded_session_is_what_the_board_writes() {
    for line in SESSION.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let kind = event["type"].as_str().unwrap();
        let read = quorate_board::engine::event::Event::from_parts(kind, event["data"].clone());
        assert!(read.is_ok(), "{kind}: {read:?}");
    }
}

#[test]
fn a_session_at_60_columns() {
    insta::assert_snapshot!(shown(60, Colour::None));
}

#[test]
fn a_session_at_100_columns() {
    insta::assert_snapshot!(shown(100, Colour::None));
}

#[test]
fn a_session_in_colour() {
    insta::assert_snapshot!(shown(60, Colour::True).replace('\u{1b}', "␛"));
    insta::assert_snapshot!(shown(100, Colour::Indexed).replace('\u{1b}', "␛"));
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    for columns in [40, 60, 77, 100] {
        for line in shown(columns, Colour::None).lines() {
            assert!(width(line) <= columns, "{columns} columns: {line}");
            assert!(!line.contains('\u{1b}'), "an escape code got through: {line}");
        }
    }
}

#[test]
fn colour_changes_no_word() {
    let bare = |text: String| {
        let mut bare = String::new();
        let mut inside = false;
        for letter in text.chars() {
            match letter {
                '\u{1b}' => inside = true,
                'm' if inside => inside = false,
                letter if !inside => bare.push(letter),
                _ => {}
            }
        }
        bare.replace(['[', ']'], "").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(bare(shown(100, Colour::True)), bare(shown(100, Colour::Indexed)));
}

#[test]
fn the_offline_demo_is_named_wherever_its_text_stands() {
    let text = shown(100, Colour::None);
    let texts = ["\"type\":\"contribution.recorded\"", "\"type\":\"vote.recorded\"", "\"decided_by\":\"model\"}}"];
    let spaceless = SESSION.replace(": ", ":");
    let facilitated = spaceless.lines().filter(|line| line.contains("facilitator.decided") && line.contains(texts[2]));
    let spoken = spaceless.lines().filter(|line| line.contains(texts[0]) && !line.contains("\"type\":\"facilitator\""));
    let voted = spaceless.lines().filter(|line| line.contains(texts[1]));
    let expected = facilitated.count() + spoken.count() + voted.count();
    // The banner and the head of the report have the long form.
    assert_eq!(text.matches(OFFLINE_MARK).count(), expected + 2);
    assert_eq!(text.matches(OFFLINE_LABEL).count(), 2);
}

#[test]
fn the_progress_line_says_who_is_speaking() {
    let mut screen = Screen::new(100, Colour::None);
    let mut progress: Vec<String> = Vec::new();
    for line in SESSION.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        screen.event(event["type"].as_str().unwrap(), &event["data"]);
        if progress.last() != Some(&screen.progress()) {
            progress.push(screen.progress());
        }
    }
    insta::assert_snapshot!(progress.join("\n"));
}

#[test]
fn an_unknown_or_broken_event_prints_nothing_and_breaks_nothing() {
    let mut screen = Screen::new(80, Colour::None);
    assert_eq!(screen.event("session.danced", &Value::Null), "");
    for line in SESSION.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        screen.event(event["type"].as_str().unwrap(), &Value::Null);
    }
}
