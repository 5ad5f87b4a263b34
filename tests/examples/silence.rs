//! Reads the documents under folders (READMEs, documentation, source, logs, JSON) as a page, as a log and as an answer,
//! and prints each one of which something is said. Nothing should be: they are about failures at most.
//!
//! ```sh
//! cargo run --release --example silence -- ~/.cargo/registry/src tests/browser/node_modules /usr/share/doc
//! ```
//!
//! A file `*.jsonl` is read as one document a line, `{"id", "text"}`.

use cooldown::{Exchange, Locale, Question, Surface, explain};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

/// What a person may meet as text.
const SORTS: [&str; 24] = [
    "md", "markdown", "rst", "txt", "html", "htm", "json", "log", "rs", "js", "mjs", "cjs", "ts", "tsx", "mts", "py", "go", "java", "toml",
    "yaml", "yml", "csv", "css", "d.ts",
];
/// Larger files are no documents.
const MAX_BYTES: u64 = 2_000_000;
/// The largest part that is asked about at once, as the page's text comes.
const PART: usize = 200_000;

fn main() -> ExitCode {
    let places: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if places.is_empty() {
        eprintln!("silence FOLDER-OR-JSONL...");
        return ExitCode::from(2);
    }
    let mut tally = Tally { locale: Locale::english(), seen: BTreeSet::new(), documents: 0, bytes: 0, spoken: 0 };
    for place in &places {
        tally.walk(place);
    }
    println!("{} documents, {} MB, {} spoken of", tally.documents, tally.bytes / 1_000_000, tally.spoken);
    if tally.spoken == 0 && tally.documents > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Tally {
    locale: Locale,
    /// Hashes of the texts, so that a copy counts once.
    seen: BTreeSet<u64>,
    documents: usize,
    bytes: usize,
    spoken: usize,
}

impl Tally {
    fn walk(&mut self, place: &Path) {
        let mut open = vec![place.to_path_buf()];
        while let Some(at) = open.pop() {
            if at.is_dir() {
                let Ok(entries) = fs::read_dir(&at) else { continue };
                let mut inside: Vec<PathBuf> =
                    entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| !path.is_symlink()).collect();
                inside.sort();
                open.extend(inside.into_iter().rev());
            } else if at.extension().is_some_and(|extension| extension == "jsonl") {
                self.lines(&at);
            } else if is_document(&at)
                && let Ok(bytes) = fs::read(&at)
            {
                self.ask(&at.to_string_lossy(), &String::from_utf8_lossy(&bytes));
            }
        }
    }

    fn lines(&mut self, file: &Path) {
        let Ok(text) = fs::read_to_string(file) else { return };
        for line in text.lines() {
            let Ok(row) = serde_json::from_str::<Value>(line) else { continue };
            if let (Some(id), Some(text)) = (row["id"].as_str(), row["text"].as_str()) {
                self.ask(id, text);
            }
        }
    }

    fn ask(&mut self, id: &str, text: &str) {
        for part in parts(text) {
            let hash = part.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
            if !self.seen.insert(hash) {
                continue;
            }
            self.documents += 1;
            self.bytes += part.len();
            for (surface, status) in [(Surface::Page, 0), (Surface::Log, 0), (Surface::Http, 429)] {
                let exchange = Exchange { surface, status, body: part.to_owned(), ..Exchange::default() };
                if let Some(verdict) = explain(&Question { exchange, ..Question::default() }, &self.locale) {
                    self.spoken += 1;
                    let why: Vec<String> = verdict.diagnosis.evidence.iter().map(|sign| format!("{}={}", sign.field, sign.text)).collect();
                    println!("{} {} {id}\n    {}", surface.as_str(), verdict.diagnosis.kind.as_str(), why.join(" | "));
                    break;
                }
            }
        }
    }
}

fn is_document(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let known = SORTS.iter().any(|sort| name.strip_suffix(sort).is_some_and(|stem| stem.ends_with('.')));
    let named = ["readme", "changelog", "changes", "news", "history", "copyright"].iter().any(|head| name.starts_with(head));
    (known || named) && !name.ends_with(".min.js") && path.metadata().is_ok_and(|about| about.len() <= MAX_BYTES)
}

/// Parts that end where a paragraph does.
fn parts(text: &str) -> Vec<&str> {
    let (mut all, mut rest) = (Vec::new(), text);
    while rest.len() > PART {
        let mut end = PART;
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let end = rest[..end].rfind("\n\n").filter(|end| *end > 0).unwrap_or(end);
        let (part, after) = rest.split_at(end);
        all.push(part);
        rest = after;
    }
    all.push(rest);
    all.retain(|part| !part.trim().is_empty());
    all
}
