//! Passwords: bcrypt, htpasswd, derived ones, and AES by a password.

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base64::Engine;
use hmac::{Hmac, Mac};

use super::super::encoding::base64_decode;
use crate::render::helm::gotemplate::call::{Call, Fault, ok};
use crate::render::helm::gotemplate::value::{Tracked, Value};

/// How many steps a call takes that is meant to take long.
const SLOW: usize = 1 << 20;
/// golang.org/x/crypto's default.
const COST: u32 = 10;

fn bcrypt_hash(call: &mut Call, password: &[u8]) -> Result<String, Fault> {
    if password.len() > 72 {
        return Ok("failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".to_owned());
    }
    call.host.work(SLOW)?;
    let mut salt = [0; 16];
    call.host.random(call.name, &mut salt)?;
    match ::bcrypt::hash_with_salt(password, COST, salt) {
        Ok(parts) => Ok(parts.format_for_version(::bcrypt::Version::TwoA)),
        Err(error) => Ok(format!("failed to encrypt string with bcrypt: {error}")),
    }
}

pub fn bcrypt(call: &mut Call) -> Result<Tracked, Fault> {
    let password = call.bytes(0);
    ok(bcrypt_hash(call, password)?)
}

/// A line of a password file.
pub fn htpasswd(call: &mut Call) -> Result<Tracked, Fault> {
    let user = call.bytes(0);
    if user.contains(&b':') {
        return ok(Value::bytes([b"invalid username: ", user].concat()));
    }
    let password = call.bytes(1);
    let hash = bcrypt_hash(call, password)?;
    ok(Value::bytes([user, b":", hash.as_bytes()].concat()))
}

/// Master Password's templates: a letter stands for a class of characters.
fn templates(kind: &[u8]) -> &'static [&'static str] {
    match kind {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => &[],
    }
}

fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// Master Password's password for a site.
pub fn derive_password(call: &mut Call) -> Result<Tracked, Fault> {
    const NAMESPACE: &[u8] = b"com.lyndir.masterpassword";
    let templates = templates(call.bytes(1));
    if templates.is_empty() {
        return ok(Value::bytes([b"cannot find password template ", call.bytes(1)].concat()));
    }
    let (password, user, site) = (call.bytes(2), call.bytes(3), call.bytes(4));
    call.host.work(2 * SLOW)?;
    let len = |text: &[u8]| u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();
    let failed = |_| Fault::new("failed to derive password");
    let salt = [NAMESPACE, &len(user), user].concat();
    let params = scrypt::Params::new(15, 8, 2).map_err(|_| failed(()))?;
    let mut key = [0; 64];
    scrypt::scrypt(password, &salt, &params, &mut key).map_err(|_| failed(()))?;
    let counter = u32::try_from(call.int(0)).unwrap_or(0).to_be_bytes();
    let mut seed = <Hmac<sha2::Sha256> as hmac::KeyInit>::new_from_slice(&key).map_err(|_| failed(()))?;
    seed.update(&[NAMESPACE, &len(site), site, &counter].concat());
    let seed = seed.finalize().into_bytes();
    let mut bytes = seed.iter().map(|b| usize::from(*b));
    let template = bytes.next().and_then(|first| templates.get(first % templates.len())).copied().unwrap_or_default();
    let chosen = template.bytes().zip(bytes).filter_map(|(class, byte)| {
        let characters = characters(class);
        characters.get(byte % characters.len())
    });
    ok(chosen.map(|b| char::from(*b)).collect::<String>())
}

/// The key that a password stands for: its first 32 bytes, or zeros after it.
fn cipher(password: &[u8]) -> Aes256 {
    let mut key = [0; 32];
    for (to, from) in key.iter_mut().zip(password) {
        *to = *from;
    }
    Aes256::new(&key.into())
}

const BLOCK: usize = 16;

/// AES-256 in CBC mode, the initial vector before the text, all in base64.
pub fn encrypt(call: &mut Call) -> Result<Tracked, Fault> {
    let text = call.bytes(1);
    if text.is_empty() {
        return ok("");
    }
    let cipher = cipher(call.bytes(0));
    let mut last = [0; BLOCK];
    call.host.random(call.name, &mut last)?;
    let mut out = last.to_vec();
    let padding = BLOCK - text.len() % BLOCK;
    let padded = [text, &vec![u8::try_from(padding).unwrap_or(0); padding]].concat();
    for chunk in padded.chunks(BLOCK) {
        for (to, from) in last.iter_mut().zip(chunk) {
            *to ^= from;
        }
        let mut block = last.into();
        cipher.encrypt_block(&mut block);
        last = block.into();
        out.extend(last);
    }
    ok(base64::engine::general_purpose::STANDARD.encode(out))
}

/// The way back.
pub fn decrypt(call: &mut Call) -> Result<Tracked, Fault> {
    if call.bytes(1).is_empty() {
        return ok("");
    }
    let bytes = base64_decode(call.bytes(1)).map_err(Fault::new)?;
    let Some((vector, rest)) = bytes.split_at_checked(BLOCK) else {
        let (end, len) = (BLOCK, bytes.len());
        return Err(Fault::new(format!("runtime error: slice bounds out of range [:{end}] with capacity {len}")));
    };
    if !rest.len().is_multiple_of(BLOCK) {
        return Err(Fault::new("crypto/cipher: input not full blocks"));
    }
    let cipher = cipher(call.bytes(0));
    let mut out = Vec::with_capacity(rest.len());
    let mut last = vector;
    for chunk in rest.chunks(BLOCK) {
        let mut block = [0; BLOCK];
        block.copy_from_slice(chunk);
        let mut block = block.into();
        cipher.decrypt_block(&mut block);
        let plain: [u8; BLOCK] = block.into();
        out.extend(plain.iter().zip(last).map(|(a, b)| a ^ b));
        last = chunk;
    }
    let Some(padding) = out.last().map(|b| usize::from(*b)) else {
        return Err(Fault::new("runtime error: index out of range [-1]"));
    };
    let Some(len) = out.len().checked_sub(padding) else {
        let below = padding - out.len();
        return Err(Fault::new(format!("runtime error: slice bounds out of range [:-{below}]")));
    };
    out.truncate(len);
    ok(Value::bytes(out))
}
