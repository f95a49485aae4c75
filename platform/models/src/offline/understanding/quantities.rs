use super::language::{Language, is_han};

/// A number of the user's with what it counts.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::offline) struct Quantity {
    /// The plain value: 200000 for "200k"; months for times.
    pub(in crate::offline) value: f64,
    pub(super) kind: Kind,
    pub(super) role: Role,
    /// As the user wrote it: "200k euros".
    pub(in crate::offline) said: String,
    /// The noun that is counted: "customers", "offices".
    pub(in crate::offline) noun: String,
    /// Whether it comes again every month.
    pub(super) monthly: bool,
    /// Whether it is per head, seat or unit.
    pub(super) each: bool,
    /// Whether "from" stands before it, so that the next one is where it goes to.
    pub(super) begins_change: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Money(Currency),
    People,
    Time,
    Percent,
    Count,
}

/// A currency as the user writes it: before the number or after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Currency {
    pub(super) before: String,
    pub(super) after: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Budget,
    Revenue,
    Salary,
    Price,
    Funding,
    Savings,
    Cost,
    Customers,
    Deadline,
    Other,
}

const SYMBOLS: &[char] = &['€', '$', '£', '¥', '₹', '₽', '₪'];
const MOST: usize = 24;

pub(super) fn find(text: &str, language: Language) -> Vec<Quantity> {
    let characters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < characters.len() && found.len() < MOST {
        let previous = at.checked_sub(1).and_then(|index| characters.get(index));
        let begins = characters.get(at).is_some_and(char::is_ascii_digit)
            && previous.is_none_or(|previous| !previous.is_ascii_alphanumeric() && *previous != '.');
        if begins {
            let (quantity, end) = number_at(&characters, at, language);
            found.extend(quantity);
            at = end.max(at + 1);
        } else if let Some((quantity, end)) = number_word_at(&characters, at, language) {
            found.push(quantity);
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

/// The lower-case words around a place, nearest first, not across sentence ends.
fn words_from(characters: &[char], from: usize, most: usize) -> Vec<(String, usize)> {
    let mut words = Vec::new();
    let mut word = String::new();
    for (index, character) in characters.iter().enumerate().skip(from) {
        let joins = character.is_alphabetic() && !is_han(*character) || *character == '%';
        if joins {
            word.extend(character.to_lowercase());
            continue;
        }
        if !word.is_empty() {
            words.push((std::mem::take(&mut word), index));
        }
        if words.len() >= most
            || matches!(character, '.' | ',' | ';' | '?' | '!' | '\n' | '(' | ')' | ':')
            || character.is_ascii_digit()
        {
            return words;
        }
        if is_han(*character) {
            words.push((character.to_string(), index + 1));
        }
    }
    if !word.is_empty() {
        words.push((word, characters.len()));
    }
    words
}

fn words_before(characters: &[char], before: usize) -> Vec<String> {
    let from = before.saturating_sub(48);
    let text: String = characters.get(from..before).unwrap_or_default().iter().collect();
    let text = text.rsplit(['?', '!', ';', '\n']).next().unwrap_or_default().to_lowercase();
    // A full stop ends a sentence only before a blank, so that "1.5" does not.
    let text = text.rsplit(". ").next().unwrap_or_default();
    text.split(|character: char| !character.is_alphanumeric())
        .rev()
        .filter(|word| !word.is_empty())
        .take(5)
        .map(str::to_owned)
        .collect()
}

fn number_at(characters: &[char], at: usize, language: Language) -> (Option<Quantity>, usize) {
    let mut end = at;
    while characters.get(end).is_some_and(|character| {
        character.is_ascii_digit()
            || (matches!(character, '.' | ',' | '\'') && characters.get(end + 1).is_some_and(char::is_ascii_digit))
    }) {
        end += 1;
    }
    let digits: String = characters.get(at..end).unwrap_or_default().iter().collect();
    let Some(mut value) = parse(&digits, language) else { return (None, end) };
    let symbol =
        at.checked_sub(1).and_then(|index| characters.get(index)).filter(|before| SYMBOLS.contains(before)).copied();
    let bare = end - at == 4 && (1900.0..=2100.0).contains(&value);
    let mut magnitude = false;
    let tail: Vec<char> = characters.get(end..).unwrap_or_default().iter().take(2).copied().collect();
    let after_tail = characters.get(end + 1).is_none_or(|next| !next.is_alphabetic() || is_han(*next));
    let scale = match tail.first() {
        Some('k' | 'K') if after_tail => Some((1e3, 1)),
        Some('m' | 'M') if after_tail => Some((1e6, 1)),
        Some('b' | 'B') if tail.get(1).is_some_and(|next| matches!(next, 'n' | 'N')) => Some((1e9, 2)),
        Some('万') => Some((1e4, 1)),
        Some('亿') => Some((1e8, 1)),
        _ => None,
    };
    if let Some((factor, length)) = scale {
        value *= factor;
        end += length;
        magnitude = true;
    }
    let mut words = words_from(characters, end, 4);
    if let Some((word, stop)) = words.first() {
        let factor = match word.as_str() {
            "thousand" | "mil" | "grand" => 1e3,
            "million" | "millones" | "millón" | "mio" | "mn" => 1e6,
            "billion" => 1e9,
            _ => 1.0,
        };
        if factor > 1.0 {
            value *= factor;
            end = *stop;
            magnitude = true;
            words = words_from(characters, end, 4);
        }
    }
    let before = words_before(characters, symbol.map_or(at, |_| at - 1));
    let start = if symbol.is_some() { at - 1 } else { at };
    let quantity = classify(characters, start, end, value, symbol, &words, &before);
    // A bare year is no quantity, neither is a bare number without a noun.
    let quantity =
        quantity.filter(|quantity| !(bare && !magnitude && symbol.is_none() && matches!(quantity.kind, Kind::Count)));
    (quantity, end)
}

/// Digits with grouping and decimal marks: "200,000", "1.5", "200.000", "1'000".
fn parse(digits: &str, language: Language) -> Option<f64> {
    let digits = digits.replace('\'', "");
    let mark = digits.rfind(['.', ',']);
    let plain = match mark {
        None => digits,
        Some(last) => {
            let marks = digits.matches(['.', ',']).count();
            let behind = digits.len() - last - 1;
            let is_dot = digits.get(last..=last) == Some(".");
            let groups =
                behind == 3 && (marks > 1 || !is_dot || language == Language::Spanish) && digits.get(..1) != Some("0");
            let whole: String = digits.get(..last)?.chars().filter(char::is_ascii_digit).collect();
            let fraction = digits.get(last + 1..)?;
            if groups { format!("{whole}{fraction}") } else { format!("{whole}.{fraction}") }
        }
    };
    plain.parse::<f64>().ok().filter(|value| value.is_finite() && *value < 1e15)
}

const NUMBER_WORDS: &[(&str, f64)] = &[
    ("half a", 0.5),
    ("a", 1.0),
    ("an", 1.0),
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("twelve", 12.0),
    ("eighteen", 18.0),
    ("un", 1.0),
    ("una", 1.0),
    ("dos", 2.0),
    ("tres", 3.0),
    ("cuatro", 4.0),
    ("cinco", 5.0),
    ("seis", 6.0),
    ("doce", 12.0),
    ("dieciocho", 18.0),
];
const HAN_NUMBERS: &[(char, f64)] =
    &[('一', 1.0), ('两', 2.0), ('三', 3.0), ('四', 4.0), ('五', 5.0), ('六', 6.0), ('半', 0.5), ('十', 10.0)];

/// "a year", "six months", "two engineers": number words count only before a time or people.
fn number_word_at(characters: &[char], at: usize, language: Language) -> Option<(Quantity, usize)> {
    let first = *characters.get(at)?;
    if language == Language::Chinese {
        let (_, value) = HAN_NUMBERS.iter().find(|(sign, _)| *sign == first)?;
        let words = words_from(characters, at + 1, 3);
        let quantity = classify(characters, at, at + 1, *value, None, &words, &words_before(characters, at))?;
        return matches!(quantity.kind, Kind::Time).then_some((quantity, at + 1));
    }
    let previous = at.checked_sub(1).and_then(|index| characters.get(index));
    if !first.is_alphabetic() || previous.is_some_and(|previous| previous.is_alphanumeric() || *previous == '\'') {
        return None;
    }
    let ahead: String = characters.get(at..)?.iter().take(10).collect::<String>().to_lowercase();
    let (word, value) = NUMBER_WORDS
        .iter()
        .find(|(word, _)| ahead.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '-'])))?;
    let end = at + word.chars().count();
    let words = words_from(characters, end, 4);
    let before = words_before(characters, at);
    // "$5 a month" is a rate, no time of its own.
    if before.first().is_some_and(|word| {
        word.chars().any(|character| character.is_ascii_digit())
            || ["each", "euros", "dollars", "once", "times"].contains(&word.as_str())
    }) {
        return None;
    }
    let quantity = classify(characters, at, end, *value, None, &words, &before)?;
    let wanted = matches!(quantity.kind, Kind::Time) || (matches!(quantity.kind, Kind::People) && *value > 1.0);
    wanted.then_some((quantity, end))
}

fn classify(
    characters: &[char],
    start: usize,
    end: usize,
    value: f64,
    symbol: Option<char>,
    words: &[(String, usize)],
    before: &[String],
) -> Option<Quantity> {
    let first = words.first().map(|(word, _)| word.as_str()).unwrap_or_default();
    let said_to = |stop: usize| -> String {
        let said: String = characters.get(start..stop.max(end)).unwrap_or_default().iter().collect();
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut quantity = Quantity {
        value,
        kind: Kind::Count,
        role: Role::Other,
        said: said_to(end),
        noun: String::new(),
        monthly: false,
        each: false,
        begins_change: before.first().is_some_and(|word| matches!(word.as_str(), "from" | "de" | "从")),
    };
    let after: String = characters.get(end..).unwrap_or_default().iter().take(28).collect::<String>().to_lowercase();
    if first.starts_with('%')
        || matches!(first, "percent" | "pct")
        || after.trim_start().starts_with("per cent")
        || after.trim_start().starts_with("por ciento")
    {
        quantity.kind = Kind::Percent;
        quantity.said = format!("{}%", said_to(end).trim_end_matches('%'));
        return Some(quantity);
    }
    let code = before.first().filter(|word| ["eur", "usd", "gbp", "chf"].contains(&word.as_str()));
    let currency_word = currency_word(first, &after);
    if symbol.is_some() || code.is_some() || currency_word.is_some() {
        let (before_sign, after_sign) = match (symbol, code, &currency_word) {
            (Some(symbol), _, _) => (symbol.to_string(), String::new()),
            (None, _, Some(word)) => (String::new(), word.clone()),
            (None, Some(code), None) => (format!("{} ", code.to_uppercase()), String::new()),
            (None, None, None) => (String::new(), String::new()),
        };
        if let Some(word) = &currency_word
            && symbol.is_none()
        {
            quantity.said = if word.chars().all(is_han) || SYMBOLS.iter().any(|sign| word.starts_with(*sign)) {
                format!("{}{word}", said_to(end))
            } else {
                said_to(words.first().map_or(end, |(_, stop)| *stop))
            };
        }
        quantity.kind = Kind::Money(Currency { before: before_sign, after: after_sign });
        rate(&mut quantity, &after);
        quantity.role = money_role(before, words, quantity.each);
        return Some(quantity);
    }
    if let Some((months, stop)) = time_unit(words) {
        quantity.kind = Kind::Time;
        quantity.value = value * months;
        quantity.said = said_to(stop);
        quantity.role = time_role(before, &after);
        return Some(quantity);
    }
    if let Some((noun, stop, customers)) = people_noun(words) {
        quantity.kind = Kind::People;
        quantity.noun = noun;
        quantity.said = said_to(stop).replace('-', " ");
        if customers {
            quantity.role = Role::Customers;
        }
        return Some(quantity);
    }
    let roles = money_role(before, words, false);
    if value >= 1000.0 && roles != Role::Other && roles != Role::Price {
        quantity.kind = Kind::Money(Currency { before: String::new(), after: String::new() });
        quantity.role = roles;
        rate(&mut quantity, &after);
        return Some(quantity);
    }
    let noun = words.first().filter(|(noun, _)| noun.chars().count() > 3 && noun.ends_with('s') && value >= 2.0)?;
    quantity.noun.clone_from(&noun.0);
    quantity.said = said_to(noun.1);
    Some(quantity)
}

fn currency_word(first: &str, after: &str) -> Option<String> {
    const WORDS: &[&str] = &[
        "euro", "euros", "eur", "dollar", "dollars", "usd", "pound", "pounds", "gbp", "franc", "francs", "chf", "yen",
        "yuan", "rmb", "rupees", "pesos", "dólares", "libras", "sek", "nok", "dkk", "pln",
    ];
    const SIGNS: &[&str] = &["欧元", "美元", "人民币", "日元", "英镑", "元"];
    if let Some(word) = WORDS.iter().find(|word| **word == first) {
        return Some((*word).to_owned());
    }
    let after = after.trim_start();
    SYMBOLS
        .iter()
        .find(|sign| after.starts_with(**sign))
        .map(char::to_string)
        .or_else(|| SIGNS.iter().find(|sign| after.starts_with(**sign)).map(|sign| (*sign).to_owned()))
}

fn rate(quantity: &mut Quantity, after: &str) {
    let near: String = after.chars().take(24).collect();
    let near = near.split(['.', ';', '?', '\n']).next().unwrap_or_default();
    quantity.monthly = ["month", "monthly", "/mo", "mes", "mensual", "每月"].iter().any(|mark| near.contains(mark))
        && !near.contains("months");
    quantity.each = [
        "each",
        "per seat",
        "/seat",
        "per user",
        "/user",
        "per person",
        "per head",
        "a head",
        "per customer",
        "cada",
        "每人",
        "per unit",
    ]
    .iter()
    .any(|mark| near.contains(mark));
}

fn time_unit(words: &[(String, usize)]) -> Option<(f64, usize)> {
    words.iter().take(2).find_map(|(word, stop)| {
        let months = match word.as_str() {
            "day" | "days" | "día" | "días" | "天" | "日" => 12.0 / 365.0,
            "week" | "weeks" | "semana" | "semanas" | "周" => 12.0 / 52.0,
            "month" | "months" | "mes" | "meses" | "月" => 1.0,
            "quarter" | "quarters" | "trimestre" | "trimestres" => 3.0,
            "year" | "years" | "yr" | "yrs" | "año" | "años" | "年" => 12.0,
            _ => return None,
        };
        Some((months, *stop))
    })
}

fn people_noun(words: &[(String, usize)]) -> Option<(String, usize, bool)> {
    const TEAM: &[&str] = &[
        "person",
        "people",
        "employee",
        "employees",
        "staff",
        "engineer",
        "engineers",
        "developer",
        "developers",
        "colleagues",
        "members",
        "designers",
        "founders",
        "workers",
        "nurses",
        "teachers",
        "managers",
        "hires",
        "juniors",
        "seniors",
        "persona",
        "personas",
        "empleados",
        "ingenieros",
        "trabajadores",
        "人",
        "名",
    ];
    const CUSTOMERS: &[&str] = &[
        "customers",
        "users",
        "clients",
        "subscribers",
        "patients",
        "students",
        "guests",
        "clientes",
        "usuarios",
        "readers",
        "shoppers",
        "tenants",
    ];
    words.iter().take(3).find_map(|(word, stop)| {
        let customers = CUSTOMERS.contains(&word.as_str());
        (customers || TEAM.contains(&word.as_str())).then(|| (word.clone(), *stop, customers))
    })
}

fn money_role(before: &[String], words: &[(String, usize)], each: bool) -> Role {
    let role = |word: &str| {
        Some(match word {
            "budget" | "cap" | "spend" | "spending" | "presupuesto" => Role::Budget,
            han if han.ends_with("预算") => Role::Budget,
            "revenue" | "arr" | "mrr" | "turnover" | "sales" | "ingresos" | "facturación" => Role::Revenue,
            "salary" | "salaries" | "pay" | "wage" | "compensation" | "offer" | "offers" | "sueldo" | "salario" => {
                Role::Salary
            }
            "price" | "prices" | "charge" | "plan" | "subscription" | "priced" | "precio" => Role::Price,
            "raise" | "seed" | "round" | "valuation" | "invest" | "investment" | "funding" => Role::Funding,
            "savings" | "saved" | "ahorros" => Role::Savings,
            "cost" | "costs" | "rent" | "fee" | "quote" | "costing" | "mortgage" | "loan" | "coste" | "alquiler" => {
                Role::Cost
            }
            _ => return None,
        })
    };
    let near = words.iter().take(3).map(|(word, _)| word.as_str());
    before
        .iter()
        .take(3)
        .map(String::as_str)
        .chain(near)
        .chain(before.iter().skip(3).map(String::as_str))
        .find_map(role)
        .unwrap_or(if each { Role::Price } else { Role::Other })
}

fn time_role(before: &[String], after: &str) -> Role {
    let past = ["ago", "old", "experience", "of experience", "años de experiencia", "前"];
    let near: String = after.split_whitespace().skip(1).take(2).collect::<Vec<_>>().join(" ");
    let lasting = before
        .iter()
        .take(2)
        .any(|word| matches!(word.as_str(), "for" | "since" | "last" | "past" | "every" | "per" | "each"));
    if lasting || past.iter().any(|word| near.split(' ').any(|part| part == *word)) {
        Role::Other
    } else {
        Role::Deadline
    }
}
