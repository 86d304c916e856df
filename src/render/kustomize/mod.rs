//! Kustomize, natively (sigs.k8s.io/kustomize, v5.8.1).
//!
//! [`read`] makes a [`types::Kustomization`] of a file; [`loader`] finds what it names. [`target`] accumulates resources,
//! base by base, in a [`resmap::ResMap`], generates some ([`generate`]) and transforms all ([`run`], [`transform`], on the
//! patch engine [`patch`]); when all is there, names get their hashes ([`hash`]) and [`mod@reference`] follows them.

pub mod bases;
pub mod build_origin;
pub mod context;
pub mod crds;
pub mod factory;
pub mod failure;
pub mod field_path;
pub mod field_spec;
pub mod generate;
pub mod hash;
pub mod id;
pub mod loader;
pub mod openapi;
pub mod options;
pub mod output;
pub mod outside;
pub mod overrides;
pub mod patch;
pub mod plugin;
pub mod read;
pub mod reference;
pub mod remote;
pub mod resmap;
pub mod resource;
pub mod run;
pub mod scalar;
pub mod shared;
pub mod target;
#[cfg(test)]
mod testing;
pub mod transform;
pub mod transformer_config;
pub mod types;
pub mod written;

use std::cell::{Cell, RefCell};

use super::objects::{Wrong, flatten};
use super::{Env, Manifest, Rendered, helm};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::parallel;
use crate::provenance::Recorder;
use crate::source::Origin;
use crate::world::{FilePath, Reader};
use crate::yaml::{self, Node};
use bases::Bases;
use failure::Result;
use loader::Loader;
use options::{Options, Reorder};
use reference::{names, vars};
use resmap::ResMap;
use resource::Resource;
use target::{Accumulator, Build, Target};
use transform::{labels, sort};
use types::{SortOptions, Text};

/// What a build works with.
#[derive(Clone, Copy)]
pub struct Tools<'a, 'w> {
    /// Where files are read from, and recorded.
    pub reader: &'a Reader<'w>,
    /// Whether, and where, the steps of values are recorded.
    pub recorder: &'a Recorder,
    /// The charts of the run.
    pub charts: &'a helm::Charts,
    /// The bases of the run.
    pub bases: &'a Bases,
}

/// What a build made.
#[derive(Debug)]
pub struct Built {
    /// The resources in the order of the output, or why there are none.
    pub resources: Result<Vec<Resource>>,
    /// What is worth a warning.
    pub warnings: Diagnostics,
    /// What kustomize says on stderr, a line each.
    pub said: Vec<String>,
}

/// The version of kustomize that this is, where it says so itself.
const VERSION: &str = "v5.8.1";
/// The annotation of what is there for kustomize only.
const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";
/// The label that `managedByLabel` sets.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// Annotations that kustomize keeps its own account in, and takes away in the end, whoever wrote them.
const INTERNAL: [&str; 19] = [
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "internal.config.kubernetes.io/helm-generated",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
];

/// Builds the kustomization in a directory (api/krusty/kustomizer.go).
pub fn build(dir: &FilePath, options: &Options, tools: Tools) -> Built {
    let shared = Build {
        recorder: tools.recorder,
        charts: tools.charts,
        bases: tools.bases,
        schema: RefCell::default(),
        warnings: RefCell::default(),
        said: RefCell::default(),
        particular: Cell::new(false),
    };
    let resources = resources(&shared, dir, options, tools.reader);
    Built { resources, warnings: shared.warnings.into_inner(), said: shared.said.into_inner() }
}

fn resources(shared: &Build, dir: &FilePath, options: &Options, reader: &Reader) -> Result<Vec<Resource>> {
    let target = Target::root(shared, Loader::new(reader, dir.clone(), options))?;
    let Accumulator { mut map, config, vars } = target.accumulate(Accumulator::default())?;
    let schema = shared.schema();
    let context = target.context(&schema);
    hash::add_hashes(&mut map, &context)?;
    names::fix(&mut map, &config.name_reference, &context)?;
    vars::resolve(&mut map, &vars, &config.var_reference, &context)?;
    drop_local(&mut map)?;
    let kustomization = &target.kustomization;
    match &kustomization.sort_options {
        Some(order) => sort::sort(&mut map, order)?,
        None if options.reorder == Reorder::Legacy => {
            let legacy = Text::new("legacy", Origin::NONE);
            sort::sort(&mut map, &SortOptions { order: legacy, ..SortOptions::default() })?;
        }
        None => {}
    }
    let asked = |option: &str| kustomization.build_metadata.iter().find(|text| &***text == option);
    let managed_by = asked("managedByLabel").map(|text| text.origin);
    if let Some(by) = managed_by.or(options.managed_by.then_some(options.origin)) {
        let label = (Text::new(MANAGED_BY, by), Text::new(format!("kustomize-{VERSION}"), by));
        let spec = field_spec::FieldSpec { path: "metadata/labels".into(), create: true, ..Default::default() };
        labels::add(&mut map, &vec![label], &[spec], &context)?;
    }
    let origins = asked("originAnnotations").is_some();
    let transformations = asked("transformerAnnotations").is_some();
    let mut resources = map.into_resources();
    for resource in &mut resources {
        clean(resource, origins, transformations);
        output::settle(resource)?;
    }
    Ok(resources)
}

/// Takes out what is marked as there for kustomize only.
fn drop_local(map: &mut ResMap) -> Result<()> {
    map.drop_empties();
    for resource in map.resources() {
        factory::check(resource.node())?;
    }
    map.unique()?;
    let is_local =
        |resource: &Resource| resource.metadata_text("annotations", LOCAL_CONFIG).is_some_and(|text| text != "false");
    if map.resources().iter().any(is_local) {
        map.retain(|resource| !is_local(resource));
    }
    Ok(())
}

/// Takes kustomize's own account out of the annotations.
fn clean(resource: &mut Resource, origins: bool, transformations: bool) {
    let Some(annotations) = resource.node().at(&["metadata", "annotations"]) else { return };
    let Some(map) = annotations.as_map() else {
        if annotations.is_null() && !(origins && transformations) {
            resource.remove_annotation("");
        }
        return;
    };
    let unwanted = |key: &str| {
        INTERNAL.contains(&key)
            || key == build_origin::ORIGIN && !origins
            || key == build_origin::TRANSFORMATIONS && !transformations
    };
    let keys: Vec<ecow::EcoString> = map.iter().map(|entry| entry.key.clone()).filter(|key| unwanted(key)).collect();
    if map.is_empty() && !(origins && transformations) {
        resource.remove_annotation("");
    }
    for key in keys {
        resource.remove_annotation(&key);
    }
}

/// The output of `kustomize build`.
pub fn to_yaml(resources: &[Resource]) -> String {
    let emit = |resource: &Resource| yaml::emit(resource.node());
    let texts: Vec<String> = match resources.len() < parallel::FEW {
        true => resources.iter().map(emit).collect(),
        false => parallel::map(resources.iter().collect(), emit),
    };
    texts.join("---\n")
}

/// Renders a kustomization as a source: its resources as manifests.
pub fn render(dir: &FilePath, options: &Options, env: &Env) -> Rendered {
    let tools = Tools { reader: env.reader, recorder: env.recorder, charts: env.helm, bases: env.kustomize };
    let built = build(dir, options, tools);
    let mut rendered = Rendered { objects: Vec::new(), diagnostics: built.warnings };
    match built.resources {
        Ok(resources) => {
            let mut wrong: Vec<Wrong> = Vec::new();
            for resource in resources {
                let file = resource.file.clone();
                let mut nodes: Vec<Node> = Vec::new();
                flatten(resource.into_node(), &mut nodes, &mut wrong, 0);
                let manifest = |node| Manifest { node, file: file.clone(), templated: false };
                rendered.objects.extend(nodes.into_iter().map(manifest));
            }
            for Wrong { origin, message } in wrong {
                let diagnostic = Diagnostic::error(Code::NOT_AN_OBJECT, message);
                rendered.diagnostics.push(diagnostic.at(origin, "this resource"));
            }
        }
        Err(failure) => rendered.diagnostics.extend(failure.diagnostics),
    }
    rendered
}
