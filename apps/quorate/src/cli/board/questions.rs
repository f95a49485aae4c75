use std::io::{BufRead as _, IsTerminal as _, stdin};

use quorate_board::Answer;
use serde_json::Value;
use tokio::sync::mpsc;

/// Questions of the board that are being put to the person at the terminal, one line each.
#[derive(Default)]
pub(super) struct Questions {
    open: Vec<String>,
    answers: Vec<Answer>,
    lines: Option<mpsc::Receiver<String>>,
}

impl Questions {
    /// Takes the questions of a `clarification.requested`.
    pub(super) fn take(&mut self, data: &Value) {
        let questions = data["questions"].as_array().map(Vec::as_slice).unwrap_or_default();
        self.open = questions.iter().filter_map(|question| Some(question["id"].as_str()?.to_owned())).collect();
        self.answers.clear();
    }

    /// Whether somebody can answer at all.
    pub(super) fn somebody_is_there() -> bool {
        stdin().is_terminal()
    }

    /// Forgets them: they are answered or out of time.
    pub(super) fn close(&mut self) {
        self.open.clear();
        self.answers.clear();
    }

    /// Whether one waits for a line.
    pub(super) const fn waiting(&self) -> bool {
        !self.open.is_empty()
    }

    /// What to write in front of the answer.
    pub(super) fn prompt(&self) -> String {
        let number = self.answers.len() + 1;
        let total = self.answers.len() + self.open.len();
        format!("Answer {number} of {total} (Enter skips): ")
    }

    /// The next line that was typed; none when there will be no more.
    pub(super) async fn line(&mut self) -> Option<String> {
        self.lines.get_or_insert_with(read_lines).recv().await
    }

    /// Takes an answer, none to skip. All answers when it was the last one.
    pub(super) fn answer(&mut self, text: Option<String>) -> Option<Vec<Answer>> {
        if self.open.is_empty() {
            return None;
        }
        let answer = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        self.answers.push(Answer { question_id: self.open.remove(0), answer });
        self.open.is_empty().then(|| std::mem::take(&mut self.answers))
    }

    /// Skips all that are still open.
    pub(super) fn skip_all(&mut self) -> Vec<Answer> {
        let mut all = std::mem::take(&mut self.answers);
        all.extend(self.open.drain(..).map(|question_id| Answer { question_id, answer: None }));
        all
    }
}

/// Lines of standard input, read by one thread for as long as anybody wants them: a read cannot be taken back.
fn read_lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        for line in stdin().lock().lines() {
            let Ok(line) = line else { break };
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_collected_in_order_and_blank_ones_skip() {
        let mut questions = Questions::default();
        questions.take(&json!({"questions": [{"id": "q1"}, {"id": "q2"}]}));
        assert_eq!(questions.prompt(), "Answer 1 of 2 (Enter skips): ");
        assert_eq!(questions.answer(Some(" seven ".to_owned())), None);
        assert_eq!(questions.prompt(), "Answer 2 of 2 (Enter skips): ");
        let answers = questions.answer(Some("  ".to_owned())).unwrap();
        assert_eq!(answers[0].answer.as_deref(), Some("seven"));
        assert_eq!((answers[1].question_id.as_str(), &answers[1].answer), ("q2", &None));
        assert!(!questions.waiting());
        assert_eq!(questions.answer(None), None);
    }

    #[test]
    fn what_is_open_can_be_skipped_at_once() {
        let mut questions = Questions::default();
        questions.take(&json!({"questions": [{"id": "q1"}, {"id": "q2"}]}));
        questions.answer(Some("yes".to_owned()));
        let answers = questions.skip_all();
        assert_eq!(answers.len(), 2);
        assert!(answers[1].answer.is_none());
    }
}
