//! `generators` of an `app.yaml`: an app for each parameter set, which its templates see as `params`.

use super::application_sets::{registered, with_outside};
use super::layers::Work;
use crate::diag::Diagnostics;
use crate::generate;
use crate::world::FilePath;
use crate::yaml::{Dialect, Node};

impl Work<'_, '_> {
    /// The parameter sets of the app that a directory's `app.yaml` describes; none if it has no generators.
    ///
    /// # Errors
    /// A generator fails.
    pub(super) fn parameter_sets(&self, path: &FilePath) -> Result<Option<Vec<Node>>, Diagnostics> {
        let (documents, _) = super::fleet::documents(self.reader, path, Dialect::Config);
        // What is wrong with the file is told when the app is read.
        let generators = documents.first().and_then(|node| node.at(&["spec", "generators"]));
        let Some(generators) = generators.filter(|node| node.as_seq().is_some_and(|list| !list.is_empty())) else {
            return Ok(None);
        };
        // No cluster is special to a layer.
        let clusters = registered(self.fleet, usize::MAX);
        let name = self.fleet.describe(path);
        let made = with_outside(self.fleet, &clusters, self.reader, |outside| {
            generate::parameter_sets(generators, &name, outside)
        });
        let sets = made?;
        Ok(Some(sets.iter().map(generate::params::Params::to_node).collect()))
    }
}
