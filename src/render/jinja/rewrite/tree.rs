//! What can be told from a syntax tree: places, names, and who assigns them.

use std::ops::Range;

use minijinja::machinery::ast::{CallArg, Expr, Stmt};

/// The expression of an argument.
pub(super) fn argument<'x, 'a>(arg: &'x CallArg<'a>) -> &'x Expr<'a> {
    match arg {
        CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e) => e,
    }
}

/// Where a statement stands.
pub(super) fn span_of(stmt: &Stmt<'_>) -> minijinja::machinery::Span {
    match stmt {
        Stmt::Template(s) => s.span(),
        Stmt::EmitExpr(s) => s.span(),
        Stmt::EmitRaw(s) => s.span(),
        Stmt::ForLoop(s) => s.span(),
        Stmt::IfCond(s) => s.span(),
        Stmt::WithBlock(s) => s.span(),
        Stmt::Set(s) => s.span(),
        Stmt::SetBlock(s) => s.span(),
        Stmt::AutoEscape(s) => s.span(),
        Stmt::FilterBlock(s) => s.span(),
        Stmt::Block(s) => s.span(),
        Stmt::Import(s) => s.span(),
        Stmt::FromImport(s) => s.span(),
        Stmt::Extends(s) => s.span(),
        Stmt::Include(s) => s.span(),
        Stmt::Macro(s) => s.span(),
        Stmt::CallBlock(s) => s.span(),
        Stmt::Continue(s) => s.span(),
        Stmt::Break(s) => s.span(),
        Stmt::Do(s) => s.span(),
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

/// The last key of the one value that an expression only copies (empty for a variable); none if it does more.
pub(super) fn copies(expr: &Expr<'_>) -> Option<String> {
    let is_path = |mut expr: &Expr<'_>| loop {
        expr = match expr {
            Expr::Var(_) => return true,
            Expr::GetAttr(attr) => &attr.expr,
            Expr::GetItem(item) if matches!(item.subscript_expr, Expr::Const(_)) => &item.expr,
            _ => return false,
        };
    };
    match expr {
        Expr::Var(_) => Some(String::new()),
        Expr::GetAttr(attr) => is_path(&attr.expr).then(|| attr.name.to_owned()),
        Expr::GetItem(item) => match &item.subscript_expr {
            Expr::Const(key) if is_path(&item.expr) => Some(key.value.to_string()),
            _ => None,
        },
        Expr::Filter(filter) if COPYING.contains(&filter.name) => copies(filter.expr.as_ref()?),
        _ => None,
    }
}

/// The variables that expressions use.
pub(super) fn names<'x, 'a: 'x>(exprs: impl IntoIterator<Item = &'x Expr<'a>>) -> Vec<String> {
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
pub(super) fn targets(target: &Expr<'_>) -> Vec<String> {
    names([target])
}

/// The variables that statements assign, at any depth.
pub(super) fn assigned<'x>(body: &'x [Stmt<'_>]) -> impl Iterator<Item = String> + 'x {
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
pub(super) fn leaves(body: &[Stmt<'_>]) -> bool {
    body.iter().any(|stmt| match stmt {
        Stmt::Break(_) | Stmt::Continue(_) => true,
        Stmt::IfCond(stmt) => leaves(&stmt.true_body) || leaves(&stmt.false_body),
        Stmt::WithBlock(stmt) => leaves(&stmt.body),
        _ => false,
    })
}
