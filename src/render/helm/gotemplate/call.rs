//! How functions and methods are declared to the executor, and what they may ask of it.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};

use super::trail::Trail;
use super::value::{IntType, ListRef, MapRef, Tracked, Value};
use crate::provenance::{ReadSet, ValueRead};
use crate::source::Span;

/// Go's type of a parameter. The executor converts and refuses arguments by it, as text/template's `validateType` and
/// `evalArg` do, before a function is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    /// `interface {}`: anything, nil too.
    Any,
    /// `reflect.Value`: what text/template's own functions take; anything, nil too.
    Reflect,
    /// `string`.
    String,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `int64`.
    Int64,
    /// `uint32`.
    Uint32,
    /// `uint64`.
    Uint64,
    /// `float64`.
    Float64,
    /// `int32` (a rune).
    Int32,
    /// `map[string]interface {}`.
    Dict,
    /// `[]interface {}`.
    List,
    /// `[]string`.
    Strings,
    /// Any other named type, which only an [`super::value::Object`] has: `sprig.certificate`.
    Named(&'static str),
}

/// The parameters of a function or method.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature {
    /// The types, in order.
    pub params: &'static [Type],
    /// Whether the last one repeats, or may be left out.
    pub variadic: bool,
}

/// A function that templates can call.
#[derive(Clone, Copy)]
pub struct Function {
    /// Its name in templates.
    pub name: &'static str,
    /// Its parameters.
    pub signature: Signature,
    /// What it does. Arguments are checked: as many as the signature says, and of its types.
    pub run: fn(&mut Call) -> Result<Tracked, Fault>,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?}", self.name, self.signature)
    }
}

/// One call: the arguments, and the execution around it.
pub struct Call<'c> {
    /// The name that it was called by.
    pub name: &'c str,
    /// The arguments.
    pub args: &'c [Tracked],
    /// The execution.
    pub host: &'c mut dyn Host,
}

/// What a function may ask of the execution that it runs in.
pub trait Host {
    /// Executes a template by name (`include`), and gives its text. The trail has the text's segments while recording.
    fn include(&mut self, name: &[u8], data: &Tracked) -> Result<Tracked, Fault>;

    /// Parses and executes a text (`tpl`) beside the templates that are there.
    fn tpl(&mut self, text: &Tracked, data: &Tracked) -> Result<Tracked, Fault>;

    /// Fills a buffer with random bytes: true ones, or seeded and reported. `function` names who asks.
    fn random(&mut self, function: &str, buffer: &mut [u8]) -> Result<(), Fault>;

    /// The time in nanoseconds since 1970 (UTC): true, or fixed and reported.
    fn now(&mut self, function: &str) -> i128;

    /// Says that `bytes` more of memory are used, and fails once it is more than a render may use: for what is kept that the
    /// result doesn't show. Texts and collections that are results are counted by the execution; what an argument decides
    /// about the size of has to be looked at before ([`Call::fits`], [`Host::room`]).
    fn spend(&mut self, bytes: usize) -> Result<(), Fault>;

    /// Says that a call takes as long as so many steps of a template, besides what its arguments' texts make it take; fails
    /// once a render has taken too many.
    fn work(&mut self, _steps: usize) -> Result<(), Fault> {
        Ok(())
    }

    /// How many bytes a text or a list may take that is made next.
    fn room(&self) -> usize {
        usize::MAX
    }

    /// Whether provenance is recorded.
    fn recording(&self) -> bool;

    /// What the conditions and loops around the call read, while that is recorded.
    fn around(&self) -> ReadSet {
        ReadSet::NONE
    }
}

/// Counts what a walk through values costs, and tells the execution now and then: a map that is held in many places counts
/// each time, so a small template could ask for more than any machine has.
pub struct Meter<'h> {
    host: &'h mut dyn Host,
    steps: usize,
    bytes: usize,
    /// Bytes of the text that is going to show the values, and how many it may have.
    text: usize,
    room: usize,
}

/// How much is counted before the execution is told.
const PORTION: usize = 1 << 12;

impl<'h> Meter<'h> {
    /// A walk that a function of this execution does.
    pub fn new(host: &'h mut dyn Host) -> Self {
        let room = host.room();
        Self { host, steps: 0, bytes: 0, text: 0, room }
    }

    /// One more value was looked at, and so many bytes were made.
    pub fn value(&mut self, bytes: usize) -> Result<(), Fault> {
        self.steps += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.steps >= PORTION || self.bytes >= PORTION * 16 { self.tell() } else { Ok(()) }
    }

    /// So many bytes of texts were looked at, of which so many take as long as a step.
    pub fn reads(&mut self, bytes: usize, a_step: usize) -> Result<(), Fault> {
        self.steps = self.steps.saturating_add((bytes / a_step.max(1)).saturating_mul(VALUES_A_STEP));
        if self.steps >= PORTION { self.tell() } else { Ok(()) }
    }

    /// The text that shows the values is going to have so many more bytes.
    pub fn shows(&mut self, bytes: usize) -> Result<(), Fault> {
        self.text = self.text.saturating_add(bytes);
        if self.text > self.room {
            return Err(Fault::limit(format!("the value has a text of more than {} bytes", self.room)));
        }
        Ok(())
    }

    fn tell(&mut self) -> Result<(), Fault> {
        let (steps, bytes) = (std::mem::take(&mut self.steps), std::mem::take(&mut self.bytes));
        self.host.work(steps / VALUES_A_STEP)?;
        self.host.spend(bytes)
    }

    /// The walk is over.
    pub fn done(mut self) -> Result<(), Fault> {
        self.tell()
    }
}

/// How many values a function looks at while a template takes a step.
const VALUES_A_STEP: usize = 2;

impl<'c> Call<'c> {
    /// An argument; nil where there is none.
    pub fn any(&self, at: usize) -> &'c Tracked {
        static NIL: NilTracked = NilTracked;
        self.args.get(at).unwrap_or_else(|| NIL.get())
    }

    /// The arguments from an index on.
    pub fn rest(&self, from: usize) -> &'c [Tracked] {
        self.args.get(from..).unwrap_or_default()
    }

    /// A `string` argument's bytes.
    pub fn bytes(&self, at: usize) -> &'c [u8] {
        self.any(at).value.as_bytes().unwrap_or_default()
    }

    /// Fails if a text of so many bytes has no room. Call it before making one whose size an argument decides.
    pub fn fits(&self, bytes: usize) -> Result<(), Fault> {
        let room = self.host.room();
        if bytes > room { Err(Fault::limit(format!("a text of more than {room} bytes"))) } else { Ok(()) }
    }

    /// A `string` argument; bytes that aren't UTF-8 are replaced.
    pub fn str(&self, at: usize) -> Cow<'c, str> {
        match &self.any(at).value {
            Value::Str(text) => Cow::Borrowed(text),
            Value::Raw(bytes) => String::from_utf8_lossy(bytes),
            _ => Cow::Borrowed(""),
        }
    }

    /// An argument of an integer type.
    pub fn int(&self, at: usize) -> i64 {
        if let Value::Int(n, _) = self.any(at).value { n } else { 0 }
    }

    /// A `float64` argument.
    pub fn float(&self, at: usize) -> f64 {
        if let Value::Float(f) = self.any(at).value { f } else { 0.0 }
    }

    /// A `bool` argument.
    pub fn bool(&self, at: usize) -> bool {
        matches!(self.any(at).value, Value::Bool(true))
    }

    /// A map argument; a nil map is an empty one.
    pub fn map(&self, at: usize) -> MapRef {
        self.any(at).value.as_map().cloned().unwrap_or_default()
    }

    /// A slice argument; a nil slice is an empty one.
    pub fn list(&self, at: usize) -> ListRef {
        self.any(at).value.as_list().cloned().unwrap_or_else(|| ListRef::new(Vec::new()))
    }
}

/// The nil that stands for an argument that isn't there. A [`Tracked`] can't be a static (it isn't shared by threads), so
/// each thread leaks one.
struct NilTracked;

impl NilTracked {
    fn get(&self) -> &'static Tracked {
        thread_local! {
            static NIL: &'static Tracked = Box::leak(Box::default());
        }
        NIL.with(|nil| *nil)
    }
}

/// Why a function or a template failed: Go's text, and where.
#[derive(Clone, Debug, Default)]
pub struct Fault(Box<Details>);

/// What a [`Fault`] says.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// Go's whole text of the error, that of its causes included.
    pub text: String,
    /// The action that failed, if this is an error of execution.
    pub frame: Option<Frame>,
    /// What it wraps (`errors.Unwrap`).
    pub cause: Option<Fault>,
    /// The values that the failing action had before it, while provenance is recorded.
    pub reads: Vec<ValueRead>,
    /// Whether a limit of ours ended the render (time, size, depth): not an error of Go's.
    pub limit: bool,
}

/// An action in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The template that was executed.
    pub template: String,
    /// Where the action stands. Empty ranges and texts that are no files (`tpl`) included.
    pub span: Option<Span>,
    /// The expression, as Go shows it in errors.
    pub context: String,
}

/// Bytes that an error has at most.
const MAX_TEXT: usize = 1 << 20;

impl Fault {
    /// A plain error, as `errors.New` makes it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Box::new(Details { text: text.into(), ..Details::default() }))
    }

    /// An error around another, as `fmt.Errorf("%w")` makes it: `text` is the whole text. Texts that templates within
    /// templates make longer and longer lose their middle.
    pub fn wrap(text: impl Into<String>, mut cause: Fault) -> Self {
        let limit = cause.limit;
        cause.keep_head();
        let mut text = text.into();
        if text.len() > MAX_TEXT {
            let (from, to) =
                (text.floor_char_boundary(MAX_TEXT / 2), text.ceil_char_boundary(text.len() - MAX_TEXT / 2));
            text.replace_range(from..to, " … ");
        }
        Self(Box::new(Details { text, limit, cause: Some(cause), ..Details::default() }))
    }

    /// Of an error between others, only what it says itself is still asked for: its text has that of all its causes in it,
    /// which are many where templates include each other without end.
    fn keep_head(&mut self) {
        const CAUSE: &str = " template:";
        if self.text.len() > 4096
            && self.frame.is_some()
            && self.cause.is_some()
            && let Some(at) = self.text.find(CAUSE)
        {
            self.text.truncate(at + CAUSE.len());
            self.text.shrink_to_fit();
        }
    }

    /// A limit of ours was reached.
    pub fn limit(text: impl Into<String>) -> Self {
        Self(Box::new(Details { text: text.into(), limit: true, ..Details::default() }))
    }
}

impl Fault {
    /// Notes which values the failing action had before it.
    #[must_use]
    pub fn about<'a>(mut self, trails: impl IntoIterator<Item = &'a Trail>) -> Self {
        self.reads.extend(trails.into_iter().flat_map(|trail| trail.values().iter().cloned()));
        self
    }
}

impl Deref for Fault {
    type Target = Details;
    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Fault {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

/// Shorthand for declaring functions: `f("trunc", &[Type::Int, Type::String], trunc)`.
pub const fn f(name: &'static str, params: &'static [Type], run: fn(&mut Call) -> Result<Tracked, Fault>) -> Function {
    Function { name, signature: Signature { params, variadic: false }, run }
}

/// The same for functions whose last parameter repeats.
pub const fn variadic(
    name: &'static str,
    params: &'static [Type],
    run: fn(&mut Call) -> Result<Tracked, Fault>,
) -> Function {
    Function { name, signature: Signature { params, variadic: true }, run }
}

/// A value as a result, in short.
pub fn ok(value: impl Into<Value>) -> Result<Tracked, Fault> {
    Ok(value.into().into())
}

impl Type {
    /// Go's name of it, as errors print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Reflect => "reflect.Value",
            Self::String => "string",
            Self::Bool => "bool",
            Self::Int => IntType::Int.name(),
            Self::Int64 => IntType::Int64.name(),
            Self::Uint32 => IntType::Uint32.name(),
            Self::Uint64 => IntType::Uint64.name(),
            Self::Float64 => "float64",
            Self::Int32 => IntType::Int32.name(),
            Self::Dict => "map[string]interface {}",
            Self::List => "[]interface {}",
            Self::Strings => "[]string",
            Self::Named(name) => name,
        }
    }
}
