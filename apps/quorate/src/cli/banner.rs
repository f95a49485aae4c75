use anstyle::AnsiColor;

use super::board::{BOLD, Colour, DIM, Line, ansi, plain, styled};

/// What a starting server tells the person who started it.
#[derive(Debug, Clone, Default)]
pub struct Banner {
    /// The address to open in a browser.
    pub address: String,
    /// The data directory.
    pub data_dir: String,
    /// The database, without its password.
    pub database: String,
    /// What the route `default` leads to: `provider/model`.
    pub model: String,
    /// Whether that is the offline demo model.
    pub offline: bool,
    /// The one-time link for the first operator, while there is none.
    pub first_operator: Option<String>,
}

/// The start-up text, in the colours of standard output.
#[must_use]
pub fn banner(banner: &Banner) -> String {
    banner.render(super::output::colour())
}

impl Banner {
    fn render(&self, colour: Colour) -> String {
        let accent = ansi(AnsiColor::Cyan) | anstyle::Effects::BOLD;
        let row = |name: &str, value: Vec<super::board::Span>| -> Line {
            [vec![styled(format!("  {name:<10}"), DIM)], value].concat()
        };
        let mut lines: Vec<Line> = vec![
            Line::new(),
            vec![
                styled("  Quorate ", accent),
                styled(env!("CARGO_PKG_VERSION"), DIM),
                plain("  the board is in session"),
            ],
            Line::new(),
            row("address", vec![styled(&self.address, BOLD)]),
            row("data", vec![plain(&self.data_dir)]),
            row("database", vec![plain(&self.database)]),
        ];
        if self.offline {
            lines.push(row("model", vec![styled("offline demo model", ansi(AnsiColor::Magenta))]));
            lines.push(row("", vec![styled("configure a provider in quorate.toml for real advice", DIM)]));
        } else {
            lines.push(row("model", vec![plain(&self.model)]));
        }
        if let Some(link) = &self.first_operator {
            lines.push(Line::new());
            lines.push(vec![
                styled("  This server has no operator yet. ", BOLD),
                plain("Open this link, it works once:"),
            ]);
            lines.push(vec![styled(format!("  {link}"), ansi(AnsiColor::Green))]);
        }
        lines.push(Line::new());
        lines.push(vec![styled("  Ctrl-C stops the server. What is under way goes on at the next start.", DIM)]);
        lines.push(Line::new());
        let mut text = String::new();
        for line in &lines {
            colour.write(line, &mut text);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_of_an_empty_machine() {
        let first = Banner {
            address: "http://127.0.0.1:8080".to_owned(),
            data_dir: "./data".to_owned(),
            database: "sqlite://./data/quorate.db".to_owned(),
            model: "offline/demo".to_owned(),
            offline: true,
            first_operator: Some("http://127.0.0.1:8080/welcome?token=abc".to_owned()),
        };
        insta::assert_snapshot!(first.render(Colour::None));
        let configured =
            Banner { offline: false, model: "claude/claude-sonnet-5".to_owned(), first_operator: None, ..first };
        let text = configured.render(Colour::None);
        assert!(text.contains("claude/claude-sonnet-5") && !text.contains("offline") && !text.contains("welcome"));
    }
}
