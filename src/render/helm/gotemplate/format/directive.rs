//! The format string: directives, and which argument each takes.

use super::flags::{Flags, decode};
use super::printer::Printer;
use crate::render::helm::gotemplate::value::{Body, IntType, Tracked, Value};

/// Go's bound of a width or a precision.
const TOO_LARGE: i64 = 1_000_000;

/// Prints a format string.
pub(super) fn print(printer: &mut Printer, format: &[u8], args: &[Tracked]) {
    let mut walk = Walk { format, at: 0, args, next: 0, reordered: false, good: true, after_index: false };
    while walk.at < format.len() {
        let rest = format.get(walk.at..).unwrap_or_default();
        let literal = memchr::memchr(b'%', rest).unwrap_or(rest.len());
        printer.push(rest.get(..literal).unwrap_or_default());
        walk.at += literal + 1;
        if literal < rest.len() {
            walk.directive(printer);
        }
    }
    if !walk.reordered && walk.next < args.len() {
        walk.extra(printer);
    }
}

/// Where it is in the format string and in the arguments.
struct Walk<'f> {
    format: &'f [u8],
    at: usize,
    args: &'f [Tracked],
    next: usize,
    /// Whether any argument was named by its index.
    reordered: bool,
    /// Whether the directive's indexes are right.
    good: bool,
    /// Whether an index was the last thing read.
    after_index: bool,
}

impl Walk<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// What follows a `%`.
    fn directive(&mut self, printer: &mut Printer) {
        self.good = true;
        printer.flags = Flags::default();
        while let Some(c) = self.peek() {
            match c {
                b'#' => printer.flags.sharp = true,
                b'0' => printer.flags.zero = true,
                b'+' => printer.flags.plus = true,
                b'-' => printer.flags.minus = true,
                b' ' => printer.flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        // An index that ended the last directive still counts where a plain verb follows.
        let plain = self.peek().is_some_and(|c| c.is_ascii_lowercase()) && self.next < self.args.len();
        if !plain {
            self.index();
            self.width(printer);
            self.precision(printer);
            if !self.after_index {
                self.index();
            }
        }
        let Some(rest) = self.format.get(self.at..).filter(|rest| !rest.is_empty()) else {
            return printer.push(b"%!(NOVERB)");
        };
        let (verb, length) = decode(rest);
        self.at += length;
        match self.args.get(self.next) {
            _ if verb == '%' => printer.push(b"%"),
            _ if !self.good => problem(printer, verb, b"(BADINDEX)"),
            None => problem(printer, verb, b"(MISSING)"),
            Some(arg) => {
                if matches!(verb, 'v' | 'w') {
                    printer.flags.for_v();
                }
                printer.arg(arg, verb);
                self.next += 1;
            }
        }
    }

    fn width(&mut self, printer: &mut Printer) {
        if self.peek() == Some(b'*') {
            self.at += 1;
            let width = self.take_int();
            if width.is_none() {
                printer.push(b"%!(BADWIDTH)");
            }
            if width.is_some_and(|width| width < 0) {
                printer.flags.minus = true;
                printer.flags.zero = false;
            }
            printer.flags.width = width.map(size);
            self.after_index = false;
        } else {
            printer.flags.width = self.number();
            if self.after_index && printer.flags.width.is_some() {
                self.good = false;
            }
        }
    }

    fn precision(&mut self, printer: &mut Printer) {
        // A point that ends the string is a verb.
        if self.peek() != Some(b'.') || self.at + 1 >= self.format.len() {
            return;
        }
        self.at += 1;
        if self.after_index {
            self.good = false;
        }
        self.index();
        if self.peek() == Some(b'*') {
            self.at += 1;
            printer.flags.precision = self.take_int().filter(|precision| *precision >= 0).map(size);
            if printer.flags.precision.is_none() {
                printer.push(b"%!(BADPREC)");
            }
            self.after_index = false;
        } else {
            printer.flags.precision = Some(self.number().unwrap_or(0));
        }
    }

    /// `[3]`, if one stands here.
    fn index(&mut self) {
        self.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = self.format.get(self.at..).unwrap_or_default();
        let Some(end) = memchr::memchr(b']', rest).filter(|_| rest.len() >= 3) else {
            self.good = false;
            self.at += 1;
            return;
        };
        let start = self.at + 1;
        let (number, stop) = parse(self.format, start, self.at + end);
        let read = number.filter(|_| stop == self.at + end);
        self.at += end + 1;
        self.after_index = read.is_some();
        match read.and_then(|number| number.checked_sub(1)).filter(|index| *index < self.args.len()) {
            Some(index) => self.next = index,
            None => self.good = false,
        }
    }

    fn number(&mut self) -> Option<usize> {
        let (number, stop) = parse(self.format, self.at, self.format.len());
        self.at = stop;
        number
    }

    /// The next argument as a width or a precision. It is used up even if it isn't one.
    fn take_int(&mut self) -> Option<i64> {
        let arg = self.args.get(self.next)?;
        self.next += 1;
        let number = match &arg.value {
            Value::Int(n, go) => Some((*n, *go)),
            Value::Object(object) => match object.body() {
                Body::Plain(Value::Int(n, go)) => Some((n, go)),
                _ => None,
            },
            _ => None,
        };
        number
            .filter(|(n, go)| *go != IntType::Uint64 || *n >= 0)
            .map(|(n, _)| n)
            .filter(|n| (-TOO_LARGE..=TOO_LARGE).contains(n))
    }

    /// What no directive took.
    fn extra(&mut self, printer: &mut Printer) {
        printer.flags = Flags::default();
        printer.push(b"%!(EXTRA ");
        for (at, arg) in self.args.get(self.next..).unwrap_or_default().iter().enumerate() {
            if at > 0 {
                printer.push(b", ");
            }
            if !arg.is_nil() {
                printer.push(arg.type_name().as_bytes());
                printer.push(b"=");
            }
            printer.arg(arg, 'v');
        }
        printer.push(b")");
    }
}

fn problem(printer: &mut Printer, verb: char, what: &[u8]) {
    printer.push(b"%!");
    printer.push_char(verb);
    printer.push(what);
}

fn size(n: i64) -> usize {
    usize::try_from(n.unsigned_abs()).unwrap_or(0)
}

/// The decimal number at `start`, and where it ends. One that is much too large is none, and takes all the rest.
fn parse(text: &[u8], start: usize, end: usize) -> (Option<usize>, usize) {
    let mut number = None;
    let mut at = start;
    while let Some(digit) = text.get(at).filter(|c| at < end && c.is_ascii_digit()) {
        let so_far = number.unwrap_or(0);
        if so_far > 1_000_000 {
            return (None, end);
        }
        number = Some(so_far * 10 + usize::from(digit - b'0'));
        at += 1;
    }
    (number, at)
}
