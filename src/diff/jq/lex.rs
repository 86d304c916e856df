//! jq's tokens.

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `.name`, without the dot.
    Field(String),
    /// A word: a keyword or a function.
    Word(String),
    /// `$name`.
    Variable(String),
    /// A string.
    Text(String),
    /// A number.
    Number(f64),
    /// Anything else.
    Sign(&'static str),
}

const SIGNS: &[&str] = &[
    "?//", "//=", "|=", "+=", "-=", "*=", "/=", "%=", "..", "//", "==", "!=", "<=", ">=", ".", "[", "]", "(", ")", "{",
    "}", "|", ",", ":", ";", "=", "<", ">", "+", "-", "*", "/", "%", "?", "@",
];

/// The tokens of a text.
///
/// # Errors
/// What can't be one.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix('#') {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        let Some(first) = rest.chars().next() else { return Ok(found) };
        let after_dot = rest.strip_prefix('.').unwrap_or_default();
        if first == '"' {
            let (string, after) = string(rest)?;
            found.push(Token::Text(string));
            rest = after;
        } else if first.is_ascii_digit() || (first == '.' && after_dot.starts_with(|c: char| c.is_ascii_digit())) {
            let mut end = 0;
            let mut before = ' ';
            for c in rest.chars() {
                if !(c.is_ascii_digit()
                    || c == '.'
                    || c == 'e'
                    || c == 'E'
                    || (matches!(c, '+' | '-') && matches!(before, 'e' | 'E')))
                {
                    break;
                }
                end += c.len_utf8();
                before = c;
            }
            let (number, after) = rest.split_at(end);
            found.push(Token::Number(number.parse().map_err(|_| format!("`{number}` is not a number"))?));
            rest = after;
        } else if after_dot.starts_with(is_start) {
            let (name, after) = word(after_dot);
            found.push(Token::Field(name.to_owned()));
            rest = after;
        } else if first == '$' {
            let (name, after) = word(rest.get(1..).unwrap_or_default());
            if name.is_empty() {
                return Err("`$` without a name".to_owned());
            }
            found.push(Token::Variable(name.to_owned()));
            rest = after;
        } else if is_start(first) {
            let (name, after) = word(rest);
            found.push(Token::Word(name.to_owned()));
            rest = after;
        } else {
            let sign =
                SIGNS.iter().find(|sign| rest.starts_with(**sign)).ok_or_else(|| format!("unexpected `{first}`"))?;
            found.push(Token::Sign(sign));
            rest = rest.get(sign.len()..).unwrap_or_default();
        }
    }
}

fn is_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    text.split_at(end)
}

/// A string in double quotes, as in JSON; what follows it.
fn string(text: &str) -> Result<(String, &str), String> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '(' if escaped => return Err("text with `\\(…)` in it".to_owned()),
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let (string, after) = text.split_at(at + 1);
                let string = serde_json::from_str(string).map_err(|_| format!("{string} is not a string"))?;
                return Ok((string, after));
            }
            _ => {}
        }
    }
    Err("a string without an end".to_owned())
}
