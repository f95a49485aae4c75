use futures::future::join_all;

use super::*;
use crate::Requests;

fn org() -> OrgId {
    caller().org_id
}

fn requests(plan: &Arc<Plan>, clock: &Arc<HeldClock>) -> Requests {
    Requests::new(plan.clone(), clock.clone())
}

#[tokio::test]
async fn requests_are_counted_in_blocks_and_the_limit_holds() {
    let (plan, clock) = (Plan::of(1_005), Arc::default());
    let (one, two) = (requests(&plan, &clock), requests(&plan, &clock));
    let passed = join_all((0..1_200).map(|n| if n % 2 == 0 { one.admit(org()) } else { two.admit(org()) })).await;
    let passed = passed.into_iter().filter(Result::is_ok).count();
    assert_eq!((passed, plan.used()), (1_005, 1_005));
    assert!(plan.asked() < 120, "{} transactions", plan.asked());
}

#[tokio::test]
async fn a_refusal_tells_what_the_plan_said_and_costs_one_transaction_a_second() {
    let (plan, clock) = (Plan::of(1), Arc::default());
    let requests = requests(&plan, &clock);
    requests.admit(org()).await.unwrap();
    let asked = plan.asked();
    for _ in 0..50 {
        let refused = requests.admit(org()).await.unwrap_err();
        assert_eq!((refused.code, &refused.params["used"]), (Code::QuotaExceeded, &serde_json::json!(1)));
    }
    assert_eq!(plan.asked(), asked + 1);
    clock.advance(Duration::from_secs(1));
    requests.admit(org()).await.unwrap_err();
    assert_eq!(plan.asked(), asked + 2);
}

#[tokio::test]
async fn what_is_not_used_of_a_block_is_given_back() {
    let (plan, clock) = (Plan::of(1_000), Arc::default());
    let requests = requests(&plan, &clock);
    for _ in 0..13 {
        requests.admit(org()).await.unwrap();
    }
    assert_eq!(plan.used(), 20);
    requests.give_back(false).await;
    assert_eq!(plan.used(), 20, "it is in use");
    clock.advance(Duration::from_secs(301));
    requests.give_back(false).await;
    assert_eq!(plan.used(), 13);
    requests.admit(org()).await.unwrap();
    requests.give_back(true).await;
    assert_eq!(plan.used(), 14);
}

#[tokio::test]
async fn when_nobody_can_say_nobody_gets_in() {
    let (plan, clock) = (Plan::of(1_000), Arc::default());
    let requests = requests(&plan, &clock);
    plan.set_away(true);
    assert_eq!(requests.admit(org()).await.unwrap_err().code, Code::Unavailable);
    plan.set_away(false);
    clock.advance(Duration::from_secs(1));
    requests.admit(org()).await.unwrap();
    plan.set_away(true);
    for _ in 0..9 {
        requests.admit(org()).await.unwrap();
    }
    assert_eq!(requests.admit(org()).await.unwrap_err().code, Code::Unavailable);
}
