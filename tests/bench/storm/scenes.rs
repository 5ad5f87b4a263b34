//! Which storms there are, and what ours has to be in each.

use crate::model::{Hint, Limit, Outcome, Policy, Storm};

/// The first is ours; in half of the installations with tries by itself.
pub const POLICIES: [(&str, Policy); 6] = [
    ("Cooldown", Policy::Ours(50)),
    ("OpenAI SDK's default", Policy::Sdk),
    ("each second", Policy::Fixed),
    ("exponential", Policy::Exponential),
    ("AWS full jitter", Policy::FullJitter),
    ("(as stated)", Policy::Stated),
];
/// Where ours and its rivals stand in [`POLICIES`].
const OURS: usize = 0;
const RIVALS: std::ops::Range<usize> = 1..5;

/// A limit, as a share of the installations, and a hint.
pub struct Scene {
    limit: fn(u32) -> Limit,
    limited: &'static str,
    hint: Hint,
}

const STEADY: (fn(u32) -> Limit, &str) = (|all| Limit::Steady { per_s: (all / 300).max(1) }, "steady, all in 300 s");
const MINUTE: (fn(u32) -> Limit, &str) = (|all| Limit::Minute { quota: all / 5 }, "by the minute, all in 5");
const OUTAGE: (fn(u32) -> Limit, &str) =
    (|all| Limit::Outage { until_ms: 60_000, per_s: (all / 120).max(1) }, "nothing for 60 s, then all in 120 s");

const fn scene((limit, limited): (fn(u32) -> Limit, &'static str), hint: Hint) -> Scene {
    Scene { limit, limited, hint }
}

/// Every limit with every hint.
pub static SCENES: [Scene; 12] = [
    scene(STEADY, Hint::True),
    scene(STEADY, Hint::None),
    scene(STEADY, Hint::Rough),
    scene(STEADY, Hint::Short),
    scene(MINUTE, Hint::True),
    scene(MINUTE, Hint::None),
    scene(MINUTE, Hint::Rough),
    scene(MINUTE, Hint::Short),
    scene(OUTAGE, Hint::True),
    scene(OUTAGE, Hint::None),
    scene(OUTAGE, Hint::Rough),
    scene(OUTAGE, Hint::Short),
];

impl Scene {
    pub fn storm(&self, installations: u32, seed: u64) -> Storm {
        Storm { limit: (self.limit)(installations), hint: self.hint, installations, seed }
    }

    pub fn title(&self) -> String {
        let hint = match self.hint {
            Hint::True => "the true wait",
            Hint::None => "no hint",
            Hint::Rough => "always 30 s",
            Hint::Short => "always 1 s",
        };
        format!("{}; {hint}", self.limited)
    }
}

/// The last whole per cent of the messages that is answered under each of the policies.
pub fn common<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> usize {
    let cents = outcomes.map(|outcome| (outcome.served.len() * 100 / outcome.messages, outcome.messages)).min();
    cents.map_or(0, |(cent, messages)| messages * cent / 100)
}

/// At the common share, ours has wasted fewer calls than each rival, and is at most a tenth later than the first of them, though they come
/// earlier than they were told.
///
/// # Errors
/// What it is not.
pub fn stands(outcomes: &[&Outcome]) -> Result<(), String> {
    let share = common(outcomes.iter().copied());
    let at: Vec<_> = outcomes.iter().map(|outcome| outcome.at(share)).collect();
    let (at_ms, refused, _) = at[OURS];
    let rivals = &at[RIVALS];
    let first_ms = rivals.iter().map(|it| it.0).min().unwrap_or_default();
    let least = rivals.iter().map(|it| it.1).min().unwrap_or_default();
    if share == 0 {
        return Err("nobody was answered".to_owned());
    }
    if refused >= least {
        return Err(format!("{refused} calls were refused, {least} under another policy"));
    }
    if f64::from(at_ms) > f64::from(first_ms) * 1.1 {
        return Err(format!("it took {:.1} s, the first one {:.1} s", f64::from(at_ms) / 1e3, f64::from(first_ms) / 1e3));
    }
    Ok(())
}
