//! A whole measurement on scripted models: answers, votes and tokens are scripted, so accuracy and cost are known.

use clap::Parser as _;
use futures::stream;
use quorate_models::{ModelsConfig, PriceConfig, ProviderKind, RouteConfig};
use quorate_testkit::models::{Act, Rule, ScriptedModels, ScriptedUsage};
use serde_json::{Value, json};

use super::*;
use crate::cli::arguments::{Arguments, Command};
use crate::config::Config;

const QUESTIONS: &str = r#"
name = "scripted"
[[questions]]
id = "first"
question = "Which of the two is it, in the FIRST question?"
right = "the sound one"
wrong = ["the odd one"]
explanation = "as scripted"
[[questions]]
id = "second"
question = "Which of the two is it, in the SECOND question?"
right = "the sound one"
wrong = ["the odd one"]
explanation = "as scripted"
"#;

/// Every answer takes 100 tokens in and 20 out; at 1 and 2 dollars a million these are 140 micro-dollars.
const CALL: i64 = 140;

fn says(content: Value) -> Act {
    let usage = ScriptedUsage { input: 100, output: 20, ..ScriptedUsage::default() };
    Act { content: Some(content), usage: Some(usage), ..Act::default() }
}

/// Rules by which a question is answered with the option that holds `text`, wherever that stands.
fn answers(question: &str, text: &str) -> Vec<Rule> {
    let letters = [("A", "B"), ("B", "A")];
    letters
        .into_iter()
        .flat_map(|(letter, other)| {
            let ballot = json!({ "decision": "abstain", "conditions": [], "options": [
                { "option": letter, "decision": "yes", "confidence": 0.9 },
                { "option": other, "decision": "no", "confidence": 0.9 },
            ] });
            let alone = json!({ "reasoning": "so", "answer": letter });
            // The server matches one text a rule: the letter's line names the question too.
            let line = format!("{question} question?\n\nExactly one of these options is right:\n\n");
            let first = if letter == "A" { format!("{line}A) {text}") } else { format!("{line}A) {}", odd(text)) };
            [
                Rule::always(says(alone)).for_schema("bench_answer").containing(&first),
                Rule::always(says(ballot)).for_schema("vote_options").containing(&first),
            ]
        })
        .collect()
}

fn odd(text: &str) -> &'static str {
    if text == "the sound one" { "the odd one" } else { "the sound one" }
}

async fn bench(rules: Vec<Rule>, flags: &[&str]) -> (Bench, QuestionSet, BenchBoardOptions, ScriptedModels) {
    let models = ScriptedModels::start().await.unwrap();
    let usual = Rule::always(says(json!({})));
    models.script(&rules.into_iter().chain([usual]).collect::<Vec<_>>()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let provider = models.provider("scripted", ProviderKind::OpenAiCompatible);
    let model = "scripted/mind".to_owned();
    let price = PriceConfig { model, input: 1.0, output: 2.0, cached_read: None, cache_write: None };
    let mut config = Config { data_dir: folder.path().to_path_buf(), ..Config::default() };
    config.models = ModelsConfig {
        providers: vec![provider],
        routes: vec![RouteConfig::new("default", ["scripted/mind"])],
        prices: vec![price],
        ..ModelsConfig::default()
    };
    let file = folder.path().join("questions.toml");
    std::fs::write(&file, QUESTIONS).unwrap();
    let words = ["quorate", "bench", "board", "--questions", file.to_str().unwrap()];
    let Command::Bench(BenchOptions { what: BenchWhat::Board(options) }) =
        Arguments::try_parse_from(words.iter().chain(flags)).unwrap().command
    else {
        panic!("not a benchmark")
    };
    let set = QuestionSet::load(options.questions.as_deref()).unwrap();
    let app = Box::pin(App::build(config)).await.unwrap();
    let bench = Box::pin(perform(&app, &set, &options, stream::pending())).await.unwrap();
    let who = app.identity.local_principal().await.unwrap();
    let page = quorate_kernel::PageRequest::default();
    let left = app.board.sessions(&who, &page, None).await.unwrap();
    assert_eq!(left.data.len(), 0, "sessions are deleted when they have been read");
    app.store.close().await;
    (bench, set, *options, models)
}

fn result(bench: &Bench, set: &QuestionSet, options: &BenchBoardOptions) -> Value {
    Shown {
        set,
        measured: &bench.measured,
        methods: &bench.methods,
        model: &bench.model,
        route: options.route.as_deref(),
        samples: options.samples,
        runs: options.runs,
        seed: options.seed,
        offline: bench.offline,
    }
    .json()
}

#[tokio::test(flavor = "multi_thread")]
async fn right_and_wrong_answers_are_counted_and_cost_what_they_cost() {
    let rules = [answers("FIRST", "the sound one"), answers("SECOND", "the odd one")].concat();
    let flags = [
        "--methods",
        "single,self-consistency,quick",
        "--samples",
        "3",
        "--personas",
        "finance_strategist,people_partner",
    ];
    let (bench, set, options, _models) = bench(rules, &flags).await;
    let result = result(&bench, &set, &options);
    assert_eq!(result["model"], "scripted/mind");
    assert_eq!((&result["stopped"], &result["offline_demo"]), (&Value::Null, &json!(false)));
    let methods = result["methods"].as_array().unwrap();
    assert_eq!(methods.len(), 3, "{result:#}");
    // Two drafts, two ballots and the report: the options were given, so that nobody was asked for them.
    for (method, (name, calls)) in methods.iter().zip([("single", 1), ("self-consistency", 3), ("quick", 5)]) {
        assert_eq!(method["method"], name);
        assert_eq!((&method["asked"], &method["right"]), (&json!(2), &json!(1)), "{result:#}");
        assert_eq!(method["no_answer"], json!({}), "{result:#}");
        assert_eq!(method["spent_microusd"], 2 * calls * CALL, "{name}: {result:#}");
        assert_eq!(method["tokens"]["mean"], json!(120.0 * f64::from(i32::try_from(calls).unwrap())));
        assert_eq!(method["unpriced"], 0);
    }
    let answers = result["answers"].as_array().unwrap();
    let right = |question: &str| {
        let of = answers.iter().filter(|answer| answer["question"] == question);
        of.map(|answer| answer["right"].as_bool().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((right("first"), right("second")), (vec![true; 3], vec![false; 3]));
    assert_eq!(result["comparisons"][0]["verdict"], "no difference shown");
    assert!(bench.conclude(&set, &options).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_repaired_once_and_then_no_answer() {
    let unreadable = Rule::always(says(json!({ "answer": "Q" }))).for_schema("bench_answer").containing("FIRST");
    let once = Rule::always(says(json!({ "answer": "Q" }))).for_schema("bench_answer").containing("SECOND").times(1);
    let rules = [vec![unreadable, once], answers("SECOND", "the sound one")].concat();
    let (bench, set, options, _models) = bench(rules, &["--methods", "single", "--concurrency", "1"]).await;
    let result = result(&bench, &set, &options);
    assert_eq!(result["methods"][0]["no_answer"], json!({ "invalid": 1 }), "{result:#}");
    assert_eq!(result["methods"][0]["right"], 1, "{result:#}");
    assert_eq!(result["methods"][0]["spent_microusd"], 4 * CALL, "both were asked twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_whose_options_tie_has_no_answer_and_the_ceiling_ends_it() {
    let both = json!({ "decision": "abstain", "conditions": [], "options": [
        { "option": "A", "decision": "yes", "confidence": 0.5 },
        { "option": "B", "decision": "yes", "confidence": 0.5 },
    ] });
    let rules = vec![Rule::always(says(both)).for_schema("vote_options")];
    let flags = [
        "--methods",
        "quick",
        "--personas",
        "finance_strategist,people_partner",
        "--max-cost",
        "0.0001",
        "--concurrency",
        "1",
    ];
    let (bench, set, options, _models) = bench(rules, &flags).await;
    let result = result(&bench, &set, &options);
    assert_eq!(result["stopped"], "max_cost");
    assert_eq!((&result["methods"][0]["asked"], &result["methods"][0]["right"]), (&json!(1), &json!(0)));
    assert_eq!(result["methods"][0]["no_answer"], json!({ "undecided": 1 }), "{result:#}");
    assert!(matches!(bench.conclude(&set, &options), Err(Failure::NoResult)));
}
