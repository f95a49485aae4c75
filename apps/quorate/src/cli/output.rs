//! Where commands write: standard output, in colour where it is a terminal that has it.

use std::io::{IsTerminal as _, Write as _, stdout};

use super::board::{Colour, Line};

/// The colours of standard output: none for a pipe or with `NO_COLOR`.
pub(crate) fn colour() -> Colour {
    match anstream::AutoStream::choice(&stdout()) {
        anstream::ColorChoice::Never => Colour::None,
        _ if std::env::var("COLORTERM").is_ok_and(|name| name.contains("truecolor") || name.contains("24bit")) => {
            Colour::True
        }
        _ => Colour::Indexed,
    }
}

/// The columns of the terminal; 80 when there is none.
pub(crate) fn columns() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))
}

/// Whether a person sits at standard output.
pub(crate) fn is_terminal() -> bool {
    stdout().is_terminal()
}

/// Writes whole lines.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes styled lines.
pub(crate) fn print_lines(lines: &[Line]) -> std::io::Result<()> {
    let colour = colour();
    let mut text = String::new();
    for line in lines {
        colour.write(line, &mut text);
    }
    print(&text)
}
