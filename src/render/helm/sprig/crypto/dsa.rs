//! DSA: nobody signs with it any more, but `genPrivateKey "dsa"` makes keys.

use crypto_bigint::{BoxedUint, Resize};

use super::der::{self, Reader};
use super::prime;
use crate::render::helm::gotemplate::call::{Call, Fault};

/// A private key.
#[derive(Clone, Debug)]
pub struct DsaKey {
    /// Version, p, q, g, y, x.
    numbers: [Vec<u8>; 6],
}

impl DsaKey {
    /// A new key of 2048 and 256 bits, with parameters of its own.
    pub fn generate(call: &mut Call) -> Result<Self, Fault> {
        call.host.work(10_000_000)?;
        let failed = || Fault::new("crypto/dsa: invalid parameters");
        let q = prime::random(call, 256)?;
        let two_q = q.clone().resize_unchecked(2048).shl(1).to_nz().into_option().ok_or_else(failed)?;
        let mut bytes = vec![0; 256];
        let p = loop {
            call.host.random(call.name, &mut bytes)?;
            if let Some(first) = bytes.first_mut() {
                *first |= 0xC0;
            }
            let drawn = BoxedUint::from_be_slice_vartime(&bytes);
            let p = drawn.wrapping_sub(drawn.rem_vartime(&two_q)).wrapping_add(BoxedUint::one());
            if p.bits() == 2048 && prime::is_prime(&p) {
                break p;
            }
        };
        let odd = p.to_odd().into_option().ok_or_else(failed)?;
        let q_nz = q.to_nz().into_option().ok_or_else(failed)?;
        let cofactor = p.wrapping_sub(BoxedUint::one()).div_rem_vartime(&q_nz).0;
        let g = prime::power(&BoxedUint::from(2u64), &cofactor, &odd);
        let mut secret = [0; 40];
        call.host.random(call.name, &mut secret)?;
        // More bits than q has, so that the rest is nearly fair; never zero.
        let below = q.wrapping_sub(BoxedUint::one()).to_nz().into_option().ok_or_else(failed)?;
        let x = BoxedUint::from_be_slice_vartime(&secret).rem_vartime(&below).wrapping_add(BoxedUint::one());
        let y = prime::power(&g, &x, &odd);
        let bytes = |n: &BoxedUint| n.to_be_bytes().into_vec();
        Ok(Self { numbers: [Vec::new(), bytes(&p), bytes(&q), bytes(&g), bytes(&y), bytes(&x)] })
    }

    /// A key in OpenSSL's form.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(Reader(bytes).take(der::SEQUENCE)?);
        let mut numbers: [Vec<u8>; 6] = Default::default();
        for number in &mut numbers {
            *number = reader.unsigned()?.to_vec();
        }
        Some(Self { numbers })
    }

    /// The key in OpenSSL's form.
    pub fn to_der(&self) -> Vec<u8> {
        let numbers: Vec<Vec<u8>> = self.numbers.iter().map(|n| der::unsigned(n)).collect();
        der::element(der::SEQUENCE, &numbers.concat())
    }
}
