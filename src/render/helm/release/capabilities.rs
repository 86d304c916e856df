//! `.Capabilities`: what the cluster, and Helm itself, can do.

use std::any::Any;
use std::rc::Rc;

use ecow::EcoString;

use super::structs::{Field, Json, Method, Struct};
use crate::render::helm::Profile;
use crate::render::helm::gotemplate::call::{Call, Fault, Meter, Signature, Type, ok};
use crate::render::helm::gotemplate::format;
use crate::render::helm::gotemplate::value::{Body, IntType, ListRef, Object, Tracked, Value};
use crate::yaml::Node;

/// The API versions that a chart sees where nobody says what the cluster has: `chartutil.DefaultVersionSet` of Helm
/// v3.21.4, and `common.DefaultVersionSet` of v4.2.4, which are the same. One a line; the comment there says how it was
/// made.
const DEFAULT_API_VERSIONS: &str = include_str!("api_versions.txt");

/// A Kubernetes version (`chartutil.KubeVersion`, `common.KubeVersion`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    version: EcoString,
    normalized: EcoString,
    major: EcoString,
    minor: EcoString,
}

impl KubeVersion {
    /// The version that Helm assumes: that of the client-go it was built with.
    pub fn assumed() -> Self {
        Self { version: "v1.36.0".into(), normalized: "v1.36.0".into(), major: "1".into(), minor: "36".into() }
    }

    /// Reads what `--kube-version` gives, as `ParseKubeVersion` does. Helm 3 cuts off all that follows the numbers; Helm 4
    /// keeps it in `.Version`.
    ///
    /// # Errors
    /// Helm's text of what is wrong with it.
    pub fn parse(text: &str, profile: Profile) -> Result<Self, String> {
        // k8s.io/apimachinery/pkg/util/version.ParseGeneric.
        let start = text.trim_start_matches(['\t', '\n', '\x0C', '\r', ' ']);
        let start = start.strip_prefix('v').unwrap_or(start);
        let mut end = 0;
        loop {
            let rest = start.get(end..).unwrap_or_default();
            let dot = usize::from(end > 0 && rest.starts_with('.'));
            let digits = rest.bytes().skip(dot).take_while(u8::is_ascii_digit).count();
            if digits == 0 || (end > 0 && dot == 0) {
                break;
            }
            end += dot + digits;
        }
        let numbers = start.get(..end).unwrap_or_default();
        if numbers.is_empty() || start.contains('\n') {
            return Err(format!("could not parse {} as version", quoted(text)));
        }
        let parts: Vec<&str> = numbers.split('.').collect();
        let [first, second, ..] = parts.as_slice() else {
            return Err(format!("illegal version string {}", quoted(text)));
        };
        if first.len() > 1 && first.starts_with('0') {
            let (part, text) = (quoted(first), quoted(text));
            return Err(format!("illegal zero-prefixed version component {part} in {text}"));
        }
        let mut read = Vec::new();
        for part in &parts {
            let number: u64 = part.parse().map_err(|_| {
                let cause = format!("strconv.ParseUint: parsing {}: value out of range", quoted(part));
                format!("illegal non-numeric version component {} in {}: {cause}", quoted(part), quoted(text))
            })?;
            read.push(number.to_string());
        }
        let number = |part: &str| part.parse::<u64>().map(|n| ecow::eco_format!("{n}")).unwrap_or_default();
        let normalized = ecow::eco_format!("v{}", read.join("."));
        let version = match profile {
            Profile::Helm3 => normalized.clone(),
            Profile::Helm4 if text.starts_with('v') => text.into(),
            Profile::Helm4 => ecow::eco_format!("v{text}"),
        };
        Ok(Self { version, normalized, major: number(first), minor: number(second) })
    }

    /// The whole version (`.Version`).
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The version that a chart's `kubeVersion` is held against (`.String`): in Helm 4 without what a vendor added.
    pub fn compared(&self) -> &str {
        &self.normalized
    }

    fn value(&self, profile: Profile) -> Value {
        let mut fields = vec![Field::new("Version", "Version", self.version.clone())];
        if profile == Profile::Helm4 {
            let value = Value::Str(self.normalized.clone()).into();
            fields.push(Field { name: "normalizedVersion", json: Json::Hidden, value });
        }
        fields.push(Field::new("Major", "Major", self.major.clone()));
        fields.push(Field::new("Minor", "Minor", self.minor.clone()));
        let type_name = name(profile, "chartutil.KubeVersion", "common.KubeVersion");
        struct_value(Struct { type_name, pointer: false, fields, methods: KUBE_VERSION })
    }
}

/// Both methods are those of the pointer: templates reach them because the version is a field behind one.
const KUBE_VERSION: &[Method] = &[
    Method {
        name: "String",
        signature: Signature { params: &[], variadic: false },
        run: |version| {
            let normalized = version.any_field("normalizedVersion");
            Ok(if normalized.truth() { normalized } else { version.any_field("Version") })
        },
    },
    Method {
        name: "GitVersion",
        signature: Signature { params: &[], variadic: false },
        run: |version| Ok(version.any_field("Version")),
    },
];

/// What the cluster can do (`chartutil.Capabilities`, `common.Capabilities`).
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// The cluster's version.
    pub kube_version: KubeVersion,
    /// The API versions that it serves: `group/version`, or `group/version/Kind`.
    pub api_versions: Vec<EcoString>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self { kube_version: KubeVersion::assumed(), api_versions: default_api_versions() }
    }
}

/// The API versions that charts see where nobody says what the cluster has.
pub fn default_api_versions() -> Vec<EcoString> {
    DEFAULT_API_VERSIONS.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).map(EcoString::from).collect()
}

impl Capabilities {
    /// `.Capabilities`: a pointer to a struct.
    pub fn value(&self, profile: Profile) -> Value {
        let versions = VersionSet {
            type_name: name(profile, "chartutil.VersionSet", "common.VersionSet"),
            list: ListRef::strings(self.api_versions.iter().cloned()),
        };
        let fields = vec![
            Field::new("KubeVersion", "KubeVersion", self.kube_version.value(profile)),
            Field::new("APIVersions", "APIVersions", Value::Object(Rc::new(versions))),
            Field::new("HelmVersion", "HelmVersion", helm_version(profile)),
        ];
        let type_name = name(profile, "*chartutil.Capabilities", "*common.Capabilities");
        struct_value(Struct { type_name, pointer: true, fields, methods: &[] })
    }
}

/// `.Capabilities.HelmVersion`: what the released binaries say of themselves, but for the commit, which is empty as in a
/// binary that Go made from the module.
fn helm_version(profile: Profile) -> Value {
    let version = name(profile, "v3.21.4", "v4.2.4");
    let mut fields = vec![
        Field::omit_empty("Version", "version", version),
        Field::omit_empty("GitCommit", "git_commit", ""),
        Field::omit_empty("GitTreeState", "git_tree_state", "clean"),
        Field::omit_empty("GoVersion", "go_version", "go1.26.8"),
    ];
    if profile == Profile::Helm4 {
        fields.push(Field::new("KubeClientVersion", "kube_client_version", "v1.36"));
    }
    struct_value(Struct { type_name: "version.BuildInfo", pointer: false, fields, methods: &[] })
}

/// A slice of API versions with the method `Has`.
#[derive(Debug)]
pub struct VersionSet {
    type_name: &'static str,
    list: ListRef,
}

impl VersionSet {
    /// The versions, a `[]string`.
    pub fn list(&self) -> &ListRef {
        &self.list
    }
}

impl Object for VersionSet {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn kind(&self) -> &'static str {
        "slice"
    }

    fn show(&self) -> String {
        format::show(&Value::List(self.list.clone()))
            .map_or_else(|_| String::new(), |b| String::from_utf8_lossy(&b).into())
    }

    fn stringer(&self) -> bool {
        false
    }

    fn body(&self) -> Body {
        Body::Plain(Value::List(self.list.clone()))
    }

    fn method(&self, name: &str) -> Option<Signature> {
        (name == "Has").then_some(Signature { params: &[Type::String], variadic: false })
    }

    fn call(&self, _name: &str, call: &mut Call) -> Result<Tracked, Fault> {
        let asked = call.bytes(0);
        ok(self.list.items().iter().any(|v| v.as_bytes() == Some(asked)))
    }

    fn entries(&self) -> Option<Vec<(Tracked, Tracked)>> {
        let index = |i| Value::Int(i64::try_from(i).unwrap_or(i64::MAX), IntType::Int).into();
        Some(self.list.items().iter().enumerate().map(|(i, item)| (index(i), item.clone())).collect())
    }

    fn truth(&self) -> bool {
        !self.list.is_empty()
    }

    fn to_node(&self, meter: &mut Meter) -> Result<Node, Fault> {
        Value::List(self.list.clone()).to_node(meter)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn struct_value(made: Struct) -> Value {
    Value::Object(Rc::new(made))
}

/// `%q` of a text.
pub(super) fn quoted(text: &str) -> String {
    format::quote(text.as_bytes())
}

/// A name that differs between the two.
pub(super) fn name(profile: Profile, helm3: &'static str, helm4: &'static str) -> &'static str {
    match profile {
        Profile::Helm3 => helm3,
        Profile::Helm4 => helm4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_helm_reads_them() {
        for (text, helm3, helm4) in [
            ("1.30", "v1.30 v1.30 1 30", "v1.30 v1.30 1 30"),
            ("v1.30", "v1.30 v1.30 1 30", "v1.30 v1.30 1 30"),
            ("1.33.4-gke.12", "v1.33.4 v1.33.4 1 33", "v1.33.4-gke.12 v1.33.4 1 33"),
            ("v1.2.3.4", "v1.2.3.4 v1.2.3.4 1 2", "v1.2.3.4 v1.2.3.4 1 2"),
            ("1.30.0+k3s1", "v1.30.0 v1.30.0 1 30", "v1.30.0+k3s1 v1.30.0 1 30"),
            (" 1.30", "v1.30 v1.30 1 30", "v 1.30 v1.30 1 30"),
            ("abc", "could not parse \"abc\" as version", "could not parse \"abc\" as version"),
            ("1", "illegal version string \"1\"", "illegal version string \"1\""),
            ("1.x", "illegal version string \"1.x\"", "illegal version string \"1.x\""),
            (
                "01.2",
                "illegal zero-prefixed version component \"01\" in \"01.2\"",
                "illegal zero-prefixed version component \"01\" in \"01.2\"",
            ),
        ] {
            for (profile, expected) in [(Profile::Helm3, helm3), (Profile::Helm4, helm4)] {
                let found = match KubeVersion::parse(text, profile) {
                    Ok(v) => format!("{} {} {} {}", v.version, v.compared(), v.major, v.minor),
                    Err(why) => why,
                };
                assert_eq!(found, expected, "{text} in {profile:?}");
            }
        }
    }

    #[test]
    fn the_default_set_has_groups_and_versions_only() {
        let versions = default_api_versions();
        assert_eq!(versions.len(), 55);
        assert!(versions.iter().any(|v| v == "apiextensions.k8s.io/v1"));
        assert!(versions.iter().all(|v| v.matches('/').count() <= 1));
    }
}
