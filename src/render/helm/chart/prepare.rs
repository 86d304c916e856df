//! What a release renders: a chart, with the user's values joined to its own.

use std::sync::Arc;

use super::coalesce::Coalescer;
use super::dependencies::Resolver;
use super::failure::{Failure, Warning};
use super::instance::{Instance, ROOT, Tree};
use super::model::Chart;
use super::schema;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::provenance::Recorder;
use crate::render::helm::Profile;
use crate::semver::is_compatible;
use crate::yaml::Node;

/// What a release is prepared with.
#[derive(Clone, Copy, Debug, Default)]
pub struct PrepareOptions<'a> {
    /// Whose behaviour.
    pub profile: Profile,
    /// The version of Kubernetes that the chart's `kubeVersion` is held against; none: it isn't.
    pub kube_version: Option<KubeVersion<'a>>,
    /// Leaves the schemas of values out.
    pub skip_schema: bool,
}

/// A version of Kubernetes, in two spellings where Helm 4 has two.
#[derive(Clone, Copy, Debug)]
pub struct KubeVersion<'a> {
    /// What is compared.
    pub compared: &'a str,
    /// What is shown.
    pub shown: &'a str,
}

/// What a release renders.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The chart, with the charts below it that are on.
    pub root: Instance,
    /// `.Values` of the chart; those of the charts below it stand in it under their names.
    pub values: Node,
    /// What Helm mentions on the way, in its order, repetitions included.
    pub warnings: Vec<Warning>,
}

/// Joins a chart and the user's values as `helm template` does before it renders: what may be installed, dependencies,
/// values, schemas, `kubeVersion`.
///
/// # Errors
/// The first step that fails; of schemas all violations.
pub fn prepare(
    chart: &Arc<Chart>,
    user: &Node,
    options: &PrepareOptions,
    recorder: &Recorder,
) -> Result<Prepared, Failure> {
    let profile = options.profile;
    let mut coalescer = Coalescer { profile, recorder, warnings: Vec::new() };
    usable(chart, profile)?;
    if chart.metadata.deprecated {
        coalescer.warnings.push(deprecated(chart, profile));
    }
    let mut tree = Tree::new(chart);
    let mut resolver = Resolver { tree: &mut tree, coalescer: &mut coalescer };
    let processed = resolver.enabled(ROOT, user, "").and_then(|()| resolver.import(ROOT));
    processed.map_err(|failure| match profile {
        Profile::Helm3 => failure,
        Profile::Helm4 => failure.within("chart dependencies processing failed: "),
    })?;
    let values = coalescer.values(&tree, ROOT, user, false)?;
    let root = tree.instance(ROOT).unwrap_or_else(|| Instance {
        chart: Arc::clone(chart),
        metadata: Arc::new(chart.metadata.clone()),
        full_path: chart.metadata.name.to_string(),
        is_root: true,
        dependencies: Vec::new(),
    });
    if !options.skip_schema {
        schema::validate(&root, &values, profile, &mut coalescer.warnings)?;
    }
    if let Some(version) = options.kube_version {
        compatible(chart, version)?;
    }
    Ok(Prepared { root, values, warnings: coalescer.warnings })
}

/// Whether a chart may be installed, and everything that it declares is there: what Helm looks at before the release.
///
/// # Errors
/// Helm refuses it.
pub fn usable(chart: &Chart, profile: Profile) -> Result<(), Failure> {
    installable(chart)?;
    if chart.metadata.is_third(profile) {
        return Err(not_rendered(chart, profile));
    }
    all_there(chart, profile)
}

fn installable(chart: &Chart) -> Result<(), Failure> {
    let metadata = &chart.metadata;
    if matches!(metadata.kind.as_str(), "" | "application") {
        return Ok(());
    }
    let message =
        format!("`{}` is a {} chart, which other charts use and nobody renders", metadata.name, metadata.kind);
    let diagnostic = Diagnostic::error(Code::INVALID_CHART, message).at(metadata.place("type"), "");
    Err(Failure::new(format!("{} charts are not installable", metadata.kind), diagnostic))
}

fn deprecated(chart: &Chart, profile: Profile) -> Warning {
    let (helm, message) = match profile {
        Profile::Helm3 => ("WARNING: This chart is deprecated", "This chart is deprecated"),
        Profile::Helm4 => ("level=WARN msg=\"this chart is deprecated\"", "this chart is deprecated"),
    };
    let origin = chart.metadata.place("deprecated");
    Warning { helm: helm.to_owned(), message: message.to_owned(), origin }
}

/// Why Helm 4 doesn't render a chart of the third `apiVersion`: it looks at what it depends on, and then refuses it. (Where
/// more is declared than there is in `charts/`, it panics.)
fn not_rendered(chart: &Chart, profile: Profile) -> Failure {
    let (declared, there) = (chart.metadata.dependencies.len(), chart.dependencies.len());
    if there > declared {
        return chart.metadata.refused(&format!("{}unsupported chart dependency type", checking(profile)));
    }
    match all_there(chart, profile) {
        Err(failure) if declared == there => failure,
        _ => chart.metadata.refused("invalid chart apiVersion"),
    }
}

/// What stands before an error of dependencies.
fn checking(profile: Profile) -> &'static str {
    match profile {
        Profile::Helm3 => {
            "An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to \
             fetch missing dependencies: "
        }
        Profile::Helm4 => {
            "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to \
             fetch missing dependencies: "
        }
    }
}

/// Whether every dependency of the chart at the top is there. Helm looks no further down.
fn all_there(chart: &Chart, profile: Profile) -> Result<(), Failure> {
    let there = |name: &str| chart.dependencies.iter().any(|d| d.metadata.name == name);
    let missing: Vec<_> = chart.metadata.dependencies().filter(|d| !there(&d.name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|d| d.name.as_str()).collect();
    let found = format!("found in Chart.yaml, but missing in charts/ directory: {}", names.join(", "));
    let before = checking(profile);
    let diagnostics: Diagnostics = missing
        .into_iter()
        .map(|d| {
            let from = if d.repository.is_empty() { String::new() } else { format!(" of {}", d.repository) };
            let message = format!("the dependency `{}` {}{from} is not at hand", d.name, d.version);
            Diagnostic::error(Code::CHART_DEPENDENCY, message)
                .at(d.origin, "")
                .hint("run `helm dependency build`, and keep what it puts into charts/ where git doesn't ignore it")
                .hint("or map the repository to a directory of charts, under `repositories` in terrace.yaml")
        })
        .collect();
    Err(Failure { helm: format!("{before}{found}"), diagnostics })
}

fn compatible(chart: &Chart, version: KubeVersion) -> Result<(), Failure> {
    let metadata = &chart.metadata;
    let range = &metadata.kube_version;
    if range.is_empty() || is_compatible(range, version.compared) {
        return Ok(());
    }
    let shown = version.shown;
    let helm = format!("chart requires kubeVersion: {range} which is incompatible with Kubernetes {shown}");
    let message = format!("`{}` requires Kubernetes {range}, and this is {shown}", metadata.name);
    let mut diagnostic = Diagnostic::error(Code::INVALID_CHART, message).at(metadata.place("kubeVersion"), "");
    if version.compared.contains('-') && !range.contains('-') {
        let hint = format!("a version with a suffix only fits a range with one: `{range}-0`");
        diagnostic = diagnostic.hint(hint);
    }
    Err(Failure::new(helm, diagnostic))
}
