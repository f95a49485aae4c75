//! Text within XML.

/// The text as it stands between tags or in an attribute. What XML cannot hold is left out, and so are the marks that
/// turn the direction of text around: they can make a sentence read otherwise than it is written.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push(' '),
            '\n' => out.push('\n'),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' => {}
            '\u{2066}'..='\u{2069}' | '\u{fdd0}'..='\u{fdef}' | '\u{fff9}'..='\u{fffb}' | '\u{feff}' => {}
            _ if u32::from(character) & 0xfffe == 0xfffe => {}
            _ => out.push(character),
        }
    }
    out
}

/// What stands before every part.
pub(super) const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
"#;

/// The names of the main part's elements.
pub(super) const W: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main""#;

#[cfg(test)]
mod tests {
    #[test]
    fn no_text_breaks_out_of_its_element() {
        assert_eq!(super::escape("a<b>&\"c\"\u{0}\u{b}\u{202e}\u{ffff}\td\n议"), "a&lt;b&gt;&amp;&quot;c&quot; d\n议");
    }
}
