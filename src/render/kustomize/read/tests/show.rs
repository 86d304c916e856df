//! What was read, in the JSON that Go's encoder makes of kustomize's structs, without what is empty.

use serde_json::{Map, Value as Json, json};

use crate::render::kustomize::field_spec::FieldSpec;
use crate::render::kustomize::id::Gvk;
use crate::render::kustomize::types::*;

/// Without nulls, and without what is zero or empty.
pub fn pruned(json: &Json) -> Json {
    let says = |json: &Json| match json {
        Json::Null => false,
        Json::Bool(flag) => *flag,
        Json::Number(n) => n.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(map) => !map.is_empty(),
    };
    match json {
        Json::Array(items) => items.iter().map(pruned).collect(),
        Json::Object(map) => {
            let entries = map.iter().map(|(key, value)| (key.clone(), pruned(value)));
            Json::Object(entries.filter(|(_, value)| says(value)).collect())
        }
        Json::Number(n) => match n.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => json!(float as i64),
            Some(float) => json!(float),
            None => json.clone(),
        },
        _ => json.clone(),
    }
}

/// Several objects in one, as embedded structs are.
pub fn joined(parts: impl IntoIterator<Item = Json>) -> Json {
    let mut all = Map::new();
    for part in parts {
        if let Json::Object(map) = part {
            all.extend(map);
        }
    }
    Json::Object(all)
}

pub fn text(text: &Text) -> Json {
    json!(text.text.as_str())
}

pub fn list<T>(items: &[T], show: impl Fn(&T) -> Json) -> Json {
    items.iter().map(show).collect()
}

pub fn texts(items: &[Text]) -> Json {
    list(items, text)
}

pub fn pairs(pairs: &Pairs) -> Json {
    assert!(pairs.is_sorted_by(|(a, _), (b, _)| a.text < b.text), "{pairs:?}");
    Json::Object(pairs.iter().map(|(key, value)| (key.text.to_string(), text(value))).collect())
}

fn optional<T>(value: Option<&T>, show: impl Fn(&T) -> Json) -> Json {
    value.map_or(Json::Null, show)
}

pub fn gvk(gvk: &Gvk) -> Json {
    json!({"group": gvk.group.as_str(), "version": gvk.version.as_str(), "kind": gvk.kind.as_str()})
}

pub fn field_spec(spec: &FieldSpec) -> Json {
    joined([gvk(&spec.gvk), json!({"path": spec.path.as_str(), "create": spec.create})])
}

pub fn label(label: &Label) -> Json {
    json!({
        "pairs": pairs(&label.pairs),
        "includeSelectors": label.include_selectors,
        "includeTemplates": label.include_templates,
        "fields": list(&label.fields, field_spec),
    })
}

pub fn selector(selector: &Selector) -> Json {
    json!({
        "group": text(&selector.group),
        "version": text(&selector.version),
        "kind": text(&selector.kind),
        "name": text(&selector.name),
        "namespace": text(&selector.namespace),
        "annotationSelector": text(&selector.annotation_selector),
        "labelSelector": text(&selector.label_selector),
    })
}

pub fn patch(patch: &Patch) -> Json {
    json!({
        "path": text(&patch.path),
        "patch": text(&patch.patch),
        "target": optional(patch.target.as_ref(), selector),
        "options": {"allowNameChange": patch.allow_name_change, "allowKindChange": patch.allow_kind_change},
    })
}

pub fn image(image: &Image) -> Json {
    json!({
        "name": text(&image.name),
        "newName": text(&image.new_name),
        "tagSuffix": text(&image.tag_suffix),
        "newTag": text(&image.new_tag),
        "digest": text(&image.digest),
    })
}

pub fn replica(replica: &Replica) -> Json {
    json!({"name": text(&replica.name), "count": replica.count})
}

pub fn replacement(replacement: &Replacement) -> Json {
    let source = |source: &SourceSelector| {
        let own = json!({
            "fieldPath": text(&source.field_path),
            "options": optional(source.options.as_ref(), options),
        });
        joined([selector(&source.object), own])
    };
    let target = |target: &TargetSelector| {
        json!({
            "select": optional(target.select.as_ref(), selector),
            "reject": list(&target.reject, selector),
            "fieldPaths": texts(&target.field_paths),
            "options": optional(target.options.as_ref(), options),
        })
    };
    json!({
        "source": optional(replacement.source.as_ref(), source),
        "sourceValue": optional(replacement.source_value.as_ref(), text),
        "targets": list(&replacement.targets, target),
    })
}

fn options(options: &FieldOptions) -> Json {
    json!({
        "delimiter": text(&options.delimiter),
        "index": options.index,
        "encoding": text(&options.encoding),
        "create": options.create,
    })
}

fn var(var: &Var) -> Json {
    json!({
        "name": text(&var.name),
        "objref": joined([selector(&var.object), json!({"apiVersion": text(&var.api_version)})]),
        "fieldref": {"fieldPath": text(&var.field_path)},
    })
}

pub fn generator(args: &GeneratorArgs) -> Json {
    json!({
        "namespace": text(&args.namespace),
        "name": text(&args.name),
        "behavior": text(&args.behavior),
        "type": text(&args.secret_type),
        "literals": texts(&args.literals),
        "files": texts(&args.files),
        "envs": texts(&args.envs),
        "options": optional(args.options.as_ref(), generator_options),
    })
}

fn generator_options(options: &GeneratorOptions) -> Json {
    json!({
        "labels": pairs(&options.labels),
        "annotations": pairs(&options.annotations),
        "disableNameSuffixHash": options.disable_name_suffix_hash,
        "immutable": options.immutable,
    })
}

pub fn helm_globals(globals: &HelmGlobals) -> Json {
    json!({"chartHome": text(&globals.chart_home), "configHome": text(&globals.config_home)})
}

pub fn helm_chart(chart: &HelmChart) -> Json {
    json!({
        "name": text(&chart.name),
        "version": text(&chart.version),
        "repo": text(&chart.repo),
        "releaseName": text(&chart.release_name),
        "namespace": text(&chart.namespace),
        "additionalValuesFiles": texts(&chart.additional_values_files),
        "valuesFile": text(&chart.values_file),
        "valuesInline": optional(chart.values_inline.as_ref(), |values| values.to_json_value()),
        "valuesMerge": text(&chart.values_merge),
        "includeCRDs": chart.include_crds,
        "skipHooks": chart.skip_hooks,
        "apiVersions": texts(&chart.api_versions),
        "kubeVersion": text(&chart.kube_version),
        "nameTemplate": text(&chart.name_template),
        "skipTests": chart.skip_tests,
        "debug": chart.debug,
        "devel": chart.devel,
    })
}

pub fn kustomization(k: &Kustomization) -> Json {
    let sort = |sort: &SortOptions| {
        let legacy = sort.legacy.as_ref().map(|(first, last)| {
            let kinds = |kinds: &[ecow::EcoString]| list(kinds, |kind| json!(kind.as_str()));
            json!({"orderFirst": kinds(first), "orderLast": kinds(last)})
        });
        json!({"order": text(&sort.order), "legacySortOptions": legacy})
    };
    let replacement =
        |field: &ReplacementField| joined([replacement(&field.replacement), json!({"path": text(&field.path)})]);
    let operators = json!({
        "openapi": {
            "path": optional(k.openapi_path.as_ref(), text),
            "version": optional(k.openapi_version.as_ref(), text),
        },
        "namePrefix": text(&k.name_prefix),
        "nameSuffix": text(&k.name_suffix),
        "namespace": text(&k.namespace),
        "commonLabels": pairs(&k.common_labels),
        "labels": list(&k.labels, label),
        "commonAnnotations": pairs(&k.common_annotations),
        "patchesStrategicMerge": texts(&k.patches_strategic_merge),
        "patchesJson6902": list(&k.patches_json6902, patch),
        "patches": list(&k.patches, patch),
        "images": list(&k.images, image),
        "replacements": list(&k.replacements, replacement),
        "replicas": list(&k.replicas, replica),
        "vars": list(&k.vars, var),
        "sortOptions": optional(k.sort_options.as_ref(), sort),
    });
    let operands = json!({
        "kind": if k.component { "Component" } else { "Kustomization" },
        "resources": texts(&k.resources),
        "components": texts(&k.components),
        "crds": texts(&k.crds),
        "configMapGenerator": list(&k.config_map_generator, generator),
        "secretGenerator": list(&k.secret_generator, generator),
        "helmGlobals": helm_globals(&k.helm_globals),
        "helmCharts": list(&k.helm_charts, helm_chart),
        "generatorOptions": optional(k.generator_options.as_ref(), generator_options),
        "configurations": texts(&k.configurations),
        "generators": texts(&k.generators),
        "transformers": texts(&k.transformers),
        "validators": texts(&k.validators),
        "buildMetadata": texts(&k.build_metadata),
    });
    joined([operators, operands])
}
