//! Values in several places, in whole builds: `testdata/kustomize/shared`.

use std::path::Path;
use std::sync::Arc;

use crate::provenance::Recorder;
use crate::render::helm::Charts;
use crate::render::kustomize::bases::Bases;
use crate::render::kustomize::options::Options;
use crate::render::kustomize::testing::{cases, difference};
use crate::render::kustomize::{Tools, build, to_yaml};
use crate::world::{FilePath, MemoryTree, Reader, World};

fn built(files: &[(&str, &str)], recorder: &Recorder) -> String {
    let world = World::new();
    let tree = world.mount(Arc::new(MemoryTree::new(files.iter().copied())));
    let (reader, charts, bases) = (Reader::new(&world), Charts::new(), Bases::new());
    let tools = Tools { reader: &reader, recorder, charts: &charts, bases: &bases };
    match build(&FilePath::new(tree, "over"), &Options::default(), tools).resources {
        Ok(resources) => to_yaml(&resources),
        Err(failure) => failure.text,
    }
}

#[test]
fn what_kustomize_holds_once_changes_everywhere() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/kustomize/shared");
    let text = std::fs::read_to_string(dir.join("cases.txt")).unwrap();
    let mut wrong = Vec::new();
    for case in cases(&text) {
        let expected = case.section("output").unwrap();
        for recorder in [Recorder::off(), Recorder::recording()] {
            let got = built(&case.sections, &recorder);
            if got != expected {
                wrong.push(format!("=== {}\n{}", case.name, difference(expected, &got)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
