//! `cargo xtask bench`: how fast the core reads, natively and as wasm beside a decoder in JavaScript, and what it weighs.
//! With `--browser` what it costs a page, with `--storm` what its policy spares a pool.

mod text;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::bundle::{self, Kind};
use crate::process::{self, Scratch, Steps, cargo};
use crate::setup::{self, Browser};

/// The commonest failures, by their ids in `tests/corpus`.
const COMMONEST: [&str; 10] = [
    "pool-2025",
    "pool-2026",
    "byok-novita",
    "free-day",
    "free-minute",
    "credits-afford",
    "in-flight",
    "auth-3",
    "not-served",
    "upstream-502",
];
const CORPUS: [&str; 2] = ["tests/corpus/http.jsonl", "tests/corpus/inside-200.jsonl"];

/// Noon of 22 November 2026 in UTC, when all of them arrive.
const AT_MS: u64 = 1_795_348_800_000;
/// The most that a measuring program may take; compiling comes before.
const LIMIT: Duration = Duration::from_secs(6 * 60);

/// Measures, and prints a table.
pub fn run(browser: Browser) -> Result<()> {
    let root = crate::root();
    let mut steps = Steps::new(bundle::STEPS + 5);

    steps.next(format_args!("Getting what the measurement needs: Node, npm packages, {}", browser.name()));
    setup::node()?;
    setup::npm_packages(&root.join("tests/browser"))?;
    let program = setup::browser(browser)?;
    println!("  {}", program.display());

    // A core over its ceiling is for `build` and `test` to refuse; it can be measured as well.
    let _ = bundle::build(&mut steps, Kind::Shipped)?;

    steps.next("Making the ten questions and ten megabytes of page text");
    let made = crate::target()?.join("bench");
    fs::create_dir_all(&made)?;
    fs::write(made.join("questions.json"), Value::from(questions()?).to_string())?;
    fs::write(made.join("text.json"), Value::from(text::pieces()).to_string())?;

    steps.next("Compiling the native measurement (release)");
    process::run(&mut cargo(&["bench", "--package", "cooldown", "--bench", "native", "--no-run"]))?;

    steps.next("Measuring natively");
    let native =
        measured(cargo(&["bench", "--quiet", "--package", "cooldown", "--bench", "native", "--"]).arg(&made), &made.join("native.json"))?;

    steps.next(format_args!("Measuring in {}: wasm and JavaScript in one page", browser.name()));
    let extension = root.join("dist").join(browser.name());
    let mut node = Command::new("node");
    node.arg("tests/browser/bench.mjs").args(["--browser", browser.name()]).arg("--extension").arg(&extension).arg("--made").arg(&made);
    node.env(browser.variable(), &program).current_dir(&root);
    process::outside_cargo(&mut node);
    let _scratch = Scratch::give(&mut node)?;
    let in_browser = measured(&mut node, &made.join(format!("{}.json", browser.name())))?;

    println!("\n{}", table(&native, &in_browser, &weights(&extension.join("core/core_bg.wasm"))?)?);
    Ok(())
}

/// Measures what the extension costs a page, in one run with two browsers: one with it and one without.
pub fn price(browser: Browser) -> Result<()> {
    let root = crate::root();
    // What watching text costs is read from a trace, which only Chromium gives.
    let scripts: &[_] = if browser == Browser::Chromium { &["price.mjs", "watch.mjs"] } else { &["price.mjs"] };
    let mut steps = Steps::new(bundle::STEPS + 1 + scripts.len());

    steps.next(format_args!("Getting what the measurement needs: Node, npm packages, {}", browser.name()));
    setup::node()?;
    setup::npm_packages(&root.join("tests/browser"))?;
    let program = setup::browser(browser)?;
    println!("  {}", program.display());

    let _ = bundle::build(&mut steps, Kind::Test)?;

    for script in scripts {
        steps.next(format_args!("Measuring in {}, with the extension and without ({script})", browser.name()));
        let mut node = Command::new("node");
        node.arg(Path::new("tests/browser").join(script)).env(browser.variable(), &program).current_dir(&root);
        if *script == "price.mjs" {
            node.args(["--browser", browser.name()]);
        }
        process::outside_cargo(&mut node);
        let _scratch = Scratch::give(&mut node)?;
        let finished = process::tee(&mut node, 2 * LIMIT)?;
        if !finished.ok {
            bail!("{script} stopped or failed, see above");
        }
    }
    Ok(())
}

/// Simulates a hundred thousand installations that meet one limited pool, under our policy and under others.
pub fn storm() -> Result<()> {
    let mut steps = Steps::new(2);
    steps.next("Compiling the simulation with the product's own policy (release)");
    process::run(&mut cargo(&["bench", "--package", "cooldown", "--bench", "storm", "--no-run"]))?;
    steps.next("Twelve storms under six policies");
    let finished = process::tee(
        cargo(&["bench", "--quiet", "--package", "cooldown", "--bench", "storm", "--"]).arg(crate::target()?.join("bench")),
        LIMIT,
    )?;
    if !finished.ok {
        bail!("Cooldown's policy does not stand in each storm, see above");
    }
    Ok(())
}

/// The commonest failures as questions, such as the tap and the bridge put them on openrouter.ai's own API with a key.
fn questions() -> Result<Vec<Value>> {
    let mut rows = Vec::new();
    for path in CORPUS {
        let text = fs::read_to_string(crate::root().join(path)).with_context(|| format!("cannot read {path}"))?;
        rows.extend(text.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>().with_context(|| path.to_owned())?);
    }
    let question = |id: &str| {
        let row = rows.iter().find(|row| row["id"] == id).with_context(|| format!("no row `{id}` in {}", CORPUS.join(", ")))?;
        let exchange = json!({
            "surface": row["surface"], "url": "https://openrouter.ai/api/v1/chat/completions", "method": "POST", "status": row["status"],
            "headers": { "content-type": "application/json" }, "body": row["text"], "at_ms": AT_MS,
        });
        let request = json!({
            "model": "acme/model-1", "stream": true, "max_tokens": null, "key": true, "only": [], "order": [], "allow_fallbacks": null,
            "app_retries": null,
        });
        let site = json!({ "own_retries": null, "only_explain": false });
        let asked = json!({ "exchange": exchange, "request": request, "replayable": true, "attempt": 1, "site": site });
        Ok(json!({ "id": id, "question": asked }))
    };
    COMMONEST.into_iter().map(question).collect()
}

/// Runs a measuring program within its time, and reads what it wrote.
fn measured(command: &mut Command, result: &Path) -> Result<Value> {
    // What an earlier run left must not pass for this one's.
    let _ = fs::remove_file(result);
    let finished = process::tee(command, LIMIT)?;
    if finished.timed_out {
        bail!("not done after {} s", LIMIT.as_secs());
    }
    if !finished.ok {
        bail!("the measurement stopped, see above");
    }
    let text = fs::read_to_string(result).with_context(|| format!("no result in {}", result.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// Bytes as they lie, by gzip and by brotli at their best; Node has both.
fn weights(wasm: &Path) -> Result<[u64; 3]> {
    const SCRIPT: &str = "const z = require('node:zlib'), b = require('node:fs').readFileSync(process.argv[1]);\
        console.log(JSON.stringify([b.length, z.gzipSync(b, { level: 9 }).length, z.brotliCompressSync(b).length]));";
    Ok(serde_json::from_str(&process::read(Command::new("node").args(["--eval", SCRIPT]).arg(wasm))?)?)
}

/// A row a body, then the median of the ratios, the scan and the weight.
fn table(native: &Value, in_browser: &Value, [raw, gzip, brotli]: &[u64; 3]) -> Result<String> {
    let number = |from: &Value, name: &str| from[name].as_f64().with_context(|| format!("no `{name}` was measured"));
    let mut lines = vec![
        format!("Decoding, µs a body (medians), {}", in_browser["version"].as_str().unwrap_or_default()),
        format!("  {:<18}{:>9}{:>9}{:>12}{:>12}", "", "native", "wasm", "JavaScript", "wasm / JS"),
    ];
    let mut ratios = Vec::new();
    for id in COMMONEST {
        let of = |all: &Value| all["decode"].as_array().and_then(|all| all.iter().find(|one| one["id"] == id).cloned());
        let (native, in_browser) = of(native).zip(of(in_browser)).with_context(|| format!("`{id}` was not measured"))?;
        let (wasm, js) = (number(&in_browser, "wasm_us")?, number(&in_browser, "js_us")?);
        ratios.push(wasm / js);
        lines.push(format!("  {id:<18}{:>9.1}{wasm:>9.1}{js:>12.1}{:>12.2}", number(&native, "us")?, wasm / js));
    }
    ratios.sort_by(f64::total_cmp);
    let middle = ratios.len() / 2;
    lines.push(format!("  {:<18}{:>42.2}", "median", (ratios[middle - 1] + ratios[middle]) / 2.0));
    for (name, measured) in [("native", native), ("wasm", in_browser)] {
        let scan = &measured["scan"];
        let spoken = scan["spoken"].as_u64().context("nothing was scanned")?;
        let text = format!("{:.1} MB of page text, {name}", number(scan, "bytes")? / 1e6);
        lines.push(format!("{text:<34}{:>8.1} MB/s, {spoken} taken for a failure", number(scan, "mb_per_s")?));
        if spoken > 0 {
            bail!("{}\nordinary text was taken for a failure", lines.join("\n"));
        }
    }
    lines.push(format!("core_bg.wasm, bytes: {raw} raw, {gzip} gzip, {brotli} brotli"));
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_a_body_and_refuses_a_false_alarm() {
        let row = |id: &str| json!({ "id": id, "us": 5.0, "wasm_us": 30.0, "js_us": 20.0 });
        let all: Vec<Value> = COMMONEST.into_iter().map(row).collect();
        let measured = |spoken: u32| json!({ "decode": all, "scan": { "bytes": 1e7, "mb_per_s": 50.0, "spoken": spoken } });
        let made = table(&measured(0), &measured(0), &[3, 2, 1]).unwrap();
        assert!(made.contains("pool-2026") && made.contains("1.50") && made.ends_with("3 raw, 2 gzip, 1 brotli"));
        assert!(table(&measured(0), &measured(1), &[3, 2, 1]).is_err());
        assert!(table(&json!({}), &measured(0), &[3, 2, 1]).is_err());
    }

    #[test]
    fn the_ten_stand_in_the_corpus() {
        assert_eq!(questions().unwrap().len(), COMMONEST.len());
    }
}
