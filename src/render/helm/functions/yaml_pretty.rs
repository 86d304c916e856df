//! `toYamlPretty`: the form of go-yaml v3.

use ecow::EcoVec;

use super::super::gotemplate::call::{Call, Fault, ok};
use super::super::gotemplate::value::{MAX_DEPTH, MAX_NODES, Tracked, Value};
use super::super::sprig::json::quiet;
use crate::source::Origin;
use crate::yaml::{self, Entry, Node};

/// YAML with indented lists, without the last line's end; empty if the value has no such form.
pub fn to_yaml_pretty(call: &mut Call) -> Result<Tracked, Fault> {
    quiet(pretty(call))
}

fn pretty(call: &mut Call) -> Result<Tracked, Fault> {
    let node = node(&call.any(0).value, 0, &mut 0)?;
    let mut text = yaml::emit_v3(&node);
    if text.ends_with('\n') {
        text.pop();
    }
    call.host.spend(text.len())?;
    ok(text)
}

/// A value as go-yaml sees it: unlike JSON, it has all floats, and nil slices are empty.
fn node(value: &Value, depth: usize, seen: &mut usize) -> Result<Node, Fault> {
    *seen += 1;
    if depth > MAX_DEPTH || *seen > MAX_NODES {
        return Err(Fault::limit("the value is too deep or too large for YAML"));
    }
    match value {
        Value::Float(f) => Ok(Node::made(*f)),
        Value::Map(map) if map.as_frozen().is_none() => {
            let mut entries = EcoVec::with_capacity(map.len());
            for (key, value) in map.entries() {
                entries.push(Entry { key, key_origin: Origin::NONE, value: node(&value, depth + 1, seen)? });
            }
            Ok(Node::made(yaml::Map::from_unique(entries)))
        }
        Value::List(list) if list.as_frozen().is_none() => {
            let items = list.items().iter().map(|item| node(item, depth + 1, seen));
            Ok(Node::made(items.collect::<Result<Vec<Node>, Fault>>()?))
        }
        other => other.to_node(),
    }
}
