//! Events to styled values (go-yaml v3's parser in decode.go).

use std::collections::HashSet;

use ecow::EcoString;

use super::super::event::{Event, Parser, Properties};
use super::super::scan::Scanner;
use super::super::{Limits, unreadable};
use super::{Comments, Document, Form, Shape, Styled, comments, tag_of};

const LONG: &str = "tag:yaml.org,2002:";

/// What is being read.
enum Open {
    Seq(Vec<Styled>, bool, Styled),
    Map(Vec<(Styled, Styled)>, Option<Styled>, bool, Styled),
}

pub(super) fn read(text: &str) -> Result<Document, String> {
    let mut around = Comments::default();
    if let Some(problem) = unreadable(text, &(0..text.len()), Limits::default()) {
        return Err(problem.as_go(text, 0));
    }
    let mut parser = Parser::new(Scanner::new(text, 0, text.len(), 3));
    let mut comments = comments::of_events(text).unwrap_or_default().into_iter();
    let mut stack: Vec<Open> = Vec::new();
    let mut anchors: HashSet<EcoString> = HashSet::new();
    let mut root = Styled::new(Shape::Nothing);
    loop {
        let event = match parser.next() {
            Ok(event) => event,
            Err(problem) => return Err(problem.as_go(text, parser.scanned_lines())),
        };
        let own = comments.next().unwrap_or_default();
        let done = match event {
            Event::StreamEnd => break,
            Event::DocumentEnd => {
                around.foot = own.foot;
                break;
            }
            Event::DocumentStart => {
                around.head = own.head;
                continue;
            }
            Event::Alias { name, .. } => {
                if !anchors.contains(name) {
                    return Err(format!("yaml: unknown anchor '{name}' referenced"));
                }
                Styled::new(Shape::Alias(name.into())).with(own)
            }
            Event::Scalar { value, properties, at, .. } => {
                let form = form_at(text, at, properties.as_deref());
                let mut scalar = Styled::new(Shape::Scalar(value.as_ref().into(), form)).with(own);
                let default = match form {
                    Form::Plain if value == "<<" => "!!merge",
                    Form::Plain => tag_of(&value),
                    _ => "!!str",
                };
                scalar.take(properties.as_deref(), default);
                anchors.extend(scalar.anchor.clone());
                scalar
            }
            Event::SequenceStart { properties, flow, .. } => {
                let mut outer = Styled::new(Shape::Nothing).with(own);
                outer.take(properties.as_deref(), "!!seq");
                anchors.extend(outer.anchor.clone());
                stack.push(Open::Seq(Vec::new(), flow, outer));
                if stack.len() > Limits::default().depth {
                    return Err("yaml: exceeded max depth".to_owned());
                }
                continue;
            }
            Event::MappingStart { properties, flow, .. } => {
                let mut outer = Styled::new(Shape::Nothing).with(own);
                outer.take(properties.as_deref(), "!!map");
                anchors.extend(outer.anchor.clone());
                stack.push(Open::Map(Vec::new(), None, flow, outer));
                if stack.len() > Limits::default().depth {
                    return Err("yaml: exceeded max depth".to_owned());
                }
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                Some(Open::Seq(items, flow, outer)) => {
                    Styled { shape: Shape::Seq(items, flow), ..outer.ending(own.line, own.foot) }
                }
                Some(Open::Map(mut entries, _, flow, outer)) => {
                    let mut foot = own.foot;
                    // What stands below a block mapping stands below its last key.
                    if !flow
                        && !foot.is_empty()
                        && let Some((key, _)) = entries.last_mut()
                    {
                        key.set_foot(std::mem::take(&mut foot));
                    }
                    Styled { shape: Shape::Map(entries, flow), ..outer.ending(own.line, foot) }
                }
                None => continue,
            },
        };
        match stack.last_mut() {
            None => root = done,
            Some(Open::Seq(items, ..)) => items.push(done),
            Some(Open::Map(entries, key, flow, _)) => match key.take() {
                None => {
                    let mut new = done;
                    // What stands below, less indented, belongs to the value before.
                    if !*flow
                        && let Some((before, _)) = entries.last_mut()
                        && !new.foot().is_empty()
                    {
                        before.set_foot(new.take_foot());
                    }
                    *key = Some(new);
                }
                Some(mut key) => {
                    let mut value = done;
                    if key.foot().is_empty() && !value.foot().is_empty() {
                        key.set_foot(value.take_foot());
                    }
                    entries.push((key, value));
                }
            },
        }
    }
    Ok(Document { root, comments: around })
}

impl Styled {
    fn with(mut self, comments: Comments) -> Self {
        self.comments = (comments != Comments::default()).then(|| Box::new(comments));
        self
    }

    fn ending(mut self, line: EcoString, foot: EcoString) -> Self {
        if self.comments.is_some() || !line.is_empty() || !foot.is_empty() {
            let comments = self.comments.get_or_insert_default();
            (comments.line, comments.foot) = (line, foot);
        }
        self
    }

    fn foot(&self) -> &str {
        self.comments.as_deref().map_or("", |comments| &comments.foot)
    }

    fn take_foot(&mut self) -> EcoString {
        self.comments.as_deref_mut().map(|comments| std::mem::take(&mut comments.foot)).unwrap_or_default()
    }

    fn set_foot(&mut self, foot: EcoString) {
        self.comments.get_or_insert_default().foot = foot;
    }
}

impl Styled {
    /// Takes over what stands before a value.
    fn take(&mut self, properties: Option<&Properties>, default: &str) {
        self.anchor = properties.and_then(|p| p.anchor).map(|(name, _)| name.into());
        match properties.and_then(|p| p.tag.as_ref()).filter(|(tag, _)| tag != "!") {
            Some((tag, _)) => {
                self.tag = match tag.strip_prefix(LONG) {
                    Some(short) => ecow::eco_format!("!!{short}"),
                    None => tag.as_ref().into(),
                };
                self.tagged = true;
            }
            None => self.tag = default.into(),
        }
    }
}

/// How the scalar is written whose token, or whose properties, start at a place.
fn form_at(text: &str, at: usize, properties: Option<&Properties>) -> Form {
    let mut rest = text.get(at..).unwrap_or_default();
    // Past the anchor and the tag, which may stand here.
    if properties.is_some() {
        while rest.starts_with(['&', '!']) {
            let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
            rest = rest.get(end..).unwrap_or_default().trim_start();
        }
    }
    match rest.as_bytes().first() {
        Some(b'\'') => Form::Single,
        Some(b'"') => Form::Double,
        Some(b'|') => Form::Literal,
        Some(b'>') => Form::Folded,
        _ => Form::Plain,
    }
}
