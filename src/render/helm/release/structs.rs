//! Go structs, as templates see them: fields, a few methods, and the forms that fmt and encoding/json give them.

use std::any::Any;

use ecow::EcoVec;

use crate::render::helm::gotemplate::call::{Call, Fault, Meter, Signature};
use crate::render::helm::gotemplate::format;
use crate::render::helm::gotemplate::value::{Body, Object, Tracked, Value};
use crate::source::Origin;
use crate::yaml::{self, Node};

/// A struct, or a pointer to one.
#[derive(Debug)]
pub(super) struct Struct {
    /// Go's name of its type, `*` included for a pointer.
    pub type_name: &'static str,
    /// Whether it is a pointer to one.
    pub pointer: bool,
    /// Its fields, in Go's order.
    pub fields: Vec<Field>,
    /// Its methods, those of its pointer included.
    pub methods: &'static [Method],
}

/// A field.
#[derive(Debug)]
pub(super) struct Field {
    /// Its name in Go.
    pub name: &'static str,
    /// What encoding/json does with it.
    pub json: Json,
    /// Its value.
    pub value: Tracked,
}

/// What encoding/json does with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Json {
    /// It is written under a name.
    Name(&'static str),
    /// It is left out when empty.
    OmitEmpty(&'static str),
    /// The field is an embedded struct: its fields are those of the outer one.
    Embedded,
    /// The field isn't exported: nobody but fmt sees it.
    Hidden,
}

/// A method.
pub(super) struct Method {
    /// Its name.
    pub name: &'static str,
    /// Its parameters.
    pub signature: Signature,
    /// What it does.
    pub run: fn(&Struct) -> Result<Tracked, Fault>,
}

impl std::fmt::Debug for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Field {
    /// A field that encoding/json writes under a name.
    pub fn new(name: &'static str, json: &'static str, value: impl Into<Value>) -> Self {
        Self { name, json: Json::Name(json), value: value.into().into() }
    }

    /// A field that encoding/json leaves out when it is empty.
    pub fn omit_empty(name: &'static str, json: &'static str, value: impl Into<Value>) -> Self {
        Self { name, json: Json::OmitEmpty(json), value: value.into().into() }
    }
}

impl Struct {
    /// A field's value, also one of an embedded struct.
    pub fn get(&self, name: &str) -> Option<Tracked> {
        let seen = |f: &&Field| f.json != Json::Hidden;
        if let Some(field) = self.fields.iter().filter(seen).find(|f| f.name == name) {
            return Some(field.value.clone());
        }
        let embedded = self.fields.iter().filter(|f| f.json == Json::Embedded);
        embedded.filter_map(|f| f.value.as_object::<Self>()).find_map(|inner| inner.get(name))
    }

    /// A field's value, exported or not.
    pub fn any_field(&self, name: &str) -> Tracked {
        self.fields.iter().find(|f| f.name == name).map(|f| f.value.clone()).unwrap_or_default()
    }

    fn write(&self, entries: &mut EcoVec<yaml::Entry>, meter: &mut Meter) -> Result<(), Fault> {
        for field in &self.fields {
            let (name, omit) = match field.json {
                Json::Name(name) => (name, false),
                Json::OmitEmpty(name) => (name, true),
                Json::Hidden => continue,
                Json::Embedded => {
                    if let Some(inner) = field.value.as_object::<Self>() {
                        inner.write(entries, meter)?;
                    }
                    continue;
                }
            };
            // What is empty to encoding/json is what `if` takes for false, but for structs, which there are none of.
            if omit && !field.value.truth() {
                continue;
            }
            let value = field.value.to_node(meter)?;
            entries.push(yaml::Entry { key: name.into(), key_origin: Origin::NONE, value });
        }
        Ok(())
    }
}

impl Object for Struct {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn kind(&self) -> &'static str {
        if self.pointer { "ptr" } else { "struct" }
    }

    fn show(&self) -> String {
        let shown = |f: &Field| format::show(&f.value).unwrap_or_default();
        let fields: Vec<String> = self.fields.iter().map(|f| String::from_utf8_lossy(&shown(f)).into_owned()).collect();
        format!("{}{{{}}}", if self.pointer { "&" } else { "" }, fields.join(" "))
    }

    fn stringer(&self) -> bool {
        false
    }

    fn pointer_string(&self) -> Option<String> {
        let method = self.methods.iter().find(|m| m.name == "String")?;
        let text = (method.run)(self).ok()?;
        text.as_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    fn body(&self) -> Body {
        Body::Struct(self.fields.iter().map(|f| (f.name, f.value.value.clone())).collect())
    }

    fn field(&self, name: &str) -> Option<Tracked> {
        self.get(name)
    }

    fn method(&self, name: &str) -> Option<Signature> {
        self.methods.iter().find(|m| m.name == name).map(|m| m.signature)
    }

    fn call(&self, name: &str, _call: &mut Call) -> Result<Tracked, Fault> {
        match self.methods.iter().find(|m| m.name == name) {
            Some(method) => (method.run)(self),
            None => Err(Fault::new(format!("{} has no method {name}", self.type_name))),
        }
    }

    fn to_node(&self, meter: &mut Meter) -> Result<Node, Fault> {
        let mut entries = EcoVec::new();
        self.write(&mut entries, meter)?;
        Ok(Node::made(yaml::Value::Map(yaml::Map::from_unique(entries))))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
