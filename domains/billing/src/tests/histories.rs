//! Random histories of counting against a model small enough to be seen to be right.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use quorate_kernel::Counted;
use quorate_testkit::on_both_databases;
use tokio::runtime::Handle;

use super::*;

const FEATURES: [Feature; 3] = [Feature::BoardSessions, Feature::SolveSessions, Feature::Videos];

#[derive(Debug, Clone)]
enum Step {
    Count {
        feature: usize,
        amount: u64,
    },
    /// Which of all countings, from the newest; also one that was given back before.
    GiveBack {
        back: usize,
    },
    Assign {
        plan: &'static str,
    },
    Wait {
        days: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..FEATURES.len(), 0_u64..8).prop_map(|(feature, amount)| Step::Count { feature, amount }),
        4 => (0_usize..6).prop_map(|back| Step::GiveBack { back }),
        1 => prop::sample::select(vec!["free", "standard", "pro"]).prop_map(|plan| Step::Assign { plan }),
        1 => (1_u64..25).prop_map(|days| Step::Wait { days }),
    ]
}

/// The limit, and whether it is for life: the lines of the table, written down a second time.
fn table(plan: &str, feature: Feature) -> (u64, bool) {
    match (plan, feature) {
        ("free", Feature::BoardSessions) => (5, false),
        ("standard", Feature::BoardSessions) => (15, false),
        ("pro", Feature::BoardSessions) => (50, false),
        ("free", Feature::SolveSessions) => (10, true),
        ("standard", Feature::SolveSessions) => (100, false),
        ("pro", Feature::SolveSessions) => (u64::MAX, false),
        ("free", Feature::Videos) => (0, false),
        ("standard", Feature::Videos) => (2, false),
        ("pro", Feature::Videos) => (20, false),
        other => panic!("{other:?} is not in this test"),
    }
}

/// The beginning of the month: the last one that has come, of all that there are.
fn month(now: DateTime<Utc>, began: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let first = began.unwrap_or(at("2026-01-01T00:00:00Z"));
    (0..).map(|n| first + chrono::Months::new(n)).take_while(|start| *start <= now).last().unwrap()
}

#[derive(Default)]
struct Model {
    plan: Option<(&'static str, DateTime<Utc>)>,
    used: BTreeMap<(Feature, Option<DateTime<Utc>>), u64>,
    /// What was counted where, and when it was given back: nothing more.
    handles: Vec<(Counted, Option<DateTime<Utc>>, u64)>,
}

impl Model {
    fn place(&self, feature: Feature, now: DateTime<Utc>) -> (u64, Option<DateTime<Utc>>) {
        let (limit, life) = table(self.plan.map_or("free", |(plan, _)| plan), feature);
        (limit, (!life).then(|| month(now, self.plan.map(|(_, began)| began))))
    }
}

async fn play(node: &Node, steps: Vec<Step>) {
    let (port, org) = (node.billing.entitlements(), org());
    let mut model = Model::default();
    node.set("2026-01-05T09:00:00Z");
    for step in steps {
        let now = node.clock.now();
        match step {
            Step::Count { feature, amount } => {
                let feature = FEATURES[feature];
                let (limit, place) = model.place(feature, now);
                let used = model.used.entry((feature, place)).or_default();
                let counted = port.count(org, feature, amount).await;
                assert_eq!(counted.is_ok(), *used + amount <= limit, "{feature:?} {amount} of {limit} after {used}");
                if let Ok(counted) = counted {
                    *used += amount;
                    assert!(*used <= limit);
                    model.handles.push((counted, place, amount));
                }
            }
            Step::GiveBack { back } => {
                let Some(index) = model.handles.len().checked_sub(back + 1) else { continue };
                let (handle, place, left) = &mut model.handles[index];
                // Older than a month, it may be forgotten.
                if place.is_some_and(|place| place + chrono::Months::new(1) < now) {
                    continue;
                }
                port.give_back(handle).await.unwrap();
                *model.used.entry((handle.feature, *place)).or_default() -= std::mem::take(left);
            }
            Step::Assign { plan } => {
                node.assign(org, plan, 1).await;
                model.plan = Some((plan, model.plan.map_or(now, |(_, began)| began)));
            }
            Step::Wait { days } => node.clock.advance(Duration::from_secs(days * 86_400)),
        }
        for feature in FEATURES {
            let expected: u64 = model.used.iter().filter(|((of, _), _)| *of == feature).map(|(_, used)| used).sum();
            assert_eq!(node.used(org, feature).await.unsigned_abs(), expected, "{feature:?}");
        }
    }
}

on_both_databases! {
    async fn counters_never_exceed_the_limit(database: TestDatabase) {
        let node = Node::start(&database).await;
        let mut runner = TestRunner::new(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() });
        let steps = prop::collection::vec(step(), 1..40);
        runner
            .run(&steps, |steps| {
                tokio::task::block_in_place(|| Handle::current().block_on(play(&node, steps)));
                Ok(())
            })
            .unwrap();
    }
}
