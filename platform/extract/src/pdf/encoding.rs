//! What the codes of a font stand for when it does not say so itself: the encodings of Latin text, and names of glyphs.

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, MACINTOSH, SHIFT_JIS, WINDOWS_1252};

/// A base encoding of a font with one byte a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Standard,
    WinAnsi,
    MacRoman,
}

/// Where the standard encoding is not ASCII (ISO 32000-1, annex D.2), from 0xA1 on; a space where it has nothing.
const STANDARD: &str =
    "¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ –†‡· ¶•‚„”»…‰ ¿ `´ˆ˜¯˘˙¨ ˚¸ ˝˛ˇ—                Æ ª    ŁØŒº     æ   ı  łøœß    ";

impl Base {
    pub(super) fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"StandardEncoding" => Some(Self::Standard),
            b"WinAnsiEncoding" => Some(Self::WinAnsi),
            b"MacRomanEncoding" => Some(Self::MacRoman),
            _ => None,
        }
    }

    pub(super) fn character(self, code: u8) -> Option<char> {
        let of = |encoding: &'static Encoding| {
            encoding.decode_without_bom_handling(&[code]).0.chars().next().filter(|found| !found.is_control())
        };
        match self {
            Self::WinAnsi => of(WINDOWS_1252),
            Self::MacRoman => of(MACINTOSH),
            Self::Standard => match code {
                b'\'' => Some('’'),
                b'`' => Some('‘'),
                b' '..=b'~' => Some(char::from(code)),
                0xa1.. => STANDARD.chars().nth(usize::from(code - 0xa1)).filter(|found| *found != ' '),
                _ => None,
            },
        }
    }
}

/// The encoding of codes of several bytes that a named map means, where that is one of text.
pub(super) fn of_text(map: &[u8]) -> Option<&'static Encoding> {
    let name = std::str::from_utf8(map).ok()?;
    let begins = |marks: &[&str]| marks.iter().any(|mark| name.starts_with(mark));
    if name.contains("UCS2-") || name.contains("UTF16-") {
        Some(encoding_rs::UTF_16BE)
    } else if begins(&["GBK2K"]) {
        Some(GB18030)
    } else if begins(&["GBK", "GB-EUC", "GBpc-EUC"]) {
        Some(GBK)
    } else if begins(&["B5pc", "ETen-B5", "ETenms-B5", "HKscs-B5"]) {
        Some(BIG5)
    } else if begins(&["90ms-RKSJ", "90pv-RKSJ", "90msp-RKSJ", "83pv-RKSJ", "Add-RKSJ", "Ext-RKSJ"]) {
        Some(SHIFT_JIS)
    } else if begins(&["EUC-", "H-EUC"]) {
        Some(EUC_JP)
    } else if begins(&["KSC-EUC", "KSCms-UHC", "KSCpc-EUC"]) {
        Some(EUC_KR)
    } else {
        None
    }
}

/// Names of glyphs that follow no rule.
const NAMES: &[(&str, &str)] = &[
    ("space", " "),
    ("nbspace", " "),
    ("exclam", "!"),
    ("quotedbl", "\""),
    ("numbersign", "#"),
    ("dollar", "$"),
    ("percent", "%"),
    ("ampersand", "&"),
    ("quotesingle", "'"),
    ("parenleft", "("),
    ("parenright", ")"),
    ("asterisk", "*"),
    ("plus", "+"),
    ("comma", ","),
    ("hyphen", "-"),
    ("sfthyphen", "-"),
    ("minus", "−"),
    ("period", "."),
    ("slash", "/"),
    ("zero", "0"),
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("colon", ":"),
    ("semicolon", ";"),
    ("less", "<"),
    ("equal", "="),
    ("greater", ">"),
    ("question", "?"),
    ("at", "@"),
    ("bracketleft", "["),
    ("backslash", "\\"),
    ("bracketright", "]"),
    ("asciicircum", "^"),
    ("underscore", "_"),
    ("grave", "`"),
    ("braceleft", "{"),
    ("bar", "|"),
    ("braceright", "}"),
    ("asciitilde", "~"),
    ("exclamdown", "¡"),
    ("cent", "¢"),
    ("sterling", "£"),
    ("currency", "¤"),
    ("yen", "¥"),
    ("brokenbar", "¦"),
    ("section", "§"),
    ("dieresis", "¨"),
    ("copyright", "©"),
    ("ordfeminine", "ª"),
    ("guillemotleft", "«"),
    ("logicalnot", "¬"),
    ("registered", "®"),
    ("macron", "¯"),
    ("degree", "°"),
    ("plusminus", "±"),
    ("acute", "´"),
    ("mu", "µ"),
    ("paragraph", "¶"),
    ("periodcentered", "·"),
    ("cedilla", "¸"),
    ("ordmasculine", "º"),
    ("guillemotright", "»"),
    ("onequarter", "¼"),
    ("onehalf", "½"),
    ("threequarters", "¾"),
    ("questiondown", "¿"),
    ("AE", "Æ"),
    ("ae", "æ"),
    ("OE", "Œ"),
    ("oe", "œ"),
    ("Eth", "Ð"),
    ("eth", "ð"),
    ("Thorn", "Þ"),
    ("thorn", "þ"),
    ("germandbls", "ß"),
    ("multiply", "×"),
    ("divide", "÷"),
    ("dotlessi", "ı"),
    ("Lslash", "Ł"),
    ("lslash", "ł"),
    ("Oslash", "Ø"),
    ("oslash", "ø"),
    ("florin", "ƒ"),
    ("circumflex", "ˆ"),
    ("tilde", "˜"),
    ("caron", "ˇ"),
    ("breve", "˘"),
    ("ring", "˚"),
    ("ogonek", "˛"),
    ("dotaccent", "˙"),
    ("hungarumlaut", "˝"),
    ("endash", "–"),
    ("emdash", "—"),
    ("quoteleft", "‘"),
    ("quoteright", "’"),
    ("quotesinglbase", "‚"),
    ("quotedblleft", "“"),
    ("quotedblright", "”"),
    ("quotedblbase", "„"),
    ("dagger", "†"),
    ("daggerdbl", "‡"),
    ("bullet", "•"),
    ("ellipsis", "…"),
    ("perthousand", "‰"),
    ("guilsinglleft", "‹"),
    ("guilsinglright", "›"),
    ("fraction", "⁄"),
    ("Euro", "€"),
    ("trademark", "™"),
    ("fi", "fi"),
    ("fl", "fl"),
    ("ff", "ff"),
    ("ffi", "ffi"),
    ("ffl", "ffl"),
    ("f_f", "ff"),
    ("f_i", "fi"),
    ("f_l", "fl"),
    ("f_f_i", "ffi"),
    ("f_f_l", "ffl"),
    ("notequal", "≠"),
    ("lessequal", "≤"),
    ("greaterequal", "≥"),
    ("infinity", "∞"),
    ("approxequal", "≈"),
    ("summation", "∑"),
    ("radical", "√"),
    ("partialdiff", "∂"),
    ("integral", "∫"),
    ("product", "∏"),
    ("arrowright", "→"),
    ("arrowleft", "←"),
    ("Alpha", "Α"),
    ("Beta", "Β"),
    ("Gamma", "Γ"),
    ("Delta", "Δ"),
    ("Theta", "Θ"),
    ("Lambda", "Λ"),
    ("Pi", "Π"),
    ("Sigma", "Σ"),
    ("Phi", "Φ"),
    ("Omega", "Ω"),
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("epsilon", "ε"),
    ("zeta", "ζ"),
    ("eta", "η"),
    ("theta", "θ"),
    ("lambda", "λ"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("phi", "φ"),
    ("chi", "χ"),
    ("psi", "ψ"),
    ("omega", "ω"),
    ("visiblespace", " "),
];

/// Accents in names of glyphs, each with pairs of a letter and that letter under the accent.
const ACCENTS: [(&str, &str); 13] = [
    ("acute", "AÁCĆEÉIÍLĹNŃOÓRŔSŚUÚYÝZŹaácćeéiílĺnńoórŕsśuúyýzź"),
    ("grave", "AÀEÈIÌOÒUÙaàeèiìoòuù"),
    ("circumflex", "AÂCĈEÊGĜHĤIÎJĴOÔSŜUÛWŴYŶaâcĉeêgĝhĥiîjĵoôsŝuûwŵyŷ"),
    ("dieresis", "AÄEËIÏOÖUÜYŸaäeëiïoöuüyÿ"),
    ("tilde", "AÃIĨNÑOÕUŨaãiĩnñoõuũ"),
    ("caron", "CČDĎEĚNŇRŘSŠTŤZŽcčdďeělľnňrřsštťzž"),
    ("cedilla", "CÇGĢKĶLĻNŅRŖSŞTŢcçgģkķlļnņrŗsştţ"),
    ("commaaccent", "GĢKĶLĻNŅRŖSȘTȚgģkķlļnņrŗsștț"),
    ("ring", "AÅUŮaåuů"),
    ("ogonek", "AĄEĘIĮUŲaąeęiįuų"),
    ("macron", "AĀEĒIĪOŌUŪaāeēiīoōuū"),
    ("breve", "AĂGĞUŬaăgğuŭ"),
    ("dotaccent", "CĊEĖGĠIİZŻcċeėgġzż"),
];

/// What a glyph of that name stands for.
pub(super) fn glyph(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    // What follows a point is a variant of the same.
    let name = name.split('.').next().filter(|stem| !stem.is_empty())?;
    if let Some((_, text)) = NAMES.iter().find(|(own, _)| *own == name) {
        return Some((*text).to_owned());
    }
    let mut letters = name.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return Some(letter.to_string());
    }
    let hexadecimal = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    if let Some(digits) = name.strip_prefix("uni").filter(|digits| digits.len() >= 4 && digits.is_ascii()) {
        return hexadecimal(&digits[..4]).map(String::from);
    }
    if let Some(digits) = name.strip_prefix('u').filter(|digits| (4..=6).contains(&digits.len())) {
        return hexadecimal(digits).map(String::from);
    }
    let first = name.chars().next()?;
    let (_, pairs) = ACCENTS.iter().find(|(accent, _)| name.get(first.len_utf8()..) == Some(accent))?;
    let pairs: Vec<char> = pairs.chars().collect();
    pairs.chunks_exact(2).find(|pair| pair[0] == first).map(|pair| pair[1].to_string())
}

/// The ideographs that the signs for radicals, from U+2F00 on, look the same as.
const RADICALS: &str = "\
    一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山巛工己巾干幺广廴\
    廾弋弓彐彡彳心戈戶手支攴文斗斤方无日曰月木欠止歹殳毋比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿\
    目矛矢石示禸禾穴立竹米糸缶网羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛辰辵\
    邑酉釆里金長門阜隶隹雨靑非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠\
";

/// Writes a glyph's text with the letters that people type: printing programs name ligatures and radicals instead, and a
/// search for the word would not find it.
pub(super) fn as_typed(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            'ﬀ' => out.push_str("ff"),
            'ﬁ' => out.push_str("fi"),
            'ﬂ' => out.push_str("fl"),
            'ﬃ' => out.push_str("ffi"),
            'ﬄ' => out.push_str("ffl"),
            'ﬅ' | 'ﬆ' => out.push_str("st"),
            '\u{a0}' => out.push(' '),
            '\u{2f00}'..='\u{2fd5}' => {
                let place = usize::try_from(u32::from(character) - 0x2f00).unwrap_or_default();
                out.push(RADICALS.chars().nth(place).unwrap_or(character));
            }
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_glyphs_are_letters() {
        for (name, text) in [
            ("A", "A"),
            ("eacute", "é"),
            ("Scaron", "Š"),
            ("uni20AC", "€"),
            ("u1F600", "😀"),
            ("fi", "fi"),
            ("one.oldstyle", "1"),
            ("germandbls", "ß"),
            ("odieresis", "ö"),
        ] {
            assert_eq!(glyph(name.as_bytes()).as_deref(), Some(text), "{name}");
        }
        for name in ["g123", ".notdef", "", "cid7"] {
            assert_eq!(glyph(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn ligatures_and_radicals_are_written_as_typed() {
        assert_eq!(RADICALS.chars().count(), 214);
        let mut out = String::new();
        as_typed("oﬀer ﬁrst 租⾦每⽉⼀", &mut out);
        assert_eq!(out, "offer first 租金每月一");
    }

    #[test]
    fn the_standard_encoding_has_its_quirks() {
        assert_eq!(STANDARD.chars().count(), 0xff - 0xa1 + 1);
        for (code, character) in [(0x27, '’'), (0xa9, '\''), (0xae, 'ﬁ'), (0xe1, 'Æ'), (0xfb, 'ß'), (0xd0, '—')]
        {
            assert_eq!(Base::Standard.character(code), Some(character), "{code:x}");
        }
        assert_eq!(Base::Standard.character(0xff), None);
    }
}
