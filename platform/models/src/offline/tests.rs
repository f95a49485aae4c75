use futures::StreamExt;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Fault, FaultKind, Offline, OfflineConfig};
use crate::{ChatEvent, ChatModel, ChatRequest, Message, ModelErrorKind, ResponseSchema, Role, TemplateCall};

const LISBON: &str = "Should we move our 12-person company from Berlin to Lisbon within a year? Budget 200k euros";
/// No answer may be longer, whatever comes in.
const LONGEST: usize = 12_000;

fn request(template: &str, variables: Value) -> ChatRequest {
    ChatRequest {
        messages: vec![Message { role: Role::User, content: "x".repeat(40), cache: false }],
        temperature: None,
        max_output_tokens: None,
        response_schema: None,
        template: Some(TemplateCall { name: format!("board.{template}.v1"), variables }),
        purpose: "board".to_owned(),
        idempotency_key: None,
        conversation: None,
        deadline: None,
        caller: None,
    }
}

fn write(template: &str, variables: Value) -> Value {
    let text = super::answers::write("demo", &request(template, variables));
    assert!(text.len() < LONGEST, "{template}: {} bytes", text.len());
    serde_json::from_str(&text).expect("valid JSON")
}

fn persona(code: &str, category: &str, optimistic: f64, risk_averse: f64) -> Value {
    json!({"code": code, "name": format!("Name {code}"), "archetype": "The One", "category": category, "identity": "",
        "traits": {"creative": 0.5, "analytical": 0.6, "optimistic": optimistic, "risk_averse": risk_averse, "detail_oriented": 0.5},
        "lens": [format!("{code} first"), format!("{code} second")], "questions": [format!("What about {code}?")]})
}

fn seats() -> Vec<Value> {
    vec![
        persona("cash", "finance", 0.3, 0.8),
        persona("team", "people", 0.5, 0.5),
        persona("bold", "strategy", 0.95, 0.1),
        persona("doubt", "risk", 0.15, 0.9),
    ]
}

fn everything(statement: &str, kind: &str) -> Value {
    let prior = json!([
        {"ref": "C1", "persona_code": "team", "persona_name": "Name team", "type": "initial", "round": 0,
            "content": "What is started together binds people. I doubt the date.", "decision": "yes", "confidence": 0.7},
        {"ref": "C2", "persona_code": "cash", "persona_name": "Name cash", "type": "initial", "round": 0,
            "content": "No figure for the worst case stands anywhere in the text.", "decision": "no", "confidence": 0.55}]);
    json!({
        "problem": {"statement": statement, "context": {"budget": statement}, "answers": []},
        "sub_problem": {"index": 0, "title": statement, "goal": statement, "scope": "", "proposal": statement, "criteria": [statement]},
        "persona": persona("cash", "finance", 0.3, 0.8), "candidates": seats(), "seats": 2, "max_questions": 3, "max_sub_problems": 4,
        "round": 1, "max_rounds": 3, "kind": kind, "target": null, "direction": null, "prior": prior, "own_stance": null,
        "proposal": statement, "rule": "majority", "stance_before": {"decision": "no", "confidence": 0.5},
        "measures": {"novelty": null, "drift": null, "agreement": null}, "may_ask_user": true, "drifting": false,
        "votes": [{"persona_name": statement, "decision": "no", "confidence": 0.6, "reasoning": statement, "conditions": [statement]}],
        "result": {"yes": 0, "no": 1, "conditional": 0, "abstain": 0, "absent": 1, "support": 0.0, "level": "none"},
        "absences": [{"persona_name": statement, "reason": statement}], "stop_reason": "settled", "partial": false,
        "sub_problems": [{"title": statement, "goal": "", "proposal": "", "summary": null, "recommendation": null, "result": null, "dissent": []}],
        "outcome": "complete",
    })
}

fn is_stance(stance: &Value) -> bool {
    let decision = stance["decision"].as_str().unwrap_or_default();
    ["yes", "no", "conditional", "abstain"].contains(&decision)
        && stance["confidence"].as_f64().is_some_and(|confidence| (0.0..=1.0).contains(&confidence))
}

fn texts(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(|text| text.as_str().is_some_and(|text| !text.is_empty())))
}

/// Every template's answer to a statement has its schema's shape.
fn check_shapes(statement: &str) {
    let it = write("clarify", everything(statement, ""));
    let questions = it["questions"].as_array().expect("questions");
    assert!(questions.len() <= 3 && questions.iter().all(|it| it["question"].is_string() && it["why"].is_string()));
    let it = write("decompose", everything(statement, ""));
    let parts = it["sub_problems"].as_array().expect("parts");
    assert!((1..=4).contains(&parts.len()));
    for (index, part) in parts.iter().enumerate() {
        for key in ["title", "goal", "scope", "proposal"] {
            assert!(part[key].as_str().is_some_and(|text| !text.is_empty()), "{key} of {part}");
        }
        assert!(texts(&part["criteria"]));
        assert!(part["complexity"].as_f64().is_some_and(|weight| (0.0..=1.0).contains(&weight)));
        let after = part["depends_on"].as_array().expect("dependencies");
        assert!(after.iter().all(|before| before.as_u64().is_some_and(|before| before < index as u64)));
    }
    let it = write("select", everything(statement, ""));
    assert_eq!(it["seats"].as_array().map(Vec::len), Some(2));
    for kind in ["initial", "response", "challenge", "moderator"] {
        let it = write("contribute", everything(statement, kind));
        assert!(it["content"].as_str().is_some_and(|text| !text.is_empty()));
        assert!(is_stance(&it["stance"]) && it["stance"]["reason"].is_string() && it["builds_on"].is_array());
    }
    let it = write("facilitate", everything(statement, ""));
    assert!(
        ["continue", "challenge", "moderate", "ask_user", "vote"].contains(&it["action"].as_str().unwrap_or_default())
    );
    assert!(it["reason"].is_string() && it["speakers"].is_array());
    let it = write("vote", everything(statement, ""));
    assert!(is_stance(&it) && it["reasoning"].as_str().is_some_and(|text| !text.is_empty()));
    assert!(texts(&it["conditions"]) && it["would_change_mind"].is_string());
    for (template, first) in [("synthesize_sub", "summary"), ("synthesize", "executive_summary")] {
        let it = write(template, everything(statement, ""));
        assert!(it[first].as_str().is_some_and(|text| !text.is_empty()) && it["recommendation"].is_string());
        for key in ["key_insights", "conditions", "assumptions", "risks", "open_questions"] {
            assert!(texts(&it[key]), "{key}: {}", it[key]);
        }
        let steps = it["next_steps"].as_array().expect("steps");
        assert!(
            steps.iter().all(|step| step["what"].is_string() && step["who"].is_string() && step["by_when"].is_string())
        );
    }
}

fn first_round(statement: &str) -> Vec<Value> {
    let part = write("decompose", json!({"problem": {"statement": statement}, "max_sub_problems": 3}))["sub_problems"]
        [0]
    .clone();
    let ask = |persona: Value| {
        write(
            "contribute",
            json!({"problem": {"statement": statement}, "sub_problem": part, "persona": persona, "round": 0, "kind": "initial", "prior": []}),
        )
    };
    seats().into_iter().map(ask).collect()
}

#[test]
fn awkward_texts_get_answers_of_the_right_shape() {
    for statement in [
        LISBON,
        "",
        "?",
        "🙂🙂🙂 {act} {",
        "هل يجب أن ننقل الشركة إلى لشبونة؟",
        "¿Debemos contratar?",
        "我们要不要涨价？",
    ] {
        check_shapes(statement);
    }
    check_shapes(&"Should we grow from 10% to 0.0 or 9999999999999999999 € a month? ".repeat(160));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_text_gets_answers_of_the_right_shape(statement in "(?s).{0,200}", number in "[0-9.,'€$%kmM /-]{0,20}") {
        check_shapes(&format!("{statement}{number}{statement}"));
    }

    #[test]
    fn any_variables_get_valid_json(text in ".{0,30}", number in any::<f64>()) {
        let odd = json!({"problem": text, "sub_problem": [number], "persona": {"code": number, "lens": text, "traits": text},
            "prior": [{"ref": text}, number], "votes": [text], "sub_problems": [number], "seats": text, "round": text, "candidates": number});
        for template in ["clarify", "decompose", "select", "contribute", "facilitate", "vote", "synthesize_sub", "synthesize"] {
            write(template, odd.clone());
        }
    }
}

#[test]
fn personas_say_different_things_and_stand_apart() {
    let round = first_round(LISBON);
    let contents: Vec<&str> = round.iter().filter_map(|it| it["content"].as_str()).collect();
    for (index, content) in contents.iter().enumerate() {
        let words = content.split_whitespace().count();
        assert!((90..=230).contains(&words), "{words} words: {content}");
        let opening: String = content.chars().take(24).collect();
        assert!(!contents.iter().skip(index + 1).any(|other| other.starts_with(&opening)), "{opening}");
    }
    let mut decisions: Vec<String> = round.iter().map(|it| it["stance"]["decision"].to_string()).collect();
    decisions.sort();
    decisions.dedup();
    assert!(decisions.len() > 1, "{decisions:?}");
    let all = contents.join("\n");
    assert!(all.contains("Lisbon") && all.contains("200k euros") && all.contains("16,700 euros"), "{all}");
    assert!(all.contains("cash first") || all.contains("cash second"), "{all}");
    assert!(!all.contains('{'));
}

#[test]
fn the_same_request_gets_the_same_answer_and_another_another() {
    assert_eq!(first_round(LISBON), first_round(LISBON));
    assert_ne!(first_round(LISBON), first_round("Should we hire a second designer for 70k euros?"));
}

#[test]
fn a_response_cites_what_moved_it() {
    let mut moved = 0;
    for n in 0..40 {
        let it = write("contribute", everything(&format!("Should we open {n} shops in Porto by 2030?"), "response"));
        let cited = it["builds_on"].as_array().expect("refs");
        assert!(!cited.is_empty() && cited.iter().all(|it| it == "C1"), "{cited:?}");
        assert!(it["content"].as_str().is_some_and(|text| text.contains("C1")));
        moved +=
            usize::from(it["content"].as_str().is_some_and(|text| {
                text.contains("moved") || text.contains("Changed") || text.contains("New position")
            }));
    }
    assert!((3..35).contains(&moved), "{moved}");
}

#[test]
fn votes_follow_stances_and_most_flips_have_a_reason() {
    let (mut flips, mut silent) = (0, 0);
    for n in 0..120 {
        let vote = write("vote", everything(&format!("Should we open {n} shops in Porto?"), ""));
        assert_eq!(vote["decision"] == "conditional", vote["conditions"] != json!([]));
        if vote["decision"] != "no" {
            flips += 1;
            silent += usize::from(vote["flip_reason"].is_null());
        } else {
            assert!(vote["flip_reason"].is_null());
        }
    }
    assert!(flips > 5 && silent * 2 < flips, "{silent} of {flips}");
}

#[test]
fn reports_say_first_what_is_wrong_with_the_result() {
    let report = |outcome: &str, partial: bool| {
        let mut variables = everything(LISBON, "");
        variables["outcome"] = json!(outcome);
        variables["partial"] = json!(partial);
        write("synthesize", variables)["executive_summary"].as_str().unwrap_or_default().to_owned()
    };
    assert!(report("partial", true).starts_with("**This is a partial result**"));
    assert!(report("no_quorum", false).starts_with("**There is no valid result**"));
    assert!(report("deadlock", false).starts_with("**The board is deadlocked**"));
    assert!(report("complete", false).contains("1 no"));
}

#[test]
fn a_spanish_and_a_chinese_problem_are_answered_in_their_language() {
    let spanish = first_round(
        "¿Debemos mudar nuestra empresa de 12 personas de Madrid a Lisboa en un año? Presupuesto: 200.000 euros",
    );
    assert!(
        spanish
            .iter()
            .all(|it| it["content"].as_str().is_some_and(|text| text.contains(" que ") && !text.contains(" the ")))
    );
    let chinese = first_round("我们是否应该在一年内把12人的公司从柏林搬到里斯本？预算20万欧元");
    assert!(
        chinese
            .iter()
            .all(|it| it["content"].as_str().is_some_and(|text| text.contains('。') && !text.contains(" the ")))
    );
}

async fn stream(model: &Offline, request: &ChatRequest) -> Result<(String, Option<ChatEvent>), ModelErrorKind> {
    let mut events = model.stream("demo", request).await.map_err(|error| error.kind)?;
    let (mut text, mut done) = (String::new(), None);
    while let Some(event) = events.next().await {
        match event.map_err(|error| error.kind)? {
            ChatEvent::Text(piece) => text.push_str(&piece),
            other => done = Some(other),
        }
    }
    Ok((text, done))
}

fn with_fault(kind: FaultKind) -> Offline {
    let fault = Fault { template: None, persona: None, nth: None, times: Some(1), kind, retry_after_s: Some(2) };
    Offline::new(OfflineConfig { tokens_per_second: 0.0, faults: vec![fault] })
}

#[tokio::test]
async fn faults_strike_once_and_then_the_answer_comes() {
    let call = request("vote", everything(LISBON, ""));
    for kind in [FaultKind::RateLimit, FaultKind::Unavailable, FaultKind::Cut, FaultKind::Malformed] {
        let model = with_fault(kind);
        let struck = stream(&model, &call).await;
        match kind {
            FaultKind::RateLimit => {
                let retry_after = Some(std::time::Duration::from_secs(2));
                assert_eq!(struck, Err(ModelErrorKind::RateLimited { retry_after }));
            }
            FaultKind::Unavailable => assert_eq!(struck, Err(ModelErrorKind::Unavailable)),
            FaultKind::Cut => assert!(struck.is_ok_and(|(text, done)| !text.is_empty() && done.is_none())),
            _ => assert!(
                struck.is_ok_and(|(text, done)| serde_json::from_str::<Value>(&text).is_err() && done.is_some())
            ),
        }
        let (text, done) = stream(&model, &call).await.expect("an answer");
        assert!(serde_json::from_str::<Value>(&text).is_ok());
        let Some(ChatEvent::Done { usage, .. }) = done else { panic!("an end") };
        assert_eq!((usage.input, usage.output), (10, super::stream::tokens(&text)));
    }
    let model = with_fault(FaultKind::Timeout);
    let waited = tokio::time::timeout(std::time::Duration::from_millis(30), stream(&model, &call)).await;
    assert!(waited.is_err());
}

#[tokio::test]
async fn a_chat_and_a_bare_schema_are_answered_too() {
    let model = Offline::new(OfflineConfig { tokens_per_second: 0.0, ..OfflineConfig::default() });
    let mut call = request("vote", json!({}));
    call.template = None;
    LISBON.clone_into(&mut call.messages[0].content);
    let (text, _) = stream(&model, &call).await.expect("an answer");
    assert!(text.contains("offline demo model") && text.contains("Lisbon"), "{text}");
    let schema = json!({"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}});
    call.response_schema = Some(ResponseSchema { name: "answer".to_owned(), schema });
    let (text, _) = stream(&model, &call).await.expect("an answer");
    assert_eq!(text, r#"{"ok":false}"#);
}
