//! How an object is called.

use std::fmt;

use ecow::EcoString;

use super::kinds::usual_group;
use crate::yaml::Node;

/// An object's name in full. Orders by group, kind, namespace and name before the version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId {
    /// The API group; empty for the core group.
    pub group: EcoString,
    /// Its kind.
    pub kind: EcoString,
    /// The namespace that it names; empty where it names none.
    pub namespace: EcoString,
    /// `metadata.name`, or the prefix in `metadata.generateName`; empty where it has neither.
    pub name: EcoString,
    /// Whether the name is a prefix to which the server appends.
    pub generated: bool,
    /// The version of the API: `v1`, `v1beta2`.
    pub version: EcoString,
}

impl ObjectId {
    /// Reads `apiVersion`, `kind` and the names in `metadata`. None for what isn't a Kubernetes object: those two must
    /// be strings that say something.
    pub fn of(object: &Node) -> Option<Self> {
        let (group, version) = split_api_version(object.str_at(&["apiVersion"])?)?;
        let kind = object.str_at(&["kind"]).filter(|k| !k.is_empty())?;
        let metadata = |key| object.str_at(&["metadata", key]).filter(|v| !v.is_empty());
        let name = metadata("name");
        let prefix = metadata("generateName").filter(|_| name.is_none());
        Some(Self {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
            namespace: metadata("namespace").unwrap_or_default().into(),
            name: name.or(prefix).unwrap_or_default().into(),
            generated: prefix.is_some(),
        })
    }

    /// `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }
}

/// The group and version of an `apiVersion`; none if it has no version or more than one `/`.
fn split_api_version(text: &str) -> Option<(&str, &str)> {
    let (group, version) = text.split_once('/').unwrap_or(("", text));
    (!version.is_empty() && !version.contains('/')).then_some((group, version))
}

/// `Kind[.group]/[namespace/]name`, the group where it isn't the kind's usual one: `Deployment/shop/web`. A generated
/// name ends in `*`.
impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if !self.group.is_empty() && usual_group(&self.kind) != Some(self.group.as_str()) {
            write!(f, ".{}", self.group)?;
        }
        if !self.namespace.is_empty() {
            write!(f, "/{}", self.namespace)?;
        }
        write!(f, "/{}{}", self.name, if self.generated { "*" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Origin;
    use crate::yaml::Map;

    fn object(api_version: &str, kind: &str, metadata: &[(&str, &str)]) -> Node {
        let mut names = Map::new();
        for (key, value) in metadata {
            names.insert(*key, Origin::NONE, Node::made(*value));
        }
        let mut map = Map::new();
        map.insert("apiVersion", Origin::NONE, Node::made(api_version));
        map.insert("kind", Origin::NONE, Node::made(kind));
        map.insert("metadata", Origin::NONE, Node::made(names));
        Node::made(map)
    }

    fn shown(api_version: &str, kind: &str, metadata: &[(&str, &str)]) -> Option<String> {
        ObjectId::of(&object(api_version, kind, metadata)).map(|id| id.to_string())
    }

    #[test]
    fn the_group_shows_where_it_tells_something() {
        assert_eq!(shown("v1", "Namespace", &[("name", "a")]).unwrap(), "Namespace/a");
        assert_eq!(shown("apps/v1", "Deployment", &[("name", "a"), ("namespace", "n")]).unwrap(), "Deployment/n/a");
        assert_eq!(shown("example.com/v1", "Deployment", &[("name", "a")]).unwrap(), "Deployment.example.com/a");
        assert_eq!(shown("batch/v1", "Job", &[("generateName", "a-")]).unwrap(), "Job/a-*");
    }

    #[test]
    fn what_is_no_object_has_no_id() {
        for api_version in ["", "a/b/c", "apps/"] {
            assert_eq!(shown(api_version, "Deployment", &[]), None, "{api_version}");
        }
        assert_eq!(shown("v1", "", &[]), None);
        assert_eq!(ObjectId::of(&Node::made("text")), None);
    }
}
