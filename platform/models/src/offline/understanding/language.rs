/// A language the offline model writes. Problems in any other are answered in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::offline) enum Language {
    English,
    Spanish,
    Chinese,
}

const SPANISH: &[&str] = &[
    "el",
    "la",
    "los",
    "las",
    "de",
    "del",
    "que",
    "en",
    "un",
    "una",
    "para",
    "con",
    "por",
    "nuestra",
    "nuestro",
    "debemos",
    "debo",
    "deberíamos",
    "debería",
    "es",
    "mi",
    "se",
    "al",
    "y",
    "o",
    "presupuesto",
    "como",
    "cómo",
    "conviene",
    "empresa",
    "más",
    "su",
    "euros",
    "sin",
];
const ENGLISH: &[&str] = &[
    "the", "a", "an", "of", "to", "in", "for", "our", "we", "should", "i", "my", "or", "and", "is", "with", "from",
    "what", "how", "on", "at", "by", "it", "be", "that",
];

impl Language {
    pub(super) fn of(text: &str) -> Self {
        let (mut letters, mut han, mut kana) = (0_usize, 0_usize, 0_usize);
        for character in text.chars() {
            letters += usize::from(character.is_alphabetic());
            han += usize::from(is_han(character));
            kana += usize::from(('\u{3040}'..='\u{30ff}').contains(&character));
        }
        if han * 4 > letters && kana * 5 <= han {
            return Self::Chinese;
        }
        let lowered = text.to_lowercase();
        let (mut spanish, mut english) = (2 * lowered.matches('¿').count(), 0);
        for word in lowered.split(|character: char| !character.is_alphanumeric()) {
            spanish += usize::from(SPANISH.contains(&word));
            english += usize::from(ENGLISH.contains(&word));
        }
        if spanish > english && spanish >= 2 { Self::Spanish } else { Self::English }
    }
}

pub(super) fn is_han(character: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&character) || ('\u{3400}'..='\u{4dbf}').contains(&character)
}

const SHIFTS: &[(&str, &str)] = &[
    ("our", "your"),
    ("ours", "yours"),
    ("we", "you"),
    ("us", "you"),
    ("my", "your"),
    ("mine", "yours"),
    ("i", "you"),
    ("me", "you"),
    ("am", "are"),
    ("myself", "yourself"),
    ("ourselves", "yourselves"),
    ("we're", "you're"),
    ("i'm", "you're"),
    ("we've", "you've"),
    ("i've", "you've"),
];
const SPANISH_SHIFTS: &[(&str, &str)] =
    &[("nuestra", "su"), ("nuestro", "su"), ("nuestras", "sus"), ("nuestros", "sus"), ("mi", "su"), ("mis", "sus")];

/// "our company" becomes "your company": the board speaks to the user.
pub(super) fn to_second_person(text: &str, language: Language) -> String {
    let shifts = match language {
        Language::English => SHIFTS,
        Language::Spanish => SPANISH_SHIFTS,
        Language::Chinese => return text.to_owned(),
    };
    let mut shifted = String::with_capacity(text.len() + 8);
    let mut word = String::new();
    let flush = |word: &mut String, shifted: &mut String| {
        let lowered = word.to_lowercase().replace('’', "'");
        // "US" and "IT" are names, "I" is not.
        let is_name = word.chars().count() > 1 && word.chars().all(char::is_uppercase);
        match shifts.iter().find(|(from, _)| *from == lowered && !is_name) {
            Some((_, to)) => shifted.push_str(to),
            None => shifted.push_str(word),
        }
        word.clear();
    };
    for character in text.chars() {
        if character.is_alphanumeric() || character == '\'' || character == '’' {
            word.push(character);
        } else {
            flush(&mut word, &mut shifted);
            shifted.push(character);
        }
    }
    flush(&mut word, &mut shifted);
    shifted
}

/// Whether the words are about the writer alone: more "I" than "we".
pub(super) fn is_personal(lowered: &str, language: Language) -> bool {
    let (mine, ours): (&[&str], &[&str]) = match language {
        Language::English => (&["i", "my", "me", "i'm", "myself"], &["we", "our", "us", "company", "team"]),
        Language::Spanish => {
            (&["mi", "mis", "debo", "debería", "yo", "me"], &["nuestra", "nuestro", "debemos", "empresa"])
        }
        Language::Chinese => {
            let ours = lowered.matches("我们").count() + lowered.matches("公司").count();
            return lowered.matches('我').count() > lowered.matches("我们").count() + ours;
        }
    };
    let count = |wanted: &[&str]| {
        lowered
            .split(|character: char| !character.is_alphanumeric() && character != '\'')
            .filter(|word| wanted.contains(word))
            .count()
    };
    count(mine) > count(ours)
}
