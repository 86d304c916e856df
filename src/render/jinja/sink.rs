//! Where one render's reads and places go.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexSet;
use minijinja::Value;

use super::trace::Tracer;
use crate::provenance::ValuesPath;
use crate::yaml::Node;

/// A key that was looked up in vain.
#[derive(Clone, Debug)]
pub(super) struct Absent {
    /// Its whole path.
    pub(super) path: ValuesPath,
    /// The mapping or list that doesn't have it.
    pub(super) parent: Node,
}

/// What one render told. Shared by its views of the values; one render runs on one thread.
#[derive(Debug, Default)]
pub(super) struct Sink {
    /// Bytes written to the output so far.
    pub(super) written: AtomicUsize,
    /// The output went past its limit.
    pub(super) overflow: AtomicBool,
    recording: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    reads: IndexSet<ValuesPath>,
    absent: Vec<Absent>,
    tracer: Option<Tracer>,
    result: Option<Value>,
}

/// How many failed look-ups are remembered for the message.
const REMEMBERED: usize = 16;

impl Sink {
    /// An empty one; with a tracer, it maps the output too.
    pub(super) fn new(tracer: Option<Tracer>) -> Arc<Self> {
        let recording = tracer.is_some();
        Arc::new(Self { recording, state: Mutex::new(State { tracer, ..State::default() }), ..Self::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the output is being mapped.
    pub(super) fn recording(&self) -> bool {
        self.recording
    }

    /// A scalar, or a whole mapping or list, was read.
    pub(super) fn read(&self, path: ValuesPath, node: &Node) {
        let mut state = self.state();
        if let Some(tracer) = &mut state.tracer {
            tracer.read(&path, node);
        }
        state.reads.insert(path);
    }

    /// A mapping or list was looked up and never walked through. The tracer knows it already.
    pub(super) fn read_late(&self, path: ValuesPath) {
        self.state().reads.insert(path);
    }

    /// Something was read that an ancestor's read covers: only the map wants to know.
    pub(super) fn read_again(&self, path: &ValuesPath, node: &Node) {
        if let Some(tracer) = &mut self.state().tracer {
            tracer.read(path, node);
        }
    }

    /// A value was handed out that is no read yet, maybe as the element of what is ranged over.
    pub(super) fn glimpse(&self, path: &ValuesPath, node: &Node, scalar: bool, element: bool) {
        if let Some(tracer) = &mut self.state().tracer {
            tracer.glimpse(path, node, scalar, element);
        }
    }

    /// A key was looked up in vain.
    pub(super) fn absent(&self, path: ValuesPath, parent: &Node, covered: bool) {
        let mut state = self.state();
        if let Some(tracer) = &mut state.tracer {
            tracer.absent(&path);
        }
        if state.absent.len() >= REMEMBERED {
            state.absent.remove(0);
        }
        state.absent.push(Absent { path: path.clone(), parent: parent.clone() });
        if !covered {
            state.reads.insert(path);
        }
    }

    /// The latest look-ups in vain, oldest first.
    pub(super) fn absents(&self) -> Vec<Absent> {
        self.state().absent.clone()
    }

    /// All reads in order, each once.
    pub(super) fn take_reads(&self) -> IndexSet<ValuesPath> {
        std::mem::take(&mut self.state().reads)
    }

    /// The tracer, at the end.
    pub(super) fn take_tracer(&self) -> Option<Tracer> {
        self.state().tracer.take()
    }

    /// Works on the tracer, at the current place of the output.
    pub(super) fn trace<R>(&self, work: impl FnOnce(&mut Tracer, usize) -> R) -> Option<R> {
        let at = self.written.load(Ordering::Relaxed);
        self.state().tracer.as_mut().map(|t| work(t, at))
    }

    /// Keeps the value of an expression.
    pub(super) fn set_result(&self, value: Value) {
        // The old value may be a view, whose end is a read: it has to go after the lock.
        let old = self.state().result.replace(value);
        drop(old);
    }

    /// The value of an expression.
    pub(super) fn take_result(&self) -> Option<Value> {
        self.state().result.take()
    }
}
