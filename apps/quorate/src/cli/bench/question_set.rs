//! Questions with known answers: the bundled set, or a file of the same form (docs/deliberation.md, BRD-31).

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::statistics::Numbers;
use crate::cli::Failure;

const BUNDLED: &str = include_str!("../../../bench-questions/decisions.v1.toml");
/// As the board's letters go.
const LETTERS: [&str; 5] = ["A", "B", "C", "D", "E"];
const QUESTION_CHARS: std::ops::RangeInclusive<usize> = 10..=4_000;
const OPTION_CHARS: usize = 500;

/// A set of questions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionSet {
    /// What it is called.
    pub(super) name: String,
    /// Its questions.
    pub(super) questions: Vec<Question>,
}

/// A question with one right option.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// Its name within the set.
    pub(super) id: String,
    /// The question.
    pub(super) question: String,
    /// The option that is right.
    pub(super) right: String,
    /// One to four that are wrong.
    pub(super) wrong: Vec<String>,
    /// Why the right one is right, or where that is written: so that anybody can check it.
    pub(super) explanation: String,
    /// What it is about.
    #[serde(default)]
    pub(super) tags: Vec<String>,
}

/// A question as it is put: its options in the order of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Put {
    /// The question.
    pub(super) question: String,
    /// The options, `A` first.
    pub(super) options: Vec<String>,
    /// The place of the right one. It reaches no model.
    pub(super) right: usize,
}

impl QuestionSet {
    /// The bundled set, or a file's.
    pub(super) fn load(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(file) = file else { return Self::read("the bundled questions", BUNDLED) };
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failure::Usage(format!("--questions {}: {error}", file.display())))?;
        Self::read(&file.display().to_string(), &text)
    }

    /// Reads and checks a set, and tells all that is wrong with it at once.
    fn read(name: &str, text: &str) -> Result<Self, Failure> {
        let set: Self =
            toml::from_str(text).map_err(|error| Failure::Usage(format!("{name}: {}", error.to_string().trim())))?;
        let faults = set.faults();
        if faults.is_empty() { Ok(set) } else { Err(Failure::Usage(format!("{name}: {}", faults.join("\n       ")))) }
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.questions.is_empty() {
            faults.push("there is no [[questions]]".to_owned());
        }
        let mut ids = BTreeSet::new();
        for (place, question) in self.questions.iter().enumerate() {
            let name =
                if question.id.trim().is_empty() { format!("question {}", place + 1) } else { question.id.clone() };
            faults.extend(question.faults().into_iter().map(|fault| format!("{name}: {fault}")));
            if !ids.insert(&question.id) {
                faults.push(format!("{name}: another question has this id"));
            }
        }
        faults
    }
}

impl Question {
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.id.trim().is_empty() {
            faults.push("`id` is empty".to_owned());
        }
        if !QUESTION_CHARS.contains(&self.question.trim().chars().count()) {
            faults.push("`question` must have 10 to 4,000 characters".to_owned());
        }
        if self.wrong.is_empty() || self.wrong.len() >= LETTERS.len() {
            faults.push("`wrong` must have 1 to 4 options".to_owned());
        }
        let mut seen = BTreeSet::new();
        for option in self.options() {
            if option.trim().is_empty() || option.chars().count() > OPTION_CHARS {
                faults.push("every option must have 1 to 500 characters".to_owned());
            } else if !seen.insert(option.trim().to_lowercase()) {
                faults.push(format!("the option {option:?} is there twice"));
            }
        }
        if self.explanation.trim().is_empty() {
            faults.push("`explanation` is empty: say why the right option is right".to_owned());
        }
        if self.options().chain([&self.question]).any(|text| text.contains('\0')) {
            faults.push("it holds a NUL character".to_owned());
        }
        faults
    }

    fn options(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.right).chain(&self.wrong)
    }

    /// The question with its options in an order that follows from the seed, the run and the id: the same for every
    /// method, another in the next run, so that no letter is favoured.
    pub(super) fn put(&self, seed: u64, run: u32) -> Put {
        let options: Vec<&String> = self.options().collect();
        let mixed = self.id.bytes().fold(seed ^ u64::from(run).rotate_left(32), |sum, byte| {
            sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
        });
        let order = Numbers::new(mixed).order(options.len());
        Put {
            question: self.question.trim().to_owned(),
            right: order.iter().position(|place| *place == 0).unwrap_or_default(),
            options: order.iter().map(|place| options[*place].trim().to_owned()).collect(),
        }
    }
}

impl Put {
    /// The letters of its options.
    pub(super) fn letters(&self) -> &'static [&'static str] {
        &LETTERS[..self.options.len().min(LETTERS.len())]
    }

    /// The place of the option with that letter.
    pub(super) fn place(&self, letter: &str) -> Option<usize> {
        self.letters().iter().position(|known| known.eq_ignore_ascii_case(letter.trim()))
    }

    /// The question with its options, as a model or a board reads it.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n\nExactly one of these options is right:\n", self.question);
        for (letter, option) in self.letters().iter().zip(&self.options) {
            text.push_str(&format!("\n{letter}) {option}"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_set_is_whole_and_of_a_useful_size() {
        let set = QuestionSet::load(None).unwrap();
        assert!((20..=30).contains(&set.questions.len()), "{}", set.questions.len());
        assert!(set.questions.iter().all(|question| !question.tags.is_empty()));
    }

    #[test]
    fn everything_wrong_with_a_set_is_told_at_once() {
        let text = "name = 'x'\n[[questions]]\nid = 'a'\nquestion = 'short'\nright = 'yes'\nwrong = ['Yes']\n\
                    explanation = ''\n[[questions]]\nid = 'a'\nquestion = 'Is this long enough?'\nright = 'yes'\n\
                    wrong = []\nexplanation = 'e'\n";
        let Err(Failure::Usage(message)) = QuestionSet::read("mine.toml", text) else { panic!("taken") };
        for part in ["mine.toml: a: `question`", "there twice", "`explanation`", "`wrong` must", "has this id"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        let Err(Failure::Usage(message)) = QuestionSet::read("mine.toml", "name = 'x'\nquestion = []") else {
            panic!("taken")
        };
        assert!(message.contains("unknown field `question`"), "{message}");
    }

    #[test]
    fn options_change_places_and_the_right_one_is_not_lost() {
        let set = QuestionSet::load(None).unwrap();
        let question = &set.questions[0];
        let puts: Vec<Put> = (0..20).map(|run| question.put(1, run)).collect();
        assert!(puts.iter().all(|put| put.options[put.right] == question.right));
        assert!(puts.iter().any(|put| put.right != puts[0].right));
        assert_eq!(question.put(1, 3), puts[3]);
        assert_eq!(puts[0].place(" b "), Some(1));
        assert_eq!(puts[0].place("Z"), None);
    }
}
