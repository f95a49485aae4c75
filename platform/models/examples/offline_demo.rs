//! Plays a small board with the offline model and prints it, to be read critically:
//! `cargo run -p quorate-models --example offline_demo -- "Should we …?" [persona …]`
#![expect(clippy::print_stdout, reason = "printing is what this example is for")]

use std::error::Error;
use std::path::Path;

use futures::StreamExt;
use quorate_models::offline::{Offline, OfflineConfig};
use quorate_models::{ChatEvent, ChatModel, ChatRequest, TemplateCall};
use serde_json::{Value, json};

const PROBLEM: &str = "Should we move our 12-person company from Berlin to Lisbon within a year? Budget 200k euros";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let statement = arguments.next().unwrap_or_else(|| PROBLEM.to_owned());
    let wanted: Vec<String> = arguments.collect();
    let model = Offline::new(OfflineConfig { tokens_per_second: 0.0, ..OfflineConfig::default() });
    let problem = json!({"statement": statement, "context": {}, "answers": []});
    println!("# {statement}\n");

    let clarified = ask(&model, "clarify", json!({"problem": problem, "max_questions": 3})).await?;
    println!("## Questions back\n{}\n", serde_json::to_string_pretty(&clarified)?);
    let parts = ask(&model, "decompose", json!({"problem": problem, "max_sub_problems": 3})).await?;
    let candidates = personas()?;
    let mut finished: Vec<Value> = Vec::new();
    let mut all_votes: Vec<Value> = Vec::new();
    let list = parts["sub_problems"].as_array().cloned().unwrap_or_default();
    for (index, mut part) in list.iter().cloned().enumerate() {
        part["index"] = json!(index);
        println!("## {index}. {}\n{}\n", part["title"], serde_json::to_string_pretty(&part)?);
        let seats = seats(&model, &problem, &part, &candidates, &wanted).await?;
        let (votes, result) = deliberate(&model, &problem, &part, &seats).await?;
        let variables = json!({"problem": problem, "sub_problem": part, "prior": [], "votes": votes, "result": result,
            "absences": [], "stop_reason": "settled", "partial": false});
        let report = ask(&model, "synthesize_sub", variables).await?;
        if list.len() > 1 {
            println!("### Report on this part\n{}\n", serde_json::to_string_pretty(&report)?);
        }
        let mut done = part.clone();
        done["summary"] = report["summary"].clone();
        done["result"] = result;
        finished.push(done);
        all_votes.extend(votes);
    }
    let variables = json!({"problem": problem, "sub_problems": finished, "votes": all_votes,
        "absences": [], "outcome": "complete", "partial": false});
    let report = ask(&model, "synthesize", variables).await?;
    println!("## Report\n{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

async fn seats(
    model: &Offline,
    problem: &Value,
    part: &Value,
    candidates: &[Value],
    wanted: &[String],
) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut codes: Vec<String> = wanted.to_vec();
    if codes.is_empty() {
        let variables = json!({"problem": problem, "sub_problem": part, "seats": 4, "candidates": candidates});
        let chosen = ask(model, "select", variables).await?;
        for seat in chosen["seats"].as_array().into_iter().flatten() {
            println!("- {}: {}", seat["code"], seat["reason"]);
            codes.extend(seat["code"].as_str().map(str::to_owned));
        }
        println!();
    }
    Ok(codes.iter().filter_map(|code| candidates.iter().find(|it| it["code"] == **code).cloned()).collect())
}

async fn deliberate(
    model: &Offline,
    problem: &Value,
    part: &Value,
    seats: &[Value],
) -> Result<(Vec<Value>, Value), Box<dyn Error>> {
    let mut prior: Vec<Value> = Vec::new();
    let mut stances: Vec<Value> = vec![Value::Null; seats.len()];
    let mut first: Vec<Value> = Vec::new();
    for round in 0..3 {
        let said = prior.clone();
        for (seat, persona) in seats.iter().enumerate() {
            let kind = match (round, seat) {
                (0, _) => "initial",
                (1, 3) => "challenge",
                (2, 2) => "moderator",
                _ => "response",
            };
            let variables = json!({"problem": problem, "sub_problem": part, "persona": persona, "round": round, "kind": kind,
                "direction": null, "target": null, "prior": said, "own_stance": stances[seat], "earlier_results": []});
            let it = ask(model, "contribute", variables).await?;
            println!(
                "### {} · {kind} · round {round} · {}\n\n{}\n",
                persona["name"].as_str().unwrap_or_default(),
                it["stance"],
                it["content"].as_str().unwrap_or_default()
            );
            stances[seat] = it["stance"].clone();
            prior.push(json!({"ref": format!("C{}", prior.len() + 1), "persona_code": persona["code"], "persona_name": persona["name"],
                "type": kind, "round": round, "content": it["content"], "decision": it["stance"]["decision"], "confidence": it["stance"]["confidence"]}));
        }
        if round == 0 {
            first.clone_from(&stances);
        }
        let list: Vec<Value> = seats
            .iter()
            .zip(&stances)
            .map(|(persona, stance)| {
                json!({"code": persona["code"], "name": persona["name"],
            "archetype": persona["archetype"], "decision": stance["decision"], "confidence": stance["confidence"]})
            })
            .collect();
        let variables = json!({"problem": problem, "sub_problem": part, "round": round, "max_rounds": 2, "seats": list,
            "measures": {"novelty": 0.5, "drift": null, "agreement": null}, "prior": prior, "may_ask_user": true, "drifting": false});
        println!("> facilitator: {}\n", ask(model, "facilitate", variables).await?);
    }
    let mut votes = Vec::new();
    let mut counts = [0_u32; 4];
    for (persona, before) in seats.iter().zip(&first) {
        let variables = json!({"problem": problem, "sub_problem": part, "persona": persona, "proposal": part["proposal"], "rule": "majority",
            "prior": prior, "stance_before": before});
        let mut vote = ask(model, "vote", variables).await?;
        println!("* {} votes {}\n", persona["name"].as_str().unwrap_or_default(), serde_json::to_string_pretty(&vote)?);
        vote["persona_name"] = persona["name"].clone();
        let decisions = ["yes", "no", "conditional", "abstain"];
        if let Some(at) = decisions.iter().position(|decision| vote["decision"] == *decision) {
            counts[at] += 1;
        }
        votes.push(vote);
    }
    let result = json!({"yes": counts[0], "no": counts[1], "conditional": counts[2], "abstain": counts[3], "absent": 0, "level": ""});
    Ok((votes, result))
}

async fn ask(model: &Offline, template: &str, variables: Value) -> Result<Value, Box<dyn Error>> {
    let request = ChatRequest {
        messages: Vec::new(),
        temperature: None,
        max_output_tokens: None,
        response_schema: None,
        template: Some(TemplateCall { name: format!("board.{template}.v1"), variables }),
        purpose: "board".to_owned(),
        idempotency_key: None,
        conversation: None,
        deadline: None,
        caller: None,
    };
    let mut stream = model.stream("demo", &request).await?;
    let mut text = String::new();
    while let Some(event) = stream.next().await {
        if let ChatEvent::Text(piece) = event? {
            text.push_str(&piece);
        }
    }
    Ok(serde_json::from_str(&text)?)
}

/// The bundled personas, when they are there.
fn personas() -> Result<Vec<Value>, Box<dyn Error>> {
    let folder = Path::new("domains/board/personas");
    let mut files: Vec<_> = std::fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut personas = Vec::new();
    for file in files {
        let persona: toml::Table = toml::from_str(&std::fs::read_to_string(file)?)?;
        personas.push(serde_json::to_value(persona)?);
    }
    Ok(personas)
}
