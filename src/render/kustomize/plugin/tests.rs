use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::*;
use crate::render::kustomize::read::{all_replacements, show};
use crate::render::kustomize::transformer_config::tests::{files_of, specs, with_files};
use crate::source::SourceKind;
use crate::yaml::{self, Dialect, Limits};

const PLUGINS: &str = include_str!("../../../../testdata/kustomize/read/plugins.jsonl");

fn with_plugin<R>(text: &str, files: &BTreeMap<String, String>, run: impl FnOnce(Result<Plugin>, &Loader) -> R) -> R {
    with_files(files, |_, loader| {
        let sources = loader.reader.world().sources();
        let source = sources.add("app/plugin.yaml", text, SourceKind::File);
        let node = yaml::parse_first(source.id, text, Dialect::Kustomize, Limits::default()).into_first();
        run(Plugin::of(&Resource::new(node, loader.root().clone()), loader), loader)
    })
}

/// The plugin's struct as JSON, but for what `Config` fills in beyond reading.
fn shown(plugin: &Plugin, loader: &Loader) -> Result<Json> {
    let text = show::text;
    let with_specs =
        |json: Json, field_specs: &[FieldSpec]| show::joined([json, json!({"fieldSpecs": specs(field_specs)})]);
    Ok(match plugin {
        Plugin::Annotations(pairs, specs) => with_specs(json!({"annotations": show::pairs(pairs)}), specs),
        Plugin::Labels(pairs, specs) => with_specs(json!({"labels": show::pairs(pairs)}), specs),
        Plugin::ConfigMap(args) | Plugin::Secret(args) => show::generator(args),
        Plugin::IamPolicy(args) => json!({
            "cloud": text(&args.cloud),
            "kubernetesService": {"name": text(&args.service_name), "namespace": text(&args.service_namespace)},
            "serviceAccount": {"name": text(&args.account_name), "projectId": text(&args.project_id)},
        }),
        Plugin::Helm(globals, chart) => show::joined([show::helm_globals(globals), show::helm_chart(chart)]),
        Plugin::Hash | Plugin::PrefixSuffix(..) => json!({}),
        Plugin::Image(image, specs) => with_specs(json!({"imageTag": show::image(image)}), specs),
        Plugin::Namespace(args) => {
            let own = json!({
                "namespace": text(&args.namespace),
                "unsetOnly": args.unset_only,
                "setRoleBindingSubjects": text(&args.set_role_binding_subjects),
            });
            with_specs(own, &args.field_specs)
        }
        Plugin::Json6902(patch) => json!({
            "target": show::patch(patch)["target"],
            "path": text(&patch.path),
            "jsonOp": text(&patch.patch),
        }),
        Plugin::StrategicMerge(args) => json!({"paths": show::texts(&args.paths), "patches": text(&args.patches)}),
        Plugin::Patch(patch) => show::patch(patch),
        Plugin::Prefix(prefix, specs) => with_specs(json!({"prefix": text(prefix)}), specs),
        Plugin::Suffix(suffix, specs) => with_specs(json!({"suffix": text(suffix)}), specs),
        Plugin::Replicas(replica, specs) => with_specs(json!({"replica": show::replica(replica)}), specs),
        Plugin::Replacements(fields) => show::list(&all_replacements(fields, loader)?, show::replacement),
        Plugin::ValueAdd(args) => {
            let target = |target: &ValueAddTarget| {
                json!({
                    "selector": target.selector.as_ref().map(show::selector),
                    "fieldPath": text(&target.field_path),
                    "filePathPosition": target.file_path_position,
                })
            };
            json!({"value": text(&args.value), "targets": show::list(&args.targets, target)})
        }
    })
}

/// What Go's plugin holds beyond what it read, taken away.
fn as_read(mut expected: Json, plugin: &Plugin) -> Json {
    let Some(map) = expected.as_object_mut() else { return expected };
    let metadata = map.remove("metadata");
    match plugin {
        Plugin::Namespace(args) => {
            map.insert("namespace".to_owned(), metadata.map_or(Json::Null, |metadata| metadata["namespace"].clone()));
            if args.set_role_binding_subjects.is_empty() {
                assert_eq!(map.remove("setRoleBindingSubjects"), Some(json!("defaultOnly")));
            }
        }
        Plugin::ConfigMap(_) | Plugin::Secret(_) => {
            map.remove("env");
        }
        Plugin::ValueAdd(_) => {
            map.remove("targetFilePath");
        }
        Plugin::Helm(globals, chart) => {
            map.remove("configHome");
            if globals.chart_home.is_empty() {
                map.remove("chartHome");
            }
            if chart.values_file.is_empty() {
                map.remove("valuesFile");
            }
            if chart.values_merge.is_empty() {
                map.remove("valuesMerge");
            }
        }
        _ => {}
    }
    expected
}

#[test]
fn plugins_are_configured_as_kustomize_does() {
    let mut wrong = Vec::new();
    for line in PLUGINS.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let text = case["in"].as_str().unwrap();
        let (got, expected) = with_plugin(text, &files_of(&case), |plugin, loader| {
            let shown = plugin.and_then(|plugin| {
                // A kustomization's own replacements are told of without a plugin.
                let prefix = "plugin ReplacementTransformer.builtin.[noGrp]/x.[noNs] fails configuration";
                let shown = shown(&plugin, loader).map_err(|failure| failure.prefixed(prefix))?;
                Ok((shown, as_read(case["out"][0].clone(), &plugin)))
            });
            match shown {
                Ok((got, expected)) if case.get("error").is_none() => (show::pruned(&got), show::pruned(&expected)),
                Ok((got, _)) => (got, case["error"].clone()),
                Err(failure) => (json!(failure.text), case["error"].clone()),
            }
        });
        let expected =
            if got.as_array().is_some_and(Vec::is_empty) && expected.is_null() { got.clone() } else { expected };
        if got != expected {
            wrong.push(format!("{text}\n  got      {got}\n  expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn told(text: &str) -> (String, Vec<String>) {
    with_plugin(text, &BTreeMap::new(), |plugin, loader| {
        let failure = plugin.unwrap_err();
        let sources = loader.reader.world().sources();
        let place = |diagnostic: &Diagnostic| {
            let label = diagnostic.primary.as_ref().unwrap();
            sources.place(Origin::new(label.span.file, label.span.start as usize))
        };
        let told = failure.diagnostics.iter().map(|d| format!("{} {}: {} {:?}", place(d), d.code, d.message, d.hints));
        (failure.text.clone(), told.collect())
    })
}

#[test]
fn programs_are_refused() {
    let text = "apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: x\n  annotations:\n    \
                config.kubernetes.io/function: |\n      container: {image: a}\n";
    let (said, told) = told(text);
    assert_eq!(said, "external plugins disabled; unable to load external plugin 'Thing'");
    insta::assert_debug_snapshot!(told, @r#"
    [
        "app/plugin.yaml:6:36 plugin-refused: `Thing` is a function [\"Terrace runs no programs: run it yourself and commit what it makes\"]",
    ]
    "#);
}

#[test]
fn a_slip_in_the_version_or_the_kind_is_told() {
    insta::assert_debug_snapshot!(told("apiVersion: v1\nkind: LabelTransformer\nmetadata: {name: x}\n").1, @r#"
    [
        "app/plugin.yaml:1:13 plugin-refused: `LabelTransformer` is a plugin outside of kustomize [\"kustomize's own `LabelTransformer` has `apiVersion: builtin`\"]",
    ]
    "#);
    insta::assert_debug_snapshot!(told("apiVersion: builtin\nkind: LabelsTransformer\nmetadata: {name: x}\n").1, @r#"
    [
        "app/plugin.yaml:2:7 invalid-kustomization: kustomize has no plugin `LabelsTransformer` [\"did you mean `LabelTransformer`?\"]",
    ]
    "#);
}

#[test]
fn what_makes_resources_is_told_from_what_changes_some() {
    let is_generator = |kind: &str| {
        let text = format!(
            "apiVersion: builtin\nkind: {kind}\nmetadata: {{name: x}}\nfieldSpecs: []\ntargets: [{{fieldPath: a}}]\n"
        );
        with_plugin(&text, &BTreeMap::new(), |plugin, _| plugin.unwrap().is_generator())
    };
    assert!(GENERATORS.into_iter().all(is_generator));
    assert!(!TRANSFORMERS.into_iter().any(is_generator));
}
