//! Which parameters each field of a generated Application was made of, for those who ask.

use ecow::EcoString;

use super::expand::Generated;
use super::template::{Rendered, Scope, Text, Watch};
use crate::provenance::ReadSet;
use crate::source::Origin;

/// A field that a template made.
#[derive(Clone, Debug)]
pub struct FieldTrace {
    /// The keys and indices that lead to it; those of a mapping whose key is a template end there. `templatePatch`
    /// stands for all that the patch changed.
    pub path: Vec<EcoString>,
    /// Where the template stands.
    pub template: Origin,
    /// The parameters that it read, and where each was set.
    pub reads: ReadSet,
    /// Whether the field is the first of these as it is.
    pub exact: bool,
}

impl Generated {
    /// Renders it once more and says which parameters each templated field read.
    pub fn trace(&self) -> Vec<FieldTrace> {
        let template = &self.template;
        let scope = Scope::new(&self.params, template.language, template.identity.clone(), true);
        let mut tracer = Tracer::default();
        // It was rendered before, so it doesn't fail now.
        let _ = template.render_in(&scope, &mut tracer);
        tracer.fields
    }
}

#[derive(Default)]
struct Tracer {
    fields: Vec<FieldTrace>,
}

impl Watch for Tracer {
    fn text(&mut self, path: &[EcoString], text: &Text, rendered: &Rendered) {
        self.fields.push(FieldTrace {
            path: path.to_vec(),
            template: text.origin(),
            reads: rendered.reads.clone(),
            exact: rendered.exact,
        });
    }
}
