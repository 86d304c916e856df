//! What templates see of the values: lazy views of our nodes that tell the [`Sink`] what is read.
//!
//! A mapping or list that is only walked through is not a read; one that is ranged over, dumped, counted or tested is,
//! whole. Whether a view was only walked through is known when it is dropped: so a mapping that was looked up and not
//! walked further (`is defined`) counts as read too.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ecow::EcoString;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value as Jinja};

use super::sink::Sink;
use crate::provenance::ValuesPath;
use crate::yaml::{Node, Value};

/// A view of a mapping or a list.
pub(super) struct Lens {
    node: Node,
    key: EcoString,
    parent: Option<Arc<Lens>>,
    sink: Arc<Sink>,
    /// An ancestor was read whole already.
    covered: bool,
    /// It was handed out while its parent was ranged over.
    element: bool,
    /// Walked further, or read.
    touched: AtomicBool,
}

impl Lens {
    /// The view of a root, such as `values`; a plain value where the root is a scalar.
    pub(super) fn root(name: &EcoString, node: &Node, sink: &Arc<Sink>) -> Jinja {
        scalar(node).unwrap_or_else(|| {
            Jinja::from_object(Self {
                node: node.clone(),
                key: name.clone(),
                parent: None,
                sink: Arc::clone(sink),
                covered: false,
                element: false,
                touched: AtomicBool::new(true),
            })
        })
    }

    /// What it shows.
    pub(super) fn node(&self) -> &Node {
        &self.node
    }

    /// Its path from the root.
    pub(super) fn path(&self) -> ValuesPath {
        let mut path = vec![self.key.clone()];
        let mut above = self.parent.as_deref();
        while let Some(lens) = above {
            path.push(lens.key.clone());
            above = lens.parent.as_deref();
        }
        path.reverse();
        path
    }

    /// Notes that all of it is read.
    pub(super) fn read_whole(&self) {
        self.touched.store(true, Ordering::Relaxed);
        if !self.covered {
            self.sink.read(self.path(), &self.node);
        } else if !self.element && self.sink.recording() {
            self.sink.read_again(&self.path(), &self.node);
        }
    }

    fn child(self: &Arc<Self>, key: EcoString, node: &Node, element: bool) -> Jinja {
        let covered = element || self.covered;
        let path = |last: &EcoString| {
            let mut path = self.path();
            path.push(last.clone());
            path
        };
        if let Some(value) = scalar(node) {
            if !covered {
                self.sink.read(path(&key), node);
            } else if self.sink.recording() && element {
                self.sink.glimpse(&path(&key), node, true, true);
            } else if self.sink.recording() {
                self.sink.read_again(&path(&key), node);
            }
            return value;
        }
        if self.sink.recording() {
            self.sink.glimpse(&path(&key), node, false, element);
        }
        Jinja::from_object(Self {
            node: node.clone(),
            key,
            parent: Some(Arc::clone(self)),
            sink: Arc::clone(&self.sink),
            covered,
            element,
            touched: AtomicBool::new(false),
        })
    }

    fn get(self: &Arc<Self>, key: &str) -> Option<Jinja> {
        let found = match &self.node.value {
            Value::Map(map) => map.get(key),
            Value::Seq(seq) => key.parse::<usize>().ok().and_then(|at| seq.get(at)),
            _ => None,
        };
        match found {
            Some(node) => {
                self.touched.store(true, Ordering::Relaxed);
                Some(self.child(key.into(), node, false))
            }
            None => {
                let mut path = self.path();
                path.push(key.into());
                self.sink.absent(path, &self.node, self.covered);
                None
            }
        }
    }

    fn pairs(self: &Arc<Self>) -> Vec<(Jinja, Jinja)> {
        self.read_whole();
        let entries = self.node.as_map().into_iter().flatten();
        entries.map(|e| (Jinja::from(e.key.as_str()), self.child(e.key.clone(), &e.value, true))).collect()
    }

    fn keys(self: &Arc<Self>) -> Vec<Jinja> {
        self.read_whole();
        self.node.as_map().into_iter().flatten().map(|e| Jinja::from(e.key.as_str())).collect()
    }

    fn len(&self) -> usize {
        match &self.node.value {
            Value::Map(map) => map.len(),
            Value::Seq(seq) => seq.len(),
            _ => 0,
        }
    }
}

impl Drop for Lens {
    fn drop(&mut self) {
        if !self.covered && !self.touched.load(Ordering::Relaxed) {
            self.sink.read_late(self.path());
        }
    }
}

impl fmt::Debug for Lens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.path().join("."))
    }
}

impl Object for Lens {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if matches!(self.node.value, Value::Seq(_)) { ObjectRepr::Seq } else { ObjectRepr::Map }
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        match key.as_str() {
            Some(key) => self.get(key),
            // Keys are strings in our data: `ports[8080]` finds the key "8080", `flags[true]` the key "true".
            None if key.is_undefined() || key.as_object().is_some() => None,
            None => self.get(&super::spell::inline(key).ok()?),
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Jinja> {
        self.get(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.read_whole();
        if let Value::Seq(seq) = &self.node.value {
            let (this, seq) = (Arc::clone(self), seq.clone());
            let items = (0..seq.len()).map(move |at| match seq.get(at) {
                Some(node) => this.child(at.to_string().into(), node, true),
                None => Jinja::UNDEFINED,
            });
            return Enumerator::Iter(Box::new(items));
        }
        let Some(map) = self.node.as_map().cloned() else { return Enumerator::Empty };
        let this = Arc::clone(self);
        let len = map.len();
        let mut entries = map.into_iter();
        let pairs = (0..len).filter_map(move |_| {
            let entry = entries.next()?;
            let key = Jinja::from(entry.key.as_str());
            Some((key, this.child(entry.key, &entry.value, true)))
        });
        Enumerator::KeyValueIter(Box::new(Sized { inner: pairs, left: len }))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        self.read_whole();
        Some(self.len())
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.read_whole();
        self.len() > 0
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, method: &str, args: &[Jinja]) -> Result<Jinja, Error> {
        let is_map = self.node.as_map().is_some();
        match (method, args) {
            ("items", []) if is_map => {
                Ok(self.pairs().into_iter().map(|(k, v)| Jinja::from(vec![k, v])).collect::<Vec<_>>().into())
            }
            ("keys", []) if is_map => Ok(self.keys().into()),
            ("values", []) if is_map => Ok(self.pairs().into_iter().map(|(_, v)| v).collect::<Vec<_>>().into()),
            ("get", [key] | [key, _]) if is_map => {
                let default = args.get(1).cloned().unwrap_or_else(|| Jinja::from(()));
                Ok(self.get_value(key).unwrap_or(default))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = super::spell::inline(&Jinja::from_dyn_object(Arc::clone(self))).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

/// An iterator that knows its length.
struct Sized<I> {
    inner: I,
    left: usize,
}

impl<I: Iterator> Iterator for Sized<I> {
    type Item = I::Item;
    fn next(&mut self) -> Option<I::Item> {
        self.left = self.left.saturating_sub(1);
        self.inner.next()
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// The template's value of a scalar; none for mappings and lists.
pub(super) fn scalar(node: &Node) -> Option<Jinja> {
    Some(match &node.value {
        Value::Null => Jinja::from(()),
        Value::Bool(b) => Jinja::from(*b),
        Value::Int(n) => Jinja::from(*n),
        Value::UInt(n) => Jinja::from(*n),
        Value::Float(n) => Jinja::from(*n),
        Value::Str(s) => Jinja::from(s.as_str()),
        Value::Seq(_) | Value::Map(_) => return None,
    })
}
