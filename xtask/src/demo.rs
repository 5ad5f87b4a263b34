//! `cargo xtask demo`: the whole way of a failure, on this machine alone, to be clicked through or played by itself; and `screens`, which takes
//! its pictures on the same stage.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::bundle::{self, Kind};
use crate::manifest::Grants;
use crate::process::{self, Family, Scratch, Steps};
use crate::setup::{self, Browser};

/// The demo chat's host; nothing outside this machine is asked for it.
const HOST: &str = "demo.example";
/// The most that the scene may take when nobody watches it.
const LIMIT: Duration = Duration::from_secs(180);
/// The most that the pictures may take: two hundred, in six browsers.
const SCREENS_LIMIT: Duration = Duration::from_secs(40 * 60);

/// What the demo is played with, and what pictures are taken of.
struct Stage {
    program: PathBuf,
    extension: PathBuf,
    mock: PathBuf,
    www: PathBuf,
}

const STAGE_STEPS: usize = bundle::STEPS + 3;

impl Stage {
    fn set(steps: &mut Steps, browser: Browser) -> Result<Self> {
        let root = crate::root();
        steps.next(format_args!("Getting what the demo needs: Node, npm packages, {}", browser.name()));
        setup::node()?;
        setup::npm_packages(&root.join("tests/browser"))?;
        let program = setup::browser(browser)?;
        println!("  {}", program.display());

        // A core over its ceiling is for `build` and `test` to refuse; it plays as well.
        let _ = bundle::build(steps, Kind::Shipped)?;

        steps.next("Building the stand-in for openrouter.ai (the first time takes a minute)");
        process::run(&mut process::cargo(&["build", "--package", "mock"]))?;

        steps.next("Preparing the extension as if you had allowed it on the demo's site");
        let extension = crate::target()?.join("demo").join(format!("extension-{}", browser.name()));
        let built = root.join("dist").join(browser.name());
        bundle::write_extension(&extension, &built, browser, Grants::Allowed(&format!("https://{HOST}/*")))?;
        let mock = env::current_exe()?.with_file_name(format!("mock{}", env::consts::EXE_SUFFIX));
        Ok(Self { program, extension, mock, www: root.join("dist/www") })
    }

    /// Node with one of the programs in `tests/browser`.
    fn node(&self, program: &str, browser: Browser) -> Command {
        let mut node = Command::new("node");
        node.arg(format!("tests/browser/{program}")).current_dir(crate::root()).env(browser.variable(), &self.program);
        node.arg("--extension").arg(&self.extension).arg("--mock").arg(&self.mock);
        node
    }
}

/// `cargo xtask screens`: every screen in every look, by Chromium, into `target/screens`; `keep`: the picture in the README too.
pub fn screens(keep: bool) -> Result<()> {
    let mut steps = Steps::new(STAGE_STEPS + 1);
    let stage = Stage::set(&mut steps, Browser::Chromium)?;
    steps.next("Taking the pictures");
    let out = crate::target()?.join("screens");
    let mut node = stage.node("screens.mjs", Browser::Chromium);
    node.arg("--www").arg(&stage.www).arg("--pages").arg(crate::root().join("tests/pages")).arg("--out").arg(&out);
    let scratch = Scratch::give(&mut node)?;
    let finished = process::tee(&mut node, SCREENS_LIMIT)?;
    drop(scratch);
    if !finished.ok {
        bail!("some pictures could not be taken");
    }
    if keep {
        fs::copy(out.join("card.png"), crate::root().join("www/card.png"))?;
    }
    Ok(())
}

pub fn run(browser: Browser, headless: bool) -> Result<()> {
    let mut steps = Steps::new(STAGE_STEPS + 1);
    let stage = Stage::set(&mut steps, browser)?;

    let work = crate::target()?.join("demo");
    let headless = headless || !has_display();
    steps.next(if headless {
        "Playing the scene without a window"
    } else {
        "Opening the demo chat: send the message, see it fail, press Retry. Close the window to end"
    });
    let mut node = stage.node("demo.mjs", browser);
    node.args(["--browser", browser.name()]).arg("--site").arg(format!("{HOST}={}", stage.www.display()));
    let scratch = Scratch::give(&mut node)?;
    if headless {
        for old in fs::read_dir(&work)?.flatten().filter(|file| is_picture_of(&file.file_name().to_string_lossy(), browser)) {
            fs::remove_file(old.path())?;
        }
        let finished = process::tee(node.arg("--pictures").arg(&work), LIMIT)?;
        if !finished.ok {
            bail!("the scene did not come to its end");
        }
        println!("\nPictures of each step: {}/{}-*.png", work.display(), browser.name());
    } else {
        let family = Family::mark(&mut node);
        let ended = process::run(&mut node).context("the demo ended early");
        family.end_leftovers();
        ended?;
    }
    drop(scratch);
    println!("\n{}", how_to_load(browser));
    Ok(())
}

fn is_picture_of(file: &str, browser: Browser) -> bool {
    file.starts_with(&format!("{}-", browser.name())) && file.ends_with(".png")
}

/// Elsewhere than on Linux a window is taken for granted.
fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

fn how_to_load(browser: Browser) -> String {
    let dist = crate::root().join("dist").join(browser.name());
    match browser {
        Browser::Chromium => format!(
            "To use it in your own Chrome, Chromium or Edge: open chrome://extensions, switch on \"Developer mode\", press \"Load unpacked\" and choose\n  {}",
            dist.display()
        ),
        Browser::Firefox => format!(
            "To use it in your own Firefox (140 or newer): open about:debugging#/runtime/this-firefox, press \"Load Temporary Add-on…\" and choose\n  {}\n\
             It stays until Firefox is closed.",
            dist.join("manifest.json").display()
        ),
    }
}
