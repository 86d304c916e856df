//! The parser: text/template/parse of Go 1.26, its errors included.
//!
//! Go keeps a parser for each definition, with words of its own read ahead, and errors name the line of the last word that
//! this parser read. A [`Scope`] is that parser's state.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use ecow::EcoString;

use super::ast::{Branch, Command, Constant, Expr, List, Pipe, Statement, Tree, Variable};
use super::call::{Fault, Frame};
use super::functions::Functions;
use super::quote::{quote, unquote};
use super::show::line_column;
use crate::source::{FileId, Span};

use lex::{Kind, Lexer, Token};

mod lex;
pub(super) mod number;
#[cfg(test)]
mod tests;

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
        lexer,
        scope: Scope::new(),
        open: Vec::new(),
        trees: Vec::new(),
        by_name: HashMap::new(),
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
    lexer: Lexer<'t>,
    scope: Scope<'t>,
    /// The delimiters of the blocks that are open.
    open: Vec<Token>,
    trees: Vec<Tree>,
    by_name: HashMap<EcoString, usize>,
}

/// What belongs to the definition that is being parsed.
struct Scope<'t> {
    /// The words read last, the newest first, and how many of them are to be read again.
    tokens: [Token; 3],
    peeked: usize,
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
        Self {
            tokens: [Token::default(); 3],
            peeked: 0,
            names: vec!["$"],
            live: vec!["$"],
            most: 1,
            action: None,
            ranges: 0,
            parens: 0,
        }
    }
}

/// A statement, or what ends a list of them.
enum Parsed {
    Statement(Statement),
    End(End),
}

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

/// The words, as Go's parser reads them: it looks up to three ahead.
impl<'t> Parser<'t> {
    fn next(&mut self) -> Token {
        let scope = &mut self.scope;
        match scope.peeked.checked_sub(1) {
            Some(left) => scope.peeked = left,
            None => scope.tokens[0] = self.lexer.next(),
        }
        scope.tokens.get(scope.peeked).copied().unwrap_or_default()
    }

    fn backup(&mut self) {
        self.scope.peeked += 1;
    }

    fn backup2(&mut self, first: Token) {
        self.scope.tokens[1] = first;
        self.scope.peeked = 2;
    }

    fn backup3(&mut self, first: Token, second: Token) {
        self.scope.tokens[1] = second;
        self.scope.tokens[2] = first;
        self.scope.peeked = 3;
    }

    fn peek(&mut self) -> Token {
        let token = self.next();
        self.backup();
        token
    }

    fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.backup();
        token
    }

    fn word(&self, token: Token) -> &'t str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Token, Fault> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(token, context)) }
    }
}

/// Errors.
impl<'t> Parser<'t> {
    /// An error of Go's: its line is that of the last word read, its place is `at`.
    fn fault(&self, at: Token, problem: impl std::fmt::Display) -> Fault {
        let line = self.line(self.scope.tokens[0]);
        let text = format!("template: {}:{line}: {problem}", self.name);
        let mut fault = Fault::new(text);
        fault.frame = Some(self.frame(at));
        fault
    }

    fn limit(&self, at: Token, problem: impl std::fmt::Display) -> Fault {
        let mut fault = self.fault(at, problem);
        fault.limit = true;
        fault
    }

    fn frame(&self, at: Token) -> Frame {
        let span = Span::new(self.file, at.start as usize..at.end as usize);
        Frame { template: self.name.to_owned(), span: Some(span), context: String::new() }
    }

    fn line(&self, token: Token) -> usize {
        line_column(self.text, token.start as usize).0
    }

    fn last(&self) -> Token {
        self.scope.tokens[0]
    }

    fn unexpected(&self, token: Token, context: &str) -> Fault {
        if token.kind != Kind::Error {
            return self.fault(token, format_args!("unexpected {} in {context}", self.shown(token)));
        }
        let problem = self.lexer.problem();
        let Some(action) = self.scope.action else { return self.fault(token, problem) };
        // What isn't closed is better seen where it opens.
        let unclosed = problem.ends_with(" action");
        let at = if unclosed { action } else { token };
        let line = self.line(action);
        if line == self.line(token) {
            return self.fault(at, problem);
        }
        let what = if unclosed { "" } else { " in action" };
        self.fault(at, format_args!("{problem}{what} started at {}:{line}", self.name))
    }

    /// A word as errors show it.
    fn shown(&self, token: Token) -> String {
        let word = self.word(token);
        match token.kind {
            Kind::Eof => "EOF".to_owned(),
            kind if kind.is_keyword() => format!("<{word}>"),
            _ if word.len() > 10 => {
                let cut = word.char_indices().nth(10).map_or(word.len(), |(at, _)| at);
                format!("{}...", quote(word.get(..cut).unwrap_or(word)))
            }
            _ => quote(word),
        }
    }
}

/// Definitions and blocks.
impl<'t> Parser<'t> {
    fn parse(&mut self) -> Result<(), Fault> {
        let mut root = List { pos: self.peek().start, nodes: Vec::new() };
        loop {
            match self.peek().kind {
                Kind::Eof => break,
                Kind::LeftDelim => {
                    let delim = self.next();
                    if self.next_non_space().kind == Kind::Define {
                        let outer = mem::replace(&mut self.scope, Scope::new());
                        self.open.push(delim);
                        self.definition()?;
                        self.open.pop();
                        self.scope = outer;
                        continue;
                    }
                    self.backup2(delim);
                }
                _ => {}
            }
            let start = self.peek();
            match self.text_or_action()? {
                Parsed::Statement(node) => root.nodes.push(node),
                Parsed::End(end) => return Err(self.fault(start, format_args!("unexpected {}", end.shown()))),
            }
        }
        self.add(self.name.into(), root, self.last())
    }

    /// The rest of a `define`, whose keyword is past.
    fn definition(&mut self) -> Result<(), Fault> {
        const CONTEXT: &str = "define clause";
        let token = self.next_non_space();
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
        let mut list = List { pos: self.peek_non_space().start, nodes: Vec::new() };
        loop {
            let start = self.peek_non_space();
            if start.kind == Kind::Eof {
                let open = self.open.last().copied().unwrap_or(start);
                return Err(self.fault(open, "unexpected EOF"));
            }
            match self.text_or_action()? {
                Parsed::Statement(node) => list.nodes.push(node),
                Parsed::End(end) => return Ok((list, end, start)),
            }
        }
    }

    fn text_or_action(&mut self) -> Result<Parsed, Fault> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Parsed::Statement(Statement::Text { start: token.start, end: token.end })),
            Kind::LeftDelim => {
                self.scope.action = Some(token);
                let parsed = self.action(token)?;
                self.scope.action = None;
                Ok(parsed)
            }
            _ => Err(self.unexpected(token, "input")),
        }
    }

    /// What follows a left delimiter.
    fn action(&mut self, delim: Token) -> Result<Parsed, Fault> {
        let token = self.next_non_space();
        let statement = match token.kind {
            Kind::Block => self.block(delim)?,
            Kind::Break => {
                self.loop_control(token, "{{break}}")?;
                Statement::Break { pos: token.start }
            }
            Kind::Continue => {
                self.loop_control(token, "{{continue}}")?;
                Statement::Continue { pos: token.start }
            }
            Kind::Else => return self.else_control().map(Parsed::End),
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Parsed::End(End::End));
            }
            Kind::If => self.control(Control::If, delim)?,
            Kind::Range => self.control(Control::Range, delim)?,
            Kind::With => self.control(Control::With, delim)?,
            Kind::Template => self.template()?,
            _ => {
                self.backup();
                Statement::Action(self.pipeline("command", Kind::RightDelim)?)
            }
        };
        Ok(Parsed::Statement(statement))
    }

    fn loop_control(&mut self, keyword: Token, shown: &str) -> Result<(), Fault> {
        self.expect(Kind::RightDelim, shown)?;
        if self.scope.ranges == 0 {
            return Err(self.fault(keyword, format_args!("{shown} outside {{{{range}}}}")));
        }
        Ok(())
    }

    fn else_control(&mut self) -> Result<End, Fault> {
        let token = self.peek_non_space();
        // `{{else if` is `{{else}}{{if`: the keyword is left for the block that is open.
        if !matches!(token.kind, Kind::If | Kind::With) {
            self.expect(Kind::RightDelim, "else")?;
        }
        Ok(End::Else { pos: token.start })
    }

    /// One of the blocks that end with `{{end}}`, whose keyword is past.
    fn control(&mut self, control: Control, delim: Token) -> Result<Statement, Fault> {
        self.enter(delim)?;
        let branch = stacker::maybe_grow(STACK.0, STACK.1, || self.branch(control, delim))?;
        let branch = Box::new(branch);
        self.open.pop();
        Ok(match control {
            Control::If => Statement::If(branch),
            Control::With => Statement::With(branch),
            Control::Range => Statement::Range(branch),
        })
    }

    fn enter(&mut self, delim: Token) -> Result<(), Fault> {
        if self.open.len() >= MAX_BLOCKS {
            return Err(self.limit(delim, format_args!("blocks are nested more than {MAX_BLOCKS} deep")));
        }
        self.open.push(delim);
        Ok(())
    }

    fn branch(&mut self, control: Control, delim: Token) -> Result<Branch, Fault> {
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
        Ok(Branch { pos: pipe.pos, pipe, base: slot(inside), list, otherwise })
    }

    /// What follows `{{else`.
    fn otherwise(&mut self, control: Control, delim: Token, pos: u32) -> Result<List, Fault> {
        let next = self.peek().kind;
        if (control, next) == (Control::If, Kind::If) || (control, next) == (Control::With, Kind::With) {
            self.next();
            return Ok(List { pos, nodes: vec![self.control(control, delim)?] });
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
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        self.enter(delim)?;
        let outer = mem::replace(&mut self.scope, Scope::new());
        let (root, end, at) = stacker::maybe_grow(STACK.0, STACK.1, || self.item_list())?;
        let inner = mem::replace(&mut self.scope, outer);
        if let End::Else { .. } = end {
            return Err(self.fault(at, format_args!("unexpected {} in {CONTEXT}", end.shown())));
        }
        let outer = mem::replace(&mut self.scope, inner);
        self.add(name.clone(), root, token)?;
        self.scope = outer;
        self.open.pop();
        Ok(Statement::Template { pos: token.start, name, pipe: Some(Box::new(pipe)) })
    }

    fn template(&mut self) -> Result<Statement, Fault> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let mut pipe = None;
        if self.next_non_space().kind != Kind::RightDelim {
            self.backup();
            pipe = Some(Box::new(self.pipeline(CONTEXT, Kind::RightDelim)?));
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

/// Pipelines.
impl<'t> Parser<'t> {
    /// A pipeline up to its end: a right delimiter or parenthesis, which is taken.
    fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipe, Fault> {
        let pos = self.peek_non_space().start;
        let (declared, assign) = self.declarations(context)?;
        let mut commands: Vec<Command> = Vec::with_capacity(1);
        let last = loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => break token,
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.backup();
                    commands.push(self.command()?);
                }
                _ => return Err(self.unexpected(token, context)),
            }
        };
        self.check(&commands, context, last)?;
        let mut decl = Vec::with_capacity(declared.len());
        for token in declared {
            decl.push(self.declare(token, assign)?);
        }
        Ok(Pipe { pos, assign, decl, commands })
    }

    /// The variables that a pipeline declares, or assigns to.
    fn declarations(&mut self, context: &str) -> Result<(Vec<Token>, bool), Fault> {
        let mut declared = Vec::new();
        loop {
            let variable = self.peek_non_space();
            if variable.kind != Kind::Variable {
                return Ok((declared, false));
            }
            self.next();
            // In `$x foo` the word after the space says that `$x` is an argument: both go back.
            let after = self.peek();
            let next = self.peek_non_space();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    self.next_non_space();
                    self.know(variable)?;
                    declared.push(variable);
                    return Ok((declared, next.kind == Kind::Assign));
                }
                Kind::Char if self.word(next) == "," => {
                    self.next_non_space();
                    self.know(variable)?;
                    declared.push(variable);
                    if context != "range" || declared.len() >= 2 {
                        return Err(self.fault(next, format_args!("too many declarations in {context}")));
                    }
                    let second = self.peek_non_space();
                    if !matches!(second.kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                        return Err(self.fault(second, "range can only initialize variables"));
                    }
                }
                _ => {
                    if after.kind == Kind::Space {
                        self.backup3(variable, after);
                    } else {
                        self.backup2(variable);
                    }
                    return Ok((declared, false));
                }
            }
        }
    }

    /// From here on Go's parser knows a variable.
    fn know(&mut self, variable: Token) -> Result<(), Fault> {
        let name = self.word(variable);
        if !self.scope.names.contains(&name) {
            self.scope.names.push(name);
        }
        self.bound(variable, self.scope.names.len())
    }

    fn bound(&self, at: Token, variables: usize) -> Result<(), Fault> {
        if variables > MAX_VARIABLES {
            return Err(self.limit(at, format_args!("more than {MAX_VARIABLES} variables")));
        }
        Ok(())
    }

    /// A variable on the left side, once the right side is parsed: only then is it alive.
    fn declare(&mut self, token: Token, assign: bool) -> Result<Variable, Fault> {
        let name = self.word(token);
        let slot = if assign {
            self.slot(name)
        } else {
            self.scope.live.push(name);
            self.scope.most = self.scope.most.max(self.scope.live.len());
            self.bound(token, self.scope.live.len())?;
            slot(self.scope.live.len() - 1)
        };
        Ok(Variable { pos: token.start, slot, ident: vec![name.into()] })
    }

    fn slot(&self, name: &str) -> u32 {
        self.scope.live.iter().rposition(|live| *live == name).map_or(Variable::UNDEFINED, slot)
    }

    fn check(&self, commands: &[Command], context: &str, end: Token) -> Result<(), Fault> {
        if commands.is_empty() {
            return Err(self.fault(end, format_args!("missing value for {context}")));
        }
        for (i, command) in commands.iter().enumerate().skip(1) {
            if let Some(
                Expr::Bool { .. } | Expr::Dot { .. } | Expr::Nil { .. } | Expr::Number(_) | Expr::String { .. },
            ) = command.args.first()
            {
                let at = Token { kind: Kind::Text, start: command.pos, end: command.pos };
                return Err(self.fault(at, format_args!("non executable command in pipeline stage {}", i + 1)));
            }
        }
        Ok(())
    }

    /// Operands up to a `|`, which is taken, or to the pipeline's end, which isn't.
    fn command(&mut self) -> Result<Command, Fault> {
        let start = self.peek_non_space();
        // Most commands are one word.
        let mut args = Vec::with_capacity(1);
        loop {
            self.peek_non_space();
            args.extend(self.operand()?);
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.backup(),
                Kind::Pipe => {}
                _ => return Err(self.unexpected(token, "operand")),
            }
            break;
        }
        if args.is_empty() {
            return Err(self.fault(start, "empty command"));
        }
        Ok(Command { pos: start.start, args })
    }

    /// A term and the fields after it; none if the next word starts no term.
    fn operand(&mut self) -> Result<Option<Expr>, Fault> {
        let Some(mut node) = self.term()? else { return Ok(None) };
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(Some(node));
        }
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            let token = self.next();
            fields.push(self.field(token));
        }
        match &mut node {
            // More fields of a field or a variable are its own, and it stands where they start.
            Expr::Field { pos, ident } | Expr::Variable(Variable { pos, ident, .. }) => {
                *pos = first.start;
                ident.append(&mut fields);
                Ok(Some(node))
            }
            Expr::Bool { .. } | Expr::String { .. } | Expr::Number(_) | Expr::Nil { .. } | Expr::Dot { .. } => {
                Err(self.fault(first, format_args!("unexpected . after term {}", quote(&node.to_string()))))
            }
            _ => Ok(Some(Expr::Chain { pos: first.start, node: Box::new(node), field: fields })),
        }
    }

    /// A field's name, without its dot.
    fn field(&self, token: Token) -> EcoString {
        self.word(token).get(1..).unwrap_or_default().into()
    }

    fn term(&mut self) -> Result<Option<Expr>, Fault> {
        let token = self.next_non_space();
        let (pos, word) = (token.start, self.word(token));
        Ok(Some(match token.kind {
            Kind::Identifier => match self.functions.get(word) {
                Some(function) => Expr::Identifier { pos, name: word.into(), function },
                None => return Err(self.fault(token, format_args!("function {} not defined", quote(word)))),
            },
            Kind::Dot => Expr::Dot { pos },
            Kind::Nil => Expr::Nil { pos },
            Kind::Variable => {
                if !self.scope.names.contains(&word) {
                    return Err(self.fault(token, format_args!("undefined variable {}", quote(word))));
                }
                Expr::Variable(Variable { pos, slot: self.slot(word), ident: vec![word.into()] })
            }
            Kind::Field => Expr::Field { pos, ident: vec![self.field(token)] },
            Kind::Bool => Expr::Bool { pos, value: word == "true" },
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                let number = number::parse(pos, word, token.kind).map_err(|problem| self.fault(token, problem))?;
                Expr::Number(Box::new(number))
            }
            Kind::LeftParen => {
                if self.scope.parens >= MAX_PARENTHESES {
                    return Err(self.limit(token, "max expression depth exceeded"));
                }
                self.scope.parens += 1;
                let pipe = stacker::maybe_grow(STACK.0, STACK.1, || {
                    self.pipeline("parenthesized pipeline", Kind::RightParen)
                })?;
                self.scope.parens -= 1;
                Expr::Pipe(Box::new(pipe))
            }
            Kind::String | Kind::RawString => Expr::String { pos, quoted: word.into(), text: self.constant(token)? },
            _ => {
                self.backup();
                return Ok(None);
            }
        }))
    }
}

fn slot(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(Variable::UNDEFINED)
}
