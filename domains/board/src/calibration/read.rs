use quorate_kernel::{Principal, Problem};

use super::{CalibrationScore, Forecast, PersonaCalibration, WeighedVotes, by_persona, score, truth, weigh};
use crate::Board;
use crate::engine::event::Vote;
use crate::session::SessionId;
use crate::store::{self, decisions};

/// How well an organization's boards were calibrated.
pub(crate) struct Calibration {
    pub(crate) overall: CalibrationScore,
    pub(crate) personas: Vec<PersonaCalibration>,
    pub(crate) weigh_by_record: bool,
}

/// The votes of a session, plain and weighed.
pub(crate) struct Weighing {
    /// Whether the organization wants it.
    pub(crate) on: bool,
    pub(crate) sub_problems: Vec<WeighedVotes>,
}

/// More ballots than any session has.
const BALLOTS: usize = 10_000;

fn forecasts(concluded: Vec<decisions::Concluded>) -> Vec<Forecast> {
    let mut all = Vec::new();
    for one in concluded {
        for vote in one.votes {
            let course = one.decision.course_of(vote.sub_problem);
            let Some(truth) = truth(vote.decision, course, one.outcome.verdict) else { continue };
            all.push(Forecast {
                persona_code: vote.persona_code,
                persona_name: vote.persona_name,
                session: one.session,
                confidence: vote.confidence,
                truth,
            });
        }
    }
    all
}

impl Board {
    /// How well the organization's boards were calibrated so far.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn calibration(&self, who: &Principal) -> Result<Calibration, Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        let weigh_by_record = decisions::weighs(&mut tx).await?;
        let known = decisions::concluded(&mut tx, self.now() + chrono::TimeDelta::milliseconds(1)).await?;
        let forecasts = forecasts(known);
        Ok(Calibration { overall: score(&forecasts), personas: by_persona(&forecasts), weigh_by_record })
    }

    /// The votes of a session, weighed by what was known of each voter when the session began: its own outcome, and what
    /// came later, changes nothing.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn weighing(&self, who: &Principal, id: SessionId) -> Result<Weighing, Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        let session = store::session(&mut tx, id).await?;
        let on = decisions::weighs(&mut tx).await?;
        // Ballots are blind until the session is over.
        let (Some(started), Some(_), true) = (session.started_at, session.completed_at, on) else {
            return Ok(Weighing { on, sub_problems: Vec::new() });
        };
        let records = by_persona(&forecasts(decisions::concluded(&mut tx, started).await?));
        let votes: Vec<Vote> = store::votes(&mut tx, id, 0, BALLOTS).await?.into_iter().map(|(_, vote)| vote).collect();
        let mut places: Vec<usize> = votes.iter().map(|vote| vote.sub_problem).collect();
        places.sort_unstable();
        places.dedup();
        let sub_problems = places
            .into_iter()
            .map(|place| {
                let own: Vec<&Vote> = votes.iter().filter(|vote| vote.sub_problem == place).collect();
                weigh(place, &own, &records)
            })
            .collect();
        Ok(Weighing { on, sub_problems })
    }

    /// Switches the weighing of votes by their record on or off for the organization.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn set_weighing(&self, who: &Principal, on: bool) -> Result<(), Problem> {
        let mut tx = self.parts.store.tenant(who).await?;
        decisions::set_weighs(&mut tx, on).await?;
        tx.commit().await?;
        Ok(())
    }
}
