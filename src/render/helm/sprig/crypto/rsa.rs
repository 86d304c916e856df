//! RSA: keys, and signatures as PKCS #1 v1.5 has them.

use crypto_bigint::{BoxedUint, ConcatenatingMul, Odd, Resize};
use sha2::Digest;

use super::der::{self, Reader};
use super::prime;
use crate::render::helm::gotemplate::call::{Call, Fault};

/// The public exponent that everyone takes.
const E: u64 = 65537;
/// Bits of a key that somebody gives; what is larger takes too long.
const MAX_BITS: u32 = 8192;

/// A private key of two primes.
#[derive(Clone, Debug)]
pub struct RsaKey {
    n: Odd<BoxedUint>,
    e: u64,
    d: BoxedUint,
    p: Odd<BoxedUint>,
    q: Odd<BoxedUint>,
    /// `d` modulo p − 1 and q − 1, and the inverse of q modulo p.
    dp: BoxedUint,
    dq: BoxedUint,
    q_inverse: BoxedUint,
}

fn less_one(n: &BoxedUint) -> BoxedUint {
    n.wrapping_sub(BoxedUint::one())
}

fn rem(n: &BoxedUint, by: &BoxedUint) -> Option<BoxedUint> {
    Some(n.rem_vartime(&by.to_nz().into_option()?))
}

impl RsaKey {
    /// A new key.
    pub fn generate(call: &mut Call, bits: u32) -> Result<Self, Fault> {
        // The time that it takes grows with more than the square.
        call.host.work(usize::try_from(bits).unwrap_or(0).pow(3) / 8192)?;
        let mut primes = Vec::new();
        while primes.len() < 2 {
            let prime = prime::random(call, bits / 2)?;
            if prime::rest(&prime, E) != 1 && !primes.contains(&prime) {
                primes.push(prime);
            }
        }
        let key = primes.first().zip(primes.get(1)).and_then(|(p, q)| Self::of(p, q));
        key.ok_or_else(|| Fault::new("crypto/rsa: generated an invalid key"))
    }

    fn of(p: &BoxedUint, q: &BoxedUint) -> Option<Self> {
        let n = p.concatenating_mul(q);
        let phi = less_one(p).concatenating_mul(less_one(q));
        // d·e = 1 + k·phi: e is small, so k is found by words.
        let rest = prime::rest(&phi, E);
        let k = (1..E).find(|k| (rest * k + 1).is_multiple_of(E))?;
        let wide = phi.bits_precision() + 64;
        let product = phi.resize_unchecked(wide).wrapping_mul(BoxedUint::from(k)).wrapping_add(BoxedUint::one());
        let d = product.div_rem_vartime(&BoxedUint::from(E).to_nz().into_option()?).0;
        let d = d.resize_unchecked(n.bits_precision());
        Self::from_parts(n, E, d, p.clone(), q.clone())
    }

    fn from_parts(n: BoxedUint, e: u64, d: BoxedUint, p: BoxedUint, q: BoxedUint) -> Option<Self> {
        let (dp, dq) = (rem(&d, &less_one(&p))?, rem(&d, &less_one(&q))?);
        let odd = |n: BoxedUint| n.to_odd().into_option();
        let (n, p, q) = (odd(n)?, odd(p)?, odd(q)?);
        // p is a prime, so a power gives the inverse.
        let q_inverse = prime::power(&q, &p.wrapping_sub(BoxedUint::from(2u64)), &p);
        Some(Self { n, e, d, p, q, dp, dq, q_inverse })
    }

    /// A key in PKCS #1; the error is that of crypto/x509, as far as it is a common one.
    pub fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let malformed = "asn1: structure error: tags don't match";
        let mut reader = Reader(bytes);
        let inner = reader.take(der::SEQUENCE).ok_or(malformed)?;
        if !reader.0.is_empty() {
            return Err("asn1: syntax error: trailing data");
        }
        let mut reader = Reader(inner);
        match reader.unsigned().ok_or(malformed)? {
            [] => {}
            [1] => return Err("x509: keys of more than two primes are not supported"),
            _ => return Err("x509: unsupported private key version"),
        }
        let mut numbers = Vec::new();
        for _ in 0..5 {
            let bytes = reader.unsigned().ok_or(malformed)?;
            if bytes.is_empty() {
                return Err("x509: private key contains zero or negative value");
            }
            numbers.push(bytes);
        }
        let [n, e, d, p, q] = numbers.try_into().map_err(|_| malformed)?;
        let number = BoxedUint::from_be_slice_vartime;
        let e = e.iter().take(9).try_fold(0u64, |e, b| e.checked_mul(256)?.checked_add(u64::from(*b)));
        let (n, d, p, q) = (number(n), number(d), number(p), number(q));
        if n.bits() > MAX_BITS {
            return Err("crypto/rsa: key too large");
        }
        if p.concatenating_mul(&q) != n || p == BoxedUint::one() || q == BoxedUint::one() {
            return Err("crypto/rsa: invalid CRT coefficients");
        }
        let e = e.ok_or("crypto/rsa: public exponent too large")?;
        Self::from_parts(n, e, d, p, q).ok_or("crypto/rsa: invalid modulus")
    }

    /// The key in PKCS #1.
    pub fn to_der(&self) -> Vec<u8> {
        let number = |n: &BoxedUint| der::unsigned(&n.to_be_bytes());
        der::sequence(&[
            &der::unsigned(&[]),
            &number(&self.n),
            &der::unsigned(&self.e.to_be_bytes()),
            &number(&self.d),
            &number(&self.p),
            &number(&self.q),
            &number(&self.dp),
            &number(&self.dq),
            &number(&self.q_inverse),
        ])
    }

    /// The public key: modulus and exponent.
    pub fn public(&self) -> Vec<u8> {
        der::sequence(&[&der::unsigned(&self.n.to_be_bytes()), &der::unsigned(&self.e.to_be_bytes())])
    }

    /// A signature of a message by SHA-256.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        // What says that the digest is one of SHA-256.
        const PREFIX: [u8; 19] = [0x30, 0x31, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
        let size = self.n.bits().div_ceil(8) as usize;
        let digest = sha2::Sha256::digest(message);
        let padding = size.checked_sub(PREFIX.len() + digest.len() + 3).filter(|padding| *padding >= 8)?;
        let encoded = [&[0, 1], vec![0xFF; padding].as_slice(), &[0], &PREFIX, &digest].concat();
        let message = BoxedUint::from_be_slice_vartime(&encoded);
        let (of_p, of_q) = (prime::power(&message, &self.dp, &self.p), prime::power(&message, &self.dq, &self.q));
        // Back from both primes to their product.
        let p = self.p.as_nz_ref();
        let wide = self.n.bits_precision() + 64;
        let widened = |n: &BoxedUint| n.clone().resize_unchecked(wide);
        let difference = widened(&of_p).wrapping_add(widened(&self.p)).wrapping_sub(widened(&of_q.rem_vartime(p)));
        let h = difference.rem_vartime(p).concatenating_mul(&self.q_inverse).rem_vartime(p);
        let signature = widened(&of_q).wrapping_add(widened(&h).wrapping_mul(widened(&self.q)));
        let bytes = signature.to_be_bytes();
        bytes.get(bytes.len().checked_sub(size)?..).map(<[u8]>::to_vec)
    }
}
