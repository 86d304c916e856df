//! `toYamlPretty`: the form of go-yaml v3.

use std::mem::size_of;

use ecow::EcoVec;

use super::super::gotemplate::call::{Call, Fault, Meter, ok};
use super::super::gotemplate::stack;
use super::super::gotemplate::value::{MAX_DEPTH, Tracked, Value};
use super::super::sprig::json::quiet;
use crate::source::Origin;
use crate::yaml::{self, Entry, Node};

/// YAML with indented lists, without the last line's end; empty if the value has no such form.
pub fn to_yaml_pretty(call: &mut Call) -> Result<Tracked, Fault> {
    quiet(pretty(call))
}

fn pretty(call: &mut Call) -> Result<Tracked, Fault> {
    let value = call.any(0);
    let mut meter = Meter::new(call.host);
    let node = node(&value.value, 0, &mut meter)?;
    meter.done()?;
    let mut text = yaml::emit_v3(&node);
    if text.ends_with('\n') {
        text.pop();
    }
    ok(text)
}

/// A value as go-yaml sees it: unlike JSON, it has all floats, and nil slices are empty.
fn node(value: &Value, depth: usize, meter: &mut Meter) -> Result<Node, Fault> {
    meter.value(size_of::<Entry>())?;
    if depth > MAX_DEPTH {
        return Err(Fault::limit("the value is too deep for YAML"));
    }
    match value {
        Value::Float(f) => Ok(Node::made(*f)),
        Value::Map(map) if map.as_frozen().is_none() => {
            let mut entries = EcoVec::with_capacity(map.len());
            for (key, value) in map.entries() {
                meter.shows(key.len() + 2 * depth)?;
                let value = stack::level(|| node(&value, depth + 1, meter))?;
                entries.push(Entry { key, key_origin: Origin::NONE, value });
            }
            Ok(Node::made(yaml::Map::from_unique(entries)))
        }
        Value::List(list) if list.as_frozen().is_none() => {
            let items = list.items().iter().map(|item| stack::level(|| node(item, depth + 1, meter)));
            Ok(Node::made(items.collect::<Result<Vec<Node>, Fault>>()?))
        }
        other => other.node(depth, meter),
    }
}
