//! What becomes of texts on the way out: kustomize makes JSON of a resource and reads that as YAML (sigs.k8s.io/yaml,
//! `JSONToYAML`), whose quoted texts fold at U+0085 and may not hold some control characters.

use ecow::EcoString;

use super::failure::{Failure, Result};
use super::resource::Resource;
use crate::diag::Code;
use crate::source::Origin;
use crate::yaml::{Map, Node, Value};

/// U+0085: a line break to YAML, an ordinary character to JSON.
const NEXT_LINE: char = '\u{85}';
/// No document is nested deeper.
const DEPTH: usize = 2_000;

/// Makes of a resource's texts what kustomize prints of them.
///
/// # Errors
/// A text that kustomize can't print.
pub fn settle(resource: &mut Resource) -> Result<()> {
    if is_settled(resource.node(), 0) {
        return Ok(());
    }
    resource.edit(|node| settle_node(node, 0))
}

/// Whether nothing is to be done, as nearly always.
fn is_settled(node: &Node, depth: usize) -> bool {
    match &node.value {
        _ if depth > DEPTH => false,
        Value::Str(text) => is_plain(text),
        Value::Seq(items) => items.iter().all(|item| is_settled(item, depth + 1)),
        Value::Map(map) => map.iter().all(|entry| is_plain(&entry.key) && is_settled(&entry.value, depth + 1)),
        _ => true,
    }
}

/// Whether a text has none of the bytes that all characters in question have: U+007F, U+0080 to U+009F, U+FFFE and U+FFFF.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let next = |at: usize, offset: usize| bytes.get(at + offset).copied().unwrap_or_default();
    !memchr::memchr3_iter(0x7F, 0xC2, 0xEF, bytes).any(|at| match bytes.get(at) {
        Some(0xC2) => next(at, 1) < 0xA0,
        Some(0xEF) => next(at, 1) == 0xBF && next(at, 2) >= 0xBE,
        _ => true,
    })
}

fn settle_node(node: &mut Node, depth: usize) -> Result<()> {
    if depth > DEPTH {
        return Err(Failure::new(Code::YAML_LIMIT, "yaml: exceeded max depth").at(node.origin, "nested too deeply"));
    }
    match &mut node.value {
        Value::Str(text) => {
            if !is_plain(text) {
                *text = settled(text, node.origin)?;
            }
            Ok(())
        }
        Value::Seq(items) => items.make_mut().iter_mut().try_for_each(|item| settle_node(item, depth + 1)),
        Value::Map(map) => {
            let odd_keys = map.iter().any(|entry| !is_plain(&entry.key));
            for entry in map.entries_mut() {
                settle_node(&mut entry.value, depth + 1)?;
                if odd_keys && !is_plain(&entry.key) {
                    entry.key = settled(&entry.key, entry.key_origin)?;
                }
            }
            if odd_keys {
                // Two may have become one.
                let all: Map = std::mem::take(map).into_iter().collect();
                *map = all;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A text as it is read from JSON by a YAML reader.
fn settled(text: &str, origin: Origin) -> Result<EcoString> {
    let forbidden = |c: &char| matches!(c, '\u{7F}'..='\u{84}' | '\u{86}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}');
    if let Some(c) = text.chars().find(forbidden) {
        let text = "yaml: control characters are not allowed";
        return Err(Failure::new(Code::INVALID_OBJECT, text)
            .at(origin, &format!("has U+{:04X}, which kustomize can't print", u32::from(c)))
            .hint("take it out, or keep the text in base64"));
    }
    let mut out = EcoString::with_capacity(text.len());
    let mut rest = text;
    let mut at_line_start = false;
    while let Some(c) = rest.chars().next() {
        // Other white space is escaped in JSON.
        if c != ' ' && c != NEXT_LINE {
            if at_line_start && ["---", "..."].iter().any(|mark| is_document_mark(rest, mark)) {
                let text = "yaml: found unexpected document indicator";
                return Err(Failure::new(Code::INVALID_OBJECT, text).at(origin, "has U+0085 before a document mark"));
            }
            let end = rest.find([' ', NEXT_LINE]).unwrap_or(rest.len());
            let (content, after) = rest.split_at(end);
            out.push_str(content);
            (rest, at_line_start) = (after, false);
            continue;
        }
        let after = rest.trim_start_matches([' ', NEXT_LINE]);
        let (blank, _) = rest.split_at(rest.len() - after.len());
        match blank.matches(NEXT_LINE).count() {
            0 => out.push_str(blank),
            1 => out.push(' '),
            breaks => (1..breaks).for_each(|_| out.push('\n')),
        }
        at_line_start = blank.ends_with(NEXT_LINE);
        rest = after;
    }
    Ok(out)
}

fn is_document_mark(text: &str, mark: &str) -> bool {
    text.strip_prefix(mark).is_some_and(|rest| rest.starts_with([' ', NEXT_LINE]))
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::settle;
    use crate::render::kustomize::resource::Resource;
    use crate::source::FileId;
    use crate::world::{FilePath, MemoryTree, World};
    use crate::yaml::{Dialect, emit, parse};

    const CASES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/kustomize/output/cases.jsonl"));

    #[test]
    fn texts_come_out_as_from_kustomize() {
        let file =
            FilePath::new(World::new().mount(std::sync::Arc::new(MemoryTree::new(Vec::<(String, String)>::new()))), "");
        let mut count = 0;
        for line in CASES.lines() {
            let case: Json = serde_json::from_str(line).unwrap();
            let text = case["resource"].as_str().unwrap();
            let parsed = parse(FileId::NONE, text, Dialect::Kustomize);
            assert!(!parsed.diagnostics.has_errors(), "{text}: {:?}", parsed.diagnostics);
            let mut resource = Resource::new(parsed.into_first(), file.clone());
            match (settle(&mut resource), case["error"].as_str()) {
                (Ok(()), _) => assert_eq!(case["expected"], emit(resource.node()), "{text}"),
                // Lines are those of a JSON that nobody sees.
                (Err(failure), Some(error)) => {
                    assert_eq!(failure.text, error.replace("line 2: ", ""), "{text}");
                }
                (Err(failure), None) => panic!("{text}: {}", failure.text),
            }
            count += 1;
        }
        assert!(count > 200);
    }
}
