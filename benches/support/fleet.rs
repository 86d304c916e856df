//! Makes synthetic fleets: the same files for the same shape, on every machine.
//!
//! Half of a cluster's apps come from layers (templates over values files), half are Argo CD Applications with directories
//! as their sources, found by an Application per cluster (an app of apps).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::objects::{Chance, Style, manifests};

/// What a fleet is like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many clusters it has; the hub among them.
    pub clusters: usize,
    /// How many apps each cluster gets, at least ten; the apps of apps aren't counted.
    pub apps: usize,
    /// Which of all fleets of this shape.
    pub seed: u64,
    /// Which version of this fleet: another one changes every object.
    pub version: u64,
}

/// What was made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    /// How many files.
    pub files: usize,
    /// How many bytes in them.
    pub bytes: usize,
}

const ENVIRONMENTS: [&str; 3] = ["production", "staging", "development"];
const FAMILIES: [&str; 4] = ["edge", "data", "web", "batch"];
const REPOSITORY: &str = "https://git.example.com/acme/fleet.git";

impl Shape {
    /// One app for each kind of place that apps come from.
    const FEWEST_APPS: usize = 10;

    /// Writes the fleet into an empty directory.
    ///
    /// # Errors
    /// The directory can't be written.
    pub fn make(&self, root: &Path) -> io::Result<Made> {
        let mut fleet =
            Writer { shape: *self, root: root.to_owned(), chance: Chance::new(self.seed), made: Made::default() };
        fleet.fleet_file()?;
        fleet.clusters()?;
        fleet.values()?;
        fleet.layers()?;
        fleet.applications()?;
        Ok(fleet.made)
    }

    fn teams(&self) -> usize {
        self.layered() / 5
    }

    /// Apps of a custom family, besides its stage.
    fn customs(&self) -> usize {
        self.layered() / 4
    }

    /// Apps of the baseline, besides its two stages.
    fn components(&self) -> usize {
        self.layered().saturating_sub(3 + self.teams() + self.customs())
    }

    fn layered(&self) -> usize {
        self.apps.max(Self::FEWEST_APPS) - self.services()
    }

    /// Apps that are Argo CD Applications.
    fn services(&self) -> usize {
        self.apps.max(Self::FEWEST_APPS) / 2
    }
}

fn cluster(index: usize) -> String {
    format!("{}-{index:03}", ENVIRONMENTS[index % ENVIRONMENTS.len()])
}

struct Writer {
    shape: Shape,
    root: PathBuf,
    chance: Chance,
    made: Made,
}

impl Writer {
    fn put(&mut self, path: &str, text: &str) -> io::Result<()> {
        let path = self.root.join(path);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        self.made.files += 1;
        self.made.bytes += text.len();
        fs::write(path, text)
    }

    fn fleet_file(&mut self) -> io::Result<()> {
        self.put(
            "terrace.yaml",
            &format!(
                "apiVersion: terrace.dev/v1alpha1
kind: Fleet
metadata:
  name: acme
spec:
  clusters: [clusters/*.yaml]
  values:
    - values/values.yaml
    - values/values.{{{{ cluster.labels.environment }}}}.yaml
    - values/values.{{{{ cluster.name }}}}.yaml
  layers:
    - {{name: baseline, path: baseline}}
    - name: custom
      path: custom/*
      when: path.basename in cluster.families
    - name: teams
      path: teams/*
      namespace: \"{{{{ path.basename }}}}\"
      tenant: true
  argocd:
    roots:
      - path: argocd/roots
        on: {{matchLabels: {{role: hub}}}}
  repositories:
    - {{name: fleet, url: {REPOSITORY}, path: .}}
"
            ),
        )
    }

    fn clusters(&mut self) -> io::Result<()> {
        for index in 0..self.shape.clusters {
            let (name, environment) = (cluster(index), ENVIRONMENTS[index % ENVIRONMENTS.len()]);
            let role = if index == 0 { "hub" } else { "workload" };
            let family = FAMILIES[index % FAMILIES.len()];
            let region = ["eu-central-1", "eu-west-1", "us-east-1"][self.chance.below(3)];
            self.put(
                &format!("clusters/{name}.yaml"),
                &format!(
                    "apiVersion: terrace.dev/v1alpha1
kind: Cluster
metadata:
  name: {name}
  labels:
    environment: {environment}
    region: {region}
    role: {role}
spec:
  server: https://{name}.clusters.example.com:6443
  kubeVersion: \"1.33\"
  families: [{family}]
"
                ),
            )?;
        }
        Ok(())
    }

    /// The names of all apps whose templates read values.
    fn templated(&self) -> Vec<String> {
        let mut names: Vec<String> = (0..self.shape.components()).map(|i| format!("component-{i:02}")).collect();
        for family in FAMILIES {
            names.extend((0..self.shape.customs()).map(|i| format!("{family}-{i:02}")));
        }
        names.extend((0..self.shape.teams()).map(|i| format!("team-{i:02}")));
        names
    }

    fn values(&mut self) -> io::Result<()> {
        let mut base = format!(
            "registry: registry.example.com
domain: example.com
release: r{}
logLevel: info
proxy:
  http: http://proxy.example.com:3128
  noProxy: [.svc, .cluster.local, 10.0.0.0/8]
components:\n",
            self.shape.version
        );
        for name in self.templated() {
            let (major, minor) = (self.chance.below(9), self.chance.below(40));
            base.push_str(&format!(
                "  {name}:
    enabled: true
    replicas: {}
    tag: v{major}.{minor}.0
    resources:
      requests: {{cpu: {}m, memory: {}Mi}}
      limits: {{memory: {}Mi}}
    settings:
      cache.size: \"{}\"
      feature.tracing: \"on\"
      queue.workers: \"{}\"\n",
                1 + self.chance.below(3),
                50 + 50 * self.chance.below(10),
                64 + 64 * self.chance.below(8),
                512 + 64 * self.chance.below(8),
                self.chance.below(4096),
                1 + self.chance.below(32),
            ));
        }
        self.put("values/values.yaml", &base)?;
        for environment in ENVIRONMENTS {
            let mut text = format!("domain: {environment}.example.com\ncomponents:\n");
            for name in self.templated().iter().step_by(2) {
                text.push_str(&format!("  {name}:\n    replicas: {}\n", 2 + self.chance.below(6)));
            }
            self.put(&format!("values/values.{environment}.yaml"), &text)?;
        }
        for index in 0..self.shape.clusters {
            let mut text = format!("logLevel: {}\ncomponents:\n", ["debug", "info", "warn"][self.chance.below(3)]);
            for name in self.templated().iter().skip(index % 5).step_by(5) {
                text.push_str(&format!(
                    "  {name}:\n    settings:\n      cache.size: \"{}\"\n      queue.workers: null\n",
                    self.chance.below(4096)
                ));
            }
            self.put(&format!("values/values.{}.yaml", cluster(index)), &text)?;
        }
        Ok(())
    }

    fn layers(&mut self) -> io::Result<()> {
        self.directory("baseline/dependencies", "operator", Style::Shared)?;
        self.directory("baseline/resources", "policies", Style::Shared)?;
        for index in 0..self.shape.components() {
            let name = format!("component-{index:02}");
            self.component(&format!("baseline/resources/{name}"), &name, index)?;
        }
        for family in FAMILIES {
            self.directory(&format!("custom/{family}/resources"), family, Style::Shared)?;
            for index in 0..self.shape.customs() {
                let name = format!("{family}-{index:02}");
                self.component(&format!("custom/{family}/resources/{name}"), &name, index)?;
            }
        }
        for index in 0..self.shape.teams() {
            let name = format!("team-{index:02}");
            self.directory(&format!("teams/{name}"), &name, Style::Component)?;
        }
        Ok(())
    }

    /// An app with an app.yaml.
    fn component(&mut self, path: &str, name: &str, index: usize) -> io::Result<()> {
        let wave = index % 4;
        self.put(
            &format!("{path}/app.yaml"),
            &format!(
                "apiVersion: terrace.dev/v1alpha1
kind: App
metadata:
  name: {name}
  labels:
    tier: platform
spec:
  enable: \"{{{{ values.components['{name}'].enabled }}}}\"
  namespace: {name}
  wave: {wave}
"
            ),
        )?;
        self.directory(path, name, Style::Component)
    }

    fn directory(&mut self, path: &str, name: &str, style: Style) -> io::Result<()> {
        let end = if matches!(style, Style::Plain(..)) { "yaml" } else { "yaml.j2" };
        for (file, text) in manifests(name, style, &mut self.chance) {
            self.put(&format!("{path}/{file}.{end}"), &text)?;
        }
        Ok(())
    }

    /// Services with a directory per environment, and on the hub an Application per cluster that makes one per service.
    fn applications(&mut self) -> io::Result<()> {
        for service in 0..self.shape.services() {
            let name = format!("service-{service:02}");
            for environment in ENVIRONMENTS {
                let style = Style::Plain(environment, self.shape.version);
                self.directory(&format!("services/{name}/{environment}"), &name, style)?;
            }
        }
        let hub = cluster(0);
        for index in 0..self.shape.clusters {
            let (cluster, environment) = (cluster(index), ENVIRONMENTS[index % ENVIRONMENTS.len()]);
            let root = application(&format!("apps-{cluster}"), "argocd", &hub, &format!("argocd/apps/{cluster}"));
            self.put(&format!("argocd/roots/{cluster}.yaml"), &root)?;
            for service in 0..self.shape.services() {
                let name = format!("service-{service:02}");
                let source = format!("services/{name}/{environment}");
                let text = application(&format!("{cluster}-{name}"), &name, &cluster, &source);
                self.put(&format!("argocd/apps/{cluster}/{name}.yaml"), &text)?;
            }
        }
        Ok(())
    }
}

fn application(name: &str, namespace: &str, cluster: &str, path: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  namespace: argocd
  finalizers:
    - resources-finalizer.argocd.argoproj.io
spec:
  project: default
  destination:
    name: {cluster}
    namespace: {namespace}
  source:
    repoURL: {REPOSITORY}
    targetRevision: HEAD
    path: {path}
  syncPolicy:
    automated:
      prune: true
      selfHeal: true
    syncOptions:
      - CreateNamespace=true
"
    )
}
