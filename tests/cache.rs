//! Results of earlier runs: taken where they hold, and only there. Whatever happens to the files, output stays right.
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

#[path = "repo/mod.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod repo;

/// A copy of an example fleet, an output directory and a cache.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new(fleet: &str) -> Self {
        let place = Self { dir: TempDir::new().unwrap() };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fleets").join(fleet);
        copy(&from, &place.path("fleet"));
        // Times of files that were made just now say little.
        thread::sleep(Duration::from_millis(30));
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        command.env_remove("TERRACE_CACHE_DIR").current_dir(self.path("fleet")).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn cached(&self, args: &[&str]) -> Output {
        self.run(&[args, &["--cache-dir", "../cache"]].concat())
    }

    fn render(&self, out: &str) -> String {
        let ran = self.cached(&["render", "-o", &format!("../{out}")]);
        assert!(ran.status.success(), "{}", text(&ran));
        String::from_utf8(ran.stderr).unwrap()
    }

    /// What a run without a cache makes.
    fn truth(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let out = self.path("truth");
        let _ = fs::remove_dir_all(&out);
        let ran = self.run(&["render", "--no-cache", "-o", "../truth"]);
        assert!(ran.status.success(), "{}", text(&ran));
        tree(&out)
    }

    /// The files of the cache.
    fn kept(&self) -> Vec<PathBuf> {
        let mut kept: Vec<PathBuf> = tree(&self.path("cache")).into_keys().collect();
        kept.retain(|path| path.file_name().is_none_or(|name| name != "CACHEDIR.TAG" && name != "fleet"));
        kept
    }
}

fn text(ran: &Output) -> String {
    format!("{:?}\n{}{}", ran.status.code(), String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to)
        } else {
            let _ = fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// All files below a directory, and what is in them.
fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut todo = vec![root.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                files.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn what_was_kept_gives_what_would_be_made() {
    for fleet in ["hub-and-spoke", "charts", "kustomize"] {
        let place = Place::new(fleet);
        let truth = place.truth();
        place.render("one");
        assert_eq!(tree(&place.path("one")), truth, "{fleet}, the first time");
        // Another directory: nothing of it stands, all is taken from the cache.
        place.render("two");
        assert_eq!(tree(&place.path("two")), truth, "{fleet}, from the cache");
        for verb in ["check", "graph"] {
            let plain = text(&place.run(&[verb, "--no-cache"]));
            assert_eq!(text(&place.cached(&[verb])), plain, "{fleet}, {verb}");
            assert_eq!(text(&place.cached(&[verb])), plain, "{fleet}, {verb}, once more");
        }
    }
}

#[test]
fn a_run_that_need_not_be_made_again_says_what_it_would_say() {
    let place = Place::new("hub-and-spoke");
    place.render("out");
    let again = place.render("out");
    assert!(again.starts_with("aws-eks-prod  unchanged, 36 files\n"), "{again}");
    // The same as who looks at everything says.
    let plain = place.run(&["render", "--no-cache", "-o", "../out"]);
    assert_eq!(again, String::from_utf8(plain.stderr).unwrap());
    // Another way to be told is another call.
    assert_eq!(text(&place.cached(&["render", "-o", "../out", "-q"])), "Some(0)\n");
}

/// Whatever is changed is seen: in what is read, in what was written, and in what has a say in it.
#[test]
fn every_change_is_seen() {
    type Edit = fn(&Path);
    let edits: [(&str, Edit); 12] = [
        ("a value", |p| edit(&p.join("fleet/values/values.yaml"), "2.14.0", "2.14.1")),
        ("a value, its size and time kept", |p| {
            let path = p.join("fleet/values/values.yaml");
            let time = fs::metadata(&path).unwrap().modified().unwrap();
            edit(&path, "acme.example", "acme.exampel");
            fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        }),
        ("a template", |p| edit(&p.join("fleet/teams/checkout/config.yaml.j2"), "metadata:", "metadata: ")),
        ("a file more", |p| {
            let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n";
            fs::write(p.join("fleet/teams/checkout/more.yaml"), text).unwrap();
        }),
        ("a file less", |p| fs::remove_file(p.join("fleet/values/values.dr-01.yaml")).unwrap()),
        ("a directory more", |p| {
            fs::create_dir(p.join("fleet/teams/payments")).unwrap();
            fs::write(p.join("fleet/teams/payments/a.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
                .unwrap();
        }),
        ("a cluster", |p| {
            edit(&p.join("fleet/clusters/dev-01.yaml"), "environment: development", "environment: staging")
        }),
        ("an Application", |p| {
            edit(
                &p.join("fleet/argocd-bootstrap-apps/apps/status-api-lab.yaml"),
                "namespace: status",
                "namespace: stats",
            )
        }),
        ("an object by hand", |p| {
            let path = p.join("out/dr-01/teams-checkout/checkout/horizontalpodautoscaler-checkout.yaml");
            edit(&path, "minReplicas: 1", "minReplicas: 9");
        }),
        ("an object gone", |p| {
            fs::remove_file(p.join("out/dr-01/teams-checkout/checkout/horizontalpodautoscaler-checkout.yaml")).unwrap();
        }),
        ("a tree gone", |p| fs::remove_dir_all(p.join("out/dev-01")).unwrap()),
        ("everything written anew", |p| {
            for (path, bytes) in tree(&p.join("fleet/teams")) {
                fs::write(p.join("fleet/teams").join(path), bytes).unwrap();
            }
        }),
    ];
    for (name, edit) in edits {
        let place = Place::new("hub-and-spoke");
        place.render("out");
        assert!(place.render("out").contains("unchanged"), "{name}");
        edit(place.dir.path());
        place.render("out");
        assert_eq!(tree(&place.path("out")), place.truth(), "{name}");
    }
}

fn edit(path: &Path, from: &str, to: &str) {
    let old = fs::read_to_string(path).unwrap();
    assert!(old.contains(from), "{} has no {from}", path.display());
    fs::write(path, old.replace(from, to)).unwrap();
}

/// What git ignores isn't read: when that changes, so does what is made.
#[test]
fn what_is_ignored_is_part_of_what_is_read() {
    let repo = repo::Repo::new();
    let fleet = "apiVersion: terrace.dev/v1alpha1\nkind: Fleet\nmetadata: {name: a}\nspec: {layers: [{name: base, path: base}]}\n";
    repo.write("terrace.yaml", fleet);
    repo.write("clusters/dev.yaml", "apiVersion: terrace.dev/v1alpha1\nkind: Cluster\nmetadata: {name: dev}\n");
    let map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: a}}\n");
    repo.write("base/resources/one.yaml", &map("one"));
    repo.write("base/resources/two.yaml", &map("two"));
    repo.commit("one");
    fs::create_dir_all(repo.path().join("base/resources/later/deep")).unwrap();
    let cache = TempDir::new().unwrap();
    let render = || {
        thread::sleep(Duration::from_millis(30));
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        command
            .env_remove("TERRACE_CACHE_DIR")
            .arg("-C")
            .arg(repo.path())
            .args(["render", "--cache-dir"])
            .arg(cache.path());
        let ran = command.output().unwrap();
        assert!(ran.status.success(), "{}", text(&ran));
        let files = tree(&repo.path().join("rendered/dev"));
        files.keys().filter(|path| path.extension().is_some_and(|e| e == "yaml")).count()
    };
    repo.write(".gitignore", "rendered\n");
    assert_eq!((render(), render()), (2, 2));
    repo.write("base/resources/later/deep/three.yaml", &map("three"));
    assert_eq!((render(), render()), (3, 3), "in a directory that had nothing in it");
    repo.write(".gitignore", "rendered\nthree.yaml\n");
    assert_eq!((render(), render()), (2, 2), "ignored by the repository");
    repo.write(".git/info/exclude", "two.yaml\n");
    assert_eq!((render(), render()), (2, 2), "what is tracked is seen all the same");
    repo.git(&["rm", "-q", "--cached", "base/resources/two.yaml"]);
    assert_eq!((render(), render()), (1, 1), "ignored by the clone, and no more tracked");
}

/// What a chart lacks is looked for in what stands for a repository, for each app that uses the chart.
#[test]
fn a_newer_dependency_reaches_every_app_of_a_chart() {
    let place = Place::new("charts");
    place.render("out");
    let chart = place.path("fleet/vendor/charts");
    let old = fs::read_dir(&chart).unwrap().map(|e| e.unwrap().path());
    let old = old.into_iter().find(|path| path.to_string_lossy().contains("reports-")).unwrap();
    let ran = Command::new("tar").arg("xzf").arg(&old).arg("-C").arg(place.path("")).status().unwrap();
    assert!(ran.success());
    let file = place.path("reports/Chart.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let version = text.lines().find(|line| line.starts_with("version:")).unwrap();
    fs::write(&file, text.replace(version, "version: 2.99.0")).unwrap();
    let new = chart.join("reports-2.99.0.tgz");
    let ran = Command::new("tar").arg("czf").arg(&new).arg("-C").arg(place.path("")).arg("reports").status().unwrap();
    assert!(ran.success());
    place.render("out");
    assert_eq!(tree(&place.path("out")), place.truth());
    fs::remove_file(&new).unwrap();
    place.render("out");
    assert_eq!(tree(&place.path("out")), place.truth());
}

/// A directory that is exchanged for a link, and a fleet that comes to be nearer, are seen.
#[cfg(unix)]
#[test]
fn the_way_to_what_is_read_is_looked_at() {
    let place = Place::new("hub-and-spoke");
    place.render("out");
    assert!(place.render("out").contains("unchanged"));
    fs::rename(place.path("fleet/values"), place.path("values")).unwrap();
    std::os::unix::fs::symlink("../values", place.path("fleet/values")).unwrap();
    let ran = place.cached(&["render", "-o", "../out"]);
    assert_eq!(text(&ran), text(&place.run(&["render", "--no-cache", "-o", "../out"])));
    assert!(!ran.status.success());
}

#[test]
fn a_damaged_file_counts_as_absent() {
    let place = Place::new("hub-and-spoke");
    let truth = place.truth();
    place.render("out");
    place.cached(&["check"]);
    let (mut seed, mut damaged) = (0x2545_F491_4F6C_DD1Du64, 0);
    for round in 0..24 {
        for path in place.kept() {
            let path = place.path("cache").join(path);
            let mut bytes = fs::read(&path).unwrap();
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = usize::try_from(seed >> 33).unwrap() % bytes.len().max(1);
            match round % 4 {
                0 => bytes.truncate(at),
                1 => bytes.extend(b"more"),
                2 => bytes.clear(),
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << (round % 8);
                    }
                }
            }
            fs::write(&path, bytes).unwrap();
            damaged += 1;
        }
        let _ = fs::remove_dir_all(place.path("out"));
        place.render("out");
        assert_eq!(tree(&place.path("out")), truth, "round {round}");
        let plain = text(&place.run(&["check", "--no-cache"]));
        assert_eq!(text(&place.cached(&["check"])), plain, "round {round}");
    }
    assert!(damaged >= 48, "{damaged} files were damaged");
}

#[test]
fn runs_at_once_do_not_disturb_each_other() {
    let place = Place::new("hub-and-spoke");
    let truth = place.truth();
    for round in 0..3 {
        let outs: Vec<String> = (0..6).map(|i| format!("out-{round}-{i}")).collect();
        thread::scope(|scope| {
            for out in &outs {
                scope.spawn(|| place.render(out));
            }
        });
        for out in &outs {
            assert_eq!(tree(&place.path(out)), truth, "{out}");
        }
        edit(&place.path("fleet/teams/insights/consumer/access.yaml"), "metadata:", "metadata: ");
    }
    assert!(!place.kept().iter().any(|path| path.extension().is_some_and(|e| e == "new")), "{:?}", place.kept());
}

#[test]
fn it_stays_within_bounds_and_can_be_looked_at() {
    let place = Place::new("hub-and-spoke");
    for version in 0..9 {
        let path = place.path("fleet/values/values.yaml");
        let old = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{old}\n# {version}\n")).unwrap();
        edit(&path, "registry: ", "registry: m.");
        place.render("out");
    }
    let packs = place.kept().iter().filter(|path| path.extension().is_some_and(|e| e == "pack")).count();
    assert!(packs <= 7, "{packs} packs");
    let stats = text(&place.cached(&["cache", "stats"]));
    assert!(stats.contains(&*place.path("fleet").canonicalize().unwrap().to_string_lossy()), "{stats}");
    let pruned = text(&place.cached(&["cache", "prune", "--max-size", "1kB"]));
    assert!(pruned.contains(" removed, "), "{pruned}");
    let left: u64 = place.kept().iter().map(|path| fs::metadata(place.path("cache").join(path)).unwrap().len()).sum();
    assert!(left <= 1000, "{left} bytes are left");
    let pruned = text(&place.cached(&["cache", "prune"]));
    assert!(pruned.ends_with("0 B left\n"), "{pruned}");
    assert_eq!(tree(&place.path("out")), place.truth());
}

#[test]
fn it_goes_where_it_is_told() {
    let place = Place::new("hub-and-spoke");
    let dir = |vars: &[(&str, &str)], args: &[&str]| {
        let mut command = place.command(&[&["cache", "dir"], args].concat());
        for name in ["XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"] {
            command.env_remove(name);
        }
        command.envs(vars.iter().copied());
        text(&command.output().unwrap())
    };
    assert_eq!(dir(&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")], &[]), "Some(0)\n/c/terrace\n");
    assert_eq!(dir(&[("HOME", "/h")], &[]), "Some(0)\n/h/.cache/terrace\n");
    assert_eq!(dir(&[("XDG_CACHE_HOME", "relative"), ("HOME", "/h")], &[]), "Some(0)\n/h/.cache/terrace\n");
    assert_eq!(dir(&[("TERRACE_CACHE_DIR", "/t"), ("HOME", "/h")], &[]), "Some(0)\n/t\n");
    assert_eq!(dir(&[("TERRACE_CACHE_DIR", "/t")], &["--cache-dir", "/d"]), "Some(0)\n/d\n");
    assert!(dir(&[], &[]).starts_with("Some(2)\n"), "{}", dir(&[], &[]));
    assert!(dir(&[("TERRACE_CACHE_DIR", "")], &[]).starts_with("Some(2)\n"));
    // A place that can't be written makes no run fail.
    let ran = place.run(&["render", "-o", "../out", "--cache-dir", "/dev/null/cache"]);
    assert!(ran.status.success(), "{}", text(&ran));
}
