/// The most characters of a name.
const LONGEST: usize = 150;

/// Signs that turn the direction of writing or have no width: with them `report\u{202e}fdp.exe` looks like a PDF.
const fn deceives(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// The name that a file is kept and shown under: its last part alone, in any script, without what deceives. It is never
/// used as a path here; whoever downloads the file may.
pub(super) fn tidy(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible = last.chars().filter(|character| !character.is_control() && !deceives(*character));
    let visible: String = visible.map(|sign| if "<>:\"|?*".contains(sign) { '_' } else { sign }).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let name = words.join(" ");
    // Neither hidden nor a way upwards.
    let name = name.trim_start_matches('.').trim();
    let length = name.chars().count();
    if name.is_empty() {
        return "document".to_owned();
    }
    if length <= LONGEST {
        return name.to_owned();
    }
    // The end of a name says what it is.
    let ending: String = match name.rsplit_once('.') {
        Some((_, ending)) if (1..=8).contains(&ending.chars().count()) => format!(".{ending}"),
        _ => String::new(),
    };
    let stem: String = name.chars().take(LONGEST - ending.chars().count()).collect();
    format!("{}{ending}", stem.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_neither_a_path_nor_a_trick() {
        for (given, kept) in [
            ("offer.pdf", "offer.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ada\\lease offer.docx", "lease offer.docx"),
            ("..", "document"),
            (".env", "env"),
            ("", "document"),
            ("a\0b\r\nSet-Cookie: x=1.txt", "abSet-Cookie_ x=1.txt"),
            ("report\u{202e}fdp.exe", "reportfdp.exe"),
            ("\"><script>alert(1)<\\/script>.md", "script_.md"),
            ("租约 报价.pdf", "租约 报价.pdf"),
            ("Übersicht año 🧾.csv", "Übersicht año 🧾.csv"),
        ] {
            assert_eq!(tidy(given), kept, "{given:?}");
        }
        let long = tidy(&format!("{}.docx", "长".repeat(400)));
        assert!(long.ends_with("长.docx") && long.chars().count() == LONGEST);
    }
}
