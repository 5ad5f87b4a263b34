//! Tries without a click: where there are any, that none is early, that no browser sends more than its budget, and that chance spreads them.

use cooldown::retry::{Asked, Budget, Step};
use cooldown::{Exchange, Kind, Locale, Question, RequestFacts, SiteMemory, Surface, explain};
use proptest::prelude::*;
use serde_json::Value;
use std::fs;

const NOW_MS: u64 = 1_795_348_800_000;

fn failing(status: u16, body: &str) -> Question {
    let url = "https://openrouter.ai/api/v1/chat/completions".to_owned();
    let exchange = Exchange { url, status, body: body.to_owned(), at_ms: NOW_MS, ..Exchange::default() };
    let request = Some(RequestFacts { key: true, ..RequestFacts::default() });
    let site = SiteMemory { auto: true, ..SiteMemory::default() };
    Question { exchange, request, replayable: true, attempt: 1, site, ..Question::default() }
}

fn pool() -> Question {
    let metadata = r#""provider_name":"Venice","is_byok":false,"retry_after_seconds":17"#;
    failing(429, &format!(r#"{{"error":{{"message":"Provider returned error","code":429,"metadata":{{{metadata}}}}}}}"#))
}

fn said(status: u16, message: &str) -> Question {
    failing(status, &format!(r#"{{"error":{{"message":"{message}","code":{status}}}}}"#))
}

fn tries(question: &Question) -> u32 {
    explain(question, &Locale::english()).map_or(0, |verdict| verdict.plan.auto_tries)
}

#[test]
fn a_refusal_that_ran_nothing_is_tried_again_so_often() {
    assert_eq!(tries(&pool()), 3);
    assert_eq!(tries(&said(429, "Rate limit exceeded: free-models-per-min")), 1);
    assert_eq!(tries(&said(503, "No instances available")), 2);
    let in_flight = r#"{"error":{"message":"This request would exceed your available credits given your current in-flight requests.","code":402,
        "metadata":{"reason":"in_flight_budget_exhausted","headers":{"Retry-After":"60"}}}}"#;
    assert_eq!(tries(&failing(402, in_flight)), 1);
    let mut inside = pool();
    inside.exchange.status = 200;
    inside.exchange.surface = Surface::Body200;
    assert_eq!(tries(&inside), 3, "it arrived whole inside a good answer");
}

#[test]
fn what_may_have_run_asks_a_person() {
    for status in [0, 408, 500, 502, 504, 520, 524] {
        assert_eq!(tries(&said(status, "Provider returned error")), 0, "{status}");
    }
    let mut wrapped = pool();
    wrapped.exchange.status = 502;
    assert_eq!(tries(&wrapped), 0, "a limit by its words, and a gateway that gave up by its status");
    let worked = Question { request: Some(RequestFacts { works_before: true, ..RequestFacts::default() }), ..pool() };
    assert_eq!(tries(&worked), 0, "a search of the web was paid for");
    assert_eq!(tries(&Question { request: None, ..pool() }), 0, "nothing is known of the request");
    let contradicting = r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"provider_name":"Venice","is_byok":true,
        "limit_source":"upstream_provider_shared_pool"}}}"#;
    assert_eq!(tries(&failing(429, contradicting)), 0);
}

#[test]
fn what_waiting_does_not_help_asks_a_person() {
    for message in ["Rate limit exceeded: free-models-per-day", "Rate limit exceeded: limit_rpd/acme/model-1"] {
        assert_eq!(tries(&said(429, message)), 0, "{message}");
    }
    assert_eq!(tries(&said(401, "User not found.")), 0);
    assert_eq!(tries(&said(402, "Insufficient credits")), 0);
}

#[test]
fn nothing_without_leave_nor_on_top_of_the_apps_own_tries() {
    let with = |site: SiteMemory, app_retries: Option<u32>| {
        tries(&Question { site, request: Some(RequestFacts { key: true, app_retries, ..RequestFacts::default() }), attempt: 9, ..pool() })
    };
    let auto = SiteMemory { auto: true, ..SiteMemory::default() };
    assert_eq!(with(SiteMemory::default(), None), 0, "the person did not allow it here");
    assert_eq!(with(SiteMemory { only_explain: true, ..auto }, None), 0);
    assert_eq!(with(auto, Some(2)), 0, "an SDK that tries by itself");
    assert_eq!(with(SiteMemory { own_retries: Some(1), ..auto }, None), 0, "a site that was seen to");
    assert_eq!(with(SiteMemory { own_retries: Some(0), ..auto }, Some(0)), 3, "an SDK that was seen not to");
}

/// Whatever people met: each try without a click is for one of five kinds, a status that refuses, and a wait that a hold outlasts.
#[test]
fn no_failure_that_was_met_is_tried_where_it_may_be_billed_twice() {
    let own = ["http", "inside-200", "apis", "providers", "waits"].map(|file| format!("tests/corpus/{file}.jsonl"));
    let rows = own.into_iter().chain(std::env::var("COOLDOWN_CORPUS").ok()).filter_map(|file| fs::read_to_string(file).ok());
    let mut allowed = 0;
    for line in rows.collect::<String>().lines().filter(|line| !line.is_empty()) {
        let row: Value = serde_json::from_str(line).unwrap();
        let status = row["status"].as_u64().unwrap_or_default() as u16;
        let question = failing(status, row["text"].as_str().unwrap());
        let Some(verdict) = explain(&question, &Locale::english()).filter(|verdict| verdict.plan.auto_tries > 0) else { continue };
        allowed += 1;
        let kinds = [Kind::UpstreamRateLimit, Kind::ByokRateLimit, Kind::FreePerMinute, Kind::AccountRateLimit, Kind::ProviderOverloaded];
        assert!(kinds.contains(&verdict.diagnosis.kind), "{line}");
        assert!([200, 402, 429, 498, 503, 529].contains(&status), "{line}");
        assert!([402, 429, 498, 503, 529].contains(&verdict.diagnosis.status.unwrap()), "{line}");
        assert!(verdict.plan.hold && verdict.plan.auto_tries <= 3, "{line}");
    }
    assert!(allowed > 20, "only {allowed} rows");
}

fn asked() -> impl Strategy<Value = Asked> {
    let times = (prop::option::of(0_u64..200_000), 0_u64..100_000, prop::option::of(-60_000_i64..60_000));
    (0_u32..4, 0_u32..4, times, 0.0..1.0).prop_map(|(allowed, tried, (ready_in, ends_in, due_in), random)| Asked {
        allowed,
        tried,
        ready_at_ms: ready_in.map(|ms| NOW_MS - 60_000 + ms),
        ends_at_ms: NOW_MS + ends_in,
        due_at_ms: due_in.map(|ms| NOW_MS.saturating_add_signed(ms)),
        now_ms: NOW_MS,
        random,
    })
}

/// One tab of a browser: at these moments it fails, and from then on does what the policy says.
fn play(tabs: &[u64], randoms: &[f64], wait_ms: Option<u64>) -> Vec<u64> {
    let mut budget = Budget::default();
    let mut sent = Vec::new();
    let mut chance = randoms.iter().copied().cycle();
    // The next moment of each tab with its failure's time, the tries it had, and what it was told.
    let mut open: Vec<(u64, u64, u32, Option<u64>)> = tabs.iter().map(|at| (NOW_MS + at, NOW_MS + at, 0, None)).collect();
    while let Some(first) = (0..open.len()).min_by_key(|tab| open[*tab].0) {
        let (now_ms, failed_ms, tried, due_at_ms) = open[first];
        let ready_at_ms = wait_ms.map(|wait_ms| failed_ms + wait_ms);
        let random = chance.next().unwrap_or_default();
        let asked = Asked { allowed: 3, tried, ready_at_ms, ends_at_ms: failed_ms + 85_000, due_at_ms, now_ms, random };
        match asked.step(budget) {
            Step::Ask => drop(open.swap_remove(first)),
            Step::Wait(at_ms) => open[first] = (at_ms, failed_ms, tried, Some(at_ms)),
            Step::Send(left) => {
                assert!(ready_at_ms.is_none_or(|ready_at_ms| now_ms >= ready_at_ms));
                budget = left;
                sent.push(now_ms);
                open[first] = (now_ms + 1, now_ms, tried + 1, None); // and fails again
            }
        }
    }
    sent
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_earlier_than_stated_and_never_after_the_hold(asked in asked(), full_in in 0_u64..100_000) {
        let ready_at_ms = asked.ready_at_ms.unwrap_or_default();
        match asked.step(Budget { full_at_ms: NOW_MS + full_in }) {
            Step::Ask => {}
            Step::Wait(at_ms) => {
                prop_assert!(at_ms >= ready_at_ms && at_ms >= NOW_MS);
                prop_assert!(at_ms < asked.ends_at_ms || Some(at_ms) == asked.due_at_ms);
            }
            Step::Send(_) => {
                prop_assert!(NOW_MS >= ready_at_ms && asked.due_at_ms.is_some_and(|due_at_ms| due_at_ms <= NOW_MS));
                prop_assert!(asked.tried < asked.allowed);
            }
        }
    }

    #[test]
    fn the_sum_over_the_tabs_of_a_browser_stays_within_the_budget(
        tabs in prop::collection::vec(0_u64..120_000, 1..30), randoms in prop::collection::vec(0.0..1.0, 1..50), wait_ms in prop::option::of(0_u64..60_000),
    ) {
        let sent = play(&tabs, &randoms, wait_ms);
        prop_assert!(sent.len() <= 3 * tabs.len());
        for (n, from) in sent.iter().enumerate() {
            for (m, to) in sent.iter().enumerate().skip(n) {
                let most = 3 + (to - from) / 20_000;
                prop_assert!((m - n + 1) as u64 <= most, "{} tries in {} ms", m - n + 1, to - from);
            }
        }
    }

    #[test]
    fn a_budget_refuses_until_the_moment_that_it_names(full_in in 0_u64..10_000_000, later in 0_u64..100_000) {
        let budget = Budget { full_at_ms: NOW_MS + full_in };
        if let Err(next_at_ms) = budget.take(NOW_MS) {
            prop_assert!(next_at_ms > NOW_MS && next_at_ms <= NOW_MS + 20_000, "a clock that was set back locks nothing up");
            prop_assert!(full_in > 60_000 || budget.take(next_at_ms - 1).is_err());
            prop_assert!(full_in > 60_000 || budget.take(next_at_ms + later).is_ok());
        }
    }

    #[test]
    fn chance_spreads_over_the_wait(wait_ms in 0_u64..30_000, tried in 0_u32..3) {
        let at = |random: f64| {
            let asked = Asked { allowed: 3, tried, ready_at_ms: Some(NOW_MS + wait_ms), ends_at_ms: NOW_MS + 200_000, due_at_ms: None, now_ms: NOW_MS, random };
            match asked.step(Budget::default()) { Step::Wait(at_ms) => at_ms - NOW_MS - wait_ms, other => panic!("{other:?}") }
        };
        let over_ms = wait_ms.max(4_000 << tried);
        let drawn: Vec<u64> = (0..1_000).map(|n| at(f64::from(n) / 1_000.0)).collect();
        for tenth in 0..10 {
            let (low, high) = (over_ms * tenth / 10, over_ms * (tenth + 1) / 10);
            let share = drawn.iter().filter(|ms| (low..high).contains(ms)).count();
            prop_assert!((95..=105).contains(&share), "{share} of 1000 in tenth {tenth}");
        }
    }

    #[test]
    fn a_press_sends_when_the_wait_is_over_and_not_a_moment_later(asked in asked()) {
        let plan = cooldown::Plan { press_at_ms: asked.ready_at_ms, ..cooldown::Plan::default() };
        let pressed_at_ms = plan.pressed_at_ms(NOW_MS);
        prop_assert_eq!(pressed_at_ms, asked.ready_at_ms.unwrap_or_default().max(NOW_MS));
        if let Step::Wait(at_ms) = (Asked { due_at_ms: None, ..asked }).step(Budget::default()) {
            prop_assert!(pressed_at_ms <= at_ms, "no timer is before a person");
        }
    }
}

#[test]
fn a_timer_that_slept_is_planned_anew() {
    let asked = Asked {
        allowed: 3,
        ends_at_ms: NOW_MS + 40_000,
        due_at_ms: Some(NOW_MS - 10_000),
        now_ms: NOW_MS,
        random: 0.5,
        ..Asked::default()
    };
    assert_eq!(asked.step(Budget::default()), Step::Wait(NOW_MS + 2_000));
    let in_time = Asked { due_at_ms: Some(NOW_MS - 100), ..asked };
    assert!(matches!(in_time.step(Budget::default()), Step::Send(_)));
}

#[test]
fn a_spent_budget_postpones_by_chance_or_asks() {
    let spent = Budget { full_at_ms: NOW_MS + 60_000 };
    let asked = Asked { allowed: 3, ends_at_ms: NOW_MS + 85_000, due_at_ms: Some(NOW_MS), now_ms: NOW_MS, random: 0.5, ..Asked::default() };
    assert_eq!(asked.step(spent), Step::Wait(NOW_MS + 25_000));
    assert_eq!(Asked { ends_at_ms: NOW_MS + 15_000, ..asked }.step(spent), Step::Ask);
}
