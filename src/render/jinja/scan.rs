//! Refuses templates whose syntax tree would be deeper than the stack: minijinja bounds nesting, but not the length of
//! chains (`a.b.c…`, `a|b|c…`, `elif … elif …`), which nest in the tree as well.

use std::ops::Range;

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

/// The most parts that a chain, with those around it, may have.
const MAX_CHAIN: usize = 250;
/// The largest template, in bytes.
const MAX_TEMPLATE: usize = 4 << 20;

/// The place where a template goes too far, and how.
pub(super) fn too_deep(source: &str, expression: bool, syntax: &SyntaxConfig) -> Option<(Range<usize>, &'static str)> {
    if source.len() > MAX_TEMPLATE {
        return Some((0..0, "the template is larger than 4 MiB"));
    }
    // The links of the chain at each bracket, innermost last; and the branches of each open if.
    let mut chains = vec![0usize];
    let mut branches: Vec<usize> = Vec::new();
    let mut starts_block = false;
    for token in tokenize(source, expression, syntax.clone()) {
        // Errors of the lexer are the parser's to tell.
        let Ok((token, span)) = token else { return None };
        let first = std::mem::replace(&mut starts_block, matches!(token, Token::BlockStart));
        match &token {
            Token::TemplateData(_) => {}
            Token::VariableStart | Token::VariableEnd | Token::BlockStart | Token::BlockEnd => {
                chains.clear();
                chains.push(0);
            }
            Token::Comma | Token::Colon | Token::Assign => {
                if let Some(links) = chains.last_mut() {
                    *links = 0;
                }
            }
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => {
                link(&mut chains);
                chains.push(0);
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                if chains.len() > 1 {
                    chains.pop();
                }
            }
            Token::Ident(name) if first => match *name {
                "if" => branches.push(0),
                "elif" => {
                    if let Some(count) = branches.last_mut() {
                        *count += 1;
                    }
                }
                "endif" => _ = branches.pop(),
                _ => {}
            },
            Token::Ident(name) => {
                if matches!(*name, "if" | "else" | "is" | "and" | "or" | "not" | "in") {
                    link(&mut chains);
                }
            }
            Token::Str(_) | Token::String(_) | Token::Int(_) | Token::Int128(_) | Token::Float(_) => {}
            _ => link(&mut chains),
        }
        let at = span.start_offset as usize..span.end_offset as usize;
        if chains.iter().sum::<usize>() > MAX_CHAIN {
            return Some((at, "the expression is too long"));
        }
        if branches.iter().sum::<usize>() > MAX_CHAIN {
            return Some((at, "the `if` has too many branches"));
        }
    }
    None
}

fn link(chains: &mut [usize]) {
    if let Some(links) = chains.last_mut() {
        *links += 1;
    }
}
