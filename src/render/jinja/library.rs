//! Filters, functions, tests and methods beyond minijinja's own: those that people who write manifests with Jinja know
//! from Ansible and Helm. Nothing here reads the clock, the environment, files or randomness.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minijinja::value::{Kwargs, ObjectRepr, Rest, Serde, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters};
use sha2::Digest as _;

use super::operators::defined;
use super::spell::{self, Style, inline};
use crate::diag::Severity;
use crate::source::FileId;
use crate::yaml::{self, Dialect, Limits};

/// The widest indentation, count or width that a filter takes.
const MAX_COUNT: usize = 10_000;

/// Adds them to an environment.
pub(super) fn install(env: &mut Environment<'static>) {
    for name in ["to_yaml", "toyaml", "to_nice_yaml"] {
        env.add_filter(name, to_yaml);
    }
    for name in ["to_json", "tojson"] {
        env.add_filter(name, to_json);
    }
    for name in ["to_nice_json", "pprint"] {
        env.add_filter(name, to_nice_json);
    }
    env.add_filter("from_json", from_json);
    env.add_filter("from_yaml", from_yaml);
    env.add_filter("b64encode", |text: &Value| Ok(BASE64_STANDARD.encode(string_of(text)?)));
    env.add_filter("b64decode", b64decode);
    env.add_filter("sha256", |text: &Value| Ok(hex(&sha2::Sha256::digest(string_of(text)?))));
    env.add_filter("hash", hash);
    env.add_filter("quote", quote);
    env.add_filter("squote", |text: &Value| Ok(format!("'{}'", string_of(text)?.replace('\'', "''"))));
    env.add_filter("string", |value: &Value| string_of(value));
    env.add_filter("bool", boolean);
    env.add_filter("ternary", ternary);
    env.add_filter("combine", combine);
    env.add_filter("dict2items", dict2items);
    env.add_filter("items2dict", items2dict);
    env.add_filter("regex_replace", regex_replace);
    env.add_filter("regex_search", regex_search);
    env.add_filter("join", join);
    for name in ["required", "mandatory"] {
        env.add_filter(name, required);
    }
    env.add_function("required", |message: Value, value: Value| required(value, Some(message)));
    env.add_function("fail", |message: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    env.add_test("match", |text: &str, pattern: &str| Ok(compile(&format!("^(?:{pattern})"))?.is_match(text)));
    env.add_test("search", |text: &str, pattern: &str| Ok(compile(pattern)?.is_match(text)));
    env.add_filter("indent", indent);
    env.add_filter("batch", |state: &State, value: Value, count: usize, fill: Option<Value>| {
        filters::batch(state, value, bounded(count)?, fill)
    });
    env.add_filter("slice", |state: &State, value: Value, count: usize, fill: Option<Value>| {
        filters::slice(state, value, bounded(count)?, fill)
    });
    env.add_filter("format", format);
    for html in ["escape", "e", "safe"] {
        env.remove_filter(html);
    }
    // It prints the engine's inner state, which isn't stable.
    env.remove_global("debug");
    env.add_filter("replace", replace);
    env.set_unknown_method_callback(method);
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

fn string_of(value: &Value) -> Result<String, Error> {
    defined(value)?;
    inline(value)
}

fn bounded(count: usize) -> Result<usize, Error> {
    if count > MAX_COUNT {
        return Err(wrong(format!("{count} is too large; at most {MAX_COUNT}")));
    }
    Ok(count)
}

fn to_yaml(value: &Value, options: Kwargs) -> Result<String, Error> {
    defined(value)?;
    // Ansible's and Python's options: the layout of the output is ours.
    for known in ["indent", "width", "default_flow_style", "sort_keys"] {
        _ = options.get::<Option<Value>>(known)?;
    }
    options.assert_all_used()?;
    let mut out = yaml::emit(&spell::to_node(value)?);
    // The line that the expression stands in has an end of its own.
    if out.ends_with('\n') {
        out.pop();
    }
    spell::check_length(out.len())?;
    Ok(out)
}

fn to_json(value: &Value, indent: Option<usize>, options: Kwargs) -> Result<String, Error> {
    defined(value)?;
    let indent = indent.or(options.get("indent")?);
    options.assert_all_used()?;
    let indent = indent.map(bounded).transpose()?;
    let style = Style { comma: if indent.is_some() { "," } else { ", " }, colon: ": ", indent };
    let mut out = String::new();
    spell::flow(&mut out, value, style, 0)?;
    Ok(out)
}

fn to_nice_json(value: &Value, options: Kwargs) -> Result<String, Error> {
    let indent = options.get::<Option<usize>>("indent")?;
    to_json(value, Some(indent.unwrap_or(4)), options)
}

fn from_json(text: &str) -> Result<Value, Error> {
    let parsed: serde_json::Value = serde_json::from_str(text).map_err(|e| wrong(format!("not JSON: {e}")))?;
    Ok(Value::from(Serde(&parsed)))
}

fn from_yaml(text: &str) -> Result<Value, Error> {
    let limits = Limits { depth: spell::MAX_DEPTH, expanded_nodes: 1_000_000, document_bytes: spell::MAX_STRING };
    let parsed = yaml::parse_with(FileId::NONE, text, Dialect::Kubernetes, limits);
    match parsed.diagnostics.iter().find(|d| d.severity == Severity::Error) {
        Some(error) => Err(wrong(format!("not YAML: {}", error.message))),
        None => Ok(spell::from_node(&parsed.into_first())),
    }
}

fn b64decode(text: &str) -> Result<String, Error> {
    let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = BASE64_STANDARD.decode(packed).map_err(|e| wrong(format!("not base64: {e}")))?;
    String::from_utf8(bytes).map_err(|_| wrong("the decoded bytes are not UTF-8 text"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        _ = write!(out, "{byte:02x}");
        out
    })
}

fn hash(text: &Value, algorithm: Option<&str>) -> Result<String, Error> {
    let text = string_of(text)?;
    match algorithm.unwrap_or("sha256") {
        "sha256" => Ok(hex(&sha2::Sha256::digest(text))),
        "sha512" => Ok(hex(&sha2::Sha512::digest(text))),
        other => Err(wrong(format!("unknown hash `{other}`; there are `sha256` and `sha512`"))),
    }
}

fn quote(value: &Value) -> Result<String, Error> {
    let text = string_of(value)?;
    let mut out = String::with_capacity(text.len() + 2);
    spell::quoted(&mut out, &text);
    Ok(out)
}

fn boolean(value: &Value) -> Result<bool, Error> {
    defined(value)?;
    // As Ansible has it.
    let Some(text) = value.as_str() else { return Ok(value.is_true()) };
    Ok(matches!(text.to_lowercase().as_str(), "yes" | "on" | "1" | "true" | "y" | "t"))
}

fn ternary(value: &Value, yes: Value, no: Value, none: Option<Value>) -> Result<Value, Error> {
    defined(value)?;
    Ok(match none {
        Some(none) if value.is_none() => none,
        _ if value.is_true() => yes,
        _ => no,
    })
}

fn combine(base: &Value, others: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let mut recursive = false;
    let mut result = base.clone();
    let mut others = others.into_values();
    if let Some(options) = others.last().filter(|v| v.is_kwargs()).cloned() {
        others.pop();
        for (key, value) in spell::pairs(&options)? {
            match key.as_str() {
                Some("recursive") => recursive = value.is_true(),
                _ => return Err(wrong(format!("`combine` knows `recursive`, not `{key}`"))),
            }
        }
    }
    for other in &others {
        result = merge(&result, other, recursive, 0)?;
    }
    Ok(result)
}

fn merge(base: &Value, over: &Value, recursive: bool, depth: usize) -> Result<Value, Error> {
    defined(base)?;
    defined(over)?;
    if depth > spell::MAX_DEPTH {
        return Err(wrong("the mappings nest too deep"));
    }
    let mut merged: indexmap::IndexMap<Value, Value> = spell::pairs(base)?.into_iter().collect();
    for (key, value) in spell::pairs(over)? {
        let both = match merged.get(&key) {
            Some(old) if recursive && is_map(old) && is_map(&value) => merge(old, &value, true, depth + 1)?,
            _ => value,
        };
        merged.insert(key, both);
    }
    Ok(Value::from_pairs(merged))
}

fn is_map(value: &Value) -> bool {
    value.as_object().is_some_and(|o| o.repr() == ObjectRepr::Map)
}

fn dict2items(map: &Value, options: Kwargs) -> Result<Value, Error> {
    defined(map)?;
    let key_name = options.get::<Option<String>>("key_name")?.unwrap_or_else(|| "key".to_owned());
    let value_name = options.get::<Option<String>>("value_name")?.unwrap_or_else(|| "value".to_owned());
    options.assert_all_used()?;
    let items = spell::pairs(map)?.into_iter();
    let items = items.map(|(k, v)| Value::from_pairs([(key_name.clone(), k), (value_name.clone(), v)]));
    Ok(items.collect::<Vec<_>>().into())
}

fn items2dict(items: &Value, options: Kwargs) -> Result<Value, Error> {
    defined(items)?;
    let key_name = options.get::<Option<String>>("key_name")?.unwrap_or_else(|| "key".to_owned());
    let value_name = options.get::<Option<String>>("value_name")?.unwrap_or_else(|| "value".to_owned());
    options.assert_all_used()?;
    let mut pairs = Vec::new();
    for item in items.try_iter()? {
        let part = |name: &str| {
            let found = item.get_attr(name).ok().filter(|v| !v.is_undefined());
            found.ok_or_else(|| wrong(format!("an item has no `{name}`: {}", inline(&item).unwrap_or_default())))
        };
        pairs.push((part(&key_name)?, part(&value_name)?));
    }
    Ok(Value::from_pairs(pairs))
}

fn compile(pattern: &str) -> Result<regex::Regex, Error> {
    let builder = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build();
    builder.map_err(|e| wrong(format!("bad regular expression: {e}")))
}

fn regex_replace(text: &Value, pattern: &str, with: Option<&str>) -> Result<String, Error> {
    let text = string_of(text)?;
    // Python writes groups as `\1` and `\g<name>`, and means a plain dollar by `$`.
    let with = with.unwrap_or_default().replace('$', "$$");
    let with = compile(r"\\(?:(\d+)|g<(\w+)>)")?.replace_all(&with, "$${$1$2}").into_owned();
    let pattern = compile(pattern)?;
    spell::check_length(text.len().saturating_add(with.len().saturating_mul(pattern.find_iter(&text).count())))?;
    Ok(pattern.replace_all(&text, with.as_str()).into_owned())
}

fn regex_search(text: &Value, pattern: &str) -> Result<Value, Error> {
    let text = string_of(text)?;
    let found = compile(pattern)?.find(&text).map(|m| m.as_str().to_owned());
    Ok(found.map_or_else(|| Value::from(()), Value::from))
}

fn join(items: &Value, joiner: Option<Value>, attribute: Option<&str>, options: Kwargs) -> Result<String, Error> {
    defined(items)?;
    let joiner = joiner.or(options.get("d")?).map(|j| inline(&j)).transpose()?.unwrap_or_default();
    let attribute = attribute.or(options.get("attribute")?);
    options.assert_all_used()?;
    let mut out = String::new();
    for (i, item) in items.try_iter()?.enumerate() {
        if i > 0 {
            out.push_str(&joiner);
        }
        let item = match attribute {
            Some(path) => path.split('.').try_fold(item, |value, key| value.get_attr(key))?,
            None => item,
        };
        defined(&item)?;
        spell::plain(&mut out, &item)?;
    }
    Ok(out)
}

fn required(value: Value, message: Option<Value>) -> Result<Value, Error> {
    let empty = value.is_none() || value.as_str().is_some_and(str::is_empty);
    match message {
        _ if !value.is_undefined() && !empty => Ok(value),
        Some(message) => Err(wrong(inline(&message)?)),
        None if value.is_undefined() => Err(Error::from(ErrorKind::UndefinedError)),
        None => Err(wrong("a value is required here, but it is empty")),
    }
}

fn indent(
    text: &Value,
    width: Option<&Value>,
    first: Option<bool>,
    blank: Option<bool>,
    options: Kwargs,
) -> Result<String, Error> {
    let text = string_of(text)?;
    let width = match width {
        Some(width) => Some(width.clone()),
        None => options.get::<Option<Value>>("width")?,
    };
    let first = first.or(options.get("first")?).unwrap_or(false);
    let blank = blank.or(options.get("blank")?).unwrap_or(false);
    options.assert_all_used()?;
    let margin = match &width {
        None => "    ".to_owned(),
        Some(width) => match (width.as_str(), width.as_usize()) {
            (Some(margin), _) => margin.to_owned(),
            (_, Some(width)) => " ".repeat(bounded(width)?),
            _ => return Err(wrong(format!("the width must be a number or a string, not {}", spell::kind(width)))),
        },
    };
    let lines = text.split('\n').count();
    spell::check_length(text.len().saturating_add(margin.len().saturating_mul(lines)))?;
    let mut out = String::with_capacity(text.len() + margin.len() * lines);
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let wanted = if i == 0 { first } else { blank || !line.trim_end_matches('\r').is_empty() };
        if wanted {
            out.push_str(&margin);
        }
        out.push_str(line);
    }
    Ok(out)
}

fn replace(text: &Value, old: &Value, new: &Value) -> Result<String, Error> {
    let (text, old, new) = (string_of(text)?, string_of(old)?, string_of(new)?);
    let count = text.matches(&old).count();
    spell::check_length(text.len().saturating_add(new.len().saturating_mul(count)))?;
    Ok(text.replace(&old, &new))
}

fn format(state: &mut State, pattern: &Value, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    // `%999999999d` would fill the memory.
    let text = pattern.as_str().unwrap_or_default();
    if compile(r"\d{5}|\*")?.is_match(text) {
        return Err(wrong("widths in a format have at most four digits"));
    }
    filters::format(state, pattern, args)
}

/// The methods of Python's strings and mappings that templates call most.
fn method(_state: &mut State, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    let unknown = || Error::from(ErrorKind::UnknownMethod);
    let Some(text) = value.as_str() else {
        if value.kind() != ValueKind::Map {
            return Err(unknown());
        }
        return match (name, args) {
            ("items", []) => {
                let pairs = spell::pairs(value)?.into_iter();
                Ok(pairs.map(|(k, v)| Value::from(vec![k, v])).collect::<Vec<_>>().into())
            }
            ("keys", []) => Ok(spell::pairs(value)?.into_iter().map(|(k, _)| k).collect::<Vec<_>>().into()),
            ("values", []) => Ok(spell::pairs(value)?.into_iter().map(|(_, v)| v).collect::<Vec<_>>().into()),
            ("get", [key] | [key, _]) => {
                let found = value.get_item(key).ok().filter(|v| !v.is_undefined());
                Ok(found.or_else(|| args.get(1).cloned()).unwrap_or_else(|| Value::from(())))
            }
            _ => Err(unknown()),
        };
    };
    let word = |at: usize| args.get(at).and_then(Value::as_str);
    let chars = |c: char| word(0).map_or(c.is_whitespace(), |set| set.contains(c));
    let split = |text: &str| -> Vec<String> {
        match word(0) {
            Some(by) if !by.is_empty() => text.split(by).map(str::to_owned).collect(),
            _ => text.split_whitespace().map(str::to_owned).collect(),
        }
    };
    match (name, args.len()) {
        ("upper", 0) => Ok(text.to_uppercase().into()),
        ("lower", 0) => Ok(text.to_lowercase().into()),
        ("strip", 0 | 1) => Ok(text.trim_matches(chars).into()),
        ("lstrip", 0 | 1) => Ok(text.trim_start_matches(chars).into()),
        ("rstrip", 0 | 1) => Ok(text.trim_end_matches(chars).into()),
        ("split", 0 | 1) => Ok(split(text).into()),
        ("splitlines", 0) => Ok(text.lines().map(str::to_owned).collect::<Vec<_>>().into()),
        ("startswith", 1) => Ok(word(0).is_some_and(|w| text.starts_with(w)).into()),
        ("endswith", 1) => Ok(word(0).is_some_and(|w| text.ends_with(w)).into()),
        ("replace", 2) => match args {
            [old, new] => Ok(replace(value, old, new)?.into()),
            _ => Err(unknown()),
        },
        ("join", 1) => {
            Ok(join(args.first().unwrap_or(&Value::UNDEFINED), Some(value.clone()), None, no_options())?.into())
        }
        _ => Err(unknown()),
    }
}

fn no_options() -> Kwargs {
    Kwargs::from_iter(std::iter::empty::<(&str, Value)>())
}
