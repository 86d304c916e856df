//! `spec.ignoreDifferences` (`ResourceIgnoreDifferences`): what of live objects doesn't count where they differ.

use super::fields::FieldReader;
use crate::source::Origin;
use crate::yaml::Node;

/// One of `ignoreDifferences`. What is empty fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoreDifferences {
    /// The group, a glob.
    pub group: String,
    /// The kind, a glob.
    pub kind: String,
    /// The object's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Fields, as JSON pointers.
    pub json_pointers: Vec<(String, Origin)>,
    /// Fields, as jq expressions.
    pub jq_path_expressions: Vec<(String, Origin)>,
    /// Managers whose fields don't count.
    pub managed_fields_managers: Vec<(String, Origin)>,
    /// Where it stands.
    pub origin: Origin,
}

impl FieldReader {
    /// Reads `ignoreDifferences`; none after an error. All mistakes are told.
    pub(super) fn ignore_differences(&mut self, spec: &Node) -> Option<Vec<IgnoreDifferences>> {
        const LISTS: [&str; 3] = ["jsonPointers", "jqPathExpressions", "managedFieldsManagers"];
        const KEYS: [&str; 4] = ["group", "kind", "name", "namespace"];
        let mut found = Vec::new();
        self.each(spec, "ignoreDifferences", |reader, item| {
            let known: Vec<&str> = KEYS.into_iter().chain(LISTS).collect();
            reader.dropped(item, "one of `ignoreDifferences`", &known);
            let [group, kind, name, namespace] = KEYS.map(|key| reader.text(item, &[key]));
            let [pointers, expressions, managers] = LISTS.map(|key| reader.texts(item, key));
            if kind == Some(None) {
                reader.refuse("one of `ignoreDifferences` has no `kind`".to_owned(), item.origin, "of which kind?");
            }
            if [&pointers, &expressions, &managers].iter().all(|list| list.as_ref().is_some_and(Vec::is_empty)) {
                let message = format!("this ignores nothing: it has none of `{}`", LISTS.join("`, `"));
                reader.warn(message, item.origin, "names no fields");
            }
            for (pointer, at) in pointers.iter().flatten().filter(|(pointer, _)| !is_pointer(pointer)) {
                let message = format!("`{pointer}` is not a JSON pointer: such a one starts with `/`");
                reader.refuse(message, *at, "as in `/spec/replicas`");
            }
            let text = |text: Option<(String, Origin)>| text.map(|(text, _)| text).unwrap_or_default();
            found.push(IgnoreDifferences {
                group: text(group?),
                kind: text(kind?),
                name: text(name?),
                namespace: text(namespace?),
                json_pointers: pointers?,
                jq_path_expressions: expressions?,
                managed_fields_managers: managers?,
                origin: item.origin,
            });
            Some(())
        })?;
        Some(found)
    }
}

fn is_pointer(text: &str) -> bool {
    text.is_empty() || text.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::source::FileId;
    use crate::yaml::{Dialect, parse};

    fn read(text: &str) -> (Option<Vec<IgnoreDifferences>>, Vec<String>) {
        let node = parse(FileId::NONE, text, Dialect::Kubernetes).into_first();
        let mut reader = FieldReader { diagnostics: Diagnostics::new(), what: "Application" };
        let found = reader.ignore_differences(&node);
        (found, reader.diagnostics.into_iter().map(|d| d.message).collect())
    }

    #[test]
    fn every_field_is_read() {
        let (found, problems) = read(
            "ignoreDifferences:\n- {group: apps, kind: Deployment, name: web, namespace: shop, jsonPointers: [/spec/replicas], \
             jqPathExpressions: ['.spec.x'], managedFieldsManagers: [kube-controller-manager]}\n- {kind: '*', jsonPointers: ['']}\n",
        );
        assert!(problems.is_empty(), "{problems:?}");
        let found = found.unwrap();
        assert_eq!(
            (found.len(), found[0].group.as_str(), found[0].json_pointers[0].0.as_str()),
            (2, "apps", "/spec/replicas")
        );
        assert_eq!(found[0].managed_fields_managers.len() + found[0].jq_path_expressions.len(), 2);
    }

    #[test]
    fn every_mistake_is_told() {
        let (found, problems) = read(
            "ignoreDifferences: [{group: apps, jsonPointers: [spec.replicas]}, {kind: Service}, {kind: 1, pointers: []}]\n",
        );
        assert!(found.is_none());
        let expected = [
            "one of `ignoreDifferences` has no `kind`",
            "`spec.replicas` is not a JSON pointer: such a one starts with `/`",
            "this ignores nothing: it has none of `jsonPointers`, `jqPathExpressions`, `managedFieldsManagers`",
            "one of `ignoreDifferences` has no field `pointers`: Argo CD drops it",
            "`kind` is an integer, expected a string",
            "this ignores nothing: it has none of `jsonPointers`, `jqPathExpressions`, `managedFieldsManagers`",
        ];
        assert_eq!(problems, expected);
    }
}
