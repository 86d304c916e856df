use super::*;
use crate::source::FileId;
use crate::yaml::{Dialect, parse};

fn read(text: &str) -> (Option<ApplicationSet>, Vec<String>) {
    let (set, told) = ApplicationSet::from_node(&parse(FileId::NONE, text, Dialect::Kubernetes).into_first());
    (set, told.into_iter().map(|d| std::iter::once(d.message).chain(d.hints).collect::<Vec<_>>().join(" | ")).collect())
}

#[test]
fn every_mistake_is_told() {
    let text = "kind: ApplicationSet\nspec:\n  goTemplates: true\n  generators:\n  - cluster: {}\n  - git: {repoURL: 1, \
                files: {}}\n  - matrix: {generators: [{matrix: {generators: [{matrix: {}}]}}]}\n  template:\n    spec: \
                {revisionHistoryLimit: '{{ .n }}', source: {targetRevision: 1.5}}\n";
    let (set, told) = read(text);
    assert!(set.is_none());
    let expected = [
        "an ApplicationSet needs a `metadata.name`",
        "`spec` of an ApplicationSet has no field `goTemplates`: Argo CD drops it | did you mean `goTemplate`?",
        "a generator has no field `cluster`: Argo CD drops it | did you mean `clusters`?",
        "`repoURL` is an integer, expected a string | put it in quotes",
        "`files` is a mapping, expected a list",
        "a generator on the third level has no field `matrix`: Argo CD drops it",
        "`revisionHistoryLimit` is a string, expected an integer | only strings can be templated: use `templatePatch` for other types",
        "`targetRevision` is a number, expected a string | put it in quotes",
    ];
    assert_eq!(told, expected);
}

#[test]
fn fields_are_read() {
    let text = "metadata: {name: a, namespace: ns}\nspec:\n  goTemplate: true\n  goTemplateOptions: [missingkey=error]\n  \
                generators: [{list: {elements: []}, selector: {}}]\n  syncPolicy: {preserveResourcesOnDeletion: true}\n  \
                strategy: {type: RollingSync}\n  templatePatch: 'x: y'\n  template: {metadata: {name: b}}\n";
    let (set, told) = read(text);
    assert_eq!(told, [""; 0]);
    let set = set.unwrap();
    assert!(set.go_template && set.preserve_resources && set.strategy.is_some());
    assert_eq!((set.name.as_str(), set.namespace.as_deref()), ("a", Some("ns")));
    assert_eq!(set.template_patch.map(|(text, _)| text).as_deref(), Some("x: y"));
    let [generator] = set.generators.as_slice() else { panic!() };
    assert_eq!(generator.kinds().map(|(kind, _)| kind).collect::<Vec<_>>(), [generator::Kind::List]);
    assert!(generator.selector().is_some(), "an empty selector is one");
}
