//! Values of Secrets never leave: each is replaced by a keyed digest before anything looks at them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ecow::EcoVec;

use crate::kube::ObjectId;
use crate::yaml::{Map, Node, Value};

/// Annotations in which kubectl and others keep a whole copy of the object, packed or not.
const COPIES: &[&str] = &[
    "banzaicloud.com/last-applied",
    "kapp.k14s.io/original",
    "kubectl.kubernetes.io/last-applied-configuration",
    "objectset.rio.cattle.io/applied",
];

/// Whether an annotation holds a copy of the Secret.
fn is_copy(key: &str, value: &Node) -> bool {
    let quoted = |text: &str| text.contains("\"data\"") || text.contains("\"stringData\"");
    COPIES.contains(&key) || value.as_str().is_some_and(quoted)
}

/// A key of digests, good for one run.
#[derive(Clone)]
pub(super) struct Masks {
    key: [u8; 32],
}

impl Masks {
    /// With this key; with a random one if none is given.
    pub fn new(key: Option<[u8; 32]>) -> Self {
        let random = || {
            let mut key = [0; 32];
            match getrandom::fill(&mut key) {
                Ok(()) => key,
                // A process without randomness still must not print what can be guessed.
                Err(_) => *blake3::hash(format!("{:?} {:p}", std::time::SystemTime::now(), &raw const key).as_bytes())
                    .as_bytes(),
            }
        };
        Self { key: key.unwrap_or_else(random) }
    }

    /// Whether an object has values that are masked.
    pub fn applies(id: &ObjectId) -> bool {
        id.group.is_empty() && id.kind == "Secret"
    }

    /// The object with its secret values replaced.
    pub fn mask(&self, id: &ObjectId, object: Node) -> Node {
        if !Self::applies(id) {
            return object;
        }
        let Node { value: Value::Map(map), origin } = object else { return self.whole(object) };
        let entries = map.into_iter().map(|mut entry| {
            match entry.key.as_str() {
                "data" => entry.value = self.values(entry.value, true),
                "stringData" => entry.value = self.values(entry.value, false),
                "metadata" => self.copies(&mut entry.value),
                _ => {}
            }
            entry
        });
        Node { value: Value::Map(Map::from_unique(entries.collect())), origin }
    }

    fn copies(&self, metadata: &mut Node) {
        let annotations = metadata.as_map_mut().and_then(|m| m.get_mut("annotations")).and_then(Node::as_map_mut);
        let Some(annotations) = annotations else { return };
        for entry in annotations.entries_mut() {
            if is_copy(&entry.key, &entry.value) {
                entry.value = self.whole(std::mem::take(&mut entry.value));
            }
        }
    }

    /// Each value of a mapping; of anything else, the whole.
    fn values(&self, node: Node, encoded: bool) -> Node {
        let Node { value: Value::Map(map), origin } = node else { return self.whole(node) };
        let entries: EcoVec<_> = map
            .into_iter()
            .map(|mut entry| {
                entry.value = match entry.value.as_str() {
                    Some(text) => Node::made(self.digest(text, encoded)),
                    None => self.whole(entry.value),
                };
                entry
            })
            .collect();
        Node { value: Value::Map(Map::from_unique(entries)), origin }
    }

    fn whole(&self, node: Node) -> Node {
        if node.is_null() {
            return node;
        }
        let text = match node.as_str() {
            Some(text) => text.to_owned(),
            None => crate::yaml::emit(&node),
        };
        Node::made(self.digest(&text, false))
    }

    /// Digests what the value means: the same under `data` and `stringData`.
    fn digest(&self, text: &str, encoded: bool) -> String {
        let joined: String;
        let decoded = if encoded {
            joined = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            STANDARD.decode(&joined).ok()
        } else {
            None
        };
        let bytes = decoded.as_deref().unwrap_or(text.as_bytes());
        let hex = blake3::keyed_hash(&self.key, bytes).to_hex();
        format!("(secret {})", hex.get(..12).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml::{Dialect, emit, parse};

    fn masked(text: &str) -> String {
        let node = parse(FileId::TRANSIENT, text, Dialect::Kubernetes).into_first();
        let id = ObjectId::of(&node).unwrap();
        emit(&Masks::new(Some([7; 32])).mask(&id, node))
    }

    #[test]
    fn values_go_and_keys_stay() {
        let shown = masked(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations: {a: b, mine: '{\"data\":{\"p\":\"hunter2\"}}', \
             kubectl.kubernetes.io/last-applied-configuration: 'hunter2'}\n\
             data: {p: aHVudGVyMg==, q: 7}\nstringData: {p: hunter2, r: other}\n",
        );
        assert!(!shown.contains("hunter2") && !shown.contains("aHVudGVyMg") && !shown.contains("other"), "{shown}");
        let digest = |key: &str| {
            shown.lines().filter(|l| l.trim_start().starts_with(key)).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(digest("p:").len(), 2);
        assert_eq!(digest("p:")[0], digest("p:")[1], "equal values are seen to be equal: {shown}");
        assert_ne!(digest("r:")[0], digest("p:")[0].replace("p:", "r:"));
        assert!(shown.contains("a: b"));
    }

    #[test]
    fn odd_secrets_are_masked_as_a_whole() {
        for data in ["data: hunter2", "data: [hunter2]", "data: {a: {b: hunter2}}", "stringData: {a: [hunter2]}"] {
            let shown = masked(&format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{data}\n"));
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        assert!(
            masked("apiVersion: example.com/v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: b}\n").contains("a: b")
        );
    }
}
