//! Styled text, wrapped by what it really takes on a terminal: wide letters take two columns, marks none.

use anstyle::{Ansi256Color, AnsiColor, Color, Effects, RgbColor, Style};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How much colour the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// None: a file, a pipe, or `NO_COLOR`.
    None,
    /// 256 colours.
    Indexed,
    /// All of them.
    True,
}

/// A piece of text in one style.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) style: Style,
}

/// Spans that stand side by side.
pub(crate) type Line = Vec<Span>;

/// Text without a style.
pub(crate) fn plain(text: impl AsRef<str>) -> Span {
    styled(text, Style::new())
}

/// Text in a style. What comes from a model or a user may hold control characters, which could move the cursor or
/// repaint the screen: they do not get through.
pub(crate) fn styled(text: impl AsRef<str>, style: Style) -> Span {
    Span { text: clean(text.as_ref()), style }
}

pub(crate) const BOLD: Style = Style::new().effects(Effects::BOLD);
pub(crate) const DIM: Style = Style::new().effects(Effects::DIMMED);
pub(crate) const ITALIC: Style = Style::new().effects(Effects::ITALIC);

/// An ordinary terminal colour.
pub(crate) const fn ansi(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(color)))
}

/// Text without control characters and without marks that turn the direction of writing.
fn clean(text: &str) -> String {
    text.chars()
        .filter_map(|letter| match letter {
            '\n' => Some('\n'),
            '\t' => Some(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
            letter if letter.is_control() => None,
            letter => Some(letter),
        })
        .collect()
}

impl Colour {
    /// The style of a persona's colour, `#rrggbb`.
    pub(crate) fn hex(self, code: &str) -> Style {
        let digits = code.trim_start_matches('#');
        let part = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let (Some(red), Some(green), Some(blue)) = (part(0), part(2), part(4)) else { return Style::new() };
        let color = match self {
            Self::None => return Style::new(),
            Self::True => Color::Rgb(RgbColor(red, green, blue)),
            Self::Indexed => {
                let step = |value: u8| u8::try_from((u16::from(value) * 5 + 127) / 255).unwrap_or(5);
                Color::Ansi256(Ansi256Color(16 + 36 * step(red) + 6 * step(green) + step(blue)))
            }
        };
        Style::new().fg_color(Some(color))
    }

    /// Writes a line, with escape codes where the terminal has colour.
    pub(crate) fn write(self, line: &[Span], into: &mut String) {
        let last = line.iter().rposition(|span| !span.text.trim_end().is_empty());
        for (index, span) in line.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            let text = if Some(index) == last { span.text.trim_end() } else { span.text.as_str() };
            if self == Self::None || span.style == Style::new() {
                into.push_str(text);
            } else {
                into.push_str(&format!("{}{text}{:#}", span.style, span.style));
            }
        }
        into.push('\n');
    }
}

/// The columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The columns that a line takes.
pub(crate) fn line_width(line: &[Span]) -> usize {
    line.iter().map(|span| width(&span.text)).sum()
}

/// What may not be broken: a word, or one wide letter with the marks that belong to it.
#[derive(Debug, Default)]
struct Token {
    spans: Vec<Span>,
    width: usize,
    /// The blank in front of it, when there is one.
    blank: Option<Style>,
    /// Whether a new line has to begin here.
    breaks: bool,
}

/// Breaks `spans` into lines of at most `columns`.
pub(crate) fn wrap(spans: &[Span], columns: usize) -> Vec<Line> {
    let columns = columns.max(8);
    let mut lines: Vec<Line> = Vec::new();
    let mut line: Line = Vec::new();
    let mut used = 0;
    for token in tokens(spans) {
        let blank = usize::from(token.blank.is_some() && used > 0);
        if token.breaks || (used > 0 && used + blank + token.width > columns) {
            lines.push(std::mem::take(&mut line));
            used = 0;
        } else if blank == 1 {
            push(&mut line, " ", token.blank.unwrap_or_default());
            used += 1;
        }
        for span in token.spans {
            for letter in pieces(&span.text) {
                let wide = width(letter);
                // Only a word longer than a whole line is broken inside.
                if used + wide > columns {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                push(&mut line, letter, span.style);
                used += wide;
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

fn push(line: &mut Line, text: &str, style: Style) {
    match line.last_mut() {
        Some(last) if last.style == style => last.text.push_str(text),
        _ => line.push(Span { text: text.to_owned(), style }),
    }
}

fn tokens(spans: &[Span]) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut token = Token::default();
    for span in spans {
        for letter in pieces(&span.text) {
            let first = letter.chars().next().unwrap_or(' ');
            if first == '\n' {
                finish(&mut tokens, &mut token);
                token.breaks = true;
                token.blank = None;
            } else if first == ' ' {
                finish(&mut tokens, &mut token);
                token.blank = Some(span.style);
            } else {
                let wide = width(letter);
                let after_wide = token.spans.last().and_then(|last| last.text.chars().last()).is_some_and(is_wide);
                // Chinese, Japanese and Korean text may be broken between letters, but no line begins with a stop.
                if token.width > 0 && (wide == 2 || after_wide) && !closes(first) {
                    finish(&mut tokens, &mut token);
                }
                push(&mut token.spans, letter, span.style);
                token.width += wide;
            }
        }
    }
    finish(&mut tokens, &mut token);
    tokens
}

fn finish(tokens: &mut Vec<Token>, token: &mut Token) {
    if token.width > 0 || token.breaks {
        if token.width == 0 && !tokens.is_empty() {
            // An empty line between two breaks.
            tokens.push(Token { breaks: true, ..Token::default() });
            token.breaks = false;
            return;
        }
        tokens.push(std::mem::take(token));
    }
}

fn is_wide(letter: char) -> bool {
    letter.width() == Some(2)
}

fn closes(letter: char) -> bool {
    "、。，．：；！？）」』】》〉”’…,.;:!?)]}".contains(letter)
}

/// The letters of a text, each with the marks, joiners and modifiers that belong to it.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut letters = rest.char_indices().peekable();
        let (_, first) = letters.next()?;
        let mut joined = false;
        let mut flag = is_regional(first);
        let mut end = first.len_utf8();
        while let Some(&(at, letter)) = letters.peek() {
            let belongs = joined
                || (letter.width() == Some(0) && !letter.is_control())
                || ('\u{1f3fb}'..='\u{1f3ff}').contains(&letter)
                || (flag && is_regional(letter));
            if !belongs || first == '\n' {
                break;
            }
            joined = letter == '\u{200d}';
            flag = false;
            end = at + letter.len_utf8();
            letters.next();
        }
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

const fn is_regional(letter: char) -> bool {
    matches!(letter, '\u{1f1e6}'..='\u{1f1ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, columns: usize) -> Vec<String> {
        wrap(&[plain(text)], columns)
            .iter()
            .map(|line| line.iter().map(|span| span.text.as_str()).collect::<String>())
            .collect()
    }

    #[test]
    fn words_are_kept_whole_where_they_fit() {
        assert_eq!(texts("one two  three four", 9), ["one two", "three", "four"]);
        assert_eq!(texts("a\n\nb", 20), ["a", "", "b"]);
        assert_eq!(texts("abcdefghijklmno x", 10), ["abcdefghij", "klmno x"]);
        assert_eq!(texts("", 10), [""]);
    }

    #[test]
    fn wide_letters_count_twice_and_stops_stay_with_them() {
        assert_eq!(texts("我们应该搬家吗？是的。", 10), ["我们应该搬", "家吗？是", "的。"]);
        for line in texts("我们应该搬家吗？是的。abc def 东西", 9) {
            assert!(width(&line) <= 9, "{line}");
        }
    }

    #[test]
    fn emoji_sequences_are_not_torn() {
        let family = "👩‍👩‍👧‍👦";
        for line in texts(&format!("{family} {family} {family} {family} {family}"), 8) {
            assert_eq!(line.chars().filter(|letter| *letter == '👩').count() % 2, 0, "{line}");
            assert!(width(&line) <= 8);
        }
        assert_eq!(pieces("🇵🇹🇩🇪é").collect::<Vec<_>>(), ["🇵🇹", "🇩🇪", "é"]);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\u{7}\r\u{9b}c\u{202e}d\te").text, "a[2Jbcd e");
    }

    #[test]
    fn a_persona_colour_is_shown_as_the_terminal_can() {
        let mut text = String::new();
        Colour::True.write(&[styled("x", Colour::True.hex("#69784b"))], &mut text);
        assert_eq!(text, "\u{1b}[38;2;105;120;75mx\u{1b}[0m\n");
        text.clear();
        Colour::Indexed.write(&[styled("x", Colour::Indexed.hex("#69784b"))], &mut text);
        assert_eq!(text, "\u{1b}[38;5;101mx\u{1b}[0m\n");
        text.clear();
        Colour::None.write(&[styled("x", Colour::True.hex("#69784b")), plain("  ")], &mut text);
        assert_eq!(text, "x\n");
        assert_eq!(Colour::True.hex("blue"), Style::new());
    }
}
