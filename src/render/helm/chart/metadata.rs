//! Chart.yaml: what a chart says of itself.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;

use super::failure::Failure;
use crate::diag::{Code, Diagnostic};
use crate::go;
use crate::render::helm::Profile;
use crate::semver::Version;
use crate::source::Origin;
use crate::yaml::{Map, Node, Value};

/// Chart.yaml, with what an old chart's requirements.yaml adds. The fields are Helm's, in the order in which it declares
/// (and JSON shows) them: templates see them as `.Chart`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// `name`.
    pub name: EcoString,
    /// `home`.
    pub home: EcoString,
    /// `sources`.
    pub sources: Vec<EcoString>,
    /// `version`, as it is written.
    pub version: EcoString,
    /// `description`.
    pub description: EcoString,
    /// `keywords`.
    pub keywords: Vec<EcoString>,
    /// `maintainers`; none for an explicit null, which validation refuses.
    pub maintainers: Vec<Option<Maintainer>>,
    /// `icon`.
    pub icon: EcoString,
    /// `apiVersion`; `v1` where Chart.yaml has none.
    pub api_version: EcoString,
    /// `condition`.
    pub condition: EcoString,
    /// `tags`.
    pub tags: EcoString,
    /// `appVersion`.
    pub app_version: EcoString,
    /// `deprecated`.
    pub deprecated: bool,
    /// `annotations`; none if there are none at all, which Helm 4's `.Chart` shows as null.
    pub annotations: Option<BTreeMap<EcoString, EcoString>>,
    /// `kubeVersion`.
    pub kube_version: EcoString,
    /// `dependencies`; none for an explicit null, which validation refuses.
    pub dependencies: Vec<Option<Dependency>>,
    /// `type`.
    pub kind: EcoString,
    /// Chart.yaml as it was read, for places.
    pub document: Node,
}

/// Who looks after a chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Maintainer {
    /// `name`.
    pub name: EcoString,
    /// `email`.
    pub email: EcoString,
    /// `url`.
    pub url: EcoString,
}

/// A chart that another one depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependency {
    /// `name`; in an instance's metadata the alias, where there is one.
    pub name: EcoString,
    /// `version`, a range.
    pub version: EcoString,
    /// `repository`.
    pub repository: EcoString,
    /// `condition`.
    pub condition: EcoString,
    /// `tags`.
    pub tags: Vec<EcoString>,
    /// `enabled`: false in the file, whatever it says counts for nothing; in an instance's metadata true.
    pub enabled: bool,
    /// `import-values`: strings and `{child, parent}`. In an instance's metadata all are `{child, parent}` (in Go a
    /// `map[string]string`).
    pub import_values: Vec<Node>,
    /// `alias`.
    pub alias: EcoString,
    /// Where it stands.
    pub origin: Origin,
}

impl Default for Dependency {
    fn default() -> Self {
        let (name, version, repository, condition, tags, enabled, import_values, alias) = Default::default();
        let origin = Origin::NONE;
        Self { name, version, repository, condition, tags, enabled, import_values, alias, origin }
    }
}

impl Metadata {
    /// Where a field of Chart.yaml stands: its value, or the start of the file.
    pub fn place(&self, field: &str) -> Origin {
        self.document.get(field).map_or(self.document.origin, |node| node.origin)
    }

    /// The dependencies that are there; validation has refused the others.
    pub fn dependencies(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().flatten()
    }

    /// Whether it is a library chart, whose templates without `_` are not rendered.
    pub fn is_library(&self) -> bool {
        self.kind.eq_ignore_ascii_case("library")
    }

    /// Whether Helm 4 reads it as a chart of the third `apiVersion`, which it doesn't render yet.
    pub(super) fn is_third(&self, profile: Profile) -> bool {
        profile == Profile::Helm4 && self.api_version == "v3"
    }

    /// The failure for an `apiVersion` that Helm doesn't take.
    pub(super) fn refused(&self, helm: &str) -> Failure {
        let message = format!("a chart's apiVersion is `v1` or `v2`, found `{}`", self.api_version);
        let diagnostic = Diagnostic::error(Code::INVALID_CHART, message).at(self.place("apiVersion"), "");
        Failure::new(helm, diagnostic)
    }

    /// Cleans the texts as Helm does (all white space becomes spaces, what can't be printed goes), and checks what Helm
    /// checks.
    ///
    /// # Errors
    /// The first thing that Helm refuses: a field and its error.
    pub(super) fn validate(&mut self) -> Result<(), (&'static str, String)> {
        for text in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ] {
            clean(text);
        }
        self.sources.iter_mut().chain(&mut self.keywords).for_each(clean);
        let fail = |field, text: String| Err((field, format!("validation: {text}")));
        let name = go::quote(&self.name);
        if self.api_version.is_empty() {
            return fail("apiVersion", "chart.metadata.apiVersion is required".to_owned());
        }
        if self.name.is_empty() {
            return fail("name", "chart.metadata.name is required".to_owned());
        }
        if matches!(self.name.as_str(), "." | "..") {
            return fail("name", format!("chart.metadata.name {name} is not allowed"));
        }
        if self.name.contains('/') {
            return fail("name", format!("chart.metadata.name {name} is invalid"));
        }
        if self.version.is_empty() {
            return fail("version", "chart.metadata.version is required".to_owned());
        }
        if Version::new(&self.version).is_err() {
            return fail("version", format!("chart.metadata.version {} is invalid", go::quote(&self.version)));
        }
        if !matches!(self.kind.as_str(), "" | "application" | "library") {
            return fail("type", "chart.metadata.type must be application or library".to_owned());
        }
        for maintainer in &mut self.maintainers {
            let Some(maintainer) = maintainer else {
                return fail("maintainers", "maintainers must not contain empty or null nodes".to_owned());
            };
            [&mut maintainer.name, &mut maintainer.email, &mut maintainer.url].into_iter().for_each(clean);
        }
        let mut known = BTreeSet::new();
        for dependency in &mut self.dependencies {
            let Some(d) = dependency else {
                return fail("dependencies", "dependencies must not contain empty or null nodes".to_owned());
            };
            let texts = [&mut d.name, &mut d.version, &mut d.repository, &mut d.condition];
            texts.into_iter().chain(&mut d.tags).for_each(clean);
            let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
            if !d.alias.bytes().all(legal) {
                let name = go::quote(&d.name);
                return fail("dependencies", format!("dependency {name} has disallowed characters in the alias"));
            }
            let key = if d.alias.is_empty() { &d.name } else { &d.alias };
            if !known.insert(key.clone()) {
                let text = format!("more than one dependency with name or alias {}", go::quote(key));
                return fail("dependencies", text);
            }
        }
        Ok(())
    }

    /// The metadata as JSON has it, which is what `toYaml .Chart` and its kin write in Helm 3: Helm's JSON names, what is
    /// empty left out.
    pub fn to_json_node(&self) -> Node {
        let mut map = Fields::default();
        map.text("name", &self.name);
        map.text("home", &self.home);
        map.texts("sources", &self.sources);
        map.text("version", &self.version);
        map.text("description", &self.description);
        map.texts("keywords", &self.keywords);
        map.list("maintainers", self.maintainers.iter().flatten().map(Maintainer::to_json_node).collect());
        map.text("icon", &self.icon);
        map.text("apiVersion", &self.api_version);
        map.text("condition", &self.condition);
        map.text("tags", &self.tags);
        map.text("appVersion", &self.app_version);
        map.flag("deprecated", self.deprecated);
        let annotations = self.annotations.iter().flatten();
        let annotations: Map = annotations.map(|(k, v)| entry(k, Node::made(v.clone()))).collect();
        if !annotations.is_empty() {
            map.set("annotations", Node::made(annotations));
        }
        map.text("kubeVersion", &self.kube_version);
        map.list("dependencies", self.dependencies().map(Dependency::to_json_node).collect());
        map.text("type", &self.kind);
        Node::made(map.0)
    }

    /// The metadata as Helm 4's templates have it: a map of Go's field names, what is empty included.
    pub fn to_go_node(&self) -> Node {
        let mut map = Fields::default();
        let text = |t: &EcoString| Node::made(t.clone());
        let texts = |t: &[EcoString]| Node::made(t.iter().map(text).collect::<Vec<_>>());
        map.set("Name", text(&self.name));
        map.set("Home", text(&self.home));
        map.set("Sources", texts(&self.sources));
        map.set("Version", text(&self.version));
        map.set("Description", text(&self.description));
        map.set("Keywords", texts(&self.keywords));
        let maintainers = self.maintainers.iter().flatten().map(Maintainer::to_go_node);
        map.set("Maintainers", Node::made(maintainers.collect::<Vec<_>>()));
        map.set("Icon", text(&self.icon));
        map.set("APIVersion", text(&self.api_version));
        map.set("Condition", text(&self.condition));
        map.set("Tags", text(&self.tags));
        map.set("AppVersion", text(&self.app_version));
        map.set("Deprecated", Node::made(self.deprecated));
        map.set(
            "Annotations",
            match &self.annotations {
                Some(all) => Node::made(all.iter().map(|(k, v)| entry(k, text(v))).collect::<Map>()),
                None => Node::default(),
            },
        );
        map.set("KubeVersion", text(&self.kube_version));
        map.set("Dependencies", Node::made(self.dependencies().map(Dependency::to_go_node).collect::<Vec<_>>()));
        map.set("Type", text(&self.kind));
        Node::made(map.0)
    }
}

impl Maintainer {
    fn to_json_node(&self) -> Node {
        let mut map = Fields::default();
        map.text("name", &self.name);
        map.text("email", &self.email);
        map.text("url", &self.url);
        Node::made(map.0)
    }

    fn to_go_node(&self) -> Node {
        let mut map = Fields::default();
        map.set("Name", Node::made(self.name.clone()));
        map.set("Email", Node::made(self.email.clone()));
        map.set("URL", Node::made(self.url.clone()));
        Node::made(map.0)
    }
}

impl Dependency {
    /// The dependency as JSON has it.
    pub fn to_json_node(&self) -> Node {
        let mut map = Fields::default();
        map.set("name", Node::made(self.name.clone()));
        map.text("version", &self.version);
        map.set("repository", Node::made(self.repository.clone()));
        map.text("condition", &self.condition);
        map.texts("tags", &self.tags);
        map.flag("enabled", self.enabled);
        map.list("import-values", self.import_values.clone());
        map.text("alias", &self.alias);
        Node::made(map.0)
    }

    fn to_go_node(&self) -> Node {
        let mut map = Fields::default();
        map.set("Name", Node::made(self.name.clone()));
        map.set("Version", Node::made(self.version.clone()));
        map.set("Repository", Node::made(self.repository.clone()));
        map.set("Condition", Node::made(self.condition.clone()));
        map.set("Tags", Node::made(self.tags.iter().map(|t| Node::made(t.clone())).collect::<Vec<_>>()));
        map.set("Enabled", Node::made(self.enabled));
        map.set("ImportValues", Node::made(self.import_values.clone()));
        map.set("Alias", Node::made(self.alias.clone()));
        Node::made(map.0)
    }
}

/// A map that is being filled, in the way of `omitempty`.
#[derive(Default)]
struct Fields(Map);

impl Fields {
    fn set(&mut self, key: &str, value: Node) {
        self.0.insert(key, Origin::NONE, value);
    }

    fn text(&mut self, key: &str, text: &EcoString) {
        if !text.is_empty() {
            self.set(key, Node::made(text.clone()));
        }
    }

    fn texts(&mut self, key: &str, texts: &[EcoString]) {
        self.list(key, texts.iter().map(|t| Node::made(t.clone())).collect());
    }

    fn list(&mut self, key: &str, list: Vec<Node>) {
        if !list.is_empty() {
            self.set(key, Node::made(list));
        }
    }

    fn flag(&mut self, key: &str, flag: bool) {
        if flag {
            self.set(key, Node::made(Value::Bool(true)));
        }
    }
}

fn entry(key: &EcoString, value: Node) -> crate::yaml::Entry {
    crate::yaml::Entry { key: key.clone(), key_origin: Origin::NONE, value }
}

/// Helm's `sanitizeString`.
fn clean(text: &mut EcoString) {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return;
    }
    let kept = |c: char| if go::is_space(c) { Some(' ') } else { go::is_print(c).then_some(c) };
    *text = text.chars().filter_map(kept).collect();
}
