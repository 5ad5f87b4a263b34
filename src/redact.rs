//! Secrets out of everything that is shown, stored or copied: keys, bearer tokens, account ids, hashes, e-mail
//! addresses, and the words of the person that servers quote back.
//!
//! Redacting twice changes nothing: what is put in place of a secret is no secret itself.

use crate::diagnose::facts::first_chars;
use std::borrow::Cow;

/// What stands in a secret's place.
pub(crate) const GONE: &str = "[redacted]";

/// Members whose value is a person's text or a model's answer, quoted by a server.
const QUOTING_MEMBERS: [&str; 9] =
    ["flagged_input", "failed_generation", "input_value", "input", "prompt", "content", "reasoning", "messages", "arguments"];

/// Members and header fields whose value is a secret, whatever it looks like; `-` and `_` are the same here.
const SECRET_MEMBERS: [&str; 10] = [
    "authorization",
    "proxy_authorization",
    "api_key",
    "apikey",
    "x_api_key",
    "x_goog_api_key",
    "cookie",
    "set_cookie",
    "access_token",
    "client_secret",
];

/// Heads of keys and ids of OpenRouter and of common providers, by their first byte, with the least number of characters that follow.
const fn key_heads(first: u8) -> &'static [(&'static str, usize)] {
    match first {
        b's' => &[("sk-or-", 6), ("sk-ant-", 6), ("sk-proj-", 6), ("sk-", 6), ("sk_", 8)],
        b'r' => &[("rk_", 8), ("r8_", 12)],
        b'u' => &[("user_", 4)],
        b'o' => &[("org_", 4), ("org-", 8)],
        b'p' => &[("proj_", 8), ("pplx-", 8)],
        b'g' => &[("gsk_", 8), ("ghp_", 12), ("gho_", 12), ("github_pat_", 8), ("glpat-", 8)],
        b'c' => &[("csk-", 8), ("cpk_", 8)],
        b'x' => &[("xai-", 8), ("xoxb-", 8)],
        b'A' => &[("AIza", 12), ("AKIA", 12), ("ASIA", 12)],
        b'y' => &[("ya29.", 12)],
        b'h' => &[("hf_", 8)],
        b'n' => &[("nvapi-", 8)],
        b'f' => &[("fw_", 12)],
        b't' => &[("tgp_v1_", 8)],
        b'j' => &[("jina_", 12)],
        b'b' => &[("bce-v3", 8)],
        _ => &[],
    }
}

/// Heads that no word ends with.
const GLUED_HEADS: [&str; 5] = ["sk-or-", "sk-ant-", "sk-proj-", "user_", "org_"];

/// What a byte can be part of.
const NAME: u8 = 1;
const TOKEN: u8 = 2;
/// Without one of these a token shorter than 32 bytes is no secret: each head has one, and so has an e-mail address.
const MARK: u8 = 4;

/// The kinds of each byte: a text is mostly looked at to see that nothing is in it.
#[expect(clippy::indexing_slicing, reason = "at compile time, where a mistake is an error")]
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        let name = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        // Slash and colon part tokens, so that links and model names stay.
        let token = name || matches!(byte, b'.' | b'@' | b'+' | b'*' | b'%');
        let mark = matches!(byte, b'_' | b'-' | b'.' | b'@' | b'A');
        kinds[byte as usize] = if name { NAME } else { 0 } | if token { TOKEN } else { 0 } | if mark { MARK } else { 0 };
        byte += 1;
    }
    kinds
};

fn kinds(byte: u8) -> u8 {
    KINDS.get(usize::from(byte)).copied().unwrap_or_default()
}

/// The text without its secrets.
///
/// ```
/// let shown = cooldown::redact::redact("Bearer sk-or-v1-0123456789abcdef for user_2abcdefgh");
/// assert_eq!(shown, "Bearer [redacted] for [redacted]");
/// ```
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    match members(text) {
        Cow::Borrowed(text) => tokens(text),
        Cow::Owned(text) => Cow::Owned(tokens(&text).into_owned()),
    }
}

/// A copy of a text in which parts are replaced; no copy where none is.
struct Copy<'a> {
    text: &'a str,
    /// Up to here the text is in the copy.
    done: usize,
    out: String,
}

impl<'a> Copy<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, done: 0, out: String::new() }
    }

    fn replace(&mut self, from: usize, to: usize, by: &[&str]) {
        self.out.push_str(self.text.get(self.done..from).unwrap_or_default());
        self.out.extend(by.iter().copied());
        self.done = to;
    }

    fn finish(mut self) -> Cow<'a, str> {
        if self.done == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(self.text.get(self.done..).unwrap_or_default());
        Cow::Owned(self.out)
    }
}

/// Replaces the values of members that quote a person or hold a key. The member's name may be quoted in any way,
/// escaped or not; a list or an object becomes a string of the same quoting, so that JSON stays JSON.
fn members(text: &str) -> Cow<'_, str> {
    let mut copy = Copy::of(text);
    let mut at = 0;
    // Fewer bytes follow a name than can be in one.
    while let Some(skip) = text.as_bytes().get(at..).and_then(|rest| rest.iter().position(|byte| matches!(byte, b':' | b'='))) {
        let before = text.get(copy.done..at + skip).unwrap_or_default();
        at += skip + 1;
        let before = before.trim_end_matches(&['\\', '"', '\'', '`', ' ', '\t', '\r', '\n'][..]);
        let length = before.bytes().rev().take_while(|byte| kinds(*byte) & NAME != 0).count();
        let name = before.get(before.len() - length..).unwrap_or_default();
        let secret = is_secret_member(name);
        if !secret && !QUOTING_MEMBERS.contains(&name) {
            continue;
        }
        let end = copy.done + before.len();
        let rest = text.get(end..).unwrap_or_default();
        if name == "content" && is_record(rest) || name == "messages" && is_failures(rest) {
            continue;
        }
        let value = quoted_value(rest).or_else(|| if secret { bare_secret(rest) } else { None });
        if let Some((head, tail, quote)) = value {
            copy.replace(end + head, end + tail, &[quote, GONE, quote]);
            at = end + tail;
        }
    }
    copy.finish()
}

fn is_secret_member(name: &str) -> bool {
    let same = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() };
    SECRET_MEMBERS.iter().any(|known| known.len() == name.len() && known.bytes().eq(name.bytes().map(same)))
}

/// `messages` of a program that gave up: `["429 - {…}"]`, as n8n's, and no more than that. Those of a chat are no status.
fn is_failures(text: &str) -> bool {
    let list = text.trim_start_matches(&['\\', '"', '\'', '`', ' ', ':'][..]).strip_prefix('[').unwrap_or_default();
    let slashes = list.bytes().take_while(|byte| *byte == b'\\').count();
    let (quote, said) = (list.as_bytes().get(slashes), list.get(slashes + 1..).unwrap_or_default());
    let (code, rest) = said.split_at_checked(3).unwrap_or_default();
    let is_status = code.parse().is_ok_and(|code: u16| (400..600).contains(&code)) && rest.starts_with(" - {");
    is_status
        && quote.is_some_and(|quote| {
            let end = closing_quote(said.as_bytes(), 0, *quote, slashes);
            let behind = said.get(end..).unwrap_or_default().trim_start_matches(&['\\', '"', '\'', ' ', '\n'][..]);
            behind.is_empty() || behind.starts_with(']')
        })
}

/// `content` in a browser's record of its traffic (HAR): the body of an answer, of which its size and type are told; or a failed one itself,
/// as Rust's async-openai prints it.
fn is_record(text: &str) -> bool {
    // The first name inside of it, escaped or not; further on nothing is looked at, for each such member in a text.
    let text = first_chars(text, 64);
    let value = text.split_once('{').map(|(before, inside)| (before, inside.split('"').nth(1).unwrap_or_default()));
    value.is_some_and(|(before, name)| {
        let is_own = || text.starts_with(":{\"error\":{") || name.starts_with("text") && text.contains("\"{\\\"error\\\":");
        before.len() <= 8 && (["size", "mimeType"].iter().any(|known| name.starts_with(known)) || is_own())
    })
}

/// After a member's name: where its quoted or bracketed value begins and ends, and the quotes that its replacement
/// needs. `None` where no such value follows.
fn quoted_value(text: &str) -> Option<(usize, usize, &str)> {
    let bytes = text.as_bytes();
    let skip = |from: usize, set: &[u8]| from + bytes.iter().skip(from).take_while(|byte| set.contains(byte)).count();
    let quoting = skip(0, b"\\\"'`");
    let colon = skip(quoting, b" \t\r\n");
    if !matches!(bytes.get(colon), Some(b':' | b'=')) {
        return None;
    }
    let start = skip(colon + 1, b" \t\r\n");
    let slashes = bytes.iter().skip(start).take_while(|byte| **byte == b'\\').count();
    let open = start + slashes;
    match bytes.get(open)? {
        quote @ (b'"' | b'\'' | b'`') => Some((open + 1, closing_quote(bytes, open + 1, *quote, slashes), "")),
        // A bare value that was random goes by its look, and is no list afterwards.
        b'[' | b'{' if slashes == 0 && !text.get(open..)?.starts_with(GONE) => {
            // The mark that ends the name, with the backslashes before it.
            let marks = text.get(..quoting)?;
            let mark = marks.len().saturating_sub(1);
            let escaped = marks.get(..mark)?.bytes().rev().take_while(|byte| *byte == b'\\').count();
            Some((open, closing_bracket(bytes, open + 1), marks.get(mark - escaped..)?))
        }
        _ => None,
    }
}

/// After the name of a secret: a value without quotes, such as a header field's or an assignment's. What has no digit
/// is prose about the secret.
fn bare_secret(text: &str) -> Option<(usize, usize, &str)> {
    let start = text.trim_start().strip_prefix([':', '='])?.trim_start();
    let basic = start.strip_prefix("Basic ").or_else(|| start.strip_prefix("basic "));
    let start = basic.unwrap_or(start);
    let ends = |char: char| char.is_whitespace() || matches!(char, '"' | '\'' | '`' | ',' | '&' | ';' | '}' | ')' | '\\');
    let length = start.find(ends).unwrap_or(start.len());
    let random = basic.is_some() || start.bytes().take(length).any(|byte| byte.is_ascii_digit());
    let head = text.len() - start.len();
    (length >= 8 && random && !start.starts_with(GONE)).then_some((head, head + length, ""))
}

/// The quote that closes a string which was opened behind `slashes` backslashes, or the end of the text.
fn closing_quote(bytes: &[u8], from: usize, quote: u8, slashes: usize) -> usize {
    let mut run = 0;
    for (at, byte) in bytes.iter().copied().enumerate().skip(from) {
        match byte {
            b'\\' => run += 1,
            _ => {
                let plain = slashes == 0 && run % 2 == 0;
                if byte == quote && (plain || slashes > 0 && run <= slashes) {
                    return at - run;
                }
                run = 0;
            }
        }
    }
    bytes.len()
}

/// The bracket that closes a list or an object, or the end of the text. Brackets inside strings count too: at worst
/// more is hidden than had to be.
fn closing_bracket(bytes: &[u8], from: usize) -> usize {
    let mut open = 1;
    for (at, byte) in bytes.iter().copied().enumerate().skip(from) {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return at + 1;
        }
    }
    bytes.len()
}

/// Replaces secrets that are known by their look.
fn tokens(text: &str) -> Cow<'_, str> {
    let mut copy = Copy::of(text);
    let mut bearer = false;
    // Where the token before ended, or what was replaced for it.
    let mut last = 0;
    let rest = |from: usize| text.as_bytes().get(from..).unwrap_or_default().iter();
    while let Some(skip) = rest(last).position(|byte| kinds(*byte) & TOKEN != 0) {
        let start = last + skip;
        let mut seen = 0;
        let parted = rest(start).position(|byte| {
            let kinds = kinds(*byte);
            seen |= kinds;
            kinds & TOKEN == 0
        });
        let end = parted.map_or(text.len(), |length| start + length);
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        let (token, between) = (part(start, end), part(last, start));
        let after = || text.get(end..).unwrap_or_default();
        last = end;
        if between.ends_with(&['?', '#'][..]) && after().starts_with('=') {
            // A query: what a page adds to an address can be anything.
            let rest = after().trim_start_matches(|char: char| {
                !char.is_whitespace() && !matches!(char, '"' | '\'' | '`' | '<' | '>' | ')' | ']' | '}' | '|' | '\\')
            });
            last = text.len() - rest.len();
            copy.replace(start, last, &[GONE]);
        } else if bearer && is_gap(between) {
            let rest = after().trim_start_matches(|char: char| !char.is_whitespace() && !matches!(char, '"' | '\'' | '`' | ',' | '\\'));
            last = text.len() - rest.len();
            copy.replace(start, last, &[GONE]);
        } else if (seen & MARK != 0 || token.len() >= 32)
            && let Some((from, to)) = secret_in(token)
        {
            copy.replace(start + from, start + to, &[GONE]);
        }
        bearer = token.len() >= 6 && token.get(token.len() - 6..).is_some_and(|end| end.eq_ignore_ascii_case("bearer"));
    }
    copy.finish()
}

fn is_gap(between: &str) -> bool {
    !between.is_empty() && between.bytes().all(|byte| byte == b' ' || byte == b':' || byte == b'\t')
}

/// Where in a token a secret stands.
fn secret_in(token: &str) -> Option<(usize, usize)> {
    let body = token.trim_end_matches(&['.', '-'][..]);
    if is_secret(body) {
        return Some((0, body.len()));
    }
    // A head may stand inside a token, behind whatever the text glued in front of it.
    let bytes = body.as_bytes();
    let starts = |at: usize| at.checked_sub(1).and_then(|before| bytes.get(before)).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let is_head = |at: usize, first: u8| {
        // Behind a letter, as where a line end was lost, only what no word goes on with.
        let glued = !starts(at);
        if glued && !matches!(first, b's' | b'u' | b'o') {
            return false;
        }
        let like = key_heads(first).iter().filter(|(head, _)| head.as_bytes().get(1) == bytes.get(at + 1));
        like.filter(|(head, _)| !glued || GLUED_HEADS.contains(head)).any(|(head, least)| {
            body.get(at..).and_then(|rest| rest.strip_prefix(head)).is_some_and(|follows| {
                // Names of things begin alike; without a digit only those count that nothing else is named after.
                let named = matches!(*head, "sk-" | "sk-or-" | "sk-ant-" | "sk-proj-" | "user_" | "org_");
                let random = named && !glued || follows.bytes().any(|byte| byte.is_ascii_digit());
                random && follows.len() >= *least
            })
        })
    };
    // No head with what has to follow it is shorter.
    let last = body.len().saturating_sub(LEAST_KEY - 1);
    let mut heads = bytes.iter().take(last).enumerate();
    heads.find(|(at, first)| is_head(*at, **first)).map(|(at, _)| (at, body.len()))
}

/// The shortest head with the least that has to follow it: `org_` and four.
const LEAST_KEY: usize = 8;

/// No secret is shorter than an e-mail address.
pub(crate) const LEAST_SECRET: usize = 5;

/// An e-mail address, a UUID, a hash of 32 or more hexadecimal digits, a key without a head, a token of a signed form.
fn is_secret(token: &str) -> bool {
    let address = token.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if address || token.len() < 32 {
        return address;
    }
    let hex = token.bytes().filter(u8::is_ascii_hexdigit).count();
    // A hash may have a word glued to it.
    let mut run = 0;
    let hash = token.bytes().any(|byte| {
        run = if byte.is_ascii_hexdigit() { run + 1 } else { 0 };
        run >= 32
    });
    let uuid = token.len() == 36 && hex == 32 && token.bytes().filter(|byte| *byte == b'-').count() == 4;
    let signed = token.starts_with("eyJ") && token.len() >= 40;
    let of = |is: fn(&u8) -> bool| token.bytes().filter(is).count();
    let plain = of(u8::is_ascii_alphanumeric) == token.len();
    let mixed = plain && of(u8::is_ascii_digit) >= 3 && of(u8::is_ascii_uppercase) >= 3 && of(u8::is_ascii_lowercase) >= 3;
    hash || uuid || signed || mixed
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let cases = [
            ("key sk-or-v1-0123456789abcdef0123456789abcdef.", "key [redacted]."),
            ("Authorization: Bearer abc.def/ghi==", "Authorization: Bearer [redacted]"),
            (r#"{"user_id":"user_2abcDEF"}"#, r#"{"user_id":"[redacted]"}"#),
            ("in organization org-a1b2c3d4e5 on tokens", "in organization [redacted] on tokens"),
            ("write to some.one@example.org, please", "write to [redacted], please"),
            ("limit_rpm/qwen/qwen3-4b/2e98edb5-b21b-455b-afb4-d5c01aad515d.", "limit_rpm/qwen/qwen3-4b/[redacted]."),
            (
                r#"{"content":{"size":9,"mimeType":"application/json","text":"a"}}"#,
                r#"{"content":{"size":9,"mimeType":"application/json","text":"a"}}"#,
            ),
            (r#"{\"content\": {\n  \"mimeType\": \"a\"}}"#, r#"{\"content\": {\n  \"mimeType\": \"a\"}}"#),
            (r#"content:{"error":{"code":429}}"#, r#"content:{"error":{"code":429}}"#),
            (r#"{"messages":["429 - {\"error\":7}"]}"#, r#"{"messages":["429 - {\"error\":7}"]}"#),
            (r#"{"messages":["429 - {\"error\":7}","my prompt"]}"#, r#"{"messages":"[redacted]"}"#),
            (r#"{"messages":["429 is a number - {}"]}"#, r#"{"messages":"[redacted]"}"#),
            (r#"{"content":{"parts":["a"]}}"#, r#"{"content":"[redacted]"}"#),
            (r#"{"flagged_input":"my \"secret\" plan","x":1}"#, r#"{"flagged_input":"[redacted]","x":1}"#),
            (r#"{\"flagged_input\":\"my \\\"secret\\\" plan\",\"x\":1}"#, r#"{\"flagged_input\":\"[redacted]\",\"x\":1}"#),
            ("{'flagged_input': 'Will the $402", "{'flagged_input': '[redacted]"),
            (r#"{"detail":[{"input":[{"role":"user"}],"msg":"x"}]}"#, r#"{"detail":[{"input":"[redacted]","msg":"x"}]}"#),
            (
                "gen-1790599867-AbCdEfGh stays, so does qwen/qwen3-235b-a22b-thinking-2507",
                "gen-1790599867-AbCdEfGh stays, so does qwen/qwen3-235b-a22b-thinking-2507",
            ),
            ("risk-averse user_id and org", "risk-averse user_id and org"),
            ("POST https://api.example/v1/chat?key=abc&user=me, 429", "POST https://api.example/v1/chat?[redacted] 429"),
            ("<a href='https://a.example/#access_token=x.y'>", "<a href='https://a.example/#[redacted]'>"),
            ("why? x=1 is no query", "why? x=1 is no query"),
            (r#"{"x-api-key":"short","y":1}"#, r#"{"x-api-key":"[redacted]","y":1}"#),
            ("Authorization: Basic dXNlcjpwYXNzMTIz, then", "Authorization: Basic [redacted], then"),
            ("API_KEY=abcdefgh1 model=x", "API_KEY=[redacted] model=x"),
            ("api_key: missing or invalid", "api_key: missing or invalid"),
            ("invalid key AbCdEfGh12IjKlMnOp34QrStUvWx56Yz given", "invalid key [redacted] given"),
            ("csk-abc123def456 nvapi-x1y2z3a4b5 tgp_v1_abcdefgh1", "[redacted] [redacted] [redacted]"),
            ("claude-3-5-haikuuser_2abcXYZ and haikusk-or-v1-abc123", "claude-3-5-haiku[redacted] and haiku[redacted]"),
            ("haikuBearer abc.def and xyzdeadbeefdeadbeefdeadbeefdeadbeef", "haikuBearer [redacted] and [redacted]"),
            ("a task-master with superuser_name", "a task-master with superuser_name"),
            ("input\"\":{x}", "input\"\":\"[redacted]\""),
            ("api_key\t:[redacted]:4}", "api_key\t:[redacted]:4}"),
            (r#""content":nCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCulm,er""#, r#""content":[redacted],er""#),
            (r#"{\"input\":[1]}"#, r#"{\"input\":\"[redacted]\"}"#),
            ("struct sk_buff_head and proj_settings_page", "struct sk_buff_head and proj_settings_page"),
        ];
        for (text, shown) in cases {
            assert_eq!(redact(text), shown);
            assert_eq!(redact(shown), shown, "twice changes nothing");
        }
    }
}
