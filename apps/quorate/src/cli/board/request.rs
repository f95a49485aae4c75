use std::collections::BTreeMap;
use std::io::Read as _;

use quorate_board::NewSession;
use quorate_board::session::Mode;

use crate::cli::Failure;
use crate::cli::arguments::{BoardMode, BoardOptions};

/// The session that the command line asks for. The board checks it; here only what is of the command line's own.
pub(super) fn session(options: &BoardOptions) -> Result<NewSession, Failure> {
    let mut problem_context = BTreeMap::new();
    for (key, value) in &options.context {
        if problem_context.insert(key.clone(), value.clone()).is_some() {
            return Err(Failure::Usage(format!("--context {key} is given twice")));
        }
    }
    Ok(NewSession {
        problem_statement: decision(&options.decision)?,
        problem_context,
        mode: options.mode.map(|mode| match mode {
            BoardMode::Quick => Mode::Quick,
            BoardMode::Standard => Mode::Standard,
            BoardMode::Deep => Mode::Deep,
            BoardMode::Auto => Mode::Auto,
        }),
        max_rounds: options.max_rounds,
        personas: personas(options.personas.as_deref())?,
        clarify: options.clarify,
        one_way_door: options.one_way_door,
        any_model: true,
        route: match (&options.provider, &options.model) {
            (Some(provider), Some(model)) => Some(format!("{provider}/{model}")),
            (_, model) => model.clone(),
        },
        cost_ceiling_usd: options.cost_ceiling,
        ..NewSession::default()
    })
}

fn decision(text: &str) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

fn personas(codes: Option<&[String]>) -> Result<Option<Vec<String>>, Failure> {
    let Some(codes) = codes else { return Ok(None) };
    let codes: Vec<String> = codes.iter().map(|code| code.trim().to_owned()).filter(|code| !code.is_empty()).collect();
    if codes.len() == 1 && codes.iter().all(|code| code.parse::<u32>().is_ok()) {
        // How many seats a problem needs follows from its complexity (BRD-3); the board has no say over a number.
        return Err(Failure::Usage(
            "--personas takes persona codes between commas; the board chooses how many seats a problem needs"
                .to_owned(),
        ));
    }
    Ok((!codes.is_empty()).then_some(codes))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::arguments::{Arguments, Command};

    fn asked(flags: &[&str]) -> Result<NewSession, Failure> {
        let words = ["quorate", "board", "Should we move?"].iter().chain(flags);
        match Arguments::try_parse_from(words).unwrap().command {
            Command::Board(options) => session(&options),
            _ => unreachable!("the command is board"),
        }
    }

    #[test]
    fn flags_become_a_session() {
        let new = asked(&["--model", "llama3", "--provider", "mine", "--personas", "a, b", "--context", "budget=200k"])
            .unwrap();
        assert_eq!(new.route.as_deref(), Some("mine/llama3"));
        assert_eq!(new.personas, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(new.problem_context["budget"], "200k");
        assert_eq!(new.mode, None);
        assert_eq!(asked(&["--model", "other/x"]).unwrap().route.as_deref(), Some("other/x"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for flags in [&["--personas", "4"][..], &["--context", "a=1", "--context", "a=2"]] {
            assert!(matches!(asked(flags), Err(Failure::Usage(_))), "{flags:?}");
        }
    }
}
