use std::fmt::Write as _;

/// How many rows one statement writes. What is left after the larger ones goes into smaller ones, so that few texts
/// serve any number and each stays prepared.
const SIZES: [usize; 4] = [100, 25, 5, 1];

/// A statement that writes rows, in the sizes it is used in.
pub(super) struct Rows {
    texts: [String; SIZES.len()],
}

impl Rows {
    /// `head` up to and including `VALUES`, then rows of so many columns, then `tail`.
    pub(super) fn new(head: &str, columns: usize, tail: &str) -> Self {
        Self {
            texts: SIZES.map(|size| {
                let mut text = format!("{head} ");
                for row in 0..size {
                    text.push_str(if row == 0 { "(" } else { ", (" });
                    for column in 1..=columns {
                        // Writing into a string cannot fail.
                        let _ = write!(text, "{}${}", if column == 1 { "" } else { ", " }, row * columns + column);
                    }
                    text.push(')');
                }
                format!("{text} {tail}")
            }),
        }
    }

    /// The rows in parts, each with the statement that writes it.
    pub(super) fn parts<'r, T>(&'static self, mut rows: &'r [T]) -> impl Iterator<Item = (&'static str, &'r [T])> {
        std::iter::from_fn(move || {
            let (text, size) = self.texts.iter().zip(SIZES).find(|(_, size)| *size <= rows.len())?;
            let (part, rest) = rows.split_at(size);
            rows = rest;
            Some((text.as_str(), part))
        })
    }
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
            for (text, part) in ROWS.parts(&rows) {
                assert_eq!(text.matches('$').count(), part.len() * 2);
                assert!(text.ends_with(&format!("${}) END", part.len() * 2)), "{text}");
                seen.extend_from_slice(part);
            }
            assert_eq!(seen, rows);
        }
        let one = ROWS.parts(&[0]).next().unwrap().0;
        assert_eq!(one, "VALUES ($1, $2) END");
    }
}
