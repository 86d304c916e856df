//! Lays a cluster's tree out: which files it has, which stay as they are, and the new index.
//!
//! Works on values alone; what it needs of the old tree is its index. What is on disk (or on a branch) is compared
//! with the [`Arrangement`] by whoever writes it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::index::{FORMAT, Index, IndexedApp, IndexedObject, StateName, tree_digest};
use super::place::{UsualGroup, place};
use super::{AppMeta, AppState, ClusterTree, Held, Layout, TreeApp, app_ref, write_documents};
use crate::diag::{Code, Diagnostic, Diagnostics};

/// Says whether an app is among those that are being written, from its cluster, its name and what is known of it (an
/// app that left is asked about too, with what the index knows). The others stay as they are.
pub type Selection<'a> = &'a (dyn Fn(&str, &str, &AppMeta) -> bool + Sync);

/// How trees are laid out.
#[derive(Clone)]
pub struct Rules<'a> {
    /// How objects are spread over files.
    pub layout: Layout,
    /// Which groups file names leave out.
    pub usual: UsualGroup,
    /// Which apps are being written; none: all.
    pub selection: Option<Selection<'a>>,
    /// What failed, by the names that [`AppMeta::parents`] uses: the apps under it are held.
    pub held: BTreeMap<String, Held>,
}

impl Rules<'_> {
    /// The rules for writing everything in the default layout, nothing held.
    pub fn new(usual: UsualGroup) -> Self {
        Self { layout: Layout::default(), usual, selection: None, held: BTreeMap::new() }
    }

    /// Adds the held apps of these trees to what is held.
    pub fn hold(&mut self, trees: &[ClusterTree]) {
        for tree in trees {
            for app in &tree.apps {
                if let AppState::Held(held) = &app.state {
                    self.held.insert(app_ref(&tree.cluster, &app.name), held.clone());
                }
            }
        }
    }

    fn selects(&self, cluster: &str, app: &str, meta: &AppMeta) -> bool {
        self.selection.is_none_or(|selects| selects(cluster, app, meta))
    }

    /// Why an app whose parents are these is held, if it is.
    fn held_under(&self, app: &str, parents: &[String]) -> Option<Held> {
        let (parent, held) = parents.iter().filter(|p| *p != app).find_map(|p| Some((p, self.held.get(p)?)))?;
        Some(Held { code: held.code.clone(), reason: format!("{parent} is held: {}", held.reason) })
    }
}

/// What a file is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// This text.
    Text(Arc<str>),
    /// What it holds already.
    Kept,
}

/// A tree as it is to be.
#[derive(Clone, Debug)]
pub struct Arrangement {
    /// The files below the cluster's directory, by path; without the index.
    pub files: BTreeMap<String, Content>,
    /// The new index.
    pub index: Index,
}

/// Lays out one cluster's tree, `previous` being the index of the tree that stands.
///
/// # Errors
/// When two apps want one path, each such path.
pub fn arrange(tree: &ClusterTree, previous: Option<&Index>, rules: &Rules<'_>) -> Result<Arrangement, Diagnostics> {
    let old: HashMap<&str, &IndexedApp> =
        previous.into_iter().flat_map(|index| &index.apps).map(|app| (app.name.as_str(), app)).collect();
    let mut files = Files::default();
    let mut apps = Vec::with_capacity(tree.apps.len());
    let mut given: HashMap<&str, ()> = HashMap::with_capacity(tree.apps.len());
    for app in &tree.apps {
        if given.insert(&app.name, ()).is_some() {
            files.doubled.push((app.name.to_string(), app.name.to_string(), app.name.to_string()));
        }
        let before = old.get(&*app.name).copied();
        let selected = rules.selects(&tree.cluster, &app.name, &app.meta);
        match (&app.state, before) {
            (_, None) if !selected => {}
            (_, Some(before)) if !selected => apps.push(files.keep(before)),
            (AppState::Rendered, _) => apps.push(files.put(app, rules)),
            (AppState::Held(held), before) => {
                let before = before.map(|app| files.keep(app));
                apps.push(IndexedApp {
                    name: app.name.to_string(),
                    state: StateName::Held,
                    held: Some(held.clone()),
                    meta: app.meta.clone(),
                    objects: before.map(|app| app.objects).unwrap_or_default(),
                });
            }
        }
    }
    for before in previous.into_iter().flat_map(|index| &index.apps) {
        if given.insert(&before.name, ()).is_some() {
            continue;
        }
        if !rules.selects(&tree.cluster, &before.name, &before.meta) {
            apps.push(files.keep(before));
        } else if let Some(held) = rules.held_under(&app_ref(&tree.cluster, &before.name), &before.meta.parents) {
            apps.push(IndexedApp { state: StateName::Held, held: Some(held), ..files.keep(before) });
        }
    }
    apps.sort_by(|a, b| a.name.cmp(&b.name));
    let clashes = files.clashes(&tree.cluster);
    if !clashes.is_empty() {
        return Err(clashes);
    }
    let index = Index {
        format: FORMAT,
        cluster: tree.cluster.to_string(),
        layout: rules.layout,
        digest: tree_digest(&apps),
        apps,
    };
    let files = files.by_path.into_iter().map(|(path, (_, content))| (path, content)).collect();
    Ok(Arrangement { files, index })
}

/// The files so far, each with its app.
#[derive(Default)]
struct Files {
    by_path: BTreeMap<String, (String, Content)>,
    /// Path, first app, second app.
    doubled: Vec<(String, String, String)>,
}

impl Files {
    fn add(&mut self, path: &str, app: &str, content: Content) {
        if let Some((other, _)) = self.by_path.insert(path.to_owned(), (app.to_owned(), content)) {
            self.doubled.push((path.to_owned(), other, app.to_owned()));
        }
    }

    /// An app of the old index, its files as they are.
    fn keep(&mut self, app: &IndexedApp) -> IndexedApp {
        let mut paths: Vec<&str> = app.objects.iter().map(|o| o.path.as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        for path in paths {
            self.add(path, &app.name, Content::Kept);
        }
        app.clone()
    }

    /// An app with the objects given.
    fn put(&mut self, app: &TreeApp, rules: &Rules<'_>) -> IndexedApp {
        let paths = place(&app.name, &app.objects, rules.layout, rules.usual);
        match rules.layout {
            Layout::FilePerObject => {
                for (path, object) in paths.iter().zip(&app.objects) {
                    self.add(path, &app.name, Content::Text(with_line_end(&object.text.get())));
                }
            }
            Layout::FilePerApp => {
                if let Some(path) = paths.first() {
                    let mut text = Vec::new();
                    // A vector takes all that is written to it; what comes of text is text.
                    let documents: Vec<Arc<str>> = app.objects.iter().map(|o| o.text.get()).collect();
                    let _ = write_documents(&mut text, documents.iter().map(|text| &**text));
                    let text = String::from_utf8(text).unwrap_or_default();
                    self.add(path, &app.name, Content::Text(text.into()));
                }
            }
        }
        let objects = paths.into_iter().zip(&app.objects).map(|(path, object)| IndexedObject {
            id: object.id.clone(),
            path,
            digest: object.text.hex(),
            source: object.source.clone(),
        });
        IndexedApp {
            name: app.name.to_string(),
            state: StateName::Rendered,
            held: None,
            meta: app.meta.clone(),
            objects: objects.collect(),
        }
    }

    /// An error for each two apps that want one path, or a file where the other wants a directory. Names that differ
    /// never do: it takes two apps of one name, or an index that somebody edited.
    fn clashes(&self, cluster: &Arc<str>) -> Diagnostics {
        let mut doubled = self.doubled.clone();
        let mut folded: HashMap<String, &String> = HashMap::with_capacity(self.by_path.len());
        for (path, (app, _)) in &self.by_path {
            if let Some(other) = folded.insert(path.to_ascii_lowercase(), app) {
                doubled.push((path.clone(), other.clone(), app.clone()));
            }
        }
        for (path, (app, _)) in &self.by_path {
            for (at, _) in path.match_indices('/') {
                let directory = path.get(..at).unwrap_or_default();
                if let Some(other) = folded.get(&directory.to_ascii_lowercase()) {
                    doubled.push((directory.to_owned(), (*other).clone(), app.clone()));
                }
            }
        }
        doubled.sort();
        doubled.dedup_by(|a, b| a.1 == b.1 && a.2 == b.2);
        let clash = |(path, one, other): (String, String, String)| {
            let message = if one == other {
                format!("two apps on {cluster} are called `{one}`")
            } else {
                format!("the apps `{one}` and `{other}` on {cluster} both want the path {path}")
            };
            Diagnostic::error(Code::DUPLICATE_NAME, message)
                .hint("rename one of them; nothing of this cluster was written")
                .about(Some(cluster), Some(&other.as_str().into()))
        };
        doubled.into_iter().map(clash).collect()
    }
}

fn with_line_end(text: &Arc<str>) -> Arc<str> {
    if text.ends_with('\n') { Arc::clone(text) } else { format!("{text}\n").into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::ObjectId;
    use crate::tree::TreeObject;

    fn app(name: &str, objects: &[&str]) -> TreeApp {
        let object = |name: &&str| TreeObject {
            id: ObjectId {
                group: "".into(),
                version: "v1".into(),
                kind: "ConfigMap".into(),
                namespace: "a".into(),
                name: (*name).into(),
                generated: false,
            },
            text: format!("name: {name}").into(),
            source: String::new(),
        };
        TreeApp {
            name: name.into(),
            state: AppState::Rendered,
            objects: objects.iter().map(object).collect(),
            meta: AppMeta::default(),
        }
    }

    fn held(name: &str) -> TreeApp {
        let held = Held { code: "template-error".into(), reason: "no `x`".into() };
        TreeApp { state: AppState::Held(held), ..app(name, &[]) }
    }

    fn under(mut app: TreeApp, parents: &[&str]) -> TreeApp {
        app.meta.parents = parents.iter().map(|p| (*p).to_owned()).collect();
        app
    }

    fn tree(apps: &[TreeApp]) -> ClusterTree {
        ClusterTree { cluster: "prod".into(), apps: apps.to_vec() }
    }

    fn rules() -> Rules<'static> {
        Rules::new(|_| None)
    }

    fn shown(arrangement: &Arrangement) -> Vec<String> {
        let kept = |c: &Content| if *c == Content::Kept { "kept" } else { "text" };
        arrangement.files.iter().map(|(path, content)| format!("{path} {}", kept(content))).collect()
    }

    #[test]
    fn one_file_for_each_object_or_app() {
        let tree = tree(&[app("web", &["y", "x"]), app("none", &[])]);
        let each = arrange(&tree, None, &rules()).unwrap();
        assert_eq!(shown(&each), ["web/a/configmap-x.yaml text", "web/a/configmap-y.yaml text"]);
        let names: Vec<&str> = each.index.apps.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["none", "web"]);
        let one = arrange(&tree, None, &Rules { layout: Layout::FilePerApp, ..rules() }).unwrap();
        assert_eq!(one.files["web.yaml"], Content::Text("name: y\n---\nname: x\n".into()));
        assert_eq!(one.files.len(), 1);
    }

    #[test]
    fn what_is_held_keeps_its_files_and_those_below() {
        let chain = ["prod/mid", "prod/root"];
        let before = tree(&[
            app("root", &["r"]),
            under(app("mid", &["m"]), &["prod/root"]),
            under(app("leaf", &["l"]), &chain),
            under(app("still", &["s"]), &["prod/root"]),
            under(app("elsewhere", &["e"]), &["prod/other"]),
        ]);
        let before = arrange(&before, None, &rules()).unwrap().index;
        let now = tree(&[held("root"), under(app("still", &["t"]), &["prod/root"])]);
        let mut rules = rules();
        rules.hold(std::slice::from_ref(&now));
        let after = arrange(&now, Some(&before), &rules).unwrap();
        assert_eq!(
            shown(&after),
            [
                "leaf/a/configmap-l.yaml kept",
                "mid/a/configmap-m.yaml kept",
                "root/a/configmap-r.yaml kept",
                "still/a/configmap-t.yaml text",
            ]
        );
        let leaf = after.index.app("leaf").unwrap();
        assert_eq!(leaf.state, StateName::Held);
        assert_eq!(leaf.held.as_ref().unwrap().reason, "prod/root is held: no `x`");
        assert_eq!(after.index.app("still").unwrap().state, StateName::Rendered);
        // Held again, from the index that was written while it was held.
        assert_eq!(arrange(&now, Some(&after.index), &rules).unwrap().index, after.index);
        // A generator that failed is known by its own name; on any cluster.
        let mut rules = self::rules();
        rules.held.insert("prod/other".into(), Held { code: "c".into(), reason: "r".into() });
        assert_eq!(shown(&arrange(&tree(&[]), Some(&before), &rules).unwrap()), ["elsewhere/a/configmap-e.yaml kept"]);
    }

    #[test]
    fn an_app_that_is_its_own_parent_can_leave() {
        let before = tree(&[under(app("root", &["r"]), &["prod/root"])]);
        let before = arrange(&before, None, &rules()).unwrap().index;
        let mut rules = rules();
        rules.held.insert("prod/root".into(), Held { code: "c".into(), reason: "r".into() });
        assert_eq!(shown(&arrange(&tree(&[]), Some(&before), &rules).unwrap()), [""; 0]);
    }

    #[test]
    fn what_is_not_selected_stays() {
        let before = arrange(&tree(&[app("a", &["x"]), app("b", &["x"]), app("c", &["x"])]), None, &rules()).unwrap();
        let select = |_: &str, app: &str, _: &AppMeta| app == "a" || app == "c";
        let rules = Rules { selection: Some(&select), ..rules() };
        let now = tree(&[app("a", &["y"]), app("b", &["y"]), app("d", &["y"])]);
        let after = arrange(&now, Some(&before.index), &rules).unwrap();
        assert_eq!(shown(&after), ["a/a/configmap-y.yaml text", "b/a/configmap-x.yaml kept"]);
        assert_eq!(after.index.app("b"), before.index.app("b"));
    }

    #[test]
    fn one_path_for_two_is_an_error() {
        let twice = arrange(&tree(&[app("a", &["x"]), app("a", &["x", "y"])]), None, &rules()).unwrap_err();
        let messages: Vec<String> = twice.iter().map(|d| d.message.clone()).collect();
        assert_eq!(messages, ["two apps on prod are called `a`"]);
        // A file that somebody's index puts where a directory goes.
        let mut before = arrange(&tree(&[app("old", &["x"])]), None, &rules()).unwrap().index;
        before.apps[0].objects[0].path = "new/a".into();
        let select = |_: &str, app: &str, _: &AppMeta| app == "new";
        let rules = Rules { selection: Some(&select), ..rules() };
        let clash = arrange(&tree(&[app("new", &["x"])]), Some(&before), &rules).unwrap_err();
        assert_eq!(clash.iter().next().unwrap().message, "the apps `old` and `new` on prod both want the path new/a");
    }
}
