//! A scripted stand-in for `https://openrouter.ai` on this machine's loopback.
//!
//! Browser tests and the demo map the host names to it, tell it over a control port which answers to give, and read
//! from its log what really arrived. It keeps to OpenRouter's own shapes and CORS header fields, because what a page
//! may *not* see (a `Retry-After`, a status behind a refused preflight) is half of what is tested.
//!
//! One line of JSON on standard output says that it is ready and where it listens. It ends when its standard input is
//! closed, so that a driver that was killed never leaves it behind, or on SIGTERM or SIGINT.

mod api;
mod call;
mod control;
mod good;
mod hosts;
mod log;
mod query;
mod reply;
mod script;
mod site;
mod tls;
mod wire;
mod world;

use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::hosts::Hosts;
use crate::log::Log;
use crate::reply::Gates;
use crate::script::{Conversations, Presets};

const USAGE: &str = "\
usage: mock [--site HOST=DIR]… [--allow HOST]… [--tls-port N] [--control-port N]
  --site HOST=DIR   serve the files of DIR as https://HOST; given again for a host, the next DIR is looked in too;
                    HOST may be *.name. POSTs below /api/ are answered by the script, without CORS
                    (there, at openrouter.ai and at HOSTs of --allow, ?answer={...} in an address is the answer itself,
                    and ?conversation=x names the conversation in the place of a key)
  --allow HOST      answer for HOST as for other.example: somebody else's API, same script, CORS for everybody
  --tls-port N      default: any free port
  --control-port N  default: any free port
Ends when standard input is closed.";

/// What every connection shares.
pub struct Stage {
    /// which name is what
    pub hosts: Hosts,
    /// answers by name
    pub presets: Presets,
    /// what is still to be answered
    pub conversations: Conversations,
    /// what keeps answers back
    pub gates: Gates,
    /// what has been asked
    pub log: Log,
}

struct Args {
    hosts: Hosts,
    tls_port: u16,
    control_port: u16,
}

impl Args {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Args> {
        let mut args = Args { hosts: Hosts::default(), tls_port: 0, control_port: 0 };
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value\n{USAGE}"));
            match word.as_str() {
                "--site" => {
                    let site = value()?;
                    let (host, dir) = site.split_once('=').with_context(|| format!("not HOST=DIR: {site}"))?;
                    let dir = PathBuf::from(dir);
                    if !dir.is_dir() {
                        bail!("no such folder: {}", dir.display());
                    }
                    args.hosts.add_site(host, dir);
                }
                "--allow" => args.hosts.add_look_alike(&value()?),
                "--tls-port" => args.tls_port = value()?.parse().context("--tls-port")?,
                "--control-port" => args.control_port = value()?.parse().context("--control-port")?,
                _ => bail!("unknown argument {word}\n{USAGE}"),
            }
        }
        Ok(args)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    if std::env::args().any(|word| word == "--help") {
        println!("{USAGE}");
        return Ok(());
    }
    let args = Args::parse(std::env::args().skip(1))?;
    let identity = tls::Identity::for_hosts(&args.hosts.names())?;
    let tls_listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.tls_port)).await.context("TLS port")?;
    let control_listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.control_port)).await.context("control port")?;
    let ready = json!({
        "tls_port": tls_listener.local_addr()?.port(),
        "control_port": control_listener.local_addr()?.port(),
        "spki": identity.spki,
        "certificate": identity.pem,
        "hosts": args.hosts.names(),
    });
    let (presets, conversations, gates, log) = (Presets::load()?, Conversations::default(), Gates::default(), Log::default());
    let stage = Arc::new(Stage { hosts: args.hosts, presets, conversations, gates, log });
    // Before the ready line, so that a driver that signals at once is heard.
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    tokio::spawn(wire::serve_tls(tls_listener, identity.config, Arc::clone(&stage)));
    tokio::spawn(control::serve(control_listener, stage));
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{ready}")?;
        out.flush()?;
    }
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
        _ = stdin_closed() => {}
    }
    Ok(())
}

/// Resolves when standard input ends. A thread of its own: tokio's blocking pool would keep a read that nothing can
/// interrupt, and with it the process.
fn stdin_closed() -> oneshot::Receiver<()> {
    let (sender, closed) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let mut scrap = [0; 256];
        while matches!(std::io::stdin().read(&mut scrap), Ok(n) if n > 0) {}
        drop(sender);
    });
    closed
}
