//! Prints expressions.

use minijinja::machinery::ast::{self, BinOpKind, CallArg, CompareOpKind, Expr, UnaryOpKind};

use super::Printer;
use super::tree::{argument, range, range_of};

impl Printer<'_> {
    /// A value that is kept in a variable: its size is checked, unless it can't grow.
    pub(super) fn kept(&mut self, expr: &Expr<'_>) {
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
    pub(super) fn operand(&mut self, expr: &Expr<'_>) {
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

    pub(super) fn expr(&mut self, expr: &Expr<'_>) {
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

    pub(super) fn call_expr(&mut self, call: &ast::Call<'_>) {
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
