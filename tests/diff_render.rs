//! Diffs, as they are shown: the cases of testdata/diff.
//!
//! With TERRACE_UPDATE=1 the outputs are written anew, with TERRACE_PAGES=DIR the pages are put there to be looked at.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, which clippy doesn't take for tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use terrace::argocd::ignore_differences::IgnoreDifferences;
use terrace::diag::Severity;
use terrace::diff::render::{self, Comment, Terminal};
use terrace::diff::{self, Diff, Options, SideOf};
use terrace::kube::ObjectId;
use terrace::snapshot::{ClusterFacts, Finding, Place, Snapshot};
use terrace::source::{FileId, Origin};
use terrace::tree::{AppMeta, AppState, ClusterTree, Held, TreeApp, TreeObject};
use terrace::yaml::{Dialect, emit, parse};

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/diff");
    let mut dirs: Vec<PathBuf> =
        fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    dirs.sort();
    dirs
}

fn sorted(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).into_iter().flatten().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn objects(dir: &Path) -> Vec<TreeObject> {
    let mut found = Vec::new();
    for file in sorted(dir) {
        let parsed = parse(FileId::TRANSIENT, &fs::read_to_string(&file).unwrap(), Dialect::Kubernetes);
        assert!(!parsed.diagnostics.has_errors(), "{}: {:?}", file.display(), parsed.diagnostics);
        for document in parsed.documents {
            let id = ObjectId::of(&document.node).unwrap_or_else(|| panic!("{}: no object", file.display()));
            found.push(TreeObject { id, text: emit(&document.node).into(), source: name(&file) });
        }
    }
    found
}

fn texts(value: &Value) -> Vec<(String, Origin)> {
    value.as_array().into_iter().flatten().map(|v| (v.as_str().unwrap().to_owned(), Origin::NONE)).collect()
}

/// What case.yaml and one of its directories say.
fn snapshot(dir: &Path, side: &str, case: &Value) -> Snapshot {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let mut snapshot = Snapshot { name: side.to_owned(), ..Snapshot::default() };
    if let Some(name) = case["names"][side].as_str() {
        snapshot.name = name.to_owned();
    }
    snapshot.commit = case["commits"][side].as_str().map(str::to_owned);
    let mut trees: BTreeMap<String, ClusterTree> = BTreeMap::new();
    let tree = |trees: &mut BTreeMap<String, ClusterTree>, cluster: &str, app: TreeApp| {
        let new = || ClusterTree { cluster: cluster.into(), apps: Vec::new() };
        trees.entry(cluster.to_owned()).or_insert_with(new).apps.push(app);
    };
    for cluster in sorted(&dir.join(side)) {
        for app in sorted(&cluster) {
            let parents = case["parents"][format!("{}/{}", name(&cluster), name(&app))].as_str().map(str::to_owned);
            let about = &case["apps"][side][format!("{}/{}", name(&cluster), name(&app))];
            let meta = AppMeta {
                parents: parents.into_iter().collect(),
                layer: about["layer"].as_str().map(str::to_owned),
                namespace: about["namespace"].as_str().map(str::to_owned),
                wave: about["wave"].as_i64().unwrap_or_default(),
                ..AppMeta::default()
            };
            let app = TreeApp { name: name(&app).into(), state: AppState::Rendered, objects: objects(&app), meta };
            tree(&mut trees, &name(&cluster), app);
        }
    }
    for (place, reason) in case["held"][side].as_object().into_iter().flatten() {
        let held = Held { code: "held".to_owned(), reason: reason.as_str().unwrap().to_owned() };
        match place.split_once('/') {
            Some((cluster, app)) => {
                let state = AppState::Held(held);
                let app = TreeApp { name: app.into(), state, objects: Vec::new(), meta: AppMeta::default() };
                tree(&mut trees, cluster, app);
            }
            None => snapshot.homeless.push((place.as_str().into(), held)),
        }
    }
    let none = serde_json::Map::new();
    let declared = case["clusters"].as_object().unwrap_or(&none);
    let names: BTreeSet<&String> = trees.keys().chain(declared.keys()).collect();
    for name in names {
        let labels = declared.get(name).and_then(|labels| labels.as_object()).into_iter().flatten();
        let labels = labels.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect();
        snapshot.clusters.push(ClusterFacts { name: name.as_str().into(), labels, server: None });
    }
    snapshot.trees = trees.into_values().collect();
    for (place, rules) in case["ignore"].as_object().into_iter().flatten() {
        let (cluster, app) = place.split_once('/').unwrap();
        let rules = rules.as_array().unwrap().iter().map(|rule| IgnoreDifferences {
            group: text(rule, "group"),
            kind: text(rule, "kind"),
            name: text(rule, "name"),
            namespace: text(rule, "namespace"),
            json_pointers: texts(&rule["jsonPointers"]),
            jq_path_expressions: texts(&rule["jqPathExpressions"]),
            managed_fields_managers: texts(&rule["managedFieldsManagers"]),
            origin: Origin::NONE,
        });
        snapshot.ignored.insert((cluster.into(), app.into()), rules.collect());
    }
    for finding in case["findings"][side].as_array().into_iter().flatten() {
        let name = |key: &str| finding[key].as_str().map(Arc::from);
        let line = finding["line"].as_u64().unwrap_or(1).try_into().unwrap();
        snapshot.findings.push(Finding {
            code: text(finding, "code"),
            severity: if finding["severity"] == "warning" { Severity::Warning } else { Severity::Error },
            message: text(finding, "message"),
            place: finding["file"].as_str().map(|file| Place { file: file.to_owned(), line, column: 1 }),
            hints: Vec::new(),
            cluster: name("cluster"),
            app: name("app"),
            object: name("object"),
        });
    }
    snapshot
}

fn case(dir: &Path) -> Value {
    let text = fs::read_to_string(dir.join("case.yaml")).unwrap_or_default();
    if text.is_empty() { Value::Null } else { serde_yaml::from_str(&text).unwrap() }
}

fn compared(dir: &Path) -> Diff {
    let case = case(dir);
    let options = Options { key: Some([7; 32]), ..Options::default() };
    if case["sides"].is_null() {
        return diff::compare(&snapshot(dir, "base", &case), &snapshot(dir, "head", &case), &options);
    }
    let side = |key: &str| {
        let clusters: Vec<Arc<str>> = texts(&case["sides"][key]).into_iter().map(|(name, _)| name.into()).collect();
        SideOf { name: clusters.join(", "), clusters }
    };
    let sides = diff::sides(&snapshot(dir, "head", &case), &side("a"), &side("b"), &options);
    diff::compare(&sides.base, &sides.head, &sides.options)
}

/// The outputs by the names of their files; the first three are there for each case.
fn outputs(diff: &Diff) -> Vec<(&'static str, String)> {
    let to = Terminal { color: false, width: 100, all: false };
    let comment = Comment { title: "Changes".to_owned(), ..Comment::default() };
    vec![
        ("out.txt", render::text(diff, to)),
        ("out.patch", render::unified(diff, false)),
        ("out.md", render::markdown(diff, &comment)),
        ("out.all.txt", render::text(diff, Terminal { all: true, ..to })),
        ("out.all.patch", render::unified(diff, true)),
        ("out.json", render::json(diff, false)),
        ("out.all.json", render::json(diff, true)),
        ("out.html", render::html(diff, "Changes", false)),
    ]
}

#[test]
fn cases_are_shown_as_written() {
    let update = std::env::var_os("TERRACE_UPDATE").is_some();
    let mut wrong = Vec::new();
    for dir in cases() {
        let diff = compared(&dir);
        for (at, (file, text)) in outputs(&diff).into_iter().enumerate() {
            let path = dir.join(file);
            if at >= 3 && !path.exists() {
                continue;
            }
            if update {
                fs::write(&path, &text).unwrap();
            } else if fs::read_to_string(&path).unwrap_or_default() != text {
                wrong.push(format!("{}:\n{text}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_state_differs_in_nothing_from_itself() {
    for dir in cases() {
        let case = case(&dir);
        for side in ["base", "head"] {
            let snapshot = snapshot(&dir, side, &case);
            let diff = diff::compare(&snapshot, &snapshot, &Options::default());
            assert!(diff.is_empty() && diff.groups.is_empty(), "{} {side}: {:?}", dir.display(), diff.groups);
        }
    }
}

/// Every object of one side that differs from the same one of the other is in exactly one group, or is noise.
#[test]
fn every_change_is_shown_once() {
    for dir in cases().into_iter().filter(|dir| case(dir)["sides"].is_null()) {
        let case = case(&dir);
        let (base, head) = (snapshot(&dir, "base", &case), snapshot(&dir, "head", &case));
        let diff = diff::compare(&base, &head, &Options::default());
        let mut shown: BTreeMap<(Arc<str>, ObjectId), usize> = BTreeMap::new();
        for group in &diff.groups {
            // What is shown is from the first cluster; on the others it may be called after these.
            let on = if group.but_for_names { &group.clusters[..1] } else { &group.clusters[..] };
            for (cluster, object) in on.iter().flat_map(|c| group.objects.iter().map(move |o| (c, o))) {
                *shown.entry((cluster.clone(), object.id.clone())).or_default() += 1;
            }
        }
        assert!(shown.values().all(|n| *n == 1), "{}: {shown:?}", dir.display());
        let held: BTreeSet<(Arc<str>, Arc<str>)> =
            diff.held.iter().flat_map(|h| h.clusters.iter().map(|c| (c.clone(), h.app.clone()))).collect();
        let texts = |snapshot: &Snapshot| -> BTreeMap<(Arc<str>, ObjectId), String> {
            let trees = snapshot.trees.iter().flat_map(|tree| tree.apps.iter().map(move |app| (tree, app)));
            let trees = trees.filter(|(tree, app)| !held.contains(&(tree.cluster.clone(), app.name.clone())));
            let objects = trees.flat_map(|(tree, app)| {
                app.objects.iter().map(move |o| ((tree.cluster.clone(), o.id.clone()), o.text.get().to_string()))
            });
            objects.collect()
        };
        let (before, after) = (texts(&base), texts(&head));
        if diff.groups.iter().any(|group| group.but_for_names) {
            continue;
        }
        for (key, text) in &after {
            let same = before.get(key) == Some(text);
            assert!(same || shown.contains_key(key), "{}: {key:?} is not shown", dir.display());
        }
    }
}

fn secrets(dir: &Path) -> BTreeSet<String> {
    use base64::Engine as _;
    let case = case(dir);
    let mut values = BTreeSet::new();
    for side in ["base", "head"] {
        let snapshot = snapshot(dir, side, &case);
        let objects = snapshot.trees.iter().flat_map(|tree| &tree.apps).flat_map(|app| &app.objects);
        for object in objects.filter(|object| object.id.kind == "Secret" && object.id.group.is_empty()) {
            let node = parse(FileId::TRANSIENT, &object.text.get(), Dialect::Kubernetes).into_first();
            for key in ["data", "stringData"] {
                for entry in node.get(key).and_then(|node| node.as_map()).into_iter().flatten() {
                    let text = entry.value.as_str().unwrap().to_owned();
                    let engine = base64::engine::general_purpose::STANDARD;
                    let plain = engine.decode(&text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                    values.insert(engine.encode(&text).trim_end_matches('=').to_owned());
                    values.extend(plain);
                    values.insert(text);
                }
            }
        }
    }
    // Lines of a value count as well.
    let lines: Vec<String> = values.iter().flat_map(|value| value.lines().map(str::to_owned)).collect();
    values.extend(lines);
    values.into_iter().filter(|value| value.len() > 3).collect()
}

#[test]
fn no_secret_is_in_any_output() {
    let mut seen = 0;
    for dir in cases() {
        let values = secrets(&dir);
        seen += values.len();
        let diff = compared(&dir);
        for (file, text) in outputs(&diff) {
            for value in &values {
                assert!(!text.contains(value.as_str()), "{}: {value} in {file}", dir.display());
            }
        }
    }
    assert!(seen > 10);
}

#[test]
fn comments_are_balanced_and_within_any_limit() {
    for dir in cases() {
        let diff = compared(&dir);
        for limit in [2000, 2500, 3000, 5000, 60_000] {
            let comment = Comment { limit, all: limit % 1000 == 0, ..Comment::default() };
            let text = render::markdown(&diff, &comment);
            assert!(text.len() <= limit, "{}: {} > {limit}", dir.display(), text.len());
            balanced(&text);
        }
    }
}

/// Whether `<details>` and fences are closed, read as GitHub reads them.
fn balanced(text: &str) {
    assert!(text.starts_with("<!-- terrace-diff "), "{text}");
    let mut fence: Option<usize> = None;
    let mut open = 0;
    for line in text.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(n) if ticks >= n && line.trim_matches('`').is_empty() => fence = None,
            Some(_) => {}
            None if ticks >= 3 => fence = Some(ticks),
            None => {
                open += i32::from(line == "<details>");
                open -= i32::from(line == "</details>");
                assert!((0..=1).contains(&open), "{text}");
            }
        }
    }
    assert!(fence.is_none() && open == 0, "{text}");
}

#[test]
fn the_page_is_one_file_that_runs_nothing_of_the_data() {
    for dir in cases() {
        let page = render::html(&compared(&dir), "Changes </title><script>alert(1)</script> {{data}}", false);
        if let Some(to) = std::env::var_os("TERRACE_PAGES") {
            fs::create_dir_all(&to).unwrap();
            fs::write(Path::new(&to).join(name(&dir)).with_extension("html"), &page).unwrap();
        }
        assert_eq!(page.matches("<script").count(), 2, "{}", dir.display());
        assert_eq!(page.matches("</script").count(), 2, "{}", dir.display());
        let (before, rest) = page.split_once("id=\"data\">").unwrap();
        let (data, after) = rest.split_once("</script>").unwrap();
        for part in [before, after] {
            assert!(!part.contains("src=") && !part.contains("url(") && !part.contains("@import"));
        }
        assert!(serde_json::from_str::<Value>(data).is_ok(), "{}", dir.display());
    }
}

/// What a patch makes of a text: an applier as simple as can be, which refuses what doesn't fit.
fn patched(old: &str, hunks: &[&str]) -> String {
    let old: Vec<&str> = old.lines().collect();
    let (mut out, mut at) = (Vec::new(), 0);
    for line in hunks {
        if let Some(head) = line.strip_prefix("@@ -") {
            let (start, n) = head.split(' ').next().unwrap().split_once(',').unwrap();
            let start = start.parse::<usize>().unwrap() - usize::from(n != "0");
            out.extend(&old[at..start]);
            at = start;
        } else {
            let (sign, text) = line.split_at(1);
            if sign != "+" {
                assert_eq!(old[at], text);
                at += 1;
            }
            if sign != "-" {
                out.push(text);
            }
        }
    }
    out.extend(&old[at..]);
    out.iter().map(|line| format!("{line}\n")).collect()
}

/// With everything in it, a patch makes head of base.
fn patch_leads_to_head(diff: &Diff) {
    let patch = render::unified(diff, true);
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let mut lines = patch.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("--- ") && lines.peek().is_some_and(|next| next.starts_with("+++ ")) {
            parts.push(Vec::new());
            lines.next();
        } else if !line.starts_with('#') {
            parts.last_mut().unwrap().push(line);
        }
    }
    let objects = diff.groups.iter().flat_map(|group| &group.objects);
    let get = |text: &Option<terrace::tree::Text>| text.as_ref().map(|t| t.get().to_string()).unwrap_or_default();
    let texts = objects.map(|object| (get(&object.texts.0), get(&object.texts.1))).filter(|(old, new)| old != new);
    let texts: Vec<_> = texts.collect();
    assert_eq!(texts.len(), parts.len(), "{patch}");
    for ((old, new), hunks) in texts.iter().zip(&parts) {
        let printable = |text: &str| text.replace('\u{202E}', "<U+202E>");
        assert_eq!(patched(&printable(old), hunks), printable(new), "{patch}");
    }
}

#[test]
fn patches_lead_to_head() {
    for dir in cases() {
        patch_leads_to_head(&compared(&dir));
    }
}

mod properties {
    use proptest::prelude::*;
    use terrace::yaml::{Map, Node};

    use super::*;

    fn value() -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![
            Just(Node::default()),
            any::<bool>().prop_map(Node::made),
            (-3i64..9).prop_map(Node::made),
            "[a-c`@#<-]{0,3}".prop_map(Node::made),
            "([ab`]{0,2}\n){1,4}".prop_map(Node::made),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let map = prop::collection::btree_map(
                "(name|spec|labels|metadata|containers|ports|a|b|x\\.y/z)",
                inner.clone(),
                0..5,
            );
            let map = map.prop_map(|entries| {
                let mut map = Map::new();
                for (key, value) in entries {
                    map.insert(key, Origin::NONE, value);
                }
                Node::made(map)
            });
            prop_oneof![prop::collection::vec(inner, 0..5).prop_map(Node::made), map]
        })
    }

    fn snapshot(objects: &BTreeMap<(String, u8), Node>, kinds: &[&str]) -> Snapshot {
        let mut trees: BTreeMap<&str, ClusterTree> = BTreeMap::new();
        for ((cluster, number), value) in objects {
            let mut metadata = Map::new();
            metadata.insert("name", Origin::NONE, Node::made(format!("o{number}")));
            let mut map = Map::new();
            map.insert("apiVersion", Origin::NONE, Node::made("v1"));
            map.insert("kind", Origin::NONE, Node::made(kinds[usize::from(*number) % kinds.len()]));
            map.insert("metadata", Origin::NONE, Node::made(metadata));
            map.insert("data", Origin::NONE, value.clone());
            let node = Node::made(map);
            let object =
                TreeObject { id: ObjectId::of(&node).unwrap(), text: emit(&node).into(), source: String::new() };
            let new = || ClusterTree { cluster: cluster.as_str().into(), apps: Vec::new() };
            let tree = trees.entry(cluster).or_insert_with(new);
            let name = format!("app{}", number % 2);
            match tree.apps.iter_mut().find(|app| *app.name == *name) {
                Some(app) => app.objects.push(object),
                None => tree.apps.push(TreeApp {
                    name: name.into(),
                    state: AppState::Rendered,
                    objects: vec![object],
                    meta: AppMeta::default(),
                }),
            }
        }
        Snapshot { trees: trees.into_values().collect(), ..Snapshot::default() }
    }

    fn state() -> impl Strategy<Value = BTreeMap<(String, u8), Node>> {
        prop::collection::btree_map(("(c1|c2|c3)", 0u8..4), value(), 0..8)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn any_two_states(base in state(), mut head in state(), keep in 0usize..8) {
            for (key, value) in base.iter().take(keep) {
                head.insert(key.clone(), value.clone());
            }
            let (before, after) = (snapshot(&base, &["Thing", "Other"]), snapshot(&head, &["Thing", "Other"]));
            prop_assert!(diff::compare(&before, &before, &Options::default()).is_empty());
            let diff = diff::compare(&before, &after, &Options::default());
            let mut shown: BTreeMap<(Arc<str>, ObjectId), usize> = BTreeMap::new();
            for group in &diff.groups {
                for (cluster, object) in group.clusters.iter().flat_map(|c| group.objects.iter().map(move |o| (c, o))) {
                    *shown.entry((cluster.clone(), object.id.clone())).or_default() += 1;
                    if let Some(from) = &object.renamed_from {
                        *shown.entry((cluster.clone(), from.clone())).or_default() += 1;
                    }
                }
            }
            prop_assert!(shown.values().all(|n| *n == 1), "{shown:?}");
            let texts = |snapshot: &Snapshot| -> BTreeMap<(Arc<str>, ObjectId), String> {
                let trees = snapshot.trees.iter().flat_map(|tree| tree.apps.iter().map(move |app| (tree, app)));
                let all = trees.flat_map(|(tree, app)| app.objects.iter().map(move |object| (tree, object)));
                all.map(|(tree, o)| ((tree.cluster.clone(), o.id.clone()), o.text.get().to_string())).collect()
            };
            let (before, after) = (texts(&before), texts(&after));
            let keys: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
            for key in keys {
                prop_assert_eq!(before.get(&key) != after.get(&key), shown.contains_key(&key), "{:?}", key);
            }
            patch_leads_to_head(&diff);
            for limit in [2000, 4000] {
                let comment = render::markdown(&diff, &Comment { limit, ..Comment::default() });
                prop_assert!(comment.len() <= limit);
                balanced(&comment);
            }
        }

        /// What is left of a patch without noise has no noise in it, and all the rest.
        #[test]
        fn a_patch_without_noise(base in state(), head in state()) {
            let (before, mut after) = (snapshot(&base, &["Thing"]), snapshot(&head, &["Thing"]));
            let texts = |all: &[&str]| all.iter().map(|text| ((*text).to_owned(), Origin::NONE)).collect();
            let rule = IgnoreDifferences {
                kind: "*".to_owned(),
                group: "*".to_owned(),
                json_pointers: texts(&["/data/a", "/data/spec/b"]),
                jq_path_expressions: texts(&[".data.labels[\"x.y/z\"]", ".data.containers.a"]),
                ..IgnoreDifferences::default()
            };
            let apps = ["app0", "app1"];
            for place in ["c1", "c2", "c3"].iter().flat_map(|c| apps.map(|app| (Arc::from(*c), Arc::from(app)))) {
                after.ignored.insert(place, vec![rule.clone()]);
            }
            let diff = diff::compare(&before, &after, &Options::default());
            let patch = render::unified(&diff, false);
            let parts: Vec<&str> = patch.split("\n--- ").skip(1).collect();
                        for (group, object) in diff.groups.iter().flat_map(|g| g.objects.iter().map(move |o| (g, o))) {
                let (Some(old), Some(new)) = (&object.texts.0, &object.texts.1) else { continue };
                if object.is_noise() || old == new {
                    continue;
                }
                let file = format!("/_cluster/thing-{}.yaml", object.id.name);
                let path = format!("+++ b/{}/{}{file}", group.clusters[0], group.app);
                let part = parts.iter().find(|part| part.lines().nth(1) == Some(&path));
                // Where nothing is left but noise, there is none.
                let Some(part) = part else {
                    prop_assert!(object.fields.iter().any(|field| field.noise.is_some()), "{patch}");
                    continue;
                };
                let hunks: Vec<&str> = part.lines().skip(2).filter(|line| !line.starts_with('#')).collect();
                let text = patched(&old.get(), &hunks);
                let read = |text: &str| parse(FileId::TRANSIENT, text, Dialect::Kubernetes).into_first();
                let (left, all) = (read(&text), read(&new.get()));
                // Where nothing is noise, it is head.
                if object.fields.iter().all(|field| field.noise.is_none()) {
                    prop_assert_eq!(left, all);
                    continue;
                }
                let old = read(&old.get());
                for field in object.fields.iter().filter(|field| field.noise.is_some()) {
                    let keys: Vec<String> = field.path.0.iter().map_while(|step| match step {
                        diff::path::Step::Key(key) => Some(key.to_string()),
                        _ => None,
                    }).collect();
                    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                    prop_assert_eq!(left.at(&keys), old.at(&keys), "{}", field.path);
                }
            }
        }

        #[test]
        fn any_secret(base in state(), head in state(), secret in "[A-Za-z]{12}") {
            fn hide(node: &Node, secret: &str) -> Node {
                match &node.value {
                    terrace::yaml::Value::Map(map) => {
                        let mut hidden = Map::new();
                        for entry in map {
                            hidden.insert(entry.key.clone(), Origin::NONE, hide(&entry.value, secret));
                        }
                        Node::made(hidden)
                    }
                    terrace::yaml::Value::Seq(items) => {
                        Node::made(items.iter().map(|item| hide(item, secret)).collect::<Vec<_>>())
                    }
                    _ => Node::made(format!("{secret} line\n{secret}")),
                }
            }
            let hidden = |state: &BTreeMap<(String, u8), Node>| {
                state.iter().map(|(key, value)| (key.clone(), hide(value, &secret))).collect()
            };
            let (before, after) = (snapshot(&hidden(&base), &["Secret"]), snapshot(&hidden(&head), &["Secret"]));
            let diff = diff::compare(&before, &after, &Options::default());
            for (file, text) in outputs(&diff) {
                prop_assert!(!text.contains(&secret), "{file}: {text}");
            }
        }
    }
}

#[test]
fn large_objects_take_no_long_time() {
    let start = std::time::Instant::now();
    let list = |n: usize, skip: usize| -> String {
        (0..n)
            .filter(|i| *i != skip)
            .map(|i| format!("  - from: [{{cidr: 10.{}.{}.0/24}}]\n", i / 256, i % 256))
            .collect()
    };
    let map = |n: usize, mark: usize| -> String {
        (0..n).map(|i| format!("  key-{i:06}: \"{}\"\n", if i == mark { n + 1 } else { i })).collect()
    };
    let text = |n: usize, mark: usize| -> String {
        (0..n).map(|i| format!("    line {} of a long text\n", if i % mark == 0 { i * 7 } else { i })).collect()
    };
    let snapshot = |texts: [String; 3]| {
        let objects = texts.into_iter().map(|text| {
            let node = parse(FileId::TRANSIENT, &text, Dialect::Kubernetes).into_first();
            TreeObject { id: ObjectId::of(&node).unwrap(), text: text.into(), source: String::new() }
        });
        let app = TreeApp {
            name: "a".into(),
            state: AppState::Rendered,
            objects: objects.collect(),
            meta: AppMeta::default(),
        };
        let trees = vec![ClusterTree { cluster: "c".into(), apps: vec![app] }];
        Snapshot { trees, ..Snapshot::default() }
    };
    let all = |skip: usize, mark: usize| {
        snapshot([
            format!("apiVersion: v1\nkind: List1\nmetadata: {{name: a}}\nrules:\n{}", list(10_000, skip)),
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: b}}\ndata:\n{}", map(20_000, mark)),
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  text: |\n{}", text(60_000, mark)),
        ])
    };
    let (base, head) = (all(77, 100), all(5000, 101));
    let made = start.elapsed();
    let diff = diff::compare(&base, &head, &Options::default());
    let compared = start.elapsed() - made;
    let fields: Vec<usize> = diff.groups[0].objects.iter().map(|object| object.fields.len()).collect();
    assert_eq!(fields, [2, 1, 2], "{:?}", diff.groups[0].objects[0].fields);
    for (_, text) in outputs(&diff) {
        assert!(!text.is_empty());
    }
    let shown = start.elapsed() - made - compared;
    println!("made in {made:?}, compared in {compared:?}, shown in {shown:?}");
    // Many times what it takes in a debug build: only what grows with the square is caught.
    assert!(start.elapsed().as_secs() < 60);
}

/// 5,000 objects on 40 clusters: a page to be tried by hand.
#[test]
fn a_page_of_many_objects() {
    let deployment = |name: usize, image: usize, replicas: usize| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web-{name}, namespace: shop}}\nspec:\n  replicas: {replicas}\n  \
             template:\n    spec:\n      containers: [{{name: web, image: \"registry.example.com/web:{image}\"}}]\n"
        )
    };
    let snapshot = |image: usize, from: usize| {
        let tree = |cluster: usize| {
            let app = |app: usize| {
                let own = if (app + cluster).is_multiple_of(10) || cluster > 0 { cluster * 10 + app } else { 0 };
                let objects = (from..100 + from).map(|n| {
                    let text = deployment(n, image, 2 + own * (image - 1));
                    let node = parse(FileId::TRANSIENT, &text, Dialect::Kubernetes).into_first();
                    TreeObject {
                        id: ObjectId::of(&node).unwrap(),
                        text: text.into(),
                        source: format!("apps/{app}.yaml"),
                    }
                });
                let name = format!("app-{app:02}").into();
                TreeApp { name, state: AppState::Rendered, objects: objects.collect(), meta: AppMeta::default() }
            };
            ClusterTree { cluster: format!("prod-{cluster:02}").into(), apps: (0..10).map(app).collect() }
        };
        Snapshot { name: format!("v{image}"), trees: (0..5).map(tree).collect(), ..Snapshot::default() }
    };
    let diff = diff::compare(&snapshot(1, 0), &snapshot(2, 5), &Options::default());
    let shown: usize = diff.groups.iter().map(|group| group.objects.len() * group.clusters.len()).sum();
    assert!(shown >= 5000);
    let page = render::html(&diff, "Many", false);
    if let Some(to) = std::env::var_os("TERRACE_PAGES") {
        fs::write(Path::new(&to).join("many.html"), &page).unwrap();
    }
    let comment = render::markdown(&diff, &Comment::default());
    assert!(comment.len() <= 60_000 && comment.contains("left out"));
    balanced(&comment);
}
