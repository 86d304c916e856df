//! `plugin`: what a plugin answered, as it was recorded (applicationset/generators/plugin.go).

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::failure::Failure;
use super::inputs::Asked;
use super::params::{Param, Params, flatten_node, floats, show_node};
use super::run::Run;
use super::values::Values;
use crate::render::helm::gotemplate::call::{Fault, Meter};
use crate::render::helm::gotemplate::value::{Body, ListRef, MapRef, MapType, Object, Tracked, Value};
use crate::source::Origin;
use crate::yaml::{self, Map, Node};

/// The parameter sets of a plugin's answer.
///
/// # Errors
/// There is no answer, or a template of `values` fails.
pub fn generate(run: &Run, generator: &Node) -> Result<Vec<Params>, Failure> {
    let Some(input) = run.outside.inputs.plugin(generator) else {
        return Err(run.missing_input(Asked::Plugin, generator));
    };
    let none = Map::new();
    let given = generator.at(&["input", "parameters"]);
    let given_at = given.map_or(generator.origin, |given| given.origin);
    let given = Arc::new(given.and_then(Node::as_map).unwrap_or(&none).clone());
    let values = Values::of(run, generator);
    let mut made = Vec::new();
    for object in input.get("parameters").and_then(Node::as_seq).unwrap_or_default() {
        let object = floats(object);
        let mut params = if run.language.go {
            object.as_map().map(Params::of).unwrap_or_default()
        } else {
            let mut params = Params::new();
            for entry in object.as_map().into_iter().flatten() {
                flatten_node(&entry.value, entry.key.clone(), &mut |key, node| {
                    params.text(key, show_node(node), node.origin);
                });
            }
            params
        };
        params.set("generator", given_at, Param::Input(Arc::clone(&given), given_at));
        values.add_to(run, &mut params).map_err(|failure| failure.within("error generating params: "))?;
        made.push(params);
    }
    Ok(made)
}

/// What templates see of a plugin's input.
pub(super) fn input_value(input: &Map) -> Value {
    let parameters = parameters_value(input);
    MapRef::of(MapType::Any, BTreeMap::from([("input".into(), parameters.into())])).into()
}

/// The same below `input`.
pub(super) fn parameters_value(input: &Map) -> Value {
    let entries = input.iter().map(|entry| {
        let object: Rc<dyn Object> = Rc::new(Json { raw: raw(&entry.value) });
        (entry.key.clone(), Value::Object(object).into())
    });
    let parameters: Value = if input.is_empty() {
        MapRef::nil(MapType::Any).into()
    } else {
        MapRef::of(MapType::Any, entries.collect()).into()
    };
    MapRef::of(MapType::Any, BTreeMap::from([("parameters".into(), parameters.into())])).into()
}

fn raw(node: &Node) -> Vec<u8> {
    if node.is_null() { Vec::new() } else { yaml::to_json(node).into_bytes() }
}

/// `apiextensionsv1.JSON`: a struct of bytes.
#[derive(Debug)]
struct Json {
    raw: Vec<u8>,
}

impl Json {
    fn bytes(&self) -> Value {
        Value::List(ListRef::bytes(self.raw.as_slice().into()))
    }
}

impl Object for Json {
    fn type_name(&self) -> &str {
        "v1.JSON"
    }

    fn kind(&self) -> &'static str {
        "struct"
    }

    fn show(&self) -> String {
        let bytes: Vec<String> = self.raw.iter().map(u8::to_string).collect();
        format!("{{[{}]}}", bytes.join(" "))
    }

    fn stringer(&self) -> bool {
        false
    }

    fn body(&self) -> Body {
        Body::Struct(vec![("Raw", self.bytes())])
    }

    fn field(&self, name: &str) -> Option<Tracked> {
        (name == "Raw").then(|| self.bytes().into())
    }

    fn to_node(&self, _: &mut Meter) -> Result<Node, Fault> {
        let text = String::from_utf8_lossy(&self.raw);
        let node = yaml::unmarshal(&text).unwrap_or_default();
        Ok(Node { origin: Origin::NONE, ..node })
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
