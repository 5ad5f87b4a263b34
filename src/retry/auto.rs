//! Tries without a click: only where the person allowed it for the site, where the failure proves that nothing ran, and
//! never more than the browser's budget for the provider.

use super::{is_daily, lasts_long};
use crate::exchange::whole_ms;
use crate::{Certainty, Diagnosis, Kind, Plan, Question, Reason, RetryHelps};

/// The first back-off where no wait is stated; each further try doubles it.
const BASE_MS: u64 = 4_000;
/// A try must be on its way before the hold ends, or its answer would find nobody.
const MARGIN_MS: u64 = 1_000;
/// A timer this late woke up after a sleep: the try is planned anew, so that not all tabs send in the turn in which the lid opens.
const LATE_MS: u64 = 2_000;
/// Tries that a provider's budget holds at most.
const BURST: u64 = 3;
/// In this time the budget gains one try.
const REFILL_MS: u64 = 20_000;

/// How often a failure may be tried again without a click, in all tries of its story; 0 where a person is asked.
///
/// Source of the numbers: what a try can find out. A count a minute or money on hold is free at a stated time, and when it is not, a
/// second try knows no more than the first.
pub(super) fn tries(question: &Question, diagnosis: &Diagnosis) -> u32 {
    use {Kind as K, Reason as R};
    let site = question.site;
    let app_tries = question.request.as_ref().is_some_and(|request| request.app_retries.is_some());
    let app_alone = site.own_retries.map_or(app_tries, |tries| tries > 0);
    if !site.auto || app_alone || lasts_long(diagnosis) || is_daily(diagnosis) || !nothing_ran(question, diagnosis) {
        return 0;
    }
    match (diagnosis.kind, diagnosis.reason) {
        (_, R::PoolAccountEmpty | R::OwnProviderAccountEmpty | R::ProviderAccountEmpty) => 0,
        (K::FreePerMinute, _) | (K::AccountRateLimit, R::InFlightBudget) => 1,
        (K::AccountRateLimit | K::ProviderOverloaded, _) => 2,
        (K::UpstreamRateLimit | K::ByokRateLimit, _) => 3,
        _ => 0,
    }
}

/// A refusal that arrived whole, and says that it is one. Not a lost connection, a gateway that gave up waiting (408, 502, 504, 524)
/// or a contradiction: behind those a first try may run on, and be billed. Nor a request that had work done before a model was asked.
fn nothing_ran(question: &Question, diagnosis: &Diagnosis) -> bool {
    let money = diagnosis.reason == Reason::InFlightBudget;
    let refuses = |status: u16| matches!(status, 429 | 498 | 503 | 529) || (money && status == 402);
    let transport = question.exchange.status;
    let arrived = refuses(transport) || (200..300).contains(&transport);
    let plain = question.request.as_ref().is_some_and(|request| !request.works_before);
    let sure = diagnosis.certainty != Certainty::Unsure && diagnosis.against.is_empty();
    plain && arrived && sure && diagnosis.status.is_some_and(refuses) && diagnosis.retry_helps != RetryHelps::Never
}

/// The tries without a click that a browser still has for one provider: a bucket that holds three and gains one every 20 s. It is one
/// number, so that it can lie in a store between two tries; all tabs draw from the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// When the bucket is full again, epoch milliseconds; in the past where it is full.
    pub full_at_ms: u64,
}

impl Budget {
    /// Takes one try.
    ///
    /// # Errors
    /// When the next one is there, epoch milliseconds, where none is left.
    pub fn take(self, now_ms: u64) -> Result<Self, u64> {
        // A clock that was set back must not lock the bucket up: it is never further from full than when it is empty.
        let full_at_ms = self.full_at_ms.clamp(now_ms, now_ms.saturating_add(BURST * REFILL_MS));
        let after_ms = full_at_ms.saturating_add(REFILL_MS);
        let next_at_ms = after_ms.saturating_sub(BURST * REFILL_MS);
        if next_at_ms > now_ms { Err(next_at_ms) } else { Ok(Self { full_at_ms: after_ms }) }
    }
}

/// One question about a try without a click: when, or, once that has come, whether now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Asked {
    /// [`Plan::auto_tries`] of the failure.
    pub allowed: u32,
    /// How many tries without a click its story has had.
    pub tried: u32,
    /// [`Plan::press_at_ms`] of the failure: no timer is before a press.
    pub ready_at_ms: Option<u64>,
    /// When the hold ends.
    pub ends_at_ms: u64,
    /// The time that an earlier [`Step::Wait`] named; `None` at first.
    pub due_at_ms: Option<u64>,
    /// Now.
    pub now_ms: u64,
    /// Chance: from 0 to less than 1, new for each question.
    pub random: f64,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Not without a person.
    Ask,
    /// Ask again at this time, epoch milliseconds.
    Wait(u64),
    /// Send now; the budget that is left.
    Send(Budget),
}

impl Asked {
    /// Never before the stated wait is over, then at a time by chance (full jitter): over the back-off, or as long as the wait itself
    /// where that is longer, for whoever was told the same moment comes at the same moment. Nothing is taken from the budget before
    /// a try is sent.
    #[must_use]
    pub fn step(&self, budget: Budget) -> Step {
        let Self { now_ms, .. } = *self;
        if self.tried >= self.allowed {
            return Step::Ask;
        }
        let ready_at_ms = self.ready_at_ms.unwrap_or(now_ms).max(now_ms);
        match self.due_at_ms {
            Some(due_at_ms) if due_at_ms > now_ms && due_at_ms >= ready_at_ms => Step::Wait(due_at_ms),
            Some(due_at_ms) if ready_at_ms == now_ms && now_ms - due_at_ms <= LATE_MS => match budget.take(now_ms) {
                Ok(left) => Step::Send(left),
                Err(next_at_ms) => self.spread(next_at_ms, REFILL_MS / 2),
            },
            _ => self.spread(ready_at_ms, (BASE_MS << self.tried.min(4)).max(ready_at_ms - now_ms)),
        }
    }

    /// By chance within `over_ms` from the time on, but while the answer is still held.
    fn spread(&self, from_ms: u64, over_ms: u64) -> Step {
        let last_ms = self.ends_at_ms.saturating_sub(MARGIN_MS);
        if from_ms > last_ms {
            return Step::Ask;
        }
        let over_ms = over_ms.min(last_ms - from_ms);
        Step::Wait(from_ms + whole_ms(over_ms as f64 * self.random.clamp(0.0, 1.0)))
    }
}

impl Plan {
    /// When a press sends that is made now. No chance in it; a person's word goes before any timer's.
    #[must_use]
    pub fn pressed_at_ms(&self, now_ms: u64) -> u64 {
        self.press_at_ms.unwrap_or(now_ms).max(now_ms)
    }
}
