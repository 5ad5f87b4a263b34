//! Text to facts. One reader for every dress a failure comes in: JSON, event streams, JavaScript literals, Python
//! reprs, text escaped several times, cut off, wrapped, or quoted inside prose. It is total on any text.

pub mod fault;
pub mod layout;
pub mod wait;

mod event_stream;
mod tolerant;

pub use event_stream::EventStream;
pub use fault::Fault;

use serde_json::Value;
use std::borrow::Cow;
use std::cell::OnceCell;

/// How often text inside text is unwrapped. Four levels were met; two more cost nothing.
const MAX_NESTING: usize = 6;

/// A text in two forms with the same byte positions: as sent, with runs of white space made one space, and the same
/// in ASCII lower case, in which known words are looked for.
#[derive(Clone, Debug, Default)]
pub struct Text {
    plain: String,
    /// Made when the first words are looked for; in some texts none are.
    lower: OnceCell<(String, Grams)>,
}

/// Which runs of four bytes stand in a text, as a Bloom filter. Hundreds of words are looked for in each text and few
/// are there; most of the others are known not to be without a search.
#[derive(Clone, Debug, Default)]
struct Grams {
    bits: Vec<u64>,
}

impl Grams {
    /// Eight bits a byte of the text, so that one gram in ten is taken for another one.
    fn of(text: &str) -> Self {
        let words = (text.len() / 8).next_power_of_two().clamp(16, 1 << 15);
        let mut grams = Self { bits: vec![0; words] };
        let mut number = 0;
        for (at, byte) in text.bytes().enumerate() {
            number = number << 8 | u32::from(byte);
            let (word, bit) = grams.place(number);
            if let Some(word) = grams.bits.get_mut(word).filter(|_| at > 2) {
                *word |= bit;
            }
        }
        grams
    }

    /// Of four bytes, the first in the highest place.
    fn place(&self, gram: u32) -> (usize, u64) {
        let hash = gram.wrapping_mul(0x9E37_79B1);
        // The length is a power of two.
        let word = (hash >> 6) as usize & self.bits.len().wrapping_sub(1);
        (word, 1 << (hash >> 26))
    }

    /// False only where the words are not in the text.
    fn may_have(&self, words: &str) -> bool {
        let bytes = words.as_bytes();
        let has = |gram: Option<&[u8; 4]>| {
            gram.is_none_or(|gram| {
                let (word, bit) = self.place(u32::from_be_bytes(*gram));
                self.bits.get(word).is_some_and(|word| word & bit != 0)
            })
        };
        has(bytes.first_chunk()) && has(bytes.last_chunk())
    }
}

impl Text {
    /// White space is made one space: terminals and mail wrap what servers send.
    #[must_use]
    pub fn new(text: &str) -> Self {
        // What came over the wire mostly is so already.
        let mut before = b' ';
        let single = text.bytes().all(|byte| {
            let inside = byte > b' ' && byte < 0x7F || byte == b' ' && before != b' ';
            before = byte;
            inside
        });
        if single && before != b' ' {
            return Self { plain: text.to_owned(), ..Self::default() };
        }
        let mut plain = String::with_capacity(text.len());
        for word in text.split_whitespace() {
            if !plain.is_empty() {
                plain.push(' ');
            }
            plain.push_str(word);
        }
        Self { plain, ..Self::default() }
    }

    fn lowered(&self) -> &(String, Grams) {
        self.lower.get_or_init(|| {
            let lower = self.plain.to_ascii_lowercase();
            let grams = Grams::of(&lower);
            (lower, grams)
        })
    }

    /// The text as sent, white space apart.
    #[must_use]
    pub fn plain(&self) -> &str {
        &self.plain
    }

    /// The text in ASCII lower case.
    #[must_use]
    pub fn lower(&self) -> &str {
        &self.lowered().0
    }

    /// Nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }

    /// Whether the words, in lower case, stand in the text.
    #[must_use]
    pub fn has(&self, words: &str) -> bool {
        self.find(words).is_some()
    }

    /// Where the words, in lower case, first stand.
    #[must_use]
    pub fn find(&self, words: &str) -> Option<usize> {
        let (lower, grams) = self.lowered();
        if grams.may_have(words) { lower.find(words) } else { None }
    }

    /// The first of `all` that stands in the text.
    #[must_use]
    pub fn first_of(&self, all: &[&'static str]) -> Option<&'static str> {
        all.iter().copied().find(|words| self.has(words))
    }

    /// What follows the first occurrence of the words, as sent.
    #[must_use]
    pub fn after(&self, words: &str) -> Option<&str> {
        let at = self.find(words)?;
        self.plain.get(at + words.len()..)
    }

    /// What precedes the first occurrence of the words, as sent.
    #[must_use]
    pub fn before(&self, words: &str) -> Option<&str> {
        self.plain.get(..self.find(words)?)
    }

    /// What stands between the words and the next of the marks (or the end), as sent.
    #[must_use]
    pub fn between(&self, words: &str, marks: &[char]) -> Option<&str> {
        let rest = self.after(words)?;
        let end = rest.find(marks).unwrap_or(rest.len());
        rest.get(..end).map(str::trim).filter(|found| !found.is_empty())
    }
}

/// What was read of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The objects that stand in the text, outermost first, in the order in which they stand there; none in prose.
    pub roots: Vec<Value>,
    /// The text ends inside one of them: what else it would have said is not known.
    pub cut: bool,
}

/// Reads a text. Well-formed JSON is serde_json's; everything else is the tolerant reader's.
///
/// ```
/// let seed = cooldown::read::read("{message:'Provider returned error',code:429,metadata:{provider_name:'Cer");
/// assert_eq!(seed.roots, [serde_json::json!({"message": "Provider returned error", "code": 429, "metadata": {}})]);
/// assert!(seed.cut);
/// ```
#[must_use]
pub fn read(text: &str) -> Reading {
    let text = packet(text.trim_start_matches('\u{feff}').trim());
    let payloads = match event_stream::error_parts(text) {
        Some(parts) => parts,
        None if event_stream::is_event_stream(text) => event_stream::payloads(text),
        None => return read_one(text),
    };
    let mut all = Reading::default();
    for payload in payloads {
        let Reading { roots, cut } = read_one(&payload);
        all.roots.extend(roots);
        all.cut |= cut;
    }
    all
}

/// Whether the text begins where an answer begins: with a value, or with a field of an event stream.
#[must_use]
pub fn has_head(text: &str) -> bool {
    let text = packet(text.trim_start_matches('\u{feff}').trim_start());
    text.starts_with(&['{', '['][..]) || event_stream::is_event_stream(text) || event_stream::error_parts(text).is_some()
}

/// The list in a packet of Socket.IO, behind its type.
///
/// Source: socket.io, protocol version 5: `42["event",…]`.
fn packet(text: &str) -> &str {
    let list = text.strip_prefix("42").unwrap_or(text);
    if list.starts_with("[\"") { list } else { text }
}

fn read_one(text: &str) -> Reading {
    let mut text = Cow::Borrowed(text.trim());
    if is_repr(&text) {
        text = unescape(&text).into();
    }
    for _ in 0..MAX_NESTING {
        if text.contains('\u{1b}') {
            text = layout::without_colours(&text).into();
        }
        // A table's cell doubles quotation marks.
        if text.contains("{\"\"") {
            text = text.replace("\"\"", "\"").into();
        }
        if is_escaped(&text) {
            text = unescape(&text).into();
        }
        if text.starts_with(&['{', '[', '"'][..]) {
            match serde_json::from_str(&text) {
                Ok(Value::String(inner)) => {
                    text = inner.into();
                    continue;
                }
                Ok(value @ (Value::Object(_) | Value::Array(_))) => return Reading { roots: vec![value], cut: false },
                _ => {}
            }
        }
        let (roots, cut) = tolerant::objects(&text);
        if !roots.is_empty() || !text.contains(&['\\'][..]) {
            return Reading { roots, cut };
        }
        text = unescape(&text).into();
    }
    Reading::default()
}

/// The first object's names are behind backslashes: it is inside a string of which the head is not JSON's.
fn is_escaped(text: &str) -> bool {
    let inside = |at: usize| text.get(at + 1..).unwrap_or_default().trim_start_matches(&[' ', '\n', '\r', '\t'][..]);
    let objects = text.match_indices('{').map(|(at, _)| inside(at));
    let mut objects = objects.filter_map(first_quoted);
    objects.next().filter(|inside| inside.starts_with('\\')).is_some_and(|inside| {
        let coded = inside.starts_with("\\u0022");
        let quote = if coded { Some('"') } else { inside.trim_start_matches("\\n").trim_start_matches(&[' ', '\\'][..]).chars().next() };
        quote.is_some_and(|quote| matches!(quote, '"' | '\'') && !has_name(text, quote))
    })
}

/// From the first quotation mark of an object on: names without any say nothing, nor do numbers.
fn first_quoted(mut inside: &str) -> Option<&str> {
    let opens = |text: &str| text.starts_with(&['"', '\'', '\\'][..]);
    for _ in 0..MAX_NESTING {
        if opens(inside) {
            return Some(inside);
        }
        let name = inside.trim_start_matches(':');
        let rest = name.trim_start_matches(|char: char| char.is_ascii_alphanumeric() || char == '_');
        let value = rest.trim_start_matches(&[':', ' '][..]);
        if rest.len() == name.len() || opens(value) {
            return Some(value).filter(|value| rest.len() < name.len() && opens(value));
        }
        inside = value.trim_start_matches(|char: char| char.is_ascii_alphanumeric() || char == '.').strip_prefix(',')?.trim_start();
    }
    None
}

/// A member's name in plain quotation marks: `"name":`.
fn has_name(text: &str, quote: char) -> bool {
    text.match_indices(quote).any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        let name = rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(0);
        let after = rest.get(name..).unwrap_or_default().strip_prefix(quote).map(str::trim_start);
        name > 0 && after.is_some_and(|after| after.starts_with(':')) && !text.get(..at).unwrap_or_default().ends_with('\\')
    })
}

/// JSON inside another program's string, as Python prints its bytes: backslashes are doubled, so that before each
/// quotation mark there is an even number of them.
fn is_repr(text: &str) -> bool {
    // Python's own objects have their names in single quotes, and JSON only inside.
    let outermost = text.split_once('{').map(|(_, inside)| inside.trim_start());
    if !outermost.is_some_and(|inside| inside.starts_with('"')) {
        return false;
    }
    let (mut even, mut run) = (false, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'\\' => run += 1,
            b'"' if run % 2 == 1 => return false,
            _ => {
                even |= byte == b'"' && run > 0;
                run = 0;
            }
        }
    }
    even
}

/// One level of backslashes off: what was a string's inside becomes text of its own.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('n' | 'r' | 't') => out.push('\n'),
                Some('u') if chars.as_str().starts_with("0022") => {
                    out.push('"');
                    chars = chars.as_str().get(4..).unwrap_or_default().chars();
                }
                Some(other) => out.push(other),
                None => {}
            },
            _ => out.push(char),
        }
    }
    out
}

/// The title of an HTML document that stands in a text, as clients print the answers that they cannot read.
#[must_use]
pub fn quoted_page(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let at = ["<!doctype", "<html", "<head", "<title"].iter().filter_map(|tag| lower.find(tag)).min()?;
    html_title(text.get(at..)?)
}

/// The title of an HTML document, or its first words where it has none; `None` where the text is no HTML.
#[must_use]
pub fn html_title(text: &str) -> Option<String> {
    let head = text.trim_start();
    let lower: String = head.chars().take(16).collect::<String>().to_ascii_lowercase();
    let tags = ["<!doctype", "<html", "<head", "<title", "<body", "<center", "<h1"];
    if !tags.iter().any(|tag| lower.starts_with(tag)) {
        return None;
    }
    let text = Text::new(head);
    let title = text.between("<title>", &['<']);
    Some(title.map_or_else(|| text.plain().chars().take(120).collect(), str::to_owned))
}
