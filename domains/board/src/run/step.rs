//! A call of the plan made ready and performed: everything it needs is taken from the state before it starts, so that
//! it can run beside others.

use std::sync::Arc;
use std::time::Duration;

use quorate_kernel::Principal;
use quorate_models::{Caller, Models};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

use super::ask::{Answered, Estimate, Heard, Question, Unanswered, ask};
use super::partial::{PartialObject, Piece};
use super::variables;
use crate::answer::{
    Ballot, Clarify, Contribute, Decompose, Facilitate, FormOptions, OptionBallot, Select, SoleAnswer, Synthesize,
    SynthesizeSub,
};
use crate::config::BoardConfig;
use crate::engine::event::{ContributionKind, ContributionStart, Event, Section, SubProblemRef};
use crate::engine::plan_outcome;
use crate::engine::{Call, State};
use crate::error::BoardError;
use crate::persona::Catalogue;
use crate::ports::{Findings, Research, ResearchQuery};
use crate::prompt::Prompts;
use crate::session::derived_id;

/// What steps need of the world.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) models: Arc<Models>,
    pub(crate) prompts: Arc<Prompts>,
    pub(crate) personas: Arc<Catalogue>,
    pub(crate) config: Arc<BoardConfig>,
    /// Where facts can be looked up.
    pub(crate) research: Arc<[Arc<dyn Research>]>,
    /// For whom the session that is driven runs; nobody before one is.
    pub(crate) who: Option<Arc<Principal>>,
    /// Who pays for the session that is driven; none before one is.
    pub(crate) caller: Option<Arc<Caller>>,
}

/// What is heard from a step while it runs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Progress {
    /// A contribution or a report starts again.
    Started(Event),
    /// A piece of a contribution.
    Text { contribution: Uuid, persona: String, text: String },
    /// A section of a report is whole.
    Section(Section),
}

/// A step's result: the answer, in the type that its call asks for.
#[derive(Debug)]
pub(crate) enum Landing {
    Clarify(Result<Answered<Clarify>, Unanswered>),
    Decompose(Result<Answered<Decompose>, Unanswered>),
    /// None where the user chose the seats.
    Select(Option<Result<Answered<Select>, Unanswered>>),
    Contribute(Result<Answered<Contribute>, Unanswered>),
    Measure(Option<Measures>),
    Facilitate(Result<Answered<Facilitate>, Unanswered>),
    Research(Findings),
    Baseline(Result<Answered<SoleAnswer>, Unanswered>),
    FormOptions(Result<Answered<FormOptions>, Unanswered>),
    Vote(Result<Answered<Ballot>, Unanswered>),
    VoteOptions(Result<Answered<OptionBallot>, Unanswered>),
    SynthesizeSub(Result<Answered<SynthesizeSub>, Unanswered>),
    Synthesize(Result<Answered<Synthesize>, Unanswered>),
}

/// What embeddings tell of a round.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measures {
    pub(crate) embedder: String,
    pub(crate) novelty: Option<f64>,
    pub(crate) drift: Option<f64>,
}

/// A step that is ready to run.
pub(crate) struct Step {
    /// The call it performs.
    pub(crate) call: Call,
    /// What it may cost; none where it costs nothing or the price is unknown.
    pub(crate) estimate: Option<Estimate>,
    /// Recorded when it starts.
    pub(crate) opening: Option<Event>,
    /// Whether a ballot is on options too.
    with_options: bool,
    work: Work,
}

enum Work {
    Ask(Box<Question>),
    LookUp(Box<ResearchQuery>),
    Embed { round: Vec<String>, earlier: Vec<String>, sub_problem: String },
    Nothing,
}

/// The most passages that are asked for, and the most characters of a question.
const PASSAGES: usize = 5;
const QUESTION_CHARS: usize = 300;
const SHORT_ANSWER: u32 = 1_500;
const LONG_ANSWER: u32 = 4_000;

/// Makes a call ready.
pub(crate) fn prepare(world: &World, state: &State, call: Call) -> Result<Step, BoardError> {
    let question = |name: &str, variables: Value, route: String, temperature: f32, most: u32| {
        let (messages, template) = world.prompts.render(name, variables)?;
        Ok::<_, BoardError>(Question {
            route,
            messages,
            template,
            temperature: Some(temperature),
            max_output_tokens: most,
            key: format!("{}/{}", state.id, call.key()),
            repairable: true,
            conversation: state.id.0.as_u64_pair().1,
            caller: world.caller.clone(),
        })
    };
    // The board's own work is done by the first of its routes.
    let secretary = || state.brief.route.clone().unwrap_or_else(|| world.route(0).to_owned());
    let track = |index: usize| state.track(index).ok_or(BoardError::Conflict("no such sub-problem"));
    let persona = |code: &str| world.personas.get(code).ok_or(BoardError::Conflict("a persona is no longer there"));
    let mut opening = None;
    let asked = match &call {
        Call::Clarify => question("clarify", variables::clarify(state), secretary(), 0.3, SHORT_ANSWER)?,
        Call::Decompose => question("decompose", variables::decompose(state), secretary(), 0.3, SHORT_ANSWER)?,
        Call::Select { .. } if state.brief.personas.is_some() => {
            return Ok(Step::free(call, Work::Nothing));
        }
        Call::Select { sub_problem } => {
            let variables = variables::select(state, track(*sub_problem)?, &world.personas);
            question("select", variables, secretary(), 0.3, SHORT_ANSWER)?
        }
        Call::Contribute { sub_problem, round, seat, kind, .. } => {
            let track = track(*sub_problem)?;
            let start = track.rounds.iter().find(|one| one.start.round == *round);
            let start = &start.ok_or(BoardError::Conflict("no such round"))?.start;
            let who = persona(&seat.code)?;
            opening = Some(Event::ContributionStarted(ContributionStart {
                contribution_id: derived_id(state.id, &call.key()),
                sub_problem: *sub_problem,
                round: *round,
                persona_code: seat.code.clone(),
                kind: *kind,
            }));
            let variables = variables::contribute(state, track, start, seat, who);
            question("contribute", variables, seat.route.clone(), who.temperature, SHORT_ANSWER)?
        }
        Call::Measure { sub_problem, round } => {
            let track = track(*sub_problem)?;
            let text = |wanted: fn(u8, u8) -> bool| {
                let said = track.record().into_iter().filter(|said| wanted(said.round, *round));
                said.map(|said| said.content.clone()).collect::<Vec<_>>()
            };
            let part = &track.sub_problem;
            let about = [&part.title, &part.goal, &part.scope, &part.proposal].map(String::as_str).join("\n");
            let about = format!("{about}\n{}\n{}", part.criteria.join("\n"), state.brief.problem_statement);
            let work = Work::Embed {
                round: text(|said, round| said == round),
                earlier: text(|said, round| said < round),
                sub_problem: about,
            };
            return Ok(Step::free(call, work));
        }
        Call::Facilitate { sub_problem, .. } => {
            let variables = variables::facilitate(world, state, track(*sub_problem)?);
            question("facilitate", variables, secretary(), 0.3, SHORT_ANSWER)?
        }
        Call::Research { question, .. } => {
            let query = world.who.as_ref().map(|who| ResearchQuery {
                who: Principal::clone(who),
                session: state.id,
                question: question.chars().take(QUESTION_CHARS).collect(),
                most: PASSAGES,
            });
            let work = query.map_or(Work::Nothing, |query| Work::LookUp(Box::new(query)));
            return Ok(Step::free(call, work));
        }
        Call::Baseline => question(
            "baseline",
            variables::baseline(state),
            world.strongest(state.brief.route.as_deref()),
            0.3,
            LONG_ANSWER,
        )?,
        Call::FormOptions { sub_problem } => {
            let variables = variables::form_options(state, track(*sub_problem)?);
            question("form_options", variables, secretary(), 0.3, LONG_ANSWER)?
        }
        Call::Vote { sub_problem, seat } => {
            let who = persona(&seat.code)?;
            let variables = variables::vote(state, track(*sub_problem)?, seat, who);
            question("vote", variables, seat.route.clone(), who.temperature, SHORT_ANSWER)?
        }
        Call::Synthesize { sub_problem: Some(index) } => {
            let variables = variables::synthesize_sub(state, track(*index)?);
            question("synthesize_sub", variables, secretary(), 0.4, LONG_ANSWER)?
        }
        Call::Synthesize { sub_problem: None } => {
            let variables = variables::synthesize(state, plan_outcome(state));
            question("synthesize", variables, secretary(), 0.4, LONG_ANSWER)?
        }
    };
    if let Call::Synthesize { sub_problem } = &call {
        opening = Some(Event::SynthesisStarted(SubProblemRef { sub_problem: *sub_problem }));
    }
    let estimate = asked.estimate(&world.models);
    let with_options = matches!(&call, Call::Vote { sub_problem, .. } if !track(*sub_problem)?.options().is_empty());
    Ok(Step { call, estimate, opening, with_options, work: Work::Ask(Box::new(asked)) })
}

impl World {
    /// Whether there is anything to look facts up in.
    pub(crate) fn can_research(&self, state: &State) -> bool {
        let attached = !state.materials().is_empty();
        self.research.iter().any(|place| attached || !place.is_of_attachments())
    }

    /// The strongest single model among those that the session's seats may speak through. Nobody measures strength
    /// here: the dearest by its price for output stands for it, which is the same cost class too; without prices the
    /// first one.
    pub(crate) fn strongest(&self, route: Option<&str>) -> String {
        let routes = route.map_or_else(|| self.config.routes.clone(), |route| vec![route.to_owned()]);
        let targets: Vec<String> = routes.iter().filter_map(|route| self.models.resolve(route)).flatten().collect();
        let one = quorate_models::Usage { output: 1_000_000, ..quorate_models::Usage::default() };
        let price = |target: &String| self.models.price(target).map(|price| price.cost(&one));
        // Of several as dear the first.
        let dearest = targets.iter().rev().filter(|target| price(target).is_some()).max_by_key(|target| price(target));
        dearest.or(targets.first()).cloned().unwrap_or_else(|| self.route(0).to_owned())
    }

    /// The route of the n-th seat.
    pub(crate) fn route(&self, seat: usize) -> &str {
        let routes = &self.config.routes;
        routes.get(seat % routes.len().max(1)).map_or("default", String::as_str)
    }
}

impl Step {
    /// A step that costs nothing.
    fn free(call: Call, work: Work) -> Self {
        Self { call, estimate: None, opening: None, with_options: false, work }
    }

    /// What is sent to a model for it.
    #[cfg(test)]
    pub(crate) fn messages(&self) -> Option<&[quorate_models::Message]> {
        match &self.work {
            Work::Ask(question) => Some(&question.messages),
            _ => None,
        }
    }

    /// What cannot be used is not asked for again.
    pub(crate) fn forbid_repair(&mut self) {
        if let Work::Ask(question) = &mut self.work {
            question.repairable = false;
        }
    }

    /// Performs it.
    pub(crate) async fn perform(self, world: World, progress: UnboundedSender<Progress>) -> (Call, Landing) {
        let limit = Duration::from_secs(world.config.call_timeout_seconds);
        let Self { call, opening, work, with_options, .. } = self;
        let (models, prompts) = (&*world.models, &*world.prompts);
        let question = match work {
            Work::Ask(question) => *question,
            Work::Embed { round, earlier, sub_problem } => {
                let measured = tokio::time::timeout(limit, measure(models, round, earlier, sub_problem)).await;
                return (call, Landing::Measure(measured.ok().flatten()));
            }
            Work::LookUp(query) => {
                let found = tokio::time::timeout(limit, look_up(&world.research, &query)).await;
                let found = found.unwrap_or_else(|_| Findings::Unavailable("no answer in time".to_owned()));
                return (call, Landing::Research(found));
            }
            Work::Nothing if matches!(call, Call::Research { .. }) => {
                return (call, Landing::Research(Findings::Unavailable("nobody to look it up for".to_owned())));
            }
            Work::Nothing => return (call, Landing::Select(None)),
        };
        let silent = |_: Heard<'_>| ();
        let result = match &call {
            Call::Clarify => Landing::Clarify(ask(models, prompts, question, limit, silent).await),
            Call::Decompose => Landing::Decompose(ask(models, prompts, question, limit, silent).await),
            Call::Select { .. } => Landing::Select(Some(ask(models, prompts, question, limit, silent).await)),
            Call::Contribute { seat, .. } => {
                let hear = contribution_ear(opening, seat.code.clone(), progress);
                Landing::Contribute(ask(models, prompts, question, limit, hear).await)
            }
            Call::Measure { .. } => Landing::Measure(None),
            Call::Research { .. } => Landing::Research(Findings::Unavailable(String::new())),
            Call::Facilitate { .. } => Landing::Facilitate(ask(models, prompts, question, limit, silent).await),
            Call::Baseline => Landing::Baseline(ask(models, prompts, question, limit, silent).await),
            Call::FormOptions { .. } => Landing::FormOptions(ask(models, prompts, question, limit, silent).await),
            Call::Vote { .. } if with_options => {
                Landing::VoteOptions(ask(models, prompts, question, limit, silent).await)
            }
            Call::Vote { .. } => Landing::Vote(ask(models, prompts, question, limit, silent).await),
            Call::Synthesize { sub_problem } => {
                let hear = report_ear(*sub_problem, opening, progress);
                if sub_problem.is_some() {
                    Landing::SynthesizeSub(ask(models, prompts, question, limit, hear).await)
                } else {
                    Landing::Synthesize(ask(models, prompts, question, limit, hear).await)
                }
            }
        };
        (call, result)
    }
}

/// Hands on a contribution's text as it grows. A driver that is gone hears nothing, which is fine.
fn contribution_ear(
    opening: Option<Event>,
    persona: String,
    progress: UnboundedSender<Progress>,
) -> impl FnMut(Heard<'_>) + Send {
    let mut reader = PartialObject::default();
    let id = match &opening {
        Some(Event::ContributionStarted(start)) => start.contribution_id,
        _ => Uuid::nil(),
    };
    move |heard| match heard {
        Heard::Restart => {
            reader = PartialObject::default();
            if let Some(opening) = &opening {
                drop(progress.send(Progress::Started(opening.clone())));
            }
        }
        Heard::Text(chunk) => {
            for piece in reader.feed(chunk) {
                if let Piece::Text { key, text } = piece
                    && key == "content"
                {
                    drop(progress.send(Progress::Text { contribution: id, persona: persona.clone(), text }));
                }
            }
        }
    }
}

/// Hands on a report's sections as each becomes whole.
fn report_ear(
    sub_problem: Option<usize>,
    opening: Option<Event>,
    progress: UnboundedSender<Progress>,
) -> impl FnMut(Heard<'_>) + Send {
    let mut reader = PartialObject::default();
    move |heard| match heard {
        Heard::Restart => {
            reader = PartialObject::default();
            if let Some(opening) = &opening {
                drop(progress.send(Progress::Started(opening.clone())));
            }
        }
        Heard::Text(chunk) => {
            for piece in reader.feed(chunk) {
                if let Piece::Field { key, value } = piece {
                    drop(progress.send(Progress::Section(Section { sub_problem, section: key, content: value })));
                }
            }
        }
    }
}

/// Asks every place and puts what they found in one list, each place's nearest first.
async fn look_up(places: &[Arc<dyn Research>], query: &ResearchQuery) -> Findings {
    let mut passages = Vec::new();
    let mut unavailable = None;
    for place in places {
        match place.look_up(query).await {
            Findings::Passages(found) => passages.extend(found),
            Findings::Nothing => {}
            Findings::Unavailable(reason) => unavailable = Some(reason),
        }
    }
    passages.truncate(query.most);
    match unavailable {
        _ if !passages.is_empty() => Findings::Passages(passages),
        Some(reason) => Findings::Unavailable(reason),
        None if places.is_empty() => Findings::Unavailable("there is nothing to look it up in".to_owned()),
        None => Findings::Nothing,
    }
}

async fn measure(models: &Models, round: Vec<String>, earlier: Vec<String>, sub_problem: String) -> Option<Measures> {
    use crate::engine::measure::{drift, novelty};
    let embedder = models.embedder();
    let split = round.len();
    let texts: Vec<String> = round.into_iter().chain(earlier).chain([sub_problem]).collect();
    match embedder.embed(&texts).await {
        Ok(vectors) if vectors.len() == texts.len() => {
            let (round, rest) = vectors.split_at(split);
            let (about, earlier) = rest.split_last()?;
            Some(Measures {
                embedder: embedder.name().to_owned(),
                novelty: novelty(round, earlier),
                drift: drift(round, about),
            })
        }
        Ok(_) => None,
        Err(error) => {
            // Unknown is shown as unknown; it never becomes a number (BRD-12).
            tracing::warn!(%error, "a round could not be measured");
            None
        }
    }
}

/// The events that stand for what was heard.
pub(crate) fn heard(progress: Progress) -> Event {
    match progress {
        Progress::Started(opening) => opening,
        Progress::Text { contribution, persona, text } => Event::ContributionDelta(crate::engine::event::Delta {
            contribution_id: contribution,
            persona_code: persona,
            text,
        }),
        Progress::Section(section) => Event::ReportSection(section),
    }
}

/// Whether a call speaks in the record.
pub(crate) const fn speaks(kind: ContributionKind) -> bool {
    !matches!(kind, ContributionKind::Moderator)
}
