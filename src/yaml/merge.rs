//! How values files add up: mappings deeply, everything else by replacement.

use super::{Entry, Map, Node, Value};
use crate::provenance::Recorder;
use crate::source::Origin;

/// What an explicit null does to the value below it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NullRule {
    /// It deletes the key, and itself stays out of the result.
    Delete,
    /// It stays, for somebody later (Helm) to act on.
    Keep,
    /// It stays at and below this path (`*` is any key), and deletes elsewhere.
    KeepBelow(&'static [&'static str]),
}

impl NullRule {
    /// The rule for the value of a key.
    fn of(self, key: &str) -> Self {
        match self {
            Self::KeepBelow([first, rest @ ..]) if *first == "*" || *first == key => match rest {
                [] => Self::Keep,
                rest => Self::KeepBelow(rest),
            },
            Self::KeepBelow(_) => Self::Delete,
            rule => rule,
        }
    }
}

/// `over` on top of `base`: mappings merge key by key, lists and scalars replace, nulls follow the rule. Where a value
/// replaces another, its origin remembers both, while the recorder is on. A merged mapping keeps the base's origin.
pub fn merge(base: &Node, over: &Node, null: NullRule, recorder: &Recorder) -> Node {
    let Value::Map(above) = &over.value else { return replaced(base, over, recorder) };
    let first = match &base.value {
        Value::Map(below) => Level { map: below.clone(), origin: base.origin, above: above.iter(), key: None, null },
        _ => Level::empty(above, recorder.step("overrides", over.origin, base.origin), None, null),
    };
    // A stack of our own: depth costs no call frames.
    let mut stack = vec![first];
    while let Some(level) = stack.last_mut() {
        if let Some(entry) = level.above.next() {
            if let Some(deeper) = level.take(entry, recorder) {
                stack.push(deeper);
            }
            continue;
        }
        let Some(Level { map, origin, key, .. }) = stack.pop() else { break };
        let node = Node { value: Value::Map(map), origin };
        match (stack.last_mut(), key) {
            (Some(parent), Some(key)) => {
                if let Some(value) = parent.map.get_mut(key) {
                    *value = node;
                }
            }
            _ => return node,
        }
    }
    base.clone()
}

/// One mapping that is being merged into.
struct Level<'a> {
    map: Map,
    origin: Origin,
    above: std::slice::Iter<'a, Entry>,
    /// Its key in the level above.
    key: Option<&'a str>,
    /// What nulls do in it.
    null: NullRule,
}

impl<'a> Level<'a> {
    fn empty(above: &'a Map, origin: Origin, key: Option<&'a str>, null: NullRule) -> Self {
        Self { map: Map::new(), origin, above: above.iter(), key, null }
    }

    /// Merges one entry; a level to go on with if it has to be merged key by key.
    fn take(&mut self, entry: &'a Entry, recorder: &Recorder) -> Option<Level<'a>> {
        let null = self.null.of(&entry.key);
        let delete = null != NullRule::Keep;
        let Some(old) = self.map.get_mut(&entry.key) else {
            return match &entry.value.value {
                Value::Null if delete => None,
                Value::Map(above) if delete && has_null(above) => {
                    self.map.insert(entry.key.clone(), entry.key_origin, Node::default());
                    Some(Self::empty(above, entry.value.origin, Some(&entry.key), null))
                }
                _ => {
                    self.map.insert(entry.key.clone(), entry.key_origin, entry.value.clone());
                    None
                }
            };
        };
        match &entry.value.value {
            Value::Null if delete => {
                self.map.remove(&entry.key);
                None
            }
            Value::Map(above) => {
                // Take it out, so that the deeper level is its only owner and writes in place.
                let Node { value, origin } = std::mem::take(old);
                Some(match value {
                    Value::Map(map) => Level { map, origin, above: above.iter(), key: Some(&entry.key), null },
                    _ => {
                        let origin = recorder.step("overrides", entry.value.origin, origin);
                        Self::empty(above, origin, Some(&entry.key), null)
                    }
                })
            }
            _ => {
                *old = replaced(old, &entry.value, recorder);
                None
            }
        }
    }
}

fn replaced(base: &Node, over: &Node, recorder: &Recorder) -> Node {
    Node { value: over.value.clone(), origin: recorder.step("overrides", over.origin, base.origin) }
}

fn has_null(map: &Map) -> bool {
    let mut stack = vec![map.iter()];
    while let Some(top) = stack.last_mut() {
        match top.next().map(|e| &e.value.value) {
            Some(Value::Null) => return true,
            Some(Value::Map(map)) => stack.push(map.iter()),
            Some(_) => {}
            None => {
                stack.pop();
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml::{Dialect, emit, parse};

    fn node(text: &str) -> Node {
        parse(FileId::NONE, text, Dialect::Config).into_first()
    }

    fn merged(base: &str, over: &str, null: NullRule) -> String {
        emit(&merge(&node(base), &node(over), null, &Recorder::off()))
    }

    #[test]
    fn mappings_merge_and_the_rest_replaces() {
        let base = "a: {x: 1, w: [1, 2]}\nb: 1\n";
        let over = "a: {w: [3], z: 4}\nb: {c: 1}\n";
        assert_eq!(merged(base, over, NullRule::Delete), "a:\n  w:\n  - 3\n  x: 1\n  z: 4\nb:\n  c: 1\n");
    }

    #[test]
    fn a_null_deletes_or_stays() {
        let base = "a: {x: 1, z: 2}\nb: 1\n";
        let over = "a: {x: null}\nb: ~\nnew: {deep: {gone: null, kept: 1}}\n";
        assert_eq!(merged(base, over, NullRule::Delete), "a:\n  z: 2\nnew:\n  deep:\n    kept: 1\n");
        assert_eq!(
            merged(base, over, NullRule::Keep),
            "a:\n  x: null\n  z: 2\nb: null\nnew:\n  deep:\n    gone: null\n    kept: 1\n"
        );
    }

    #[test]
    fn what_is_replaced_is_remembered() {
        let sources = crate::source::Sources::new();
        let read = |name: &str, text: &str| {
            let file = sources.add(name, text, crate::source::SourceKind::File);
            parse(file.id, &file.text, Dialect::Config).into_first()
        };
        let (base, over) = (read("base", "a:\n  b: 1\n"), read("over", "a: {b: 2}\n"));
        let recorder = Recorder::recording();
        let node = merge(&base, &over, NullRule::Delete, &recorder);
        let origin = node.at(&["a", "b"]).map(|n| n.origin).unwrap_or(Origin::NONE);
        let step = recorder.get(origin).expect("a step");
        assert_eq!((sources.place(step.by), sources.place(step.was)), ("over:1:8".to_owned(), "base:2:6".to_owned()));
    }
}
