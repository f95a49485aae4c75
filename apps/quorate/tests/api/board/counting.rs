//! The counts of reports, recounted from the ballots by the words of the specification (BRD-6) and not by the code
//! under test; dissent word for word (BRD-7).

use quorate_testkit::on_both_databases;
use serde_json::{Value, json};

use super::{LISBON, of_type};
use crate::TestApp;

#[derive(Debug, Default)]
struct Count {
    yes: f64,
    no: f64,
    conditional: f64,
    abstain: f64,
    sure_for: f64,
    sure_against: f64,
    sure: f64,
}

impl Count {
    fn of<'v>(votes: impl Iterator<Item = &'v Value>) -> Self {
        let mut count = Self::default();
        for vote in votes {
            let confidence = vote["confidence"].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&confidence));
            count.sure += confidence;
            match vote["decision"].as_str().unwrap() {
                "yes" => (count.yes, count.sure_for) = (count.yes + 1.0, count.sure_for + confidence),
                "conditional" => {
                    assert!(!vote["conditions"].as_array().unwrap().is_empty(), "a condition is named: {vote}");
                    (count.conditional, count.sure_for) = (count.conditional + 1.0, count.sure_for + confidence);
                }
                "no" => (count.no, count.sure_against) = (count.no + 1.0, count.sure_against + confidence),
                "abstain" => count.abstain += 1.0,
                other => panic!("{other} is no decision"),
            }
        }
        count
    }

    fn support(&self) -> Option<f64> {
        let taken = self.yes + self.conditional + self.no;
        (taken > 0.0).then(|| (self.yes + self.conditional) / taken)
    }

    fn cast(&self) -> f64 {
        self.yes + self.no + self.conditional + self.abstain
    }

    /// Compares with what the program counted, and concluded, of one proposal.
    fn agrees(&self, seats: usize, told: &Value) {
        self.adds_up(seats, told);
        let seats = f64::from(u32::try_from(seats).unwrap());
        let cast = self.cast();
        let (support, quorum) = (self.support(), cast > 0.0 && cast * 2.0 >= seats);
        let level = match support {
            Some(share) if quorum && share >= 1.0 => "unanimous",
            Some(share) if quorum && share >= 0.75 => "strong",
            Some(share) if quorum && share >= 0.6 => "moderate",
            Some(share) if quorum && share >= 0.5 => "weak",
            _ => "none",
        };
        assert_eq!((&told["level"], &told["quorum"]), (&json!(level), &json!(quorum)), "{told}");
        let mean = (cast > 0.0).then(|| self.sure / cast);
        let certain = support.zip(mean).map_or(0.0, |(share, mean)| share.max(1.0 - share) * mean * cast / seats);
        let confidence = match certain {
            score if quorum && score >= 0.55 => "high",
            score if quorum && score >= 0.3 => "medium",
            _ => "low",
        };
        assert_eq!(told["confidence_level"], confidence, "{certain}: {told}");
    }

    /// Compares the numbers alone.
    fn adds_up(&self, seats: usize, told: &Value) {
        let seats = f64::from(u32::try_from(seats).unwrap());
        let cast = self.cast();
        let sided = self.sure_for + self.sure_against;
        let mean = (cast > 0.0).then(|| self.sure / cast);
        for (name, expected) in [
            ("yes", Some(self.yes)),
            ("no", Some(self.no)),
            ("conditional", Some(self.conditional)),
            ("abstain", Some(self.abstain)),
            ("absent", Some(seats - cast)),
            ("support", self.support()),
            ("weighted_support", (sided > 0.0).then(|| self.sure_for / sided)),
            ("mean_confidence", mean),
            ("attendance", Some(cast / seats)),
        ] {
            let same = match (told[name].as_f64(), expected) {
                (Some(told), Some(expected)) => (told - expected).abs() < 1e-9,
                (told, expected) => told == expected,
            };
            assert!(same, "{name} should be {expected:?}: {told}");
        }
        assert_eq!(told["rule"], "majority_of_votes_cast");
    }
}

/// Recounts a finished session from its ballots, part by part and as a whole.
pub fn recount(events: &[Value], votes: &[Value], report: &Value) {
    let mut all_seats = 0;
    for part in report["sub_problems"].as_array().unwrap() {
        let of_part = |data: &Value| data["sub_problem"] == part["index"];
        let selected = events.iter().find(|one| one["type"] == "personas.selected" && of_part(&one["data"]));
        let seats = selected.map_or(0, |event| event["data"]["seats"].as_array().unwrap().len());
        all_seats += seats;
        let count = Count::of(votes.iter().filter(|vote| of_part(vote)));
        let told = &part["vote_distribution"];
        if told.is_null() {
            continue;
        }
        count.agrees(seats, told);
        let carried = told["quorum"] == true && count.support().is_some_and(|share| share > 0.5);
        assert_eq!(told["carried"], carried, "{told}");

        // The count was told live too, and the rule before it.
        let find = |kind: &str| events.iter().find(|one| one["type"] == kind && of_part(&one["data"])).unwrap();
        let (counted, opened) = (find("votes.counted"), find("voting.started"));
        assert_eq!((&counted["data"]["support"], &counted["data"]["level"]), (&told["support"], &told["level"]));
        assert_eq!(opened["data"]["rule"], told["rule"]);
        assert_eq!(opened["data"]["proposal"], part["proposal"]);
        assert!(opened["sequence"].as_i64() < counted["sequence"].as_i64());

        // Dissent: who stood against the result, word for word and nobody else.
        let split = part["outcome"] == "deadlock";
        let against = |vote: &&Value| match vote["decision"].as_str().unwrap() {
            "no" => split || carried,
            "abstain" => false,
            _ => split || !carried,
        };
        let mut expected: Vec<(&Value, &Value)> = if told["quorum"] == true {
            let votes = votes.iter().filter(|vote| of_part(vote)).filter(against);
            votes.map(|vote| (&vote["persona_code"], &vote["reasoning"])).collect()
        } else {
            Vec::new()
        };
        let dissent = report["dissenting_views"].as_array().unwrap().iter().filter(|view| of_part(view));
        let mut told: Vec<(&Value, &Value)> = dissent.map(|view| (&view["persona_code"], &view["view"])).collect();
        let by_code = |one: &(&Value, &Value)| one.0.to_string();
        expected.sort_by_key(by_code);
        told.sort_by_key(by_code);
        assert_eq!(told, expected);
    }
    // Ballots add up over the parts; the verdict is no better than the weakest of those that were voted on.
    let whole = &report["vote_distribution"];
    Count::of(votes.iter()).adds_up(all_seats, whole);
    let parts = report["sub_problems"].as_array().unwrap().iter().map(|part| &part["vote_distribution"]);
    let parts: Vec<&Value> = parts.filter(|part| !part.is_null()).collect();
    for name in ["quorum", "carried"] {
        let all = !parts.is_empty() && parts.iter().all(|part| part[name] == true);
        assert_eq!(whole[name], all, "{name}: {whole}");
    }
    for (name, from_weakest) in [
        ("level", &["none", "weak", "moderate", "strong", "unanimous"][..]),
        ("confidence_level", &["low", "medium", "high"]),
    ] {
        let weakest = from_weakest.iter().find(|level| parts.iter().any(|part| part[name] == **level));
        assert_eq!(whole[name], *weakest.unwrap_or(&from_weakest[0]), "{name}: {whole}");
    }
}

on_both_databases! {
    async fn reports_state_what_the_ballots_say(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let ada = app.user("ada@example.com").await;
        let problems = [
            LISBON,
            "Should we fire our only big customer, who pays 60% of revenue, because they treat the team badly?",
            "Should I quit my job as a nurse to open a bakery with 20,000 euros of savings and two children?",
        ];
        let mut dissent = 0;
        for (problem, mode) in problems.into_iter().zip(["standard", "deep", "quick"]) {
            let session = ada.deliberate(&json!({ "problem_statement": problem, "mode": mode })).await;
            let id = session["id"].as_str().unwrap();
            let (events, report) = (ada.events(id).await, ada.result(id, "report").await);
            let votes = ada.result(id, "votes").await;
            let votes = votes.as_array().unwrap();
            recount(&events, votes, &report);
            dissent += report["dissenting_views"].as_array().unwrap().len();
            let text = report["full_report"].as_str().unwrap();
            for view in report["dissenting_views"].as_array().unwrap() {
                let first = view["view"].as_str().unwrap().lines().next().unwrap();
                assert!(text.contains(first), "the printed report keeps the dissent: {first}");
            }
            told_alike(&events, votes, &ada.result(id, "contributions").await);
        }
        assert!(dissent > 0, "three hard questions leave somebody unconvinced");
    }
}

/// What the log recorded is what the lists show, and what a ballot says of its past is true.
fn told_alike(events: &[Value], votes: &[Value], contributions: &Value) {
    let recorded: Vec<&Value> = of_type(events, "vote.recorded").into_iter().map(|event| &event["data"]).collect();
    assert_eq!(recorded, votes.iter().collect::<Vec<_>>());
    let contributions = contributions.as_array().unwrap();
    let recorded: Vec<&Value> =
        of_type(events, "contribution.recorded").into_iter().map(|event| &event["data"]["contribution"]).collect();
    assert_eq!(recorded, contributions.iter().collect::<Vec<_>>());
    let side = |decision: &Value| match decision.as_str().unwrap() {
        "no" => "against",
        "abstain" => "neither",
        _ => "for",
    };
    for vote in votes {
        let first = contributions.iter().find(|said| {
            said["round"] == 0
                && said["persona_code"] == vote["persona_code"]
                && said["sub_problem"] == vote["sub_problem"]
        });
        assert_eq!(vote["stance_before"], first.unwrap()["stance"], "{vote}");
        assert_eq!(vote["flipped"], side(&vote["stance_before"]["decision"]) != side(&vote["decision"]), "{vote}");
    }
    for said in contributions {
        for cited in said["builds_on"].as_array().unwrap() {
            let earlier = contributions.iter().find(|other| &other["id"] == cited).unwrap();
            assert_eq!(earlier["sub_problem"], said["sub_problem"]);
        }
    }
}
