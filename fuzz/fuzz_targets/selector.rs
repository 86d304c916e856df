//! No selector makes its parser panic, nor the comparison with labels.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use terrace::config::selector::Selector;

fuzz_target!(|input: (&str, BTreeMap<String, String>)| {
    let (text, labels) = input;
    if let Ok(selector) = Selector::parse(text) {
        selector.matches(&labels);
        selector.matches(&BTreeMap::new());
    }
});
