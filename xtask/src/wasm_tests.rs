//! The runner that cargo calls for each wasm test program (see `.cargo/config.toml`): wasm-bindgen's own, as a library, so that nobody has
//! to install it.

use std::env;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::json;

use crate::process;
use crate::setup::{self, Browser};

/// Set in the process that really runs the tests.
const WEBDRIVER: &str = "WASM_BINDGEN_TEST_WEBDRIVER_JSON";

/// `args` as cargo gives them: the program, then test options.
pub fn run(args: &[String]) -> Result<()> {
    if env::var_os(WEBDRIVER).is_some() {
        let named = ["wasm-bindgen-test-runner".to_owned()].into_iter().chain(args.iter().cloned());
        return wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(named);
    }
    // The runner reads its configuration from the environment, which a program cannot change for itself without unsafe code: so once more.
    let capabilities = crate::target()?.join("webdriver.json");
    let mut command = Command::new(env::current_exe()?);
    command.arg("test-runner").args(args).env(WEBDRIVER, &capabilities);
    if is_for_browsers(args)? {
        let chromium = setup::browser(Browser::Chromium)?;
        let flags = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ];
        std::fs::write(&capabilities, json!({ "goog:chromeOptions": { "binary": chromium, "args": flags } }).to_string())?;
        command.env("CHROMEDRIVER", setup::chromedriver()?);
        if env::var_os("WASM_BINDGEN_TEST_TIMEOUT").is_none() {
            // Its own 20 s are short for a busy machine.
            command.env("WASM_BINDGEN_TEST_TIMEOUT", "120");
        }
    }
    process::run(&mut command)
}

/// `wasm_bindgen_test_configure!(run_in_browser)` leaves this section in the program.
fn is_for_browsers(args: &[String]) -> Result<bool> {
    let program = args.first().context("no test program named")?;
    let bytes = std::fs::read(program).with_context(|| format!("cannot read {program}"))?;
    let section = b"__wasm_bindgen_test_unstable";
    Ok(bytes.windows(section.len()).any(|window| window == section))
}
