//! The words of a language, in Chrome's `messages.json` format: one formatter over `extension/_locales` for every
//! surface, so that the language is the person's choice and not the browser's.

use serde_json::{Map, Value};
use std::fmt;

/// English stands in where a language lacks a message. The build keeps its messages alone: what is said about them is
/// for translators, and three quarters of the file. The wasm that ships is built without them.
#[cfg(feature = "english")]
const ENGLISH: &str = include_str!(concat!(env!("OUT_DIR"), "/en.json"));
#[cfg(not(feature = "english"))]
const ENGLISH: &str = "{}";

/// The messages of one language.
#[derive(Clone, Debug, Default)]
pub struct Locale {
    lang: String,
    messages: Map<String, Value>,
    fallback: Option<Box<Locale>>,
}

/// Why a `messages.json` could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// It is no JSON object.
    NotMessages,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a messages.json")
    }
}

impl std::error::Error for Error {}

impl Locale {
    /// English, which is built in (with the feature `english`; else a language without messages).
    ///
    /// ```
    /// let english = cooldown::Locale::english();
    /// assert_eq!(english.message("answer_yes", &[]), "Yes");
    /// ```
    #[must_use]
    pub fn english() -> Self {
        Self { lang: "en".to_owned(), messages: messages(ENGLISH).unwrap_or_default(), fallback: None }
    }

    /// The messages of another language; `lang` is its BCP 47 tag or its folder in `_locales`.
    ///
    /// # Errors
    /// [`Error::NotMessages`] where the text is no `messages.json`.
    pub fn from_json(lang: &str, json: &str) -> Result<Self, Error> {
        let messages = messages(json).ok_or(Error::NotMessages)?;
        let fallback = Some(Box::new(Self::english()));
        Ok(Self { lang: lang.replace('_', "-"), messages, fallback })
    }

    /// The language's BCP 47 tag.
    #[must_use]
    pub fn lang(&self) -> &str {
        &self.lang
    }

    /// Whether there is such a message, here or in English.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.template(key).is_some()
    }

    /// The message with its `$placeholders$` filled in. A key that does not exist gives an empty text: a person never
    /// reads the name of a key.
    #[must_use]
    pub fn message(&self, key: &str, args: &[(&str, &str)]) -> String {
        let mut out = String::new();
        let mut rest = self.template(key).unwrap_or_default();
        while let Some((head, name, tail)) = placeholder(rest) {
            out.push_str(head);
            out.push_str(if name.is_empty() { "$" } else { argument(args, name).unwrap_or_default() });
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    /// The same, but only where the message exists and each of its placeholders has an argument.
    #[must_use]
    pub fn complete(&self, key: &str, args: &[(&str, &str)]) -> Option<String> {
        let mut rest = self.template(key)?;
        while let Some((_, name, tail)) = placeholder(rest) {
            if !name.is_empty() {
                argument(args, name)?;
            }
            rest = tail;
        }
        Some(self.message(key, args))
    }

    fn template(&self, key: &str) -> Option<&str> {
        let own = self.messages.get(key).and_then(|entry| entry.get("message").unwrap_or(entry).as_str());
        own.or_else(|| self.fallback.as_deref().and_then(|english| english.template(key)))
    }
}

/// A key's entry is an object that holds the message, or the message alone.
fn messages(json: &str) -> Option<Map<String, Value>> {
    let Ok(Value::Object(entries)) = serde_json::from_str(json) else { return None };
    Some(entries)
}

/// The text before the next placeholder, its name (empty for `$$`), and the text behind it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (head, rest) = text.split_once('$')?;
    let (name, tail) = rest.split_once('$')?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'@');
    // A lone dollar sign is an amount of money.
    is_name.then_some((head, name, tail))
}

fn argument<'a>(args: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    args.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_dollars_and_fallbacks() {
        let json = r#"{"a":{"message":"$x$ costs $$5 at $y$"},"answer_yes":{"message":"Ja"},"broken":7}"#;
        let german = Locale::from_json("de_AT", json).unwrap();
        assert_eq!(german.lang(), "de-AT");
        assert_eq!(german.message("a", &[("x", "It"), ("y", "P")]), "It costs $5 at P");
        assert_eq!(german.message("a", &[("x", "$y$")]), "$y$ costs $5 at ");
        assert_eq!(german.complete("a", &[("x", "It")]), None);
        assert_eq!(german.message("answer_yes", &[]), "Ja");
        assert_eq!(german.message("answer_no", &[]), "No");
        assert_eq!(german.message("no_such_key", &[]), "");
        assert_eq!(Locale::from_json("de", "[]").unwrap_err(), Error::NotMessages);
    }
}
