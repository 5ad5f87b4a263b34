//! Other programs: told in steps, streamed while they run, and ended by pid when their time is over.

use std::env;
use std::fmt::Display;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// `[2/6] …` before each long step.
pub struct Steps {
    done: usize,
    total: usize,
    indent: &'static str,
}

impl Steps {
    pub fn new(total: usize) -> Self {
        Self { done: 0, total, indent: "" }
    }

    /// Steps within a step.
    pub fn within(total: usize) -> Self {
        Self { indent: "  ", ..Self::new(total) }
    }

    pub fn next(&mut self, what: impl Display) {
        self.done += 1;
        println!("{}[{}/{}] {what}", self.indent, self.done, self.total);
    }
}

/// `cargo` in the checkout, as if called from a shell.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    outside_cargo(&mut command).args(args).current_dir(crate::root());
    command
}

/// Takes away what `cargo run` told this program about itself. Build scripts watch some of it (ring's does), so a cargo within would build
/// again what a cargo in the shell has built, and the other way round.
pub fn outside_cargo(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// The command as a person would type it, for messages.
fn shown(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs to the end with this terminal; an error when it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs quietly to the end; what it wrote to stdout, trimmed.
pub fn read(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !output.status.success() {
        bail!("`{}` failed ({}): {}", shown(command), output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Is it there, and does it run?
pub fn answers(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// What is left of a program that ran to its end.
pub struct Finished {
    pub ok: bool,
    pub output: String,
    /// It was ended because its time was over.
    pub timed_out: bool,
}

/// Runs, shows each line as it comes, and keeps them all. After `limit` it is ended, with all that it started.
pub fn tee(command: &mut Command, limit: Duration) -> Result<Finished> {
    let family = Family::mark(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    let (sender, lines) = mpsc::channel();
    pass_on(child.stdout.take(), sender.clone());
    pass_on(child.stderr.take(), sender);

    let (mut output, mut timed_out, started) = (String::new(), false, Instant::now());
    // How long the pipes may stay open after the program itself has ended: something that it left behind may hold them.
    let mut grace: Option<Instant> = None;
    loop {
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => {
                print!("{line}");
                output.push_str(&line);
            }
            Err(silence) => {
                let is_closed = silence == mpsc::RecvTimeoutError::Disconnected;
                let has_ended = child.try_wait()?.is_some();
                if has_ended && (is_closed || grace.get_or_insert_with(Instant::now).elapsed() > Duration::from_secs(5)) {
                    break;
                }
                if is_closed {
                    thread::sleep(Duration::from_millis(50));
                }
            }
        }
        if !timed_out && started.elapsed() > limit {
            timed_out = true;
            println!("xtask: ended after {} s, the most that it may take", limit.as_secs());
            family.end(&mut child);
        }
    }
    let status = child.wait()?;
    family.end_leftovers();
    std::io::stdout().flush()?;
    Ok(Finished { ok: status.success() && !timed_out, output, timed_out })
}

fn pass_on(pipe: Option<impl Read + Send + 'static>, lines: Sender<String>) {
    let Some(pipe) = pipe else { return };
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
            if lines.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
}

/// All processes that descend from one command. They are known by a mark in their environment, because a browser's processes leave both
/// the process group and the tree of the program that started them.
pub struct Family {
    mark: String,
}

impl Family {
    const NAME: &str = "COOLDOWN_FAMILY";

    /// To be called before `command` is spawned.
    pub fn mark(command: &mut Command) -> Self {
        let now = std::time::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_nanos());
        let mark = format!("{}-{now}", std::process::id());
        command.env(Self::NAME, &mark);
        Self { mark }
    }

    /// Ends the first process and everything it started: politely, then surely.
    pub fn end(&self, child: &mut Child) {
        signal("TERM", &[child.id()]);
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(5) && matches!(child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(50));
        }
        if matches!(child.try_wait(), Ok(None)) {
            // Only fails when it has ended meanwhile.
            let _ = child.kill();
        }
        self.end_leftovers();
    }

    /// Ends what the first process left behind when it ended.
    pub fn end_leftovers(&self) {
        signal("TERM", &self.members());
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(2) && !self.members().is_empty() {
            thread::sleep(Duration::from_millis(50));
        }
        signal("KILL", &self.members());
    }

    /// Their pids. Empty where there is no `/proc`: there the first process alone is ended, and browsers close with their driver.
    fn members(&self) -> Vec<u32> {
        let mark = format!("{}={}", Self::NAME, self.mark);
        let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
        processes
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid: &u32| {
                // Unreadable: ended, or somebody else's.
                let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
                *pid != std::process::id() && environment.split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes())
            })
            .collect()
    }
}

/// A folder for a program's temporary files, gone when this is: browser profiles are large, and a killed browser leaves its own behind.
/// In the system's place for such folders, because Chromium's socket in it needs a short path.
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// To be called before `command` is spawned.
    pub fn give(command: &mut Command) -> Result<Self> {
        static GIVEN: AtomicUsize = AtomicUsize::new(0);
        let folder = env::temp_dir().join(format!("cooldown-{}-{}", std::process::id(), GIVEN.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&folder)?;
        command.env("TMPDIR", &folder);
        Ok(Self { folder })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let tried = Instant::now();
        // A process that was told to end may still write for a moment.
        while fs::remove_dir_all(&self.folder).is_err() && self.folder.exists() && tried.elapsed() < Duration::from_secs(5) {
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// The shell's own `kill`, so that neither unsafe code nor a package is needed.
fn signal(name: &str, pids: &[u32]) {
    if !pids.is_empty() {
        let list = pids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        answers(Command::new("sh").arg("-c").arg(format!("kill -s {name} {list}")));
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn tee_keeps_both_streams_and_the_verdict() {
        let good = tee(Command::new("sh").args(["-c", "echo one; echo two >&2"]), Duration::from_secs(20)).unwrap();
        assert!(good.ok && good.output.contains("one") && good.output.contains("two"));
        assert!(!tee(Command::new("sh").args(["-c", "exit 3"]), Duration::from_secs(20)).unwrap().ok);
    }

    #[test]
    fn what_outlives_its_time_is_ended_with_all_that_it_started() {
        // A grandchild in a session of its own, as a browser is.
        let script = "setsid sleep 4321 & setsid sleep 4321 & wait";
        let mut command = Command::new("sh");
        let finished = tee(command.args(["-c", script]), Duration::from_millis(400)).unwrap();
        assert!(finished.timed_out && !finished.ok);
        let mark = command.get_envs().find(|(name, _)| *name == Family::NAME).and_then(|(_, value)| value).unwrap();
        let family = Family { mark: mark.to_string_lossy().into_owned() };
        assert_eq!(family.members(), Vec::<u32>::new());
    }
}
