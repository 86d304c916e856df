//! Go's syntax of regular expressions (regexp/syntax, with the flags of Perl) to that of the regex crate: what both spell
//! alike goes over, the rest is spelled out. The errors are Go's.

use super::subject::Subject;

/// An expression that is ready to match.
pub struct Compiled {
    /// The expression of the regex crate.
    pub regex: regex::Regex,
    /// About how many states it has.
    pub weight: usize,
    /// The names of the groups from 1 on. Go allows what the crate doesn't: digits first, and doubles.
    pub names: Vec<Option<String>>,
}

impl Compiled {
    /// Whether it is found anywhere in a text.
    pub fn is_match(&self, subject: &Subject) -> bool {
        self.regex.is_match(&subject.text)
    }
}

/// An expression that has been read, in the crate's syntax.
pub struct Parsed<'a> {
    text: &'a str,
    out: String,
    names: Vec<Option<String>>,
    /// About how many states it is going to have.
    pub weight: usize,
}

/// What a compiled expression takes, in bytes, and the tables that are made while it is used.
const MAX_SIZE: usize = 16 << 20;
const MAX_TABLES: usize = 1 << 20;

/// Steps that it takes to read an expression. Looking a class of Unicode up takes long.
pub fn work(expression: &[u8]) -> usize {
    let classes = expression.windows(2).filter(|pair| matches!(pair, [b'\\', b'p' | b'P'])).count();
    expression.len() / 8 + classes * 2000
}

/// Groups in groups.
const MAX_DEPTH: usize = 1000;
/// Repetitions of repetitions.
const MAX_REPEAT: u32 = 1000;

/// States of a class of characters, which are one to four bytes each; and of one of Unicode's.
const CLASS: usize = 8;
const UNICODE: usize = 600;

type Result<T> = std::result::Result<T, String>;

/// Reads an expression.
///
/// # Errors
/// What Go says of it.
pub fn parse(expression: &[u8]) -> Result<Parsed<'_>> {
    let Ok(text) = std::str::from_utf8(expression) else {
        let valid = expression.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
        return Err(error("invalid UTF-8", &crate::go::valid(expression.get(valid..).unwrap_or_default())));
    };
    let mut parser = Parser { whole: text, out: String::new(), groups: vec![Group::default()], names: Vec::new() };
    parser.parse()?;
    let weight = parser.top().weight;
    Ok(Parsed { text, out: parser.out, names: parser.names, weight })
}

/// Reads an expression and makes it ready.
///
/// # Errors
/// What Go says of it.
pub fn compile(expression: &[u8]) -> Result<Compiled> {
    parse(expression)?.compile()
}

impl Parsed<'_> {
    /// Makes it ready.
    ///
    /// # Errors
    /// It takes too much memory.
    pub fn compile(self) -> Result<Compiled> {
        let mut builder = regex::RegexBuilder::new(&self.out);
        let built = builder.nest_limit(2000).size_limit(MAX_SIZE).dfa_size_limit(MAX_TABLES).build();
        let regex = built.map_err(|_| error("expression too large", self.text))?;
        Ok(Compiled { regex, names: self.names, weight: self.weight })
    }
}

fn error(code: &str, expression: &str) -> String {
    format!("error parsing regexp: {code}: `{expression}`")
}

/// An open group; the first is the whole expression.
#[derive(Default)]
struct Group {
    /// Whether something stands before that can be repeated.
    atom: bool,
    /// How often the last thing repeats its parts at most, and how often anything so far does.
    last: u32,
    most: u32,
    /// How many states the last thing is about, and all of them.
    last_weight: usize,
    weight: usize,
}

struct Parser<'a> {
    whole: &'a str,
    out: String,
    groups: Vec<Group>,
    names: Vec<Option<String>>,
}

impl<'a> Parser<'a> {
    fn parse(&mut self) -> Result<()> {
        let mut rest = self.whole;
        // From the last repetition on, if that is what stands just before.
        let mut last_repeat = "";
        while let Some(c) = rest.chars().next() {
            let mut repeat = "";
            match c {
                '(' => rest = self.group(rest)?,
                ')' => {
                    let closed = self.groups.pop().filter(|_| !self.groups.is_empty());
                    let Some(closed) = closed else { return Err(error("unexpected )", self.whole)) };
                    self.out.push(')');
                    self.atom(closed.most.max(1), closed.weight + 2);
                    rest = after(rest, 1);
                }
                '|' => {
                    self.out.push('|');
                    self.no_atom();
                    rest = after(rest, 1);
                }
                '^' | '$' | '.' => {
                    self.out.push(c);
                    self.atom(1, CLASS);
                    rest = after(rest, 1);
                }
                '[' => {
                    let class = rest;
                    rest = self.class(rest)?;
                    // About as many states as it is long; names are those of small classes, `\p` is counted by itself.
                    let unicode = if slice(class, rest).contains(r"\p") || slice(class, rest).contains(r"\P") {
                        UNICODE
                    } else {
                        0
                    };
                    self.atom(1, CLASS + slice(class, rest).len() + unicode);
                }
                '*' | '+' | '?' => {
                    let before = rest;
                    rest = self.repeat(before, after(rest, 1), last_repeat)?;
                    self.times(2);
                    self.push_operator(before, rest);
                    repeat = before;
                }
                '{' => match parse_repeat(rest) {
                    Some((min, max, left)) => {
                        let before = rest;
                        let too_many = |n: Option<u32>| n.is_none_or(|n| n > MAX_REPEAT);
                        let spelled = slice(before, left);
                        if too_many(min) || max.is_some_and(|max| too_many(max) || max < min) {
                            return Err(error("invalid repeat count", spelled));
                        }
                        rest = self.repeat(before, left, last_repeat)?;
                        self.repeat_count(min, max, slice(before, rest))?;
                        self.push_operator(before, rest);
                        repeat = before;
                    }
                    None => {
                        self.literal('{');
                        rest = after(rest, 1);
                    }
                },
                '\\' => rest = self.escape(rest)?,
                c => {
                    self.literal(c);
                    rest = after(rest, c.len_utf8());
                }
            }
            last_repeat = repeat;
        }
        if self.groups.len() > 1 { Err(error("missing closing )", self.whole)) } else { Ok(()) }
    }

    fn top(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn atom(&mut self, times: u32, weight: usize) {
        let top = self.top();
        top.atom = true;
        top.last = times;
        top.most = top.most.max(times);
        top.last_weight = weight;
        top.weight = top.weight.saturating_add(weight);
    }

    /// The last thing stands there so many times.
    fn times(&mut self, times: usize) {
        let top = self.top();
        let more = top.last_weight.saturating_mul(times.saturating_sub(1));
        top.last_weight = top.last_weight.saturating_add(more);
        top.weight = top.weight.saturating_add(more);
    }

    fn no_atom(&mut self) {
        self.top().atom = false;
    }

    fn literal(&mut self, c: char) {
        push_char(&mut self.out, c);
        self.atom(1, 1);
    }

    /// `(`, `(?flags)`, `(?flags:`, `(?P<name>`, `(?<name>`.
    fn group(&mut self, text: &'a str) -> Result<&'a str> {
        let named = ["(?P<", "(?<"].into_iter().find_map(|p| Some((p, text.strip_prefix(p)?)));
        if let Some((prefix, inner)) = named.filter(|(_, inner)| !inner.is_empty()) {
            let Some(end) = inner.find('>') else { return Err(error("invalid named capture", text)) };
            let name = inner.get(..end).unwrap_or_default();
            if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
                let capture = text.get(..prefix.len() + end + 1).unwrap_or(text);
                return Err(error("invalid named capture", capture));
            }
            self.names.push(Some(name.to_owned()));
            self.open("(")?;
            return Ok(after(inner, end + 1));
        }
        let Some(flags) = text.strip_prefix("(?") else {
            self.names.push(None);
            self.open("(")?;
            return Ok(after(text, 1));
        };
        let (mut negative, mut seen) = (false, false);
        for (at, c) in flags.char_indices() {
            let read = 2 + at + c.len_utf8();
            let spelled = text.get(..read).unwrap_or(text);
            match c {
                'i' | 'm' | 's' | 'U' => seen = true,
                '-' if !negative => (negative, seen) = (true, false),
                ':' | ')' if !negative || seen => {
                    if c == ':' {
                        self.open(spelled)?;
                    } else if spelled != "(?)" {
                        self.out.push_str(spelled);
                    }
                    return Ok(after(text, read));
                }
                _ => return Err(error("invalid or unsupported Perl syntax", spelled)),
            }
        }
        Err(error("invalid or unsupported Perl syntax", text))
    }

    fn open(&mut self, spelled: &str) -> Result<()> {
        if self.groups.len() > MAX_DEPTH {
            return Err(error("expression nests too deeply", self.whole));
        }
        self.out.push_str(spelled);
        self.groups.push(Group::default());
        Ok(())
    }

    /// What follows a repetition operator and its `?`, if it may stand here.
    fn repeat(&mut self, before: &'a str, left: &'a str, last_repeat: &'a str) -> Result<&'a str> {
        let left = left.strip_prefix('?').unwrap_or(left);
        if !last_repeat.is_empty() {
            return Err(error("invalid nested repetition operator", slice(last_repeat, left)));
        }
        if !self.top().atom {
            return Err(error("missing argument to repetition operator", slice(before, left)));
        }
        Ok(left)
    }

    fn push_operator(&mut self, before: &str, rest: &str) {
        self.out.push_str(slice(before, rest));
    }

    /// Bounds repetitions of repetitions.
    fn repeat_count(&mut self, min: Option<u32>, max: Option<Option<u32>>, spelled: &str) -> Result<()> {
        let times = max.map_or(min, |max| max).unwrap_or(0).max(1);
        let top = self.top();
        let total = top.last.saturating_mul(times);
        if total > MAX_REPEAT && times >= 2 {
            return Err(error("invalid repeat count", spelled));
        }
        top.last = total;
        top.most = top.most.max(total);
        self.times(times as usize + 1);
        Ok(())
    }

    fn escape(&mut self, text: &'a str) -> Result<&'a str> {
        let second = text.chars().nth(1);
        let simple = match second {
            Some('A') => Some(r"\A"),
            Some('b') => Some(r"(?-u:\b)"),
            Some('B') => Some(r"(?-u:\B)"),
            Some('z') => Some(r"\z"),
            Some('C') => return Err(error("invalid escape sequence", text.get(..2).unwrap_or(text))),
            _ => None,
        };
        if let Some(spelled) = simple {
            self.out.push_str(spelled);
            self.atom(1, 1);
            return Ok(after(text, 2));
        }
        if second == Some('Q') {
            let inner = after(text, 2);
            let (literal, rest) = inner.split_once(r"\E").unwrap_or((inner, ""));
            literal.chars().for_each(|c| self.literal(c));
            return Ok(rest);
        }
        if let Some(rest) = class_escape(text, &mut self.out)? {
            self.atom(1, if matches!(second, Some('p' | 'P')) { UNICODE } else { CLASS });
            return Ok(rest);
        }
        let (code, rest) = parse_escape(text)?;
        push_code(&mut self.out, code);
        self.atom(1, 1);
        Ok(rest)
    }

    /// `[…]`.
    fn class(&mut self, text: &'a str) -> Result<&'a str> {
        let mut rest = after(text, 1);
        self.out.push('[');
        if let Some(inner) = rest.strip_prefix('^') {
            self.out.push('^');
            rest = inner;
        }
        let mut first = true;
        while first || !rest.starts_with(']') {
            first = false;
            if rest.starts_with("[:")
                && let Some(end) = rest.get(2..).and_then(|r| r.find(":]"))
            {
                let name = rest.get(..end + 4).unwrap_or(rest);
                let known = name.get(2..end + 2).unwrap_or_default();
                if !POSIX.contains(&known.strip_prefix('^').unwrap_or(known)) {
                    return Err(error("invalid character class range", name));
                }
                self.out.push_str(name);
                rest = after(rest, name.len());
                continue;
            }
            if let Some(left) = class_escape(rest, &mut self.out)? {
                rest = left;
                continue;
            }
            let start = rest;
            let (low, left) = class_char(rest, text)?;
            let mut high = low;
            rest = left;
            if let Some(left) = rest.strip_prefix('-').filter(|r| !r.is_empty() && !r.starts_with(']')) {
                (high, rest) = class_char(left, text)?;
                if high < low {
                    return Err(error("invalid character class range", slice(start, rest)));
                }
            }
            push_range(&mut self.out, low, high);
        }
        self.out.push(']');
        Ok(after(rest, 1))
    }
}

const POSIX: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

fn after(text: &str, bytes: usize) -> &str {
    text.get(bytes..).unwrap_or_default()
}

/// The part of a text up to where its rest starts.
fn slice<'a>(text: &'a str, rest: &str) -> &'a str {
    text.get(..text.len().saturating_sub(rest.len())).unwrap_or(text)
}

fn class_char<'a>(text: &'a str, class: &str) -> Result<(u32, &'a str)> {
    match text.chars().next() {
        None => Err(error("missing closing ]", class)),
        Some('\\') => parse_escape(text),
        Some(c) => Ok((u32::from(c), after(text, c.len_utf8()))),
    }
}

/// A character, so that it means nothing but itself.
fn push_char(out: &mut String, c: char) {
    if c.is_ascii() && !c.is_ascii_alphanumeric() && c != ' ' {
        out.push_str(&format!("\\x{{{:X}}}", u32::from(c)));
    } else {
        out.push(c);
    }
}

/// A code point; one half of a surrogate pair matches nothing.
fn push_code(out: &mut String, code: u32) {
    match char::from_u32(code) {
        Some(c) => push_char(out, c),
        None => out.push_str(r"[^\x{0}-\x{10FFFF}]"),
    }
}

fn push_range(out: &mut String, low: u32, high: u32) {
    let low = if (0xD800..0xE000).contains(&low) { 0xE000 } else { low };
    let high = if (0xD800..0xE000).contains(&high) { 0xD7FF } else { high };
    if low > high {
        out.push_str(r"[^\x{0}-\x{10FFFF}]");
    } else if low == high {
        push_code(out, low);
    } else {
        out.push_str(&format!("\\x{{{low:X}}}-\\x{{{high:X}}}"));
    }
}

/// `\d` and its kin, `\pN`, `\p{Name}`: what is left after it, or none if it is something else.
fn class_escape<'a>(text: &'a str, out: &mut String) -> Result<Option<&'a str>> {
    let Some(escape) = text.strip_prefix('\\') else { return Ok(None) };
    let spelled = match escape.chars().next() {
        Some('d') => "[0-9]",
        Some('D') => "[^0-9]",
        Some('s') => r"[\t\n\x{C}\r ]",
        Some('S') => r"[^\t\n\x{C}\r ]",
        Some('w') => "[0-9A-Za-z_]",
        Some('W') => "[^0-9A-Za-z_]",
        Some('p' | 'P') => return unicode_class(text, out).map(Some),
        _ => return Ok(None),
    };
    out.push_str(spelled);
    Ok(Some(after(escape, 1)))
}

fn unicode_class<'a>(text: &'a str, out: &mut String) -> Result<&'a str> {
    let mut negative = text.starts_with(r"\P");
    let inner = after(text, 2);
    let Some(c) = inner.chars().next() else { return Err(error("invalid character class range", text)) };
    let (name, rest) = if c == '{' {
        let Some(end) = inner.find('}') else { return Err(error("invalid character class range", text)) };
        (inner.get(1..end).unwrap_or_default(), after(inner, end + 1))
    } else {
        inner.split_at(c.len_utf8())
    };
    let plain = name.strip_prefix('^');
    negative ^= plain.is_some();
    let name = plain.unwrap_or(name);
    // Categories and scripts, but none of the other properties that the crate knows.
    let known = |property: &str| {
        let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_- ".contains(c));
        named && regex_syntax_knows(&format!(r"\p{{{property}={name}}}"))
    };
    let property = if known("gc") {
        "gc"
    } else if known("sc") {
        "sc"
    } else {
        return Err(error("invalid character class range", slice(text, rest)));
    };
    out.push_str(&format!("\\{}{{{property}={name}}}", if negative { 'P' } else { 'p' }));
    Ok(rest)
}

fn regex_syntax_knows(class: &str) -> bool {
    regex::Regex::new(class).is_ok()
}

/// An escaped character, as a code point.
fn parse_escape(text: &str) -> Result<(u32, &str)> {
    let rest = after(text, 1);
    let Some(c) = rest.chars().next() else {
        return Err(error("trailing backslash at end of expression", ""));
    };
    let rest = after(rest, c.len_utf8());
    let octal = |c: char| c.is_digit(8);
    let bad = |rest: &str| Err(error("invalid escape sequence", slice(text, rest)));
    match c {
        '0' | '1'..='7' if c == '0' || rest.starts_with(octal) => {
            let more = rest.bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
            let digits = rest.get(..more).unwrap_or_default();
            let value = u32::from_str_radix(&format!("{c}{digits}"), 8).unwrap_or(0);
            Ok((value, after(rest, more)))
        }
        'x' => match rest.chars().next() {
            None => bad(rest),
            Some('{') => {
                let mut value = 0u32;
                for (at, digit) in rest.char_indices().skip(1) {
                    let left = after(rest, at + digit.len_utf8());
                    match digit.to_digit(16) {
                        Some(d) if value * 16 + d <= 0x10_FFFF => value = value * 16 + d,
                        None if digit == '}' && at > 1 => return Ok((value, left)),
                        _ => return bad(left),
                    }
                }
                bad("")
            }
            Some(high) => {
                let left = after(rest, high.len_utf8());
                let low = left.chars().next();
                let left = after(left, low.map_or(0, char::len_utf8));
                match (high.to_digit(16), low.and_then(|c| c.to_digit(16))) {
                    (Some(high), Some(low)) => Ok((high * 16 + low, left)),
                    _ => bad(left),
                }
            }
        },
        'a' => Ok((7, rest)),
        'f' => Ok((12, rest)),
        'n' => Ok((10, rest)),
        'r' => Ok((13, rest)),
        't' => Ok((9, rest)),
        'v' => Ok((11, rest)),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok((u32::from(c), rest)),
        _ => bad(rest),
    }
}

/// `{2}`, `{2,}`, `{2,3}`: the counts and what follows. A count that is too large to be read is none; a maximum that isn't
/// there is no count at all.
#[expect(clippy::type_complexity, reason = "two counts and a rest, used once")]
fn parse_repeat(text: &str) -> Option<(Option<u32>, Option<Option<u32>>, &str)> {
    let (min, rest) = parse_count(text.strip_prefix('{')?)?;
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((min, Some(min), rest));
    }
    let rest = rest.strip_prefix(',')?;
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((min, None, rest));
    }
    let (max, rest) = parse_count(rest)?;
    Some((min, Some(max), rest.strip_prefix('}')?))
}

fn parse_count(text: &str) -> Option<(Option<u32>, &str)> {
    let len = text.bytes().take_while(u8::is_ascii_digit).count();
    let digits = text.get(..len).filter(|d| !d.is_empty() && (*d == "0" || !d.starts_with('0')))?;
    Some((digits.parse().ok().filter(|n| *n < 1_000_000), after(text, len)))
}
