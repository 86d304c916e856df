//! Where resources come from, as `buildMetadata` writes it into annotations (api/resource/origin.go).

use super::remote::RepoSpec;
use super::resource::Resource;
use crate::source::Origin;
use crate::world;
use crate::yaml::{self, Dialect, Entry, Map, Node};

/// The annotation of a resource's origin.
pub const ORIGIN: &str = "config.kubernetes.io/origin";
/// The annotation of what changed a resource.
pub const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// An origin, in kustomize's words. Empty fields are left out.
#[derive(Clone, Debug, Default)]
pub struct BuildOrigin {
    /// The file or directory, from the directory that is built on.
    pub path: String,
    /// The repository, if it isn't local.
    pub repo: String,
    /// Its revision.
    pub reference: String,
    /// The file that configures a generator or transformer.
    pub configured_in: String,
    /// What configures it: `apiVersion`, `kind`, `name`, `namespace`.
    pub configured_by: [String; 4],
}

impl BuildOrigin {
    /// The origin of what is named from here.
    #[must_use]
    pub fn append(&self, path: &str) -> Self {
        match RepoSpec::parse(path) {
            Some(spec) => Self {
                repo: spec.url,
                reference: spec.revision.unwrap_or_default(),
                path: clean(&spec.path),
                ..self.clone()
            },
            None => Self { path: joined(&self.path, path), ..self.clone() },
        }
    }

    /// The origin of a built-in generator or transformer of the kustomization `file`.
    #[must_use]
    pub fn builtin(&self, file: &str, kind: &str) -> Self {
        Self {
            configured_in: joined(&self.path, file),
            configured_by: ["builtin".to_owned(), kind.to_owned(), String::new(), String::new()],
            path: String::new(),
            ..self.clone()
        }
    }

    /// The origin of what a manifest configures, by the manifest's own origin (`OriginFromCustomPlugin`).
    pub fn of_plugin(config: &Resource) -> Option<Self> {
        let text = config.metadata_text("annotations", ORIGIN)?;
        let node = yaml::parse(crate::source::FileId::NONE, &text, Dialect::Kubernetes).into_first();
        let field = |key: &str| node.str_at(&[key]).unwrap_or_default().to_owned();
        let id = config.id();
        Some(Self {
            path: String::new(),
            repo: field("repo"),
            reference: field("ref"),
            configured_in: field("path"),
            configured_by: [
                id.gvk.api_version(),
                id.gvk.kind.to_string(),
                id.name.to_string(),
                id.namespace.to_string(),
            ],
        })
    }

    fn node(&self) -> Node {
        let map = |pairs: &[(&str, &str)]| {
            let filled = pairs.iter().filter(|(_, value)| !value.is_empty());
            let entry = |(key, value): &(&str, &str)| entry(key, Node::made(*value));
            filled.map(entry).collect::<Map>()
        };
        let mut all = map(&[
            ("path", &self.path),
            ("repo", &self.repo),
            ("ref", &self.reference),
            ("configuredIn", &self.configured_in),
        ]);
        let [version, kind, name, namespace] = &self.configured_by;
        let by = map(&[("apiVersion", version), ("kind", kind), ("name", name), ("namespace", namespace)]);
        if !by.is_empty() {
            all.insert("configuredBy", Origin::NONE, Node::made(by));
        }
        Node::made(all)
    }

    /// The text of the annotation.
    pub fn text(&self) -> String {
        let mut out = String::new();
        write(&self.node(), "", "", &mut out);
        if out.is_empty() { "{}\n".to_owned() } else { out }
    }
}

fn entry(key: &str, value: Node) -> Entry {
    Entry { key: key.into(), key_origin: Origin::NONE, value }
}

/// Writes a mapping in its own order: that of kustomize's fields, which isn't that of the alphabet.
fn write(node: &Node, first: &str, rest: &str, out: &mut String) {
    let mut indent = first;
    for entry in node.as_map().into_iter().flatten() {
        out.push_str(indent);
        indent = rest;
        out.push_str(&entry.key);
        out.push(':');
        if entry.value.as_map().is_some() {
            out.push('\n');
            let deeper = format!("{rest}  ");
            write(&entry.value, &deeper, &deeper, out);
        } else {
            out.push(' ');
            out.push_str(&yaml::emit(&entry.value));
        }
    }
}

/// Adds an origin where a resource has none yet (`AddOriginAnnotation`).
pub fn annotate(resource: &mut Resource, origin: &BuildOrigin) {
    if resource.metadata_text("annotations", ORIGIN).is_none() {
        resource.annotate(ORIGIN, &origin.text(), Origin::NONE);
    }
}

/// Tells what changed a resource; one without an origin was made by it (`AddTransformerAnnotation`).
pub fn transformed(resource: &mut Resource, by: &BuildOrigin) {
    if resource.metadata_text("annotations", ORIGIN).is_none() {
        return resource.annotate(ORIGIN, &by.text(), Origin::NONE);
    }
    let mut text = resource.metadata_text("annotations", TRANSFORMATIONS).map(String::from).unwrap_or_default();
    write(&by.node(), "- ", "  ", &mut text);
    resource.annotate(TRANSFORMATIONS, &text, Origin::NONE);
}

/// Go's filepath.Join, which keeps what leads out of the directory that is built.
fn joined(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn clean(path: &str) -> String {
    world::normalize(path).unwrap_or_else(|| path.to_owned())
}
