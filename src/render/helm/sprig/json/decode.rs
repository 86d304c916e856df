//! JSON to values, with the errors of encoding/json.

use crate::render::go_json;
use crate::render::helm::gotemplate::value::{ListRef, ListType, MAX_DEPTH, MapRef, MapType, Tracked, Value};
use crate::source::FileId;
use crate::yaml::{self, Node};

/// What is decoded into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// `interface {}`.
    Any,
    /// `map[string]interface {}`.
    Map,
    /// `[]interface {}`.
    List,
}

/// `json.Unmarshal`: what was decoded, and what went wrong. A syntax error leaves nothing; numbers that no float holds
/// leave the rest.
pub fn decode(bytes: &[u8], target: Target) -> (Value, Option<String>) {
    let empty = || match target {
        Target::Any => Value::Nil,
        Target::Map => Value::Map(MapRef::new()),
        Target::List => Value::List(ListRef::new(Vec::new())),
    };
    let (node, range) = match go_json::read(bytes, FileId::NONE, MAX_DEPTH) {
        Ok(read) => (read.node, read.range),
        Err(error) => return (empty(), Some(error)),
    };
    if let Some(error) = type_error(&node, target) {
        return (empty(), Some(error));
    }
    if node.is_null() && range.is_some() && target != Target::Any {
        return (empty(), type_error(&Node::made(0.0), target));
    }
    let value = match node.value {
        yaml::Value::Null => match target {
            Target::Any => Value::Nil,
            Target::Map => Value::Map(MapRef::nil(MapType::Any)),
            Target::List => Value::List(ListRef::nil(ListType::Any)),
        },
        yaml::Value::Map(map) => Value::Map(MapRef::frozen(MapType::Any, map, None)),
        _ => Tracked::frozen(&node, &None).value,
    };
    (value, range)
}

/// Why a value of another kind can't be decoded into the target.
pub fn type_error(node: &Node, target: Target) -> Option<String> {
    let found = match (&node.value, target) {
        (_, Target::Any)
        | (yaml::Value::Null, _)
        | (yaml::Value::Map(_), Target::Map)
        | (yaml::Value::Seq(_), Target::List) => return None,
        (yaml::Value::Bool(_), _) => "bool",
        (yaml::Value::Int(_) | yaml::Value::UInt(_) | yaml::Value::Float(_), _) => "number",
        (yaml::Value::Str(_), _) => "string",
        (yaml::Value::Seq(_), _) => "array",
        (yaml::Value::Map(_), _) => "object",
    };
    let go = if target == Target::Map { "map[string]interface {}" } else { "[]interface {}" };
    Some(format!("json: cannot unmarshal {found} into Go value of type {go}"))
}
