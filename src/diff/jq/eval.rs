//! Evaluation: every value comes with the path that leads to it, as long as one does.

use std::collections::HashMap;

use ecow::EcoVec;
use regex::{Regex, RegexBuilder};

use super::PathKey;
use super::functions;
use super::parse::Expr;
use crate::yaml::{Node, Value};

/// Steps that one expression may take on one object.
const BUDGET: u64 = 2_000_000;

/// A value, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub node: Node,
    /// None for what was computed.
    pub path: Option<Vec<PathKey>>,
}

impl Item {
    pub fn made(node: Node) -> Self {
        Self { node, path: None }
    }

    fn below(&self, node: Node, key: PathKey) -> Self {
        let path = self.path.as_ref().map(|path| {
            let mut path = path.clone();
            path.push(key);
            path
        });
        Self { node, path }
    }
}

/// Why evaluation stops.
#[derive(Debug)]
pub(super) enum Stop {
    /// An error, which `?` catches.
    Error(String),
    /// Enough was seen.
    Enough,
    /// It takes too long.
    Budget,
}

impl Stop {
    pub fn error<T>(text: impl Into<String>) -> Result<T, Self> {
        Err(Self::Error(text.into()))
    }
}

pub(super) type Out<'o> = &'o mut dyn FnMut(Item) -> Result<(), Stop>;

pub(super) struct Machine {
    budget: u64,
    variables: Vec<(String, Node)>,
    /// Regular expressions that were read, by pattern and flags.
    regexes: HashMap<(String, String), Option<Regex>>,
}

/// What it costs to read a regular expression.
const REGEX: u64 = 20_000;

/// The paths that an expression gives.
pub(super) fn paths(expr: &Expr, object: &Node) -> Result<Vec<Vec<PathKey>>, String> {
    let mut machine = Machine { budget: BUDGET, variables: Vec::new(), regexes: HashMap::new() };
    let mut found = Vec::new();
    let top = Item { node: object.clone(), path: Some(Vec::new()) };
    let result = machine.eval(expr, &top, &mut |item| match item.path {
        Some(path) => {
            found.push(path);
            Ok(())
        }
        None => Stop::error("it gives values that are no fields"),
    });
    match result {
        Ok(()) | Err(Stop::Enough) => Ok(found),
        Err(Stop::Error(why)) => Err(why),
        Err(Stop::Budget) => Err("it takes too long".to_owned()),
    }
}

pub(super) fn truth(node: &Node) -> bool {
    !matches!(node.value, Value::Null | Value::Bool(false))
}

impl Machine {
    pub fn spend(&mut self, n: u64) -> Result<(), Stop> {
        self.budget = self.budget.checked_sub(n).ok_or(Stop::Budget)?;
        Ok(())
    }

    /// Spends what it costs to look at all of a value. What a list holds several times costs each time, so that a value that
    /// is small in memory and without end to whoever looks at it is never looked at.
    pub fn spend_all(&mut self, node: &Node) -> Result<(), Stop> {
        let mut stack = vec![node];
        while let Some(node) = stack.pop() {
            match &node.value {
                Value::Str(text) => self.spend(1 + text.len() as u64 / 16)?,
                Value::Seq(items) => {
                    self.spend(1 + items.len() as u64)?;
                    stack.extend(items.iter());
                }
                Value::Map(map) => {
                    self.spend(1 + map.len() as u64)?;
                    stack.extend(map.iter().map(|entry| &entry.value));
                }
                _ => self.spend(1)?,
            }
        }
        Ok(())
    }

    /// A regular expression, read once.
    pub fn regex(&mut self, pattern: &str, flags: &str) -> Result<Regex, Stop> {
        let key = (pattern.to_owned(), flags.to_owned());
        if !self.regexes.contains_key(&key) {
            self.spend(REGEX)?;
            let regex = RegexBuilder::new(pattern)
                .case_insensitive(flags.contains('i'))
                .ignore_whitespace(flags.contains('x'))
                .dot_matches_new_line(flags.contains(['s', 'p']))
                .size_limit(1 << 20)
                .build();
            self.regexes.insert(key.clone(), regex.ok());
        }
        match self.regexes.get(&key) {
            Some(Some(regex)) => Ok(regex.clone()),
            _ => Stop::error(format!("`{pattern}` is no regular expression")),
        }
    }

    pub fn eval(&mut self, expr: &Expr, input: &Item, out: Out<'_>) -> Result<(), Stop> {
        self.spend(1 + input.path.as_ref().map_or(0, |p| p.len() as u64))?;
        match expr {
            Expr::Identity => out(input.clone()),
            Expr::Everything => self.everything(input, out),
            Expr::Index(term, key) => {
                let keys = self.values(key, input)?;
                let items = self.items(term, input)?;
                for item in &items {
                    for key in &keys {
                        self.spend(1)?;
                        out(index(item, key)?)?;
                    }
                }
                Ok(())
            }
            Expr::Slice(term, from, to) => {
                let bound = |machine: &mut Self, expr: &Option<Box<Expr>>| match expr {
                    Some(expr) => machine.values(expr, input),
                    None => Ok(vec![Node::default()]),
                };
                let (froms, tos) = (bound(self, from)?, bound(self, to)?);
                for item in &self.items(term, input)? {
                    for (from, to) in froms.iter().flat_map(|from| tos.iter().map(move |to| (from, to))) {
                        self.spend(1)?;
                        out(slice(item, from, to)?)?;
                    }
                }
                Ok(())
            }
            Expr::Each(term) => {
                let mut items = Vec::new();
                let stopped = self.eval(term, input, &mut |item| {
                    items.push(item);
                    Ok(())
                });
                for item in &items {
                    self.each(item, out)?;
                }
                stopped
            }
            Expr::Try(term) => {
                // What `out` fails with is not ours to catch.
                let mut outside = None;
                let result = self.eval(term, input, &mut |item| {
                    out(item).map_err(|stop| {
                        outside = Some(stop);
                        Stop::Enough
                    })
                });
                match (result, outside) {
                    (_, Some(stop)) => Err(stop),
                    (Err(Stop::Error(_)) | Ok(()), None) => Ok(()),
                    (Err(stop), None) => Err(stop),
                }
            }
            Expr::Pipe(a, b) => {
                let items = self.items(a, input)?;
                items.iter().try_for_each(|item| self.eval(b, item, out))
            }
            Expr::Comma(a, b) => {
                self.eval(a, input, out)?;
                self.eval(b, input, out)
            }
            Expr::Otherwise(a, b) => {
                let mut found = Vec::new();
                let result = self.eval(a, input, &mut |item| {
                    if truth(&item.node) {
                        found.push(item);
                    }
                    Ok(())
                });
                match result {
                    Ok(()) | Err(Stop::Error(_)) if found.is_empty() => self.eval(b, input, out),
                    Ok(()) | Err(Stop::Error(_)) => found.into_iter().try_for_each(out),
                    Err(stop) => Err(stop),
                }
            }
            Expr::Bind(source, name, body) => {
                for value in self.values(source, input)? {
                    self.variables.push((name.clone(), value));
                    let result = self.eval(body, input, out);
                    self.variables.pop();
                    result?;
                }
                Ok(())
            }
            Expr::Variable(name) => {
                let value =
                    self.variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
                out(Item::made(value.unwrap_or_default()))
            }
            Expr::Literal(node) => out(Item::made(node.clone())),
            Expr::List(None) => out(Item::made(Node::made(Value::Seq(EcoVec::new())))),
            Expr::List(Some(inside)) => {
                let items = self.values(inside, input)?;
                out(Item::made(Node::made(items)))
            }
            Expr::Minus(term) => {
                for value in self.values(term, input)? {
                    let Some(number) = functions::number(&value) else { return Stop::error("only numbers have a `-`") };
                    out(Item::made(Node::made(-number)))?;
                }
                Ok(())
            }
            Expr::Logic(or, a, b) => {
                for a in self.values(a, input)? {
                    if truth(&a) == *or {
                        out(Item::made(Node::made(*or)))?;
                        continue;
                    }
                    for b in self.values(b, input)? {
                        out(Item::made(Node::made(truth(&b))))?;
                    }
                }
                Ok(())
            }
            Expr::Binary(sign, a, b) => {
                let (left, right) = (self.values(a, input)?, self.values(b, input)?);
                for b in &right {
                    for a in &left {
                        self.spend_all(a)?;
                        self.spend_all(b)?;
                        out(Item::made(functions::binary(sign, a, b)?))?;
                    }
                }
                Ok(())
            }
            Expr::If(condition, then, otherwise) => {
                for condition in self.values(condition, input)? {
                    self.eval(if truth(&condition) { then } else { otherwise }, input, out)?;
                }
                Ok(())
            }
            Expr::Call(name, args) => functions::call(self, name, args, input, out),
        }
    }

    /// All that an expression gives.
    pub fn items(&mut self, expr: &Expr, input: &Item) -> Result<Vec<Item>, Stop> {
        let mut items = Vec::new();
        self.eval(expr, input, &mut |item| {
            items.push(item);
            Ok(())
        })?;
        Ok(items)
    }

    /// All that it gives, without paths.
    pub fn values(&mut self, expr: &Expr, input: &Item) -> Result<Vec<Node>, Stop> {
        let mut values = Vec::new();
        self.eval(expr, &Item::made(input.node.clone()), &mut |item| {
            values.push(item.node);
            Ok(())
        })?;
        Ok(values)
    }

    pub fn each(&mut self, item: &Item, out: Out<'_>) -> Result<(), Stop> {
        match &item.node.value {
            Value::Seq(items) => items.iter().enumerate().try_for_each(|(at, node)| {
                self.spend(1)?;
                out(item.below(node.clone(), PathKey::Index(at)))
            }),
            Value::Map(map) => map.iter().try_for_each(|entry| {
                self.spend(1)?;
                out(item.below(entry.value.clone(), PathKey::Key(entry.key.clone())))
            }),
            other => Stop::error(format!("can't go through {}", other.kind())),
        }
    }

    /// The value, and all in it.
    pub fn everything(&mut self, item: &Item, out: Out<'_>) -> Result<(), Stop> {
        let mut stack = vec![item.clone()];
        while let Some(item) = stack.pop() {
            self.spend(1 + item.path.as_ref().map_or(0, |p| p.len() as u64))?;
            let mut inside = Vec::new();
            if matches!(item.node.value, Value::Seq(_) | Value::Map(_)) {
                self.each(&item, &mut |below| {
                    inside.push(below);
                    Ok(())
                })?;
            }
            stack.extend(inside.into_iter().rev());
            out(item)?;
        }
        Ok(())
    }
}

/// `item[key]`.
pub(super) fn index(item: &Item, key: &Node) -> Result<Item, Stop> {
    match (&item.node.value, &key.value) {
        (Value::Null, Value::Str(key)) => Ok(item.below(Node::default(), PathKey::Key(key.clone()))),
        (Value::Map(map), Value::Str(key)) => {
            Ok(item.below(map.get(key).cloned().unwrap_or_default(), PathKey::Key(key.clone())))
        }
        (Value::Null | Value::Seq(_), Value::Int(_) | Value::UInt(_) | Value::Float(_)) => {
            let items = item.node.as_seq().unwrap_or_default();
            match place(key, items.len()) {
                Some(at) => Ok(item.below(items.get(at).cloned().unwrap_or_default(), PathKey::Index(at))),
                None => Ok(Item {
                    node: Node::default(),
                    path: item.path.as_ref().map(|_| vec![PathKey::Index(usize::MAX)]),
                }),
            }
        }
        (other, _) => Stop::error(format!("{} has no such part", other.kind())),
    }
}

/// Where a number points in a list; from its end if it is negative.
fn place(number: &Node, len: usize) -> Option<usize> {
    let number = functions::number(number)?.floor();
    let at = if number < 0.0 { number + len as f64 } else { number };
    (0.0..1e15).contains(&at).then_some(at as usize)
}

fn slice(item: &Item, from: &Node, to: &Node) -> Result<Item, Stop> {
    let items = match &item.node.value {
        Value::Seq(items) => items.as_slice(),
        Value::Null => &[],
        other => return Stop::error(format!("{} has no parts from and to", other.kind())),
    };
    let bound = |node: &Node, otherwise: usize| match node.is_null() {
        true => Ok(otherwise),
        false => match functions::number(node) {
            Some(number) if number < 0.0 => Ok(place(node, items.len()).unwrap_or(0)),
            Some(_) => Ok(place(node, items.len()).unwrap_or(items.len()).min(items.len())),
            None => Stop::error("a list is cut by numbers"),
        },
    };
    let from = bound(from, 0)?;
    let to = bound(to, items.len())?.max(from);
    let part: Vec<Node> = items.get(from..to).unwrap_or_default().to_vec();
    Ok(item.below(Node::made(part), PathKey::Slice(from, to)))
}
