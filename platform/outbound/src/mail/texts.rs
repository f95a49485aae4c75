use std::collections::BTreeMap;
use std::fmt::Write as _;

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, context, escape_formatter};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::message::Content;
use super::wording::{one_line, tamed, without_links};
use super::{MailError, Template};

/// The words of one mail in one language, as `templates/*.toml` has them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    subject: String,
    /// Paragraphs below the greeting.
    lines: Vec<String>,
    /// A table: what it is, how much it is.
    #[serde(default)]
    facts: Vec<(String, String)>,
    /// What stands on the button, where the mail has a link.
    button: Option<String>,
    /// In small letters below.
    note: String,
}

/// What stands in every mail of one language.
#[derive(Debug, Deserialize)]
struct Language {
    footer: String,
    /// With the reader's name, and without.
    greeting: String,
    greeting_plain: String,
    /// Above the link in letters, for those whose button does not work.
    link_hint: String,
    #[serde(flatten)]
    mails: BTreeMap<String, Words>,
}

/// A line of the table, filled in.
#[derive(Debug, Serialize)]
struct Fact {
    label: String,
    value: String,
}

/// The texts of all languages.
pub(super) struct Texts {
    languages: [(&'static str, Language); 3],
    plain: Environment<'static>,
    html: Environment<'static>,
}

/// Language tags and their texts; the first is the one for everybody else.
const SOURCES: [(&str, &str); 3] = [
    ("en", include_str!("../../templates/en.toml")),
    ("es", include_str!("../../templates/es.toml")),
    ("zh", include_str!("../../templates/zh.toml")),
];
const PLAIN_LAYOUT: &str = "mail.txt";
const HTML_LAYOUT: &str = "mail.html";

impl Texts {
    pub(super) fn read() -> Result<Self, MailError> {
        let [en, es, zh] = SOURCES.map(|(tag, text)| {
            let language = toml::from_str(text).map_err(|error| MailError::Texts(format!("{tag}.toml: {error}")));
            language.map(|language| (tag, language))
        });
        let mut html = environment(HTML_LAYOUT, include_str!("../../templates/mail.html"), |_| AutoEscape::Html)?;
        html.set_formatter(escape);
        let plain = environment(PLAIN_LAYOUT, include_str!("../../templates/mail.txt"), |_| AutoEscape::None)?;
        Ok(Self { languages: [en?, es?, zh?], plain, html })
    }

    /// The mail in the reader's language, or in English.
    pub(super) fn render(&self, locale: &str, template: &Template) -> Result<(&'static str, Content), MailError> {
        let wanted = locale.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let [english, ..] = &self.languages;
        let (tag, language) = self.languages.iter().find(|(tag, _)| *tag == wanted).unwrap_or(english);
        let words = language.mails.get(template.name());
        let words = words.ok_or_else(|| MailError::Texts(format!("{tag}.toml has no {}", template.name())))?;
        let data = serde_json::to_value(template).map_err(|error| MailError::Compose(error.to_string()))?;
        let data = tamed(data);
        // The subject is a header: nothing in it may begin another one.
        let subject = one_line(&self.plain.render_str(&words.subject, jinja(&data))?);
        let page = Page { tag, language, words, link: checked_link(template)? };
        let data = without_links(data);
        let text = page.render(&self.plain, PLAIN_LAYOUT, &data)?;
        let html = page.render(&self.html, HTML_LAYOUT, &data)?;
        Ok((tag, Content { subject, text, html }))
    }
}

/// One mail in one language.
struct Page<'a> {
    tag: &'static str,
    language: &'a Language,
    words: &'a Words,
    link: Option<&'a str>,
}

impl Page<'_> {
    fn render(&self, environment: &Environment<'_>, layout: &str, data: &serde_json::Value) -> Result<String, Error> {
        let Self { tag, language, words, link } = self;
        let values = jinja(data);
        let fill = |text: &str| environment.render_str(text, values.clone());
        let value =
            |value: &serde_json::Value| environment.render_str("{{ value }}", context! { value => jinja(value) });
        let items = |field: &str| data[field].as_array().map(Vec::as_slice).unwrap_or_default();
        let named = data["name"].as_str().is_some_and(|name| !name.is_empty());
        let mut facts = Vec::new();
        for (label, text) in &words.facts {
            facts.push(Fact { label: label.clone(), value: fill(text)? });
        }
        for figure in items("figures") {
            facts.push(Fact { label: value(&figure["label"])?, value: value(&figure["value"])? });
        }
        environment.get_template(layout)?.render(context! {
            lang => *tag,
            greeting => fill(if named { &language.greeting } else { &language.greeting_plain })?,
            lines => words.lines.iter().map(|line| fill(line)).collect::<Result<Vec<_>, _>>()?,
            facts => Value::from(minijinja::value::Serde(&facts)),
            points => items("highlights").iter().map(value).collect::<Result<Vec<_>, _>>()?,
            button => words.button.clone(),
            link => link.map(str::to_owned),
            link_hint => language.link_hint.clone(),
            note => fill(&words.note)?,
            footer => language.footer.clone(),
        })
    }
}

fn jinja(value: &serde_json::Value) -> Value {
    Value::from(minijinja::value::Serde(value))
}

/// The link, if it is one to a web page. Anything else is a mistake of the caller.
fn checked_link(template: &Template) -> Result<Option<&str>, MailError> {
    let Some(link) = template.link() else { return Ok(None) };
    let is_page = Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if is_page && link.chars().all(|c| c.is_ascii_graphic()) {
        Ok(Some(link))
    } else {
        Err(MailError::Compose(format!("the link of a {} mail is no web address", template.name())))
    }
}

fn environment(
    name: &'static str,
    layout: &'static str,
    escape: fn(&str) -> AutoEscape,
) -> Result<Environment<'static>, MailError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(escape);
    environment.add_template(name, layout)?;
    Ok(environment)
}

/// Escapes what HTML needs escaped. The library's own way also escapes every slash, and some mail programs show that in
/// links.
fn escape(out: &mut minijinja::Output<'_>, state: &mut minijinja::State<'_, '_>, value: &Value) -> Result<(), Error> {
    let Some(text) = value.as_str().filter(|_| !value.is_safe()) else { return escape_formatter(out, state, value) };
    let written = text.chars().try_for_each(|c| match c {
        '&' => out.write_str("&amp;"),
        '<' => out.write_str("&lt;"),
        '>' => out.write_str("&gt;"),
        '"' => out.write_str("&quot;"),
        '\'' => out.write_str("&#39;"),
        c => out.write_char(c),
    });
    written.map_err(|error| Error::new(ErrorKind::WriteFailure, "the mail cannot be written").with_source(error))
}
