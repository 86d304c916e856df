//! Decimal numbers of any length, as shopspring/decimal calculates with them: sums and products are exact, a quotient has 16
//! places.

use std::cmp::Ordering;

/// Digits are kept nine by nine, the lowest first, without zeros at the top: zero has none.
const BASE: u64 = 1_000_000_000;

/// `±digits · 10^exponent`.
#[derive(Clone, Debug, Default)]
pub struct Decimal {
    negative: bool,
    digits: Vec<u32>,
    exponent: i64,
}

/// Places of a quotient.
const PLACES: i64 = 16;

impl Decimal {
    /// The shortest number that reads as this float; none for infinite ones and NaN.
    pub fn from_f64(float: f64) -> Option<Self> {
        if !float.is_finite() {
            return None;
        }
        let text = format!("{:e}", float.abs());
        let (mantissa, exponent) = text.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: u64 = format!("{whole}{fraction}").parse().ok()?;
        let exponent = exponent.parse::<i64>().ok()? - i64::try_from(fraction.len()).ok()?;
        Some(Self { negative: float < 0.0, digits: limbs(digits), exponent: if digits == 0 { 0 } else { exponent } })
    }

    /// The nearest float.
    pub fn to_f64(&self) -> f64 {
        let Some((top, rest)) = self.digits.split_last() else { return 0.0 };
        let mut text = String::from(if self.negative { "-" } else { "" });
        text.push_str(&top.to_string());
        for limb in rest.iter().rev() {
            text.push_str(&format!("{limb:09}"));
        }
        text.push_str(&format!("e{}", self.exponent));
        text.parse().unwrap_or(0.0)
    }

    /// The same with the other sign.
    pub fn negated(self) -> Self {
        Self { negative: !self.negative, ..self }
    }

    /// The sum.
    pub fn add(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let (a, b) = (self.scaled(exponent), other.scaled(exponent));
        let (negative, digits) = if self.negative == other.negative {
            (self.negative, sum(&a, &b))
        } else if order(&a, &b) == Ordering::Less {
            (other.negative, difference(&b, &a))
        } else {
            (self.negative, difference(&a, &b))
        };
        Self { negative, digits, exponent }
    }

    /// The product.
    pub fn mul(&self, other: &Self) -> Self {
        Self {
            negative: self.negative != other.negative,
            digits: product(&self.digits, &other.digits),
            exponent: self.exponent + other.exponent,
        }
    }

    /// The quotient, rounded to 16 places, halves away from zero; none for a division by zero.
    pub fn div(&self, by: &Self) -> Option<Self> {
        if by.digits.is_empty() {
            return None;
        }
        let shift = self.exponent - by.exponent + PLACES;
        let above = shifted(&self.digits, shift.max(0));
        let below = shifted(&by.digits, (-shift).max(0));
        let (mut digits, rest) = quotient(&above, &below);
        if order(&sum(&rest, &rest), &below) != Ordering::Less {
            digits = sum(&digits, &[1]);
        }
        Some(Self { negative: self.negative != by.negative, digits, exponent: -PLACES })
    }

    /// The digits that show the same number with a lower exponent.
    fn scaled(&self, exponent: i64) -> Vec<u32> {
        shifted(&self.digits, self.exponent - exponent)
    }
}

fn limbs(mut n: u64) -> Vec<u32> {
    let mut limbs = Vec::new();
    while n > 0 {
        limbs.push(limb(n % BASE));
        n /= BASE;
    }
    limbs
}

/// A number below [`BASE`].
fn limb(n: u64) -> u32 {
    u32::try_from(n % BASE).unwrap_or(0)
}

fn trimmed(mut digits: Vec<u32>) -> Vec<u32> {
    while digits.last() == Some(&0) {
        digits.pop();
    }
    digits
}

fn order(a: &[u32], b: &[u32]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

fn sum(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut carry = 0;
    let mut digits = Vec::with_capacity(a.len().max(b.len()) + 1);
    for at in 0..a.len().max(b.len()) {
        carry += of(a, at) + of(b, at);
        digits.push(limb(carry));
        carry /= BASE;
    }
    digits.push(limb(carry));
    trimmed(digits)
}

/// `a - b`, where `a` isn't the smaller one.
fn difference(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut borrow = 0;
    let mut digits = Vec::with_capacity(a.len());
    for at in 0..a.len() {
        let (above, below) = (of(a, at), of(b, at) + borrow);
        borrow = u64::from(above < below);
        digits.push(limb((above + borrow * BASE).saturating_sub(below)));
    }
    trimmed(digits)
}

fn of(digits: &[u32], at: usize) -> u64 {
    digits.get(at).copied().map_or(0, u64::from)
}

/// Times a number below [`BASE`].
fn times(a: &[u32], by: u64) -> Vec<u32> {
    let mut carry = 0;
    let mut digits = Vec::with_capacity(a.len() + 1);
    for each in a {
        carry += u64::from(*each) * by;
        digits.push(limb(carry));
        carry /= BASE;
    }
    digits.push(limb(carry));
    trimmed(digits)
}

fn product(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut digits = vec![0; a.len() + b.len()];
    for (i, x) in a.iter().enumerate() {
        let mut carry = 0;
        let places = digits.iter_mut().skip(i);
        for (place, y) in places.zip(b.iter().chain(std::iter::repeat(&0))) {
            carry += u64::from(*place) + u64::from(*x) * u64::from(*y);
            *place = limb(carry);
            carry /= BASE;
        }
    }
    trimmed(digits)
}

/// Times ten to a power.
fn shifted(digits: &[u32], power: i64) -> Vec<u32> {
    if digits.is_empty() {
        return Vec::new();
    }
    let power = usize::try_from(power).unwrap_or(0);
    let mut out = vec![0; power / 9];
    out.extend(times(digits, 10_u64.pow(u32::try_from(power % 9).unwrap_or(0))));
    out
}

/// The whole quotient and the remainder. `b` isn't zero.
fn quotient(a: &[u32], b: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut digits = Vec::with_capacity(a.len());
    let mut rest: Vec<u32> = Vec::new();
    for each in a.iter().rev() {
        rest.insert(0, *each);
        rest = trimmed(rest);
        // The greatest digit whose product still fits, by halving.
        let (mut low, mut high) = (0, BASE);
        if order(&rest, b) == Ordering::Less {
            high = 1;
        }
        while high - low > 1 {
            let middle = low.midpoint(high);
            if order(&times(b, middle), &rest) == Ordering::Greater {
                high = middle;
            } else {
                low = middle;
            }
        }
        rest = difference(&rest, &times(b, low));
        digits.push(limb(low));
    }
    digits.reverse();
    (trimmed(digits), rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(float: f64) -> Decimal {
        Decimal::from_f64(float).unwrap()
    }

    #[test]
    fn decimals_add_up_where_floats_do_not() {
        assert_eq!(of(0.1).add(&of(0.2)).to_f64(), 0.3);
        assert_eq!(of(1.1).mul(&of(1.1)).to_f64(), 1.21);
        assert_eq!(of(1.0).div(&of(3.0)).unwrap().to_f64(), 0.333_333_333_333_333_3);
        assert_eq!(of(-2.0).div(&of(3.0)).unwrap().to_f64(), -0.666_666_666_666_666_7);
        assert_eq!(of(1e308).add(&of(5e-324)).to_f64(), 1e308);
        assert_eq!(of(1e300).mul(&of(1e300)).to_f64(), f64::INFINITY);
        assert!(of(1.0).div(&of(0.0)).is_none());
        assert!(Decimal::from_f64(f64::NAN).is_none());
    }

    proptest! {
        #[test]
        fn a_float_reads_back_as_itself(float in any::<f64>().prop_filter("finite", |f| f.is_finite())) {
            prop_assert_eq!(of(float).to_f64(), float);
        }

        #[test]
        fn a_quotient_times_the_divisor_is_near(a in -1e9..1e9_f64, b in prop_oneof![-1e6..-1e-3, 1e-3..1e6_f64]) {
            let back = of(a).div(&of(b)).unwrap().mul(&of(b)).to_f64();
            prop_assert!((back - a).abs() <= b.abs() * 1e-16 + a.abs() * 1e-15, "{} {}", back, a);
        }

        #[test]
        fn a_difference_added_again_is_the_number(a in any::<i32>(), b in any::<i32>()) {
            let (a, b) = (of(f64::from(a)), of(f64::from(b)));
            prop_assert_eq!(a.add(&b.clone().negated()).add(&b).to_f64(), a.to_f64());
        }
    }
}
