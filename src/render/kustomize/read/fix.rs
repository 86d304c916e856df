//! What follows on decoding: what is deprecated moves where it belongs now, and what says nothing, or is of another kind,
//! is refused (`FixKustomization`, `CheckEmpty`, `EnforceFields`).

use super::super::failure::{Failure, Result};
use super::super::types::{Deprecated, HelmGlobals, Kustomization, Text};
use super::make;
use crate::diag::{Code, Diagnostic};
use crate::source::{Origin, SourceFile};
use crate::world::parent;
use crate::yaml::{Map, Node};

const KUSTOMIZATION: (&str, &str) = ("Kustomization", "kustomize.config.k8s.io/v1beta1");
const COMPONENT: (&str, &str) = ("Component", "kustomize.config.k8s.io/v1alpha1");

/// What kustomize warns of, in its order.
const DEPRECATED: [(&str, &str); 6] = [
    (
        "bases",
        "# Warning: 'bases' is deprecated. Please use 'resources' instead. Run 'kustomize edit fix' to update your Kustomization automatically.",
    ),
    (
        "commonLabels",
        "# Warning: 'commonLabels' is deprecated. Please use 'labels' instead. Run 'kustomize edit fix' to update your Kustomization automatically.",
    ),
    (
        "imageTags",
        "# Warning: 'imageTags' is deprecated. Please use 'images' instead. Run 'kustomize edit fix' to update your Kustomization automatically.",
    ),
    (
        "patchesJson6902",
        "# Warning: 'patchesJson6902' is deprecated. Please use 'patches' instead. Run 'kustomize edit fix' to update your Kustomization automatically.",
    ),
    (
        "patchesStrategicMerge",
        "# Warning: 'patchesStrategicMerge' is deprecated. Please use 'patches' instead. Run 'kustomize edit fix' to update your Kustomization automatically.",
    ),
    (
        "vars",
        "# Warning: 'vars' is deprecated. Please use 'replacements' instead. [EXPERIMENTAL] Run 'kustomize edit fix' to update your Kustomization automatically.",
    ),
];

/// A decoded kustomization, mended.
pub(super) fn kustomization(node: &Node, file: &SourceFile) -> Result<Kustomization> {
    let mut fixed = make::kustomization(node);
    for (field, said) in DEPRECATED {
        if node.get(field).is_some_and(|value| !value.is_null()) {
            fixed.deprecated.push(Deprecated { field, origin: make::key_origin(node, field), said });
        }
    }
    fixed.resources.extend(make::texts(node, "bases"));
    fixed.images.extend(make::list(node, "imageTags", make::image));
    fixed.helm_charts.extend(make::list(node, "helmChartInflationGenerator", make::inflated_chart));
    if node.get("helmGlobals").is_none_or(Node::is_null) {
        fixed.helm_globals = inflated_globals(node);
    }
    let says = node.as_map().into_iter().flat_map(Map::iter);
    if !says.into_iter().any(|entry| make::says_something(&entry.key, &entry.value.value)) {
        let failure = Failure::new(Code::INVALID_KUSTOMIZATION, "kustomization.yaml is empty");
        let failure = failure.at(Origin::new(file.id, 0), "says nothing");
        return Err(failure.hint("name what it is made of under `resources`"));
    }
    enforce(node, file)?;
    Ok(fixed)
}

/// The last of the homes that entries of `helmChartInflationGenerator` name.
fn inflated_globals(node: &Node) -> HelmGlobals {
    let last = |field: &str| -> Text {
        let homes = make::list(node, "helmChartInflationGenerator", |entry| make::text(entry, field));
        homes.into_iter().rfind(|home| !home.is_empty()).unwrap_or_default()
    };
    HelmGlobals { chart_home: last("chartHome"), config_home: last("helmHome") }
}

fn enforce(node: &Node, file: &SourceFile) -> Result<()> {
    let (kind, version) = (make::text(node, "kind"), make::text(node, "apiVersion"));
    let mut said = Vec::new();
    let mut failure = Failure { text: String::new(), diagnostics: Default::default() };
    if !kind.is_empty() && !matches!(&*kind, "Kustomization" | "Component") {
        let text = "kind should be Kustomization or Component".to_owned();
        let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, text.clone())
            .at(kind.origin, "another kind")
            .did_you_mean(&kind, [KUSTOMIZATION.0, COMPONENT.0]);
        failure.diagnostics.push(diagnostic);
        said.push(text);
    }
    let (own, required) = match &*kind {
        "" => KUSTOMIZATION,
        "Component" => COMPONENT,
        kind => (kind, KUSTOMIZATION.1),
    };
    if !version.is_empty() && &*version != required {
        let text = format!("apiVersion for {own} should be {required}");
        let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, text.clone());
        failure.diagnostics.push(diagnostic.at(version.origin, "another version"));
        said.push(text);
    }
    if said.is_empty() {
        return Ok(());
    }
    let directory = parent(&file.name);
    failure.text = format!("Failed to read kustomization file under /{directory}:\n{}", said.join("\n"));
    Err(failure)
}
