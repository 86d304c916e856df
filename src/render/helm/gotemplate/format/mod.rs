//! Go's fmt, over template values: what an action prints, and `print`, `printf`, `println`, sprig's `strval`.
//!
//! Texts are bytes, as Go's strings are. What grows beyond the room that there is, or is nested without end (a map that holds
//! itself, on which Go runs out of stack), is a [`Fault`].

mod directive;
mod flags;
mod float;
mod printable;
mod printer;
mod quote;

#[cfg(test)]
mod tests;

use super::call::Fault;
use super::value::{Object, Tracked, Value};
use printer::Printer;

pub(super) use flags::decode;
pub use float::push_float;
pub use printable::is_print;
pub use quote::{can_backquote, quote, quote_ascii};

/// Bytes that one call makes at most, where nobody says how much room there is.
pub const MAX_BYTES: usize = 64 << 20;

/// `fmt.Sprintf`.
pub fn sprintf(format: &[u8], args: &[Tracked], room: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(format.len() + 8 * args.len());
    let mut printer = Printer::new(&mut out, room);
    directive::print(&mut printer, format, args);
    printer.finish()?;
    Ok(out)
}

/// `fmt.Sprint`: a space between two that aren't strings.
pub fn sprint(args: &[Tracked], room: usize) -> Result<Vec<u8>, Fault> {
    spaced(args, room, |printer, arg| printer.arg(arg, 'v'))
}

/// The same as the escapers do it: nil is the string `<no value>`, pointers are followed.
pub(super) fn sprint_followed(args: &[Tracked], room: usize) -> Result<Vec<u8>, Fault> {
    let filled = |arg: &Tracked| if arg.is_nil() { Value::from("<no value>").into() } else { arg.clone() };
    let args: Vec<Tracked> = args.iter().map(filled).collect();
    spaced(&args, room, |printer, arg| match arg {
        Value::Object(object) if object.kind() == "ptr" => printer.followed(&**object),
        _ => printer.arg(arg, 'v'),
    })
}

fn spaced(args: &[Tracked], room: usize, print: fn(&mut Printer, &Value)) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, room);
    let mut after_string = true;
    for arg in args {
        let string = arg.kind() == "string";
        if !string && !after_string {
            printer.push(b" ");
        }
        print(&mut printer, arg);
        after_string = string;
    }
    printer.finish()?;
    Ok(out)
}

/// `fmt.Sprintln`: a space between any two, and a line's end.
pub fn sprintln(args: &[Tracked], room: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, room);
    for (at, arg) in args.iter().enumerate() {
        if at > 0 {
            printer.push(b" ");
        }
        printer.arg(arg, 'v');
    }
    printer.push(b"\n");
    printer.finish()?;
    Ok(out)
}

/// `%v`: nil is `<nil>`.
pub fn show(value: &Value) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    show_into(&mut out, value)?;
    Ok(out)
}

/// `%v` of what a pointer leads to.
pub(super) fn followed(object: &dyn Object) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, MAX_BYTES);
    printer.followed(object);
    printer.finish()?;
    Ok(out)
}

/// `%s` of a `reflect.Value`: what errors of comparisons show.
pub(super) fn show_string(value: &Value) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, MAX_BYTES);
    printer.value(value, 's', 0);
    printer.finish()?;
    Ok(out)
}

/// `%v`, at the end of a text.
pub fn show_into(out: &mut Vec<u8>, value: &Value) -> Result<(), Fault> {
    show_within(out, value, MAX_BYTES)
}

fn show_within(out: &mut Vec<u8>, value: &Value, room: usize) -> Result<(), Fault> {
    match value {
        Value::Str(text) => out.extend_from_slice(text.as_bytes()),
        Value::Float(f) => push_float(out, *f),
        Value::Int(n, go) if go.unsigned() => float::push_int(out, n.cast_unsigned(), false),
        Value::Int(n, _) => float::push_int(out, n.unsigned_abs(), *n < 0),
        _ => {
            let mut printer = Printer::new(out, room);
            printer.arg(value, 'v');
            printer.finish()?;
        }
    }
    Ok(())
}

/// What an action prints of its value: as `%v`, but nil is `<no value>`, and a pointer is followed. Functions can't be
/// printed; the executor refuses them (their [`Value::kind`] is `func`).
pub fn print_into(out: &mut Vec<u8>, value: &Value, room: usize) -> Result<(), Fault> {
    match value {
        Value::Nil | Value::NoValue => out.extend_from_slice(b"<no value>"),
        Value::Object(object) if object.kind() == "ptr" => {
            let mut printer = Printer::new(out, room);
            printer.followed(&**object);
            printer.finish()?;
        }
        Value::Object(object) => match object.pointer_string() {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => show_within(out, value, room)?,
        },
        _ => show_within(out, value, room)?,
    }
    Ok(())
}
