//! No glob makes its parser panic; a text without special characters matches itself alone.

#![no_main]

use libfuzzer_sys::fuzz_target;
use terrace::glob::Glob;

fuzz_target!(|input: (&str, &str)| {
    let (pattern, text) = input;
    for separator in [None, Some('/'), Some('.')] {
        let Ok(glob) = Glob::new(pattern, separator) else { continue };
        let matched = glob.matches(text);
        if !pattern.contains(['*', '?', '[', ']', '{', '}', '\\', ',']) {
            assert_eq!(matched, pattern == text);
        }
    }
});
