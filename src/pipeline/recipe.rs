//! What decides an app's result besides what it reads: two runs with one recipe that read the same get the same.

use super::Run;
use crate::config::cluster::Cluster;
use crate::plan::fleet::Fleet;
use crate::plan::patches::Patch;
use crate::plan::{App, AppOrigin, AppSource};
use crate::render::{Engine, helm, kustomize, plain};
use crate::world::FilePath;
use crate::yaml::{Node, put_value};

/// A recipe, digested by blake3.
pub type Recipe = [u8; 32];

/// The form of recipes and of what is kept under them.
const FORM: u32 = 1;

/// The recipe of an app; none for one that has a part which no other run knows. What templates see is not in it: all that
/// they look at is read.
pub fn recipe(run: &Run, fleet: &Fleet, app: &App, cluster: &Cluster) -> Option<Recipe> {
    let mut parts = own_parts(run, fleet, app, cluster)?;
    for patch in app.patches.iter() {
        let Patch { index, given, layer: _, instance: _, owner: _, tenant } = &**patch;
        parts.number(*index as u64);
        parts.bytes.extend(given.digest);
        parts.option(tenant.as_ref().map(|(namespace, _)| &**namespace));
    }
    Some(*blake3::hash(&parts.bytes).as_bytes())
}

/// The recipe without the patches that others may put over what the app makes.
pub fn own_recipe(run: &Run, fleet: &Fleet, app: &App, cluster: &Cluster) -> Option<Recipe> {
    own_parts(run, fleet, app, cluster).map(|parts| *blake3::hash(&parts.bytes).as_bytes())
}

fn own_parts<'a>(run: &'a Run<'a>, fleet: &Fleet, app: &App, cluster: &Cluster) -> Option<Parts<'a>> {
    let mut parts = Parts { run, bytes: Vec::with_capacity(512) };
    parts.number(u64::from(FORM));
    parts.text(env!("TERRACE_BUILD"));
    parts.flag(run.check);
    parts.flag(run.keep_applications);
    parts.text(&cluster.name);
    parts.text(&app.tree_name);
    parts.option(app.namespace.as_deref());
    parts.option(app.layer());
    parts.debug(&cluster.kube_version.as_ref().map(|version| version.text().to_owned()));
    for ((group, kind), namespaced) in &cluster.api_resources.namespaced {
        parts.text(group);
        parts.text(kind);
        parts.flag(*namespaced);
    }
    parts.fleet(fleet);
    if let AppOrigin::Application(application) = &app.origin {
        parts.node(&application.node);
    }
    parts.number(app.sources.len() as u64);
    for AppSource { dir, engine, shown, origin: _ } in &app.sources {
        parts.path(dir)?;
        parts.text(shown);
        parts.engine(engine)?;
    }
    Some(parts)
}

/// The parts so far, each with its length or of a fixed one.
struct Parts<'a> {
    run: &'a Run<'a>,
    bytes: Vec<u8>,
}

impl Parts<'_> {
    fn number(&mut self, number: u64) {
        self.bytes.extend(number.to_le_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.bytes.push(u8::from(flag));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend(text.as_bytes());
    }

    fn option(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        self.text(text.unwrap_or_default());
    }

    fn node(&mut self, node: &Node) {
        put_value(node, &mut self.bytes);
    }

    /// For what has no places and no maps in it.
    fn debug(&mut self, what: &impl std::fmt::Debug) {
        self.text(&format!("{what:?}"));
    }

    fn path(&mut self, path: &FilePath) -> Option<()> {
        let tree = self.run.world.tree_name(path.tree)?;
        self.text(&tree);
        self.text(&path.path);
        Some(())
    }

    /// What of the fleet as a whole engines are told.
    fn fleet(&mut self, fleet: &Fleet) {
        self.debug(&fleet.argocd);
        self.debug(&fleet.kustomize);
        self.bytes.extend(fleet.repositories.digest(self.run.world));
    }

    fn engine(&mut self, engine: &Engine) -> Option<()> {
        match engine {
            Engine::Plain(options) => self.plain(options),
            Engine::Helm(options) => self.helm(options),
            Engine::Kustomize(options) => self.kustomize(options),
        }
    }

    fn plain(&mut self, options: &plain::Options) -> Option<()> {
        let plain::Options { file, recurse, include, exclude, templates, reserved, skip, lenient } = options;
        self.number(1);
        self.option(file.as_deref());
        [*recurse, *templates, *lenient].into_iter().for_each(|flag| self.flag(flag));
        self.debug(include);
        self.debug(exclude);
        self.debug(reserved);
        self.number(skip.len() as u64);
        skip.iter().try_for_each(|path| self.path(path))
    }

    fn helm(&mut self, options: &helm::options::Options) -> Option<()> {
        let helm::options::Options {
            release,
            namespace,
            profile,
            kube_version,
            api_versions,
            values,
            sets,
            skip_crds,
            skip_tests,
            no_hooks,
            skip_schema_validation,
            is_upgrade,
            identity,
            origin: _,
            repositories,
        } = options;
        self.number(2);
        self.text(release);
        self.text(namespace);
        self.debug(profile);
        self.option(kube_version.as_deref());
        self.debug(api_versions);
        let flags = [*skip_crds, *skip_tests, *no_hooks, *skip_schema_validation, *is_upgrade];
        flags.into_iter().for_each(|flag| self.flag(flag));
        self.debug(identity);
        self.number(values.len() as u64);
        for values in values {
            match values {
                helm::options::Values::File(path, _) => {
                    self.number(1);
                    self.path(path)?;
                }
                helm::options::Values::InChart { path, optional, origin: _ } => {
                    self.number(2);
                    self.text(path);
                    self.flag(*optional);
                }
                helm::options::Values::Inline(node) => {
                    self.number(3);
                    self.node(node);
                }
            }
        }
        self.number(sets.len() as u64);
        for helm::options::Set { kind, text, file, origin: _ } in sets {
            self.debug(kind);
            self.text(text);
            self.flag(file.is_some());
            file.iter().try_for_each(|path| self.path(path))?;
        }
        self.number(repositories.len() as u64);
        for (url, path) in repositories.iter() {
            self.text(url);
            self.path(path)?;
        }
        Some(())
    }

    /// What an Application changes in a kustomization stands in its manifest, or in files that are read for it; what
    /// stands for repositories elsewhere, in those that are read.
    fn kustomize(&mut self, options: &kustomize::options::Options) -> Option<()> {
        let kustomize::options::Options {
            unrestricted,
            helm,
            reorder,
            remotes: _,
            managed_by,
            overrides: _,
            origin: _,
        } = options;
        self.number(3);
        [*unrestricted, *managed_by, helm.is_some()].into_iter().for_each(|flag| self.flag(flag));
        self.debug(reorder);
        helm.iter().try_for_each(|options| self.helm(options))
    }
}
