//! When, and whether, to try again.
//!
//! An answer is kept from the app only where something can still land in it: within the patience of common apps, and
//! not on top of tries that the app makes by itself.

use crate::{Diagnosis, Kind, Question, Reason, RetryHelps};
use serde::{Deserialize, Serialize};

/// Common apps give up at 60 s; a hold without a stated wait ends before.
const HOLD_MS: u64 = 50_000;
/// The longest stated wait for which an answer is held.
const MAX_WAIT_MS: u64 = 75_000;
/// Time to press and to be answered after a stated wait.
const AFTER_WAIT_MS: u64 = 10_000;
/// How long an app that retries by itself is left alone before anything is shown: longer than the second pause of common SDKs (4 s).
const APP_RETRY_MS: u32 = 5_000;
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
    /// Epoch milliseconds of the stated wait's end; `None` where no wait is stated.
    pub ready_at_ms: Option<u64>,
    /// How long the card waits for an app that retries by itself; 0 = at once.
    pub show_after_ms: u32,
}

/// Plans for a diagnosis.
#[must_use]
pub fn plan(question: &Question, diagnosis: &Diagnosis) -> Plan {
    let at_ms = question.exchange.at_ms;
    let ready_at_ms = if diagnosis.retry_helps == RetryHelps::Never { None } else { ready_at_ms(diagnosis, at_ms) };
    let plan = Plan { ready_at_ms, ..Plan::default() };
    let wait_ms = ready_at_ms.map(|ready_at_ms| ready_at_ms.saturating_sub(at_ms));
    let out_of_reach = match wait_ms {
        Some(wait_ms) => wait_ms > MAX_WAIT_MS,
        None => lasts_long(diagnosis),
    };
    let impossible = !question.replayable || question.site.paused || diagnosis.retry_helps == RetryHelps::Never;
    if impossible || out_of_reach {
        return plan;
    }
    let app_retries = question.request.as_ref().and_then(|request| request.app_retries);
    let app_tries_again = match question.site.own_retries {
        Some(tries) => question.attempt <= tries.min(MAX_OWN_RETRIES),
        None => app_retries.is_some_and(|made| made < APP_RETRIES),
    };
    if app_tries_again {
        return Plan { show_after_ms: APP_RETRY_MS, ..plan };
    }
    let deadline_ms = wait_ms.map_or(HOLD_MS, |wait_ms| HOLD_MS.max(wait_ms + AFTER_WAIT_MS));
    Plan { hold: true, deadline_ms: u32::try_from(deadline_ms).ok(), ..plan }
}

/// The end of the stated wait: the later one where a wait and a reset are stated, so that no try is ever early.
fn ready_at_ms(diagnosis: &Diagnosis, at_ms: u64) -> Option<u64> {
    let wait_ms = diagnosis.retry_after_s.map(|seconds| (seconds * 1_000.0).ceil() as u64);
    let after_wait = wait_ms.filter(|_| at_ms > 0).map(|wait_ms| at_ms.saturating_add(wait_ms));
    // A reset in the past is over; a device's clock may run ahead.
    let after_reset = diagnosis.reset_at_ms.map(|reset_at_ms| reset_at_ms.max(at_ms));
    after_wait.max(after_reset)
}

/// Limits of a day or more, which no hold outlasts even where their end is not stated.
fn lasts_long(diagnosis: &Diagnosis) -> bool {
    matches!(diagnosis.kind, Kind::FreePerDay | Kind::KeyLimit) || matches!(diagnosis.reason, Reason::ModelPerDay | Reason::OwnKeyDaily)
}
