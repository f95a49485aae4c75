use crate::document::Tone;

/// A colour of the page, as red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// Running text. The colours are those of the web page in daylight.
pub(crate) const INK: Colour = Colour(0x15, 0x20, 0x1a);
/// What stands back: captions, footers.
pub(crate) const SOFT: Colour = Colour(0x47, 0x55, 0x4d);
/// Lines between rows.
pub(crate) const LINE: Colour = Colour(0xd6, 0xdd, 0xd3);
/// Behind the heads of tables.
pub(crate) const SUNKEN: Colour = Colour(0xee, 0xf1, 0xeb);
/// On a dark ground.
pub(crate) const WHITE: Colour = Colour(0xff, 0xff, 0xff);
/// Headings and what is for something.
pub(crate) const BAIZE: Colour = Colour(0x17, 0x55, 0x3d);
/// The line under a title.
pub(crate) const BRASS: Colour = Colour(0xb0, 0x80, 0x2a);

impl Tone {
    /// The colour of a mark in this tone: dark enough for white figures on it.
    pub(crate) const fn mark(self) -> Colour {
        match self {
            Self::Plain => INK,
            Self::Good => BAIZE,
            Self::Fair => Colour(0x5d, 0x93, 0x79),
            Self::Warn => Colour(0x8a, 0x5f, 0x0f),
            Self::Bad => Colour(0x8c, 0x2f, 0x2a),
            Self::Quiet => Colour(0x6b, 0x76, 0x82),
            Self::Absent => Colour(0xc3, 0xca, 0xc6),
        }
    }

    /// The colour behind a text in this tone.
    pub(crate) const fn ground(self) -> Colour {
        match self {
            Self::Plain => SUNKEN,
            Self::Good | Self::Fair => Colour(0xe6, 0xf0, 0xe9),
            Self::Warn => Colour(0xf8, 0xef, 0xda),
            Self::Bad => Colour(0xf8, 0xe8, 0xe5),
            Self::Quiet | Self::Absent => Colour(0xec, 0xef, 0xf1),
        }
    }

    /// What is written on the mark.
    pub(crate) const fn on_mark(self) -> Colour {
        match self {
            Self::Absent => INK,
            _ => WHITE,
        }
    }
}

impl std::fmt::Display for Colour {
    /// As six hexadecimal digits.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }
}
