//! Which passages bear on a question. Pure.

use std::collections::{HashMap, HashSet};

/// How near a passage must be for the local embedder, which sees shared wording: unrelated texts come to 0.05 and less
/// with its 384 dimensions, and a question of some words that stand in a passage of a hundred to about 0.15.
const LEXICAL_FLOOR: f64 = 0.12;
/// How near for any other. Models differ; unrelated texts of current ones come to 0.1 to 0.2, answers to 0.35 and more.
const FLOOR: f64 = 0.25;
/// How much of the weight of a question's words a passage must have where only words are compared, or where meaning alone
/// did not find it.
const WORDS_FLOOR: f64 = 0.34;
/// How much shared words add to nearness: names and figures are what embeddings blur.
const WORDS_COUNT: f64 = 0.5;

/// A passage that may bear on a question.
pub(super) struct Candidate<'a> {
    pub(super) text: &'a str,
    /// How near it is to the question; none where that could not be worked out.
    pub(super) nearness: Option<f64>,
}

/// How near two vectors of unit length are; none when they are of different embedders.
pub(super) fn nearness(one: &[f32], other: &[f32]) -> Option<f64> {
    if one.is_empty() || one.len() != other.len() {
        return None;
    }
    let sum: f64 = one.iter().zip(other).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    sum.is_finite().then_some(sum)
}

/// The passages that bear on the question, the best first, by their place among the candidates.
pub(super) fn nearest(question: &str, embedder: &str, candidates: &[Candidate<'_>], most: usize) -> Vec<usize> {
    let floor = if embedder.starts_with("local/") { LEXICAL_FLOOR } else { FLOOR };
    let shared = shared_words(question, candidates);
    let mut found: Vec<(f64, usize)> = candidates
        .iter()
        .zip(shared)
        .enumerate()
        .filter_map(|(place, (candidate, words))| {
            let near = candidate.nearness.is_some_and(|nearness| nearness >= floor);
            let score = candidate.nearness.unwrap_or_default() + WORDS_COUNT * words;
            (near || words >= WORDS_FLOOR).then_some((score, place))
        })
        .collect();
    // Of several as good the first in the documents.
    found.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    found.truncate(most);
    found.into_iter().map(|(_, place)| place).collect()
}

/// Of each passage, how much of the question's words it has, 0 to 1; a word that few passages have weighs more.
fn shared_words(question: &str, candidates: &[Candidate<'_>]) -> Vec<f64> {
    let wanted = words(question);
    let texts: Vec<HashSet<String>> = candidates.iter().map(|candidate| words(candidate.text)).collect();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for word in texts.iter().flatten().filter(|word| wanted.contains(*word)) {
        *seen.entry(word).or_default() += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "numbers of passages")]
    let weight = |word: &String| {
        let having = seen.get(word.as_str()).copied().unwrap_or_default() as f64;
        (1.0 + (candidates.len() as f64 + 1.0) / (having + 1.0)).ln()
    };
    let all: f64 = wanted.iter().map(weight).sum();
    let share = |text: &HashSet<String>| {
        let had: f64 = wanted.iter().filter(|word| text.contains(*word)).map(weight).sum();
        if all > 0.0 { had / all } else { 0.0 }
    };
    texts.iter().map(share).collect()
}

/// Words that ask and bind, and say nothing of what is asked about. Shorter ones are left out anyway.
const EMPTY: &[&str] = &[
    "about", "after", "before", "could", "does", "each", "from", "have", "into", "many", "more", "much", "should",
    "such", "than", "that", "their", "there", "they", "this", "those", "what", "when", "where", "which", "will",
    "with", "would", "your", "como", "cual", "cuál", "cuando", "cuanto", "cuánto", "cuánta", "donde", "dónde", "entre",
    "esta", "este", "para", "pero", "sobre", "tiene", "aber", "dass", "eine", "einen", "haben", "kann", "nach",
    "nicht", "oder", "sind", "über", "viel", "welche", "wenn", "werden", "wird", "avec", "dans", "pour", "quel",
    "quelle", "cette", "sont",
];

/// The same in scripts without spaces: what joins and asks, and is part of no name.
const EMPTY_SIGNS: &str = "的是了吗呢多少几何哪什么和与在有の は が を に で と も か";

/// The words of a text that say something: in scripts without spaces each pair of neighbours, else words of four letters
/// on, and every figure.
fn words(text: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    let (mut word, mut pair): (String, Option<char>) = (String::new(), None);
    let mut close = |word: &mut String| {
        let letters = word.chars().count();
        let figure = word.chars().next().is_some_and(|first| first.is_ascii_digit());
        if (figure || letters >= 4) && !EMPTY.contains(&word.as_str()) {
            // "leases" is about a lease.
            let stem = word.strip_suffix('s').filter(|_| letters > 4).unwrap_or(word);
            found.insert(stem.to_owned());
        }
        word.clear();
    };
    let mut pairs: HashSet<String> = HashSet::new();
    let mut characters = text.chars().flat_map(char::to_lowercase).peekable();
    while let Some(character) = characters.next() {
        let unspaced = matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{e00}'..='\u{eff}');
        if unspaced && EMPTY_SIGNS.contains(character) {
            close(&mut word);
            pair = None;
            continue;
        }
        if unspaced {
            close(&mut word);
            if let Some(before) = pair.replace(character) {
                pairs.insert([before, character].iter().collect());
            }
            continue;
        }
        pair = None;
        let in_figure = matches!(character, ',' | '.')
            && word.chars().next_back().is_some_and(|last| last.is_ascii_digit())
            && characters.peek().is_some_and(char::is_ascii_digit);
        if character.is_alphanumeric() {
            word.push(character);
        } else if !in_figure {
            close(&mut word);
        }
    }
    close(&mut word);
    found.extend(pairs);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(question: &str, texts: &[(&str, Option<f64>)]) -> Vec<usize> {
        let candidates: Vec<Candidate<'_>> =
            texts.iter().map(|(text, nearness)| Candidate { text, nearness: *nearness }).collect();
        nearest(question, "neural", &candidates, 3)
    }

    #[test]
    fn meaning_decides_and_shared_words_help() {
        let texts = [
            ("The garden is large.", Some(0.05)),
            ("What the flat costs: see the annex.", Some(0.5)),
            ("Rent: 4,100 a month.", Some(0.48)),
            ("Nothing of it.", Some(0.3)),
            ("Nor of it.", Some(0.2)),
        ];
        assert_eq!(found("What is the rent a month?", &texts), [2, 1, 3]);
    }

    #[test]
    fn without_meaning_words_find_and_nothing_is_nothing() {
        let texts = [("The leases end in May.", None), ("Rent: 4,100 a month.", None), ("Weather", None)];
        assert_eq!(found("When does the lease end?", &texts), [0]);
        assert_eq!(found("Is it 4100?", &texts), [1]);
        assert_eq!(found("How many dogs are there?", &texts), Vec::<usize>::new());
        assert_eq!(found("?", &texts), Vec::<usize>::new());
        let texts = [("公司每月支付租金四千一百欧元。", None), ("天气很好。", None)];
        assert_eq!(found("每月的租金是多少？", &texts), [0]);
    }

    #[test]
    fn vectors_of_different_embedders_are_not_compared() {
        assert_eq!(nearness(&[1.0, 0.0], &[1.0, 0.0, 0.0]), None);
        assert_eq!(nearness(&[], &[]), None);
        assert_eq!(nearness(&[0.6, 0.8], &[0.6, 0.8]).map(|n| (n * 100.0).round()), Some(100.0));
    }
}
