//! Requests and answers for property tests, in the form that every format can carry.

use proptest::prelude::*;
use serde_json::json;

use crate::{AnswerForm, Asked, Finish, Image, ImageSource, Part, Role, Said, Tool, ToolChoice, Turn, Usage};

fn word() -> impl Strategy<Value = String> {
    "[a-zé\"\\\\ ]{0,8}[a-z]"
}

fn image() -> impl Strategy<Value = Part> {
    let source = prop_oneof![
        "[a-z]{1,5}".prop_map(|name| ImageSource::Url(format!("https://x.test/{name}"))),
        "[A-Z]{4}".prop_map(|data| ImageSource::Base64 { media_type: "image/png".into(), data }),
    ];
    source.prop_map(|source| Part::Image(Image { source, detail: None }))
}

fn text() -> impl Strategy<Value = Part> {
    word().prop_map(|text| Part::Text { text, cache: false })
}

fn turn() -> impl Strategy<Value = Turn> {
    let id = || "[a-z0-9]{1,6}".prop_map(|id| format!("call_{id}"));
    let call = (id(), "[a-z]{1,6}", word()).prop_map(|(id, name, text)| Part::ToolCall {
        id,
        name,
        arguments: json!({ "a": text }).to_string(),
    });
    let result = (id(), text(), any::<bool>()).prop_map(|(id, said, failed)| {
        // What says itself that it is an error is told in any format.
        let parts = if failed { vec![Part::Text { text: "error: no".into(), cache: false }] } else { vec![said] };
        Part::ToolResult { id, parts, failed }
    });
    let said = prop_oneof![text(), image()];
    prop_oneof![
        prop::collection::vec(said, 1..4).prop_map(|parts| Turn { role: Role::User, parts }),
        prop::collection::vec(result, 1..3).prop_map(|parts| Turn { role: Role::User, parts }),
        (text(), prop::collection::vec(call, 0..3)).prop_map(|(first, mut parts)| {
            parts.insert(0, first);
            Turn { role: Role::Assistant, parts }
        }),
    ]
}

/// Requests; `all` with what Anthropic's format has no word for.
pub(crate) fn asked(all: bool) -> impl Strategy<Value = Asked> {
    let tool = ("[a-z]{1,6}", prop::option::of(word()), prop::option::of(Just(false))).prop_map(
        |(name, description, strict)| Tool {
            name,
            description,
            parameters: json!({ "type": "object", "properties": { "a": { "type": "string" } } }),
            strict,
        },
    );
    let choice = prop::option::of(prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::Required),
        "[a-z]{1,5}".prop_map(ToolChoice::Named),
    ]);
    let schema = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    let form = prop::option::of(Just(AnswerForm::Schema { name: "answer".into(), schema, strict: Some(true) }));
    let tools = (prop::collection::vec(tool, 1..3), choice, prop::option::of(any::<bool>()));
    let turns = (prop::option::of(word()), word(), prop::collection::vec(turn(), 0..5));
    let rest = (1_u64..9_000, prop::option::of(0_u8..10), prop::collection::vec("[a-z]{1,4}", 0..3), any::<bool>());
    let more = (any::<bool>(), prop::option::of(any::<i32>()), prop::option::of(word()));
    (turns, prop::option::of(tools), form, rest, more).prop_map(move |(turns, tools, form, rest, more)| {
        let (system, first, turns) = turns;
        let plain = |role, text| Turn { role, parts: vec![Part::Text { text, cache: false }] };
        let mut list: Vec<Turn> = system.map(|text| plain(Role::System, text)).into_iter().collect();
        list.push(plain(Role::User, first));
        list.extend(turns);
        let (tools, tool_choice, parallel_tools) = tools.unwrap_or_default();
        Asked {
            model: "claude-sonnet-4-5".into(),
            turns: list,
            // A choice of how many needs a choice at all in Anthropic's format.
            parallel_tools: parallel_tools.filter(|_| tool_choice.is_some()),
            tools,
            tool_choice,
            form,
            max_output_tokens: Some(rest.0),
            temperature: rest.1.map(|tenths| f64::from(tenths) / 10.0),
            stop: rest.2,
            stream: rest.3,
            stream_usage: rest.3 && more.0 && all,
            seed: more.1.filter(|_| all).map(i64::from),
            user: more.2,
            ..Asked::default()
        }
    })
}

/// Brings a request into the form in which two that mean the same are the same.
pub(crate) fn settle(asked: &mut Asked) {
    let mut turns: Vec<Turn> = Vec::new();
    for turn in asked.turns.drain(..) {
        match turns.last_mut() {
            Some(last) if last.role == turn.role => last.parts.extend(turn.parts),
            _ => turns.push(turn),
        }
    }
    for turn in &mut turns {
        if turn.role == Role::User {
            turn.parts.sort_by_key(|part| !matches!(part, Part::ToolResult { .. }));
        }
        for part in &mut turn.parts {
            if let Part::ToolResult { failed, .. } = part {
                // Only one format has a flag for it; the text says it in all.
                *failed = false;
            }
        }
    }
    asked.turns = turns;
}

/// Answers as a model gives them.
pub(crate) fn said() -> impl Strategy<Value = Vec<Said>> {
    let usage = (0_u64..99, 0_u64..99, 0_u64..99).prop_map(|(fresh, cached, output)| Usage {
        input: fresh + cached,
        output,
        cached_input: cached,
        cache_write: 0,
        reasoning: 0,
    });
    let calls = prop::collection::vec(("[a-z]{1,5}", prop::collection::vec("[a-z\"\\\\é]{1,5}", 1..4)), 0..3);
    (prop::collection::vec(word(), 1..4), calls, any::<bool>(), usage).prop_map(|(texts, calls, length, usage)| {
        let mut out = vec![Said::Begun { id: Some("x".into()), model: Some("m".into()) }];
        out.extend(texts.into_iter().map(Said::Text));
        let finish = match calls.is_empty() {
            _ if length => Finish::Length,
            true => Finish::Stop,
            false => Finish::ToolCalls,
        };
        for (index, (name, pieces)) in calls.into_iter().enumerate() {
            out.push(Said::ToolCall { index, id: format!("call_{index}"), name });
            let arguments = json!({ "a": pieces.concat() }).to_string();
            let (one, other) = arguments.split_at(3);
            for piece in [one, other] {
                out.push(Said::Arguments { index, piece: piece.to_owned() });
            }
        }
        out.push(Said::Done { finish, usage: Some(usage) });
        out
    })
}

/// What an answer says as a whole.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    text: String,
    thinking: String,
    refusal: String,
    /// Id, tool and arguments of each call.
    calls: Vec<[String; 3]>,
    done: Option<Said>,
}

/// What an answer says as a whole.
pub(crate) fn outcome(said: &[Said]) -> Outcome {
    let mut all = Outcome::default();
    for piece in said {
        match piece {
            Said::Text(piece) => all.text.push_str(piece),
            Said::Thinking(piece) => all.thinking.push_str(piece),
            Said::Refusal(piece) => all.refusal.push_str(piece),
            Said::ToolCall { id, name, .. } => all.calls.push([id.clone(), name.clone(), String::new()]),
            Said::Arguments { index, piece } => all.calls[*index][2].push_str(piece),
            Said::Done { .. } => all.done = Some(piece.clone()),
            Said::Begun { .. } | Said::Signature(_) | Said::SealedThinking(_) => {}
        }
    }
    all
}
