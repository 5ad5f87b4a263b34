//! `cargo xtask package`: what the stores take. The same sources give the same bytes, wherever and whenever they are packed: entries in
//! order, no times, no owners.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::bundle::{self, Files, Kind};
use crate::process::{self, Steps};
use crate::setup::Browser;

/// Builds as shipped, packs both extensions and the sources into `dist/`, and prints each archive's SHA-256 and size.
///
/// An error where the core could not be made as small as it ships: its bytes would be no one else's.
pub fn run() -> Result<()> {
    let mut steps = Steps::new(bundle::STEPS + 1);
    let weight = bundle::build(&mut steps, Kind::Shipped)?;
    if !weight.is_optimised() {
        bail!("wasm-opt is missing (npm's binaryen, pinned in xtask/package.json), and what is packed must be what everybody builds");
    }
    weight.check()?;
    steps.next("Packing for the stores");
    extensions()?;
    // Who reviews gets what git knows and nothing else, to build the same bytes from it.
    pack("source", &sources(&crate::root())?)
}

/// Packs `dist/chromium` and `dist/firefox` as they are built.
pub fn extensions() -> Result<()> {
    let dist = crate::root().join("dist");
    for old in bundle::files(&dist)?.into_keys().filter(|path| path.starts_with("cooldown-") && path.ends_with(".zip")) {
        fs::remove_file(dist.join(old))?;
    }
    for browser in [Browser::Chromium, Browser::Firefox] {
        pack(browser.name(), &bundle::files(&dist.join(browser.name()))?)?;
    }
    Ok(())
}

fn pack(what: &str, files: &Files) -> Result<()> {
    let name = format!("cooldown-{}-{what}.zip", version()?);
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
fn zipped(files: &Files) -> Result<Vec<u8>> {
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
