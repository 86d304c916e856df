//! No target and no patch make the patch engines panic, strategic or JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use terrace::provenance::Recorder;
use terrace::render::kustomize::openapi::Schema;
use terrace::render::kustomize::patch::{JsonPatch, Merging, merge};
use terrace::source::{FileId, SourceKind, Sources};
use terrace::yaml::{Dialect, parse};

fuzz_target!(|input: (&str, &str)| {
    let (target, patch) = input;
    let target = parse(FileId::TRANSIENT, target, Dialect::Kustomize).into_first();
    let (schema, sources) = (Schema::default(), Sources::new());
    let file = sources.add("patch.yaml", patch, SourceKind::File);
    for recorder in [Recorder::off(), Recorder::recording()] {
        let how = Merging { schema: &schema, recorder: &recorder, sources: &sources };
        let read = parse(file.id, patch, Dialect::Kustomize).into_first();
        // A patch that can't be applied is fine.
        let _ = merge(&mut target.clone(), &read, how);
        if let Ok(json) = JsonPatch::parse(patch, file.id) {
            let _ = json.apply(&mut target.clone(), &recorder);
        }
    }
});
