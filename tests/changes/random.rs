//! Edits at random: whatever changes, the diff from the cache is the diff without it, and whoever differs was reached.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use terrace::snapshot::Snapshot;
use terrace::tree::AppState;

use super::fleet::{cache, cluster, compared, fleet, lines, reached, shown};
use super::repo::Repo;

/// Numbers that are the same in each run (Marsaglia's xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

const FILES: [&str; 21] = [
    "values/values.yaml",
    "values/values.production.yaml",
    "values/values.prod-02.yaml",
    "values/values.stag-01.yaml",
    "clusters/prod-01.yaml",
    "clusters/stag-01.yaml",
    "baseline/resources/settings.yaml.j2",
    "baseline/resources/quota.yaml",
    "baseline/resources/web/app.yaml",
    "baseline/resources/web/web.yaml.j2",
    "baseline/resources/proxy/Chart.yaml",
    "baseline/resources/proxy/values.yaml",
    "baseline/resources/proxy/templates/config.yaml",
    "bases/agent/agent.yaml",
    "bases/agent/kustomization.yaml",
    "custom/data/layer.yaml",
    "teams/shop/cart.yaml",
    "argocd/services.yaml",
    "services/api/api.yaml",
    "services/mail/mail.yaml",
    "terrace.yaml",
];

/// Words that stand in these files, and others that fit in their place: some change what comes out, some only what is read,
/// some break it.
const WORDS: [(&str, &str); 27] = [
    ("example.com", "example.org"),
    ("info", "warn"),
    ("replicas: 1", "replicas: 5"),
    ("replicas: 3", "replicas: null"),
    ("tag: v1", "tag: v2"),
    ("unused: 1", "unused: 2"),
    ("level: debug", "level: info"),
    ("environment: production", "environment: staging"),
    ("families: [data]", "families: []"),
    ("families: []", "families: [data]"),
    ("name: quota", "name: limits"),
    ("\"16\"", "\"8\""),
    ("cpu: \"4\"", "cpu: \"2\""),
    ("namespace: base", "namespace: other"),
    ("1.0.0", "2.0.0"),
    ("mode: watch", "mode: poll"),
    ("[agent.yaml]", "[agent.yaml]\nnameSuffix: -x"),
    ("cluster: stag-01", "cluster: prod-02"),
    ("name: jobs", "name: queue"),
    ("name: api", "name: mail"),
    ("port: \"80\"", "port: \"8080\""),
    ("currency: EUR", "currency: USD"),
    ("values.level", "values.lvel"),
    ("metadata: {name: mail}", "metadata: {name: api}"),
    ("kind: ConfigMap", "kind: Secret"),
    ("tenant: true", "tenant: false"),
    ("  level: {{ values.level }}", "  level: {{ values.level }}{% if values.flag is defined %}x{% endif %}"),
];

fn edit(repo: &Repo, chance: &mut Chance) -> String {
    let path = *chance.of(&FILES);
    let place = repo.path().join(path);
    match chance.below(12) {
        0 => {
            let _ = fs::remove_file(&place);
            format!("remove {path}")
        }
        1 => {
            let name = *chance.of(&["dr-01", "prod-03"]);
            repo.write(&format!("clusters/{name}.yaml"), &cluster(name, "production", "workload", "data"));
            format!("add {name}")
        }
        2 => {
            let dir = *chance.of(&[
                "services/queue",
                "baseline/resources",
                "baseline/resources/web",
                "teams/shop",
                "teams/new",
                "services/api",
            ]);
            let name = *chance.of(&["extra", "cart", "quota"]);
            let namespace = *chance.of(&["", ", namespace: base", ", namespace: shop"]);
            let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{namespace}}}\n");
            repo.write(&format!("{dir}/{name}-more.yaml"), &text);
            format!("add {dir}/{name}")
        }
        3 => {
            let old = fs::read_to_string(repo.path().join("values/values.yaml")).unwrap_or_default();
            repo.write("values/values.yaml", &format!("{old}flag: {}\n", chance.below(3)));
            "a flag".to_owned()
        }
        _ => {
            let old = fs::read_to_string(&place).unwrap_or_default();
            let fitting: Vec<_> = WORDS.iter().filter(|(from, _)| old.contains(from)).collect();
            if fitting.is_empty() {
                return format!("nothing in {path}");
            }
            let (from, to) = **chance.of(&fitting);
            repo.write(path, &old.replacen(from, to, 1));
            format!("{path}: {from} -> {to}")
        }
    }
}

/// What of each app can be seen to differ.
fn apps(snapshot: &Snapshot) -> BTreeSet<(Arc<str>, Arc<str>, String)> {
    let trees = snapshot.trees.iter();
    let apps = trees.flat_map(|tree| tree.apps.iter().map(|app| (Arc::clone(&tree.cluster), app)));
    apps.map(|(cluster, app)| {
        let held = matches!(app.state, AppState::Held(_));
        let objects: Vec<_> = app.objects.iter().map(|object| (&object.id, object.text.hex())).collect();
        (cluster, Arc::clone(&app.name), format!("{held} {objects:?}"))
    })
    .collect()
}

#[test]
fn whoever_differs_was_reached_and_the_cache_changes_nothing() {
    let runs: u64 = std::env::var("TERRACE_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(25);
    let root = tempfile::tempdir().unwrap();
    let mut differed = 0;
    for seed in 1..=runs {
        let repo = fleet();
        let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let done: Vec<String> = (0..=chance.below(3)).map(|_| edit(&repo, &mut chance)).collect();
        let opening = terrace::pipeline::Opening { current_dir: repo.path(), ..Default::default() };
        let compiler = terrace::pipeline::Compiler::new();
        // What nobody could publish has no diff either.
        if !compiler.compile(&opening, super::fleet::OPTIONS).is_ok_and(|compiled| !compiled.fatal) {
            continue;
        }
        let plain = compared(&repo, None);
        let cached = compared(&repo, Some(&cache(root.path(), &repo)));
        assert_eq!(shown(&cached), shown(&plain), "seed {seed}: {done:?}");
        let again = compared(&repo, Some(&cache(root.path(), &repo)));
        assert_eq!(shown(&again), shown(&plain), "seed {seed}, once more: {done:?}");
        let (base, head) = (apps(&plain.base), apps(&plain.head));
        let reached = reached(&repo);
        let known: BTreeSet<_> =
            reached.iter().filter_map(|one| Some((one.cluster.clone()?, one.app.clone()?))).collect();
        for (cluster, app, _) in base.symmetric_difference(&head) {
            differed += 1;
            assert!(
                known.contains(&(Arc::clone(cluster), Arc::clone(app))),
                "seed {seed}: {done:?} changes {app} on {cluster}, and reaches only\n{}",
                lines(&reached)
            );
        }
    }
    assert!(differed > runs as usize / 2, "{differed} apps in {runs} runs: the edits change nothing");
}
