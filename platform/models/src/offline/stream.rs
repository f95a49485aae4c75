use std::time::Duration;

use futures::stream;
use tokio::time::Instant;

use crate::{ChatEvent, ChatStream, Finish, Usage};

/// How an answer's stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With its last event.
    Whole,
    /// Half way, without a last event.
    Cut,
}

/// About how many tokens a text has: four characters each, at least one.
pub(super) fn tokens(text: &str) -> u64 {
    u64::try_from(text.chars().count().div_ceil(4)).unwrap_or(u64::MAX).max(1)
}

/// Streams `answer` word by word at `tokens_per_second` (0: at once), counting input and output tokens.
pub(super) fn words(
    mut answer: String,
    input: u64,
    limit: Option<u32>,
    tokens_per_second: f64,
    ending: Ending,
) -> ChatStream {
    let mut finish = Finish::Stop;
    if let Some(limit) = limit.filter(|limit| u64::from(*limit) < tokens(&answer)) {
        let keep = usize::try_from(limit).unwrap_or(usize::MAX).saturating_mul(4);
        answer = answer.chars().take(keep).collect();
        finish = Finish::Length;
    }
    if ending == Ending::Cut {
        answer = answer.chars().take(answer.chars().count() / 2).collect();
    }
    let usage = Usage { input, output: tokens(&answer), ..Usage::default() };
    let pieces = pieces(&answer);
    // Each word is due at the share of the text before it, so that the timer's coarseness does not add up.
    let begun = Instant::now();
    let state = (pieces.into_iter(), 0_u64, Some(ChatEvent::Done { finish, usage }));
    Box::pin(stream::unfold(state, move |(mut pieces, said, done)| async move {
        if let Some(piece) = pieces.next() {
            let said = said + u64::try_from(piece.chars().count()).unwrap_or(0);
            if let Some(due) = due(said, tokens_per_second) {
                tokio::time::sleep_until(begun + due).await;
            }
            return Some((Ok(ChatEvent::Text(piece)), (pieces, said, done)));
        }
        let done = done.filter(|_| ending == Ending::Whole)?;
        Some((Ok(done), (pieces, said, None)))
    }))
}

/// When the text up to `characters` may be out; none when there is no rate.
fn due(characters: u64, tokens_per_second: f64) -> Option<Duration> {
    if !(tokens_per_second.is_finite() && tokens_per_second > 0.0) {
        return None;
    }
    let characters = u32::try_from(characters).map_or(f64::from(u32::MAX), f64::from);
    Duration::try_from_secs_f64(characters / 4.0 / tokens_per_second).ok()
}

/// The text in words with the blanks after them; texts without blanks in runs of a few characters.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut length = 0_u32;
    for character in text.chars() {
        piece.push(character);
        length += 1;
        // Chinese has no blanks: a word is about two signs there.
        let wide = u32::from(character) >= 0x2e80;
        if character == ' ' || character == '\n' || length >= 24 || (wide && length >= 2) {
            pieces.push(std::mem::take(&mut piece));
            length = 0;
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::{Ending, tokens, words};
    use crate::{ChatEvent, Finish};

    async fn texts(answer: &str, limit: Option<u32>, ending: Ending) -> (String, Option<ChatEvent>) {
        let events: Vec<ChatEvent> =
            words(answer.to_owned(), 7, limit, 0.0, ending).map(|event| event.expect("no error")).collect().await;
        let text = events
            .iter()
            .filter_map(|event| if let ChatEvent::Text(text) = event { Some(text.as_str()) } else { None });
        (text.collect(), events.last().filter(|event| matches!(event, ChatEvent::Done { .. })).cloned())
    }

    #[tokio::test]
    async fn the_words_make_the_text_and_the_end_counts_tokens() {
        let (text, end) = texts("one two  three\n四五六七八九", None, Ending::Whole).await;
        assert_eq!(text, "one two  three\n四五六七八九");
        let Some(ChatEvent::Done { finish, usage }) = end else { panic!("an end") };
        assert_eq!((finish, usage.input, usage.output), (Finish::Stop, 7, tokens(&text)));
    }

    #[tokio::test]
    async fn a_limit_ends_the_answer_and_says_so() {
        let (text, end) = texts("one two three four", Some(2), Ending::Whole).await;
        assert_eq!(text, "one two ");
        assert!(matches!(end, Some(ChatEvent::Done { finish: Finish::Length, .. })));
    }

    #[tokio::test]
    async fn a_cut_stream_has_no_end() {
        let (text, end) = texts("one two three four", None, Ending::Cut).await;
        assert_eq!((text.as_str(), end), ("one two t", None));
    }

    #[tokio::test]
    async fn words_come_at_the_rate() {
        let begun = tokio::time::Instant::now();
        let text = "word ".repeat(20);
        let count = words(text, 0, None, 100.0, Ending::Whole).count().await;
        assert_eq!(count, 21);
        // 100 characters are 25 tokens: a quarter of a second.
        let taken = begun.elapsed().as_secs_f64();
        assert!((0.24..2.0).contains(&taken), "{taken}");
    }
}
