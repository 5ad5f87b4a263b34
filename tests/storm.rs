//! The storm of `cargo xtask bench --storm`, small: what it shows of a hundred thousand holds for ten thousand, for another seed, and
//! whether nobody or everybody has tries by itself switched on.

#[path = "bench/storm/model.rs"]
mod model;
#[path = "bench/storm/scenes.rs"]
mod scenes;

use model::{Outcome, Policy, run};
use scenes::{POLICIES, SCENES, stands};

fn outcomes(scene: &scenes::Scene, seed: u64, share: u32) -> Vec<Outcome> {
    let policy = |policy| if matches!(policy, Policy::Ours(_)) { Policy::Ours(share) } else { policy };
    POLICIES.iter().map(|(_, one)| run(&scene.storm(10_000, seed), policy(*one))).collect()
}

#[test]
fn ours_wastes_the_fewest_calls_and_is_hardly_later_than_the_first() {
    let mut wrong = Vec::new();
    for scene in &SCENES {
        for share in [0, 50, 100] {
            let outcomes = outcomes(scene, 1, share);
            if let Err(why) = stands(&outcomes.iter().collect::<Vec<_>>()) {
                wrong.push(format!("{} ({share} in 100 by itself): {why}", scene.title()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_seed_is_a_storm() {
    let scene = &SCENES[5];
    let [one, same, other] = [7, 7, 8].map(|seed| run(&scene.storm(500, seed), Policy::Ours(50)));
    assert_eq!(one.served, same.served);
    assert_ne!(one.served, other.served);
}

#[test]
fn nobody_is_answered_twice_nor_beyond_the_limit() {
    for (_, policy) in POLICIES {
        let outcome = run(&SCENES[4].storm(2_000, 3), policy);
        assert!(outcome.served.len() <= outcome.messages);
        for minute in 0..5 {
            let inside = outcome.served.iter().filter(|(at_ms, _)| at_ms / 60_000 == minute).count();
            assert!(inside <= 400, "{inside} in minute {minute}");
        }
    }
}
