//! Executing templates: what text/template's exec.go does, with limits, and with provenance where somebody asks.
//!
//! [`walk`] goes through statements, [`eval`] computes pipelines, [`args`] finds arguments for functions, [`output`] keeps
//! what was printed and which action printed it.

mod args;
mod eval;
mod output;
mod tpl;
mod walk;

use std::collections::HashMap;
use std::mem::size_of;
use std::rc::Rc;
use std::sync::Arc;

use ecow::EcoString;
use foldhash::fast::FixedState;

use super::ast::{Command, Expr, Pipe, Statement, Tree};
use super::call::{Fault, Frame, Type};
use super::functions::Functions;
use super::quote::quote;
use super::set::{Scope, Templates};
use super::show::{self, Node};
use super::stack;
use super::value::{Tracked, Value, take_thawed};
use crate::provenance::{ReadSet, Segment};
use crate::source::Span;
use output::Out;
pub(crate) use tpl::without_no_value;

/// What a field of a map is that isn't there (`missingkey=…`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MissingKey {
    /// Go's default: a value that isn't one; its fields aren't either.
    #[default]
    Invalid,
    /// The zero of the map's element type: nil for most. Helm's choice.
    Zero,
    /// An error.
    Error,
}

/// How much an execution may do, counted over all the templates that one [`Exec`] runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Statements and operands; what functions do counts by what it takes.
    pub steps: u64,
    /// Bytes of all texts and collections made, in between ones included; while recording, as many again for what is known of
    /// them.
    pub bytes: u64,
    /// Bytes of one text.
    pub text: usize,
    /// Templates within templates.
    pub depth: usize,
}

impl Default for Limits {
    /// Several times what the largest public charts use (those whose templates hold megabytes of CRDs). What is counted is
    /// twice as many bytes of memory at most, and the slowest 200 million steps take some 20 seconds.
    fn default() -> Self {
        Self { steps: 200_000_000, bytes: 2 << 30, text: 64 << 20, depth: 10_000 }
    }
}

/// Where randomness and time come from. The place of the call is known, so that it can be seeded and reported.
pub trait Effects {
    /// Fills a buffer with random bytes for a function that is called in a template.
    fn random(&mut self, site: &Site, buffer: &mut [u8]) -> Result<(), Fault>;

    /// The time, in nanoseconds since 1970 (UTC).
    fn now(&mut self, site: &Site) -> i128;
}

/// A call that asks for randomness or time.
#[derive(Clone, Debug)]
pub struct Site<'s> {
    /// The function.
    pub function: &'s str,
    /// The text that it is called in.
    pub template: &'s str,
    /// The call there.
    pub span: Option<Span>,
    /// Its offset there, for texts that are no file too.
    pub at: u32,
}

/// What an [`Exec`] works with.
pub struct Setup<'a> {
    /// The functions that the templates were parsed with.
    pub functions: &'a Functions,
    /// The templates.
    pub templates: &'a Templates,
    /// How the set is called in errors: `gotpl` in Helm.
    pub set_name: &'a str,
    /// What an absent field is.
    pub missing_key: MissingKey,
    /// Randomness and time.
    pub effects: &'a mut dyn Effects,
    /// Bounds.
    pub limits: Limits,
    /// Whether to record which action and which values made each byte.
    pub record: bool,
}

/// An execution: of one template, or of all those of a chart in a row.
pub struct Exec<'a> {
    functions: &'a Functions,
    set_name: &'a str,
    missing_key: MissingKey,
    effects: &'a mut dyn Effects,
    limits: Limits,
    record: bool,
    scope: Scope<'a>,
    /// The variables of all templates that are being executed, each from its [`State::base`] on.
    vars: Vec<Operand>,
    out: Out,
    /// An empty buffer, for the next text.
    spare: Vec<u8>,
    /// What the conditions and loops around the current action read, while recording: each with all those around it.
    control: Vec<ReadSet>,
    /// How many loops of the current template are around the current action.
    loops: usize,
    /// How often each template is being included right now.
    included: HashMap<EcoString, usize, FixedState>,
    /// Texts of `tpl`, parsed.
    texts: HashMap<EcoString, Rc<[Arc<Tree>]>, FixedState>,
    steps: u64,
    bytes: u64,
    /// Bytes of segments, while recording.
    noted: u64,
    depth: usize,
}

/// Variables that are cleared while a template takes a step.
const VARIABLES_A_STEP: usize = 16;

/// A value, and whether Go's static type of it is `interface {}`: that decides texts of errors, and what fields of nil are.
#[derive(Clone, Debug, Default)]
struct Operand {
    value: Tracked,
    iface: bool,
}

impl Operand {
    fn new(value: Tracked) -> Self {
        Self { value, iface: false }
    }

    fn iface(value: Tracked) -> Self {
        Self { value, iface: true }
    }

    /// Go's name of its static type.
    fn type_name(&self) -> &str {
        if self.iface || matches!(self.value.value, Value::Nil) { "interface {}" } else { self.value.type_name() }
    }
}

/// One template being executed.
struct State<'t> {
    tree: &'t Tree,
    /// What errors point at.
    at: At<'t>,
    /// Its `$` in [`Exec::vars`].
    base: usize,
}

/// The node that an error is about (exec.go's `state.node`).
#[derive(Clone, Copy)]
enum At<'t> {
    Statement(&'t Statement),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Expr(&'t Expr),
}

/// How a list of statements ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

impl<'a> Exec<'a> {
    /// An execution that has done nothing yet.
    pub fn new(setup: Setup<'a>) -> Self {
        // What the thread did before isn't this execution's.
        take_thawed();
        Self {
            functions: setup.functions,
            set_name: setup.set_name,
            missing_key: setup.missing_key,
            effects: setup.effects,
            limits: setup.limits,
            record: setup.record,
            scope: Scope::new(setup.templates),
            vars: Vec::new(),
            out: Out::default(),
            spare: Vec::new(),
            control: Vec::new(),
            loops: 0,
            included: HashMap::default(),
            texts: HashMap::default(),
            steps: 0,
            bytes: 0,
            noted: 0,
            depth: 0,
        }
    }

    /// What decides, while recording, that the templates are executed that are from here on.
    pub fn under(&mut self, around: &ReadSet) {
        self.control.clear();
        if self.record && !around.is_empty() {
            self.control.push(around.clone());
        }
    }

    /// Executes a template by name (`ExecuteTemplate`): the text, and which bytes come from where if that is recorded.
    pub fn execute(&mut self, name: &str, data: &Tracked) -> Result<(Vec<u8>, Vec<Segment>), Fault> {
        let Some(tree) = self.scope.get(name) else {
            let (name, set) = (quote(name), quote(self.set_name));
            return Err(Fault::new(format!("template: no template {name} associated with template {set}")));
        };
        self.execute_tree(&tree, data)
    }

    /// Gives back a buffer for the next text: most files' texts are about as long.
    pub fn reuse(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.spare = buffer;
    }

    /// Executes one tree, with an output of its own.
    pub fn execute_tree(&mut self, tree: &Tree, data: &Tracked) -> Result<(Vec<u8>, Vec<Segment>), Fault> {
        let bytes = if self.depth == 0 { std::mem::take(&mut self.spare) } else { Vec::new() };
        let outer = std::mem::replace(&mut self.out, Out::new(bytes));
        let mark = self.control.len();
        let loops = std::mem::take(&mut self.loops);
        let result = self.run(tree, Operand::new(as_data(data)));
        self.control.truncate(mark);
        self.loops = loops;
        let out = std::mem::replace(&mut self.out, outer);
        result.map(|()| out.finish())
    }

    /// Runs a tree into the output that there is. Dot is `$`, and it has no other variables.
    fn run(&mut self, tree: &Tree, dot: Operand) -> Result<(), Fault> {
        if self.depth >= self.limits.depth {
            return Err(Fault::limit(format!("more than {} templates within each other", self.limits.depth)));
        }
        self.depth += 1;
        let base = self.vars.len();
        self.work(tree.variables / VARIABLES_A_STEP)?;
        self.vars.resize(base + tree.variables.max(1), Operand::default());
        if let Some(root) = self.vars.get_mut(base) {
            *root = dot.clone();
        }
        let mut state = State { tree, at: At::Statement(&Statement::Text { start: 0, end: 0 }), base };
        let result = stack::function(|| self.walk_list(&mut state, &dot, &tree.root).map(|_| ()));
        self.vars.truncate(base);
        self.depth -= 1;
        result
    }

    fn step(&mut self) -> Result<(), Fault> {
        self.steps += 1;
        if self.steps > self.limits.steps { Err(self.too_long()) } else { Ok(()) }
    }

    fn work(&mut self, steps: usize) -> Result<(), Fault> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > self.limits.steps { Err(self.too_long()) } else { Ok(()) }
    }

    #[cold]
    fn too_long(&self) -> Fault {
        Fault::limit(format!("the templates take more than {} steps", self.limits.steps))
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Fault> {
        self.bytes = self.bytes.saturating_add(bytes as u64).saturating_add(take_thawed() as u64);
        if self.bytes > self.limits.bytes {
            return Err(Fault::limit(format!("the templates make more than {} bytes", self.limits.bytes)));
        }
        Ok(())
    }

    /// A text of so many bytes was made.
    fn text(&self, bytes: usize) -> Result<(), Fault> {
        if bytes > self.limits.text {
            return Err(Fault::limit(format!("a text of more than {} bytes", self.limits.text)));
        }
        Ok(())
    }

    fn room(&self) -> usize {
        usize::try_from(self.limits.bytes.saturating_sub(self.bytes)).unwrap_or(usize::MAX).min(self.limits.text)
    }

    /// So many segments were made, while recording.
    fn note(&mut self, segments: usize) -> Result<(), Fault> {
        self.noted = self.noted.saturating_add((segments * size_of::<Segment>()) as u64);
        if self.noted > self.limits.bytes {
            let bytes = self.limits.bytes;
            return Err(Fault::limit(format!("where it all comes from would take more than {bytes} bytes")));
        }
        Ok(())
    }

    /// An error of execution at the state's node (exec.go's `errorf`).
    #[cold]
    fn fault(&self, state: &State, message: impl std::fmt::Display, cause: Option<Fault>) -> Fault {
        let tree = state.tree;
        let node = match state.at {
            At::Statement(node) => Node::from(node),
            At::Pipe(node) => node.into(),
            At::Command(node) => node.into(),
            At::Expr(node) => node.into(),
        };
        let pos = node.pos();
        let (location, context) = show::context(tree, node);
        let name = quote(&tree.name);
        let text = format!("template: {location}: executing {name} at <{context}>: {message}");
        let mut fault = match cause {
            Some(cause) => Fault::wrap(text, cause),
            None => Fault::new(text),
        };
        let end = pos as usize + context.len();
        let span = tree.file.is_real().then(|| Span::new(tree.file, pos as usize..end.min(tree.text.len())));
        fault.frame = Some(Frame { template: tree.name.to_string(), span, context });
        fault
    }
}

/// What an `interface {}` argument is as data: nil is no value at all (`reflect.ValueOf(nil)`).
fn as_data(data: &Tracked) -> Tracked {
    if data.is_nil() { Tracked { value: Value::NoValue, trail: data.trail.clone() } } else { data.clone() }
}

/// Whether nil can be given for a parameter (exec.go's `canBeNil`).
fn can_be_nil(go: Type) -> bool {
    matches!(go, Type::Any | Type::Reflect | Type::Dict | Type::List | Type::Strings)
}

#[cfg(test)]
mod tests;
