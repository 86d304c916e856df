//! jq's functions, as far as they go here.

use std::cmp::Ordering;

use super::eval::{Item, Machine, Out, Stop, index, truth};
use super::parse::Expr;
use crate::source::Origin;
use crate::yaml::{Map, Node, Value, to_json};

/// The functions, each with how many arguments it takes.
const KNOWN: &[(&str, &[usize])] = &[
    ("IN", &[1]),
    ("add", &[0]),
    ("all", &[0, 1, 2]),
    ("any", &[0, 1, 2]),
    ("arrays", &[0]),
    ("ascii_downcase", &[0]),
    ("ascii_upcase", &[0]),
    ("booleans", &[0]),
    ("contains", &[1]),
    ("empty", &[0]),
    ("endswith", &[1]),
    ("error", &[0, 1]),
    ("first", &[0, 1]),
    ("getpath", &[1]),
    ("has", &[1]),
    ("inside", &[1]),
    ("iterables", &[0]),
    ("join", &[1]),
    ("keys", &[0]),
    ("last", &[0, 1]),
    ("length", &[0]),
    ("limit", &[2]),
    ("ltrimstr", &[1]),
    ("map", &[1]),
    ("not", &[0]),
    ("nulls", &[0]),
    ("numbers", &[0]),
    ("objects", &[0]),
    ("recurse", &[0, 1]),
    ("rtrimstr", &[1]),
    ("scalars", &[0]),
    ("select", &[1]),
    ("split", &[1]),
    ("startswith", &[1]),
    ("strings", &[0]),
    ("test", &[1, 2]),
    ("to_entries", &[0]),
    ("tonumber", &[0]),
    ("tostring", &[0]),
    ("type", &[0]),
    ("values", &[0]),
];

pub(super) fn is_known(name: &str, args: usize) -> bool {
    KNOWN.iter().any(|(known, counts)| *known == name && counts.contains(&args))
}

/// The longest text that is made, in bytes.
const TEXT: usize = 1 << 20;

/// How deep `recurse(f)` goes: deeper than any object.
const RECURSION: usize = 1000;

pub(super) fn call(m: &mut Machine, name: &str, args: &[Expr], input: &Item, out: Out<'_>) -> Result<(), Stop> {
    let node = &input.node;
    match (name, args) {
        ("empty", _) => Ok(()),
        ("error", _) => Stop::error("error"),
        ("recurse", []) => m.everything(input, out),
        ("recurse", [f]) => recurse(m, f, input, out),
        ("select", [f]) => {
            for condition in m.values(f, input)? {
                if truth(&condition) {
                    out(input.clone())?;
                }
            }
            Ok(())
        }
        ("first", [f]) => {
            let mut found = None;
            match m.eval(f, input, &mut |item| {
                found = Some(item);
                Err(Stop::Enough)
            }) {
                Ok(()) => {}
                Err(Stop::Enough) if found.is_some() => {}
                Err(stop) => return Err(stop),
            }
            found.map_or(Ok(()), out)
        }
        ("last", [f]) => m.items(f, input)?.pop().map_or(Ok(()), out),
        ("limit", [n, f]) => {
            for n in m.values(n, input)? {
                let n = number(&n).unwrap_or(0.0).max(0.0) as usize;
                m.items(f, input)?.into_iter().take(n).try_for_each(&mut *out)?;
            }
            Ok(())
        }
        ("first", []) => out(index(input, &Node::made(0i64))?),
        ("last", []) => out(index(input, &Node::made(-1i64))?),
        ("getpath", [p]) => {
            for path in m.values(p, input)? {
                let Some(keys) = path.as_seq() else { return Stop::error("a path is a list") };
                m.spend(keys.len() as u64)?;
                out(keys.iter().try_fold(input.clone(), |item, key| index(&item, key))?)?;
            }
            Ok(())
        }
        (
            "nulls" | "booleans" | "numbers" | "strings" | "arrays" | "objects" | "iterables" | "scalars" | "values",
            _,
        ) => {
            let kind = kind(node);
            let fits = match name {
                "values" => kind != "null",
                "iterables" => matches!(kind, "array" | "object"),
                "scalars" => !matches!(kind, "array" | "object"),
                plural => plural.trim_end_matches('s') == kind,
            };
            if fits { out(input.clone()) } else { Ok(()) }
        }
        ("map", [f]) => {
            let mut items = Vec::new();
            let plain = Item::made(node.clone());
            m.each(&plain, &mut |item| {
                items.push(item);
                Ok(())
            })?;
            let mut all = Vec::new();
            for item in &items {
                all.extend(m.values(f, item)?);
            }
            out(Item::made(Node::made(all)))
        }
        ("any" | "all", args) => {
            let wanted = name == "any";
            let mut found = false;
            let plain = Item::made(node.clone());
            let mut items = Vec::new();
            let mut keep = |item| {
                items.push(item);
                Ok(())
            };
            match args {
                [generator, _] => m.eval(generator, &plain, &mut keep)?,
                _ => m.each(&plain, &mut keep)?,
            }
            for item in &items {
                let values = match args.last() {
                    Some(condition) => m.values(condition, item)?,
                    None => vec![item.node.clone()],
                };
                found |= values.iter().any(|value| truth(value) == wanted);
            }
            out(Item::made(Node::made(found == wanted)))
        }
        ("IN", [stream]) => {
            let values = m.values(stream, input)?;
            for value in &values {
                m.spend_all(value)?;
                m.spend_all(node)?;
            }
            out(Item::made(Node::made(values.iter().any(|value| compare(value, node) == Ordering::Equal))))
        }
        (_, []) => {
            if ["add", "tostring", "ascii_downcase", "ascii_upcase", "length"].contains(&name) {
                m.spend_all(node)?;
            }
            out(Item::made(without_arguments(m, name, node)?))
        }
        (_, [arg, rest @ ..]) => {
            let flags = match rest.first() {
                Some(flags) => m.values(flags, input)?.pop().unwrap_or_default(),
                None => Node::default(),
            };
            for arg in m.values(arg, input)? {
                m.spend_all(node)?;
                m.spend_all(&arg)?;
                out(Item::made(with_argument(m, name, node, &arg, &flags)?))?;
            }
            Ok(())
        }
    }
}

fn recurse(m: &mut Machine, f: &Expr, input: &Item, out: Out<'_>) -> Result<(), Stop> {
    let mut stack = vec![(input.clone(), 0)];
    while let Some((item, depth)) = stack.pop() {
        m.spend(1)?;
        if depth > RECURSION {
            return Err(Stop::Budget);
        }
        let inside = m.items(f, &item)?;
        stack.extend(inside.into_iter().rev().map(|below| (below, depth + 1)));
        out(item)?;
    }
    Ok(())
}

fn without_arguments(m: &mut Machine, name: &str, node: &Node) -> Result<Node, Stop> {
    let text = || node.as_str().map_or_else(|| Stop::error(format!("`{name}` wants a string")), Ok);
    Ok(match name {
        "not" => Node::made(!truth(node)),
        "type" => Node::made(kind(node)),
        "length" => match &node.value {
            Value::Null => Node::made(0i64),
            Value::Str(text) => count(text.chars().count()),
            Value::Seq(items) => count(items.len()),
            Value::Map(map) => count(map.len()),
            Value::Bool(_) => return Stop::error("a boolean has no length"),
            _ => Node::made(number(node).unwrap_or_default().abs()),
        },
        "keys" => match &node.value {
            Value::Map(map) => {
                let mut keys: Vec<_> = map.iter().map(|entry| entry.key.clone()).collect();
                keys.sort();
                Node::made(keys.into_iter().map(Node::made).collect::<Vec<_>>())
            }
            Value::Seq(items) => Node::made((0..items.len()).map(count).collect::<Vec<_>>()),
            _ => return Stop::error("it has no keys"),
        },
        "to_entries" => {
            let Some(map) = node.as_map() else { return Stop::error("it has no entries") };
            let entry = |key: Node, value: Node| {
                let mut entry = Map::new();
                entry.insert("key", Origin::NONE, key);
                entry.insert("value", Origin::NONE, value);
                Node::made(entry)
            };
            Node::made(map.iter().map(|e| entry(Node::made(e.key.clone()), e.value.clone())).collect::<Vec<_>>())
        }
        "add" => {
            let items = match &node.value {
                Value::Seq(items) => items.to_vec(),
                Value::Map(map) => map.iter().map(|entry| entry.value.clone()).collect(),
                _ => return Stop::error("it has no items to add"),
            };
            let mut sum = Node::default();
            for item in &items {
                // Each step copies what came of those before.
                m.spend(
                    1 + sum.as_str().map_or(0, str::len) as u64 / 16 + sum.as_seq().map_or(0, <[Node]>::len) as u64,
                )?;
                sum = binary("+", &sum, item)?;
            }
            sum
        }
        "ascii_downcase" => Node::made(text()?.to_ascii_lowercase()),
        "ascii_upcase" => Node::made(text()?.to_ascii_uppercase()),
        "tostring" => match node.as_str() {
            Some(_) => node.clone(),
            None => Node::made(to_json(node).trim_end()),
        },
        "tonumber" => match (number(node), node.as_str().and_then(|text| text.parse::<f64>().ok())) {
            (Some(n), _) | (None, Some(n)) => Node::made(n),
            _ => return Stop::error("it is no number"),
        },
        _ => return Stop::error(name),
    })
}

fn count(n: usize) -> Node {
    Node::made(i64::try_from(n).unwrap_or(i64::MAX))
}

fn with_argument(m: &mut Machine, name: &str, node: &Node, arg: &Node, flags: &Node) -> Result<Node, Stop> {
    let both = || match (node.as_str(), arg.as_str()) {
        (Some(text), Some(arg)) => Ok((text, arg)),
        _ => Stop::error(format!("`{name}` wants strings")),
    };
    Ok(match name {
        "startswith" => both().map(|(text, arg)| Node::made(text.starts_with(arg)))?,
        "endswith" => both().map(|(text, arg)| Node::made(text.ends_with(arg)))?,
        "ltrimstr" => match both() {
            Ok((text, arg)) => Node::made(text.strip_prefix(arg).unwrap_or(text)),
            Err(_) => node.clone(),
        },
        "rtrimstr" => match both() {
            Ok((text, arg)) => Node::made(text.strip_suffix(arg).unwrap_or(text)),
            Err(_) => node.clone(),
        },
        "split" => both().map(|(text, arg)| {
            Node::made(text.split(arg).filter(|p| !arg.is_empty() || !p.is_empty()).map(Node::made).collect::<Vec<_>>())
        })?,
        "join" => {
            m.spend(arg.as_str().map_or(0, str::len) as u64 * node.as_seq().map_or(0, <[Node]>::len) as u64 / 16)?;
            let (Some(items), Some(between)) = (node.as_seq(), arg.as_str()) else {
                return Stop::error("`join` wants a list");
            };
            let texts: Result<Vec<String>, Stop> = items
                .iter()
                .map(|item| match &item.value {
                    Value::Null => Ok(String::new()),
                    Value::Seq(_) | Value::Map(_) => Stop::error("`join` wants plain items"),
                    Value::Str(text) => Ok(text.to_string()),
                    _ => Ok(to_json(item).trim_end().to_owned()),
                })
                .collect();
            Node::made(texts?.join(between))
        }
        "has" => match (&node.value, &arg.value) {
            (Value::Map(map), Value::Str(key)) => Node::made(map.get(key).is_some()),
            (Value::Seq(items), _) if number(arg).is_some() => {
                Node::made(number(arg).is_some_and(|n| n >= 0.0 && n < items.len() as f64))
            }
            _ => return Stop::error("it can't have that"),
        },
        "contains" => Node::made(contains(m, node, arg)?),
        "inside" => Node::made(contains(m, arg, node)?),
        "test" => {
            let (text, pattern) = both()?;
            let flags = flags.as_str().unwrap_or_default();
            Node::made(m.regex(pattern, flags)?.is_match(text))
        }
        _ => return Stop::error(name),
    })
}

fn contains(m: &mut Machine, a: &Node, b: &Node) -> Result<bool, Stop> {
    m.spend(1)?;
    match (&a.value, &b.value) {
        (Value::Str(a), Value::Str(b)) => Ok(a.contains(b.as_str())),
        (Value::Seq(a), Value::Seq(b)) => {
            for b in b {
                let mut found = false;
                for a in a {
                    m.spend(1)?;
                    found |= kind(a) == kind(b) && contains(m, a, b)?;
                }
                if !found {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Map(a), Value::Map(b)) => {
            for entry in b {
                match a.get(&entry.key) {
                    Some(value) if kind(value) == kind(&entry.value) && contains(m, value, &entry.value)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
        _ if kind(a) == kind(b) => Ok(compare(a, b) == Ordering::Equal),
        _ => Stop::error("these can't contain each other"),
    }
}

/// jq's word for what a value is.
pub(super) fn kind(node: &Node) -> &'static str {
    match &node.value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "number",
        Value::Str(_) => "string",
        Value::Seq(_) => "array",
        Value::Map(_) => "object",
    }
}

pub(super) fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Int(n) => Some(*n as f64),
        Value::UInt(n) => Some(*n as f64),
        Value::Float(n) => Some(*n),
        _ => None,
    }
}

/// jq's order of all values.
fn compare(a: &Node, b: &Node) -> Ordering {
    let rank = |node: &Node| match &node.value {
        Value::Null => 0,
        Value::Bool(b) => 1 + i32::from(*b),
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => 3,
        Value::Str(_) => 4,
        Value::Seq(_) => 5,
        Value::Map(_) => 6,
    };
    match (&a.value, &b.value) {
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        (Value::Seq(a), Value::Seq(b)) => {
            let pairs = a.iter().zip(b.iter()).map(|(a, b)| compare(a, b));
            pairs.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (Value::Map(x), Value::Map(y)) => {
            let sorted = |map: &Map| {
                let mut entries: Vec<_> = map.iter().cloned().collect();
                entries.sort_by(|a, b| a.key.cmp(&b.key));
                entries
            };
            let (x, y) = (sorted(x), sorted(y));
            let keys = x.iter().map(|e| &e.key).cmp(y.iter().map(|e| &e.key));
            let values = || x.iter().zip(&y).map(|(a, b)| compare(&a.value, &b.value)).find(|order| order.is_ne());
            if keys.is_ne() { keys } else { values().unwrap_or(Ordering::Equal) }
        }
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Less),
            _ => rank(a).cmp(&rank(b)),
        },
    }
}

pub(super) fn binary(sign: &str, a: &Node, b: &Node) -> Result<Node, Stop> {
    let order = || compare(a, b);
    Ok(match sign {
        "==" => Node::made(order().is_eq()),
        "!=" => Node::made(order().is_ne()),
        "<" => Node::made(order().is_lt()),
        "<=" => Node::made(order().is_le()),
        ">" => Node::made(order().is_gt()),
        ">=" => Node::made(order().is_ge()),
        sign => match (sign, &a.value, &b.value) {
            ("+", Value::Null, _) => b.clone(),
            ("+", _, Value::Null) => a.clone(),
            ("+", Value::Str(a), Value::Str(b)) if a.len() + b.len() > TEXT => return Err(Stop::Budget),
            ("+", Value::Str(a), Value::Str(b)) => Node::made(format!("{a}{b}")),
            ("+", Value::Seq(a), Value::Seq(b)) => Node::made(a.iter().chain(b.iter()).cloned().collect::<Vec<_>>()),
            ("-", Value::Seq(a), Value::Seq(b)) => {
                let kept = a.iter().filter(|a| !b.iter().any(|b| compare(a, b).is_eq()));
                Node::made(kept.cloned().collect::<Vec<_>>())
            }
            _ => match (number(a), number(b)) {
                (Some(a), Some(b)) => Node::made(match sign {
                    "+" => a + b,
                    "-" => a - b,
                    "*" => a * b,
                    "/" if b != 0.0 => a / b,
                    "%" if b.trunc() != 0.0 => a.trunc() % b.trunc(),
                    _ => return Stop::error("division by zero"),
                }),
                _ => return Stop::error(format!("{} {sign} {}", kind(a), kind(b))),
            },
        },
    })
}
