//! The promise of provenance, on a whole layered fleet: change one value in a values file, and every field that changed
//! had named it, before or after.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};
use terrace::pipeline::{Compiler, Opening, Options};

const FLEET: &str = "apiVersion: terrace.dev/v1alpha1
kind: Fleet
metadata: {name: t}
spec:
  values: [values/low.yaml, 'values/{{ cluster.name }}.yaml']
  layers:
    - {name: base, path: base}
    - {name: teams, path: 'teams/*', namespace: '{{ values.prefix }}-{{ path.basename }}', tenant: true}
";

const FILES: &[(&str, &str)] = &[
    ("terrace.yaml", FLEET),
    ("clusters/dev.yaml", "apiVersion: terrace.dev/v1alpha1\nkind: Cluster\nmetadata: {name: dev}\n"),
    ("clusters/prod.yaml", "apiVersion: terrace.dev/v1alpha1\nkind: Cluster\nmetadata: {name: prod}\n"),
    (
        "base/resources/copy.yaml.j2",
        "apiVersion: v1
kind: ConfigMap
metadata: {name: copy, namespace: x}
data:
  image: {{ values.image.name }}:{{ values.image.tag }}
  replicas: \"{{ values.replicas }}\"
  shout: {{ values.word | upper }}
  maybe: {{ values.maybe | default('nothing') }}
  tree: '{{ values.tree | tojson }}'
  {% if values.debug -%}
  level: debug
  {% else -%}
  level: info
  {% endif -%}
  fixed: same
  {% for host in values.hosts -%}
  host-{{ loop.index }}: {{ host.name }}-{{ host.port }}
  {% endfor -%}
  {% for key, value in values.labels | dictsort -%}
  label-{{ key }}: {{ value }}
  {% endfor -%}
  {% set joined = values.word ~ '-' ~ values.replicas -%}
  joined: {{ joined }}
  chosen: {{ 'many' if values.replicas > 2 else 'few' }}
",
    ),
    ("base/resources/part.yaml.j2", "{% include '_part' %}\n"),
    (
        "base/resources/_part",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: part, namespace: x}\ndata: {word: {{ values.word }}}\n",
    ),
    (
        "base/resources/web/app.yaml",
        "apiVersion: terrace.dev/v1alpha1\nkind: App\nmetadata: {name: 'web-{{ values.word }}'}\nspec: {namespace: '{{ values.prefix }}-web', \
         wave: '{{ values.replicas }}', releaseName: 'r-{{ values.image.tag }}'}\n",
    ),
    (
        "base/resources/web/c.yaml.j2",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata:\n  app: {{ app.name }}\n  in: {{ app.namespace }}\n  wave: \"{{ app.wave }}\"\n  \
         release: {{ app.releaseName }}\n",
    ),
    (
        "base/resources/web/plain.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\ndata: {fixed: same}\n",
    ),
    ("teams/red/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: red}\n"),
    (
        "teams/red/t.yaml.j2",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: red-t}\ndata: {bound: {{ layer.namespace }}}\n",
    ),
];

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The values files, by name.
type Values = BTreeMap<&'static str, Value>;

fn values() -> Values {
    BTreeMap::from([
        (
            "low",
            json!({
                "image": {"name": "web", "tag": "v1"}, "replicas": 2, "word": "hello", "maybe": "set", "debug": false,
                "tree": {"a": {"b": 1}, "c": ["x", "y"]}, "hosts": [{"name": "a", "port": 1}, {"name": "b", "port": 2}],
                "labels": {"one": "1x", "two": "2x"}, "prefix": "acme", "unused": "nobody",
            }),
        ),
        (
            "prod",
            json!({"image": {"tag": "v2"}, "replicas": 5, "tree": {"a": {"d": 2}}, "labels": {"three": "3x", "two": null}}),
        ),
        ("dev", json!({"debug": true})),
    ])
}

/// A field of an object on a cluster: its value, and what each step of its chain says, with its place.
type Fields = BTreeMap<(String, String, String), (String, Vec<(String, String, String)>)>;

fn compile(values: &Values) -> Option<Fields> {
    let dir = tempfile::tempdir().unwrap();
    FILES.iter().for_each(|(path, text)| write(dir.path(), path, text));
    for (name, values) in values {
        write(dir.path(), &format!("values/{name}.yaml"), &serde_yaml::to_string(values).unwrap());
    }
    explain(dir.path())
}

fn explain(dir: &Path) -> Option<Fields> {
    let compiler = Compiler::new();
    let opening = Opening { current_dir: dir.canonicalize().unwrap(), ..Opening::default() };
    let compiled = compiler.compile(&opening, Options::default()).ok().filter(|c| !c.fatal && !c.has_held())?;
    let mut fields = Fields::new();
    for result in compiled.apps.values() {
        let cluster = compiled.fleet.clusters[result.cluster.unwrap()].name.to_string();
        for object in &result.objects {
            // Without its namespace: that is one of the fields that change.
            let name = format!("{}/{}", object.id.kind, object.id.name);
            let explained = compiler.explain(&compiled, &cluster, &name, None).unwrap();
            for field in explained.fields {
                let chain = field.chain.into_iter().map(|link| (link.what, link.place, link.line)).collect();
                fields.insert((cluster.clone(), name.clone(), field.path), (field.value, chain));
            }
        }
    }
    Some(fields)
}

/// Whether a chain names a value: by its path, or one above or below it.
fn names(chain: &[(String, String, String)], path: &[String]) -> bool {
    let wanted = format!("values.{}", path.join("."));
    let related = |said: &str| {
        let said = said.replace('[', ".").replace([']', '"'], "");
        let under = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'));
        under(&wanted, &said) || under(&said, &wanted)
    };
    chain.iter().any(|(what, _, _)| what.split('`').nth(1).is_some_and(related))
}

/// Every way to change one value: another scalar, gone, a longer or shorter list, one more key.
fn changes(node: &Value, path: &mut Vec<String>, out: &mut Vec<(Vec<String>, Option<Value>)>) {
    let mut to = |value: Option<Value>| out.push((path.clone(), value));
    match node {
        Value::Object(map) => {
            if !path.is_empty() {
                let mut more = map.clone();
                more.insert("fresh".to_owned(), json!("new"));
                to(Some(Value::Object(more)));
                to(None);
            }
            for (key, value) in map {
                path.push(key.clone());
                changes(value, path, out);
                path.pop();
            }
        }
        Value::Array(items) => {
            to(Some(Value::Array(items.iter().chain(items.first()).cloned().collect())));
            to(Some(json!([])));
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                changes(item, path, out);
                path.pop();
            }
        }
        Value::Bool(flag) => to(Some(json!(!flag))),
        Value::Number(number) => {
            to(Some(json!(number.as_i64().unwrap() + 1)));
            to(None);
        }
        Value::String(text) => {
            to(Some(json!(format!("{text}x"))));
            to(None);
        }
        Value::Null => to(None),
    }
}

fn set(node: &mut Value, path: &[String], value: Option<Value>) {
    let (last, above) = path.split_last().unwrap();
    let mut here = node;
    for key in above {
        here = match here {
            Value::Array(items) => &mut items[key.parse::<usize>().unwrap()],
            Value::Object(map) => map.entry(key.clone()).or_insert_with(|| Value::Object(Map::new())),
            _ => return,
        };
    }
    match (here, value) {
        (Value::Object(map), Some(value)) => {
            map.insert(last.clone(), value);
        }
        (Value::Object(map), None) => {
            map.remove(last);
        }
        (Value::Array(items), value) => {
            let index: usize = last.parse().unwrap();
            match value {
                Some(value) => items[index] = value,
                None => {
                    items.remove(index);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn what_changes_a_field_was_named_by_it() {
    let base = values();
    let before = compile(&base).unwrap();
    assert!(before.len() > 50);
    let mut all: Vec<(&str, Vec<String>, Option<Value>)> = Vec::new();
    for (file, node) in &base {
        let mut found = Vec::new();
        changes(node, &mut Vec::new(), &mut found);
        // What the lower file says, said again by a cluster's own.
        let low = if *file == "prod" { Some(&base["low"]) } else { None };
        if let Some(low) = low {
            changes(low, &mut Vec::new(), &mut found);
        }
        all.extend(found.into_iter().map(|(path, value)| (*file, path, value)));
    }
    let (mut compiled, mut changed, mut wrong) = (0, 0, Vec::new());
    for (file, path, value) in all {
        // A list is said as a whole.
        if file == "prod" && path.iter().any(|key| key.parse::<usize>().is_ok()) {
            continue;
        }
        let mut values = base.clone();
        set(values.get_mut(file).unwrap(), &path, value.clone());
        let Some(after) = compile(&values) else { continue };
        compiled += 1;
        let keys: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
        for key in keys {
            let (old, new) = (before.get(key), after.get(key));
            if old.map(|f| &f.0) == new.map(|f| &f.0) {
                continue;
            }
            changed += 1;
            let named = |field: Option<&(String, Vec<_>)>| field.is_some_and(|f| names(&f.1, &path));
            if !named(old) && !named(new) {
                wrong.push(format!(
                    "{file} {} = {value:?} changes {key:?}:\n  before {old:?}\n  after {new:?}",
                    path.join(".")
                ));
            }
        }
    }
    assert!(compiled > 60 && changed > 150, "{compiled} compiled, {changed} fields changed");
    assert!(wrong.is_empty(), "{} of {changed}:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
}
