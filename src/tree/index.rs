//! `<out>/<cluster>/terrace.json`: what Terrace wrote, and so what it may replace and prune.
//!
//! JSON with a stable order and a last line end. It names the version of its format alone, so that two releases of
//! Terrace write the same bytes for the same trees. Fields that a reader doesn't know are passed over; a change that
//! an older reader would get wrong raises [`FORMAT`].

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{AppMeta, Digest, Held, Layout};
use crate::kube::ObjectId;

/// The index's file name in a cluster's directory.
pub const INDEX_FILE: &str = "terrace.json";

/// The format that this release writes, and the newest it reads.
pub const FORMAT: u32 = 1;

/// The index of one cluster's tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The version of the format.
    pub format: u32,
    /// The cluster's name.
    pub cluster: String,
    /// How objects were spread over files. Held apps may still stand in another layout: an object's `path` decides.
    #[serde(default)]
    pub layout: Layout,
    /// Over the paths and digests of all objects: equal trees have equal digests, whoever made them.
    #[serde(default)]
    pub digest: String,
    /// The apps, by name.
    pub apps: Vec<IndexedApp>,
}

/// An app in an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedApp {
    /// Its name as it stands in the tree.
    pub name: String,
    /// `rendered`, or `held` with the reason beside it.
    pub state: StateName,
    /// Why it is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// What else is known of it.
    #[serde(default)]
    pub meta: AppMeta,
    /// Its objects, in sync order.
    #[serde(default)]
    pub objects: Vec<IndexedObject>,
}

/// An app's state, for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateName {
    /// The files are what the sources say.
    Rendered,
    /// The files are those of an earlier run.
    Held,
}

/// An object in an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedObject {
    /// What it is.
    #[serde(with = "id_form")]
    pub id: ObjectId,
    /// Its file below the cluster's directory, with `/`.
    pub path: String,
    /// blake3 of its document, in hex.
    pub digest: String,
    /// Where it came from, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
}

/// An object's name in JSON: empty parts are left out, the server's prefix is `generateName`.
mod id_form {
    use std::borrow::Cow;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::kube::ObjectId;

    #[derive(Default, Serialize, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Form<'a> {
        #[serde(skip_serializing_if = "str::is_empty")]
        group: Cow<'a, str>,
        version: Cow<'a, str>,
        kind: Cow<'a, str>,
        #[serde(skip_serializing_if = "str::is_empty")]
        namespace: Cow<'a, str>,
        #[serde(skip_serializing_if = "str::is_empty")]
        name: Cow<'a, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        generate_name: Option<Cow<'a, str>>,
    }

    pub(super) fn serialize<S: Serializer>(id: &ObjectId, to: S) -> Result<S::Ok, S::Error> {
        let mut form = Form {
            group: id.group.as_str().into(),
            version: id.version.as_str().into(),
            kind: id.kind.as_str().into(),
            namespace: id.namespace.as_str().into(),
            ..Form::default()
        };
        if id.generated {
            form.generate_name = Some(id.name.as_str().into());
        } else {
            form.name = id.name.as_str().into();
        }
        form.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ObjectId, D::Error> {
        let form = Form::deserialize(from)?;
        Ok(ObjectId {
            group: form.group.into(),
            kind: form.kind.into(),
            namespace: form.namespace.into(),
            generated: form.generate_name.is_some(),
            name: form.generate_name.unwrap_or(form.name).into(),
            version: form.version.into(),
        })
    }
}

/// Why an index can't be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IndexFault {
    /// A newer release wrote it.
    #[error("it has format {0}, and this terrace reads up to {FORMAT}")]
    Newer(u64),
    /// It isn't an index.
    #[error("it isn't an index of terrace: {0}")]
    Broken(String),
}

#[derive(Deserialize)]
struct Head {
    format: u64,
}

impl Index {
    /// Reads an index.
    ///
    /// # Errors
    /// When it isn't one, when a newer release wrote it, and when it claims a file outside its directory.
    pub fn read(bytes: &[u8]) -> Result<Self, IndexFault> {
        let broken = |e: serde_json::Error| IndexFault::Broken(e.to_string());
        let head: Head = serde_json::from_slice(bytes).map_err(broken)?;
        if head.format > u64::from(FORMAT) {
            return Err(IndexFault::Newer(head.format));
        }
        let index: Self = serde_json::from_slice(bytes).map_err(broken)?;
        // Whoever can edit the index must not be able to have other files deleted.
        if let Some(object) = index.objects().find(|o| !is_inside(&o.path)) {
            return Err(IndexFault::Broken(format!("the path {:?} leaves the tree", object.path)));
        }
        Ok(index)
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and lists: there is nothing that JSON can't say.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// All objects, by app and sync order.
    pub fn objects(&self) -> impl Iterator<Item = &IndexedObject> {
        self.apps.iter().flat_map(|app| &app.objects)
    }

    /// The app of that name.
    pub fn app(&self, name: &str) -> Option<&IndexedApp> {
        self.apps.iter().find(|app| app.name == name)
    }
}

/// blake3 of a document, in hex.
pub fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// The same in bytes.
pub(super) fn digest_of(text: &str) -> Digest {
    *blake3::hash(text.as_bytes()).as_bytes()
}

/// The digest of a tree with these apps.
pub fn tree_digest(apps: &[IndexedApp]) -> String {
    let mut objects: Vec<(&str, &str)> =
        apps.iter().flat_map(|app| &app.objects).map(|o| (o.path.as_str(), o.digest.as_str())).collect();
    // Stable: documents of one file stay in their order.
    objects.sort_by_key(|(path, _)| *path);
    let mut hash = blake3::Hasher::new();
    for (path, digest) in objects {
        hash.update(path.as_bytes()).update(b"\0").update(digest.as_bytes()).update(b"\n");
    }
    hash.finalize().to_hex().to_string()
}

/// Whether a path stays below the tree and isn't the index.
fn is_inside(path: &str) -> bool {
    path != INDEX_FILE
        && !path.contains(['\\', '\0', ':'])
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(kind: &str, name: &str, generated: bool) -> ObjectId {
        ObjectId {
            group: "".into(),
            kind: kind.into(),
            namespace: "".into(),
            name: name.into(),
            generated,
            version: "v1".into(),
        }
    }

    fn index() -> Index {
        let id = id("Namespace", "shop", false);
        let path = "web/_cluster/namespace-shop.yaml".to_owned();
        let object = IndexedObject { id, path, digest: digest("a: 1\n"), source: "web/ns.yaml".into() };
        let app = IndexedApp {
            name: "web".into(),
            state: StateName::Held,
            held: Some(Held { code: "template-error".into(), reason: "it broke".into() }),
            meta: AppMeta { wave: -1, parents: vec!["hub/root".into()], ..AppMeta::default() },
            objects: vec![object],
        };
        let apps = vec![app];
        Index {
            format: FORMAT,
            cluster: "prod".into(),
            layout: Layout::FilePerObject,
            digest: tree_digest(&apps),
            apps,
        }
    }

    #[test]
    fn reads_what_it_writes() {
        let bytes = index().to_bytes();
        assert_eq!(Index::read(&bytes), Ok(index()));
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap(), @r#"
        {
          "format": 1,
          "cluster": "prod",
          "layout": "file-per-object",
          "digest": "8ccad51ef2c9dd8287efead94790ea1c6fef70f10d01dbdf233367be3c6c30b2",
          "apps": [
            {
              "name": "web",
              "state": "held",
              "held": {
                "code": "template-error",
                "reason": "it broke"
              },
              "meta": {
                "wave": -1,
                "parents": [
                  "hub/root"
                ]
              },
              "objects": [
                {
                  "id": {
                    "version": "v1",
                    "kind": "Namespace",
                    "name": "shop"
                  },
                  "path": "web/_cluster/namespace-shop.yaml",
                  "digest": "a96cd3566741c7b259db38d21979c99a4c23cb27aed560b668dfad83712fadc5",
                  "source": "web/ns.yaml"
                }
              ]
            }
          ]
        }
        "#);
    }

    #[test]
    fn generated_names_stay_so() {
        let mut index = index();
        index.apps[0].objects[0].id = id("Job", "migrate-", true);
        let bytes = index.to_bytes();
        assert!(String::from_utf8_lossy(&bytes).contains(r#""generateName": "migrate-""#));
        assert_eq!(Index::read(&bytes), Ok(index));
    }

    #[test]
    fn passes_over_what_it_does_not_know() {
        let text = String::from_utf8(index().to_bytes()).unwrap();
        let more = text.replacen("\"wave\"", "\"tide\": {\"high\": [1]},\n        \"wave\"", 1);
        assert_ne!(text, more);
        assert_eq!(Index::read(more.as_bytes()), Ok(index()));
    }

    #[test]
    fn refuses_newer_and_broken_ones() {
        let newer = r#"{"format": 2, "apps": "otherwise"}"#;
        assert_eq!(Index::read(newer.as_bytes()), Err(IndexFault::Newer(2)));
        for broken in ["", "[]", "{}", "\u{0}", r#"{"format": 1}"#, r#"{"format": -1, "cluster": "a", "apps": []}"#] {
            assert!(matches!(Index::read(broken.as_bytes()), Err(IndexFault::Broken(_))), "{broken}");
        }
        let deep = format!("{{\"format\": 1, \"x\": {}", "[".repeat(100_000));
        assert!(matches!(Index::read(deep.as_bytes()), Err(IndexFault::Broken(_))));
    }

    #[test]
    fn claims_no_file_outside() {
        for path in ["../x", "/etc/passwd", "a/../../x", "a//b", "", "a/.", "C:x", "a\\..\\x", "terrace.json"] {
            let mut index = index();
            index.apps[0].objects[0].path = path.into();
            let fault = Index::read(&index.to_bytes()).unwrap_err();
            assert!(matches!(fault, IndexFault::Broken(_)), "{path}");
        }
    }

    #[test]
    fn digests_follow_content_not_state() {
        let mut apps = index().apps;
        let before = tree_digest(&apps);
        apps[0].state = StateName::Rendered;
        assert_eq!(tree_digest(&apps), before);
        apps[0].objects[0].digest = digest("a: 2\n");
        assert_ne!(tree_digest(&apps), before);
    }
}
