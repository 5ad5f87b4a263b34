//! The storm, as `cargo xtask bench --storm` runs it: 100,000 installations, several limits and hints, five policies.
//!
//! `cargo bench --bench storm -- FOLDER`: prints a table a storm, writes `storm.svg` into the folder, and fails where ours does not stand.
//! What is simulated, and on what assumptions, stands at the head of `storm/model.rs`.

#[path = "storm/model.rs"]
mod model;
#[path = "storm/plot.rs"]
mod plot;
#[path = "storm/scenes.rs"]
mod scenes;

use plot::Panel;
use scenes::{POLICIES, SCENES, Scene};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

const INSTALLATIONS: u32 = 100_000;
const SEED: u64 = 20_261_122;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Cargo itself adds `--bench`.
    let folder = env::args().skip(1).find(|arg| !arg.starts_with("--")).map(PathBuf::from);
    let folder = folder.ok_or("usage: cargo bench --bench storm -- FOLDER, where the picture goes")?;
    let next = AtomicUsize::new(0);
    let mut panels = thread::scope(|scope| {
        let worker = || {
            let mut done = Vec::new();
            while let Some(scene) = SCENES.get(next.fetch_add(1, Ordering::Relaxed)) {
                let lines = POLICIES.map(|(name, policy)| (name, model::run(&scene.storm(INSTALLATIONS, SEED), policy)));
                done.push((scene, Panel { title: scene.title(), lines: lines.into() }));
            }
            done
        };
        let workers: Vec<_> = (0..thread::available_parallelism().map_or(1, usize::from)).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect::<Vec<_>>()
    });
    panels.sort_by_key(|(scene, _)| SCENES.iter().position(|one| std::ptr::eq(one, *scene)));
    println!("{INSTALLATIONS} installations meet one limited pool, seed {SEED}. At the share of messages that every policy gets answered:");
    let mut failed = 0;
    for (scene, Panel { lines, .. }) in &panels {
        failed += tell(scene, lines);
    }
    fs::create_dir_all(&folder)?;
    let picture = folder.join("storm.svg");
    let panels: Vec<Panel> = panels.into_iter().map(|(_, panel)| panel).collect();
    fs::write(&picture, plot::svg(&panels))?;
    println!("\nThe picture: {}", picture.display());
    if failed > 0 {
        return Err(format!("ours does not stand in {failed} of {} storms", SCENES.len()).into());
    }
    println!("In each storm Cooldown wastes fewer calls than each other policy, and is at most a tenth later than the first of them.");
    println!("\"As stated\" is no rival but a measure: each tries as soon as it was told to, without end and without being asked.");
    Ok(())
}

/// Prints one storm; 1 where ours does not stand.
fn tell(scene: &Scene, lines: &[(&'static str, model::Outcome)]) -> usize {
    let share = scenes::common(lines.iter().map(|(_, outcome)| outcome));
    let messages = lines.first().map_or(1, |(_, outcome)| outcome.messages);
    println!("\n{} ({:.1} % of {messages})", scene.title(), share as f64 * 100.0 / messages as f64);
    println!("  {:<22}{:>10}{:>14}{:>12}{:>16}{:>12}", "", "after s", "refused", "worst s", "answered in all", "refused");
    for (name, outcome) in lines {
        let (at_ms, refused, worst_ms) = outcome.at(share);
        let in_all = outcome.served.len() as f64 * 100.0 / messages as f64;
        println!(
            "  {name:<22}{:>10.1}{refused:>14}{:>12.1}{in_all:>14.1} %{:>12}",
            f64::from(at_ms) / 1e3,
            f64::from(worst_ms) / 1e3,
            outcome.refused
        );
    }
    let outcomes: Vec<&model::Outcome> = lines.iter().map(|(_, outcome)| outcome).collect();
    match scenes::stands(&outcomes) {
        Ok(()) => 0,
        Err(why) => {
            println!("  NOT: {why}");
            1
        }
    }
}
