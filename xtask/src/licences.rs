//! What of others is in the core, with the terms that it comes under: for people in `THIRD-PARTY.txt`, which goes into every archive, and for
//! machines as a bill of materials (CycloneDX).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::process;

/// What the archives and the public page hold it as.
pub const FILE: &str = "THIRD-PARTY.txt";

/// A crate that is compiled into the core.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    name: String,
    version: String,
    licence: String,
    repository: Option<String>,
    /// SHA-256 of its archive, as `Cargo.lock` has it
    checksum: Option<String>,
    /// The terms, word for word; the simplest of those that it may be taken under
    texts: Vec<String>,
    needs: Vec<String>,
}

impl Part {
    fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version)
    }
}

/// The parts of the core, and its own name for them: the first.
struct Parts {
    own: Part,
    others: Vec<Part>,
}

/// `THIRD-PARTY.txt`: each text once, under the names of all that come with it.
pub fn text() -> Result<String> {
    let mut by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for part in Parts::read()?.others {
        for text in part.texts {
            by_text.entry(text).or_default().push(format!("{} {} ({})", part.name, part.version, part.licence));
        }
    }
    // It has no package of its own to read this from.
    by_text.entry(mit("The Rust Project Contributors")?).or_default().push("the Rust standard library (MIT OR Apache-2.0)".into());
    let mut sections: Vec<(Vec<String>, String)> = by_text.into_iter().map(|(text, names)| (names, text)).collect();
    sections.sort();
    let sections: Vec<String> = sections.into_iter().map(|(names, text)| format!("{}\n\n{text}", names.join("\n"))).collect();
    let line = format!("\n\n{}\n\n", "-".repeat(80));
    Ok(format!(
        "Cooldown's core is made of these libraries too, and each comes under the terms below its name.{line}{}\n",
        sections.join(&line)
    ))
}

/// The bill of materials. It names no time and no serial number: the same sources give the same bytes.
pub fn bill() -> Result<String> {
    let Parts { own, others } = Parts::read()?;
    let compiler = process::read(Command::new("rustc").arg("--version").current_dir(crate::root()))?;
    let std = compiler.split(' ').nth(1).context("rustc does not say its version")?;
    let (std_ref, own_ref) = (format!("pkg:generic/rust-std@{std}"), own.purl());
    let component = |part: &Part| {
        let mut made = json!({
            "type": "library", "bom-ref": part.purl(), "purl": part.purl(), "name": part.name, "version": part.version,
            "licenses": [{ "expression": part.licence }],
        });
        if let Some(checksum) = &part.checksum {
            made["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
        }
        if let Some(url) = &part.repository {
            made["externalReferences"] = json!([{ "type": "vcs", "url": url }]);
        }
        made
    };
    let mut main = component(&own);
    main["type"] = json!("application");
    let mut components: Vec<Value> = others.iter().map(component).collect();
    components.push(json!({
        "type": "library", "bom-ref": std_ref, "purl": std_ref, "name": "rust-std", "version": std,
        "licenses": [{ "expression": "MIT OR Apache-2.0" }],
    }));
    let mut dependencies: Vec<Value> =
        [&own].into_iter().chain(&others).map(|part| json!({ "ref": part.purl(), "dependsOn": part.needs })).collect();
    if let Some(needs) = dependencies[0]["dependsOn"].as_array_mut() {
        needs.push(json!(std_ref));
    }
    dependencies.push(json!({ "ref": std_ref, "dependsOn": [] }));
    debug_assert_eq!(dependencies[0]["ref"], own_ref);
    let bill = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": { "component": main }, "components": components, "dependencies": dependencies,
    });
    Ok(format!("{bill:#}\n"))
}

impl Parts {
    fn read() -> Result<Self> {
        let metadata = metadata(&["--filter-platform", "wasm32-unknown-unknown"])?;
        let (packages, nodes) = (list(&metadata["packages"]), list(&metadata["resolve"]["nodes"]));
        let by_id: BTreeMap<&str, &Value> = packages.iter().map(|package| (word(&package["id"]), package)).collect();
        let is_macro = |id: &str| list(&by_id[id]["targets"]).iter().any(|target| list(&target["kind"]).contains(&json!("proc-macro")));
        // What only builds or tests it is not in it, and neither is what runs in the compiler.
        let needs = |id: &str| -> Vec<&str> {
            let node = nodes.iter().find(|node| node["id"] == id);
            let deps = node.map_or(&[][..], |node| list(&node["deps"])).iter();
            let of_it = deps.filter(|dep| list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()));
            of_it.map(|dep| word(&dep["pkg"])).filter(|id| !is_macro(id)).collect()
        };
        let root = packages.iter().find(|package| package["name"] == "cooldown").context("cargo knows no `cooldown`")?;
        let mut found = BTreeSet::from([word(&root["id"])]);
        let mut open = vec![word(&root["id"])];
        while let Some(id) = open.pop() {
            open.extend(needs(id).into_iter().filter(|id| found.insert(id)));
        }
        let lock = fs::read_to_string(crate::root().join("Cargo.lock"))?;
        let purl = |id: &str| format!("pkg:cargo/{}@{}", word(&by_id[id]["name"]), word(&by_id[id]["version"]));
        let mut parts = found.into_iter().map(|id| {
            let package = by_id[id];
            let (name, version) = (word(&package["name"]), word(&package["version"]));
            let mut needs: Vec<String> = needs(id).into_iter().map(purl).collect();
            needs.sort();
            Ok(Part {
                texts: terms(package).with_context(|| format!("no terms of {name} {version}"))?,
                licence: word(&package["license"]).replace('/', " OR "),
                repository: package["repository"].as_str().map(str::to_owned),
                checksum: checksum(&lock, name, version),
                name: name.to_owned(),
                version: version.to_owned(),
                needs,
            })
        });
        let mut all: Vec<Part> = parts.by_ref().collect::<Result<_>>()?;
        all.sort();
        let at = all.iter().position(|part| part.name == "cooldown").context("cargo knows no `cooldown`")?;
        Ok(Self { own: all.remove(at), others: all })
    }
}

fn metadata(args: &[&str]) -> Result<Value> {
    let said = process::read(process::cargo(&["metadata", "--format-version", "1", "--locked"]).args(args))?;
    Ok(serde_json::from_str(&said)?)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The files in a package that state its terms. Nearly all may be had under MIT, which is short; the Apache license beside it would only repeat them.
fn terms(package: &Value) -> Result<Vec<String>> {
    let manifest = Path::new(word(&package["manifest_path"]));
    let folder = manifest.parent().context("a manifest without a folder")?;
    let is_of_terms = |name: &str| ["LICENSE", "LICENCE", "NOTICE"].iter().any(|word| name.starts_with(word)) && !name.contains("APACHE");
    let mut names: Vec<_> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<Result<_>>()?;
    names.retain(|name| is_of_terms(&name.to_uppercase()));
    names.sort();
    if names.is_empty() {
        let authors: Vec<&str> = list(&package["authors"]).iter().map(word).collect();
        return Ok(vec![mit(&authors.join(", "))?]);
    }
    names.iter().map(|name| Ok(fs::read_to_string(folder.join(name))?.replace('\r', "").trim().to_owned())).collect()
}

/// The MIT license for whoever does not bring its text along; the words are those of our own.
fn mit(holder: &str) -> Result<String> {
    let own = fs::read_to_string(crate::root().join("LICENSE-MIT"))?;
    let (before, rest) = own.split_once("Copyright (c) ").context("LICENSE-MIT names nobody")?;
    let (_, after) = rest.split_once('\n').context("LICENSE-MIT ends early")?;
    Ok(format!("{before}Copyright (c) {holder}\n{after}").trim().to_owned())
}

fn checksum(lock: &str, name: &str, version: &str) -> Option<String> {
    let entry = lock
        .split("[[package]]")
        .find(|entry| entry.contains(&format!("name = \"{name}\"\n")) && entry.contains(&format!("version = \"{version}\"\n")))?;
    Some(entry.split_once("checksum = \"")?.1.split_once('"')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All permissive: none asks for more than its name and its text. Another one is a decision, which is made here.
    const ALLOWED: [&str; 10] =
        ["0BSD", "Apache-2.0", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "Unicode-3.0", "Unlicense", "Zlib"];

    /// Each of what is asked for together, in one way that is allowed.
    fn is_allowed(licence: &str) -> bool {
        let mut parts = licence.split(" AND ").map(|part| part.trim_matches(['(', ')']).replace('/', " OR "));
        parts.all(|part| part.split(" OR ").any(|name| ALLOWED.contains(&name.trim())))
    }

    #[test]
    fn every_crate_comes_from_the_registry_under_terms_that_are_allowed() {
        let metadata = metadata(&[]).unwrap();
        let mut odd = vec![];
        for package in list(&metadata["packages"]) {
            let (name, licence, source) = (word(&package["name"]), word(&package["license"]), package["source"].as_str());
            let is_ours =
                source.is_none() && package["manifest_path"].as_str().is_some_and(|path| Path::new(path).starts_with(crate::root()));
            let is_known = is_ours || source == Some("registry+https://github.com/rust-lang/crates.io-index");
            if !is_known || !is_allowed(licence) {
                odd.push(format!("{name}: {licence}, {source:?}"));
            }
        }
        assert!(odd.is_empty(), "{odd:#?}");
        for licence in ["", "GPL-3.0", "MIT AND GPL-3.0", "LGPL-2.1-or-later OR GPL-2.0"] {
            assert!(!is_allowed(licence), "{licence}");
        }
    }

    #[test]
    fn every_npm_package_is_pinned_by_its_content() {
        for folder in ["xtask", "tests/browser", "tests/browser/sillytavern"] {
            let read = |file: &str| -> Value {
                serde_json::from_str(&fs::read_to_string(crate::root().join(folder).join(file)).unwrap()).unwrap()
            };
            let (own, lock) = (read("package.json"), read("package-lock.json"));
            for of in ["dependencies", "devDependencies"] {
                for (name, version) in own[of].as_object().into_iter().flatten() {
                    assert!(word(version).starts_with(|first: char| first.is_ascii_digit()), "{folder}: {name} {version} is a range");
                }
            }
            let locked = lock["packages"].as_object().unwrap();
            assert!(locked.len() > 1);
            for (path, entry) in locked.iter().filter(|(path, _)| !path.is_empty()) {
                // By default it comes from npm's own registry, and a lock file names no other.
                let is_from_npm = entry["resolved"].as_str().is_none_or(|url| url.starts_with("https://registry.npmjs.org/"));
                assert!(word(&entry["integrity"]).starts_with("sha512-") && is_from_npm, "{folder}: {path}");
            }
        }
    }

    #[test]
    fn each_dependency_is_argued_for() {
        let text = fs::read_to_string(crate::root().join("ARCHITECTURE.md")).unwrap();
        let argued = text.split("## What it is built with").nth(1).expect("the section is there").split("\n## ").next().unwrap();
        let metadata = metadata(&["--no-deps"]).unwrap();
        let mut named: BTreeSet<String> = BTreeSet::new();
        for package in list(&metadata["packages"]) {
            named.extend(list(&package["dependencies"]).iter().map(|dependency| word(&dependency["name"]).to_owned()));
        }
        for folder in ["xtask", "tests/browser", "tests/browser/sillytavern"] {
            let own: Value = serde_json::from_str(&fs::read_to_string(crate::root().join(folder).join("package.json")).unwrap()).unwrap();
            named.extend(["dependencies", "devDependencies"].iter().flat_map(|of| own[of].as_object()).flat_map(|of| of.keys().cloned()));
        }
        let missing: Vec<_> = named.iter().filter(|name| !argued.contains(&format!("`{name}`"))).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn the_terms_of_each_part_are_there() {
        let text = text().unwrap();
        for (name, words) in [
            ("wasm-bindgen 0.2.", "Copyright (c) 2014 Alex Crichton"),
            ("serde_json 1.", "Permission is hereby granted"),
            ("the Rust standard library", "The Rust Project Contributors"),
            ("unicode-ident 1.", "UNICODE LICENSE V3"),
        ] {
            assert!(text.contains(name) && text.contains(words), "{name}");
        }
        // Only what is in the core: not what tests it, not what runs in the compiler.
        for name in ["proptest ", "insta ", "serde_derive ", "hyper ", "cooldown 0"] {
            assert!(!text.contains(&format!("\n{name}")), "{name}");
        }
    }

    #[test]
    fn the_bill_names_each_part_with_its_checksum_and_what_it_needs() {
        let bill: Value = serde_json::from_str(&bill().unwrap()).unwrap();
        let components = list(&bill["components"]);
        let refs: BTreeSet<&str> = components.iter().chain([&bill["metadata"]["component"]]).map(|part| word(&part["bom-ref"])).collect();
        assert!(components.len() > 10 && refs.len() == components.len() + 1);
        for part in components.iter().filter(|part| part["name"] != "rust-std") {
            assert_eq!(word(&part["hashes"][0]["content"]).len(), 64, "{part}");
        }
        let dependencies = list(&bill["dependencies"]);
        assert_eq!(dependencies.iter().map(|entry| word(&entry["ref"])).collect::<BTreeSet<_>>(), refs);
        let needed: BTreeSet<&str> = dependencies.iter().flat_map(|entry| list(&entry["dependsOn"])).map(word).collect();
        assert_eq!(needed.len() + 1, refs.len(), "everything is needed by something, but for the extension itself");
        assert!(needed.is_subset(&refs));
    }
}
