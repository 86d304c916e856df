//! No text makes the reader panic, in any dialect, nor the writer on what was read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use terrace::source::FileId;
use terrace::yaml::{Dialect, emit, parse, to_json, token_end};

fuzz_target!(|text: &str| {
    for dialect in [Dialect::Kubernetes, Dialect::Kustomize, Dialect::Config] {
        for document in parse(FileId::NONE, text, dialect).documents {
            emit(&document.node);
            to_json(&document.node);
            token_end(text, document.origin.at as usize);
        }
    }
});
