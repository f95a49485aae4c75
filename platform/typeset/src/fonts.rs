//! The fonts of the program and which of them shows a character.

use std::sync::LazyLock;

use crate::TypesetError;

/// A font of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Face {
    /// Running text.
    Text,
    /// Bold.
    Bold,
    /// Italic.
    Italic,
    /// Headings.
    Display,
    /// Chinese, and kana.
    Han,
}

impl Face {
    /// All, in the order of their places.
    pub(crate) const ALL: [Self; 5] = [Self::Text, Self::Bold, Self::Italic, Self::Display, Self::Han];

    /// The file.
    pub(crate) const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Text => include_bytes!("../fonts/SourceSans3-Regular.ttf"),
            Self::Bold => include_bytes!("../fonts/SourceSans3-Bold.ttf"),
            Self::Italic => include_bytes!("../fonts/SourceSans3-It.ttf"),
            Self::Display => include_bytes!("../fonts/Besley-SemiBold.ttf"),
            Self::Han => include_bytes!("../fonts/NotoSansSC-Regular.otf"),
        }
    }

    /// What an error calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "Source Sans 3",
            Self::Bold => "Source Sans 3 Bold",
            Self::Italic => "Source Sans 3 Italic",
            Self::Display => "Besley SemiBold",
            Self::Han => "Noto Sans SC",
        }
    }
}

/// All fonts, ready to shape with.
pub(crate) struct Fonts {
    faces: [rustybuzz::Face<'static>; 5],
}

static FONTS: LazyLock<Result<Fonts, &'static str>> = LazyLock::new(|| {
    let read = |face: Face| rustybuzz::Face::from_slice(face.bytes(), 0).ok_or(face.name());
    let [text, bold, italic, display, han] = Face::ALL.map(read);
    Ok(Fonts { faces: [text?, bold?, italic?, display?, han?] })
});

/// What stands for a character that no font has.
pub(crate) const BOX: char = '□';

impl Fonts {
    /// The fonts of the program, read once.
    pub(crate) fn get() -> Result<&'static Self, TypesetError> {
        FONTS.as_ref().map_err(|name| TypesetError::Font(name))
    }

    /// The font to shape with.
    pub(crate) fn shaper(&self, face: Face) -> &rustybuzz::Face<'static> {
        let [text, bold, italic, display, han] = &self.faces;
        match face {
            Face::Text => text,
            Face::Bold => bold,
            Face::Italic => italic,
            Face::Display => display,
            Face::Han => han,
        }
    }

    fn has(&self, face: Face, character: char) -> bool {
        self.shaper(face).glyph_index(character).is_some()
    }

    /// The font that shows the character: the wanted one, or the nearest that has it.
    pub(crate) fn choose(&self, wanted: Face, character: char) -> Option<Face> {
        // In the Latin font, Chinese quotation marks and dashes would be too narrow; only their neighbours tell, so
        // `shape` asks again where those are Chinese.
        let nearest = match wanted {
            Face::Display => [Face::Display, Face::Bold, Face::Han],
            other => [other, Face::Text, Face::Han],
        };
        nearest.into_iter().find(|face| self.has(*face, character))
    }

    /// Whether some font shows the character.
    pub(crate) fn any(&self, character: char) -> bool {
        self.has(Face::Text, character) || self.has(Face::Han, character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_of_the_product_has_its_font() {
        let fonts = Fonts::get().unwrap();
        for (wanted, character, expected) in [
            (Face::Text, 'a', Some(Face::Text)),
            (Face::Bold, 'ñ', Some(Face::Bold)),
            (Face::Italic, '¿', Some(Face::Italic)),
            (Face::Display, 'Q', Some(Face::Display)),
            (Face::Display, 'Ж', Some(Face::Bold)),
            (Face::Text, '决', Some(Face::Han)),
            (Face::Display, '議', Some(Face::Han)),
            (Face::Bold, '⚠', Some(Face::Han)),
            (Face::Text, '。', Some(Face::Han)),
            (Face::Text, 'か', Some(Face::Han)),
            (Face::Text, '🦊', None),
            (Face::Text, 'ກ', None),
        ] {
            assert_eq!(fonts.choose(wanted, character), expected, "{character}");
        }
        for face in Face::ALL {
            assert!(fonts.choose(Face::Text, BOX).is_some() && fonts.has(face, '–') | (face == Face::Han), "{face:?}");
        }
    }
}
