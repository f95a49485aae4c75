use std::fmt::Write as _;

use quorate_store::Engine;

/// How many rows one statement writes. What is left after the larger ones goes into smaller ones, so that few texts
/// serve any number and each stays prepared.
const SIZES: [usize; 3] = [100, 10, 1];

/// How much is written at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Little: between two statements requests have their turn, also where there is one core for them and for SQLite's
    /// thread, and none waits for longer than a tenth of a millisecond (GTW-30).
    Gentle,
    /// Much, for who is behind: on a busy node a statement waits longer for its turn than it takes.
    Hasty,
}

/// A statement that writes rows, in the sizes it is used in.
pub(super) struct Rows {
    /// With `$1`, `$2` … as PostgreSQL wants them.
    numbered: [String; SIZES.len()],
    /// With `?` for each. SQLite takes `$1` too, but as a name: looking it up goes through all names before it, which for
    /// hundreds of them costs more than writing the rows.
    plain: [String; SIZES.len()],
}

impl Rows {
    /// `head` up to and including `VALUES`, then rows of so many columns, then `tail`.
    pub(super) fn new(head: &str, columns: usize, tail: &str) -> Self {
        let texts = |numbered: bool| SIZES.map(|size| text(head, columns, size, tail, numbered));
        Self { numbered: texts(true), plain: texts(false) }
    }

    /// The rows in parts, each with the statement that writes it.
    pub(super) fn parts<'r, T>(
        &'static self,
        engine: Engine,
        pace: Pace,
        mut rows: &'r [T],
    ) -> impl Iterator<Item = (&'static str, &'r [T])> {
        let texts = if engine == Engine::Sqlite { &self.plain } else { &self.numbered };
        let largest = if pace == Pace::Gentle { SIZES[1] } else { SIZES[0] };
        std::iter::from_fn(move || {
            let fitting = |(_, size): &(&String, usize)| *size <= rows.len().min(largest);
            let (text, size) = texts.iter().zip(SIZES).find(fitting)?;
            let (part, rest) = rows.split_at(size);
            rows = rest;
            Some((text.as_str(), part))
        })
    }
}

fn text(head: &str, columns: usize, rows: usize, tail: &str, numbered: bool) -> String {
    let mut text = format!("{head} ");
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            text.push_str(if column == 1 { "" } else { ", " });
            if numbered {
                // Writing into a string cannot fail.
                let _ = write!(text, "${}", row * columns + column);
            } else {
                text.push('?');
            }
        }
        text.push(')');
    }
    format!("{text} {tail}")
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    static ROWS: LazyLock<Rows> = LazyLock::new(|| Rows::new("VALUES", 2, "END"));

    #[test]
    fn every_row_is_in_one_part_whose_statement_has_its_place() {
        for many in [0, 1, 4, 5, 24, 131, 500, 537] {
            let rows: Vec<usize> = (0..many).collect();
            let mut seen = Vec::new();
            for (text, part) in ROWS.parts(Engine::Postgres, Pace::Hasty, &rows) {
                assert_eq!(text.matches('$').count(), part.len() * 2);
                assert!(text.ends_with(&format!("${}) END", part.len() * 2)), "{text}");
                seen.extend_from_slice(part);
            }
            assert_eq!(seen, rows);
            for (text, part) in ROWS.parts(Engine::Sqlite, Pace::Gentle, &rows) {
                assert_eq!(text.matches('?').count(), part.len() * 2);
                assert!(part.len() <= SIZES[1], "gently");
            }
        }
        let one = |engine| ROWS.parts(engine, Pace::Hasty, &[0]).next().unwrap().0;
        assert_eq!(one(Engine::Postgres), "VALUES ($1, $2) END");
        assert_eq!(one(Engine::Sqlite), "VALUES (?, ?) END");
    }
}
