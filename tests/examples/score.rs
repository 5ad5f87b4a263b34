//! How well labelled failures are read: the right share of each label, what each kind and owner was taken for, and every
//! miss. Ends with 1 where a look-alike was spoken of.
//!
//! ```sh
//! cargo run --release --example score -- tests/corpus/*.jsonl
//! ```

#[path = "../labelled/mod.rs"]
mod labelled;

use cooldown::Locale;
use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        eprintln!("score FILE...: labelled failures, JSON lines as in tests/corpus");
        return ExitCode::from(2);
    }
    let (locale, mut score) = (Locale::english(), labelled::Score::default());
    for row in files.iter().flat_map(|file| labelled::rows(file)) {
        score.count(&row, &locale);
    }
    for miss in &score.misses {
        println!("{miss}");
    }
    print!("{}", score.report());
    if score.spoken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
