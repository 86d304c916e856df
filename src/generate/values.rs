//! `values` of a generator: texts that see the parameters of one item, and become parameters of it
//! (applicationset/generators/value_interpolation.go).

use ecow::{EcoString, EcoVec};

use super::failure::Failure;
use super::params::{Param, Params};
use super::run::Run;
use super::template::{Scope, Text};
use crate::source::Origin;
use crate::yaml::{Entry, Map, Node};

/// The texts, compiled once for all items of a generator.
pub struct Values {
    texts: Vec<(EcoString, Origin, Text)>,
    origin: Origin,
}

impl Values {
    /// The `values` of a generator.
    pub fn of(run: &Run, generator: &Node) -> Self {
        let found = generator.get("values");
        let entries = found.and_then(Node::as_map).into_iter().flatten();
        let text = |e: &Entry| Text::new(e.value.as_str().unwrap_or_default(), e.value.origin, run.language);
        Self {
            texts: entries.map(|e| (e.key.clone(), e.key_origin, text(e))).collect(),
            origin: found.map_or(Origin::NONE, |found| found.origin),
        }
    }

    /// Adds them to an item's parameters. They see those, and not each other.
    ///
    /// # Errors
    /// A template that can't be parsed, or fails.
    pub fn add_to(&self, run: &Run, params: &mut Params) -> Result<(), Failure> {
        if self.texts.is_empty() {
            return Ok(());
        }
        let scope = Scope::new(params, run.language, run.identity(), false);
        let mut made: EcoVec<Entry> = EcoVec::with_capacity(self.texts.len());
        for (key, key_origin, text) in &self.texts {
            let rendered = text.render(&scope).map_err(|failure| {
                let before =
                    "failed to replace templated string: failed to replace templated string with rendered values: ";
                failure.within(before)
            })?;
            run.see(text, &rendered);
            let value = Node::new(rendered.text, text.origin());
            made.push(Entry { key: key.clone(), key_origin: *key_origin, value });
        }
        if run.language.go {
            params.set("values", self.origin, Param::Strings(Map::from_unique(made), self.origin));
        } else {
            for entry in made {
                params.set(ecow::eco_format!("values.{}", entry.key), entry.key_origin, Param::Node(entry.value));
            }
        }
        Ok(())
    }
}
