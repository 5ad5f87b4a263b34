//! The stream reader: where a stream is cut into pieces makes no difference.
#![no_main]

use cooldown::read::EventStream;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<u8>, Vec<u8>)| {
    let (bytes, sizes) = input;
    let mut whole = EventStream::default();
    let mut all = whole.push(&bytes);
    all.extend(whole.finish());

    let (mut stream, mut got, mut rest) = (EventStream::default(), Vec::new(), bytes.as_slice());
    for size in sizes {
        let (piece, after) = rest.split_at(usize::from(size).min(rest.len()));
        got.extend(stream.push(piece));
        rest = after;
    }
    got.extend(stream.push(rest));
    got.extend(stream.finish());
    assert_eq!(got, all);
});
