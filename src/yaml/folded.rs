//! Folded scalars (`>`) as kustomize reads them. It writes a resource out and reads it again on its way (kyaml's
//! `RNode.MarshalJSON`), and go-yaml v3 writes such a scalar so that there is another break where the text goes on with a
//! line that is indented more.

use std::borrow::Cow;

/// The scalar after it was written and read again.
pub(super) fn rewritten(value: &str) -> Cow<'_, str> {
    // What can't stand in a block is quoted, and nothing happens to it.
    let quoted = value.ends_with(' ')
        || value.contains(" \n")
        || value.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
    // All lines start alike: nothing to see.
    let harmless = || {
        !(value.contains("\n ")
            || value.contains("\n\t")
            || value.starts_with([' ', '\t', '\n'])
            || value.ends_with("\n\n"))
    };
    if value.is_empty() || quoted || harmless() {
        return Cow::Borrowed(value);
    }
    let text = written(value);
    match super::unmarshal(&text).ok().as_ref().and_then(|node| node.str_at(&["a"])) {
        Some(read) => Cow::Owned(read.to_owned()),
        None => Cow::Borrowed(value),
    }
}

/// A document with the scalar under `a` (emitterc.go, `yaml_emitter_write_folded_scalar`).
fn written(value: &str) -> String {
    let mut out = "a: >".to_owned();
    if value.starts_with([' ', '\n']) {
        out.push('2');
    }
    if !value.ends_with('\n') {
        out.push('-');
    } else if value == "\n" || value.ends_with("\n\n") {
        out.push('+');
    }
    out.push('\n');
    // go-yaml looks at the start of the text where it means to look ahead.
    let starts_with_text = !value.trim_start_matches('\n').starts_with([' ', '\t']) && value.contains(|c| c != '\n');
    let (mut breaks, mut leading_spaces) = (true, true);
    for c in value.chars() {
        if c == '\n' {
            if !breaks && !leading_spaces && starts_with_text {
                out.push('\n');
            }
            out.push('\n');
            breaks = true;
            continue;
        }
        if breaks {
            out.push_str("  ");
            leading_spaces = matches!(c, ' ' | '\t');
        }
        out.push(c);
        breaks = false;
    }
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What kustomize v5.8.1 prints of folded scalars.
    #[test]
    fn lines_that_are_indented_more_get_a_break() {
        for (value, read) in [
            ("text\n\n  more\n  lines\nback\n", "text\n\n\n  more\n  lines\nback\n"),
            ("one\ntwo\n", "one\ntwo\n"),
            ("x\n\n\n", "x\n\n\n\n"),
            ("  leading\nx\n", "  leading\nx\n"),
            ("\nleading break\n  m\nn\n", "\nleading break\n\n  m\nn\n"),
        ] {
            assert_eq!(rewritten(value), read, "{value:?}");
        }
    }
}
