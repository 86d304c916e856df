//! What is drawn by chance. The bytes come from the host, which takes care that a seeded run repeats.

use base64::Engine;

use super::super::gotemplate::call::{Call, Fault, Function, Type, f, ok};
use super::super::gotemplate::value::{Tracked, Value};

/// The functions.
pub const TABLE: &[Function] = &[
    f("randAlpha", &[Type::Int], |call| text(call, |b| b.is_ascii_alphabetic())),
    f("randAlphaNum", &[Type::Int], |call| text(call, |b| b.is_ascii_alphanumeric())),
    f("randAscii", &[Type::Int], |call| text(call, |b| matches!(b, b' '..=b'~'))),
    f("randBytes", &[Type::Int], bytes),
    f("randInt", &[Type::Int, Type::Int], int),
    f("randNumeric", &[Type::Int], |call| text(call, |b| b.is_ascii_digit())),
    f("shuffle", &[Type::String], shuffle),
    f("uuidv4", &[], uuid),
];

/// A string of as many characters as asked for; none for a negative number.
fn text(call: &mut Call, among: fn(&u8) -> bool) -> Result<Tracked, Fault> {
    let mut left = usize::try_from(call.int(0)).unwrap_or(0);
    call.fits(left)?;
    let alphabet: Vec<u8> = (0..0x80).filter(among).collect();
    // Bytes above the last multiple of the alphabet's size would make some characters likelier.
    let fair = 256 - 256 % alphabet.len().max(1);
    let mut out = String::with_capacity(left);
    let mut buffer = [0; 64];
    while left > 0 {
        call.host.random(call.name, &mut buffer)?;
        let drawn = buffer.iter().map(|b| usize::from(*b)).filter(|b| *b < fair);
        let chosen = drawn.filter_map(|b| alphabet.get(b % alphabet.len())).take(left);
        let before = out.len();
        out.extend(chosen.map(|b| char::from(*b)));
        left -= out.len() - before;
    }
    ok(out)
}

/// A number below a bound, each as likely as the others.
fn below(call: &mut Call, bound: u64) -> Result<u64, Fault> {
    let fair = u64::MAX - u64::MAX % bound.max(1);
    loop {
        let mut buffer = [0; 8];
        call.host.random(call.name, &mut buffer)?;
        let drawn = u64::from_le_bytes(buffer);
        if drawn < fair {
            return Ok(drawn % bound.max(1));
        }
    }
}

fn int(call: &mut Call) -> Result<Tracked, Fault> {
    let (min, max) = (call.int(0), call.int(1));
    match u64::try_from(max.wrapping_sub(min)) {
        Ok(bound @ 1..) => {
            let drawn = below(call, bound)?;
            ok(Value::int(min.wrapping_add(drawn.cast_signed())))
        }
        _ => Err(Fault::new("invalid argument to Intn")),
    }
}

/// Random bytes in base64.
fn bytes(call: &mut Call) -> Result<Tracked, Fault> {
    let Ok(count) = usize::try_from(call.int(0)) else {
        return Err(Fault::new("runtime error: makeslice: len out of range"));
    };
    call.fits(count.saturating_mul(2))?;
    let mut buffer = vec![0; count];
    call.host.random(call.name, &mut buffer)?;
    ok(base64::engine::general_purpose::STANDARD.encode(buffer))
}

/// A string's characters in another order.
fn shuffle(call: &mut Call) -> Result<Tracked, Fault> {
    let mut chars: Vec<char> = crate::go::valid(call.bytes(0)).chars().collect();
    for last in (1..chars.len()).rev() {
        let drawn = below(call, last as u64 + 1)?;
        chars.swap(last, usize::try_from(drawn).unwrap_or(0));
    }
    ok(chars.into_iter().collect::<String>())
}

fn uuid(call: &mut Call) -> Result<Tracked, Fault> {
    let mut bytes = [0; 16];
    call.host.random(call.name, &mut bytes)?;
    let n = u128::from_be_bytes(bytes) & !(0xF << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62;
    let hex = format!("{n:032x}");
    let part = |range| hex.get(range).unwrap_or_default();
    ok(format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)))
}
