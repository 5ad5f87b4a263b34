//! The tolerant reader on any bytes: it ends, and what it reads is bounded by what there was.
#![no_main]

use cooldown::read::{fault, layout, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let plain = layout::plain(&text);
    let reading = read(&plain);
    let printed: usize = reading.roots.iter().map(|root| root.to_string().len()).sum();
    // JSON needs at most six characters for one, and quotes, commas and colons around it; nesting is bounded.
    assert!(printed <= 64 + 32 * text.len(), "{printed} of {}", text.len());
    let _ = fault::find(&reading.roots, true);
    let _ = fault::find(&reading.roots, false);
});
