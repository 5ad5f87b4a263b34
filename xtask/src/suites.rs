//! `cargo xtask test`: everything, in an order that fails early; one line a suite at the end.

use std::fs;
use std::panic::resume_unwind;
use std::process::{Command, ExitCode};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::bundle::{self, Kind};
use crate::process::{self, Scratch, Steps, cargo};
use crate::setup::{self, Browser};

/// The most that a suite of cargo's may take, compiling from nothing on a slow machine included.
const CARGO_LIMIT: Duration = Duration::from_secs(45 * 60);
/// The most that one browser's tests may take.
const BROWSER_LIMIT: Duration = Duration::from_secs(40 * 60);

/// The most that the long form may take.
const HARD_LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

/// What came of a suite.
struct Ran {
    name: String,
    verdict: Result<Option<Count>>,
    took: Duration,
}

/// A suite failed: why, and what it said of each test that failed. Hundreds of lines of other suites come after it.
#[derive(Debug)]
struct Failed {
    why: String,
    tests: String,
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Failed {}

/// Single tests, where the suite counts them.
#[derive(Debug, PartialEq, Eq)]
struct Count {
    passed: usize,
    failed: usize,
}

/// A name, what it tells of, and what runs it.
type Suite = (&'static str, &'static str, Box<dyn Fn() -> Result<Option<Count>> + Send>);

/// Runs all suites, and says at the end what came of each.
pub fn run(quick: bool) -> Result<ExitCode> {
    let first: Vec<Suite> = vec![
        ("setup", "Getting what the tests need", Box::new(move || set_up(quick).map(|()| None))),
        ("fmt", "Formatting (cargo fmt)", Box::new(|| plain(cargo(&["fmt", "--all", "--check"])))),
        ("build", "The extension, as shipped and for tests, and its size; what the tests run", Box::new(|| build().map(|()| None))),
    ];
    let core: Vec<Suite> = vec![
        (
            "clippy",
            "Lints, warnings denied (cargo clippy, here and for the wasm target)",
            Box::new(|| {
                plain(behind(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
                let mut for_wasm = behind(&["clippy", "--package", "cooldown", "--lib", "--target", WASM]);
                for program in wasm_tests(false)? {
                    for_wasm.args(["--test", &program]);
                }
                plain(for_wasm.args(["--", "--deny", "warnings"]))
            }),
        ),
        (
            "native",
            "Native tests (cargo test)",
            Box::new(|| {
                counted(behind(&["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests", "--examples"]), CARGO_LIMIT)
            }),
        ),
        (
            "docs",
            "Documentation and its examples, warnings denied (cargo doc, cargo test --doc)",
            Box::new(|| {
                plain(behind(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))?;
                counted(behind(&["test", "--doc", "--workspace"]), CARGO_LIMIT)
            }),
        ),
        (
            "wasm",
            "The core as WebAssembly, in Node and in Chromium (cargo test --target wasm32-unknown-unknown)",
            Box::new(move || wasm(quick)),
        ),
        ("doors", "Random values at every door by which values of others come in", Box::new(|| doors(&[]))),
        ("lines", "The shipped wasm and the native core, line by line over all labelled failures", Box::new(lines)),
        ("types", "JavaScript types (tsc, strict): what browsers run, what Node runs, the clients of the matrix", Box::new(types)),
    ];
    let lanes = if quick {
        vec![core]
    } else {
        // Three that take about as long: Firefox takes longer than Chromium, and what compiles is done first.
        vec![
            core.into_iter().chain(page_script(Browser::Firefox)).collect(),
            page_script(Browser::Chromium).into_iter().chain(whole_extension(Browser::Chromium)).collect(),
            whole_extension(Browser::Firefox),
        ]
    };

    let steps = Mutex::new(Steps::new(first.len() + lanes.iter().map(Vec::len).sum::<usize>()));
    let mut ran = run_each(first, &steps);
    // A browser's tests wait most of their time: for each other's browser, and for what compiles behind them, there is room beside them.
    thread::scope(|scope| {
        let lanes: Vec<_> = lanes.into_iter().map(|suites| scope.spawn(|| run_each(suites, &steps))).collect();
        for lane in lanes {
            ran.extend(lane.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
    });
    Ok(report(&ran))
}

/// What tries to break the extension, in its long form: `tests/browser/hard.mjs`, which prints a table.
pub fn hard() -> Result<ExitCode> {
    set_up(true)?;
    build()?;
    let mut node = Command::new("node");
    for browser in [Browser::Chromium, Browser::Firefox] {
        node.env(browser.variable(), setup::browser(browser)?);
    }
    node.arg("tests/browser/hard.mjs").env(BUILT, "").current_dir(crate::root());
    process::outside_cargo(&mut node);
    let _scratch = Scratch::give(&mut node)?;
    Ok(if process::tee(&mut node, HARD_LIMIT)?.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A suite's name in each of the two browsers.
fn named(browser: Browser, [chromium, firefox]: [&'static str; 2]) -> &'static str {
    if browser == Browser::Firefox { firefox } else { chromium }
}

/// What a page can tell of us.
fn page_script(browser: Browser) -> Vec<Suite> {
    vec![
        (named(browser, ["tap-chromium", "tap-firefox"]), "The tap alone", Box::new(move || tap(browser))),
        (
            named(browser, ["transparency-chromium", "transparency-firefox"]),
            "What a page sees with the extension and without it",
            Box::new(move || transparency(browser)),
        ),
    ]
}

/// The extension, whole, on pages of ours, under the clients that apps use, and in a real app.
fn whole_extension(browser: Browser) -> Vec<Suite> {
    vec![
        (named(browser, ["chromium", "firefox"]), "The extension", Box::new(move || extension(browser))),
        (named(browser, ["matrix-chromium", "matrix-firefox"]), "Each failure in each client library", Box::new(move || matrix(browser))),
        (
            named(browser, ["sillytavern-chromium", "sillytavern-firefox"]),
            "SillyTavern itself, of npm",
            Box::new(move || sillytavern(browser)),
        ),
    ]
}

/// One after the other.
fn run_each(suites: Vec<Suite>, steps: &Mutex<Steps>) -> Vec<Ran> {
    let run_one = |(name, what, suite): Suite| {
        steps.lock().unwrap_or_else(PoisonError::into_inner).next(format_args!("{name}: {what}"));
        let started = Instant::now();
        let verdict = suite();
        if let Err(error) = &verdict {
            println!("{name} FAILED: {error:#}");
        }
        Ran { name: name.to_owned(), verdict, took: started.elapsed() }
    };
    suites.into_iter().map(run_one).collect()
}

/// What [`told_of_failures`] kept of a suite.
fn failed_tests<T>(verdict: &Result<T>) -> &str {
    verdict.as_ref().err().and_then(|error| error.downcast_ref()).map_or("", |Failed { tests, .. }| tests)
}

fn report(ran: &[Ran]) -> ExitCode {
    for Ran { name, verdict, .. } in ran {
        let tests = failed_tests(verdict);
        if !tests.is_empty() {
            println!("\nWhat failed in {name}, once more:\n{tests}");
        }
    }
    println!();
    for Ran { name, verdict, took } in ran {
        let word = if verdict.is_ok() { "ok" } else { "FAILED" };
        let detail = match verdict {
            Ok(Some(count)) => format!("{} tests", count.passed),
            Ok(None) => String::new(),
            // The first line: the rest is above.
            Err(error) => format!("{error:#}").lines().next().unwrap_or_default().to_owned(),
        };
        println!("{}", format!("{name:<23}{word:<8}{:>6.1} s   {detail}", took.as_secs_f32()).trim_end());
        // Their names once more: who reads only the end of a long log should know them.
        for line in failed_tests(verdict).lines().filter(|line| line.starts_with("FAIL")) {
            println!("  {line}");
        }
    }
    let failed = ran.iter().filter(|suite| suite.verdict.is_err()).count();
    println!("{} passed, {failed} failed", ran.len() - failed);
    if failed == 0 && !ran.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const WASM: &str = "wasm32-unknown-unknown";

fn set_up(quick: bool) -> Result<()> {
    setup::wasm_target()?;
    setup::rust_components()?;
    setup::node()?;
    setup::npm_packages(&crate::root().join("xtask"))?;
    setup::npm_packages(&crate::root().join("tests/browser"))?;
    if !quick {
        // 430 MB, for one suite.
        setup::npm_packages(&crate::root().join("tests/browser/sillytavern"))?;
        for browser in [Browser::Chromium, Browser::Firefox] {
            println!("  {}: {}", browser.name(), setup::browser(browser)?.display());
        }
        println!("  chromedriver: {}", setup::chromedriver()?.display());
    }
    Ok(())
}

fn build() -> Result<()> {
    let mut steps = Steps::within(2 * bundle::STEPS);
    let weight = bundle::build(&mut steps, Kind::Shipped)?;
    // All first: the browsers' suites need it, whatever it weighs.
    let test_weight = bundle::build(&mut steps, Kind::Test)?;
    // The stand-in, and the core's words. The whole workspace, because `cargo test` builds the same then, and not all of it once more.
    process::run(&mut cargo(&["build", "--workspace", "--bins", "--examples"]))?;
    test_weight.check()?;
    weight.check()
}

/// Tells a program of Node's that [`build`] was done, so that it does not wait for a cargo that is at work on something else.
const BUILT: &str = "COOLDOWN_BUILT";

/// Cargo behind the browsers: it takes what they leave of the processor, so that no test waits for it.
fn behind(args: &[&str]) -> Command {
    let mut command = Command::new("nice");
    process::outside_cargo(&mut command).args(["-n", "10", "cargo"]).args(args).current_dir(crate::root());
    command
}

/// A suite that only passes or fails.
fn plain(mut command: impl std::borrow::BorrowMut<Command>) -> Result<Option<Count>> {
    finished(command.borrow_mut(), CARGO_LIMIT).map(|_| None)
}

/// A suite that counts its tests; none at all is a failure.
fn counted(mut command: impl std::borrow::BorrowMut<Command>, limit: Duration) -> Result<Option<Count>> {
    let output = finished(command.borrow_mut(), limit)?;
    match count(&output) {
        Some(count) if count.failed > 0 => Err(count.failure(&output)),
        Some(count) if count.passed > 0 => Ok(Some(count)),
        _ => bail!("no test ran"),
    }
}

fn finished(command: &mut Command, limit: Duration) -> Result<String> {
    let finished = process::tee(command, limit)?;
    if finished.timed_out {
        bail!(Failed { why: format!("not done after {} s", limit.as_secs()), tests: told_of_failures(&finished.output) });
    }
    if !finished.ok {
        match count(&finished.output) {
            Some(count) if count.failed > 0 => return Err(count.failure(&finished.output)),
            _ => bail!("see above"),
        }
    }
    Ok(finished.output)
}

impl Count {
    fn failure(&self, output: &str) -> anyhow::Error {
        let Self { passed, failed } = self;
        Failed { why: format!("{failed} of {} tests failed", passed + failed), tests: told_of_failures(output) }.into()
    }
}

/// What a browser's suite said of the tests that failed: a line `FAIL  …`, and the indented lines after it.
fn told_of_failures(output: &str) -> String {
    let mut is_told = false;
    let mut told = String::new();
    for line in output.lines() {
        is_told = line.starts_with("FAIL") || (is_told && line.starts_with(' '));
        if is_told {
            told.extend([line, "\n"]);
        }
    }
    told
}

/// Sums what test programs say of themselves: `test result: ok. 3 passed; 0 failed; …` of Rust's, else a last line `3 passed, 0 failed`.
fn count(output: &str) -> Option<Count> {
    let number_before = |line: &str, word: &str| line.split(word).next()?.split_whitespace().last()?.parse::<usize>().ok();
    let read = |line: &str| Some(Count { passed: number_before(line, " passed")?, failed: number_before(line, " failed")? });
    let of_rust = output.lines().filter(|line| line.contains("test result: ")).filter_map(read);
    let sum = of_rust.reduce(|sum, one| Count { passed: sum.passed + one.passed, failed: sum.failed + one.failed });
    sum.or_else(|| output.lines().rev().find(|line| !line.trim().is_empty()).and_then(read))
}

/// `tests/wasm*.rs`: those that ask for a browser run in Chromium, the others in Node.
fn wasm(quick: bool) -> Result<Option<Count>> {
    let mut command = behind(&["test", "--package", "cooldown", "--no-fail-fast", "--target", WASM]);
    let programs = wasm_tests(quick)?;
    if programs.is_empty() {
        bail!("no test ran: there is no tests/wasm*.rs to run");
    }
    for program in programs {
        command.args(["--test", &program]);
    }
    counted(&mut command, CARGO_LIMIT)
}

fn wasm_tests(quick: bool) -> Result<Vec<String>> {
    let mut programs = Vec::new();
    for entry in fs::read_dir(crate::root().join("tests"))? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".rs")).filter(|name| name.starts_with("wasm"))
        else {
            continue;
        };
        if !(quick && fs::read_to_string(&path)?.contains("run_in_browser")) {
            programs.push(name.to_owned());
        }
    }
    programs.sort();
    Ok(programs)
}

/// `tests/browser/lines.test.mjs`, which needs no browser.
fn lines() -> Result<Option<Count>> {
    let mut node = Command::new("node");
    node.arg("tests/browser/lines.test.mjs").env(BUILT, "").current_dir(crate::root());
    counted(&mut node, BROWSER_LIMIT)
}

/// `tests/browser/doors.test.mjs`, which needs no browser either.
fn doors(flags: &[&str]) -> Result<Option<Count>> {
    let mut node = Command::new("node");
    node.arg("tests/browser/doors.test.mjs").args(flags).current_dir(crate::root());
    counted(&mut node, BROWSER_LIMIT)
}

fn types() -> Result<Option<Count>> {
    let check = |project| {
        let mut tsc = Command::new("node");
        tsc.arg("tests/browser/node_modules/typescript/bin/tsc").args(["--noEmit", "--project", project]).current_dir(crate::root());
        plain(tsc)
    };
    // All, so that one run tells of all errors.
    let checked = ["tests/tsconfig.json", "tests/browser/tsconfig.json", "tests/pages/tsconfig.json"].map(check);
    checked.into_iter().collect::<Result<Vec<_>>>().map(|_| None)
}

/// `tests/browser/tap.test.mjs`: the page's script without the extension around it.
fn tap(browser: Browser) -> Result<Option<Count>> {
    let flags: &[&str] = if browser == Browser::Firefox { &["--firefox"] } else { &[] };
    driven(browser, "tests/browser/tap.test.mjs", flags)
}

/// `tests/browser/transparency.mjs`: the same page code with the built extension and without it, and with clumsy wrappers in its place.
fn transparency(browser: Browser) -> Result<Option<Count>> {
    extended(browser, "tests/browser/transparency.mjs")
}

/// `tests/browser/run.mjs`: the built extension, whole. One lane, since the other browser and cargo are at work beside it: with two, both
/// processors are always taken, little is gained, and a test in a thousand meets a browser that is late.
fn extension(browser: Browser) -> Result<Option<Count>> {
    driven(browser, "tests/browser/run.mjs", &["--browser", browser.name(), "--lanes", "1"])
}

/// `tests/browser/matrix.mjs`: the built extension under the clients that apps use.
fn matrix(browser: Browser) -> Result<Option<Count>> {
    extended(browser, "tests/browser/matrix.mjs")
}

/// `tests/browser/sillytavern.mjs`: the built extension on a real app that relays.
fn sillytavern(browser: Browser) -> Result<Option<Count>> {
    extended(browser, "tests/browser/sillytavern.mjs")
}

fn extended(browser: Browser, script: &str) -> Result<Option<Count>> {
    driven(browser, script, &["--browser", browser.name()])
}

/// A program of Node's that drives a browser.
fn driven(browser: Browser, script: &str, args: &[&str]) -> Result<Option<Count>> {
    let program = setup::browser(browser)?;
    let mut node = Command::new("node");
    node.arg(script).args(args).env(browser.variable(), program).env(BUILT, "").current_dir(crate::root());
    process::outside_cargo(&mut node);
    let _scratch = Scratch::give(&mut node)?;
    counted(&mut node, BROWSER_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_summed_over_programs() {
        let rust = "test result: ok. 12 passed; 0 failed; 1 ignored\nnoise\n\ntest result: FAILED. 3 passed; 2 failed; 0 ignored\n";
        assert_eq!(count(rust), Some(Count { passed: 15, failed: 2 }));
        assert_eq!(count("ok  a thing that passed\n7 passed, 1 failed\n\n"), Some(Count { passed: 7, failed: 1 }));
        assert_eq!(count("nothing to say\n"), None);
        assert_eq!(count(""), None);
    }

    #[test]
    fn what_failed_is_told_again_with_its_reasons() {
        let output =
            "ok    one\nFAIL  two\n        not 3 but 4\n        see a.png\nok    three\n      took 3 s\nFAIL  four\n2 passed, 2 failed\n";
        assert_eq!(told_of_failures(output), "FAIL  two\n        not 3 but 4\n        see a.png\nFAIL  four\n");
    }

    #[test]
    fn a_program_without_tests_does_not_pass() {
        let silent = counted(Command::new("true"), CARGO_LIMIT);
        assert!(silent.is_err());
        let empty = counted(Command::new("echo").arg("test result: ok. 0 passed; 0 failed; 0 ignored"), CARGO_LIMIT);
        assert!(empty.is_err());
        let one = counted(Command::new("echo").arg("1 passed, 0 failed"), CARGO_LIMIT);
        assert_eq!(one.unwrap(), Some(Count { passed: 1, failed: 0 }));
    }
}
