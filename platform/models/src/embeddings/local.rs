use std::collections::HashMap;

use async_trait::async_trait;

use super::unit;
use crate::{Embedder, ModelError};

/// How many numbers a vector has.
const DIMENSIONS: usize = 384;
/// The longest text looked at, in characters: enough for a contribution, and a bound on the work.
const MAX_CHARS: usize = 40_000;

// What a feature weighs, before its count. Chosen so that shared words decide, shared word order and shared stems help.
const WORD: f32 = 1.0;
const PAIR: f32 = 0.5;
const STOP_WORD: f32 = 0.08;
/// All character pieces of one word together weigh this much, however long it is.
const PIECES: f32 = 1.2;
const CJK_CHAR: f32 = 0.4;
const CJK_PAIR: f32 = 1.0;

/// An embedder that needs no network and no model: it hashes words, neighbouring words and pieces of words into a
/// vector, so that texts with the same wording lie close together.
///
/// It is *lexical*. It sees shared words, stems, names and numbers, in any script; it is the same on every machine.
/// It does not see meaning: synonyms, translations and negation are strangers to it ("costly" is as far from
/// "expensive" as from "cheap"). Novelty and agreement measured with it are measures of wording.
#[derive(Debug, Default, Clone, Copy)]
pub struct LocalEmbedder;

/// The name: thresholds are calibrated for it, so a change of any weight above needs a new one.
const NAME: &str = "local/lexical-384-v1";

#[async_trait]
impl Embedder for LocalEmbedder {
    fn name(&self) -> &str {
        NAME
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        Ok(texts.iter().map(|text| vector(text)).collect())
    }
}

fn vector(text: &str) -> Vec<f32> {
    let mut features = Features::default();
    let mut before: Option<String> = None;
    for token in tokens(text) {
        match token {
            Token::Word(word) => {
                if STOP_WORDS.contains(&word.as_str()) {
                    features.add("w", &word, STOP_WORD);
                    continue;
                }
                features.add("w", &word, WORD);
                features.add_pieces(&word);
                if let Some(before) = before.replace(word.clone()) {
                    features.add("p", &format!("{before} {word}"), PAIR);
                }
            }
            Token::Cjk(run) => {
                for character in &run {
                    features.add("c", &character.to_string(), CJK_CHAR);
                }
                for pair in run.windows(2) {
                    features.add("d", &pair.iter().collect::<String>(), CJK_PAIR);
                }
            }
            Token::Break => before = None,
        }
    }
    // A text without a word, such as "!?" or nothing: its own direction, so that it still equals itself.
    unit(features.sum()).unwrap_or_else(|| {
        let mut lone = vec![0.0; DIMENSIONS];
        lone[place(hash("lone", text))] = 1.0;
        lone
    })
}

/// Features by hash, with what they weigh and how often they came.
#[derive(Default)]
struct Features {
    seen: HashMap<u64, (f32, u32)>,
}

impl Features {
    fn add(&mut self, kind: &str, text: &str, weight: f32) {
        let entry = self.seen.entry(hash(kind, text)).or_insert((weight, 0));
        entry.1 += 1;
    }

    /// Pieces of three and four characters, the word's ends included: "price" and "prices" share most of theirs.
    fn add_pieces(&mut self, word: &str) {
        let padded: Vec<char> = std::iter::once('^').chain(word.chars()).chain(std::iter::once('$')).collect();
        let pieces: Vec<&[char]> = padded.windows(3).chain(padded.windows(4)).collect();
        #[expect(clippy::cast_precision_loss, reason = "a word has few pieces")]
        let weight = PIECES / (pieces.len().max(1) as f32).sqrt();
        for piece in pieces {
            self.add("n", &piece.iter().collect::<String>(), weight);
        }
    }

    /// The vector: each feature at its place with its sign, growing with the logarithm of its count.
    fn sum(&self) -> Vec<f32> {
        // In a fixed order, since adding floats in another one gives another last digit.
        let mut features: Vec<(&u64, &(f32, u32))> = self.seen.iter().collect();
        features.sort_unstable_by_key(|(hash, _)| **hash);
        let mut vector = vec![0.0; DIMENSIONS];
        for (hash, (weight, count)) in features {
            #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^24")]
            let value = weight * (1.0 + (*count as f32).ln());
            vector[place(*hash)] += if hash >> 63 == 0 { value } else { -value };
        }
        vector
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a remainder below 384")]
const fn place(hash: u64) -> usize {
    (hash % DIMENSIONS as u64) as usize
}

/// FNV-1a with a final mix (from MurmurHash3), so that all bits depend on all bytes; stable for ever, unlike the
/// standard library's.
fn hash(kind: &str, text: &str) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for byte in kind.bytes().chain(std::iter::once(0)).chain(text.bytes()) {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    state = (state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    state = (state ^ (state >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    state ^ (state >> 33)
}

enum Token {
    /// A word of a script with spaces, in lower case.
    Word(String),
    /// A run of characters of a script without spaces.
    Cjk(Vec<char>),
    /// The end of a sentence: words across it are no neighbours.
    Break,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut word, mut run) = (String::new(), Vec::new());
    let flush = |word: &mut String, run: &mut Vec<char>, tokens: &mut Vec<Token>| {
        if !word.is_empty() {
            tokens.push(Token::Word(std::mem::take(word)));
        }
        if !run.is_empty() {
            tokens.push(Token::Cjk(std::mem::take(run)));
        }
    };
    let mut characters = text.chars().take(MAX_CHARS).flat_map(char::to_lowercase).peekable();
    while let Some(character) = characters.next() {
        if is_unspaced(character) {
            if !word.is_empty() {
                flush(&mut word, &mut run, &mut tokens);
            }
            run.push(character);
        } else if character.is_alphanumeric() || is_mark(character) {
            if !run.is_empty() {
                flush(&mut word, &mut run, &mut tokens);
            }
            word.push(character);
        } else if joins(character, word.chars().next_back(), characters.peek().copied()) {
            // "200,000" is "200000"; a decimal point stays.
            if character == '.' {
                word.push(character);
            }
        } else {
            flush(&mut word, &mut run, &mut tokens);
            if matches!(character, '.' | '!' | '?' | ';' | '\n' | '。' | '！' | '？') {
                tokens.push(Token::Break);
            }
        }
    }
    flush(&mut word, &mut run, &mut tokens);
    tokens
}

/// Whether a sign between two characters is inside a number or word: "200,000", "3.5", "don't".
fn joins(sign: char, before: Option<char>, after: Option<char>) -> bool {
    let both = |test: fn(char) -> bool| before.is_some_and(test) && after.is_some_and(test);
    match sign {
        '.' | ',' => both(|character| character.is_ascii_digit()),
        '\'' | '’' => both(char::is_alphabetic),
        _ => false,
    }
}

/// Combining marks, which belong to the letter before them.
const fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{64b}'..='\u{65f}')
}

/// Scripts that put no spaces between words, and Korean, whose particles are glued to them.
const fn is_unspaced(character: char) -> bool {
    matches!(
        character,
        '\u{3040}'..='\u{30ff}'       // Hiragana, Katakana
        | '\u{3400}'..='\u{4dbf}'     // Han, extension A
        | '\u{4e00}'..='\u{9fff}'     // Han
        | '\u{f900}'..='\u{faff}'     // Han, compatibility
        | '\u{20000}'..='\u{3134f}'   // Han, further extensions
        | '\u{ac00}'..='\u{d7af}'     // Hangul
        | '\u{1100}'..='\u{11ff}'     // Hangul letters
        | '\u{0e00}'..='\u{0e7f}'     // Thai
        | '\u{0e80}'..='\u{0eff}'     // Lao
        | '\u{1000}'..='\u{109f}'     // Burmese
        | '\u{1780}'..='\u{17ff}' // Khmer
    )
}

/// Words that say little about what a text is about, in English, German, French and Spanish.
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "because", "been", "but", "by",
    "can", "could", "did", "do", "does", "each", "for", "from", "had", "has", "have", "he", "her", "his", "how", "i",
    "if", "in", "into", "is", "it", "its", "just", "may", "more", "most", "must", "my", "no", "not", "of", "on", "one",
    "only", "or", "other", "our", "out", "over", "she", "should", "so", "some", "such", "than", "that", "the", "their",
    "them", "then", "there", "these", "they", "this", "those", "to", "under", "up", "us", "was", "we", "were", "what",
    "when", "where", "which", "who", "why", "will", "with", "would", "you", "your", "aber", "als", "am", "an", "auch",
    "auf", "aus", "bei", "bin", "bis", "da", "das", "dass", "dem", "den", "der", "des", "die", "durch", "ein", "eine",
    "einem", "einen", "einer", "er", "es", "für", "hat", "ich", "ihr", "im", "in", "ist", "kann", "mit", "nach",
    "nicht", "noch", "nur", "oder", "sich", "sie", "sind", "so", "um", "und", "uns", "von", "vor", "war", "was",
    "wenn", "wie", "wir", "wird", "zu", "zum", "zur", "au", "aux", "avec", "ce", "ces", "cette", "dans", "de", "des",
    "du", "elle", "en", "est", "et", "il", "je", "la", "le", "les", "leur", "mais", "ne", "nous", "on", "ou", "par",
    "pas", "plus", "pour", "que", "qui", "sa", "se", "ses", "son", "sont", "sur", "un", "une", "vous", "al", "como",
    "con", "del", "el", "ella", "es", "esta", "este", "ha", "las", "lo", "los", "más", "muy", "nos", "para", "pero",
    "por", "si", "sin", "su", "sus", "también", "una", "y", "ya",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn similarity(a: &str, b: &str) -> f32 {
        vector(a).iter().zip(vector(b)).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn every_text_has_unit_length_and_equals_itself() {
        for text in ["", "!?", "the", "Move the company to Lisbon", "数据库", "é", &"word ".repeat(20_000)] {
            let length: f32 = vector(text).iter().map(|value| value * value).sum();
            assert!((length - 1.0).abs() < 1e-4, "{text:.20}: {length}");
            assert!((similarity(text, text) - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn a_near_paraphrase_is_closer_than_another_topic() {
        let text = "We should move our 12-person company from Berlin to Lisbon within a year.";
        let near = "Moving the company of 12 persons from Berlin to Lisbon should happen within one year.";
        let far = "The new database index makes full-text search in the customer archive faster.";
        assert!(similarity(text, near) > 0.45, "{}", similarity(text, near));
        assert!(similarity(text, far) < 0.2, "{}", similarity(text, far));
    }

    #[test]
    fn inflected_words_stay_close_and_stop_words_bind_nothing() {
        assert!(similarity("pricing experiments", "price experiment") > 0.3);
        assert!(similarity("pricing experiments", "garden furniture") < 0.15);
        assert!(similarity("what is it that we should do", "how can this be for you") < 0.35);
        let shared =
            similarity("The cost of the office and the risk of it", "The weather of the coast and the look of it");
        assert!(shared < 0.35, "{shared}");
    }

    #[test]
    fn scripts_without_spaces_are_compared_by_characters() {
        let close = similarity("我们应该把公司搬到里斯本", "公司应该搬到里斯本吗");
        let far = similarity("我们应该把公司搬到里斯本", "今天的天气非常好");
        assert!(close > 0.5 && far < 0.2, "{close} {far}");
        assert!(similarity("会社をリスボンに移す", "リスボンに会社を移転する") > 0.4);
    }

    #[test]
    fn numbers_and_case_are_read_alike() {
        assert!(similarity("Budget 200,000 EUR", "budget 200000 eur") > 0.99);
        assert!(similarity("ÜBER straße", "über Straße") > 0.99);
    }

    #[test]
    fn the_vector_never_changes() {
        // Stored vectors are compared with new ones: if this fails, the name needs another version.
        assert_eq!(hash("w", "quorate"), 10_870_556_952_847_789_167);
        let vector = vector("Quorate");
        assert!((vector[place(hash("w", "quorate"))].abs() - 0.64).abs() < 0.01, "{vector:?}");
    }
}
