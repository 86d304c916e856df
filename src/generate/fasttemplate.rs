//! valyala/fasttemplate as Argo CD uses it: `{{ key }}` becomes the string under that very key; what isn't there stays.

use ecow::EcoString;

use super::params::Params;
use crate::provenance::ReadSet;

/// A text in pieces.
#[derive(Clone, Debug)]
pub struct FastTemplate {
    pieces: Vec<Piece>,
    /// What follows the last tag.
    tail: EcoString,
}

#[derive(Clone, Debug)]
struct Piece {
    /// What stands before the tag.
    before: EcoString,
    /// What stands between the braces.
    tag: EcoString,
}

impl FastTemplate {
    /// A text that Argo CD takes for a template: both braces on one line. None if it doesn't.
    ///
    /// # Errors
    /// A tag that nothing closes, in the words of the library.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        if !is_template(text) {
            return Ok(None);
        }
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((tag, after)) = after.split_once("}}") else {
                let (text, from) = (crate::go::quote(text), crate::go::quote(after));
                return Err(format!("Cannot find end tag=\"}}}}\" in the template={text} starting from {from}"));
            };
            pieces.push(Piece { before: before.into(), tag: tag.into() });
            rest = after;
        }
        Ok(Some(Self { pieces, tail: rest.into() }))
    }

    /// The text with parameters put in. What is put in isn't looked at again.
    pub fn render(&self, params: &Params) -> String {
        let mut made = String::new();
        for piece in &self.pieces {
            made.push_str(&piece.before);
            match params.string(piece.tag.trim()).and_then(|node| node.as_str()) {
                Some(text) if !piece.tag.trim().is_empty() => made.push_str(text),
                _ => {
                    made.push_str("{{");
                    made.push_str(&piece.tag);
                    made.push_str("}}");
                }
            }
        }
        made.push_str(&self.tail);
        made
    }

    /// The parameters that a rendering reads, and whether the result is one of them as it is.
    pub fn reads(&self, params: &Params) -> (ReadSet, bool) {
        let keys = self.pieces.iter().map(|piece| piece.tag.trim()).filter(|key| !key.is_empty());
        let reads: Vec<ReadSet> = keys.map(|key| params.read(key)).collect();
        let exact = match self.pieces.as_slice() {
            [only] => only.before.is_empty() && self.tail.is_empty() && params.string(only.tag.trim()).is_some(),
            _ => false,
        };
        (ReadSet::joined(&reads), exact)
    }
}

/// Whether `{{` and, behind it, `}}` stand on one line.
fn is_template(text: &str) -> bool {
    text.split('\n').any(|line| line.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Origin;

    fn render(text: &str, pairs: &[(&str, &str)]) -> Result<String, String> {
        let mut params = Params::new();
        for (key, value) in pairs {
            params.text(*key, *value, Origin::NONE);
        }
        Ok(FastTemplate::parse(text)?.map_or_else(|| text.to_owned(), |template| template.render(&params)))
    }

    #[test]
    fn tags_are_exact_keys() {
        let pairs = [("a", "1"), ("path[0]", "apps"), ("values.x", "{{a}}"), (" ", "blank")];
        for (text, expected) in [
            ("{{a}}-{{ a }}", "1-1"),
            ("{{path[0]}}/{{path[1]}}", "apps/{{path[1]}}"),
            ("{{ values.x }}", "{{a}}"),
            ("{{}} {{ }}", "{{}} {{ }}"),
            ("{{\na\n}}", "{{\na\n}}"),
            ("{{a}} {{\na\n}}", "1 1"),
            ("{{{{a}}}}", "{{{{a}}}}"),
            ("{{{a}}}", "{{{a}}}"),
            ("plain }} {{", "plain }} {{"),
            ("{{ .a }}", "{{ .a }}"),
        ] {
            assert_eq!(render(text, &pairs).unwrap(), expected, "{text}");
        }
        let said = "Cannot find end tag=\"}}\" in the template=\"{{a}} {{b\" starting from \"b\"";
        assert_eq!(render("{{a}} {{b", &pairs).unwrap_err(), said);
    }
}
