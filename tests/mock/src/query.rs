//! Percent-encoding, as far as paths and queries of tests need it.

/// The pairs of a query, decoded as `URLSearchParams` does (`+` is a space).
pub fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
    })
}

/// Undoes `%xx`; anything that is not such an escape stays as it is.
pub fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                out.push(high << 4 | low);
                rest = &after[2..];
            }
            None => {
                out.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_like_url_search_params() {
        let query = "csp=default-src%20'none'%3B+script-src+'self'&header=X-A%3A+1&header=X-B:2&flag&=x&&p=100%";
        let expected = [
            ("csp", "default-src 'none'; script-src 'self'"),
            ("header", "X-A: 1"),
            ("header", "X-B:2"),
            ("flag", ""),
            ("", "x"),
            ("p", "100%"),
        ];
        let decoded: Vec<_> = pairs(query).collect();
        assert_eq!(decoded, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn decodes_utf8_and_keeps_what_is_no_escape() {
        assert_eq!(decode("caf%C3%A9+%zz%4"), "café+%zz%4");
    }
}
