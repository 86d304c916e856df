//! Where a token ends: diagnostics carry only where it starts.

use super::scan::{Kind, Scanner};
use super::split;

/// The byte where the token that starts at `at` ends: a scalar (over all its lines), an alias, an anchor, a tag, or a flow
/// collection with its closing bracket. Where no token starts there, or the text isn't YAML, the end of the line's text.
///
/// Reads the document once, from its start; meant for messages, not for bulk.
pub fn token_end(text: &str, at: usize) -> usize {
    scanned(text, at).unwrap_or_else(|| {
        let rest = text.get(at..).unwrap_or_default();
        let line = rest.split(['\n', '\r']).next().unwrap_or_default();
        at + line.trim_end().len()
    })
}

fn scanned(text: &str, at: usize) -> Option<usize> {
    let range = split::documents(text).into_iter().find(|r| r.contains(&at))?;
    let mut scanner = Scanner::new(text, range.start, range.end, 1);
    // Brackets open since the one at `at`.
    let mut open = 0usize;
    loop {
        let token = scanner.next().ok()?;
        let bracket = match token.kind {
            Kind::FlowSequenceStart | Kind::FlowMappingStart => 1,
            Kind::FlowSequenceEnd | Kind::FlowMappingEnd => -1,
            Kind::StreamEnd => return None,
            _ => 0,
        };
        if open > 0 {
            open = open.saturating_add_signed(bracket);
            if open == 0 {
                return Some(token.end);
            }
        } else if token.start == at && token.end > at {
            match token.kind {
                Kind::FlowSequenceStart | Kind::FlowMappingStart => open = 1,
                // Their lines may hold trailing breaks.
                Kind::Scalar(..) => return Some(at + text.get(at..token.end)?.trim_end().len()),
                _ => return Some(token.end),
            }
        } else if token.start > at {
            return None;
        }
    }
}
