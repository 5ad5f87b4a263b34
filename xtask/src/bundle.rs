//! `cargo xtask build`: the core to wasm, its bindings, and the folders that browsers load.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use wasm_bindgen_cli_support::Bindgen;

use crate::licences;
use crate::manifest::{self, Grants};
use crate::package;
use crate::process::{self, Steps};
use crate::setup::{self, Browser};

/// How many steps [`build`] tells.
pub const STEPS: usize = 5;

/// The most that the core may weigh, in bytes. A rise is argued for in the commit that makes it.
const RAW_CEILING: usize = 474_000;
const GZIP_CEILING: usize = 202_800;

/// What of the extension the public page shows too: the same card, the same words, the same core.
const SHARED_WITH_WWW: [&str; 12] = [
    "core/core.js",
    "core/core_bg.wasm",
    "decoder.js",
    "handles.js",
    "whole.js",
    "part.js",
    "load-core.js",
    "words.js",
    "card.css",
    "_locales/",
    "icons/icon.svg",
    licences::FILE,
];

/// Path (with `/`) to content: one folder, whole, before it is written.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Which folders to write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `dist/chromium`, `dist/firefox`, `dist/www`
    Shipped,
    /// `dist/test-chromium`, `dist/test-firefox`
    Test,
}

/// Builds and writes; a line a step, then the sizes.
pub fn build(steps: &mut Steps, kind: Kind) -> Result<Weight> {
    let root = crate::root();
    steps.next("Looking for the Rust target wasm32-unknown-unknown");
    setup::wasm_target()?;
    let core = core(steps)?;

    steps.next(match kind {
        Kind::Shipped => "Writing dist/chromium, dist/firefox and dist/www",
        Kind::Test => "Writing dist/test-chromium and dist/test-firefox",
    });
    let dist = root.join("dist");
    let extension = extension(&core, kind)?;
    match kind {
        Kind::Shipped => {
            let mut www = files(&root.join("www"))?;
            let is_shared =
                |path: &str| SHARED_WITH_WWW.iter().any(|shared| path == *shared || (shared.ends_with('/') && path.starts_with(shared)));
            www.extend(extension.iter().filter(|(path, _)| is_shared(path)).map(|(path, content)| (path.clone(), content.clone())));
            for (_, json) in www.iter_mut().filter(|(path, _)| path.starts_with("_locales/")) {
                *json = messages_alone(json)?;
            }
            for browser in [Browser::Chromium, Browser::Firefox] {
                let made = for_browser(&extension, browser, Grants::Shipped)?;
                www.insert(format!("cooldown-{}.zip", browser.name()), package::zipped(&made)?);
                write(&dist.join(browser.name()), &made)?;
            }
            write(&dist.join("www"), &www)?;
        }
        Kind::Test => {
            for browser in [Browser::Chromium, Browser::Firefox] {
                let mut files = for_browser(&extension, browser, Grants::Everywhere)?;
                files.insert(manifest::TEST_MARK_PATH.into(), manifest::TEST_MARK.into());
                write(&dist.join(format!("test-{}", browser.name())), &files)?;
            }
        }
    }
    weigh(&core, &extension)
}

/// What is written for translators and for the browser's own lookup is more than half, and a web page waits for each byte.
fn messages_alone(json: &[u8]) -> Result<Vec<u8>> {
    let all: BTreeMap<String, serde_json::Value> = serde_json::from_slice(json)?;
    let alone: BTreeMap<String, _> =
        all.into_iter().map(|(key, entry)| (key, serde_json::json!({ "message": entry["message"] }))).collect();
    Ok(serde_json::to_vec(&alone)?)
}

/// `dist/…` of one browser, with the grants of `grants`.
pub fn write_extension(folder: &Path, built: &Path, browser: Browser, grants: Grants<'_>) -> Result<()> {
    write(folder, &for_browser(&files(built)?, browser, grants)?)
}

/// The core as browsers load it.
struct Core {
    files: Files,
    /// wasm-opt was there.
    optimised: bool,
}

const WASM: &str = "core_bg.wasm";

/// To fold large functions into their only callers saves one byte in two hundred, and makes the whole compress worse by one in fifty.
const SMALLER: [&str; 3] = ["-Oz", "--converge", "--one-caller-inline-max-function-size=30"];

/// LLVM's own threshold for speed is 225: it makes the core a sixth larger than this one and a tenth faster; 50 a fortieth larger and a
/// twentieth faster. Unrolled loops add three in a hundred, and no time that can be measured.
const SMALL_CODE: &str = "-Cllvm-args=--inline-threshold=40 --unroll-threshold=0";

fn core(steps: &mut Steps) -> Result<Core> {
    steps.next("Compiling the core to WebAssembly (the first time takes a minute)");
    let profile =
        ["build", "--profile", "wasm", "--target", "wasm32-unknown-unknown", "--lib", "--package", "cooldown", "--no-default-features"];
    // The binary names source files; not where they lie on this machine, so that every machine builds the same bytes.
    let cargo_home = env::home_dir().map(|home| home.join(".cargo")).unwrap_or_default();
    let cargo_home = env::var_os("CARGO_HOME").map_or(cargo_home, PathBuf::from);
    let flags = [(cargo_home, "/cargo"), (crate::root(), "/cooldown")];
    let mut flags: Vec<String> = flags.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect();
    flags.push(SMALL_CODE.to_owned());
    let flags = flags.join("\x1f");
    process::run(process::cargo(&profile).env("CARGO_ENCODED_RUSTFLAGS", flags))?;

    steps.next("Writing its JavaScript bindings (wasm-bindgen)");
    let target = crate::target()?;
    let work = target.join("bundle");
    let bindings = work.join("bindings");
    let _ = fs::remove_dir_all(&bindings);
    Bindgen::new()
        .input_path(target.join("wasm32-unknown-unknown/wasm/cooldown.wasm"))
        .out_name("core")
        .web(true)?
        // Every caller names the wasm's address; a default would only work where the glue itself may be fetched from.
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .typescript(true)
        .generate(&bindings)?;
    let mut made = files(&bindings)?;

    steps.next("Making it smaller (wasm-opt of npm's binaryen)");
    let wasm = made.get_mut(WASM).context("wasm-bindgen wrote no core_bg.wasm")?;
    let optimised = optimise(wasm, &work)?;

    // In extension/ too, so that `tsc` finds the types of what the scripts import; git ignores it.
    made.retain(|path, _| path == "core.d.ts" || !path.ends_with(".d.ts"));
    write(&crate::root().join("extension/core"), &made)?;
    made.remove("core.d.ts");
    Ok(Core { files: made, optimised })
}

/// False, with one line said, where npm cannot give the tool: the unoptimised core does the same.
fn optimise(wasm: &mut Vec<u8>, work: &Path) -> Result<bool> {
    let tools = crate::root().join("xtask");
    if let Err(error) = setup::node().and_then(|_| setup::npm_packages(&tools)) {
        println!("  left out: {error:#}\n  The build works without it; the core is about a sixth larger.");
        return Ok(false);
    }
    let (input, output) = (work.join("before.wasm"), work.join("after.wasm"));
    // Six seconds that an unchanged core need not cost again.
    if fs::read(&input).is_ok_and(|before| before == *wasm) && output.is_file() {
        *wasm = fs::read(&output)?;
        return Ok(true);
    }
    let _ = fs::remove_file(&output);
    fs::write(&input, &*wasm)?;
    let mut node = Command::new("node");
    let tool = tools.join("node_modules/binaryen/bin/wasm-opt");
    process::run(node.arg(tool).args(SMALLER).arg(&input).arg("-o").arg(&output))?;
    *wasm = fs::read(&output)?;
    Ok(true)
}

/// What every frame of every allowed site parses, so it goes without comments and with short names; all else runs as it is written.
const TAP: &str = "page/tap.js";

/// Its source as it is built.
fn tap(kind: Kind) -> Result<String> {
    let tap = fs::read_to_string(crate::root().join("extension").join(TAP))?;
    match kind {
        Kind::Shipped => Ok(tap),
        // Half a dozen browsers share two processors there, and a worker that has to start may be late, as a person's is once in a thousand
        // failures. That a page waits no longer than a second is held to the tap by tests of its own, which take the source.
        Kind::Test => {
            const SECOND: &str = "const VERDICT_MS = 1_000;";
            ensure!(tap.contains(SECOND), "{TAP} has no line `{SECOND}`");
            Ok(tap.replacen(SECOND, "const VERDICT_MS = 5_000;", 1))
        }
    }
}

/// A third of its source. Where npm cannot give the tool, none: it does the same as it is.
fn smaller(tap: &str) -> Result<Option<Vec<u8>>> {
    let tools = crate::root().join("xtask");
    if setup::node().and_then(|_| setup::npm_packages(&tools)).is_err() {
        return Ok(None);
    }
    let folder = crate::target()?.join("bundle");
    let (input, output) = (folder.join("tap.source.js"), folder.join("tap.js"));
    fs::write(&input, tap)?;
    let preamble =
        "preamble='// Cooldown: extension/page/tap.js of its source, without comments and with short names.',comments=/sourceURL/";
    let flags = ["--compress", "passes=2", "--mangle", "--ecma", "2022", "--format", preamble];
    let mut node = Command::new("node");
    let tool = tools.join("node_modules/terser/bin/terser");
    process::run(node.arg(tool).arg(input).args(flags).arg("--output").arg(&output))?;
    Ok(Some(fs::read(&output)?))
}

/// Everything in `extension/` but what is written per browser, with this core.
fn extension(core: &Core, kind: Kind) -> Result<Files> {
    let mut extension = files(&crate::root().join("extension"))?;
    extension.retain(|path, _| !path.starts_with("core/") && !path.ends_with(".d.ts"));
    let tap = tap(kind)?;
    extension.insert(TAP.into(), smaller(&tap)?.unwrap_or_else(|| tap.into_bytes()));
    extension.insert(licences::FILE.into(), licences::text()?.into_bytes());
    extension.extend(core.files.iter().map(|(path, bytes)| (format!("core/{path}"), bytes.clone())));
    Ok(extension)
}

fn for_browser(extension: &Files, browser: Browser, grants: Grants<'_>) -> Result<Files> {
    let mut made = extension.clone();
    // From the source and not from the given files: those may be a built folder, whose manifest is one browser's already.
    let common = fs::read_to_string(crate::root().join("extension/manifest.json"))?;
    let manifest = manifest::text(&common, browser, grants)?;
    // One browser alone wants to know beforehand what an organisation may set.
    made.retain(|path, _| path != manifest::MANAGED || manifest.contains(path));
    made.insert("manifest.json".into(), manifest.into_bytes());
    Ok(made)
}

/// What the core weighs.
#[must_use = "a build that counts is held to the ceiling"]
pub struct Weight {
    raw: usize,
    gzip: usize,
    optimised: bool,
}

impl Weight {
    /// wasm-opt was there.
    pub fn is_optimised(&self) -> bool {
        self.optimised
    }

    /// An error over the ceiling. A core that wasm-opt could not make smaller is let through: it is not one that ships.
    pub fn check(&self) -> Result<()> {
        let Self { raw, gzip, optimised } = *self;
        if optimised && (raw > RAW_CEILING || gzip > GZIP_CEILING) {
            bail!("the core weighs {raw} bytes ({gzip} gzip); the ceiling is {RAW_CEILING} ({GZIP_CEILING} gzip), see xtask/src/bundle.rs");
        }
        Ok(())
    }
}

fn weigh(core: &Core, extension: &Files) -> Result<Weight> {
    let size = |path: &str| extension.get(path).map_or(Ok((0, 0)), |bytes| Ok::<_, anyhow::Error>((bytes.len(), gzip(bytes)?)));
    println!("  {:<28}{:>10}{:>10}", "bytes", "raw", "gzip");
    for path in ["core/core_bg.wasm", "core/core.js", TAP, "content/bridge.js"] {
        let (raw, gzip) = size(path)?;
        println!("  {path:<28}{raw:>10}{gzip:>10}");
    }
    println!("  {:<28}{:>10}", "the extension, unpacked", extension.values().map(Vec::len).sum::<usize>());
    let (raw, gzip) = size("core/core_bg.wasm")?;
    Ok(Weight { raw, gzip, optimised: core.optimised })
}

fn gzip(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

/// All files under `folder`; none where it is not there.
pub fn files(folder: &Path) -> Result<Files> {
    let mut found = Files::new();
    let mut open: Vec<PathBuf> = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        let Ok(entries) = fs::read_dir(&at) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let relative = path.strip_prefix(folder)?.components().map(|part| part.as_os_str().to_string_lossy());
                let name = relative.collect::<Vec<_>>().join("/");
                found.insert(name, fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
            }
        }
    }
    Ok(found)
}

/// Makes `folder` hold exactly `wanted`. What is right already is left alone, so that a browser that has it loaded sees no half-written
/// extension.
fn write(folder: &Path, wanted: &Files) -> Result<()> {
    let present = files(folder)?;
    for (path, bytes) in wanted.iter().filter(|(path, bytes)| present.get(*path) != Some(bytes)) {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    for path in present.keys().filter(|path| !wanted.contains_key(*path)) {
        fs::remove_file(folder.join(path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_page_gets_keys_and_messages_alone() {
        let json = br#"{"a": {"message": "A $b$", "description": "x", "placeholders": {"b": {"content": "$1"}}}}"#;
        assert_eq!(messages_alone(json).unwrap(), br#"{"a":{"message":"A $b$"}}"#);
    }

    #[test]
    fn a_written_folder_holds_what_was_asked_for_and_nothing_else() {
        let folder = env::temp_dir().join(format!("cooldown-bundle-{}", std::process::id()));
        let of =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect::<Files>();
        for wanted in [of(&[("a.js", "1"), ("deep/b.js", "2")]), of(&[("a.js", "3"), ("deep/er/c.js", "4")])] {
            write(&folder, &wanted).unwrap();
            assert_eq!(files(&folder).unwrap(), wanted);
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
