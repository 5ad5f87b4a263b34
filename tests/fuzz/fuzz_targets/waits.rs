//! The grammars of waits: no text makes one that a clock cannot hold, and what was written is read again.
#![no_main]

use cooldown::read::{Text, wait};
use libfuzzer_sys::fuzz_target;

/// The last instant of JavaScript's `Date`.
const LAST_MS: u64 = 8_640_000_000_000_000;

fuzz_target!(|input: (String, u64)| {
    let (text, at_ms) = input;
    let at_ms = at_ms % LAST_MS;
    if let Some(ms) = wait::from_text(&Text::new(&text)) {
        assert!(ms <= 86_400_000, "{ms}");
    }
    let _ = wait::seconds(&text);
    let _ = wait::retry_after(&text, at_ms);
    let _ = wait::date(&text);
    assert!(wait::reset(&text, at_ms).is_none_or(|reset| reset <= LAST_MS + 1_000_000_000_000));
    if let Some(instant) = wait::instant(&text) {
        assert_eq!(wait::instant(&wait::to_iso(instant)), Some(instant - instant % 1_000));
    }
    for period in [wait::Period::Day, wait::Period::Week, wait::Period::Month] {
        let next = wait::next(period, at_ms);
        assert!(next > at_ms && next - at_ms <= 31 * 86_400_000, "{next} after {at_ms}");
    }
});
