//! `cargo xtask package`: what the stores take. The same sources give the same bytes, wherever and whenever they are packed: entries in
//! order, no times, no owners.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::bundle::{self, Files, Kind};
use crate::licences;
use crate::process::{self, Steps};
use crate::setup::Browser;

const BROWSERS: [Browser; 2] = [Browser::Chromium, Browser::Firefox];

/// All that an extension's archive may hold, `*` for a name. What is not such a file does not ship.
const HOLDS: [&str; 13] = [
    "manifest.json",
    "managed.json",
    licences::FILE,
    "*.html",
    "*.css",
    "*.js",
    "content/*.js",
    "page/tap.js",
    "core/core.js",
    "core/core_bg.wasm",
    "_locales/*/messages.json",
    "icons/icon.svg",
    "icons/*.png",
];

/// Builds as shipped, packs both extensions and the sources into `dist/`, and prints each archive's SHA-256 and size; `twice`: builds the
/// extensions again, from a copy of the sources at another path, and compares.
///
/// An error where the core could not be made as small as it ships: its bytes would be no one else's.
pub fn run(twice: bool) -> Result<()> {
    let mut steps = Steps::new(bundle::STEPS + 1 + usize::from(twice));
    let weight = bundle::build(&mut steps, Kind::Shipped)?;
    if !weight.is_optimised() {
        bail!("wasm-opt is missing (npm's binaryen, pinned in xtask/package.json), and what is packed must be what everybody builds");
    }
    weight.check()?;
    steps.next("Packing for the stores");
    extensions()?;
    // Who reviews gets what git knows and nothing else, to build the same bytes from it.
    let sources = sources(&crate::root())?;
    pack("source", &sources)?;
    let bill = format!("cooldown-{}.cdx.json", version()?);
    fs::write(crate::root().join("dist").join(&bill), licences::bill()?)?;
    println!("  {:>64}  {:>9}  dist/{bill}", "bill of materials", fs::metadata(crate::root().join("dist").join(&bill))?.len());
    if twice {
        steps.next("Building once more from a copy of the sources, at another path");
        again(&sources)?;
    }
    Ok(())
}

/// The extensions' archives of a second build, byte for byte.
fn again(sources: &Files) -> Result<()> {
    let work = env::temp_dir().join(format!("cooldown-again-{}", std::process::id()));
    let checkout = work.join("somewhere else");
    let compared = (|| {
        for (path, bytes) in sources {
            let path = checkout.join(path);
            fs::create_dir_all(path.parent().context("a file has a folder")?)?;
            fs::write(path, bytes)?;
        }
        process::run(process::cargo(&["xtask", "build"]).current_dir(&checkout).env("CARGO_TARGET_DIR", work.join("target")))?;
        for browser in BROWSERS {
            let name = archive(browser.name())?;
            let (first, second) = (crate::root().join("dist").join(&name), checkout.join("dist").join(&name));
            ensure!(fs::read(first)? == fs::read(second)?, "{name} has other bytes when it is built at {}", checkout.display());
            println!("  {name}: the same bytes");
        }
        Ok(())
    })();
    fs::remove_dir_all(&work)?;
    compared
}

/// Packs `dist/chromium` and `dist/firefox` as they are built.
pub fn extensions() -> Result<()> {
    let dist = crate::root().join("dist");
    for old in bundle::files(&dist)?.into_keys().filter(|path| path.starts_with("cooldown-") && path.ends_with(".zip")) {
        fs::remove_file(dist.join(old))?;
    }
    for browser in BROWSERS {
        let files = bundle::files(&dist.join(browser.name()))?;
        let odd = odd(&files);
        ensure!(odd.is_empty(), "these would ship in dist/{} and should not, see xtask/src/package.rs: {odd:?}", browser.name());
        pack(browser.name(), &files)?;
    }
    Ok(())
}

/// What may not ship, or what nothing that ships asks for.
fn odd(files: &Files) -> Vec<&str> {
    let is_allowed = |path: &str| HOLDS.iter().any(|holds| is_like(path, holds));
    let texts: BTreeMap<&str, String> =
        files.iter().map(|(path, bytes)| (path.as_str(), String::from_utf8_lossy(bytes).into_owned())).collect();
    let is_asked_for = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        // The browser looks for the one, a person for the other, and `words.js` makes the names of the third.
        ["manifest.json", licences::FILE].contains(&path)
            || path.starts_with("_locales/")
            || texts.iter().any(|(other, text)| *other != path && text.contains(name))
    };
    files.keys().map(String::as_str).filter(|path| !is_allowed(path) || !is_asked_for(path)).collect()
}

/// `*` stands for a name, and no folder.
fn is_like(path: &str, holds: &str) -> bool {
    match holds.split_once('*') {
        None => path == holds,
        Some((before, after)) => path
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|name| !name.is_empty() && !name.contains(['/', '.'])),
    }
}

fn archive(what: &str) -> Result<String> {
    Ok(format!("cooldown-{}-{what}.zip", version()?))
}

fn pack(what: &str, files: &Files) -> Result<()> {
    let name = archive(what)?;
    let path = crate::root().join("dist").join(&name);
    fs::write(&path, zipped(files)?).with_context(|| format!("cannot write {}", path.display()))?;
    println!("  {}  {:>9}  dist/{name}", sha256(&path)?, fs::metadata(&path)?.len());
    Ok(())
}

fn version() -> Result<String> {
    let manifest: serde_json::Value = serde_json::from_str(&fs::read_to_string(crate::root().join("extension/manifest.json"))?)?;
    manifest["version"].as_str().map(str::to_owned).context("extension/manifest.json states no version")
}

fn sources(root: &Path) -> Result<Files> {
    let listed = process::read(Command::new("git").args(["ls-files", "-z"]).current_dir(root))
        .context("the sources are packed from a git checkout")?;
    let read = |path: &str| Ok((path.to_owned(), fs::read(root.join(path)).with_context(|| format!("cannot read {path}"))?));
    listed.split('\0').filter(|path| !path.is_empty()).map(read).collect()
}

/// One archive; the order is that of the paths, the time that of the format's first day.
pub fn zipped(files: &Files) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        archive.start_file(path.as_str(), options)?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

fn sha256(path: &PathBuf) -> Result<String> {
    let said = process::read(Command::new("sha256sum").arg(path))?;
    said.split_whitespace().next().map(str::to_owned).context("sha256sum said nothing")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{self, Grants};
    use std::io::Read;

    #[test]
    fn the_same_files_give_the_same_bytes_and_come_out_whole() {
        let files: Files = [("manifest.json", "{}"), ("core/core.js", "export {}"), ("_locales/en/messages.json", "{\"a\":1}")]
            .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
            .into_iter()
            .collect();
        let first = zipped(&files).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2_100)); // the format's clock ticks every two seconds
        assert_eq!(first, zipped(&files).unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(first)).unwrap();
        let mut out = Files::new();
        for at in 0..archive.len() {
            let mut entry = archive.by_index(at).unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            out.insert(entry.name().unwrap().into_owned(), bytes);
        }
        assert_eq!(out, files);
    }

    #[test]
    fn what_ships_is_on_the_list_and_is_asked_for_by_something_that_ships() {
        let mut files = bundle::files(&crate::root().join("extension")).unwrap();
        files.retain(|path, _| !path.starts_with("core/"));
        let common = String::from_utf8(files["manifest.json"].clone()).unwrap();
        files.insert("manifest.json".into(), manifest::text(&common, Browser::Chromium, Grants::Shipped).unwrap().into_bytes());
        assert_eq!(odd(&files), Vec::<&str>::new());
        for stray in ["notes.md", "core/core.d.ts", "content/bridge.js.map", "tests/a.js", "icons/16.psd", ".DS_Store"] {
            files.insert(stray.into(), vec![]);
            files.insert("popup.js".into(), format!("'{stray}'").into_bytes());
            assert_eq!(odd(&files), [stray]);
            files.remove(stray);
        }
        files.insert("left-over.js".into(), vec![]);
        assert_eq!(odd(&files), ["left-over.js"]);
    }

    #[test]
    fn the_sources_hold_what_builds_them_and_nothing_that_was_built() {
        let sources = sources(&crate::root()).unwrap();
        for needed in ["Cargo.toml", "Cargo.lock", "src/lib.rs", "extension/manifest.json", "xtask/package-lock.json", "README.md"] {
            assert!(sources.contains_key(needed), "{needed}");
        }
        let built = ["dist/", "target/", "extension/core/", "node_modules/"];
        let odd: Vec<_> = sources.keys().filter(|path| built.iter().any(|folder| path.contains(folder))).collect();
        assert!(odd.is_empty(), "{odd:?}");
    }
}
