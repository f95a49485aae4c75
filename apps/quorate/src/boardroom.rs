//! The board as a model of the API: the gateway's port over the board (GTW-20).

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use quorate_board::session::Mode;
use quorate_board::{Board, BoardError, NewSession, SessionId, StoredEvent};
use quorate_formats::{Finish, Said};
use quorate_gateway::{BoardDepth, BoardDoor, BoardQuestion, OwnAnswer};
use quorate_kernel::{Code, Principal, Problem};

/// The longest background a session takes.
const BACKGROUND_CHARS: usize = 2_000;

/// Convenes boards of this server.
pub(crate) struct Boardroom(pub(crate) Board);

#[async_trait]
impl BoardDoor for Boardroom {
    async fn convene(&self, who: &Principal, question: BoardQuestion) -> Result<OwnAnswer, Problem> {
        let BoardQuestion { depth, problem, background } = question;
        let background: String = background.chars().take(BACKGROUND_CHARS).collect();
        let context = (!background.is_empty()).then(|| ("background".to_owned(), background));
        let mode = match depth {
            BoardDepth::Quick => Mode::Quick,
            BoardDepth::Standard => Mode::Standard,
            BoardDepth::Deep => Mode::Deep,
        };
        let new = NewSession {
            problem_statement: problem,
            problem_context: context.into_iter().collect(),
            mode: Some(mode),
            // A completion has nobody who could answer.
            clarify: false,
            ..NewSession::default()
        };
        let session = self.0.create(who, new).await.map_err(of_the_message)?;
        let id = self.0.start(who, session.id).await?.id;
        let events = self.0.watch(who, id, 0).await?.boxed();
        let begun = Said::Begun { id: Some(id.to_string()), model: None };
        let ready = VecDeque::from([Ok(begun)]);
        let sitting = Sitting { board: self.0.clone(), who: who.clone(), id, events, ready, over: false };
        Ok(sitting.pieces().boxed())
    }
}

/// A session that answers a completion.
struct Sitting {
    board: Board,
    who: Principal,
    id: SessionId,
    events: BoxStream<'static, Result<Arc<StoredEvent>, BoardError>>,
    /// What was heard and not yet said on.
    ready: VecDeque<Result<Said, Problem>>,
    over: bool,
}

impl Sitting {
    fn pieces(self) -> impl Stream<Item = Result<Said, Problem>> {
        stream::unfold(self, |mut sitting| async move {
            loop {
                if let Some(piece) = sitting.ready.pop_front() {
                    return Some((piece, sitting));
                }
                if sitting.over {
                    return None;
                }
                sitting.listen().await;
            }
        })
    }

    async fn listen(&mut self) {
        match self.events.next().await {
            Some(Ok(event)) if event.is_terminal() => self.conclude().await,
            Some(Ok(event)) if event.kind == "contribution.recorded" => {
                let contribution = &event.data["contribution"];
                let text = |name: &str| contribution[name].as_str().unwrap_or_default();
                let said = format!("**{}**\n\n{}\n\n", text("persona_name"), text("content"));
                self.ready.push_back(Ok(Said::Thinking(said)));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => self.fail(error.into()),
            None => self.fail(Problem::new(Code::Unavailable, "The session goes on without this answer.")),
        }
    }

    /// The report, paragraph by paragraph.
    async fn conclude(&mut self) {
        match self.board.report(&self.who, self.id).await {
            Ok(report) => {
                self.over = true;
                let pieces = report.full_report.split_inclusive("\n\n").map(|piece| Ok(Said::Text(piece.to_owned())));
                self.ready.extend(pieces);
                self.ready.push_back(Ok(Said::Done { finish: Finish::Stop, usage: None }));
            }
            Err(problem) if problem.code == Code::NotFound => {
                self.fail(Problem::new(Code::UpstreamFailed, "The board came to no report."));
            }
            Err(problem) => self.fail(problem),
        }
    }

    fn fail(&mut self, problem: Problem) {
        self.over = true;
        self.ready.push_back(Err(problem));
    }
}

impl Drop for Sitting {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        // The caller has left, and nobody else pays attention: the session ends with what there is.
        let (board, who, id) = (self.board.clone(), self.who.clone(), self.id);
        tokio::spawn(async move {
            if let Err(problem) = board.stop(&who, id).await {
                tracing::warn!(session_id = %id, error = problem.chain(), "an abandoned session cannot be stopped");
            }
        });
    }
}

/// The board's fields as those of a completion.
fn of_the_message(mut problem: Problem) -> Problem {
    for detail in &mut problem.details {
        if detail.field == "problem_statement" {
            detail.field = "messages".to_owned();
        }
    }
    problem
}
