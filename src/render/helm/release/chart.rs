//! `.Chart`: what Chart.yaml says. A struct in Helm 3, a map of the struct's fields in Helm 4.

use std::collections::BTreeMap;
use std::rc::Rc;

use ecow::EcoString;

use super::structs::{Field, Json, Struct};
use crate::render::helm::Profile;
use crate::render::helm::chart::{Dependency, Maintainer, Metadata};
use crate::render::helm::gotemplate::trail::Trail;
use crate::render::helm::gotemplate::value::{ListRef, ListType, MapRef, MapType, Tracked, Value};
use crate::source::Origin;

/// `.Chart` of a chart. With `record` each field knows its line of Chart.yaml.
pub fn value(metadata: &Metadata, is_root: bool, profile: Profile, record: bool) -> Value {
    let mut fields = metadata_fields(metadata);
    if record {
        for field in &mut fields {
            let (Json::Name(key) | Json::OmitEmpty(key)) = field.json else { continue };
            let origin = metadata.document.get(key).map_or(Origin::NONE, |node| node.origin);
            field.value.trail = Trail::read(vec!["Chart".into(), field.name.into()], origin);
        }
    }
    match profile {
        Profile::Helm3 => {
            let inner = Struct { type_name: "chart.Metadata", pointer: false, fields, methods: &[] };
            let embedded = Field { name: "Metadata", json: Json::Embedded, value: object(inner).into() };
            let fields = vec![embedded, Field::new("IsRoot", "IsRoot", is_root)];
            object(Struct { type_name: "struct { chart.Metadata; IsRoot bool }", pointer: false, fields, methods: &[] })
        }
        Profile::Helm4 => {
            let mut map = as_map(fields);
            map.insert("IsRoot".into(), Value::Bool(is_root).into());
            Value::Map(MapRef::of(MapType::Any, map))
        }
    }
}

/// The fields of `chart.Metadata`, in Go's order.
fn metadata_fields(metadata: &Metadata) -> Vec<Field> {
    let text = |name, json, text: &EcoString| Field::omit_empty(name, json, text.clone());
    let maintainers = metadata.maintainers.iter().map(|m| m.as_ref().map_or(Value::Nil, maintainer));
    let dependencies = metadata.dependencies.iter().map(|d| d.as_ref().map_or(Value::Nil, dependency));
    vec![
        text("Name", "name", &metadata.name),
        text("Home", "home", &metadata.home),
        Field::omit_empty("Sources", "sources", strings(&metadata.sources)),
        text("Version", "version", &metadata.version),
        text("Description", "description", &metadata.description),
        Field::omit_empty("Keywords", "keywords", strings(&metadata.keywords)),
        Field::omit_empty("Maintainers", "maintainers", list("[]*chart.Maintainer", maintainers)),
        text("Icon", "icon", &metadata.icon),
        text("APIVersion", "apiVersion", &metadata.api_version),
        text("Condition", "condition", &metadata.condition),
        text("Tags", "tags", &metadata.tags),
        text("AppVersion", "appVersion", &metadata.app_version),
        Field::omit_empty("Deprecated", "deprecated", metadata.deprecated),
        Field::omit_empty("Annotations", "annotations", annotations(metadata.annotations.as_ref())),
        text("KubeVersion", "kubeVersion", &metadata.kube_version),
        Field::omit_empty("Dependencies", "dependencies", list("[]*chart.Dependency", dependencies)),
        text("Type", "type", &metadata.kind),
    ]
}

fn maintainer(maintainer: &Maintainer) -> Value {
    let fields = vec![
        Field::omit_empty("Name", "name", maintainer.name.clone()),
        Field::omit_empty("Email", "email", maintainer.email.clone()),
        Field::omit_empty("URL", "url", maintainer.url.clone()),
    ];
    object(Struct { type_name: "*chart.Maintainer", pointer: true, fields, methods: &[] })
}

fn dependency(dependency: &Dependency) -> Value {
    let text = |name, json, text: &EcoString| Field::omit_empty(name, json, text.clone());
    let import_values = dependency.import_values.iter().map(|node| Tracked::frozen(node, &None).value);
    let fields = vec![
        Field::new("Name", "name", dependency.name.clone()),
        text("Version", "version", &dependency.version),
        Field::new("Repository", "repository", dependency.repository.clone()),
        text("Condition", "condition", &dependency.condition),
        Field::omit_empty("Tags", "tags", strings(&dependency.tags)),
        Field::omit_empty("Enabled", "enabled", dependency.enabled),
        Field::omit_empty("ImportValues", "import-values", list("[]interface {}", import_values)),
        text("Alias", "alias", &dependency.alias),
    ];
    object(Struct { type_name: "*chart.Dependency", pointer: true, fields, methods: &[] })
}

fn strings(texts: &[EcoString]) -> Value {
    let list = if texts.is_empty() { ListRef::nil(ListType::Strings) } else { ListRef::strings(texts.iter().cloned()) };
    Value::List(list)
}

/// A list, by Go's name of its type.
fn list(go: &'static str, items: impl Iterator<Item = Value>) -> Value {
    let items: Vec<Tracked> = items.map(Tracked::from).collect();
    let go = if go == ListType::Any.name() { ListType::Any } else { ListType::Named(go) };
    Value::List(if items.is_empty() { ListRef::nil(go) } else { ListRef::of(go, items) })
}

fn annotations(annotations: Option<&BTreeMap<EcoString, EcoString>>) -> Value {
    let entry = |(key, text): (&EcoString, &EcoString)| (key.clone(), Value::Str(text.clone()).into());
    Value::Map(match annotations {
        Some(all) => MapRef::of(MapType::Strings, all.iter().map(entry).collect()),
        None => MapRef::nil(MapType::Strings),
    })
}

/// Fields as Helm 4's `structToMap` has them: by Go's names, structs as maps, no list nil.
fn as_map(fields: Vec<Field>) -> BTreeMap<EcoString, Tracked> {
    fields.into_iter().map(|field| (field.name.into(), mapped(field.value))).collect()
}

fn mapped(value: Tracked) -> Tracked {
    match &value.value {
        Value::List(items) => {
            let items = items.items().iter().map(|item| match item.as_object::<Struct>() {
                Some(inner) => {
                    let fields = inner.fields.iter().map(|f| (f.name.into(), mapped(f.value.clone()))).collect();
                    Value::Map(MapRef::of(MapType::Any, fields)).into()
                }
                None => item.clone(),
            });
            Value::List(ListRef::new(items.collect())).into()
        }
        _ => value,
    }
}

fn object(made: Struct) -> Value {
    Value::Object(Rc::new(made))
}
