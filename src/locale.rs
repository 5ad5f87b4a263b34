//! The words of a language, in Chrome's `messages.json` format: one formatter over `extension/_locales` for every
//! surface, so that the language is the person's choice and not the browser's.

use serde_json::Value;
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
    messages: Messages,
    fallback: Option<Box<Locale>>,
}

/// Messages by the hashes of their keys, each in the next free place: a verdict asks for a hundred. Keys are our own and
/// not a stranger's, so that a hash of a few instructions does.
#[derive(Clone, Debug, Default)]
struct Messages(Vec<Option<(String, String)>>);

impl Messages {
    /// At most half full, so that a search ends soon, and ends.
    fn of(all: Vec<(String, String)>) -> Self {
        let mut messages = Self(vec![None; (2 * all.len()).next_power_of_two().max(2)]);
        for (key, message) in all {
            let place = messages.place(&key);
            if let Some(place) = messages.0.get_mut(place) {
                *place = Some((key, message));
            }
        }
        messages
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(self.place(key))?.as_ref().map(|(_, message)| message.as_str())
    }

    /// Where the key stands, or would.
    fn place(&self, key: &str) -> usize {
        let mask = self.0.len().wrapping_sub(1);
        let mut at = hash(key) as usize & mask;
        while let Some(Some((known, _))) = self.0.get(at)
            && known != key
        {
            at = (at + 1) & mask;
        }
        at
    }
}

/// Four bytes at a step.
fn hash(key: &str) -> u32 {
    let (words, rest) = key.as_bytes().as_chunks();
    let step = |hash: u32, word: u32| (hash.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B1);
    let hash = words.iter().fold(0, |hash, word| step(hash, u32::from_le_bytes(*word)));
    let hash = rest.iter().fold(hash, |hash, byte| step(hash, u32::from(*byte)));
    // The product's upper half is the better mixed one.
    hash ^ hash >> 16
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
        Ok(Self { lang: lang.replace("_", "-"), messages, fallback })
    }

    /// The language's BCP 47 tag.
    #[must_use]
    pub fn lang(&self) -> &str {
        &self.lang
    }

    /// What stands between two sentences: Chinese and Japanese have no space there.
    pub(crate) fn gap(&self) -> &'static str {
        if matches!(self.lang.split('-').next(), Some("ja" | "zh")) { "" } else { " " }
    }

    /// A whole number, grouped as CLDR has it for the language, in the digits that a server's own numbers stand in.
    pub(crate) fn number(&self, number: u64) -> String {
        let (mark, least) = match self.lang.split('-').next() {
            Some("es") => (".", 5),
            Some("de" | "pt") => (".", 4),
            Some("fr") => ("\u{202f}", 4),
            Some("ru") => ("\u{a0}", 4),
            _ => (",", 4),
        };
        grouped(number, mark, least)
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
        let argument = |name: &str| args.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
        self.fill(key, |name| Some(argument(name).unwrap_or_default())).unwrap_or_default()
    }

    /// The same, but only where the message exists and each of its placeholders has an argument; `argument` gives it by name.
    #[must_use]
    pub fn fill<'a>(&self, key: &str, argument: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
        filled(self.template(key)?, argument)
    }

    /// The message with its placeholders.
    pub(crate) fn template(&self, key: &str) -> Option<&str> {
        let own = self.messages.get(key);
        own.or_else(|| self.fallback.as_deref().and_then(|english| english.template(key)))
    }
}

/// A message with its placeholders filled in, if each has an argument.
pub(crate) fn filled<'a>(template: &str, argument: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let mut out = String::with_capacity(template.len() + ARGUMENTS);
    let mut rest = template;
    while let Some((head, name, tail)) = placeholder(rest) {
        out.push_str(head);
        if name.is_empty() {
            out.push('$');
        } else {
            out.extend(argument(name)?.chars().filter(|char| !is_unseen(*char)));
        }
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}

/// Bytes by which most messages grow when they are filled in.
const ARGUMENTS: usize = 24;

/// A key's entry is an object that holds the message, or the message alone.
/// With a mark between each three digits, from so many digits on.
pub(crate) fn grouped(number: u64, mark: &str, least: usize) -> String {
    let mut out = number.to_string();
    if out.len() >= least {
        for at in (1..out.len()).rev().skip(2).step_by(3) {
            out.insert_str(at, mark);
        }
    }
    out
}

fn messages(json: &str) -> Option<Messages> {
    let Ok(Value::Object(entries)) = serde_json::from_str(json) else { return None };
    let message = |(key, entry): (String, Value)| Some((key, entry.get("message").unwrap_or(&entry).as_str()?.to_owned()));
    Some(Messages::of(entries.into_iter().filter_map(message).collect()))
}

/// Controls, and what turns the direction of the text around it: names come from servers, and stand within our own words.
fn is_unseen(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The text before the next placeholder, its name (empty for `$$`), and the text behind it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (head, rest) = text.split_once('$')?;
    let (name, tail) = rest.split_once('$')?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'@');
    // A lone dollar sign is an amount of money.
    is_name.then_some((head, name, tail))
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
        assert_eq!(german.message("a", &[("x", "Op\u{202e}en\u{200b}\u{2066}AI\n"), ("y", "\u{5d0}")]), "OpenAI costs $5 at \u{5d0}");
        assert_eq!(german.fill("a", |name| (name == "x").then_some("It")), None);
        assert_eq!(german.message("answer_yes", &[]), "Ja");
        assert_eq!(german.message("answer_no", &[]), "No");
        assert_eq!(german.message("no_such_key", &[]), "");
        assert_eq!(Locale::from_json("de", "[]").unwrap_err(), Error::NotMessages);
    }

    #[test]
    fn numbers_are_grouped_as_the_language_has_it() {
        let said = |lang| [7, 999, 1_000, 131_072, 2_000_000].map(|number| Locale::from_json(lang, "{}").unwrap().number(number)).join(" ");
        for lang in ["en", "ja", "ko", "zh-CN", "ar"] {
            assert_eq!(said(lang), "7 999 1,000 131,072 2,000,000");
        }
        for lang in ["de", "pt-BR"] {
            assert_eq!(said(lang), "7 999 1.000 131.072 2.000.000");
        }
        assert_eq!(said("es"), "7 999 1000 131.072 2.000.000");
        assert_eq!(said("fr"), "7 999 1\u{202f}000 131\u{202f}072 2\u{202f}000\u{202f}000");
        assert_eq!(said("ru"), "7 999 1\u{a0}000 131\u{a0}072 2\u{a0}000\u{a0}000");
    }
}
