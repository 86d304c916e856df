//! Names that a template gives to each cluster: of branches, of directories.

use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::layer::context;
use crate::render::jinja;
use crate::source::{SourceKind, Sources, Span};

use super::Compiled;

/// What a template over `cluster` and `fleet` gives for each cluster of a compiled fleet, by their names. `flag` is where
/// it was said.
///
/// # Errors
/// What is wrong with the template, once.
pub fn name_clusters(
    compiled: &Compiled,
    sources: &Sources,
    flag: &str,
    template: &str,
) -> Result<Vec<(Arc<str>, String)>, Diagnostics> {
    let engine = jinja::Engine::new();
    let file = sources.add(flag, template, SourceKind::File);
    let span = Span::new(file.id, 0..template.len());
    let mut names = Vec::new();
    for cluster in &compiled.fleet.clusters {
        let mut roots = vec![("cluster".into(), context::cluster(cluster))];
        roots.extend(compiled.fleet.file.iter().map(|file| ("fleet".into(), context::fleet(&file.value))));
        let context = jinja::Context::new(roots);
        let options = jinja::Options { fuel: 100_000, output_limit: 4096, ..jinja::Options::default() };
        let name = engine.render_string(template, span, &context, &options).map_err(|diagnostics| {
            diagnostics.into_iter().map(|d| d.about(Some(&cluster.name), None)).collect::<Diagnostics>()
        })?;
        if name.trim() != name || name.contains('\n') {
            let message = format!("`{flag}` gives {name:?}, which begins or ends with space");
            return Err(Diagnostic::error(Code::INVALID_VALUE, message).about(Some(&cluster.name), None).into());
        }
        names.push((Arc::clone(&cluster.name), name));
    }
    Ok(names)
}
