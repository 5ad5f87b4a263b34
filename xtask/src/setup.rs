//! What the commands need, got where the machine lets it; else one clear line about what is missing.

use std::env;
use std::fs;
use std::io::{IsTerminal, stdin};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;

/// The two that Cooldown is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    Chromium,
    Firefox,
}

impl Browser {
    /// As in `dist/<name>` and on the drivers' command lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    /// The variable that names the program: read here, and set for the drivers.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Chromium => "COOLDOWN_CHROMIUM",
            Self::Firefox => "COOLDOWN_FIREFOX",
        }
    }

    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &["chromium", "chromium-browser", "google-chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"],
            Self::Firefox => &["firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"],
        }
    }

    fn debian_package(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox-esr",
        }
    }

    /// As `@puppeteer/browsers` calls what it downloads from the maker.
    fn download(self) -> &'static str {
        match self {
            Self::Chromium => "chrome@stable",
            Self::Firefox => "firefox@esr",
        }
    }
}

/// The standard library for the core's target.
pub fn wasm_target() -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let there = process::read(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).current_dir(crate::root()))
        .is_ok_and(|folder| Path::new(&folder).is_dir());
    if there {
        return Ok(());
    }
    if !process::answers(Command::new("rustup").arg("--version")) {
        bail!("the Rust target {TARGET} is missing, and rustup is not there to add it: install rustup, or your system's package of it");
    }
    println!("  rustup target add {TARGET}");
    process::run(Command::new("rustup").args(["target", "add", TARGET]).current_dir(crate::root()))
}

/// rustfmt and clippy, which a minimal toolchain lacks.
pub fn rust_components() -> Result<()> {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !process::answers(Command::new("cargo").args([tool, "--version"])) {
            println!("  rustup component add {component}");
            process::run(Command::new("rustup").args(["component", "add", component]).current_dir(crate::root()))
                .with_context(|| format!("{component} is missing, and rustup could not add it"))?;
        }
    }
    Ok(())
}

/// Node and npm, new enough. They are the one thing that is not got for you.
pub fn node() -> Result<()> {
    const OLDEST: u32 = 20;
    let version = process::read(Command::new("node").arg("--version"))
        .with_context(|| format!("Node {OLDEST} or newer is needed and was not found (https://nodejs.org)"))?;
    let major: Option<u32> = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    if major.is_none_or(|major| major < OLDEST) {
        bail!("Node {OLDEST} or newer is needed; this is {version} (https://nodejs.org)");
    }
    process::read(Command::new("npm").arg("--version")).context("npm, which comes with Node, was not found")?;
    Ok(())
}

/// Exactly what `package-lock.json` in `folder` names.
pub fn npm_packages(folder: &Path) -> Result<()> {
    let changed = |path: PathBuf| fs::metadata(path).and_then(|meta| meta.modified()).ok();
    // npm writes this file last.
    let installed = changed(folder.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= changed(folder.join("package-lock.json")) {
        return Ok(());
    }
    let shown = folder.strip_prefix(crate::root()).unwrap_or(folder).display();
    println!("  npm ci in {shown}");
    // No package here needs its install script; none gets to run one.
    process::run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder))
        .with_context(|| format!("npm could not install the packages of {shown}"))
}

/// A browser that runs, installed or downloaded where none is there. Needs the packages of `tests/browser`.
pub fn browser(browser: Browser) -> Result<PathBuf> {
    if let Some(named) = env::var_os(browser.variable()).map(PathBuf::from) {
        if runs(&named) {
            return Ok(named);
        }
        bail!("{} names {}, which does not run", browser.variable(), named.display());
    }
    let find = || browser.programs().iter().find_map(|name| program(name));
    if let Some(found) = find() {
        return Ok(found);
    }
    if has_debian_packages()
        && apt_install(&[browser.debian_package()])
        && let Some(found) = find()
    {
        return Ok(found);
    }
    let advice = if is_ubuntu() {
        format!("Ubuntu has {0} only as a snap, which a driver cannot use, and a download failed", browser.name())
    } else {
        format!("{} is missing and could not be installed", browser.name())
    };
    download(browser.download())
        .with_context(|| format!("{advice}: install Chrome, Chromium or Firefox yourself and name it in {}", browser.variable()))
}

/// The driver program that Chromium is steered with in the core's own tests.
pub fn chromedriver() -> Result<PathBuf> {
    if let Some(found) = env::var_os("CHROMEDRIVER").map(PathBuf::from).or_else(|| program("chromedriver")) {
        return Ok(found);
    }
    if has_debian_packages()
        && apt_install(&["chromium-driver"])
        && let Some(found) = program("chromedriver")
    {
        return Ok(found);
    }
    download("chromedriver@stable").context("chromedriver is missing and could not be installed: name it in CHROMEDRIVER")
}

/// On the PATH (or as it stands, where it is a path), running, and not a snap: those see neither the checkout nor a profile in /tmp.
fn program(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())?;
    (!is_snap(&found) && runs(&found)).then_some(found)
}

fn runs(program: &Path) -> bool {
    process::answers(Command::new(program).arg("--version"))
}

fn is_snap(program: &Path) -> bool {
    let Ok(real) = program.canonicalize() else { return false };
    // Ubuntu's packages hold a shell script that starts the snap.
    let is_script =
        || fs::metadata(&real).is_ok_and(|meta| meta.len() < 16_384) && fs::read_to_string(&real).is_ok_and(|text| text.contains("/snap/"));
    real.starts_with("/snap") || real.ends_with("bin/snap") || is_script()
}

fn is_ubuntu() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"))
}

/// apt is there and gives real browsers: Ubuntu's are snaps.
fn has_debian_packages() -> bool {
    !is_ubuntu() && process::answers(Command::new("apt-get").arg("--version"))
}

/// False where this person may not install, or where it failed.
fn apt_install(packages: &[&str]) -> bool {
    let as_root = |args: &[&str]| {
        if is_root() {
            let (program, rest) = args.split_first()?;
            let mut command = Command::new(program);
            command.args(rest);
            return Some(command);
        }
        // Where nobody can type a password, sudo must not ask for one.
        let may = process::answers(Command::new("sudo").args(["-n", "true"]))
            || (stdin().is_terminal() && process::answers(Command::new("sudo").arg("-V")));
        may.then(|| {
            let mut command = Command::new("sudo");
            command.args(args);
            command
        })
    };
    let apt = |args: &[&str]| {
        let words: Vec<&str> = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
            .iter()
            .chain(args)
            .copied()
            .collect();
        as_root(&words).is_some_and(|mut command| process::run(&mut command).is_ok())
    };
    println!("  apt-get install {}", packages.join(" "));
    let install: Vec<&str> = ["install", "--yes", "--no-install-recommends"].iter().chain(packages).copied().collect();
    // Twice: an apt beside it can make the first one fail and leave nothing behind.
    apt(&["update"]) && (apt(&install) || apt(&install))
}

fn is_root() -> bool {
    process::read(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

/// The maker's own build, by puppeteer's downloader, into the target folder; no administrator needed.
fn download(what: &str) -> Result<PathBuf> {
    let downloads = crate::target()?.join("browsers");
    let note = downloads.join(format!("{what}.path"));
    if let Some(earlier) = fs::read_to_string(&note).ok().map(PathBuf::from).filter(|path| runs(path)) {
        return Ok(earlier);
    }
    println!("  downloading {what} (some 150 MB) into {}", downloads.display());
    fs::create_dir_all(&downloads)?;
    let mut node = Command::new("node");
    node.arg(crate::root().join("tests/browser/node_modules/@puppeteer/browsers/lib/cjs/main-cli.js"));
    node.args(["install", what, "--format", "{{path}}", "--path"]).arg(&downloads);
    if is_root() {
        node.arg("--install-deps");
    }
    let output = node.stdin(Stdio::null()).output().context("cannot start node")?;
    let (said, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let Some(path) = said.lines().last().map(|line| PathBuf::from(line.trim())).filter(|path| output.status.success() && runs(path)) else {
        // Its usage comes before the reason.
        bail!("{what} was not downloaded ({})", complaint.lines().find(|line| line.starts_with("Error")).unwrap_or("it does not run"));
    };
    fs::write(&note, path.to_string_lossy().as_bytes())?;
    Ok(path)
}
