//! `helm template`: a prepared chart to the files that its templates make.

use std::collections::BTreeMap;
use std::rc::Rc;

use ecow::EcoString;

use super::Profile;
use super::chart::{Instance, Prepared};
use super::gotemplate::call::Fault;
use super::gotemplate::exec::{Effects, Exec, Limits, MissingKey, Setup, without_no_value};
use super::gotemplate::trail::Trail;
use super::gotemplate::value::{MapRef, MapType, Tracked, Value};
use super::program::{Program, table, walk};
use super::release::{self, Capabilities, Files, RenderedFile};
use crate::provenance::{ReadSet, Segment, ValueRead, ValuesPath};
use crate::source::Origin;
use crate::yaml::{Map, Node};

/// What a release is called, and what it is installed on.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Whether it is an upgrade.
    pub is_upgrade: bool,
    /// What the cluster can do.
    pub capabilities: Capabilities,
    /// Where it is declared.
    pub origin: Origin,
}

/// What the templates made.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The files, in the order of rendering.
    pub files: Vec<RenderedFile>,
    /// For each of them, while recording: which bytes come from where.
    pub segments: Vec<Vec<Segment>>,
}

/// A template that failed.
#[derive(Debug)]
pub struct Failed {
    /// The file that was rendered.
    pub path: EcoString,
    /// Why.
    pub fault: Fault,
}

/// Renders all files of a chart and of those below it (pkg/engine: `Engine.render`). They share their values: what one
/// sets, those after it see. `made` is shown each file as soon as it is there.
///
/// # Errors
/// The first template that fails.
#[expect(clippy::too_many_arguments, reason = "what is rendered, how, and within which limits")]
pub fn render(
    program: &Program,
    prepared: &Prepared,
    release: &Release,
    profile: Profile,
    effects: &mut dyn Effects,
    limits: Limits,
    record: bool,
    made: &mut dyn FnMut(&RenderedFile),
) -> Result<Rendered, Box<Failed>> {
    let mut exec = Exec::new(Setup {
        functions: table(profile),
        templates: &program.templates,
        set_name: "gotpl",
        missing_key: MissingKey::Zero,
        effects,
        limits,
        record,
    });
    let scopes = Scopes::new(prepared, release, profile, record).scopes;
    let mut rendered = Rendered::default();
    for (path, number) in &program.files {
        let Some(Scope { dot: scope, base_path, on }) = scopes.get(*number) else { continue };
        exec.under(on);
        let template = MapRef::of(
            values_type(profile),
            BTreeMap::from([
                ("Name".into(), Value::Str(path.clone()).into()),
                ("BasePath".into(), Value::Str(base_path.clone()).into()),
            ]),
        );
        scope.set("Template", Value::from(template).into());
        let result = exec.execute(path, &Value::from(scope.retyped(values_type(profile))).into());
        let (bytes, segments) = result.map_err(|fault| Box::new(Failed { path: path.clone(), fault }))?;
        let (bytes, segments) = without_no_value(bytes, segments);
        let file = RenderedFile { path: path.clone(), text: bytes.as_slice().into() };
        exec.reuse(bytes);
        made(&file);
        rendered.files.push(file);
        if record {
            rendered.segments.push(segments);
        }
    }
    Ok(rendered)
}

/// Helm's type of values.
fn values_type(profile: Profile) -> MapType {
    match profile {
        Profile::Helm3 => MapType::ChartutilValues,
        Profile::Helm4 => MapType::CommonValues,
    }
}

/// What the templates of a chart see.
struct Scope {
    dot: MapRef,
    /// Its `templates` directory.
    base_path: EcoString,
    /// What decided that it is there, while recording: the tags and conditions of a dependency.
    on: ReadSet,
}

/// What the templates of each chart see, in the order of [`walk`].
struct Scopes<'p> {
    profile: Profile,
    record: bool,
    /// The values of all.
    values: &'p Node,
    release: Tracked,
    capabilities: Tracked,
    scopes: Vec<Scope>,
}

impl<'p> Scopes<'p> {
    fn new(prepared: &'p Prepared, release: &Release, profile: Profile, record: bool) -> Self {
        let field = |name: &str, value: Value, declared: bool| {
            let trail = match record && declared {
                true => Trail::read(vec!["Release".into(), name.into()], release.origin),
                false => Trail::NONE,
            };
            (EcoString::from(name), Tracked { value, trail })
        };
        let fields = BTreeMap::from([
            field("Name", Value::str(&release.name), true),
            field("Namespace", Value::str(&release.namespace), true),
            field("IsUpgrade", Value::Bool(release.is_upgrade), true),
            field("IsInstall", Value::Bool(!release.is_upgrade), true),
            field("Revision", Value::int(1), false),
            field("Service", Value::str("Helm"), false),
        ]);
        let mut scopes = Self {
            profile,
            record,
            values: &prepared.values,
            release: Value::from(MapRef::of(MapType::Any, fields)).into(),
            capabilities: release.capabilities.value(profile).into(),
            scopes: Vec::new(),
        };
        let place = record.then(|| Rc::new(vec![EcoString::from("Values")]));
        let values = frozen(&prepared.values, values_type(profile), place);
        scopes.add(&prepared.root, &values, "", &ReadSet::NONE);
        debug_assert_eq!(scopes.scopes.len(), walk(&prepared.root).len(), "scopes follow the walk");
        scopes
    }

    /// The scope of a chart, and those of the charts below it.
    fn add(&mut self, instance: &Instance, values: &MapRef, path: &str, on: &ReadSet) -> MapRef {
        let files = instance.chart.files.iter().cloned();
        let charts = MapRef::new();
        let chart = release::chart::value(&instance.metadata, instance.is_root, self.profile, self.record);
        let scope = MapRef::of(
            MapType::Any,
            BTreeMap::from([
                ("Chart".into(), chart.into()),
                ("Files".into(), Files::new(self.profile, files).value().into()),
                ("Release".into(), self.release.clone()),
                ("Capabilities".into(), self.capabilities.clone()),
                ("Values".into(), tracked(values)),
                ("Subcharts".into(), Value::from(charts.clone()).into()),
            ]),
        );
        let base_path = super::clean_path(&format!("{}/templates", instance.full_path));
        self.scopes.push(Scope { dot: scope.clone(), base_path: base_path.into(), on: on.clone() });
        for dependency in &instance.dependencies {
            let own = self.values_of(values, dependency.name());
            let below = if self.record { on.and(&self.switches(instance, dependency, path)) } else { ReadSet::NONE };
            let inner = self.add(dependency, &own, &format!("{path}{}.", dependency.name()), &below);
            charts.set(dependency.name(), Value::from(inner).into());
        }
        scope
    }

    /// The values that switch a dependency on or off. `path` is where those of the chart that declares it stand.
    fn switches(&self, above: &Instance, dependency: &Instance, path: &str) -> ReadSet {
        let Some(declared) = above.metadata.dependencies().find(|d| d.name == dependency.name()) else {
            return ReadSet::NONE;
        };
        let tags = declared.tags.iter().map(|tag| format!("tags.{tag}"));
        let conditions = declared.condition.trim().split(',').filter(|part| !part.is_empty());
        let paths = tags.chain(conditions.map(|part| format!("{path}{part}")));
        let read = |path: String| {
            let mut found = Some(self.values);
            let mut all: ValuesPath = vec!["Values".into()];
            for key in path.split('.') {
                found = found.and_then(|node| node.get(key));
                all.push(key.into());
            }
            ValueRead { path: all, origin: found.map_or(Origin::NONE, |node| node.origin) }
        };
        paths.map(read).collect()
    }

    /// The values of a chart below: the table of its name in those above, the very same map. A name with dots is a path.
    fn values_of(&self, values: &MapRef, name: &str) -> MapRef {
        let mut table = values.clone();
        for key in name.split('.') {
            match table.get(key).as_deref() {
                Some(Value::Map(inner)) => table = inner.clone(),
                _ => return MapRef::of(values_type(self.profile), BTreeMap::new()),
            }
        }
        table.retyped(values_type(self.profile))
    }
}

/// The values of a chart as a whole, as read at their place while recording.
fn tracked(values: &MapRef) -> Tracked {
    let trail = match values.place() {
        Some(path) => Trail::read(path.to_vec(), Origin::NONE),
        None => Trail::NONE,
    };
    Tracked::from(Value::from(values.clone())).with(trail)
}

/// Values as templates see them. `place` is their path, while recording.
fn frozen(values: &Node, go: MapType, place: Option<Rc<Vec<EcoString>>>) -> MapRef {
    MapRef::frozen(go, values.as_map().cloned().unwrap_or_else(Map::new), place)
}
