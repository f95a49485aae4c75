use proptest::prelude::*;

use super::*;

fn rules() -> Rules {
    Rules::new(&BreakerConfig::default()).unwrap()
}

/// A circuit and a clock of its own.
struct Scene {
    circuit: Circuit,
    now: Instant,
}

impl Scene {
    fn new() -> Self {
        let now = Instant::now();
        Self { circuit: Circuit::new(rules(), now), now }
    }

    fn wait(&mut self, seconds: f64) {
        self.now += Duration::from_secs_f64(seconds);
    }

    fn call(&mut self, verdict: Verdict) -> Option<Change> {
        let pass = self.circuit.admit(self.now).unwrap();
        self.circuit.end(pass, verdict, self.now)
    }

    fn is_down(&self) -> bool {
        self.circuit.down_until(self.now).is_some()
    }

    /// Opens it by five failures.
    fn broken() -> Self {
        let mut scene = Self::new();
        for _ in 0..5 {
            scene.call(Verdict::Faulty);
        }
        assert!(scene.is_down());
        scene
    }
}

#[test]
fn few_failures_say_nothing_and_half_of_many_open_it() {
    let mut scene = Scene::new();
    for _ in 0..4 {
        assert_eq!(scene.call(Verdict::Faulty), None);
    }
    assert_eq!(scene.call(Verdict::Faulty), Some(Change::Opened(Duration::from_secs(5))));
    let mut scene = Scene::new();
    (0..6).for_each(|_| assert_eq!(scene.call(Verdict::Sound), None));
    (0..5).for_each(|_| assert_eq!(scene.call(Verdict::Faulty), None));
    assert!(scene.call(Verdict::Faulty).is_some(), "six of twelve");
}

#[test]
fn what_is_older_than_the_window_does_not_count() {
    let mut scene = Scene::new();
    (0..4).for_each(|_| assert_eq!(scene.call(Verdict::Faulty), None));
    scene.wait(31.0);
    assert_eq!(scene.call(Verdict::Faulty), None);
    (0..3).for_each(|_| assert_eq!(scene.call(Verdict::Faulty), None));
    scene.wait(20.0);
    assert!(scene.call(Verdict::Faulty).is_some(), "five within the window");
}

#[test]
fn one_probe_finds_out_and_each_failure_doubles_the_wait() {
    let mut scene = Scene::broken();
    for expected in [5.0, 10.0, 20.0, 40.0, 80.0, 120.0, 120.0] {
        scene.wait(expected - 0.001);
        assert!(scene.is_down());
        scene.wait(0.001);
        let probe = scene.circuit.admit(scene.now).unwrap();
        assert!(matches!(probe, Pass::Probe(_)));
        assert!(scene.circuit.admit(scene.now).is_err(), "one at a time");
        scene.circuit.end(probe, Verdict::Faulty, scene.now);
    }
    scene.wait(120.0);
    assert_eq!(scene.call(Verdict::Sound), Some(Change::Closed));
    (0..4).for_each(|_| assert_eq!(scene.call(Verdict::Faulty), None));
    let opened = scene.call(Verdict::Faulty);
    assert_eq!(opened, Some(Change::Opened(Duration::from_secs(5))), "the count begins anew");
}

#[test]
fn a_probe_that_is_given_up_leaves_the_place_to_the_next() {
    let mut scene = Scene::broken();
    scene.wait(5.0);
    assert_eq!(scene.call(Verdict::Silent), None);
    assert!(matches!(scene.circuit.admit(scene.now), Ok(Pass::Probe(_))));
}

#[test]
fn an_answer_that_begins_closes_it_and_may_still_break_off() {
    let mut scene = Scene::broken();
    scene.wait(5.0);
    let probe = scene.circuit.admit(scene.now).unwrap();
    let (pass, change) = scene.circuit.answers(probe, scene.now);
    assert_eq!(change, Some(Change::Closed));
    (0..4).for_each(|_| assert_eq!(scene.call(Verdict::Faulty), None));
    assert!(scene.circuit.end(pass, Verdict::Faulty, scene.now).is_some(), "the broken stream is the fifth failure");
}

#[test]
fn calls_from_before_say_nothing_about_after() {
    let mut scene = Scene::new();
    let early = scene.circuit.admit(scene.now).unwrap();
    (0..5).for_each(|_| _ = scene.call(Verdict::Faulty));
    scene.wait(5.0);
    scene.call(Verdict::Sound);
    (0..4).for_each(|_| assert_eq!(scene.call(Verdict::Faulty), None));
    assert_eq!(scene.circuit.end(early, Verdict::Faulty, scene.now), None);
    assert!(!scene.is_down());
}

#[test]
fn a_last_resort_that_answers_closes_it_and_one_that_fails_changes_nothing() {
    let mut scene = Scene::broken();
    let until = scene.circuit.down_until(scene.now);
    let pass = scene.circuit.admit_anyway(scene.now);
    assert_eq!(pass, Pass::LastResort);
    assert_eq!(scene.circuit.end(pass, Verdict::Faulty, scene.now), None);
    assert_eq!(scene.circuit.down_until(scene.now), until);
    let pass = scene.circuit.admit_anyway(scene.now);
    assert_eq!(scene.circuit.end(pass, Verdict::Sound, scene.now), Some(Change::Closed));
    assert!(!scene.is_down());
}

#[test]
fn a_busy_target_rests_as_long_as_it_asks_within_bounds() {
    let cases = [(Some(7), 7), (None, 5), (Some(0), 0), (Some(3_600), 60)];
    for (asked, expected) in cases {
        let mut scene = Scene::new();
        assert_eq!(scene.call(Verdict::Busy(asked.map(Duration::from_secs))), None);
        let rest = scene.circuit.down_until(scene.now).map_or(0, |until| (until - scene.now).as_secs());
        assert_eq!(rest, expected, "{asked:?}");
        scene.wait(60.0);
        assert!(!scene.is_down());
    }
    let mut scene = Scene::new();
    (0..50).for_each(|_| _ = scene.call(Verdict::Busy(Some(Duration::ZERO))));
    assert!(!scene.is_down(), "being busy is no fault");
}

#[test]
fn every_failure_has_its_verdict() {
    use ModelErrorKind::{
        BadRequest, Cut, Garbled, QuotaExhausted, RateLimited, Timeout, Unauthorized, Unavailable, Unknown,
    };
    for kind in [Timeout, Unavailable, Cut, Garbled, QuotaExhausted] {
        assert_eq!(Verdict::of(&kind), Verdict::Faulty, "{kind:?}");
    }
    assert_eq!(Verdict::of(&BadRequest), Verdict::Sound);
    assert_eq!(Verdict::of(&RateLimited { retry_after: None }), Verdict::Busy(None));
    for kind in [Unauthorized, Unknown] {
        assert_eq!(Verdict::of(&kind), Verdict::Silent, "{kind:?}");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Wait(u16),
    Admit,
    AdmitAnyway,
    Answers(prop::sample::Index),
    End(prop::sample::Index, Verdict),
}

fn steps() -> impl proptest::strategy::Strategy<Value = Vec<Step>> {
    let verdict = prop_oneof![
        1 => Just(Verdict::Sound),
        4 => Just(Verdict::Faulty),
        1 => Just(Verdict::Silent),
        1 => prop::option::of(0..100_u64).prop_map(|wait| Verdict::Busy(wait.map(Duration::from_secs))),
    ];
    let step = prop_oneof![
        1 => (1..20_000_u16).prop_map(Step::Wait),
        4 => Just(Step::Admit),
        1 => Just(Step::AdmitAnyway),
        1 => any::<prop::sample::Index>().prop_map(Step::Answers),
        4 => (any::<prop::sample::Index>(), verdict).prop_map(|(index, verdict)| Step::End(index, verdict)),
    ];
    prop::collection::vec(step, 1..120)
}

proptest! {
    #[test]
    fn whatever_happens_one_probe_is_out_at_most_and_every_rest_ends(steps in steps()) {
        let mut scene = Scene::new();
        let mut out: Vec<Pass> = Vec::new();
        for step in steps {
            match step {
                Step::Wait(millis) => scene.now += Duration::from_millis(millis.into()),
                Step::Admit => {
                    let down = scene.is_down();
                    let pass = scene.circuit.admit(scene.now);
                    prop_assert_eq!(pass.is_err(), down);
                    out.extend(pass.ok());
                }
                Step::AdmitAnyway => out.push(scene.circuit.admit_anyway(scene.now)),
                Step::Answers(index) if !out.is_empty() => {
                    let place = index.index(out.len());
                    out[place] = scene.circuit.answers(out[place], scene.now).0;
                    prop_assert!(matches!(out[place], Pass::Common(_)));
                }
                Step::End(index, verdict) if !out.is_empty() => {
                    let pass = out.swap_remove(index.index(out.len()));
                    scene.circuit.end(pass, verdict, scene.now);
                }
                Step::Answers(_) | Step::End(..) => {}
            }
            let probing = matches!(scene.circuit.state, State::HalfOpen { .. });
            let probes = out.iter().filter(|pass| **pass == Pass::Probe(scene.circuit.era)).count();
            prop_assert_eq!(probes, usize::from(probing), "somebody finds out, and only one");
            if let Some(until) = scene.circuit.down_until(scene.now) {
                prop_assert!(until <= scene.now + Duration::from_secs(120), "no rest is longer than the longest");
            }
        }
        // All calls end, two minutes pass: it is asked again.
        for pass in out {
            scene.circuit.end(pass, Verdict::Silent, scene.now);
        }
        scene.wait(120.0);
        prop_assert!(!scene.is_down());
    }
}
