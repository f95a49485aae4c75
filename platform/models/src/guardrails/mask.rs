//! What of a person is found in a text, and what stands there instead.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use regex::Regex;

use crate::config::Personal;

/// Finds what is hidden.
#[derive(Debug)]
pub(super) struct Masks(Vec<(Personal, Regex)>);

impl Masks {
    /// Those of these kinds, each once. Longer numbers come before those that could be a part of them.
    pub(super) fn new(kinds: &[Personal]) -> Result<Self, regex::Error> {
        let order = [Personal::Email, Personal::Iban, Personal::Card, Personal::Ip, Personal::Phone];
        let wanted = order.into_iter().filter(|kind| kinds.contains(kind));
        let masks: Result<Vec<_>, _> =
            wanted.map(|kind| Regex::new(pattern(kind)).map(|pattern| (kind, pattern))).collect();
        masks.map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text with what was found replaced by the name of its kind in brackets.
    pub(super) fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = Cow::Borrowed(text);
        for (kind, pattern) in &self.0 {
            if let Some(replaced) = replaced(*kind, pattern, &masked) {
                masked = Cow::Owned(replaced);
            }
        }
        masked
    }
}

/// The text with all of one kind replaced; `None` when there is none.
fn replaced(kind: Personal, pattern: &Regex, text: &str) -> Option<String> {
    let mut out: Option<String> = None;
    // Up to where the text has been taken over, and from where it is searched.
    let (mut taken, mut from) = (0, 0);
    while let Some(found) = pattern.find_at(text, from) {
        match real(kind, text, found.range()) {
            Some(end) => {
                let out = out.get_or_insert_default();
                out.push_str(text.get(taken..found.start()).unwrap_or_default());
                out.push_str(&format!("[{}]", kind.name()));
                (taken, from) = (end, end);
            }
            // What begins one letter later may be one all the same.
            None => from = found.start() + text.get(found.start()..)?.chars().next()?.len_utf8(),
        }
    }
    let mut out = out?;
    out.push_str(text.get(taken..).unwrap_or_default());
    Some(out)
}

/// Where what was found really ends: a number is often followed by another one, or by a word, that looks like a part of
/// it. The longest beginning that is real counts.
fn real(kind: Personal, text: &str, found: Range<usize>) -> Option<usize> {
    let ends = text.get(found.clone())?.char_indices().map(|(at, letter)| found.start + at + letter.len_utf8());
    let ends: Vec<usize> = ends.collect();
    let is_edge =
        |end: usize| !text.get(end..).is_some_and(|rest| rest.starts_with(|next: char| next.is_alphanumeric()));
    ends.into_iter().rev().find(|end| {
        let candidate = text.get(found.start..*end).unwrap_or_default();
        is_edge(*end) && candidate.ends_with(|last: char| last.is_alphanumeric()) && is_real(kind, candidate)
    })
}

/// What may be one. What else it takes to be one is in [`is_real`]. Edges of words are those of ASCII, or other scripts
/// would be searched many times slower.
const fn pattern(kind: Personal) -> &'static str {
    match kind {
        Personal::Email => r"(?i)[\p{L}\p{N}._%+'-]+@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,24}",
        Personal::Iban => r"(?i)(?-u:\b)[a-z]{2}[0-9]{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,4})?(?-u:\b)",
        Personal::Card => r"(?-u:\b)[0-9](?:[ -]?[0-9]){12,18}(?-u:\b)",
        Personal::Ip => {
            r"(?i)(?-u:\b)(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?-u:\b)|(?-u:\b)[0-9a-f]{1,4}(?:::?[0-9a-f]{1,4}){1,7}(?-u:\b)"
        }
        Personal::Phone => {
            r"\+[0-9][0-9 ().\-/]{6,18}[0-9]|\(0?[0-9]{2,5}\)[0-9 .\-/]{4,12}[0-9]|(?-u:\b)[0-9]{3}[.\-][0-9]{3,4}[.\-][0-9]{4}(?-u:\b)"
        }
    }
}

fn is_real(kind: Personal, found: &str) -> bool {
    match kind {
        Personal::Email => true,
        Personal::Phone => (7..=15).contains(&digits(found).count()),
        Personal::Card => (13..=19).contains(&digits(found).count()) && has_check_digit(found),
        Personal::Iban => has_check_digits(found),
        // Names in programs are written like addresses too: `ace::bad`.
        Personal::Ip => {
            digits(found).next().is_some() && (found.parse::<Ipv4Addr>().is_ok() || found.parse::<Ipv6Addr>().is_ok())
        }
    }
}

fn digits(text: &str) -> impl DoubleEndedIterator<Item = u32> {
    text.chars().filter_map(|letter| letter.to_digit(10))
}

/// The check of payment cards (ISO/IEC 7812-1): counted from the right, every second digit doubled.
fn has_check_digit(card: &str) -> bool {
    let sum: u32 = digits(card)
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum > 0 && sum.is_multiple_of(10)
}

/// The check of account numbers (ISO 13616): the first four letters at the end, letters as 10 to 35, all of it modulo
/// 97 is 1.
fn has_check_digits(iban: &str) -> bool {
    let letters: Vec<char> = iban.chars().filter(|letter| *letter != ' ').collect();
    if !(15..=34).contains(&letters.len()) {
        return false;
    }
    let (country, rest) = letters.split_at(4);
    let remainder = rest.iter().chain(country).try_fold(0_u32, |remainder, letter| {
        let value = letter.to_digit(36)?;
        Some((remainder * if value < 10 { 10 } else { 100 } + value) % 97)
    });
    remainder == Some(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masked(text: &str) -> String {
        Masks::new(&Personal::ALL).unwrap().apply(text).into_owned()
    }

    #[test]
    fn what_belongs_to_a_person_is_hidden() {
        for (text, expected) in [
            ("Write to Ada.L+x@mail.example.co.uk, please.", "Write to [email], please."),
            ("zoë@bücher.example", "[email]"),
            ("Card 4111 1111 1111 1111, or 5500-0000-0000-0004.", "Card [card], or [card]."),
            ("IBAN DE89 3704 0044 0532 0130 00 now", "IBAN [iban] now"),
            ("gb82west12345698765432", "[iban]"),
            ("from 192.168.0.17 and 2001:db8::8a2e:370:7334.", "from [ip] and [ip]."),
            ("Call +44 20 7946 0958 or (020) 7946 0958", "Call [phone] or [phone]"),
            ("call 415-555-0132", "call [phone]"),
            ("4111 1111 1111 1111 12/27 123", "[card] 12/27 123"),
            ("order 1234 4111111111111111 2026-11-21", "order 1234 [card] 2026-11-21"),
            ("BE68 5390 0754 7034 please", "[iban] please"),
            ("AT61 1904 3002 3457 3201 for Ada", "[iban] for Ada"),
            ("+4915123456789 2026-11-21", "[phone] 2026-11-21"),
            ("\u{6211}\u{7684}\u{5361} 4111111111111111\u{3002}", "\u{6211}\u{7684}\u{5361} [card]\u{3002}"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn what_only_looks_like_it_stays() {
        for text in [
            "4111 1111 1111 1112 is no card",
            "DE88 3704 0044 0532 0130 00 is no account",
            "version 1.2.3.400, ratio 12:30:45, std::fmt and ace::bad",
            "on 2026-11-21 at 12:30, 1,000,000 of 3.14159",
            "a@b, @home, see § 12 and 100 000",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn only_what_is_asked_for_is_hidden() {
        let masks = Masks::new(&[Personal::Email]).unwrap();
        assert_eq!(masks.apply("a@b.example 192.168.0.17"), "[email] 192.168.0.17");
        assert!(Masks::new(&[]).unwrap().is_empty());
        assert!(matches!(masks.apply("nothing here"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_was_hidden_is_hidden_for_good() {
        // Made once: in a debug build that takes longer than all the cases.
        let masks = Masks::new(&Personal::ALL).unwrap();
        let texts = "[0-9a-f@.:+() -]{0,60}|[ -~\u{e9}\u{4e00}]{0,60}";
        proptest!(ProptestConfig::with_cases(200), |(text in texts)| {
            let once = masks.apply(&text).into_owned();
            prop_assert_eq!(masks.apply(&once).into_owned(), once);
        });
    }
}
