//! Trees as text, as Go's nodes print themselves (`String()`), and the places that errors name.

use std::fmt;

use memchr::{memchr_iter, memrchr};

use super::ast::{Branch, Command, Expr, List, Pipe, Statement, Tree, Variable};
use super::quote::quote;

/// Any part of a tree.
#[derive(Clone, Copy, Debug)]
pub enum Node<'t> {
    /// Statements.
    List(&'t List),
    /// One statement.
    Statement(&'t Statement),
    /// A pipeline. By itself it is shown without parentheses.
    Pipe(&'t Pipe),
    /// A command.
    Command(&'t Command),
    /// An operand.
    Expr(&'t Expr),
    /// A variable: an operand, or what a pipeline declares.
    Variable(&'t Variable),
}

impl<'t> From<&'t List> for Node<'t> {
    fn from(list: &'t List) -> Self {
        Self::List(list)
    }
}
impl<'t> From<&'t Statement> for Node<'t> {
    fn from(statement: &'t Statement) -> Self {
        Self::Statement(statement)
    }
}
impl<'t> From<&'t Pipe> for Node<'t> {
    fn from(pipe: &'t Pipe) -> Self {
        Self::Pipe(pipe)
    }
}
impl<'t> From<&'t Command> for Node<'t> {
    fn from(command: &'t Command) -> Self {
        Self::Command(command)
    }
}
impl<'t> From<&'t Expr> for Node<'t> {
    fn from(expr: &'t Expr) -> Self {
        Self::Expr(expr)
    }
}
impl<'t> From<&'t Variable> for Node<'t> {
    fn from(variable: &'t Variable) -> Self {
        Self::Variable(variable)
    }
}

impl Node<'_> {
    /// Where Go says that it stands: the byte that errors give the line and column of.
    pub fn pos(self) -> u32 {
        match self {
            Self::List(list) => list.pos,
            Self::Statement(statement) => statement.pos(),
            Self::Pipe(pipe) => pipe.pos,
            Self::Command(command) => command.pos,
            Self::Expr(expr) => expr.pos(),
            Self::Variable(variable) => variable.pos,
        }
    }
}

impl Statement {
    /// Where Go says that it stands: after the delimiter, and after the keyword.
    pub fn pos(&self) -> u32 {
        match self {
            Self::Text { start, .. } => *start,
            Self::Action(pipe) => pipe.pos,
            Self::If(branch) | Self::With(branch) | Self::Range(branch) => branch.pos,
            Self::Template { pos, .. } | Self::Break { pos } | Self::Continue { pos } => *pos,
        }
    }
}

impl Expr {
    /// Where Go says that it stands. Of names with more than one field it is the second (`.a` in `.Values.a.b`).
    pub fn pos(&self) -> u32 {
        match self {
            Self::Identifier { pos, .. }
            | Self::Field { pos, .. }
            | Self::Chain { pos, .. }
            | Self::Dot { pos }
            | Self::Nil { pos }
            | Self::Bool { pos, .. }
            | Self::String { pos, .. } => *pos,
            Self::Variable(variable) => variable.pos,
            Self::Number(number) => number.pos,
            Self::Pipe(pipe) => pipe.pos,
        }
    }
}

/// Go's `Tree.ErrorContext`: `name:line:column`, and the node as it prints itself. The line counts from 1; the column is
/// the number of bytes before the node on its line.
pub fn context<'t>(tree: &'t Tree, node: impl Into<Node<'t>>) -> (String, String) {
    let node = node.into();
    let (line, column) = line_column(&tree.text, node.pos() as usize);
    (format!("{}:{line}:{column}", tree.parse_name), node_text(tree, node))
}

/// The node as it prints itself.
pub fn node_text<'t>(tree: &'t Tree, node: impl Into<Node<'t>>) -> String {
    Shown { text: &tree.text, node: node.into() }.to_string()
}

/// The whole tree as it prints itself (`Tree.Root.String()`).
pub fn tree_text(tree: &Tree) -> String {
    node_text(tree, &tree.root)
}

/// A line, from 1, and the bytes before `at` on it.
pub(super) fn line_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    let start = memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    (1 + memchr_iter(b'\n', before).count(), before.len() - start)
}

/// An operand of a text as it prints itself.
pub(super) fn expr_text(text: &str, node: &Expr) -> String {
    Shown { text, node: Node::Expr(node) }.to_string()
}

struct Shown<'t> {
    /// The text that the node is of.
    text: &'t str,
    node: Node<'t>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.node {
            Node::List(nodes) => list(f, self.text, nodes),
            Node::Statement(node) => statement(f, self.text, node),
            Node::Pipe(node) => pipe(f, self.text, node),
            Node::Command(node) => command(f, self.text, node),
            Node::Expr(node) => expr(f, self.text, node),
            Node::Variable(node) => variable(f, node),
        }
    }
}

type Out<'a, 'b> = &'a mut fmt::Formatter<'b>;

fn list(f: Out, text: &str, list: &List) -> fmt::Result {
    list.nodes.iter().try_for_each(|node| statement(f, text, node))
}

fn statement(f: Out, text: &str, node: &Statement) -> fmt::Result {
    match node {
        Statement::Text { start, end } => f.write_str(text.get(*start as usize..*end as usize).unwrap_or_default()),
        Statement::Action(node) => {
            f.write_str("{{")?;
            pipe(f, text, node)?;
            f.write_str("}}")
        }
        Statement::If(node) => branch(f, text, "if", node),
        Statement::With(node) => branch(f, text, "with", node),
        Statement::Range(node) => branch(f, text, "range", node),
        Statement::Template { name, pipe: argument, .. } => {
            write!(f, "{{{{template {}", quote(name))?;
            if let Some(argument) = argument {
                f.write_str(" ")?;
                pipe(f, text, argument)?;
            }
            f.write_str("}}")
        }
        Statement::Break { .. } => f.write_str("{{break}}"),
        Statement::Continue { .. } => f.write_str("{{continue}}"),
    }
}

fn branch(f: Out, text: &str, keyword: &str, branch: &Branch) -> fmt::Result {
    write!(f, "{{{{{keyword} ")?;
    pipe(f, text, &branch.pipe)?;
    f.write_str("}}")?;
    list(f, text, &branch.list)?;
    if let Some(otherwise) = &branch.otherwise {
        f.write_str("{{else}}")?;
        list(f, text, otherwise)?;
    }
    f.write_str("{{end}}")
}

fn pipe(f: Out, text: &str, pipe: &Pipe) -> fmt::Result {
    for (i, declared) in pipe.decl.iter().enumerate() {
        f.write_str(if i > 0 { ", " } else { "" })?;
        variable(f, declared)?;
    }
    if !pipe.decl.is_empty() {
        f.write_str(if pipe.assign { " = " } else { " := " })?;
    }
    for (i, node) in pipe.commands().enumerate() {
        f.write_str(if i > 0 { " | " } else { "" })?;
        command(f, text, node)?;
    }
    Ok(())
}

fn command(f: Out, text: &str, command: &Command) -> fmt::Result {
    for (i, arg) in command.words().enumerate() {
        f.write_str(if i > 0 { " " } else { "" })?;
        operand(f, text, arg)?;
    }
    Ok(())
}

/// An operand among others: pipelines have their parentheses.
fn operand(f: Out, text: &str, node: &Expr) -> fmt::Result {
    if let Expr::Pipe(node) = node {
        f.write_str("(")?;
        pipe(f, text, node)?;
        return f.write_str(")");
    }
    expr(f, text, node)
}

fn expr(f: Out, text: &str, node: &Expr) -> fmt::Result {
    match node {
        Expr::Identifier { name, .. } => f.write_str(name),
        Expr::Field { ident, .. } => fields(f, ident.iter()),
        Expr::Chain { node, field, .. } => {
            operand(f, text, node)?;
            fields(f, field.iter())
        }
        Expr::Variable(node) => variable(f, node),
        Expr::Dot { .. } => f.write_str("."),
        Expr::Nil { .. } => f.write_str("nil"),
        Expr::Bool { value, .. } => write!(f, "{value}"),
        Expr::String { pos, end, .. } => f.write_str(text.get(*pos as usize..*end as usize).unwrap_or_default()),
        Expr::Number(number) => f.write_str(&number.text),
        Expr::Pipe(node) => pipe(f, text, node),
    }
}

fn variable(f: Out, variable: &Variable) -> fmt::Result {
    let mut names = variable.ident.iter();
    f.write_str(names.next().map_or("", |name| name))?;
    fields(f, names)
}

fn fields<'t>(f: Out, names: impl IntoIterator<Item = &'t ecow::EcoString>) -> fmt::Result {
    names.into_iter().try_for_each(|name| write!(f, ".{name}"))
}
