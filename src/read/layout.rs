//! What terminals, mails and pages did to a text on its way here: colours, borders, marks of quotation, hard line
//! ends, entities. Taken off before the text is read; a text without any of it comes back as it is.

use std::borrow::Cow;

/// Marks that somebody put at the head of each line: comment signs, quotation marks, the borders of a box.
const GUTTERS: [&str; 8] = ["#", ">", "|", "│", "┃", "║", "//", "*"];

/// Lines that are shorter than this were not broken by a terminal.
const LEAST_WIDTH: usize = 40;

/// The text as it was before it was shown.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    let steps: [(bool, fn(&str) -> String); 5] = [
        (text.contains("\u{1b}["), without_colours),
        (text.contains("%22") && text.contains("%7B"), decoded),
        (text.contains("&quot;") || text.contains("&#"), without_entities),
        (text.contains('“') && !text.contains('"'), |text| text.replace(['“', '”', '„'], "\"").replace(['‘', '’'], "'")),
        (text.contains('\n'), |text| unwrapped(&without_gutter(text))),
    ];
    for (needed, step) in steps {
        if needed {
            text = Cow::Owned(step(&text));
        }
    }
    text
}

/// Without the control sequences that colour a terminal.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|char: char| !char.is_ascii_digit() && char != ';').map_or(part.len(), |at| at + 1);
        out.push_str(part.get(end..).unwrap_or_default());
    }
    out
}

/// Percent signs of an address decoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
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

/// The few entities that stand in quoted JSON.
fn without_entities(text: &str) -> String {
    const ENTITIES: [(&str, &str); 9] = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#x22;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    ENTITIES.iter().fold(text.to_owned(), |text, (entity, char)| text.replace(entity, char))
}

/// Without the mark at the head of each line, where all lines but the first have the same one, nor its counterpart at
/// their ends.
fn without_gutter(text: &str) -> String {
    let marked = |gutter: &str| {
        let mut lines = text.lines().skip(1).filter(|line| !line.trim().is_empty()).peekable();
        lines.peek().is_some() && lines.all(|line| line.trim_start().starts_with(gutter))
    };
    let Some(gutter) = GUTTERS.iter().find(|gutter| marked(gutter)) else { return text.to_owned() };
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let inside = line.trim_start().strip_prefix(gutter);
        let inside = inside.map(|inside| inside.trim_end().strip_suffix(gutter).unwrap_or(inside));
        out.push_str(inside.unwrap_or(line));
        out.push('\n');
    }
    out
}

/// Lines that a terminal broke at its width, in the middle of words, are one line again. A line that is one short of the
/// width has lost the space at its end. Lines that were broken between words are left: white space is white space.
fn unwrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (place, block) in blocks(text).into_iter().enumerate() {
        if place > 0 {
            out.push('\n');
        }
        let indent = block.iter().skip(1).map(|line| blank_head(line)).min().unwrap_or_default();
        let inner: Vec<&str> = block.iter().filter_map(|line| line.get(blank_head(line).min(indent)..)).collect();
        let Some(width) = width_of_terminal(&inner) else {
            out.push_str(&block.join("\n"));
            continue;
        };
        for (place, line) in inner.iter().enumerate() {
            let before = place.checked_sub(1).and_then(|place| inner.get(place));
            if before.is_some_and(|before| columns(before) < width && !before.ends_with(' ')) {
                out.push(' ');
            }
            out.push_str(line);
        }
    }
    out
}

/// Lines that follow each other without an empty one between.
fn blocks(text: &str) -> Vec<Vec<&str>> {
    let mut blocks = vec![Vec::new()];
    for line in text.lines() {
        match blocks.last_mut() {
            Some(block) if !line.trim().is_empty() => block.push(line),
            _ => blocks.push(Vec::new()),
        }
    }
    blocks
}

fn blank_head(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

fn columns(line: &str) -> usize {
    line.chars().count()
}

/// The width at which the lines of a block were broken, where nearly all of them have it. A single break has to stand
/// inside a JSON string, which no writer does.
fn width_of_terminal(block: &[&str]) -> Option<usize> {
    let (last, full) = block.split_last()?;
    let width = full.iter().map(|line| columns(line)).max().filter(|width| *width >= LEAST_WIDTH)?;
    let wide = full.iter().filter(|line| columns(line) + 1 >= width).count();
    let torn = match full {
        [first] => {
            let is_word = |char: char| char.is_ascii_alphanumeric() || "_-./:\"".contains(char);
            is_in_string(first) && first.ends_with(is_word) && last.starts_with(is_word)
        }
        // Two lines of prose are equally long by chance now and then.
        [_, _] if !block.iter().any(|line| line.contains(['{', '"'])) => false,
        _ => wide * 5 >= full.len() * 4 && columns(last) <= width,
    };
    torn.then_some(width)
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
            ("{“code”: 429, ‘a’: 1}", "{\"code\": 429, 'a': 1}"),
            ("he said “429” and \"no\"", "he said “429” and \"no\""),
            ("> {\n> \"a\": 1\n> }", " {\n \"a\": 1\n }"),
            ("a plain line", "a plain line"),
        ];
        for (shown, text) in cases {
            assert_eq!(plain(shown), text);
        }
        assert_eq!(plain("│ {\"a\": 1, │\n│ \"b\": 2}  │\n").split_whitespace().collect::<String>(), "{\"a\":1,\"b\":2}");
    }

    #[test]
    fn lines_of_a_terminal_are_one_again() {
        let text = "{\"error\":{\"message\":\"Provider returned error\",\"code\":429,\"metadata\":{\"raw\":\"acme/model-1 is temporarily rate-limited upstream. Please retry shortly\",\"provider_name\":\"Venice\"}}}";
        for width in [40, 61, 80, 120] {
            for indent in ["", "  ", "\t"] {
                let lines: Vec<String> = text.as_bytes().chunks(width).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
                assert_eq!(plain(&lines.join(&format!("\n{indent}"))).trim(), text, "{width} {indent:?}");
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
