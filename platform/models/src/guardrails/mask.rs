//! What of a person is found in a text, and what stands there instead.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use regex::{Captures, Regex};

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
            let replaced = pattern.replace_all(&masked, |found: &Captures<'_>| {
                let found = &found[0];
                if is_real(*kind, found) { format!("[{}]", kind.name()) } else { found.to_owned() }
            });
            if let Cow::Owned(replaced) = replaced
                && replaced != *masked
            {
                masked = Cow::Owned(replaced);
            }
        }
        masked
    }
}

/// What may be one. What else it takes to be one is in [`is_real`].
const fn pattern(kind: Personal) -> &'static str {
    match kind {
        Personal::Email => r"(?i)[\p{L}\p{N}._%+'-]+@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,24}",
        Personal::Iban => r"(?i)\b[a-z]{2}[0-9]{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,4})?\b",
        Personal::Card => r"\b[0-9](?:[ -]?[0-9]){12,18}\b",
        Personal::Ip => r"(?i)\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b|\b[0-9a-f]{1,4}(?:::?[0-9a-f]{1,4}){1,7}\b",
        Personal::Phone => {
            r"\+[0-9][0-9 ().\-/]{6,18}[0-9]|\(0?[0-9]{2,5}\)[0-9 .\-/]{4,12}[0-9]|\b[0-9]{3}[.\-][0-9]{3,4}[.\-][0-9]{4}\b"
        }
    }
}

fn is_real(kind: Personal, found: &str) -> bool {
    match kind {
        Personal::Email => true,
        Personal::Phone => (7..=15).contains(&digits(found).count()),
        Personal::Card => has_check_digit(found),
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
