//! Go's quoted strings: strconv's `Quote` and `Unquote`, and the classes of characters that they and the lexer go by.

use std::sync::LazyLock;

use memchr::memchr;
use regex::Regex;

use super::ast::Constant;
use super::format;

/// Go 1.26's tables are of Unicode 15: characters of later editions are nothing to it.
fn class(members: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the classes below are constants")]
    Regex::new(&format!(r"[[{members}]&&\p{{Age=15.0}}]")).expect("a class of characters")
}

fn is_in(class: &Regex, c: char) -> bool {
    class.is_match(c.encode_utf8(&mut [0; 4]))
}

/// `unicode.IsLetter`.
pub fn is_letter(c: char) -> bool {
    static LETTERS: LazyLock<Regex> = LazyLock::new(|| class(r"\p{L}"));
    if c.is_ascii() { c.is_ascii_alphabetic() } else { is_in(&LETTERS, c) }
}

/// `unicode.IsDigit`.
pub fn is_digit(c: char) -> bool {
    static DIGITS: LazyLock<Regex> = LazyLock::new(|| class(r"\p{Nd}"));
    if c.is_ascii() { c.is_ascii_digit() } else { is_in(&DIGITS, c) }
}

/// `strconv.Quote`.
pub fn quote(text: &str) -> String {
    format::quote(text.as_bytes())
}

/// `strconv.Unquote` of a string in double quotes or backquotes; none is Go's "invalid syntax".
pub(super) fn unquote(quoted: &str) -> Option<Constant> {
    let inner = quoted.get(1..quoted.len().checked_sub(1)?)?;
    if quoted.starts_with('`') {
        // Go drops carriage returns from raw strings.
        let carriage_returns = memchr(b'\r', inner.as_bytes()).is_some();
        return Some(Constant::Str(if carriage_returns { inner.replace('\r', "").into() } else { inner.into() }));
    }
    if memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Constant::Str(inner.into()));
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        match unquote_char(&mut rest, '"')? {
            Unquoted::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Unquoted::Byte(b) => bytes.push(b),
        }
    }
    Some(match String::from_utf8(bytes) {
        Ok(text) => Constant::Str(text.into()),
        Err(error) => Constant::Raw(error.into_bytes().into_iter().collect()),
    })
}

/// What one character of a quoted string means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unquoted {
    Char(char),
    /// `\xff` and `\377`, which are no characters in strings.
    Byte(u8),
}

/// Takes one character from the start of `rest`, as `strconv.UnquoteChar` does.
pub(super) fn unquote_char(rest: &mut &str, quote: char) -> Option<Unquoted> {
    let mut chars = rest.chars();
    let first = chars.next()?;
    if first == quote {
        return None;
    }
    if first != '\\' {
        *rest = chars.as_str();
        return Some(Unquoted::Char(first));
    }
    let escape = chars.next()?;
    let tail = chars.as_str();
    let mut used = 0;
    let mut number = |digits: usize, radix: u32| {
        let text = tail.get(..digits).filter(|d| d.chars().all(|c| c.is_digit(radix)))?;
        used = digits;
        u32::from_str_radix(text, radix).ok()
    };
    let meaning = match escape {
        'a' => Unquoted::Char('\x07'),
        'b' => Unquoted::Char('\x08'),
        'f' => Unquoted::Char('\x0c'),
        'n' => Unquoted::Char('\n'),
        'r' => Unquoted::Char('\r'),
        't' => Unquoted::Char('\t'),
        'v' => Unquoted::Char('\x0b'),
        '\\' => Unquoted::Char('\\'),
        '\'' | '"' if escape == quote => Unquoted::Char(escape),
        'x' => Unquoted::Byte(u8::try_from(number(2, 16)?).ok()?),
        'u' => Unquoted::Char(char::from_u32(number(4, 16)?)?),
        'U' => Unquoted::Char(char::from_u32(number(8, 16)?)?),
        '0'..='7' => {
            let lead = escape.to_digit(8)?;
            Unquoted::Byte(u8::try_from(lead * 64 + number(2, 8)?).ok()?)
        }
        _ => return None,
    };
    *rest = tail.get(used..)?;
    Some(meaning)
}
