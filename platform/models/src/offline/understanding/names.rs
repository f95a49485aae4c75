use super::language::{Language, is_han};

const NOT_NAMES: &[&str] = &[
    "I",
    "We",
    "Our",
    "My",
    "The",
    "A",
    "An",
    "Should",
    "Budget",
    "It",
    "Is",
    "Are",
    "How",
    "What",
    "Which",
    "Who",
    "When",
    "Where",
    "Why",
    "If",
    "But",
    "And",
    "Or",
    "This",
    "That",
    "They",
    "He",
    "She",
    "In",
    "On",
    "At",
    "For",
    "To",
    "From",
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "Timeline",
    "Do",
    "Can",
    "Would",
    "El",
    "La",
    "Los",
    "Las",
    "Debemos",
    "Debo",
    "Presupuesto",
    "Nuestra",
    "Nuestro",
    "I'm",
    "We're",
    "I've",
    "We've",
    "There",
    "Not",
    "No",
    "Yes",
];

/// Words of the text with a capital letter that does not come from beginning a sentence, each once, at most eight.
pub(super) fn find(text: &str, language: Language) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    if language == Language::Chinese {
        return names;
    }
    let mut begins = true;
    for raw in text.split_whitespace() {
        let word = bare(raw);
        let is_name = word.chars().next().is_some_and(char::is_uppercase)
            && (2..=24).contains(&word.chars().count())
            && !NOT_NAMES.contains(&word);
        if is_name && !begins && !names.iter().any(|name| name == word) {
            names.push(word.to_owned());
        }
        begins = raw.ends_with(['.', '?', '!', ':']);
    }
    names.truncate(8);
    names
}

fn bare(word: &str) -> &str {
    let word = word.trim_matches(|character: char| !character.is_alphanumeric());
    word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word)
}

/// The places of "from Berlin to Lisbon"; each may be missing.
pub(super) fn journey(text: &str, language: Language) -> (Option<String>, Option<String>) {
    if language == Language::Chinese {
        return (after_sign(text, "从"), after_sign(text, "到"));
    }
    let (from_words, to_words): (&[&str], &[&str]) = match language {
        Language::Spanish => (&["de", "desde"], &["a", "hasta", "hacia"]),
        _ => (&["from"], &["to", "into"]),
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let place = |marks: &[&str]| {
        words.iter().enumerate().find_map(|(index, word)| {
            if !marks.contains(&word.to_lowercase().as_str()) {
                return None;
            }
            let mut name = String::new();
            for raw in words.iter().skip(index + 1).take(3) {
                let word = bare(raw);
                if !word.chars().next().is_some_and(char::is_uppercase) || NOT_NAMES.contains(&word) {
                    break;
                }
                if !name.is_empty() {
                    name.push(' ');
                }
                name.push_str(word);
                if raw.ends_with([',', '.', '?', '!', ';', ':', ')']) {
                    break;
                }
            }
            (name.chars().count() > 1).then_some(name)
        })
    };
    (place(from_words), place(to_words))
}

/// Up to four Chinese signs after `mark`, ended by a word that begins something else.
fn after_sign(text: &str, mark: &str) -> Option<String> {
    let (_, rest) = text.split_once(mark)?;
    let name: String = rest
        .chars()
        .take_while(|character| {
            is_han(*character) && !['搬', '迁', '到', '去', '的', '吗', '转', '移', '升', '降'].contains(character)
        })
        .take(4)
        .collect();
    (name.chars().count() >= 2).then_some(name)
}
