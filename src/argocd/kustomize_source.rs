//! `source.kustomize` (`ApplicationSourceKustomize`): how an Application changes a kustomization before it is built.

use super::fields::FieldReader;
use crate::diag::{Code, Diagnostic};
use crate::source::Origin;
use crate::yaml::{Node, Value};

/// A text, and where it stands.
pub type Text = (String, Origin);

/// `source.kustomize`. What is empty in the manifest is absent here.
#[derive(Clone, Debug, Default)]
pub struct Kustomize {
    /// `namePrefix`.
    pub name_prefix: Option<Text>,
    /// `nameSuffix`.
    pub name_suffix: Option<Text>,
    /// `images`: `[old=]new[:tag][@digest]`.
    pub images: Vec<Text>,
    /// `replicas`.
    pub replicas: Vec<Replicas>,
    /// `commonLabels`, in the order of their names.
    pub common_labels: Vec<Pair>,
    /// Whether they may replace some that the kustomization has.
    pub force_common_labels: bool,
    /// Whether selectors don't get them.
    pub label_without_selector: bool,
    /// Whether templates get them where selectors don't.
    pub label_include_templates: bool,
    /// `commonAnnotations`, in the order of their names.
    pub common_annotations: Vec<Pair>,
    /// Whether they may replace some that the kustomization has.
    pub force_common_annotations: bool,
    /// Whether variables in their values are replaced.
    pub common_annotations_envsubst: bool,
    /// `namespace`: what all objects are put into.
    pub namespace: Option<Text>,
    /// `patches`.
    pub patches: Vec<Patch>,
    /// `components`.
    pub components: Vec<Text>,
    /// Whether components that aren't there are left out.
    pub ignore_missing_components: bool,
    /// `version`: the name under which Argo CD's settings know a binary.
    pub version: Option<Text>,
    /// `kubeVersion`, for charts; the cluster's by default.
    pub kube_version: Option<Text>,
    /// `apiVersions`, for charts; the cluster's if there are none.
    pub api_versions: Vec<String>,
}

/// A label or an annotation.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Its name.
    pub name: Text,
    /// Its value, as it is written.
    pub value: Text,
}

/// One of `replicas`.
#[derive(Clone, Debug)]
pub struct Replicas {
    /// Whose.
    pub name: Text,
    /// How many.
    pub count: (i64, Origin),
    /// The whole entry.
    pub origin: Origin,
}

/// One of `patches`.
#[derive(Clone, Debug)]
pub struct Patch {
    /// The file that holds it, relative to the kustomization.
    pub path: Option<Text>,
    /// Itself.
    pub patch: Option<Text>,
    /// What it applies to.
    pub target: Option<Target>,
    /// `options.allowNameChange`.
    pub allow_name_change: bool,
    /// `options.allowKindChange`.
    pub allow_kind_change: bool,
    /// The whole entry.
    pub origin: Origin,
}

/// What a patch applies to.
#[derive(Clone, Debug)]
pub struct Target {
    /// `group`.
    pub group: Option<Text>,
    /// `version`.
    pub version: Option<Text>,
    /// `kind`.
    pub kind: Option<Text>,
    /// `name`.
    pub name: Option<Text>,
    /// `namespace`.
    pub namespace: Option<Text>,
    /// `annotationSelector`.
    pub annotation_selector: Option<Text>,
    /// `labelSelector`.
    pub label_selector: Option<Text>,
    /// The whole target.
    pub origin: Origin,
}

/// All fields of `source.kustomize`.
const FIELDS: [&str; 18] = [
    "apiVersions",
    "commonAnnotations",
    "commonAnnotationsEnvsubst",
    "commonLabels",
    "components",
    "forceCommonAnnotations",
    "forceCommonLabels",
    "ignoreMissingComponents",
    "images",
    "kubeVersion",
    "labelIncludeTemplates",
    "labelWithoutSelector",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "patches",
    "replicas",
    "version",
];

impl FieldReader {
    /// Reads `source.kustomize`; none after an error. All mistakes are told.
    pub(super) fn kustomize(&mut self, node: &Node) -> Option<Kustomize> {
        if node.as_map().is_none() {
            let message = format!("`kustomize` is {}, expected a mapping", node.value.kind());
            self.refuse(message, node.origin, "not a mapping");
            return None;
        }
        self.dropped(node, "`kustomize`", &FIELDS);
        let (name_prefix, name_suffix) = (self.text(node, &["namePrefix"]), self.text(node, &["nameSuffix"]));
        let images = self.images(node);
        let replicas = self.replicas(node);
        let common_labels = self.pairs(node, "commonLabels");
        let force_common_labels = self.flag(node, "forceCommonLabels");
        let label_without_selector = self.flag(node, "labelWithoutSelector");
        let label_include_templates = self.flag(node, "labelIncludeTemplates");
        let common_annotations = self.pairs(node, "commonAnnotations");
        let force_common_annotations = self.flag(node, "forceCommonAnnotations");
        let common_annotations_envsubst = self.flag(node, "commonAnnotationsEnvsubst");
        let namespace = self.text(node, &["namespace"]);
        let patches = self.patches(node);
        let components = self.texts(node, "components");
        let ignore_missing_components = self.flag(node, "ignoreMissingComponents");
        let (version, kube_version) = (self.text(node, &["version"]), self.text(node, &["kubeVersion"]));
        let api_versions = self.texts(node, "apiVersions");
        let kustomize = Kustomize {
            name_prefix: name_prefix?,
            name_suffix: name_suffix?,
            images: images?,
            replicas: replicas?,
            common_labels: common_labels?,
            force_common_labels: force_common_labels?,
            label_without_selector: label_without_selector?,
            label_include_templates: label_include_templates?,
            common_annotations: common_annotations?,
            force_common_annotations: force_common_annotations?,
            common_annotations_envsubst: common_annotations_envsubst?,
            namespace: namespace?,
            patches: patches?,
            components: components?,
            ignore_missing_components: ignore_missing_components?,
            version: version?,
            kube_version: kube_version?,
            api_versions: api_versions?.into_iter().map(|(text, _)| text).collect(),
        };
        // `kustomize edit add label` refuses the one without the other, and isn't run where there are no labels.
        if kustomize.label_include_templates && !kustomize.label_without_selector && !kustomize.common_labels.is_empty()
        {
            let at = node.get("labelIncludeTemplates").map_or(node.origin, |flag| flag.origin);
            self.diagnostics.push(
                Diagnostic::error(
                    Code::INVALID_APPLICATION,
                    "`labelIncludeTemplates` has a meaning only with `labelWithoutSelector`: kustomize refuses it alone",
                )
                .at(at, "without the other")
                .hint("add `labelWithoutSelector: true`; labels that selectors get reach the templates, too"),
            );
            return None;
        }
        Some(kustomize)
    }

    fn images(&mut self, node: &Node) -> Option<Vec<Text>> {
        let mut images = Some(Vec::new());
        for item in self.list(node, "images")? {
            match &item.value {
                Value::Str(text) => images.iter_mut().for_each(|all| all.push((text.to_string(), item.origin))),
                other => {
                    let message = format!("one of `images` is {}, expected a string", other.kind());
                    let mut diagnostic =
                        Diagnostic::error(Code::INVALID_APPLICATION, message).at(item.origin, "not a string");
                    if let Some(written) = short_image(item) {
                        diagnostic = diagnostic.hint(format!("an Application writes it in short: `{written}`"));
                    }
                    self.diagnostics.push(diagnostic);
                    images = None;
                }
            }
        }
        images
    }

    fn replicas(&mut self, node: &Node) -> Option<Vec<Replicas>> {
        let mut replicas = Vec::new();
        self.each(node, "replicas", |reader, item| {
            let name = reader.text(item, &["name"]);
            if name == Some(None) {
                reader.refuse("one of `replicas` has no `name`".to_owned(), item.origin, "whose replicas?");
            }
            let count = reader.count(item);
            replicas.push(Replicas { name: name??, count: count?, origin: item.origin });
            Some(())
        })?;
        Some(replicas)
    }

    /// `count`: an integer of 32 bits, or a string with one.
    fn count(&mut self, item: &Node) -> Option<(i64, Origin)> {
        let Some(found) = item.get("count").filter(|count| !count.is_null()) else {
            self.refuse("one of `replicas` has no `count`".to_owned(), item.origin, "how many?");
            return None;
        };
        let count = match &found.value {
            Value::Int(count) => i32::try_from(*count).ok().map(i64::from),
            Value::Str(text) => text.parse::<i64>().ok(),
            _ => None,
        };
        if count.is_none() {
            let shown = crate::yaml::to_json(found);
            self.refuse(format!("`count` is `{shown}`, expected an integer"), found.origin, "not a count");
        }
        Some((count?, found.origin))
    }

    /// A mapping of strings, in the order of its keys.
    fn pairs(&mut self, node: &Node, key: &str) -> Option<Vec<Pair>> {
        let map = match node.get(key) {
            None => return Some(Vec::new()),
            Some(found) => match &found.value {
                Value::Null => return Some(Vec::new()),
                Value::Map(map) => map,
                other => {
                    let message = format!("`{key}` is {}, expected a mapping", other.kind());
                    self.refuse(message, found.origin, "not a mapping");
                    return None;
                }
            },
        };
        let mut pairs = Some(Vec::new());
        for entry in map.iter() {
            match entry.value.as_str() {
                Some(value) => {
                    let name = (entry.key.to_string(), entry.key_origin);
                    let value = (value.to_owned(), entry.value.origin);
                    pairs.iter_mut().for_each(|all| all.push(Pair { name: name.clone(), value: value.clone() }));
                }
                None => {
                    let message =
                        format!("`{}` of `{key}` is {}, expected a string", entry.key, entry.value.value.kind());
                    self.diagnostics.push(
                        Diagnostic::error(Code::INVALID_APPLICATION, message)
                            .at(entry.value.origin, "not a string")
                            .hint("put it in quotes"),
                    );
                    pairs = None;
                }
            }
        }
        if let Some(pairs) = &mut pairs {
            pairs.sort_by(|a: &Pair, b: &Pair| a.name.0.cmp(&b.name.0));
        }
        pairs
    }

    fn patches(&mut self, node: &Node) -> Option<Vec<Patch>> {
        let mut patches = Vec::new();
        self.each(node, "patches", |reader, item| {
            reader.dropped(item, "a patch", &["options", "patch", "path", "target"]);
            let path = reader.text(item, &["path"]);
            let patch = reader.text(item, &["patch"]);
            let target = match item.get("target").filter(|target| !target.is_null()) {
                None => Some(None),
                Some(target) => reader.target(target).map(Some),
            };
            let [allow_name_change, allow_kind_change] = reader.options(item)?;
            patches.push(Patch {
                path: path?,
                patch: patch?,
                target: target?,
                allow_name_change,
                allow_kind_change,
                origin: item.origin,
            });
            Some(())
        })?;
        Some(patches)
    }

    fn target(&mut self, node: &Node) -> Option<Target> {
        if node.as_map().is_none() {
            let message = format!("`target` is {}, expected a mapping", node.value.kind());
            self.refuse(message, node.origin, "not a mapping");
            return None;
        }
        const KEYS: [&str; 7] =
            ["annotationSelector", "group", "kind", "labelSelector", "name", "namespace", "version"];
        self.dropped(node, "a target", &KEYS);
        let [annotation_selector, group, kind, label_selector, name, namespace, version] =
            KEYS.map(|key| self.text(node, &[key]));
        Some(Target {
            group: group?,
            version: version?,
            kind: kind?,
            name: name?,
            namespace: namespace?,
            annotation_selector: annotation_selector?,
            label_selector: label_selector?,
            origin: node.origin,
        })
    }

    /// `allowNameChange` and `allowKindChange` of `options`.
    fn options(&mut self, item: &Node) -> Option<[bool; 2]> {
        const KEYS: [&str; 2] = ["allowNameChange", "allowKindChange"];
        let Some(options) = item.get("options").filter(|options| !options.is_null()) else {
            return Some([false; 2]);
        };
        let Some(map) = options.as_map() else {
            let message = format!("`options` is {}, expected a mapping", options.value.kind());
            self.refuse(message, options.origin, "not a mapping");
            return None;
        };
        let mut whole = Some(());
        for entry in map.iter().filter(|entry| !KEYS.contains(&entry.key.as_str())) {
            // Argo CD takes any, and then kustomize refuses it.
            let message = format!("patches have no option `{}`", entry.key);
            self.diagnostics.push(
                Diagnostic::error(Code::INVALID_APPLICATION, message)
                    .at(entry.key_origin, "kustomize knows none of that name")
                    .did_you_mean(&entry.key, KEYS),
            );
            whole = None;
        }
        let [name, kind] = KEYS.map(|key| self.flag(options, key));
        whole.and(Some([name?, kind?]))
    }
}

/// An image in a kustomization's form as an Application writes it.
fn short_image(node: &Node) -> Option<String> {
    let text = |key: &str| node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
    let name = text("name")?;
    let mut written = match text("newName") {
        Some(new) => format!("{name}={new}"),
        None => name.to_owned(),
    };
    if let Some(tag) = text("newTag") {
        written.push(':');
        written.push_str(tag);
    }
    if let Some(digest) = text("digest") {
        written.push('@');
        written.push_str(digest);
    }
    Some(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::source::FileId;
    use crate::yaml::{Dialect, parse};

    fn read(text: &str) -> (Option<Kustomize>, Vec<String>) {
        let node = parse(FileId::NONE, text, Dialect::Kubernetes).into_first();
        let mut reader = FieldReader { diagnostics: Diagnostics::new(), what: "source" };
        let kustomize = reader.kustomize(&node);
        let told = reader.diagnostics.into_iter();
        (kustomize, told.map(|d| std::iter::once(d.message).chain(d.hints).collect::<Vec<_>>().join(" | ")).collect())
    }

    #[test]
    fn every_field_is_read() {
        let text = "namePrefix: p-\nnameSuffix: ''\nimages: ['a=b:1', c@sha256:0]\n\
                    replicas: [{name: web, count: 3}, {name: db, count: '02'}]\n\
                    commonLabels: {b: '1', a: ''}\nlabelWithoutSelector: true\nlabelIncludeTemplates: true\n\
                    commonAnnotations: {x: z}\ncommonAnnotationsEnvsubst: true\nnamespace: shop\n\
                    patches:\n- {path: p.yaml, target: {kind: Deployment, labelSelector: a=b}}\n\
                    - {patch: '[]', options: {allowNameChange: true}}\ncomponents: [../c]\nversion: v5.8.1\n\
                    kubeVersion: '1.33'\napiVersions: [v1]\n";
        let (kustomize, problems) = read(text);
        assert!(problems.is_empty(), "{problems:?}");
        let kustomize = kustomize.unwrap();
        assert_eq!((kustomize.name_prefix.unwrap().0.as_str(), kustomize.name_suffix.is_none()), ("p-", true));
        assert_eq!(
            kustomize.images.iter().map(|(image, _)| image.as_str()).collect::<Vec<_>>(),
            ["a=b:1", "c@sha256:0"]
        );
        let replicas: Vec<_> = kustomize.replicas.iter().map(|r| (r.name.0.as_str(), r.count.0)).collect();
        assert_eq!(replicas, [("web", 3), ("db", 2)]);
        let labels: Vec<_> = kustomize.common_labels.iter().map(|p| (p.name.0.as_str(), p.value.0.as_str())).collect();
        assert_eq!(labels, [("a", ""), ("b", "1")]);
        assert!(kustomize.label_without_selector && kustomize.label_include_templates);
        let [first, second] = kustomize.patches.as_slice() else { panic!() };
        assert_eq!(first.target.as_ref().unwrap().label_selector.as_ref().unwrap().0, "a=b");
        assert!(second.allow_name_change && !second.allow_kind_change && first.path.is_some());
    }

    #[test]
    fn every_mistake_is_told() {
        let text = "namePrefix: 1\nimages: [{name: a, newName: b, newTag: '1'}, 2]\n\
                    replicas: [{name: a, count: many}, {count: 1.5}, {name: b}, {name: c, count: 3000000000}]\n\
                    commonLabels: {a: 1}\ncommonAnnotations: []\n\
                    patches: [{target: x}, {options: {allowNameChanges: true}}, {ops: []}, 3]\ncomponents: {}\n\
                    forceCommonLabels: 'true'\ncommonLabel: {}\n";
        let (kustomize, problems) = read(text);
        assert!(kustomize.is_none());
        let expected = [
            "`kustomize` has no field `commonLabel`: Argo CD drops it | did you mean `commonLabels`?",
            "`namePrefix` is an integer, expected a string",
            "one of `images` is a mapping, expected a string | an Application writes it in short: `a=b:1`",
            "one of `images` is an integer, expected a string",
            "`count` is `\"many\"`, expected an integer",
            "one of `replicas` has no `name`",
            "`count` is `1.5`, expected an integer",
            "one of `replicas` has no `count`",
            "`count` is `3000000000`, expected an integer",
            "`a` of `commonLabels` is an integer, expected a string | put it in quotes",
            "`forceCommonLabels` is a string, expected true or false",
            "`commonAnnotations` is a list, expected a mapping",
            "`target` is a string, expected a mapping",
            "patches have no option `allowNameChanges` | did you mean `allowNameChange`?",
            "a patch has no field `ops`: Argo CD drops it",
            "one of `patches` is an integer, expected a mapping",
            "`components` is a mapping, expected a list",
        ];
        assert_eq!(problems, expected);
    }

    #[test]
    fn templates_get_labels_only_where_selectors_do_not() {
        let alone = "`labelIncludeTemplates` has a meaning only with `labelWithoutSelector`";
        assert!(read("labelIncludeTemplates: true\ncommonLabels: {a: b}\n").1.iter().any(|m| m.starts_with(alone)));
        assert!(read("labelIncludeTemplates: true\n").0.is_some());
    }
}
