//! Names the file of each object.
//!
//! `<cluster>/<app>/<namespace or _cluster>/<kind>[.<group>]-<name>.yaml`. Two different things never share a path, on
//! file systems that ignore case neither, and a path depends on the thing alone, not on what stands beside it:
//! - `a`–`z`, `0`–`9`, `-`, `_` and `.` stand for themselves, other bytes become `%` and two hex digits. So does a first
//!   `.`, `_` or `-`, a last `.`, and the first letter of a name that Windows keeps for a device. Nothing at all is `%`.
//! - Capitals stay readable, but the name gets `~` and a hash of its exact spelling. So does one over 200 bytes, after
//!   it is cut.
//! - The kind is in small letters; the group is shown where it isn't the kind's usual one. There the group ends at the
//!   first `-` after the last `.`: a `-` in its last label and each `.` of the name are escaped.
//! - What has only a `generateName` gets a hash of its content.
//! - Objects of one app that would still share a path (versions of one object, kinds that differ in case, the same object
//!   twice) all get a hash of what tells them apart.

use std::collections::HashMap;

use super::index::INDEX_FILE;
use super::{Layout, TreeObject};
use crate::kube::ObjectId;

/// The directory of what has no namespace. No namespace is called so: a first `_` is escaped.
pub const CLUSTER_SCOPE: &str = "_cluster";

/// The longest component, in bytes, before it is cut.
const LIMIT: usize = 200;

/// Hex digits of a hash in a name.
const DIGITS: usize = 10;

/// The usual group of a kind, which file names leave out; none for a kind that isn't known, whose usual group is the
/// core group. A fixed table: what it says must not depend on what is in the tree.
pub type UsualGroup = fn(&str) -> Option<&'static str>;

/// A cluster's, app's or namespace's name as a directory.
pub fn component(name: &str) -> String {
    let mut body = String::new();
    escape(name, "", &mut body);
    if body.ends_with('.') {
        body.pop();
        body.push_str("%2e");
    }
    if body == INDEX_FILE {
        body.replace_range(..1, "%74");
    }
    seal(body, None, "")
}

/// The paths of an app's objects below its cluster's directory, in their order. All the same under
/// [`Layout::FilePerApp`].
pub fn place(app: &str, objects: &[TreeObject], layout: Layout, usual: UsualGroup) -> Vec<String> {
    match layout {
        Layout::FilePerApp => vec![app_file(app); objects.len()],
        Layout::FilePerObject => {
            let app = component(app);
            let mut distinctions = vec![Distinction::None; objects.len()];
            let mut paths: Vec<String> =
                objects.iter().map(|o| object_path(&app, o, &Distinction::None, usual)).collect();
            for step in [Step::Identity, Step::Content, Step::Ordinal] {
                let mut seen: HashMap<String, usize> = HashMap::with_capacity(paths.len());
                for path in &paths {
                    *seen.entry(path.to_ascii_lowercase()).or_default() += 1;
                }
                if seen.len() == paths.len() {
                    break;
                }
                let mut ordinals: HashMap<String, usize> = HashMap::new();
                for ((path, object), distinction) in paths.iter_mut().zip(objects).zip(&mut distinctions) {
                    let key = path.to_ascii_lowercase();
                    if seen.get(&key).is_some_and(|count| *count > 1) {
                        let ordinal = ordinals.entry(key).or_default();
                        *distinction = match step {
                            Step::Identity => Distinction::Identity,
                            Step::Content => Distinction::Content,
                            Step::Ordinal => Distinction::Ordinal(*ordinal),
                        };
                        *ordinal += 1;
                        *path = object_path(&app, object, distinction, usual);
                    }
                }
            }
            paths
        }
    }
}

/// The file of an app under [`Layout::FilePerApp`].
pub fn app_file(app: &str) -> String {
    format!("{}.yaml", component(app))
}

#[derive(Clone, Copy)]
enum Step {
    Identity,
    Content,
    Ordinal,
}

/// What a hash in an object's name has to tell apart.
#[derive(Clone)]
enum Distinction {
    None,
    Identity,
    Content,
    Ordinal(usize),
}

fn object_path(app: &str, object: &TreeObject, distinction: &Distinction, usual: UsualGroup) -> String {
    let namespace = match object.id.namespace.as_str() {
        "" => CLUSTER_SCOPE.to_owned(),
        name => component(name),
    };
    format!("{app}/{namespace}/{}", object_file(object, distinction, usual))
}

fn object_file(object: &TreeObject, distinction: &Distinction, usual: UsualGroup) -> String {
    let ObjectId { group, version, kind, name, generated, .. } = &object.id;
    let mut body = String::new();
    escape(&kind.to_ascii_lowercase(), "-._", &mut body);
    if usual(kind).unwrap_or_default() == group {
        body.push('-');
        escape(name, "", &mut body);
    } else {
        body.push('.');
        let (domain, last) = group.rsplit_once('.').map_or(("", group.as_str()), |(domain, last)| (domain, last));
        if group.len() > last.len() {
            escape(domain, "", &mut body);
            body.push('.');
        }
        escape(last, "-", &mut body);
        body.push('-');
        escape(name, ".", &mut body);
    }
    // Lengths stand before the parts: no two lists of parts are one string.
    let mark = |parts: &[&str]| parts.iter().map(|p| format!("{}:{p}", p.len())).collect::<String>();
    let mark = match distinction {
        Distinction::None if *generated => Some(mark(&["content", &object.text.get()])),
        Distinction::None => None,
        Distinction::Identity => Some(mark(&["identity", group, version, kind, name])),
        Distinction::Content => Some(mark(&["identity", group, version, kind, name, &object.text.get()])),
        Distinction::Ordinal(n) => {
            Some(mark(&["identity", group, version, kind, name, &object.text.get(), &n.to_string()]))
        }
    };
    seal(body, mark.as_deref(), ".yaml")
}

/// Appends `name` to `body`, what isn't safe in a file name escaped; `also` are further characters that aren't here.
fn escape(name: &str, also: &str, body: &mut String) {
    if name.is_empty() {
        body.push('%');
    }
    for (i, byte) in name.bytes().enumerate() {
        let c = char::from(byte);
        let plain = c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') && i > 0;
        if plain && !also.contains(c) {
            body.push(c);
        } else {
            push_hex(byte, body);
        }
    }
}

fn push_hex(byte: u8, body: &mut String) {
    body.push('%');
    for digit in [byte >> 4, byte & 15] {
        body.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
    }
}

/// Adds the hash where one is needed, and the ending.
fn seal(mut body: String, mark: Option<&str>, ending: &str) -> String {
    let long = body.len() + ending.len() > LIMIT;
    if long || mark.is_some() || body.bytes().any(|b| b.is_ascii_uppercase()) {
        let mut hash = blake3::Hasher::new();
        hash.update(body.as_bytes());
        hash.update(b"\0");
        hash.update(mark.unwrap_or_default().as_bytes());
        let mut end = body.len().min(LIMIT - ending.len() - DIGITS - 1);
        // An escape is cut away whole; all of the body is ASCII.
        if long
            && let Some(at) = body.get(..end).and_then(|kept| kept.rfind('%'))
            && at + 3 > end
        {
            end = at;
        }
        body.truncate(end);
        body.push('~');
        body.push_str(hash.finalize().to_hex().get(..DIGITS).unwrap_or_default());
    }
    body.push_str(ending);
    if is_device(&body)
        && let Some(first) = body.bytes().next()
    {
        let mut escaped = String::new();
        push_hex(first, &mut escaped);
        body.replace_range(..1, &escaped);
    }
    body
}

/// Whether Windows would take the name for a device: what counts is what stands before the first dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    match stem.as_str() {
        "con" | "prn" | "aux" | "nul" => true,
        _ => {
            let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
            port.is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usual(kind: &str) -> Option<&'static str> {
        match kind {
            "Deployment" => Some("apps"),
            "ClusterRole" => Some("rbac.authorization.k8s.io"),
            _ => None,
        }
    }

    fn object(api: &str, kind: &str, namespace: &str, name: &str) -> TreeObject {
        let (group, version) = api.rsplit_once('/').unwrap_or(("", api));
        TreeObject {
            id: ObjectId {
                group: group.into(),
                version: version.into(),
                kind: kind.into(),
                namespace: namespace.into(),
                name: name.into(),
                generated: false,
            },
            text: "x".into(),
            source: String::new(),
        }
    }

    fn path(api: &str, kind: &str, namespace: &str, name: &str) -> String {
        place("web", &[object(api, kind, namespace, name)], Layout::FilePerObject, usual).remove(0)
    }

    #[test]
    fn usual_paths_read_well() {
        assert_eq!(path("apps/v1", "Deployment", "shop", "web"), "web/shop/deployment-web.yaml");
        assert_eq!(path("v1", "Namespace", "", "shop"), "web/_cluster/namespace-shop.yaml");
        assert_eq!(path("v1", "ConfigMap", "shop", "kube-root-ca.crt"), "web/shop/configmap-kube-root-ca.crt.yaml");
        let group = path("cert-manager.io/v1", "Certificate", "shop", "web-tls");
        assert_eq!(group, "web/shop/certificate.cert-manager.io-web-tls.yaml");
        let dots = path("cluster.x-k8s.io/v1", "Machine", "shop", "a.b");
        assert_eq!(dots, "web/shop/machine.cluster.x-k8s.io-a%2eb.yaml");
        assert_eq!(path("extensions/v1beta1", "Deployment", "a", "w"), "web/a/deployment.extensions-w.yaml");
        let role = path("rbac.authorization.k8s.io/v1", "ClusterRole", "", "system:auth-delegator");
        assert_eq!(role, "web/_cluster/clusterrole-system%3aauth-delegator.yaml");
        assert_eq!(app_file("argocd.web"), "argocd.web.yaml");
    }

    #[test]
    fn unsafe_components() {
        for (name, safe) in [
            ("..", "%2e%2e"),
            (".", "%2e"),
            ("", "%"),
            (".git", "%2egit"),
            (".terrace", "%2eterrace"),
            ("_cluster", "%5fcluster"),
            ("-rf", "%2drf"),
            ("a.", "a%2e"),
            ("a/b\\c:*?\"<>|", "a%2fb%5cc%3a%2a%3f%22%3c%3e%7c"),
            ("a b\n\0", "a%20b%0a%00"),
            ("100%", "100%25"),
            ("~", "%7e"),
            ("con", "%63on"),
            ("nul.txt", "%6eul.txt"),
            ("com1", "%63om1"),
            ("com10", "com10"),
            ("console", "console"),
            ("terrace.json", "%74errace.json"),
            ("é", "%c3%a9"),
        ] {
            assert_eq!(component(name), safe, "{name:?}");
        }
        assert!(component("CON").starts_with("CON~"), "{}", component("CON"));
        assert!(component("CON.x").starts_with("%43ON.x~"), "{}", component("CON.x"));
        assert_eq!(path("con.io/v1", "Con", "a", "x"), "web/a/%63on.con.io-x.yaml");
    }

    #[test]
    fn capitals_stay_readable_and_apart() {
        let (a, b, c) = (component("Prod-EU"), component("prod-eu"), component("PROD-eu"));
        assert!(a.starts_with("Prod-EU~"));
        assert_eq!(b, "prod-eu");
        assert_ne!(a.to_lowercase(), c.to_lowercase());
    }

    #[test]
    fn long_names_are_cut_with_a_hash() {
        let long = component(&"a".repeat(300));
        assert_eq!(long.len(), LIMIT);
        assert_ne!(long, component(&"a".repeat(301)));
        assert_eq!(component(&"a".repeat(200)), "a".repeat(200));
        // No half of an escape is left.
        let colons = component(&":".repeat(300));
        assert!(colons.len() <= LIMIT && colons.split('~').next().unwrap().len().is_multiple_of(3), "{colons}");
        let file = path("v1", "ConfigMap", "a", &"b".repeat(250));
        assert_eq!(file.rsplit('/').next().unwrap().len(), LIMIT);
    }

    #[test]
    fn generated_names_go_by_content() {
        let mut job = object("v1", "Job", "a", "migrate-");
        job.id.generated = true;
        let mut other = job.clone();
        other.text = "y".into();
        let paths = place("web", &[job.clone(), other, job.clone()], Layout::FilePerObject, usual);
        assert!(paths[1].starts_with("web/a/job-migrate-~"));
        assert_eq!(paths[1].len(), "web/a/job-migrate-~0123456789.yaml".len());
        assert_ne!(paths[0], paths[1]);
        // The same twice is two objects.
        assert_ne!(paths[0], paths[2]);
        let alone = place("web", &[job], Layout::FilePerObject, usual);
        assert!(alone[0].starts_with("web/a/job-migrate-~"));
    }

    #[test]
    fn what_shares_a_path_is_told_apart() {
        let objects = [
            object("apps/v1", "Deployment", "a", "web"),
            object("apps/v1beta1", "Deployment", "a", "web"),
            object("x.io/v1", "Foo", "a", "web"),
            object("x.io/v1", "FOO", "a", "web"),
            object("x.io/v1", "Bar", "a", "web"),
            object("x.io/v1", "Foo", "a", "web"),
        ];
        let paths = place("app", &objects, Layout::FilePerObject, usual);
        let mut folded: Vec<String> = paths.iter().map(|p| p.to_lowercase()).collect();
        folded.sort();
        folded.dedup();
        assert_eq!(folded.len(), objects.len(), "{paths:?}");
        assert_eq!(paths[4], "app/a/bar.x.io-web.yaml");
        // Whatever the order.
        let reversed: Vec<TreeObject> = objects[..4].iter().rev().cloned().collect();
        let mut back = place("app", &reversed, Layout::FilePerObject, usual);
        back.reverse();
        assert_eq!(back, place("app", &objects[..4], Layout::FilePerObject, usual));
    }

    /// What a file name without a hash says, read back.
    fn parse(file: &str) -> Option<(String, Option<String>, String)> {
        let unescape = |s: &str| {
            let mut bytes = Vec::new();
            let mut rest = s.as_bytes();
            while let Some((&b, tail)) = rest.split_first() {
                rest = tail;
                let hex = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).ok());
                match hex {
                    _ if b != b'%' => bytes.push(b),
                    Some(byte) => {
                        bytes.push(byte);
                        rest = &tail[2..];
                    }
                    // Nothing at all.
                    None => {}
                }
            }
            String::from_utf8(bytes).unwrap()
        };
        let body = file.strip_suffix(".yaml")?;
        let kind_end = body.find(['.', '-'])?;
        let (kind, rest) = body.split_at(kind_end);
        if let Some(name) = rest.strip_prefix('-') {
            return Some((unescape(kind), None, unescape(name)));
        }
        let dot = rest.rfind('.')?;
        let dash = dot + rest[dot..].find('-')?;
        Some((unescape(kind), Some(unescape(&rest[1..dash])), unescape(&rest[dash + 1..])))
    }

    const NASTY: &str = "[a-c.:_%~/\\\\-]{0,6}|[aA.]{1,4}|con|\\PC{0,3}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn file_names_read_back(kind in "[A-Z][a-z]{0,3}", group in "[a-c.-]{0,6}", name in "[a-d.:_%~/é-]{0,8}") {
            let object = object(&format!("{group}/v1"), &kind, "a", &name);
            let path = place("web", std::slice::from_ref(&object), Layout::FilePerObject, usual).remove(0);
            let file = path.strip_prefix("web/a/").unwrap();
            let shown = (!group.is_empty()).then(|| group.clone());
            prop_assert_eq!(parse(file), Some((kind.to_lowercase(), shown, name)), "{}", file);
        }

        #[test]
        fn components_are_safe(name in NASTY) {
            let c = component(&name);
            prop_assert!(!c.is_empty() && c.len() <= LIMIT + 2);
            prop_assert!(c.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)), "{}", c);
            prop_assert!(!c.starts_with(['.', '_', '-']) && !c.ends_with('.') && !is_device(&c));
        }

        #[test]
        fn components_never_meet(names in prop::collection::btree_set(NASTY, 2..12)) {
            let mut seen = std::collections::BTreeMap::new();
            for name in &names {
                if let Some(other) = seen.insert(component(name).to_lowercase(), name) {
                    prop_assert!(false, "{:?} and {:?} share {}", name, other, component(name));
                }
            }
        }

        #[test]
        fn objects_never_meet(
            ids in prop::collection::btree_set(
                ("[ab.-]{0,4}", "v1|v2", "Deployment|[Aa]b", "[ab_]{0,2}", "[aA.%-]{0,4}"), 2..12)
        ) {
            let objects: Vec<TreeObject> =
                ids.iter().map(|(g, v, k, ns, n)| object(&format!("{g}/{v}"), k, ns, n)).collect();
            let paths = place("web", &objects, Layout::FilePerObject, usual);
            let folded: std::collections::BTreeSet<String> = paths.iter().map(|p| p.to_lowercase()).collect();
            prop_assert_eq!(folded.len(), objects.len(), "{:?}", paths);
            // Alone or among others: the same path, unless another version or another case of the kind is there too.
            for (object, path) in objects.iter().zip(&paths) {
                let same = |o: &&TreeObject| o.id.group == object.id.group && o.id.namespace == object.id.namespace
                    && o.id.name == object.id.name && o.id.kind.eq_ignore_ascii_case(&object.id.kind);
                if objects.iter().filter(same).count() == 1 {
                    let alone = place("web", std::slice::from_ref(object), Layout::FilePerObject, usual);
                    prop_assert_eq!(&alone[0], path);
                }
            }
        }
    }
}
