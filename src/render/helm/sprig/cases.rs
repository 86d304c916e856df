//! Upper and lower case, and the cases of names: `snake_case`, `kebab-case`, `CamelCase`.

use super::text::same;
use super::unicode::{
    self, BAD, Case, decode, is_letter, is_lower, is_number, is_punct, is_space, is_upper, runes, to,
};
use crate::render::helm::gotemplate::call::Type::String as S;
use crate::render::helm::gotemplate::call::{Call, Fault, Function, f, ok};
use crate::render::helm::gotemplate::value::{Tracked, Value};

/// The functions.
pub const TABLE: &[Function] = &[
    f("upper", &[S], upper),
    f("lower", &[S], lower),
    f("title", &[S], title),
    f("untitle", &[S], untitle),
    f("swapcase", &[S], swapcase),
    f("snakecase", &[S], snakecase),
    f("kebabcase", &[S], kebabcase),
    f("camelcase", &[S], camelcase),
];

fn upper(call: &mut Call) -> Result<Tracked, Fault> {
    in_case(call, Case::Upper, u8::is_ascii_lowercase)
}

fn lower(call: &mut Call) -> Result<Tracked, Fault> {
    in_case(call, Case::Lower, u8::is_ascii_uppercase)
}

/// Maps all characters; `other` are the ASCII letters that change.
fn in_case(call: &Call, case: Case, other: fn(&u8) -> bool) -> Result<Tracked, Fault> {
    let bytes = call.bytes(0);
    if !bytes.is_ascii() {
        return ok(unicode::map(bytes, |c| to(case, c)));
    }
    if !bytes.iter().any(other) {
        return same(call, 0);
    }
    match &call.any(0).value {
        Value::Str(text) if case == Case::Upper => ok(text.to_ascii_uppercase()),
        Value::Str(text) => ok(text.to_ascii_lowercase()),
        _ => same(call, 0),
    }
}

/// The first letter of each word in title case (`strings.Title`).
fn title(call: &mut Call) -> Result<Tracked, Fault> {
    let mut before = ' ';
    ok(unicode::map(call.bytes(0), |c| {
        let starts = separates(std::mem::replace(&mut before, c));
        if starts { to(Case::Title, c) } else { c }
    }))
}

fn separates(c: char) -> bool {
    if c.is_ascii() {
        return !(c.is_ascii_alphanumeric() || c == '_');
    }
    !is_letter(c) && !unicode::is_digit(c) && is_space(c)
}

fn untitle(call: &mut Call) -> Result<Tracked, Fault> {
    let mut starts = true;
    ok(unicode::map(call.bytes(0), |c| {
        if is_space(c) {
            starts = true;
            c
        } else if std::mem::take(&mut starts) {
            to(Case::Lower, c)
        } else {
            c
        }
    }))
}

/// Turns capitals into small letters and small letters into capitals; at the start of a word, into title case.
fn swapcase(call: &mut Call) -> Result<Tracked, Fault> {
    let mut starts = true;
    ok(unicode::map(call.bytes(0), |c| {
        if is_upper(c) || unicode::is_title(c) {
            starts = false;
            to(Case::Lower, c)
        } else if is_lower(c) {
            let case = if std::mem::take(&mut starts) { Case::Title } else { Case::Upper };
            to(case, c)
        } else {
            starts = is_space(c);
            c
        }
    }))
}

fn snakecase(call: &mut Call) -> Result<Tracked, Fault> {
    ok(joined(call.bytes(0), '_'))
}

fn kebabcase(call: &mut Call) -> Result<Tracked, Fault> {
    ok(joined(call.bytes(0), '-'))
}

/// What stands between the words of a name.
fn connects(c: char) -> bool {
    c == '-' || c == '_' || is_space(c)
}

/// What follows a connector becomes a capital, and the connector goes; of several, the first ones stay, and so do those at the
/// start. A run of capitals after the first one of a word becomes small (xstrings' `ToPascalCase`).
fn camelcase(call: &mut Call) -> Result<Tracked, Fault> {
    let mut out = String::new();
    let mut chars = runes(call.bytes(0)).map(|(_, c, _)| c);
    let mut last = None;
    let mut shouting = false;
    for c in chars.by_ref() {
        last = Some(c);
        if !connects(c) {
            shouting = is_upper(c);
            last = Some(to(Case::Upper, c));
            break;
        }
        out.push(c);
    }
    // A name of nothing but connectors gets its last one twice; so does upstream.
    let Some(mut last) = last else { return ok(out) };
    for c in chars {
        let before = last;
        last = c;
        if !connects(before) {
            if shouting && is_upper(c) {
                last = to(Case::Lower, c);
            } else {
                shouting = false;
            }
            out.push(before);
        } else if connects(c) {
            out.push(before);
        } else {
            shouting = is_upper(c);
            last = to(Case::Upper, c);
        }
    }
    out.push(last);
    ok(out)
}

/// What a run of characters in a name is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Nothing, or bytes that aren't UTF-8.
    Invalid,
    Number,
    /// Capitals, or one and the small letters after it.
    Capital,
    Small,
    Connector,
    Punct,
    Other,
}

/// The runs of a name.
struct Words<'a> {
    words: Vec<(Kind, &'a [u8])>,
    at: usize,
}

impl<'a> Words<'a> {
    fn of(mut text: &'a [u8]) -> Self {
        let mut words = Vec::new();
        while !text.is_empty() {
            let (kind, length) = first_word(text);
            let (word, rest) = text.split_at(length.clamp(1, text.len()));
            words.push((kind, word));
            text = rest;
        }
        Self { words, at: 0 }
    }

    /// The current run; beyond the end, an invalid one of nothing.
    fn now(&self) -> (Kind, &'a [u8]) {
        self.words.get(self.at).copied().unwrap_or((Kind::Invalid, &[]))
    }

    fn is(&self, kinds: &[Kind]) -> bool {
        kinds.contains(&self.now().0)
    }

    /// Whether anything follows the current run.
    fn more(&self) -> bool {
        self.at + 1 < self.words.len()
    }

    fn next(&mut self) {
        self.at += 1;
    }
}

/// A name in small letters, its words put together by `connector` (xstrings' `ToSnakeCase`). Digits belong to the word before
/// them if another word follows, and to the one after them if small letters do.
fn joined(text: &[u8], connector: char) -> Vec<u8> {
    use Kind::{Connector, Invalid, Number, Punct, Small};
    let mut words = Words::of(text);
    let mut bytes = Vec::with_capacity(text.len() + 8);
    let write = |bytes: &mut Vec<u8>, word: (Kind, &[u8])| small(bytes, word, connector);
    let mut buffer = [0; 4];
    let connect: &[u8] = connector.encode_utf8(&mut buffer).as_bytes();
    while words.more() {
        let word = words.now();
        if word.0 != Connector {
            write(&mut bytes, word);
        }
        words.next();
        match word.0 {
            Number => {
                while words.is(&[Small, Number]) {
                    write(&mut bytes, words.now());
                    words.next();
                }
                if !words.is(&[Invalid, Punct, Connector]) {
                    bytes.extend_from_slice(connect);
                }
            }
            Connector => write(&mut bytes, word),
            Punct => {}
            _ if !words.is(&[Number]) => {
                if !words.is(&[Connector, Punct]) {
                    bytes.extend_from_slice(connect);
                }
            }
            _ if !words.more() => {}
            _ => {
                let digits = words.now();
                words.next();
                if !words.is(&[Small]) {
                    write(&mut bytes, digits);
                    if !words.is(&[Connector, Punct]) {
                        bytes.extend_from_slice(connect);
                    }
                    continue;
                }
                bytes.extend_from_slice(connect);
                write(&mut bytes, digits);
                while words.is(&[Small, Number]) {
                    write(&mut bytes, words.now());
                    words.next();
                }
                if !words.is(&[Invalid, Connector, Punct]) {
                    bytes.extend_from_slice(connect);
                }
            }
        }
    }
    write(&mut bytes, words.now());
    bytes
}

/// Writes a word: capitals small, each connector as the one that is wanted, all else as it is.
fn small(out: &mut Vec<u8>, (kind, word): (Kind, &[u8]), connector: char) {
    if !matches!(kind, Kind::Capital | Kind::Connector) {
        out.extend_from_slice(word);
        return;
    }
    let text = unicode::map(word, |c| {
        if connects(c) {
            connector
        } else if is_upper(c) {
            to(Case::Lower, c)
        } else {
            c
        }
    });
    out.extend_from_slice(text.as_bytes());
}

/// The first character that is one, what isn't UTF-8 before it skipped, and how long both are. Where there is none, it is
/// `last`.
fn valid(text: &[u8], last: char) -> (char, usize) {
    let mut at = 0;
    loop {
        let (c, length) = decode(text.get(at..).unwrap_or_default());
        at += length;
        if length == 0 {
            return (last, at);
        }
        if c != BAD {
            return (c, at);
        }
    }
}

/// What the first run is, and how long.
fn first_word(text: &[u8]) -> (Kind, usize) {
    let (first, length) = valid(text, BAD);
    let mut run = Run { text, at: length, last: first, step: 0 };
    let kind = match first {
        BAD => return (Kind::Invalid, length),
        c if connects(c) => {
            run.extend(connects);
            Kind::Connector
        }
        c if is_punct(c) => {
            run.extend(is_punct);
            Kind::Punct
        }
        c if is_upper(c) => {
            run.capital();
            Kind::Capital
        }
        c if alphabetic(c) => {
            run.extend(|c| alphabetic(c) && !is_upper(c));
            Kind::Small
        }
        c if is_number(c) => {
            run.extend(is_number);
            Kind::Number
        }
        _ => {
            run.extend(|c| !(connects(c) || alphabetic(c) || is_number(c) || is_punct(c)));
            Kind::Other
        }
    };
    (kind, run.at)
}

/// A run of characters that grows.
struct Run<'a> {
    text: &'a [u8],
    at: usize,
    last: char,
    step: usize,
}

impl Run<'_> {
    /// Takes what follows as long as it is accepted. `last` is then what was looked at last, `step` how long the last
    /// character taken is.
    fn extend(&mut self, accept: impl Fn(char) -> bool) {
        while self.at < self.text.len() {
            let (c, length) = valid(self.text.get(self.at..).unwrap_or_default(), self.last);
            self.last = c;
            if !accept(c) {
                break;
            }
            self.at += length;
            self.step = length;
        }
    }

    /// What follows a capital: more of them, but not the one that starts the next word (`HTTP` in `HTTPServer`), or small
    /// letters.
    fn capital(&mut self) {
        let start = self.at;
        self.extend(is_upper);
        if self.at > start {
            if self.at < self.text.len() && alphabetic(self.last) {
                self.at -= self.step;
            }
        } else {
            self.extend(|c| alphabetic(c) && !is_upper(c));
        }
    }
}

/// A letter of an alphabet: Chinese characters are none.
fn alphabetic(c: char) -> bool {
    is_letter(c) && !matches!(c, '\u{3400}'..='\u{4d85}' | '\u{4e00}'..='\u{9fcc}' | '\u{20000}'..='\u{2b81d}')
}
