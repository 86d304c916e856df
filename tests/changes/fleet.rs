//! A fleet in a git repository that has one of each: values, templates, a chart, a base, a patch, a set.

use terrace::cache::Cache;
use terrace::diff::render::{Terminal, text};
use terrace::diff::{Options as DiffOptions, compare};
use terrace::pipeline::impact::{Reached, State, since};
use terrace::pipeline::{Compiler, Opening, Options, Side, Sides, sides};

use std::path::Path;
use std::sync::Arc;

use crate::repo::Repo;

/// How everything here is compiled.
pub const OPTIONS: Options = Options { check: true, keep_applications: false, lazy: true };

const FLEET: &str = "apiVersion: terrace.dev/v1alpha1
kind: Fleet
metadata: {name: acme}
spec:
  values:
    - values/values.yaml
    - values/values.{{ cluster.labels.environment }}.yaml
    - values/values.{{ cluster.name }}.yaml
  layers:
    - {name: baseline, path: baseline}
    - {name: custom, path: \"custom/*\", when: path.basename in cluster.families}
    - {name: teams, path: \"teams/*\", namespace: \"{{ path.basename }}\", tenant: true}
  argocd:
    roots: [{path: argocd, on: {matchLabels: {role: hub}}}]
  repositories:
    - {name: self, url: https://git.example.com/acme/fleet.git, path: .}
";

/// A cluster's file.
pub fn cluster(name: &str, environment: &str, role: &str, families: &str) -> String {
    format!(
        "apiVersion: terrace.dev/v1alpha1\nkind: Cluster\nmetadata:\n  name: {name}\n  labels: {{environment: {environment}, \
         role: {role}}}\nspec:\n  server: https://{name}.example.com\n  kubeVersion: \"1.33\"\n  families: [{families}]\n"
    )
}

fn config_map(name: &str, data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: base\ndata:\n{data}")
}

/// The fleet, committed.
pub fn fleet() -> Repo {
    let repo = Repo::new();
    repo.write("terrace.yaml", FLEET);
    repo.write("clusters/hub-01.yaml", &cluster("hub-01", "operations", "hub", ""));
    repo.write("clusters/prod-01.yaml", &cluster("prod-01", "production", "workload", "data"));
    repo.write("clusters/prod-02.yaml", &cluster("prod-02", "production", "workload", "data"));
    repo.write("clusters/stag-01.yaml", &cluster("stag-01", "staging", "workload", ""));
    repo.write(
        "values/values.yaml",
        "domain: example.com\nlevel: info\nunused: 1\nweb: {replicas: 1, tag: v1}\napps:\n  proxy:\n    values: {replicas: 2}\n",
    );
    repo.write("values/values.production.yaml", "web: {replicas: 3}\n");
    repo.write("values/values.prod-02.yaml", "level: debug\n");
    repo.write(
        "baseline/resources/settings.yaml.j2",
        &config_map("settings", "  domain: {{ values.domain }}\n  level: {{ values.level }}\n"),
    );
    repo.write("baseline/resources/quota.yaml", &config_map("quota", "  cpu: \"4\"\n"));
    repo.write(
        "baseline/resources/web/app.yaml",
        "apiVersion: terrace.dev/v1alpha1\nkind: App\nspec: {namespace: base}\n",
    );
    repo.write(
        "baseline/resources/web/web.yaml.j2",
        &config_map("web", "  replicas: \"{{ values.web.replicas }}\"\n  tag: {{ values.web.tag }}\n"),
    );
    repo.write("baseline/resources/proxy/Chart.yaml", "apiVersion: v2\nname: proxy\nversion: 1.0.0\n");
    repo.write("baseline/resources/proxy/values.yaml", "replicas: 1\nlogs: {level: info}\nunused: 1\n");
    repo.write(
        "baseline/resources/proxy/templates/config.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: proxy\n  namespace: base\n  labels:\n    helm.sh/chart: proxy-{{ \
         .Chart.Version }}\ndata:\n  replicas: {{ .Values.replicas | quote }}\n  level: {{ .Values.logs.level }}\n",
    );
    repo.write("bases/agent/kustomization.yaml", "resources: [agent.yaml]\n");
    repo.write("bases/agent/agent.yaml", &config_map("agent", "  mode: watch\n"));
    repo.write(
        "custom/data/resources/agent/kustomization.yaml",
        "resources: [../../../../bases/agent]\nnamePrefix: data-\n",
    );
    repo.write(
        "custom/data/layer.yaml",
        "apiVersion: terrace.dev/v1alpha1\nkind: Layer\nspec:\n  patches:\n    - target: {kind: ConfigMap, name: quota}\n      \
         patch: |-\n        - {op: replace, path: /data/cpu, value: \"16\"}\n",
    );
    repo.write(
        "teams/shop/cart.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cart}\ndata: {currency: EUR}\n",
    );
    repo.write(
        "argocd/services.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: services, namespace: argocd}\nspec:\n  \
         generators:\n    - list:\n        elements:\n          - {name: api, cluster: prod-01}\n          - {name: jobs, \
         cluster: stag-01}\n  template:\n    metadata: {name: '{{name}}'}\n    spec:\n      project: default\n      source: \
         {repoURL: https://git.example.com/acme/fleet.git, targetRevision: main, path: 'services/{{name}}'}\n      \
         destination: {name: '{{cluster}}', namespace: services}\n",
    );
    repo.write(
        "services/api/api.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: api}\ndata: {port: \"80\"}\n",
    );
    repo.write(
        "services/jobs/jobs.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: jobs}\ndata: {every: 1h}\n",
    );
    repo.write(
        "services/mail/mail.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mail}\ndata: {port: \"25\"}\n",
    );
    repo.write("docs/README.md", "Nobody reads this.\n");
    repo.commit("the fleet");
    repo
}

/// The last commit and the working tree.
pub fn compared(repo: &Repo, cache: Option<&Arc<Cache>>) -> Sides {
    let (id, tree) = (repo.git(&["rev-parse", "HEAD"]), repo.git(&["rev-parse", "HEAD^{tree}"]));
    let head = Opening { current_dir: repo.path(), ..Opening::default() };
    let base = Opening { revision: Some(id.clone()), ..head.clone() };
    let base = Side { opening: &base, name: "HEAD", commit: Some((&id, &tree)) };
    let head = Side { opening: &head, name: "the working tree", commit: None };
    let compiled = sides(&base, &head, OPTIONS, cache);
    compiled.map_err(|unfit| format!("{}: {:#?}", unfit.name, unfit.diagnostics)).unwrap()
}

/// What differs, as people see it.
pub fn shown(sides: &Sides) -> String {
    let options = DiffOptions { key: Some([7; 32]), ..DiffOptions::default() };
    let diff = compare(&sides.base, &sides.head, &options);
    let text = text(&diff, Terminal { color: false, width: 100, all: true });
    // Ids of commits go by the time.
    let id = sides.base.commit.as_deref().and_then(|id| id.get(..10)).unwrap_or_default();
    text.replace(id, "0123456789")
}

/// Whom the working tree's changes reach.
pub fn reached(repo: &Repo) -> Vec<Reached> {
    let compile = |revision: Option<String>| {
        let compiler = Compiler::new();
        let opening = Opening { current_dir: repo.path(), revision, ..Opening::default() };
        let compiled = compiler.compile(&opening, OPTIONS).unwrap();
        (compiler, compiled)
    };
    let (base, head) = (compile(Some("HEAD".to_owned())), compile(None));
    since(&State { compiler: &base.0, compiled: &base.1 }, &State { compiler: &head.0, compiled: &head.1 }, OPTIONS)
}

/// The apps reached, a line each: cluster, app, reasons.
pub fn lines(reached: &[Reached]) -> String {
    let line = |one: &Reached| {
        let cluster = one.cluster.as_deref().unwrap_or("-");
        format!("{cluster} {} {:?}\n", one.app.as_deref().unwrap_or("-"), one.why)
    };
    reached.iter().map(line).collect()
}

/// A cache of its own.
pub fn cache(root: &Path, repo: &Repo) -> Arc<Cache> {
    Arc::new(Cache::open(root, &repo.path()))
}
