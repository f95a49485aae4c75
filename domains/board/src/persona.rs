//! Personas: data files, bundled and the operator's own (BRD-3).

use std::collections::BTreeMap;
use std::path::Path;

use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::engine::event::Seat;

/// What a persona is like, each 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Traits {
    /// Looks for new ways.
    pub creative: f64,
    /// Wants numbers and reasons.
    pub analytical: f64,
    /// Expects things to go well.
    pub optimistic: f64,
    /// Weighs losses above gains.
    pub risk_averse: f64,
    /// Cares for details.
    pub detail_oriented: f64,
}

/// A part that a persona can play from outside the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OutsideVoice)]
pub enum Part {
    /// Makes the best case against where the board is heading.
    Contrarian,
    /// Tests the claim that carries the rest.
    Sceptic,
    /// Makes the best case for acting that evidence supports.
    Optimist,
    /// Keeps the discussion to the question.
    Moderator,
}

/// An expert who can take a seat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// Its stable code.
    pub code: String,
    /// Raised with each change of meaning.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// What kind of mind it is.
    pub archetype: String,
    /// Its field.
    pub category: String,
    /// Its emoji.
    pub emoji: String,
    /// Its colour, `#rrggbb`.
    pub color: String,
    /// What it looks at, in a sentence.
    pub summary: String,
    /// Sampling temperature.
    pub temperature: f32,
    /// What it is like.
    pub traits: Traits,
    /// What it looks at, in phrases.
    pub lens: Vec<String>,
    /// What it always asks.
    pub questions: Vec<String>,
    /// Parts it can play from outside.
    #[serde(default)]
    pub roles: Vec<Part>,
    /// The model route that speaks for it, if not the board's.
    #[serde(default)]
    pub route: Option<String>,
    /// Who it is: 600 to 1,200 characters, in the second person.
    pub identity: String,
}

impl Persona {
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let traits = [
            self.traits.creative,
            self.traits.analytical,
            self.traits.optimistic,
            self.traits.risk_averse,
            self.traits.detail_oriented,
        ];
        if traits.iter().any(|value| !(0.0..=1.0).contains(value)) {
            faults.push("traits are numbers from 0 to 1".to_owned());
        }
        if !(0.0..=2.0).contains(&self.temperature) {
            faults.push("temperature is a number from 0 to 2".to_owned());
        }
        let length = self.identity.trim().chars().count();
        if !(600..=1_200).contains(&length) {
            faults.push(format!("identity has 600 to 1,200 characters; this has {length}"));
        }
        let hex = self.color.strip_prefix('#').unwrap_or_default();
        if hex.len() != 6 || !hex.chars().all(|c| c.is_ascii_hexdigit()) {
            faults.push("color is #rrggbb".to_owned());
        }
        if self.code.is_empty() || !self.code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        {
            faults.push("code has lower-case letters, digits and _ only".to_owned());
        }
        faults
    }

    /// This persona in a seat.
    #[must_use]
    pub fn seat(&self, reason: impl Into<String>, route: &str) -> Seat {
        Seat {
            code: self.code.clone(),
            version: self.version,
            name: self.name.clone(),
            emoji: self.emoji.clone(),
            color: self.color.clone(),
            archetype: self.archetype.clone(),
            reason: reason.into(),
            route: self.route.clone().unwrap_or_else(|| route.to_owned()),
        }
    }
}

/// A persona file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("persona file {file}: {why}")]
pub struct PersonaError {
    file: String,
    why: String,
}

#[derive(RustEmbed)]
#[folder = "personas/"]
struct Bundled;

/// All personas that can take a seat, by code.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    personas: BTreeMap<String, Persona>,
}

impl Catalogue {
    /// The bundled personas, and those in `folder`, which may replace bundled ones.
    ///
    /// # Errors
    /// When a file is not a persona; the error names it.
    pub fn load(folder: Option<&Path>) -> Result<Self, PersonaError> {
        let mut catalogue = Self::default();
        for name in Bundled::iter().filter(|name| name.ends_with(".toml")) {
            let file = Bundled::get(&name).map(|file| String::from_utf8_lossy(&file.data).into_owned());
            catalogue.add(&name, &file.unwrap_or_default())?;
        }
        if let Some(folder) = folder {
            let error = |why: std::io::Error| PersonaError { file: folder.display().to_string(), why: why.to_string() };
            for entry in std::fs::read_dir(folder).map_err(error)? {
                let path = entry.map_err(error)?.path();
                if path.extension().is_some_and(|extension| extension == "toml") {
                    catalogue.add(&path.display().to_string(), &std::fs::read_to_string(&path).map_err(error)?)?;
                }
            }
        }
        Ok(catalogue)
    }

    fn add(&mut self, file: &str, text: &str) -> Result<(), PersonaError> {
        let error = |why: String| PersonaError { file: file.to_owned(), why };
        let persona: Persona = toml::from_str(text).map_err(|why| error(why.to_string()))?;
        let faults = persona.faults();
        if !faults.is_empty() {
            return Err(error(faults.join("; ")));
        }
        self.personas.insert(persona.code.clone(), persona);
        Ok(())
    }

    /// The persona of that code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Persona> {
        self.personas.get(code)
    }

    /// All of them, by category and name.
    #[must_use]
    pub fn all(&self) -> Vec<&Persona> {
        let mut all: Vec<_> = self.personas.values().collect();
        all.sort_by(|a, b| (&a.category, &a.name).cmp(&(&b.category, &b.name)));
        all
    }

    /// The voices that can be brought in from outside the board with the part each plays, in a fixed order.
    #[must_use]
    pub fn moderators(&self, route: &str) -> Vec<(Part, Seat)> {
        let mut voices: Vec<(Part, &Persona)> = self
            .personas
            .values()
            .filter_map(|persona| persona.roles.iter().min().map(|part| (*part, persona)))
            .filter(|(part, _)| *part != Part::Moderator)
            .collect();
        voices.sort_by_key(|(part, persona)| (*part, persona.code.clone()));
        voices.into_iter().map(|(part, persona)| (part, persona.seat("brought in by the facilitator", route))).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_bundled_personas_are_sound_and_various() {
        let catalogue = Catalogue::load(None).unwrap();
        let categories: BTreeSet<_> = catalogue.all().iter().map(|persona| persona.category.clone()).collect();
        assert!(catalogue.all().len() >= 40, "{} personas", catalogue.all().len());
        assert!(categories.len() >= 12, "{categories:?}");
        assert!(catalogue.moderators("default").len() >= 3);
    }

    #[test]
    fn a_folder_adds_and_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let file = Bundled::get("finance_strategist.toml").unwrap();
        let text = String::from_utf8(file.data.into_owned()).unwrap().replace("Marta Oyelaran", "Somebody Else");
        std::fs::write(folder.path().join("mine.toml"), &text).unwrap();
        let catalogue = Catalogue::load(Some(folder.path())).unwrap();
        assert_eq!(catalogue.get("finance_strategist").unwrap().name, "Somebody Else");

        std::fs::write(folder.path().join("bad.toml"), text.replace("#005af0", "blue")).unwrap();
        let error = Catalogue::load(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("bad.toml") && error.contains("#rrggbb"), "{error}");
    }
}
