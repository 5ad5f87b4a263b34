//! The change to a request that a remedy makes, as data: a list of edits on the text of its JSON body. The tap makes them for one try; all
//! other bytes stay as they were. Source: OpenRouter's documentation of requests, August to October 2026.

use crate::RequestFacts;
use crate::provider;
use serde::{Deserialize, Serialize};

/// One member, set or taken out. Bounds and names are held by `patch` in `extension/protocol.js`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The names that lead to it, from the top: one or two. What is missing on the way is made.
    pub path: Vec<String>,
    /// Its value as JSON; `None` takes it out.
    pub json: Option<String>,
}

/// The edits of one remedy, in their order.
pub type Patch = Vec<Edit>;

/// Lists of the request are known up to this length; a list that is as long may be longer, and is not written anew.
const MOST_SLUGS: usize = 16;

/// Which of OpenRouter's APIs a request speaks; they name the same things differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `chat/completions` and `completions`.
    Chat,
    /// `responses`.
    Responses,
    /// `messages`.
    Messages,
    /// `embeddings`: providers alone can be chosen.
    Embeddings,
}

impl Shape {
    pub(crate) fn of(url: &str) -> Option<Self> {
        let path = url.split(&['?', '#'][..]).next()?.trim_end_matches('/');
        Some(match path.rsplit('/').next()? {
            "completions" => Self::Chat,
            "responses" => Self::Responses,
            "messages" => Self::Messages,
            "embeddings" => Self::Embeddings,
            _ => return None,
        })
    }
}

/// A request whose body can be changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) facts: &'a RequestFacts,
    pub(crate) members: &'a [String],
    pub(crate) shape: Shape,
}

impl Request<'_> {
    fn has(&self, member: &str) -> bool {
        self.members.iter().any(|known| known == member)
    }

    /// Without one provider: also where the request itself names it.
    pub(crate) fn without(&self, slug: &str) -> Option<Patch> {
        let mut patch = self.released_from(slug)?;
        patch.push(ignore(self.facts, slug, None)?);
        Some(patch)
    }

    /// By any provider.
    pub(crate) fn unpinned(&self) -> Patch {
        let mut patch = Patch::new();
        for (name, list) in [("only", &self.facts.only), ("order", &self.facts.order)] {
            if !list.is_empty() {
                patch.push(edit(&["provider", name], None));
            }
        }
        if self.facts.allow_fallbacks == Some(false) {
            patch.push(edit(&["provider", "allow_fallbacks"], Some("true".to_owned())));
        }
        patch
    }

    /// By this provider first, and by others where it fails too; not by the one that failed.
    pub(crate) fn by(&self, slug: &str, failed: Option<&str>) -> Option<Patch> {
        let mut patch: Patch = self.unpinned().into_iter().filter(|edit| !edit.path.iter().any(|name| name == "order")).collect();
        patch.push(edit(&["provider", "order"], Some(list([slug])?)));
        let ignores = self.facts.ignore.iter().any(|entry| names(entry, slug));
        match failed {
            Some(failed) if failed != slug => patch.push(ignore(self.facts, failed, Some(slug))?),
            _ if ignores => return None,
            _ => {}
        }
        Some(patch)
    }

    /// An answer of at most so many tokens.
    pub(crate) fn answer_of(&self, tokens: u64) -> Option<Patch> {
        let names: &[&str] = match self.shape {
            Shape::Chat if self.has("max_completion_tokens") && self.has("max_tokens") => &["max_completion_tokens", "max_tokens"],
            Shape::Chat if self.has("max_completion_tokens") => &["max_completion_tokens"],
            Shape::Chat | Shape::Messages => &["max_tokens"],
            Shape::Responses => &["max_output_tokens"],
            Shape::Embeddings => return None,
        };
        Some(names.iter().map(|name| edit(&[name], Some(tokens.to_string()))).collect())
    }

    /// By another model. A list of models would go on with those that it names.
    pub(crate) fn by_model(&self, slug: &str) -> Option<Patch> {
        (self.has("model") && !self.has("models")).then(|| Some(vec![edit(&["model"], Some(quoted(slug)?))]))?
    }

    /// By these models where the request's own fails. At most three are taken, its own included.
    pub(crate) fn or_by_models(&self, slugs: &[&str]) -> Option<Patch> {
        let known = self.has("model") && !self.has("models") && !self.has("fallbacks");
        let slugs = slugs.iter().copied().take(2);
        match self.shape {
            _ if !known => None,
            Shape::Chat | Shape::Responses => Some(vec![edit(&["models"], Some(list(slugs)?))]),
            Shape::Messages => {
                let models: Option<Vec<String>> = slugs.map(|slug| Some(["{\"model\":", &quoted(slug)?, "}"].concat())).collect();
                Some(vec![edit(&["fallbacks"], Some(["[", &models?.join(","), "]"].concat()))])
            }
            Shape::Embeddings => None,
        }
    }

    /// With what is too long left out of its middle.
    pub(crate) fn compressed(&self) -> Option<Patch> {
        let plain = !self.has("plugins") && !self.has("transforms");
        let fits = plain && matches!(self.shape, Shape::Chat | Shape::Responses);
        fits.then(|| vec![edit(&["plugins"], Some(r#"[{"id":"context-compression"}]"#.to_owned()))])
    }

    /// A provider that is ignored must not be the only one that is left.
    fn released_from(&self, slug: &str) -> Option<Patch> {
        let mut patch = Patch::new();
        let mut named = false;
        for (name, entries) in [("only", &self.facts.only), ("order", &self.facts.order)] {
            if !entries.iter().any(|entry| names(entry, slug)) {
                continue;
            }
            if entries.len() >= MOST_SLUGS {
                return None;
            }
            named = true;
            let others: Vec<&str> = entries.iter().map(String::as_str).filter(|entry| !names(entry, slug)).collect();
            patch.push(edit(&["provider", name], if others.is_empty() { None } else { Some(list(others)?) }));
        }
        if named && self.facts.allow_fallbacks == Some(false) {
            patch.push(edit(&["provider", "allow_fallbacks"], None));
        }
        Some(patch)
    }
}

/// Adds a provider to those that the request ignores, and lets another be used again.
fn ignore(facts: &RequestFacts, slug: &str, used: Option<&str>) -> Option<Edit> {
    if facts.ignore.len() >= MOST_SLUGS {
        return None;
    }
    let kept = facts.ignore.iter().map(String::as_str).filter(|entry| !names(entry, slug) && !used.is_some_and(|used| names(entry, used)));
    Some(edit(&["provider", "ignore"], Some(list(kept.chain([slug]))?)))
}

/// Does an entry of a request's list mean this provider? Entries may name a variant (`cerebras/fp16`), or a display name.
pub(crate) fn names(entry: &str, slug: &str) -> bool {
    let base = entry.split('/').next().unwrap_or_default();
    base == slug || provider::slug(base).as_deref() == Some(slug)
}

fn edit(path: &[&str], json: Option<String>) -> Edit {
    Edit { path: path.iter().map(|name| (*name).to_owned()).collect(), json }
}

/// As JSON; a name in which anything would have to be escaped is none of OpenRouter's, and is not written anew.
fn quoted(slug: &str) -> Option<String> {
    let plain = slug.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
    plain.then(|| ["\"", slug, "\""].concat())
}

fn list<'a>(slugs: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let slugs: Option<Vec<String>> = slugs.into_iter().map(quoted).collect();
    Some(["[", &slugs?.join(","), "]"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(patch: Option<Patch>) -> Vec<String> {
        let said = |edit: &Edit| format!("{}={}", edit.path.join("."), edit.json.as_deref().unwrap_or("-"));
        patch.unwrap_or_default().iter().map(said).collect()
    }

    fn with(facts: &RequestFacts, shape: Shape, members: &[&str], run: impl Fn(Request<'_>) -> Option<Patch>) -> Vec<String> {
        let members: Vec<String> = members.iter().map(|name| (*name).to_owned()).collect();
        made(run(Request { facts, members: &members, shape }))
    }

    fn list_of(slugs: &[&str]) -> Vec<String> {
        slugs.iter().map(|slug| (*slug).to_owned()).collect()
    }

    #[test]
    fn addresses_name_their_api() {
        assert_eq!(Shape::of("https://openrouter.ai/api/v1/chat/completions"), Some(Shape::Chat));
        assert_eq!(Shape::of("https://eu.openrouter.ai/api/v1/responses?x=/messages"), Some(Shape::Responses));
        assert_eq!(Shape::of("https://openrouter.ai/api/v1/messages/"), Some(Shape::Messages));
        assert_eq!(Shape::of("https://openrouter.ai/api/v1/embeddings"), Some(Shape::Embeddings));
        assert_eq!(Shape::of("https://openrouter.ai/api/v1/key"), None);
    }

    #[test]
    fn without_a_provider() {
        let skip = |facts: &RequestFacts| with(facts, Shape::Chat, &[], |request| request.without("cerebras"));
        assert_eq!(skip(&RequestFacts::default()), [r#"provider.ignore=["cerebras"]"#]);
        let pinned = RequestFacts { only: list_of(&["Cerebras/fp16"]), allow_fallbacks: Some(false), ..RequestFacts::default() };
        assert_eq!(skip(&pinned), ["provider.only=-", "provider.allow_fallbacks=-", r#"provider.ignore=["cerebras"]"#]);
        let two =
            RequestFacts { order: list_of(&["cerebras", "together"]), ignore: list_of(&["groq", "cerebras"]), ..RequestFacts::default() };
        assert_eq!(skip(&two), [r#"provider.order=["together"]"#, r#"provider.ignore=["groq","cerebras"]"#]);
        let long = RequestFacts { ignore: list_of(&["x"; MOST_SLUGS]), ..RequestFacts::default() };
        assert!(skip(&long).is_empty(), "what may be cut is not written anew");
        let long = RequestFacts { only: [list_of(&["cerebras"]), list_of(&["x"; MOST_SLUGS])].concat(), ..RequestFacts::default() };
        assert!(skip(&long).is_empty());
        let odd = RequestFacts { ignore: list_of(&["a\"b"]), ..RequestFacts::default() };
        assert!(skip(&odd).is_empty(), "no name is written that would have to be escaped");
    }

    #[test]
    fn by_any_and_by_one() {
        let pinned = RequestFacts {
            only: list_of(&["cerebras"]),
            order: list_of(&["cerebras"]),
            allow_fallbacks: Some(false),
            ..RequestFacts::default()
        };
        let unpinned = with(&pinned, Shape::Messages, &[], |request| Some(request.unpinned()));
        assert_eq!(unpinned, ["provider.only=-", "provider.order=-", "provider.allow_fallbacks=true"]);
        let chosen = with(&pinned, Shape::Chat, &[], |request| request.by("together", Some("cerebras")));
        let all = ["provider.only=-", "provider.allow_fallbacks=true", r#"provider.order=["together"]"#, r#"provider.ignore=["cerebras"]"#];
        assert_eq!(chosen, all);
        let ignoring = RequestFacts { ignore: list_of(&["together", "groq"]), ..RequestFacts::default() };
        let chosen = with(&ignoring, Shape::Chat, &[], |request| request.by("together", Some("cerebras")));
        assert_eq!(chosen, [r#"provider.order=["together"]"#, r#"provider.ignore=["groq","cerebras"]"#]);
    }

    #[test]
    fn each_api_has_its_own_names() {
        let facts = RequestFacts::default();
        let answer = |shape, members: &[&str]| with(&facts, shape, members, |request| request.answer_of(855));
        assert_eq!(answer(Shape::Chat, &["max_tokens"]), ["max_tokens=855"]);
        assert_eq!(answer(Shape::Chat, &["max_completion_tokens"]), ["max_completion_tokens=855"]);
        assert_eq!(answer(Shape::Chat, &["max_tokens", "max_completion_tokens"]).len(), 2);
        assert_eq!(answer(Shape::Responses, &["max_tokens"]), ["max_output_tokens=855"]);
        assert_eq!(answer(Shape::Messages, &[]), ["max_tokens=855"]);
        assert!(answer(Shape::Embeddings, &[]).is_empty());

        let models = |shape, members: &[&str]| with(&facts, shape, members, |request| request.or_by_models(&["a/b", "c/d", "e/f"]));
        assert_eq!(models(Shape::Chat, &["model"]), [r#"models=["a/b","c/d"]"#]);
        assert_eq!(models(Shape::Messages, &["model"]), [r#"fallbacks=[{"model":"a/b"},{"model":"c/d"}]"#]);
        assert!(models(Shape::Chat, &["model", "models"]).is_empty() && models(Shape::Chat, &[]).is_empty());
        assert!(models(Shape::Embeddings, &["model"]).is_empty());

        let model = |members: &[&str]| with(&facts, Shape::Chat, members, |request| request.by_model("a/b"));
        assert_eq!(model(&["model"]), [r#"model="a/b""#]);
        assert!(model(&["model", "models"]).is_empty() && model(&[]).is_empty());

        let compressed = |shape, members: &[&str]| with(&facts, shape, members, |request| request.compressed());
        assert_eq!(compressed(Shape::Chat, &[]), [r#"plugins=[{"id":"context-compression"}]"#]);
        assert!(compressed(Shape::Chat, &["plugins"]).is_empty() && compressed(Shape::Messages, &[]).is_empty());
    }
}
