/// Verbs that begin what people ask a board about, in their plain form. Only used to tell a verb from a noun after
/// a subject or an "or"; an unknown verb costs a smoother sentence, nothing more.
const VERBS: &[&str] = &[
    "accept",
    "acquire",
    "add",
    "adopt",
    "agree",
    "allow",
    "apply",
    "approve",
    "ask",
    "automate",
    "ban",
    "be",
    "become",
    "begin",
    "borrow",
    "bring",
    "build",
    "buy",
    "cancel",
    "change",
    "charge",
    "choose",
    "close",
    "come",
    "commit",
    "continue",
    "convert",
    "create",
    "cut",
    "decline",
    "defer",
    "delay",
    "delete",
    "demote",
    "deploy",
    "discontinue",
    "do",
    "drop",
    "end",
    "enter",
    "expand",
    "extend",
    "fire",
    "focus",
    "freeze",
    "get",
    "give",
    "go",
    "grow",
    "have",
    "hire",
    "hold",
    "improve",
    "increase",
    "insource",
    "introduce",
    "invest",
    "join",
    "keep",
    "kill",
    "launch",
    "lease",
    "leave",
    "let",
    "license",
    "limit",
    "listen",
    "live",
    "lower",
    "maintain",
    "make",
    "merge",
    "migrate",
    "move",
    "negotiate",
    "offer",
    "open",
    "outsource",
    "partner",
    "pause",
    "pay",
    "pivot",
    "postpone",
    "promote",
    "publish",
    "pull",
    "push",
    "put",
    "quit",
    "raise",
    "rebrand",
    "rebuild",
    "recruit",
    "reduce",
    "refactor",
    "refinance",
    "reject",
    "relocate",
    "remain",
    "rent",
    "renew",
    "replace",
    "require",
    "resign",
    "retire",
    "return",
    "rewrite",
    "sell",
    "separate",
    "ship",
    "shut",
    "sign",
    "split",
    "spend",
    "stand",
    "start",
    "stay",
    "stick",
    "stop",
    "study",
    "sue",
    "support",
    "switch",
    "take",
    "target",
    "terminate",
    "train",
    "transfer",
    "try",
    "turn",
    "upgrade",
    "use",
    "wait",
    "work",
    "write",
    "close",
    "relaunch",
    "double",
    "halve",
    "consolidate",
    "centralise",
    "centralize",
    "open-source",
    "rehire",
    "sponsor",
    "standardise",
    "standardize",
    "test",
    "trial",
    "pilot",
    "settle",
    "disclose",
    "report",
    "win",
    "find",
    "handle",
    "prevent",
    "protect",
    "scale",
    "set",
    "run",
    "plan",
    "manage",
    "motivate",
    "retain",
    "save",
    "speed",
    "structure",
    "divorce",
    "marry",
    "travel",
    "attend",
];

/// Verbs that double their last letter before "ing".
const DOUBLING: &[&str] = &[
    "ban", "begin", "cut", "drop", "get", "let", "put", "quit", "run", "set", "shut", "split", "stop", "swap", "win",
    "plan", "ship", "commit", "defer", "transfer", "refer", "rebut", "cap", "scrap", "trim", "axe",
];

pub(super) fn is_verb(word: &str) -> bool {
    VERBS.contains(&word.to_lowercase().as_str())
}

/// "moving your company" from "move your company".
pub(super) fn gerund(act: &str) -> Option<String> {
    let (verb, rest) = act.split_once(' ').unwrap_or((act, ""));
    if verb.len() < 2 || !verb.chars().all(|character| character.is_ascii_lowercase() || character == '-') {
        return None;
    }
    let verb = if let Some(stem) = verb.strip_suffix("ie") {
        format!("{stem}ying")
    } else if DOUBLING.contains(&verb) {
        format!("{verb}{}ing", verb.chars().last()?)
    } else if verb.ends_with('e') && !verb.ends_with("ee") && !verb.ends_with("ye") && verb != "be" {
        format!("{}ing", verb.trim_end_matches('e'))
    } else {
        format!("{verb}ing")
    };
    Some(format!("{verb} {rest}").trim().to_owned())
}

/// "move" from "moving", when it is a verb we know.
pub(super) fn from_gerund(word: &str) -> Option<String> {
    let stem = word.to_lowercase().strip_suffix("ing")?.to_owned();
    let single = || {
        let mut letters: Vec<char> = stem.chars().collect();
        let last = letters.pop()?;
        (letters.last() == Some(&last)).then(|| letters.into_iter().collect::<String>())
    };
    [Some(stem.clone()), Some(format!("{stem}e")), single()].into_iter().flatten().find(|verb| is_verb(verb))
}

#[cfg(test)]
mod tests {
    use super::{from_gerund, gerund};

    #[test]
    fn verbs_take_their_ing_and_lose_it() {
        for (act, expected) in [
            ("move to Lisbon", "moving to Lisbon"),
            ("cut costs", "cutting costs"),
            ("agree", "agreeing"),
            ("be bold", "being bold"),
        ] {
            assert_eq!(gerund(act).as_deref(), Some(expected));
        }
        assert_eq!(gerund("«x» y"), None);
        assert_eq!(from_gerund("moving").as_deref(), Some("move"));
        assert_eq!(from_gerund("cutting").as_deref(), Some("cut"));
        assert_eq!(from_gerund("hiring").as_deref(), Some("hire"));
        assert_eq!(from_gerund("evening"), None);
    }
}
