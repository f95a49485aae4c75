/// Splits a text at sentence ends and line ends. "1.5" and "e.g. this" stay whole.
pub(in crate::offline) fn split(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut sentence = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\n' {
            finish(&mut sentence, &mut sentences);
            continue;
        }
        sentence.push(character);
        let ends = match character {
            '.' | '!' => characters.peek().is_none_or(|next| next.is_whitespace()) && !is_abbreviation(&sentence),
            '?' | '。' | '？' | '！' | '؟' => true,
            _ => false,
        };
        if ends {
            finish(&mut sentence, &mut sentences);
        }
    }
    finish(&mut sentence, &mut sentences);
    sentences
}

fn is_abbreviation(sentence: &str) -> bool {
    let last = sentence.rsplit(char::is_whitespace).next().unwrap_or_default().to_lowercase();
    ["e.g.", "i.e.", "vs.", "approx.", "incl.", "ca.", "dr.", "mr.", "mrs.", "no."].contains(&last.as_str())
}

fn finish(sentence: &mut String, sentences: &mut Vec<String>) {
    let text = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().any(|character| character.is_alphanumeric()) {
        sentences.push(text);
    }
    sentence.clear();
}

/// The first sentence of a text that says something: no heading, no list mark.
pub(in crate::offline) fn first_sentence(text: &str) -> String {
    split(text)
        .into_iter()
        .find(|sentence| sentence.chars().count() > 12 && !sentence.starts_with(['#', '-', '*', '|']))
        .unwrap_or_else(|| shorten(text.trim(), 160))
}

/// At most `limit` characters, cut at a word where there is one, with "…" when something was left out.
pub(in crate::offline) fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let cut: String = text.chars().take(limit).collect();
    let at = cut.rfind(char::is_whitespace).filter(|at| *at > cut.len() / 2).unwrap_or(cut.len());
    let kept = cut.get(..at).unwrap_or(&cut).trim_end_matches([',', ';', ':', ' ', '.', '，', '、']);
    format!("{kept}…")
}
