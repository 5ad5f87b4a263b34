//! When, and whether, to try again.
//!
//! An answer is kept from the app only where something can still land in it: within the patience of common apps, and
//! not on top of tries that the app makes by itself.

mod auto;

pub use auto::{Asked, Budget, Step};

use crate::exchange::whole_ms;
use crate::read::wait::{self, Period};
use crate::{Diagnosis, Exchange, Kind, Question, Reason, RetryHelps};
use serde::{Deserialize, Serialize};

/// Common apps give up at 60 s; a hold without a stated wait ends before.
const HOLD_MS: u64 = 50_000;
/// The longest stated wait for which an answer is held.
const MAX_WAIT_MS: u64 = 75_000;
/// Time to press and to be answered after a stated wait.
const AFTER_WAIT_MS: u64 = 10_000;
/// How long an app that retries by itself is left alone before anything is shown: longer than the second pause of common SDKs (4 s).
const APP_RETRY_MS: u32 = 5_000;
/// What a press waits after a first try that failed, half of it more or less by chance; each further one doubles it, up to the longest.
const PRESS_PAUSE_MS: u64 = 2_000;
const LONGEST_PRESS_PAUSE_MS: u64 = 8_000;
/// After so many failed tries a press leaves the row of those who were told the same wait.
const OUT_OF_STEP: u32 = 5;
/// Clocks that differ by less are the same.
const LEAST_SKEW_MS: u64 = 5_000;
/// Tries that the common SDKs make by themselves.
const APP_RETRIES: u32 = 2;
/// An app that fails more often than this by itself is no longer left alone.
const MAX_OWN_RETRIES: u32 = 5;

/// When, and whether, to try again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Keep the answer from the app until the person decides.
    pub hold: bool,
    /// How long to hold, from now; `None` where nothing is held.
    pub deadline_ms: Option<u32>,
    /// When a try makes sense, in epoch milliseconds of this device's clock: the stated wait's end, or the beginning of
    /// the next period of a limit that is counted by the day, week or month; `None` where neither is known.
    pub ready_at_ms: Option<u64>,
    /// How long the card waits for an app that retries by itself; 0 = at once.
    pub show_after_ms: u32,
    /// When a press sends: the stated wait's end, or later where a try has just failed; `None` at once.
    pub press_at_ms: Option<u64>,
    /// How many tries without a click the story may have in all; 0 where a person is asked.
    pub auto_tries: u32,
}

/// Plans for a diagnosis.
#[must_use]
pub fn plan(question: &Question, diagnosis: &Diagnosis) -> Plan {
    let at_ms = question.exchange.at_ms;
    let ready_at_ms = if diagnosis.retry_helps == RetryHelps::Never { None } else { ready_at_ms(diagnosis, &question.exchange) };
    let plan = Plan { ready_at_ms, ..Plan::default() };
    let wait_ms = ready_at_ms.map(|ready_at_ms| ready_at_ms.saturating_sub(at_ms));
    let patience_ms = question.site.patience_ms.map_or(u64::MAX, u64::from);
    let out_of_reach = match wait_ms {
        Some(wait_ms) => wait_ms > MAX_WAIT_MS || wait_ms + AFTER_WAIT_MS > patience_ms,
        None => lasts_long(diagnosis),
    };
    let impossible = !question.replayable || diagnosis.retry_helps == RetryHelps::Never;
    // What was not kept of an app that is at its next try already: it may go on, and what it heals by itself never shows.
    if !question.replayable && question.attempt > 1 {
        return Plan { show_after_ms: APP_RETRY_MS, ..plan };
    }
    if impossible || out_of_reach {
        return plan;
    }
    if app_tries_again(question) {
        return Plan { show_after_ms: APP_RETRY_MS, ..plan };
    }
    if question.site.only_explain {
        return plan;
    }
    let deadline_ms = wait_ms.map_or(HOLD_MS, |wait_ms| HOLD_MS.max(wait_ms + AFTER_WAIT_MS)).min(patience_ms);
    let press_at_ms = press_at_ms(question, ready_at_ms);
    Plan { hold: true, deadline_ms: u32::try_from(deadline_ms).ok(), press_at_ms, auto_tries: auto::tries(question, diagnosis), ..plan }
}

/// The first press goes at once, or when the stated wait is over. Who presses again in the very second in which a try failed finds what
/// that one found: people did so two hundred times in a row. So each later one pauses. And where what was stated has proved wrong so often,
/// a press comes once by chance after it: who was told the same wait keeps step with all others, and the last in the row find nothing left
/// each time.
fn press_at_ms(question: &Question, ready_at_ms: Option<u64>) -> Option<u64> {
    let at_ms = question.exchange.at_ms;
    let Some(doubled) = question.tries.checked_sub(1).filter(|_| at_ms > 0) else { return ready_at_ms };
    let pause_ms = (PRESS_PAUSE_MS << doubled.min(8)).min(LONGEST_PRESS_PAUSE_MS);
    let by_chance_ms = whole_ms(pause_ms as f64 * question.random.clamp(0.0, 1.0));
    let late_ms = if question.tries == OUT_OF_STEP { by_chance_ms } else { 0 };
    let after_wait = ready_at_ms.map(|ready_at_ms| ready_at_ms.saturating_add(late_ms));
    after_wait.max(Some(at_ms.saturating_add(pause_ms / 2 + by_chance_ms)))
}

/// Where the same request cannot help, or not soon, but a changed one can: the answer is kept for that, unless the app is about to try again
/// by itself.
#[must_use]
pub(crate) fn hold_for_change(plan: Plan, question: &Question) -> Plan {
    if plan.hold || plan.show_after_ms > 0 || question.site.only_explain {
        return plan;
    }
    let status = question.exchange.status;
    // What no SDK tries again: refusals, and what came with a good status.
    let is_tried_again = matches!(status, 0 | 408 | 409 | 429 | 500..);
    if is_tried_again && app_tries_again(question) {
        return Plan { show_after_ms: APP_RETRY_MS, ..plan };
    }
    let patience_ms = question.site.patience_ms.map_or(u64::MAX, u64::from);
    Plan { hold: true, deadline_ms: u32::try_from(HOLD_MS.min(patience_ms)).ok(), ..plan }
}

/// Is the app about to send it again by itself?
fn app_tries_again(question: &Question) -> bool {
    // No SDK tries again what came with a good status.
    let by_status = !(200..300).contains(&question.exchange.status);
    let app_retries = question.request.as_ref().and_then(|request| request.app_retries).filter(|_| by_status);
    match question.site.own_retries {
        Some(tries) => question.attempt <= tries.min(MAX_OWN_RETRIES),
        None => app_retries.is_some_and(|made| made < APP_RETRIES),
    }
}

/// The end of the wait: the later one where a wait and a reset are stated, so that no try is ever early; else the
/// beginning of the next period, where OpenRouter counts in periods.
fn ready_at_ms(diagnosis: &Diagnosis, exchange: &Exchange) -> Option<u64> {
    let at_ms = exchange.at_ms;
    // A hint of seconds is not the end of a limit of the day.
    let wait_s = diagnosis.retry_after_s.filter(|wait_s| !is_daily(diagnosis) || *wait_s >= wait::LEAST_OF_A_DAY_S);
    let wait_ms = wait_s.map(|wait_s| (wait_s * 1_000.0).ceil() as u64);
    let after_wait = wait_ms.filter(|_| at_ms > 0).map(|wait_ms| at_ms.saturating_add(wait_ms).min(wait::MAX_INSTANT_MS));
    // A reset in the past is over; a device's clock may run ahead.
    let after_reset = diagnosis.reset_at_ms.map(|reset_at_ms| by_this_clock(reset_at_ms, exchange).max(at_ms));
    let period = || period(diagnosis).filter(|_| at_ms > 0);
    let after_period = || period().map(|period| by_this_clock(wait::next(period, by_their_clock(at_ms, exchange)), exchange));
    after_wait.max(after_reset).or_else(after_period)
}

/// How far this device's clock is ahead of the server's, in milliseconds, where the answer carries its date. A date
/// has whole seconds and has travelled; below a few seconds nothing is known.
fn ahead_ms(exchange: &Exchange) -> i64 {
    let stated = exchange.header("date").and_then(wait::date).filter(|_| exchange.at_ms > 0);
    let ahead_ms = stated.map_or(0, |date_ms| exchange.at_ms.cast_signed().saturating_sub(date_ms.cast_signed()));
    if ahead_ms.unsigned_abs() < LEAST_SKEW_MS { 0 } else { ahead_ms }
}

/// An instant of the server's clock, as this device's clock will show it.
pub(crate) fn by_this_clock(instant_ms: u64, exchange: &Exchange) -> u64 {
    instant_ms.saturating_add_signed(ahead_ms(exchange))
}

fn by_their_clock(instant_ms: u64, exchange: &Exchange) -> u64 {
    instant_ms.saturating_add_signed(ahead_ms(exchange).saturating_neg())
}

/// The period after which the count starts over, where OpenRouter states that it counts so.
fn period(diagnosis: &Diagnosis) -> Option<Period> {
    match (diagnosis.kind, diagnosis.reason) {
        (Kind::FreePerDay, _) | (_, Reason::ModelPerDay | Reason::KeyDaily) => Some(Period::Day),
        (_, Reason::KeyWeekly) => Some(Period::Week),
        (_, Reason::KeyMonthly) => Some(Period::Month),
        _ => None,
    }
}

fn is_daily(diagnosis: &Diagnosis) -> bool {
    let daily = matches!(diagnosis.reason, Reason::OwnKeyDaily | Reason::PoolDaily | Reason::ProviderDaily);
    daily || period(diagnosis).is_some()
}

/// Limits of a day or more, which no hold outlasts even where their end is not stated.
fn lasts_long(diagnosis: &Diagnosis) -> bool {
    diagnosis.kind == Kind::KeyLimit || is_daily(diagnosis)
}
