//! Flags that hold lists: pflag's string slices, one line of CSV each, and its booleans.

/// The parts of a comma-separated list. A part in double quotes may hold commas; `""` in it is a quote.
///
/// # Errors
/// What pflag says of quotes that are out of place.
pub fn split(text: &str) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    if text.is_empty() {
        return Ok(parts);
    }
    let mut rest = text;
    loop {
        let Some(quoted) = rest.strip_prefix('"') else {
            let (part, after) = rest.split_once(',').map_or((rest, None), |(part, after)| (part, Some(after)));
            if part.contains('"') {
                return Err(format!("parse error: bare \" in non-quoted field in `{text}`"));
            }
            parts.push(part.to_owned());
            match after {
                Some(after) => rest = after,
                None => return Ok(parts),
            }
            continue;
        };
        let mut part = String::new();
        let mut inside = quoted;
        loop {
            let Some((before, after)) = inside.split_once('"') else {
                return Err(format!("parse error: extraneous or missing \" in quoted-field in `{text}`"));
            };
            part.push_str(before);
            match after.strip_prefix('"') {
                Some(more) => {
                    part.push('"');
                    inside = more;
                }
                None => {
                    inside = after;
                    break;
                }
            }
        }
        parts.push(part);
        match inside.strip_prefix(',') {
            Some(after) => rest = after,
            None if inside.is_empty() => return Ok(parts),
            None => return Err(format!("parse error: extraneous or missing \" in quoted-field in `{text}`")),
        }
    }
}

/// A boolean as Go's `strconv.ParseBool` reads it.
///
/// # Errors
/// It isn't one.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err("expected `true` or `false`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_lines_of_csv() {
        for (text, expected) in [
            ("", vec![]),
            ("a", vec!["a"]),
            ("a,b,", vec!["a", "b", ""]),
            ("\"a,b\",c", vec!["a,b", "c"]),
            ("\"a\"\"b\"", vec!["a\"b"]),
            (" a , b", vec![" a ", " b"]),
        ] {
            assert_eq!(split(text).unwrap(), expected, "{text}");
        }
        for text in ["a\"b", "\"a", "\"a\"b"] {
            assert!(split(text).is_err(), "{text}");
        }
    }
}
