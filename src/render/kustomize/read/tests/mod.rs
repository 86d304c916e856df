mod golden;
pub mod show;

use std::sync::Arc;

use super::*;
use crate::diag::Diagnostic;
use crate::source::{SourceKind, Sources};

/// A file of the build at `/app`.
fn file(sources: &Sources, text: &str) -> Arc<SourceFile> {
    sources.add("app/kustomization.yaml", text, SourceKind::File)
}

/// A diagnostic as `place: message (label) [hint]`.
fn told(sources: &Sources, diagnostic: &Diagnostic) -> String {
    let place = match &diagnostic.primary {
        Some(label) => {
            format!("{} ({})", sources.place(Origin::new(label.span.file, label.span.start as usize)), label.text)
        }
        None => "-".to_owned(),
    };
    format!("{place}: {} {:?}", diagnostic.message, diagnostic.hints)
}

fn failure(text: &str) -> (Failure, Vec<String>) {
    let sources = Sources::new();
    let failure = kustomization(&file(&sources, text)).unwrap_err();
    let told = failure.diagnostics.iter().map(|diagnostic| told(&sources, diagnostic)).collect();
    (failure, told)
}

#[test]
fn all_mistakes_are_told_at_their_places() {
    let text = "resources: web.yaml\nnamePrfix: a-\nimages:\n- name: web\n  newTag: 1.0\n  newname: x\n- newTags: y\nreplicas:\n- count: lots\n\
                commonLabels: {on: off, app: web}\n";
    let (failure, told) = failure(text);
    assert_eq!(
        failure.text,
        "invalid Kustomization: json: cannot unmarshal bool into Go struct field Kustomization.commonLabels of type string"
    );
    insta::assert_debug_snapshot!(told, @r#"
    [
        "app/kustomization.yaml:1:12 (a string): `resources` must be a list, found a string [\"put `- ` before it, on a line of its own, if it is the only entry\"]",
        "app/kustomization.yaml:2:1 (no such field): a kustomization has no field `namePrfix` [\"did you mean `namePrefix`?\"]",
        "app/kustomization.yaml:5:11 (an integer): `newTag` must be a string, found an integer [\"put it in quotes\"]",
        "app/kustomization.yaml:7:3 (no such field): an image has no field `newTags` [\"did you mean `newTag`?\"]",
        "app/kustomization.yaml:9:10 (a string): `count` must be an integer, found a string []",
        "app/kustomization.yaml:10:20 (a boolean): `true` in `commonLabels` must be a string, found a boolean [\"put it in quotes\"]",
    ]
    "#);
}

#[test]
fn a_kustomization_of_another_kind_is_told_so() {
    let (_, told) = failure("kind: kustomization\napiVersion: v1\nresources: [a]\n");
    insta::assert_debug_snapshot!(told, @r#"
    [
        "app/kustomization.yaml:1:7 (another kind): kind should be Kustomization or Component [\"did you mean `Kustomization`?\"]",
        "app/kustomization.yaml:2:13 (another version): apiVersion for kustomization should be kustomize.config.k8s.io/v1beta1 []",
    ]
    "#);
}

#[test]
fn what_is_lost_without_a_word_is_warned_of() {
    let sources = Sources::new();
    let text = "resources: [a]\nresources: [b]\n---\n# nothing\n---\nresources: [c]\n";
    let read = kustomization(&file(&sources, text)).unwrap();
    let told: Vec<String> = read.warnings.iter().map(|diagnostic| told(&sources, diagnostic)).collect();
    insta::assert_debug_snapshot!(told, @r#"
    [
        "app/kustomization.yaml:2:1 (): the key `resources` stands twice in one mapping [\"remove one of the two: the later one wins, and the earlier one is lost without a word\"]",
        "app/kustomization.yaml:6:1 (nobody reads this): only the first document of this file is read, and there is another one [\"remove the `---`, or this\"]",
    ]
    "#);
}

#[test]
fn texts_keep_their_places() {
    let sources = Sources::new();
    let text = "namePrefix: a-\nbases:\n- ../base\nimages:\n- name: web\n  newTag: v1\ncommonLabels:\n  app: web\n\
                replicas:\n- name: web\n  count: 3\n";
    let read = kustomization(&file(&sources, text)).unwrap();
    let places = [
        read.name_prefix.origin,
        read.resources[0].origin,
        read.images[0].origin,
        read.images[0].new_tag.origin,
        read.common_labels[0].0.origin,
        read.common_labels[0].1.origin,
        read.replicas[0].count_at,
        read.deprecated[0].origin,
        read.deprecated[1].origin,
    ];
    let places: Vec<String> = places.iter().map(|origin| sources.place(*origin)).collect();
    let expected = ["1:13", "3:3", "5:3", "6:11", "8:3", "8:8", "11:10", "2:1", "7:1"];
    assert_eq!(places, expected.map(|place| format!("app/kustomization.yaml:{place}")));
}

#[test]
fn deep_documents_are_no_danger() {
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
        let text = format!("patches: {}{}", open.repeat(990), close.repeat(990));
        assert!(kustomization(&file(&Sources::new(), &text)).is_err());
        let text = format!("helmCharts: [{{valuesInline: {{a: {}{}}}}}]", open.repeat(980), close.repeat(980));
        assert!(kustomization(&file(&Sources::new(), &text)).is_ok());
    }
}
