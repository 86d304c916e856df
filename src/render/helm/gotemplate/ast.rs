//! A parsed template: text/template/parse's nodes, with names resolved where that can be done once.
//!
//! Positions are byte offsets into [`Tree::text`]. A node's `pos` is the one that Go gives it, since errors print the line
//! and column of that very byte.

use std::sync::Arc;

use ecow::{EcoString, EcoVec};

use crate::source::FileId;

/// One template: a file's own text, or what a `define` or `block` in it holds.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Its name.
    pub name: EcoString,
    /// The name of the text that it was parsed from: what errors print (`parseName`).
    pub parse_name: EcoString,
    /// The whole text that it was parsed from.
    pub text: Arc<str>,
    /// The file that the text is; none for the texts of `tpl`.
    pub file: FileId,
    /// What it does.
    pub root: List,
    /// How many variables are alive at once, at most, `$` included.
    pub variables: usize,
}

impl Tree {
    /// Whether it holds nothing but space (`IsEmptyTree`). Such a tree takes no other's place, and gives its own away.
    pub fn is_empty(&self) -> bool {
        self.root.nodes.iter().all(|node| match node {
            Statement::Text { start, end } => {
                self.text.get(*start as usize..*end as usize).is_none_or(|text| text.trim().is_empty())
            }
            _ => false,
        })
    }
}

/// A sequence of statements (`ListNode`).
#[derive(Clone, Debug, Default)]
pub struct List {
    /// Where it starts.
    pub pos: u32,
    /// The statements.
    pub nodes: Vec<Statement>,
}

/// A statement. What is large is boxed: most statements are texts and short actions.
#[derive(Clone, Debug)]
pub enum Statement {
    /// Text between actions: this range of the template.
    Text {
        /// First byte.
        start: u32,
        /// One past the last.
        end: u32,
    },
    /// `{{pipeline}}`.
    Action(Box<Pipe>),
    /// `{{if}}`.
    If(Box<Branch>),
    /// `{{with}}`.
    With(Box<Branch>),
    /// `{{range}}`.
    Range(Box<Branch>),
    /// `{{template "name" pipeline}}`, also what is left of a `block`.
    Template {
        /// Where it stands.
        pos: u32,
        /// Which template.
        name: EcoString,
        /// Its dot; nil where there is none.
        pipe: Option<Box<Pipe>>,
    },
    /// `{{break}}`.
    Break {
        /// Where it stands.
        pos: u32,
    },
    /// `{{continue}}`.
    Continue {
        /// Where it stands.
        pos: u32,
    },
}

/// `if`, `with` or `range`.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Where it stands.
    pub pos: u32,
    /// The condition, or what is ranged over.
    pub pipe: Box<Pipe>,
    /// How many variables are alive after the pipeline: those from here on are unset when a body starts.
    pub base: u32,
    /// What happens if it holds.
    pub list: List,
    /// What happens else.
    pub otherwise: Option<List>,
}

/// A pipeline (`PipeNode`).
#[derive(Clone, Debug)]
pub struct Pipe {
    /// Where it starts.
    pub pos: u32,
    /// Whether variables are assigned (`=`), not declared (`:=`).
    pub assign: bool,
    /// The variables, at most two.
    pub decl: Vec<Variable>,
    /// The first command. By itself it needs no list, and most are by themselves.
    pub first: Command,
    /// The commands that it is piped into, left to right.
    pub more: Vec<Command>,
}

impl Pipe {
    /// The commands, left to right.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        std::iter::once(&self.first).chain(&self.more)
    }
}

/// `$x.a.b`.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Where it stands.
    pub pos: u32,
    /// Its place among the live variables of its template: 0 is `$`. The parser knows the scopes, so no name is looked up
    /// while executing. [`Variable::UNDEFINED`] where the parser lets a name pass that execution won't find.
    pub slot: u32,
    /// `$x`, then the fields.
    pub ident: EcoVec<EcoString>,
}

impl Variable {
    /// The slot of a variable that isn't there: `{{$x = 1}}` and `{{$x := $x}}` are parsed, but fail when executed.
    pub const UNDEFINED: u32 = u32::MAX;
}

/// A command (`CommandNode`): an operand, or a function and its arguments.
#[derive(Clone, Debug)]
pub struct Command {
    /// Where it starts.
    pub pos: u32,
    /// The first word.
    pub first: Expr,
    /// The words after it. Most commands have none.
    pub args: Box<[Expr]>,
}

impl Command {
    /// The words.
    pub fn words(&self) -> impl Iterator<Item = &Expr> {
        std::iter::once(&self.first).chain(&self.args)
    }
}

/// An operand.
#[derive(Clone, Debug)]
pub enum Expr {
    /// A function's name.
    Identifier {
        /// Where it stands.
        pos: u32,
        /// The name.
        name: &'static str,
        /// Its index in the table that the template was parsed with.
        function: u32,
    },
    /// `.a.b`.
    Field {
        /// Where it stands.
        pos: u32,
        /// The names, without dots.
        ident: EcoVec<EcoString>,
    },
    /// `(pipeline).a.b`, and fields of other operands.
    Chain {
        /// Where it stands.
        pos: u32,
        /// The operand.
        node: Box<Expr>,
        /// The names, without dots.
        field: EcoVec<EcoString>,
    },
    /// `$x.a.b`.
    Variable(Variable),
    /// `.`.
    Dot {
        /// Where it stands.
        pos: u32,
    },
    /// `nil`.
    Nil {
        /// Where it stands.
        pos: u32,
    },
    /// `true`, `false`.
    Bool {
        /// Where it stands.
        pos: u32,
        /// Which.
        value: bool,
    },
    /// A string constant.
    String {
        /// Where it stands.
        pos: u32,
        /// Where it ends, its quotes included.
        end: u32,
        /// What it means.
        text: Constant,
    },
    /// A number, or a character constant. Boxed, since it is larger than all others.
    Number(Box<Number>),
    /// `(pipeline)`.
    Pipe(Box<Pipe>),
}

/// The bytes of a string constant: `"\xff"` isn't UTF-8.
#[derive(Clone, Debug)]
pub enum Constant {
    /// UTF-8.
    Str(EcoString),
    /// Other bytes.
    Raw(EcoVec<u8>),
}

/// A number (`NumberNode`): what it can be taken for, by the type that is asked for.
#[derive(Clone, Debug)]
pub struct Number {
    /// Where it stands.
    pub pos: u32,
    /// As it is written.
    pub text: EcoString,
    /// As a signed integer.
    pub int: Option<i64>,
    /// As an unsigned integer.
    pub uint: Option<u64>,
    /// As a float.
    pub float: Option<f64>,
    /// Whether it was written as a character.
    pub character: bool,
    /// Whether it is an imaginary constant (`2i`), which nothing but printing takes.
    pub imaginary: bool,
}
