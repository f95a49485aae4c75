//! Drives the engine with random answers and failures (BRD-5, BRD-6, BRD-11, BRD-20): it always ends within its
//! limits, counts only what was voted, and is the same state again from any prefix of its log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use proptest::prelude::{Rng as _, *};
use proptest::test_runner::TestRng;
use quorate_kernel::{MicroUsd, SystemClock, SystemIds};
use quorate_models::{ChatAnswer, Finish, Message, Models, ModelsConfig, Usage};
use uuid::Uuid;

use crate::answer::{
    Ballot, Choice, Chosen, ClaimBasis, Clarify, ClarifyQuestion, Contribute, Decompose, Door, DraftCheck, DraftClaim,
    DraftOption, DraftScore, DraftVerdict, Facilitate, FormOptions, NextAction, NextStep, OptionBallot, OptionChoice,
    Part, PartForm, Select, SoleAnswer, SoleDecision, StatedStance, Synthesize, SynthesizeSub, Voice,
};
use crate::engine::count::Rule;
use crate::engine::event::{
    Answered as UserAnswered, By, Event, Form, Limit, LimitKind, Nothing, Pause, Started, StopReason,
};
use crate::engine::{Call, Lifecycle, Plan, Rules, State, plan};
use crate::ports::{Findings, Matched, Passage, Research, ResearchQuery};
use crate::prompt::Prompts;
use crate::report::{Report, build};
use crate::run::World;
use crate::run::testing::{Answered, Landing, Measures, Unanswered, events, prepare};
use crate::session::{Answer, Brief, FailureCode, MAX_ROUNDS, Mode, Outcome, SessionId};
use crate::store::Charge;
use crate::{BoardConfig, Catalogue};

/// Dice over proptest's generator, so that a failing course is repeated.
struct Dice(TestRng);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.0.next_u32()).unwrap() % sides.max(1)
    }

    fn share(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / f64::from(u32::MAX)
    }

    /// Whether something happens that does so `percent` times in a hundred.
    fn happens(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }
}

/// A place where something may be found; what is found is the dice's.
struct Library;

#[async_trait::async_trait]
impl Research for Library {
    async fn look_up(&self, _: &ResearchQuery) -> Findings {
        Findings::Nothing
    }

    fn is_of_attachments(&self) -> bool {
        false
    }
}

fn world() -> World {
    let models = Models::new(&ModelsConfig::default(), Arc::new(SystemClock), Arc::new(SystemIds)).unwrap();
    World {
        models: Arc::new(models),
        prompts: Arc::new(Prompts::load().unwrap()),
        personas: Arc::new(Catalogue::load(None).unwrap()),
        config: Arc::new(BoardConfig::default()),
        research: Arc::from([Arc::new(Library) as Arc<dyn Research>]),
        who: None,
        caller: None,
    }
}

fn answer() -> ChatAnswer {
    ChatAnswer {
        text: String::new(),
        thinking: None,
        finish: Finish::Stop,
        usage: Usage::default(),
        model: "offline/demo".to_owned(),
        cost: None,
        latency: Duration::ZERO,
        first_token: None,
    }
}

/// An answer, or none with the given chance of failure.
fn maybe<T>(dice: &mut Dice, failure: usize, value: impl FnOnce(&mut Dice) -> T) -> Result<Answered<T>, Unanswered> {
    let charge = Charge { calls: 1, ..Charge::default() };
    if dice.happens(failure) {
        let codes = [FailureCode::InfraFailure, FailureCode::Timeout, FailureCode::InvalidOutput];
        return Err(Unanswered { code: codes[dice.roll(3)], charge });
    }
    Ok(Answered { value: value(dice), answer: answer(), charge })
}

fn choice(dice: &mut Dice) -> Choice {
    [Choice::Yes, Choice::No, Choice::Conditional, Choice::Abstain][dice.roll(4)]
}

fn part(dice: &mut Dice, index: usize) -> Part {
    Part {
        title: format!("Part {index}"),
        goal: "Find out".to_owned(),
        scope: String::new(),
        proposal: "Do it".to_owned(),
        criteria: vec!["cost".to_owned()],
        depends_on: (0..index).filter(|_| dice.happens(40)).collect(),
        complexity: dice.share(),
        form: if dice.happens(40) { PartForm::Choice } else { PartForm::Proposal },
        door: if dice.happens(30) { Door::OneWay } else { Door::TwoWay },
    }
}

fn draft_option(dice: &mut Dice, index: usize) -> DraftOption {
    DraftOption {
        label: format!("Option {index}"),
        description: "Do this".to_owned(),
        supporters: vec!["nobody".to_owned()],
        trade_offs: vec![String::new(), "Time".to_owned()],
        risk: "It fails".to_owned(),
        scores: vec![
            DraftScore {
                criterion: "cost".to_owned(),
                score: dice.happens(80).then(|| f64::from(u8::try_from(dice.roll(11)).unwrap())),
            },
            DraftScore { criterion: "fame".to_owned(), score: Some(3.0) },
        ],
        constraints: vec![DraftCheck {
            constraint: "never set".to_owned(),
            verdict: DraftVerdict::Violation,
            note: String::new(),
        }],
    }
}

fn next_step() -> NextAction {
    NextAction { what: "Ask".to_owned(), who: "You".to_owned(), by_when: "Soon".to_owned() }
}

/// What the world answers to a call.
fn land(world: &World, state: &State, call: &Call, dice: &mut Dice, failure: usize) -> Landing {
    let refs = |dice: &mut Dice| vec![format!("C{}", dice.roll(9)), "nonsense".to_owned()];
    match call {
        Call::Clarify => Landing::Clarify(maybe(dice, failure, |dice| Clarify {
            questions: (0..dice.roll(3))
                .map(|_| ClarifyQuestion { question: "How much?".to_owned(), why: "It matters".to_owned() })
                .collect(),
        })),
        Call::Decompose => Landing::Decompose(maybe(dice, failure, |dice| {
            let parts = 1 + dice.roll(4);
            Decompose { sub_problems: (0..parts).map(|index| part(dice, index)).collect() }
        })),
        Call::Select { .. } if state.brief.personas.is_some() => Landing::Select(None),
        Call::Select { .. } => Landing::Select(Some(maybe(dice, failure, |dice| {
            let all = world.personas.all();
            let mut codes: BTreeSet<String> = BTreeSet::from(["nobody".to_owned()]);
            codes.extend((0..dice.roll(7)).map(|_| all[dice.roll(all.len())].code.clone()));
            Select { seats: codes.into_iter().map(|code| Chosen { code, reason: String::new() }).collect() }
        }))),
        Call::Contribute { .. } => Landing::Contribute(maybe(dice, failure, |dice| Contribute {
            content: format!("Text {}", dice.roll(1000)),
            builds_on: refs(dice),
            stance: StatedStance { decision: choice(dice), confidence: dice.share(), reason: String::new() },
        })),
        Call::Measure { .. } => Landing::Measure((!dice.happens(failure)).then(|| Measures {
            embedder: "local/test".to_owned(),
            novelty: (!dice.happens(20)).then(|| dice.share()),
            drift: (!dice.happens(20)).then(|| dice.share()),
        })),
        Call::Facilitate { .. } => Landing::Facilitate(maybe(dice, failure, |dice| {
            let steps = [
                NextStep::Continue,
                NextStep::Challenge,
                NextStep::Moderate,
                NextStep::AskUser,
                NextStep::Research,
                NextStep::Vote,
            ];
            let seats: Vec<_> = state.tracks.iter().flat_map(|track| &track.seats).collect();
            Facilitate {
                action: steps[dice.roll(6)],
                reason: "Because".to_owned(),
                speakers: (0..dice.roll(4)).map(|_| seats[dice.roll(seats.len())].code.clone()).collect(),
                question: dice.happens(50).then(|| "What about it?".to_owned()),
                target: dice.happens(50).then(|| format!("C{}", dice.roll(9))),
                voice: dice.happens(50).then_some(Voice::Sceptic),
            }
        })),
        Call::Research { .. } => Landing::Research(match dice.roll(3) {
            0 => Findings::Nothing,
            1 => Findings::Unavailable("away".to_owned()),
            _ => Findings::Passages(vec![Passage {
                source_id: "file".to_owned(),
                title: "Plan".to_owned(),
                locator: "page 1".to_owned(),
                text: "The rent is known.".to_owned(),
                suspicious: false,
                matched: Matched::Meaning,
            }]),
        }),
        Call::Baseline => Landing::Baseline(maybe(dice, failure, |dice| SoleAnswer {
            answer: "Do it.".to_owned(),
            decisions: (0..dice.roll(7))
                .map(|sub_problem| SoleDecision {
                    sub_problem,
                    decision: choice(dice),
                    confidence: dice.share(),
                    reason: "So".to_owned(),
                })
                .collect(),
        })),
        Call::FormOptions { .. } => Landing::FormOptions(maybe(dice, failure, |dice| FormOptions {
            options: (0..[0, 2, 3, 5][dice.roll(4)]).map(|index| draft_option(dice, index)).collect(),
        })),
        Call::Vote { sub_problem, .. } if !state.tracks[*sub_problem].options().is_empty() => {
            Landing::VoteOptions(maybe(dice, failure, |dice| OptionBallot {
                decision: choice(dice),
                confidence: dice.share(),
                reasoning: "So".to_owned(),
                options: ["A", "B", "C", "Z"]
                    .iter()
                    .filter(|_| dice.happens(70))
                    .map(|id| (*id).to_owned())
                    .collect::<Vec<_>>()
                    .into_iter()
                    .map(|option| OptionChoice { option, decision: choice(dice), confidence: dice.share() })
                    .collect(),
                conditions: vec!["First this".to_owned()],
                would_change_mind: String::new(),
                flip_reason: dice.happens(50).then(|| format!("[S{}] moved me", dice.roll(3))),
            }))
        }
        Call::Vote { .. } => Landing::Vote(maybe(dice, failure, |dice| Ballot {
            decision: choice(dice),
            confidence: dice.share(),
            reasoning: "So".to_owned(),
            conditions: vec!["First this".to_owned()],
            would_change_mind: String::new(),
            flip_reason: dice.happens(50).then(|| format!("[C{}] moved me", dice.roll(9))),
        })),
        Call::Synthesize { sub_problem: Some(_) } => Landing::SynthesizeSub(maybe(dice, failure, |_| SynthesizeSub {
            summary: "Sum".to_owned(),
            recommendation: "Do".to_owned(),
            key_insights: vec![],
            conditions: vec![],
            assumptions: vec![],
            risks: vec![],
            open_questions: vec![],
            next_steps: vec![next_step()],
        })),
        Call::Synthesize { sub_problem: None } => Landing::Synthesize(maybe(dice, failure, |_| Synthesize {
            executive_summary: "Sum".to_owned(),
            recommendation: "Do".to_owned(),
            key_insights: vec![],
            conditions: vec![],
            assumptions: vec![],
            risks: vec![],
            open_questions: vec![],
            next_steps: vec![next_step()],
            pre_mortem: vec![],
            claims: vec![DraftClaim { claim: "It costs 83 %.".to_owned(), basis: ClaimBasis::Given, source: None }],
        })),
    }
}

/// One session from start to end, with its log.
pub(super) struct Course {
    world: World,
    rules: Rules,
    pub(super) state: State,
    pub(super) log: Vec<Event>,
    pub(super) now: DateTime<Utc>,
    /// What was sent to models, with the kind of each call.
    pub(super) asked: Vec<(String, Vec<Message>)>,
}

impl Course {
    pub(super) fn new(brief: Brief) -> Self {
        let world = world();
        let rules =
            Rules { clarification_timeout: Duration::from_secs(60), moderators: world.personas.moderators("default") };
        let id = SessionId(Uuid::from_u128(7));
        let mut course = Self {
            world,
            rules,
            state: State::new(id, brief.clone()),
            log: vec![],
            now: DateTime::UNIX_EPOCH,
            asked: vec![],
        };
        course.happen(Event::SessionCreated(Box::new(brief)));
        course.happen(Event::SessionStarted(Started {
            route: "default".to_owned(),
            model: "offline/demo".to_owned(),
            offline_demo: true,
            deadline: course.now + chrono::Duration::hours(1),
            rule: Rule::Majority.name().to_owned(),
            materials: Vec::new(),
        }));
        course
    }

    pub(super) fn plan(&self) -> Plan {
        plan(&self.state, &self.rules, self.now)
    }

    /// Lets a call land with this result, and keeps what was sent for it.
    pub(super) fn land(&mut self, call: &Call, landing: Landing) {
        let step = prepare(&self.world, &self.state, call.clone()).expect("a step");
        if let Some(messages) = step.messages() {
            let kind = call.key().split('/').next().unwrap_or_default().to_owned();
            self.asked.push((kind, messages.to_vec()));
        }
        for new in events(&self.world, &self.state, call, landing, self.now) {
            self.happen(new.event);
        }
    }

    /// Everything that was sent.
    pub(super) fn prompts(&self) -> Vec<Vec<Message>> {
        self.asked.iter().map(|(_, messages)| messages.clone()).collect()
    }

    /// The report as it was built when it was written.
    pub(super) fn report(&self) -> Report {
        let written = self.state.report.as_ref().expect("a report");
        build(&self.state, written, written.outcome.expect("an outcome"))
    }

    pub(super) fn happen(&mut self, event: Event) {
        self.log.push(event);
        let sequence = i64::try_from(self.log.len()).unwrap();
        self.state.apply(&self.log[self.log.len() - 1], sequence);
    }

    /// What the user or a limit may do between two steps.
    fn disturb(&mut self, dice: &mut Dice) {
        match dice.roll(120) {
            0 => self.happen(Event::StopRequested(Nothing {})),
            1 if self.state.limit.is_none() => self.happen(Event::LimitReached(Limit { limit: LimitKind::Cost })),
            2 => self.now += chrono::Duration::hours(2),
            3..=5 if self.state.lifecycle == Lifecycle::Running => {
                self.happen(Event::SessionPaused(Pause { reason: By::User }));
                self.happen(Event::SessionResumed(Nothing {}));
            }
            6..=30 => {
                if let Some(asked) = self.state.asked.clone() {
                    let answer = |id: &String| Answer { question_id: id.clone(), answer: Some("200k".to_owned()) };
                    let answers = asked.questions.iter().map(|question| answer(&question.id)).collect();
                    self.happen(Event::ClarificationAnswered(UserAnswered { answers, by: By::User }));
                }
            }
            _ => {}
        }
    }

    /// Runs to the end, or fails after more steps than any session may take.
    fn run(&mut self, dice: &mut Dice, failure: usize) {
        for _ in 0..5_000 {
            if self.state.lifecycle == Lifecycle::Ended {
                return;
            }
            self.disturb(dice);
            let plan = plan(&self.state, &self.rules, self.now);
            if !plan.events.is_empty() {
                for event in plan.events {
                    self.happen(event);
                }
            } else if !plan.calls.is_empty() {
                // Any of those under way may land first.
                let call = &plan.calls[dice.roll(plan.calls.len())];
                let landing = land(&self.world, &self.state, call, dice, failure);
                for new in events(&self.world, &self.state, call, landing, self.now) {
                    self.happen(new.event);
                }
            } else {
                self.now = plan.wake_at.expect("a session that waits for nothing and is not over");
            }
        }
        panic!("the session does not end; the last events: {:#?}", &self.log[self.log.len() - 8..]);
    }
}

/// An answer of the script.
pub(super) fn answered<T>(value: T) -> Result<Answered<T>, Unanswered> {
    Ok(Answered { value, answer: answer(), charge: Charge { calls: 1, ..Charge::default() } })
}

/// No answer.
pub(super) fn unanswered<T>(code: FailureCode) -> Result<Answered<T>, Unanswered> {
    Err(Unanswered { code, charge: Charge::default() })
}

/// A plain session of that mode.
pub(super) fn brief_of(mode: Mode) -> Brief {
    Brief {
        problem_statement: "Should we do this or not?".to_owned(),
        problem_context: BTreeMap::new(),
        mode,
        max_rounds: 4,
        personas: None,
        clarify: false,
        one_way_door: false,
        baseline: false,
        choices: Vec::new(),
        lean: None,
        route: None,
        cost_ceiling: MicroUsd(1_000_000),
    }
}

fn brief(dice: &mut Dice) -> Brief {
    let personas = dice.happens(30).then(|| vec!["finance_strategist".to_owned(), "people_partner".to_owned()]);
    Brief {
        problem_statement: "Should we do this or not?".to_owned(),
        problem_context: BTreeMap::new(),
        mode: [Mode::Quick, Mode::Standard, Mode::Deep, Mode::Auto][dice.roll(4)],
        max_rounds: u8::try_from(1 + dice.roll(usize::from(MAX_ROUNDS))).unwrap(),
        personas,
        clarify: dice.happens(50),
        one_way_door: dice.happens(20),
        baseline: dice.happens(30),
        choices: if dice.happens(25) { vec!["Do it.".to_owned(), "Leave it.".to_owned()] } else { Vec::new() },
        lean: None,
        route: None,
        cost_ceiling: MicroUsd(1_000_000),
    }
}

fn check(course: &Course) -> Result<(), TestCaseError> {
    let state = &course.state;
    let terminals = course.log.iter().filter(|event| event.is_terminal()).count();
    prop_assert_eq!(terminals, 1, "exactly one end");
    for track in &state.tracks {
        let rounds = track.rounds.len().saturating_sub(track.initial_rounds());
        prop_assert!(track.initial_rounds() <= 2);
        if state.brief.mode == Mode::Auto
            && track.counted.is_some()
            && state.limit.is_none()
            && !track.reserve.is_empty()
        {
            // Only where both were there and on one side did two decide for all.
            prop_assert!(track.seats.len() == 2 && track.stop_reason() == Some(StopReason::Converged));
        }
        prop_assert!(rounds <= usize::from(track.round_limit(&state.brief)), "too many rounds");
        // One ballot a seat, from seats that spoke, and no ballot of an absent one.
        let voters: BTreeSet<_> = track.votes.iter().map(|vote| &vote.persona_code).collect();
        prop_assert_eq!(voters.len(), track.votes.len());
        for voter in voters {
            prop_assert!(track.present().any(|seat| seat.code == *voter));
            prop_assert!(!track.is_out(voter));
        }
        if let Some(counted) = &track.counted {
            let tally = &counted.tally;
            let cast = tally.yes + tally.no + tally.conditional + tally.abstain;
            prop_assert_eq!(cast, track.votes.len());
            prop_assert_eq!(cast + tally.absent, track.seats.len());
            prop_assert_eq!(tally.quorum, cast > 0 && cast * 2 >= track.seats.len());
            prop_assert_eq!(counted.outcome == Outcome::NoQuorum, !tally.quorum);
            // The rule that was declared, and no other: what cannot be undone needs three quarters.
            prop_assert_eq!(&tally.rule, track.sub_problem.rule.name());
            if track.sub_problem.one_way {
                prop_assert!(!tally.carried || tally.support.is_some_and(|support| support >= 0.75));
            }
            prop_assert_eq!(counted.options.len(), track.options().len());
            for one in &counted.options {
                let on = track.votes.iter().filter(|vote| vote.options.iter().any(|own| own.option == one.option));
                let sum = one.tally.yes + one.tally.no + one.tally.conditional + one.tally.abstain;
                prop_assert_eq!(sum, on.count(), "only ballots on the option count");
            }
            let leads = |id: &String| counted.options.iter().any(|one| one.option == *id && one.tally.carried);
            prop_assert!(counted.leading.as_ref().is_none_or(leads));
        }
        if let Some(formed) = &track.options {
            prop_assert!(formed.options.is_empty() || (2..=5).contains(&formed.options.len()));
            prop_assert!(track.sub_problem.form == Form::Choice);
            for card in &formed.options {
                // Nothing that nobody said or set: a supporter who did not speak, a limit, a criterion.
                prop_assert!(card.supporters.is_empty() && card.constraints.is_empty());
                prop_assert!(card.scores.iter().all(|score| score.criterion == "cost"));
            }
        }
        prop_assert!(state.research.len() <= 3, "looked up at most three times");
        let ids: BTreeSet<_> = track.contributions.iter().map(|said| said.id).collect();
        prop_assert_eq!(ids.len(), track.contributions.len(), "nothing is said twice");
        let refs: BTreeSet<_> = track.voices().map(|said| &said.reference).collect();
        prop_assert_eq!(refs.len(), track.voices().count(), "every contribution has its own ref");
    }
    if let Some(Event::SessionCompleted(end)) = course.log.last() {
        prop_assert!(state.report.is_some());
        prop_assert!(end.outcome.is_some());
    }
    Ok(())
}

fn replayed(course: &Course, until: usize) -> State {
    let mut state = State::new(course.state.id, course.state.brief.clone());
    for (sequence, event) in (1..).zip(&course.log[..until]) {
        // Through its stored form, as after a crash.
        let (kind, data) = event.clone().into_parts();
        state.apply(&Event::from_parts(&kind, data).unwrap(), sequence);
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_course_ends_within_its_limits_and_counts_only_what_was_voted(seed in any::<[u8; 32]>(), failure in 0usize..60) {
        let mut dice = Dice(TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &seed));
        let mut course = Course::new(brief(&mut dice));
        course.run(&mut dice, failure);
        check(&course)?;
    }

    #[test]
    fn the_log_is_the_state(seed in any::<[u8; 32]>(), failure in 0usize..30, cut in 0.0f64..1.0) {
        let mut dice = Dice(TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &seed));
        let mut course = Course::new(brief(&mut dice));
        course.run(&mut dice, failure);
        let whole = replayed(&course, course.log.len());
        prop_assert_eq!(format!("{whole:?}"), format!("{:?}", course.state));
        // From any prefix the same plan follows, twice: it depends on nothing but the state.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a short log")]
        let until = (cut * course.log.len() as f64) as usize;
        let (one, other) = (replayed(&course, until), replayed(&course, until));
        let plans = [one, other].map(|state| format!("{:?}", plan(&state, &course.rules, course.now)));
        prop_assert_eq!(&plans[0], &plans[1]);
    }
}

#[test]
fn a_dead_world_fails_the_session_and_says_why() {
    for seed in 0..8u8 {
        let mut dice = Dice(TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &[seed; 32]));
        let mut course = Course::new(Brief { clarify: false, ..brief(&mut dice) });
        // No disturbances: straight to the end, every answer a failure.
        while course.state.lifecycle != Lifecycle::Ended {
            let plan = plan(&course.state, &course.rules, course.now);
            if let Some(call) = plan.calls.first().filter(|_| plan.events.is_empty()) {
                let landing = land(&course.world, &course.state, call, &mut dice, 100);
                for new in events(&course.world, &course.state, call, landing, course.now) {
                    course.happen(new.event);
                }
            }
            for event in plan.events {
                course.happen(event);
            }
        }
        assert!(matches!(course.log.last(), Some(Event::SessionFailed(_))), "{:?}", course.log.last());
        assert!(course.state.report.is_none());
    }
}
