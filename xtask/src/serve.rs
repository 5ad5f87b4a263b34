//! `cargo xtask serve`: the public page as a web server hands it out, on this machine alone.

use std::fs::File;
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use tiny_http::{Header, Method, Response, Server, StatusCode};

use crate::bundle::{self, Kind};
use crate::process::Steps;

/// Builds `dist/www` and serves it until the program is stopped.
pub fn run(port: u16) -> Result<()> {
    let server = listen(port)?; // before anybody waits for a build
    bundle::build(&mut Steps::new(bundle::STEPS), Kind::Shipped)?.check()?;
    let folder = crate::root().join("dist/www");
    println!("\nhttp://127.0.0.1:{port}/  (Ctrl+C ends it)");
    for request in server.incoming_requests() {
        let is_read = matches!(request.method(), Method::Get | Method::Head);
        let found = if is_read { file(&folder, request.url()) } else { None };
        // A browser that went away meanwhile is no error of ours.
        let _ = match found.and_then(|path| Some((kind(&path)?, File::open(&path).ok()?))) {
            Some((kind, file)) => request.respond(Response::from_file(file).with_header(kind)),
            None => request.respond(Response::from_string("not here\n").with_status_code(StatusCode(404))),
        };
    }
    bail!("the server ended")
}

/// On a port of this machine; where that cannot be had, the error says how to name another one.
fn listen(port: u16) -> Result<Server> {
    let other = port.checked_add(1).unwrap_or(8000);
    Server::http(("127.0.0.1", port))
        .map_err(|error| anyhow!("cannot listen on port {port}: {error}\nAnother one can be named: cargo xtask serve {other}"))
}

/// The file of an address, which never leaves the folder.
fn file(folder: &Path, url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.trim_start_matches('/');
    let path = Path::new(if path.is_empty() { "index.html" } else { path });
    let is_within = path.components().all(|part| matches!(part, Component::Normal(_)));
    Some(folder.join(path)).filter(|path| is_within && path.is_file())
}

fn kind(path: &Path) -> Option<Header> {
    let kind = match path.extension()?.to_str()? {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "zip" => "application/zip",
        _ => return None,
    };
    Header::from_bytes("Content-Type", kind).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_leads_to_another_one() {
        let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let said = listen(port).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains(&format!("port {port}")) && said.contains("cargo xtask serve "), "{said}");
    }

    #[test]
    fn only_files_of_the_folder_are_served() {
        let folder = crate::root().join("www");
        assert_eq!(file(&folder, "/"), Some(folder.join("index.html")));
        assert_eq!(file(&folder, "/index.js?lang=de"), Some(folder.join("index.js")));
        for outside in ["/../Cargo.toml", "/..%2fCargo.toml", "//etc/passwd", "/nothing.html", "/./../README.md"] {
            assert_eq!(file(&folder, outside), None, "{outside}");
        }
    }

    #[test]
    fn what_the_pages_lead_to_is_of_a_kind_that_is_served() {
        for page in ["index.html", "demo.html"] {
            let html = std::fs::read_to_string(crate::root().join("www").join(page)).unwrap();
            let links: Vec<&str> = html
                .split("href=\"")
                .skip(1)
                .filter_map(|rest| rest.split(['"', '#', '?']).next())
                .filter(|link| !link.is_empty())
                .collect();
            assert!(links.len() > 5, "{page}");
            for link in links {
                assert!(kind(Path::new(link)).is_some(), "{page}: {link}");
            }
        }
    }
}
