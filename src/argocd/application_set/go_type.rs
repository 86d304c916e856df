//! Go's types, as far as Applications and ApplicationSets have them, and what Go's JSON decoder makes of a manifest by
//! them.
//!
//! What comes out is in *normal form*: fields by their own names and in the order of the struct, none that the struct
//! doesn't have, and none that is Go's zero value. In it, absent and zero are one, as they are in Go.

use ecow::{EcoString, EcoVec};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Origin;
use crate::yaml::{Entry, Map, Node, Value};

/// A type.
pub enum Type {
    /// `string`.
    Text,
    /// `bool`.
    Flag,
    /// `int64`.
    Integer,
    /// `intstr.IntOrString`.
    IntegerOrText,
    /// A slice.
    List(&'static Type),
    /// `map[string]string`.
    Texts,
    /// `map[string]bool`.
    Flags,
    /// JSON that is kept as it is: `apiextensionsv1.JSON`, `runtime.RawExtension`.
    Json,
    /// A map of JSON that is kept as it is.
    Jsons,
    /// A struct.
    Struct(&'static Struct),
    /// A pointer: present and zero is something else than absent.
    Pointer(&'static Type),
}

/// A list of strings.
pub const LIST: Type = Type::List(&Type::Text);

/// A struct.
pub struct Struct {
    /// Its Go name.
    pub go: &'static str,
    /// What it is, for people: `a source`.
    pub what: &'static str,
    /// Its fields, those of embedded structs among them, in the order of Go.
    pub fields: &'static [Field],
}

/// A field of a struct.
pub struct Field {
    /// Its JSON name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether it is written even when it is zero (no `omitempty`).
    pub always: bool,
}

/// A field that is left out when it is zero.
pub const fn field(name: &'static str, ty: Type) -> Field {
    Field { name, ty, always: false }
}

/// A field that is always written.
pub const fn always(name: &'static str, ty: Type) -> Field {
    Field { name, ty, always: true }
}

impl Struct {
    /// The field that a key means to Go: one of exactly this name, or else one in another case.
    pub fn find(&self, key: &str) -> Option<&'static Field>
    where
        Self: 'static,
    {
        let fields = self.fields;
        fields.iter().find(|f| f.name == key).or_else(|| fields.iter().find(|f| f.name.eq_ignore_ascii_case(key)))
    }

    fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.fields.iter().map(|f| f.name)
    }
}

impl Type {
    /// Go's name of it, as errors print it.
    pub fn go(&self) -> String {
        match self {
            Self::Text => "string".to_owned(),
            Self::Flag => "bool".to_owned(),
            Self::Integer => "int64".to_owned(),
            Self::IntegerOrText => "intstr.IntOrString".to_owned(),
            Self::List(of) => format!("[]{}", of.go()),
            Self::Texts => "map[string]string".to_owned(),
            Self::Flags => "map[string]bool".to_owned(),
            Self::Json => "json".to_owned(),
            Self::Jsons => "v1alpha1.PluginParameters".to_owned(),
            Self::Struct(of) => format!("v1alpha1.{}", of.go),
            Self::Pointer(to) => to.go(),
        }
    }
}

/// Decodes manifests, and gathers what is wrong with them.
pub struct Decoder {
    /// Mistakes, and fields that are dropped.
    pub diagnostics: Diagnostics,
    /// The first mistake, in Go's words.
    pub said: Option<String>,
    code: Code,
    /// The names that lead to the value.
    path: Vec<&'static str>,
    owner: &'static str,
    /// Whether fields that are dropped are told.
    tells_dropped: bool,
}

impl Decoder {
    /// A decoder whose mistakes have this code.
    pub fn new(code: Code) -> Self {
        let (diagnostics, said, path, owner) = Default::default();
        Self { diagnostics, said, code, path, owner, tells_dropped: true }
    }

    /// The same for what was read and told of before.
    pub fn silent(code: Code) -> Self {
        Self { tells_dropped: false, ..Self::new(code) }
    }

    /// A struct in normal form. What isn't a mapping is a mistake, and empty.
    pub fn decode(&mut self, node: &Node, target: &'static Struct) -> Node {
        self.value(node, &Type::Pointer(&Type::Json), target).unwrap_or_else(|| Node::new(Map::new(), node.origin))
    }

    fn value(&mut self, node: &Node, _: &Type, target: &'static Struct) -> Option<Node> {
        if node.is_null() { None } else { self.object(node, target) }
    }

    fn mismatch(&mut self, node: &Node, ty: &Type, expected: &str) {
        let word = match &node.value {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "bool".to_owned(),
            Value::Int(_) | Value::UInt(_) | Value::Float(_) if matches!(ty, Type::Integer) => {
                format!("number {}", crate::yaml::to_json(node))
            }
            Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number".to_owned(),
            Value::Str(_) => "string".to_owned(),
            Value::Seq(_) => "array".to_owned(),
            Value::Map(_) => "object".to_owned(),
        };
        let go = ty.go();
        let said = match self.path.as_slice() {
            [] => format!("json: cannot unmarshal {word} into Go value of type {go}"),
            path => {
                format!(
                    "json: cannot unmarshal {word} into Go struct field {}.{} of type {go}",
                    self.owner,
                    path.join(".")
                )
            }
        };
        let kind = node.value.kind();
        let place = self.path.last().map_or_else(|| "it".to_owned(), |name| format!("`{name}`"));
        let message = format!("{place} is {kind}, expected {expected}");
        let mut diagnostic = Diagnostic::error(self.code, message).at(node.origin, format!("not {expected}"));
        let scalar = matches!(&node.value, Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_));
        if expected == "a string" && scalar {
            diagnostic = diagnostic.hint("put it in quotes");
        }
        if let (Value::Str(text), Type::Integer | Type::Flag) = (&node.value, ty)
            && text.contains("{{")
        {
            diagnostic = diagnostic.hint("only strings can be templated: use `templatePatch` for other types");
        }
        self.said.get_or_insert(said);
        self.diagnostics.push(diagnostic);
    }

    /// A value in normal form; none if it is zero.
    pub fn typed(&mut self, node: &Node, ty: &'static Type) -> Option<Node> {
        if node.is_null() {
            return None;
        }
        match ty {
            Type::Pointer(inner) => {
                let found = self.typed(node, inner);
                // Present, if it is of the right type at all.
                found.or_else(|| fits(node, inner).then(|| zero(inner, node.origin)))
            }
            Type::Text => match &node.value {
                Value::Str(text) => (!text.is_empty()).then(|| node.clone()),
                _ => self.wrong(node, ty, "a string"),
            },
            Type::Flag => match node.value {
                Value::Bool(flag) => flag.then(|| node.clone()),
                _ => self.wrong(node, ty, "true or false"),
            },
            Type::Integer => match node.value {
                Value::Int(n) => (n != 0).then(|| node.clone()),
                _ => self.wrong(node, ty, "an integer"),
            },
            Type::IntegerOrText => match &node.value {
                Value::Str(_) => Some(node.clone()),
                Value::Int(n) if i32::try_from(*n).is_ok() => Some(node.clone()),
                _ => self.wrong(node, ty, "an integer or a string"),
            },
            Type::List(of) => self.list(node, ty, of),
            Type::Texts | Type::Flags | Type::Jsons => self.entries(node, ty),
            Type::Json => Some(node.clone()),
            Type::Struct(target) => self.object(node, target).filter(|n| n.as_map().is_some_and(|m| !m.is_empty())),
        }
    }

    fn wrong(&mut self, node: &Node, ty: &Type, expected: &str) -> Option<Node> {
        self.mismatch(node, ty, expected);
        None
    }

    fn list(&mut self, node: &Node, ty: &Type, of: &'static Type) -> Option<Node> {
        let Value::Seq(items) = &node.value else { return self.wrong(node, ty, "a list") };
        let items: EcoVec<Node> = items
            .iter()
            .map(|item| match self.typed(item, of) {
                Some(item) => item,
                None => zero(of, item.origin),
            })
            .collect();
        (!items.is_empty()).then(|| Node { value: Value::Seq(items), origin: node.origin })
    }

    fn entries(&mut self, node: &Node, ty: &'static Type) -> Option<Node> {
        let Value::Map(map) = &node.value else { return self.wrong(node, ty, "a mapping") };
        let of: &'static Type = match ty {
            Type::Texts => &Type::Text,
            Type::Flags => &Type::Flag,
            _ => &Type::Json,
        };
        let mut entries = EcoVec::with_capacity(map.len());
        for entry in map {
            let value = self.typed(&entry.value, of).unwrap_or_else(|| zero(of, entry.value.origin));
            entries.push(Entry { value, ..entry.clone() });
        }
        (!entries.is_empty()).then(|| Node::new(Map::from_unique(entries), node.origin))
    }

    fn object(&mut self, node: &Node, target: &'static Struct) -> Option<Node> {
        let Value::Map(map) = &node.value else {
            return self.wrong(node, &Type::Struct(target), "a mapping");
        };
        let mut found: Vec<Option<Entry>> = vec![None; target.fields.len()];
        let owner = std::mem::replace(&mut self.owner, target.go);
        for entry in map {
            let Some(field) = target.find(&entry.key) else {
                self.dropped(entry, target);
                continue;
            };
            self.path.push(field.name);
            let value = self.typed(&entry.value, &field.ty);
            self.path.pop();
            let at = target.fields.iter().position(|f| f.name == field.name).unwrap_or_default();
            if let Some(slot) = found.get_mut(at) {
                // Of a name in two cases, Go takes the later.
                *slot = value.map(|value| Entry { key: field.name.into(), key_origin: entry.key_origin, value });
            }
        }
        self.owner = owner;
        Some(Node::new(Map::from_unique(found.into_iter().flatten().collect()), node.origin))
    }

    fn dropped(&mut self, entry: &Entry, target: &'static Struct) {
        if !self.tells_dropped {
            return;
        }
        let message = format!("{} has no field `{}`: Argo CD drops it", target.what, entry.key);
        self.diagnostics.push(
            Diagnostic::warning(Code::UNKNOWN_KEY, message)
                .at(entry.key_origin, "dropped")
                .did_you_mean(&entry.key, target.names()),
        );
    }
}

/// Whether a node is of the kind that a type wants.
fn fits(node: &Node, ty: &Type) -> bool {
    match ty {
        Type::Text => node.as_str().is_some(),
        Type::Flag => node.as_bool().is_some(),
        Type::Integer => node.as_i64().is_some(),
        Type::IntegerOrText => node.as_str().is_some() || node.as_i64().is_some(),
        Type::List(_) => node.as_seq().is_some(),
        Type::Texts | Type::Flags | Type::Jsons | Type::Struct(_) => node.as_map().is_some(),
        Type::Json => true,
        Type::Pointer(inner) => fits(node, inner),
    }
}

/// Go's zero value of a type, as it is written where it has to be.
pub fn zero(ty: &Type, origin: Origin) -> Node {
    let value = match ty {
        Type::Text => Value::Str(EcoString::new()),
        Type::Flag => Value::Bool(false),
        Type::Integer | Type::IntegerOrText => Value::Int(0),
        Type::List(_) => Value::Seq(EcoVec::new()),
        Type::Texts | Type::Flags | Type::Jsons | Type::Struct(_) => Value::Map(Map::new()),
        Type::Json => Value::Null,
        Type::Pointer(inner) => return zero(inner, origin),
    };
    Node { value, origin }
}

/// A struct in normal form with the fields that are written even when they are zero.
pub fn complete(node: &Node, target: &'static Struct) -> Node {
    let map = node.as_map();
    let mut entries = EcoVec::with_capacity(target.fields.len());
    for field in target.fields {
        match map.and_then(|map| map.entry(field.name)) {
            Some(entry) => entries.push(Entry { value: complete_typed(&entry.value, &field.ty), ..entry.clone() }),
            None if field.always => {
                let value = complete_typed(&zero(&field.ty, node.origin), &field.ty);
                entries.push(Entry { key: field.name.into(), key_origin: node.origin, value });
            }
            None => {}
        }
    }
    Node::new(Map::from_unique(entries), node.origin)
}

fn complete_typed(node: &Node, ty: &'static Type) -> Node {
    match (ty, &node.value) {
        (Type::Pointer(inner), _) => complete_typed(node, inner),
        (Type::Struct(target), Value::Map(_)) => complete(node, target),
        (Type::List(of @ (Type::Struct(_) | Type::Pointer(_))), Value::Seq(items)) => {
            Node { value: Value::Seq(items.iter().map(|item| complete_typed(item, of)).collect()), ..*node }
        }
        _ => node.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::application::{APPLICATION, TEMPLATE};
    use super::*;
    use crate::source::FileId;
    use crate::yaml::{Dialect, parse, to_json};

    fn decoded(text: &str, target: &'static Struct) -> (Node, Vec<String>, Option<String>) {
        let mut decoder = Decoder::new(Code::INVALID_APPLICATION_SET);
        let node = decoder.decode(&parse(FileId::NONE, text, Dialect::Kubernetes).into_first(), target);
        (node, decoder.diagnostics.into_iter().map(|d| d.message).collect(), decoder.said)
    }

    #[test]
    fn zero_values_are_absent_but_behind_pointers() {
        let text = "{metadata: {name: '', labels: {a: ''}, finalizers: []}, spec: {source: {repoURL: '', helm: {skipCrds: \
                    false}}, syncPolicy: {automated: {prune: false}}, revisionHistoryLimit: 0}}";
        let (node, told, _) = decoded(text, &TEMPLATE);
        assert_eq!(told, [""; 0]);
        assert_eq!(
            to_json(&node),
            r#"{"metadata":{"labels":{"a":""}},"spec":{"revisionHistoryLimit":0,"source":{"helm":{}},"syncPolicy":{"automated":{"prune":false}}}}"#
        );
        assert_eq!(
            to_json(&complete(&node, &TEMPLATE)),
            r#"{"metadata":{"labels":{"a":""}},"spec":{"destination":{},"project":"","revisionHistoryLimit":0,"source":{"helm":{},"repoURL":""},"syncPolicy":{"automated":{"prune":false}}}}"#
        );
    }

    #[test]
    fn keys_are_found_in_another_case_and_others_dropped() {
        let (node, told, _) = decoded("{spec: {Project: p, projekt: q}}", &TEMPLATE);
        assert_eq!(node.str_at(&["spec", "project"]), Some("p"));
        assert_eq!(told, ["`spec` has no field `projekt`: Argo CD drops it"]);
    }

    #[test]
    fn mistakes_are_told_in_gos_words_too() {
        let (_, told, said) = decoded("{spec: {source: {path: 1}, info: {}}}", &APPLICATION);
        assert_eq!(told.len(), 2);
        let expected =
            "json: cannot unmarshal number into Go struct field ApplicationSource.spec.source.path of type string";
        assert_eq!(said.as_deref(), Some(expected));
    }
}
