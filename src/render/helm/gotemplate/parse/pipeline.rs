//! Pipelines: commands, operands, and the variables that they declare.

use std::collections::HashMap;

use ecow::{EcoString, EcoVec};
use foldhash::fast::FixedState;

use super::super::ast::{Command, Expr, Pipe, Variable};
use super::super::call::Fault;
use super::super::quote::quote;
use super::super::show::expr_text;
use super::lex::{Kind, Token};
use super::{MAX_PARENTHESES, MAX_VARIABLES, Parser, STACK, number, slot};

impl<'t> Parser<'t> {
    /// A pipeline up to its end: a right delimiter or parenthesis, which is taken.
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result<Box<Pipe>, Fault> {
        let first = self.words.peek();
        let (declared, assign) =
            if first.kind == Kind::Variable { self.declarations(context)? } else { (Vec::new(), false) };
        let token = self.words.next();
        let Some(command) = self.command(token)? else {
            if token.kind == end {
                return Err(self.fault(token, format_args!("missing value for {context}")));
            }
            return Err(self.unexpected(token, context));
        };
        let mut more = Vec::new();
        loop {
            let token = self.words.next();
            if token.kind == end {
                break;
            }
            let Some(command) = self.command(token)? else { return Err(self.unexpected(token, context)) };
            if more.is_empty() {
                // Most pipelines have no more than two.
                more.reserve_exact(1);
            }
            more.push(command);
        }
        self.check(&more)?;
        let mut decl = Vec::with_capacity(declared.len());
        for token in declared {
            decl.push(self.declare(token, assign)?);
        }
        Ok(Box::new(Pipe { pos: first.start, assign, decl, first: command, more }))
    }

    /// The variables that a pipeline declares, or assigns to.
    fn declarations(&mut self, context: &str) -> Result<(Vec<Token>, bool), Fault> {
        let mut declared = Vec::new();
        loop {
            let variable = self.words.peek();
            if variable.kind != Kind::Variable {
                return Ok((declared, false));
            }
            self.words.next();
            let next = self.words.peek();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    self.words.next();
                    self.know(variable)?;
                    declared.push(variable);
                    return Ok((declared, next.kind == Kind::Assign));
                }
                Kind::Char if self.word(next) == "," => {
                    self.words.next();
                    self.know(variable)?;
                    declared.push(variable);
                    if context != "range" || declared.len() >= 2 {
                        return Err(self.fault(next, format_args!("too many declarations in {context}")));
                    }
                    let second = self.words.peek();
                    if !matches!(second.kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                        return Err(self.fault(second, "range can only initialize variables"));
                    }
                }
                _ => {
                    // It is an operand.
                    self.words.back();
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
        Ok(Variable { pos: token.start, slot, ident: [name.into()].into_iter().collect() })
    }

    fn slot(&self, name: &str) -> u32 {
        self.scope.live.iter().rposition(|live| *live == name).map_or(Variable::UNDEFINED, slot)
    }

    /// Commands after the first are given a value, which constants can't take.
    fn check(&self, more: &[Command]) -> Result<(), Fault> {
        for (i, command) in more.iter().enumerate() {
            if let Expr::Bool { .. } | Expr::Dot { .. } | Expr::Nil { .. } | Expr::Number(_) | Expr::String { .. } =
                command.first
            {
                let at = Token { kind: Kind::Text, space: false, start: command.pos, end: command.pos };
                return Err(self.fault(at, format_args!("non executable command in pipeline stage {}", i + 2)));
            }
        }
        Ok(())
    }

    /// Operands, the first of which starts with this word, up to a `|`, which is taken, or to the pipeline's end, which
    /// isn't; none if the word starts no operand.
    fn command(&mut self, start: Token) -> Result<Option<Command>, Fault> {
        let Some(first) = self.operand(start)? else { return Ok(None) };
        let mark = self.operands.len();
        loop {
            let token = self.words.next();
            if token.space
                && let Some(operand) = self.operand(token)?
            {
                self.operands.push(operand);
                continue;
            }
            match token.kind {
                Kind::RightDelim | Kind::RightParen => self.words.back(),
                Kind::Pipe => {}
                _ => return Err(self.unexpected(token, "operand")),
            }
            // Most commands are one word.
            let args = match self.operands.len() - mark {
                0 => Box::default(),
                _ => self.operands.drain(mark..).collect(),
            };
            return Ok(Some(Command { pos: start.start, first, args }));
        }
    }

    /// A term that starts with this word, and the fields after it; none if the word starts no term.
    fn operand(&mut self, token: Token) -> Result<Option<Expr>, Fault> {
        let Some(node) = self.term(token)? else { return Ok(None) };
        if let Expr::Field { .. } | Expr::Variable(_) = node {
            return Ok(Some(node));
        }
        let fields = self.words.run(Kind::Field);
        let Some(first) = fields.first().copied() else { return Ok(Some(node)) };
        if let Expr::Bool { .. } | Expr::String { .. } | Expr::Number(_) | Expr::Nil { .. } | Expr::Dot { .. } = node {
            let shown = quote(&expr_text(self.text, &node));
            return Err(self.fault(first, format_args!("unexpected . after term {shown}")));
        }
        let field = path(&mut self.known, self.text, fields);
        Ok(Some(Expr::Chain { pos: first.start, node: Box::new(node), field }))
    }

    /// The names of the field or variable that was taken last and of the fields after it, and where Go says that they stand:
    /// at the second, if there is one.
    fn names(&mut self) -> (EcoVec<EcoString>, u32) {
        let words = self.words.run_on(Kind::Field);
        let pos = words.get(1).or(words.first()).map_or(0, |word| word.start);
        (path(&mut self.known, self.text, words), pos)
    }

    fn term(&mut self, token: Token) -> Result<Option<Expr>, Fault> {
        let pos = token.start;
        Ok(Some(match token.kind {
            Kind::Field => {
                let (ident, pos) = self.names();
                Expr::Field { pos, ident }
            }
            Kind::Identifier => {
                let word = self.word(token);
                match self.functions.get(word) {
                    Some(function) => Expr::Identifier { pos, name: self.functions.at(function).name, function },
                    None => return Err(self.fault(token, format_args!("function {} not defined", quote(word)))),
                }
            }
            Kind::Dot => Expr::Dot { pos },
            Kind::Nil => Expr::Nil { pos },
            Kind::Variable => {
                let word = self.word(token);
                if !self.scope.names.contains(&word) {
                    return Err(self.fault(token, format_args!("undefined variable {}", quote(word))));
                }
                let slot = self.slot(word);
                let (ident, pos) = self.names();
                Expr::Variable(Variable { pos, slot, ident })
            }
            Kind::Bool => Expr::Bool { pos, value: self.word(token) == "true" },
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                let number = number::parse(pos, self.word(token), token.kind);
                Expr::Number(Box::new(number.map_err(|problem| self.fault(token, problem))?))
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
                Expr::Pipe(pipe)
            }
            Kind::String | Kind::RawString => Expr::String { pos, end: token.end, text: self.constant(token)? },
            _ => return Ok(None),
        }))
    }
}

/// The names of words that follow each other without space: a variable's or a field's, then those of fields.
fn path<'t>(
    known: &mut HashMap<&'t str, EcoVec<EcoString>, FixedState>,
    text: &'t str,
    words: &[Token],
) -> EcoVec<EcoString> {
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return EcoVec::new() };
    let written = text.get(first.start as usize..last.end as usize).unwrap_or_default();
    let name = |word: &Token| {
        let start = word.start as usize + usize::from(word.kind == Kind::Field);
        EcoString::from(text.get(start..word.end as usize).unwrap_or_default())
    };
    known.entry(written).or_insert_with(|| words.iter().map(name).collect()).clone()
}
