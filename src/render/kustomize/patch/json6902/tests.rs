use super::*;
use crate::provenance::Recorder;
use crate::render::kustomize::patch::testing::{goldens, outcome, resource};
use crate::yaml::emit;

fn patched(target: &str, patch: &str) -> std::result::Result<Node, String> {
    let mut target = resource(target);
    let patch = JsonPatch::parse(patch, FileId::TRANSIENT).map_err(|failure| failure.text)?;
    patch.apply(&mut target, &Recorder::off()).map_err(|failure| failure.text)?;
    Ok(target)
}

#[test]
fn as_kustomize_patches() {
    let count = goldens("json6902", |case| outcome(case, &patched(&case.target, &case.patch).map(|node| emit(&node))));
    assert!(count >= 300, "{count}");
}
