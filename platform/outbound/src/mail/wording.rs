//! What people typed, made fit for a mail that carries our name.

use serde_json::Value;

/// The longest value that is shown: a longer one is no name but a text of its own.
const LONGEST: usize = 160;
/// The field that is ours and must stay as it is.
const OURS: &str = "link";
/// Fields that people or models choose freely. A web address in one of them would become a link in a mail that we vouch
/// for.
const FREE: [&str; 9] =
    ["name", "inviter", "organization", "device", "title", "requester", "label", "value", "highlights"];

/// One line of visible characters, so that no value can begin a header or a paragraph, turn the direction of the text
/// round or hide anything.
pub(super) fn one_line(text: &str) -> String {
    let line = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let mut line = line.collect::<Vec<_>>().join(" ");
    line.retain(|c| !is_invisible(c));
    line.trim().to_owned()
}

/// As much of it as a value may have.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Marks of direction and characters without width. Joiners stay: scripts and emoji need them.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The same text, in which no mail program finds an address to make a link of: a word joiner, which has no width,
/// stands where the address would go on.
fn unlinked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        out.push(c);
        let goes_on = characters.peek().is_some_and(|next| match c {
            '.' => next.is_alphabetic(),
            ':' => *next == '/',
            _ => false,
        });
        if goes_on {
            out.push('\u{2060}');
        }
    }
    out
}

/// Every value on one line, and none of them endless.
pub(super) fn tamed(mut data: Value) -> Value {
    each_text(&mut data, "", &|_, text| *text = shortened(&one_line(text)));
    data
}

/// The same for a body, where values that people chose must not become links.
pub(super) fn without_links(mut data: Value) -> Value {
    each_text(&mut data, "", &|field, text| {
        if FREE.contains(&field) {
            *text = unlinked(text);
        }
    });
    data
}

fn each_text(value: &mut Value, field: &str, change: &dyn Fn(&str, &mut String)) {
    match value {
        Value::String(text) if field != OURS => change(field, text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, field, change)),
        Value::Object(fields) => fields.iter_mut().for_each(|(field, value)| each_text(value, field, change)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_stay_on_their_line() {
        for (given, expected) in [
            ("  Ada   Lovelace ", "Ada Lovelace"),
            ("Ada\r\nBcc: eve@example.com", "Ada Bcc: eve@example.com"),
            ("a\u{0}b\u{b}c\u{85}d\u{2028}e\u{2029}f\u{1b}[31m", "a b c d e f [31m"),
            ("\u{202e}moc.live\u{202c}", "moc.live"),
            ("\u{200b}\u{feff}", ""),
            ("Zoë 李雷 👩‍💻", "Zoë 李雷 👩‍💻"),
        ] {
            assert_eq!(one_line(given), expected, "{given:?}");
        }
        assert_eq!(shortened(&"é".repeat(5000)).chars().count(), LONGEST + 1);
        assert_eq!(shortened(&"é".repeat(LONGEST)), "é".repeat(LONGEST));
    }

    #[test]
    fn names_do_not_become_links_and_ours_stay() {
        let data = json!({
            "name": "Win at https://evil.example/now", "link": "https://board.example/a.b?t=1", "ip": "203.0.113.7",
            "figures": [{"label": "a\nb", "value": "1.5"}], "highlights": ["see x.y"], "until": null,
        });
        let tame = without_links(tamed(data));
        assert_eq!(tame["name"], "Win at https:\u{2060}//evil.\u{2060}example/now");
        assert_eq!(tame["link"], "https://board.example/a.b?t=1");
        assert_eq!(tame["ip"], "203.0.113.7");
        assert_eq!(tame["figures"][0]["label"], "a b");
        assert_eq!(tame["highlights"][0], "see x.\u{2060}y");
    }
}
