use std::fmt::Display;

use quorate_kernel::{OrgId, Principal, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The kind of target that is a person, whose id can be taken out of the log again.
pub(crate) const PERSON: &str = "user";

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person with an account, in their own matters or their organization's.
    User(UserId),
    /// A person in their part as operator of the server.
    Operator(UserId),
    /// The server itself: a job, a rule.
    System,
    /// Whoever may run the server's command line.
    CommandLine,
    /// Somebody who is not signed in.
    Anonymous,
}

impl Actor {
    /// The person behind a request.
    #[must_use]
    pub const fn of(principal: &Principal) -> Self {
        Self::User(principal.user_id)
    }

    pub(crate) const fn kind(self) -> ActorKind {
        match self {
            Self::User(_) => ActorKind::User,
            Self::Operator(_) => ActorKind::Operator,
            Self::System => ActorKind::System,
            Self::CommandLine => ActorKind::CommandLine,
            Self::Anonymous => ActorKind::Anonymous,
        }
    }

    pub(crate) const fn user(self) -> Option<UserId> {
        match self {
            Self::User(user) | Self::Operator(user) => Some(user),
            Self::System | Self::CommandLine | Self::Anonymous => None,
        }
    }
}

/// In what part somebody acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// See [`Actor::User`].
    User,
    /// See [`Actor::Operator`].
    Operator,
    /// See [`Actor::System`].
    System,
    /// See [`Actor::CommandLine`].
    CommandLine,
    /// See [`Actor::Anonymous`].
    Anonymous,
}

impl ActorKind {
    const ALL: [Self; 5] = [Self::User, Self::Operator, Self::System, Self::CommandLine, Self::Anonymous];

    /// The name as stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Operator => "operator",
            Self::System => "system",
            Self::CommandLine => "command_line",
            Self::Anonymous => "anonymous",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The caller's address.
    pub ip: Option<String>,
    /// What the client says it is; the first 300 characters are kept.
    pub user_agent: Option<String>,
    /// Finds the request in the server's log.
    pub request_id: Option<String>,
}

/// What is to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub(crate) action: &'static str,
    pub(crate) actor: Actor,
    pub(crate) org: Option<OrgId>,
    pub(crate) target: Option<(String, String)>,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
    pub(crate) origin: Origin,
}

impl Entry {
    /// An action, named `domain.what_happened`, and who did it.
    #[must_use]
    pub const fn new(action: &'static str, actor: Actor) -> Self {
        let origin = Origin { ip: None, user_agent: None, request_id: None };
        Self { action, actor, org: None, target: None, before: None, after: None, origin }
    }

    /// The organization that it concerns.
    #[must_use]
    pub fn in_org(self, org: OrgId) -> Self {
        Self { org: Some(org), ..self }
    }

    /// The thing that it was done to. Its id stays in the log for good: no e-mail address, no name. A person is named
    /// with [`Entry::on_user`].
    #[must_use]
    pub fn on(self, kind: &str, id: impl Display) -> Self {
        Self { target: Some((kind.to_owned(), id.to_string())), ..self }
    }

    /// The person that it was done to.
    #[must_use]
    pub fn on_user(self, user: UserId) -> Self {
        self.on(PERSON, user)
    }

    /// What was so before, and what is so now. It stays in the log for good and operators read it: no e-mail address,
    /// no name, no secret. A value of more than 16 KiB is replaced by its size.
    #[must_use]
    pub fn changing(self, before: Option<Value>, after: Option<Value>) -> Self {
        Self { before, after, ..self }
    }

    /// Where the request came from.
    #[must_use]
    pub fn from(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }
}
