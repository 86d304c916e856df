//! The types that are built in; see schemas/kustomize/ORIGIN.md.

use std::collections::HashMap;
use std::sync::OnceLock;

use ecow::EcoString;

use super::{Graph, Shape};

/// What nearly all names of definitions start with, and is left out.
const COMMON: &str = "io.k8s";

static TEXT: &str = include_str!("../../../../schemas/kustomize/merge.txt");

/// The types, read when first asked for.
pub(super) fn graph() -> &'static Graph {
    static GRAPH: OnceLock<Graph> = OnceLock::new();
    GRAPH.get_or_init(|| read(TEXT))
}

/// Which shape a definition has, by its name in the document: `io.k8s.api.core.v1.PodSpec`.
pub(super) fn definition(name: &str) -> Option<u32> {
    static NAMES: OnceLock<HashMap<EcoString, u32>> = OnceLock::new();
    let names = NAMES.get_or_init(|| named(TEXT.split("---\n").nth(2).unwrap_or_default()).collect());
    names.get(name.strip_prefix(COMMON).unwrap_or(name)).copied()
}

fn read(text: &str) -> Graph {
    let (shapes, rest) = text.split_once("---\n").unwrap_or((text, ""));
    let roots = rest.split_once("---\n").map_or(rest, |(roots, _)| roots);
    let shapes = shapes.lines().map(shape).collect();
    Graph { shapes, roots: named(roots).collect(), ..Graph::default() }
}

/// Names, each with the number that stands before them.
fn named(text: &str) -> impl Iterator<Item = (EcoString, u32)> + '_ {
    text.lines().filter_map(|line| line.split_once(' ')).flat_map(|(at, names)| {
        let at = at.parse().ok();
        names.split(',').filter_map(move |name| Some((name.into(), at?)))
    })
}

fn shape(line: &str) -> Shape {
    let mut shape = Shape::default();
    for part in line.split(';') {
        let Some((what, rest)) = part.split_once(' ') else { continue };
        let at = rest.parse().ok();
        match what {
            "merge" => shape.merge = Some(rest.split(',').filter(|key| !key.is_empty()).map(Into::into).collect()),
            "[]" => shape.elements = at,
            "*" => shape.others = at,
            fields => {
                let names = fields.strip_prefix('.').unwrap_or(fields).split(',');
                shape.fields.extend(names.map(|name| (name.into(), at)));
            }
        }
    }
    shape.fields.sort_unstable();
    shape
}
