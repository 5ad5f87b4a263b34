//! What terminals, mails and pages did to a text on its way here: colours, borders, marks of quotation, hard line
//! ends, entities. Taken off before the text is read; a text without any of it comes back as it is.

use std::borrow::Cow;

/// Marks that somebody put at the head of each line: comment signs, quotation marks, the edge of a table.
const GUTTERS: [&str; 4] = ["#", ">", "|", "//"];

/// The sides of a box.
const BORDERS: [char; 3] = ['│', '┃', '║'];

/// Lines that are shorter than this were not broken by a terminal.
const LEAST_WIDTH: usize = 40;

/// Characters without a width, at which pages and chats may break a word.
fn is_zero_width(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
}

/// One thing that is taken off.
type Step = fn(&str) -> String;

/// The text as it was before it was shown.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    let steps: [(bool, Step); 11] = [
        // Templates double the braces that are meant.
        (text.contains("{{\"") || text.contains("{{'"), |text| text.replace("{{", "{").replace("}}", "}")),
        // PHP escapes slashes.
        (text.contains("\\/"), |text| text.replace("\\/", "/")),
        (text.contains("\u{1b}["), without_colours),
        (text.contains('%'), decoded),
        (["&quot;", "&#", "&amp;quot;", "&mdash;", "&nbsp;"].iter().any(|entity| text.contains(entity)), without_entities),
        (text.contains(is_zero_width), |text| text.replace(is_zero_width, "")),
        // A keyboard that is set to Chinese.
        (text.contains("\"：") || text.contains("”："), |text| text.replace("：", ":").replace("”，", "”,").replace("\"，", "\",")),
        (text.contains('“') && (!text.contains('"') || text.contains("{“") || text.contains("”:")), |text| {
            text.replace(&['“', '”', '„'][..], "\"").replace(&['‘', '’'][..], "'")
        }),
        // Typed off a screen.
        (text.contains("temporarily rate limited"), |text| text.replace("temporarily rate limited", "temporarily rate-limited")),
        // Programs that read letters off a picture part names at their marks.
        (text.contains("provider_ name"), |text| text.replace("_ ", "_")),
        (text.contains('\n'), |text| rejoined(&unwrapped(&without_gutter(text)))),
    ];
    for (needed, step) in steps {
        if needed {
            text = Cow::Owned(step(&text));
        }
    }
    text
}

/// Without the control sequences that colour a terminal.
pub(super) fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|char: char| !char.is_ascii_digit() && char != ';').map_or(part.len(), |at| at + 1);
        out.push_str(part.get(end..).unwrap_or_default());
    }
    out
}

/// Percent signs decoded in the words that are an address or a form; a form has plus signs for spaces.
fn decoded(text: &str) -> String {
    const MARKS: [&str; 6] = ["%22", "%3A", "%2F", "%3a", "%2f", "%7b"];
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(|char: char| char.is_ascii_whitespace()) {
        let encoded = MARKS.iter().any(|mark| word.contains(mark)) && word.bytes().filter(|byte| *byte == b'%').count() >= 3;
        match (encoded, word.contains("%20")) {
            (false, _) => out.push_str(word),
            (true, false) => out.push_str(&decoded_word(&word.replace("+", " "))),
            (true, true) => out.push_str(&decoded_word(word)),
        }
    }
    out
}

fn decoded_word(word: &str) -> String {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match hex.filter(|_| *byte == b'%') {
            Some(code) => {
                bytes.push(code);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The few entities that stand in quoted JSON and beside it; a page that shows a page escapes them once more.
fn without_entities(text: &str) -> String {
    const ENTITIES: [(&str, &str); 7] =
        [("&quot;", "\""), ("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&mdash;", "—"), ("&amp;", "&")];
    // `&#123;` or `&#x7b;` of the characters that stand in JSON.
    let by_number = |text: &str| {
        let mut parts = text.split("&#");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let number = part.split_once(';').and_then(|(number, rest)| {
                let code = number.strip_prefix(&['x', 'X'][..]).map_or_else(|| number.parse(), |hex| u8::from_str_radix(hex, 16));
                Some((code.ok().filter(|code| matches!(code, b' '..=b'~'))?, rest))
            });
            match number {
                Some((code, rest)) => out.extend([char::from(code).encode_utf8(&mut [0; 4]), rest]),
                None => out.extend(["&#", part]),
            }
        }
        out
    };
    let once = |text: &str| ENTITIES.iter().fold(by_number(text), |text, (entity, char)| text.replace(entity, char));
    let text = once(text);
    if text.contains("&quot;") { once(&text) } else { text }
}

/// Lines that end with the hyphen of a compound, at which programs break lines too, or with the one of a name's parts, go on in
/// the next one.
fn rejoined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let next = line.trim_start_matches(&[' ', '\t'][..]);
        let word = out.strip_suffix("-\n").or_else(|| out.strip_suffix("_\n"));
        let compound = word.is_some_and(|word| word.ends_with(|last: char| last.is_ascii_lowercase()));
        if compound && next.starts_with(|first: char| first.is_ascii_lowercase()) {
            out.pop();
            out.push_str(next);
        } else {
            out.push_str(line);
        }
    }
    out
}

/// Without the marks at the heads of lines, nor their counterparts at the ends: of quotations and boxes wherever they
/// stand, of the others where all lines but the first have the same one.
fn without_gutter(text: &str) -> String {
    let marked = |gutter: &str| {
        let mut lines = text.lines().skip(1).filter(|line| !line.trim().is_empty()).peekable();
        // A sign before a bracket is an attribute of Rust's.
        let put = |line: &str| line.trim_start().strip_prefix(gutter).is_some_and(|rest| !rest.starts_with('['));
        lines.peek().is_some() && lines.all(put)
    };
    let whole = GUTTERS.iter().find(|gutter| marked(gutter)).map_or_else(|| service(text), |gutter| Some(*gutter));
    // What is in a box, with its side.
    let boxed = |line| {
        let start = unnumbered(str::trim_start(line));
        BORDERS.iter().find_map(|border| Some((start.strip_prefix(*border)?, *border)))
    };
    let paddings = text.lines().filter_map(boxed).filter(|(inside, border)| !inside.trim_matches(&[' ', *border][..]).is_empty());
    let padding = paddings.map(|(inside, _)| blank_head(inside)).min().unwrap_or_default();
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let start = unnumbered(line.trim_start());
        let edge = |char: char| ('─'..='╿').contains(&char);
        if start.starts_with(edge) && !start.starts_with(BORDERS) {
            // The upper or lower edge of a box, which may bear a title.
            let title = start.trim_matches(|char: char| edge(char) || char == ' ');
            if !title.is_empty() {
                out.push_str(title);
                out.push('\n');
            }
            continue;
        }
        let inside = match (boxed(line), whole) {
            (Some((inside, border)), _) => {
                let inside = inside.trim_end().strip_suffix(border).unwrap_or(inside);
                let text = inside.trim_end();
                // A box breaks between words where it can: what is filled up to its edge ended with one.
                let end = if inside.len() > text.len() + 2 { text.len() + 1 } else { text.len() };
                let inside = inside.get(..end).unwrap_or(text);
                inside.get(padding..).unwrap_or_default()
            }
            // Of an answer to an answer there are several.
            (None, _) if start.starts_with("> ") => start.trim_start_matches("> "),
            (None, Some(gutter)) => start.strip_prefix(gutter).unwrap_or(line),
            (None, None) => line,
        };
        out.push_str(inside);
        out.push('\n');
    }
    out
}

/// What `docker compose` puts before each line: whose it is, and a bar.
fn service(text: &str) -> Option<&str> {
    let first = text.lines().next()?;
    let mark = first.get(..first.find(" | ")? + 3)?;
    let name = mark.trim_end_matches(&[' ', '|'][..]);
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let is_marked = |line: &str| line.starts_with(mark) || line.trim_end() == mark.trim_end();
    (is_name && mark.len() <= 40 && text.lines().nth(1).is_some() && text.lines().all(is_marked)).then_some(mark)
}

/// Without the number that a pager puts before its border.
fn unnumbered(line: &str) -> &str {
    let rest = line.trim_start_matches(|char: char| char.is_ascii_digit());
    let start = rest.trim_start();
    if rest.len() < line.len() && start.starts_with(BORDERS) { start } else { line }
}

/// Lines that a terminal broke at its width, in the middle of words, are one line again. A line that is one short of the
/// width has lost the space at its end. Lines that were broken between words are left: white space is white space.
fn unwrapped(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let widest = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    let mut out = String::with_capacity(text.len());
    let mut rest = lines.as_slice();
    let mut torn = false;
    while let Some((first, after)) = rest.split_first() {
        // A part may begin with the space at which the line was broken; not all parts do.
        let parts = after.iter().take_while(|line| !line.trim().is_empty()).take(8);
        let indent = parts.map(|line| blank_head(line)).min().unwrap_or_default();
        // The width is that of the terminal, or of the text before its parts were indented.
        let (whole, apart) = (Measure { indent, apart: 0 }, Measure { indent, apart: indent });
        let (of_whole, of_parts) = (broken_at_width(rest, whole), if indent > 0 { broken_at_width(rest, apart) } else { 0 });
        let (full, measure) = if of_parts >= of_whole { (of_parts, apart) } else { (of_whole, whole) };
        if full == 0 {
            out.push_str(if torn { first.trim_start() } else { first });
            torn = is_torn_word(&out, first, after, widest);
            if torn {
                rest = after;
                continue;
            }
        }
        torn = false;
        // What follows the last full line is the end of it.
        let broken = rest.iter().enumerate().take(if full == 0 { 0 } else { full + 1 });
        let width = broken.clone().take(full).map(|(at, line)| measure.columns(at, line)).max().unwrap_or_default();
        let mut lost_space = false;
        for (at, line) in broken {
            let part = measure.inner(at, line);
            out.push_str(if lost_space { " " } else { "" });
            out.push_str(part);
            lost_space = measure.columns(at, line) < width && !part.ends_with(' ');
        }
        out.push('\n');
        rest = rest.get(1 + full..).unwrap_or_default();
    }
    out.truncate(out.trim_end_matches('\n').len());
    out
}

/// Where lines are broken between words, a word that is longer than a line is broken at its end: data without white space is such.
fn is_torn_word(before: &str, line: &str, after: &[&str], widest: usize) -> bool {
    let word = before.rsplit([' ', '\n']).next().unwrap_or_default();
    let rest = after.first().and_then(|next| next.trim_start().split(' ').next()).unwrap_or_default();
    widest >= LEAST_WIDTH
        && line.chars().count() == widest
        && !rest.is_empty()
        && word.contains('"')
        && word.chars().count() + rest.chars().count() > widest
}

/// How the parts of a broken line are measured.
#[derive(Clone, Copy)]
struct Measure {
    /// What all parts but the first are indented by.
    indent: usize,
    /// What of that was added when the line was broken already.
    apart: usize,
}

impl Measure {
    /// A part without the indentation that was put before it; the first has its own.
    fn inner<'a>(&self, at: usize, line: &'a str) -> &'a str {
        line.get(if at == 0 { 0 } else { blank_head(line).min(self.indent) }..).unwrap_or_default()
    }

    fn columns(&self, at: usize, line: &str) -> usize {
        line.chars().count() - if at == 0 { 0 } else { blank_head(line).min(self.apart) }
    }
}

/// Lines of one broken line; a longer one is no message.
const MAX_RUN: usize = 400;

fn blank_head(line: &str) -> usize {
    line.len() - line.trim_start_matches(&[' ', '\t'][..]).len()
}

/// How many lines, from the first, a terminal broke at its width: they have that width, or one less, and another line
/// follows. A single break has to stand inside a JSON string, which no writer does.
fn broken_at_width(lines: &[&str], measure: Measure) -> usize {
    let columns = |at: usize| lines.get(at).map(|line| measure.columns(at, line));
    let part = |at: usize| lines.get(at).map(|line| measure.inner(at, line)).unwrap_or_default();
    let mut width = columns(0).unwrap_or_default();
    let mut full = 0;
    while let Some(columns) = columns(full).filter(|_| full < MAX_RUN) {
        // The first may be the one that lost its space.
        width = if columns == width + 1 && full < 2 { columns } else { width };
        if columns + 1 < width || columns > width {
            break;
        }
        full += 1;
    }
    // Something has to follow, and it is no longer than the others.
    let Some(last) = columns(full) else {
        return if full > 2 && width >= LEAST_WIDTH { full - 1 } else { 0 };
    };
    if width < LEAST_WIDTH || last > width || part(full).trim().is_empty() && full < 2 {
        return 0;
    }
    // The last part of a broken line ends what it is part of; where a string goes on, the lines were broken between words.
    let goes_on = || {
        let joined: String = (0..=full).map(part).collect();
        // Its object may begin before.
        let open = is_in_string(&joined) || !joined.contains('{') && joined.starts_with('"') && joined.matches('"').count() == 1;
        // Nor does a line of its own end between a name and its value.
        let valued = part(full).trim_end().ends_with(':') && joined.matches('{').count() > joined.matches('}').count();
        (open || valued) && !part(full + 1).trim().is_empty()
    };
    let torn = match full {
        0 => false,
        1 | 2 if goes_on() => false,
        1 => {
            let is_word = |char: char| char.is_ascii_alphanumeric() || "_-./:\"".contains(char);
            is_in_string(part(0)) && part(0).ends_with(is_word) && part(1).starts_with(is_word)
        }
        // Two lines of prose are equally long by chance now and then.
        2 => lines.iter().take(3).any(|line| line.contains(&['{', '"'][..])),
        _ => true,
    };
    if torn { full } else { 0 }
}

/// The text ends inside a string of an object that it opens.
fn is_in_string(text: &str) -> bool {
    let json = text.find('{').and_then(|at| text.get(at..)).unwrap_or_default();
    let mut inside = false;
    let mut escaped = false;
    for byte in json.bytes() {
        inside ^= byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_was_put_around_a_text_goes() {
        let cases = [
            ("\u{1b}[31merror\u{1b}[0m: \u{1b}[1;33m429\u{1b}[m", "error: 429"),
            ("%7B%22error%22%3A%22x%22%7D 100%", "{\"error\":\"x\"} 100%"),
            ("{&quot;error&quot;:&quot;it&#39;s &amp;lt;&quot;}", "{\"error\":\"it's &lt;\"}"),
            ("&amp;quot;429&amp;quot; &amp;amp;", "\"429\" &"),
            ("detail=Rate+limit%3A+limit_rpd%2Fa%2Fb 1+1 50%", "detail=Rate limit: limit_rpd/a/b 1+1 50%"),
            ("a free-models-per-\n    day limit, and -\nnothing", "a free-models-per-day limit, and -\nnothing"),
            ("free-models-per-\u{200b}day", "free-models-per-day"),
            ("{“code”: 429, ‘a’: 1}", "{\"code\": 429, 'a': 1}"),
            ("\"so\": {“code”: 429}", "\"so\": {\"code\": 429}"),
            ("he said “429” and \"no\"", "he said “429” and \"no\""),
            ("> {\n> \"a\": 1\n> }", "{\n\"a\": 1\n}"),
            ("> > a line\n> > of an answer", "a line\nof an answer"),
            ("a plain line", "a plain line"),
            ("f'{{\"error\": {{\"code\": 429}}}}'", "f'{\"error\": {\"code\": 429}}'"),
        ];
        for (shown, text) in cases {
            assert_eq!(plain(shown), text);
        }
        assert_eq!(plain("│ {\"a\": 1, │\n│ \"b\": 2}  │\n").split_whitespace().collect::<String>(), "{\"a\":1,\"b\":2}");
    }

    #[test]
    fn what_was_longer_than_a_line_is_one_word_again() {
        let boxed = "╭──────────────────── Failed ────────────────────╮\n\
                     │  Error: it said {\"message\":\"Rate limit exceed  │\n\
                     │  ed\",\"code\":429,\"metadata\":{\"headers\":{\"X-Rat  │\n\
                     │  eLimit-Reset\":\"1795881360000\"}}}              │\n\
                     ╰────────────────────────────────────────────────╯";
        assert!(plain(boxed).contains("Failed\n"), "{}", plain(boxed));
        assert!(plain(boxed).contains("\"X-RateLimit-Reset\":\"1795881360000\"}}}"), "{}", plain(boxed));
        let paged =
            " 98 ┃ {\"message\":\"Provider returned error\",\n 99 ┃ \"is_byok\":false,\"a\":1,\"b\":2,\"retry_after_se\n100 ┃ conds\":7}";
        assert!(plain(paged).contains("\"retry_after_seconds\":7}"), "{}", plain(paged));
        // Words that would have fitted into the next line were not broken.
        let prose = "some words of which the last ones are\n\"so quoted\", and others that come next";
        assert_eq!(plain(prose), prose);
    }

    #[test]
    fn lines_of_a_terminal_are_one_again() {
        let text = "{\"error\":{\"message\":\"Provider returned error\",\"code\":429,\"metadata\":{\"raw\":\"acme/model-1 is temporarily rate-limited upstream. Please retry shortly\",\"provider_name\":\"Venice\"}}}";
        for width in [40, 61, 80, 120] {
            for indent in ["", "  ", "\t"] {
                let lines: Vec<String> = text.as_bytes().chunks(width).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
                assert_eq!(plain(&lines.join(&format!("\n{indent}"))).trim(), text, "{width} {indent:?}");
                // Others keep their width, and break the rest beside what the first line began with.
                let hung: Vec<String> = text.as_bytes().chunks(width - 4).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
                if width > 44 && hung.len() > 2 {
                    assert_eq!(plain(&[" x: ", &hung.join("\n    ")].concat()), [" x: ", text].concat(), "{width}");
                }
                // Some terminals take the space at a line's end away.
                let trimmed: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
                if lines.iter().all(|line| !line.starts_with(' ')) && lines.len() > 2 {
                    assert_eq!(plain(&trimmed.join(&format!("\n{indent}"))).trim(), text, "{width} {indent:?}");
                }
            }
        }
        let written = "A paragraph whose lines end between words, as people\nwrite them, and which nobody has broken at a width:\nthe lines are ragged.";
        assert_eq!(plain(written), written);
    }
}
