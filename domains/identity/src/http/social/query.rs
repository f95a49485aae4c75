use serde_json::Value;
use url::form_urlencoded::{Serializer, parse};

use crate::social::Answer;

/// The longest form that is passed on; a header must hold it.
const LONGEST_FORM: usize = 6000;
/// What an answer may say.
const KNOWN: [&str; 4] = ["code", "state", "iss", "error"];

/// What an answer says; `None` when it says something twice (RFC 6749, 3.1), since then nobody knows what it means.
pub(super) fn answer(query: &str) -> Option<Answer> {
    let mut answer = Answer::default();
    for (name, value) in parse(query.as_bytes()) {
        let place = match name.as_ref() {
            "code" => &mut answer.code,
            "state" => &mut answer.state,
            "iss" => &mut answer.issuer,
            "error" => &mut answer.error,
            "name" => &mut answer.name,
            _ => continue,
        };
        if place.replace(value.into_owned()).is_some() {
            return None;
        }
    }
    Some(answer)
}

/// The same answer as a query, when it came as a form. One that is too long for a header becomes an empty answer, which
/// is refused.
pub(super) fn of_form(body: &[u8]) -> String {
    let mut query = Serializer::new(String::new());
    if body.len() > LONGEST_FORM {
        return String::new();
    }
    for (name, value) in parse(body) {
        if KNOWN.contains(&name.as_ref()) {
            query.append_pair(&name, &value);
        } else if name == "user"
            && let Some(name) = apple_name(&value)
        {
            query.append_pair("name", &name);
        }
    }
    query.finish()
}

/// What Apple says that a person is called: `{"name": {"firstName": …, "lastName": …}}`.
fn apple_name(user: &str) -> Option<String> {
    let user: Value = serde_json::from_str(user).ok()?;
    let part = |name: &str| user["name"][name].as_str().unwrap_or_default().trim().to_owned();
    let name: String = format!("{} {}", part("firstName"), part("lastName")).trim().chars().take(100).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_nothing_twice() {
        let read = answer("code=a%2Fb&state=s&iss=https%3A%2F%2Fid.example&unknown=1&unknown=2").unwrap();
        assert_eq!((read.code.as_deref(), read.state.as_deref()), (Some("a/b"), Some("s")));
        assert_eq!(read.issuer.as_deref(), Some("https://id.example"));
        for twice in ["code=a&code=b", "state=a&state=a", "code=a&c%6fde=b", "iss=a&iss=b"] {
            assert!(answer(twice).is_none(), "{twice}");
        }
        assert!(answer("").unwrap().code.is_none());
    }

    #[test]
    fn a_form_is_passed_on_with_what_is_known_of_it() {
        let form = b"code=c%26x&state=s%0d%0aSet-Cookie:%20x&id_token=secret&user=%7B%22name%22%3A%7B%22firstName%22%3A%22Ada%22%7D%7D";
        assert_eq!(of_form(form), "code=c%26x&state=s%0D%0ASet-Cookie%3A+x&name=Ada");
        assert_eq!(of_form(&[b'a'; LONGEST_FORM + 1]), "");
        assert_eq!(apple_name(r#"{"name":{"firstName":"Ada","lastName":"Lovelace"}}"#).unwrap(), "Ada Lovelace");
        for none in ["", "{}", "[]", r#"{"name":{"firstName":" "}}"#] {
            assert_eq!(apple_name(none), None);
        }
    }
}
