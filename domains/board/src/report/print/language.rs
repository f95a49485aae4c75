//! In which language the labels of a report are written: that of what the board was asked, unless the reader says so.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::session::named;

named! {
    /// A language of the labels in a report.
    Language {
        /// English.
        English = "en",
        /// Spanish.
        Spanish = "es",
        /// Chinese, in simplified characters.
        Chinese = "zh",
    }
}

/// Words that hardly a sentence does without, and that are none in the other language.
const SPANISH: [&str; 24] = [
    "el",
    "la",
    "los",
    "las",
    "de",
    "del",
    "que",
    "en",
    "una",
    "un",
    "para",
    "con",
    "por",
    "se",
    "nuestra",
    "nuestro",
    "debemos",
    "deberíamos",
    "y",
    "si",
    "es",
    "al",
    "como",
    "más",
];
const ENGLISH: [&str; 24] = [
    "the", "of", "to", "and", "we", "our", "in", "for", "should", "is", "with", "or", "it", "on", "that", "by", "do",
    "this", "be", "are", "if", "from", "you", "will",
];

impl Language {
    /// The language of a text, by its characters and its small words. English where neither tells: a report in a fourth
    /// language gets English labels.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let letters = text.chars().filter(|one| one.is_alphabetic());
        let (mut han, mut kana, mut others) = (0_usize, 0_usize, 0_usize);
        for letter in letters {
            match letter {
                '\u{3040}'..='\u{30ff}' => kana += 1,
                '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => han += 1,
                _ => others += 1,
            }
        }
        // One Chinese character says about as much as three letters. Kana make it Japanese.
        if han > kana * 4 && han * 3 > others {
            return Self::Chinese;
        }
        let lower = text.to_lowercase();
        let count =
            |known: &[&str]| lower.split(|one: char| !one.is_alphabetic()).filter(|word| known.contains(word)).count();
        let marks = lower.chars().filter(|one| matches!(one, '¿' | '¡' | 'ñ')).count();
        if count(&SPANISH) + 2 * marks > count(&ENGLISH) { Self::Spanish } else { Self::English }
    }
}

#[cfg(test)]
mod tests {
    use super::Language::{self, Chinese, English, Spanish};

    #[test]
    fn labels_follow_the_language_of_the_question() {
        for (text, expected) in [
            ("Should we build or buy our billing system this year?", English),
            ("¿Deberíamos construir o comprar el sistema de facturación?", Spanish),
            ("Mudar la sede de la empresa a Lisboa en 2027", Spanish),
            ("我们应该自建还是购买计费系统？", Chinese),
            ("我们是否应该用 Kubernetes 和 PostgreSQL 重写计费系统？", Chinese),
            ("Should we rename the product 决定 in China for our customers?", English),
            ("請求システムを作るべきか、買うべきか", English),
            ("Sollen wir die Abrechnung selbst bauen?", English),
            ("", English),
        ] {
            assert_eq!(Language::of(text), expected, "{text}");
        }
    }
}
