//! Large primes. Candidates are sieved by small primes, then one power of two finds most that are none; what passes is tested
//! to many bases.

use std::sync::LazyLock;

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Limb, NonZero, Odd, Resize};

use crate::parallel;
use crate::render::helm::gotemplate::call::{Call, Fault};

/// The odd primes below this sieve.
const SIEVED: usize = 1 << 16;
/// Odd numbers looked at from one start.
const WINDOW: usize = 2048;
/// Bases of the last test. The candidates are random, so that none is made to pass it.
const BASES: [u64; 8] = [3, 5, 7, 11, 13, 17, 19, 23];

static SMALL: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut composite = vec![false; SIEVED];
    let mut primes = Vec::new();
    for n in (3..SIEVED).step_by(2) {
        if !composite.get(n).copied().unwrap_or(true) {
            primes.push(n as u64);
            composite.iter_mut().skip(n * n).step_by(n).for_each(|c| *c = true);
        }
    }
    primes
});

/// A number's rest by a word that isn't zero.
pub fn rest(n: &BoxedUint, by: u64) -> u64 {
    NonZero::new(Limb(by)).into_option().map_or(0, |by| n.rem_limb(by).0)
}

/// The rests by all small primes: several at once, as many as a word holds.
fn rests(n: &BoxedUint) -> Vec<u64> {
    let mut out = Vec::with_capacity(SMALL.len());
    for group in SMALL.chunks(4) {
        let of_all = rest(n, group.iter().product());
        out.extend(group.iter().map(|p| of_all % p));
    }
    out
}

/// A random prime of just so many bits, the two highest set, so that a product of two has all its bits.
pub fn random(call: &mut Call, bits: u32) -> Result<BoxedUint, Fault> {
    let mut bytes = vec![0; bits as usize / 8];
    loop {
        call.host.random(call.name, &mut bytes)?;
        if let Some(first) = bytes.first_mut() {
            *first |= 0xC0;
        }
        if let Some(last) = bytes.last_mut() {
            *last |= 1;
        }
        let start = BoxedUint::from_be_slice_vartime(&bytes);
        if let Some(prime) = next(&start) {
            return Ok(prime);
        }
    }
}

/// The first prime from an odd number on, if it is near.
fn next(start: &BoxedUint) -> Option<BoxedUint> {
    let mut composite = vec![false; WINDOW];
    for (prime, rest) in SMALL.iter().zip(rests(start)) {
        // The first i with start + 2i divisible.
        let first = if rest == 0 { 0 } else { (prime - rest) * prime.div_ceil(2) % prime };
        let step = usize::try_from(*prime).unwrap_or(usize::MAX);
        composite.iter_mut().skip(usize::try_from(first).unwrap_or(usize::MAX)).step_by(step).for_each(|c| *c = true);
    }
    let open = composite.iter().enumerate().filter(|(_, composite)| !**composite);
    let open: Vec<BoxedUint> = open.map(|(i, _)| start.wrapping_add(BoxedUint::from(2 * i as u64))).collect();
    // Each thread looks at the next candidate: which one is the first doesn't depend on how many there are.
    parallel::start();
    open.chunks(rayon::current_num_threads().max(1)).find_map(|some| {
        let primes = parallel::map(some.iter().collect(), |n: &BoxedUint| n.bits() == start.bits() && passes(n));
        primes.iter().position(|is_prime| *is_prime).and_then(|at| some.get(at).cloned())
    })
}

/// Whether a number that may be odd is a prime, as far as anyone can tell.
pub fn is_prime(n: &BoxedUint) -> bool {
    SMALL.iter().zip(rests(n)).all(|(_, rest)| rest != 0) && passes(n)
}

/// Fermat's test to base 2, then Miller's and Rabin's to others.
fn passes(n: &BoxedUint) -> bool {
    let Some(odd) = n.to_odd().into_option() else { return false };
    let params = BoxedMontyParams::new_vartime(odd);
    let one = BoxedMontyForm::one(&params);
    let minus_one = one.neg();
    let exponent = n.wrapping_sub(BoxedUint::one());
    let mut power = one.clone();
    for bit in (0..exponent.bits()).rev() {
        power = power.square();
        if exponent.bit_vartime(bit) {
            power = power.double();
        }
    }
    if power != one {
        return false;
    }
    let twos = exponent.trailing_zeros();
    let odd_part = exponent.shr(twos);
    BASES.iter().all(|base| {
        let base = BoxedUint::from(*base).resize_unchecked(params.bits_precision());
        let mut power = BoxedMontyForm::new(base, &params).pow(&odd_part);
        if power == one || power == minus_one {
            return true;
        }
        (1..twos).any(|_| {
            power = power.square();
            power == minus_one
        })
    })
}

/// `base` to a power, modulo an odd number.
pub fn power(base: &BoxedUint, exponent: &BoxedUint, modulus: &Odd<BoxedUint>) -> BoxedUint {
    let params = BoxedMontyParams::new_vartime(modulus.clone());
    let base = base.rem_vartime(modulus.as_nz_ref()).resize_unchecked(params.bits_precision());
    BoxedMontyForm::new(base, &params).pow(exponent).retrieve()
}
