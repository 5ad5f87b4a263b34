//! Builds, demonstrates and tests Cooldown: `cargo xtask help` lists the commands.

mod bench;
mod bundle;
mod demo;
mod licences;
mod manifest;
mod package;
mod process;
mod serve;
mod setup;
mod suites;
#[cfg(feature = "test-runner")]
mod wasm_tests;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

use process::Steps;
use setup::Browser;

const HELP: &str = "\
cargo xtask COMMAND

  build            dist/chromium and dist/firefox (unpacked extensions, and packed), dist/www (the public page)
  build --test     dist/test-chromium and dist/test-firefox: every host granted, open shadow roots, 5 s for a verdict; never shipped
  package          the same, held to what everybody builds, and dist/cooldown-VERSION-source.zip for the stores' reviewers,
                   and a bill of materials (CycloneDX)
      --twice      once more from a copy of the sources at another path, and compared byte for byte
  serve [PORT]     the public page at http://127.0.0.1:8000/
  demo             a chat whose first call fails, in Chromium with the extension: see the card, click Retry, see the answer
      --headless   play the scene without a window; screenshots of each step go to target/demo/
      --firefox    the same in Firefox
  screens          a picture of every screen: light, dark, from right to left, narrow, with large text; side by side in target/screens/index.html,
                   and the stores' five
      --keep       the README's picture too
  test             everything: fmt, clippy, native, docs, wasm, types, both browsers
      --quick      all but the browsers
      --hard       what tries to break the extension, in its long form: attacks with their defences and without, deaths at every step, load
  bench            how fast the core reads, natively and as wasm beside a decoder in JavaScript in Chromium, and what it weighs
      --browser    what the extension costs a page: time a call, streams, first byte, time to the card, memory; beside no extension
      --firefox    the same in Firefox
      --storm      100,000 installations meet one limited pool, under Cooldown's policy and under others; a picture goes to target/bench/
  help             this text

Each command gets what it needs (wasm target, npm packages, browsers) where the machine lets it, and says what is missing where not.

COOLDOWN_CHROMIUM, COOLDOWN_FIREFOX   the browser to use instead of the first one found
COOLDOWN_CORPUS                       a file of real failures (JSON lines) for the tests to read too
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<ExitCode> {
    let (command, rest) = args.split_first().map_or(("help", args), |(command, rest)| (command.as_str(), rest));
    match command {
        "help" | "--help" | "-h" => print!("{HELP}"),
        "build" => {
            let [test] = flags(rest, ["--test"])?;
            let mut steps = Steps::new(bundle::STEPS);
            bundle::build(&mut steps, if test { bundle::Kind::Test } else { bundle::Kind::Shipped })?.check()?;
            if !test {
                package::extensions()?;
            }
        }
        "package" => {
            let [twice] = flags(rest, ["--twice"])?;
            package::run(twice)?;
        }
        "serve" => match rest {
            [] => serve::run(8000)?,
            [port] if port.parse::<u16>().is_ok() => serve::run(port.parse()?)?,
            _ => bail!("`cargo xtask serve` takes a port, or nothing"),
        },
        "demo" => {
            let [headless, firefox] = flags(rest, ["--headless", "--firefox"])?;
            demo::run(if firefox { Browser::Firefox } else { Browser::Chromium }, headless)?;
        }
        "screens" => {
            let [keep] = flags(rest, ["--keep"])?;
            demo::screens(keep)?;
        }
        "test" => {
            let [quick, hard] = flags(rest, ["--quick", "--hard"])?;
            return if hard { suites::hard() } else { suites::run(quick) };
        }
        "bench" => {
            let [in_page, firefox, storm] = flags(rest, ["--browser", "--firefox", "--storm"])?;
            let browser = if firefox { Browser::Firefox } else { Browser::Chromium };
            if storm {
                bench::storm()?;
            } else if in_page {
                bench::price(browser)?;
            } else {
                bench::run(browser)?;
            }
        }
        #[cfg(feature = "test-runner")]
        "test-runner" => wasm_tests::run(rest)?,
        #[cfg(not(feature = "test-runner"))]
        "test-runner" => {
            bail!("this xtask was built without the runner: use `cargo test --target wasm32-unknown-unknown`, which builds it")
        }
        other => bail!("no command `{other}`; `cargo xtask help` lists them"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Which of `known` were given; anything else is an error, so that a mistyped flag does not pass for a run.
fn flags<const N: usize>(args: &[String], known: [&str; N]) -> Result<[bool; N]> {
    if let Some(odd) = args.iter().find(|arg| !known.contains(&arg.as_str())) {
        bail!("`{odd}` is not an option here; `cargo xtask help` lists them");
    }
    Ok(known.map(|flag| args.iter().any(|arg| arg == flag)))
}

/// The checkout.
fn root() -> PathBuf {
    // At run time first: a checkout that was moved after the build is still found.
    let here = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or_else(|| here.clone(), Path::to_path_buf)
}

/// Cargo's target folder, wherever configuration put it: this program runs from `<target>/<profile>/`.
fn target() -> Result<PathBuf> {
    let exe = env::current_exe()?;
    match exe.ancestors().nth(2) {
        Some(target) => Ok(target.to_path_buf()),
        None => bail!("{} does not stand in a target folder", exe.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_flags_are_refused() {
        let given = |args: &[&str]| flags(&args.iter().map(ToString::to_string).collect::<Vec<_>>(), ["--a", "--b"]);
        assert_eq!(given(&["--b"]).unwrap(), [false, true]);
        assert!(given(&["--c"]).is_err());
    }
}
