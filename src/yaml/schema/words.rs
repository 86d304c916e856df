//! From jsonschema's errors to sentences.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value as Json;

use super::lookup;
use super::{Nouns, Violation, ViolationKind};
use crate::diag::closest;
use crate::yaml::{Node, Value};

/// Alternatives inside alternatives are followed so far.
const DEPTH: usize = 8;
/// Longer lists of names are not told.
const NAMES: usize = 12;

/// Translates the errors of one validation.
pub(super) struct Words<'a> {
    pub(super) schema: &'a Json,
    pub(super) node: &'a Node,
    pub(super) nouns: Nouns,
}

impl Words<'_> {
    /// Adds what an error says.
    pub(super) fn translate(&self, error: &ValidationError<'_>, into: &mut Vec<Violation>) {
        self.translate_to(error, DEPTH, into);
    }

    fn translate_to(&self, error: &ValidationError<'_>, depth: usize, into: &mut Vec<Violation>) {
        let pointer = error.instance_path().as_str();
        match error.kind() {
            Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
                into.extend(unexpected.iter().map(|key| self.unknown(error, pointer, key)));
            }
            Kind::FalseSchema => into.push(self.forbidden(pointer)),
            Kind::Required { property } => into.push(self.missing(pointer, property.as_str().unwrap_or_default())),
            Kind::Type { kind } => {
                let expected: Vec<JsonType> = match kind {
                    TypeKind::Single(one) => vec![*one],
                    TypeKind::Multiple(set) => set.iter().collect(),
                };
                into.push(self.wrong_type(pointer, &expected));
            }
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } if depth > 0 => {
                self.alternatives(error, pointer, context, depth - 1, into);
            }
            Kind::PropertyNames { error } => {
                let why = self.constraint(error, None).unwrap_or_else(|| "isn't allowed as a name".to_owned());
                let message = format!("{}: the name of a {} {why}", self.name(pointer), self.nouns.key);
                into.push(self.at_value(ViolationKind::InvalidValue, pointer, message, "here"));
            }
            _ => {
                let why = self.constraint(error, self.node.pointer(pointer));
                let why = why.unwrap_or_else(|| format!("is refused: {}", error.masked()));
                let mut violation =
                    self.at_value(ViolationKind::InvalidValue, pointer, format!("{} {why}", self.name(pointer)), "");
                violation.hints = self.choices(error, pointer);
                into.push(violation);
            }
        }
    }

    /// The field in code quotes, or the noun for the whole.
    fn name(&self, pointer: &str) -> String {
        if pointer.is_empty() {
            self.nouns.whole.to_owned()
        } else {
            format!("`{}`", lookup::field(self.node, pointer))
        }
    }

    fn at_value(&self, kind: ViolationKind, pointer: &str, message: String, label: &str) -> Violation {
        Violation {
            kind,
            origin: lookup::place(self.node, pointer),
            pointer: pointer.to_owned(),
            message,
            label: label.to_owned(),
            hints: Vec::new(),
        }
    }

    fn unknown(&self, error: &ValidationError<'_>, holder: &str, key: &str) -> Violation {
        let pointer = lookup::join(holder, key);
        let schema = lookup::schema_at(self.schema, error.evaluation_path().as_str());
        let known = schema.map(|s| lookup::properties(self.schema, s)).unwrap_or_default();
        let mut hints = Vec::new();
        if let Some(near) = closest(key, known.iter().map(|(name, _)| *name)) {
            hints.push(format!("did you mean `{near}`?"));
        } else if let Some(place) = self.misplaced(holder, key, &known) {
            hints.push(place);
        } else if !known.is_empty() && known.len() <= NAMES {
            hints.push(format!("known here: {}", quoted(known.iter().map(|(name, _)| *name), ", ", ", ")));
        }
        Violation {
            kind: ViolationKind::UnknownKey,
            origin: lookup::key_origin(self.node, &pointer),
            message: format!("unknown {} `{}`", self.nouns.key, lookup::field(self.node, &pointer)),
            label: format!("not a {} of {}", self.nouns.key, self.name(holder)),
            pointer,
            hints,
        }
    }

    /// Where a key would fit that stands at a wrong level: wrongly indented, most often. Looked for one level below,
    /// one level above, two levels below.
    fn misplaced(&self, holder: &str, key: &str, known: &[(&str, &Json)]) -> Option<String> {
        let has = |schema| lookup::properties(self.schema, schema).iter().any(|(name, _)| *name == key);
        let field = |path: &[&str]| {
            let pointer = path.iter().fold(holder.to_owned(), |pointer, name| lookup::join(&pointer, name));
            lookup::field(self.node, &lookup::join(&pointer, key))
        };
        if let Some((name, _)) = known.iter().find(|(_, schema)| has(schema)) {
            return Some(format!("`{key}` belongs below `{name}`: `{}`", field(&[name])));
        }
        let above = lookup::parent(holder);
        if !holder.is_empty() && lookup::schema_for(self.schema, above).is_some_and(has) {
            let place = lookup::field(self.node, &lookup::join(above, key));
            return Some(format!("`{key}` belongs one level up: `{place}`"));
        }
        known.iter().find_map(|(name, schema)| {
            let (inner, _) = lookup::properties(self.schema, schema).into_iter().find(|(_, schema)| has(schema))?;
            Some(format!("`{key}` belongs below `{inner}` in `{name}`: `{}`", field(&[name, inner])))
        })
    }

    fn forbidden(&self, pointer: &str) -> Violation {
        let mut violation =
            self.at_value(ViolationKind::UnknownKey, pointer, format!("{} can't be set here", self.name(pointer)), "");
        violation.origin = lookup::key_origin(self.node, pointer);
        violation
    }

    fn missing(&self, holder: &str, key: &str) -> Violation {
        let message = format!("{} lacks the required {} `{key}`", self.name(holder), self.nouns.key);
        let mut violation = self.at_value(ViolationKind::MissingKey, holder, message, &format!("`{key}` is missing"));
        violation.pointer = lookup::join(holder, key);
        violation
    }

    fn wrong_type(&self, pointer: &str, expected: &[JsonType]) -> Violation {
        let node = self.node.pointer(pointer);
        let found = node.map_or("missing", |n| n.value.kind());
        let wanted = types(expected);
        let message = format!("{} is {found}, expected {wanted}", self.name(pointer));
        let mut violation = self.at_value(ViolationKind::WrongType, pointer, message, &format!("expected {wanted}"));
        let text_wanted = expected.contains(&JsonType::String);
        violation.hints.extend(node.and_then(|n| match &n.value {
            Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) if text_wanted => {
                Some(format!("write it in quotes: `\"{}\"`", show(n)))
            }
            Value::Str(s) if expected.iter().any(|t| reads_as(s, *t)) => Some("write it without quotes".to_owned()),
            _ => None,
        }));
        violation
    }

    /// What a value breaks, as the rest of a sentence about it; none for what has no words yet.
    fn constraint(&self, error: &ValidationError<'_>, node: Option<&Node>) -> Option<String> {
        // Without a node it is about a key's name, which jsonschema has.
        let found = match node {
            Some(node) => show(node),
            None => shorten(error.instance().as_str().unwrap_or_default()),
        };
        Some(match error.kind() {
            Kind::Enum { options } => {
                let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
                format!("is `{found}`, expected {}", one_of(options.iter().filter(|o| !o.is_null())))
            }
            Kind::Constant { expected_value } => format!("is `{found}`, expected `{}`", show_json(expected_value)),
            Kind::Pattern { pattern } => format!("is `{found}`, which doesn't match `{pattern}`"),
            // A value that should be base64 may be a secret: it isn't shown.
            Kind::Format { format } if format == "byte" => "isn't base64".to_owned(),
            Kind::Format { format } => format!("is `{found}`, expected {}", format_words(format)),
            Kind::Maximum { limit } => format!("is {found}, expected at most {limit}"),
            Kind::Minimum { limit } => format!("is {found}, expected at least {limit}"),
            Kind::ExclusiveMaximum { limit } => format!("is {found}, expected less than {limit}"),
            Kind::ExclusiveMinimum { limit } => format!("is {found}, expected more than {limit}"),
            Kind::MinLength { limit: 1 } | Kind::MinItems { limit: 1 } | Kind::MinProperties { limit: 1 } => {
                "is empty".to_owned()
            }
            Kind::MinLength { limit } => format!("is shorter than {limit} characters"),
            Kind::MaxLength { limit } => format!("is longer than {limit} characters"),
            Kind::MinItems { limit } => format!("has fewer than {limit} elements"),
            Kind::MaxItems { limit } => format!("has more than {limit} elements"),
            Kind::AdditionalItems { limit } => format!("has more than {limit} elements"),
            Kind::MinProperties { limit } => format!("has fewer than {limit} {}s", self.nouns.key),
            Kind::MaxProperties { limit } => format!("has more than {limit} {}s", self.nouns.key),
            Kind::MultipleOf { multiple_of } => format!("is {found}, expected a multiple of {multiple_of}"),
            Kind::UniqueItems => "has the same element twice".to_owned(),
            Kind::Contains => "lacks an element of the form that it must have".to_owned(),
            Kind::OneOfMultipleValid { .. } => "fits more than one of its allowed forms".to_owned(),
            Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => "fits none of its allowed forms".to_owned(),
            Kind::Not { .. } => "has a form that is excluded".to_owned(),
            _ => return None,
        })
    }

    fn choices(&self, error: &ValidationError<'_>, pointer: &str) -> Vec<String> {
        let Kind::Enum { options } = error.kind() else { return Vec::new() };
        let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
        self.near(pointer, options).into_iter().collect()
    }

    fn near(&self, pointer: &str, options: &[Json]) -> Option<String> {
        let found = self.node.pointer(pointer)?.as_str()?;
        let near = closest(found, options.iter().filter_map(Json::as_str))?;
        Some(format!("did you mean `{near}`?"))
    }

    /// Says of a value that fits no alternative what is wrong under the one that was most likely meant.
    fn alternatives(
        &self,
        error: &ValidationError<'_>,
        pointer: &str,
        branches: &[Vec<ValidationError<'static>>],
        depth: usize,
        into: &mut Vec<Violation>,
    ) {
        let here = |e: &&ValidationError<'_>| e.instance_path().as_str() == pointer;
        // Alternatives of another type weren't meant, as long as there is one of this type.
        let typed: Vec<&Vec<_>> = branches
            .iter()
            .filter(|errors| !errors.iter().filter(here).any(|e| matches!(e.kind(), Kind::Type { .. })))
            .collect();
        let likely: Vec<&Vec<_>> = match typed.as_slice() {
            [] => return into.push(self.no_type(pointer, branches)),
            _ => typed,
        };
        // Every alternative allows other values at one place, the whole or a key that tells them apart: one list of
        // them. Where some alternative has no objection there, that one was meant.
        let first = likely.first().map(|errors| errors.as_slice()).unwrap_or_default();
        for place in first.iter().filter(|e| allowed(e).is_some()).take(NAMES).map(|e| e.instance_path().as_str()) {
            let at_place = |errors: &&Vec<ValidationError<'static>>| {
                errors.iter().filter(|e| e.instance_path().as_str() == place).find_map(allowed)
            };
            let options: Option<Vec<Vec<Json>>> = likely.iter().map(at_place).collect();
            if let Some(options) = options {
                return into.push(self.not_among(place, &options.concat()));
            }
        }
        let chosen: Vec<&Vec<_>> =
            likely.iter().filter(|errors| !errors.iter().any(|e| allowed(e).is_some())).copied().collect();
        let candidates = if chosen.is_empty() { likely } else { chosen };
        let fewest = candidates.iter().map(|errors| weight(errors)).min();
        let best: Vec<_> = candidates.iter().filter(|errors| Some(weight(errors)) == fewest).collect();
        match best.as_slice() {
            [errors] => errors.iter().for_each(|e| self.translate_to(e, depth, into)),
            _ => into.push(self.no_form(error, pointer)),
        }
    }

    /// The values that all the alternatives together allow.
    fn not_among(&self, pointer: &str, options: &[Json]) -> Violation {
        let found = self.node.pointer(pointer).map(show).unwrap_or_default();
        let message = format!("{} is `{found}`, expected {}", self.name(pointer), one_of(options.iter()));
        let mut violation = self.at_value(ViolationKind::InvalidValue, pointer, message, "");
        violation.hints.extend(self.near(pointer, options));
        violation
    }

    /// No alternative has the value's type.
    fn no_type(&self, pointer: &str, branches: &[Vec<ValidationError<'static>>]) -> Violation {
        let mut expected = Vec::new();
        for error in branches.iter().flatten().filter(|e| e.instance_path().as_str() == pointer) {
            if let Kind::Type { kind } = error.kind() {
                match kind {
                    TypeKind::Single(one) => expected.push(*one),
                    TypeKind::Multiple(set) => expected.extend(set.iter()),
                }
            }
        }
        expected.sort_unstable();
        expected.dedup();
        self.wrong_type(pointer, &expected)
    }

    /// Several alternatives are as near: what they ask for is told.
    fn no_form(&self, error: &ValidationError<'_>, pointer: &str) -> Violation {
        let message = format!("{} fits none of its allowed forms", self.name(pointer));
        let mut violation = self.at_value(ViolationKind::InvalidValue, pointer, message, "");
        let keyword = error.kind().keyword();
        let forms = lookup::schema_at(self.schema, error.evaluation_path().as_str())
            .and_then(|s| s.get(keyword))
            .and_then(Json::as_array);
        let forms: Vec<String> =
            forms.into_iter().flatten().filter_map(|form| describe(lookup::resolve(self.schema, form))).collect();
        if !forms.is_empty() && forms.len() <= NAMES {
            violation.hints.push(format!("expected {}", joined(&forms, ", ", ", or ")));
        }
        violation
    }
}

/// How far an alternative is from the value. A key too many says more against it than one too few.
fn weight(errors: &[ValidationError<'static>]) -> usize {
    errors
        .iter()
        .map(|e| match e.kind() {
            Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
                2 * unexpected.len()
            }
            _ => 1,
        })
        .sum()
}

/// The values that an error says are allowed.
fn allowed(error: &ValidationError<'_>) -> Option<Vec<Json>> {
    match error.kind() {
        Kind::Enum { options } => options.as_array().cloned(),
        Kind::Constant { expected_value } => Some(vec![Json::clone(expected_value)]),
        _ => None,
    }
}

/// A form of an alternative in a few words.
fn describe(schema: &Json) -> Option<String> {
    if let Some(options) = schema.get("enum").and_then(Json::as_array) {
        return Some(one_of(options.iter()));
    }
    if let Some(value) = schema.get("const") {
        return Some(format!("`{}`", show_json(value)));
    }
    let required = schema.get("required").and_then(Json::as_array);
    let required: Vec<&str> = required.into_iter().flatten().filter_map(Json::as_str).collect();
    if !required.is_empty() {
        return Some(format!("a mapping with {}", quoted(required.into_iter(), ", ", " and ")));
    }
    match schema.get("type")? {
        Json::String(name) => name.parse::<JsonType>().ok().map(|t| types(&[t])),
        Json::Array(names) => {
            let list: Vec<JsonType> = names.iter().filter_map(Json::as_str).filter_map(|n| n.parse().ok()).collect();
            Some(types(&list))
        }
        _ => None,
    }
}

/// Types in words: `an integer or a string`. That null is allowed too is not worth a word, unless nothing else is.
fn types(list: &[JsonType]) -> String {
    let word = |t: &JsonType| match t {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "a list",
        JsonType::Object => "a mapping",
    };
    let words: Vec<&str> = list.iter().filter(|t| **t != JsonType::Null).map(word).collect();
    if words.is_empty() { "null".to_owned() } else { joined(&words, ", ", " or ") }
}

/// `one of …`, or the one.
fn one_of<'j>(options: impl Iterator<Item = &'j Json>) -> String {
    let options: Vec<String> = options.map(show_json).collect();
    match options.as_slice() {
        [one] => format!("`{one}`"),
        many => format!("one of {}", quoted(many.iter().map(String::as_str), ", ", ", ")),
    }
}

fn quoted<'s>(names: impl Iterator<Item = &'s str>, between: &str, last: &str) -> String {
    let names: Vec<String> = names.map(|n| format!("`{n}`")).collect();
    joined(&names, between, last)
}

fn joined<S: AsRef<str>>(words: &[S], between: &str, last: &str) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., end] => format!("{}{last}{end}", first.join(between)),
    }
}

/// A format in words.
fn format_words(format: &str) -> String {
    match format {
        "quantity" => "a quantity such as `500m`, `2` or `1.5Gi`".to_owned(),
        "date-time" => "a date and time such as `2026-01-31T12:00:00Z`".to_owned(),
        "date" => "a date such as `2026-01-31`".to_owned(),
        "uri" => "a URI".to_owned(),
        other => format!("the format `{other}`"),
    }
}

/// A value for a message, on one line and not long.
fn show(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::UInt(n) => n.to_string(),
        Value::Float(n) => n.to_string(),
        Value::Str(s) => shorten(s),
        Value::Seq(_) | Value::Map(_) => node.value.kind().to_owned(),
    }
}

fn show_json(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        other => other.to_string(),
    }
}

fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(MOST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Whether a string, without its quotes, would be of the type.
fn reads_as(text: &str, wanted: JsonType) -> bool {
    match wanted {
        JsonType::Boolean => matches!(text, "true" | "false"),
        JsonType::Integer => text.parse::<i64>().is_ok(),
        JsonType::Number => text.parse::<f64>().is_ok_and(f64::is_finite),
        _ => false,
    }
}

/// Whether Kubernetes would read a string as a quantity (apimachinery `resource.ParseQuantity`): a decimal number with
/// a binary suffix, a decimal one, or an exponent.
pub(super) fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || !digits(fraction) {
        return false;
    }
    match suffix {
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" => true,
        _ => suffix.strip_prefix(['e', 'E']).is_some_and(|exponent| exponent.parse::<i32>().is_ok()),
    }
}

/// Whether Go's JSON decoder would read a string as bytes: standard base64 with padding, line breaks ignored.
pub(super) fn is_base64(text: &str) -> bool {
    let mut length = 0usize;
    let mut padding = 0usize;
    for byte in text.bytes() {
        match byte {
            b'\r' | b'\n' => continue,
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => {}
            _ => return false,
        }
        length += 1;
    }
    length.is_multiple_of(4) && padding <= 2
}
