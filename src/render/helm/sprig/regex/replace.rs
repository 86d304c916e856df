//! Replacement templates: `$1`, `${1}`, `$name`, `$$`. A name is as long as can be, so `$1W` names the group `1W`.

use regex::Captures;

use crate::render::go_regex::Subject;

/// A template, read once for all matches.
pub(super) struct Template<'t>(Vec<Part<'t>>);

enum Part<'t> {
    Text(&'t [u8]),
    /// Of several groups with the name, the first that took part.
    Groups(Vec<usize>),
}

impl<'t> Template<'t> {
    /// Reads a template. `names` are those of the groups from 1 on.
    pub fn parse(template: &'t [u8], names: &[Option<String>]) -> Self {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some(dollar) = rest.iter().position(|b| *b == b'$') {
            let (before, after) = rest.split_at(dollar);
            parts.push(Part::Text(before));
            let after = after.get(1..).unwrap_or_default();
            if after.first() == Some(&b'$') {
                parts.push(Part::Text(b"$"));
                rest = after.get(1..).unwrap_or_default();
                continue;
            }
            match name(after) {
                Some((name, left)) => {
                    parts.push(Part::Groups(groups(name, names)));
                    rest = left;
                }
                None => {
                    parts.push(Part::Text(b"$"));
                    rest = after;
                }
            }
        }
        parts.push(Part::Text(rest));
        Self(parts)
    }

    pub fn expand(&self, captures: &Captures, subject: &Subject, out: &mut Vec<u8>) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Groups(groups) => {
                    if let Some(found) = groups.iter().find_map(|group| captures.get(*group)) {
                        out.extend_from_slice(subject.slice(found.range()));
                    }
                }
            }
        }
    }
}

/// The name at the start of a text, with or without braces, and what follows it.
fn name(text: &[u8]) -> Option<(&str, &[u8])> {
    let (braced, text) = match text.strip_prefix(b"{") {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let valid = text.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let end = valid.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(valid.len());
    let name = valid.get(..end).filter(|name| !name.is_empty())?;
    let rest = text.get(end..).unwrap_or_default();
    Some((name, if braced { rest.strip_prefix(b"}")? } else { rest }))
}

fn groups(name: &str, names: &[Option<String>]) -> Vec<usize> {
    let number = name.bytes().all(|b| b.is_ascii_digit()) && (name.len() == 1 || !name.starts_with('0'));
    if number && name.len() <= 9 {
        return name.parse().into_iter().collect();
    }
    let named = names.iter().enumerate().filter(|(_, n)| n.as_deref() == Some(name));
    named.map(|(i, _)| i + 1).collect()
}
