//! `matrix`: each set of the first generator with each that the second makes of it
//! (applicationset/generators/matrix.go).

use std::collections::BTreeMap;

use ecow::EcoString;

use super::failure::Failure;
use super::params::Params;
use super::run::Run;
use super::template::{Compiler, Scope, Template};
use crate::argocd::Version;
use crate::argocd::application_set::generator::{Generator, Kind};
use crate::diag::{Code, Diagnostic};
use crate::source::Origin;
use crate::yaml::Node;

/// The parameter sets of a matrix.
///
/// # Errors
/// There aren't two generators, one of them fails, or (without Go templates) both set one key to different values.
pub fn generate(run: &Run, generator: &Generator, matrix: &Node) -> Result<Vec<Params>, Failure> {
    let children = generator.children(matrix);
    let [first, second] = children.as_slice() else {
        let (said, message) = match children.len() {
            0 | 1 => (
                "found less than two generators, Matrix support only two",
                "a matrix needs two generators, and has fewer",
            ),
            _ => (
                "found more than two generators, Matrix support only two",
                "a matrix has two generators, and this one has more",
            ),
        };
        let at = children.get(2).map_or(matrix.origin, Generator::origin);
        let diagnostic = Diagnostic::error(Code::INVALID_APPLICATION_SET, message)
            .at(at, if children.len() > 2 { "a third generator" } else { "this matrix" })
            .hint("put a matrix into a matrix to combine three generators: `matrix: {generators: [A, {matrix: …}]}`");
        return Err(Failure::of(said, diagnostic));
    };
    let firsts = run
        .child(first, None)
        .map_err(|failure| failure.within("error failed to get params for first generator in matrix generator: "))?;
    if firsts.is_empty() {
        run.lint.empty_side(first.origin(), matrix.origin, "first");
        return Ok(Vec::new());
    }
    let failed =
        |failure: Failure| failure.within("failed to get params for second generator in the matrix generator: ");
    let whole_values = run.outside.version >= Version::V3_4;
    let compiled = Compiler { language: run.language, whole_values }.compile(&second.node, second.target());
    // Without templates in it, the second generator makes the same each time.
    let constant = match compiled.fixed() {
        Some(node) if firsts.iter().any(|own| !own.is_empty()) => {
            let rendered = Generator { node: node.clone(), level: second.level };
            Some(run.child(&rendered, Some(second)).map_err(failed)?)
        }
        _ => None,
    };
    let mut made = Vec::new();
    let mut any = false;
    for own in &firsts {
        let own = &if run.language.go { run.aliased(own) } else { own.clone() };
        let own_seconds;
        let seconds = match &constant {
            Some(seconds) if !own.is_empty() => seconds,
            _ => {
                own_seconds = interpolated(run, second, &compiled, own).map_err(failed)?;
                &own_seconds
            }
        };
        any |= !seconds.is_empty();
        for other in seconds {
            made.push(combined(run, own, other, matrix.origin)?);
        }
    }
    if !any {
        run.lint.empty_side(second.origin(), matrix.origin, "second");
    }
    Ok(made)
}

/// What the second generator makes, rendered with a set of the first.
fn interpolated(run: &Run, second: &Generator, compiled: &Template, own: &Params) -> Result<Vec<Params>, Failure> {
    if own.is_empty() {
        return run.child(second, None);
    }
    let scope = Scope::new(own, run.language, run.identity(), false);
    let node = compiled.render(&scope, &mut run.watch()).map_err(|failure| {
        let before =
            "child generator returned an error on parameter generation: failed to replace parameters in generator: ";
        failure.within(before)
    })?;
    run.child(&Generator { node, level: second.level }, Some(second))
}

fn combined(run: &Run, own: &Params, other: &Params, at: Origin) -> Result<Params, Failure> {
    if run.language.go {
        let mut both = other.clone();
        both.merge(own).map_err(|why| {
            let message = format!("the two generators' parameters can't be merged: {why}");
            Failure::invalid(format!("panic: {why}"), message, at, "this matrix")
        })?;
        return Ok(both);
    }
    let mut both = Params::new();
    let mut texts: BTreeMap<&EcoString, String> = BTreeMap::new();
    for entry in own {
        let text = entry.value.show();
        both.set(entry.key.clone(), entry.key_origin, stringified(&entry.value, &text));
        texts.insert(&entry.key, text);
    }
    for entry in other {
        let text = entry.value.show();
        if let Some(current) = texts.get(&entry.key)
            && *current != text
        {
            let key = &entry.key;
            let said = format!(
                "failed to combine string maps with merging params for the matrix generator: found duplicate key {key} with \
                 different value, a: {current} ,b: {text}"
            );
            let first = own.get(key).map_or(at, super::params::Param::origin);
            let diagnostic = Diagnostic::error(
                Code::INVALID_APPLICATION_SET,
                format!("both generators of the matrix set `{key}`: one to `{current}`, the other to `{text}`"),
            )
            .at(at, "this matrix")
            .also(first, format!("`{current}`"))
            .also(entry.value.origin(), format!("`{text}`"))
            .hint("two git generators need a `pathParamPrefix`; with `goTemplate: true` the first generator wins");
            return Err(Failure::of(said, diagnostic));
        }
        both.set(entry.key.clone(), entry.key_origin, stringified(&entry.value, &text));
    }
    Ok(both)
}

/// A value as a string; where it was read stays.
fn stringified(value: &super::params::Param, text: &str) -> super::params::Param {
    match value {
        super::params::Param::Node(node) if node.as_str().is_some() => value.clone(),
        _ => super::params::Param::Node(Node::new(text, value.origin())),
    }
}

/// The kinds that combine others.
pub(super) fn is_combination(kind: Kind) -> bool {
    matches!(kind, Kind::Matrix | Kind::Merge)
}
