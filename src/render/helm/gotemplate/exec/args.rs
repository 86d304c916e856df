//! Calls: arguments evaluated, checked and converted by the parameters of the function.

use super::super::ast::{Constant, Expr};
use super::super::call::{Call, Fault, Function, Host, Signature, Type};
use super::super::show;
use super::super::stack;
use super::super::trail::Trail;
use super::super::value::{IntType, ListType, Tracked, Value};
use super::{At, Exec, Operand, Site, State, can_be_nil};
use crate::provenance::ReadSet;
use crate::source::Span;

/// What is called.
pub(super) struct Callee<'f> {
    pub(super) name: &'f str,
    pub(super) signature: Signature,
    pub(super) run: Run<'f>,
}

pub(super) enum Run<'f> {
    Function(&'f Function),
    Method(&'f Tracked),
}

/// Bytes that the error of a limit has at most before it is no longer wrapped.
pub(super) const MAX_LIMIT_TEXT: usize = 4096;

/// Bytes that a function reads while a template takes a step.
const BYTES_A_STEP: usize = 64;

/// Steps that it takes to ask for randomness.
const RANDOM: usize = 10;

impl Exec<'_> {
    #[expect(clippy::too_many_arguments, reason = "exec.go's evalFunction")]
    pub(super) fn function<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        name: &'t str,
        index: u32,
        node: At<'t>,
        args: &'t [Expr],
        last: Option<Tracked>,
    ) -> Result<Operand, Fault> {
        let functions = self.functions;
        let function = functions.at(index);
        if matches!(name, "and" | "or") {
            return self.and_or(state, dot, name == "or", args, last);
        }
        let callee = Callee { name, signature: function.signature, run: Run::Function(function) };
        self.call(state, dot, callee, node, args, last)
    }

    /// `and`, `or`: they stop at the argument that decides.
    fn and_or<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        or: bool,
        args: &'t [Expr],
        last: Option<Tracked>,
    ) -> Result<Operand, Fault> {
        if args.is_empty() && last.is_none() {
            let name = if or { "or" } else { "and" };
            let message = format!("wrong number of args for {name}: want at least 1 got 0");
            return Err(self.fault(state, message, None));
        }
        let mut trails: Vec<Trail> = Vec::new();
        let mut value = Tracked::default();
        for arg in args {
            value = self.arg(state, dot, Type::Reflect, arg)?;
            if value.truth() == or {
                return Ok(Operand::iface(self.decided(value, &trails)));
            }
            if self.record {
                trails.push(value.trail.clone());
            }
        }
        if last.is_none() {
            // The value's own trail is not one of those before it.
            trails.pop();
        }
        let value = last.unwrap_or(value);
        Ok(Operand::iface(self.decided(value, &trails)))
    }

    /// The value that an `and` or `or` gave, which also depends on those before it.
    fn decided(&self, mut value: Tracked, before: &[Trail]) -> Tracked {
        if self.record && !before.is_empty() {
            value.trail = value.trail.beside(before);
        }
        value
    }

    /// Calls a function or method (exec.go's `evalCall`). `args` are those written out, `last` comes from the pipeline.
    pub(super) fn call<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        callee: Callee,
        node: At<'t>,
        args: &'t [Expr],
        last: Option<Tracked>,
    ) -> Result<Operand, Fault> {
        let Callee { name, signature, run } = callee;
        let params = signature.params;
        let given = args.len() + usize::from(last.is_some());
        if signature.variadic && given + 1 < params.len() {
            let want = params.len() - 1;
            let message = format!("wrong number of args for {name}: want at least {want} got {}", args.len());
            return Err(self.fault(state, message, None));
        }
        if !signature.variadic && given != params.len() {
            let message = format!("wrong number of args for {name}: want {} got {given}", params.len());
            return Err(self.fault(state, message, None));
        }
        let param = |at: usize| params.get(at).or(params.last()).copied().unwrap_or(Type::Any);
        let mut values = Vec::with_capacity(given);
        for (at, arg) in args.iter().enumerate() {
            values.push(self.arg(state, dot, param(at), arg)?);
        }
        if let Some(last) = last {
            values.push(self.checked(state, Operand::new(last), param(args.len()))?);
        }
        if self.record && name == "set" {
            values = values.into_iter().map(|v| self.under_control(v)).collect();
        }
        let pos = match node {
            At::Command(command) => command.pos,
            At::Expr(expr) => expr.pos(),
            _ => 0,
        };
        // `call` names what it can't call by its expression.
        let expression = (name == "call").then(|| match (args.first(), values.first()) {
            (Some(arg), _) => show::node_text(state.tree, arg),
            (None, Some(value)) => reflected(value),
            (None, None) => String::new(),
        });
        // What a function does with texts takes as long as they are.
        let read: usize = values.iter().filter_map(|value| value.as_bytes()).map(<[u8]>::len).sum();
        self.work(read / BYTES_A_STEP)?;
        let mut host = Caller { exec: self, state, pos };
        let mut call = Call { name: expression.as_deref().unwrap_or(name), args: &values, host: &mut host };
        let result = match run {
            Run::Function(function) => stack::function(|| (function.run)(&mut call)),
            Run::Method(receiver) => match &receiver.value {
                Value::Object(object) => stack::function(|| object.call(name, &mut call)),
                _ => super::eval::call_values_method(receiver, &mut call),
            },
        };
        match result {
            Ok(mut value) => {
                self.text(value.as_bytes().map_or(0, <[u8]>::len))?;
                self.spend(value.made())?;
                if self.record {
                    if value.trail.is_none() {
                        value.trail = Trail::made_of(computed(name, &values));
                    }
                    self.note(value.trail.reads().map_or(0, |reads| reads.text.len()))?;
                }
                Ok(Operand { iface: value.is_nil(), value })
            }
            // Of a recursion that met a limit, the innermost calls are enough.
            Err(fault) if fault.limit && fault.text.len() > MAX_LIMIT_TEXT => Err(fault),
            Err(fault) if fault.limit && fault.frame.is_none() && fault.cause.is_none() => {
                state.at = node;
                let text = fault.text.clone();
                Err(self.fault(state, text, Some(fault)))
            }
            Err(fault) => {
                state.at = node;
                let message = format!("error calling {name}: {}", fault.text);
                let trails = values.iter().map(|v| &v.trail);
                Err(self.fault(state, message, Some(fault)).about(trails))
            }
        }
    }

    /// An argument for a parameter (exec.go's `evalArg`).
    fn arg<'t>(&mut self, state: &mut State<'t>, dot: &Operand, go: Type, node: &'t Expr) -> Result<Tracked, Fault> {
        state.at = At::Expr(node);
        match node {
            Expr::Nil { .. } => {
                if go == Type::Reflect {
                    // Not even an interface: `len nil` says so.
                    return Ok(Value::NoValue.into());
                }
                if can_be_nil(go) {
                    return Ok(Tracked::default());
                }
                Err(self.fault(state, format!("cannot assign nil to {}", go.name()), None))
            }
            Expr::Bool { .. } | Expr::String { .. } | Expr::Number(_) => self.literal(state, go, node),
            _ => {
                let value = self.operand(state, dot, node)?;
                self.checked(state, value, go)
            }
        }
    }

    /// A constant as a value of a type: constants take the type that is asked for.
    fn literal(&self, state: &State, go: Type, node: &Expr) -> Result<Tracked, Fault> {
        let expected = |what: &str| {
            let shown = show::node_text(state.tree, node);
            Err(self.fault(state, format!("expected {what}; found {shown}"), None))
        };
        let value = match (go, node) {
            (Type::Any | Type::Reflect, _) => return self.constant(state, node),
            (Type::Bool, Expr::Bool { value, .. }) => Value::Bool(*value),
            (Type::Bool, _) => return expected("bool"),
            (Type::String, Expr::String { text: Constant::Str(text), .. }) => Value::Str(text.clone()),
            (Type::String, Expr::String { text: Constant::Raw(bytes), .. }) => Value::Raw(bytes.clone()),
            (Type::String, _) => return expected("string"),
            (Type::Int | Type::Int64 | Type::Int32, Expr::Number(number)) => match number.int {
                Some(n) => Value::Int(n, int_type(go)),
                None => return expected("integer"),
            },
            (Type::Int | Type::Int64 | Type::Int32, _) => return expected("integer"),
            (Type::Uint64 | Type::Uint32, Expr::Number(number)) => match number.uint {
                Some(n) => Value::Int(n.cast_signed(), int_type(go)),
                None => return expected("unsigned integer"),
            },
            (Type::Uint64 | Type::Uint32, _) => return expected("unsigned integer"),
            (Type::Float64, Expr::Number(number)) => match number.float {
                Some(f) => Value::Float(f),
                None => return expected("float"),
            },
            (Type::Float64, _) => return expected("float"),
            (Type::Dict | Type::List | Type::Strings | Type::Named(_), _) => {
                let shown = show::node_text(state.tree, node);
                let message = format!("can't handle {shown} for arg of type {}", go.name());
                return Err(self.fault(state, message, None));
            }
        };
        Ok(value.into())
    }

    /// A value for a parameter, if it can be one (exec.go's `validateType`).
    fn checked(&self, state: &State, operand: Operand, go: Type) -> Result<Tracked, Fault> {
        let fits = match (go, &operand.value.value) {
            (Type::Reflect, _) => true,
            (Type::Any, Value::NoValue) => {
                return Ok(Tracked { value: Value::Nil, trail: operand.value.trail });
            }
            (Type::Any, _) => true,
            (_, Value::NoValue) if can_be_nil(go) => {
                return Ok(Tracked { value: Value::Nil, trail: operand.value.trail });
            }
            (_, Value::NoValue) => {
                let message = format!("invalid value; expected {}", go.name());
                return Err(self.fault(state, message, None).about([&operand.value.trail]));
            }
            (Type::String, Value::Str(_) | Value::Raw(_)) => true,
            (Type::Bool, Value::Bool(_)) => true,
            (Type::Int | Type::Int64 | Type::Int32 | Type::Uint64 | Type::Uint32, Value::Int(_, have)) => {
                *have == int_type(go)
            }
            (Type::Float64, Value::Float(_)) => true,
            (Type::Dict, Value::Map(map)) => !map.go().holds_strings(),
            (Type::List, Value::List(list)) => list.go() == ListType::Any,
            (Type::Strings, Value::List(list)) => list.go() == ListType::Strings,
            (Type::Named(name), Value::Object(object)) => object.type_name() == name,
            _ => false,
        };
        if fits {
            return Ok(operand.value);
        }
        let got = match &operand.value.value {
            Value::Nil => "interface {}",
            value => value.type_name(),
        };
        let message = format!("wrong type for value; expected {}; got {got}", go.name());
        Err(self.fault(state, message, None).about([&operand.value.trail]))
    }
}

/// What the result of a function is made of that doesn't tell itself: all that its arguments hold. What only puts values
/// together, or runs a template, has no reads of its own; each value in it has.
fn computed(name: &str, args: &[Tracked]) -> ReadSet {
    match name {
        "include" | "tpl" | "dict" | "list" | "tuple" | "concat" => ReadSet::NONE,
        "set" | "unset" | "pick" | "omit" | "append" | "push" | "prepend" | "mustAppend" | "mustPush"
        | "mustPrepend" | "merge" | "mergeOverwrite" | "mustMerge" | "mustMergeOverwrite" => {
            args.first().map_or(ReadSet::NONE, |first| first.trail.values().clone())
        }
        _ => ReadSet::joined(args.iter().map(Tracked::content).collect::<Vec<_>>().iter()),
    }
}

/// `reflect.Value.String`: of strings they, of others only the type.
fn reflected(value: &Value) -> String {
    match value {
        Value::Nil | Value::NoValue => "<invalid Value>".to_owned(),
        Value::Str(_) | Value::Raw(_) => String::from_utf8_lossy(value.as_bytes().unwrap_or_default()).into_owned(),
        other => format!("<{} Value>", other.type_name()),
    }
}

fn int_type(go: Type) -> IntType {
    match go {
        Type::Int64 => IntType::Int64,
        Type::Int32 => IntType::Int32,
        Type::Uint64 => IntType::Uint64,
        Type::Uint32 => IntType::Uint32,
        _ => IntType::Int,
    }
}

/// What a function may ask for: the execution, and where it is called.
struct Caller<'x, 'a, 's, 't> {
    exec: &'x mut Exec<'a>,
    state: &'s State<'t>,
    pos: u32,
}

fn site<'s>(state: &State<'s>, pos: u32, function: &'s str) -> Site<'s> {
    let tree = state.tree;
    let at = pos as usize;
    let span = tree.file.is_real().then(|| Span::new(tree.file, at..at + function.len()));
    Site { function, template: &tree.parse_name, span, at: pos }
}

impl Host for Caller<'_, '_, '_, '_> {
    fn include(&mut self, name: &[u8], data: &Tracked) -> Result<Tracked, Fault> {
        self.exec.include(name, data)
    }

    fn tpl(&mut self, text: &Tracked, data: &Tracked) -> Result<Tracked, Fault> {
        self.exec.tpl(text, data)
    }

    fn random(&mut self, function: &str, buffer: &mut [u8]) -> Result<(), Fault> {
        self.exec.work(RANDOM + buffer.len() / BYTES_A_STEP)?;
        let site = site(self.state, self.pos, function);
        self.exec.effects.random(&site, buffer)
    }

    fn now(&mut self, function: &str) -> i128 {
        let site = site(self.state, self.pos, function);
        self.exec.effects.now(&site)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Fault> {
        self.exec.spend(bytes)
    }

    fn work(&mut self, steps: usize) -> Result<(), Fault> {
        self.exec.work(steps)
    }

    fn room(&self) -> usize {
        self.exec.room()
    }

    fn recording(&self) -> bool {
        self.exec.record
    }

    fn around(&self) -> ReadSet {
        self.exec.around()
    }
}
