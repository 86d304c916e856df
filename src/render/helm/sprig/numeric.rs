//! Numbers. Whole ones are Go's int64, which wraps; arguments of any type are converted as cast does it.

use std::mem::size_of;

use super::decimal::Decimal;
use super::text::total;
use crate::render::helm::gotemplate::call::Type::{Any, Float64, Int, String as S};
use crate::render::helm::gotemplate::call::{Call, Fault, Function, f, ok, variadic};
use crate::render::helm::gotemplate::convert::{parse_int, to_float64, to_int64};
use crate::render::helm::gotemplate::format;
use crate::render::helm::gotemplate::value::{ListRef, ListType, Tracked, Value};

/// The functions.
pub const TABLE: &[Function] = &[
    f("atoi", &[S], atoi),
    f("int", &[Any], int),
    f("int64", &[Any], int64),
    f("float64", &[Any], float64),
    f("toDecimal", &[Any], to_decimal),
    variadic("add", &[Any], add),
    f("add1", &[Any], add1),
    f("sub", &[Any, Any], sub),
    f("div", &[Any, Any], div),
    f("mod", &[Any, Any], modulo),
    variadic("mul", &[Any, Any], mul),
    variadic("max", &[Any, Any], max),
    variadic("biggest", &[Any, Any], max),
    variadic("min", &[Any, Any], min),
    variadic("maxf", &[Any, Any], maxf),
    variadic("minf", &[Any, Any], minf),
    f("floor", &[Any], floor),
    f("ceil", &[Any], ceil),
    variadic("round", &[Any, Int, Float64], round),
    variadic("addf", &[Any], addf),
    f("add1f", &[Any], add1f),
    variadic("subf", &[Any, Any], subf),
    variadic("mulf", &[Any, Any], mulf),
    variadic("divf", &[Any, Any], divf),
    variadic("seq", &[Int], seq),
    f("until", &[Int], until),
    f("untilStep", &[Int, Int, Int], until_step),
];

/// `strconv.Atoi` without its error: what is no number is 0, what is out of range is the nearest number, even if what follows
/// is no digit.
fn atoi(call: &mut Call) -> Result<Tracked, Fault> {
    let text = call.bytes(0);
    let negative = text.starts_with(b"-");
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let mut number = 0_u64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return ok(Value::int(0));
        }
        let next = number.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit - b'0')));
        let Some(next) = next else {
            number = u64::MAX;
            break;
        };
        number = next;
    }
    let signed = if negative { -i128::from(number) } else { i128::from(number) };
    let nearest = signed.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    ok(Value::int(i64::try_from(nearest).unwrap_or(0)))
}

fn int(call: &mut Call) -> Result<Tracked, Fault> {
    ok(Value::int(to_int64(call.any(0))))
}

fn int64(call: &mut Call) -> Result<Tracked, Fault> {
    ok(Value::int64(to_int64(call.any(0))))
}

fn float64(call: &mut Call) -> Result<Tracked, Fault> {
    ok(to_float64(call.any(0)))
}

/// The number that octal digits show.
fn to_decimal(call: &mut Call) -> Result<Tracked, Fault> {
    let text = format::show(call.any(0))?;
    ok(Value::int64(std::str::from_utf8(&text).ok().and_then(|text| parse_int(text, 8)).unwrap_or(0)))
}

fn add(call: &mut Call) -> Result<Tracked, Fault> {
    ok(Value::int64(call.args.iter().fold(0, |sum, arg| sum.wrapping_add(to_int64(arg)))))
}

fn add1(call: &mut Call) -> Result<Tracked, Fault> {
    ok(Value::int64(to_int64(call.any(0)).wrapping_add(1)))
}

fn sub(call: &mut Call) -> Result<Tracked, Fault> {
    ok(Value::int64(to_int64(call.any(0)).wrapping_sub(to_int64(call.any(1)))))
}

fn div(call: &mut Call) -> Result<Tracked, Fault> {
    let (a, b) = divisible(call)?;
    ok(Value::int64(a.wrapping_div(b)))
}

fn modulo(call: &mut Call) -> Result<Tracked, Fault> {
    let (a, b) = divisible(call)?;
    ok(Value::int64(a.wrapping_rem(b)))
}

fn divisible(call: &Call) -> Result<(i64, i64), Fault> {
    match to_int64(call.any(1)) {
        0 => Err(Fault::new("runtime error: integer divide by zero")),
        by => Ok((to_int64(call.any(0)), by)),
    }
}

fn mul(call: &mut Call) -> Result<Tracked, Fault> {
    ok(Value::int64(call.args.iter().fold(1, |product: i64, arg| product.wrapping_mul(to_int64(arg)))))
}

fn max(call: &mut Call) -> Result<Tracked, Fault> {
    ok(Value::int64(call.args.iter().map(|arg| to_int64(arg)).max().unwrap_or(0)))
}

fn min(call: &mut Call) -> Result<Tracked, Fault> {
    ok(Value::int64(call.args.iter().map(|arg| to_int64(arg)).min().unwrap_or(0)))
}

/// `math.Max`: infinity wins, then NaN, and a positive zero over a negative one.
fn maxf(call: &mut Call) -> Result<Tracked, Fault> {
    ok(floats(call, |a, b| {
        if a == f64::INFINITY || b == f64::INFINITY {
            f64::INFINITY
        } else if a.is_nan() || b.is_nan() {
            f64::NAN
        } else if a == 0.0 && b == 0.0 {
            if a.is_sign_negative() { b } else { a }
        } else {
            a.max(b)
        }
    }))
}

/// `math.Min`, the same the other way round.
fn minf(call: &mut Call) -> Result<Tracked, Fault> {
    ok(floats(call, |a, b| {
        if a == f64::NEG_INFINITY || b == f64::NEG_INFINITY {
            f64::NEG_INFINITY
        } else if a.is_nan() || b.is_nan() {
            f64::NAN
        } else if a == 0.0 && b == 0.0 {
            if a.is_sign_negative() { a } else { b }
        } else {
            a.min(b)
        }
    }))
}

fn floats(call: &Call, fold: impl FnMut(f64, f64) -> f64) -> f64 {
    call.args.iter().map(|arg| to_float64(arg)).reduce(fold).unwrap_or(0.0)
}

fn floor(call: &mut Call) -> Result<Tracked, Fault> {
    ok(to_float64(call.any(0)).floor())
}

fn ceil(call: &mut Call) -> Result<Tracked, Fault> {
    ok(to_float64(call.any(0)).ceil())
}

/// Rounds to so many places; up if what is cut off is at least the third argument, or a half.
fn round(call: &mut Call) -> Result<Tracked, Fault> {
    let (value, places) = (to_float64(call.any(0)), call.int(1));
    let up_from = if call.args.len() > 2 { call.float(2) } else { 0.5 };
    let power = power_of_ten(places);
    let shifted = power * value;
    // The fraction of an infinite number is NaN.
    let fraction = if shifted.is_infinite() { f64::NAN } else { shifted - shifted.trunc() };
    ok(if fraction >= up_from { shifted.ceil() } else { shifted.floor() } / power)
}

/// `math.Pow(10, places)` by Go's way of squaring, which isn't always the nearest float.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "so does upstream")]
fn power_of_ten(places: i64) -> f64 {
    match places {
        0 => return 1.0,
        1 => return 10.0,
        _ => {}
    }
    let whole = (places as f64).abs();
    if whole >= 9_223_372_036_854_775_808.0 {
        return if places > 0 { f64::INFINITY } else { 0.0 };
    }
    // 10 is 0.625 · 2^4.
    let (mut mantissa, mut exponent) = (1.0, 0_i64);
    let (mut square, mut square_exponent) = (0.625_f64, 4_i64);
    let mut bits = whole as i64;
    while bits != 0 {
        if square_exponent.abs() > 1 << 12 {
            exponent += square_exponent;
            break;
        }
        if bits & 1 == 1 {
            mantissa *= square;
            exponent += square_exponent;
        }
        square *= square;
        square_exponent <<= 1;
        if square < 0.5 {
            square += square;
            square_exponent -= 1;
        }
        bits >>= 1;
    }
    if places < 0 {
        mantissa = 1.0 / mantissa;
        exponent = -exponent;
    }
    scaled(mantissa, exponent)
}

/// `mantissa` times two to the power of `exponent`, rounded once. The mantissa is positive and neither large nor small.
fn scaled(mantissa: f64, exponent: i64) -> f64 {
    let two_to = |n: i64| f64::from_bits(u64::try_from(n + 1023).unwrap_or(0).min(2046) << 52);
    match exponent {
        ..-1200 => 0.0,
        -1200..-960 => mantissa * two_to(exponent + 240) * two_to(-240),
        -960..960 => mantissa * two_to(exponent),
        960..1200 => mantissa * two_to(exponent - 240) * two_to(240),
        1200.. => f64::INFINITY,
    }
}

fn addf(call: &mut Call) -> Result<Tracked, Fault> {
    exact(Decimal::default(), call.args, |a, b| Ok(a.add(&b)))
}

fn add1f(call: &mut Call) -> Result<Tracked, Fault> {
    exact(decimal(call.any(0))?, &[Value::int(1).into()], |a, b| Ok(a.add(&b)))
}

fn subf(call: &mut Call) -> Result<Tracked, Fault> {
    exact(decimal(call.any(0))?, call.rest(1), |a, b| Ok(a.add(&b.negated())))
}

fn mulf(call: &mut Call) -> Result<Tracked, Fault> {
    exact(decimal(call.any(0))?, call.rest(1), |a, b| Ok(a.mul(&b)))
}

fn divf(call: &mut Call) -> Result<Tracked, Fault> {
    exact(decimal(call.any(0))?, call.rest(1), |a, b| a.div(&b).ok_or_else(|| Fault::new("decimal division by 0")))
}

/// Calculates with decimal numbers, and gives the nearest float.
fn exact(
    start: Decimal,
    args: &[Tracked],
    step: impl Fn(Decimal, Decimal) -> Result<Decimal, Fault>,
) -> Result<Tracked, Fault> {
    ok(args.iter().try_fold(start, |so_far, arg| step(so_far, decimal(arg)?))?.to_f64())
}

fn decimal(value: &Value) -> Result<Decimal, Fault> {
    let float = to_float64(value);
    Decimal::from_f64(float).ok_or_else(|| {
        let shown = if float.is_nan() {
            "NaN"
        } else if float > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        Fault::new(format!("Cannot create a Decimal from {shown}"))
    })
}

fn until(call: &mut Call) -> Result<Tracked, Fault> {
    let count = call.int(0);
    ints(call, Steps::new(0, count, if count < 0 { -1 } else { 1 }))
}

fn until_step(call: &mut Call) -> Result<Tracked, Fault> {
    let steps = Steps::new(call.int(0), call.int(1), call.int(2));
    ints(call, steps)
}

fn ints(call: &mut Call, steps: Steps) -> Result<Tracked, Fault> {
    call.host.spend(total(steps.count, size_of::<Tracked>()))?;
    call.host.work(steps.count / 8)?;
    ok(ListRef::of(ListType::Ints, steps.map(|n| Value::int(n).into()).collect()))
}

/// Numbers in a text, both ends included: up to one number from 1, or between two, or in steps between two.
fn seq(call: &mut Call) -> Result<Tracked, Fault> {
    let toward = |start: i64, end: i64| if end < start { -1 } else { 1 };
    let steps = match call.args.len() {
        1 => {
            let end = call.int(0);
            Steps::new(1, end.wrapping_add(toward(1, end)), toward(1, end))
        }
        2 => {
            let (start, end) = (call.int(0), call.int(1));
            Steps::new(start, end.wrapping_add(toward(start, end)), toward(start, end))
        }
        3 => {
            let (start, step, end) = (call.int(0), call.int(1), call.int(2));
            if end < start && step > 0 {
                return ok("");
            }
            Steps::new(start, end.wrapping_add(toward(start, end)), step)
        }
        _ => return ok(""),
    };
    call.fits(total(steps.count, 2))?;
    let mut out = String::new();
    for n in steps {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&n.to_string());
        call.fits(out.len())?;
    }
    ok(out)
}

/// The numbers from a start on, in steps, before a stop.
#[derive(Clone, Copy, Debug)]
struct Steps {
    next: i64,
    step: i64,
    count: usize,
}

impl Steps {
    /// None if the step leads away from the stop. Where Go's `int` overflows before the stop, upstream never ends: then
    /// there are more than anyone may make.
    fn new(start: i64, stop: i64, step: i64) -> Self {
        let way = i128::from(stop) - i128::from(start);
        let step_by = i128::from(step);
        let towards = way != 0 && step != 0 && (way < 0) == (step < 0);
        let count = if towards { (way.abs() + step_by.abs() - 1) / step_by.abs() } else { 0 };
        let after = i128::from(start) + count * step_by;
        let ends = i64::try_from(after).is_ok();
        let count = if ends { usize::try_from(count).unwrap_or(usize::MAX) } else { usize::MAX };
        Self { next: start, step, count }
    }
}

impl Iterator for Steps {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        self.count = self.count.checked_sub(1)?;
        let n = self.next;
        self.next = n.wrapping_add(self.step);
        Some(n)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}
