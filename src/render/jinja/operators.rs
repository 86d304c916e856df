//! What the rewritten template calls in place of minijinja's `+`, `*` and `~`: the same, with bounds, and with YAML's
//! spelling of what is joined.

use minijinja::value::{ObjectRepr, Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::lens::Lens;
use super::spell;

/// The most items that a list may have.
const MAX_ITEMS: usize = 1_000_000;
/// The most values that a variable may hold, all levels counted.
const MAX_KEPT: usize = 2_000_000;

/// Adds them to an environment.
pub(super) fn install(env: &mut Environment<'static>) {
    env.add_function("__terrace_concat", concat);
    env.add_function("__terrace_add", add);
    env.add_function("__terrace_bounded", bounded);
    env.add_function("__terrace_keep", keep);
}

fn concat(values: Rest<Value>) -> Result<String, Error> {
    let mut out = String::new();
    for value in values.iter() {
        defined(value)?;
        spell::plain(&mut out, value)?;
    }
    Ok(out)
}

fn add(values: Rest<Value>) -> Result<Value, Error> {
    let mut values = values.0.into_iter();
    let first = values.next().unwrap_or_default();
    values.try_fold(first, |left, right| add_two(&left, &right))
}

fn add_two(left: &Value, right: &Value) -> Result<Value, Error> {
    defined(left)?;
    defined(right)?;
    if let (Some(a), Some(b)) = (left.as_str(), right.as_str()) {
        spell::check_length(a.len() + b.len())?;
        return Ok(Value::from([a, b].concat()));
    }
    if is_list(left) && is_list(right) {
        let length = left.len().unwrap_or(0) + right.len().unwrap_or(0);
        check_items(length)?;
        let mut items = Vec::with_capacity(length);
        for item in left.try_iter()?.chain(right.try_iter()?) {
            items.push(item);
            check_items(items.len())?;
        }
        return Ok(Value::from(items));
    }
    let number = |v: &Value| matches!(v.kind(), ValueKind::Number | ValueKind::Bool);
    if number(left) && number(right) {
        let integer = |v: &Value| v.is_integer() || v.kind() == ValueKind::Bool;
        if integer(left) && integer(right) {
            let whole =
                |v: &Value| if v.is_integer() { i128::try_from(v.clone()).ok() } else { Some(v.is_true().into()) };
            let sum = whole(left).zip(whole(right)).and_then(|(a, b)| a.checked_add(b));
            let Some(sum) = sum else {
                return Err(Error::new(ErrorKind::InvalidOperation, format!("{left} + {right} is out of range")));
            };
            return Ok(i64::try_from(sum).map_or_else(|_| Value::from(sum), Value::from));
        }
        let float = |v: &Value| f64::try_from(v.clone()).unwrap_or(f64::NAN);
        return Ok(Value::from(float(left) + float(right)));
    }
    let (a, b) = (spell::kind(left), spell::kind(right));
    let text = left.as_str().is_some() || right.as_str().is_some();
    let hint = if text { "; to join texts, write `~`" } else { "" };
    Err(Error::new(ErrorKind::InvalidOperation, format!("{a} and {b} can't be added{hint}")))
}

fn is_list(value: &Value) -> bool {
    value.as_object().is_some_and(|o| matches!(o.repr(), ObjectRepr::Seq | ObjectRepr::Iterable))
}

/// Checks what `*` made: `[0] * n` is lazy, so its length is known before its items exist.
fn bounded(value: Value) -> Result<Value, Error> {
    if let Some(text) = value.as_str() {
        spell::check_length(text.len())?;
    } else if is_list(&value) {
        check_items(value.len().unwrap_or(usize::MAX))?;
    }
    Ok(value)
}

fn check_items(count: usize) -> Result<(), Error> {
    if count > MAX_ITEMS {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("a list grows past {MAX_ITEMS} items")));
    }
    Ok(())
}

/// Checks what is assigned to a variable, so that no loop nests lists without end or doubles them.
fn keep(value: Value) -> Result<Value, Error> {
    let mut left = MAX_KEPT;
    measure(&value, 0, &mut left)?;
    Ok(value)
}

fn measure(value: &Value, depth: usize, left: &mut usize) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        return spell::check_length(text.len());
    }
    let Some(object) = value.as_object() else { return Ok(()) };
    if value.downcast_object_ref::<Lens>().is_some() {
        return Ok(());
    }
    if depth > spell::MAX_DEPTH {
        let message = format!("a value nests deeper than {} levels", spell::MAX_DEPTH);
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    let mut visit = |item: &Value| {
        *left = left.checked_sub(1).ok_or_else(|| {
            Error::new(ErrorKind::InvalidOperation, "a variable grows too large; is it added to itself in a loop?")
        })?;
        measure(item, depth + 1, left)
    };
    match object.repr() {
        ObjectRepr::Map => object.try_iter_pairs().into_iter().flatten().try_for_each(|(_, item)| visit(&item)),
        ObjectRepr::Seq => object.try_iter().into_iter().flatten().try_for_each(|item| visit(&item)),
        // A range or a filter's lazy list: walking it may be costly, and it can't hold itself.
        _ => Ok(()),
    }
}

/// Refuses an undefined operand; the message is made from the look-up that failed.
pub(super) fn defined(value: &Value) -> Result<(), Error> {
    if value.is_undefined() { Err(Error::from(ErrorKind::UndefinedError)) } else { Ok(()) }
}
