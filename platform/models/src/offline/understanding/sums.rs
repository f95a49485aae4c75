use super::language::Language;
use super::quantities::{Currency, Kind, Quantity, Role};

/// Arithmetic on the user's own numbers, truly computed.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::offline) struct Sum {
    /// Which sentence says it: the lexicon has `sum.<kind>`.
    pub(in crate::offline) kind: &'static str,
    /// What the numbers are about, as an aspect of the lexicon.
    pub(in crate::offline) aspect: &'static str,
    /// The two numbers, as the user wrote them.
    pub(in crate::offline) first: String,
    pub(in crate::offline) second: String,
    /// The result, rounded to three digits, in the user's currency.
    pub(in crate::offline) result: String,
}

pub(super) fn of(quantities: &[Quantity], language: Language) -> Vec<Sum> {
    let mut sums = Vec::new();
    let money =
        |role: Role| quantities.iter().find(move |it| matches!(it.kind, Kind::Money(_)) && it.role == role && !it.each);
    let pot = [Role::Budget, Role::Funding, Role::Savings].into_iter().find_map(money);
    let team = quantities
        .iter()
        .filter(|it| it.kind == Kind::People && it.role != Role::Customers && it.value >= 2.0)
        .max_by(|a, b| a.value.total_cmp(&b.value));
    let customers =
        quantities.iter().find(|it| it.kind == Kind::People && it.role == Role::Customers && it.value >= 2.0);
    let time = quantities.iter().find(|it| it.kind == Kind::Time && it.role == Role::Deadline && it.value >= 2.0);
    let mut add = |kind, aspect, first: &Quantity, second: &str, result: String| {
        sums.push(Sum { kind, aspect, first: first.said.clone(), second: second.to_owned(), result });
    };
    // 1. Change of a price or rate, since it is the heart of the question where there is one.
    for pair in quantities.windows(2) {
        let [old, new] = pair else { continue };
        if !(old.begins_change && old.value > 0.0 && new.value > 0.0) {
            continue;
        }
        let change = (new.value / old.value - 1.0) * 100.0;
        match (&old.kind, &new.kind) {
            (Kind::Money(_), Kind::Money(_)) if change > 0.5 => {
                add("rise", "money", old, &new.said, percent(change, language));
                add("break_even", "customer", old, &new.said, percent((1.0 - old.value / new.value) * 100.0, language));
            }
            (Kind::Money(_), Kind::Money(_)) if change < -0.5 => {
                add("fall", "money", old, &new.said, percent(-change, language))
            }
            (Kind::Percent, Kind::Percent) if change.abs() > 0.5 => {
                add("rate_change", "evidence", old, &new.said, percent(change.abs(), language))
            }
            _ => {}
        }
    }
    if let Some(pot) = pot {
        if let Some(team) = team {
            add("per_head", "money", pot, &team.said, amount(pot.value / team.value, pot, language));
        }
        if let Some(time) = time {
            add("per_month", "time", pot, &time.said, amount(pot.value / time.value, pot, language));
            if let Some(team) = team {
                let each = pot.value / time.value / team.value;
                add(
                    "per_head_month",
                    "people",
                    pot,
                    &format!("{}|{}", team.said, time.said),
                    amount(each, pot, language),
                );
            }
        }
        let burn = quantities
            .iter()
            .find(|it| matches!(it.kind, Kind::Money(_)) && it.monthly && it.said != pot.said && it.value > 0.0);
        if let Some(burn) = burn {
            add("lasts", "risk", pot, &burn.said, number(whole(pot.value / burn.value), language));
        }
        if let Some(cost) = [Role::Cost, Role::Salary, Role::Revenue]
            .into_iter()
            .find_map(money)
            .filter(|it| it.value > 0.0 && !it.monthly)
        {
            add("share", "money", cost, &pot.said, percent(cost.value / pot.value * 100.0, language));
        }
        // An assumption, and said to be one.
        add("reserve", "risk", pot, "15%", amount(pot.value * 0.85, pot, language));
    }
    let each = quantities.iter().find(|it| matches!(it.kind, Kind::Money(_)) && (it.each || it.role == Role::Salary));
    if let (Some(each), Some(team)) = (each.filter(|it| it.each), team) {
        add("times", "money", each, &team.said, amount(each.value * team.value, each, language));
    }
    if let (Some(customers), Some(price)) = (
        customers,
        quantities
            .iter()
            .find(|it| matches!(it.kind, Kind::Money(_)) && (it.role == Role::Price || it.each || it.begins_change)),
    ) {
        add("times", "growth", price, &customers.said, amount(customers.value * price.value, price, language));
    }
    if let (Some(revenue), Some(people)) = (money(Role::Revenue), team.or(customers)) {
        add("per_head", "growth", revenue, &people.said, amount(revenue.value / people.value, revenue, language));
    }
    let share = quantities.iter().find(|it| it.kind == Kind::Percent && it.value > 0.0 && it.value <= 100.0);
    if let (Some(share), Some(people)) = (share, customers.or(team)) {
        add("share_of", "customer", share, &people.said, number(people.value * share.value / 100.0, language));
    }
    if pot.is_none()
        && share.is_some()
        && let (Some(share), Some(whole)) = (share, money(Role::Revenue))
    {
        add("share_of", "money", share, &whole.said, amount(whole.value * share.value / 100.0, whole, language));
    }
    if let (None, Some(offer), Some(time)) =
        (pot, money(Role::Salary).filter(|it| (5e3..=6e5).contains(&it.value) && !it.each), Some(12.0))
    {
        add("salary_month", "money", offer, "12", amount(offer.value / time, offer, language));
    }
    let once: Vec<&Quantity> =
        quantities.iter().filter(|it| matches!(it.kind, Kind::Money(_)) && !it.begins_change).collect();
    if sums.is_empty()
        && let [first, second, ..] = once.as_slice()
        && second.value > 0.0
        && first.value > 0.0
        && first.monthly == second.monthly
    {
        let (small, large) = if first.value < second.value { (first, second) } else { (second, first) };
        sums.push(Sum {
            kind: "share",
            aspect: "money",
            first: small.said.clone(),
            second: large.said.clone(),
            result: percent(small.value / large.value * 100.0, language),
        });
    }
    if let Some(time) = time.filter(|it| it.value >= 3.0) {
        sums.push(Sum {
            kind: "halfway",
            aspect: "time",
            first: time.said.clone(),
            second: String::new(),
            result: number((time.value / 2.0).round(), language),
        });
    }
    sums
}

/// A count of months as people say it: whole ones from ten on.
fn whole(value: f64) -> f64 {
    if value >= 10.0 { value.round() } else { value }
}

/// Three significant digits with grouping, so that a result never looks more exact than its inputs.
fn number(value: f64, language: Language) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let size = value.abs().max(1e-9).log10().floor();
    let step = 10_f64.powf(size - 2.0);
    let rounded = (value / step).round() * step;
    let decimals = if size >= 2.0 || (rounded - rounded.round()).abs() < 1e-9 { 0 } else { 1 };
    let plain = format!("{rounded:.decimals$}");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let (group, point) = if language == Language::Spanish { ('.', ',') } else { (',', '.') };
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len() - index;
        if index > 0
            && left.is_multiple_of(3)
            && digit.is_ascii_digit()
            && !(language == Language::Spanish && whole.len() == 4)
        {
            grouped.push(group);
        }
        grouped.push(digit);
    }
    if fraction.is_empty() || fraction == "0" { grouped } else { format!("{grouped}{point}{fraction}") }
}

fn percent(value: f64, language: Language) -> String {
    let value = if value >= 10.0 { value.round() } else { (value * 10.0).round() / 10.0 };
    format!("{}%", number(value, language))
}

fn amount(value: f64, like: &Quantity, language: Language) -> String {
    let number = number(value, language);
    match &like.kind {
        Kind::Money(Currency { before, after }) if after.is_empty() => format!("{before}{number}"),
        Kind::Money(Currency { before, after })
            if after.chars().all(|character| !character.is_alphabetic() || character > '\u{2e80}') =>
        {
            format!("{before}{number}{after}")
        }
        Kind::Money(Currency { before, after }) => format!("{before}{number} {after}"),
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::super::quantities::find;
    use super::{Language, number, of};

    fn results(text: &str) -> Vec<(&'static str, String)> {
        of(&find(text, Language::English), Language::English).into_iter().map(|sum| (sum.kind, sum.result)).collect()
    }

    #[test]
    fn results_are_computed_from_the_users_numbers() {
        let sums = results("Should we raise our price from $29 to $39 per seat for 2,000 customers?");
        assert!(sums.contains(&("rise", "34%".to_owned())), "{sums:?}");
        assert!(sums.contains(&("break_even", "26%".to_owned())), "{sums:?}");
        assert!(sums.contains(&("times", "$58,000".to_owned())), "{sums:?}");
        let sums = results("We have a budget of €300k and burn €25k a month");
        assert!(sums.contains(&("lasts", "12".to_owned())), "{sums:?}");
    }

    #[test]
    fn numbers_are_rounded_and_grouped() {
        assert_eq!(number(16_666.67, Language::English), "16,700");
        assert_eq!(number(16_666.67, Language::Spanish), "16.700");
        assert_eq!(number(1_388.9, Language::English), "1,390");
        assert_eq!(number(12.5, Language::English), "12.5");
        assert_eq!(number(0.0, Language::English), "0");
    }
}
