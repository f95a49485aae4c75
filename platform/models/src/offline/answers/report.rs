//! What both reports are made of: the votes as given, the weightiest views, and the parts that come from the
//! considerations. A report says nothing the inputs do not hold.

use serde::Serialize;
use serde_json::Value;

use crate::offline::input::{Decision, count, list, number, text, texts};
use crate::offline::lexicon::Consideration;
use crate::offline::scene::{Scene, Slots, fill};
use crate::offline::understanding::{Language, shorten};

/// The lists both reports end with.
#[derive(Debug, Serialize)]
pub(super) struct Lists {
    pub(super) key_insights: Vec<String>,
    pub(super) conditions: Vec<String>,
    pub(super) assumptions: Vec<String>,
    pub(super) risks: Vec<String>,
    pub(super) open_questions: Vec<String>,
    pub(super) next_steps: Vec<Step>,
}

/// One thing to do.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub(super) what: String,
    pub(super) who: String,
    pub(super) by_when: String,
}

/// One vote of `votes`.
#[derive(Debug, Clone)]
pub(super) struct Ballot {
    pub(super) name: String,
    pub(super) decision: Decision,
    pub(super) confidence: f64,
    pub(super) reasoning: String,
    pub(super) conditions: Vec<String>,
}

pub(super) fn ballots(variables: &Value) -> Vec<Ballot> {
    list(variables, "votes")
        .iter()
        .filter_map(|vote| {
            Some(Ballot {
                name: shorten(&text(vote, "persona_name"), 60),
                decision: Decision::parse(&text(vote, "decision"))?,
                confidence: number(vote, "confidence").unwrap_or(0.5),
                reasoning: text(vote, "reasoning"),
                conditions: texts(vote, "conditions").iter().take(5).map(|text| shorten(text, 240)).collect(),
            })
        })
        .collect()
}

/// A counted result (BRD-6), as given.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) yes: usize,
    pub(super) no: usize,
    pub(super) conditional: usize,
    pub(super) abstain: usize,
    pub(super) absent: usize,
    pub(super) level: String,
}

impl Tally {
    pub(super) fn read(result: Option<&Value>, ballots: &[Ballot]) -> Self {
        let Some(result) = result.filter(|result| result.is_object()) else {
            let of = |wanted| ballots.iter().filter(|it| it.decision == wanted).count();
            return Self {
                yes: of(Decision::Yes),
                no: of(Decision::No),
                conditional: of(Decision::Conditional),
                abstain: of(Decision::Abstain),
                ..Self::default()
            };
        };
        let of = |key: &str| count(result, key).unwrap_or(0);
        Self {
            yes: of("yes"),
            no: of("no"),
            conditional: of("conditional"),
            abstain: of("abstain"),
            absent: of("absent"),
            level: text(result, "level"),
        }
    }

    /// Sums several results; the level of a sum is nobody's count, so it stays empty.
    pub(super) fn plus(mut self, other: &Self) -> Self {
        self.yes += other.yes;
        self.no += other.no;
        self.conditional += other.conditional;
        self.abstain += other.abstain;
        self.absent += other.absent;
        self
    }

    /// How the vote went, as a key of the lexicon.
    pub(super) const fn outcome(&self) -> &'static str {
        let support = self.yes + self.conditional;
        if support == 0 && self.no == 0 {
            "no_quorum"
        } else if support == self.no {
            "split"
        } else if support < self.no {
            "rejected"
        } else if self.conditional >= self.yes {
            "conditional"
        } else {
            "approved"
        }
    }

    /// What the distribution of the votes shows, as a key of the lexicon.
    pub(super) const fn insight(&self) -> &'static str {
        match (self.yes + self.conditional > 0, self.no > 0) {
            (true, true) => "synth.insight.divide",
            (false, true) => "synth.insight.against",
            _ => "synth.insight.agree",
        }
    }

    /// "3 yes, 1 no, 1 absent".
    pub(super) fn words(&self, scene: &Scene) -> String {
        let mut slots = Slots::new();
        slots.insert("yes", self.yes.to_string());
        slots.insert("no", self.no.to_string());
        slots.insert("conditional", self.conditional.to_string());
        let one = |key: &str, slots: &Slots| scene.lexicon.phrases(key).first().and_then(|it| fill(it, slots));
        let mut words = vec![one("tally", &slots).unwrap_or_default()];
        for (key, number) in [("tally.abstain", self.abstain), ("tally.absent", self.absent)] {
            if number > 0 {
                slots.insert("n", number.to_string());
                words.extend(one(key, &slots));
            }
        }
        words.join(if scene.problem.language == Language::Chinese { "，" } else { ", " })
    }

    pub(super) fn level(&self, scene: &Scene) -> String {
        let total = self.yes + self.no + self.conditional;
        let support = self.yes + self.conditional;
        let own = if total > 0 && support == total {
            "unanimous"
        } else if support * 4 >= total * 3 {
            "strong"
        } else if support * 5 >= total * 3 {
            "moderate"
        } else if support * 2 >= total {
            "weak"
        } else {
            "none"
        };
        let level = if self.level.is_empty() { own } else { &self.level };
        scene.lexicon.phrases(&format!("level.{level}")).first().cloned().unwrap_or_default()
    }
}

/// The vote to quote for a side: the surest on it.
pub(super) fn voice_of<'a>(ballots: &'a [Ballot], sides: &[Decision]) -> Option<&'a Ballot> {
    sides.iter().find_map(|side| {
        ballots
            .iter()
            .filter(|it| it.decision == *side && !it.reasoning.is_empty())
            .max_by(|a, b| a.confidence.total_cmp(&b.confidence))
    })
}

/// Two or three sentences of a vote's reasoning, bounded; the citation at its end is left out.
pub(super) fn view(reasoning: &str) -> String {
    let mut kept = String::new();
    for sentence in reasoning.split_inclusive(['.', '。', '?', '？']) {
        let is_citation = sentence.contains('“') || sentence.contains('«') || sentence.contains("(C");
        if is_citation || kept.chars().count() + sentence.chars().count() > 230 {
            break;
        }
        kept.push_str(sentence);
    }
    let kept = if kept.trim().is_empty() { shorten(reasoning, 200) } else { kept.trim().to_owned() };
    kept.replace(['“', '”'], "'")
}

/// Conditions of all votes, each once, the most frequent first.
pub(super) fn conditions(ballots: &[Ballot]) -> Vec<String> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for condition in ballots.iter().flat_map(|it| &it.conditions) {
        match counted.iter_mut().find(|(text, _)| text == condition) {
            Some((_, count)) => *count += 1,
            None => counted.push((condition.clone(), 1)),
        }
    }
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counted.into_iter().map(|(text, _)| text).take(6).collect()
}

/// The considerations the votes speak of, then those of the agenda.
pub(super) fn themes(scene: &Scene, ballots: &[Ballot]) -> Vec<&'static Consideration> {
    let spoken: String = ballots
        .iter()
        .flat_map(|it| it.conditions.iter().chain([&it.reasoning]))
        .chain(scene.prior.iter().map(|it| &it.content))
        .map(|text| text.to_lowercase())
        .collect::<Vec<_>>()
        .join("\n");
    let mentions = |it: &Consideration| {
        let named = spoken.matches(&it.name.to_lowercase()).count();
        let asked = it.need.iter().filter(|need| spoken.contains(&need.to_lowercase())).count();
        named + 2 * asked
    };
    let mut themes = scene.agenda();
    themes.sort_by_key(|it| std::cmp::Reverse(mentions(it)));
    themes
}

pub(super) fn lists(
    scene: &Scene,
    ballots: &[Ballot],
    themes: &[&'static Consideration],
    insights: Vec<String>,
) -> Lists {
    let mut assumptions: Vec<String> = ["synth.assume.money", "synth.assume.time", "synth.assume.people"]
        .into_iter()
        .map(|key| scene.say(key))
        .filter(|text| !text.is_empty())
        .collect();
    assumptions.push(scene.say("synth.assume.none"));
    let role = |phrases: fn(&Consideration) -> &[String], name: &str, most: usize| -> Vec<String> {
        themes.iter().map(|it| scene.voice(phrases(it), it, name)).filter(|text| !text.is_empty()).take(most).collect()
    };
    let mut open_questions = role(|it| &it.ask, "ask", 3);
    open_questions.push(scene.say("synth.open.more"));
    Lists {
        key_insights: insights,
        conditions: conditions(ballots),
        assumptions,
        risks: role(|it| &it.risk, "risk", 4),
        open_questions,
        next_steps: steps(scene, themes),
    }
}

/// Steps in an order that fits the user's own time limit, where there is one.
fn steps(scene: &Scene, themes: &[&'static Consideration]) -> Vec<Step> {
    let months = scene.problem.deadline().map(|limit| limit.value).filter(|months| *months >= 2.0);
    let mut chosen: Vec<&Consideration> = Vec::new();
    for it in themes {
        if chosen.len() < 4 && !chosen.iter().any(|other| other.aspect == it.aspect) {
            chosen.push(it);
        }
    }
    let last = chosen.len();
    chosen
        .into_iter()
        .enumerate()
        .map(|(index, it)| Step {
            what: format!(
                "{}{}",
                scene.voice(&it.step, it, "step").trim_end_matches('.'),
                if scene.problem.language == Language::Chinese { "。" } else { "." }
            ),
            who: scene.lexicon.owner(&it.aspect, scene.problem.personal),
            by_when: when(scene, index, last, months),
        })
        .collect()
}

fn when(scene: &Scene, index: usize, last: usize, months: Option<f64>) -> String {
    let first = |key: &str| scene.lexicon.phrases(key).first().cloned().unwrap_or_default();
    if index == 0 {
        return first("when.first");
    }
    let Some(months) = months else {
        let ways = scene.lexicon.phrases("when.free");
        return ways.get(index.min(ways.len().saturating_sub(1))).cloned().unwrap_or_default();
    };
    if index + 1 == last {
        return first("when.late");
    }
    // The first half of the time is for finding out, so steps stand in it.
    let share = if index == 1 { 0.17 } else { 0.33 };
    let month = (months * share).round().max(1.0);
    let mut slots = Slots::new();
    slots.insert("n", format!("{month:.0}"));
    scene.lexicon.phrases("when.month").first().and_then(|way| fill(way, &slots)).unwrap_or_default()
}

/// Who was absent and why, as sentences.
pub(super) fn absences(scene: &Scene, variables: &Value) -> Vec<String> {
    list(variables, "absences")
        .iter()
        .filter_map(|absence| {
            let mut slots = Slots::new();
            slots.insert("who", shorten(&text(absence, "persona_name"), 60));
            slots.insert("why", shorten(&text(absence, "reason").replace('_', " "), 80));
            scene.lexicon.phrases("synth.absent").first().and_then(|way| fill(way, &slots))
        })
        .take(6)
        .collect()
}

/// Sets the slots both reports speak with: who said what, what it hangs on.
pub(super) fn speak_of(scene: &mut Scene, ballots: &[Ballot], themes: &[&'static Consideration]) {
    if let Some(theme) = themes.first().copied() {
        let need = conditions(ballots)
            .first()
            .map(|need| lower_first(need.trim_end_matches(['.', '。'])))
            .unwrap_or_else(|| scene.voice(&theme.need, theme, "need"));
        scene.set("concern", &theme.name);
        scene.set("need", &need);
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

/// One sentence that names a vote's author and view.
pub(super) fn attributed(scene: &mut Scene, key: &str, ballot: &Ballot) -> String {
    let view = view(&ballot.reasoning);
    scene.slots.insert("who", shorten(&ballot.name, 60));
    scene.slots.insert("view", shorten(&view, 240));
    scene.say(key)
}

/// What a vote adds to the picture: its reasons without the vote itself.
pub(super) fn insight(scene: &mut Scene, ballot: &Ballot) -> String {
    let whole = view(&ballot.reasoning);
    let sentences = crate::offline::understanding::sentences(&whole);
    let tail = match sentences.as_slice() {
        [_, rest @ ..] if rest.iter().any(|sentence| sentence.chars().count() > 40) => {
            let rest: Vec<&str> = rest.iter().map(String::as_str).filter(|it| it.chars().count() > 40).collect();
            rest.join(if scene.problem.language == Language::Chinese { "" } else { " " })
        }
        _ => whole,
    };
    let tail = Ballot { reasoning: tail, ..ballot.clone() };
    attributed(scene, "synth.insight.view", &tail)
}
