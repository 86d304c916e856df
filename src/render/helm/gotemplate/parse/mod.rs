//! The parser: text/template/parse of Go 1.26, its errors included.
//!
//! Go keeps a parser for each definition, with words of its own read ahead, and errors name the line of the last word that
//! this parser read. A [`Scope`] is that parser's state.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use ecow::{EcoString, EcoVec};
use foldhash::fast::FixedState;

use super::ast::{Branch, Constant, Expr, List, Statement, Tree, Variable};
use super::call::Fault;
use super::functions::Functions;
use super::quote::{quote, unquote};
use crate::source::FileId;

use lex::{Kind, Lexer, Token};
use words::Words;

mod fault;
mod lex;
pub(super) mod number;
mod pipeline;
#[cfg(test)]
mod tests;
mod words;

/// How deep parentheses may nest. Go takes 10,000, which no template comes near.
pub const MAX_PARENTHESES: u32 = 1_000;
/// How deep blocks may nest, each `else if` counted. Go has no limit.
pub const MAX_BLOCKS: usize = 1_000;
/// How many variables may be alive at once. Go has no limit.
pub const MAX_VARIABLES: usize = 10_000;

/// What is left of the stack when more of it is taken, and how much is taken.
const STACK: (usize, usize) = (128 << 10, 1 << 20);

/// Parses a text: the trees that it defines, each name once.
///
/// They are in the order in which they end: a block before what it stands in, the text's own tree, named `name`, last. An
/// empty tree gives its place to another of its name, and two that aren't empty are an error; so the text's own tree isn't
/// there if it is empty and the text defines one of its name.
///
/// # Errors
/// The first, with Go's text. Its frame has the place where a person should look.
pub fn parse(name: &str, text: Arc<str>, file: FileId, functions: &Functions) -> Result<Vec<Tree>, Fault> {
    if u32::try_from(text.len()).is_err() {
        return Err(Fault::limit(format!("template: {name}: larger than 4 GiB")));
    }
    let lexer = Lexer::new(&text, functions.get("break").is_none(), functions.get("continue").is_none());
    let mut parser = Parser {
        name,
        parse_name: name.into(),
        text: &text,
        file,
        functions,
        words: Words::new(lexer),
        scope: Scope::new(),
        open: Vec::new(),
        statements: Vec::with_capacity(64),
        operands: Vec::with_capacity(16),
        known: HashMap::default(),
        trees: Vec::new(),
        by_name: HashMap::default(),
    };
    parser.parse()?;
    Ok(parser.trees)
}

struct Parser<'t> {
    name: &'t str,
    parse_name: EcoString,
    text: &'t Arc<str>,
    file: FileId,
    functions: &'t Functions,
    words: Words<'t>,
    scope: Scope<'t>,
    /// The delimiters of the blocks that are open.
    open: Vec<Token>,
    /// The statements of all lists that are open, and the operands of all commands: each takes its own off when it ends, so
    /// that none grows a list of its own.
    statements: Vec<Statement>,
    operands: Vec<Expr>,
    /// Paths of names (`.Values.image.tag`) as they are written, each made once: texts repeat a few of them over and over.
    known: HashMap<&'t str, EcoVec<EcoString>, FixedState>,
    trees: Vec<Tree>,
    by_name: HashMap<EcoString, usize, FixedState>,
}

/// What belongs to the definition that is being parsed.
struct Scope<'t> {
    /// The word read last before another definition began.
    last: Token,
    /// The names that Go's parser lets pass. It is lax: it takes a variable for known that was only assigned to, or
    /// declared in the other branch of an `if`.
    names: Vec<&'t str>,
    /// The variables that there are when this is executed; an index here is a slot.
    live: Vec<&'t str>,
    most: usize,
    /// The delimiter of the action that is being parsed.
    action: Option<Token>,
    /// How many ranges are open.
    ranges: u32,
    parens: u32,
}

impl Scope<'_> {
    fn new() -> Self {
        Self { last: Token::default(), names: vec!["$"], live: vec!["$"], most: 1, action: None, ranges: 0, parens: 0 }
    }
}

/// What ends a list of statements.
#[derive(Clone, Copy)]
enum End {
    End,
    Else { pos: u32 },
}

impl End {
    fn shown(self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else { .. } => "{{else}}",
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Control {
    If,
    With,
    Range,
}

impl Control {
    fn keyword(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::With => "with",
            Self::Range => "range",
        }
    }
}

/// Definitions and blocks.
impl<'t> Parser<'t> {
    fn word(&self, token: Token) -> &'t str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Token, Fault> {
        let token = self.words.next();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(token, context)) }
    }

    /// Goes on in another definition, or back to this one.
    fn switch(&mut self, to: Scope<'t>) -> Scope<'t> {
        let last = self.last();
        self.words.forget();
        Scope { last, ..mem::replace(&mut self.scope, to) }
    }

    fn parse(&mut self) -> Result<(), Fault> {
        let pos = self.words.peek().start;
        loop {
            let start = self.words.peek();
            if start.kind == Kind::Eof {
                break;
            }
            if start.kind == Kind::LeftDelim && self.words.second().kind == Kind::Define {
                self.words.next();
                self.words.next();
                let outer = self.switch(Scope::new());
                self.open.push(start);
                self.definition()?;
                self.open.pop();
                self.switch(outer);
            } else if let Some(end) = self.statement()? {
                return Err(self.fault(start, format_args!("unexpected {}", end.shown())));
            }
        }
        let root = List { pos, nodes: self.statements.drain(..).collect() };
        self.add(self.name.into(), root, self.last())
    }

    /// The rest of a `define`, whose keyword is past.
    fn definition(&mut self) -> Result<(), Fault> {
        const CONTEXT: &str = "define clause";
        let token = self.words.next();
        let name = self.template_name(token, CONTEXT)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        let (root, end, at) = self.item_list()?;
        if let End::Else { .. } = end {
            return Err(self.fault(at, format_args!("unexpected {} in {CONTEXT}", end.shown())));
        }
        self.add(name, root, token)
    }

    /// Adds a tree that is complete. `at` is where its name stands.
    fn add(&mut self, name: EcoString, root: List, at: Token) -> Result<(), Fault> {
        let tree = Tree {
            parse_name: self.parse_name.clone(),
            text: self.text.clone(),
            file: self.file,
            root,
            variables: self.scope.most,
            name: name.clone(),
        };
        let Some(earlier) = self.by_name.get(&name).copied() else {
            self.by_name.insert(name, self.trees.len());
            self.trees.push(tree);
            return Ok(());
        };
        let empty = tree.is_empty();
        match self.trees.get_mut(earlier) {
            Some(earlier) if earlier.is_empty() => *earlier = tree,
            _ if empty => {}
            _ => {
                let problem = format!("template: multiple definition of template {}", quote(&name));
                return Err(self.fault(at, problem));
            }
        }
        Ok(())
    }

    /// Statements up to `{{end}}` or `{{else}}`: these, which of both, and where it stands.
    fn item_list(&mut self) -> Result<(List, End, Token), Fault> {
        let pos = self.words.peek().start;
        let mark = self.statements.len();
        loop {
            let start = self.words.peek();
            if start.kind == Kind::Eof {
                let open = self.open.last().copied().unwrap_or(start);
                return Err(self.fault(open, "unexpected EOF"));
            }
            if let Some(end) = self.statement()? {
                return Ok((List { pos, nodes: self.statements.drain(mark..).collect() }, end, start));
            }
        }
    }

    /// Adds one more statement to those of the list, or ends it.
    fn statement(&mut self) -> Result<Option<End>, Fault> {
        let token = self.words.next();
        match token.kind {
            Kind::Text => {
                self.statements.push(Statement::Text { start: token.start, end: token.end });
                Ok(None)
            }
            Kind::LeftDelim => {
                self.scope.action = Some(token);
                let end = self.action(token)?;
                self.scope.action = None;
                Ok(end)
            }
            _ => Err(self.unexpected(token, "input")),
        }
    }

    /// What follows a left delimiter.
    fn action(&mut self, delim: Token) -> Result<Option<End>, Fault> {
        let token = self.words.peek();
        let control = match token.kind {
            Kind::If => Some(Control::If),
            Kind::With => Some(Control::With),
            Kind::Range => Some(Control::Range),
            Kind::Block | Kind::Break | Kind::Continue | Kind::Else | Kind::End | Kind::Template => None,
            _ => {
                let pipe = self.pipeline("command", Kind::RightDelim)?;
                self.statements.push(Statement::Action(pipe));
                return Ok(None);
            }
        };
        self.words.next();
        if let Some(control) = control {
            self.control(control, delim)?;
            return Ok(None);
        }
        let statement = match token.kind {
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Some(End::End));
            }
            Kind::Else => return self.else_control().map(Some),
            Kind::Break => {
                self.loop_control(token, "{{break}}")?;
                Statement::Break { pos: token.start }
            }
            Kind::Continue => {
                self.loop_control(token, "{{continue}}")?;
                Statement::Continue { pos: token.start }
            }
            Kind::Block => self.block(delim)?,
            _ => self.template()?,
        };
        self.statements.push(statement);
        Ok(None)
    }

    fn loop_control(&mut self, keyword: Token, shown: &str) -> Result<(), Fault> {
        self.expect(Kind::RightDelim, shown)?;
        if self.scope.ranges == 0 {
            return Err(self.fault(keyword, format_args!("{shown} outside {{{{range}}}}")));
        }
        Ok(())
    }

    fn else_control(&mut self) -> Result<End, Fault> {
        let token = self.words.peek();
        // `{{else if` is `{{else}}{{if`: the keyword is left for the block that is open.
        if !matches!(token.kind, Kind::If | Kind::With) {
            self.expect(Kind::RightDelim, "else")?;
        }
        Ok(End::Else { pos: token.start })
    }

    /// One of the blocks that end with `{{end}}`, whose keyword is past. It becomes the list's next statement.
    fn control(&mut self, control: Control, delim: Token) -> Result<(), Fault> {
        self.enter(delim)?;
        let branch = stacker::maybe_grow(STACK.0, STACK.1, || self.branch(control, delim))?;
        self.open.pop();
        self.statements.push(match control {
            Control::If => Statement::If(branch),
            Control::With => Statement::With(branch),
            Control::Range => Statement::Range(branch),
        });
        Ok(())
    }

    fn enter(&mut self, delim: Token) -> Result<(), Fault> {
        if self.open.len() >= MAX_BLOCKS {
            return Err(self.limit(delim, format_args!("blocks are nested more than {MAX_BLOCKS} deep")));
        }
        self.open.push(delim);
        Ok(())
    }

    fn branch(&mut self, control: Control, delim: Token) -> Result<Box<Branch>, Fault> {
        let (names, outside) = (self.scope.names.len(), self.scope.live.len());
        let pipe = self.pipeline(control.keyword(), Kind::RightDelim)?;
        let inside = self.scope.live.len();
        self.scope.ranges += u32::from(control == Control::Range);
        let (list, end, _) = self.item_list()?;
        self.scope.ranges -= u32::from(control == Control::Range);
        // The variables of this body aren't alive in the other one, though Go's parser takes them for known there.
        self.scope.live.truncate(inside);
        let otherwise = match end {
            End::End => None,
            End::Else { pos } => Some(self.otherwise(control, delim, pos)?),
        };
        self.scope.live.truncate(outside);
        self.scope.names.truncate(names);
        Ok(Box::new(Branch { pos: pipe.pos, pipe, base: slot(inside), list, otherwise }))
    }

    /// What follows `{{else`.
    fn otherwise(&mut self, control: Control, delim: Token, pos: u32) -> Result<List, Fault> {
        let next = self.words.peek().kind;
        if (control, next) == (Control::If, Kind::If) || (control, next) == (Control::With, Kind::With) {
            self.words.next();
            self.control(control, delim)?;
            return Ok(List { pos, nodes: self.statements.pop().into_iter().collect() });
        }
        let (list, end, at) = self.item_list()?;
        match end {
            End::End => Ok(list),
            End::Else { .. } => Err(self.fault(at, format_args!("expected end; found {}", end.shown()))),
        }
    }

    /// `block`: a definition, and its use in this place.
    fn block(&mut self, delim: Token) -> Result<Statement, Fault> {
        const CONTEXT: &str = "block clause";
        let token = self.words.next();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        self.enter(delim)?;
        let outer = self.switch(Scope::new());
        let (root, end, at) = stacker::maybe_grow(STACK.0, STACK.1, || self.item_list())?;
        let inner = self.switch(outer);
        if let End::Else { .. } = end {
            return Err(self.fault(at, format_args!("unexpected {} in {CONTEXT}", end.shown())));
        }
        let outer = self.switch(inner);
        self.add(name.clone(), root, token)?;
        self.switch(outer);
        self.open.pop();
        Ok(Statement::Template { pos: token.start, name, pipe: Some(pipe) })
    }

    fn template(&mut self) -> Result<Statement, Fault> {
        const CONTEXT: &str = "template clause";
        let token = self.words.next();
        let name = self.template_name(token, CONTEXT)?;
        let mut pipe = None;
        if self.words.peek().kind == Kind::RightDelim {
            self.words.next();
        } else {
            pipe = Some(self.pipeline(CONTEXT, Kind::RightDelim)?);
        }
        Ok(Statement::Template { pos: token.start, name, pipe })
    }

    /// A name that is a string constant. Bytes that aren't UTF-8 are replaced.
    fn template_name(&self, token: Token, context: &str) -> Result<EcoString, Fault> {
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return Err(self.unexpected(token, context));
        }
        Ok(match self.constant(token)? {
            Constant::Str(name) => name,
            Constant::Raw(bytes) => String::from_utf8_lossy(&bytes).into(),
        })
    }

    fn constant(&self, token: Token) -> Result<Constant, Fault> {
        unquote(self.word(token)).ok_or_else(|| self.fault(token, "invalid syntax"))
    }
}

fn slot(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(Variable::UNDEFINED)
}
