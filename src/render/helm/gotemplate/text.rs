//! Texts of templates that are parsed when somebody wants what they define.

use std::sync::{Arc, OnceLock};

use ecow::EcoString;

use super::ast::Tree;
use super::call::Fault;
use super::functions::Functions;
use super::parse::parse;
use crate::source::FileId;

/// A text that is parsed once, by the thread that first wants it.
#[derive(Debug)]
pub struct Text {
    name: EcoString,
    text: Arc<str>,
    file: FileId,
    functions: &'static Functions,
    trees: OnceLock<Result<Vec<Arc<Tree>>, Fault>>,
}

impl Text {
    /// A text that nobody has parsed.
    pub fn new(name: EcoString, text: Arc<str>, file: FileId, functions: &'static Functions) -> Self {
        Self { name, text, file, functions, trees: OnceLock::new() }
    }

    /// Its name, which is also that of the template that it is as a whole.
    pub fn name(&self) -> &EcoString {
        &self.name
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// What it defines.
    ///
    /// # Errors
    /// It can't be parsed.
    pub fn trees(&self) -> Result<&[Arc<Tree>], &Fault> {
        let parsed = self.trees.get_or_init(|| {
            let trees = parse(&self.name, Arc::clone(&self.text), self.file, self.functions)?;
            Ok(trees.into_iter().map(Arc::new).collect())
        });
        parsed.as_deref()
    }

    /// Whether it may define other templates than itself: whether an action in it could be a `define` or a `block`. What is
    /// in a comment or a string counts, too.
    pub fn may_define(&self) -> bool {
        let bytes = self.text.as_bytes();
        [&b"define"[..], b"block"].iter().any(|keyword| {
            memchr::memmem::find_iter(bytes, keyword).any(|at| {
                let before = bytes.get(..at).unwrap_or_default().trim_ascii_end();
                let before = before.strip_suffix(b"-").unwrap_or(before);
                before.ends_with(b"{{")
            })
        })
    }

    /// The template that it is as a whole, if it defines no other; none if it can't be parsed.
    pub(super) fn own(&self) -> Option<&Arc<Tree>> {
        self.trees().ok()?.first()
    }
}

#[cfg(test)]
mod tests {
    use super::super::builtin::BUILTINS;
    use super::*;

    fn text(text: &str) -> Text {
        static FUNCTIONS: OnceLock<Functions> = OnceLock::new();
        let functions = FUNCTIONS.get_or_init(|| Functions::new([BUILTINS]));
        Text::new("t".into(), text.into(), FileId::NONE, functions)
    }

    #[test]
    fn what_defines_more_than_itself_is_known_unparsed() {
        for defining in [
            "{{define \"a\"}}{{end}}",
            "x {{- define `a`}}{{end}}",
            "{{\n\t define \"a\"}}{{end}}",
            "{{block \"a\" .}}{{end}}",
            "{{- \r\n block \"a\" .}}{{end}}",
        ] {
            let text = text(defining);
            assert!(text.may_define(), "{defining}");
            assert_eq!(text.trees().unwrap().len(), 2, "{defining}");
        }
        for plain in ["", "define {{.define}}", "a block {{len \"define\"}}", "{{- /* */ -}} block"] {
            let text = text(plain);
            assert!(!text.may_define(), "{plain}");
            assert_eq!(text.trees().unwrap().len(), 1, "{plain}");
            assert_eq!(text.own().unwrap().name, "t");
        }
    }

    #[test]
    fn what_cant_be_parsed_is_no_template() {
        let text = text("{{");
        assert!(text.trees().is_err());
        assert!(text.own().is_none());
    }
}
