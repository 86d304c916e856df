//! `source.helm` (`ApplicationSourceHelm`): how an Application has a chart rendered.

use super::fields::FieldReader;
use crate::diag::{Code, Diagnostic};
use crate::source::Origin;
use crate::yaml::Node;

/// `source.helm`. What is empty in the manifest is absent here.
#[derive(Clone, Debug, Default)]
pub struct Helm {
    /// `releaseName`; the app's name by default.
    pub release_name: Option<(String, Origin)>,
    /// `namespace`: what the chart is rendered with; the destination's by default.
    pub namespace: Option<(String, Origin)>,
    /// `valueFiles`, lowest first.
    pub value_files: Vec<(String, Origin)>,
    /// Whether files of `valueFiles` that aren't there are left out.
    pub ignore_missing_value_files: bool,
    /// `valuesObject`, or else `values`.
    pub values: Option<InlineValues>,
    /// `parameters`. Of those with one name only the last is left.
    pub parameters: Vec<Parameter>,
    /// `fileParameters`, likewise.
    pub file_parameters: Vec<FileParameter>,
    /// `skipCrds`.
    pub skip_crds: bool,
    /// `skipTests`.
    pub skip_tests: bool,
    /// `skipSchemaValidation`.
    pub skip_schema_validation: bool,
    /// `kubeVersion`; the cluster's by default.
    pub kube_version: Option<(String, Origin)>,
    /// `apiVersions`; the cluster's if there are none.
    pub api_versions: Vec<String>,
}

/// Values that stand in the Application.
#[derive(Clone, Debug)]
pub enum InlineValues {
    /// `values`: YAML in a string, the node that holds it.
    Text(Node),
    /// `valuesObject`: a mapping.
    Object(Node),
}

/// One of `parameters`: `--set`, or `--set-string`.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Which value it sets.
    pub name: String,
    /// To what, as it is written.
    pub value: String,
    /// Whether the value is a string whatever it looks like.
    pub force_string: bool,
    /// Where the value is written.
    pub origin: Origin,
}

/// One of `fileParameters`: `--set-file`.
#[derive(Clone, Debug)]
pub struct FileParameter {
    /// Which value it sets.
    pub name: String,
    /// The file whose text is the value.
    pub path: String,
    /// Where the path is written.
    pub origin: Origin,
}

/// All fields of `source.helm`.
const FIELDS: [&str; 15] = [
    "apiVersions",
    "fileParameters",
    "ignoreMissingValueFiles",
    "kubeVersion",
    "namespace",
    "parameters",
    "passCredentials",
    "releaseName",
    "skipCrds",
    "skipSchemaValidation",
    "skipTests",
    "valueFiles",
    "values",
    "valuesObject",
    "version",
];

impl FieldReader {
    /// Reads `source.helm`; none after an error. All mistakes are told.
    pub(super) fn helm(&mut self, node: &Node) -> Option<Helm> {
        if node.as_map().is_none() {
            self.refuse(format!("`helm` is {}, expected a mapping", node.value.kind()), node.origin, "not a mapping");
            return None;
        }
        self.dropped(node, "`helm`", &FIELDS);
        let release_name = self.text(node, &["releaseName"]);
        let namespace = self.text(node, &["namespace"]);
        let value_files = self.texts(node, "valueFiles");
        let ignore_missing = self.flag(node, "ignoreMissingValueFiles");
        let values = self.inline_values(node);
        let parameters = self.parameters(node);
        let file_parameters = self.file_parameters(node);
        let (skip_crds, skip_tests) = (self.flag(node, "skipCrds"), self.flag(node, "skipTests"));
        let skip_schema_validation = self.flag(node, "skipSchemaValidation");
        let kube_version = self.text(node, &["kubeVersion"]);
        let api_versions = self.texts(node, "apiVersions");
        let version = self.text(node, &["version"]);
        if let Some(Some((version, at))) = &version
            && !matches!(version.as_str(), "v3" | "v4")
        {
            self.refuse(format!("Argo CD knows no Helm `{version}`"), *at, "expected `v3` or `v4`");
        }
        Some(Helm {
            release_name: release_name?,
            namespace: namespace?,
            value_files: value_files?,
            ignore_missing_value_files: ignore_missing?,
            values: values?,
            parameters: parameters?,
            file_parameters: file_parameters?,
            skip_crds: skip_crds?,
            skip_tests: skip_tests?,
            skip_schema_validation: skip_schema_validation?,
            kube_version: kube_version?,
            api_versions: api_versions?.into_iter().map(|(text, _)| text).collect(),
        })
    }

    /// `valuesObject` replaces `values` wholly, even where it is an empty mapping.
    fn inline_values(&mut self, node: &Node) -> Option<Option<InlineValues>> {
        let text = self.text(node, &["values"]);
        match node.get("valuesObject").filter(|o| !o.is_null()) {
            Some(object) if object.as_map().is_some() => {
                if let Some(Some((_, at))) = text {
                    let message = "`valuesObject` replaces `values`: what stands here has no effect";
                    self.diagnostics.push(
                        Diagnostic::warning(Code::INVALID_APPLICATION, message)
                            .at(at, "replaced")
                            .also(object.origin, "by this"),
                    );
                }
                Some(Some(InlineValues::Object(object.clone())))
            }
            Some(object) => {
                let message = format!("`valuesObject` is {}, expected a mapping", object.value.kind());
                self.refuse(message, object.origin, "not a mapping");
                None
            }
            None => Some(text?.and_then(|_| node.get("values").cloned().map(InlineValues::Text))),
        }
    }

    fn parameters(&mut self, node: &Node) -> Option<Vec<Parameter>> {
        let mut parameters: Vec<Parameter> = Vec::new();
        self.each(node, "parameters", |reader, item| {
            let name = reader.named(item, "parameters");
            let value = reader.text(item, &["value"]);
            let force_string = reader.flag(item, "forceString")?;
            let (name, value) = (name?, value?);
            // Plain and forced ones are kept apart, as Argo CD keeps them.
            parameters.retain(|p| p.name != name || p.force_string != force_string);
            let (value, origin) = value.unwrap_or((String::new(), item.origin));
            parameters.push(Parameter { name, value, force_string, origin });
            Some(())
        })?;
        Some(parameters)
    }

    fn file_parameters(&mut self, node: &Node) -> Option<Vec<FileParameter>> {
        let mut parameters: Vec<FileParameter> = Vec::new();
        self.each(node, "fileParameters", |reader, item| {
            let name = reader.named(item, "fileParameters");
            let path = reader.text(item, &["path"])?;
            let Some((path, origin)) = path else {
                reader.refuse("a file parameter has no `path`".to_owned(), item.origin, "this parameter");
                return None;
            };
            let name = name?;
            parameters.retain(|p| p.name != name);
            parameters.push(FileParameter { name, path, origin });
            Some(())
        })?;
        Some(parameters)
    }

    /// The name of a parameter.
    fn named(&mut self, item: &Node, list: &str) -> Option<String> {
        let name = self.text(item, &["name"])?;
        if name.is_none() {
            self.refuse(format!("one of `{list}` has no `name`"), item.origin, "which value does it set?");
        }
        name.map(|(name, _)| name)
    }
}

/// A value as Argo CD hands it to `--set`: commas don't end it, unless it is a list in braces
/// (util/helm/cmd.go, `cleanSetParameters`).
pub fn set_value(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_owned();
    }
    let mut result = String::with_capacity(value.len());
    let mut before = None;
    for c in value.chars() {
        if c == ',' && before != Some('\\') {
            result.push('\\');
        }
        result.push(c);
        before = Some(c);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::source::FileId;
    use crate::yaml::{Dialect, parse};

    fn read(text: &str) -> (Option<Helm>, Vec<String>) {
        let node = parse(FileId::NONE, text, Dialect::Kubernetes).into_first();
        let mut reader = FieldReader { diagnostics: Diagnostics::new(), what: "source" };
        let helm = reader.helm(&node);
        (helm, reader.diagnostics.into_iter().map(|d| d.message).collect())
    }

    #[test]
    fn commas_are_escaped_as_argo_cd_does() {
        for (value, expected) in [
            ("a,b", r"a\,b"),
            (r"a\,b", r"a\,b"),
            (r"a\\,b", r"a\\,b"),
            ("{a,b}", "{a,b}"),
            ("{a,b", r"{a\,b"),
            (",", r"\,"),
            (",,", r"\,\,"),
            ("", ""),
        ] {
            assert_eq!(set_value(value), expected, "{value}");
        }
    }

    #[test]
    fn the_last_of_a_name_wins() {
        let text = "parameters: [{name: a, value: '1'}, {name: b}, {name: a, value: '2'}, \
                    {name: a, value: '3', forceString: true}]\n";
        let (helm, problems) = read(text);
        let shown: Vec<_> = helm.unwrap().parameters.into_iter().map(|p| (p.name, p.value, p.force_string)).collect();
        let expected = [("b", "", false), ("a", "2", false), ("a", "3", true)];
        assert_eq!(shown, expected.map(|(n, v, f)| (n.to_owned(), v.to_owned(), f)));
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn an_object_replaces_a_text() {
        let (helm, problems) = read("values: 'a: 1'\nvaluesObject: {}\n");
        assert!(matches!(helm.unwrap().values, Some(InlineValues::Object(_))));
        assert_eq!(problems, ["`valuesObject` replaces `values`: what stands here has no effect"]);
        let (helm, _) = read("values: 'a: 1'\nvaluesObject: null\n");
        assert!(matches!(helm.unwrap().values, Some(InlineValues::Text(_))));
        assert!(read("values: ''\n").0.unwrap().values.is_none());
    }

    #[test]
    fn every_mistake_is_told() {
        let text = "releaseName: 1\nvalueFiles: [a, 2]\nvaluesObject: []\nparameters: [{value: x}, {name: a, value: 1}, 3]\n\
                    fileParameters: [{name: f}]\nskipCrds: maybe\nversion: v2\nvaluesFiles: [x]\napiVersions: v1\n";
        let (helm, problems) = read(text);
        assert!(helm.is_none());
        let expected = [
            "`helm` has no field `valuesFiles`: Argo CD drops it",
            "`releaseName` is an integer, expected a string",
            "one of `valueFiles` is an integer, expected a string",
            "`valuesObject` is a list, expected a mapping",
            "one of `parameters` has no `name`",
            "`value` is an integer, expected a string",
            "one of `parameters` is an integer, expected a mapping",
            "a file parameter has no `path`",
            "`skipCrds` is a string, expected true or false",
            "`apiVersions` is a string, expected a list",
            "Argo CD knows no Helm `v2`",
        ];
        assert_eq!(problems, expected);
    }
}
