use futures::StreamExt as _;
use quorate_board::{Answer, Board, Session, SessionId, StoredEvent};
use quorate_kernel::{Code, Principal, Problem};
use serde_json::Value;

use super::destination::Destination;
use super::questions::Questions;
use super::terminal::Terminal;
use crate::cli::Failure;
use crate::cli::interrupts::Interrupts;

/// A session that is followed in the terminal from its start to its end.
pub(super) struct Deliberation<'a> {
    pub(super) board: &'a Board,
    pub(super) who: &'a Principal,
    pub(super) id: SessionId,
    pub(super) terminal: Terminal,
    /// Whether the person at the terminal wants to be asked.
    pub(super) ask: bool,
    /// Where the report goes besides the terminal.
    pub(super) destination: Option<Destination>,
}

/// How following it ended.
enum Followed {
    /// With the session's last event.
    ToItsEnd(Value),
    /// The person left.
    Left,
}

impl Deliberation<'_> {
    /// Starts the session, shows what happens, takes answers and Ctrl-C, and shows the report.
    pub(super) async fn follow(mut self) -> Result<(), Failure> {
        let followed = self.watch().await;
        self.terminal.finish();
        match followed? {
            Followed::ToItsEnd(end) => self.conclude(&end).await,
            Followed::Left => {
                self.terminal.say("Left. The session is kept, and goes on when this data directory is used again.");
                Err(Failure::NoResult)
            }
        }
    }

    async fn watch(&mut self) -> Result<Followed, Failure> {
        let events = self.board.watch(self.who, self.id, 0).await?;
        let mut events = std::pin::pin!(events);
        let mut interrupts = Interrupts::listen()?;
        self.board.start(self.who, self.id).await?;
        let mut questions = Questions::default();
        let mut stopping = false;
        loop {
            tokio::select! {
                event = events.next() => {
                    let Some(event) = event else {
                        return Err(Failure::Failed(anyhow::anyhow!("the session's events ended before the session did")));
                    };
                    let event = event.map_err(Failure::failed)?;
                    self.terminal.event(&event)?;
                    if event.is_terminal() {
                        return Ok(Followed::ToItsEnd(event.data.clone()));
                    }
                    self.question(&event, &mut questions).await?;
                }
                line = questions.line(), if questions.waiting() => self.typed(line, &mut questions).await?,
                () = interrupts.next() => {
                    if stopping {
                        return Ok(Followed::Left);
                    }
                    stopping = true;
                    questions.close();
                    self.terminal.hold(false);
                    self.terminal.say("Stopping with what there is; Ctrl-C once more leaves at once.");
                    unless_over(self.board.stop(self.who, self.id).await)?;
                }
            }
        }
    }

    /// Puts questions to the person, or skips them where nobody can or wants to answer.
    async fn question(&mut self, event: &StoredEvent, questions: &mut Questions) -> Result<(), Failure> {
        match event.kind.as_str() {
            "clarification.requested" => {
                questions.take(&event.data);
                if self.ask && Questions::somebody_is_there() {
                    self.terminal.hold(true);
                    self.prompt(questions);
                } else if questions.waiting() {
                    self.terminal.say("Nobody is here to answer; the board goes on without.");
                    self.answer(questions.skip_all()).await?;
                }
            }
            "clarification.answered" if questions.waiting() => {
                questions.close();
                self.terminal.hold(false);
            }
            _ => {}
        }
        Ok(())
    }

    async fn typed(&mut self, line: Option<String>, questions: &mut Questions) -> Result<(), Failure> {
        // Standard input was closed: nobody will answer the rest.
        let all = if line.is_none() { Some(questions.skip_all()) } else { questions.answer(line) };
        match all {
            Some(answers) => {
                self.terminal.hold(false);
                self.answer(answers).await
            }
            None => {
                self.prompt(questions);
                Ok(())
            }
        }
    }

    fn prompt(&self, questions: &Questions) {
        use std::io::Write as _;
        let mut err = anstream::stderr();
        // Without a prompt the answer is taken all the same.
        let _ = write!(err, "{}", questions.prompt());
        let _ = err.flush();
    }

    async fn answer(&self, answers: Vec<Answer>) -> Result<(), Failure> {
        unless_over(self.board.answer(self.who, self.id, answers).await)
    }

    /// Shows and writes the report, and tells whether there is a result: a deadlock is one, a missing quorum is not.
    async fn conclude(&self, end: &Value) -> Result<(), Failure> {
        match self.board.report(self.who, self.id).await {
            Ok(report) => {
                self.terminal.report(&report.full_report)?;
                if let Some(destination) = &self.destination {
                    let file = self.board.file(self.who, self.id, destination.format, None).await;
                    let file = file.map_err(Failure::failed)?;
                    self.terminal.say(&destination.write(&file.bytes)?);
                }
            }
            Err(problem) if problem.code == Code::NotFound => {}
            Err(problem) => return Err(Failure::failed(problem)),
        }
        match end["outcome"].as_str() {
            Some("complete" | "partial" | "deadlock") => Ok(()),
            _ => Err(Failure::NoResult),
        }
    }
}

/// Asking for something that no longer matters is no failure: the session was quicker.
fn unless_over(answer: Result<Session, Problem>) -> Result<(), Failure> {
    match answer {
        Err(problem) if problem.code != Code::Conflict => Err(problem.into()),
        _ => Ok(()),
    }
}
