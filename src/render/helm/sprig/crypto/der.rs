//! DER: what keys and certificates are written in.

use std::ops::Range;

/// `SEQUENCE`.
pub const SEQUENCE: u8 = 0x30;
/// `INTEGER`.
pub const INTEGER: u8 = 0x02;
/// `BIT STRING`.
pub const BITS: u8 = 0x03;
/// `OCTET STRING`.
pub const OCTETS: u8 = 0x04;
/// `OBJECT IDENTIFIER`.
pub const OID: u8 = 0x06;

/// An element: its tag, its length, its content.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let len = content.len();
    if len < 0x80 {
        out.push(u8::try_from(len).unwrap_or(0));
    } else {
        let bytes = len.to_be_bytes();
        let skip = bytes.iter().take_while(|b| **b == 0).count();
        out.push(0x80 | u8::try_from(bytes.len() - skip).unwrap_or(0));
        out.extend(bytes.iter().skip(skip));
    }
    out.extend_from_slice(content);
    out
}

/// A sequence of elements.
pub fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, &elements.concat())
}

/// A number that isn't negative, from its bytes, the highest first.
pub fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let skip = bytes.iter().take_while(|b| **b == 0).count();
    let mut content = bytes.get(skip..).unwrap_or_default().to_vec();
    if content.first().is_none_or(|b| *b >= 0x80) {
        content.insert(0, 0);
    }
    element(INTEGER, &content)
}

/// A string of bits, all bytes full but for the last one's `unused`.
pub fn bits(unused: u8, bytes: &[u8]) -> Vec<u8> {
    element(BITS, &[&[unused], bytes].concat())
}

/// Reads elements, one after the other.
#[derive(Clone, Copy)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next element: its tag, all its bytes, and its content.
    pub fn next(&mut self) -> Option<(u8, &'a [u8], &'a [u8])> {
        let bytes = self.0;
        let tag = *bytes.first()?;
        let Range { start, end } = content(bytes)?;
        let (all, content) = (bytes.get(..end)?, bytes.get(start..end)?);
        self.0 = bytes.get(end..)?;
        Some((tag, all, content))
    }

    /// The content of the next element, which must be of this kind.
    pub fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, ..)| *found == tag).map(|(.., content)| content)
    }

    /// A number that isn't negative: its bytes, without zeros before them.
    pub fn unsigned(&mut self) -> Option<&'a [u8]> {
        let content = self.take(INTEGER)?;
        if content.first()? & 0x80 != 0 {
            return None;
        }
        content.get(content.iter().take_while(|b| **b == 0).count()..)
    }

    /// The next element, if it is of this kind.
    pub fn optional(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.0.first() == Some(&tag) { self.take(tag) } else { None }
    }
}

/// The range of the content of the element that starts here.
fn content(bytes: &[u8]) -> Option<Range<usize>> {
    let first = *bytes.get(1)?;
    let (len, start) = if first < 0x80 {
        (usize::from(first), 2)
    } else {
        let count = usize::from(first & 0x7F);
        if !(1..=4).contains(&count) {
            return None;
        }
        let digits = bytes.get(2..2 + count)?;
        (digits.iter().fold(0, |len, b| len << 8 | usize::from(*b)), 2 + count)
    };
    let end = start.checked_add(len)?;
    (end <= bytes.len()).then_some(start..end)
}
