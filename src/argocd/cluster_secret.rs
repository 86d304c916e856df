//! Argo CD's cluster Secrets: `argocd.argoproj.io/secret-type: cluster`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::application::string_map;
use crate::config::cluster::{Cluster, Declared};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Origin;
use crate::yaml::Node;

/// The label that makes a Secret a cluster.
pub const SECRET_TYPE: &str = "argocd.argoproj.io/secret-type";

/// Whether a manifest is a cluster Secret.
pub fn is_cluster_secret(node: &Node) -> bool {
    node.str_at(&["kind"]) == Some("Secret")
        && node.at(&["metadata", "labels", SECRET_TYPE]).and_then(Node::as_str) == Some("cluster")
}

/// The cluster that a Secret declares: `name`, `server`, `project` and `namespaces` out of `stringData` or (base64) `data`; labels and
/// annotations are the Secret's.
///
/// # Errors
/// A Secret without a name or a server, or with data that isn't base64 of UTF-8.
pub fn from_node(node: &Node) -> Result<Cluster, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    let mut fields: BTreeMap<&str, String> = BTreeMap::new();
    for key in ["name", "server", "project", "namespaces"] {
        match field(node, key) {
            Ok(Some(text)) => {
                fields.insert(key, text);
            }
            Ok(None) => {}
            Err(at) => diagnostics.push(
                Diagnostic::error(
                    Code::INVALID_VALUE,
                    format!("`data.{key}` of a cluster Secret is not base64 of a text"),
                )
                .at(at, "not base64")
                .hint(format!("write it in clear under `stringData.{key}`")),
            ),
        }
    }
    let origin = node.at(&["metadata", "name"]).map_or(node.origin, |n| n.origin);
    for key in ["name", "server"] {
        if !fields.contains_key(key) && diagnostics.is_empty() {
            let message = format!("a cluster Secret has no `{key}`, in `stringData` or in `data`");
            diagnostics.push(Diagnostic::error(Code::MISSING_KEY, message).at(origin, "this Secret"));
        }
    }
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let mut cluster = Cluster::named(fields.remove("name").unwrap_or_default(), Declared::Secret, origin);
    cluster.server = fields.remove("server");
    cluster.project = fields.remove("project").filter(|p| !p.is_empty());
    let namespaces = fields.remove("namespaces").unwrap_or_default();
    cluster.namespaces = namespaces.split(',').map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned).collect();
    cluster.labels = string_map(node.at(&["metadata", "labels"]));
    cluster.annotations = string_map(node.at(&["metadata", "annotations"]));
    cluster.node = Some(node.clone());
    Ok(cluster)
}

/// A field of a Secret, out of `stringData` or (base64) `data`: as the API server does it, the former overwrites the latter.
///
/// # Errors
/// The place of data that isn't base64 of UTF-8.
pub fn field(node: &Node, key: &str) -> Result<Option<String>, Origin> {
    if let Some(text) = node.at(&["stringData", key]).and_then(Node::as_str) {
        return Ok(Some(text.to_owned()));
    }
    match node.at(&["data", key]) {
        Some(data) => data.as_str().and_then(decode).map(Some).ok_or(data.origin),
        None => Ok(None),
    }
}

/// Decodes standard base64, line breaks ignored; none if it isn't base64 of UTF-8.
fn decode(text: &str) -> Option<String> {
    let clean: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    String::from_utf8(STANDARD.decode(clean).ok()?).ok()
}
