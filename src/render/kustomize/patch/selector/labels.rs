//! Label selectors as texts: `app=web,tier in (front, back),!old` (k8s.io/apimachinery/pkg/labels).

use std::collections::BTreeSet;

use ecow::EcoString;

use super::super::super::failure::{Failure, Result};
use super::super::super::types::Text;
use crate::diag::{Code, Diagnostic};
use crate::go::quote;

/// What labels must be like.
#[derive(Clone, Debug, Default)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug)]
struct Requirement {
    key: EcoString,
    operator: Operator,
    values: BTreeSet<EcoString>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    Greater,
    Less,
}

impl LabelSelector {
    /// Reads a selector. An empty one fits everything.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &Text) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let mut parser = Parser { tokens: tokens(text), at: 0 };
        parser.selector().map(|requirements| Self { requirements }).map_err(|wrong| {
            let diagnostic = Diagnostic::error(Code::INVALID_KUSTOMIZATION, format!("no label selector: {wrong}"));
            Failure::told(wrong, diagnostic).at(text.origin, "in this selector").hint(
                "terms are `key`, `!key`, `key=value`, `key!=value`, `key in (a,b)` and `key notin (a,b)`, with commas between",
            )
        })
    }

    /// Whether labels fit; `label` gives the value of one.
    pub fn matches(&self, label: impl Fn(&str) -> Option<EcoString>) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(label(&requirement.key)))
    }
}

impl Requirement {
    fn matches(&self, label: Option<EcoString>) -> bool {
        let number = |text: &EcoString| text.parse::<i64>().ok();
        let than = |found: &EcoString| Some(number(found)?.cmp(&number(self.values.first()?)?));
        match self.operator {
            Operator::In => label.is_some_and(|label| self.values.contains(&label)),
            Operator::NotIn => label.is_none_or(|label| !self.values.contains(&label)),
            Operator::Exists => label.is_some(),
            Operator::DoesNotExist => label.is_none(),
            Operator::Greater => label.and_then(|label| than(&label)).is_some_and(|order| order.is_gt()),
            Operator::Less => label.and_then(|label| than(&label)).is_some_and(|order| order.is_lt()),
        }
    }
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A key, a value, `in` or `notin`.
    Word(String),
    /// Any other operator.
    Sign(&'static str),
    End,
}

const SIGNS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];

fn tokens(text: &str) -> Vec<Token> {
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let is_sign = |c: char| matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<');
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(is_space);
        // Go's scanner takes a zero byte for the end.
        if rest.is_empty() || rest.starts_with('\0') {
            tokens.push(Token::End);
            return tokens;
        }
        match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => {
                rest = rest.get(sign.len()..).unwrap_or_default();
                tokens.push(Token::Sign(sign));
            }
            None => {
                let end = rest.find(|c| is_space(c) || is_sign(c) || c == '\0').unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                rest = after.strip_prefix('\0').unwrap_or(after);
                tokens.push(Token::Word(word.to_owned()));
            }
        }
    }
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(text) => text,
            Self::Sign(sign) => sign,
            Self::End => "",
        }
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(own) if *own == sign)
    }

    fn is_word(&self) -> bool {
        matches!(self, Self::Word(_))
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

type Parsed<T> = std::result::Result<T, String>;

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn selector(&mut self) -> Parsed<Vec<Requirement>> {
        let mut requirements = Vec::new();
        loop {
            match self.peek() {
                Token::End => return Ok(requirements),
                token if token.is_word() || token.is("!") => {}
                token => return Err(format!("found '{}', expected: !, identifier, or 'end of string'", token.text())),
            }
            let requirement = self.requirement().map_err(|wrong| format!("unable to parse requirement: {wrong}"))?;
            requirements.push(requirement);
            match self.next() {
                Token::End => return Ok(requirements),
                comma if comma.is(",") => {
                    let after = self.peek();
                    if !(after.is_word() || after.is("!")) {
                        return Err(format!("found '{}', expected: identifier after ','", after.text()));
                    }
                }
                other => return Err(format!("found '{}', expected: ',' or 'end of string'", other.text())),
            }
        }
    }

    fn requirement(&mut self) -> Parsed<Requirement> {
        let mut token = self.next();
        let absent = token.is("!");
        if absent {
            token = self.next();
        }
        let Token::Word(key) = token else { return Err(format!("found '{}', expected: identifier", token.text())) };
        check_key(&key)?;
        let made = |operator, values| Ok(Requirement { key: EcoString::from(&key), operator, values });
        let ends = *self.peek() == Token::End || self.peek().is(",");
        if absent || ends {
            return made(if absent { Operator::DoesNotExist } else { Operator::Exists }, BTreeSet::new());
        }
        let token = self.next();
        let (operator, values) = match token.text() {
            "in" => (Operator::In, self.values()?),
            "notin" => (Operator::NotIn, self.values()?),
            "=" | "==" => (Operator::In, self.value()?),
            "!=" => (Operator::NotIn, self.value()?),
            ">" => (Operator::Greater, self.value()?),
            "<" => (Operator::Less, self.value()?),
            other => return Err(format!("found '{other}', expected: '=', '!=', '==', 'in', notin'")),
        };
        let compares = matches!(operator, Operator::Greater | Operator::Less);
        if compares && values.iter().any(|value| value.parse::<i64>().is_err()) {
            return Err("for 'Gt', 'Lt' operators, the value must be an integer".to_owned());
        }
        values.iter().try_for_each(|value| check_value(&key, value))?;
        made(operator, values)
    }

    /// What stands behind an operator; nothing is a value, too.
    fn value(&mut self) -> Parsed<BTreeSet<EcoString>> {
        if *self.peek() == Token::End || self.peek().is(",") {
            return Ok(BTreeSet::from([EcoString::new()]));
        }
        match self.next() {
            Token::Word(value) => Ok(BTreeSet::from([value.into()])),
            other => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    /// `(a, b)`; what is left out between commas is empty.
    fn values(&mut self) -> Parsed<BTreeSet<EcoString>> {
        let open = self.next();
        if !open.is("(") {
            return Err(format!("found '{}' expected: '('", open.text()));
        }
        if self.peek().is(")") {
            self.next();
            return Ok(BTreeSet::from([EcoString::new()]));
        }
        if !(self.peek().is_word() || self.peek().is(",")) {
            return Err(format!("found '{}', expected: ',', ')' or identifier", self.peek().text()));
        }
        let mut values = BTreeSet::new();
        loop {
            match self.next() {
                Token::Word(value) => {
                    values.insert(value.into());
                    if self.peek().is(")") {
                        break;
                    }
                    if !self.peek().is(",") {
                        return Err(format!("found '{}', expected: ',' or ')'", self.peek().text()));
                    }
                }
                comma if comma.is(",") => {
                    if values.is_empty() {
                        values.insert(EcoString::new());
                    }
                    if self.peek().is(")") {
                        values.insert(EcoString::new());
                        break;
                    }
                    if self.peek().is(",") {
                        self.next();
                        values.insert(EcoString::new());
                    }
                }
                other => return Err(format!("found '{}', expected: ',', or identifier", other.text())),
            }
        }
        self.next();
        Ok(values)
    }
}

const NAME: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
                    character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
                    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const DOMAIN: &str = "a DNS-1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and \
                      end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
                      '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
                     start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used \
                     for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// Whether letters and digits stand at both ends, and only these signs between them.
fn is_made_of(text: &str, inner: &str, upper: bool) -> bool {
    let outer = |b: u8| if upper { b.is_ascii_alphanumeric() } else { b.is_ascii_lowercase() || b.is_ascii_digit() };
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    ends.iter().all(|end| end.is_some_and(|b| outer(*b)))
        && bytes.iter().all(|b| outer(*b) || inner.as_bytes().contains(b))
}

fn check_key(key: &str) -> Parsed<()> {
    let mut wrong = Vec::new();
    let (prefix, name) = match key.split_once('/') {
        Some((_, rest)) if rest.contains('/') => {
            let text = format!(
                "a qualified name {NAME} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            );
            return Err(format!("invalid label key {}: {text}", quote(key)));
        }
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    match prefix {
        Some("") => wrong.push("prefix part must be non-empty".to_owned()),
        Some(prefix) => {
            if prefix.len() > 253 {
                wrong.push("prefix part must be no more than 253 characters".to_owned());
            }
            if !prefix.split('.').all(|label| is_made_of(label, "-", false)) {
                wrong.push(format!("prefix part {DOMAIN}"));
            }
        }
        None => {}
    }
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        wrong.push("name part must be no more than 63 characters".to_owned());
    }
    if !is_made_of(name, "-_.", true) {
        wrong.push(format!("name part {NAME}"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("invalid label key {}: {}", quote(key), wrong.join("; "))) }
}

fn check_value(key: &str, value: &str) -> Parsed<()> {
    let mut wrong = Vec::new();
    if value.len() > 63 {
        wrong.push("must be no more than 63 characters");
    }
    if !value.is_empty() && !is_made_of(value, "-_.", true) {
        wrong.push(VALUE);
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("invalid label value: {}: at key: {}: {}", quote(value), quote(key), wrong.join("; ")))
}
