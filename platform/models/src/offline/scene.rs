//! Everything an answer is written from: the problem as understood, the sub-problem, who speaks, and the slots that
//! phrases are filled with.

use std::collections::BTreeMap;

use serde_json::Value;

use super::input::{Persona, Prior, Problem, SubProblem};
use super::lexicon::{Consideration, Lexicon};
use super::seed::Seed;
use super::understanding::{Form, Language, Sum, Understanding, shorten};

/// The longest text a slot takes, in characters.
const LONGEST_SLOT: usize = 150;

/// The values phrases are filled with.
pub(super) type Slots = BTreeMap<&'static str, String>;

pub(super) struct Scene {
    pub(super) lexicon: &'static Lexicon,
    pub(super) problem: Understanding,
    pub(super) topic: String,
    pub(super) sub: SubProblem,
    pub(super) persona: Persona,
    pub(super) prior: Vec<Prior>,
    /// Of problem and sub-problem: shared by all personas.
    pub(super) shared: Seed,
    /// Of the call: problem, sub-problem, persona, template, round.
    pub(super) seed: Seed,
    pub(super) slots: Slots,
    /// Everything said before, to avoid saying it again.
    said: String,
}

impl Scene {
    pub(super) fn read(template: &str, model: &str, variables: &Value) -> Self {
        let input = Problem::read(variables);
        let problem = Understanding::of(&input);
        let lexicon = Lexicon::of(problem.language);
        let sub = SubProblem::read(variables);
        let persona = Persona::read(variables);
        let prior = Prior::read_all(variables);
        let shared = Seed::of(&[model, &input.statement, &sub.title]);
        let round = variables.get("round").map(Value::to_string).unwrap_or_default();
        let kind = variables.get("kind").and_then(Value::as_str).unwrap_or_default();
        let seed = shared.with(&persona.code).with(template).with(&round).with(kind);
        let topic = lexicon.topic(&problem.lowered, &problem.own_act).to_owned();
        let said = prior.iter().map(|it| it.content.as_str()).collect::<Vec<_>>().join("\n");
        let mut scene = Self { lexicon, problem, topic, sub, persona, prior, shared, seed, slots: Slots::new(), said };
        scene.fill_basics();
        scene
    }

    fn fill_basics(&mut self) {
        let it = &self.problem;
        let gerund =
            it.gerund.clone().or_else(|| (it.language == Language::English).then(|| "this decision".to_owned()));
        let said = |quantity: Option<&super::understanding::Quantity>| quantity.map(|it| it.said.clone());
        let lens = |index: usize| (it.language == Language::English).then(|| self.lens(index)).flatten();
        let values = [
            ("act", Some(it.act.clone())),
            ("act_short", Some(it.act_short.clone())),
            ("own_act", Some(it.own_act.clone())),
            ("gerund", gerund),
            ("money", said(it.money())),
            (
                "people",
                said(it.people())
                    .filter(|_| it.people().is_some_and(|people| people.value >= 2.0))
                    .map(|said| plural_people(&said)),
            ),
            ("customers", said(it.customers())),
            ("deadline", said(it.deadline())),
            ("from", it.from.clone().filter(|_| it.to.is_some())),
            ("to", it.to.clone()),
            ("name", it.names.first().cloned()),
            ("option_a", it.options.as_ref().map(|options| options.0.clone())),
            ("option_b", it.options.as_ref().map(|options| options.1.clone())),
            ("title", Some(self.sub.title.clone())),
            ("goal", Some(self.sub.goal.clone())),
            ("lens1", lens(0)),
            ("lens2", lens(1)),
            ("lens3", lens(2)),
        ];
        // Phrases that say what is missing from the text begin with one of these: empty when it is missing, unset
        // when the text may well say it.
        let bare = it.facts.is_empty();
        let no_date = it.deadline().is_none();
        for (key, value) in values {
            if let Some(value) = value {
                self.set(key, &value);
            }
        }
        for (key, missing) in [("bare", bare), ("nodate", no_date)] {
            if missing {
                self.slots.insert(key, String::new());
            }
        }
    }

    /// Whether a consideration has a place here: one person's own matter has no customers and no architecture.
    fn fits(&self, it: &Consideration) -> bool {
        let out_of_place =
            self.problem.personal && it.topic == "any" && ["customer", "technology"].contains(&it.aspect.as_str());
        (it.topic == "any" || it.topic == self.topic) && !out_of_place
    }

    /// The persona's own lens phrases in an order of this sub-problem.
    fn lens(&self, index: usize) -> Option<String> {
        let count = self.persona.lens.len();
        let from = self.shared.with(&self.persona.code).with("lens").below(count);
        (index < count).then(|| self.persona.lens.get((from + index) % count)).flatten().map(|lens| shorten(lens, 60))
    }

    /// Sets a slot; an empty text leaves it unset.
    pub(super) fn set(&mut self, key: &'static str, value: &str) {
        let value = shorten(value.split_whitespace().collect::<Vec<_>>().join(" ").trim(), LONGEST_SLOT);
        if !value.is_empty() {
            self.slots.insert(key, value);
        }
    }

    /// One way to say `key` whose slots are all filled, by the seed, rather one that was not used before; "" when
    /// there is none.
    pub(super) fn say(&self, key: &str) -> String {
        self.choose(self.lexicon.phrases(key), key)
    }

    /// As [`Self::say`], among these phrases.
    pub(super) fn choose(&self, phrases: &[String], salt: &str) -> String {
        let fillable: Vec<(bool, String)> =
            phrases.iter().filter_map(|phrase| Some((self.was_said(phrase), fill(phrase, &self.slots)?))).collect();
        let fresh: Vec<&String> = fillable.iter().filter(|(said, _)| !said).map(|(_, text)| text).collect();
        let pool: Vec<&String> = if fresh.is_empty() { fillable.iter().map(|(_, text)| text).collect() } else { fresh };
        pool.get(self.seed.with(salt).below(pool.len())).map(|text| (*text).clone()).unwrap_or_default()
    }

    /// Whether the longest fixed run of the phrase stands in an earlier contribution.
    fn was_said(&self, phrase: &str) -> bool {
        let longest = phrase.split(['{', '}']).step_by(2).max_by_key(|run| run.len()).unwrap_or_default().trim();
        longest.len() > 12 && self.said.contains(longest)
    }

    /// The considerations that matter to the speaker here, best first.
    pub(super) fn considerations(&self) -> Vec<&'static Consideration> {
        let aspects = self.lexicon.aspects(&self.persona.category);
        let lens = self.persona.lens.join(" ").to_lowercase();
        let criteria: Vec<String> = self.sub.criteria.iter().map(|text| text.to_lowercase()).collect();
        let focus: Vec<&str> = self
            .lexicon
            .considerations
            .iter()
            .filter(|it| criteria.contains(&it.name))
            .map(|it| it.aspect.as_str())
            .collect();
        let mut scored: Vec<(f64, &Consideration)> = self
            .lexicon
            .considerations
            .iter()
            .filter(|it| self.fits(it))
            .map(|it| {
                let rank = aspects.iter().position(|aspect| *aspect == it.aspect);
                let mut score = match rank {
                    Some(0) => 3.0,
                    Some(1) => 1.9,
                    Some(_) => 1.3,
                    None => 0.0,
                };
                score += if it.topic == "any" { 0.0 } else { 0.9 };
                score += if criteria.contains(&it.name) { 0.8 } else { 0.0 };
                if !focus.is_empty() && !focus.contains(&it.aspect.as_str()) {
                    score -= 1.6;
                }
                let shared_words = it.name.split(' ').filter(|word| word.len() > 4 && lens.contains(word)).count();
                score += if shared_words > 0 { 0.7 } else { 0.0 };
                score += self.shared.with(&self.persona.code).with(&it.name).unit() * 2.4;
                (score, it)
            })
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.into_iter().map(|(_, it)| it).collect()
    }

    /// The considerations of the sub-problem as a whole, whoever speaks.
    pub(super) fn agenda(&self) -> Vec<&'static Consideration> {
        let criteria: Vec<String> = self.sub.criteria.iter().map(|text| text.to_lowercase()).collect();
        let mut scored: Vec<(f64, &Consideration)> = self
            .lexicon
            .considerations
            .iter()
            .filter(|it| self.fits(it))
            .map(|it| {
                let on_list = if criteria.contains(&it.name) { 2.0 } else { 0.0 };
                let topical = if it.topic == "any" { 0.0 } else { 1.0 };
                (on_list + topical + self.shared.with(&it.name).unit(), it)
            })
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.into_iter().map(|(_, it)| it).collect()
    }

    /// The aspect this persona opens with.
    pub(super) fn aspect(&self) -> String {
        self.lexicon.aspects(&self.persona.category).first().cloned().unwrap_or_else(|| {
            let all = ["risk", "growth", "people", "evidence", "time"];
            all.get(self.shared.with(&self.persona.code).below(all.len()))
                .map_or_else(String::new, |it| (*it).to_owned())
        })
    }

    /// A consideration's text in one of its roles.
    pub(super) fn voice(&self, phrases: &[String], it: &Consideration, role: &str) -> String {
        self.choose(phrases, &format!("{role}/{}", it.name))
    }

    /// The sum that suits this speaker, as a clause, rather one that nobody gave yet; with whether it says something
    /// about size, so that a remark may follow. None when all of them have been given in this discussion.
    pub(super) fn sum(&self) -> Option<(String, bool)> {
        let aspects = self.lexicon.aspects(&self.persona.category);
        self.problem
            .sums
            .iter()
            .filter(|sum| !self.said.contains(&sum.result))
            .filter_map(|sum| {
                let liked = if aspects.iter().any(|aspect| aspect == sum.aspect) { 0.7 } else { 0.0 };
                let sized = ["per_head", "per_month", "per_head_month", "reserve", "lasts"].contains(&sum.kind);
                let dull = if sum.kind == "halfway" { 0.9 } else { 0.0 };
                let score = liked - dull + self.shared.with(&self.persona.code).with(sum.kind).unit();
                Some((score, (self.sum_clause(sum)?, sized)))
            })
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, found)| found)
    }

    /// Whether this has been said in an earlier contribution.
    pub(super) fn heard(&self, text: &str) -> bool {
        self.said.contains(text)
    }

    pub(super) fn sum_clause(&self, sum: &Sum) -> Option<String> {
        let (second, third) = sum.second.split_once('|').unwrap_or((&sum.second, ""));
        let mut slots = Slots::new();
        for (key, value) in [("a", sum.first.as_str()), ("b", second), ("c", third), ("r", sum.result.as_str())] {
            if !value.is_empty() {
                slots.insert(key, plural_people(value));
            }
        }
        let phrases = self.lexicon.phrases(&format!("sum.{}", sum.kind));
        let phrase = phrases.get(self.seed.with(sum.kind).below(phrases.len()))?;
        fill(phrase, &slots)
    }

    /// Whether money and time are missing from the text.
    pub(super) fn missing(&self) -> usize {
        usize::from(!self.problem.names_money()) + usize::from(self.problem.deadline().is_none())
    }

    /// Whether the proposal is one that limits a risk: a stop amount, a trial, notice, a reserve, stages.
    pub(super) fn is_guarded(&self) -> bool {
        let proposal = self.sub.proposal.to_lowercase();
        let marks = self.lexicon.phrases("guard.words");
        marks.iter().filter(|mark| proposal.contains(mark.as_str())).count() >= 2
    }

    pub(super) fn is_how(&self) -> bool {
        self.problem.form == Form::How
    }

    /// A few words of `text`, to quote: rather an argument in it than a turn of phrase around one.
    pub(super) fn quote(&self, text: &str) -> String {
        self.argument(text).unwrap_or_else(|| quote(text, self.seed, self.problem.language))
    }

    /// A sentence of `text` that is an argument and no turn of phrase.
    pub(super) fn argument(&self, text: &str) -> Option<String> {
        let arguments: Vec<String> = self
            .lexicon
            .considerations
            .iter()
            .filter(|it| it.topic == "any" || it.topic == self.topic)
            .flat_map(|it| it.pro.iter().chain(&it.con))
            .filter_map(|phrase| fill(phrase, &self.slots))
            .flat_map(|filled| super::understanding::sentences(&filled))
            .filter(|sentence| (12..=150).contains(&sentence.chars().count()))
            // The first letter may be a small one in the text, after a colon.
            .filter(|sentence| {
                sentence
                    .chars()
                    .next()
                    .is_some_and(|first| text.contains(sentence.get(first.len_utf8()..).unwrap_or(sentence)))
            })
            .collect();
        let argument = arguments.get(self.seed.with("quote").below(arguments.len()))?;
        Some(shorten(argument.trim_end_matches(['.', '!', '?', '。', '！', '？']), 110))
    }
}

/// "12 person" as it is said before a noun becomes "12 people" on its own.
fn plural_people(said: &str) -> String {
    match said.rsplit_once(' ') {
        Some((number, "person")) if number != "1" => format!("{number} people"),
        _ => said.to_owned(),
    }
}

/// Fills the `{slots}` of a phrase; `None` when one is not set. `{Slot}` is capitalised.
pub(super) fn fill(phrase: &str, slots: &Slots) -> Option<String> {
    let mut filled = String::with_capacity(phrase.len() + 40);
    let mut rest = phrase;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, behind) = after.split_once('}')?;
        let lowered = name.to_lowercase();
        let value = slots.get(lowered.as_str())?;
        if lowered == name {
            filled.push_str(value);
        } else {
            filled.push_str(&capitalised(value));
        }
        rest = behind;
    }
    filled.push_str(rest);
    Some(filled)
}

pub(super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn quote(text: &str, seed: Seed, language: Language) -> String {
    let plain: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with(['-', '#', '|', '>', '*']) && !line.trim_end().ends_with(':'))
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|character| !matches!(character, '*' | '_' | '`' | '“' | '”' | '«' | '»' | '"' | '\n'))
        .collect();
    let sentences: Vec<&str> = plain
        .split_inclusive(['.', '?', '!', '。', '？', '！'])
        .map(str::trim)
        .filter(|sentence| {
            let length = sentence.chars().count();
            let least = if language == Language::Chinese { 8 } else { 28 };
            // Not a sentence that itself quotes or states a vote.
            (least..=110).contains(&length)
                && !sentence.contains("(0.")
                && !sentence.contains(['(', ':', '?', '？', '：'])
        })
        .collect();
    let chosen = sentences.get(seed.with("quote").below(sentences.len())).copied().unwrap_or(plain.trim());
    shorten(chosen.trim_end_matches(['.', '!', '?', '。', '！', '？']), 96)
}

#[cfg(test)]
mod tests {
    use super::{Slots, fill};

    #[test]
    fn a_phrase_needs_all_its_slots() {
        let slots = Slots::from([("act", "move to {b}".to_owned())]);
        assert_eq!(fill("{Act}, or not: {act}.", &slots).as_deref(), Some("Move to {b}, or not: move to {b}."));
        assert_eq!(fill("{act} by {deadline}", &slots), None);
        assert_eq!(fill("no slot", &slots).as_deref(), Some("no slot"));
    }
}
