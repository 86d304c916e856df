//! Lets `jsonschema` read [`Node`]s as they are: no copy into `serde_json` on the way.
//!
//! A node's identity is its address. Sequences and maps are shared, so one node may be reached by two paths at once
//! (an alias, a list that a merge reused); it is then the same node with the same verdict, and since a shared tree has
//! no cycles it never lies below itself, which is all that the cycle detection asks. The tree is borrowed for as long
//! as a validation runs, so no address passes to a later node.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node as JsonNode, NodeIdentity, Object};
use serde_json::Number as SerdeNumber;

use super::{Map, Node, Value};

/// The value tree as a JSON representation. Maps keep string keys and Go's numbers, so every node has a meaning in
/// JSON but infinities and NaN, which read as numbers that are not integers.
pub enum Yaml {}

impl Json for Yaml {
    type Node<'a> = &'a Node;
    type PreparedKey = Box<str>;
    type StringBuffer = Option<Node>;

    // A look-up scans the map, as a pass over its members does.
    const KEYS_PER_LOOKUP: usize = 4;

    fn prepare_key(key: &str) -> Box<str> {
        key.into()
    }

    fn with_string_node<T>(buffer: &mut Option<Node>, string: &str, f: impl FnOnce(&Node) -> T) -> T {
        f(buffer.insert(Node::made(string)))
    }
}

impl<'a> JsonNode<'a, Yaml> for &'a Node {
    type Object = &'a Map;
    type Array = &'a [Node];
    type Number = Number;

    fn as_object(&self) -> Option<&'a Map> {
        self.as_map()
    }

    fn as_array(&self) -> Option<&'a [Node]> {
        self.as_seq()
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        self.as_str().map(Cow::Borrowed)
    }

    fn as_number(&self) -> Option<Number> {
        match self.value {
            Value::Int(n) => Some(Number::Int(n)),
            Value::UInt(n) => Some(Number::UInt(n)),
            Value::Float(n) => Some(Number::Float(n)),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        self.as_bool()
    }

    fn is_null(&self) -> bool {
        Node::is_null(self)
    }

    fn is_string(&self) -> bool {
        matches!(self.value, Value::Str(_))
    }

    fn json_type(&self) -> JsonType {
        match self.value {
            Value::Null => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Int(_) | Value::UInt(_) | Value::Float(_) => JsonType::Number,
            Value::Str(_) => JsonType::String,
            Value::Seq(_) => JsonType::Array,
            Value::Map(_) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &serde_json::Value) -> bool {
        use serde_json::Value as Json;
        match (&self.value, expected) {
            (Value::Null, Json::Null) => true,
            (Value::Bool(a), Json::Bool(b)) => a == b,
            (Value::Str(a), Json::String(b)) => a == b,
            (Value::Int(_) | Value::UInt(_) | Value::Float(_), Json::Number(b)) => {
                self.as_number().is_some_and(|a| jsonschema::json::cmp::equal_numbers(&a, b))
            }
            (Value::Seq(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (&a).equals_value(b)),
            (Value::Map(a), Json::Object(b)) => {
                a.len() == b.len()
                    && a.iter().all(|e| b.get(e.key.as_str()).is_some_and(|v| (&&e.value).equals_value(v)))
            }
            _ => false,
        }
    }

    fn to_value(&self) -> Cow<'a, serde_json::Value> {
        Cow::Owned(self.to_json_value())
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(std::ptr::from_ref::<Node>(self).addr()))
    }
}

impl<'a> Object<'a, Yaml> for &'a Map {
    type Node = &'a Node;
    type MemberName = &'a str;
    type MembersIter = Members<'a>;

    fn len(&self) -> usize {
        Map::len(self)
    }

    fn get(&self, key: &Box<str>) -> Option<&'a Node> {
        Map::get(self, key)
    }

    fn members(&self) -> Members<'a> {
        Members(self.iter())
    }
}

/// The members of a map, in order.
pub struct Members<'a>(std::slice::Iter<'a, super::Entry>);

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, &'a Node);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|e| (e.key.as_str(), &e.value))
    }
}

impl<'a> Array<'a, Yaml> for &'a [Node] {
    type Node = &'a Node;
    type ElementsIter = std::slice::Iter<'a, Node>;

    fn len(&self) -> usize {
        <[Node]>::len(self)
    }

    fn elements(&self) -> std::slice::Iter<'a, Node> {
        (*self).iter()
    }
}

/// A number of a [`Node`].
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// Fits an `i64`.
    Int(i64),
    /// Above it.
    UInt(u64),
    /// Any other.
    Float(f64),
}

impl Number {
    /// JSON's number; none for infinities and NaN.
    fn json(self) -> Option<SerdeNumber> {
        match self {
            Self::Int(n) => Some(n.into()),
            Self::UInt(n) => Some(n.into()),
            Self::Float(n) => SerdeNumber::from_f64(n),
        }
    }
}

impl JsonNumber for Number {
    fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::Int(n) => u64::try_from(n).ok(),
            Self::UInt(n) => Some(n),
            Self::Float(_) => None,
        }
    }

    fn as_i64(&self) -> Option<i64> {
        if let Self::Int(n) = *self { Some(n) } else { None }
    }

    #[expect(clippy::cast_precision_loss, reason = "JSON Schema compares with a float's bound")]
    fn as_f64(&self) -> Option<f64> {
        Some(match *self {
            Self::Int(n) => n as f64,
            Self::UInt(n) => n as f64,
            Self::Float(n) => n,
        })
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Owned(match *self {
            Self::Int(n) => n.to_string(),
            Self::UInt(n) => n.to_string(),
            Self::Float(n) => n.to_string(),
        })
    }

    fn to_number(&self) -> Cow<'_, SerdeNumber> {
        Cow::Owned(self.json().unwrap_or_else(|| 0.into()))
    }

    fn is_integer(&self) -> bool {
        match *self {
            Self::Int(_) | Self::UInt(_) => true,
            Self::Float(n) => n.is_finite() && n.fract() == 0.0,
        }
    }

    fn is_written_as_integer(&self) -> bool {
        !matches!(self, Self::Float(_))
    }
}

impl Node {
    /// A copy in `serde_json`'s form, for serde's types and for what is not done often. Infinities and NaN become null.
    pub fn to_json_value(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Str(s) => Json::String(s.as_str().to_owned()),
            Value::Int(n) => Json::from(*n),
            Value::UInt(n) => Json::from(*n),
            Value::Float(n) => SerdeNumber::from_f64(*n).map_or(Json::Null, Json::Number),
            Value::Seq(seq) => Json::Array(seq.iter().map(Self::to_json_value).collect()),
            Value::Map(map) => {
                Json::Object(map.iter().map(|e| (e.key.as_str().to_owned(), e.value.to_json_value())).collect())
            }
        }
    }
}
