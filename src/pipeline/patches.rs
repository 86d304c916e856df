//! Patches of layers: put over what apps make, and told where they change nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fixpoint::{Fixed, held_by};
use super::unit::{Object, known_scope, namespace};
use crate::argocd;
use crate::config::cluster::Cluster;
use crate::diag::{Code, Diagnostic, Diagnostics, closest};
use crate::kube::{ObjectId, Scope};
use crate::plan::fleet::Fleet;
use crate::plan::patches::{Owner, Patch, Patches};
use crate::plan::{App, AppKey, AppOrigin, ClusterId};
use crate::provenance::Recorder;
use crate::render::Manifest;
use crate::render::kustomize::resource::Resource;
use crate::source::{Origin, Sources};

/// An object that a patch changed.
#[derive(Clone, Debug)]
pub struct Patched {
    /// Which patch, by its place among the cluster's.
    pub patch: usize,
    /// The object, as it was called before.
    pub object: ObjectId,
    /// Whether it did.
    pub outcome: Outcome,
}

/// What a patch did to an object.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It changed it.
    Done,
    /// Nothing: it is a tenant's, and the object not in its namespace.
    Outside,
    /// Nothing: it is a tenant's and failed. What others own isn't held for that.
    Failed(Diagnostics),
}

/// What the layers of a cluster declare.
#[derive(Debug)]
pub struct Declared {
    /// All patches, in order.
    pub patches: Patches,
    /// Names of apps that are switched off, or meant for other clusters.
    pub off: Vec<Arc<str>>,
}

/// Puts the patches over an app's manifests, each in its order.
///
/// # Errors
/// Patches that can't be applied, and those that take an object out of a tenant's namespace. The manifests aren't whole
/// then.
pub fn apply(
    app: &App,
    cluster: &Cluster,
    manifests: &mut Vec<Manifest>,
    recorder: &Recorder,
    sources: &Sources,
) -> (Vec<Patched>, Diagnostics) {
    let (mut patched, mut diagnostics) = (Vec::new(), Diagnostics::new());
    if app.patches.is_empty() {
        return (patched, diagnostics);
    }
    let given = std::mem::take(manifests).into_iter();
    let mut work: Vec<(Resource, bool)> =
        given.map(|manifest| (Resource::new(manifest.node, manifest.file), manifest.templated)).collect();
    for patch in app.patches.iter() {
        for (resource, _) in &mut work {
            if resource.is_empty() || !patch.given.patch.fits(resource) {
                continue;
            }
            let Some(object) = ObjectId::of(resource.node()) else { continue };
            let outcome = if is_inside(patch, app, cluster, &object) {
                let before = patch.tenant.as_ref().map(|_| resource.clone());
                let problems = change(patch, app, cluster, resource, &object, (recorder, sources));
                match (before, problems.is_empty()) {
                    (_, true) => Outcome::Done,
                    (Some(before), false) => {
                        *resource = before;
                        Outcome::Failed(problems)
                    }
                    (None, false) => {
                        diagnostics.extend(problems);
                        Outcome::Done
                    }
                }
            } else {
                Outcome::Outside
            };
            patched.push(Patched { patch: patch.index, object, outcome });
        }
    }
    let left = work.into_iter().filter(|(resource, _)| !resource.is_empty());
    manifests.extend(left.map(|(resource, templated)| {
        let file = resource.file.clone();
        let mut node = resource.into_node();
        // What a patch took away, or a new kind has, is set again.
        if let Some(id) = ObjectId::of(&node) {
            namespace(&mut node, app, known_scope(cluster, &id), recorder);
        }
        Manifest { node, file, templated }
    }));
    (patched, diagnostics)
}

/// Applies one patch to one object.
fn change(
    patch: &Patch,
    app: &App,
    cluster: &Cluster,
    resource: &mut Resource,
    object: &ObjectId,
    (recorder, sources): (&Recorder, &Sources),
) -> Diagnostics {
    let before = resource.node().origin;
    match patch.given.patch.apply(resource, recorder, sources) {
        Ok(()) => moved(patch, app, cluster, resource, object).into_iter().collect(),
        Err(failure) => {
            let problems = failure.diagnostics.into_iter().map(|mut problem| {
                problem.subject.object = Some(object.to_string().into());
                problem.named_at(patch.given.origin, "this patch").also(before, "of this object")
            });
            problems.collect()
        }
    }
}

/// Whether a patch may change an object: a tenant's stays in its namespace, and leaves what Argo CD makes more of alone.
fn is_inside(patch: &Patch, app: &App, cluster: &Cluster, object: &ObjectId) -> bool {
    let Some((bound, _)) = &patch.tenant else { return true };
    let own = app.tenant && app.namespace.as_ref() == Some(bound);
    let cluster_wide = known_scope(cluster, object) == Some(Scope::Cluster);
    !cluster_wide && object.namespace == **bound && (own || object.group != argocd::GROUP)
}

/// What a tenant's patch took out of its namespace.
fn moved(patch: &Patch, app: &App, cluster: &Cluster, resource: &Resource, was: &ObjectId) -> Option<Diagnostic> {
    let (bound, at) = patch.tenant.as_ref()?;
    if resource.is_empty() {
        return None;
    }
    let now = ObjectId::of(resource.node());
    // What names no namespace any more goes to the app's.
    let now = now.map(|id| match id.namespace.is_empty() {
        true => ObjectId { namespace: app.namespace.as_deref().unwrap_or_default().into(), ..id },
        false => id,
    });
    if now.as_ref().is_some_and(|now| is_inside(patch, app, cluster, now)) {
        return None;
    }
    let message = format!("a tenant's patch takes `{was}` out of its namespace `{bound}`");
    let mut diagnostic = Diagnostic::error(Code::TENANT_ESCAPES, message)
        .at(patch.given.origin, "this patch")
        .also(*at, "a tenant's layer");
    diagnostic.subject.object = Some(was.to_string().into());
    Some(diagnostic)
}

/// What the patches of the fleet changed can be told once all is rendered: those that change nothing, that may mean two
/// objects, that a tenant may not make. Apps that they may have been meant for are held.
pub fn finish(fleet: &Fleet, fixed: &mut Fixed, declared: &[Declared]) {
    let mut findings = Vec::new();
    for (cluster, Declared { patches, off }) in declared.iter().enumerate() {
        if patches.is_empty() {
            continue;
        }
        let all = Seen::of(fixed, cluster, off);
        findings.extend(patches.iter().filter_map(|patch| Some((cluster, all.finding(patch)?))));
    }
    for (cluster, Finding { diagnostics, holds }) in findings {
        let held = held_by(&diagnostics);
        let name = fleet.clusters.get(cluster).map(|c| &c.name);
        let app = match holds.as_slice() {
            [only] => fixed.apps.get(only).map(|result| Arc::clone(&result.tree_name)),
            _ => None,
        };
        fixed.diagnostics.extend(diagnostics.into_iter().map(|diagnostic| diagnostic.about(name, app.as_ref())));
        for key in holds {
            fixed.hold(&key, held.clone());
        }
    }
}

struct Finding {
    /// At least one error.
    diagnostics: Diagnostics,
    /// Apps that are held for it.
    holds: Vec<AppKey>,
}

/// What came out on a cluster.
struct Seen<'a> {
    fixed: &'a Fixed,
    cluster: ClusterId,
    off: &'a [Arc<str>],
    /// By patch: the app, the object, and whether it is out of a tenant's reach.
    changed: BTreeMap<usize, Vec<(&'a AppKey, &'a Patched)>>,
}

impl<'a> Seen<'a> {
    fn of(fixed: &'a Fixed, cluster: ClusterId, off: &'a [Arc<str>]) -> Self {
        let mut changed: BTreeMap<usize, Vec<(&AppKey, &Patched)>> = BTreeMap::new();
        for (key, result) in fixed.apps.iter().filter(|(_, result)| result.cluster == Some(cluster)) {
            for patched in &result.patched {
                changed.entry(patched.patch).or_default().push((key, patched));
            }
        }
        Self { fixed, cluster, off, changed }
    }

    /// The apps of the cluster that a patch may change.
    fn candidates(&self, patch: &Patch) -> Vec<(&'a AppKey, &'a App)> {
        let here = self.fixed.apps.iter().filter(|(_, result)| result.cluster == Some(self.cluster));
        let known = here.filter_map(|(key, result)| Some((key, result.app.as_ref()?)));
        known.filter(|(_, app)| patch.reaches(app)).collect()
    }

    /// The apps of a tenant: what is wrong with its patches holds none but those.
    fn own(&self, patch: &Patch) -> Vec<AppKey> {
        let of = |app: &App| match &app.origin {
            AppOrigin::Layer { layer, instance, .. } => *layer == patch.layer && *instance == patch.instance,
            _ => false,
        };
        let here = self.fixed.apps.iter().filter(|(_, result)| result.cluster == Some(self.cluster));
        here.filter(|(_, result)| result.app.as_ref().is_some_and(of)).map(|(key, _)| key.clone()).collect()
    }

    fn finding(&self, patch: &Patch) -> Option<Finding> {
        let changed = self.changed.get(&patch.index).map_or(&[][..], Vec::as_slice);
        for (key, patched) in changed {
            match &patched.outcome {
                Outcome::Done if self.is_wide(key, patched) => {
                    let diagnostics = self.escapes(patch, &patched.object, "which belongs to the whole cluster").into();
                    let holds = std::iter::once((*key).clone()).chain(self.own(patch)).collect();
                    return Some(Finding { diagnostics, holds });
                }
                Outcome::Failed(problems) => {
                    return Some(Finding { diagnostics: problems.clone(), holds: self.own(patch) });
                }
                Outcome::Done | Outcome::Outside => {}
            }
        }
        let done: Vec<_> = changed.iter().filter(|(_, patched)| matches!(patched.outcome, Outcome::Done)).collect();
        match done.as_slice() {
            [] => self.nothing(patch, changed),
            [(first_key, first), (second_key, second), ..] if patch.given.patch.names_one() => {
                let message = format!("a patch may mean `{}` or `{}`", first.object, second.object);
                let diagnostic = Diagnostic::error(Code::AMBIGUOUS_REFERENCE, message)
                    .at(patch.given.origin, "this patch names one object")
                    .also(self.declared_at(first_key), format!("`{}` makes one", self.name(first_key)))
                    .also(self.declared_at(second_key), format!("`{}` makes another", self.name(second_key)))
                    .hint("name the namespace in the patch, or the app in its target; a target with `kind` and `name` means all");
                let mut holds: Vec<AppKey> = done.iter().map(|(key, _)| (*key).clone()).collect();
                holds.extend(patch.tenant.as_ref().map(|_| self.own(patch)).into_iter().flatten());
                Some(Finding { diagnostics: diagnostic.into(), holds })
            }
            _ => None,
        }
    }

    /// Whether what a tenant's patch changed turned out to belong to the whole cluster.
    fn is_wide(&self, key: &AppKey, patched: &Patched) -> bool {
        let result = self.fixed.apps.get(key);
        let same = |id: &ObjectId| {
            id.group == patched.object.group && id.kind == patched.object.kind && id.name == patched.object.name
        };
        result.is_some_and(|result| {
            let mut objects = result.objects.iter();
            let tenant = |app: &App| app.patches.iter().any(|p| p.index == patched.patch && p.tenant.is_some());
            result.app.as_ref().is_some_and(tenant)
                && objects.any(|object| object.scope == Some(Scope::Cluster) && same(&object.id))
        })
    }

    fn escapes(&self, patch: &Patch, object: &ObjectId, why: &str) -> Diagnostic {
        let (bound, at) = patch.tenant.as_ref().map_or(("", Origin::NONE), |(bound, at)| (bound, *at));
        let message = format!("a tenant patches what it may not: `{object}`, {why}");
        Diagnostic::error(Code::TENANT_ESCAPES, message)
            .at(patch.given.origin, "this patch")
            .also(at, "a tenant's layer")
            .hint(format!(
                "a tenant's patches change objects of `{bound}` only: move it to a layer that isn't a tenant's"
            ))
    }

    fn nothing(&self, patch: &Patch, changed: &[(&AppKey, &Patched)]) -> Option<Finding> {
        let candidates = self.candidates(patch);
        let holds: Vec<AppKey> = match &patch.tenant {
            Some(_) => self.own(patch),
            None => candidates.iter().map(|(key, _)| (*key).clone()).collect(),
        };
        if let Some((_, other)) = changed.first() {
            let why = match &patch.tenant {
                Some((bound, _)) if other.object.namespace != **bound => "which isn't in its namespace",
                _ => "of which Argo CD would make more",
            };
            return Some(Finding { diagnostics: self.escapes(patch, &other.object, why).into(), holds });
        }
        // What failed may have what the patch is for.
        let failed =
            self.fixed.apps.values().filter(|r| r.cluster.is_none_or(|c| c == self.cluster) && r.held.is_some());
        let may_be = |name: &str| patch.given.app.as_ref().is_none_or(|glob| glob.matches(None, name));
        let may_be_failed = |result: &super::AppResult| match &result.app {
            Some(app) => patch.reaches(app),
            None => may_be(&result.tree_name),
        };
        if failed.into_iter().any(may_be_failed) {
            return None;
        }
        let switched_off = patch.given.app.is_some() && self.off.iter().any(|name| may_be(name));
        if candidates.is_empty() && switched_off {
            return None;
        }
        Some(Finding { diagnostics: self.unmatched(patch, &candidates).into(), holds })
    }

    fn unmatched(&self, patch: &Patch, candidates: &[(&AppKey, &App)]) -> Diagnostic {
        let here = self.fixed.apps.values().filter(|result| result.cluster == Some(self.cluster));
        let apps: Vec<&App> = here.filter_map(|result| result.app.as_ref()).collect();
        if let Some(glob) = patch.given.app.as_ref().filter(|_| candidates.is_empty()) {
            let above = apps.iter().find(|app| patch.means(app));
            let message = match above {
                Some(app) => format!("the app `{}` is of a higher layer: a patch can't reach it", app.tree_name),
                None => format!("a patch is for the app `{}`, and there is none", glob.text),
            };
            let diagnostic = Diagnostic::error(Code::MATCHES_NOTHING, message).at(glob.origin, "matches nothing");
            return match above {
                Some(_) => diagnostic.hint("a layer's patches change its own apps and those of the layers below it"),
                None => diagnostic.did_you_mean(&glob.text, apps.iter().map(|app| app.name())),
            };
        }
        let wanted = patch.given.patch.described();
        let of = match (&patch.given.app, candidates) {
            (_, [(_, only)]) => format!("of app `{}`", only.tree_name),
            (Some(glob), _) => format!("of the apps `{}`", glob.text),
            (None, _) => "on the cluster".to_owned(),
        };
        let message = match &patch.tenant {
            Some((bound, _)) => format!("a patch matches nothing: no object {of} in namespace `{bound}` is {wanted}"),
            None => format!("a patch matches nothing: no object {of} is {wanted}"),
        };
        let mut diagnostic =
            Diagnostic::error(Code::MATCHES_NOTHING, message).at(patch.given.origin, "matches nothing");
        let results = candidates.iter().filter_map(|(key, _)| self.fixed.apps.get(key));
        let objects = results.flat_map(|result| &result.objects);
        let (kind, name) = patch.given.patch.wanted();
        let (alike, called): (Vec<&Object>, Vec<&Object>) = objects.partition(|object| object.id.kind == kind);
        let near = closest(name, alike.iter().map(|object| object.id.name.as_str()));
        let other = called.iter().find(|object| !name.is_empty() && object.id.name == name);
        match (near, other) {
            (Some(near), _) if near == name => {
                let found = alike.iter().find(|object| object.id.name == name);
                let there = found.map(|object| object.id.to_string()).unwrap_or_default();
                diagnostic =
                    diagnostic.hint(format!("there is `{there}`: version, namespace and labels have to fit, too"));
            }
            (Some(near), _) => diagnostic = diagnostic.hint(format!("did you mean `{near}`?")),
            (None, Some(other)) => diagnostic = diagnostic.hint(format!("there is `{}`", other.id)),
            (None, None) => {}
        }
        match patch.owner {
            Owner::Instance => diagnostic
                .hint("if only some clusters have it, put the patch into a layer that only those clusters get"),
            Owner::App(_) => diagnostic,
        }
    }

    fn name(&self, key: &AppKey) -> &str {
        self.fixed.apps.get(key).map_or("", |result| &result.tree_name)
    }

    fn declared_at(&self, key: &AppKey) -> Origin {
        self.fixed.apps.get(key).and_then(|result| result.app.as_ref()).map_or(Origin::NONE, |app| app.declared_at)
    }
}
