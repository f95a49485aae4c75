//! A board's answer to a question: the option that leads when code has counted the votes (BRD-6, BRD-31).

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use futures::StreamExt as _;
use quorate_board::session::Mode;
use quorate_board::{Board, NewSession, SessionId};
use quorate_kernel::Principal;
use serde_json::Value;

use super::measure::{Answer, NoAnswer};
use super::question_set::Put;
use crate::cli::Failure;
use crate::spending::{Spending, Spent};

/// Where boards sit, and how.
pub(super) struct Sitting<'a> {
    pub(super) board: &'a Board,
    pub(super) who: &'a Principal,
    pub(super) spending: &'a Spending,
    pub(super) route: Option<&'a str>,
    pub(super) personas: Option<&'a [String]>,
    /// Whether sessions stay when they have been read.
    pub(super) keep: bool,
    /// The sessions under way.
    pub(super) open: Mutex<BTreeSet<SessionId>>,
}

impl Sitting<'_> {
    /// Convenes a board on the question and reads what it chose.
    pub(super) async fn convene(&self, put: &Put, mode: Mode) -> Result<(Answer, Spent), Failure> {
        let new = NewSession {
            problem_statement: put.text(),
            choices: put.options.clone(),
            mode: Some(mode),
            personas: self.personas.map(<[String]>::to_vec),
            route: self.route.map(str::to_owned),
            any_model: true,
            ..NewSession::default()
        };
        let id = self.board.create(self.who, new).await?.id;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        let name = id.to_string();
        self.spending.watch(&name);
        let counted = self.follow(id).await?;
        let spent = self.spending.of(&name);
        if !self.keep {
            self.board.delete(self.who, id).await?;
        }
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        Ok((read(counted.as_ref(), put), spent))
    }

    /// The count of the votes, once the session is over; none when it came to no vote.
    async fn follow(&self, id: SessionId) -> Result<Option<Value>, Failure> {
        let events = self.board.watch(self.who, id, 0).await?;
        let mut events = std::pin::pin!(events);
        self.board.start(self.who, id).await?;
        let mut counted = None;
        while let Some(event) = events.next().await {
            let event = event.map_err(Failure::failed)?;
            if event.kind == "votes.counted" {
                counted = Some(event.data.clone());
            }
            if event.is_terminal() {
                return Ok(counted);
            }
        }
        Err(Failure::Failed(anyhow::anyhow!("the session's events ended before the session did")))
    }

    /// Removes the sessions that were left under way: no server is to go on with them, and pay for it.
    pub(super) async fn abandon(&self) {
        let open = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        for id in open {
            if let Err(problem) = self.board.delete(self.who, id).await {
                tracing::warn!(session_id = %id, error = problem.chain(), "an abandoned session cannot be removed");
            }
        }
    }
}

/// What a count says. No quorum, a deadlock and a tie are no answers, and none is guessed.
fn read(counted: Option<&Value>, put: &Put) -> Answer {
    let Some(counted) = counted else { return Answer::None(NoAnswer::Failed) };
    match counted["outcome"].as_str() {
        Some("no_quorum") => return Answer::None(NoAnswer::NoQuorum),
        Some("deadlock") => return Answer::None(NoAnswer::Deadlock),
        _ => {}
    }
    let leading = counted["leading"].as_str().and_then(|letter| put.place(letter));
    leading.map_or(Answer::None(NoAnswer::Undecided), Answer::Chosen)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_an_option_that_leads_is_an_answer() {
        let put = Put { question: "q".to_owned(), options: vec!["x".to_owned(), "y".to_owned()], right: 0 };
        let answer = |counted: Value| read(Some(&counted), &put);
        assert_eq!(answer(json!({ "outcome": "complete", "leading": "B" })), Answer::Chosen(1));
        assert_eq!(answer(json!({ "outcome": "complete" })), Answer::None(NoAnswer::Undecided));
        assert_eq!(answer(json!({ "outcome": "deadlock", "leading": "B" })), Answer::None(NoAnswer::Deadlock));
        assert_eq!(answer(json!({ "outcome": "no_quorum" })), Answer::None(NoAnswer::NoQuorum));
        assert_eq!(read(None, &put), Answer::None(NoAnswer::Failed));
    }
}
