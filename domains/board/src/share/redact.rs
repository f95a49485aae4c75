//! Leaves out of a report what its readers are not to see. Pure.

use serde_json::{Map, Value};

use super::Redaction;
use crate::report::Report;

/// What stands where a word was.
const BLACK: &str = "█████";

/// A persona that may be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// Fields whose values are names of the program's own when they look like one. Everything else is redacted, so that a
/// field that is added later is not forgotten.
const OURS: [&str; 20] = [
    "basis",
    "confidence_level",
    "decision",
    "decomposed_by",
    "direction",
    "flag",
    "from",
    "kind",
    "level",
    "mode",
    "origin",
    "outcome",
    "prompt_version",
    "reason",
    "rule",
    "stage",
    "stop_reason",
    "to",
    "unwritten",
    "verdict",
];

/// One text that is looked for, and what stands in its place.
struct Swap {
    wanted: Vec<char>,
    instead: String,
}

impl Swap {
    fn new(text: &str, instead: String) -> Self {
        Self { wanted: text.chars().flat_map(char::to_lowercase).collect(), instead }
    }
}

/// The report as a reader of the link sees it. The Markdown text of the whole is left out: it would say everything again.
#[must_use]
pub fn redacted(report: &Report, redaction: &Redaction, seats: &[Seat]) -> Value {
    let mut value = serde_json::to_value(report).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("full_report");
        // A passage may be any part of what was attached: readers get where it stands, and not the passage.
        let sources = fields.get_mut("sources").and_then(Value::as_array_mut).into_iter().flatten();
        for source in sources.filter_map(Value::as_object_mut) {
            source.insert("text".to_owned(), "".into());
        }
    }
    let seats = all_seats(seats, &value);
    if redaction.hide_names {
        rename_codes(&mut value, &seats);
    }
    redact_value(&mut value, "", &swaps(redaction, &seats));
    value
}

/// A text without what is hidden.
#[must_use]
pub fn without(text: &str, redaction: &Redaction, seats: &[Seat]) -> String {
    let swaps = swaps(redaction, seats);
    swaps.iter().fold(text.to_owned(), |text, swap| replace(&text, swap))
}

/// Longer texts first, so that "Ada Lovelace" does not become "Seat 1 Lovelace".
fn swaps(redaction: &Redaction, seats: &[Seat]) -> Vec<Swap> {
    let mut swaps: Vec<Swap> = redaction.hide_words.iter().map(|word| Swap::new(word, BLACK.to_owned())).collect();
    if redaction.hide_names {
        for (place, seat) in seats.iter().enumerate() {
            let whole = seat.name.as_str();
            // A discussion calls people by one of their names.
            let parts = whole.split_whitespace().filter(|part| part.chars().count() >= 3);
            swaps.extend(parts.chain([whole]).map(|name| Swap::new(name, format!("Seat {}", place + 1))));
            swaps.push(Swap::new(&seat.code, format!("seat_{}", place + 1)));
        }
    }
    swaps.retain(|swap| !swap.wanted.is_empty());
    swaps.sort_by_key(|swap| std::cmp::Reverse(swap.wanted.len()));
    swaps
}

/// The given seats, and those that only the report names.
fn all_seats(given: &[Seat], value: &Value) -> Vec<Seat> {
    let mut seats = given.to_vec();
    collect(value, &mut seats);
    seats
}

fn collect(value: &Value, seats: &mut Vec<Seat>) {
    match value {
        Value::Object(fields) => {
            if let (Some(code), Some(name)) =
                (fields.get("persona_code").and_then(Value::as_str), fields.get("persona_name").and_then(Value::as_str))
                && seats.iter().all(|seat| seat.code != code)
            {
                seats.push(Seat { code: code.to_owned(), name: name.to_owned() });
            }
            fields.values().for_each(|field| collect(field, seats));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, seats)),
        _ => {}
    }
}

fn rename_codes(value: &mut Value, seats: &[Seat]) {
    match value {
        Value::Object(fields) => {
            let place = fields.get("persona_code").and_then(Value::as_str);
            let place = place.and_then(|code| seats.iter().position(|seat| seat.code == code));
            if let Some(place) = place {
                fields.insert("persona_code".to_owned(), format!("seat_{}", place + 1).into());
                fields.insert("persona_name".to_owned(), format!("Seat {}", place + 1).into());
            }
            fields.values_mut().for_each(|field| rename_codes(field, seats));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_codes(item, seats)),
        _ => {}
    }
}

/// Whether it looks like one of the program's own names: `no_quorum`.
fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn redact_value(value: &mut Value, field: &str, swaps: &[Swap]) {
    match value {
        Value::String(text) if !(OURS.contains(&field) && is_name(text)) => {
            for swap in swaps {
                *text = replace(text, swap);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact_value(item, field, swaps)),
        Value::Object(fields) => {
            let old = std::mem::take(fields);
            let renamed: Map<String, Value> = old
                .into_iter()
                .map(|(name, mut value)| {
                    redact_value(&mut value, &name, swaps);
                    // A name that is no field of ours is somebody's word: that of an option in a table of scores.
                    let name =
                        if is_name(&name) { name } else { swaps.iter().fold(name, |name, swap| replace(&name, swap)) };
                    (name, value)
                })
                .collect();
            *fields = renamed;
        }
        _ => {}
    }
}

/// The text with every place of the wanted one replaced, whatever the case of its letters.
fn replace(text: &str, swap: &Swap) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(char) = chars.get(at) {
        match length_at(&chars, at, &swap.wanted) {
            Some(length) => {
                out.push_str(&swap.instead);
                at += length;
            }
            None => {
                out.push(*char);
                at += 1;
            }
        }
    }
    out
}

/// How many characters of the text from `at` on are the wanted ones.
fn length_at(chars: &[char], at: usize, wanted: &[char]) -> Option<usize> {
    let mut rest = wanted;
    let mut end = at;
    while !rest.is_empty() {
        for lower in chars.get(end)?.to_lowercase() {
            let (first, after) = rest.split_first()?;
            if *first != lower {
                return None;
            }
            rest = after;
        }
        end += 1;
    }
    Some(end - at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(words: &[&str]) -> Redaction {
        Redaction { hide_words: words.iter().map(|word| (*word).to_owned()).collect(), ..Redaction::default() }
    }

    #[test]
    fn words_are_blacked_out_in_any_case_and_script() {
        for (text, word, expected) in [
            ("LISBON, Lisbon and lisboners", "Lisbon", "█████, █████ and █████ers"),
            ("搬到里斯本吗？里斯本很好", "里斯本", "搬到█████吗？█████很好"),
            ("Über Großes", "über", "█████ Großes"),
            ("Lisbo", "Lisbon", "Lisbo"),
            ("aaa", "aa", "█████a"),
        ] {
            assert_eq!(without(text, &words(&[word]), &[]), expected);
        }
    }

    #[test]
    fn names_become_seats_and_our_own_names_stay() {
        let seats = [Seat { code: "finance_strategist".to_owned(), name: "Marta Oyelaran".to_owned() }];
        let mut value = json!({
            "outcome": "complete", "heading": "A complete plan for Acme",
            "dissenting_views": [{ "persona_code": "people_partner", "persona_name": "Jo Li", "view": "Marta is complete." }],
            "scores": { "Acme": { "cost": 2 } }, "decision": "Acme", "new_field": "acme",
        });
        let redaction = Redaction { hide_names: true, ..words(&["acme", "complete"]) };
        let seats = all_seats(&seats, &value);
        rename_codes(&mut value, &seats);
        redact_value(&mut value, "", &swaps(&redaction, &seats));
        assert_eq!(
            value,
            json!({
                "outcome": "complete", "heading": "A █████ plan for █████",
                "dissenting_views": [{ "persona_code": "seat_2", "persona_name": "Seat 2", "view": "Seat 1 is █████." }],
                "scores": { "█████": { "cost": 2 } }, "decision": "█████", "new_field": "█████",
            })
        );
    }
}
