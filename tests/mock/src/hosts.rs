//! Which host name is what, and the way of a request that follows from it.

use std::path::{Path, PathBuf};

/// The names this process answers for.
pub struct Hosts {
    sites: Vec<(String, PathBuf)>,
    look_alikes: Vec<String>,
}

/// Who answers a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// OpenRouter's API
    OpenRouter,
    /// a page of openrouter.ai, such as the settings page that a card's button opens
    FrontPage,
    /// another vendor's API that speaks the same shapes: nothing of ours may touch it
    LookAlike,
    /// a site's own server, relaying to OpenRouter behind the page's back
    Relay,
    /// files, looked for in these folders in turn
    Files(Vec<&'a Path>),
    /// nobody: the browser asked for a host that no test set up
    Nowhere,
}

/// Where apps have their own server relay.
const RELAYED: [&str; 4] = ["/api/", "/webapi/", "/proxy", "/openai/"];

const OPENROUTER: [&str; 2] = ["openrouter.ai", "*.openrouter.ai"];

impl Default for Hosts {
    fn default() -> Hosts {
        Hosts { sites: Vec::new(), look_alikes: vec!["other.example".to_owned()] }
    }
}

impl Hosts {
    /// Serves the files of `dir` for `host`; for a host given twice the folders lie over each other.
    pub fn add_site(&mut self, host: &str, dir: PathBuf) {
        self.sites.push((host.to_ascii_lowercase(), dir));
    }

    /// Answers API calls for `host` by the script, as another vendor would.
    pub fn add_look_alike(&mut self, host: &str) {
        self.look_alikes.push(host.to_ascii_lowercase());
    }

    /// Every name, for the certificate and the driver's host mapping; wildcards as `*.name`.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = OPENROUTER.iter().map(|&name| name.to_owned()).collect();
        for name in self.look_alikes.iter().chain(self.sites.iter().map(|(name, _)| name)) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// Who answers `path` at `host` (lower case, without port).
    pub fn route(&self, host: &str, path: &str) -> Route<'_> {
        let openrouter = OPENROUTER.iter().any(|name| covers(name, host));
        if openrouter && path.starts_with("/api/") {
            return Route::OpenRouter;
        }
        let dirs: Vec<&Path> = self.sites.iter().filter(|(name, _)| covers(name, host)).map(|(_, dir)| dir.as_path()).collect();
        match dirs.is_empty() {
            false if RELAYED.iter().any(|head| path.starts_with(head)) => Route::Relay,
            false => Route::Files(dirs),
            true if openrouter => Route::FrontPage,
            true if self.look_alikes.iter().any(|name| covers(name, host)) => Route::LookAlike,
            true => Route::Nowhere,
        }
    }
}

/// `*.name` covers what a certificate's wildcard does: exactly one more label.
fn covers(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(parent) => host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent),
        None => name == host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_its_route() {
        let mut hosts = Hosts::default();
        hosts.add_site("chat.example", PathBuf::from("a"));
        hosts.add_site("Chat.example", PathBuf::from("b"));
        hosts.add_look_alike("api.vendor.example");
        let chat = "/api/v1/chat/completions";
        assert_eq!(hosts.route("openrouter.ai", chat), Route::OpenRouter);
        assert_eq!(hosts.route("eu.openrouter.ai", chat), Route::OpenRouter);
        assert_eq!(hosts.route("a.b.openrouter.ai", chat), Route::Nowhere);
        assert_eq!(hosts.route("notopenrouter.ai", chat), Route::Nowhere);
        assert_eq!(hosts.route("openrouter.ai", "/settings/integrations"), Route::FrontPage);
        assert_eq!(hosts.route("other.example", chat), Route::LookAlike);
        assert_eq!(hosts.route("api.vendor.example", "/v1/chat/completions"), Route::LookAlike);
        assert_eq!(hosts.route("chat.example", "/api/chat"), Route::Relay);
        assert_eq!(hosts.route("chat.example", "/proxy2"), Route::Relay);
        assert_eq!(hosts.route("chat.example", "/"), Route::Files(vec![Path::new("a"), Path::new("b")]));
    }

    #[test]
    fn names_are_listed_once() {
        let mut hosts = Hosts::default();
        hosts.add_site("chat.example", PathBuf::from("a"));
        hosts.add_site("chat.example", PathBuf::from("b"));
        assert_eq!(hosts.names(), ["openrouter.ai", "*.openrouter.ai", "other.example", "chat.example"]);
    }
}
