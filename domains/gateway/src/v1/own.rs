//! The board as a model: a chat completion convenes one, its discussion is the thinking, its report the answer.

use async_trait::async_trait;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::StreamExt;
use futures::stream::BoxStream;
use quorate_formats::{Asked, Envelope, Format, Meta, Part, Role, Said, StreamWriter, Turn};
use quorate_kernel::{Code, Permission, Principal, Problem};

use super::Door;
use super::chat::json;
use super::errors::bad_body;

/// How far a board goes (BRD-26).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoardDepth {
    /// Drafts, a blind vote, the report.
    Quick,
    /// A round or two of discussion.
    Standard,
    /// Discussion up to the limit.
    Deep,
}

/// The board's names as a model.
pub(super) const MODELS: [(&str, BoardDepth); 3] =
    [("board", BoardDepth::Standard), ("board-quick", BoardDepth::Quick), ("board-deep", BoardDepth::Deep)];

/// What a board is asked through the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardQuestion {
    /// How far it goes.
    pub depth: BoardDepth,
    /// The decision: the last thing that the caller's user said.
    pub problem: String,
    /// What was said before, instructions included; empty when nothing was.
    pub background: String,
}

/// What a board says, to its end. Dropping it stops the session and keeps what there is.
pub type OwnAnswer = BoxStream<'static, Result<Said, Problem>>;

/// Convenes boards for whoever asks one through the API.
#[async_trait]
pub trait BoardDoor: Send + Sync {
    /// Begins a session in the principal's organization.
    async fn convene(&self, who: &Principal, question: BoardQuestion) -> Result<OwnAnswer, Problem>;
}

/// The depth of the board of that name, if it is one.
pub(super) fn depth(model: &str) -> Option<BoardDepth> {
    MODELS.iter().find(|(name, _)| *name == model).map(|(_, depth)| *depth)
}

impl Door {
    pub(super) async fn convene(
        &self,
        format: Format,
        depth: BoardDepth,
        principal: &Principal,
        body: &Bytes,
        envelope: &Envelope<'_>,
        request_id: &str,
    ) -> Result<Response, Problem> {
        if !principal.allows(Permission::BoardSessionWrite) {
            let problem = Problem::new(Code::Forbidden, "Your role or key does not allow board sessions.");
            return Err(problem.with("permission", Permission::BoardSessionWrite.name()));
        }
        let asked = quorate_formats::read_request(format, body).map_err(bad_body)?;
        let said = self.board.convene(principal, question(depth, &asked)?).await?;
        let meta = Meta {
            id: request_id.to_owned(),
            model: envelope.model.clone().into_owned(),
            created: u64::try_from(self.clock.now().timestamp()).unwrap_or_default(),
            stream_usage: envelope.stream_usage,
            repeated: quorate_formats::repeated(format, body),
        };
        if envelope.stream {
            Ok(stream(StreamWriter::new(format, meta).map_err(bad_body)?, said))
        } else {
            whole(format, &meta, said).await
        }
    }
}

fn question(depth: BoardDepth, asked: &Asked) -> Result<BoardQuestion, Problem> {
    let last = asked.turns.iter().rposition(|turn| turn.role == Role::User);
    let last = last.ok_or_else(|| Problem::field("messages", "needs a message of the user: the decision"))?;
    let said = |turn: &Turn| {
        let texts = turn.parts.iter().filter_map(|part| match part {
            Part::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect::<Vec<_>>().join("\n")
    };
    let problem = asked.turns.get(last).map(said).unwrap_or_default();
    let before: Vec<String> = asked.turns.iter().take(last).map(said).filter(|text| !text.is_empty()).collect();
    Ok(BoardQuestion { depth, problem, background: before.join("\n\n") })
}

fn stream(writer: StreamWriter, said: OwnAnswer) -> Response {
    let pieces = said.scan((writer, false), |(writer, over), piece| {
        let mut out = Vec::new();
        match piece {
            _ if *over => return std::future::ready(None),
            Ok(piece) => writer.piece(&piece, &mut out),
            Err(problem) => {
                *over = true;
                writer.fail(problem.code.status(), "board_failed", &problem.message, &mut out);
            }
        }
        std::future::ready(Some(Ok::<_, std::convert::Infallible>(Bytes::from(out))))
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let kind = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

async fn whole(format: Format, meta: &Meta, mut said: OwnAnswer) -> Result<Response, Problem> {
    let mut pieces = Vec::new();
    while let Some(piece) = said.next().await {
        pieces.push(piece?);
    }
    Ok(json(quorate_formats::write_answer(format, &pieces, meta).map_err(bad_body)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(role: Role, text: &str) -> Turn {
        Turn { role, parts: vec![Part::Text { text: text.to_owned(), cache: false }] }
    }

    #[test]
    fn the_last_word_of_the_user_is_the_decision() {
        let turns = vec![
            turn(Role::System, "We are twelve people."),
            turn(Role::User, "Hello"),
            turn(Role::Assistant, "What is it?"),
            turn(Role::User, "Should we move to Lisbon?"),
        ];
        let question = question(BoardDepth::Quick, &Asked { turns, ..Asked::default() }).unwrap();
        assert_eq!(question.problem, "Should we move to Lisbon?");
        assert_eq!(question.background, "We are twelve people.\n\nHello\n\nWhat is it?");
        let none = super::question(BoardDepth::Deep, &Asked::default()).unwrap_err();
        assert_eq!(none.details[0].field, "messages");
        assert_eq!((depth("board-deep"), depth("gpt-5")), (Some(BoardDepth::Deep), None));
    }
}
