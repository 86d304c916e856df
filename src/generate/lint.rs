//! What is probably not meant: generators that make nothing, patterns that match more than they look, and `<no value>`.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use super::template::Text;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Origin;

/// Warnings of a run, each place told once.
#[derive(Debug, Default)]
pub struct Lint {
    told: RefCell<BTreeSet<Told>>,
    found: RefCell<Diagnostics>,
    hushed: Cell<bool>,
}

/// A finding: its code, place and message.
type Told = (Code, Option<(u32, u32)>, String);

/// What Go prints for what isn't there.
const NO_VALUE: &str = "<no value>";

impl Lint {
    /// What was found.
    pub fn into_diagnostics(self) -> Diagnostics {
        self.found.into_inner()
    }

    fn tell(&self, diagnostic: Diagnostic) {
        let place = diagnostic.primary.as_ref().map(|label| (label.span.start, label.span.end));
        if self.told.borrow_mut().insert((diagnostic.code, place, diagnostic.message.clone())) {
            self.found.borrow_mut().push(diagnostic);
        }
    }

    /// Tells a warning that somebody else made.
    pub fn warn(&self, diagnostic: Diagnostic) {
        self.tell(diagnostic);
    }

    /// Whether generators that make nothing are passed over in silence from here on.
    pub fn hush(&self, hushed: bool) {
        self.hushed.set(hushed);
    }

    /// A generator made nothing, or its selector kept nothing of what it made.
    pub fn nothing(&self, kind: &str, at: Origin, filtered: usize) {
        if self.hushed.get() {
            return;
        }
        let mut diagnostic = if filtered > 0 {
            let all = if filtered == 1 {
                "the one parameter set".to_owned()
            } else {
                format!("all {filtered} parameter sets")
            };
            Diagnostic::warning(Code::GENERATES_NOTHING, format!("the `selector` drops {all} of the {kind} generator"))
        } else {
            Diagnostic::warning(Code::GENERATES_NOTHING, format!("the {kind} generator makes no parameters"))
        };
        diagnostic = diagnostic.at(at, "makes no Applications");
        self.tell(match kind {
            "clusters" => diagnostic.hint("no declared cluster has the labels that its `selector` asks for"),
            "git" => {
                diagnostic.hint("nothing in the repository matches its patterns: they start at the repository's root")
            }
            "pullRequest" | "scmProvider" => {
                diagnostic.hint("the recorded answer is empty, or its `filters` pass nothing")
            }
            _ => diagnostic,
        });
    }

    /// An entry of `generators` holds none.
    pub fn no_generator(&self, at: Origin) {
        let message = "this entry of `generators` holds no generator that Argo CD knows";
        self.tell(Diagnostic::warning(Code::GENERATES_NOTHING, message).at(at, "makes no Applications"));
    }

    /// A side of a matrix made nothing, so the matrix does.
    pub fn empty_side(&self, side: Origin, matrix: Origin, which: &str) {
        let message = format!("the {which} generator of a matrix makes no parameters, so the matrix makes none");
        self.tell(
            Diagnostic::warning(Code::GENERATES_NOTHING, message)
                .at(side, "makes nothing")
                .also(matrix, "of this matrix"),
        );
    }

    /// A pattern of `files` whose `*` crossed a slash.
    pub fn greedy(&self, pattern: &str, at: Origin, found: &[String]) {
        if !pattern.contains('*') || pattern.contains("**") || pattern.starts_with(':') {
            return;
        }
        let depth = |path: &str| path.matches('/').count();
        let written = depth(pattern.trim_start_matches("./"));
        let Some(deeper) = found.iter().find(|path| depth(path) > written) else { return };
        let count = found.iter().filter(|path| depth(path) > written).count();
        let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        self.tell(
            Diagnostic::warning(
                Code::GREEDY_GLOB,
                format!("`{pattern}` matches deeper than it looks: `{deeper}`{more}"),
            )
            .at(at, "here `*` crosses `/`")
            .hint("patterns of `files` are git's pathspecs: say `:(glob)` before it, and `*` stops at `/`")
            .hint("or exclude what isn't meant with another entry and `exclude: true`"),
        );
    }

    /// What a text made up.
    pub fn seeded(&self, text: &Text, functions: &[(String, bool)]) {
        for (function, time) in functions {
            let diagnostic = match time {
                true => {
                    let message = format!("`{function}` asks for the time: it is 1970-01-01 here, on every run");
                    Diagnostic::note(Code::SEEDED_VALUE, message)
                }
                false => {
                    let message = format!(
                        "`{function}` makes something up: the same on every run here, another each time in Argo CD"
                    );
                    Diagnostic::warning(Code::SEEDED_VALUE, message)
                }
            };
            self.tell(diagnostic.at(text.origin(), "this template"));
        }
    }

    /// A template that printed `<no value>`. `nested`: it stands in a generator, which the first of a matrix was put
    /// into.
    pub fn no_value(&self, text: &Text, rendered: &str, nested: bool) {
        if !text.is_go() || !rendered.contains(NO_VALUE) || text.says(NO_VALUE) {
            return;
        }
        let diagnostic = Diagnostic::warning(Code::NO_VALUE, "a parameter that isn't there becomes `<no value>`")
            .at(text.origin(), "this template");
        self.tell(match nested {
            true => diagnostic
                .hint(
                    "a nested generator sees only what the outer matrix's first generator made, not yet what it makes itself",
                )
                .hint("leave the inner template for later: `{{\"{{\"}} .name {{\"}}\"}}`, or set it as `values` of its generator"),
            false => diagnostic.hint("`goTemplateOptions: [\"missingkey=error\"]` makes it an error"),
        });
    }
}
