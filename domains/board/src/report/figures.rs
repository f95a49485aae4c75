//! Figures in a text, read so that the same amount written in two ways is the same: `200k`, `200,000`, `200.000`, `20万`.
//! Pure, for the rule that no figure in a report goes without a source (BRD-27).

/// A figure as it stands in a text, with every value it may have: `1.200` is twelve hundred in one country and a little
/// more than one in another.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    /// As it is written, unit signs aside.
    pub(super) text: String,
    /// The values it may have.
    pub(super) values: Vec<f64>,
    /// Whether it is a bare whole number, without a per cent sign, a multiplier or a currency.
    pub(super) bare: bool,
}

/// Two values this near to each other, relative to their size, are the same.
const SAME: f64 = 0.0005;
/// A result of arithmetic may be rounded by this much.
const ROUNDED: f64 = 0.005;
/// The most figures that arithmetic is tried with.
const MOST: usize = 60;

impl Figure {
    /// Whether the two may be the same amount.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.values.iter().any(|a| other.values.iter().any(|b| near(*a, *b, SAME)))
    }

    /// Whether it is one of these.
    pub(super) fn is_among(&self, figures: &[Self]) -> bool {
        figures.iter().any(|other| self.same(other))
    }

    /// Whether it is the sum, difference, product or quotient of two of these, or a share of one in another.
    pub(super) fn follows_from(&self, figures: &[Self]) -> bool {
        let known: Vec<f64> = figures.iter().take(MOST).flat_map(|figure| &figure.values).copied().collect();
        known.iter().enumerate().any(|(place, a)| {
            known.iter().enumerate().filter(|(other, _)| *other != place).any(|(_, b)| {
                let results = [a + b, a - b, a * b, a / b, 100.0 * a / b];
                results.iter().any(|result| self.values.iter().any(|value| near(*value, *result, ROUNDED)))
            })
        })
    }

    /// A small whole number that counts things: no claim about the world by itself.
    pub(super) fn is_small_count(&self) -> bool {
        self.bare && self.values.iter().all(|value| *value <= 12.0)
    }

    /// A figure of this value.
    pub(super) fn of(value: f64) -> Self {
        Self { text: value.to_string(), values: vec![value], bare: true }
    }
}

fn near(a: f64, b: f64, share: f64) -> bool {
    a.is_finite() && b.is_finite() && (a - b).abs() <= share * a.abs().max(b.abs())
}

/// Every figure of a text, in its order. Refs (`C3`) and names with digits (`CO2`) are none.
pub(super) fn figures(text: &str) -> Vec<Figure> {
    let characters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        if !characters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = number_end(&characters, at);
        let before = at.checked_sub(1).and_then(|place| characters.get(place)).copied();
        if !before.is_some_and(is_letter) {
            found.extend(read(&characters, at, end, before));
        }
        at = end;
    }
    found
}

/// A letter of an alphabet; a Chinese character before a number belongs to the sentence and not to the number.
fn is_letter(c: char) -> bool {
    c == '_' || (c.is_alphabetic() && c < '\u{2e80}')
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}')
}

/// Where a number that begins at `at` ends: digits, and separators that digits follow. A space parts thousands only.
fn number_end(characters: &[char], at: usize) -> usize {
    let digits = |from: usize| characters.iter().skip(from).take_while(|c| c.is_ascii_digit()).count();
    let first = digits(at);
    let mut end = at + first;
    while let Some(separator) = characters.get(end) {
        let group = digits(end + 1);
        let goes_on = match separator {
            '.' | ',' => group > 0,
            '\'' | '’' => group == 3,
            c if is_space(*c) => group == 3 && first <= 3 && !characters[at..end].contains(&'.'),
            _ => false,
        };
        if !goes_on {
            break;
        }
        end += 1 + group;
    }
    end
}

fn read(characters: &[char], at: usize, end: usize, before: Option<char>) -> Option<Figure> {
    let raw: String = characters[at..end].iter().collect();
    let rest: String = characters.iter().skip(end).take(14).collect();
    let (factors, percent) = multiplier(&rest);
    let mut values: Vec<f64> =
        readings(&raw).into_iter().flat_map(|value| factors.iter().map(move |factor| value * factor)).collect();
    if percent {
        // 60 % and a share of 0.6 are the same.
        let shares: Vec<f64> = values.iter().map(|value| value / 100.0).collect();
        values.extend(shares);
    }
    let money = |c: Option<char>| c.is_some_and(|c| matches!(c, '€' | '$' | '£' | '¥'));
    let bare = !percent
        && factors == [1.0]
        && raw.chars().all(|c| c.is_ascii_digit())
        && !money(before)
        && !money(rest.trim_start().chars().next());
    (!values.is_empty()).then_some(Figure { text: raw, values, bare })
}

/// Every value that digits with separators may mean.
fn readings(raw: &str) -> Vec<f64> {
    let plain: String = raw.chars().filter(|c| !is_space(*c) && !matches!(c, '\'' | '’')).collect();
    let separators: Vec<char> = plain.chars().filter(|c| matches!(c, '.' | ',')).collect();
    let without = |gone: char| plain.replace(gone, "");
    let candidates = match separators.as_slice() {
        [] => vec![plain],
        [one] => {
            let groups: Vec<&str> = plain.split(*one).collect();
            let decimal = plain.replace(',', ".");
            let is_thousands = matches!(groups.as_slice(), [first, last]
                if last.len() == 3 && first.len() <= 3 && !first.starts_with('0'));
            if is_thousands { vec![without(*one), decimal] } else { vec![decimal] }
        }
        [first, rest @ ..] if rest.iter().all(|c| c == first) => vec![without(*first)],
        [first, ..] => vec![without(*first).replace(',', ".")],
    };
    candidates.iter().filter_map(|text| text.parse().ok()).collect()
}

/// What the words after a number multiply it by, and whether it is a share of a hundred.
fn multiplier(rest: &str) -> (Vec<f64>, bool) {
    let after = rest.trim_start_matches(is_space).to_lowercase();
    let attached = rest.chars().next().is_some_and(|c| !is_space(c));
    if after.starts_with('%')
        || after.starts_with("percent")
        || after.starts_with("per cent")
        || after.starts_with("por ciento")
    {
        return (vec![1.0], true);
    }
    for (sign, factor) in [('万', 1e4), ('萬', 1e4), ('亿', 1e8), ('億', 1e8), ('千', 1e3)] {
        if after.starts_with(sign) {
            return (vec![factor], false);
        }
    }
    let word: String = after.chars().take_while(|c| c.is_alphabetic() && *c < '\u{2e80}').collect();
    let factors = match word.as_str() {
        "k" | "thousand" | "mil" | "tsd" => vec![1e3],
        "million" | "millions" | "millón" | "millones" | "mio" | "mln" => vec![1e6],
        "bn" | "billion" | "billions" => vec![1e9],
        // Metres, months or a million: any of them.
        "m" if attached => vec![1.0, 1e6],
        _ => vec![1.0],
    };
    (factors, false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(text: &str) -> Figure {
        let found = figures(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found[0].clone()
    }

    #[test]
    fn one_amount_in_many_spellings_is_one_amount() {
        for text in
            ["200k euros", "€200,000", "200.000 euros", "200 000 €", "200'000", "20万欧元", "0.2 million", "200 mil"]
        {
            assert!(one(text).same(&one("200000")), "{text}");
        }
        assert!(one("60 %").same(&one("0.6")) && one("3,5 %").same(&one("3.5 percent")));
        assert!(one("1,234.56").same(&one("1.234,56")));
        assert!(!one("200").same(&one("200k")) && !one("12").same(&one("120")));
        assert!(one("1.200").same(&one("1200")) && one("1.200").same(&one("1.2")));
    }

    #[test]
    fn refs_and_names_are_no_figures() {
        assert!(figures("[C3] and S1 say that CO2, v2 and B2B matter").is_empty());
        assert_eq!(figures("12-person company, 200k, by 2027").len(), 3);
        assert_eq!(figures("公司有12人，预算20万").len(), 2);
        assert_eq!(
            figures("from 3 to 4.5 of 10,000").iter().map(|it| it.text.as_str()).collect::<Vec<_>>(),
            ["3", "4.5", "10,000"]
        );
    }

    #[test]
    fn arithmetic_on_given_figures_is_seen() {
        let given = figures("12 people, 200k euros, one year of 12 months");
        assert!(one("about 16,700 euros").follows_from(&given), "200k / 12");
        assert!(!one("45,300 euros").follows_from(&given));
        assert!(one("6 %").follows_from(&figures("12 of 200")));
        assert!(one("7").is_small_count() && !one("7 %").is_small_count() && !one("€7").is_small_count());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,80}") {
            for figure in figures(&text) {
                prop_assert!(!figure.values.is_empty() && figure.values.iter().all(|value| *value >= 0.0));
            }
        }

        #[test]
        fn a_whole_number_is_found_however_it_is_grouped(number in 1u32..999_999_999) {
            let plain = number.to_string();
            let grouped = |separator: &str| {
                let groups: Vec<String> = plain.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned()).collect();
                groups.join(separator)
            };
            for separator in [",", ".", " ", "\u{202f}", "'", ""] {
                let found = figures(&format!("about {} of them", grouped(separator)));
                prop_assert_eq!(found.len(), 1);
                prop_assert!(found[0].same(&Figure::of(f64::from(number))), "{:?}", found);
            }
        }
    }
}
