//! Go's types, as far as kustomize's configuration has them, and what Go's JSON decoder makes of a document by them. What
//! comes out is a tree with the fields' own names, in which nothing can be of a wrong type: [`super::make`] takes it from
//! there.

use std::borrow::Cow;

use ecow::{EcoString, EcoVec};

use super::super::failure::Failure;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::go;
use crate::yaml::{self, Entry, Map, Node, Value};

/// A type.
pub enum Type {
    /// A string, by its Go name.
    Text(&'static str),
    /// A boolean.
    Flag,
    /// An integer, by its Go name.
    Number(&'static str),
    /// A list, by its Go name, and what is in it.
    List(&'static str, &'static Type),
    /// A map of strings.
    Texts,
    /// A map of anything.
    Values,
    /// A struct.
    Struct(&'static Struct),
    /// A pointer: what may be absent.
    Pointer(&'static Type),
}

/// A string.
pub const TEXT: Type = Type::Text("string");
/// A list of strings.
pub const LIST: Type = Type::List("[]string", &TEXT);

/// A struct.
pub struct Struct {
    /// Its Go name, with its package.
    pub go: &'static str,
    /// What it is, for people: `an image`.
    pub what: &'static str,
    /// Its fields, in the order of Go.
    pub parts: &'static [Part],
}

/// A field of a struct.
pub enum Part {
    /// One with a name of its own.
    Field(&'static str, Type),
    /// An embedded struct, by its Go name: its fields count as fields of the outer one.
    Embedded(&'static str, &'static Struct),
}

use Part::{Embedded, Field};

/// A field that was found, and the embedded structs that it stands in.
struct Found {
    name: &'static str,
    ty: &'static Type,
    /// Outermost first.
    within: Vec<(&'static str, &'static Struct)>,
}

impl Struct {
    /// Its Go name, without its package; none if it has none.
    fn name(&self) -> &'static str {
        if self.go.starts_with("struct {") { "" } else { self.go.rsplit('.').next().unwrap_or(self.go) }
    }

    /// The fields' names, those of embedded structs included.
    fn names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for part in self.parts {
            match part {
                Field(name, _) => names.push(*name),
                Embedded(_, inner) => names.extend(inner.names()),
            }
        }
        names
    }

    fn search(&'static self, fits: &dyn Fn(&str) -> bool) -> Option<Found> {
        self.parts.iter().find_map(|part| match part {
            Field(name, ty) => fits(name).then(|| Found { name, ty, within: Vec::new() }),
            Embedded(go, inner) => inner.search(fits).map(|mut found| {
                found.within.insert(0, (go, inner));
                found
            }),
        })
    }

    /// The field that a key means: one of exactly this name, or else one in another case.
    fn find(&'static self, key: &str) -> Option<Found> {
        self.search(&|name| name == key).or_else(|| self.search(&|name| folds(name, key)))
    }
}

/// Whether two names are the same but for case, as Unicode folds it: `ſ` is an `s`, and the sign for Kelvin a `k`.
fn folds(name: &str, key: &str) -> bool {
    if key.is_ascii() {
        return name.eq_ignore_ascii_case(key);
    }
    let fold = |c: char| match c {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    name.chars().map(fold).eq(key.chars().map(fold))
}

/// What sigs.k8s.io/yaml's `Unmarshal` does to a document before Go's decoder sees it: numbers and booleans become strings
/// where it finds that a string is wanted. It doesn't find the fields of embedded structs, and looks at what stands below
/// one as if that were the embedded struct.
pub fn coerce<'n>(node: &'n Node, target: &'static Type) -> Cow<'n, Node> {
    coerce_to(node, Some(Target::Type(target)))
}

/// The same, where a struct is the target.
pub fn coerce_struct(node: &Node, target: &'static Struct) -> Node {
    coerce_to(node, Some(Target::Struct(target))).into_owned()
}

#[derive(Clone, Copy)]
enum Target {
    Type(&'static Type),
    Struct(&'static Struct),
}

fn coerce_to(node: &Node, target: Option<Target>) -> Cow<'_, Node> {
    let target = match target {
        Some(Target::Type(Type::Pointer(inner))) => Some(Target::Type(inner)),
        Some(Target::Type(Type::Struct(inner))) => Some(Target::Struct(inner)),
        target => target,
    };
    // Nothing below asks for strings.
    let Some(target) = target else { return Cow::Borrowed(node) };
    match &node.value {
        Value::Map(map) => {
            let mut changed: Option<Map> = None;
            for (at, entry) in map.iter().enumerate() {
                let target = match target {
                    Target::Struct(target) => target.find(&entry.key).map(|found| match found.within.first() {
                        Some((_, embedded)) => Target::Struct(embedded),
                        None => Target::Type(found.ty),
                    }),
                    Target::Type(Type::Texts) => Some(Target::Type(&TEXT)),
                    Target::Type(_) => None,
                };
                if let Cow::Owned(value) = coerce_to(&entry.value, target)
                    && let Some(slot) = changed.get_or_insert_with(|| map.clone()).entries_mut().get_mut(at)
                {
                    slot.value = value;
                }
            }
            changed.map_or(Cow::Borrowed(node), |map| Cow::Owned(Node::new(map, node.origin)))
        }
        Value::Seq(items) => {
            let Target::Type(Type::List(_, of)) = target else { return Cow::Borrowed(node) };
            let mut changed: Option<EcoVec<Node>> = None;
            for (at, item) in items.iter().enumerate() {
                if let Cow::Owned(value) = coerce_to(item, Some(Target::Type(of)))
                    && let Some(slot) = changed.get_or_insert_with(|| items.clone()).make_mut().get_mut(at)
                {
                    *slot = value;
                }
            }
            changed.map_or(Cow::Borrowed(node), |items| Cow::Owned(Node { value: Value::Seq(items), ..*node }))
        }
        scalar => match (target, as_text(scalar)) {
            (Target::Type(Type::Text(_)), Some(text)) => Cow::Owned(Node::new(text, node.origin)),
            _ => Cow::Borrowed(node),
        },
    }
}

/// A number or boolean as sigs.k8s.io/yaml writes it, floats with the digits of 32 bits.
fn as_text(value: &Value) -> Option<EcoString> {
    Some(match value {
        Value::Bool(flag) => if *flag { "true" } else { "false" }.into(),
        Value::Int(n) => ecow::eco_format!("{n}"),
        Value::UInt(n) => ecow::eco_format!("{n}"),
        #[expect(clippy::cast_possible_truncation, reason = "that loss is what upstream does")]
        Value::Float(n) => {
            // The shortest digits of a float of 32 bits are those of the double nearest to them.
            let short = *n as f32;
            go::float(format!("{short:e}").parse().unwrap_or(f64::from(short))).into()
        }
        Value::Null | Value::Str(_) | Value::Seq(_) | Value::Map(_) => return None,
    })
}

/// Go's JSON decoder.
pub struct Decoder {
    /// Whether fields that the structs don't have are mistakes.
    strict: bool,
    /// The innermost struct, and the names that lead from the outermost to the value.
    owner: &'static str,
    path: Vec<&'static str>,
    /// The value in words.
    place: String,
    /// The first mistake, in Go's words.
    said: Option<String>,
    diagnostics: Diagnostics,
}

impl Decoder {
    /// Decodes a document.
    ///
    /// # Errors
    /// All mistakes; the text is Go's of the first.
    pub fn decode(node: &Node, target: &'static Struct, strict: bool) -> Result<Node, Failure> {
        Self::decode_as(node, &|decoder, into| decoder.object(node, target, into), target.what, strict)
    }

    /// Decodes a document that is a list, passing over unknown fields.
    ///
    /// # Errors
    /// All mistakes; the text is Go's of the first.
    pub fn decode_list(node: &Node, target: &'static Type, what: &str) -> Result<Node, Failure> {
        Self::decode_as(node, &|decoder, into| decoder.value(node, target, into), what, false)
    }

    fn decode_as(
        node: &Node,
        decode: &dyn Fn(&mut Self, &mut Node),
        what: &str,
        strict: bool,
    ) -> Result<Node, Failure> {
        let (owner, path, said) = Default::default();
        let mut decoder =
            Self { strict, owner, path, place: what.to_owned(), said, diagnostics: Diagnostics::default() };
        let mut decoded = Node::default();
        decode(&mut decoder, &mut decoded);
        if decoded.is_null() {
            decoded.origin = node.origin;
        }
        match decoder.said {
            None => Ok(decoded),
            Some(text) => {
                // Go goes by the keys; people read a file from its top.
                let mut diagnostics: Vec<Diagnostic> = decoder.diagnostics.into_iter().collect();
                diagnostics.sort_by_key(|diagnostic| diagnostic.primary.as_ref().map(|label| label.span.start));
                Err(Failure { text, diagnostics: diagnostics.into_iter().collect() })
            }
        }
    }

    fn mistake(&mut self, said: String, diagnostic: Diagnostic) {
        self.said.get_or_insert(said);
        self.diagnostics.push(diagnostic);
    }

    /// A value that is not of its type.
    fn mismatch(&mut self, node: &Node, go: &str, expected: &str) {
        let word = match &node.value {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "bool".to_owned(),
            Value::Int(_) | Value::UInt(_) | Value::Float(_) if matches!(go, "int" | "int64") => {
                format!("number {}", yaml::to_json(node))
            }
            Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number".to_owned(),
            Value::Str(_) => "string".to_owned(),
            Value::Seq(_) => "array".to_owned(),
            Value::Map(_) => "object".to_owned(),
        };
        let said = match self.path.as_slice() {
            [] => format!("json: cannot unmarshal {word} into Go value of type {go}"),
            path => {
                let (owner, path) = (self.owner, path.join("."));
                format!("json: cannot unmarshal {word} into Go struct field {owner}.{path} of type {go}")
            }
        };
        let kind = node.value.kind();
        let message = format!("{} must be {expected}, found {kind}", self.place);
        let mut diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, message).at(node.origin, kind);
        if expected == "a string" && as_text(&node.value).is_some() {
            diagnostic = diagnostic.hint("put it in quotes");
        }
        if expected == "a list" && !node.is_null() {
            diagnostic = diagnostic.hint("put `- ` before it, on a line of its own, if it is the only entry");
        }
        self.mistake(said, diagnostic);
    }

    fn value(&mut self, node: &Node, ty: &'static Type, into: &mut Node) {
        match ty {
            Type::Pointer(_) if node.is_null() => *into = Node::default(),
            Type::Pointer(inner) => self.value(node, inner, into),
            Type::Text(go) => match node.value {
                Value::Null if into.is_null() => into.origin = node.origin,
                Value::Null => {}
                Value::Str(_) => *into = node.clone(),
                _ => self.mismatch(node, go, "a string"),
            },
            Type::Flag => match node.value {
                Value::Null => {}
                Value::Bool(_) => *into = node.clone(),
                _ => self.mismatch(node, "bool", "a boolean"),
            },
            Type::Number(go) => match node.value {
                Value::Null => {}
                Value::Int(_) => *into = node.clone(),
                _ => self.mismatch(node, go, "an integer"),
            },
            Type::List(go, of) => match &node.value {
                Value::Null => *into = Node::default(),
                Value::Seq(items) => {
                    // Go decodes into the elements of a list that is there already.
                    let mut list = into.as_seq().map(<[Node]>::to_vec).unwrap_or_default();
                    list.resize_with(items.len(), Node::default);
                    let place = std::mem::take(&mut self.place);
                    for (item, slot) in items.iter().zip(&mut list) {
                        self.place = format!("an entry of {place}");
                        slot.origin = item.origin;
                        self.value(item, of, slot);
                    }
                    self.place = place;
                    *into = Node::new(list, node.origin);
                }
                _ => self.mismatch(node, go, "a list"),
            },
            Type::Texts => self.entries(node, "map[string]string", into, |decoder, entry, value| {
                decoder.place = format!("`{}` in {}", entry.key, decoder.place);
                decoder.value(&entry.value, &TEXT, value);
                if value.is_null() {
                    *value = Node::new("", entry.value.origin);
                }
            }),
            Type::Values => self.entries(node, "map[string]interface {}", into, |_, entry, value| {
                *value = as_floats(&entry.value);
            }),
            Type::Struct(target) => self.object(node, target, into),
        }
    }

    fn entries(&mut self, node: &Node, go: &str, into: &mut Node, read: impl Fn(&mut Self, &Entry, &mut Node)) {
        match &node.value {
            Value::Null => *into = Node::default(),
            Value::Map(map) => {
                let mut own = EcoVec::with_capacity(map.len());
                for entry in sorted(map) {
                    let place = self.place.clone();
                    let mut value = Node::default();
                    read(self, entry, &mut value);
                    own.push(Entry { value, ..entry.clone() });
                    self.place = place;
                }
                let own = Map::from_unique(own);
                *into = match into.as_map() {
                    // Only where a field stands twice, in different cases.
                    Some(first) => Node::new(first.iter().chain(&own).cloned().collect::<Map>(), node.origin),
                    None => Node::new(own, node.origin),
                };
            }
            _ => self.mismatch(node, go, "a mapping"),
        }
    }

    fn object(&mut self, node: &Node, target: &'static Struct, into: &mut Node) {
        let map = match &node.value {
            Value::Null => return,
            Value::Map(map) => map,
            _ => return self.mismatch(node, target.go, "a mapping"),
        };
        let mut fields = into.as_map().cloned().unwrap_or_default();
        let (owner, depth) = (self.owner, self.path.len());
        let place = std::mem::take(&mut self.place);
        for entry in sorted(map) {
            let Some(found) = target.find(&entry.key) else {
                if self.strict {
                    self.unknown(entry, target);
                }
                continue;
            };
            self.owner = target.name();
            self.path.extend(found.within.iter().map(|(name, _)| *name));
            self.path.push(found.name);
            self.place = format!("`{}`", entry.key);
            let mut value = fields.remove(found.name).map(|entry| entry.value).unwrap_or_default();
            self.value(&entry.value, found.ty, &mut value);
            fields.insert(found.name, entry.key_origin, value);
            self.path.truncate(depth);
            self.owner = owner;
        }
        self.place = place;
        *into = Node::new(fields, node.origin);
    }

    fn unknown(&mut self, entry: &Entry, target: &'static Struct) {
        let said = format!("json: unknown field {}", go::quote(&entry.key));
        let diagnostic =
            Diagnostic::error(Code::INVALID_KUSTOMIZATION, format!("{} has no field `{}`", target.what, entry.key))
                .at(entry.key_origin, "no such field")
                .did_you_mean(&entry.key, target.names());
        self.mistake(said, diagnostic);
    }
}

/// The entries in the order in which the JSON between YAML and Go's decoder has them.
fn sorted(map: &Map) -> Vec<&Entry> {
    let mut entries: Vec<&Entry> = map.iter().collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    entries
}

/// A value as Go decodes what may be anything: its numbers are doubles, and lose what those can't hold.
fn as_floats(node: &Node) -> Node {
    if has_large(node) { rounded(node) } else { node.clone() }
}

fn rounded(node: &Node) -> Node {
    match &node.value {
        Value::Int(n) if n.unsigned_abs() > 1 << 53 => {
            #[expect(clippy::cast_precision_loss, reason = "that loss is meant")]
            let (float, limit) = (*n as f64, i64::MAX as f64);
            #[expect(clippy::cast_possible_truncation, reason = "it is a whole number within the limit")]
            match float < limit {
                true => Node::new(float as i64, node.origin),
                false => Node::new(float, node.origin),
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "that loss is meant")]
        Value::UInt(n) => Node::new(*n as f64, node.origin),
        Value::Seq(items) => Node { value: Value::Seq(items.iter().map(rounded).collect()), ..*node },
        Value::Map(map) => {
            let entries = map.iter().map(|entry| Entry { value: rounded(&entry.value), ..entry.clone() });
            Node::new(Map::from_unique(entries.collect()), node.origin)
        }
        _ => node.clone(),
    }
}

/// Whether a double can't hold a number of it, as far as its kind tells.
fn has_large(node: &Node) -> bool {
    match &node.value {
        Value::Int(n) => n.unsigned_abs() > 1 << 53,
        Value::UInt(_) => true,
        Value::Seq(items) => items.iter().any(has_large),
        Value::Map(map) => map.iter().any(|entry| has_large(&entry.value)),
        _ => false,
    }
}
