//! Taking typed fields out of a request. Null is as absent; a wrong type is the caller's error, with the field's name.

use serde_json::{Map, Value};

use crate::BadBody;

/// An object whose fields are taken one by one, and where it stands in the request.
pub(crate) struct Fields {
    map: Map<String, Value>,
    path: String,
}

impl Fields {
    /// The whole request.
    pub(crate) const fn top(map: Map<String, Value>) -> Self {
        Self { map, path: String::new() }
    }

    /// An object at `path`.
    pub(crate) fn at(path: &str, value: Value) -> Result<Self, BadBody> {
        match value {
            Value::Object(map) => Ok(Self { map, path: path.to_owned() }),
            _ => Err(BadBody::wrong(path, "an object")),
        }
    }

    /// The path of a field in here.
    pub(crate) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Takes a field of any type.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.map.shift_remove(name).filter(|value| !value.is_null())
    }

    /// Takes a field that must be there.
    pub(crate) fn need(&mut self, name: &str) -> Result<Value, BadBody> {
        self.take(name).ok_or_else(|| BadBody::Missing(self.path(name)))
    }

    /// Takes a string.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, BadBody> {
        self.typed(name, "a string", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    /// Takes a string that must be there.
    pub(crate) fn need_text(&mut self, name: &str) -> Result<String, BadBody> {
        self.text(name)?.ok_or_else(|| BadBody::Missing(self.path(name)))
    }

    /// Takes a boolean.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, BadBody> {
        self.typed(name, "true or false", |value| value.as_bool())
    }

    /// Takes a number.
    pub(crate) fn number(&mut self, name: &str) -> Result<Option<f64>, BadBody> {
        self.typed(name, "a number", |value| value.as_f64())
    }

    /// Takes a whole number that is not negative.
    pub(crate) fn count(&mut self, name: &str) -> Result<Option<u64>, BadBody> {
        self.typed(name, "a whole number that is not negative", |value| value.as_u64())
    }

    /// Takes a whole number.
    pub(crate) fn whole(&mut self, name: &str) -> Result<Option<i64>, BadBody> {
        self.typed(name, "a whole number", |value| value.as_i64())
    }

    /// Takes a list.
    pub(crate) fn list(&mut self, name: &str) -> Result<Option<Vec<Value>>, BadBody> {
        self.typed(name, "a list", |value| match value {
            Value::Array(items) => Some(items),
            _ => None,
        })
    }

    /// Takes an object.
    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Self>, BadBody> {
        let path = self.path(name);
        self.take(name).map(|value| Self::at(&path, value)).transpose()
    }

    /// Takes a string or a list of strings.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<String>, BadBody> {
        let texts = self.typed(name, "a string or a list of strings", |value| match value {
            Value::String(text) => Some(vec![text]),
            Value::Array(items) => {
                items.into_iter().map(|item| if let Value::String(text) = item { Some(text) } else { None }).collect()
            }
            _ => None,
        })?;
        Ok(texts.unwrap_or_default())
    }

    /// What nobody has taken.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.map
    }

    fn typed<T>(
        &mut self,
        name: &str,
        wanted: &'static str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Result<Option<T>, BadBody> {
        self.take(name).map(|value| read(value).ok_or_else(|| BadBody::wrong(self.path(name), wanted))).transpose()
    }
}
