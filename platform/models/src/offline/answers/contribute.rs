use serde::Serialize;
use serde_json::Value;

use crate::offline::input::{Decision, Passage, Prior, Stance, text};
use crate::offline::lexicon::Consideration;
use crate::offline::scene::Scene;
use crate::offline::stance::{self, Movement};
use crate::offline::understanding::Language;

/// `board.contribute.v1`.
#[derive(Debug, Serialize)]
pub(super) struct Contribution {
    content: String,
    builds_on: Vec<String>,
    stance: StanceWithReason,
}

#[derive(Debug, Serialize)]
struct StanceWithReason {
    decision: Decision,
    confidence: f64,
    reason: String,
}

pub(super) fn answer(scene: Scene, variables: &Value) -> Contribution {
    let round =
        variables.get("round").and_then(Value::as_u64).and_then(|round| usize::try_from(round).ok()).unwrap_or(0);
    let own = Stance::read(variables, "own_stance")
        .unwrap_or_else(|| stance::initial(scene.shared, &scene.persona, scene.missing(), scene.is_guarded()));
    let others: Vec<Prior> = scene.prior.iter().filter(|it| it.code != scene.persona.code).cloned().collect();
    match text(variables, "kind").as_str() {
        "response" if !others.is_empty() => response(scene, own, &others, round, variables),
        "challenge" if !others.is_empty() => challenge(scene, own, &others, &text(variables, "target")),
        "moderator" if !others.is_empty() => moderator(scene, own, &others),
        _ => first(scene, own),
    }
}

/// What the speaker will talk about: the best two considerations, with what they need set as slots.
fn subjects(scene: &mut Scene, skip: usize) -> Option<(&'static Consideration, &'static Consideration)> {
    let list = scene.considerations();
    let main = *list.get(skip).or_else(|| list.first())?;
    let second = *list.iter().skip(skip + 1).find(|it| it.aspect != main.aspect).or_else(|| list.get(1))?;
    let need = scene.voice(&main.need, main, "need");
    let ask = scene.voice(&main.ask, main, "ask");
    scene.set("concern", &main.name);
    scene.set("need", &need);
    scene.set("ask", &ask);
    Some((main, second))
}

fn first(mut scene: Scene, own: Stance) -> Contribution {
    let Some((main, second)) = subjects(&mut scene, 0) else { return empty(own) };
    scene.set("confidence", &format!("{:.2}", own.confidence));
    let seed = scene.seed;
    let fact = scene.problem.facts.get(seed.with("fact").below(scene.problem.facts.len())).cloned();
    scene.set("fact", fact.as_deref().unwrap_or_default());
    let open = {
        let key = format!("open.{}", scene.aspect());
        let open = scene.say(&key);
        let link = scene.say("title.link");
        join(&scene, &[&open, &link])
    };
    // The cautious begin with what speaks against it, the hopeful with what speaks for it.
    let wary = match own.decision {
        Decision::Yes => false,
        Decision::No => true,
        _ => scene.persona.risk_averse >= scene.persona.optimistic,
    };
    let (against_of, favour_of) = if wary { (main, second) } else { (second, main) };
    let against = lead(&scene, "con.lead", &own_or_next(&scene, against_of, con, "con"));
    let favour = lead(&scene, "pro.lead", &own_or_next(&scene, favour_of, pro, "pro"));
    let argument = if wary { join(&scene, &[&against, &favour]) } else { join(&scene, &[&favour, &against]) };
    // Where there is one sum only, not every seat recites it.
    let recites = match scene.problem.sums.len() {
        0..=1 => 0.4,
        2 => 0.7,
        _ => 1.0,
    };
    let sum = if scene.seed.with("recites").chance(recites) { sum_paragraph(&scene) } else { String::new() };
    let fact = if sum.is_empty() || seed.chance(0.35) { scene.say("fact") } else { String::new() };
    let ground = join(&scene, &[&fact, &sum]);
    let asks = questions(&scene, main, second);
    let position = scene.say(&format!("position.{}", own.decision.key()));
    let mut parts = match seed.with("order").below(3) {
        0 => vec![open, argument, ground, asks, position],
        1 => vec![open, ground, argument, asks, position],
        _ => vec![open, argument, asks, ground, position],
    };
    parts.retain(|part| !part.is_empty());
    let reason = scene.say(&format!("reason.{}", own.decision.key()));
    Contribution { content: parts.join("\n\n"), builds_on: Vec::new(), stance: with_reason(own, reason) }
}

/// What a consideration says in a role; where the text at hand leaves it nothing to say, the next one does.
fn own_or_next(
    scene: &Scene,
    it: &'static Consideration,
    role: fn(&Consideration) -> &Vec<String>,
    salt: &str,
) -> String {
    let own = scene.voice(role(it), it, salt);
    if own.is_empty() { fresh(scene, role, &it.name, salt).map(|(_, text)| text).unwrap_or_default() } else { own }
}

/// Arithmetic on the user's numbers with a remark in the persona's temper.
fn sum_paragraph(scene: &Scene) -> String {
    let Some((sum, sized)) = scene.sum() else { return String::new() };
    let persona = &scene.persona;
    let temper = if persona.risk_averse > 0.6 {
        "sum.tail.risk_averse"
    } else if persona.optimistic > 0.6 {
        "sum.tail.optimistic"
    } else if persona.analytical > 0.55 {
        "sum.tail.analytical"
    } else {
        "sum.tail"
    };
    let lead = with_slot(scene, "sum.lead", "sum", &sum);
    let remark = match sized {
        true => scene.say(temper),
        false if scene.seed.with("remark").chance(0.5) => scene.say("sum.tail"),
        false => String::new(),
    };
    join(scene, &[&lead, &remark])
}

/// One of the ways to say `key`, with one slot more than the scene has.
fn with_slot(scene: &Scene, key: &'static str, slot: &'static str, value: &str) -> String {
    let mut slots = scene.slots.clone();
    slots.insert(slot, value.to_owned());
    let ways: Vec<String> =
        scene.lexicon.phrases(key).iter().filter_map(|phrase| crate::offline::scene::fill(phrase, &slots)).collect();
    scene.choose(&ways.iter().map(|way| way.replace(['{', '}'], "")).collect::<Vec<_>>(), key)
}

/// The persona's own questions beside those of the matter, as a list or in the text.
fn questions(scene: &Scene, main: &Consideration, second: &Consideration) -> String {
    let seed = scene.seed;
    let count = scene.persona.questions.len();
    let own = (scene.problem.language == Language::English)
        .then(|| scene.persona.questions.get(scene.shared.with(&scene.persona.code).with("question").below(count)))
        .flatten()
        .cloned();
    let topical = scene.voice(&main.ask, main, "ask");
    if let Some(own) = &own
        && seed.with("inline").chance(0.3)
    {
        return with_slot(scene, "ask.inline", "question1", own);
    }
    let other = scene.voice(&second.ask, second, "ask");
    let lines: Vec<String> = own
        .into_iter()
        .chain([topical, other])
        .filter(|line| !line.is_empty())
        .take(2)
        .map(|line| format!("- {line}"))
        .collect();
    let lead = scene.say("ask.lead");
    if lines.is_empty() { String::new() } else { format!("{lead}\n{}", lines.join("\n")) }
}

/// The first consideration from the speaker's list whose text nobody has used yet, with that text.
fn fresh(
    scene: &Scene,
    role: fn(&Consideration) -> &Vec<String>,
    not: &str,
    salt: &str,
) -> Option<(&'static Consideration, String)> {
    let list = scene.considerations();
    let texts = list.iter().filter(|it| it.name != not).map(|it| (*it, scene.voice(role(it), it, salt)));
    let mut spare = None;
    for (it, text) in texts.take(9) {
        let key = text.chars().skip(1).collect::<String>();
        if !text.is_empty() && !scene.heard(&key) {
            return Some((it, text));
        }
        if !text.is_empty() {
            spare.get_or_insert((it, text));
        }
    }
    spare
}

fn pro(it: &Consideration) -> &Vec<String> {
    &it.pro
}

fn con(it: &Consideration) -> &Vec<String> {
    &it.con
}

fn response(mut scene: Scene, own: Stance, others: &[Prior], round: usize, variables: &Value) -> Contribution {
    let latest = stance::latest_of_others(others, &scene.persona.code);
    let (now, movement, because) = stance::after(scene.shared, &scene.persona, own, &latest, round);
    let Some(because) = because.or_else(|| others.last()) else { return first(scene, own) };
    let spoken = scene.prior.iter().filter(|it| it.code == scene.persona.code).count();
    let Some((main, second)) = subjects(&mut scene, if round > 1 { 0 } else { spoken.min(1) * 2 }) else {
        return empty(own);
    };
    // Another contribution than the one that moves the speaker, so that an answer speaks to two people.
    let addressed = addressed(&scene, others, because, movement);
    cite(&mut scene, addressed);
    let agreeing = addressed.stance.is_none_or(|stance| (stance.decision.weight() - own.decision.weight()).abs() < 0.8);
    let mut parts = Vec::new();
    if round > 1 {
        parts.push(join(&scene, &[&scene.say("late.open"), &scene.say("late.restate")]));
    } else {
        let reply = scene.say(if agreeing { "reply.agree" } else { "reply.disagree" });
        let role = if agreeing == (own.decision.weight() > 0.0) { pro } else { con };
        let support = fresh(&scene, role, "", "reply");
        let (used, text) = support.map_or((main.name.as_str(), String::new()), |(it, text)| (it.name.as_str(), text));
        parts.push(join(&scene, &[&reply, &text]));
        let role = if movement == Movement::Up || own.decision == Decision::Yes { pro } else { con };
        if let Some((it, text)) = fresh(&scene, role, used, "point") {
            let concern = scene.slots.get("concern").cloned().unwrap_or_default();
            let first_time = !scene.heard(&it.name);
            scene.set("concern", &it.name);
            let point = scene.say(if first_time { "reply.point" } else { "reply.weigh" });
            scene.set("concern", &concern);
            parts.push(join(&scene, &[&point, &text]));
        }
        if scene.seed.with("sum").chance(0.5) {
            parts.push(sum_paragraph(&scene));
        } else {
            parts.push(scene.voice(&second.ask, second, "ask"));
        }
    }
    cite(&mut scene, because);
    scene.set("was", scene.lexicon.decision(own.decision.key()));
    scene.set("now", scene.lexicon.decision(now.decision.key()));
    scene.set("confidence", &format!("{:.2}", now.confidence));
    let key = match movement {
        Movement::Up => "moved.up",
        Movement::Down => "moved.down",
        Movement::Firmer => "held.up",
        Movement::Softer => "held.down",
    };
    parts.push(scene.say(key));
    let passages = Passage::read_all(variables);
    let passage = passages.get(scene.seed.with("passage").below(passages.len()));
    if let Some(passage) = passage {
        scene.set("passage", &passage.text);
        scene.set("source", &passage.reference);
        parts.insert(parts.len().min(1), scene.say("research.cite"));
    }
    parts.retain(|part| !part.is_empty());
    let mut builds_on = vec![because.reference.clone()];
    builds_on.extend(passage.map(|passage| passage.reference.clone()));
    if addressed.reference != because.reference {
        builds_on.push(addressed.reference.clone());
    }
    let reason = scene.say(&format!("reason.{}", now.decision.key()));
    let separator = if scene.problem.language == Language::Chinese { "" } else { " " };
    let reason = if movement == Movement::Up || movement == Movement::Down {
        format!("{reason}{separator}({})", because.reference)
    } else {
        reason
    };
    Contribution { content: parts.join("\n\n"), builds_on, stance: with_reason(now, reason) }
}

fn addressed<'a>(scene: &Scene, others: &'a [Prior], because: &'a Prior, movement: Movement) -> &'a Prior {
    if matches!(movement, Movement::Up | Movement::Down) {
        return because;
    }
    let rest: Vec<&Prior> = others
        .iter()
        .rev()
        .filter(|it| it.reference != because.reference && scene.argument(&it.content).is_some())
        .take(6)
        .collect();
    rest.get(scene.seed.with("addressed").below(rest.len())).copied().unwrap_or(because)
}

/// Sets who, ref and quote.
pub(super) fn cite(scene: &mut Scene, prior: &Prior) {
    let quote = scene.quote(&prior.content);
    let name = if prior.name.is_empty() { prior.reference.clone() } else { prior.name.clone() };
    scene.set("who", &name);
    scene.set("ref", &prior.reference);
    scene.set("quote", &quote);
}

fn challenge(mut scene: Scene, own: Stance, others: &[Prior], target: &str) -> Contribution {
    let weakest = || others.iter().min_by(|a, b| weakness(a).total_cmp(&weakness(b)));
    let Some(target) = others.iter().find(|it| it.reference == target).or_else(weakest) else {
        return first(scene, own);
    };
    let Some((_, second)) = subjects(&mut scene, 1) else { return empty(own) };
    cite(&mut scene, target);
    let opposes = target.stance.is_none_or(|stance| stance.decision.weight() > 0.0);
    let turn = scene.say("challenge.turn");
    let counter = fresh(&scene, if opposes { con } else { pro }, &second.name, "counter")
        .map(|(_, text)| text)
        .unwrap_or_default();
    let further = scene.voice(if opposes { &second.con } else { &second.pro }, second, "further");
    let confidence = stance::rounded(own.confidence + 0.02);
    let now = Stance { decision: own.decision, confidence };
    let position = {
        scene.set("confidence", &format!("{confidence:.2}"));
        scene.say(&format!("position.{}", now.decision.key()))
    };
    let parts = [
        join(&scene, &[&scene.say("challenge.open"), &scene.say("challenge.probe")]),
        join(&scene, &[&turn, &counter, &further]),
        scene.say("challenge.test"),
        position,
    ];
    let content = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    let reason = scene.say(&format!("reason.{}", now.decision.key()));
    Contribution { content, builds_on: vec![target.reference.clone()], stance: with_reason(now, reason) }
}

/// Low for arguments that are weakest: little confidence, or much with no figure behind it.
fn weakness(prior: &Prior) -> f64 {
    let confidence = prior.stance.map_or(0.6, |stance| stance.confidence);
    let has_figure = prior.content.chars().any(|character| character.is_ascii_digit());
    confidence + if has_figure { 0.1 } else { 0.0 }
}

fn moderator(mut scene: Scene, own: Stance, others: &[Prior]) -> Contribution {
    let latest = stance::latest_of_others(others, &scene.persona.code);
    let names = |wanted: bool| {
        let names: Vec<&str> = latest
            .iter()
            .filter(|it| it.stance.is_some_and(|stance| (stance.decision.weight() > 0.0) == wanted))
            .map(|it| it.name.as_str())
            .collect();
        list_names(&names, scene.problem.language)
    };
    let (for_names, against_names) = (names(true), names(false));
    // The view with fewer voices gets the chair's help.
    let for_is_minor =
        latest.iter().filter(|it| it.stance.is_some_and(|stance| stance.decision.weight() > 0.0)).count() * 2
            < latest.len();
    let minority = latest
        .iter()
        .filter(|it| it.stance.is_some_and(|stance| (stance.decision.weight() > 0.0) == for_is_minor))
        .max_by(|a, b| a.content.len().cmp(&b.content.len()))
        .copied();
    let Some(target) = minority.or_else(|| others.last()) else { return first(scene, own) };
    let Some((main, second)) = subjects(&mut scene, 0) else { return empty(own) };
    scene.set("for_names", &for_names);
    scene.set("against_names", &against_names);
    cite(&mut scene, target);
    let key = if for_names.is_empty() || against_names.is_empty() { "moderator.open_one" } else { "moderator.open" };
    let neglected = scene.voice(if for_is_minor { &main.pro } else { &main.con }, main, "neglected");
    let other = scene.voice(if for_is_minor { &second.con } else { &second.pro }, second, "other");
    let sum = sum_paragraph(&scene);
    scene.set("confidence", &format!("{:.2}", own.confidence));
    let parts = [
        scene.say(key),
        join(&scene, &[&scene.say("moderator.core"), &neglected]),
        join(&scene, &[&other, &sum]),
        scene.say("moderator.settle"),
        scene.say(&format!("position.{}", own.decision.key())),
    ];
    let content = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    let reason = scene.say(&format!("reason.{}", own.decision.key()));
    Contribution { content, builds_on: vec![target.reference.clone()], stance: with_reason(own, reason) }
}

pub(super) fn list_names(names: &[&str], language: Language) -> String {
    let (comma, and) = match language {
        Language::English => (", ", " and "),
        Language::Spanish => (", ", " y "),
        Language::Chinese => ("、", "和"),
    };
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{}{and}{last}", most.join(comma)),
    }
}

fn lead(scene: &Scene, key: &str, sentence: &str) -> String {
    if sentence.is_empty() {
        return String::new();
    }
    let lead = scene.say(key);
    let goes_on = lead.ends_with(':') && scene.problem.language != Language::Chinese;
    let sentence = if goes_on { lower_first(scene, sentence) } else { sentence.to_owned() };
    join(scene, &[&lead, &sentence])
}

/// A sentence after a colon: a small letter, but for "I" and names.
fn lower_first(scene: &Scene, sentence: &str) -> String {
    let first = sentence.split(' ').next().unwrap_or_default();
    let is_name = ["from", "to", "name", "option_a", "option_b"]
        .iter()
        .any(|slot| scene.slots.get(slot).is_some_and(|name| name.starts_with(first)))
        || scene.problem.names.iter().any(|name| name == first);
    if first == "I" || is_name {
        return sentence.to_owned();
    }
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

/// Sentences side by side, as the language sets them.
pub(super) fn join(scene: &Scene, sentences: &[&str]) -> String {
    let separator = if scene.problem.language == Language::Chinese { "" } else { " " };
    sentences.iter().filter(|sentence| !sentence.is_empty()).copied().collect::<Vec<_>>().join(separator)
}

fn with_reason(stance: Stance, reason: String) -> StanceWithReason {
    StanceWithReason { decision: stance.decision, confidence: stance.confidence, reason }
}

/// Only a lexicon without considerations leads here; its test keeps that from happening.
fn empty(own: Stance) -> Contribution {
    Contribution { content: "…".to_owned(), builds_on: Vec::new(), stance: with_reason(own, String::new()) }
}
