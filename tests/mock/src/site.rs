//! The files of a site, with the header fields that its address asks for.

use std::path::{Component, Path, PathBuf};

use hyper::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};

use crate::call::Call;
use crate::query;
use crate::reply::Reply;

const TEXT: &str = "text/plain; charset=utf-8";

/// The file at the call's path, from the first folder that has it. In the query `csp=…` sets the
/// Content-Security-Policy and `header=Name:Value`, as often as wanted, any field: one page serves for many policies.
pub fn reply(dirs: &[&Path], call: &Call) -> Reply {
    if call.method != Method::GET && call.method != Method::HEAD {
        return Reply::whole(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only files here; the script answers below /api/\n");
    }
    // Blocking reads: the files are small and on this machine.
    let found = relative(&call.path).and_then(|path| {
        dirs.iter().find_map(|dir| {
            let mut file = dir.join(&path);
            if file.is_dir() {
                file.push("index.html");
            }
            std::fs::read(&file).ok().map(|bytes| (content_type(&file), bytes))
        })
    });
    let Some((content_type, bytes)) = found else {
        return Reply::whole(StatusCode::NOT_FOUND, TEXT, "no such file\n");
    };
    let mut reply = Reply::whole(StatusCode::OK, content_type, bytes);
    for (name, value) in query::pairs(call.query.as_deref().unwrap_or_default()) {
        let field = match name.as_str() {
            "csp" => Some((CONTENT_SECURITY_POLICY, value.as_str())),
            "header" => value
                .split_once(':')
                .and_then(|(name, value)| HeaderName::from_bytes(name.trim().as_bytes()).ok().map(|name| (name, value.trim()))),
            _ => continue,
        };
        // A slip in a test's address must not look like a page without the policy.
        let Some((name, Ok(value))) = field.map(|(name, value)| (name, HeaderValue::from_str(value))) else {
            return Reply::whole(StatusCode::BAD_REQUEST, TEXT, format!("not a header field: {name}={value}\n"));
        };
        reply.headers.append(name, value);
    }
    // The fields of a repeated content type or cache control are the test's, not both.
    for name in ["content-type", "cache-control"] {
        if let Some(last) = reply.headers.get_all(name).iter().next_back().cloned() {
            reply.headers.insert(HeaderName::from_static(name), last);
        }
    }
    reply
}

/// The path below a folder; none where it would leave it.
fn relative(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(query::decode(path.trim_start_matches('/')));
    path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" => TEXT,
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leaves_the_folder() {
        assert_eq!(relative("/a/b%20c.html"), Some(PathBuf::from("a/b c.html")));
        assert_eq!(relative("/"), Some(PathBuf::new()));
        assert_eq!(relative("/../etc/passwd"), None);
        assert_eq!(relative("/a/%2e%2e/%2e%2e/etc/passwd"), None);
        assert_eq!(relative("//etc/passwd"), Some(PathBuf::from("etc/passwd")));
        assert_eq!(relative("/%2Fetc/passwd"), None);
    }
}
