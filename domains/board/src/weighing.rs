//! The decision matrix as the user weighs it (BRD-28). Weights may be set whenever there are options, also long after the
//! session: what follows from them is arithmetic, and no model is asked.

use std::collections::BTreeMap;

use quorate_kernel::{FieldError, Principal, Problem};

use crate::Board;
use crate::engine::event::OptionsFormed;
use crate::engine::matrix::{Matrix, matrix};
use crate::report::{Report, markdown};
use crate::session::SessionId;
use crate::store;

/// A weight may be any number up to this; what counts is the share of the whole.
const LARGEST: f64 = 1_000_000.0;

impl Board {
    /// The matrix of every sub-problem that has options, with the weights as they are now; none where it was no choice.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn matrices(&self, who: &Principal, id: SessionId) -> Result<Vec<Matrix>, Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        store::session(&mut tx, id).await?;
        let formed = store::options(&mut tx, id).await?;
        let weights = store::weights(&mut tx, id).await?;
        Ok(formed.iter().map(|one| of(one, weights.get(&one.sub_problem))).collect())
    }

    /// Sets what the criteria of a sub-problem weigh; those that are left out weigh nothing.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` while the sub-problem has no options; `ValidationFailed` naming each weight that is no
    /// number from 0 on or no criterion's, and when none is above 0.
    pub async fn weigh(
        &self,
        who: &Principal,
        id: SessionId,
        sub_problem: usize,
        weights: BTreeMap<String, f64>,
    ) -> Result<Matrix, Problem> {
        let mut tx = self.parts.store.tenant(who).await?;
        store::session(&mut tx, id).await?;
        let formed = store::options(&mut tx, id).await?;
        let formed = formed.into_iter().find(|one| one.sub_problem == sub_problem);
        let formed = formed.ok_or_else(|| Problem::conflict("This sub-problem has no options to weigh."))?;
        check(&formed.criteria, &weights)?;
        store::set_weights(&mut tx, id, sub_problem, &weights, self.now()).await?;
        tx.commit().await?;
        Ok(of(&formed, Some(&weights)))
    }

    /// Puts the user's weights into a report; where none were set it stays as it was written.
    pub(crate) async fn weighed(&self, who: &Principal, id: SessionId, mut report: Report) -> Result<Report, Problem> {
        let mut tx = self.parts.store.tenant_read(who).await?;
        let weights = store::weights(&mut tx, id).await?;
        if weights.is_empty() {
            return Ok(report);
        }
        let session = store::session(&mut tx, id).await?;
        for formed in store::options(&mut tx, id).await? {
            if let Some(part) = report.sub_problems.iter_mut().find(|part| part.index == formed.sub_problem) {
                part.matrix = Some(of(&formed, weights.get(&formed.sub_problem)));
            }
        }
        report.full_report = markdown(&report, &session.brief);
        Ok(report)
    }
}

fn of(formed: &OptionsFormed, weights: Option<&BTreeMap<String, f64>>) -> Matrix {
    matrix(formed.sub_problem, &formed.options, &formed.criteria, weights)
}

fn check(criteria: &[String], weights: &BTreeMap<String, f64>) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    for (name, weight) in weights {
        let message = if !criteria.contains(name) {
            "There is no such criterion."
        } else if !(0.0..=LARGEST).contains(weight) {
            "Give a number from 0 on."
        } else {
            continue;
        };
        wrong.push(FieldError { field: format!("weights.{name}"), message: message.to_owned() });
    }
    if wrong.is_empty() && weights.values().all(|weight| *weight <= 0.0) {
        wrong
            .push(FieldError { field: "weights".to_owned(), message: "Let one criterion weigh something.".to_owned() });
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::fields(wrong)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_numbers_of_criteria_that_exist() {
        let criteria = ["cost".to_owned(), "speed".to_owned()];
        let weights =
            |given: &[(&str, f64)]| given.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect();
        assert!(check(&criteria, &weights(&[("cost", 3.0)])).is_ok());
        for odd in [("fame", 1.0), ("cost", -1.0), ("cost", f64::NAN), ("cost", f64::INFINITY), ("cost", 0.0)] {
            assert!(check(&criteria, &weights(&[odd])).is_err(), "{odd:?}");
        }
        assert!(check(&criteria, &BTreeMap::new()).is_err());
    }
}
