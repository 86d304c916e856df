//! Pipelines, commands, operands, fields.

use std::rc::Rc;

use ecow::EcoString;

use super::super::ast::{Command, Constant, Expr, Number, Pipe, Variable};
use super::super::call::{Call, Fault, Meter, Signature};
use super::super::complex::Complex;
use super::super::parse::number::complex;
use super::super::quote::quote;
use super::super::show;
use super::super::stack;
use super::super::trail::Trail;
use super::super::value::{MapRef, MapType, Tracked, Value};
use super::args::Callee;
use super::{At, Exec, MissingKey, Operand, State};

impl Exec<'_> {
    /// The value of a pipeline. Its variables are set.
    pub(super) fn pipeline<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        pipe: &'t Pipe,
    ) -> Result<Tracked, Fault> {
        state.at = At::Pipe(pipe);
        let mut last: Option<Tracked> = None;
        for command in pipe.commands() {
            let mut value = self.command(state, dot, command, last.take())?.value;
            if matches!(value.value, Value::Nil) {
                // An interface that holds nothing is dug out to nothing.
                value.value = Value::NoValue;
            }
            last = Some(value);
        }
        let value = last.unwrap_or_default();
        for variable in &pipe.decl {
            if variable.slot == Variable::UNDEFINED {
                let name = variable.ident.first().cloned().unwrap_or_default();
                return Err(self.fault(state, format!("undefined variable: {name}"), None));
            }
            let value = self.under_control(value.clone());
            self.set(state, variable.slot, Operand::new(value));
        }
        Ok(value)
    }

    fn command<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        command: &'t Command,
        last: Option<Tracked>,
    ) -> Result<Operand, Fault> {
        self.step()?;
        let (first, args) = (&command.first, &*command.args);
        match first {
            Expr::Field { ident, .. } => {
                state.at = At::Expr(first);
                self.chain(state, dot, dot, first, ident, args, last)
            }
            Expr::Chain { node, field, .. } => {
                let receiver = self.chain_start(state, dot, first, node)?;
                self.chain(state, dot, &receiver, first, field, args, last)
            }
            Expr::Identifier { name, function, .. } => {
                state.at = At::Expr(first);
                self.function(state, dot, name, *function, At::Command(command), args, last)
            }
            Expr::Pipe(pipe) => {
                self.not_a_function(state, first, args, &last)?;
                self.nested(state, dot, pipe).map(Operand::new)
            }
            Expr::Variable(variable) => {
                state.at = At::Expr(first);
                let value = self.variable(state, variable)?;
                match variable.ident.get(1..) {
                    None | Some([]) => {
                        self.not_a_function(state, first, args, &last)?;
                        Ok(value)
                    }
                    Some(fields) => self.chain(state, dot, &value, first, fields, args, last),
                }
            }
            Expr::Dot { .. } => {
                state.at = At::Expr(first);
                self.not_a_function(state, first, args, &last)?;
                Ok(dot.clone())
            }
            Expr::Nil { .. } => {
                state.at = At::Expr(first);
                self.not_a_function(state, first, args, &last)?;
                Err(self.fault(state, "nil is not a command", None))
            }
            Expr::Bool { .. } | Expr::String { .. } | Expr::Number(_) => {
                state.at = At::Expr(first);
                self.not_a_function(state, first, args, &last)?;
                self.constant(state, first).map(Operand::new)
            }
        }
    }

    /// A pipeline in parentheses.
    pub(super) fn nested<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        pipe: &'t Pipe,
    ) -> Result<Tracked, Fault> {
        stack::level(|| self.pipeline(state, dot, pipe))
    }

    fn not_a_function(&self, state: &State, first: &Expr, args: &[Expr], last: &Option<Tracked>) -> Result<(), Fault> {
        if args.is_empty() && last.is_none() {
            return Ok(());
        }
        let shown = show::node_text(state.tree, first);
        Err(self.fault(state, format!("can't give argument to non-function {shown}"), None))
    }

    pub(super) fn variable<'t>(
        &self,
        state: &State<'t>,
        variable: &super::super::ast::Variable,
    ) -> Result<Operand, Fault> {
        self.vars.get(state.base + variable.slot as usize).cloned().ok_or_else(|| {
            let name = variable.ident.first().cloned().unwrap_or_default();
            self.fault(state, format!("undefined variable: {name}"), None)
        })
    }

    /// What `.a` is asked of in `(…).a`.
    pub(super) fn chain_start<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        chain: &'t Expr,
        node: &'t Expr,
    ) -> Result<Operand, Fault> {
        state.at = At::Expr(chain);
        if matches!(node, Expr::Nil { .. }) {
            let shown = show::node_text(state.tree, chain);
            return Err(self.fault(state, format!("indirection through explicit nil in {shown}"), None));
        }
        state.at = At::Expr(node);
        self.operand(state, dot, node)
    }

    /// An operand by itself, of whatever type.
    pub(super) fn operand<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        node: &'t Expr,
    ) -> Result<Operand, Fault> {
        match node {
            Expr::Dot { .. } => Ok(dot.clone()),
            Expr::Field { ident, .. } => {
                state.at = At::Expr(node);
                self.chain(state, dot, dot, node, ident, &[], None)
            }
            Expr::Variable(variable) => {
                state.at = At::Expr(node);
                let value = self.variable(state, variable)?;
                match variable.ident.get(1..) {
                    None | Some([]) => Ok(value),
                    Some(fields) => self.chain(state, dot, &value, node, fields, &[], None),
                }
            }
            Expr::Pipe(pipe) => self.nested(state, dot, pipe).map(Operand::new),
            Expr::Identifier { name, function, .. } => {
                state.at = At::Expr(node);
                self.function(state, dot, name, *function, At::Expr(node), &[], None)
            }
            Expr::Chain { node: inner, field, .. } => {
                let receiver = self.chain_start(state, dot, node, inner)?;
                self.chain(state, dot, &receiver, node, field, &[], None)
            }
            Expr::Nil { .. } => Ok(Operand::iface(Tracked::default())),
            Expr::Bool { .. } | Expr::String { .. } | Expr::Number(_) => {
                state.at = At::Expr(node);
                self.constant(state, node).map(Operand::new)
            }
        }
    }

    /// `.a.b.c` of a value; the last name may be a method that gets the arguments.
    #[expect(
        clippy::too_many_arguments,
        reason = "exec.go's evalFieldChain: the environment, the chain, the arguments"
    )]
    pub(super) fn chain<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        receiver: &Operand,
        node: &'t Expr,
        fields: &'t [EcoString],
        args: &'t [Expr],
        last: Option<Tracked>,
    ) -> Result<Operand, Fault> {
        self.work(fields.len().saturating_sub(1))?;
        match fields {
            [] => Ok(receiver.clone()),
            [name] => self.field(state, dot, name, node, args, last, receiver),
            [first, between @ .., name] => {
                let mut value = self.field(state, dot, first, node, &[], None, receiver)?;
                for field in between {
                    value = self.field(state, dot, field, node, &[], None, &value)?;
                }
                self.field(state, dot, name, node, args, last, &value)
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "exec.go's evalField")]
    fn field<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        name: &'t str,
        node: &'t Expr,
        args: &'t [Expr],
        last: Option<Tracked>,
        receiver: &Operand,
    ) -> Result<Operand, Fault> {
        let has_args = !args.is_empty() || last.is_some();
        match &receiver.value.value {
            Value::Map(map) => {
                if map.go() != MapType::Any
                    && let Some(signature) = values_method(map.go(), name)
                {
                    return self.method(state, dot, receiver, signature, name, node, args, last);
                }
                if has_args {
                    return Err(self.fault(state, format!("{name} is not a method but has arguments"), None));
                }
                let iface = !map.go().holds_strings();
                if let Some(mut value) = map.get(name) {
                    if value.trail.is_none() && receiver.value.trail.reads().is_some_and(|reads| reads.exact) {
                        // A part of what was read as a whole.
                        value.trail = receiver.value.trail.blurred();
                    }
                    return Ok(Operand { value, iface });
                }
                let value = match (self.missing_key, map.go()) {
                    (MissingKey::Invalid, _) => Value::NoValue,
                    (MissingKey::Zero, go) if go.holds_strings() => Value::str(""),
                    (MissingKey::Zero, _) => Value::Nil,
                    (MissingKey::Error, _) => {
                        let name = quote(name);
                        return Err(self.fault(state, format!("map has no entry for key {name}"), None));
                    }
                };
                let trail = if self.record { map.absent(name) } else { Trail::NONE };
                Ok(Operand { value: Tracked { value, trail }, iface })
            }
            Value::NoValue => {
                if self.missing_key == MissingKey::Error {
                    let name = quote(name);
                    return Err(self.fault(state, format!("nil data; no entry for key {name}"), None));
                }
                Ok(receiver.clone())
            }
            Value::Nil => {
                let message = format!("nil pointer evaluating {}.{name}", receiver.type_name());
                Err(self.fault(state, message, None).about([&receiver.value.trail]))
            }
            Value::Object(object) => {
                if let Some(signature) = object.method(name) {
                    return self.method(state, dot, receiver, signature, name, node, args, last);
                }
                match object.field(name) {
                    _ if has_args && object.kind() == "map" => {
                        Err(self.fault(state, format!("{name} is not a method but has arguments"), None))
                    }
                    Some(_) if has_args => {
                        let message = format!("{name} has arguments but cannot be invoked as function");
                        Err(self.fault(state, message, None))
                    }
                    Some(value) => Ok(Operand { iface: value.is_nil(), value }),
                    None => {
                        let message = format!("can't evaluate field {name} in type {}", receiver.type_name());
                        Err(self.fault(state, message, None))
                    }
                }
            }
            _ => {
                let message = format!("can't evaluate field {name} in type {}", receiver.type_name());
                Err(self.fault(state, message, None).about([&receiver.value.trail]))
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "exec.go's evalCall")]
    fn method<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        receiver: &Operand,
        signature: Signature,
        name: &'t str,
        node: &'t Expr,
        args: &'t [Expr],
        last: Option<Tracked>,
    ) -> Result<Operand, Fault> {
        let callee = Callee { name, signature, run: super::args::Run::Method(&receiver.value) };
        self.call(state, dot, callee, At::Expr(node), args, last)
    }

    /// A constant where no type is asked for: its own syntax says which it is (exec.go's `idealConstant`).
    pub(super) fn constant(&self, state: &State, node: &Expr) -> Result<Tracked, Fault> {
        Ok(Tracked::from(match node {
            Expr::Bool { value, .. } => Value::Bool(*value),
            Expr::String { text: Constant::Str(text), .. } => Value::Str(text.clone()),
            Expr::String { text: Constant::Raw(bytes), .. } => Value::Raw(bytes.clone()),
            Expr::Number(number) => self.number(state, number)?,
            _ => Value::NoValue,
        }))
    }

    fn number(&self, state: &State, number: &Number) -> Result<Value, Fault> {
        let text = number.text.as_str();
        if number.imaginary
            && let Some((real, imaginary)) = complex(text)
        {
            return Ok(Value::Object(Rc::new(Complex { real, imaginary })));
        }
        let hexadecimal = text.len() > 2 && (text.starts_with("0x") || text.starts_with("0X"));
        let hexadecimal = hexadecimal && !text.contains(['p', 'P']);
        if let Some(float) = number.float
            && !hexadecimal
            && !number.character
            && text.contains(['.', 'e', 'E', 'p', 'P'])
        {
            return Ok(Value::Float(float));
        }
        match (number.int, number.uint) {
            (Some(int), _) => Ok(Value::int(int)),
            (None, Some(_)) => Err(self.fault(state, format!("{text} overflows int"), None)),
            (None, None) => Ok(Value::NoValue),
        }
    }
}

/// The methods that Helm's type of values has (`common.Values`, `chartutil.Values`): they hide keys of their names.
fn values_method(go: MapType, name: &str) -> Option<Signature> {
    use super::super::call::Type;
    if !matches!(go, MapType::ChartutilValues | MapType::CommonValues) {
        return None;
    }
    let params: &'static [Type] = match name {
        "AsMap" | "YAML" => &[],
        "Encode" => &[Type::Named("io.Writer")],
        "Table" | "PathValue" => &[Type::String],
        _ => return None,
    };
    Some(Signature { params, variadic: false })
}

/// Calls a method of Helm's values.
pub(super) fn call_values_method(values: &Tracked, call: &mut Call) -> Result<Tracked, Fault> {
    let Some(map) = values.as_map() else { return Ok(Tracked::default()) };
    match call.name {
        "AsMap" => Ok(Tracked { value: map.retyped(MapType::Any).into(), trail: values.trail.clone() }),
        "YAML" => {
            let mut meter = Meter::new(call.host);
            let node = values.to_node(&mut meter)?;
            meter.done()?;
            Ok(Value::from(crate::yaml::emit(&node)).into())
        }
        "Table" => Ok(Value::from(table(map, &call.str(0))?).into()),
        "PathValue" => {
            let path = call.str(0);
            if path.is_empty() {
                return Err(Fault::new("YAML path cannot be empty"));
            }
            let (table, key) = match path.rsplit_once('.') {
                Some((tables, key)) => (table(map, tables).ok(), key),
                None => (Some(map.clone()), &*path),
            };
            let value = table.and_then(|table| table.get(key));
            let plain = value.filter(|v| v.as_map().is_none_or(|inner| inner.go() != MapType::Any));
            plain.ok_or_else(|| Fault::new(format!("{} is not a value", quote(key))))
        }
        // There is nothing that could be written to.
        _ => Err(Fault::new("runtime error: invalid memory address or nil pointer dereference")),
    }
}

/// The table that a path leads to (`Values.Table`), under Helm's type.
fn table(map: &MapRef, path: &str) -> Result<MapRef, Fault> {
    let mut table = map.clone();
    for key in path.split('.') {
        match table.get(key).as_deref() {
            Some(Value::Map(inner)) if inner.go() == MapType::Any || inner.go() == map.go() => table = inner.clone(),
            _ => return Err(Fault::new(format!("{} is not a table", quote(key)))),
        }
    }
    Ok(table.retyped(map.go()))
}
