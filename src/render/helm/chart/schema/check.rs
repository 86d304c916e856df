//! A node against a schema, with santhosh-tekuri/jsonschema's tree of errors: which keyword is looked at when, what ends a
//! look, and what goes below what are its own. Where Go's maps have no order, keys are in theirs.

use serde_json::{Map as Object, Value as Json};

use super::Compiled;
use super::words::{self, number, quote, quoted};
use crate::yaml::{Entry, Node, Value};

/// What is wrong at a place.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// The place, as a JSON pointer.
    pub(super) at: String,
    pub(super) kind: Kind,
    pub(super) message: String,
    pub(super) causes: Vec<Fault>,
}

/// What stands for how errors are put together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Several keywords of one schema.
    Group,
    /// What a `$ref` led to.
    Reference,
    /// A keyword.
    Keyword,
}

impl Fault {
    pub(super) fn leaf(at: String, message: String) -> Self {
        Self { at, kind: Kind::Keyword, message, causes: Vec::new() }
    }

    /// The tree as Helm prints it.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        let top: &[Self] = if self.kind == Kind::Group { &self.causes } else { std::slice::from_ref(self) };
        top.iter().for_each(|fault| fault.write(1, &mut out));
        out.trim_start_matches('\n').to_owned()
    }

    fn write(&self, indent: usize, out: &mut String) {
        let skipped = self.kind == Kind::Reference && self.causes.len() == 1;
        if !skipped {
            out.push('\n');
            out.push_str(&"  ".repeat(indent - 1));
            out.push_str(&format!("- at {}: {}", quote(&self.at), self.message));
        }
        let indent = if skipped { indent } else { indent + 1 };
        self.causes.iter().for_each(|cause| cause.write(indent, out));
    }
}

/// A schema being held against a node.
pub(super) struct Check<'s> {
    compiled: &'s Compiled,
    at: Vec<String>,
    fuel: u32,
}

/// Schemas looked at, in all; alternatives in alternatives could make any number.
const FUEL: u32 = 5_000_000;
/// Schemas within each other, references followed.
const MAX_DEPTH: usize = 400;

type Faults = Vec<Fault>;

impl<'s> Check<'s> {
    pub(super) fn new(compiled: &'s Compiled) -> Self {
        Self { compiled, at: Vec::new(), fuel: FUEL }
    }

    pub(super) fn run(mut self, node: &Node) -> Option<Fault> {
        let compiled = self.compiled;
        self.schema(&compiled.root, node, 0)
    }

    fn pointer(&self) -> String {
        self.at.iter().map(|t| format!("/{}", t.replace('~', "~0").replace('/', "~1"))).collect()
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::leaf(self.pointer(), message.into())
    }

    fn group(&self, kind: Kind, message: &str, causes: Faults) -> Fault {
        Fault { at: self.pointer(), kind, message: message.to_owned(), causes }
    }

    fn below(&mut self, schema: &Json, node: &Node, token: String, depth: usize) -> Option<Fault> {
        self.at.push(token);
        let fault = self.schema(schema, node, depth);
        self.at.pop();
        fault
    }

    fn schema(&mut self, schema: &Json, node: &Node, depth: usize) -> Option<Fault> {
        let object = match schema {
            Json::Bool(true) => return None,
            Json::Bool(false) => return Some(self.fault("false schema")),
            Json::Object(object) => object,
            _ => return None,
        };
        if depth > MAX_DEPTH || self.fuel == 0 {
            return Some(self.fault("the schema leads too deep to be checked"));
        }
        self.fuel -= 1;
        let depth = depth + 1;
        // Before draft 2019-09 a reference is all that counts.
        let old = self.compiled.draft < 2019;
        let reference = object.get("$ref").and_then(Json::as_str);
        if let (true, Some(reference)) = (old, reference) {
            return self.reference(reference, node, depth);
        }
        if let Some(fault) = self.value(object, node) {
            return Some(fault);
        }
        let mut faults: Faults = Vec::new();
        if let Some(reference) = reference {
            faults.extend(self.reference(reference, node, depth));
        }
        match &node.value {
            Value::Map(map) => self.object(object, map, depth, &mut faults),
            Value::Seq(items) => self.array(object, items, depth, &mut faults),
            Value::Str(text) => self.string(object, text, &mut faults),
            Value::Int(_) | Value::UInt(_) | Value::Float(_) => self.number(object, as_float(node), &mut faults),
            _ => {}
        }
        self.combined(object, node, depth, &mut faults);
        match faults.len() {
            0 | 1 => faults.pop(),
            _ => Some(self.group(Kind::Group, "validation failed", faults)),
        }
    }

    /// `type`, `const` and `enum`: what ends the look at a value.
    fn value(&mut self, schema: &Object<String, Json>, node: &Node) -> Option<Fault> {
        let wanted = words::types(schema.get("type"));
        if !wanted.is_empty() {
            let found = words::type_of(node);
            let integer =
                matches!(node.value, Value::Int(_) | Value::UInt(_) | Value::Float(_)) && as_float(node).fract() == 0.0;
            if !wanted.iter().any(|w| *w == found || (*w == "integer" && integer)) {
                return Some(self.fault(format!("got {found}, want {}", wanted.join(" or "))));
            }
        }
        if self.compiled.draft > 4
            && let Some(wanted) = schema.get("const")
            && !equal(node, wanted)
        {
            let message = match words::display(wanted) {
                Some(shown) => format!("value must be {shown}"),
                None => "'const' failed".to_owned(),
            };
            return Some(self.fault(message));
        }
        let choices = schema.get("enum").and_then(Json::as_array)?;
        if choices.iter().any(|choice| equal(node, choice)) {
            return None;
        }
        let shown: Option<Vec<String>> = choices.iter().map(words::display).collect();
        Some(self.fault(match shown.as_deref() {
            None => "'enum' failed".to_owned(),
            Some([one]) => format!("value must be {one}"),
            Some(several) => format!("value must be one of {}", several.join(", ")),
        }))
    }

    fn reference(&mut self, reference: &str, node: &Node, depth: usize) -> Option<Fault> {
        let compiled = self.compiled;
        let pointer = reference.strip_prefix('#')?;
        let target = compiled.root.pointer(&words::decoded(pointer))?;
        let fault = self.schema(target, node, depth)?;
        let causes = if fault.kind == Kind::Group { fault.causes } else { vec![fault] };
        Some(self.group(Kind::Reference, "validation failed", causes))
    }

    fn count(&self, schema: &Object<String, Json>, keyword: &str, got: usize, most: bool, faults: &mut Faults) {
        let Some(want) = schema.get(keyword).and_then(Json::as_f64) else { return };
        let got = got as u32;
        let bad = if most { f64::from(got) > want } else { f64::from(got) < want };
        if bad {
            let (got, want) = (words::grouped(&got.to_string()), words::grouped(&format!("{want:.0}")));
            faults.push(self.fault(format!("{keyword}: got {got}, want {want}")));
        }
    }

    fn missing(map: &crate::yaml::Map, required: &Json) -> Vec<String> {
        let names = required.as_array().into_iter().flatten().filter_map(Json::as_str);
        names.filter(|name| map.get(name).is_none()).map(str::to_owned).collect()
    }

    fn object(&mut self, schema: &Object<String, Json>, map: &crate::yaml::Map, depth: usize, faults: &mut Faults) {
        self.count(schema, "minProperties", map.len(), false, faults);
        self.count(schema, "maxProperties", map.len(), true, faults);
        let missing = schema.get("required").map(|r| Self::missing(map, r)).unwrap_or_default();
        match missing.as_slice() {
            [] => {}
            [one] => faults.push(self.fault(format!("missing property {}", quote(one)))),
            _ => faults.push(self.fault(format!("missing properties {}", quoted(&missing)))),
        }
        let members = |keyword: &str| schema.get(keyword).and_then(Json::as_object).into_iter().flatten();
        let this = Node::made(map.clone());
        for (name, dependency) in members("dependencies").filter(|(name, _)| map.get(name).is_some()) {
            if dependency.is_array() {
                self.required_with(name, map, dependency, faults);
            } else {
                faults.extend(self.schema(dependency, &this, depth));
            }
        }
        self.members(schema, map, depth, faults);
        if self.compiled.draft > 4
            && let Some(names) = schema.get("propertyNames")
        {
            for entry in sorted(map) {
                let Some(fault) = self.schema(names, &Node::made(entry.key.clone()), depth) else { continue };
                let causes = if fault.kind == Kind::Group { fault.causes } else { vec![fault] };
                // What is wrong with a name is told from the name on.
                let before = self.pointer();
                let causes = causes.into_iter().map(|cause| relative(cause, &before)).collect();
                let message = format!("invalid propertyName {}", quote(&entry.key));
                faults.push(Fault { at: String::new(), kind: Kind::Keyword, message, causes });
            }
        }
        if self.compiled.draft < 2019 {
            return;
        }
        for (_, dependent) in members("dependentSchemas").filter(|(name, _)| map.get(name).is_some()) {
            faults.extend(self.schema(dependent, &this, depth));
        }
        for (name, required) in members("dependentRequired").filter(|(name, _)| map.get(name).is_some()) {
            self.required_with(name, map, required, faults);
        }
    }

    fn required_with(&self, name: &str, map: &crate::yaml::Map, required: &Json, faults: &mut Faults) {
        let missing = Self::missing(map, required);
        if !missing.is_empty() {
            let message = format!("properties {} required, if {} exists", quoted(&missing), quote(name));
            faults.push(self.fault(message));
        }
    }

    fn members(&mut self, schema: &Object<String, Json>, map: &crate::yaml::Map, depth: usize, faults: &mut Faults) {
        let compiled = self.compiled;
        let properties = schema.get("properties").and_then(Json::as_object);
        let patterns = schema.get("patternProperties").and_then(Json::as_object);
        let additional = schema.get("additionalProperties");
        if properties.is_none() && patterns.is_none() && additional.is_none() {
            return;
        }
        let mut unknown = Vec::new();
        for entry in sorted(map) {
            let key = entry.key.as_str();
            let mut known = false;
            if let Some(property) = properties.and_then(|p| p.get(key)) {
                known = true;
                faults.extend(self.below(property, &entry.value, key.to_owned(), depth));
            }
            for (pattern, property) in patterns.into_iter().flatten() {
                if compiled.patterns.get(pattern).is_some_and(|regex| regex.is_match(key)) {
                    known = true;
                    faults.extend(self.below(property, &entry.value, key.to_owned(), depth));
                }
            }
            match additional {
                _ if known => {}
                Some(Json::Bool(false)) => unknown.push(key.to_owned()),
                Some(Json::Bool(true)) | None => {}
                Some(other) => faults.extend(self.below(other, &entry.value, key.to_owned(), depth)),
            }
        }
        if !unknown.is_empty() {
            faults.push(self.fault(format!("additional properties {} not allowed", quoted(&unknown))));
        }
    }

    fn array(&mut self, schema: &Object<String, Json>, items: &[Node], depth: usize, faults: &mut Faults) {
        self.count(schema, "minItems", items.len(), false, faults);
        self.count(schema, "maxItems", items.len(), true, faults);
        if schema.get("uniqueItems") == Some(&Json::Bool(true)) {
            let twice = items.iter().enumerate().find_map(|(i, item)| {
                let before = items.iter().take(i).position(|other| words::same(item, other))?;
                Some((before, i))
            });
            if let Some((a, b)) = twice {
                let (a, b) = (words::grouped(&a.to_string()), words::grouped(&b.to_string()));
                faults.push(self.fault(format!("items at {a} and {b} are equal")));
            }
        }
        let (first, rest) = match self.compiled.draft {
            2020 => (schema.get("prefixItems").and_then(Json::as_array), schema.get("items")),
            _ => match schema.get("items") {
                Some(Json::Array(list)) => (Some(list), schema.get("additionalItems")),
                one => (None, one),
            },
        };
        let first = first.map(Vec::as_slice).unwrap_or_default();
        for (i, (item, schema)) in items.iter().zip(first).enumerate() {
            faults.extend(self.below(schema, item, i.to_string(), depth));
        }
        let listed = self.compiled.draft < 2020 && schema.get("items").is_some_and(Json::is_array);
        if listed && rest == Some(&Json::Bool(false)) {
            if items.len() > first.len() {
                let count = words::grouped(&(items.len() - first.len()).to_string());
                faults.push(self.fault(format!("last {count} additionalItem(s) not allowed")));
            }
        } else if let Some(rest) = rest {
            for (i, item) in items.iter().enumerate().skip(first.len()) {
                faults.extend(self.below(rest, item, i.to_string(), depth));
            }
        }
        if self.compiled.draft > 4
            && let Some(contains) = schema.get("contains")
        {
            self.contains(schema, contains, items, depth, faults);
        }
    }

    fn contains(
        &mut self,
        schema: &Object<String, Json>,
        contains: &Json,
        items: &[Node],
        depth: usize,
        faults: &mut Faults,
    ) {
        let (mut causes, mut matched) = (Vec::new(), Vec::new());
        for (i, item) in items.iter().enumerate() {
            match self.below(contains, item, i.to_string(), depth) {
                Some(fault) => causes.push(fault),
                None => matched.push(i.to_string()),
            }
        }
        let bound = |keyword: &str| schema.get(keyword).and_then(Json::as_f64).filter(|_| self.compiled.draft >= 2019);
        let (least, most) = (bound("minContains"), bound("maxContains"));
        let (count, indices) = (matched.len(), matched.join(" "));
        let got = f64::from(count as u32);
        match least {
            Some(least) if got < least => {
                let seen = if count == 0 {
                    "but none matched".to_owned()
                } else {
                    format!("but matched {} items at {indices}", words::grouped(&count.to_string()))
                };
                let message = format!("min {} items required to match contains schema, {seen}", number(least));
                faults.push(self.group(Kind::Keyword, &message, causes));
            }
            None if count == 0 => {
                faults.push(self.group(Kind::Keyword, "no items match contains schema", causes));
            }
            _ => {}
        }
        if let Some(most) = most.filter(|most| got > *most) {
            let count = words::grouped(&count.to_string());
            let seen = format!("but matched {count} items at {indices}");
            faults.push(self.fault(format!("max {} items required to match contains schema, {seen}", number(most))));
        }
    }

    fn string(&mut self, schema: &Object<String, Json>, text: &str, faults: &mut Faults) {
        if schema.contains_key("minLength") || schema.contains_key("maxLength") {
            let length = text.chars().count();
            self.count(schema, "minLength", length, false, faults);
            self.count(schema, "maxLength", length, true, faults);
        }
        if let Some(pattern) = schema.get("pattern").and_then(Json::as_str)
            && self.compiled.patterns.get(pattern).is_some_and(|regex| !regex.is_match(text))
        {
            faults.push(self.fault(format!("{} does not match pattern {}", quote(text), quote(pattern))));
        }
    }

    fn number(&mut self, schema: &Object<String, Json>, got: f64, faults: &mut Faults) {
        let bound = |keyword: &str| schema.get(keyword).and_then(Json::as_f64);
        let exclusive = |keyword: &str| schema.get(keyword) == Some(&Json::Bool(true));
        // In draft 4 a flag turns the bound beside it.
        let (least, above) = match (bound("minimum"), exclusive("exclusiveMinimum")) {
            (least, true) => (None, least),
            (least, false) => (least, bound("exclusiveMinimum")),
        };
        let (most, under) = match (bound("maximum"), exclusive("exclusiveMaximum")) {
            (most, true) => (None, most),
            (most, false) => (most, bound("exclusiveMaximum")),
        };
        let multiple = bound("multipleOf");
        let cases = [
            ("minimum", least.filter(|want| got < *want)),
            ("maximum", most.filter(|want| got > *want)),
            ("exclusiveMinimum", above.filter(|want| got <= *want)),
            ("exclusiveMaximum", under.filter(|want| got >= *want)),
            ("multipleOf", multiple.filter(|want| !words::is_multiple(got, *want))),
        ];
        for (keyword, want) in cases {
            if let Some(want) = want {
                faults.push(self.fault(format!("{keyword}: got {}, want {}", number(got), number(want))));
            }
        }
    }

    fn combined(&mut self, schema: &Object<String, Json>, node: &Node, depth: usize, faults: &mut Faults) {
        if let Some(not) = schema.get("not")
            && self.schema(not, node, depth).is_none()
        {
            faults.push(self.fault("'not' failed"));
        }
        let list = |keyword: &str| schema.get(keyword).and_then(Json::as_array).filter(|list| !list.is_empty());
        if let Some(all) = list("allOf") {
            let causes: Faults = all.iter().filter_map(|s| self.schema(s, node, depth)).collect();
            if !causes.is_empty() {
                faults.push(self.group(Kind::Keyword, "'allOf' failed", causes));
            }
        }
        if let Some(any) = list("anyOf") {
            let mut causes = Vec::new();
            let fits = any.iter().any(|s| match self.schema(s, node, depth) {
                None => true,
                Some(fault) => {
                    causes.push(fault);
                    false
                }
            });
            if !fits {
                faults.push(self.group(Kind::Keyword, "'anyOf' failed", causes));
            }
        }
        if let Some(one) = list("oneOf") {
            let (mut causes, mut fits): (Faults, Option<usize>) = (Vec::new(), None);
            for (i, s) in one.iter().enumerate() {
                match (self.schema(s, node, depth), fits) {
                    (Some(fault), None) => causes.push(fault),
                    (Some(_), Some(_)) => {}
                    (None, None) => fits = Some(i),
                    (None, Some(first)) => {
                        faults.push(self.fault(format!("'oneOf' failed, subschemas {first}, {i} matched")));
                        break;
                    }
                }
            }
            if fits.is_none() {
                faults.push(self.group(Kind::Keyword, "'oneOf' failed, none matched", causes));
            }
        }
        if self.compiled.draft >= 7
            && let Some(condition) = schema.get("if")
        {
            let branch = if self.schema(condition, node, depth).is_none() { "then" } else { "else" };
            if let Some(branch) = schema.get(branch) {
                faults.extend(self.schema(branch, node, depth));
            }
        }
    }
}

fn relative(mut fault: Fault, before: &str) -> Fault {
    fault.at = fault.at.strip_prefix(before).unwrap_or(&fault.at).to_owned();
    fault.causes = fault.causes.into_iter().map(|cause| relative(cause, before)).collect();
    fault
}

fn sorted(map: &crate::yaml::Map) -> Vec<&Entry> {
    let mut entries: Vec<&Entry> = map.iter().collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    entries
}

#[expect(clippy::cast_precision_loss, reason = "JSON Schema compares numbers by value")]
fn as_float(node: &Node) -> f64 {
    match node.value {
        Value::Int(n) => n as f64,
        Value::UInt(n) => n as f64,
        Value::Float(n) => n,
        _ => f64::NAN,
    }
}

/// Whether a node is a value of the schema; numbers by value.
fn equal(node: &Node, wanted: &Json) -> bool {
    match (&node.value, wanted) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::Str(a), Json::String(b)) => a == b,
        (Value::Int(_) | Value::UInt(_) | Value::Float(_), Json::Number(b)) => b.as_f64() == Some(as_float(node)),
        (Value::Seq(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Map(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|e| b.get(e.key.as_str()).is_some_and(|b| equal(&e.value, b)))
        }
        _ => false,
    }
}
