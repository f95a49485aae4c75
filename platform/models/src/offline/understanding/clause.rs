use super::language::Language;
use super::sentences::shorten;
use super::verbs::{from_gerund, gerund, is_verb};

/// How the problem is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::offline) enum Form {
    /// "Should we …", "We are considering …": one thing, to do or not.
    Should,
    /// "A or B".
    Choice,
    /// "How do we …".
    How,
    /// Anything else.
    Statement,
}

/// What is proposed, and in which sentence.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    pub(super) form: Form,
    pub(super) act: String,
    pub(super) act_short: String,
    pub(super) gerund: Option<String>,
    pub(super) options: Option<(String, String)>,
    pub(super) sentence: usize,
}

/// The most characters of an act: longer ones are cut where a side clause begins.
const LONGEST: usize = 110;

pub(super) fn find(sentences: &[String], language: Language) -> Clause {
    // Questions first, then any sentence that proposes something.
    let mut order: Vec<(usize, &String)> = sentences.iter().enumerate().collect();
    order.sort_by_key(|(_, sentence)| !sentence.ends_with(['?', '？']));
    for (index, sentence) in order {
        let found = match language {
            Language::English => english(sentence),
            Language::Spanish => spanish(sentence),
            Language::Chinese => chinese(sentence),
        };
        if let Some((form, act)) = found {
            return build(form, &act, index, language);
        }
    }
    quoted(sentences.first().map_or("", String::as_str), language)
}

/// The act of a text that proposes nothing we can see: the text itself, in quotation marks.
fn quoted(sentence: &str, language: Language) -> Clause {
    let words = shorten(sentence, 70);
    let (act, gerund) = match (language, words.is_empty()) {
        (Language::Spanish, _) => (format!("seguir adelante con «{words}»"), None),
        (Language::Chinese, _) => (format!("推进“{words}”"), None),
        (Language::English, true) => ("go ahead with this".to_owned(), Some("going ahead with this".to_owned())),
        (Language::English, false) => (format!("go ahead with “{words}”"), Some(format!("going ahead with “{words}”"))),
    };
    Clause { form: Form::Statement, act_short: act.clone(), act, gerund, options: None, sentence: 0 }
}

fn build(form: Form, act: &str, sentence: usize, language: Language) -> Clause {
    let act = act.trim().trim_end_matches(['?', '？', '.', '。', '!', '！', ',', '吗', '呢']).trim();
    let separators: &[&str] = match language {
        Language::English => &[" or ", " versus ", " vs. ", " vs "],
        Language::Spanish => &[" o ", " u "],
        Language::Chinese => &["，还是", "还是", "或者"],
    };
    let split = separators.iter().find_map(|separator| act.split_once(separator));
    let mut act = act.to_owned();
    let mut options = None;
    if let Some((left, right)) = split {
        let right = right.trim_start_matches("should we ").trim_start_matches("to ");
        let left = left.trim().trim_end_matches(',');
        // "to hire or not" and "more or less" are no choices.
        let real = !right.is_empty() && !right.starts_with("not") && right.chars().count() < LONGEST;
        let begins_with_verb = language == Language::English && left.split(' ').next().is_some_and(is_verb);
        if real && form == Form::Choice && !begins_with_verb {
            options = Some((noun_before(left), noun_after(right)));
        } else if real && left.split_whitespace().count() >= 1 {
            left.clone_into(&mut act);
            let right_is_act = language != Language::English || right.split([' ', ',']).next().is_some_and(is_verb);
            options = Some((left.to_owned(), if right_is_act { right.to_owned() } else { noun_after(right) }));
        }
    }
    let form = if options.is_some() { Form::Choice } else { form };
    if let (Some((first, second)), true) = (&options, form == Form::Choice) {
        let first_is_act = match language {
            Language::English => first.split(' ').next().is_some_and(is_verb),
            Language::Spanish => first.split(' ').next().is_some_and(is_spanish_verb),
            Language::Chinese => true,
        };
        if !first_is_act {
            act = match language {
                Language::English => format!("choose {first} over {second}"),
                Language::Spanish => format!("elegir {first} en lugar de {second}"),
                Language::Chinese => act,
            };
        }
    }
    let act = tidy(&act, language);
    let act_short = without_time(&act, language);
    let gerund = (language == Language::English).then(|| gerund(&act_short)).flatten();
    Clause { form, act, act_short, gerund, options, sentence }
}

/// Cuts side clauses off a long act.
fn tidy(act: &str, language: Language) -> String {
    let marks: &[&str] = match language {
        Language::English => &[
            " because ",
            " given that ",
            " so that ",
            ", given ",
            ", but ",
            " considering ",
            ", which ",
            " even though ",
            "; ",
            " - ",
            " – ",
            ", and ",
        ],
        Language::Spanish => &[" porque ", " dado que ", " para que ", ", pero ", "; "],
        Language::Chinese => &["，因为", "；"],
    };
    let mut act = act;
    for mark in marks {
        if let Some((head, _)) = act.split_once(mark).filter(|(head, _)| head.chars().count() > 8) {
            act = head;
        }
    }
    if act.chars().count() > LONGEST
        && let Some((head, _)) = act.split_once(", ").filter(|(head, _)| head.chars().count() > 20)
    {
        act = head;
    }
    shorten(act.trim(), LONGEST)
}

fn without_time(act: &str, language: Language) -> String {
    let marks: &[&str] = match language {
        Language::English => &[
            " within ",
            " in the next ",
            " over the next ",
            " by the end of ",
            " this year",
            " next year",
            " this quarter",
            " next quarter",
            " in six ",
            " in three ",
            " in 1",
            " in 2",
            " in 3",
            " in 6",
            " in 9",
            " by q",
            " before the end ",
        ],
        Language::Spanish => &[
            " en un año",
            " en menos de ",
            " dentro de ",
            " antes de ",
            " este año",
            " en los próximos ",
            " en seis ",
            " en 1",
            " en 2",
            " en 6",
        ],
        Language::Chinese => return act.to_owned(),
    };
    let lowered = act.to_ascii_lowercase();
    let cut = marks.iter().filter_map(|mark| lowered.find(mark)).filter(|at| *at > 6).min();
    cut.and_then(|at| act.get(..at)).unwrap_or(act).trim_end_matches(',').to_owned()
}

/// The last few words before an "or": after a colon or comma where there is one.
fn noun_before(left: &str) -> String {
    let tail = left.rsplit([':', ',', '，', '：']).next().unwrap_or(left).trim();
    let tail = tail.rsplit(" between ").next().unwrap_or(tail);
    let tail = tail.strip_prefix("choose ").or_else(|| tail.strip_prefix("use ")).unwrap_or(tail);
    let words: Vec<&str> = tail.split_whitespace().collect();
    let from = words.len().saturating_sub(5);
    words.get(from..).map_or_else(String::new, |words| words.join(" "))
}

/// The first few words after an "or", up to a preposition that belongs to the whole question.
fn noun_after(right: &str) -> String {
    let mut kept = Vec::new();
    for (index, word) in right.split_whitespace().enumerate() {
        if index > 0 && (["for", "to", "in", "as", "when", "if", "para", "en"].contains(&word) || index >= 6) {
            break;
        }
        kept.push(word.trim_end_matches([',', '?', '.', ';', ':']));
        if word.ends_with([',', '?', ';', ':']) {
            break;
        }
    }
    kept.join(" ")
}

/// The rest of `sentence` after the first of `marks` (lower case) found in it.
fn after<'a>(sentence: &'a str, marks: &[&str]) -> Option<&'a str> {
    let lowered = sentence.to_ascii_lowercase();
    marks
        .iter()
        .filter_map(|mark| lowered.find(mark).map(|at| (at, at + mark.len())))
        .filter(|(at, _)| *at == 0 || lowered.as_bytes().get(at - 1).is_some_and(|byte| !byte.is_ascii_alphanumeric()))
        .min()
        .and_then(|(_, end)| sentence.get(end..))
        .map(str::trim_start)
        .filter(|rest| !rest.is_empty())
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return String::new() };
    let second_is_lower = characters.clone().next().is_some_and(|next| next.is_lowercase() || next == ' ');
    if second_is_lower { first.to_lowercase().chain(characters).collect() } else { text.to_owned() }
}

fn english(sentence: &str) -> Option<(Form, String)> {
    const HOW: &[&str] = &[
        "how should we ",
        "how should i ",
        "how do we ",
        "how do i ",
        "how can we ",
        "how can i ",
        "how could we ",
        "how might we ",
        "how to ",
        "best way to ",
        "how would you ",
    ];
    const SHOULD: &[&str] = &[
        "should we ",
        "should i ",
        "should they ",
        "should he ",
        "should she ",
        "shall we ",
        "shall i ",
        "whether to ",
        "whether we should ",
        "whether i should ",
        "whether or not to ",
        "if we should ",
        "if i should ",
        "is it worth it to ",
        "does it make sense to ",
        "does it make sense for us to ",
        "is it time to ",
        "is now the time to ",
        "would it be wise to ",
        "is it wise to ",
        "is it better to ",
        "would it be better to ",
        "can we afford to ",
        "can i afford to ",
        "do we ",
        "do i ",
        "can we ",
        "can i ",
        "could we ",
        "would you ",
        "we should ",
        "i should ",
    ];
    const PLANS: &[&str] = &[
        "want to ",
        "plan to ",
        "planning to ",
        "intend to ",
        "would like to ",
        "'d like to ",
        "decide to ",
        "deciding to ",
        "decided to ",
        "hope to ",
        "going to ",
        "need to ",
        "propose to ",
        "have to ",
        "trying to ",
    ];
    const DOING: &[&str] = &[
        "considering ",
        "thinking about ",
        "thinking of ",
        "contemplating ",
        "weighing ",
        "is it worth ",
        "worth ",
        "planning on ",
        "debating ",
        "toying with ",
    ];
    if let Some(act) = after(sentence, HOW) {
        return Some((Form::How, lower_first(act)));
    }
    if let Some(act) = after(sentence, SHOULD) {
        let act = lower_first(act);
        let which = ["which ", "what ", "between "].iter().any(|mark| sentence.to_ascii_lowercase().contains(mark));
        return Some((if which { Form::Choice } else { Form::Should }, act));
    }
    if let Some(rest) = after(sentence, DOING)
        && let Some((verb, tail)) = rest.split_once(' ').or(Some((rest, "")))
        && let Some(plain) = from_gerund(verb.trim_matches(|character: char| !character.is_alphabetic()))
    {
        return Some((Form::Should, format!("{plain} {tail}")));
    }
    // "Should the city ban cars": the verb begins the act, the subject is left out.
    if let Some(rest) = after(sentence, &["should "]) {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let verb = words.iter().take(7).position(|word| is_verb(word));
        return Some(match verb.filter(|at| *at > 0).and_then(|at| Some((words.get(..at)?, words.get(at..)?))) {
            Some((subject, act)) => {
                (Form::Should, format!("have {} {}", lower_first(&subject.join(" ")), act.join(" ")))
            }
            None => return Some((Form::Should, format!("say yes to “{}”", shorten(rest.trim_end_matches('?'), 70)))),
        });
    }
    if let Some(act) = after(sentence, PLANS) {
        return Some((Form::Should, lower_first(act)));
    }
    let lowered = sentence.to_ascii_lowercase();
    let is_choice = (sentence.ends_with('?') && lowered.contains(" or "))
        || lowered.contains(" vs ")
        || lowered.contains(" versus ");
    if is_choice {
        return Some((Form::Choice, sentence.to_owned()));
    }
    let first = sentence.split_whitespace().next()?;
    let is_order = is_verb(first) && sentence.split_whitespace().count() > 2;
    is_order.then(|| (Form::Should, lower_first(sentence)))
}

fn is_spanish_verb(word: &str) -> bool {
    let word = word.to_lowercase();
    let stem = ["se", "nos", "lo", "la", "me"].iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(&word);
    [word.as_str(), stem]
        .iter()
        .any(|word| word.len() > 3 && (word.ends_with("ar") || word.ends_with("er") || word.ends_with("ir")))
}

fn spanish(sentence: &str) -> Option<(Form, String)> {
    let marks = [
        "debemos ",
        "deberíamos ",
        "debería ",
        "debo ",
        "debe ",
        "deberia ",
        "deberiamos ",
        "conviene ",
        "vale la pena ",
        "podemos ",
        "queremos ",
        "quiero ",
        "pensamos en ",
        "pensando en ",
        "considerando ",
        "tiene sentido ",
        "hay que ",
    ];
    if let Some(act) = after(sentence, &["cómo podemos ", "como podemos ", "cómo puedo ", "cómo ", "como "]) {
        let act = lower_first(act);
        if act.split(' ').next().is_some_and(is_spanish_verb) {
            return Some((Form::How, act));
        }
    }
    if let Some(act) = after(sentence, &marks) {
        let words: Vec<&str> = act.split_whitespace().collect();
        let verb = words.iter().take(5).position(|word| is_spanish_verb(word))?;
        return Some((Form::Should, lower_first(&words.get(verb..)?.join(" "))));
    }
    let asks = sentence.starts_with('¿');
    if asks && sentence.contains(" o ") {
        return Some((Form::Choice, lower_first(sentence.trim_start_matches('¿'))));
    }
    let act = sentence.trim_start_matches('¿');
    act.split(' ').next().is_some_and(is_spanish_verb).then(|| (Form::Should, lower_first(act)))
}

fn chinese(sentence: &str) -> Option<(Form, String)> {
    for mark in ["如何", "怎么", "怎样"] {
        if let Some((_, act)) = sentence.split_once(mark) {
            return Some((Form::How, act.trim_start_matches(['才', '能', '去']).to_owned()));
        }
    }
    let marks = [
        "是否应该",
        "是否应当",
        "要不要",
        "应不应该",
        "该不该",
        "是否要",
        "是否",
        "应该",
        "考虑",
        "打算",
        "想要",
        "想",
    ];
    let act = marks.iter().find_map(|mark| sentence.split_once(mark)).map(|(_, act)| act)?;
    let act = act.trim_start_matches('要').trim();
    (!act.is_empty()).then(|| (Form::Should, act.split(['，', '。', '？']).next().unwrap_or(act).to_owned()))
}
