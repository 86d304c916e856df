//! Digests, base64 and base32. What can't be decoded gives the error's text instead, as in sprig.

use base64::Engine;
use sha2::Digest;

use super::super::gotemplate::call::{Call, Fault, Function, Type, f, ok};
use super::super::gotemplate::value::{Tracked, Value};

/// The functions.
pub const TABLE: &[Function] = &[
    f("adler32sum", &[Type::String], adler32),
    f("b32dec", &[Type::String], |call| decoded(base32_decode(call.bytes(0)))),
    f("b32enc", &[Type::String], |call| ok(base32_encode(call.bytes(0)))),
    f("b64dec", &[Type::String], |call| decoded(base64_decode(call.bytes(0)))),
    f("b64enc", &[Type::String], |call| ok(base64::engine::general_purpose::STANDARD.encode(call.bytes(0)))),
    f("sha1sum", &[Type::String], |call| ok(hex(&sha1::Sha1::digest(digested(call)?)))),
    f("sha256sum", &[Type::String], |call| ok(hex(&sha2::Sha256::digest(digested(call)?)))),
    f("sha512sum", &[Type::String], |call| ok(hex(&sha2::Sha512::digest(digested(call)?)))),
];

/// Bytes of which a digest is made while a template takes a step.
const BYTES_A_STEP: usize = 32;

/// What a digest is made of, which takes longer than most that is done with texts.
fn digested<'c>(call: &mut Call<'c>) -> Result<&'c [u8], Fault> {
    let bytes = call.bytes(0);
    call.host.work(bytes.len() / BYTES_A_STEP)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]).collect()
}

fn adler32(call: &mut Call) -> Result<Tracked, Fault> {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in digested(call)? {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    ok((b << 16 | a).to_string())
}

fn decoded(result: Result<Vec<u8>, String>) -> Result<Tracked, Fault> {
    match result {
        Ok(bytes) => ok(Value::bytes(bytes)),
        Err(error) => ok(error),
    }
}

/// Go's `base64.StdEncoding.DecodeString`: line breaks don't count, padding does.
pub fn base64_decode(text: &[u8]) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| Err(format!("illegal base64 data at input byte {at}"));
    let is_break = |b: Option<&u8>| matches!(b, Some(b'\n' | b'\r'));
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut at = 0;
    loop {
        let mut bits = 0u32;
        let mut have = 0;
        while have < 4 {
            let Some(&byte) = text.get(at) else {
                return if have == 0 { Ok(out) } else { corrupt(at - have) };
            };
            at += 1;
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'\n' | b'\r' => continue,
                b'=' if have >= 2 => {
                    let skip = |mut at: usize| {
                        while is_break(text.get(at)) {
                            at += 1;
                        }
                        at
                    };
                    if have == 2 {
                        at = skip(at);
                        match text.get(at) {
                            None => return corrupt(text.len()),
                            Some(b'=') => at += 1,
                            Some(_) => return corrupt(at - 1),
                        }
                    }
                    at = skip(at);
                    if at < text.len() {
                        return corrupt(at);
                    }
                    let bytes = (bits << (6 * (4 - have))).to_be_bytes();
                    out.extend(bytes.iter().skip(1).take(have - 1));
                    return Ok(out);
                }
                _ => return corrupt(at - 1),
            };
            bits = bits << 6 | u32::from(value);
            have += 1;
        }
        out.extend(bits.to_be_bytes().iter().skip(1));
    }
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32_encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let bits = chunk.iter().fold(0u64, |bits, b| bits << 8 | u64::from(*b)) << (8 * (5 - chunk.len()));
        let digits = (chunk.len() * 8).div_ceil(5);
        for i in 0..8 {
            let digit = BASE32[(bits >> (35 - 5 * i) & 31) as usize];
            out.push(if i < digits { char::from(digit) } else { '=' });
        }
    }
    out
}

/// Go's `base32.StdEncoding.DecodeString`.
fn base32_decode(text: &[u8]) -> Result<Vec<u8>, String> {
    let text: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let corrupt = |at: usize| Err(format!("illegal base32 data at input byte {at}"));
    let mut out = Vec::with_capacity(text.len() / 8 * 5);
    let mut at = 0;
    while at < text.len() {
        let (mut bits, mut have) = (0u64, 0);
        let mut end = false;
        while have < 8 && !end {
            let Some(&byte) = text.get(at) else { return corrupt(at - have) };
            at += 1;
            let left = text.len() - at;
            if byte == b'=' && have >= 2 && left < 8 {
                if left + have < 7 {
                    return corrupt(text.len());
                }
                let padding = text.iter().skip(at).take(7 - have);
                if let Some(wrong) = padding.into_iter().position(|b| *b != b'=') {
                    return corrupt(at + wrong - 1);
                }
                if matches!(have, 3 | 6) {
                    return corrupt(at - 1);
                }
                end = true;
                continue;
            }
            let Some(value) = BASE32.iter().position(|b| *b == byte) else { return corrupt(at - 1) };
            bits = bits << 5 | value as u64;
            have += 1;
        }
        let bytes = (bits << (5 * (8 - have))).to_be_bytes();
        out.extend(bytes.iter().skip(3).take(have * 5 / 8));
        if end {
            break;
        }
    }
    Ok(out)
}
