//! The reader for what is no longer JSON: JavaScript literals, Python reprs, text cut off at either end, JSON
//! inside prose.
//!
//! It never fails. It takes what can be recognised as objects, skips the rest, and ends what was left open where the
//! text ends. Each byte is looked at a bounded number of times; depth and size are bounded.

use serde_json::{Map, Value};

/// Containers inside each other; deeper ones are skipped. Real bodies stay below ten.
const MAX_DEPTH: usize = 48;
/// Values in one text; reading stops there.
const MAX_NODES: usize = 20_000;
/// Bytes of a key, which bounds every look ahead.
const MAX_KEY: usize = 96;

/// What Rust prints around a value.
const WRAPPERS: [&str; 4] = ["Some", "String", "Bool", "Number"];

/// Members whose value says something even where the text ends inside it. Of all others a part may say something else:
/// `upstream_provider` is no `limit_source`, `Google` is not `Google AI Studio`.
const SENTENCES: [&str; 10] = ["message", "raw", "error", "detail", "details", "msg", "reason", "errorText", "body", "text"];

/// Every object that stands in the text, in order, and whether the text ends inside one. Members that stand outside
/// any object, because the head of the text is missing, come last as one object.
pub(super) fn objects(text: &str) -> (Vec<Value>, bool) {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        nodes: 0,
        open_objects: 0,
        open_arrays: 0,
        open_wrappers: 0,
        cut: false,
        torn: false,
    };
    let found = reader.document();
    (found, reader.cut)
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes: usize,
    open_objects: usize,
    open_arrays: usize,
    open_wrappers: usize,
    /// The text ended inside an object, a list or a string of one.
    cut: bool,
    /// The text ended inside the last scalar.
    torn: bool,
}

impl Reader<'_> {
    fn document(&mut self) -> Vec<Value> {
        let mut found = Vec::new();
        let mut loose = Map::new();
        while let Some(byte) = self.peek() {
            match byte {
                // Empty braces are a placeholder of prose.
                b'{' if self.opens_object(self.at) => match self.value(0) {
                    Value::Object(members) if members.is_empty() => {}
                    value => found.push(value),
                },
                b'[' if self.opens_array_of_objects() => found.push(self.value(0)),
                b'"' | b'\'' => match self.loose_key() {
                    Some(key) => {
                        let value = self.value(0);
                        self.insert(&mut loose, key, value);
                    }
                    None => self.at += 1,
                },
                _ => self.at += 1,
            }
        }
        if !loose.is_empty() {
            found.push(Value::Object(loose));
        }
        found
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// First byte that is no white space at or after `at`, and where; looks ahead a bounded way.
    fn after_space(&self, at: usize) -> Option<(usize, u8)> {
        let ahead = self.bytes.iter().copied().enumerate().skip(at).take(MAX_KEY);
        ahead.into_iter().find(|(_, byte)| !byte.is_ascii_whitespace())
    }

    /// A brace in prose is no object: a key or the closing brace has to follow.
    fn opens_object(&self, brace: usize) -> bool {
        let Some((at, byte)) = self.after_space(brace + 1) else { return false };
        match byte {
            b'"' | b'\'' | b'}' => true,
            b'[' => matches!(self.after_space(at + 1), Some((_, b'"' | b'\''))),
            b':' => self.symbol(at).is_some(),
            _ if is_name(byte) => {
                let name = self.bytes.iter().skip(at).take(MAX_KEY).take_while(|byte| is_name(**byte)).count();
                self.after_space(at + name).is_some_and(|(_, byte)| byte == b':')
            }
            _ => false,
        }
    }

    /// `:name` of Ruby and Clojure, where a value follows it; with its end.
    fn symbol(&self, colon: usize) -> Option<usize> {
        let length = self.bytes.iter().skip(colon + 1).take(MAX_KEY).take_while(|byte| is_name(**byte)).count();
        let end = colon + 1 + length;
        let value = matches!(self.after_space(end)?.1, b'=' | b'"' | b'{' | b'[' | b':' | b'-' | b'0'..=b'9' | b'a'..=b'z');
        (length > 0 && value && self.bytes.get(end).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'=')).then_some(end)
    }

    fn opens_array_of_objects(&self) -> bool {
        self.after_space(self.at + 1).is_some_and(|(at, byte)| byte == b'{' && self.opens_object(at))
    }

    /// `"key":` outside any object; on success the reader stands behind the colon.
    fn loose_key(&mut self) -> Option<String> {
        let quote = self.peek()?;
        let before = self.at.checked_sub(1).and_then(|at| self.bytes.get(at)).copied();
        if before.is_some_and(|byte| byte == b'\\' || byte.is_ascii_alphanumeric()) {
            return None;
        }
        let start = self.at + 1;
        let length = self.bytes.iter().skip(start).take(MAX_KEY).take_while(|byte| is_name(**byte)).count();
        if length == 0 || self.bytes.get(start + length) != Some(&quote) {
            return None;
        }
        let (colon, byte) = self.after_space(start + length + 1)?;
        let key = self.text.get(start..start + length)?;
        (byte == b':').then(|| {
            self.at = colon + 1;
            key.to_owned()
        })
    }

    fn value(&mut self, depth: usize) -> Value {
        self.skip_space();
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            self.at = self.bytes.len();
        }
        match self.peek() {
            None => Value::Null,
            Some(b'{' | b'[') if depth >= MAX_DEPTH => {
                self.at += 1;
                Value::Null
            }
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(quote @ (b'"' | b'\'' | b'`')) => Value::String(self.strings(quote)),
            Some(_) => self.bare(depth),
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        let mut members = Map::new();
        self.at += 1;
        self.open_objects += 1;
        let mut closed = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'}' => {
                    self.at += 1;
                    closed = true;
                    break;
                }
                // A bracket that closes an array around this object: the brace was lost.
                b']' if self.open_arrays > 0 => {
                    closed = true;
                    break;
                }
                _ => match self.key() {
                    Some(key) => {
                        let value = self.value(depth);
                        self.insert(&mut members, key, value);
                    }
                    None => self.at += 1,
                },
            }
        }
        self.cut |= !closed;
        self.torn = false;
        self.open_objects -= 1;
        Value::Object(members)
    }

    /// The first of equal keys counts; a value in which the text ended, only where a part of it says something.
    fn insert(&self, members: &mut Map<String, Value>, key: String, value: Value) {
        // What an object in a string says is told by its own members.
        let holds = value.as_str().is_some_and(|text| text.contains('{') && text.contains('"'));
        if !self.torn || SENTENCES.contains(&key.as_str()) || is_status(&value) || holds {
            members.entry(key).or_insert(value);
        }
    }

    fn array(&mut self, depth: usize) -> Value {
        let mut items = Vec::new();
        self.at += 1;
        self.open_arrays += 1;
        while let Some(byte) = self.peek() {
            match byte {
                b']' => {
                    self.at += 1;
                    break;
                }
                b'}' if self.open_objects > 0 => break,
                _ if byte == b',' || byte.is_ascii_whitespace() => self.at += 1,
                _ => {
                    let before = self.at;
                    let item = self.value(depth);
                    if self.at == before {
                        self.at += 1;
                    } else {
                        items.push(item);
                    }
                }
            }
        }
        self.torn = false;
        self.open_arrays -= 1;
        Value::Array(items)
    }

    /// A key with its colon (or `=`, `=>`); where none stands here the reader stays.
    fn key(&mut self) -> Option<String> {
        let start = self.at;
        let key = match self.peek()? {
            b':' => {
                let end = self.symbol(start)?;
                let key = self.text.get(start + 1..end).map(str::to_owned);
                self.at = end;
                if !matches!(self.after_space(end), Some((_, b'='))) {
                    return key;
                }
                key
            }
            // Lua: `["name"] = …`.
            b'[' => {
                self.at += 1;
                let key = self.peek().filter(|byte| matches!(byte, b'"' | b'\'')).and_then(|quote| self.string(quote, MAX_KEY));
                let closed = self.peek() == Some(b']');
                self.at += usize::from(closed);
                key.filter(|_| closed)
            }
            quote @ (b'"' | b'\'') => self.string(quote, MAX_KEY),
            byte if is_name(byte) => {
                let length = self.bytes.iter().skip(start).take(MAX_KEY).take_while(|byte| is_name(**byte)).count();
                self.at += length;
                self.text.get(start..self.at).map(str::to_owned)
            }
            _ => None,
        };
        let colon = self.after_space(self.at);
        match (key, colon) {
            (Some(key), Some((at, b':'))) => {
                self.at = at + 1;
                // A line may have been broken at its end.
                Some(key.trim().to_owned())
            }
            (Some(key), Some((at, b'='))) => {
                self.at = at + 1 + usize::from(self.bytes.get(at + 1) == Some(&b'>'));
                Some(key)
            }
            _ => {
                self.at = start;
                None
            }
        }
    }

    /// A string, and the strings right behind it, into which Python breaks a long one.
    fn strings(&mut self, quote: u8) -> String {
        let mut out = self.string(quote, usize::MAX).unwrap_or_default();
        loop {
            let end = self.at;
            self.skip_space();
            let quote = self.peek().filter(|byte| !out.is_empty() && matches!(byte, b'"' | b'\''));
            let next = quote.and_then(|quote| self.string(quote, usize::MAX));
            match next.filter(|_| !matches!(self.after_space(self.at), Some((_, b':' | b'=')))) {
                Some(next) => out.push_str(&next),
                None => {
                    self.at = end;
                    return out;
                }
            }
        }
    }

    /// A quoted string, unescaped; ends where the text ends. `None` where it is longer than `most` bytes.
    fn string(&mut self, quote: u8, most: usize) -> Option<String> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        let mut plain = self.at;
        while let Some(byte) = self.peek() {
            if self.at - start > most {
                return None;
            }
            if byte == b'\\' {
                out.push_str(self.text.get(plain..self.at).unwrap_or_default());
                self.at += 1;
                self.escape(&mut out);
                plain = self.at;
            } else if byte == quote && !self.is_apostrophe() {
                out.push_str(self.text.get(plain..self.at).unwrap_or_default());
                self.at += 1;
                return Some(out);
            } else {
                self.at += 1;
            }
        }
        out.push_str(self.text.get(plain..).unwrap_or_default());
        self.cut = true;
        self.torn = true;
        Some(out)
    }

    /// `'` between two letters, which a hand that quoted the text left unescaped.
    fn is_apostrophe(&self) -> bool {
        let letter = |at: Option<usize>| at.and_then(|at| self.bytes.get(at)).is_some_and(u8::is_ascii_alphabetic);
        self.peek() == Some(b'\'') && letter(self.at.checked_sub(1)) && letter(self.at.checked_add(1))
    }

    /// What follows a backslash, of JSON, JavaScript or Python.
    fn escape(&mut self, out: &mut String) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => out.push('\n'),
            b't' => out.push('\t'),
            b'r' => out.push('\r'),
            b'b' | b'f' | b'\n' => {}
            b'x' => self.code_point(2, out),
            b'u' => self.code_point(4, out),
            _ if byte.is_ascii() => out.push(char::from(byte)),
            // A backslash before a character of several bytes stands for the character.
            _ => self.at -= 1,
        }
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let value = self.text.get(self.at..self.at + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok())?;
        self.at += digits;
        Some(value)
    }

    fn code_point(&mut self, digits: usize, out: &mut String) {
        let Some(mut code) = self.hex(digits) else { return };
        if (0xD800..0xDC00).contains(&code) && self.text.get(self.at..self.at + 2) == Some("\\u") {
            self.at += 2;
            if let Some(low) = self.hex(4).filter(|low| (0xDC00..0xE000).contains(low)) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            }
        }
        out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    }

    /// PHP prints a string behind its length, and escapes nothing: `string(3) "a"b"`.
    fn counted(&self, start: usize) -> Option<(usize, &str)> {
        let length = self.text.get(start..self.at)?.trim_end().strip_prefix("string(")?.strip_suffix(')')?;
        let end = self.at.checked_add(1)?.checked_add(length.parse().ok()?)?;
        (self.bytes.get(end) == Some(&b'"')).then_some((end + 1, self.text.get(self.at + 1..end)?))
    }

    /// A number, a word, or a name in front of a string (`b'…'`) or an object (`Headers {…}`).
    fn bare(&mut self, depth: usize) -> Value {
        let start = self.at;
        while let Some(byte) = self.peek() {
            if let Some((end, text)) = if byte == b'"' { self.counted(start) } else { None } {
                let text = text.to_owned();
                self.at = end;
                return Value::String(text);
            }
            match byte {
                b',' | b'}' | b']' | b'\n' => break,
                b')' if self.open_wrappers > 0 => break,
                b'{' if self.opens_object(self.at) && depth < MAX_DEPTH => return self.object(depth + 1),
                b'"' | b'\'' if matches!(self.text.get(start..self.at), Some("b" | "u" | "r" | "f")) => {
                    return Value::String(self.string(byte, usize::MAX).unwrap_or_default());
                }
                b'(' if depth < MAX_DEPTH && self.text.get(start..self.at).is_some_and(|word| WRAPPERS.contains(&word)) => {
                    self.at += 1;
                    self.open_wrappers += 1;
                    let inside = self.value(depth + 1);
                    self.open_wrappers -= 1;
                    if self.peek() == Some(b')') {
                        self.at += 1;
                    }
                    return inside;
                }
                _ => self.at += 1,
            }
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        self.torn = self.peek().is_none() && !word.ends_with(|last: char| last.is_whitespace());
        // PHP prints `int(429)`.
        let typed = |word: &'_ str| word.strip_suffix(')').and_then(|word| word.split_once('(')).map(|(_, inside)| inside.len());
        let word = word.trim();
        let inside = typed(word).filter(|_| ["int(", "bool(", "float("].iter().any(|kind| word.starts_with(kind)));
        let word = inside.and_then(|length| word.get(word.len() - 1 - length..word.len() - 1)).unwrap_or(word);
        match word {
            flag @ ("true" | "True" | "false" | "False") => {
                self.torn = false;
                Value::Bool(flag.eq_ignore_ascii_case("true"))
            }
            "" | "null" | "NULL" | "None" | "nil" | "undefined" | "undef" | "vim.NIL" => Value::Null,
            word => match serde_json::from_str(word) {
                Ok(number @ Value::Number(_)) => number,
                _ => Value::String(word.to_owned()),
            },
        }
    }
}

/// Three digits that no more digits can follow.
fn is_status(value: &Value) -> bool {
    value.as_u64().is_some_and(|code| (400..600).contains(&code))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$' | b'.')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn notations_of_other_languages() {
        let cases = [
            ("{:error {:message \"no\", :code 429, :tags [1 2]}}", json!({"error": {"message": "no", "code": 429}})),
            ("{:error=>{:code=>429, :by=>nil}}", json!({"error": {"code": 429, "by": null}})),
            ("{ [\"error\"] = { [\"code\"] = 429, [\"by\"] = vim.NIL } }", json!({"error": {"code": 429, "by": null}})),
            ("{'a': 'one '\n      \"two\",\n 'b': 1}", json!({"a": "one two", "b": 1})),
            ("{\n  [\"code\"]=>\n  int(429)\n  [\"raw\"]=>\n  string(7) \"{\"a\":1}\"\n}", json!({"code": 429, "raw": "{\"a\":1}"})),
        ];
        for (text, value) in cases {
            let mut read = super::objects(text).0;
            if let Some(error) = read.first_mut().and_then(|root| root.get_mut("error")) {
                error.as_object_mut().unwrap().remove("tags");
            }
            assert_eq!(read, [value], "{text}");
        }
    }
}
