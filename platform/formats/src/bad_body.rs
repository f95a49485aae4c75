/// Why a request's body cannot be taken. The text is for the caller: it names fields, never their contents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBody {
    /// It is not JSON.
    #[error("the body is not valid JSON (at byte {at})")]
    Syntax {
        /// Where it stops being JSON.
        at: usize,
    },
    /// It is JSON, but not an object.
    #[error("the body must be a JSON object")]
    NotObject,
    /// Its nesting has no reasonable depth.
    #[error("the body is nested too deeply")]
    TooDeep,
    /// A field appears twice, or once more in other letters, so that two readers could read two things.
    #[error("the field `{0}` is given more than once, or in other letters")]
    Twice(String),
    /// A field that must be there is not.
    #[error("the field `{0}` is required")]
    Missing(String),
    /// A field is not what it must be.
    #[error("the field `{field}` must be {wanted}")]
    Wrong {
        /// The field, as a path such as `messages[0].content`.
        field: String,
        /// What it must be, in words.
        wanted: &'static str,
    },
    /// A field asks for what the target's format cannot say; to drop it would change the answer.
    #[error("`{field}` cannot be used with this model: {why}")]
    Unsupported {
        /// The field.
        field: String,
        /// Why not.
        why: &'static str,
    },
}

impl BadBody {
    /// A field that is not what it must be.
    #[must_use]
    pub fn wrong(field: impl Into<String>, wanted: &'static str) -> Self {
        Self::Wrong { field: field.into(), wanted }
    }

    /// A field that the target's format cannot say.
    #[must_use]
    pub fn unsupported(field: impl Into<String>, why: &'static str) -> Self {
        Self::Unsupported { field: field.into(), why }
    }

    /// The field that is to blame, where it is one: OpenAI's `param`.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Syntax { .. } | Self::NotObject | Self::TooDeep => None,
            Self::Twice(field) | Self::Missing(field) => Some(field),
            Self::Wrong { field, .. } | Self::Unsupported { field, .. } => Some(field),
        }
    }
}

/// A body as a tree of values, no deeper than [`crate::MAX_DEPTH`].
pub(crate) fn parse(body: &[u8]) -> Result<serde_json::Map<String, serde_json::Value>, BadBody> {
    crate::walk::check(body)?;
    match serde_json::from_slice(body) {
        Ok(serde_json::Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(BadBody::NotObject),
        // What the walk takes and serde_json does not: a lone surrogate in a string, a number out of range.
        Err(error) => Err(BadBody::Syntax { at: error.column() }),
    }
}
