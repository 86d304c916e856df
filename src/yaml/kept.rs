//! Texts that are asked for again and again (one file, a hundred clusters) are parsed twice, not a hundred times.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Dialect, Parsed, parse};
use crate::source::SourceFile;

/// What a text holds, by dialect. Kept from the second asking on: most texts are asked for once, and nodes take several
/// times the room of their text.
#[derive(Debug, Default)]
pub struct Kept {
    kubernetes: Cell,
    config: Cell,
}

#[derive(Debug, Default)]
struct Cell {
    asked: AtomicBool,
    parsed: OnceLock<Parsed>,
}

/// Reads every document of a file, as [`parse`] does.
pub fn parse_file(file: &SourceFile, dialect: Dialect) -> Parsed {
    let read = || parse(file.id, &file.text, dialect);
    let cell = match dialect {
        Dialect::Kubernetes => &file.kept.kubernetes,
        Dialect::Config => &file.kept.config,
        // Read by kustomizations alone, which keep what they made of it.
        Dialect::Kustomize => return read(),
    };
    if cell.asked.swap(true, Ordering::Relaxed) { cell.parsed.get_or_init(read).clone() } else { read() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceKind, Sources};
    use crate::yaml::emit;

    #[test]
    fn every_asking_gives_the_same() {
        let file = Sources::new().add("a.yaml", "a: 1\na: yes\n---\n{b\n", SourceKind::File);
        for dialect in [Dialect::Kubernetes, Dialect::Config, Dialect::Kustomize] {
            let expected = parse(file.id, &file.text, dialect);
            for _ in 0..3 {
                let mut parsed = parse_file(&file, dialect);
                assert_eq!(format!("{parsed:?}"), format!("{expected:?}"));
                // What one caller does to its nodes, no other sees.
                for document in &mut parsed.documents {
                    if let Some(map) = document.node.as_map_mut() {
                        map.insert("c", crate::source::Origin::NONE, crate::yaml::Node::made("d"));
                    }
                    assert_ne!(emit(&document.node), "");
                }
            }
        }
    }
}
