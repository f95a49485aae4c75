//! The state of a session, rebuilt from its log event by event.

use std::collections::{BTreeMap, BTreeSet};

use quorate_kernel::MicroUsd;

use super::event::{
    Absence, Asked, Baseline, By, Contribution, Counted, Event, Facilitated, LimitKind, Material, Measured, OptionCard,
    OptionsFormed, Researched, RoundKind, RoundStart, Seat, Source, Started, StopReason, SubProblem, Synthesized, Vote,
    VotingStart,
};
use super::stop::{RoundFacts, Thresholds};
use crate::session::{Answer, Brief, Decision, Mode, Outcome, Phase, Question, SessionId, Stance};

/// How often facilitators may have something looked up in one session.
const RESEARCH_LIMIT: usize = 3;

/// Where a session is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// Created, not started.
    Created,
    /// At work, or waiting for answers.
    Running,
    /// Held by the user.
    Held,
    /// The user wants it ended with what there is.
    Stopping,
    /// Over.
    Ended,
}

/// The whole state.
#[derive(Debug, Clone)]
pub struct State {
    /// The session.
    pub id: SessionId,
    /// What was asked for.
    pub brief: Brief,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// How it was started.
    pub started: Option<Started>,
    /// The step of the session as a whole, as announced.
    pub phase: Option<Phase>,
    /// Questions that wait.
    pub asked: Option<Asked>,
    /// How often a facilitator has put a question to the user.
    pub asked_in_discussion: usize,
    /// All questions so far, for the prompts.
    pub questions: Vec<Question>,
    /// All answers so far.
    pub answers: Vec<Answer>,
    /// What was looked up so far.
    pub research: Vec<Researched>,
    /// Whether intake is over.
    pub intake_done: bool,
    /// Who split the problem.
    pub decomposed_by: Option<By>,
    /// The sub-problems.
    pub tracks: Vec<Track>,
    /// What the strongest single model answered, where it was asked.
    pub baseline: Option<Baseline>,
    /// The report on the whole.
    pub report: Option<Synthesized>,
    /// A limit that was reached.
    pub limit: Option<LimitKind>,
    /// What the calls so far have cost, where known.
    pub spent: MicroUsd,
    /// Model calls answered so far.
    pub calls: usize,
    /// The models that answered.
    pub models: BTreeSet<String>,
    /// The sequence of the last event applied.
    pub sequence: i64,
}

/// One sub-problem's part of the state.
#[derive(Debug, Clone)]
pub struct Track {
    /// The sub-problem.
    pub sub_problem: SubProblem,
    /// Its step, as announced.
    pub phase: Option<Phase>,
    /// Its seats.
    pub seats: Vec<Seat>,
    /// Who is called in if the seats disagree.
    pub reserve: Vec<Seat>,
    /// Its rounds; the first is the initial one.
    pub rounds: Vec<Round>,
    /// What was said, in the order it was recorded.
    pub contributions: Vec<Contribution>,
    /// Who did not answer, by round and seat.
    pub absences: Vec<Absence>,
    /// What the facilitator decided after the last round, until it happens.
    pub facilitated: Option<Facilitated>,
    /// The last round after which the user was asked.
    pub asked_after: Option<u8>,
    /// The options that were formed; none before, and none where there was nothing to form.
    pub options: Option<OptionsFormed>,
    /// The vote, once it has begun.
    pub voting: Option<VotingStart>,
    /// The ballots, in the order of the seats.
    pub votes: Vec<Vote>,
    /// The count.
    pub counted: Option<Counted>,
    /// Its report, where there are several sub-problems.
    pub report: Option<Synthesized>,
}

/// A round: how it began, and what it brought.
#[derive(Debug, Clone)]
pub struct Round {
    /// How it began.
    pub start: RoundStart,
    /// What it brought, once measured.
    pub measured: Option<Measured>,
}

impl State {
    /// A session that was just created.
    #[must_use]
    pub fn new(id: SessionId, brief: Brief) -> Self {
        Self {
            id,
            brief,
            lifecycle: Lifecycle::Created,
            started: None,
            phase: None,
            asked: None,
            asked_in_discussion: 0,
            questions: Vec::new(),
            answers: Vec::new(),
            research: Vec::new(),
            intake_done: false,
            decomposed_by: None,
            tracks: Vec::new(),
            baseline: None,
            report: None,
            limit: None,
            spent: MicroUsd::ZERO,
            calls: 0,
            models: BTreeSet::new(),
            sequence: 0,
        }
    }

    /// Lets one event happen. Unknown sub-problems are ignored: a log can only name those it introduced.
    pub fn apply(&mut self, event: &Event, sequence: i64) {
        self.sequence = sequence;
        match event {
            Event::SessionCreated(brief) => self.brief = (**brief).clone(),
            Event::SessionStarted(started) => {
                // Whoever was stopped before the start stays stopped.
                if self.lifecycle == Lifecycle::Created {
                    self.lifecycle = Lifecycle::Running;
                }
                self.started = Some(started.clone());
            }
            Event::PhaseChanged(change) => match change.sub_problem {
                None => self.phase = Some(change.phase),
                Some(index) => self.with_track(index, |track| track.phase = Some(change.phase)),
            },
            Event::ClarificationRequested(asked) => {
                self.questions.extend(asked.questions.iter().cloned());
                self.asked = Some(asked.clone());
                if let Some(index) = asked.sub_problem {
                    self.asked_in_discussion += 1;
                    self.with_track(index, |track| {
                        track.asked_after = track.rounds.last().map(|round| round.start.round);
                    });
                }
            }
            Event::ClarificationAnswered(answered) => {
                self.answers.extend(answered.answers.iter().cloned());
                // Only the intake's questions hold up the intake.
                if self.asked.as_ref().is_none_or(|asked| asked.sub_problem.is_none()) {
                    self.intake_done = true;
                }
                self.asked = None;
            }
            Event::ProblemDecomposed(decomposed) => {
                self.decomposed_by = Some(decomposed.decided_by);
                self.tracks = decomposed.sub_problems.iter().cloned().map(Track::new).collect();
            }
            Event::PersonasSelected(selected) => {
                self.with_track(selected.sub_problem, |track| {
                    track.seats.clone_from(&selected.seats);
                    track.reserve.clone_from(&selected.reserve);
                });
            }
            Event::RoundStarted(start) => self.with_track(start.sub_problem, |track| {
                track.facilitated = None;
                track.rounds.push(Round { start: start.clone(), measured: None });
            }),
            Event::ContributionRecorded(record) => {
                let contribution = &record.contribution;
                self.models.insert(contribution.model.clone());
                if let Some(index) = contribution.sub_problem {
                    self.with_track(index, |track| track.contributions.push(contribution.clone()));
                }
            }
            Event::SeatAbsent(absence) => {
                self.with_track(absence.sub_problem, |track| {
                    track.absences.push(absence.clone());
                    track.order();
                });
            }
            Event::RoundMeasured(measured) => self.with_track(measured.sub_problem, |track| {
                if let Some(round) = track.rounds.iter_mut().find(|round| round.start.round == measured.round) {
                    round.measured = Some(measured.clone());
                }
            }),
            Event::FacilitatorDecided(facilitated) => {
                self.with_track(facilitated.sub_problem, |track| track.facilitated = Some(facilitated.clone()));
            }
            Event::OptionsFormed(formed) => {
                self.with_track(formed.sub_problem, |track| track.options = Some(formed.clone()));
            }
            Event::ResearchDone(researched) => self.research.push(researched.clone()),
            Event::VotingStarted(voting) => self.with_track(voting.sub_problem, |track| {
                track.facilitated = None;
                track.voting = Some(voting.clone());
            }),
            Event::VoteRecorded(vote) => {
                self.models.insert(vote.model.clone());
                self.with_track(vote.sub_problem, |track| {
                    track.votes.push(vote.clone());
                    track.order();
                });
            }
            Event::VotesCounted(counted) => {
                self.with_track(counted.sub_problem, |track| track.counted = Some(counted.clone()));
            }
            Event::BaselineRecorded(baseline) => self.baseline = Some(baseline.clone()),
            Event::SynthesisRecorded(report) => match report.sub_problem {
                None => self.report = Some(report.clone()),
                Some(index) => self.with_track(index, |track| track.report = Some(report.clone())),
            },
            Event::DeadlineMoved(waited) => {
                if let Some(started) = &mut self.started {
                    started.deadline += chrono::Duration::milliseconds(waited.milliseconds);
                }
            }
            Event::LimitReached(limit) => self.limit = self.limit.or(Some(limit.limit)),
            Event::SessionPaused(_) if self.lifecycle == Lifecycle::Running => self.lifecycle = Lifecycle::Held,
            Event::SessionResumed(_) if self.lifecycle == Lifecycle::Held => self.lifecycle = Lifecycle::Running,
            Event::StopRequested(_) if self.lifecycle != Lifecycle::Ended => self.lifecycle = Lifecycle::Stopping,
            Event::SessionCompleted(_) | Event::SessionFailed(_) | Event::SessionCancelled(_) => {
                self.lifecycle = Lifecycle::Ended;
            }
            Event::ContributionStarted(_)
            | Event::ContributionDelta(_)
            | Event::SynthesisStarted(_)
            | Event::ReportSection(_)
            | Event::SessionPaused(_)
            | Event::SessionResumed(_)
            | Event::StopRequested(_) => {}
        }
    }

    /// Counts answered calls and what they cost.
    pub fn account(&mut self, calls: i64, cost: Option<MicroUsd>) {
        self.calls += usize::try_from(calls).unwrap_or_default();
        self.spent += cost.unwrap_or_default();
    }

    /// Whether anybody said anything.
    #[must_use]
    pub fn has_contributions(&self) -> bool {
        self.tracks.iter().any(|track| track.voices().next().is_some())
    }

    /// Whether the facilitator of a sub-problem may put a question to the user: where questions were wanted, at most
    /// twice a session, one at a time.
    #[must_use]
    pub fn may_ask_user(&self) -> bool {
        self.brief.clarify && self.asked.is_none() && self.limit.is_none() && self.asked_in_discussion < 2
    }

    /// Whether a facilitator may have something looked up: at most three times a session.
    #[must_use]
    pub fn may_research(&self) -> bool {
        self.limit.is_none() && self.research.len() < RESEARCH_LIMIT
    }

    /// What was looked up for a sub-problem after a round.
    #[must_use]
    pub fn researched(&self, sub_problem: usize, round: u8) -> Option<&Researched> {
        self.research.iter().find(|done| done.sub_problem == sub_problem && done.round == round)
    }

    /// Every passage that was found so far.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.research.iter().flat_map(|done| &done.sources)
    }

    /// The documents that the user attached.
    #[must_use]
    pub fn materials(&self) -> &[Material] {
        self.started.as_ref().map_or(&[], |started| &started.materials)
    }

    /// The sub-problem of that index.
    #[must_use]
    pub fn track(&self, index: usize) -> Option<&Track> {
        self.tracks.get(index)
    }

    fn with_track(&mut self, index: usize, change: impl FnOnce(&mut Track)) {
        if let Some(track) = self.tracks.get_mut(index) {
            change(track);
        }
    }
}

impl Track {
    fn new(sub_problem: SubProblem) -> Self {
        Self {
            sub_problem,
            phase: None,
            seats: Vec::new(),
            reserve: Vec::new(),
            rounds: Vec::new(),
            contributions: Vec::new(),
            absences: Vec::new(),
            facilitated: None,
            asked_after: None,
            options: None,
            voting: None,
            votes: Vec::new(),
            counted: None,
            report: None,
        }
    }

    /// Puts ballots and absences in the order of the seats. In which order answers came in must not show: prompts and
    /// reports are the same in every run of the same answers (BRD-21).
    fn order(&mut self) {
        let places: BTreeMap<&str, usize> =
            self.seats.iter().enumerate().map(|(place, seat)| (seat.code.as_str(), place)).collect();
        let place = |code: &str| places.get(code).copied().unwrap_or(usize::MAX);
        self.votes.sort_by_key(|vote| place(&vote.persona_code));
        self.absences.sort_by_key(|absence| (absence.stage, absence.round, place(&absence.persona_code)));
    }

    /// Everything personas said, in the order of the course: by round, the lead first, then by seat.
    #[must_use]
    pub fn record(&self) -> Vec<&Contribution> {
        let mut record: Vec<_> = self.voices().collect();
        record.sort_by_key(|contribution| (contribution.round, contribution.seq));
        record
    }

    /// How the contribution at a place of the course is cited: every place has its number, whether it is taken or not,
    /// so that it is the same in every run of the same answers.
    #[must_use]
    pub fn reference(&self, round: u8, code: &str) -> Option<String> {
        let mut number = 0;
        for start in self.rounds.iter().map(|round| &round.start) {
            let lead = start.lead.iter().map(|lead| &lead.code);
            let seats = self.seats.iter().map(|seat| &seat.code).filter(|code| start.speakers.contains(code));
            for speaker in lead.chain(seats) {
                number += 1;
                if start.round == round && speaker == code {
                    return Some(format!("C{number}"));
                }
            }
        }
        None
    }

    /// What personas said; the facilitator's words are not part of the record that is cited.
    pub fn voices(&self) -> impl Iterator<Item = &Contribution> {
        self.contributions.iter().filter(|contribution| contribution.persona_code.is_some())
    }

    /// The latest stance of a seat.
    #[must_use]
    pub fn stance(&self, code: &str) -> Option<Stance> {
        self.stances_of(code).max_by_key(|(round, _)| *round).map(|(_, stance)| stance)
    }

    /// The stance of a seat before it heard the others.
    #[must_use]
    pub fn first_stance(&self, code: &str) -> Option<Stance> {
        self.stances_of(code).min_by_key(|(round, _)| *round).map(|(_, stance)| stance)
    }

    fn stances_of<'a>(&'a self, code: &'a str) -> impl Iterator<Item = (u8, Stance)> + 'a {
        self.voices()
            .filter(move |contribution| contribution.persona_code.as_deref() == Some(code))
            .filter_map(|contribution| contribution.stance.map(|stance| (contribution.round, stance)))
    }

    /// Whether the seat missed the initial round, and with it the board.
    #[must_use]
    pub fn is_out(&self, code: &str) -> bool {
        self.absences.iter().any(|absence| absence.persona_code == code && absence.stage == Phase::InitialRound)
    }

    /// The seats that have spoken.
    pub fn present(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(|seat| {
            self.voices().any(|contribution| contribution.persona_code.as_deref() == Some(seat.code.as_str()))
        })
    }

    /// Whether a speaker of a round has spoken or is known to be absent from it.
    #[must_use]
    pub fn is_settled(&self, round: u8, code: &str) -> bool {
        self.voices().any(|said| said.round == round && said.persona_code.as_deref() == Some(code))
            || self
                .absences
                .iter()
                .any(|absence| absence.round == round && absence.persona_code == code && absence.stage != Phase::Voting)
    }

    /// Whether a voter has voted or is known to be absent from the vote.
    #[must_use]
    pub fn has_voted(&self, code: &str) -> bool {
        self.votes.iter().any(|vote| vote.persona_code == code)
            || self.absences.iter().any(|absence| absence.persona_code == code && absence.stage == Phase::Voting)
    }

    /// The finished rounds as the stop rules see them.
    #[must_use]
    pub fn facts(&self) -> Vec<RoundFacts> {
        self.rounds
            .iter()
            .filter_map(|round| round.measured.as_ref())
            .map(|measured| RoundFacts {
                novelty: measured.novelty,
                drift: measured.drift,
                agreement: measured.agreement,
                thresholds: measured.embedder.as_deref().map(Thresholds::of),
                split: measured
                    .stances
                    .iter()
                    .map(|one| (one.persona_code.clone(), one.stance.decision.side()))
                    .collect::<BTreeMap<_, _>>(),
            })
            .collect()
    }

    /// How many of its rounds were blind: the first, and one more where seats were called in.
    #[must_use]
    pub fn initial_rounds(&self) -> usize {
        self.rounds.iter().filter(|round| round.start.kind == RoundKind::Initial).count()
    }

    /// Whether a round is blind.
    #[must_use]
    pub fn is_initial(&self, round: u8) -> bool {
        self.rounds.iter().any(|one| one.start.round == round && one.start.kind == RoundKind::Initial)
    }

    /// The most discussion rounds it may take.
    #[must_use]
    pub fn round_limit(&self, brief: &Brief) -> u8 {
        match brief.mode {
            Mode::Quick => 0,
            Mode::Standard | Mode::Auto => brief.max_rounds.min(2),
            Mode::Deep => brief.max_rounds.min(self.sub_problem.rounds.max(1)),
        }
    }

    /// The options that are voted on beside the proposal.
    #[must_use]
    pub fn options(&self) -> &[OptionCard] {
        self.options.as_ref().map_or(&[], |formed| &formed.options)
    }

    /// Why its discussion ended.
    #[must_use]
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.voting.as_ref().map(|voting| voting.stop_reason)
    }

    /// The ballots that do not stand with the result: no where it carried, yes where it did not, both where the board
    /// is split. Without a result there is nothing to dissent from.
    pub fn dissent(&self) -> impl Iterator<Item = &Vote> {
        let result = self.counted.as_ref().filter(|counted| counted.tally.quorum);
        let split = result.is_some_and(|counted| counted.outcome == Outcome::Deadlock);
        let carried = result.map(|counted| counted.tally.carried);
        self.votes.iter().filter(move |vote| match vote.decision {
            Decision::No => split || carried == Some(true),
            Decision::Yes | Decision::Conditional => split || carried == Some(false),
            Decision::Abstain => false,
        })
    }
}
