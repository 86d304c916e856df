//! Writes a parsed template again, with our own operators and, for maps, with marks.
//!
//! Minijinja offers no way to change `~` (which spells booleans as Python does), to bound `+` (strings that double in a
//! loop), or to follow the output. All three are done on its syntax tree: the tree is printed as a template that means
//! the same, and a table leads from each printed range back to the original one.

use std::ops::Range;

use minijinja::machinery::ast::{self, BinOpKind, CallArg, CompareOpKind, Expr, Stmt, UnaryOpKind};

use super::place::Place;
use super::trace::{Kind, Mark};

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
            Stmt::ForLoop(stmt) => self.for_loop(stmt, range(stmt.span())),
            Stmt::IfCond(stmt) => self.if_cond(stmt),
            Stmt::WithBlock(stmt) => {
                let exprs = stmt.assignments.iter().map(|(_, e)| e);
                let sets = stmt.assignments.iter().flat_map(|(t, _)| targets(t)).collect();
                let mark = self.mark(range(stmt.span()), Kind::Set, names(exprs), sets);
                self.call(mark, "open");
                self.tag(range(stmt.span()), |p| {
                    p.push("with ");
                    for (i, (target, expr)) in stmt.assignments.iter().enumerate() {
                        p.push(if i == 0 { "" } else { ", " });
                        p.target(target, false);
                        p.push(" = ");
                        p.kept(expr);
                    }
                });
                self.call(mark, "close");
                self.body(&stmt.body);
                self.push("{% endwith %}");
            }
            Stmt::Set(stmt) => {
                let mark = self.mark(range(stmt.span()), Kind::Set, names([&stmt.expr]), targets(&stmt.target));
                self.call(mark, "open");
                if self.macros > 0 && matches!(stmt.target, Expr::GetAttr(_)) {
                    self.out.opaque = true;
                }
                self.tag(range(stmt.span()), |p| {
                    p.push("set ");
                    p.target(&stmt.target, true);
                    p.push(" = ");
                    p.kept(&stmt.expr);
                });
                self.call(mark, "close");
            }
            Stmt::SetBlock(stmt) => {
                let uses = names(stmt.filter.iter());
                let mark = self.mark(range(stmt.span()), Kind::Set, uses, targets(&stmt.target));
                self.call(mark, "open");
                self.tag(range(stmt.span()), |p| {
                    p.push("set ");
                    p.target(&stmt.target, true);
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
                    range(stmt.span()),
                    "`autoescape` has no meaning here: what is written is YAML, not HTML",
                    "remove the tag; quote strings with `| quote` or `| to_json`",
                );
                self.body(&stmt.body);
            }
            Stmt::FilterBlock(stmt) => {
                let kind = Kind::Emit { copies: false };
                let mark = self.mark(range(stmt.span()), kind, names([&stmt.filter]), Vec::new());
                self.call(mark, "open");
                self.tag(range(stmt.span()), |p| {
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
                let mark = self.mark(range(stmt.span()), Kind::Set, names([&stmt.expr]), targets(&stmt.name));
                self.call(mark, "open");
                self.tag(range(stmt.span()), |p| {
                    p.push("import ");
                    p.expr(&stmt.expr);
                    p.push(" as ");
                    p.target(&stmt.name, false);
                });
                self.call(mark, "close");
            }
            Stmt::FromImport(stmt) => {
                self.reference(&stmt.expr, false);
                let sets = stmt.names.iter().flat_map(|(name, alias)| targets(alias.as_ref().unwrap_or(name)));
                let sets = sets.collect();
                let mark = self.mark(range(stmt.span()), Kind::Set, names([&stmt.expr]), sets);
                self.call(mark, "open");
                self.tag(range(stmt.span()), |p| {
                    p.push("from ");
                    p.expr(&stmt.expr);
                    p.push(" import ");
                    for (i, (name, alias)) in stmt.names.iter().enumerate() {
                        p.push(if i == 0 { "" } else { ", " });
                        p.target(name, false);
                        if let Some(alias) = alias {
                            p.push(" as ");
                            p.target(alias, false);
                        }
                    }
                });
                self.call(mark, "close");
            }
            Stmt::Extends(stmt) => {
                self.reference(&stmt.name, false);
                self.tag(range(stmt.span()), |p| {
                    p.push("extends ");
                    p.expr(&stmt.name);
                });
            }
            Stmt::Include(stmt) => {
                self.reference(&stmt.name, stmt.ignore_missing);
                self.tag(range(stmt.span()), |p| {
                    p.push("include ");
                    p.expr(&stmt.name);
                    if stmt.ignore_missing {
                        p.push(" ignore missing");
                    }
                });
            }
            Stmt::Macro(stmt) => {
                self.tag(range(stmt.span()), |p| {
                    p.push("macro ");
                    p.check_name(stmt.name, range(stmt.span()));
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
                let kind = Kind::Emit { copies: false };
                let mark = self.mark(range(stmt.span()), kind, uses, Vec::new());
                self.call(mark, "open");
                self.tag(range(stmt.span()), |p| {
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
            Stmt::Do(stmt) => self.tag(range(stmt.span()), |p| {
                p.push("do ");
                p.over(range(stmt.call.span()), |p| p.call_expr(&stmt.call));
            }),
        }
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
            p.target(&stmt.target, false);
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
            self.target(arg, false);
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
    fn target(&mut self, target: &Expr<'_>, parens: bool) {
        match target {
            Expr::List(list) => {
                self.push("(");
                for item in &list.items {
                    self.target(item, parens);
                    self.push(", ");
                }
                // A list of one, or of none, needs its comma gone or kept as the parser wants it.
                self.push(")");
            }
            Expr::GetAttr(attr) => {
                self.target(&attr.expr, parens);
                self.push(".");
                self.push(attr.name);
            }
            other => self.expr(other),
        }
    }

    /// A value that is kept in a variable: its size is checked, unless it can't grow.
    fn kept(&mut self, expr: &Expr<'_>) {
        let small = matches!(
            expr,
            Expr::Const(_) | Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_) | Expr::Test(_) | Expr::Compare(_)
        );
        if small {
            return self.expr(expr);
        }
        self.over(range_of(expr), |p| {
            p.push("__terrace_keep(");
            p.expr(expr);
            p.push(")");
        });
    }

    /// An expression as an operand: in parentheses unless it binds as tight as a name.
    fn operand(&mut self, expr: &Expr<'_>) {
        let tight = matches!(
            expr,
            Expr::Var(_) | Expr::List(_) | Expr::Map(_) | Expr::Tuple(_) | Expr::GetAttr(_) | Expr::GetItem(_)
        ) || matches!(expr, Expr::Slice(_) | Expr::Call(_) | Expr::Filter(_))
            || matches!(expr, Expr::BinOp(op) if matches!(op.op, BinOpKind::Add | BinOpKind::Mul | BinOpKind::Concat))
            || matches!(expr, Expr::Const(c) if c.value.as_str().is_some());
        if tight {
            return self.expr(expr);
        }
        self.push("(");
        self.expr(expr);
        self.push(")");
    }

    /// The base of an attribute, subscript or call: a filter needs parentheses there.
    fn base(&mut self, expr: &Expr<'_>) {
        if matches!(expr, Expr::Filter(_)) {
            self.push("(");
            self.expr(expr);
            self.push(")");
        } else {
            self.operand(expr);
        }
    }

    fn expr(&mut self, expr: &Expr<'_>) {
        self.over(range_of(expr), |p| p.bare(expr));
    }

    fn bare(&mut self, expr: &Expr<'_>) {
        match expr {
            Expr::Var(var) => {
                self.check_name(var.id, range(var.span()));
                self.push(var.id);
            }
            Expr::Const(c) => match self.source.get(range(c.span())) {
                Some(text) => self.push(text),
                None => self.out.opaque = true,
            },
            Expr::Slice(slice) => {
                self.base(&slice.expr);
                self.push("[");
                for (i, part) in [&slice.start, &slice.stop, &slice.step].into_iter().enumerate() {
                    // `[::]` with nothing in the last place is `[:]` to the parser.
                    if i == 1 || (i == 2 && part.is_some()) {
                        self.push(":");
                    }
                    if let Some(part) = part {
                        self.operand(part);
                    }
                }
                self.push("]");
            }
            Expr::UnaryOp(op) => {
                self.push(match op.op {
                    UnaryOpKind::Not => "not ",
                    UnaryOpKind::Neg => "-",
                });
                self.operand(&op.expr);
            }
            Expr::BinOp(op) => self.binary(op),
            Expr::Compare(compare) => {
                self.operand(&compare.expr);
                for op in &compare.ops {
                    self.push(match op.op {
                        CompareOpKind::Eq => " == ",
                        CompareOpKind::Ne => " != ",
                        CompareOpKind::Lt => " < ",
                        CompareOpKind::Lte => " <= ",
                        CompareOpKind::Gt => " > ",
                        CompareOpKind::Gte => " >= ",
                        CompareOpKind::In => " in ",
                        CompareOpKind::NotIn => " not in ",
                    });
                    self.operand(&op.expr);
                }
            }
            Expr::IfExpr(cond) => {
                self.operand(&cond.true_expr);
                self.push(" if ");
                self.operand(&cond.test_expr);
                if let Some(otherwise) = &cond.false_expr {
                    self.push(" else ");
                    self.operand(otherwise);
                }
            }
            Expr::Filter(filter) => {
                if let Some(expr) = &filter.expr {
                    self.operand(expr);
                    self.push("|");
                }
                self.push(filter.name);
                if !filter.args.is_empty() {
                    self.arguments(&filter.args);
                }
            }
            Expr::Test(test) => {
                self.operand(&test.expr);
                self.push(" is ");
                self.push(test.name);
                if !test.args.is_empty() {
                    self.arguments(&test.args);
                }
            }
            Expr::GetAttr(attr) => {
                self.base(&attr.expr);
                self.push(".");
                self.push(attr.name);
            }
            Expr::GetItem(item) => {
                self.base(&item.expr);
                self.push("[");
                self.expr(&item.subscript_expr);
                self.push("]");
            }
            Expr::Call(call) => self.call_expr(call),
            Expr::List(list) => {
                self.push("[");
                self.items(&list.items);
                self.push("]");
            }
            Expr::Tuple(tuple) => {
                self.push("(");
                self.items(&tuple.items);
                self.push(if tuple.items.len() == 1 { ",)" } else { ")" });
            }
            Expr::Map(map) => {
                self.push("{");
                for (i, (key, value)) in map.keys.iter().zip(&map.values).enumerate() {
                    self.push(if i == 0 { "" } else { ", " });
                    self.operand(key);
                    self.push(": ");
                    self.operand(value);
                }
                // A brace right before the end of a tag would end it early.
                self.push(" }");
            }
        }
    }

    fn items(&mut self, items: &[Expr<'_>]) {
        for (i, item) in items.iter().enumerate() {
            self.push(if i == 0 { "" } else { ", " });
            self.expr(item);
        }
    }

    fn call_expr(&mut self, call: &ast::Call<'_>) {
        self.base(&call.expr);
        self.arguments(&call.args);
    }

    fn arguments(&mut self, args: &[CallArg<'_>]) {
        self.push("(");
        for (i, arg) in args.iter().enumerate() {
            self.push(if i == 0 { "" } else { ", " });
            match arg {
                CallArg::Pos(_) => {}
                CallArg::Kwarg(name, _) => {
                    self.push(name);
                    self.push("=");
                }
                CallArg::PosSplat(_) => self.push("*"),
                CallArg::KwargSplat(_) => self.push("**"),
            }
            self.expr(argument(arg));
        }
        self.push(")");
    }

    fn binary(&mut self, op: &ast::BinOp<'_>) {
        let own = match op.op {
            BinOpKind::Concat => Some("__terrace_concat("),
            BinOpKind::Add => Some("__terrace_add("),
            BinOpKind::Mul => Some("__terrace_bounded("),
            _ => None,
        };
        // `a ~ b ~ c` is one call: the parser bounds nesting, but not the length of a chain.
        if matches!(op.op, BinOpKind::Concat | BinOpKind::Add) {
            self.push(own.unwrap_or_default());
            let mut operands = vec![&op.right];
            let mut left = &op.left;
            while let Expr::BinOp(inner) = left
                && std::mem::discriminant(&inner.op) == std::mem::discriminant(&op.op)
            {
                operands.push(&inner.right);
                left = &inner.left;
            }
            operands.push(left);
            for (i, operand) in operands.iter().rev().enumerate() {
                self.push(if i == 0 { "" } else { ", " });
                self.expr(operand);
            }
            return self.push(")");
        }
        self.push(own.unwrap_or_default());
        match &op.left {
            Expr::BinOp(left) if level(left.op) == level(op.op) && own.is_none() && level(op.op) != Level::Compare => {
                self.over(range_of(&op.left), |p| p.binary(left));
            }
            left => self.operand(left),
        }
        self.push(match op.op {
            BinOpKind::Eq => " == ",
            BinOpKind::Ne => " != ",
            BinOpKind::Lt => " < ",
            BinOpKind::Lte => " <= ",
            BinOpKind::Gt => " > ",
            BinOpKind::Gte => " >= ",
            BinOpKind::ScAnd => " and ",
            BinOpKind::ScOr => " or ",
            BinOpKind::Sub => " - ",
            BinOpKind::Mul => " * ",
            BinOpKind::Div => " / ",
            BinOpKind::FloorDiv => " // ",
            BinOpKind::Rem => " % ",
            BinOpKind::Pow => " ** ",
            BinOpKind::In => " in ",
            BinOpKind::Add | BinOpKind::Concat => "",
        });
        self.operand(&op.right);
        if own.is_some() {
            self.push(")");
        }
    }
}

/// Operators of one level read from left to right without parentheses.
#[derive(PartialEq, Eq)]
enum Level {
    Or,
    And,
    Compare,
    Sum,
    Concat,
    Product,
    Power,
}

fn level(op: BinOpKind) -> Level {
    match op {
        BinOpKind::ScOr => Level::Or,
        BinOpKind::ScAnd => Level::And,
        BinOpKind::Sub | BinOpKind::Add => Level::Sum,
        BinOpKind::Concat => Level::Concat,
        BinOpKind::Mul | BinOpKind::Div | BinOpKind::FloorDiv | BinOpKind::Rem => Level::Product,
        BinOpKind::Pow => Level::Power,
        _ => Level::Compare,
    }
}

fn argument<'x, 'a>(arg: &'x CallArg<'a>) -> &'x Expr<'a> {
    match arg {
        CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e) => e,
    }
}

/// A span of minijinja's as a range of bytes.
pub(super) fn range(span: minijinja::machinery::Span) -> Range<usize> {
    span.start_offset as usize..(span.end_offset as usize).max(span.start_offset as usize)
}

/// Where an expression stands. Minijinja's own spans start at the last part (`.replicas`), or at the token before.
pub(super) fn range_of(expr: &Expr<'_>) -> Range<usize> {
    let own = range(expr.span());
    let first = match expr {
        Expr::Slice(e) => &e.expr,
        Expr::BinOp(e) => &e.left,
        Expr::Compare(e) => &e.expr,
        Expr::IfExpr(e) => &e.true_expr,
        Expr::Test(e) => &e.expr,
        Expr::GetAttr(e) => &e.expr,
        Expr::GetItem(e) => &e.expr,
        Expr::Call(e) => &e.expr,
        Expr::Filter(e) => match &e.expr {
            Some(expr) => expr,
            None => return own,
        },
        _ => return own,
    };
    let start = range_of(first).start;
    start..own.end.max(start)
}

/// Filters that hand their value on unchanged, but for quotes.
const COPYING: &[&str] = &["default", "d", "quote", "squote", "string", "mandatory", "required", "trim"];

/// Whether an expression only copies one value.
fn copies(expr: &Expr<'_>) -> bool {
    match expr {
        Expr::Var(_) => true,
        Expr::GetAttr(attr) => copies(&attr.expr),
        Expr::GetItem(item) => matches!(item.subscript_expr, Expr::Const(_)) && copies(&item.expr),
        Expr::Filter(filter) => COPYING.contains(&filter.name) && filter.expr.as_ref().is_some_and(copies),
        _ => false,
    }
}

/// The variables that expressions use.
fn names<'x, 'a: 'x>(exprs: impl IntoIterator<Item = &'x Expr<'a>>) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo: Vec<&Expr<'_>> = exprs.into_iter().collect();
    while let Some(expr) = todo.pop() {
        match expr {
            Expr::Var(var) => {
                if !found.iter().any(|name| name == var.id) {
                    found.push(var.id.to_owned());
                }
            }
            Expr::Const(_) => {}
            Expr::Slice(e) => {
                todo.push(&e.expr);
                todo.extend([&e.start, &e.stop, &e.step].into_iter().flatten());
            }
            Expr::UnaryOp(e) => todo.push(&e.expr),
            Expr::BinOp(e) => todo.extend([&e.left, &e.right]),
            Expr::Compare(e) => {
                todo.push(&e.expr);
                todo.extend(e.ops.iter().map(|op| &op.expr));
            }
            Expr::IfExpr(e) => {
                todo.extend([&e.test_expr, &e.true_expr]);
                todo.extend(&e.false_expr);
            }
            Expr::Filter(e) => {
                todo.extend(&e.expr);
                todo.extend(e.args.iter().map(argument));
            }
            Expr::Test(e) => {
                todo.push(&e.expr);
                todo.extend(e.args.iter().map(argument));
            }
            Expr::GetAttr(e) => todo.push(&e.expr),
            Expr::GetItem(e) => todo.extend([&e.expr, &e.subscript_expr]),
            Expr::Call(e) => {
                todo.push(&e.expr);
                todo.extend(e.args.iter().map(argument));
            }
            Expr::List(e) => todo.extend(&e.items),
            Expr::Tuple(e) => todo.extend(&e.items),
            Expr::Map(e) => todo.extend(e.keys.iter().chain(&e.values)),
        }
    }
    found
}

/// The variables that a target names.
fn targets(target: &Expr<'_>) -> Vec<String> {
    names([target])
}

/// The variables that statements assign, at any depth.
fn assigned<'x>(body: &'x [Stmt<'_>]) -> impl Iterator<Item = String> + 'x {
    let mut found = Vec::new();
    let mut todo: Vec<&Stmt<'_>> = body.iter().collect();
    while let Some(stmt) = todo.pop() {
        match stmt {
            Stmt::Set(set) => found.extend(targets(&set.target)),
            Stmt::SetBlock(set) => {
                found.extend(targets(&set.target));
                todo.extend(&set.body);
            }
            Stmt::Import(import) => found.extend(targets(&import.name)),
            Stmt::FromImport(import) => {
                found.extend(import.names.iter().flat_map(|(name, alias)| targets(alias.as_ref().unwrap_or(name))));
            }
            Stmt::ForLoop(stmt) => todo.extend(stmt.body.iter().chain(&stmt.else_body)),
            Stmt::IfCond(stmt) => todo.extend(stmt.true_body.iter().chain(&stmt.false_body)),
            Stmt::WithBlock(stmt) => todo.extend(&stmt.body),
            Stmt::FilterBlock(stmt) => todo.extend(&stmt.body),
            Stmt::AutoEscape(stmt) => todo.extend(&stmt.body),
            Stmt::Macro(stmt) => found.push(stmt.name.to_owned()),
            _ => {}
        }
    }
    found.sort();
    found.dedup();
    found.into_iter()
}

/// Whether statements may leave the loop around them.
fn leaves(body: &[Stmt<'_>]) -> bool {
    body.iter().any(|stmt| match stmt {
        Stmt::Break(_) | Stmt::Continue(_) => true,
        Stmt::IfCond(stmt) => leaves(&stmt.true_body) || leaves(&stmt.false_body),
        Stmt::WithBlock(stmt) => leaves(&stmt.body),
        _ => false,
    })
}
