//! Texts within texts: a patch or values that stand in a string of a file, and the places of what is in them.

use super::{Origin, SourceFile, SourceKind, Sources};

/// The lines of a string, where they stand in the file.
#[derive(Debug)]
pub struct Lines(Vec<Line>);

#[derive(Debug)]
struct Line {
    /// Where it starts in the string.
    start: u32,
    /// Where in the file.
    place: u32,
    /// How long it is, without its end.
    bytes: u32,
}

impl Lines {
    /// Of a literal block (`|`) at `at`; none for other styles, which aren't kept line by line.
    pub fn of_block(file: &str, at: u32, text: &str) -> Option<Self> {
        let from = file.get(at as usize..)?;
        let header = from.strip_prefix('|')?.split_once('\n')?.0;
        let mut raw_at = at as usize + 1 + header.len() + 1;
        let mut raw = file.get(raw_at..)?.split_inclusive('\n');
        let mut lines = Vec::new();
        let mut text_at = 0;
        let mut indent = None;
        for line in text.split_inclusive('\n') {
            let found = raw.next()?;
            let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
            if !line.trim().is_empty() && indent.is_none() {
                indent = Some(spaces(found).checked_sub(spaces(line))?);
            }
            let indent = indent.unwrap_or_default().min(found.len());
            // It has to be the same text, or the block was something else.
            if found.get(indent..)?.trim_end() != line.trim_end() {
                return None;
            }
            lines.push(Line {
                start: u32::try_from(text_at).ok()?,
                place: u32::try_from(raw_at + indent).ok()?,
                bytes: u32::try_from(line.trim_end_matches('\n').len()).ok()?,
            });
            text_at += line.len();
            raw_at += found.len();
        }
        Some(Self(lines))
    }

    /// Where in the file byte `at` of the string stands.
    pub fn place(&self, at: u32) -> Option<u32> {
        let line = self.0.get(self.0.partition_point(|line| line.start <= at).checked_sub(1)?)?;
        // What the reader misses at the very end is shown at the end of the last line.
        Some(line.place + (at - line.start).min(line.bytes))
    }
}

impl Sources {
    /// Where a place in a text stands in the one that quotes it: the same line, if the string is a literal block or has the
    /// text as it is; else where the string starts. None of a text that stands by itself.
    pub fn unquoted(&self, text: &SourceFile, at: u32) -> Option<Origin> {
        let SourceKind::Quoted(origin) = text.kind else { return None };
        let exact = self.get(origin.file).and_then(|file| {
            let found = Lines::of_block(&file.text, origin.at, &text.text).and_then(|lines| lines.place(at));
            found.or_else(|| verbatim(&file.text, origin.at, &text.text).map(|start| start + at))
        });
        Some(exact.map_or(origin, |at| Origin { at, ..origin }))
    }
}

/// Where a text of one line starts that stands in a file as it is, in quotes or without.
fn verbatim(file: &str, at: u32, text: &str) -> Option<u32> {
    let from = file.get(at as usize..)?;
    let inside = from.strip_prefix(['"', '\'']);
    let quote = u32::from(inside.is_some());
    let there = inside.unwrap_or(from).starts_with(text) && !text.is_empty() && !text.contains('\n');
    there.then_some(at + quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the `x` of a quoted text stands.
    fn place(file: &str, string_at: &str, text: &str) -> String {
        let sources = Sources::new();
        let outer = sources.add("app.yaml", file, SourceKind::File);
        let start = file.find(string_at).unwrap();
        let quoted = sources.add("quoted", text, SourceKind::Quoted(Origin::new(outer.id, start)));
        let at = u32::try_from(text.find('x').unwrap()).unwrap();
        sources.place(sources.unquoted(&quoted, at).unwrap())
    }

    #[test]
    fn lines_of_blocks_are_found() {
        let file = "patch: |\n  - op: add\n    path: /x\n";
        assert_eq!(place(file, "|", "- op: add\n  path: /x\n"), "app.yaml:3:12");
        assert_eq!(place(file, "|", "- op: add\n  path: /x"), "app.yaml:3:12", "trimmed");
        assert_eq!(place("a: 'b: {x: 1}'\n", "'", "b: {x: 1}"), "app.yaml:1:9");
        assert_eq!(place("a: b x\n", "b x", "b x"), "app.yaml:1:6");
        assert_eq!(place("a: >\n  b\n  x\n", ">", "b x\n"), "app.yaml:1:4");
        assert_eq!(place("a: \"b\\nx\"\n", "\"", "b\nx"), "app.yaml:1:4");
    }
}
