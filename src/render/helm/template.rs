//! `helm template`: a prepared chart to the files that its templates make.

use std::collections::BTreeMap;
use std::rc::Rc;

use ecow::EcoString;

use super::Profile;
use super::chart::{Instance, Prepared};
use super::gotemplate::call::Fault;
use super::gotemplate::exec::{Effects, Exec, Limits, MissingKey, Setup, without_no_value};
use super::gotemplate::value::{MapRef, MapType, Tracked, Value};
use super::program::{Program, table, walk};
use super::release::{self, Capabilities, Files, RenderedFile};
use crate::provenance::Segment;
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
/// sets, those after it see.
///
/// # Errors
/// The first template that fails.
pub fn render(
    program: &Program,
    prepared: &Prepared,
    release: &Release,
    profile: Profile,
    effects: &mut dyn Effects,
    record: bool,
) -> Result<Rendered, Box<Failed>> {
    let mut exec = Exec::new(Setup {
        functions: table(profile),
        templates: &program.templates,
        set_name: "gotpl",
        missing_key: MissingKey::Zero,
        effects,
        limits: Limits::default(),
        record,
    });
    let scopes = Scopes::new(prepared, release, profile, record).scopes;
    let mut rendered = Rendered::default();
    for (path, number) in &program.files {
        let Some((scope, base_path)) = scopes.get(*number) else { continue };
        let template = MapRef::of(
            values_type(profile),
            BTreeMap::from([
                ("Name".into(), Value::Str(path.clone()).into()),
                ("BasePath".into(), Value::Str(base_path.clone()).into()),
            ]),
        );
        scope.set("Template", Value::from(template).into());
        let made = exec.execute(path, &Value::from(scope.retyped(values_type(profile))).into());
        let (bytes, segments) = made.map_err(|fault| Box::new(Failed { path: path.clone(), fault }))?;
        let (text, segments) = without_no_value(bytes, segments);
        rendered.files.push(RenderedFile { path: path.clone(), text });
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

/// What the templates of each chart see as their dot, in the order of [`walk`], each with its `templates` directory.
struct Scopes {
    profile: Profile,
    release: Tracked,
    capabilities: Tracked,
    scopes: Vec<(MapRef, EcoString)>,
}

impl Scopes {
    fn new(prepared: &Prepared, release: &Release, profile: Profile, record: bool) -> Self {
        let text = |text: &str| Tracked::from(Value::str(text));
        let flag = |flag: bool| Tracked::from(Value::Bool(flag));
        let fields = BTreeMap::from([
            ("Name".into(), text(&release.name)),
            ("Namespace".into(), text(&release.namespace)),
            ("IsUpgrade".into(), flag(release.is_upgrade)),
            ("IsInstall".into(), flag(!release.is_upgrade)),
            ("Revision".into(), Value::int(1).into()),
            ("Service".into(), text("Helm")),
        ]);
        let mut scopes = Self {
            profile,
            release: Value::from(MapRef::of(MapType::Any, fields)).into(),
            capabilities: release.capabilities.value(profile).into(),
            scopes: Vec::new(),
        };
        let place = record.then(|| Rc::new(vec![EcoString::from("values")]));
        let values = frozen(&prepared.values, values_type(profile), place);
        scopes.add(&prepared.root, &values);
        debug_assert_eq!(scopes.scopes.len(), walk(&prepared.root).len(), "scopes follow the walk");
        scopes
    }

    /// The scope of a chart, and those of the charts below it.
    fn add(&mut self, instance: &Instance, values: &MapRef) -> MapRef {
        let files = instance.chart.files.iter().cloned();
        let below = MapRef::new();
        let chart = release::chart::value(&instance.metadata, instance.is_root, self.profile);
        let scope = MapRef::of(
            MapType::Any,
            BTreeMap::from([
                ("Chart".into(), chart.into()),
                ("Files".into(), Files::new(self.profile, files).value().into()),
                ("Release".into(), self.release.clone()),
                ("Capabilities".into(), self.capabilities.clone()),
                ("Values".into(), Value::from(values.clone()).into()),
                ("Subcharts".into(), Value::from(below.clone()).into()),
            ]),
        );
        let base_path = super::clean_path(&format!("{}/templates", instance.full_path));
        self.scopes.push((scope.clone(), base_path.into()));
        for dependency in &instance.dependencies {
            let own = self.values_of(values, dependency.name());
            let inner = self.add(dependency, &own);
            below.set(dependency.name(), Value::from(inner).into());
        }
        scope
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

/// Values as templates see them. `place` is their path, while recording.
fn frozen(values: &Node, go: MapType, place: Option<Rc<Vec<EcoString>>>) -> MapRef {
    MapRef::frozen(go, values.as_map().cloned().unwrap_or_else(Map::new), place)
}
