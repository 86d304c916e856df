//! Statements: text, actions, `if`, `with`, `range`, `template`.

use super::super::ast::{Branch, List, Pipe, Statement};
use super::super::call::Fault;
use super::super::format;
use super::super::quote::quote;
use super::super::show;
use super::super::stack;
use super::super::value::{ListType, Tracked, Value};
use super::{At, Exec, Flow, Operand, State, VARIABLES_A_STEP};

impl Exec<'_> {
    pub(super) fn walk_list<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        list: &'t List,
    ) -> Result<Flow, Fault> {
        for statement in &list.nodes {
            self.step()?;
            state.at = At::Statement(statement);
            match statement {
                Statement::Text { start, end } => {
                    let text = state.tree.text.get(*start as usize..*end as usize).unwrap_or_default();
                    self.spend(text.len())?;
                    if self.record {
                        self.record_text(state, *start, *end)?;
                    }
                    self.out.bytes.extend_from_slice(text.as_bytes());
                    self.text(self.out.bytes.len())?;
                }
                Statement::Action(pipe) => {
                    let value = self.pipeline(state, dot, pipe)?;
                    if pipe.decl.is_empty() {
                        self.print(state, statement, pipe, &value)?;
                    }
                }
                Statement::If(branch) => match self.if_or_with(state, dot, branch, false)? {
                    Flow::Next => {}
                    flow => return Ok(flow),
                },
                Statement::With(branch) => match self.if_or_with(state, dot, branch, true)? {
                    Flow::Next => {}
                    flow => return Ok(flow),
                },
                Statement::Range(branch) => match self.range(state, dot, branch, statement)? {
                    Flow::Next => {}
                    flow => return Ok(flow),
                },
                Statement::Template { name, pipe, .. } => {
                    let Some(tree) = self.scope.get(name) else {
                        let name = quote(name);
                        return Err(self.fault(state, format_args!("template {name} not defined"), None));
                    };
                    let dot = match pipe {
                        Some(pipe) => self.pipeline(state, dot, pipe)?,
                        None => Tracked::from(Value::NoValue),
                    };
                    self.run(&tree, Operand::new(dot))?;
                }
                Statement::Break { .. } => return Ok(Flow::Break),
                Statement::Continue { .. } => return Ok(Flow::Continue),
            }
        }
        Ok(Flow::Next)
    }

    /// A body: its own variables start unset.
    fn body<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        branch: &Branch,
        list: &'t List,
    ) -> Result<Flow, Fault> {
        let from = state.base + branch.base as usize;
        self.work(self.vars.len().saturating_sub(from) / VARIABLES_A_STEP)?;
        for slot in self.vars.iter_mut().skip(from) {
            *slot = Operand::default();
        }
        stack::level(|| self.walk_list(state, dot, list))
    }

    fn if_or_with<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        branch: &'t Branch,
        with: bool,
    ) -> Result<Flow, Fault> {
        let value = self.pipeline(state, dot, &branch.pipe)?;
        let truth = value.truth();
        let ends = |list: &List| self.loops > 0 && leaves(list);
        let leaves = self.record && (ends(&branch.list) || branch.otherwise.as_ref().is_some_and(ends));
        let mark = self.decided_by(&value, leaves);
        let flow = match (truth, &branch.otherwise) {
            (true, _) if with => self.body(state, &Operand::new(value), branch, &branch.list),
            (true, _) => self.body(state, dot, branch, &branch.list),
            (false, Some(otherwise)) => self.body(state, dot, branch, otherwise),
            (false, None) => Ok(Flow::Next),
        };
        self.control.truncate(mark);
        flow
    }

    /// While recording: what is said from here on depends on a value, until [`Exec::control`] is as long again as told.
    /// With `leaves`, that is until the loop's end.
    fn decided_by(&mut self, value: &Tracked, leaves: bool) -> usize {
        if !self.record {
            return self.control.len();
        }
        let reads = value.shape();
        self.carry(&reads);
        let mark = self.enter(&reads);
        if leaves { self.control.len() } else { mark }
    }

    fn range<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        branch: &'t Branch,
        statement: &'t Statement,
    ) -> Result<Flow, Fault> {
        let value = self.pipeline(state, dot, &branch.pipe)?;
        let mark = self.decided_by(&value, false);
        self.loops += 1;
        let flow = self.iterate(state, dot, branch, &value, statement);
        self.loops -= 1;
        self.control.truncate(mark);
        flow
    }

    fn iterate<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Operand,
        branch: &'t Branch,
        value: &Tracked,
        statement: &'t Statement,
    ) -> Result<Flow, Fault> {
        let int = |i: usize| Tracked::from(Value::int(i64::try_from(i).unwrap_or(i64::MAX)));
        let mut ran = false;
        match &value.value {
            Value::Int(n, go) => {
                if branch.pipe.decl.len() > 1 {
                    let shown = shown(value);
                    let message = format!("can't use {shown} to iterate over more than one variable");
                    return Err(self.fault(state, message, None));
                }
                let mut i = 0;
                while i < *n {
                    ran = true;
                    let element = Tracked { value: Value::Int(i, *go), trail: value.trail.blurred() };
                    if self.iteration(state, branch, Tracked::from(Value::NoValue), Operand::new(element))? {
                        break;
                    }
                    i += 1;
                }
            }
            Value::List(list) => {
                let iface = list.go() == ListType::Any;
                for (i, item) in list.items().iter().enumerate() {
                    ran = true;
                    let element = Operand { value: item.clone().within(value), iface };
                    if self.iteration(state, branch, int(i), element)? {
                        break;
                    }
                }
            }
            Value::Map(map) => {
                let iface = !map.go().holds_strings();
                self.work(map.len())?;
                for (key, item) in map.entries() {
                    ran = true;
                    let key = Tracked { value: Value::Str(key), trail: item.trail.blurred() };
                    if self.iteration(state, branch, key, Operand { value: item, iface })? {
                        break;
                    }
                }
            }
            Value::Nil | Value::NoValue => {}
            Value::Object(object) => match object.entries() {
                Some(entries) => {
                    self.work(entries.len())?;
                    for (key, item) in entries {
                        ran = true;
                        if self.iteration(state, branch, key, Operand::new(item))? {
                            break;
                        }
                    }
                }
                None => return Err(self.not_iterable(state, value)),
            },
            _ => return Err(self.not_iterable(state, value)),
        }
        if ran {
            return Ok(Flow::Next);
        }
        match &branch.otherwise {
            Some(otherwise) => {
                state.at = At::Statement(statement);
                self.body(state, dot, branch, otherwise)
            }
            None => Ok(Flow::Next),
        }
    }

    fn not_iterable(&self, state: &State, value: &Tracked) -> Fault {
        let shown = match &value.value {
            Value::Object(object) if object.kind() == "ptr" => {
                format::followed(&**object).map_or_else(|_| String::new(), |text| String::from_utf8_lossy(&text).into())
            }
            other => shown(other),
        };
        self.fault(state, format!("range can't iterate over {shown}"), None).about([&value.trail])
    }

    /// One round of a loop; whether it was the last.
    fn iteration<'t>(
        &mut self,
        state: &mut State<'t>,
        branch: &'t Branch,
        index: Tracked,
        element: Operand,
    ) -> Result<bool, Fault> {
        self.step()?;
        match branch.pipe.decl.as_slice() {
            [] => {}
            [one] => self.set(state, one.slot, element.clone()),
            [first, second, ..] => {
                self.set(state, first.slot, Operand::new(index));
                self.set(state, second.slot, element.clone());
            }
        }
        let mark = self.control.len();
        if self.record {
            // Which element it is decides what the round says, as far as the round shows none of it.
            self.enter(element.value.trail.values());
        }
        let flow = self.body(state, &element, branch, &branch.list)?;
        let around = self.control.last().cloned();
        self.control.truncate(mark);
        if self.record && leaves(&branch.list) {
            // That there is another round is for the conditions of this one to say.
            self.control.extend(around);
        }
        Ok(flow == Flow::Break)
    }

    pub(super) fn set(&mut self, state: &State, slot: u32, value: Operand) {
        if let Some(variable) = self.vars.get_mut(state.base + slot as usize) {
            *variable = value;
        }
    }

    fn print<'t>(
        &mut self,
        state: &mut State<'t>,
        statement: &'t Statement,
        pipe: &'t Pipe,
        value: &Tracked,
    ) -> Result<(), Fault> {
        let start = self.out.bytes.len();
        match &value.value {
            Value::Str(text) => self.out.bytes.extend_from_slice(text.as_bytes()),
            Value::Raw(bytes) => self.out.bytes.extend_from_slice(bytes),
            Value::NoValue | Value::Nil => self.out.bytes.extend_from_slice(b"<no value>"),
            Value::Object(object) if object.kind() == "func" => {
                state.at = At::Statement(statement);
                let shown = show::node_text(state.tree, statement);
                return Err(self.fault(state, format!("can't print {shown} of type {}", object.type_name()), None));
            }
            other => {
                let room = self.room();
                format::print_into(&mut self.out.bytes, other, room)?;
            }
        }
        self.spend(self.out.bytes.len() - start)?;
        self.text(self.out.bytes.len())?;
        if self.record {
            self.record_value(state, pipe, value, start)?;
        }
        Ok(())
    }
}

/// Whether a `break` or `continue` in a list ends a loop around it.
fn leaves(list: &List) -> bool {
    list.nodes.iter().any(|node| match node {
        Statement::Break { .. } | Statement::Continue { .. } => true,
        Statement::If(branch) | Statement::With(branch) => {
            leaves(&branch.list) || branch.otherwise.as_ref().is_some_and(leaves)
        }
        _ => false,
    })
}

/// `%v`, for messages.
fn shown(value: &Value) -> String {
    String::from_utf8_lossy(&format::show(value).unwrap_or_default()).into_owned()
}
