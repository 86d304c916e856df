//! Writes a parsed template again, with our own operators and, for maps, with marks.
//!
//! Minijinja offers no way to change `~` (which spells booleans as Python does), to bound `+` (strings that double in a
//! loop), or to follow the output. All three are done on its syntax tree: the tree is printed as a template that means
//! the same, and a table leads from each printed range back to the original one.

mod expression;
mod tree;

use std::ops::Range;

use minijinja::machinery::ast::{self, Expr, Stmt};

use super::place::Place;
use super::trace::{Kind, Mark};
use tree::{argument, assigned, copies, leaves, names, range, range_of, span_of, targets};

/// What a name that templates may not use starts with.
pub(super) const RESERVED: &str = "__terrace";

/// A template that is named in another.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    /// As it is written.
    pub(super) name: String,
    /// Where, in the template.
    pub(super) range: Range<usize>,
    /// It may be missing.
    pub(super) optional: bool,
}

/// What is wrong with a template that minijinja would accept.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) message: String,
    pub(super) range: Range<usize>,
    pub(super) hint: &'static str,
}

/// A printed template.
#[derive(Debug, Default)]
pub(super) struct Printed {
    /// The template.
    pub(super) text: String,
    /// Printed ranges and the original ranges they stand for.
    pub(super) ranges: Vec<(Range<usize>, Range<usize>)>,
    /// The templates it names.
    pub(super) references: Vec<Reference>,
    /// What is wrong with it.
    pub(super) refused: Vec<Refused>,
    /// Its output can't be followed piece by piece.
    pub(super) opaque: bool,
}

impl Printed {
    /// The original range of an error's range in the printed template.
    pub(super) fn original(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let holds = |r: &Range<usize>| r.start <= range.start && range.end <= r.end;
        let found = self.ranges.iter().filter(|(printed, _)| holds(printed));
        found.min_by_key(|(printed, _)| printed.len()).map(|(_, original)| original.clone())
    }

    /// The original range of the first thing on a line of the printed template, from 1.
    pub(super) fn on_line(&self, line: usize) -> Option<Range<usize>> {
        let length = self.text.split_inclusive('\n').nth(line.checked_sub(1)?)?.len();
        let start: usize = self.text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let here = self.ranges.iter().filter(|(printed, _)| (start..start + length).contains(&printed.start));
        here.min_by_key(|(printed, _)| printed.start).map(|(_, original)| original.clone())
    }
}

/// Prints trees of one template.
pub(super) struct Printer<'a> {
    source: &'a str,
    place: &'a Place,
    /// The marks of all templates of the set, where the output is to be followed.
    marks: Option<&'a mut Vec<Mark>>,
    macros: usize,
    out: Printed,
}

impl<'a> Printer<'a> {
    pub(super) fn new(source: &'a str, place: &'a Place, marks: Option<&'a mut Vec<Mark>>) -> Self {
        Self { source, place, marks, macros: 0, out: Printed::default() }
    }

    /// Prints a template.
    pub(super) fn template(mut self, root: &Stmt<'_>) -> Printed {
        if let Stmt::Template(template) = root {
            self.body(&template.children);
        }
        self.out
    }

    /// Prints an expression as a template that keeps its value.
    pub(super) fn expression(mut self, root: &Expr<'_>) -> Printed {
        self.push("{{ __terrace_result(");
        self.expr(root);
        self.push(") }}");
        self.out
    }

    fn push(&mut self, text: &str) {
        self.out.text.push_str(text);
    }

    /// Prints something and remembers what it stands for.
    fn over(&mut self, original: Range<usize>, print: impl FnOnce(&mut Self)) {
        let start = self.out.text.len();
        print(self);
        self.out.ranges.push((start..self.out.text.len(), original));
    }

    fn mark(&mut self, original: Range<usize>, kind: Kind, uses: Vec<String>, sets: Vec<String>) -> Option<usize> {
        let span = self.place.span(original);
        let marks = self.marks.as_deref_mut()?;
        marks.push(Mark { span, kind, uses, sets });
        Some(marks.len() - 1)
    }

    fn call(&mut self, mark: Option<usize>, what: &str) {
        if let Some(mark) = mark {
            self.push(&format!("{{% do __terrace_trace.{what}({mark}) %}}"));
        }
    }

    fn refuse(&mut self, range: Range<usize>, message: impl Into<String>, hint: &'static str) {
        self.out.refused.push(Refused { message: message.into(), range, hint });
    }

    fn body(&mut self, body: &[Stmt<'_>]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    /// A tag: its printed range leads to the statement's.
    fn tag(&mut self, original: Range<usize>, print: impl FnOnce(&mut Self)) {
        self.over(original, |p| {
            p.push("{% ");
            print(p);
            p.push(" %}");
        });
    }

    fn stmt(&mut self, stmt: &Stmt<'_>) {
        let head = self.head(stmt);
        match stmt {
            Stmt::Template(template) => self.body(&template.children),
            Stmt::EmitRaw(raw) => self.raw(raw.raw, range(raw.span())),
            Stmt::EmitExpr(emit) => {
                let at = range_of(&emit.expr);
                let kind = Kind::Emit { copies: copies(&emit.expr) };
                let mark = self.mark(at, kind, names([&emit.expr]), Vec::new());
                self.call(mark, "open");
                self.push("{{ ");
                self.expr(&emit.expr);
                self.push(" }}");
                self.call(mark, "close");
            }
            Stmt::ForLoop(stmt) => self.for_loop(stmt, head.clone()),
            Stmt::IfCond(stmt) => self.if_cond(stmt),
            Stmt::WithBlock(stmt) => {
                let exprs = stmt.assignments.iter().map(|(_, e)| e);
                let sets = stmt.assignments.iter().flat_map(|(t, _)| targets(t)).collect();
                let mark = self.mark(head.clone(), Kind::Set, names(exprs), sets);
                self.call(mark, "open");
                self.tag(head.clone(), |p| {
                    p.push("with ");
                    for (i, (target, expr)) in stmt.assignments.iter().enumerate() {
                        p.push(if i == 0 { "" } else { ", " });
                        p.target(target);
                        p.push(" = ");
                        p.kept(expr);
                    }
                });
                self.call(mark, "close");
                self.body(&stmt.body);
                self.push("{% endwith %}");
            }
            Stmt::Set(stmt) => {
                let mark = self.mark(head.clone(), Kind::Set, names([&stmt.expr]), targets(&stmt.target));
                self.call(mark, "open");
                if self.macros > 0 && matches!(stmt.target, Expr::GetAttr(_)) {
                    self.out.opaque = true;
                }
                self.tag(head.clone(), |p| {
                    p.push("set ");
                    p.target(&stmt.target);
                    p.push(" = ");
                    p.kept(&stmt.expr);
                });
                self.call(mark, "close");
            }
            Stmt::SetBlock(stmt) => {
                let uses = names(stmt.filter.iter());
                let mark = self.mark(head.clone(), Kind::Set, uses, targets(&stmt.target));
                self.call(mark, "open");
                self.tag(head.clone(), |p| {
                    p.push("set ");
                    p.target(&stmt.target);
                    if let Some(filter) = &stmt.filter {
                        p.push(" | ");
                        p.expr(filter);
                    }
                });
                self.body(&stmt.body);
                self.push("{% endset %}");
                self.call(mark, "close");
            }
            Stmt::AutoEscape(stmt) => {
                self.refuse(
                    head.clone(),
                    "`autoescape` has no meaning here: what is written is YAML, not HTML",
                    "remove the tag; quote strings with `| quote` or `| to_json`",
                );
                self.body(&stmt.body);
            }
            Stmt::FilterBlock(stmt) => {
                let kind = Kind::Emit { copies: None };
                let mark = self.mark(head.clone(), kind, names([&stmt.filter]), Vec::new());
                self.call(mark, "open");
                self.tag(head.clone(), |p| {
                    p.push("filter ");
                    p.expr(&stmt.filter);
                });
                self.body(&stmt.body);
                self.push("{% endfilter %}");
                self.call(mark, "close");
            }
            Stmt::Block(stmt) => {
                self.push("{% block ");
                self.push(stmt.name);
                if stmt.required {
                    self.push(" required %}");
                } else {
                    self.push(" %}");
                    self.body(&stmt.body);
                }
                self.push("{% endblock %}");
            }
            Stmt::Import(stmt) => {
                self.reference(&stmt.expr, false);
                let mark = self.mark(head.clone(), Kind::Set, names([&stmt.expr]), targets(&stmt.name));
                self.call(mark, "open");
                self.tag(head.clone(), |p| {
                    p.push("import ");
                    p.expr(&stmt.expr);
                    p.push(" as ");
                    p.target(&stmt.name);
                });
                self.call(mark, "close");
            }
            Stmt::FromImport(stmt) => {
                self.reference(&stmt.expr, false);
                let sets = stmt.names.iter().flat_map(|(name, alias)| targets(alias.as_ref().unwrap_or(name)));
                let sets = sets.collect();
                let mark = self.mark(head.clone(), Kind::Set, names([&stmt.expr]), sets);
                self.call(mark, "open");
                self.tag(head.clone(), |p| {
                    p.push("from ");
                    p.expr(&stmt.expr);
                    p.push(" import ");
                    for (i, (name, alias)) in stmt.names.iter().enumerate() {
                        p.push(if i == 0 { "" } else { ", " });
                        p.target(name);
                        if let Some(alias) = alias {
                            p.push(" as ");
                            p.target(alias);
                        }
                    }
                });
                self.call(mark, "close");
            }
            Stmt::Extends(stmt) => {
                self.reference(&stmt.name, false);
                self.tag(head.clone(), |p| {
                    p.push("extends ");
                    p.expr(&stmt.name);
                });
            }
            Stmt::Include(stmt) => {
                self.reference(&stmt.name, stmt.ignore_missing);
                self.tag(head.clone(), |p| {
                    p.push("include ");
                    p.expr(&stmt.name);
                    if stmt.ignore_missing {
                        p.push(" ignore missing");
                    }
                });
            }
            Stmt::Macro(stmt) => {
                self.tag(head.clone(), |p| {
                    p.push("macro ");
                    p.check_name(stmt.name, head.clone());
                    p.push(stmt.name);
                    p.parameters(stmt);
                });
                self.macros += 1;
                self.body(&stmt.body);
                self.macros -= 1;
                self.push("{% endmacro %}");
            }
            Stmt::CallBlock(stmt) => {
                let mut uses = names(stmt.call.args.iter().map(argument));
                uses.extend(names([&stmt.call.expr]));
                let kind = Kind::Emit { copies: None };
                let mark = self.mark(head.clone(), kind, uses, Vec::new());
                self.call(mark, "open");
                self.tag(head.clone(), |p| {
                    p.push("call");
                    p.parameters(&stmt.macro_decl);
                    p.push(" ");
                    p.over(range(stmt.call.span()), |p| p.call_expr(&stmt.call));
                });
                self.macros += 1;
                self.body(&stmt.macro_decl.body);
                self.macros -= 1;
                self.push("{% endcall %}");
                self.call(mark, "close");
            }
            Stmt::Continue(_) => self.push("{% continue %}"),
            Stmt::Break(_) => self.push("{% break %}"),
            Stmt::Do(stmt) => self.tag(head.clone(), |p| {
                p.push("do ");
                p.over(range(stmt.call.span()), |p| p.call_expr(&stmt.call));
            }),
        }
    }

    /// The tag that starts a statement, without its body.
    fn head(&self, stmt: &Stmt<'_>) -> Range<usize> {
        let whole = range(span_of(stmt));
        let text = self.source.get(whole.clone()).unwrap_or_default();
        let head = text.find("%}").and_then(|end| text.get(..end)).unwrap_or(text);
        whole.start..whole.start + head.trim_end_matches(['-', '+']).trim_end().len()
    }

    fn raw(&mut self, text: &str, original: Range<usize>) {
        if let Some(mark) = self.mark(original, Kind::Text(text.to_owned()), Vec::new(), Vec::new()) {
            self.push(&format!("{{{{ __terrace_trace.text({mark}) }}}}"));
            return;
        }
        // Text that would start a tag, alone or together with what follows, is written as a string.
        let starts_tag = ["{{", "{%", "{#"].iter().any(|tag| text.contains(tag)) || text.ends_with('{');
        if !starts_tag {
            return self.push(text);
        }
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
        self.push("{{ \"");
        self.push(&escaped);
        self.push("\" }}");
    }

    fn for_loop(&mut self, stmt: &ast::ForLoop<'_>, original: Range<usize>) {
        let sets = assigned(&stmt.body).chain(assigned(&stmt.else_body)).collect();
        let uses = names(std::iter::once(&stmt.iter).chain(&stmt.filter_expr));
        let kind = Kind::Loop { recursive: stmt.recursive, targets: targets(&stmt.target) };
        let mark = self.mark(range_of(&stmt.iter), kind, uses, sets);
        self.call(mark, "open");
        self.tag(original, |p| {
            p.push("for ");
            p.target(&stmt.target);
            p.push(" in ");
            p.operand(&stmt.iter);
            if let Some(filter) = &stmt.filter_expr {
                p.push(" if ");
                p.operand(filter);
            }
            if stmt.recursive {
                p.push(" recursive");
            }
        });
        self.call(mark, "enter");
        self.body(&stmt.body);
        if !stmt.else_body.is_empty() {
            self.push("{% else %}");
            self.call(mark, "enter");
            self.body(&stmt.else_body);
        }
        self.push("{% endfor %}");
        self.call(mark, "close");
    }

    fn if_cond(&mut self, stmt: &ast::Spanned<ast::IfCond<'_>>) {
        // The chain of elif, flat.
        let mut branches: Vec<(&Expr<'_>, &[Stmt<'_>])> = Vec::new();
        let mut link: &ast::IfCond<'_> = stmt;
        let otherwise: &[Stmt<'_>] = loop {
            branches.push((&link.expr, &link.true_body));
            match link.false_body.as_slice() {
                [Stmt::IfCond(next)] => link = next,
                body => break body,
            }
        };
        let bodies = || branches.iter().map(|(_, body)| *body).chain([otherwise]);
        let sets = bodies().flat_map(assigned).collect();
        let leaves = bodies().any(leaves);
        let uses = names(branches.iter().map(|(expr, _)| *expr));
        let mark = self.mark(range_of(&stmt.expr), Kind::If { leaves }, uses, sets);
        self.call(mark, "open");
        for (i, (expr, body)) in branches.iter().enumerate() {
            self.tag(range_of(expr), |p| {
                p.push(if i == 0 { "if " } else { "elif " });
                p.operand(expr);
            });
            self.call(mark, "enter");
            self.body(body);
        }
        if !otherwise.is_empty() {
            self.push("{% else %}");
            self.call(mark, "enter");
            self.body(otherwise);
        }
        self.push("{% endif %}");
        self.call(mark, "close");
    }

    fn parameters(&mut self, decl: &ast::Macro<'_>) {
        self.push("(");
        let plain = decl.args.len().saturating_sub(decl.defaults.len());
        for (i, arg) in decl.args.iter().enumerate() {
            self.push(if i == 0 { "" } else { ", " });
            self.target(arg);
            if let Some(default) = i.checked_sub(plain).and_then(|i| decl.defaults.get(i)) {
                self.push("=");
                self.expr(default);
            }
        }
        self.push(")");
    }

    fn reference(&mut self, name: &Expr<'_>, optional: bool) {
        let all = match name {
            Expr::Const(c) => c.value.as_str().map(|s| vec![s.to_owned()]),
            Expr::List(list) => {
                let items = list.items.iter();
                items.map(|i| i.as_const().and_then(|v| v.as_str().map(str::to_owned))).collect()
            }
            _ => None,
        };
        let range = range_of(name);
        let Some(all) = all else {
            return self.refuse(
                range,
                "the name of a template must be a plain string here",
                "write the name out; to choose between templates, put each include into an `if`",
            );
        };
        let optional = optional || all.len() > 1;
        let references = all.into_iter().map(|name| Reference { name, range: range.clone(), optional });
        self.out.references.extend(references);
    }

    fn check_name(&mut self, name: &str, range: Range<usize>) {
        if name.starts_with(RESERVED) {
            self.refuse(range, format!("the name `{name}` is reserved"), "choose another name");
        }
    }

    /// What is assigned to: names, attributes of namespaces, nested lists of them.
    fn target(&mut self, target: &Expr<'_>) {
        match target {
            Expr::List(list) => {
                self.push("(");
                for item in &list.items {
                    self.target(item);
                    self.push(", ");
                }
                self.push(")");
            }
            Expr::GetAttr(attr) => {
                self.target(&attr.expr);
                self.push(".");
                self.push(attr.name);
            }
            other => self.expr(other),
        }
    }
}
