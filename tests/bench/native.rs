//! The core natively, as `cargo xtask bench` measures it: the ten bodies through [`explain`], then ten megabytes of page text.
//!
//! `cargo bench --bench native -- FOLDER`: reads `questions.json` and `text.json` of the folder, writes `native.json` into it.

use cooldown::{Exchange, Locale, Question, Surface, explain};
use serde::Deserialize;
use serde_json::json;
use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs};

const BATCH: Duration = Duration::from_millis(4);
const WARM_UP: Duration = Duration::from_millis(500);
const ROUNDS: usize = 61;
const SCANS: usize = 5;

#[derive(Deserialize)]
struct Case {
    id: String,
    question: Question,
}

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo itself adds `--bench`.
    let folder = env::args().skip(1).find(|arg| !arg.starts_with("--")).map(PathBuf::from);
    let folder = folder.ok_or("usage: cargo bench --bench native -- FOLDER, the one that `cargo xtask bench` fills")?;
    let cases: Vec<Case> = serde_json::from_str(&fs::read_to_string(folder.join("questions.json"))?)?;
    let pieces: Vec<String> = serde_json::from_str(&fs::read_to_string(folder.join("text.json"))?)?;
    let locale = Locale::english();

    let decoded: Vec<_> = decode(&cases, &locale).into_iter().map(|(id, us)| json!({ "id": id, "us": us })).collect();
    let (bytes, mb_per_s, spoken) = scan(pieces, &locale);
    let result = json!({ "decode": decoded, "scan": { "bytes": bytes, "mb_per_s": mb_per_s, "spoken": spoken } });
    fs::write(folder.join("native.json"), result.to_string())?;
    Ok(())
}

/// Microseconds for each body: medians over many short batches, the bodies in turn.
fn decode<'a>(cases: &'a [Case], locale: &Locale) -> Vec<(&'a str, f64)> {
    let batch = |case: &Case, times: u32| {
        let started = Instant::now();
        for _ in 0..times {
            black_box(explain(black_box(&case.question), locale));
        }
        started.elapsed().as_secs_f64() * 1e6 / f64::from(times)
    };
    let started = Instant::now();
    while started.elapsed() < WARM_UP {
        for case in cases {
            batch(case, 20);
        }
    }
    let times: Vec<u32> = cases.iter().map(|case| (BATCH.as_secs_f64() * 1e6 / batch(case, 50)).max(1.0) as u32).collect();
    let mut all = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for _ in 0..ROUNDS {
        for ((case, times), taken) in cases.iter().zip(&times).zip(&mut all) {
            taken.push(batch(case, *times));
        }
    }
    cases.iter().zip(all).map(|(case, taken)| (case.id.as_str(), median(taken))).collect()
}

/// Bytes, megabytes a second, and how many pieces were taken for failures.
fn scan(pieces: Vec<String>, locale: &Locale) -> (usize, f64, usize) {
    let bytes: usize = pieces.iter().map(String::len).sum();
    let ask = |body| Question { exchange: Exchange { surface: Surface::Page, body, ..Exchange::default() }, ..Question::default() };
    let questions: Vec<Question> = pieces.into_iter().map(ask).collect();
    let mut spoken = 0;
    let pass = |_| {
        let started = Instant::now();
        spoken = questions.iter().filter(|question| explain(black_box(question), locale).is_some()).count();
        started.elapsed().as_secs_f64()
    };
    let took = median((0..SCANS).map(pass).collect());
    (bytes, bytes as f64 / 1e6 / took, spoken)
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}
