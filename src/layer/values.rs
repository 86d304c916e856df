//! Environment values: files merged per cluster, lowest first.
//!
//! Maps merge deeply, lists replace, an explicit null deletes. Under `apps.<app>.values` nulls are kept: they are Helm's,
//! where a null deletes a chart's default.

use crate::config::cluster::Cluster;
use crate::config::fleet::ValuesFile;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::provenance::Recorder;
use crate::render::jinja;
use crate::source::{Origin, Span};
use crate::world::{FilePath, ReadError, Reader};
use crate::yaml::{self, Dialect, Map, Node, NullRule};

/// A values file of the fleet, as `terrace.yaml` names it.
#[derive(Clone, Debug)]
pub struct Named<'a> {
    /// Its name, a template.
    pub path: &'a str,
    /// Whether it may be missing: said so, or (`None`) so where the name has a template in it.
    pub optional: Option<bool>,
    /// Where it is named.
    pub origin: Origin,
}

/// The values files that `spec.values` names.
pub fn named<'a>(files: &'a [ValuesFile], spec: Option<&Node>) -> Vec<Named<'a>> {
    let nodes = spec.and_then(|s| s.get("values")).and_then(Node::as_seq).unwrap_or_default();
    files
        .iter()
        .enumerate()
        .map(|(i, file)| {
            let node = nodes.get(i);
            match file {
                ValuesFile::Path(path) => {
                    Named { path, optional: None, origin: node.map_or(Origin::NONE, |n| n.origin) }
                }
                ValuesFile::Entry(entry) => {
                    let origin = node.and_then(|n| n.get("path")).map_or(Origin::NONE, |n| n.origin);
                    Named { path: &entry.path, optional: Some(entry.optional), origin }
                }
            }
        })
        .collect()
}

/// The values of a cluster, and which of the named files were there.
#[derive(Debug)]
pub struct Values {
    /// The merged values.
    pub node: Node,
    /// For each named file, whether it was there.
    pub found: Vec<bool>,
    /// What went wrong; with an error among them the values are not whole.
    pub diagnostics: Diagnostics,
}

impl Default for Values {
    /// No values at all.
    fn default() -> Self {
        Self { node: Node::made(Map::new()), found: Vec::new(), diagnostics: Diagnostics::new() }
    }
}

/// Values files that no cluster has, though a template names them: a slip in the directory, most likely. `found` says of
/// each cluster which of the files it has.
pub fn found_nowhere<'a>(files: &[Named], found: impl Iterator<Item = &'a [bool]> + Clone) -> Diagnostics {
    let nowhere = |index: usize| found.clone().next().is_some() && !found.clone().any(|f| f.get(index) == Some(&true));
    let files =
        files.iter().enumerate().filter(|(i, f)| f.optional != Some(true) && f.path.contains("{{") && nowhere(*i));
    files
        .map(|(_, file)| {
            let message = format!("no cluster has a values file `{}`", file.path);
            Diagnostic::warning(Code::MATCHES_NOTHING, message).at(file.origin, "found for no cluster")
        })
        .collect()
}

/// Merges the values files of a cluster, and the values of its own file on top.
pub fn load(
    files: &[Named],
    root: &FilePath,
    cluster: &Cluster,
    jinja: &jinja::Engine,
    context: &jinja::Context,
    reader: &Reader,
    recorder: &Recorder,
) -> Values {
    let mut values = Values::default();
    for file in files {
        let (node, found) = one(file, root, cluster, jinja, context, reader, &mut values.diagnostics);
        values.found.push(found);
        if let Some(node) = node {
            values.node = merge(values.node, &node, recorder);
        }
    }
    if let Some(own) = cluster.values() {
        values.node = merge(values.node, own, recorder);
    }
    values
}

fn one(
    file: &Named,
    root: &FilePath,
    cluster: &Cluster,
    jinja: &jinja::Engine,
    context: &jinja::Context,
    reader: &Reader,
    diagnostics: &mut Diagnostics,
) -> (Option<Node>, bool) {
    let span = file.origin.span().map_or(Span { file: Origin::NONE.file, start: 0, end: 0 }, |span| span);
    let on_read = |path: &[ecow::EcoString]| reader.value(path);
    let options = jinja::Options { on_read: &on_read, ..jinja::Options::default() };
    let name = match jinja.render_string(file.path, span, context, &options) {
        Ok(name) => name,
        Err(problems) => {
            diagnostics.extend(problems);
            return (None, false);
        }
    };
    let Some(path) = root.join(&name) else {
        let message = format!("the values file `{name}` is outside the repository");
        diagnostics.push(Diagnostic::error(Code::PATH_ESCAPES, message).at(file.origin, "leaves the repository"));
        return (None, false);
    };
    let source = match reader.text(&path) {
        Ok(source) => source,
        Err(ReadError::Missing) if file.optional.unwrap_or(file.path.contains("{{")) => return (None, false),
        Err(error) => {
            let mut diagnostic = crate::render::unreadable(reader, &path, &error)
                .named_at(file.origin, "named here")
                .about(Some(&cluster.name), None);
            if error == ReadError::Missing {
                diagnostic = diagnostic
                    .hint(format!("a file that may be missing is named as `{{path: {}, optional: true}}`", file.path));
            }
            diagnostics.push(diagnostic);
            return (None, false);
        }
    };
    let parsed = yaml::parse_file(&source, Dialect::Config);
    diagnostics.extend(parsed.diagnostics);
    let mut nodes = parsed.documents.into_iter().map(|d| d.node).filter(|n| !n.is_null());
    let Some(node) = nodes.next() else { return (None, true) };
    if let Some(second) = nodes.next() {
        let message = "a values file holds one document, here is another";
        diagnostics.push(Diagnostic::error(Code::INVALID_VALUE, message).at(second.origin, "a second document"));
    }
    if node.as_map().is_none() {
        let message = format!("values are a mapping, this file holds {}", node.value.kind());
        diagnostics.push(Diagnostic::error(Code::WRONG_TYPE, message).at(node.origin, "expected a mapping"));
        return (None, true);
    }
    (Some(node), true)
}

/// Where nulls are Helm's to act on.
const HELM_VALUES: NullRule = NullRule::KeepBelow(&["apps", "*", "values"]);

/// Merges `over` onto `base`. What is replaced is remembered by the recorder.
fn merge(base: Node, over: &Node, recorder: &Recorder) -> Node {
    // The mapping starts where the first file that has something in it starts.
    let empty = base.as_map().is_some_and(Map::is_empty);
    let base = if empty { Node { origin: over.origin, ..base } } else { base };
    yaml::merge(&base, over, HELM_VALUES, recorder)
}
