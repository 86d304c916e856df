//! Templates by name: what `template`, `include` and `tpl` look up.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use ecow::EcoString;
use foldhash::fast::FixedState;

use super::ast::Tree;
use super::text::Text;

/// The templates of a chart, parsed once and shared by all its renders.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    trees: HashMap<EcoString, Slot, FixedState>,
}

#[derive(Clone, Debug)]
enum Slot {
    Tree(Arc<Tree>),
    Text(Arc<Text>),
}

impl Templates {
    /// No templates.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what one text defines. Of two definitions of a name the later one stays, unless it is empty
    /// (text/template's `associate`).
    pub fn add(&mut self, trees: impl IntoIterator<Item = Arc<Tree>>) {
        for tree in trees {
            if tree.is_empty() && self.trees.contains_key(&tree.name) {
                continue;
            }
            self.trees.insert(tree.name.clone(), Slot::Tree(tree));
        }
    }

    /// Adds a text that defines nothing but itself, and whose name nobody else has. It is parsed when it is asked for; if it
    /// can't be, there is no such template.
    pub fn add_text(&mut self, text: Arc<Text>) {
        self.trees.insert(text.name().clone(), Slot::Text(text));
    }

    /// The template of a name.
    pub fn get(&self, name: &str) -> Option<&Arc<Tree>> {
        match self.trees.get(name)? {
            Slot::Tree(tree) => Some(tree),
            Slot::Text(text) => text.own(),
        }
    }
}

/// The templates that an execution sees: the chart's, and over them what the `tpl` texts around it define.
#[derive(Clone, Debug)]
pub(super) struct Scope<'a> {
    base: &'a Templates,
    inner: Option<Rc<Inner>>,
}

#[derive(Debug)]
struct Inner {
    own: Templates,
    outer: Option<Rc<Inner>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(base: &'a Templates) -> Self {
        Self { base, inner: None }
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<Tree>> {
        let mut inner = self.inner.as_deref();
        while let Some(scope) = inner {
            if let Some(tree) = scope.own.get(name) {
                return Some(Arc::clone(tree));
            }
            inner = scope.outer.as_deref();
        }
        self.base.get(name).cloned()
    }

    /// The same with what a text defines, seen by nobody else: `tpl` works on a clone.
    pub(super) fn with(&self, trees: &[Arc<Tree>]) -> Self {
        let mut own = Templates::new();
        for tree in trees {
            if tree.is_empty() && self.get(&tree.name).is_some() {
                continue;
            }
            own.add([Arc::clone(tree)]);
        }
        if own.trees.is_empty() {
            return self.clone();
        }
        Self { base: self.base, inner: Some(Rc::new(Inner { own, outer: self.inner.clone() })) }
    }
}
