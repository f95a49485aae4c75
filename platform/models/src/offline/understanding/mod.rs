//! What the offline model makes of a problem: its language, what is proposed, the names and numbers in it and the
//! arithmetic they allow. Everything here comes from the user's words; nothing is looked up.

mod clause;
mod language;
mod names;
mod quantities;
mod sentences;
mod sums;
mod verbs;

pub(super) use clause::Form;
pub(super) use language::Language;
pub(super) use quantities::Quantity;
pub(super) use sentences::{first_sentence, shorten, split as sentences};
pub(super) use sums::Sum;

use super::input::Problem;
use quantities::{Kind, Role};

/// The most characters of a text that are looked at: enough for any problem a board takes (10,000), a bound for
/// everything else.
const READ: usize = 12_000;

/// A problem, understood.
#[derive(Debug, Clone)]
pub(super) struct Understanding {
    pub(super) language: Language,
    pub(super) form: Form,
    /// What would be done, in the user's own words: "move our company to Lisbon within a year".
    pub(super) own_act: String,
    /// The same without its time limit.
    pub(super) own_act_short: String,
    /// `own_act`, said to the user: "move your company to Lisbon within a year".
    pub(super) act: String,
    /// `act` without its time limit.
    pub(super) act_short: String,
    /// "moving your company to Lisbon", in English only.
    pub(super) gerund: Option<String>,
    pub(super) options: Option<(String, String)>,
    pub(super) names: Vec<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    /// Other sentences of the user, as they stand.
    pub(super) facts: Vec<String>,
    pub(super) quantities: Vec<Quantity>,
    pub(super) sums: Vec<Sum>,
    /// Whether it is about one person's life rather than an organization.
    pub(super) personal: bool,
    /// Everything in lower case, for keywords.
    pub(super) lowered: String,
}

impl Understanding {
    pub(super) fn of(problem: &Problem) -> Self {
        let statement: String = problem.statement.chars().take(READ).collect();
        let language = Language::of(&statement);
        let sentences = sentences::split(&statement);
        let clause = clause::find(&sentences, language);
        let mut whole = statement.clone();
        for (key, value) in problem.context.iter().chain(&problem.answers) {
            whole.extend(["\n", &key.replace('_', " "), ": ", value]);
        }
        let whole: String = whole.chars().take(READ * 2).collect();
        let quantities = quantities::find(&whole, language);
        let sums = sums::of(&quantities, language);
        let facts = sentences
            .iter()
            .enumerate()
            .filter(|(index, sentence)| *index != clause.sentence && (25..=170).contains(&sentence.chars().count()))
            .map(|(_, sentence)| sentence.trim_end_matches(['.', '。', '!', '！']).to_owned())
            .filter(|sentence| sentence.chars().count() > 60 || !sentence.contains([':', '：']))
            .filter(|sentence| !sentence.contains(['?', '？', '`', '<', '{', '*', '#', '|']))
            .collect();
        let (from, to) = names::journey(&statement, language);
        let lowered = whole.to_lowercase();
        Self {
            language,
            form: clause.form,
            act: language::to_second_person(&clause.act, language),
            act_short: language::to_second_person(&clause.act_short, language),
            gerund: clause.gerund.map(|gerund| language::to_second_person(&gerund, language)),
            own_act: clause.act,
            own_act_short: clause.act_short,
            options: clause.options,
            names: names::find(&statement, language),
            from,
            to,
            facts,
            personal: language::is_personal(&lowered, language),
            quantities,
            sums,
            lowered,
        }
    }

    fn first(&self, wanted: impl Fn(&Quantity) -> bool) -> Option<&Quantity> {
        self.quantities.iter().find(|quantity| wanted(quantity))
    }

    /// The money that limits the matter: a budget, or what has been raised or saved for it. A price is no limit.
    pub(super) fn money(&self) -> Option<&Quantity> {
        [Role::Budget, Role::Funding, Role::Savings].into_iter().find_map(|role| {
            self.first(|quantity| matches!(quantity.kind, Kind::Money(_)) && quantity.role == role && !quantity.each)
        })
    }

    /// Whether any sum of money is named at all.
    pub(super) fn names_money(&self) -> bool {
        self.quantities.iter().any(|quantity| matches!(quantity.kind, Kind::Money(_)))
    }

    /// The people it touches, customers aside.
    pub(super) fn people(&self) -> Option<&Quantity> {
        let team = |quantity: &&Quantity| matches!(quantity.kind, Kind::People) && quantity.role != Role::Customers;
        // The largest: beside a team, the two to be hired are not the whole.
        self.quantities.iter().filter(team).max_by(|a, b| a.value.total_cmp(&b.value))
    }

    pub(super) fn customers(&self) -> Option<&Quantity> {
        self.first(|quantity| matches!(quantity.kind, Kind::People) && quantity.role == Role::Customers)
    }

    /// The time limit, in months within the quantity.
    pub(super) fn deadline(&self) -> Option<&Quantity> {
        self.first(|quantity| matches!(quantity.kind, Kind::Time) && quantity.role == Role::Deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, Language, Understanding};
    use crate::offline::input::Problem;

    fn read(statement: &str) -> Understanding {
        Understanding::of(&Problem { statement: statement.to_owned(), ..Problem::default() })
    }

    #[test]
    fn the_move_to_lisbon_is_understood() {
        let it = read("Should we move our 12-person company from Berlin to Lisbon within a year? Budget 200k euros");
        assert_eq!((it.language, it.form), (Language::English, Form::Should));
        assert_eq!(it.act, "move your 12-person company from Berlin to Lisbon within a year");
        assert_eq!(it.act_short, "move your 12-person company from Berlin to Lisbon");
        assert_eq!(it.gerund.as_deref(), Some("moving your 12-person company from Berlin to Lisbon"));
        assert_eq!((it.from.as_deref(), it.to.as_deref()), (Some("Berlin"), Some("Lisbon")));
        assert_eq!(it.money().map(|money| (money.value, money.said.as_str())), Some((200_000.0, "200k euros")));
        assert_eq!(it.people().map(|people| people.value), Some(12.0));
        assert_eq!(it.deadline().map(|time| (time.value, time.said.as_str())), Some((12.0, "a year")));
        let sums: Vec<&str> = it.sums.iter().map(|sum| sum.result.as_str()).collect();
        assert!(sums.contains(&"16,700 euros"), "{sums:?}");
    }

    #[test]
    fn other_forms_are_understood() {
        let it = read("Postgres or MongoDB for our analytics product?");
        assert_eq!(it.form, Form::Choice);
        assert_eq!(it.options, Some(("Postgres".to_owned(), "MongoDB".to_owned())));
        let it = read("Should I take the offer in Zurich or stay in Munich?");
        assert!(it.personal);
        assert_eq!(it.act, "take the offer in Zurich");
        assert_eq!(it.options, Some(("take the offer in Zurich".to_owned(), "stay in Munich".to_owned())));
        let it = read("How can we reduce churn from 5% to 3% in six months?");
        assert_eq!((it.form, it.act.as_str()), (Form::How, "reduce churn from 5% to 3% in six months"));
        assert_eq!(it.gerund.as_deref(), Some("reducing churn from 5% to 3%"));
        let it = read("We are thinking about hiring two senior engineers at 90k each.");
        assert_eq!(it.act, "hire two senior engineers at 90k each");
    }

    #[test]
    fn spanish_and_chinese_are_understood() {
        let it = read(
            "¿Debemos mudar nuestra empresa de 12 personas de Madrid a Lisboa en un año? Presupuesto: 200.000 euros",
        );
        assert_eq!(it.language, Language::Spanish);
        assert_eq!(it.act, "mudar su empresa de 12 personas de Madrid a Lisboa en un año");
        assert_eq!(it.money().map(|money| money.value), Some(200_000.0));
        assert_eq!(it.deadline().map(|time| time.value), Some(12.0));
        let it = read("我们是否应该在一年内把12人的公司从柏林搬到里斯本？预算20万欧元");
        assert_eq!(it.language, Language::Chinese);
        assert_eq!(it.act, "在一年内把12人的公司从柏林搬到里斯本");
        assert_eq!(it.money().map(|money| money.value), Some(200_000.0));
        assert_eq!(it.people().map(|people| people.value), Some(12.0));
    }

    #[test]
    fn nonsense_is_quoted_not_understood() {
        let it = read("asdf 🙂🙂 qwer ؟ مرحبا");
        assert_eq!(it.form, Form::Statement);
        assert!(it.act.contains("asdf"), "{}", it.act);
        assert!(!read("").act.is_empty());
    }
}
