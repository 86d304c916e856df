//! Jinja templates: files that end in `.j2`, and templated strings and conditions in our own files.
//!
//! The engine is minijinja, with undefined names as errors, no escaping, YAML's spelling of `true`, `false` and `null`
//! (in `{{ }}`, `~`, `join` and `string` alike), the final newline kept, and bounds on everything that a template can
//! make grow. Nothing can be read but what is passed in. `include`, `import` and `extends` take plain strings, so that
//! all templates of a render are known, and loaded, before it starts.
//!
//! The steps of a render: [`scan`] refuses what would nest too deep; [`rewrite`] prints the parsed template again with
//! our operators and, where the output is to be mapped, with marks; [`engine`] keeps the compiled sets; [`lens`] shows
//! values lazily and tells [`sink`] what is read; [`trace`] follows the marks; [`error`] turns what went wrong into
//! diagnostics.
//!
//! In `values.items` the key `items` is meant; `values.items()` calls the method.

mod engine;
mod error;
mod lens;
mod library;
mod operators;
mod place;
mod rewrite;
mod scan;
mod sink;
mod spell;
#[cfg(test)]
mod tests;
mod trace;

use std::sync::Arc;

use ecow::EcoString;

pub use engine::Engine;

use crate::provenance::RenderMap;
use crate::source::SourceFile;
use crate::world::ReadError;
use crate::yaml::{Node, Value};

/// The names that a template sees: `values`, `cluster`, `fleet`, `app`, `layer`, `path`.
#[derive(Clone, Debug, Default)]
pub struct Context {
    roots: Vec<(EcoString, Node)>,
}

impl Context {
    /// These names, each once.
    pub fn new(roots: Vec<(EcoString, Node)>) -> Self {
        Self { roots }
    }

    /// What a name stands for.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.roots.iter().find(|(known, _)| known == name).map(|(_, node)| node)
    }
}

/// Gives the template of a name, as `include` and its like write it; none if there is none.
pub type Load<'a> = dyn Fn(&str) -> Result<Option<Arc<SourceFile>>, ReadError> + 'a;

/// Fuel that is enough for any manifest, and used up within a second or so.
pub const DEFAULT_FUEL: u64 = 5_000_000;
/// An output that is longer than any manifest, in bytes.
pub const DEFAULT_OUTPUT_LIMIT: usize = 64 << 20;

/// How to render, and whom to tell.
pub struct Options<'a> {
    /// How many steps of the template's machine may run. One text, look-up or call is a step.
    pub fuel: u64,
    /// The longest output, in bytes.
    pub output_limit: usize,
    /// Whether to map the output back to the template and to the values read.
    pub record: bool,
    /// Told each path of the context that was read, once per render, in the order of reading. The path of a mapping or
    /// list stands for all of it: it was ranged over, dumped, counted or tested. A path that isn't there was looked up
    /// in vain. It is told when the render fails, too.
    pub on_read: &'a dyn Fn(&[EcoString]),
    /// Loads templates that others name. It is asked on every render, for each name, so that a caller can record it.
    pub load: &'a Load<'a>,
}

impl Default for Options<'_> {
    /// The usual bounds; no map, nobody told, no templates but the one given.
    fn default() -> Self {
        Self {
            fuel: DEFAULT_FUEL,
            output_limit: DEFAULT_OUTPUT_LIMIT,
            record: false,
            on_read: &|_| {},
            load: &|_| Ok(None),
        }
    }
}

/// A rendered template.
#[derive(Clone, Debug)]
pub struct Text {
    /// The output.
    pub text: String,
    /// Where it comes from, if that was asked for. A segment's own read stands first in its list, the conditions and
    /// loops around it after; in an exact segment the first read is the value that was copied.
    pub map: Option<RenderMap>,
}

/// Whether a value counts as true: all but null, false, zero, and what is empty.
pub fn truthy(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Int(n) => *n != 0,
        Value::UInt(n) => *n != 0,
        Value::Float(n) => *n != 0.0,
        Value::Str(s) => !s.is_empty(),
        Value::Seq(seq) => !seq.is_empty(),
        Value::Map(map) => !map.is_empty(),
    }
}
