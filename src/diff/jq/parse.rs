//! jq's grammar, as far as it goes here.

use super::Filter;
use super::functions::is_known;
use super::lex::{Token, tokens};
use crate::yaml::Node;

/// An expression.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    /// `.`
    Identity,
    /// `..`
    Everything,
    /// `a[b]`
    Index(Box<Expr>, Box<Expr>),
    /// `a[b:c]`
    Slice(Box<Expr>, Option<Box<Expr>>, Option<Box<Expr>>),
    /// `a[]`
    Each(Box<Expr>),
    /// `a?`
    Try(Box<Expr>),
    /// `a | b`
    Pipe(Box<Expr>, Box<Expr>),
    /// `a, b`
    Comma(Box<Expr>, Box<Expr>),
    /// `a // b`
    Otherwise(Box<Expr>, Box<Expr>),
    /// `a as $name | b`
    Bind(Box<Expr>, String, Box<Expr>),
    /// `$name`
    Variable(String),
    /// A literal.
    Literal(Node),
    /// `[a]`
    List(Option<Box<Expr>>),
    /// `-a`
    Minus(Box<Expr>),
    /// `a and b`, `a or b`
    Logic(bool, Box<Expr>, Box<Expr>),
    /// A comparison, or arithmetic.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `if a then b else c end`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `name(a; b)`
    Call(String, Vec<Expr>),
}

/// How deep expressions may nest.
const DEPTH: usize = 100;

/// Understands an expression.
///
/// # Errors
/// What isn't understood.
pub(in super::super) fn parse(text: &str) -> Result<Filter, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, depth: 0, variables: Vec::new() };
    let expr = parser.pipe()?;
    match parser.tokens.first() {
        None => Ok(Filter(expr)),
        Some(token) => Err(format!("{} is unexpected", shown(token))),
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Field(name) => format!("`.{name}`"),
        Token::Word(name) => format!("`{name}`"),
        Token::Variable(name) => format!("`${name}`"),
        Token::Text(text) => format!("\"{text}\""),
        Token::Number(number) => format!("`{number}`"),
        Token::Sign(sign) => format!("`{sign}`"),
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    depth: usize,
    variables: Vec<String>,
}

type Parsed = Result<Expr, String>;

impl<'t> Parser<'t> {
    fn next(&mut self) -> Option<&'t Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Sign(s)) if *s == sign);
        if found {
            self.next();
        }
        found
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Word(w)) if w == word);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.sign(sign) {
            return Ok(());
        }
        Err(match self.tokens.first() {
            Some(token) => format!("expected `{sign}`, found {}", shown(token)),
            None => format!("it ends where `{sign}` is expected"),
        })
    }

    fn deeper<T>(&mut self, inside: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("it nests too deep".to_owned());
        }
        let result = inside(self);
        self.depth -= 1;
        result
    }

    fn pipe(&mut self) -> Parsed {
        self.deeper(|parser| {
            if parser.word("def") {
                return Err("`def`".to_owned());
            }
            let left = parser.comma()?;
            if parser.word("as") {
                let Some(Token::Variable(name)) = parser.next() else { return Err("a pattern after `as`".to_owned()) };
                parser.expect("|")?;
                parser.variables.push(name.clone());
                let body = parser.pipe()?;
                parser.variables.pop();
                return Ok(Expr::Bind(left.into(), name.clone(), body.into()));
            }
            if parser.sign("|") {
                return Ok(Expr::Pipe(left.into(), parser.pipe()?.into()));
            }
            Ok(left)
        })
    }

    fn comma(&mut self) -> Parsed {
        let mut left = self.otherwise()?;
        while self.sign(",") {
            left = Expr::Comma(left.into(), self.otherwise()?.into());
        }
        Ok(left)
    }

    fn otherwise(&mut self) -> Parsed {
        let left = self.or()?;
        if self.sign("//") {
            return self.deeper(|parser| Ok(Expr::Otherwise(left.into(), parser.otherwise()?.into())));
        }
        if let Some(Token::Sign(sign @ ("=" | "|=" | "+=" | "-=" | "*=" | "/=" | "%=" | "//="))) = self.tokens.first() {
            return Err(format!("an assignment (`{sign}`) names no field"));
        }
        Ok(left)
    }

    fn or(&mut self) -> Parsed {
        let mut left = self.and()?;
        while self.word("or") {
            left = Expr::Logic(true, left.into(), self.and()?.into());
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed {
        let mut left = self.comparison()?;
        while self.word("and") {
            left = Expr::Logic(false, left.into(), self.comparison()?.into());
        }
        Ok(left)
    }

    fn binary(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        let sign =
            signs.iter().copied().find(|sign| matches!(self.tokens.first(), Some(Token::Sign(s)) if s == sign))?;
        self.next();
        Some(sign)
    }

    fn comparison(&mut self) -> Parsed {
        let left = self.sum()?;
        match self.binary(&["==", "!=", "<=", ">=", "<", ">"]) {
            Some(sign) => Ok(Expr::Binary(sign, left.into(), self.sum()?.into())),
            None => Ok(left),
        }
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        while let Some(sign) = self.binary(&["+", "-"]) {
            left = Expr::Binary(sign, left.into(), self.product()?.into());
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.postfix()?;
        while let Some(sign) = self.binary(&["*", "/", "%"]) {
            left = Expr::Binary(sign, left.into(), self.postfix()?.into());
        }
        Ok(left)
    }

    fn postfix(&mut self) -> Parsed {
        let mut term = self.deeper(Self::term)?;
        loop {
            term = match self.tokens.first() {
                Some(Token::Field(name)) => {
                    self.next();
                    Expr::Index(term.into(), Expr::Literal(Node::made(name.as_str())).into())
                }
                Some(Token::Sign(".")) => match self.tokens.get(1) {
                    Some(Token::Text(name)) => {
                        self.tokens = self.tokens.get(2..).unwrap_or_default();
                        Expr::Index(term.into(), Expr::Literal(Node::made(name.as_str())).into())
                    }
                    Some(Token::Sign("[")) => {
                        self.tokens = self.tokens.get(2..).unwrap_or_default();
                        self.bracket(term)?
                    }
                    _ => return Err("a `.` that nothing follows".to_owned()),
                },
                Some(Token::Sign("[")) => {
                    self.next();
                    self.bracket(term)?
                }
                Some(Token::Sign("?")) => {
                    self.next();
                    Expr::Try(term.into())
                }
                _ => return Ok(term),
            };
        }
    }

    /// What follows `[` after a term.
    fn bracket(&mut self, term: Expr) -> Parsed {
        if self.sign("]") {
            return Ok(Expr::Each(term.into()));
        }
        if self.sign(":") {
            let to = self.pipe()?;
            self.expect("]")?;
            return Ok(Expr::Slice(term.into(), None, Some(to.into())));
        }
        let at = self.pipe()?;
        let expr = if !self.sign(":") {
            Expr::Index(term.into(), at.into())
        } else if matches!(self.tokens.first(), Some(Token::Sign("]"))) {
            Expr::Slice(term.into(), Some(at.into()), None)
        } else {
            Expr::Slice(term.into(), Some(at.into()), Some(self.pipe()?.into()))
        };
        self.expect("]")?;
        Ok(expr)
    }

    fn term(&mut self) -> Parsed {
        let Some(token) = self.next() else { return Err("it ends too early".to_owned()) };
        Ok(match token {
            Token::Field(name) => Expr::Index(Expr::Identity.into(), Expr::Literal(Node::made(name.as_str())).into()),
            Token::Text(text) => Expr::Literal(Node::made(text.as_str())),
            Token::Number(number) => Expr::Literal(Node::made(*number)),
            Token::Variable(name) if self.variables.contains(name) => Expr::Variable(name.clone()),
            Token::Sign(".") => match self.tokens.first() {
                Some(Token::Text(name)) => {
                    self.next();
                    Expr::Index(Expr::Identity.into(), Expr::Literal(Node::made(name.as_str())).into())
                }
                _ => Expr::Identity,
            },
            Token::Sign("..") => Expr::Everything,
            Token::Sign("-") => Expr::Minus(self.postfix()?.into()),
            Token::Sign("(") => {
                let inside = self.pipe()?;
                self.expect(")")?;
                inside
            }
            Token::Sign("[") => {
                if self.sign("]") {
                    return Ok(Expr::List(None));
                }
                let inside = self.pipe()?;
                self.expect("]")?;
                Expr::List(Some(inside.into()))
            }
            Token::Word(word) => return self.named(word),
            other => return Err(shown(other)),
        })
    }

    fn named(&mut self, word: &str) -> Parsed {
        match word {
            "null" => return Ok(Expr::Literal(Node::default())),
            "true" | "false" => return Ok(Expr::Literal(Node::made(word == "true"))),
            "if" => return self.branches(),
            "try" => {
                let body = self.postfix()?;
                if self.word("catch") {
                    return Err("`catch`".to_owned());
                }
                return Ok(Expr::Try(body.into()));
            }
            _ => {}
        }
        let mut args = Vec::new();
        if self.sign("(") {
            loop {
                args.push(self.pipe()?);
                if !self.sign(";") {
                    break;
                }
            }
            self.expect(")")?;
        }
        if !is_known(word, args.len()) {
            return Err(match args.len() {
                0 => format!("`{word}`"),
                n => format!("`{word}` with {n} argument{}", if n == 1 { "" } else { "s" }),
            });
        }
        Ok(Expr::Call(word.to_owned(), args))
    }

    fn branches(&mut self) -> Parsed {
        self.deeper(|parser| {
            let condition = parser.pipe()?;
            if !parser.word("then") {
                return Err("`if` without `then`".to_owned());
            }
            let then = parser.pipe()?;
            let otherwise = if parser.word("elif") {
                parser.branches()?
            } else {
                let otherwise = if parser.word("else") { parser.pipe()? } else { Expr::Identity };
                if !parser.word("end") {
                    return Err("`if` without `end`".to_owned());
                }
                otherwise
            };
            Ok(Expr::If(condition.into(), then.into(), otherwise.into()))
        })
    }
}
