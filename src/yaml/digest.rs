//! What a value is, in sixteen bytes: equal values have equal digests, wherever they were read.

use super::{Node, Value};

/// The first half of a blake3 digest: enough to tell values apart that nobody can choose both of at will and gain by it.
pub type ValueDigest = [u8; 16];

/// The digest of a value. The order of keys counts, and so do the types of numbers; places don't.
pub fn value_digest(node: &Node) -> ValueDigest {
    let mut bytes = Vec::new();
    put_value(node, &mut bytes);
    let mut digest = ValueDigest::default();
    let whole = blake3::hash(&bytes);
    digest.iter_mut().zip(whole.as_bytes()).for_each(|(to, from)| *to = *from);
    digest
}

/// Writes a value so that no two values are written alike. How a scalar was written (quoted, or not at all) is part of it
/// where the origin says so, since kustomize writes it so again.
pub fn put_value(node: &Node, to: &mut Vec<u8>) {
    let style = u8::from(node.origin.is_quoted()) << 6 | u8::from(node.origin.is_unwritten()) << 7;
    let length = |n: usize| (n as u64).to_le_bytes();
    match &node.value {
        Value::Null => to.push(style),
        Value::Bool(value) => to.extend([1 | style, u8::from(*value)]),
        Value::Int(value) => {
            to.push(2 | style);
            to.extend(value.to_le_bytes());
        }
        Value::UInt(value) => {
            to.push(3 | style);
            to.extend(value.to_le_bytes());
        }
        Value::Float(value) => {
            to.push(4 | style);
            to.extend(value.to_bits().to_le_bytes());
        }
        Value::Str(text) => {
            to.push(5 | style);
            to.extend(length(text.len()));
            to.extend(text.as_bytes());
        }
        Value::Seq(items) => {
            to.push(6 | style);
            to.extend(length(items.len()));
            items.iter().for_each(|item| put_value(item, to));
        }
        Value::Map(map) => {
            to.push(7 | style);
            to.extend(length(map.len()));
            for entry in map {
                to.extend(length(entry.key.len()));
                to.extend(entry.key.as_bytes());
                put_value(&entry.value, to);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml::{Dialect, parse};

    fn digest(text: &str) -> ValueDigest {
        value_digest(&parse(FileId::NONE, text, Dialect::Config).into_first())
    }

    #[test]
    fn equal_values_only() {
        assert_eq!(digest("a: [1, {b: x}]\n"), digest("# said elsewhere\na:\n  - 1\n  - b: \"x\"\n"));
        let different =
            ["a: 1", "a: 1.5", "a: '1'", "a: [1]", "a: {b: 1}", "b: 1", "a: null", "a: true", "a: ''", "a: []"];
        for (i, one) in different.iter().enumerate() {
            for other in &different[..i] {
                assert_ne!(digest(one), digest(other), "{one} {other}");
            }
        }
        assert_ne!(digest("a: [b, c]"), digest("a: [bc]"));
        assert_ne!(digest("{a: 1, b: 2}"), digest("{b: 2, a: 1}"));
    }
}
