//! YAML that stands in a string of YAML (`helm.values`): read, each value with its place in the file.

use crate::diag::{Code, Diagnostic, Diagnostics, Label};
use crate::source::{FileId, Lines, Origin, Sources};
use crate::yaml::{self, Dialect, Node, Value};

/// The values that a string holds, one mapping a document.
///
/// # Errors
/// It isn't YAML, or a document isn't a mapping.
pub fn read(scalar: &Node, sources: &Sources) -> Result<Vec<Node>, Diagnostics> {
    let text = scalar.as_str().unwrap_or_default();
    let lines = sources.get(scalar.origin.file).and_then(|file| Lines::of_block(&file.text, scalar.origin.at, text));
    let place = Place { scalar: scalar.origin, lines };
    // The offsets are those of the string, for now.
    let parsed = yaml::parse(
        if scalar.origin.file.is_real() { scalar.origin.file } else { FileId::NONE },
        text,
        Dialect::Kubernetes,
    );
    let mut diagnostics: Diagnostics = parsed.diagnostics.into_iter().map(|d| place.move_diagnostic(d)).collect();
    let mut documents = Vec::new();
    for mut node in parsed.documents.into_iter().map(|d| d.node).filter(|n| !n.is_null()) {
        place.move_node(&mut node, 0);
        if node.as_map().is_none() {
            let message = format!("`values` holds {}, expected a mapping", node.value.kind());
            diagnostics.push(Diagnostic::error(Code::INVALID_APPLICATION, message).at(node.origin, "not a mapping"));
        }
        documents.push(node);
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(documents) }
}

struct Place {
    scalar: Origin,
    lines: Option<Lines>,
}

impl Place {
    fn at(&self, at: u32) -> Origin {
        let place = self.lines.as_ref().and_then(|lines| lines.place(at));
        place.map_or(self.scalar, |at| Origin { at, ..self.scalar })
    }

    fn move_node(&self, node: &mut Node, depth: usize) {
        node.origin = self.at(node.origin.at);
        // The reader's own limit on nesting is the same.
        if depth > yaml::Limits::default().depth {
            return;
        }
        match &mut node.value {
            Value::Seq(items) => items.make_mut().iter_mut().for_each(|item| self.move_node(item, depth + 1)),
            Value::Map(map) => {
                for entry in map.entries_mut() {
                    entry.key_origin = self.at(entry.key_origin.at);
                    self.move_node(&mut entry.value, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn move_diagnostic(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        let label = |label: Label| -> Option<Label> {
            let (start, end) = (self.at(label.span.start), self.at(label.span.end));
            let mut span = start.span()?;
            // Without a map both ends are the string's start: the string is meant.
            span.end = if self.lines.is_some() { end.at.max(start.at) } else { start.at };
            Some(Label { span, text: label.text })
        };
        diagnostic.primary = diagnostic.primary.and_then(label);
        diagnostic.secondary = diagnostic.secondary.into_iter().filter_map(label).collect();
        match diagnostic.primary {
            None => diagnostic.at(self.scalar, "in these values"),
            Some(_) => diagnostic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceKind;

    fn values(text: &str) -> (Sources, Result<Vec<Node>, Diagnostics>) {
        let sources = Sources::new();
        let file = sources.add("app.yaml", text, SourceKind::File);
        let node = yaml::parse(file.id, &file.text, Dialect::Kubernetes).into_first();
        let read = read(node.at(&["helm", "values"]).unwrap(), &sources);
        (sources, read)
    }

    fn place(text: &str, keys: &[&str]) -> String {
        let (sources, read) = values(text);
        let read = read.unwrap();
        sources.place(read[0].at(keys).unwrap().origin)
    }

    #[test]
    fn a_literal_block_keeps_its_places() {
        let text = "helm:\n  values: |\n    # first\n    a:\n      b: 1\n\n    c: [x, y]\n";
        assert_eq!(place(text, &["a", "b"]), "app.yaml:5:10");
        assert_eq!(place(text, &["c"]), "app.yaml:7:8");
        assert_eq!(place("helm:\n  values: |2-\n      a:\n        b: 1\n", &["a", "b"]), "app.yaml:4:12");
        assert_eq!(place("helm:\r\n  values: |\r\n    a:\r\n      b: 1\r\n", &["a", "b"]), "app.yaml:4:10");
    }

    #[test]
    fn other_strings_are_one_place() {
        assert_eq!(place("helm: {values: 'a: {b: 1}'}\n", &["a", "b"]), "app.yaml:1:16");
        assert_eq!(place("helm:\n  values: >\n    a:\n     b: 1\n", &["a"]), "app.yaml:2:11");
    }

    #[test]
    fn documents_stand_one_by_one() {
        let (_, read) = values("helm:\n  values: |\n    a: 1\n    ---\n    b: 2\n");
        assert_eq!(read.unwrap().len(), 2);
        let (_, read) = values("helm:\n  values: |\n    # nothing\n");
        assert!(read.unwrap().is_empty());
    }

    #[test]
    fn mistakes_have_their_place() {
        for (text, expected) in [
            ("helm:\n  values: |\n    a: 1\n    b: [\n", "app.yaml:4"),
            ("helm:\n  values: |\n    just text\n", "app.yaml:3:5"),
            ("helm: {values: 'just text'}\n", "app.yaml:1:16"),
            ("helm: {values: 'a: ['}\n", "app.yaml:1:16"),
        ] {
            let (sources, read) = values(text);
            let problem = read.unwrap_err().into_iter().next().unwrap();
            let span = problem.primary.unwrap().span;
            let place = sources.place(Origin { file: span.file, at: span.start });
            assert!(place.starts_with(expected), "{text}: {place}");
        }
    }
}
