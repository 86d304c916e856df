//! A stream to documents, by its lines: what starts with `---` at the start of a line starts a document, whatever state
//! the text before is in. That is how kubectl, Argo CD and kustomize split (apimachinery's util/yaml, kyaml's kio), and it
//! keeps a broken document from breaking the next.

use std::ops::Range;

use super::chars::is_blankz;

/// The byte ranges of a stream's documents, each with the `---` line that starts it.
pub(super) fn documents(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut ranges = Vec::new();
    let mut start = 0;
    let mut line = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    // Directives belong to the document after them.
    let mut only_directives = false;
    let mut only_comments = true;
    let marker = memchr::memmem::Finder::new(b"\n---");
    while line < bytes.len() {
        let rest = bytes.get(line..).unwrap_or_default();
        if rest.starts_with(b"---") && is_blankz(bytes, line + 3) {
            if line > start && !only_directives {
                ranges.push(start..line);
                start = line;
            }
            only_directives = false;
            only_comments = false;
        } else {
            match rest.iter().find(|b| !matches!(b, b' ' | b'\t')) {
                None | Some(b'#' | b'\n' | b'\r') => {}
                Some(b'%') if rest.first() == Some(&b'%') && (only_comments || only_directives) => {
                    only_directives = true;
                }
                Some(_) => (only_directives, only_comments) = (false, false),
            }
        }
        // Past content, only a line that starts with `---` matters.
        line += if only_comments || only_directives {
            memchr::memchr(b'\n', rest).map_or(rest.len(), |i| i + 1)
        } else {
            marker.find(rest).map_or(rest.len(), |i| i + 1)
        };
    }
    ranges.push(start..bytes.len());
    ranges
}
