//! Generators against what kustomize prints: `testdata/kustomize/generate`.

use std::cell::RefCell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::maps;
use crate::diag::{Code, Diagnostics};
use crate::provenance::Recorder;
use crate::render::helm;
use crate::render::kustomize::bases::Bases;
use crate::render::kustomize::context::Context;
use crate::render::kustomize::failure::Result;
use crate::render::kustomize::hash;
use crate::render::kustomize::loader::Loader;
use crate::render::kustomize::openapi::Schema;
use crate::render::kustomize::options::Options;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::types::{GeneratorArgs, GeneratorOptions, Pairs, Text};
use crate::render::kustomize::{Tools, build, to_yaml};
use crate::source::Origin;
use crate::world::{FilePath, MemoryTree, Reader, World};
use crate::yaml;

const CASES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/kustomize/generate/cases.jsonl"));
const CHARTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/kustomize/generate/charts.jsonl"));

/// Calls something with a context in a tree in memory.
pub(super) fn with_context<R>(
    files: Vec<(String, Vec<u8>)>,
    recorder: &Recorder,
    then: impl FnOnce(&Context) -> R,
) -> R {
    let world = World::new();
    let tree = world.mount(std::sync::Arc::new(MemoryTree::new(files)));
    let (reader, options) = (Reader::new(&world), Options::default());
    let loader = Loader::new(&reader, FilePath::new(tree, ""), &options);
    then(&Context {
        loader: &loader,
        file: &FilePath::new(tree, "kustomization.yaml"),
        schema: &Schema::default(),
        charts: &helm::Charts::new(),
        recorder,
        warnings: &RefCell::new(Diagnostics::new()),
        said: &RefCell::default(),
    })
}

fn content(file: &Json) -> Vec<u8> {
    if let Some(text) = file.as_str() {
        return text.into();
    }
    if let Some(parts) = file["repeat"].as_array() {
        let part = |part: &Json| part[0].as_str().unwrap().repeat(part[1].as_u64().unwrap() as usize);
        return parts.iter().map(part).collect::<String>().into();
    }
    STANDARD.decode(file["base64"].as_str().unwrap()).unwrap()
}

fn text(json: &Json) -> Text {
    Text::new(json.as_str().unwrap_or_default(), Origin::NONE)
}

fn texts(json: &Json) -> Vec<Text> {
    json.as_array().map(|items| items.iter().map(text).collect()).unwrap_or_default()
}

fn pairs(json: &Json) -> Pairs {
    let Some(map) = json.as_object() else { return Pairs::new() };
    let mut pairs: Pairs =
        map.iter().map(|(key, value)| (Text::new(key.as_str(), Origin::NONE), text(value))).collect();
    pairs.sort_by(|a, b| a.0.text.cmp(&b.0.text));
    pairs
}

fn options(json: &Json) -> Option<GeneratorOptions> {
    json.is_object().then(|| GeneratorOptions {
        labels: pairs(&json["labels"]),
        annotations: pairs(&json["annotations"]),
        disable_name_suffix_hash: json["disableNameSuffixHash"] == true,
        immutable: json["immutable"] == true,
    })
}

fn args(json: &Json, global: &Json) -> GeneratorArgs {
    let mut envs = texts(&json["envs"]);
    envs.extend(json["env"].as_str().map(|env| Text::new(env, Origin::NONE)));
    GeneratorArgs {
        namespace: text(&json["namespace"]),
        name: text(&json["name"]),
        behavior: text(&json["behavior"]),
        secret_type: text(&json["type"]),
        literals: texts(&json["literals"]),
        files: texts(&json["files"]),
        envs,
        options: maps::merged(options(&json["options"]).as_ref(), options(global).as_ref()),
        origin: Origin::NONE,
    }
}

fn build_maps(case: &Json, recorder: &Recorder) -> Result<String> {
    let kustomization: Json = serde_json::from_str(case["kustomization"].as_str().unwrap()).unwrap();
    let files = case["files"].as_object().cloned().unwrap_or_default();
    let files = files.iter().map(|(path, file)| (path.clone(), content(file))).collect();
    with_context(files, recorder, |ctx| {
        let mut map = ResMap::new();
        for (field, make) in [
            ("configMapGenerator", maps::config_map as fn(&GeneratorArgs, &Context) -> _),
            ("secretGenerator", maps::secret),
        ] {
            for entry in kustomization[field].as_array().into_iter().flatten() {
                map.absorb(make(&args(entry, &kustomization["generatorOptions"]), ctx)?)?;
            }
        }
        hash::add_hashes(&mut map, ctx)?;
        Ok(map.resources().iter().map(|resource| yaml::emit(resource.node())).collect::<Vec<_>>().join("---\n"))
    })
}

#[test]
fn generators_make_what_kustomize_makes() {
    let (mut count, mut wrong) = (0, Vec::new());
    for line in CASES.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        for recorder in [Recorder::off(), Recorder::recording()] {
            count += 1;
            let holds = match (build_maps(&case, &recorder), case["expected"].as_str(), case["error"].as_str()) {
                (Ok(text), Some(expected), _) if text == expected => continue,
                // What can't be written is said with the whole object before it.
                (Err(failure), _, Some(error)) if error == failure.text => continue,
                (Err(failure), _, Some(error)) if error.ends_with(&format!(": {}", failure.text)) => continue,
                (Ok(text), ..) => text,
                (Err(failure), ..) => format!("Error: {}\n", failure.text),
            };
            let cut = |text: &str| text.chars().take(2000).collect::<String>();
            wrong
                .push(cut(&format!("{}\nus: {holds}\nkustomize: {}{}", case["name"], case["expected"], case["error"])));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong[..wrong.len().min(8)].join("\n\n"));
    assert!(count > 700);
}

#[test]
fn values_know_where_they_come_from() {
    let files = vec![
        ("kustomization.yaml".to_owned(), b"literals: [a=b]\nfiles: [f]\nenvs: [e]\n".to_vec()),
        ("f".to_owned(), b"text".to_vec()),
        ("e".to_owned(), b"# x\n  k=v\nl\n".to_vec()),
    ];
    with_context(files, &Recorder::off(), |ctx| {
        let said = ctx.loader.reader.text(ctx.file).unwrap();
        let at = |text: &str, offset| Text::new(text, Origin::new(said.id, offset));
        let args = GeneratorArgs {
            name: at("m", 1),
            literals: vec![at("a=b", 11)],
            files: vec![at("f", 24)],
            envs: vec![at("e", 34)],
            origin: Origin::new(said.id, 0),
            ..GeneratorArgs::default()
        };
        let made = maps::config_map(&args, ctx).unwrap();
        let data = made.node().get("data").unwrap().as_map().unwrap();
        let place = |origin| ctx.loader.reader.world().sources().place(origin);
        let places: Vec<String> = data
            .iter()
            .map(|entry| format!("{} {} {}", entry.key, place(entry.key_origin), place(entry.value.origin)))
            .collect();
        assert_eq!(
            places,
            [
                "a kustomization.yaml:1:12 kustomization.yaml:1:12",
                "f kustomization.yaml:2:9 f:1:1",
                "k e:2:3 e:2:5",
                "l e:3:1 e:3:2",
            ]
        );
    });
}

/// Builds a whole kustomization.
fn build_whole(case: &Json, recorder: &Recorder) -> Result<String> {
    let mut files: Vec<(String, Vec<u8>)> =
        case["files"].as_object().unwrap().iter().map(|(path, file)| (path.clone(), content(file))).collect();
    files.push(("kustomization.yaml".to_owned(), case["kustomization"].as_str().unwrap().into()));
    let world = World::new();
    let dir = FilePath::new(world.mount(std::sync::Arc::new(MemoryTree::new(files))), "");
    let helm = helm::options::Options { profile: helm::Profile::Helm4, ..helm::options::Options::default() };
    let options = Options { helm: Some(std::sync::Arc::new(helm)), ..Options::default() };
    let (reader, charts, bases) = (Reader::new(&world), helm::Charts::new(), Bases::new());
    let tools = Tools { reader: &reader, recorder, charts: &charts, bases: &bases };
    build(&dir, &options, tools).resources.map(|resources| to_yaml(&resources))
}

/// Whether a failure is kustomize's, but for what isn't the same here: Helm's own words and those of its YAML reader, addresses,
/// paths outside of the tree, and how a value was written.
fn same_in_other_words(text: &str, error: &str) -> bool {
    const LEFT_OPEN: [&str; 7] = [
        "merging from generator",
        "could not parse values file into rnode: yaml: ",
        "could not merge values: wrong node kind: expected ScalarNode but got ",
        "could not merge values: wrong node kind: expected SequenceNode but got ",
        "could not merge values: wrong node kind: expected MappingNode but got ",
        "failed to write values file: ",
        "evalsymlink failure on '",
    ];
    let outside = text.contains("leaves the repository") && error.contains("no chart found");
    // A key that kustomize reads and can't write.
    let keys = text.contains("expected a string as the key") && error.contains("unsupported type: map[interface {}]");
    let helm = |text: &str| text.starts_with("Error: ") || text.starts_with("level=");
    let open = |text: &str| LEFT_OPEN.iter().find(|start| text.starts_with(**start));
    outside || keys || helm(text) && helm(error) || open(text).is_some() && open(text) == open(error)
}

#[test]
fn charts_come_out_as_through_kustomize() {
    let (mut count, mut wrong) = (0, Vec::new());
    for line in CHARTS.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        for recorder in [Recorder::off(), Recorder::recording()] {
            count += 1;
            let holds = match (build_whole(&case, &recorder), case["expected"].as_str(), case["error"].as_str()) {
                (Ok(text), Some(expected), _) if text == expected => continue,
                (Err(failure), _, Some(error)) if error == failure.text => continue,
                (Err(failure), _, Some(error)) if same_in_other_words(&failure.text, error) => continue,
                (Ok(text), ..) => text,
                (Err(failure), ..) => format!("Error: {}\n", failure.text),
            };
            wrong.push(format!("{}\nus: {holds}\nkustomize: {}{}", case["name"], case["expected"], case["error"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(count > 250);
}

#[test]
fn a_chart_that_would_be_pulled_is_looked_for_among_repositories() {
    let files = vec![
        ("app/kustomization.yaml", "helmCharts: [{name: web, version: ^1, repo: 'https://charts.example.com/'}]\n"),
        ("app/charts/other/Chart.yaml", "name: other\n"),
        ("vendor/web-1.1.0/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.1.0\n"),
        ("vendor/web-1.1.0/values.yaml", "a: 1\n"),
        (
            "vendor/web-1.1.0/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: '{{ .Values.a }}'}\n",
        ),
        ("vendor/web-2.0.0/Chart.yaml", "apiVersion: v2\nname: web\nversion: 2.0.0\n"),
    ];
    let world = World::new();
    let tree = world.mount(std::sync::Arc::new(MemoryTree::new(files)));
    let build = |repositories: Vec<(String, FilePath)>| {
        let helm = helm::options::Options { repositories: repositories.into(), ..helm::options::Options::default() };
        let options = Options { helm: Some(std::sync::Arc::new(helm)), ..Options::default() };
        let (reader, charts, bases) = (Reader::new(&world), helm::Charts::new(), Bases::new());
        let recorder = Recorder::off();
        let tools = Tools { reader: &reader, recorder: &recorder, charts: &charts, bases: &bases };
        build(&FilePath::new(tree, "app"), &options, tools).resources
    };
    let made = build(vec![("https://charts.example.com".to_owned(), FilePath::new(tree, "vendor"))]).unwrap();
    assert_eq!(to_yaml(&made), "apiVersion: v1\ndata:\n  a: \"1\"\nkind: ConfigMap\nmetadata:\n  name: web\n");
    let missing = build(Vec::new()).unwrap_err();
    let problem = missing.diagnostics.iter().next().unwrap();
    assert_eq!(problem.code, Code::CHART_MISSING);
    assert_eq!(
        problem.hints,
        [
            "keep it beside the kustomization: `helm pull web --repo https://charts.example.com --version ^1 --untar \
             --untardir charts/web-^1`",
            "or say where its repository's charts stand: an entry under `repositories` in terrace.yaml, `{url: \
             https://charts.example.com, path: …}`",
        ]
    );
    assert_eq!(
        world.sources().place(crate::source::Origin {
            file: problem.primary.as_ref().unwrap().span.file,
            at: problem.primary.as_ref().unwrap().span.start
        }),
        "app/kustomization.yaml:1:45"
    );
}
