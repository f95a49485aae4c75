use chrono::{DateTime, Utc};
use proptest::prelude::*;
use quorate_kernel::{MicroUsd, from_millis};
use serde_json::json;

use super::{Logged, Metered, Stage, metrics};
use crate::engine::event::Event;

fn event(kind: &str, data: serde_json::Value) -> Event {
    Event::from_parts(kind, data).unwrap()
}

fn at(milliseconds: i64) -> DateTime<Utc> {
    from_millis(1_000_000 + milliseconds)
}

fn quiet(time: i64, kind: &str, data: serde_json::Value) -> Logged {
    Logged::of(event(kind, data), at(time), 0, None, None)
}

fn enters(time: i64, sub_problem: Option<usize>, phase: &str) -> Logged {
    quiet(time, "phase.changed", json!({ "phase": phase, "sub_problem": sub_problem }))
}

fn absent(time: i64, stage: &str, answers: Vec<Metered>) -> Logged {
    let data = json!({ "sub_problem": 0, "round": 0, "persona_code": "a", "persona_name": "A", "stage": stage,
        "reason": "invalid_output" });
    Logged::of(event("seat.absent", data), at(time), answers.len(), None, Some(answers))
}

fn took(latency_ms: u64) -> Metered {
    Metered {
        input: Some(100),
        output: Some(10),
        cached: Some(25),
        reasoning: Some(0),
        latency_ms: Some(latency_ms),
        repair: Some(false),
        cost: Some(MicroUsd(7)),
    }
}

fn elapsed(log: &[Logged], stage: Stage) -> Option<u64> {
    metrics(log).phases.iter().find(|phase| phase.phase == stage).and_then(|phase| phase.elapsed_ms)
}

#[test]
fn time_that_sub_problems_share_counts_once() {
    let log = [
        enters(0, Some(0), "discussion"),
        enters(100, Some(1), "discussion"),
        enters(300, Some(0), "voting"),
        enters(450, Some(1), "voting"),
        enters(500, Some(0), "synthesis"),
    ];
    assert_eq!(elapsed(&log, Stage::Discussion), Some(450));
    assert_eq!(elapsed(&log, Stage::Voting), Some(200), "300 to 500, the other still at it");
    assert_eq!(elapsed(&log, Stage::Synthesis), Some(0), "until the newest event");
    assert_eq!(elapsed(&log, Stage::Intake), None);
}

#[test]
fn a_break_between_two_visits_is_no_time_in_the_phase() {
    let log = [
        enters(0, Some(0), "initial_round"),
        enters(10, Some(0), "discussion"),
        enters(90, Some(0), "initial_round"),
        enters(95, Some(0), "voting"),
    ];
    assert_eq!(elapsed(&log, Stage::InitialRound), Some(15));
}

#[test]
fn what_a_phase_took_counts_answers_that_led_to_nothing_too() {
    let log = [absent(0, "voting", vec![took(30), took(10), took(20)]), absent(1, "voting", vec![took(90)])];
    let metrics = metrics(&log);
    let voting = &metrics.phases[0];
    assert_eq!((voting.phase, voting.absences, voting.consumption.answers), (Stage::Voting, 2, 4));
    let latency = voting.consumption.latency.unwrap();
    assert!((latency.median_ms - 25.0).abs() < f64::EPSILON && latency.longest_ms == 90);
    assert_eq!((voting.consumption.tokens_in, voting.consumption.cache_share), (Some(400), Some(0.25)));
    assert_eq!(voting.consumption.money.unwrap().microusd, Some(28));
    assert_eq!(voting.elapsed_ms, None, "the log does not say when the phase began");
}

#[test]
fn one_unknown_part_makes_the_sum_unknown_and_never_smaller() {
    let vague = Metered { output: None, cost: None, ..took(5) };
    let found = metrics(&[absent(0, "voting", vec![took(5), vague])]).totals.consumption;
    assert_eq!((found.tokens_in, found.tokens_out), (Some(200), None));
    let money = found.money.unwrap();
    assert_eq!((money.microusd, money.unpriced), (None, 1));
    let none = metrics(&[absent(0, "voting", Vec::new())]).totals.consumption;
    assert_eq!((none.answers, none.tokens_in, none.repairs, none.latency), (0, None, None, None));
    assert_eq!(none.money.unwrap().microusd, None, "nothing was asked, so nothing is known to be free");
}

proptest! {
    #[test]
    fn phases_add_up_to_the_whole(latencies in proptest::collection::vec((0_u64..1_000, 0_usize..3), 1..30)) {
        let stages = ["initial_round", "discussion", "voting"];
        let log: Vec<Logged> =
            latencies.iter().zip(0..).map(|((ms, stage), time)| absent(time, stages[*stage], vec![took(*ms)])).collect();
        let found = metrics(&log);
        let sum = |part: fn(&super::PhaseMetrics) -> u64| found.phases.iter().map(part).sum::<u64>();
        prop_assert_eq!(Some(sum(|one| one.consumption.tokens_in.unwrap())), found.totals.consumption.tokens_in);
        prop_assert_eq!(found.phases.iter().map(|one| one.consumption.answers).sum::<usize>(), log.len());
        prop_assert_eq!(found.phases.iter().map(|one| one.absences).sum::<usize>(), found.totals.absences);
        let longest = found.phases.iter().filter_map(|one| one.consumption.latency).map(|one| one.longest_ms).max();
        prop_assert_eq!(longest, found.totals.consumption.latency.map(|one| one.longest_ms));
    }

    #[test]
    fn whoever_may_see_no_money_is_sent_none(latency in 0_u64..1_000) {
        let found = metrics(&[absent(0, "voting", vec![took(latency)])]);
        prop_assert!(serde_json::to_string(&found).unwrap().contains("usd"));
        let plain = serde_json::to_string(&found.without_money()).unwrap();
        for word in ["usd", "money", "ceiling", "unpriced"] {
            prop_assert!(!plain.contains(word), "{}", plain);
        }
    }
}
