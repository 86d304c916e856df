//! Where a field is, inside of an object.

use std::fmt;

use ecow::EcoString;

/// The way to a field, from the top of its object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(pub Vec<Step>);

/// One step of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A key of a mapping.
    Key(EcoString),
    /// An item of a list whose items are told apart by a field: `[name=web]`. The fields and their values.
    Item(Vec<(EcoString, EcoString)>),
    /// An item of another list, by its place: that in head, or in base where head has it no more.
    Index(usize),
}

impl Path {
    /// The key at a place of the path, if it is one.
    pub fn key(&self, at: usize) -> Option<&str> {
        match self.0.get(at)? {
            Step::Key(key) => Some(key),
            _ => None,
        }
    }

    /// Whether it starts with these keys.
    pub fn starts_with(&self, keys: &[&str]) -> bool {
        keys.iter().enumerate().all(|(at, key)| self.key(at) == Some(*key))
    }
}

/// Whether a key reads well after a dot.
fn is_simple(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'$'))
}

/// `spec.containers[name=web].args[0]`, `metadata.labels["app.kubernetes.io/name"]`; `.` for the object as a whole.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(".");
        }
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if is_simple(key) => {
                    if at > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(key)?;
                }
                Step::Key(key) => write!(f, "[{}]", quoted(key))?,
                Step::Item(fields) => {
                    f.write_str("[")?;
                    for (i, (key, value)) in fields.iter().enumerate() {
                        let comma = if i > 0 { "," } else { "" };
                        let plain = !value.is_empty() && !value.contains(['[', ']', ',', '"', '=', ' ', '\n']);
                        if plain {
                            write!(f, "{comma}{key}={value}")?;
                        } else {
                            write!(f, "{comma}{key}={}", quoted(value))?;
                        }
                    }
                    f.write_str("]")?;
                }
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A JSON string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_people_write_them() {
        let key = |k: &str| Step::Key(k.into());
        let item = |k: &str, v: &str| Step::Item(vec![(k.into(), v.into())]);
        let path = Path(vec![key("spec"), key("containers"), item("name", "web"), key("args"), Step::Index(0)]);
        assert_eq!(path.to_string(), "spec.containers[name=web].args[0]");
        let path = Path(vec![key("metadata"), key("labels"), key("app.kubernetes.io/name")]);
        assert_eq!(path.to_string(), "metadata.labels[\"app.kubernetes.io/name\"]");
        assert_eq!(Path(vec![key("a"), item("k", "x]y")]).to_string(), "a[k=\"x]y\"]");
        assert_eq!(Path::default().to_string(), ".");
    }
}
