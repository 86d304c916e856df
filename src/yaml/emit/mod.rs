//! Nodes to the bytes of sigs.k8s.io/yaml: JSON order and types through go-yaml v2's emitter, in block style, lists not
//! indented below their key, long lines folded after 80 columns.

mod order;
mod scalar;

use super::number::{self, Number};
use super::{Entry, Node, Value};
use scalar::Shape;
pub(super) use scalar::{escape, is_printable};

/// The YAML of a node, as `sigs.k8s.io/yaml.Marshal` writes it (so `kubectl -o yaml`, Helm's `toYaml`, kustomize).
pub fn emit(node: &Node) -> String {
    let mut out = String::new();
    emit_into(node, &mut out);
    out
}

/// The YAML of a node, as an encoder of go-yaml v3 writes it with an indentation of 2 (Helm's `toYamlPretty`): lists are
/// indented below their key, nothing folds, floats keep their own form.
pub fn emit_v3(node: &Node) -> String {
    let mut out = String::new();
    write(node, Writer { v3: true, best_width: usize::MAX, ..Writer::new(&mut out) });
    out
}

/// Whether [`emit`] writes a text without quotes, and not as a block.
pub fn is_plain(text: &str) -> bool {
    Shape::of(text, false).is_plain()
}

/// Whether go-yaml v3 writes a string without quotes, and not as a block.
pub fn is_plain_v3(text: &str) -> bool {
    Shape::of(text, true).is_plain()
}

/// Appends the YAML of a node. The text ends with a line break, and is one document without a `---`.
pub fn emit_into(node: &Node, out: &mut String) {
    write(node, Writer::new(out));
}

fn write(node: &Node, mut writer: Writer<'_>) {
    // A stack of our own: depth costs no call frames.
    let mut stack: Vec<Open<'_>> = Vec::new();
    writer.node(node, false, &mut stack);
    while let Some(top) = stack.last_mut() {
        let (first, indent) = (std::mem::take(&mut top.first), top.outer);
        match &mut top.items {
            Items::Seq(items, indentless) => {
                let indentless = *indentless;
                match items.next() {
                    Some(item) => {
                        if first {
                            writer.deeper(indentless);
                        }
                        writer.indent();
                        writer.indicator("-", true, false, true);
                        writer.node(item, false, &mut stack);
                    }
                    None => {
                        writer.indent = indent;
                        stack.pop();
                    }
                }
            }
            Items::Map(entries) => match entries.next() {
                Some(entry) => {
                    if first {
                        writer.deeper(false);
                    }
                    writer.indent();
                    writer.key(&entry.key);
                    writer.node(&entry.value, true, &mut stack);
                }
                None => {
                    writer.indent = indent;
                    stack.pop();
                }
            },
        }
    }
    writer.indent = -1;
    writer.indent();
}

/// A collection that is being written.
struct Open<'a> {
    items: Items<'a>,
    first: bool,
    /// The indentation around it.
    outer: isize,
}

enum Items<'a> {
    /// The items, and whether they stand at their parent's indentation.
    Seq(std::slice::Iter<'a, Node>, bool),
    Map(std::vec::IntoIter<&'a Entry>),
}

/// The state that decides about breaks and spaces: libyaml's.
struct Writer<'o> {
    out: &'o mut String,
    /// Characters in the line so far.
    column: usize,
    /// The innermost collection's indentation; -1 outside all.
    indent: isize,
    /// Whether the last thing written was a blank (or nothing).
    whitespace: bool,
    /// Whether the line holds nothing but indentation and `- `, `? `, `: `.
    indention: bool,
    /// Whether it writes as go-yaml v3 does.
    v3: bool,
    /// Longer lines are folded at the next space.
    best_width: usize,
}

impl<'o> Writer<'o> {
    fn new(out: &'o mut String) -> Self {
        Self { out, column: 0, indent: -1, whitespace: true, indention: true, v3: false, best_width: 80 }
    }

    fn deeper(&mut self, indentless: bool) {
        if self.indent < 0 {
            self.indent = 0;
        } else if !indentless {
            self.indent += 2;
        }
    }

    fn node<'a>(&mut self, node: &'a Node, in_mapping: bool, stack: &mut Vec<Open<'a>>) {
        match &node.value {
            Value::Null => self.word("null"),
            Value::Bool(b) => self.word(if *b { "true" } else { "false" }),
            Value::Int(n) => self.number(Number::Int(*n)),
            Value::UInt(n) => self.number(Number::UInt(*n)),
            Value::Float(f) if self.v3 => self.number(Number::Float(*f)),
            Value::Float(f) => self.number(number::through_json(*f)),
            Value::Str(text) => self.scalar(text),
            Value::Seq(items) if items.is_empty() => self.empty("[", "]"),
            Value::Map(map) if map.is_empty() => self.empty("{", "}"),
            Value::Seq(items) => {
                let indentless = in_mapping && !self.indention && !self.v3;
                stack.push(Open { items: Items::Seq(items.iter(), indentless), first: true, outer: self.indent });
            }
            Value::Map(map) => {
                let items = Items::Map(order::sorted(map, self.v3).into_iter());
                stack.push(Open { items, first: true, outer: self.indent });
            }
        }
    }

    fn empty(&mut self, open: &str, close: &str) {
        self.indicator(open, true, true, false);
        self.indicator(close, false, false, false);
    }

    fn key(&mut self, key: &str) {
        let shape = Shape::of(key, self.v3);
        if key.len() <= 128 && !shape.multiline {
            self.shaped(key, shape, false);
            self.indicator(":", false, false, false);
        } else {
            self.indicator("?", true, false, true);
            self.shaped(key, shape, true);
            self.indent();
            self.indicator(":", true, false, true);
        }
    }

    fn scalar(&mut self, text: &str) {
        self.shaped(text, Shape::of(text, self.v3), true);
    }

    /// Plain text that never folds.
    fn word(&mut self, word: &str) {
        self.space();
        self.put(word, word.len());
        self.whitespace = false;
        self.indention = false;
    }

    fn number(&mut self, number: Number) {
        self.space();
        let start = self.out.len();
        match number {
            Number::Int(n) => number::write_int(n, self.out),
            Number::UInt(n) => number::write_uint(n, self.out),
            Number::Float(f) => number::write_general(f, self.out),
        }
        self.column += self.out.len() - start;
        self.whitespace = false;
        self.indention = false;
    }

    fn put(&mut self, text: &str, columns: usize) {
        self.out.push_str(text);
        self.column += columns;
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// A space before something, unless there is one.
    fn space(&mut self) {
        if !self.whitespace {
            self.put(" ", 1);
        }
    }

    fn indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break();
        }
        const SPACES: &str = "                                                                ";
        while self.column < indent {
            let n = (indent - self.column).min(SPACES.len());
            self.put(&SPACES[..n], n);
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, text: &str, needs_space: bool, is_whitespace: bool, is_indention: bool) {
        if needs_space {
            self.space();
        }
        self.put(text, text.len());
        self.whitespace = is_whitespace;
        self.indention &= is_indention;
    }
}
